//! The answers to a blocker: a sentence each, and YAML lines that are ready to paste.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::labels::Labels;
use crate::model::limits::CONFIG_LINE_BYTES_MAX;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::{text, yaml};
use crate::plan::blocker::{AmbiguousBy, Blocker, Candidate, CandidateWords, Fact};
use crate::plan::blocker_words::MORE;
use crate::plan::evidence::Had;

/// One way to answer a blocker. Foreign strings are raw, except in `lines`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub say: String,
    /// YAML lines that are ready to paste. Foreign strings are quoted for YAML.
    pub lines: Vec<String>,
}

impl Blocker {
    pub fn answers(&self) -> Vec<Answer> {
        match &self.fact {
            Fact::Ambiguous { key, by: AmbiguousBy::Label, candidates, .. } => pins(key, candidates),
            Fact::Ambiguous { key, by: AmbiguousBy::PreviousLabels, candidates, .. } => {
                let mut answers = pins(key, candidates);
                answers.push(say("if it is not, take its `previousLabels` away"));
                answers
            }
            Fact::Ambiguous { key, by: AmbiguousBy::Replaces, candidates, .. } => replaces_nothing(key, candidates),
            Fact::LooksLikeRename { key, said, listed_from: Some(from), .. } => when_listed(*from, key, said),
            Fact::LooksLikeRename { key, candidates, said, earlier, .. } => {
                rename_answers(key, candidates, said, earlier.as_ref())
            }
            Fact::OtherSystemPresence { key, candidates, said, .. } => replace_answers(key, candidates, said),
            Fact::ReplacedTwice { keys, .. } => keys.iter().map(|it| one_replaces(it, keys)).collect(),
            Fact::PinNotFound { .. } => {
                vec![say("it was deleted, belongs to another org, or to a division that this client cannot see; \
                 correct the id or take the pin away")]
            }
            Fact::PinnedToOdd { .. } => vec![say(REPAIR)],
            Fact::LooksOdd { key, made, .. } => {
                let new = made.as_ref().map(|said| is_new("if it is another one", key, said));
                [say(REPAIR)].into_iter().chain(new).collect()
            }
            Fact::SendsHalf { labels, can_be_written: true, .. } => vec![say(&whole_labels(labels))],
            Fact::SendsHalf { .. } => vec![say("write the whole text in the org's admin page, and plan again")],
            Fact::PinnedElsewhere { key, id, found, name, is_called_so, wanted: _ } => {
                pinned_elsewhere(key, id, found, name.as_ref(), *is_called_so)
            }
            Fact::MatchesPrimary { .. } => {
                vec![say(
                    "the platform's own are never changed; give this one another label or previous label, or take it out \
                     of the config",
                )]
            }
            Fact::PrimaryNotKnown { key, id } => {
                vec![pin("if it is your organisation's own, pin it".to_owned(), key, id)]
            }
            Fact::ChangesProtected { .. } => {
                vec![say("take the id out of `protect`, or take the change out of the config")]
            }
            Fact::NoLabel { key, id, removed, not_managed } => label_answers(key, id.as_ref(), removed, not_managed),
            Fact::TooMany { counted, count, limit: _ } => vec![
                Answer {
                    say: "if you mean it, raise the limit in the files, where it is reviewed".to_owned(),
                    lines: vec!["settings:".to_owned(), format!("  limits: {{ {}: {count} }}", counted.field())],
                },
                say(&format!("or, at a terminal, for this run: {} {count}", counted.flag())),
            ],
            Fact::TooManyPeople { count, .. } => vec![
                say("apply when fewer are on it, or move them first (`retire` does that)"),
                Answer {
                    say: "if you mean it now, raise the limit in the files, where it is reviewed".to_owned(),
                    lines: vec!["settings:".to_owned(), format!("  limits: {{ activeUsers: {count} }}")],
                },
                say(&format!("or, at a terminal, for this run: --allow-active-users {count}")),
            ],
            Fact::PeopleNotKnown { .. } => {
                let give =
                    "give the OAuth client the missing permission, or remove `activeUsers` from `settings.limits`";
                vec![say(give)]
            }
            Fact::EmptySource => vec![Answer {
                say: "name the definitions, or write".to_owned(),
                lines: vec!["settings:".to_owned(), "  prune: keep".to_owned()],
            }],
            Fact::OmitMatchesNothing { key } => {
                vec![say(&format!("pin it, correct its labels, or take `{key}` out of `omit`"))]
            }
            Fact::UnknownSystemPresence { nearest, known, more, .. } => {
                let meant = nearest.iter().map(|it| say(&format!("did you mean {it}?", it = text::ticked(it))));
                meant.chain([say(&format!("this org knows {}", some(known, *more)))]).collect()
            }
            Fact::DivisionNotShown { .. } => vec![
                Answer {
                    say: "use the newer generation of the API, which shows them".to_owned(),
                    lines: vec!["settings:".to_owned(), "  api: v2".to_owned()],
                },
                say("or remove `division`: an existing definition then stays where it is"),
            ],
            Fact::UnknownDivision { nearest, known, more, .. } => {
                let meant = nearest.iter().map(|it| say(&format!("did you mean {it}?", it = text::ticked(it))));
                let seen = if known.is_empty() {
                    "this client sees none: give its role divisions, or write the id".to_owned()
                } else {
                    format!("this client sees {}", some(known, *more))
                };
                meant.chain([say(&seen)]).collect()
            }
            Fact::AmbiguousDivision { key, ids, .. } => {
                let one = |id: &DivisionId| Answer {
                    say: format!("if it is {id}"),
                    lines: under_definition(key, &format!("division: {}", yaml::scalar(id.as_str()))),
                };
                ids.iter().map(one).collect()
            }
            Fact::DivisionsNotKnown { .. } => {
                vec![say("write the division's id, or give a role of the OAuth client the right to see divisions")]
            }
        }
    }
}

/// The answer for an object that cannot be read in full.
const REPAIR: &str = "repair it in the org's admin page, and plan again";

fn some<T: fmt::Display>(names: &[T], more: bool) -> String {
    let mut names: Vec<String> = names.iter().map(text::unticked).collect();
    names.extend(more.then(|| MORE.to_owned()));
    text::list(&names, "and")
}

fn whole_labels(labels: &[Locale]) -> String {
    format!(
        "write the whole label for {} into the config (where `settings.locales` names locales, it has to name this one), or \
         repair it in the org's admin page",
        text::list(&labels.iter().map(text::ticked).collect::<Vec<_>>(), "and")
    )
}

fn say(words: &str) -> Answer {
    Answer { say: words.to_owned(), lines: Vec::new() }
}

/// One answer for all candidates of a definition, so that two pins of it are never pasted together. `None` for the
/// platform's own definition, which cannot be changed.
fn pins(key: &Key, candidates: &[Candidate]) -> Vec<Answer> {
    let each = |it: &Candidate| {
        let state = if it.deactivated { "the deactivated " } else { "" };
        let other = it.taken_by.as_ref().map_or_else(String::new, |taker| format!(", and `{taker}` is another"));
        pin(format!("if it is {state}{}{other}", it.id), key, &it.id)
    };
    candidates.iter().filter(|it| !it.platforms_own).map(each).collect()
}

/// A pin, if the id is valid in a config.
fn pin(say: String, key: &Key, id: &DefinitionId) -> Answer {
    if can_be_id(id.as_str()) {
        return Answer { say, lines: pin_lines(key, id) };
    }
    let say = format!("{say}, change its label in the org's admin page: its id cannot be written into a config");
    Answer { say, lines: Vec::new() }
}

fn pin_lines(key: &Key, id: &DefinitionId) -> Vec<String> {
    vec!["ids:".to_owned(), format!("  {}: {}", yaml::scalar(key.as_str()), yaml::scalar(id.as_str()))]
}

fn under_definition(key: &Key, line: &str) -> Vec<String> {
    vec![format!("{}:", yaml::scalar(key.as_str())), format!("  {line}")]
}

/// Room on a line for everything beside a label.
const LINE_ROOM_BYTES: usize = 100;

/// Does a config accept this label without a pin?
fn is_taken(label: &Label) -> bool {
    !text::is_odd_label(label.nfc()) && yaml::scalar(label.nfc()).len() + LINE_ROOM_BYTES <= CONFIG_LINE_BYTES_MAX
}

/// All previous labels and one more, as lines below a key. A second `previousLabels` key would be an error.
fn previous_labels(there: &[Label], more: &Label) -> Vec<String> {
    let labels: Vec<String> = there.iter().chain([more]).map(|it| yaml::scalar(it.nfc())).collect();
    let line = format!("  previousLabels: [{}]", labels.join(", "));
    if line.len() <= CONFIG_LINE_BYTES_MAX / 2 {
        return vec![line];
    }
    let items = labels.iter().map(|it| format!("  - {it}"));
    std::iter::once("  previousLabels:".to_owned()).chain(items).collect()
}

fn with_previous_labels(key: &Key, there: &[Label], more: &Label) -> Vec<String> {
    std::iter::once(format!("{}:", yaml::scalar(key.as_str()))).chain(previous_labels(there, more)).collect()
}

/// The definition is created again. The old object, which no label can name, is deactivated by its id.
fn made_anew(say: String, key: &Key, number: usize, it: &Candidate, said: &CandidateWords) -> Answer {
    if !can_be_id(it.id.as_str()) {
        return pin(say, key, &it.id);
    }
    let mut answer = is_new(&say, key, said);
    answer.lines.extend(goes(key, number, &it.id, &it.system_presence).lines);
    answer
}

/// The lines that declare a rename. A label that another definition has now is no evidence.
pub fn rename_answer(key: &Key, id: &DefinitionId, there: &[Label], before: &Label, is_free: bool) -> Answer {
    if !is_free || !is_taken(before) {
        return pin("If so, pin it".to_owned(), key, id);
    }
    Answer { say: "If so, write".to_owned(), lines: with_previous_labels(key, there, before) }
}

/// The line that declares a definition as new. It replaces a line that says the opposite.
fn is_new(say: &str, key: &Key, said: &CandidateWords) -> Answer {
    let previous = (!said.previous_labels.is_empty()).then_some("`previousLabels`");
    let contrary: Vec<&str> = previous.into_iter().chain(said.replaces.then_some("`replaces`")).collect();
    let instead =
        if contrary.is_empty() { String::new() } else { format!(", instead of {}", text::list(&contrary, "and")) };
    Answer { say: format!("{say}{instead}"), lines: under_definition(key, "new: true") }
}

/// `replaces` matches at most one object. Each other object to remove needs a definition of its own.
fn replaces_nothing(key: &Key, candidates: &[Candidate]) -> Vec<Answer> {
    let say = "write instead of `replaces`".to_owned();
    let mut answers = vec![Answer { say, lines: under_definition(key, "new: true") }];
    answers.extend((1..).zip(candidates).map(|(number, it)| goes(key, number, &it.id, &it.system_presence)));
    answers
}

/// Without its pin, the old object is found by its default label, if it has one.
fn pinned_elsewhere(
    key: &Key,
    id: &DefinitionId,
    found: &SystemPresence,
    name: Option<&Label>,
    is_called_so: bool,
) -> Vec<Answer> {
    let say = "a system presence cannot be changed; remove the pin and write".to_owned();
    let Some(name) = name.filter(|it| is_taken(it)) else {
        return vec![Answer { say, lines: under_definition(key, "new: true") }, goes(key, 1, id, found)];
    };
    let mut lines = under_definition(key, &format!("replaces: {}", yaml::scalar(found.as_str())));
    if !is_called_so {
        lines.extend(previous_labels(&[], name));
    }
    vec![Answer { say, lines }]
}

/// A definition that removes an object which nothing else names. Each has its own key, so that all of them can be
/// pasted.
fn goes(key: &Key, number: usize, id: &DefinitionId, system_presence: &SystemPresence) -> Answer {
    let number = if number == 1 { String::new() } else { format!("-{number}") };
    let old = yaml::scalar(&format!("{key}-before{number}"));
    let lines = vec![
        "definitions:".to_owned(),
        format!("  {old}: {{ systemPresence: {}, deactivated: true }}", yaml::scalar(system_presence.as_str())),
        "ids:".to_owned(),
        format!("  {old}: {}", yaml::scalar(id.as_str())),
    ];
    Answer { say: format!("and if {id} goes"), lines }
}

fn when_listed(from: Moment, key: &Key, said: &CandidateWords) -> Vec<Answer> {
    let again = format!("run it again after {from}: by then the list shows it, and it is compared as it is then");
    let new = is_new("if it is another one, write this, which counts from then on", key, said);
    [say(&again)].into_iter().chain((!said.new).then_some(new)).collect()
}

fn rename_answers(key: &Key, candidates: &[Candidate], said: &CandidateWords, earlier: Option<&Had>) -> Vec<Answer> {
    let instead = if said.new { ", instead of `new: true`" } else { "" };
    let answer = |(number, it): (usize, &Candidate)| match &it.name {
        Some(name) if it.has_default_label && it.system_presence != said.system_presence => {
            Some(takes_its_place(key, number, it, name, said))
        }
        Some(name) if it.has_default_label && !said.calls_it(name) && is_taken(name) => Some(Answer {
            say: format!("if it is {name} under a new label{instead}", name = text::ticked(name)),
            lines: with_previous_labels(key, &said.previous_labels, name),
        }),
        // Neither a label nor a pin moves an object to another system presence.
        _ if it.system_presence != said.system_presence => None,
        // Without a default label that a config accepts, it cannot be found by label.
        _ => Some(pin(format!("if it is {}{instead}", it.id), key, &it.id)),
    };
    let mut answers: Vec<Answer> = (1..).zip(candidates).filter_map(answer).collect();
    let Some(earlier) = earlier else {
        answers.push(is_new("if it is another one", key, said));
        return answers;
    };
    // A statement of that config about the old object does not apply to the new one.
    if !earlier.said_new {
        answers.push(is_new("if it is another one", key, said));
    }
    let or = if earlier.said_new { "if it is another one," } else { "or" };
    answers.push(say(&format!("{or} give it another key than `{key}`")));
    answers
}

/// The answer for an object under another system presence, which cannot be moved.
fn takes_its_place(key: &Key, number: usize, it: &Candidate, name: &Label, said: &CandidateWords) -> Answer {
    let shown = text::ticked(name);
    if !is_taken(name) {
        let say = format!("if it takes the place of {shown} (which will be deactivated)");
        return made_anew(say, key, number, it, said);
    }
    let mut lines = under_definition(key, &format!("replaces: {}", yaml::scalar(it.system_presence.as_str())));
    if said.default_label.as_ref() != Some(name) {
        lines.extend(previous_labels(&said.previous_labels, name));
    }
    let instead = if said.new { ", instead of `new: true`" } else { "" };
    Answer { say: format!("if it takes the place of {shown} (which will be deactivated){instead}"), lines }
}

fn replace_answers(key: &Key, candidates: &[Candidate], said: &CandidateWords) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for (number, it) in (1..).zip(candidates) {
        let Candidate { system_presence, name, has_default_label, .. } = it;
        let say = format!("if it takes the place of the one under {system_presence} (which will be deactivated)");
        let mut lines = under_definition(key, &format!("replaces: {}", yaml::scalar(system_presence.as_str())));
        // `replaces` matches exact labels only. For a label that only reads the same, it needs that label.
        let other = name.as_ref().filter(|name| *has_default_label && Some(*name) != said.default_label.as_ref());
        if let Some(name) = other.filter(|it| is_taken(it)) {
            lines.extend(previous_labels(&said.previous_labels, name));
        }
        let answer = match other.filter(|it| !is_taken(it)) {
            Some(_) => made_anew(say, key, number, it, said),
            None => Answer { say, lines },
        };
        // Several objects under one system presence are a question of their own.
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    answers.push(is_new("if both shall exist", key, said));
    answers
}

fn one_replaces(key: &Key, keys: &[Key]) -> Answer {
    let others = keys.iter().filter(|it| *it != key);
    Answer {
        say: format!("if it is `{key}` alone, write instead of every other `replaces`"),
        lines: others.flat_map(|it| under_definition(it, "new: true")).collect(),
    }
}

fn label_answers(key: &Key, id: Option<&DefinitionId>, removed: &Labels, not_managed: &[Locale]) -> Vec<Answer> {
    let each = |(locale, label): (&Locale, &Label)| {
        format!("{}: {}", yaml::scalar(locale.as_str()), yaml::scalar(label.nfc()))
    };
    let labels: Vec<String> = removed.iter().map(each).collect();
    let is_too_long = labels.iter().any(|it| it.len() + LINE_ROOM_BYTES > CONFIG_LINE_BYTES_MAX);
    let mut answers = vec![if labels.is_empty() || is_too_long {
        say("give it a label")
    } else {
        let mut lines = vec![format!("{}:", yaml::scalar(key.as_str())), "  labels:".to_owned()];
        lines.extend(labels.iter().map(|it| format!("    {it}")));
        if lines.iter().map(String::len).sum::<usize>() <= CONFIG_LINE_BYTES_MAX / 2 {
            lines = under_definition(key, &format!("labels: {{ {} }}", labels.join(", ")));
        }
        let mut spellings = BTreeSet::new();
        let is_odd = |(locale, label): (&Locale, &Label)| {
            yaml::is_odd_locale(locale.as_str())
                || text::is_odd_label(label.nfc())
                || !spellings.insert(locale.normal())
        };
        let needs_pin = removed.iter().any(is_odd);
        lines.extend(id.filter(|_| needs_pin).into_iter().flat_map(|it| pin_lines(key, it)));
        Answer { say: "if it keeps its labels".to_owned(), lines }
    }];
    if !not_managed.is_empty() {
        let locales = text::list(not_managed, "or");
        answers.push(say(&format!("to manage the labels that it has, add {locales} to `settings.locales`")));
    }
    if id.is_some() {
        let lines = under_definition(key, "deactivated: true");
        answers.push(Answer { say: "if agents should no longer see it".to_owned(), lines });
    }
    answers
}

//! Why a plan may not be applied, as facts, with their words and the lines that answer them.
//! A refusal stops the whole apply and never the showing.

use crate::diagnostic::Span;
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::text;

/// One reason not to apply, and where in the config it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub fact: Fact,
    /// The line in the config that it is about.
    pub place: Option<Span>,
}

/// An object of the org that a refusal speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Which object.
    pub id: DefinitionId,
    /// Where it belongs.
    pub system_presence: SystemPresence,
    /// Its default label, else any.
    pub name: Option<Label>,
    /// Is `name` its default label?
    pub has_default_label: bool,
    /// Deactivated or active.
    pub deactivated: bool,
    /// The definition of the config that already has it.
    pub taken_by: Option<Key>,
}

/// By what several objects answered to one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its default label.
    Label,
    /// One of its `previousLabels`.
    PreviousLabels,
    /// `replaces`.
    Replaces,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Deactivations, deletions and replacements.
    Removals,
    /// Labels taken away.
    LabelRemovals,
    /// Default labels changed.
    Renames,
}

impl Counted {
    /// The field under `settings.limits`.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Counted::Removals => "removals",
            Counted::LabelRemovals => "labelRemovals",
            Counted::Renames => "renames",
        }
    }

    /// The flag for a person at a terminal.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Counted::Removals => "--allow-removals",
            Counted::LabelRemovals => "--allow-label-removals",
            Counted::Renames => "--allow-renames",
        }
    }

    /// In words.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Counted::Removals => "removal",
            Counted::LabelRemovals => "label removal",
            Counted::Renames => "rename",
        }
    }
}

/// Everything that refuses a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Several objects could be this definition, or one object could be two definitions.
    Ambiguous {
        /// The definition.
        key: Key,
        /// By what.
        by: By,
        /// All of them.
        candidates: Vec<Candidate>,
    },
    /// A definition that would be created looks like one that exists.
    LooksLikeRename {
        /// The definition.
        key: Key,
        /// What it looks like.
        candidates: Vec<Candidate>,
    },
    /// A definition that would be created exists under another system presence.
    OtherSystemPresence {
        /// The definition.
        key: Key,
        /// Where it exists.
        candidates: Vec<Candidate>,
    },
    /// Several definitions say that they take the place of one object.
    ReplacedTwice {
        /// All of them.
        keys: Vec<Key>,
        /// The object.
        candidate: Candidate,
    },
    /// The org does not show the pinned object.
    PinNotFound {
        /// The definition.
        key: Key,
        /// Its pin.
        id: DefinitionId,
    },
    /// The pinned object belongs to another system presence.
    PinnedElsewhere {
        /// The definition.
        key: Key,
        /// Its pin.
        id: DefinitionId,
        /// What the config says.
        wanted: SystemPresence,
        /// What the org says.
        found: SystemPresence,
        /// What the org calls it, where the config gives another default label.
        other_label: Option<Label>,
    },
    /// The definition is one of the platform's own.
    MatchesPrimary {
        /// The definition.
        key: Key,
        /// The platform's.
        id: DefinitionId,
    },
    /// The org does not say whether the object is the platform's own, and it is not pinned.
    PrimaryNotKnown {
        /// The definition.
        key: Key,
        /// The object.
        id: DefinitionId,
    },
    /// A change to a protected object.
    ChangesProtected {
        /// The definition that asks for it.
        key: Key,
        /// The object.
        id: DefinitionId,
    },
    /// The object would have no label at all, in whatever locale.
    NoLabel {
        /// The definition that asks for it.
        key: Key,
        /// The object; none for one that would be made.
        id: Option<DefinitionId>,
        /// The labels that would be taken away.
        removed: Labels,
        /// Locales that the definition has labels for, and that the config does not manage.
        not_managed: Vec<Locale>,
    },
    /// More than a limit allows.
    TooMany {
        /// What is counted.
        counted: Counted,
        /// How many the plan makes.
        count: usize,
        /// How many are allowed.
        limit: u32,
    },
    /// More people are on what is removed or renamed than a limit allows.
    TooManyPeople {
        /// How many.
        count: usize,
        /// There may be more.
        at_least: bool,
        /// How many are allowed.
        limit: u32,
    },
    /// There is a limit, and nobody knows how many people are on what is removed or renamed.
    PeopleNotKnown {
        /// How many are allowed.
        limit: u32,
    },
    /// The config names nothing and says `prune: delete`.
    EmptySource,
    /// With `prune: delete`, an omitted definition that matches nothing protects nothing.
    OmitMatchesNothing {
        /// The definition.
        key: Key,
    },
    /// The org does not know this system presence.
    UnknownSystemPresence {
        /// The definition.
        key: Key,
        /// What the config says.
        name: SystemPresence,
        /// The nearest that the org knows.
        nearest: Option<SystemPresence>,
        /// All that the org knows.
        known: Vec<SystemPresence>,
    },
    /// The config asks for a division, and this generation of the API shows none.
    DivisionNotShown {
        /// The definition.
        key: Key,
        /// What the config says.
        division: String,
    },
    /// The org has no division of this name.
    UnknownDivision {
        /// The definition.
        key: Key,
        /// What the config says.
        name: String,
        /// The nearest that the org has.
        nearest: Option<String>,
        /// All that the client sees.
        known: Vec<String>,
    },
    /// Several divisions have this name.
    AmbiguousDivision {
        /// The definition.
        key: Key,
        /// What the config says.
        name: String,
        /// All of them.
        ids: Vec<DivisionId>,
    },
    /// The config names a division, and the org's divisions could not be read.
    DivisionsNotKnown {
        /// The definition.
        key: Key,
        /// What the config says.
        name: String,
    },
}

/// One way to answer a refusal. Foreign strings in it are raw, except in `lines`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// In words.
    pub say: String,
    /// Lines of YAML, ready to paste, foreign strings quoted for YAML.
    pub lines: Vec<String>,
}

impl Refusal {
    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.fact {
            Fact::Ambiguous { .. } => "ambiguous",
            Fact::LooksLikeRename { .. } => "looks-like-rename",
            Fact::OtherSystemPresence { .. } => "other-system-presence",
            Fact::ReplacedTwice { .. } => "replaced-twice",
            Fact::PinNotFound { .. } => "pin-not-found",
            Fact::PinnedElsewhere { .. } => "pinned-elsewhere",
            Fact::MatchesPrimary { .. } => "matches-primary",
            Fact::PrimaryNotKnown { .. } => "primary-not-known",
            Fact::ChangesProtected { .. } => "changes-protected",
            Fact::NoLabel { .. } => "no-label",
            Fact::TooMany { .. } => "too-many",
            Fact::TooManyPeople { .. } => "too-many-people",
            Fact::PeopleNotKnown { .. } => "people-not-known",
            Fact::EmptySource => "empty-source",
            Fact::OmitMatchesNothing { .. } => "omit-matches-nothing",
            Fact::UnknownSystemPresence { .. } => "unknown-system-presence",
            Fact::DivisionNotShown { .. } => "division-not-shown",
            Fact::UnknownDivision { .. } => "unknown-division",
            Fact::AmbiguousDivision { .. } => "ambiguous-division",
            Fact::DivisionsNotKnown { .. } => "divisions-not-known",
        }
    }

    /// What is wrong, in one sentence. Foreign strings are raw.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.fact {
            Fact::Ambiguous { key, by, candidates } => ambiguous(key, *by, candidates),
            Fact::LooksLikeRename { key, candidates } => {
                format!("`{key}` would be created, but it looks like {}", described(candidates))
            }
            Fact::OtherSystemPresence { key, candidates } => {
                let elsewhere: Vec<String> =
                    candidates.iter().map(|it| format!("{} ({})", it.system_presence, it.id)).collect();
                format!("`{key}` would be created, but its label exists under {}", text::list(&elsewhere, "and"))
            }
            Fact::ReplacedTwice { keys, candidate } => {
                let keys: Vec<String> = keys.iter().map(|it| format!("`{it}`")).collect();
                let object = described(std::slice::from_ref(candidate));
                format!("{} each say that they take the place of {object}", text::list(&keys, "and"))
            }
            Fact::PinNotFound { key, id } => format!("`{key}` is pinned to {id}, which this org does not show"),
            Fact::PinnedElsewhere { key, id, wanted, found, other_label: _ } => {
                format!("`{key}` says `systemPresence: {wanted}`, but {id}, to which it is pinned, belongs to {found}")
            }
            Fact::MatchesPrimary { key, id } => format!("`{key}` is the platform's own definition {id}"),
            Fact::PrimaryNotKnown { key, id } => {
                format!("`{key}` matches {id}, and the org does not say whether that is the platform's own")
            }
            Fact::ChangesProtected { key, id } => format!("`{key}` would change {id}, which `protect` names"),
            Fact::NoLabel { key, id: Some(id), .. } => {
                format!("`{key}` would leave {id} without any label, and the platform demands one")
            }
            Fact::NoLabel { key, id: None, .. } => {
                format!("`{key}` would be created without any label, and the platform demands one")
            }
            Fact::TooMany { counted, count, limit } => {
                format!("{} planned, {limit} allowed", text::count(*count, counted.noun()))
            }
            Fact::TooManyPeople { count, at_least, limit } => {
                let at_least = if *at_least { "at least " } else { "" };
                let people = if *count == 1 { "1 person is".to_owned() } else { format!("{count} people are") };
                format!("{at_least}{people} now on what is removed or renamed, {limit} allowed")
            }
            Fact::PeopleNotKnown { limit } => format!(
                "how many people are now on what is removed or renamed is not known, and only {limit} are allowed"
            ),
            Fact::EmptySource => {
                "the config names no definition and says `prune: delete`: that would remove everything".to_owned()
            }
            Fact::OmitMatchesNothing { key } => {
                format!("`omit` names `{key}`, which matches nothing, so with `prune: delete` it protects nothing")
            }
            Fact::UnknownSystemPresence { key, name, nearest: _, known: _ } => {
                format!("`{key}` says `systemPresence: {name}`, which this org does not know")
            }
            Fact::DivisionNotShown { key, division } => {
                format!("`{key}` says `division: {division}`, and the API v1 shows no divisions")
            }
            Fact::UnknownDivision { key, name, nearest: _, known: _ } => {
                format!("`{key}` says `division: {name}`, and this client sees no division of that name")
            }
            Fact::AmbiguousDivision { key, name, ids } => {
                format!("`{key}` says `division: {name}`, and {} are called that", text::count(ids.len(), "division"))
            }
            Fact::DivisionsNotKnown { key, name } => {
                format!("`{key}` says `division: {name}`, and the org's divisions could not be read to find its id")
            }
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        match &self.fact {
            Fact::Ambiguous { key, by: By::Label, candidates } => pins(key, candidates),
            Fact::Ambiguous { key, by: By::PreviousLabels, candidates } => {
                let mut answers = pins(key, candidates);
                answers.push(say("if it is not, take its `previousLabels` away"));
                answers
            }
            Fact::Ambiguous { by: By::Replaces, .. } => vec![say(
                "take `replaces` away and write `new: true`; give what goes a definition of its own, with its pin and \
                 `deactivated: true`",
            )],
            Fact::LooksLikeRename { key, candidates } => rename_answers(key, candidates),
            Fact::OtherSystemPresence { key, candidates } => replace_answers(key, candidates),
            Fact::ReplacedTwice { keys, candidate: _ } => keys.iter().map(|it| one_replaces(it, keys)).collect(),
            Fact::PinNotFound { .. } => {
                vec![say("it was deleted, belongs to another org, or to a division that this client cannot see; \
                 correct the id or take the pin away")]
            }
            Fact::PinnedElsewhere { key, found, other_label, .. } => {
                let mut lines = under_definition(key, &format!("replaces: {}", text::yaml(found.as_str())));
                // Without its pin, the old one is found by its label.
                lines.extend(other_label.iter().map(previous_labels));
                let say = "a system presence cannot be changed; take the pin away and write".to_owned();
                vec![Answer { say, lines }]
            }
            Fact::MatchesPrimary { .. } => {
                vec![say(
                    "the platform's own are never changed; give this one another label, or take it out of the config",
                )]
            }
            Fact::PrimaryNotKnown { key, id } => {
                vec![Answer { say: "if it is your organisation's own, pin it".to_owned(), lines: pin_lines(key, id) }]
            }
            Fact::ChangesProtected { .. } => {
                vec![say("take the id out of `protect`, or take the change out of the config")]
            }
            Fact::NoLabel { key, id, removed, not_managed } => label_answers(key, id.is_some(), removed, not_managed),
            Fact::TooMany { counted, count, limit: _ } => vec![
                Answer {
                    say: "if that is meant, raise the limit where it can be reviewed".to_owned(),
                    lines: vec!["settings:".to_owned(), format!("  limits: {{ {}: {count} }}", counted.field())],
                },
                say(&format!("or, at a terminal, for this run: {} {count}", counted.flag())),
            ],
            Fact::TooManyPeople { count, .. } => vec![
                say("apply when fewer are on it, or move them first (`presencectl retire`)"),
                Answer {
                    say: "if it is meant now, raise the limit where it can be reviewed".to_owned(),
                    lines: vec!["settings:".to_owned(), format!("  limits: {{ activeUsers: {count} }}")],
                },
                say(&format!("or, at a terminal, for this run: --allow-active-users {count}")),
            ],
            Fact::PeopleNotKnown { .. } => {
                vec![say("give the OAuth client what the look-up was refused for, or take `activeUsers` out of \
                 `settings.limits`")]
            }
            Fact::EmptySource => vec![Answer {
                say: "name the definitions, or write".to_owned(),
                lines: vec!["settings:".to_owned(), "  prune: keep".to_owned()],
            }],
            Fact::OmitMatchesNothing { key } => {
                vec![say(&format!("pin it, correct its labels, or take `{key}` out of `omit`"))]
            }
            Fact::UnknownSystemPresence { nearest, known, .. } => {
                let meant = nearest.iter().map(|it| say(&format!("did you mean `{it}`?")));
                meant.chain([say(&format!("this org knows {}", text::list(known, "and")))]).collect()
            }
            Fact::DivisionNotShown { .. } => vec![
                Answer {
                    say: "speak the newer generation of the API, which shows them".to_owned(),
                    lines: vec!["settings:".to_owned(), "  api: v2".to_owned()],
                },
                say("or take `division` away: what exists then stays where it is"),
            ],
            Fact::UnknownDivision { nearest, known, .. } => {
                let meant = nearest.iter().map(|it| say(&format!("did you mean `{it}`?")));
                let seen = if known.is_empty() {
                    "this client sees none: give its role divisions, or write the id".to_owned()
                } else {
                    format!("this client sees {}", text::list(known, "and"))
                };
                meant.chain([say(&seen)]).collect()
            }
            Fact::AmbiguousDivision { key, ids, .. } => {
                let one = |id: &DivisionId| Answer {
                    say: format!("if it is {id}"),
                    lines: under_definition(key, &format!("division: {}", text::yaml(id.as_str()))),
                };
                ids.iter().map(one).collect()
            }
            Fact::DivisionsNotKnown { .. } => {
                vec![say("write the division's id, or give a role of the OAuth client the right to see divisions")]
            }
        }
    }
}

fn say(words: &str) -> Answer {
    Answer { say: words.to_owned(), lines: Vec::new() }
}

fn ambiguous(key: &Key, by: By, candidates: &[Candidate]) -> String {
    let described = described(candidates);
    match (by, candidates) {
        (By::Label, [_]) => format!("`{key}` is by its label {described}"),
        (By::Label, _) => format!("`{key}` has the label of more than one: it could be {described}"),
        (By::PreviousLabels, [Candidate { taken_by: Some(_), .. }]) => {
            format!("`{key}` is by its `previousLabels` {described}")
        }
        (By::PreviousLabels, [_]) => {
            format!("`{key}` could by its `previousLabels` be {described}, and so could another definition")
        }
        (By::PreviousLabels, _) => format!("`{key}` could by its `previousLabels` be {described}"),
        (By::Replaces, [_]) => format!("`{key}` cannot take the place of {described}"),
        (By::Replaces, _) => format!("`{key}` could take the place of {described}"),
    }
}

fn described(candidates: &[Candidate]) -> String {
    let each: Vec<String> = candidates
        .iter()
        .map(|it| {
            let name = it.name.as_ref().map_or_else(String::new, |name| format!("`{name}` "));
            let state = if it.deactivated { ", deactivated" } else { "" };
            let taken = it.taken_by.as_ref().map_or_else(String::new, |key| format!(", which `{key}` has"));
            format!("{name}({}, {}{state}){taken}", it.system_presence, it.id)
        })
        .collect();
    text::list(&each, "or")
}

/// One answer for each, so that nobody pastes two pins of one definition.
fn pins(key: &Key, candidates: &[Candidate]) -> Vec<Answer> {
    let pin = |it: &Candidate| {
        let state = if it.deactivated { "the deactivated " } else { "" };
        let other = it.taken_by.as_ref().map_or_else(String::new, |taker| format!(", and `{taker}` is another"));
        Answer { say: format!("if it is {state}{}{other}", it.id), lines: pin_lines(key, &it.id) }
    };
    candidates.iter().map(pin).collect()
}

fn pin_lines(key: &Key, id: &DefinitionId) -> Vec<String> {
    vec!["ids:".to_owned(), format!("  {}: {}", text::yaml(key.as_str()), text::yaml(id.as_str()))]
}

fn under_definition(key: &Key, line: &str) -> Vec<String> {
    vec![format!("{}:", text::yaml(key.as_str())), format!("  {line}")]
}

fn previous_labels(label: &Label) -> String {
    format!("  previousLabels: [{}]", text::yaml(label.nfc()))
}

fn rename_answers(key: &Key, candidates: &[Candidate]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = candidates
        .iter()
        .map(|it| match &it.name {
            Some(name) if it.has_default_label => Answer {
                say: format!("if it is `{name}` under a new label"),
                lines: under_definition(key, &format!("previousLabels: [{}]", text::yaml(name.nfc()))),
            },
            // Without a default label it cannot be found by one.
            _ => Answer { say: format!("if it is {}", it.id), lines: pin_lines(key, &it.id) },
        })
        .collect();
    answers.push(Answer { say: "if it is another one".to_owned(), lines: under_definition(key, "new: true") });
    answers
}

fn replace_answers(key: &Key, candidates: &[Candidate]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = candidates
        .iter()
        .map(|it| Answer {
            say: format!("if it takes the place of the one under {} (which will be deactivated)", it.system_presence),
            lines: under_definition(key, &format!("replaces: {}", text::yaml(it.system_presence.as_str()))),
        })
        .collect();
    answers.push(Answer { say: "if both shall exist".to_owned(), lines: under_definition(key, "new: true") });
    answers
}

fn one_replaces(key: &Key, keys: &[Key]) -> Answer {
    let others = keys.iter().filter(|it| *it != key);
    Answer {
        say: format!("if it is `{key}` alone, write instead of every other `replaces`"),
        lines: others.flat_map(|it| under_definition(it, "new: true")).collect(),
    }
}

fn label_answers(key: &Key, exists: bool, removed: &Labels, not_managed: &[Locale]) -> Vec<Answer> {
    let each =
        |(locale, label): (&Locale, &Label)| format!("{}: {}", text::yaml(locale.as_str()), text::yaml(label.nfc()));
    let labels: Vec<String> = removed.iter().map(each).collect();
    let mut answers = vec![if labels.is_empty() {
        say("give it a label")
    } else {
        let lines = under_definition(key, &format!("labels: {{ {} }}", labels.join(", ")));
        Answer { say: "if it keeps its labels".to_owned(), lines }
    }];
    if !not_managed.is_empty() {
        let locales = text::list(not_managed, "or");
        answers.push(say(&format!("if `settings.locales` shall manage the labels that it has, add {locales} to it")));
    }
    if exists {
        let lines = under_definition(key, "deactivated: true");
        answers.push(Answer { say: "if agents shall no longer see it".to_owned(), lines });
    }
    answers
}

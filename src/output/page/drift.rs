//! A plan seen from the other side: what is otherwise in the org, who touched it last, and both ways out.

use crate::model::names::{DefinitionId, Label, SystemPresence};
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::history::DifferenceCause;
use crate::ops::drift::{Drift, DriftRow, DriftSubject, Question, UnmanagedDrift, who};
use crate::output::drifted::{DriftedOrg, SharedDrift, heading, in_orgs, in_sync};
use crate::output::json::fleet_drift::DriftStatusV1;
use crate::output::page::block::{
    By, Item, Keep, LabelFate, Lead, Page, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Table, Title, at,
    below, cell, id, name, org, plain, sandbox, sentence, strong,
};
use crate::output::page::failure::{blockers, shared_blockers};
use crate::output::page::plan::{add_others, label, notes, presence};
use crate::output::rows::{LabelRow, labels};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::blocker::Blocker;

/// All of a drift.
pub(super) fn page<'a>(drift: &Drift, target: &'a Target, sources: &Sources) -> Page<'a> {
    page_without(drift, target, &SharedDrift::default(), sources)
}

/// The same without the statements that several orgs share.
fn page_without<'a>(drift: &Drift, target: &'a Target, shared: &SharedDrift<'_>, sources: &Sources) -> Page<'a> {
    let (tone, words) = match (drift.questions.is_empty(), drift.rows.len()) {
        (false, _) => (Tone::Bad, "not known, there are errors to answer".to_owned()),
        (true, 0) => (Tone::Good, "none".to_owned()),
        (true, count) => (Tone::Open, text::count(count, "definition")),
    };
    let mut line = vec![strong(drift.in_words()), plain(" in ")];
    line.extend(org(target.org.as_ref()));
    line.extend([plain("."), sandbox(target.sandbox)]);
    let mut leads = Vec::new();
    if !drift.rows.is_empty() {
        let keep = plain("To keep something, write the lines below into the config. ");
        leads.push(Lead::Paragraph(By::Both, vec![vec![keep, sentence(drift.way_back()), plain(".")]]));
    }
    leads.extend(drift.not_told().map(|why| Lead::Alert(vec![plain("Note")], vec![sentence(why)])));
    let own: Vec<Blocker> = drift.blockers().into_iter().filter(|it| !shared.has(it)).collect();
    let mut sections = vec![blockers(&own, sources), candidates(&drift.questions)];
    sections.extend(DifferenceCause::ALL.map(|how| group(drift, how)));
    sections.push(ways_out(drift, sources));
    sections.push(notes(&drift.warnings(), &[], sources));
    sections.extend(
        [DifferenceCause::Edited, DifferenceCause::NotKnown, DifferenceCause::NotApplied]
            .map(|how| unmanaged(drift, how)),
    );
    Page {
        kind: PageKind::Drift,
        org: target.org.as_ref(),
        sandbox: target.sandbox,
        first: None,
        what: "Drift",
        summary: Summary { tone, words, more: None },
        line,
        leads,
        sections,
    }
}

/// The drift of several orgs: a line for each first, then what is otherwise in each.
pub(super) fn page_of_several(orgs: &[DriftedOrg], sources: &Sources) -> Page<'static> {
    let words = heading(orgs);
    let is_bad = orgs.iter().any(|it| matches!(it.status(), DriftStatusV1::NotRead | DriftStatusV1::InQuestion));
    let quiet = in_sync(orgs);
    let tone = match (is_bad, quiet.len() == orgs.len()) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Good,
        (false, false) => Tone::Open,
    };
    let failed = orgs.iter().filter_map(|org| {
        let problem = &org.result.as_ref().err()?.problem;
        let mut items = vec![Item::new(vec![name(org.name.as_str()), plain(": "), sentence(problem.message.as_str())])];
        items.extend(below(problem.into()).into_iter().map(Item::nested));
        Some(items)
    });
    let told = orgs.iter().filter(|it| it.status() != DriftStatusV1::InSync);
    let told = told.filter_map(|org| Some((org, org.result.as_ref().ok()?)));
    let lines = told
        .clone()
        .map(|(org, (drift, _))| vec![Item::new(vec![name(org.name.as_str()), plain(": "), plain(drift.in_words())])]);
    let mut sections = vec![
        Section::list("org", Keep::First, Title::heading("Not read"), Tone::Bad, failed.collect()),
        Section::list("org", Keep::First, Title::heading("Drifted"), Tone::Open, lines.collect()),
    ];
    let shared = SharedDrift::of(orgs);
    let of_several = shared.blockers.iter().map(|(it, names)| (*it, in_orgs(names, orgs)));
    sections.push(shared_blockers(&of_several.collect::<Vec<_>>(), sources));
    for (org, (drift, target)) in told {
        let of_org = |title: Title| match title {
            Title::Implied(words) => Title::Heading(vec![name(org.name.as_str()), plain(": "), plain(words)]),
            Title::Heading(line) => {
                Title::Heading([name(org.name.as_str()), plain(": ")].into_iter().chain(line).collect())
            }
            Title::Folded(words) => Title::Folded(format!("{}: {words}", org.name)),
        };
        let of_one = page_without(drift, target, &shared, sources).sections;
        sections.extend(of_one.into_iter().map(|it| Section { title: of_org(it.title), ..it }));
    }
    let quiet = quiet.join(", ");
    let note = |(note, names): &(String, Vec<String>)| {
        Lead::Alert(vec![plain("Note")], vec![sentence(note.clone()), plain(" "), plain(in_orgs(names, orgs))])
    };
    let mut leads: Vec<Lead> = shared.notes.iter().map(note).collect();
    if !quiet.is_empty() {
        leads.push(Lead::Paragraph(By::Both, vec![vec![plain("No drift: "), sentence(quiet), plain(".")]]));
    }
    let is_sandbox = orgs.iter().any(|it| it.result.as_ref().is_ok_and(|(_, target)| target.sandbox));
    Page {
        kind: PageKind::FleetDrift,
        org: None,
        sandbox: is_sandbox,
        first: None,
        what: "Drift",
        line: vec![strong(&*words), plain("."), sandbox(is_sandbox)],
        summary: Summary { tone, words, more: None },
        leads,
        sections,
    }
}

fn group(drift: &Drift, how: DifferenceCause) -> Section {
    let rows: Vec<Vec<PageLines>> = drift.of(how).map(|it| row(it, &drift.plan)).collect();
    let table = Table {
        class: "changes",
        caption: text::count(rows.len(), "definition"),
        columns: ["In the org", "Definition", "Config", "Org"].map(PageColumn::new).into(),
        rows,
        names: 1,
    };
    Section::table("definition", Keep::Second, Title::Heading(vec![sentence(drift.heading(how))]), table)
}

fn row(row: &DriftRow, plan: &Plan) -> Vec<PageLines> {
    let step = &row.change.step;
    let known_as = row.known_as(&plan.default_locale).map_or_else(|| plain("no label"), name);
    let mut about = cell(vec![known_as, plain(" ("), presence(step.system_presence()), plain(")")]);
    about.extend(row.who().map(|it| (By::Both, vec![Piece::Quiet(vec![sentence(it)])])));
    about.extend(step.id().map(|it| (By::Html, vec![Piece::Quiet(vec![id(it)])])));
    let labels = labels(step, &plan.default_locale);
    // A step goes from the org to the config.
    let (mut config, mut org) = (side(&labels, |it| it.after), side(&labels, |it| it.before));
    add_others(step, plan, &mut org, &mut config);
    match &row.meant_under {
        Some(meant) => {
            let under = |it: &SystemPresence| (By::Both, vec![plain("under "), presence(it)]);
            config = vec![under(meant)];
            org.insert(0, under(step.system_presence()));
        }
        None if step.action().is_removal() => config = cell(vec![plain("not shown to agents")]),
        None => {}
    }
    vec![cell(vec![Piece::Tag(Tone::Open, row.what.in_words().to_owned())]), about, config, org]
}

fn side<'a>(rows: &[LabelRow<'a>], of: fn(&LabelRow<'a>) -> Option<&'a Label>) -> PageLines {
    rows.iter().filter_map(|row| of(row).map(|it| (By::Both, vec![label(row, it, LabelFate::Stays)]))).collect()
}

/// The lines that keep it, and those that an apply needs before it takes it back.
fn ways_out(drift: &Drift, sources: &Sources) -> Section {
    let items = |it: &DriftRow| {
        let key = it.change.step.key().map(|key| name(key.as_str()));
        let known_as = key.or_else(|| it.change.step.id().map(|id| name(id.as_str())));
        let known_as = PageLine::from_iter(known_as);
        let mut keep = known_as.clone();
        keep.extend(at(" at ", it.keep_place, sources));
        let answer = Answer { say: format!("to keep it, {}", it.keep.say), ..it.keep.clone() };
        let first = it.first.iter().map(|it| pasted(known_as.clone(), it.clone()));
        std::iter::once(pasted(keep, answer)).chain(first).collect()
    };
    let title = Title::Folded("What to write into the config".to_owned());
    Section::list("definition", Keep::Third, title, Tone::Open, drift.rows.iter().map(items).collect())
}

/// Whose, what to do, and the lines for it.
fn pasted(mut whose: PageLine, answer: Answer) -> Item {
    whose.push(plain(": "));
    Item::answer(whose, answer)
}

fn candidates(questions: &[Question]) -> Section {
    let items = |DriftSubject { id, system_presence, name: label, modified, keep }: &DriftSubject| {
        let known_as = label.as_ref().map(|it| name(it.nfc()));
        let keep = keep
            .as_ref()
            .map(|(key, it)| pasted(vec![plain("if it is "), name(key.as_str()), plain(", to keep it")], it.clone()));
        std::iter::once(object(known_as, id, system_presence, &who(modified.as_ref()))).chain(keep).collect()
    };
    let title = Title::Folded("What the errors are about: who changed it last, and what keeps it".to_owned());
    let rows = questions.iter().flat_map(|it| &it.about).map(items).collect();
    Section::list("definition", Keep::Third, title, Tone::Open, rows)
}

/// Label, system presence, id, and who changed it last.
fn object(known_as: Option<Piece>, of: &DefinitionId, system_presence: &SystemPresence, who: &str) -> Item {
    let mut line: PageLine = known_as.into_iter().flat_map(|it| [it, plain(" ")]).collect();
    line.extend([plain("("), presence(system_presence), plain(", "), id(of), plain("): "), sentence(who)]);
    Item::new(line)
}

/// What the config does not name. Only of what is new a person has to decide something, so a comment has lines for that
/// alone.
fn unmanaged(drift: &Drift, how: DifferenceCause) -> Section {
    let items = |UnmanagedDrift { id, system_presence, name: label, how, modified, keep }: &UnmanagedDrift| {
        let known_as = label.as_ref().map_or_else(|| plain("no label"), |it| name(it.nfc()));
        let by = if *how == DifferenceCause::Edited { By::Both } else { By::Html };
        let keep = [pasted(vec![known_as.clone(), plain(", to keep it")], keep.clone()).by(by)];
        std::iter::once(object(Some(known_as), id, system_presence, &who(modified.as_ref()))).chain(keep).collect()
    };
    let keep = if how == DifferenceCause::Edited { Keep::Third } else { Keep::Fourth };
    let title = Title::Folded(drift.heading_of_unmanaged(how).to_owned());
    Section::list("definition", keep, title, Tone::Open, drift.unmanaged(how).map(items).collect())
}

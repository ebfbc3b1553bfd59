//! What is wrong: a command that failed before there was a result, which takes the place of an earlier one; and what refuses
//! a plan, where, and each way to answer it.

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::source::Sources;
use crate::model::text;
use crate::output::page::block::{
    By, Item, Keep, Lead, Page, PageKind, Piece, Section, Title, at, below, name, org, plain, sentence, strong,
};
use crate::output::rows::origin_of_blocker;
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::output::text::findings::summary;
use crate::plan::Plan;
use crate::plan::blocker::Blocker;

/// What is wrong and what to do about it, with the findings in the files.
pub(super) fn page<'a>(
    problem: &Problem,
    known_org: &'a KnownOrg,
    diagnostics: &Findings,
    sources: &Sources,
    instead_of: PageKind,
) -> Page<'a> {
    let whose = known_org.org.as_ref();
    let mut line = vec![strong("Failed")];
    if whose.is_some() {
        line.push(plain(" in "));
        line.extend(org(whose));
    }
    line.extend([plain(": "), sentence(problem.message.as_str())]);
    let rows = diagnostics.iter().map(|it| finding(it, sources)).collect();
    let findings = Section::list("finding", Keep::First, Title::heading(&summary(diagnostics)), Tone::Bad, rows);
    Page {
        kind: instead_of,
        org: whose,
        sandbox: known_org.sandbox,
        first: None,
        what: "Failed",
        summary: Summary {
            tone: Tone::Bad,
            words: "there is no result".to_owned(),
            more: Some(problem.message.clone()),
        },
        line,
        leads: below(problem.into()).into_iter().map(|it| Lead::Paragraph(By::Both, vec![it])).collect(),
        sections: vec![findings],
    }
}

pub(super) fn finding(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Item> {
    let Diagnostic { finding, severity, place, key: _, other_key: _, also } = diagnostic;
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut line = vec![strong(level), plain(" "), name(finding.code())];
    line.extend(at(" at ", *place, sources));
    line.extend([plain(": "), sentence(finding.message())]);
    let mut items = vec![Item::new(line)];
    items.extend(finding.help().map(|it| Item::nested(vec![plain("help: "), sentence(it)])));
    items.extend(also.iter().map(|(span, note)| Item::nested(at(&format!("{note}: "), Some(*span), sources))));
    items
}

/// The most answers of one blocker that a comment shows: each object that could be meant brings some, and there may be
/// thousands.
const ANSWERS_MAX: usize = 6;

/// All of them, each with its answers as one row.
pub(super) fn blockers(blockers: &[Blocker], sources: &Sources) -> Section {
    to_answer(blockers.iter().map(|it| blocker(it, None, sources)).collect())
}

/// Those of several orgs, each with the orgs that it is about.
pub(super) fn shared_blockers(blockers: &[(&Blocker, String)], sources: &Sources) -> Section {
    to_answer(blockers.iter().map(|(it, orgs)| blocker(it, Some(orgs), sources)).collect())
}

/// Those of a plan, each with where it comes from.
pub(super) fn blockers_of(plan: &Plan, sources: &Sources) -> Section {
    let blockers = plan.blockers.iter().enumerate();
    to_answer(blockers.map(|(index, it)| blocker(it, origin_of_blocker(plan, index), sources)).collect())
}

fn to_answer(rows: Vec<Vec<Item>>) -> Section {
    Section::list("error", Keep::First, Title::heading("To answer first"), Tone::Bad, rows)
}

fn blocker(blocker: &Blocker, origin: Option<&str>, sources: &Sources) -> Vec<Item> {
    let mut line = vec![Piece::Strong(vec![name(blocker.code())])];
    line.extend(at(" at ", blocker.place, sources));
    line.extend([plain(": "), sentence(blocker.message())]);
    let mut items = vec![Item::new(line)];
    items.extend(origin.map(|it| Item::nested(vec![plain(it)])));
    let answers = blocker.answers();
    let more = answers.len().saturating_sub(ANSWERS_MAX);
    items.extend(answers.into_iter().enumerate().map(|(index, it)| {
        let by = if index < ANSWERS_MAX { By::Both } else { By::Html };
        Item { by, is_nested: true, ..Item::answer(Vec::new(), it) }
    }));
    if more > 0 {
        let are = if more == 1 { "is" } else { "are" };
        let more = format!("and {} that {are} not shown here", text::count(more, "more answer"));
        items.push(Item::nested(vec![plain(more)]).by(By::Markdown));
    }
    items
}

/// The warnings of a config, and the files before the change. Without such files nothing counts as changed.
#[derive(Clone, Copy)]
pub struct Lints<'a> {
    pub findings: &'a Findings,
    pub sources: &'a Sources,
    pub before: &'a [Sources],
}

pub(super) fn lints(lints: Option<Lints<'_>>) -> Section {
    let lints = lints.filter(|it| !it.before.is_empty());
    let rows = lints.map_or_else(Vec::new, |Lints { findings, sources, before }| {
        findings.in_changed_files(sources, before).into_iter().map(|it| finding(it, sources)).collect()
    });
    Section::list("warning", Keep::Fourth, Title::heading("Warnings in changed files"), Tone::Open, rows)
}

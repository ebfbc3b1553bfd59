//! The report of an apply for the person who merged it: the sum, then every object, those that are not done first.

use crate::model::names::Label;
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::{Outcome, Report, ReportRow, Verification};
use crate::output::outcome::{self, OutcomeWords, Verified, said};
use crate::output::page::block::{
    By, Item, Keep, Lead, Page, PageColumn, PageKind, PageLine, PageLines, Piece, Section, Table, Title, at, cell,
    explained, name, org, plain, sandbox, sentence, strong, subject,
};
use crate::output::page::failure::blockers;
use crate::output::rows::{differences, key_of, known_as};
use crate::output::style::Tone;
use crate::output::summary::{Summary, of_report, what};
use crate::plan::change::Change;

/// The most differences of one object that are shown; the document has all.
const DIFFERENCES_MAX: usize = 6;

/// All of a report.
pub(super) fn page<'a>(report: &Report, target: &'a Target, sources: &Sources) -> Page<'a> {
    let what = what(report);
    let summary = of_report(report);
    let Summary { tone: _, words, more } = &summary;
    let mut line = vec![strong(format!("{what}: {words}")), plain(" in ")];
    line.extend(org(target.org.as_ref()));
    let more = more.as_ref().map_or_else(String::new, |it| format!(" {it}."));
    line.extend([plain(format!(".{more}")), sandbox(target.sandbox)]);
    let mut leads = Vec::new();
    leads.extend(
        report.interrupted.map(|it| vec![vec![strong("Interrupted"), plain(format!(" {}.", outcome::by(it)))]]),
    );
    leads.extend(verified(report));
    leads.extend(report.divisions_unread.as_ref().map(|cause| {
        let unread = vec![strong("Divisions"), plain(format!(": {}. ", outcome::DIVISIONS_UNREAD))];
        behind(unread, explained(cause))
    }));
    let mut sections = vec![blockers(&report.blockers, sources), objects(report, sources)];
    if let Verification::Drifted { changes, blockers: new } = &report.verification {
        sections.push(drifted(changes, report));
        sections.push(blockers(new, sources));
    }
    Page {
        kind: PageKind::Report,
        org: target.org.as_ref(),
        sandbox: target.sandbox,
        first: None,
        what,
        summary,
        line,
        leads: leads.into_iter().map(|it| Lead::Paragraph(By::Both, it)).collect(),
        sections,
    }
}

/// The first of some lines behind other words.
fn behind(mut words: PageLine, lines: Vec<PageLine>) -> Vec<PageLine> {
    let mut lines = lines.into_iter();
    words.extend(lines.next().unwrap_or_default());
    std::iter::once(words).chain(lines).collect()
}

fn verified(report: &Report) -> Option<Vec<PageLine>> {
    let Verified { head, tone: _, sentence, cause } = outcome::verified(report)?;
    let space = if cause.is_some() { " " } else { "" };
    let words = vec![strong(head), plain(format!(": {sentence}.{space}"))];
    Some(behind(words, cause.map(explained).unwrap_or_default()))
}

fn objects(report: &Report, sources: &Sources) -> Section {
    let mut rows: Vec<&ReportRow> = report.rows.iter().collect();
    rows.sort_by_key(|it| it.outcome.is_success());
    let heads = ["Definition", "Id", "Why"].map(PageColumn::new);
    let table = Table {
        class: "changes",
        caption: format!("{}, problems first", text::count(rows.len(), "change")),
        columns: ["Outcome", "Action"].map(PageColumn::plain).into_iter().chain(heads).collect(),
        rows: rows.into_iter().map(|it| object(it, report, sources)).collect(),
        names: 2,
    };
    Section::table("change", Keep::Second, Title::Implied("Changes"), table)
}

fn object(row: &ReportRow, report: &Report, sources: &Sources) -> Vec<PageLines> {
    let known_as = key_of(row).or(row.name.as_ref().map(Label::nfc));
    let why = match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => explained(cause),
        _ => vec![row.in_words(report.intent()).map(sentence).into_iter().collect()],
    };
    let mut why: PageLines = why.into_iter().map(|it| (By::Both, it)).collect();
    let differences = differences(&row.outcome, &report.divisions);
    let more = differences.len().saturating_sub(DIFFERENCES_MAX);
    why.extend(differences.into_iter().enumerate().map(|(index, it)| {
        let by = if index < DIFFERENCES_MAX { By::Both } else { By::Html };
        (by, vec![sentence(it)])
    }));
    why.extend((more > 0).then(|| (By::Markdown, vec![plain(format!("and {more} more"))])));
    if let (Outcome::Failed(_), Some(span)) = (&row.outcome, row.refused_label.or(row.place)) {
        why.push((By::Both, at("at ", Some(span), sources)));
    }
    let OutcomeWords { place: _, words, tone } = said(row.outcome.kind());
    vec![
        cell(vec![Piece::Tag(tone, words.to_owned())]),
        cell(vec![plain(row.action.verb())]),
        cell(subject(known_as, row.system_presence.as_str())),
        cell(row.id.as_ref().map(|it| name(it.as_str())).into_iter().collect()),
        why,
    ]
}

/// What is to be done by now although no row speaks of it.
fn drifted(changes: &[Change], report: &Report) -> Section {
    let item = |Change { step, reason: _, place: _ }: &Change| {
        let known_as = known_as(step, &report.default_locale);
        let mut line = vec![plain(format!("{} ", step.action().verb()))];
        line.extend(subject(known_as, step.system_presence().as_str()));
        vec![Item::new(line)]
    };
    let title = Title::heading("What differs after it");
    Section::list("change", Keep::Third, title, Tone::Open, changes.iter().map(item).collect())
}

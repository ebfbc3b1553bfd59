//! What became of an apply, for whoever merged it: what it comes to, then every object, with what is not done first.

use std::fmt::Write as _;

use crate::model::names::Label;
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::ops::apply::report::{Outcome, Report, ReportRow, Verification};
use crate::output::outcome::{self, Verified};
use crate::output::page::cause::in_one_line;
use crate::output::page::markdown::{Keep, PageKind, PageRoom, Section, marker, org, page, sandbox};
use crate::output::page::markdown::{table_head, table_row};
use crate::output::page::markdown_escape::Inline;
use crate::output::page::refusals::refusals;
use crate::output::rows::{differences, key, key_of};
use crate::output::summary::{Summary, of_report, what};

/// The most differences of one object that are shown; the document has all.
const DIFFERENCES_MAX: usize = 6;

/// A report, as much of it as there is room for.
pub fn report(report: &Report, target: &Target, sources: &Sources, room: PageRoom) -> String {
    let Report {
        rows: _,
        refusals: refused,
        verification,
        divisions_unread,
        interrupted,
        divisions: _,
        default_locale: _,
        provenance: _,
        matched: _,
    } = report;
    let (whose, sandbox) = (target.org.as_ref(), sandbox(target.sandbox));
    let Summary { tone: _, words, more } = of_report(report);
    let mut lead = marker(PageKind::Report, whose);
    let more = more.map_or_else(String::new, |it| format!(" {it}."));
    // Writing to a String cannot fail.
    let _ = writeln!(lead, "**{}: {words}** in {}.{more}{sandbox}", what(report), org(whose));
    if let Some(signal) = interrupted {
        let _ = writeln!(lead, "\n**Interrupted** {}.", outcome::by(*signal));
    }
    let mut sections = vec![refusals(refused, sources), objects(report, sources)];
    lead.push_str(&verified(report));
    if let Some(cause) = divisions_unread {
        let _ = writeln!(lead, "\n**Divisions**: {}. {}", outcome::DIVISIONS_UNREAD, in_one_line(cause));
    }
    if let Verification::Drifted { changes, refusals: new } = verification {
        let rows = changes
            .iter()
            .map(|it| {
                let step = &it.step;
                let known_as = key(step).or(step.name(&report.default_locale).map(Label::nfc));
                let known_as = known_as.map_or_else(String::new, |it| format!(" {}", Inline::code(it)));
                format!("- {}{known_as} ({})\n", step.action().verb(), Inline::prose(step.system_presence().as_str()))
            })
            .collect();
        let head = "#### What differs after it\n\n".to_owned();
        sections.push(Section { noun: "change", keep: Keep::Third, head, rows, foot: String::new() });
        sections.push(refusals(new, sources));
    }
    page(&lead, &sections, room)
}

fn objects(report: &Report, sources: &Sources) -> Section {
    let mut rows: Vec<&ReportRow> = report.rows.iter().collect();
    rows.sort_by_key(|it| it.outcome.is_success());
    Section {
        noun: "change",
        keep: Keep::Second,
        head: table_head(&["", "", "Definition", "Id", "Why"]),
        rows: rows.into_iter().map(|it| object(it, report, sources)).collect(),
        foot: String::new(),
    }
}

fn object(row: &ReportRow, report: &Report, sources: &Sources) -> String {
    let known_as = key_of(row).or(row.name.as_ref().map(Label::nfc));
    let known_as = known_as.map_or_else(String::new, |it| format!("{} ", Inline::code(it)));
    let mut why = match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => in_one_line(cause),
        _ => row.in_words(report.intent()).map_or_else(String::new, |it| Inline::prose(&it).to_string()),
    };
    let differences = differences(&row.outcome, &report.divisions);
    for it in differences.iter().take(DIFFERENCES_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(why, "<br>{}", Inline::prose(it));
    }
    if differences.len() > DIFFERENCES_MAX {
        let _ = write!(why, "<br>and {} more", differences.len() - DIFFERENCES_MAX);
    }
    if let (Outcome::Failed(_), Some(span)) = (&row.outcome, row.refused_label.or(row.place)) {
        let _ = write!(why, "<br>at {}", Inline::code(&sources.place(span).to_string()));
    }
    table_row(&[
        format!("**{}**", outcome::said(row.outcome.kind()).words),
        row.action.verb().to_owned(),
        format!("{known_as}({})", Inline::prose(row.system_presence.as_str())),
        row.id.as_ref().map_or_else(String::new, |it| Inline::code(it.as_str()).to_string()),
        why,
    ])
}

fn verified(report: &Report) -> String {
    let Some(Verified { head, tone: _, sentence, cause }) = outcome::verified(report) else { return String::new() };
    let cause = cause.map_or_else(String::new, |it| format!(" {}", in_one_line(it)));
    format!("\n**{head}**: {sentence}.{cause}\n")
}

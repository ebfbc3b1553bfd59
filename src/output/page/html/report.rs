//! What became of an apply, as a page: every object, with what is not done first.

use std::fmt::Write as _;

use crate::model::names::Label;
use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::{Outcome, Report, ReportRow, Verification};
use crate::output::outcome::{self, OutcomeWords, Verified, said};
use crate::output::page::html::cause::explained;
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::page::html::frame::{PageSubject, at, class, code, page, refusals, table};
use crate::output::rows::{differences, key, key_of};
use crate::output::summary::{of_report, what};

/// A whole report.
pub fn report(report: &Report, target: &Target, sources: &Sources) -> String {
    let about = PageSubject {
        what: what(report),
        verdict: of_report(report),
        org: target.org.as_ref(),
        sandbox: target.sandbox,
    };
    let mut body = String::new();
    if let Some(signal) = report.interrupted {
        // Writing to a String cannot fail.
        let _ = writeln!(body, "<p><strong>Interrupted</strong> {}.</p>", outcome::by(signal));
    }
    body.push_str(&refusals(&report.refusals, "To answer first", sources));
    body.push_str(&objects(report, sources));
    body.push_str(&verified(report, sources));
    if let Some(cause) = &report.divisions_unread {
        let unread = text::capitalized(outcome::DIVISIONS_UNREAD);
        let _ = write!(body, "<h2>Divisions</h2>\n<p>{unread}.</p>\n{}", explained(cause));
    }
    page(&about, &body)
}

fn objects(report: &Report, sources: &Sources) -> String {
    if report.rows.is_empty() {
        return String::new();
    }
    let mut rows: Vec<&ReportRow> = report.rows.iter().collect();
    rows.sort_by_key(|it| it.outcome.is_success());
    let columns = ["Outcome", "Action", "Definition", "Why"].map(str::to_owned);
    let caption = format!("{}, what is not done first", text::count(rows.len(), "change"));
    let rows: String = rows.into_iter().map(|it| object(it, report, sources)).collect();
    format!("<h2>Changes</h2>\n{}", table("changes", &caption, &columns, &rows))
}

fn object(row: &ReportRow, report: &Report, sources: &Sources) -> String {
    let known_as = key_of(row).or(row.name.as_ref().map(Label::nfc)).unwrap_or_default();
    let id = row
        .id
        .as_ref()
        .map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", code(it.as_str())));
    let why = match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => explained(cause),
        _ => row.in_words(report.intent()).map_or_else(String::new, |it| sentence(&it).to_string()),
    };
    let found: Vec<String> =
        differences(&row.outcome, &report.divisions).iter().map(|it| format!("<p>{}</p>", sentence(it))).collect();
    let found = found.concat();
    let place = match row.outcome {
        Outcome::Failed(_) => at(row.refused_label.or(row.place), sources),
        _ => String::new(),
    };
    let OutcomeWords { place: _, words, tone } = said(row.outcome.kind());
    format!(
        "<tr><td><span class=\"tag {}\">{}</span></td><td>{}</td><th scope=\"row\">{}<br><span class=\"quiet\">{}</span>\
         {id}</th><td>{why}{found}{place}</td></tr>\n",
        class(tone),
        words,
        row.action.verb(),
        code(known_as),
        escaped(row.system_presence.as_str())
    )
}

fn verified(report: &Report, sources: &Sources) -> String {
    let Some(Verified { head, tone: _, sentence, cause }) = outcome::verified(report) else { return String::new() };
    let cause = cause.map_or_else(String::new, explained);
    let mut shown = format!("<h2>{head}</h2>\n<p>{}.</p>\n{cause}", text::capitalized(&sentence));
    if let Verification::Drifted { changes, refusals: new } = &report.verification {
        let changes: Vec<String> = changes
            .iter()
            .map(|it| {
                let step = &it.step;
                let known_as = key(step).or(step.name(&report.default_locale).map(Label::nfc));
                format!(
                    "<li>{} {} ({}){}</li>\n",
                    step.action().verb(),
                    code(known_as.unwrap_or_default()),
                    escaped(step.system_presence().as_str()),
                    at(it.place, sources)
                )
            })
            .collect();
        if !changes.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "<ul>\n{}</ul>", changes.concat());
        }
        shown.push_str(&refusals(new, "New errors", sources));
    }
    shown
}

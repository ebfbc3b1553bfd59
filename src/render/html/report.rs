//! What became of an apply, as a page: every object, with what is not done first.

use std::fmt::Write as _;

use crate::apply::report::{Outcome, Report, Row, Verification};
use crate::cause::Cause;
use crate::diagnostic::Sources;
use crate::model::division::Divisions;
use crate::model::names::Label;
use crate::model::observed::Target;
use crate::render::html::escape::{escaped, sentence};
use crate::render::html::frame::{About, at, class, code, page, refusals, table};
use crate::render::outcome::{self, Said, said};
use crate::render::rows::{differences, key, key_of};
use crate::render::verdict::{of_report, what};
use crate::text;

/// A whole report.
#[must_use]
pub fn report(report: &Report, target: &Target, sources: &Sources) -> String {
    let about =
        About { what: what(report), verdict: of_report(report), org: target.org.as_ref(), sandbox: target.sandbox };
    let mut body = String::new();
    if let Some(signal) = report.interrupted {
        // Writing to a String cannot fail.
        let _ = writeln!(body, "<p><strong>Interrupted</strong> by {}: nothing more was started.</p>", signal.name());
    }
    body.push_str(&refusals(&report.refusals, "To answer first", sources));
    body.push_str(&objects(&report.rows, &report.divisions, sources));
    body.push_str(&verified(report, sources));
    if let Some(cause) = &report.divisions_unread {
        let explained = explained(cause);
        let _ = writeln!(body, "<h2>Divisions</h2>\n<p>Not known whether they stayed as they were.</p>\n{explained}");
    }
    page(&about, &body)
}

fn objects(rows: &[Row], divisions: &Divisions, sources: &Sources) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|it| it.outcome.is_success());
    let columns = ["Outcome", "Action", "Definition", "Why"].map(str::to_owned);
    let caption = format!("{}, what is not done first", text::count(rows.len(), "change"));
    let rows: String = rows.into_iter().map(|it| object(it, divisions, sources)).collect();
    format!("<h2>Changes</h2>\n{}", table("changes", &caption, &columns, &rows))
}

fn object(row: &Row, divisions: &Divisions, sources: &Sources) -> String {
    let known_as = key_of(row).or(row.name.as_ref().map(Label::nfc)).unwrap_or_default();
    let id = row
        .id
        .as_ref()
        .map_or_else(String::new, |it| format!("<br><span class=\"quiet\">{}</span>", code(it.as_str())));
    let why = match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => explained(cause),
        it => it.in_words().map_or_else(String::new, |it| sentence(&it).to_string()),
    };
    let found: Vec<String> =
        differences(&row.outcome, divisions).iter().map(|it| format!("<p>{}</p>", sentence(it))).collect();
    let found = found.concat();
    let place = match row.outcome {
        Outcome::Failed(_) => at(row.refused_label.or(row.place), sources),
        _ => String::new(),
    };
    let Said { place: _, words, tone } = said(row.outcome.kind());
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

fn explained(cause: &Cause) -> String {
    let Cause { message, help, correlation_id, said: _ } = cause;
    let mut shown = format!("<p>{}</p>", sentence(message));
    if let Some(help) = help {
        // Writing to a String cannot fail.
        let _ = write!(shown, "<p>Help: {}</p>", sentence(help));
    }
    if let Some(id) = correlation_id {
        let _ = write!(shown, "<p>Correlation id: {}</p>", code(id));
    }
    shown
}

fn verified(report: &Report, sources: &Sources) -> String {
    let section = |head: &str, body: &str| format!("<h2>{head}</h2>\n{body}\n");
    match &report.verification {
        Verification::NotNeeded => String::new(),
        Verification::Interrupted => {
            section("Not verified", "<p>The run was interrupted before the org was read again.</p>")
        }
        Verification::InStep => {
            section("Verified", &format!("<p>The org was read again, and {}.</p>", outcome::found_in_step(report)))
        }
        Verification::Drifted { changes, refusals: new } => {
            let more = outcome::drifted(changes.len(), new.len());
            let mut shown = section(
                "Not in step",
                &format!("<p>The org was read again, and there is {more}; somebody changed it meanwhile.</p>"),
            );
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
                let _ = writeln!(shown, "<ul>\n{}</ul>", changes.concat());
            }
            shown + &refusals(new, "New errors", sources)
        }
        Verification::Failed(cause) => {
            section("Not verified", &format!("<p>The org could not be read again.</p>\n{}", explained(cause)))
        }
    }
}

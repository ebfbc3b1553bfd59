//! A command that failed before there was a result, as a page.

use std::fmt::Write as _;

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::problem::{Heard, Problem};
use crate::model::source::Sources;
use crate::output::page::html::cause::below;
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::page::html::frame::{PageSubject, at, page};
use crate::output::style::Tone;
use crate::output::summary::Summary;
use crate::output::text::findings::summary;

/// What is wrong and what to do about it, with the findings in the files.
pub fn failure(problem: &Problem, heard: &Heard, diagnostics: &Findings, sources: &Sources) -> String {
    let verdict =
        Summary { tone: Tone::Bad, words: "there is no result".to_owned(), more: Some(problem.message.clone()) };
    let about = PageSubject { what: "Failed", verdict, org: heard.org.as_ref(), sandbox: heard.sandbox };
    let mut body = below(problem.into());
    if !diagnostics.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(body, "<h2>In the files: {}</h2>", summary(diagnostics));
    }
    for Diagnostic { finding, severity, place, key: _, other_key: _, also: _ } in diagnostics.iter() {
        let (class, level) = match severity {
            Severity::Error => ("", "Error"),
            Severity::Warning => (" class=\"warning\"", "Warning"),
        };
        let help = finding.help().map_or_else(String::new, |it| format!("<p>Help: {}</p>\n", sentence(&it)));
        let _ = writeln!(
            body,
            "<article{class}>\n<h3>{level}: {}</h3>\n<p>{}{}</p>\n{help}</article>",
            escaped(finding.code()),
            sentence(&finding.message()),
            at(*place, sources)
        );
    }
    page(&about, &body)
}

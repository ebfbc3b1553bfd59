//! A command that failed before there was a result, as Markdown: it takes the place of an earlier result of that kind,
//! which is no longer one to go by.

use std::fmt::Write as _;

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::problem::{Heard, Problem};
use crate::model::source::Sources;
use crate::output::page::cause::below;
use crate::output::page::markdown::{Keep, PageKind, PageRoom, Section, marker, org, page};
use crate::output::page::markdown_escape::Inline;
use crate::output::text::findings::summary;

/// What is wrong and what to do about it, with the findings in the files: in whose place, and as much as there is room
/// for.
pub fn failure(
    problem: &Problem,
    heard: &Heard,
    diagnostics: &Findings,
    sources: &Sources,
    instead_of: PageKind,
    room: PageRoom,
) -> String {
    let whose = heard.org.as_ref();
    let mut lead = marker(instead_of, whose);
    let about = whose.map_or_else(String::new, |_| format!(" in {}", org(whose)));
    // Writing to a String cannot fail.
    let _ = writeln!(lead, "**Failed**{about}: {}", Inline::prose(&problem.message));
    for it in below(problem.into()) {
        let _ = writeln!(lead, "\n{it}");
    }
    let section = Section {
        noun: "finding",
        keep: Keep::First,
        head: format!("#### {}\n\n", summary(diagnostics)),
        rows: diagnostics.iter().map(|it| finding(it, sources)).collect(),
        foot: String::new(),
    };
    page(&lead, &[section], room)
}

fn finding(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let Diagnostic { finding, severity, place: at, key: _, other_key: _, also } = diagnostic;
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let at = at.map_or_else(String::new, |span| format!(" at {}", Inline::code(&sources.place(span).to_string())));
    let mut item =
        format!("- **{level}** {}{at}: {}\n", Inline::code(finding.code()), Inline::prose(&finding.message()));
    if let Some(help) = finding.help() {
        // Writing to a String cannot fail.
        let _ = writeln!(item, "  - help: {}", Inline::prose(&help));
    }
    for (span, note) in also {
        let _ = writeln!(item, "  - {note}: {}", Inline::code(&sources.place(*span).to_string()));
    }
    item
}

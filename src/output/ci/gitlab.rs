//! Findings as GitLab's code quality report: a JSON array with GitLab's documented fields.

use serde::Serialize;

use crate::config::finding::Severity;
use crate::model::text;
use crate::output::ci::fingerprint::{Reported, fingerprint, sentence};
use crate::output::json;
use crate::output::text::findings::summary;

#[derive(Debug, Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    /// `info`, `minor`, `major`, `critical` or `blocker`.
    severity: &'static str,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: u32,
}

/// The report. A failed check is a finding too: an empty report would mean success.
pub fn report(reported: &Reported<'_>) -> String {
    let mut issues: Vec<Issue> = Vec::new();
    for (diagnostic, fingerprint) in reported.diagnostics.iter().zip(reported.fingerprints()) {
        let finding = &diagnostic.finding;
        issues.push(Issue {
            description: shown(&sentence(&finding.message(), finding.help().as_deref())),
            check_name: finding.code().to_owned(),
            fingerprint,
            severity: match diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
            },
            location: Location {
                path: reported.path(diagnostic.place),
                lines: Lines { begin: diagnostic.place.map_or(1, |it| reported.sources.place(it).line.get()) },
            },
        });
    }
    let more = reported.diagnostics.not_shown();
    issues.extend((more > 0).then(|| {
        let description = format!("{}. Mend those that are shown first", summary(reported.diagnostics));
        Issue {
            fingerprint: fingerprint("not-shown"),
            description,
            check_name: "not-shown".to_owned(),
            severity: "info",
            location: Location { path: reported.asked(), lines: Lines { begin: 1 } },
        }
    }));
    issues.extend(reported.problem.map(|problem| Issue {
        description: shown(&sentence(&problem.message, problem.help.as_deref())),
        check_name: "not-checked".to_owned(),
        fingerprint: fingerprint(&problem.message),
        severity: "blocker",
        location: Location { path: reported.asked(), lines: Lines { begin: 1 } },
    }));
    json::pretty(&issues)
}

fn shown(text: &str) -> String {
    text::terminal(text).to_string()
}

//! The drifts or reports of several orgs for people: a summary line, then the orgs by result.

use std::fmt::Write as _;

use crate::model::text;
use crate::output::combined::{Combined, CombinedOrg, CombinedStatus};
use crate::output::json::common::CauseV1;
use crate::output::style::{Style, Tone};
use crate::output::text::problem::{Explained, answer, explained_below};
use crate::plan::origin::short;

pub fn combined(combined: &Combined, style: Style) -> String {
    let mut shown = format!("{}\n", style.bold(&combined.heading()));
    // Writing to a String cannot fail.
    if let Some(commit) = &combined.commit {
        let _ = writeln!(shown, "\nThe config is that of the commit {}.", text::terminal(&short(commit)));
    }
    for status in CombinedStatus::ALL {
        let orgs: Vec<&CombinedOrg> = combined.of(status).collect();
        if orgs.is_empty() {
            continue;
        }
        let words = style.toned(status.tone(), &text::capitalized(status.words()));
        if status.tone() == Tone::Good && orgs.iter().all(|it| it.details.is_empty()) {
            let names: Vec<&str> = orgs.iter().map(|it| it.name.as_str()).collect();
            let _ = writeln!(shown, "\n{words}: {}", text::terminal(&names.join(", ")));
            continue;
        }
        let _ = writeln!(shown, "\n{words}:");
        for it in orgs {
            org(&mut shown, it, style);
        }
    }
    shown
}

fn org(shown: &mut String, org: &CombinedOrg, style: Style) {
    let CombinedOrg { name, cause, details, .. } = org;
    let name = style.bold(text::terminal(name).as_str());
    // Writing to a String cannot fail.
    match cause {
        None => {
            let _ = writeln!(shown, "  {name}");
        }
        Some(CauseV1 { message, help, correlation_id }) => {
            let _ = writeln!(shown, "  {name}: {}", text::terminal(message));
            let (help, correlation_id) = (help.as_deref(), correlation_id.as_deref());
            shown.push_str(&explained_below(Explained { message, help, correlation_id }, "    ", style));
        }
    }
    for it in details {
        let say = text::terminal(&text::with_short_names(&it.say)).to_string();
        answer(shown, "    ", &say, &it.yaml, style);
    }
}

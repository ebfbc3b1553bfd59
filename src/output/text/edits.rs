//! File edits for people: the effect on each org, and the changed lines.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::config::edit::files::EditedFile;
use crate::model::text;
use crate::ops::labels::rows::Fleet;
use crate::ops::pin::Pins;
use crate::ops::promote::Promoted;
use crate::output::style::Style;
use crate::output::summary::named_orgs;

/// The context lines around a change.
const CONTEXT: usize = 2;

/// The changed lines, by file.
pub fn diff(files: &[EditedFile], style: Style) -> String {
    let of = |it: &EditedFile| lines_that_change(&it.path.display().to_string(), &it.before, &it.after, style);
    files.iter().map(of).collect()
}

/// The same of one file.
pub fn lines_that_change(path: &str, before: &str, after: &str, style: Style) -> String {
    // Writing to a String cannot fail.
    let mut page = format!("\n{}\n", style.bold(text::terminal(path).as_str()));
    let diff = TextDiff::from_lines(before, after);
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            page.push_str("  ...\n");
        }
        for change in group.iter().flat_map(|it| diff.iter_changes(it)) {
            let line = text::terminal(change.value().trim_end_matches(['\r', '\n'])).to_string();
            let line = match change.tag() {
                ChangeTag::Equal => format!("  {line}"),
                ChangeTag::Delete => style.removed(&format!("- {line}")),
                ChangeTag::Insert => style.added(&format!("+ {line}")),
            };
            let _ = writeln!(page, "{}", line.trim_end());
        }
    }
    page
}

pub fn written(files: &[EditedFile], style: Style) -> String {
    format!("{} {}\n", style.good("written:"), text::count(files.len(), "file"))
}

/// A part that was not copied.
pub fn note(message: &str, style: Style) -> String {
    format!("{}: {}\n", style.hint("note"), text::terminal(message))
}

/// The effects on a definition, each with its orgs.
pub fn outcomes(fleet: Fleet<'_>, key: &str, outcomes: &[Promoted], style: Style) -> String {
    let key = text::terminal(key);
    let name = |index: usize| fleet.org_name(index).unwrap_or("the config").to_owned();
    let all: Vec<String> = (0..outcomes.len()).map(name).collect();
    let mut grouped: Vec<(&Promoted, Vec<String>)> = Vec::new();
    for (outcome, org) in outcomes.iter().zip(&all) {
        match grouped.iter_mut().find(|(it, _)| *it == outcome) {
            Some((_, orgs)) => orgs.push(org.clone()),
            None => grouped.push((outcome, vec![org.clone()])),
        }
    }
    // What stays is last.
    grouped.sort_by_key(|(it, _)| **it == Promoted::Unchanged);
    let mut page = String::new();
    for (outcome, orgs) in grouped {
        let is_one = orgs.len() == 1;
        let orgs = text::terminal(&named_orgs(&orgs, &all)).to_string();
        let _ = match outcome {
            Promoted::Unchanged => writeln!(page, "unchanged: {orgs}"),
            Promoted::Created { deactivated: false } => {
                let applies = if is_one { "its next apply" } else { "their next applies" };
                writeln!(page, "{orgs}: {} {key}: {applies} will create it", style.added("+"))
            }
            Promoted::Created { deactivated: true } => {
                writeln!(page, "{orgs}: {} {key}, deactivated: nothing is created", style.added("+"))
            }
            Promoted::Omitted => {
                let omit = if is_one { "omits" } else { "omit" };
                writeln!(page, "{orgs}: {omit} {key} from now on")
            }
            Promoted::Changed(values) => {
                let mut lines = format!("{orgs}: ~ {key}\n");
                for (name, before, after) in values {
                    let _ = writeln!(
                        lines,
                        "    {}: {}",
                        text::terminal(name),
                        change(before.as_ref(), after.as_ref(), style)
                    );
                }
                write!(page, "{lines}")
            }
        };
    }
    page
}

fn change(before: Option<&String>, after: Option<&String>, style: Style) -> String {
    match (before, after) {
        (None, Some(after)) => style.added(&text::quoted(after)),
        (Some(before), Some(after)) => {
            format!("{} -> {}", style.removed(&text::quoted(before)), style.added(&text::quoted(after)))
        }
        (Some(before), None) => format!("{} is taken away", style.removed(&text::quoted(before))),
        (None, None) => String::new(),
    }
}

/// Like [`pins`], for one of several orgs.
pub fn pins_of(org: &str, told: &Pins, style: Style) -> String {
    let lines: Vec<String> = pins(told, style).lines().map(|it| format!("  {it}\n")).collect();
    let lines = lines.concat();
    format!("{}\n{lines}", style.bold(text::terminal(org).as_str()))
}

/// Which definitions get a pin.
pub fn pins(pins: &Pins, style: Style) -> String {
    let Pins { new, kept, missing, in_doubt } = pins;
    let mut page = match new.len() {
        0 => "No new pins.\n".to_owned(),
        count => format!("{} to write.\n", text::count(count, "pin")),
    };
    let _ = match kept {
        0 => Ok(()),
        1 => writeln!(page, "1 definition has its pin already."),
        several => writeln!(page, "{several} definitions have their pins already."),
    };
    for (word, keys) in [("not in the org", missing), ("asked about by `plan`", in_doubt)] {
        if !keys.is_empty() {
            let keys: Vec<String> = keys.iter().map(|it| text::terminal(it.as_str()).to_string()).collect();
            let _ = writeln!(page, "{}: {}", style.doubtful(word), keys.join(", "));
        }
    }
    page
}

//! The help pages for people: one page, or the list of all.

use std::fmt::Write as _;

use crate::config::rules::{RULES, RuleKind};
use crate::output::style::Style;
use crate::plan::help_pages::PAGES;

const INDENT: &str = "    ";

pub fn page(markdown: &str, style: Style) -> String {
    let mut text = String::new();
    let mut in_example = false;
    for line in markdown.lines() {
        if let Some(opened) = line.strip_prefix("```") {
            in_example = !in_example;
            // `yaml`, the file's name, and its use.
            if let Some(file) = opened.split_whitespace().nth(1) {
                push(&mut text, &format!("  {}", style.hint(&format!("{file}:"))));
            }
        } else if in_example {
            push(&mut text, &format!("{INDENT}{line}"));
        } else if let Some(heading) = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")) {
            push(&mut text, &style.bold(heading));
        } else {
            push(&mut text, line);
        }
    }
    text
}

/// Every name with its summary, in groups.
pub fn list(style: Style) -> String {
    let groups = [
        (RuleKind::Form, "Mistakes of form: a file cannot be read as a config. They cannot be switched off."),
        (RuleKind::Meaning, "Mistakes of meaning: no plan can be made. They cannot be switched off."),
        (RuleKind::Eased, "Mistakes that an org may hold: an error, with a pin a warning that can be set."),
        (RuleKind::Lint, "Lints: warnings about likely mistakes. You can set their level."),
    ];
    let names = RULES.iter().map(|it| it.name).chain(PAGES.iter().map(|it| it.name));
    let width = names.map(str::len).max().unwrap_or_default();
    let mut text = String::new();
    for (kind, heading) in groups {
        push(&mut text, &style.bold(heading));
        for rule in RULES.iter().filter(|it| it.kind == kind) {
            push(&mut text, &format!("  {:width$}  {}", rule.name, rule.summary()));
        }
        text.push('\n');
    }
    push(&mut text, &style.bold("Answers of a plan: why it is refused, and what it warns of. They depend on the org."));
    for it in PAGES {
        push(&mut text, &format!("  {:width$}  {}", it.name, it.summary()));
    }
    text.push('\n');
    push(&mut text, "`presencectl explain NAME` says more about one, `settings.rules` sets those that can be set.");
    text
}

fn push(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", line.trim_end());
}

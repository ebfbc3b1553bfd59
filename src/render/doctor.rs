//! What `doctor` found, for people: a line a check, what to do below it, and how many there are.

use std::fmt::Write as _;

use crate::doctor::check::{Check, Health};
use crate::doctor::diagnosis::Diagnosis;
use crate::render::style::Style;
use crate::text;

/// As wide as the longest word for one and the longest name.
const HEALTH_WIDTH: usize = 9;
const NAME_WIDTH: usize = 11;

/// The whole text.
#[must_use]
pub fn human(diagnosis: &Diagnosis, style: Style) -> String {
    let mut shown = String::new();
    for check in &diagnosis.checks {
        line(&mut shown, check, style);
    }
    let counted = [Health::Good, Health::Warning, Health::Failed, Health::NotKnown];
    let counts: Vec<String> = counted
        .into_iter()
        .map(|health| (diagnosis.count(health), health.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| match words {
            "warning" => text::count(count, words),
            _ => format!("{count} {words}"),
        })
        .collect();
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "\n{}: {}.", text::count(diagnosis.checks.len(), "check"), counts.join(", "));
    shown
}

fn line(shown: &mut String, check: &Check, style: Style) {
    let Check { name, health, said, help, correlation_id } = check;
    let word = format!("{:HEALTH_WIDTH$}", health.words());
    let word = match health {
        Health::Good => style.good(&word),
        Health::Failed => style.bad(&word),
        Health::Warning | Health::NotKnown => style.doubtful(&word),
    };
    let indent = " ".repeat(HEALTH_WIDTH + NAME_WIDTH + 4);
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "{word}  {name:NAME_WIDTH$}  {}", text::terminal(said));
    if let Some(help) = help {
        let _ = writeln!(shown, "{indent}{}: {}", style.hint("help"), text::terminal(help));
    }
    if let Some(id) = correlation_id {
        let _ = writeln!(shown, "{indent}correlation id: {}", text::terminal(id));
    }
}

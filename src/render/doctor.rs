//! What `doctor` found, for people: a line a check, what to do below it, and how many there are.

use std::fmt::Write as _;

use crate::doctor::check::{Check, Health};
use crate::doctor::diagnosis::Diagnosis;
use crate::render::cause::{Explained, human_below};
use crate::render::style::Style;
use crate::text;

/// As wide as the longest word for one, and the longest name.
#[derive(Debug, Clone, Copy)]
struct Widths {
    health: usize,
    name: usize,
}

/// The whole text.
#[must_use]
pub fn human(diagnosis: &Diagnosis, style: Style) -> String {
    let mut shown = String::new();
    let widest = |words: &mut dyn Iterator<Item = &'static str>| words.map(str::len).max().unwrap_or_default();
    let widths = Widths {
        health: widest(&mut Health::ALL.into_iter().map(Health::words)),
        name: widest(&mut diagnosis.checks.iter().map(|it| it.name)),
    };
    for check in &diagnosis.checks {
        line(&mut shown, check, widths, style);
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

fn line(shown: &mut String, check: &Check, widths: Widths, style: Style) {
    let Check { name, health, said, help, correlation_id } = check;
    let Widths { health: health_width, name: name_width } = widths;
    let word = format!("{:health_width$}", health.words());
    let word = match health {
        Health::Good => style.good(&word),
        Health::Failed => style.bad(&word),
        Health::Warning | Health::NotKnown => style.doubtful(&word),
    };
    let indent = " ".repeat(health_width + name_width + 4);
    let below = Explained { message: said, help: help.as_deref(), correlation_id: correlation_id.as_deref() };
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "{word}  {name:name_width$}  {}", text::terminal(said));
    shown.push_str(&human_below(below, &indent, style));
}

//! What `doctor` found, for people: a line a check, what to do below it, and how many there are.

use std::fmt::Write as _;

use crate::model::text;
use crate::ops::doctor::check::{Check, Diagnosis, Health};
use crate::output::style::Style;
use crate::output::text::problem::{Explained, explained_below};

/// As wide as the longest word for one, and the longest name.
#[derive(Debug, Clone, Copy)]
struct Widths {
    health: usize,
    name: usize,
}

/// The whole text.
pub fn human(diagnosis: &Diagnosis, style: Style) -> String {
    let Diagnosis { checks: all, .. } = diagnosis;
    let lines = checks(all, diagnosis.has_no_credentials(), style);
    format!("{lines}\n{}: {}.\n", text::count(all.len(), "check"), counted(all))
}

/// Each check in a line. Without credentials most of them say the same, that there was nothing to ask with: they are
/// folded.
pub(super) fn checks(checks: &[Check], is_folded: bool, style: Style) -> String {
    let mut shown = String::new();
    let widest = |words: &mut dyn Iterator<Item = &'static str>| words.map(str::len).max().unwrap_or_default();
    let widths = Widths {
        health: widest(&mut Health::ALL.into_iter().map(Health::words)),
        name: widest(&mut checks.iter().map(|it| it.name)),
    };
    let is_shown = |it: &&Check| !is_folded || matches!(it.health, Health::Failed | Health::Warning);
    for check in checks.iter().filter(is_shown) {
        line(&mut shown, check, widths, style);
    }
    for health in [Health::Good, Health::NotKnown] {
        let folded = checks.iter().filter(|it| is_folded && it.health == health);
        let names: Vec<&str> = folded.map(|it| it.name).collect();
        if !names.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "{}  {}", word(health, widths, style), names.join(", "));
        }
    }
    shown
}

/// How many checks there are of each result.
pub(super) fn counted(checks: &[Check]) -> String {
    let all = [Health::Good, Health::Warning, Health::Failed, Health::NotKnown];
    let counts: Vec<String> = all
        .into_iter()
        .map(|health| (checks.iter().filter(|it| it.health == health).count(), health.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| match words {
            "warning" => text::count(count, words),
            _ => format!("{count} {words}"),
        })
        .collect();
    counts.join(", ")
}

fn word(health: Health, widths: Widths, style: Style) -> String {
    let word = format!("{:width$}", health.words(), width = widths.health);
    match health {
        Health::Good => style.good(&word),
        Health::Failed => style.bad(&word),
        Health::Warning | Health::NotKnown => style.doubtful(&word),
    }
}

fn line(shown: &mut String, check: &Check, widths: Widths, style: Style) {
    let Check { name, health, said, help, correlation_id } = check;
    let Widths { health: health_width, name: name_width } = widths;
    let word = word(*health, widths, style);
    let indent = " ".repeat(health_width + name_width + 4);
    let below = Explained { message: said, help: help.as_deref(), correlation_id: correlation_id.as_deref() };
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "{word}  {name:name_width$}  {}", text::terminal(said));
    shown.push_str(&explained_below(below, &indent, style));
}

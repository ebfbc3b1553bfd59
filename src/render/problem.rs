//! A failure of a whole command, for people.

use std::fmt::Write as _;

use crate::problem::Problem;
use crate::render::style::Style;
use crate::text;

/// The sentence, and below it what to do and what the platform calls the exchange.
#[must_use]
pub fn human(problem: &Problem, style: Style) -> String {
    labelled("error", problem, style)
}

/// Something that failed without stopping anything.
#[must_use]
pub fn note(problem: &Problem, style: Style) -> String {
    labelled("warning", problem, style)
}

fn labelled(word: &str, problem: &Problem, style: Style) -> String {
    let Problem { message, help, correlation_id } = problem;
    let colour = console::Style::new().bold().force_styling(style.color);
    let colour = if word == "error" { colour.red() } else { colour.yellow() };
    let mut shown = format!("{}: {}\n", colour.apply_to(word), text::terminal(message));
    if let Some(help) = help {
        let word = console::Style::new().cyan().force_styling(style.color);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {}: {}", word.apply_to("help"), text::terminal(help));
    }
    if let Some(id) = correlation_id {
        let _ = writeln!(shown, "  correlation id: {}", text::terminal(id));
    }
    shown
}

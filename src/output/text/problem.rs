//! A failure of a whole command, for people.

use crate::model::problem::Problem;
use crate::model::text;
use crate::output::style::Style;
use crate::output::text::cause::human_below;

/// The sentence, and below it what to do and what the platform calls the exchange.
pub fn human(problem: &Problem, style: Style) -> String {
    labelled("error", problem, style)
}

/// Something that failed without stopping anything.
pub fn note(problem: &Problem, style: Style) -> String {
    labelled("warning", problem, style)
}

fn labelled(word: &str, problem: &Problem, style: Style) -> String {
    let colour = console::Style::new().bold().force_styling(style.color);
    let colour = if word == "error" { colour.red() } else { colour.yellow() };
    let below = human_below(problem.into(), "  ", style);
    format!("{}: {}\n{below}", colour.apply_to(word), text::terminal(&problem.message))
}

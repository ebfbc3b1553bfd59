//! A plan seen from the other side, for people: what is otherwise in the org, who touched it last, and both ways out.

use std::fmt::Write as _;

use crate::diagnostic::Sources;
use crate::drift::{Drift, How, Row};
use crate::model::observed::Target;
use crate::plan::Plan;
use crate::plan::change::{Edit, Step};
use crate::render::human::change;
use crate::render::human::refusal::{place, refusal_shown};
use crate::render::human::target::target_line;
use crate::render::style::{Style, sign};
use crate::text;

/// A whole drift, complete however long it is.
#[must_use]
pub fn drift(drift: &Drift, plan: &Plan, target: &Target, sources: &Sources, style: Style) -> String {
    let mut shown = target_line(target) + "\n";
    for how in How::ALL {
        let rows: Vec<&Row> = drift.of(how).collect();
        if rows.is_empty() {
            continue;
        }
        let heading = drift.heading(how);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "\n{}:", style.bold(text::terminal(&heading).as_str()));
        for it in rows {
            shown.push_str(&row(it, plan, sources, style));
        }
    }
    for refusal in &plan.refusals {
        let _ = write!(shown, "\n{}", refusal_shown(refusal, sources, style));
    }
    let _ = write!(shown, "\n{}", sum(drift, plan, style));
    shown
}

fn row(row: &Row, plan: &Plan, sources: &Sources, style: Style) -> String {
    let step = &row.change.step;
    let action = step.action();
    let subject =
        change::subject(action, step.key(), step.name(&plan.default_locale), step.system_presence(), step.id());
    let head = style.action(action, &format!("{} {}", sign(action), row.what()));
    let mut shown = format!("  {head} {}\n", style.bold(&subject));
    if let Step::Update(edit) = step {
        // From what the config asks for to what somebody made of it.
        let seen = Edit { before: edit.after.clone(), after: edit.before.clone(), ..edit.clone() };
        change::edited(&mut shown, &seen, &plan.divisions, style);
    }
    // Writing to a String cannot fail.
    if let Some(who) = row.who() {
        let _ = writeln!(shown, "    {}", text::terminal(&who));
    }
    let colon = if row.keep.lines.is_empty() { "" } else { ":" };
    let at = row.keep_place.map_or_else(String::new, |span| format!(" ({})", place(span, sources)));
    let _ = writeln!(shown, "    to keep it, {}{at}{colon}", text::terminal(&row.keep.say));
    for line in &row.keep.lines {
        let _ = writeln!(shown, "      {}", style.hint(text::terminal(line).as_str()));
    }
    shown
}

fn sum(drift: &Drift, plan: &Plan, style: Style) -> String {
    if !plan.refusals.is_empty() {
        let errors = text::count(plan.refusals.len(), "error");
        return format!("{}: {errors} to answer before anybody can say all of it\n", style.bad("Not known"));
    }
    match drift.rows.len() {
        0 => format!("{}\n", style.good("No drift: the org is as the config says.")),
        count => format!(
            "{}: {}. To take it back, run `presencectl apply`.\n",
            style.bold("Drift"),
            text::count(count, "definition")
        ),
    }
}

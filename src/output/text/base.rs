//! What the change of a config does by itself, for people: what to look at first, and what is settled by it.

use std::fmt::Write as _;

use crate::model::text;
use crate::output::rows::{RowNote, base_notes};
use crate::output::style::Style;
use crate::output::text::change;
use crate::plan::Plan;
use crate::plan::change::Change;
use crate::plan::origin::{Base, settled_in_words};

/// Everything that is said before the changes.
pub(super) fn head(base: &Base, style: Style) -> String {
    let Some(compared) = base.compared() else {
        let not_told = base.not_told().unwrap_or_default();
        return format!("{}: {}\n", style.doubtful("NOTE"), text::terminal(&not_told));
    };
    let mut shown = String::new();
    // Writing to a String cannot fail.
    if let Some(guards) = compared.guards_in_words() {
        let _ = writeln!(shown, "{}: {guards}", style.doubtful("LOOK FIRST"));
    }
    for RowNote { say, lines } in base_notes(base) {
        let _ = writeln!(shown, "{}: {}", style.doubtful("look"), text::terminal(&say));
        for line in lines {
            let _ = writeln!(shown, "      {}", style.hint(text::terminal(&line).as_str()));
        }
    }
    let against = base.against.in_words();
    let _ = writeln!(shown, "{} (compared with {})", compared.sum(), text::terminal(&against));
    shown
}

/// What the base would change and the plan does not.
pub(super) fn settled(base: &Base, plan: &Plan) -> String {
    let changes = base.compared().map_or(&[][..], |it| &it.settled);
    if changes.is_empty() {
        return String::new();
    }
    let mut shown = "Settled by this change:\n".to_owned();
    for Change { step, reason: _, place: _ } in changes {
        let name = step.name(&plan.default_locale);
        let subject = change::subject(step.action(), step.key(), name, step.system_presence(), step.id());
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {subject}: {}", settled_in_words(step.action()));
    }
    shown
}

//! What the change of a config does by itself, as a part of a page.

use std::fmt::Write as _;

use crate::model::names::Label;
use crate::model::text;
use crate::output::page::html::escape::{escaped, sentence};
use crate::output::page::html::frame::{code, folded, table};
use crate::output::rows::{RowNote, base_notes, key};
use crate::plan::Plan;
use crate::plan::change::Change;
use crate::plan::origin::{Base, settled_in_words};

/// What somebody has to look at before the changes, and what it comes to.
pub(super) fn head(base: &Base) -> String {
    let Some(compared) = base.compared() else {
        let not_told = base.not_told().unwrap_or_default();
        return format!("<article class=\"warning\">\n<p>{}.</p>\n</article>\n", sentence(&not_told));
    };
    let mut shown = String::new();
    // Writing to a String cannot fail.
    if let Some(guards) = compared.guards_in_words() {
        let _ = writeln!(
            shown,
            "<article class=\"warning\">\n<h2>Look first</h2>\n<p>{}.</p>\n</article>",
            sentence(&guards)
        );
    }
    for RowNote { say, lines } in base_notes(base) {
        let colon = if lines.is_empty() { "" } else { ":" };
        let _ = writeln!(shown, "<article class=\"warning\">\n<p>{}{colon}</p>", sentence(&say));
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|it| escaped(it).to_string()).collect();
            let _ = writeln!(shown, "<pre tabindex=\"0\"><code>{}</code></pre>", lines.join("\n"));
        }
        shown.push_str("</article>\n");
    }
    let against = sentence(&base.against.in_words());
    let _ = writeln!(shown, "<p>{}; compared with {against}.</p>", compared.sum());
    shown
}

/// What the base would change and the plan does not.
pub(super) fn settled(base: &Base, plan: &Plan) -> String {
    let changes = base.compared().map_or(&[][..], |it| &it.settled);
    if changes.is_empty() {
        return String::new();
    }
    let row = |Change { step, reason: _, place: _ }: &Change| {
        let known_as = key(step).or_else(|| step.name(&plan.default_locale).map(Label::nfc)).unwrap_or_default();
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
            code(known_as),
            escaped(step.system_presence().as_str()),
            settled_in_words(step.action())
        )
    };
    let rows: String = changes.iter().map(row).collect();
    let columns = ["Definition", "System presence", "What"].map(str::to_owned);
    let caption = format!("Settled by this change: {}", text::count(changes.len(), "change"));
    folded(&caption, &table("settled", &caption, &columns, &rows))
}

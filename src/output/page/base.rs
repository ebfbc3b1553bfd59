//! What the change of a config does by itself, as Markdown: what to look at first, and what is settled by it.

use crate::model::names::Label;
use crate::model::text;
use crate::output::page::markdown::{Keep, Section, folded, lines, table_head, table_row};
use crate::output::page::markdown_escape::Inline;
use crate::output::rows::{RowNote, base_notes, key};
use crate::plan::Plan;
use crate::plan::change::Change;
use crate::plan::origin::{Base, Compared, settled_in_words};

/// The line before all others, where the change edits what guards it.
pub(super) fn first_line(base: &Base) -> String {
    let guards = base.compared().and_then(Compared::guards_in_words);
    guards.map_or_else(String::new, |it| format!("> **Look first**: {}.\n\n", Inline::prose(&it)))
}

pub(super) fn sum(base: &Base) -> String {
    match base.compared() {
        Some(compared) => {
            format!("\n{}; compared with {}.\n", compared.sum(), Inline::prose(&base.against.in_words()))
        }
        None => format!("\n> **Note**: {}.\n", Inline::prose(&base.not_told().unwrap_or_default())),
    }
}

/// What somebody has to look at before the changes.
pub(super) fn notes(base: &Base) -> Section {
    let note = |RowNote { say, lines: to_paste }: RowNote| {
        let colon = if to_paste.is_empty() { "" } else { ":" };
        let pasted = if to_paste.is_empty() { String::new() } else { lines("yaml", &to_paste, "  ") };
        format!("- {}{colon}\n{pasted}", Inline::prose(&say))
    };
    let rows = base_notes(base).into_iter().map(note).collect();
    Section {
        noun: "note",
        keep: Keep::First,
        head: "#### Look at this first\n\n".to_owned(),
        rows,
        foot: String::new(),
    }
}

/// What the base would change and the plan does not.
pub(super) fn settled(base: &Base, plan: &Plan) -> Section {
    let changes = base.compared().map_or(&[][..], |it| &it.settled);
    let (begin, end) = folded(&format!("Settled by this change: {}", text::count(changes.len(), "change")));
    let row = |Change { step, reason: _, place: _ }: &Change| {
        let known_as = key(step).or_else(|| step.name(&plan.default_locale).map(Label::nfc));
        let known_as = known_as.map_or_else(String::new, |it| Inline::code(it).to_string());
        let presence = Inline::prose(step.system_presence().as_str()).to_string();
        table_row(&[known_as, presence, settled_in_words(step.action())])
    };
    let head = begin + &table_head(&["Definition", "System presence", ""]);
    Section { noun: "change", keep: Keep::Fourth, head, rows: changes.iter().map(row).collect(), foot: end }
}

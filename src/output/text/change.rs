//! One change for people: a header line, and the changed labels below it.

use std::fmt::Write as _;

use similar::ChangeTag;
use similar::utils::diff_graphemes;

use crate::model::ci_commands;
use crate::model::division::Divisions;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Content;
use crate::model::text::{self, Shown};
use crate::output::rows;
use crate::output::style::{Style, sign};
use crate::plan::change::{Action, Change, Create, Edit, Step};

/// The longest label whose changed characters are marked. The time grows with the square of the length, and labels can
/// have any length. A longer label is marked as a whole.
const COMPARED_BYTES_MAX: usize = 512;

/// The whole change, indented, with a line break at the end.
pub(super) fn block(change: &Change, default_locale: &Locale, divisions: &Divisions, style: Style) -> String {
    let Change { step, reason, place: _ } = change;
    let action = step.action();
    let subject = subject(action, step.key(), step_name(step, default_locale), step.system_presence(), step.id());
    let head = style.action(action, &format!("{} {}", sign(action), action.verb()));
    let mut block =
        format!("  {head} {}: {}\n", style.bold(&subject), text::terminal(&text::with_short_names(&reason.in_words())));
    match step {
        Step::Create(create) => created(&mut block, create, divisions, style),
        Step::Update(edit) | Step::Reactivate(edit) => edited(&mut block, edit, divisions, style),
        Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => {}
    }
    block
}

/// The labels of a create are below its header, so it needs no name there.
fn step_name<'a>(step: &'a Step, default_locale: &Locale) -> Option<&'a Label> {
    match step {
        Step::Create(_) => None,
        Step::Update(_) | Step::Reactivate(_) | Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => {
            step.name(default_locale)
        }
    }
}

/// Key, name, system presence and id, as far as they exist.
pub(super) fn subject(
    action: Action,
    key: Option<&Key>,
    name: Option<&Label>,
    system_presence: &SystemPresence,
    id: Option<&DefinitionId>,
) -> String {
    let mut subject = String::new();
    match (action, key) {
        // The key of a replacement is the new definition, and the object is the old one.
        (Action::Supersede, _) | (_, None) => {}
        (_, Some(key)) => subject = format!("{} ", text::terminal(key.as_str())),
    }
    if let Some(name) = name {
        subject.push_str(&quoted_label(name));
        subject.push(' ');
    }
    match id {
        Some(id) => {
            let (presence, id) = (text::terminal(system_presence.as_str()), text::terminal(id.as_str()));
            // Writing to a String cannot fail.
            let _ = write!(subject, "({presence}, {id})");
        }
        None => {
            let _ = write!(subject, "({})", text::terminal(system_presence.as_str()));
        }
    }
    subject
}

pub(super) fn subject_of(step: &Step, default_locale: &Locale) -> String {
    subject(step.action(), step.key(), step.name(default_locale), step.system_presence(), step.id())
}

/// The label in the platform's comparison form.
pub(super) fn quoted_label(label: &Label) -> String {
    text::quoted(label.nfc())
}

/// A division, safe to show.
fn division(id: Option<&DivisionId>, divisions: &Divisions) -> Shown {
    text::terminal(&rows::division(id, divisions))
}

fn created(block: &mut String, create: &Create, divisions: &Divisions, style: Style) {
    let width = widest(create.labels.iter().map(|(locale, _)| locale));
    for (locale, label) in create.labels.iter() {
        line(block, &style.added("+"), locale, width, &style.added(&quoted_label(label)));
    }
    if create.division.as_ref().is_some_and(|it| !it.is_all()) {
        // Writing to a String cannot fail.
        let _ = writeln!(block, "    + division: {}", division(create.division.as_ref(), divisions));
    }
}

pub(super) fn edited(block: &mut String, edit: &Edit, divisions: &Divisions, style: Style) {
    let Edit { key: _, id: _, system_presence: _, scope: _, before, after } = edit;
    if before.deactivated != after.deactivated {
        // Writing to a String cannot fail.
        let _ = writeln!(block, "    ~ deactivated: {} -> {}", before.deactivated, after.deactivated);
    }
    if before.division != after.division {
        let division = |of: &Content| division(of.division.as_ref(), divisions);
        let _ = writeln!(block, "    ~ division: {} -> {}", division(before), division(after));
    }
    let pairs = after.labels.pair(&before.labels);
    let width = widest(pairs.iter().filter(|pair| pair.first != pair.second).map(|pair| pair.locale));
    for pair in pairs.iter().filter(|pair| pair.first != pair.second) {
        match (pair.second, pair.first) {
            (Some(before), Some(after)) => changed(block, pair.locale, width, (before, after), style),
            (Some(before), None) => {
                line(block, &style.removed("-"), pair.locale, width, &style.removed(&quoted_label(before)));
            }
            (None, Some(after)) => {
                line(block, &style.added("+"), pair.locale, width, &style.added(&quoted_label(after)));
            }
            (None, None) => {}
        }
    }
}

fn widest<'a>(locales: impl Iterator<Item = &'a Locale>) -> usize {
    locales.map(|it| width(text::terminal(it.as_str()).as_str())).max().unwrap_or(0)
}

fn width(shown: &str) -> usize {
    console::measure_text_width(shown)
}

/// `    ~ en_US: `, padded to the widest locale.
fn margin(sign: &str, locale: &Locale, width_max: usize) -> String {
    let locale = text::terminal(locale.as_str());
    let padding = " ".repeat(width_max.saturating_sub(width(locale.as_str())));
    format!("    {sign} {locale}: {padding}")
}

fn line(block: &mut String, sign: &str, locale: &Locale, width_max: usize, rest: &str) {
    block.push_str(&margin(sign, locale, width_max));
    block.push_str(rest);
    block.push('\n');
}

/// A part of a label, on both sides or on one.
struct Part {
    tag: ChangeTag,
    shown: String,
}

/// One changed label, with the different characters marked.
fn changed(block: &mut String, locale: &Locale, width_max: usize, (before, after): (&Label, &Label), style: Style) {
    let parts = parts(before, after);
    let apart = text::runs_right_to_left(before.nfc()) || text::runs_right_to_left(after.nfc());
    let side = |left_out: ChangeTag| {
        let shown: String = parts.iter().filter(|it| it.tag != left_out).map(|it| part(it, apart, style)).collect();
        format!("\"{shown}\"")
    };
    let margin = margin("~", locale, width_max);
    let (was, becomes) = (side(ChangeTag::Insert), side(ChangeTag::Delete));
    if apart {
        let indent = " ".repeat(width(&margin));
        // Writing to a String cannot fail.
        let _ = writeln!(block, "{margin}{was}\n{indent}-> {becomes}");
        return;
    }
    let _ = writeln!(block, "{margin}{was} -> {becomes}");
    if !style.color {
        let under = |left_out: ChangeTag| -> String {
            parts.iter().filter(|it| it.tag != left_out).map(|it| mark(it.tag).repeat(width(&it.shown))).collect()
        };
        // Two quotes and the arrow are between the sides.
        let marks =
            format!("{} {}      {}", " ".repeat(width(&margin)), under(ChangeTag::Insert), under(ChangeTag::Delete));
        if parts.iter().any(|it| it.tag == ChangeTag::Equal) {
            let _ = writeln!(block, "{}", marks.trim_end());
        }
    }
}

fn mark(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Equal => " ",
        ChangeTag::Delete => "-",
        ChangeTag::Insert => "+",
    }
}

/// In colour, the part itself is marked. Brackets mark it where a line of marks could be misaligned.
fn part(part: &Part, in_brackets: bool, style: Style) -> String {
    let Part { tag, shown } = part;
    match tag {
        ChangeTag::Delete if style.color => style.removed_part(shown),
        ChangeTag::Insert if style.color => style.added_part(shown),
        ChangeTag::Delete if in_brackets => format!("[-{shown}-]"),
        ChangeTag::Insert if in_brackets => format!("{{+{shown}+}}"),
        ChangeTag::Equal | ChangeTag::Delete | ChangeTag::Insert => shown.clone(),
    }
}

/// If the two labels have little in common, marking single letters would distract. Then both are marked as a whole.
fn parts(before: &Label, after: &Label) -> Vec<Part> {
    let (before, after) = (before.nfc(), after.nfc());
    let whole = [(ChangeTag::Delete, before), (ChangeTag::Insert, after)];
    let mut found: Vec<(ChangeTag, &str)> = Vec::new();
    if before.len().max(after.len()) <= COMPARED_BYTES_MAX {
        found = diff_graphemes(similar::Algorithm::Myers, before, after);
        let equal: usize = found.iter().filter(|(tag, _)| *tag == ChangeTag::Equal).map(|(_, it)| it.len()).sum();
        // A CI command that is cut into parts would not be detected in any of them.
        let has_command = ci_commands::has_command(before) || ci_commands::has_command(after);
        if has_command || equal * 3 < before.len().max(after.len()) {
            found.clear();
        }
    }
    if found.is_empty() {
        let shown = |it: &str| text::within_quotes(&text::shortened(it)).to_string();
        return whole.into_iter().map(|(tag, it)| Part { tag, shown: shown(it) }).collect();
    }
    found.into_iter().map(|(tag, it)| Part { tag, shown: text::within_quotes(it).to_string() }).collect()
}

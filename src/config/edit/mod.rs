//! Edits a config file in place. It replaces values, and adds or removes entries, by splicing bytes, so that the rest
//! of the file stays as its author wrote it.

use crate::config::edit::changes::changes;
use crate::config::edit::layout::TextLayout;
use crate::config::edit::request::read;
use crate::config::edit::splice::Splicer;
use crate::config::tree::Node;

mod changes;
pub mod definitions;
pub mod files;
mod guard;
mod layout;
mod meaning;
mod render;
mod request;
mod splice;

pub use crate::config::edit::layout::comments_below;
pub use crate::config::edit::request::{EditAction, EditFlaw, EntryComment, FileEdit, Leaf};

/// The text of a file with these edits, or the reason for refusing them. The result was read again: it has the intended
/// content, each comment is at its entry, and every other line is unchanged.
pub fn edited(text: &str, edits: &[FileEdit]) -> Result<String, EditFlaw> {
    let named = |what| EditFlaw::Guard(what, edits.iter().map(|it| it.path.clone()).collect());
    // A line break at the end avoids a special case everywhere.
    let line_break = TextLayout { text }.line_break();
    let is_cut = !text.ends_with('\n');
    let whole = if is_cut { format!("{text}{line_break}") } else { text.to_owned() };
    let tree = read(&whole).ok_or(EditFlaw::NotRead)?;
    let Node::Map(entries) = &tree.value else { return Err(EditFlaw::NoMapping) };
    let changes = changes(entries, edits)?;
    if changes.is_empty() {
        return Ok(text.to_owned());
    }
    let mut spliced = Splicer::new(&whole, &tree).file(&changes)?;
    if let Some(what) = guard::fault(&whole, &tree, &changes, &spliced) {
        return Err(named(what));
    }
    if is_cut {
        spliced.truncate(spliced.len() - line_break.len());
        // A final block scalar may change its meaning with a line break.
        if !guard::means(text, &changes, &spliced) {
            return Err(named(guard::ELSEWHERE));
        }
    }
    Ok(spliced)
}

//! The edits of one file as a tree, compared with its content.

use crate::config::edit::request::{EditAction, EditFlaw, EntryComment, FileEdit, Leaf, MapEntries, entry};
use crate::config::tree::Node;

/// Changes of a mapping, in the order of the requests.
pub(super) type Changes = Vec<(String, EntryChange)>;

/// The change of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryChange {
    Leaf(Leaf, EntryComment),
    Map(Changes, EntryComment),
    Append(Vec<String>, EntryComment),
    Remove,
}

/// The edits as a tree. An edit without effect is left out, and a mapping that would become empty is removed.
pub(super) fn changes(entries: &MapEntries, edits: &[FileEdit]) -> Result<Changes, EditFlaw> {
    let mut changes = Changes::new();
    for edit in edits {
        add(&mut changes, &edit.path, &edit.change).ok_or_else(|| EditFlaw::Unfit(edit.path.clone()))?;
    }
    settle(entries, &mut changes);
    Ok(changes)
}

fn add(changes: &mut Changes, path: &[String], change: &EditAction) -> Option<()> {
    let (key, below) = path.split_first()?;
    let index = changes.iter().position(|(it, _)| it == key);
    if !below.is_empty() {
        let index = index.unwrap_or_else(|| {
            changes.push((key.clone(), EntryChange::Map(Changes::new(), EntryComment::default())));
            changes.len() - 1
        });
        let EntryChange::Map(inner, _) = &mut changes[index].1 else { return None };
        return add(inner, below, change);
    }
    match (index.map(|it| &mut changes[it].1), change) {
        (None, EditAction::Set(leaf)) => {
            changes.push((key.clone(), EntryChange::Leaf(leaf.clone(), EntryComment::default())));
        }
        (None, EditAction::Remove) => changes.push((key.clone(), EntryChange::Remove)),
        (None, EditAction::Append(item)) => {
            changes.push((key.clone(), EntryChange::Append(vec![item.clone()], EntryComment::default())));
        }
        (None, EditAction::Comment(comment)) => {
            changes.push((key.clone(), EntryChange::Map(Changes::new(), comment.clone())));
        }
        (Some(EntryChange::Append(items, _)), EditAction::Append(item)) => items.push(item.clone()),
        (
            Some(EntryChange::Leaf(_, own) | EntryChange::Map(_, own) | EntryChange::Append(_, own)),
            EditAction::Comment(comment),
        ) => own.clone_from(comment),
        (Some(EntryChange::Leaf(before, _)), EditAction::Set(leaf)) if before == leaf => {}
        (Some(_), _) => return None,
    }
    Some(())
}

/// Drops edits without effect, and turns emptying a mapping into its removal.
fn settle(entries: &MapEntries, changes: &mut Changes) {
    changes.retain_mut(|(key, change)| {
        let there = entry(entries, key).map(|(_, value)| &value.value);
        match change {
            EntryChange::Leaf(leaf, _) => there.is_none_or(|it| !holds(it, leaf)),
            EntryChange::Remove => there.is_some(),
            EntryChange::Append(items, _) => {
                if let Some(Node::List(there)) = there {
                    items.retain(|item| !there.iter().any(|it| it.value == Node::Text(item.clone())));
                }
                !items.is_empty()
            }
            EntryChange::Map(inner, _) => {
                let below: &MapEntries = if let Some(Node::Map(below)) = there { below } else { &[] };
                settle(below, inner);
                if !below.is_empty() && is_emptied(below, inner) {
                    *change = EntryChange::Remove;
                    return true;
                }
                !inner.is_empty()
            }
        }
    });
}

fn is_emptied(entries: &MapEntries, changes: &Changes) -> bool {
    let is_removed = |key: &str| changes.iter().any(|(it, change)| it == key && *change == EntryChange::Remove);
    changes.iter().all(|(_, it)| *it == EntryChange::Remove) && entries.iter().all(|(key, _)| is_removed(&key.value))
}

pub(super) fn holds(node: &Node, leaf: &Leaf) -> bool {
    match (node, leaf) {
        (Node::Null, Leaf::Null) => true,
        (Node::Bool(there), Leaf::Bool(meant)) => there == meant,
        (Node::Text(there), Leaf::Text(meant)) => there == meant,
        _ => false,
    }
}

//! The content of a file without places, and its content after some changes.

use crate::config::edit::changes::{Changes, EntryChange};
use crate::config::edit::request::{Leaf, MapEntries};
use crate::config::tree::{Node, Spanned};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Meaning>),
    Map(Vec<(String, Meaning)>),
}

pub(super) fn of(node: &Spanned<Node>) -> Meaning {
    match &node.value {
        Node::Null | Node::Broken => Meaning::Null,
        Node::Bool(it) => Meaning::Bool(*it),
        Node::Number(it) => Meaning::Number(it.clone()),
        Node::Text(it) => Meaning::Text(it.clone()),
        Node::List(items) => Meaning::List(items.iter().map(of).collect()),
        Node::Map(entries) => Meaning::Map(of_map(entries)),
    }
}

fn of_map(entries: &MapEntries) -> Vec<(String, Meaning)> {
    entries.iter().map(|(key, value)| (key.value.clone(), of(value))).collect()
}

/// The mapping after the changes. New entries come last, in the order of the requests.
pub(super) fn after(mut map: Vec<(String, Meaning)>, changes: &Changes) -> Vec<(String, Meaning)> {
    for (key, change) in changes {
        let index = map.iter().position(|(it, _)| it == key);
        if *change == EntryChange::Remove {
            index.map(|it| map.remove(it));
            continue;
        }
        let index = index.unwrap_or_else(|| {
            map.push((key.clone(), Meaning::Null));
            map.len() - 1
        });
        let there = std::mem::replace(&mut map[index].1, Meaning::Null);
        map[index].1 = match (change, there) {
            (EntryChange::Leaf(leaf, _), _) => match leaf {
                Leaf::Null => Meaning::Null,
                Leaf::Bool(it) => Meaning::Bool(*it),
                Leaf::Text(it) => Meaning::Text(it.clone()),
            },
            (EntryChange::Map(inner, _), Meaning::Map(below)) => Meaning::Map(after(below, inner)),
            (EntryChange::Map(inner, _), _) => Meaning::Map(after(Vec::new(), inner)),
            (EntryChange::Append(items, _), there) => {
                let mut list = if let Meaning::List(there) = there { there } else { Vec::new() };
                list.extend(items.iter().cloned().map(Meaning::Text));
                Meaning::List(list)
            }
            (EntryChange::Remove, there) => there,
        };
    }
    map
}

//! A config whose files are not on the disk, or not yet: the same reading, merging and checking.

use std::path::Path;

use crate::config::check;
use crate::config::files::{Room, examined};
use crate::config::layers::{self, Stack};
use crate::config::requires;
use crate::config::rule_settings;
use crate::config::structure::Shape;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::model::desired::Desired;

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// What people call it.
    pub path: &'a str,
    /// All of it.
    pub text: &'a str,
}

/// Reads an org file and the layers that it uses, in its order; what `use` itself says is not looked
/// at. No config where there is an error.
#[must_use]
pub fn read_texts(org: Text<'_>, layers: &[Text<'_>]) -> (Sources, Vec<Diagnostic>, Option<Desired>) {
    let (mut sources, mut found) = (Sources::new(), Vec::new());
    let mut room = Room::default();
    let mut read = |Text { path, text }: Text<'_>| -> Option<Shape> {
        let file = sources.add(Path::new(path), text.to_owned());
        if let Err(finding) = room.takes(path, text.len()) {
            found.push(Diagnostic::general(finding));
            return None;
        }
        let (shape, more) = examined(text, None, file, path, &mut room);
        found.extend(more);
        shape
    };
    let org = read(org);
    let layers: Vec<Option<Shape>> = layers.iter().map(|it| read(*it)).collect();
    let whole = org.is_some() && layers.iter().all(Option::is_some);
    let stack = Stack { layers: layers.iter().flatten().map(|shape| vec![shape]).collect(), org: org.as_ref() };
    let (mut resolved, more) = layers::merge(&stack);
    found.extend(more);
    resolved.complete &= whole;
    let (desired, more) = check::check(&resolved);
    found.extend(more);
    requires::told_alone(&mut found);
    rule_settings::apply(&resolved.settings.rules, &mut found);
    let failed = found.iter().any(|it| it.severity == Severity::Error);
    (sources, found, desired.filter(|_| !failed))
}

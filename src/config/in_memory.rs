//! A config whose files are not on the disk. Reading, merging and checking are the same.

use std::path::Path;

use crate::config::check;
use crate::config::collector::Collector;
use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::examine::{FilesRoom, examined};
use crate::config::layers::{self, Stack};
use crate::config::structure::Shape;
use crate::model::desired::Desired;
use crate::model::source::Sources;

#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// Reads an org file and its layers in the given order. The content of `use` is ignored. There is no config after an
/// error.
pub fn read_texts(org: Text<'_>, layers: &[Text<'_>]) -> (Sources, Findings, Option<Desired>) {
    let (mut sources, mut found) = (Sources::new(), Collector::default());
    let mut room = FilesRoom::default();
    let mut read = |Text { path, text }: Text<'_>| -> Option<Shape> {
        let file = sources.add(Path::new(path), text.to_owned());
        if let Err(finding) = room.takes(path, text.len()) {
            found.push(Diagnostic::general(finding));
            return None;
        }
        examined(text, None, file, path, &mut room, &mut found)
    };
    let org = read(org);
    let layers: Vec<Option<Shape>> = layers.iter().map(|it| read(*it)).collect();
    let whole = org.is_some() && layers.iter().all(Option::is_some);
    let stack = Stack { layers: layers.iter().flatten().map(|shape| vec![shape]).collect(), org: org.as_ref() };
    let resolved = layers::merge(&stack, whole, &mut found);
    let desired = check::check(&resolved, &mut found);
    let found = found.finish(&sources);
    let desired = desired.filter(|_| found.errors == 0);
    (sources, found, desired)
}

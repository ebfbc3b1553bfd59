//! Finds the root folder of all files of a config.

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::{fs, io};

use crate::config::file_system::FileSystem;
use crate::config::finding::Finding;
use crate::config::folders::{FoundPath, Root, join, plain_cause};
use crate::model::text;

/// The path of a request and its root.
pub(super) fn begin(
    system: Rc<dyn FileSystem>,
    path: &Path,
    root: Option<&Path>,
) -> Result<(FoundPath, Root), Box<Finding>> {
    let canonical = |path: &Path| {
        let unreadable = |error: io::Error| Finding::Unreadable {
            path: path.display().to_string(),
            cause: plain_cause(&error),
            nearest: (error.kind() == io::ErrorKind::NotFound)
                .then(|| Some(nearest(&*system, path)?.display().to_string()))
                .flatten(),
        };
        system.canonical(path).map_err(|error| Box::new(unreadable(error)))
    };
    let found = FoundPath { shown: join(path, Path::new("")), real: canonical(path)? };
    let root = if let Some(root) = root {
        FoundPath { shown: root.to_owned(), real: canonical(root)? }
    } else {
        let outside = |link: PathBuf| Finding::OutsideRoot { path: link.display().to_string(), root: None };
        let real = nearest_root(path, &found).map_err(|link| Box::new(outside(link)))?;
        FoundPath { shown: real.clone(), real }
    };
    Ok((found, Root { found: root, system }))
}

/// A suggestion for a path that does not exist.
pub(super) fn nearest(system: &dyn FileSystem, path: &Path) -> Option<PathBuf> {
    let names_in = |folder: &Path| {
        let entries = system.entries(&system.canonical(folder).ok()?).ok()?;
        let names = entries.into_iter().filter_map(|it| it.name.into_string().ok());
        // A config is in no hidden folder.
        Some(names.filter(|it| !it.starts_with('.')).collect())
    };
    text::nearest_path(path, &|path| system.canonical(path).is_ok(), &names_in)
}

/// The nearest folder upward with `.git`, or the path's own folder. It goes up from the typed path: a link inside a
/// repository leads out of it only if its target was typed.
fn nearest_root(path: &Path, found: &FoundPath) -> Result<PathBuf, PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| found.real.clone());
    let (typed, link) = without_parents(&absolute);
    let holding = |folder: &Path, above: Option<&Path>| {
        let folders = folder.ancestors().take_while(|it| above.is_none_or(|above| *it != above));
        folders.into_iter().find(|it| it.join(".git").exists()).and_then(|it| fs::canonicalize(it).ok())
    };
    let own = if found.real.is_dir() { found.real.as_path() } else { found.real.parent().unwrap_or(&found.real) };
    let Some(link) = link else {
        return Ok(holding(own, None).unwrap_or_else(|| own.to_owned()));
    };
    let above = link.parent().unwrap_or(Path::new(""));
    if let Some(root) = holding(above, None) {
        return Ok(root);
    }
    // A link on the way may lead to a repository, beside it, or to a system folder such as `/tmp` on a Mac. The last
    // component must not be a link. Otherwise its target would be a root of its own.
    let folder = if found.real.is_dir() { typed.as_path() } else { typed.parent().unwrap_or(&typed) };
    let is_harmless = above.parent().is_none() || fs::canonicalize(above).is_ok_and(|it| found.real.starts_with(it));
    match holding(folder, Some(above)) {
        Some(root) if !typed.is_symlink() => Ok(root),
        None if is_harmless && !typed.is_symlink() => Ok(own.to_owned()),
        Some(_) | None => Err(typed.ancestors().find(|it| it.is_symlink()).unwrap_or(&link).to_owned()),
    }
}

/// An absolute path without `..`, and its first link.
fn without_parents(absolute: &Path) -> (PathBuf, Option<PathBuf>) {
    let (mut typed, mut link) = (PathBuf::new(), None);
    for part in absolute.components() {
        if part == Component::ParentDir {
            // The parent of a link's target is not the parent of the link.
            if typed.is_symlink() {
                typed = fs::canonicalize(&typed).unwrap_or(typed);
            }
            typed.pop();
        } else {
            typed.push(part);
            if link.is_none() && typed.is_symlink() {
                link = Some(typed.clone());
            }
        }
    }
    (typed, link)
}

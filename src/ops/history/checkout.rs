//! The Git checkout of a config: its commit, and whether the files that were read equal it. They are compared here,
//! because `git status` would run the filters that a repository names.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::host::files;
use crate::host::git::{Deadline, Git, GitError, ObjectKind, Objects, Revision, TreeEntryKind};
use crate::host::nofollow::parts;
use crate::model::limits::CONFIG_FILE_BYTES_MAX;
use crate::model::source::Sources;
use crate::model::text;

/// How long this may take: the user did not ask for it.
const CHECKOUT_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub commit: String,
    /// A file that was read differs from the commit, apart from line ends.
    pub modified: bool,
}

/// The newest commit of the config's checkout, compared with the files. `None` if there is none, or Git does not show
/// it.
pub fn head(path: &Path, sources: &Sources) -> Option<Head> {
    let (git, mut objects, commit, tree) = open(path)?;
    let top = files::real(git.top())?;
    let is_committed = |path: &Path, text: &str, objects: &mut Objects| {
        let real = files::real(path)?;
        let committed = blob(objects, &tree, &parts(real.strip_prefix(&top).ok()?)).ok()??;
        Some(plain(&committed)? == plain(text.as_bytes())?)
    };
    let mut files = sources.iter();
    let modified = files.any(|(_, it)| is_committed(&it.path, &it.text, &mut objects) != Some(true));
    Some(Head { commit, modified })
}

/// Does the newest commit of the checkout at `top` have anything at this folder's path, or in its way? False if Git
/// does not show it.
pub fn holds(top: &Path, folder: &Path) -> bool {
    let held = || {
        // A `.git` below belongs to the folder itself.
        let (git, mut objects, _, tree) = open(top)?;
        entry(&mut objects, &tree, &parts(&git.below(folder)?)).ok()?
    };
    held().is_some()
}

fn open(path: &Path) -> Option<(Git, Objects, String, String)> {
    let git = Git::above(path)?.until(Deadline::within(CHECKOUT_MAX));
    git.repository().ok()??;
    let hash = git.commit(&Revision::read("HEAD")?).ok()??;
    let mut objects = git.objects().ok()?;
    let commit = objects.commit(&hash).ok()??;
    Some((git, objects, commit.hash, commit.tree))
}

/// The entry at a path of a commit, or in its way.
fn entry(objects: &mut Objects, tree: &str, path: &[OsString]) -> Result<Option<(TreeEntryKind, String)>, GitError> {
    let mut found = (TreeEntryKind::Folder, tree.to_owned());
    for part in path {
        if found.0 != TreeEntryKind::Folder {
            break;
        }
        let (folder, _) = objects.folder(&found.1, "a folder of the commit")?;
        let Some(entry) = folder.get(part) else { return Ok(None) };
        found = (entry.kind, entry.hash.clone());
    }
    Ok(Some(found))
}

fn blob(objects: &mut Objects, tree: &str, path: &[OsString]) -> Result<Option<Vec<u8>>, GitError> {
    let Some((TreeEntryKind::File, hash)) = entry(objects, tree, path)? else { return Ok(None) };
    let object = objects.find(&hash, "a file of the commit")?;
    if object.kind != ObjectKind::Blob || object.bytes > CONFIG_FILE_BYTES_MAX {
        return Ok(None);
    }
    objects.read(&object).map(Some)
}

/// With Git's line ends, and without a byte-order mark.
fn plain(bytes: &[u8]) -> Option<String> {
    text::of_bytes(bytes).ok().map(|it| it.replace("\r\n", "\n"))
}

//! The Git checkout that a config stands in: its commit, and whether the files that a run read are as that has them.
//! The objects are read and compared here: `git status` would run the filters that a repository names.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::host::files;
use crate::host::git::{Deadline, Git, GitError, ObjectKind, Objects, Revision, TreeEntryKind};
use crate::host::nofollow::parts;
use crate::model::limits::CONFIG_FILE_BYTES_MAX;
use crate::model::source::Sources;
use crate::model::text;

/// How long the checkout may take: no one has asked for it.
const CHECKOUT_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub commit: String,
    /// Some file that was read is not as the commit has it, line ends aside.
    pub modified: bool,
}

/// The newest commit of the checkout that a config stands in, held against its files. None if there is none, or Git
/// does not say.
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

/// Does the newest commit of the checkout that `top` stands in hold anything at the path of a folder below it, or in
/// its way? False if Git does not say.
pub fn holds(top: &Path, folder: &Path) -> bool {
    let held = || {
        // A `.git` below is what the folder itself holds.
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

/// What stands at a path of a commit, or in its way.
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

/// With the line ends that Git stores, and without a byte order mark.
fn plain(bytes: &[u8]) -> Option<String> {
    text::of_bytes(bytes).ok().map(|it| it.replace("\r\n", "\n"))
}

//! The objects of a repository: commits, folders and files. The size of each is checked before it is read.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::host::git::run::{Deadline, GitError, Running, Subcommand, start};
use crate::model::limits::{
    COMMIT_BYTES_MAX, DIFFERENCE_BYTES_MAX, FOLDER_BYTES_MAX, FOLDERS_KEPT_BYTES_MAX, HISTORY_OBJECTS_BYTES_MAX,
};

/// The longest chain of tags before a commit.
const TAGS_MAX: usize = 8;
/// The longest chain of deltas. Git writes no longer one.
const DIFFERENCES_MAX: usize = 4_095;
/// The requested data of each object. The last field is the base of its delta, or zeros.
const ABOUT: &str = "--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A file, or the target of a link.
    Blob,
    Tree,
    Commit,
    /// An annotated tag.
    Tag,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub hash: String,
    pub kind: ObjectKind,
    pub bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub hash: String,
    pub tree: String,
    /// The first parent.
    pub parent: Option<String>,
    /// The commit date, in seconds since 1970. The time of a push or merge is not stored.
    pub seconds: u64,
}

/// An entry of a folder in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    pub kind: TreeEntryKind,
    pub hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeEntryKind {
    File,
    /// A symbolic link. Its content is its target.
    Link,
    Folder,
    /// Another repository, of which a commit only has the hash.
    Submodule,
}

/// A folder of a commit: its entries by name.
pub type TreeFolder = HashMap<OsString, TreeEntry>;

#[derive(Debug)]
pub struct Objects {
    top: PathBuf,
    until: Option<Deadline>,
    sizes: Running,
    contents: Running,
    /// Objects whose delta bases are small enough.
    harmless: HashSet<String>,
    /// Folders by hash. The commits of a history share most of them.
    folders: HashMap<String, Rc<TreeFolder>>,
    folders_bytes: usize,
    bytes_read: usize,
}

impl Objects {
    /// For the repository with its `.git` in this folder.
    pub(super) fn of(top: &Path, until: Option<Deadline>) -> Result<Objects, GitError> {
        Ok(Objects {
            top: top.to_owned(),
            until,
            sizes: start(top, until, Subcommand::CatFile, &[ABOUT])?,
            contents: start(top, until, Subcommand::CatFile, &["--batch"])?,
            harmless: HashSet::new(),
            folders: HashMap::new(),
            folders_bytes: 0,
            bytes_read: 0,
        })
    }

    /// The kind and size of an object.
    pub fn find(&mut self, hash: &str, what: &str) -> Result<Object, GitError> {
        let named = |error: GitError| match error {
            GitError::Lacks { what: _, partial } => GitError::Lacks { what: what.to_owned(), partial },
            error => error,
        };
        if !is_hash(hash) {
            return Err(GitError::Refused(format!("{what} is named by what is no hash")));
        }
        let answer = self.sizes.ask(hash).map_err(named)?;
        let lacks = || GitError::Lacks { what: what.to_owned(), partial: is_partial(&self.top, self.until) };
        read_size(&answer).ok_or_else(lacks)
    }

    /// Git keeps the base of a delta in memory, however small the object itself is.
    fn refuse_large_bases(&mut self, hash: &str) -> Result<(), GitError> {
        let mut hash = hash.to_owned();
        let mut chain = Vec::new();
        while !self.harmless.contains(&hash) {
            let answer = self.sizes.ask(&hash)?;
            let bytes = read_size(&answer).map_or(0, |it| it.bytes);
            if bytes > DIFFERENCE_BYTES_MAX {
                return Err(GitError::Refused(format!(
                    "the object {hash} is stored as the difference from one of {bytes} bytes; at most \
                     {DIFFERENCE_BYTES_MAX} are read"
                )));
            }
            match answer.rsplit_once(' ') {
                Some((_, base)) if is_hash(base) && base.bytes().any(|it| it != b'0') => {
                    chain.push(std::mem::replace(&mut hash, base.to_owned()));
                }
                _ => break,
            }
            if chain.len() > DIFFERENCES_MAX {
                let why = format!("an object is stored as more than {DIFFERENCES_MAX} differences");
                return Err(GitError::Refused(why));
            }
        }
        self.harmless.extend(chain);
        Ok(())
    }

    pub fn read(&mut self, object: &Object) -> Result<Vec<u8>, GitError> {
        self.refuse_large_bases(&object.hash)?;
        let again = self.contents.ask(&object.hash)?;
        if read_size(&again).as_ref() != Some(object) {
            return Err(GitError::Refused(format!("the object {} is damaged", object.hash)));
        }
        self.contents.bytes(object.bytes)
    }

    /// The content of an object of this kind, up to a size.
    fn read_at_most(&mut self, hash: &str, kind: ObjectKind, most: usize, what: &str) -> Result<Vec<u8>, GitError> {
        let object = self.find(hash, what)?;
        if object.kind != kind {
            return Err(GitError::Refused(format!("{what} is not what its name says: the repository is damaged")));
        }
        if object.bytes > most {
            return Err(GitError::Refused(format!("{what} has {} bytes; at most {most} are read", object.bytes)));
        }
        self.bytes_read += object.bytes;
        if self.bytes_read > HISTORY_OBJECTS_BYTES_MAX {
            let mib = HISTORY_OBJECTS_BYTES_MAX / (1024 * 1024);
            return Err(GitError::Refused(format!("the commits and folders up to {what} have more than {mib} MiB")));
        }
        self.read(&object)
    }

    /// The commit of this hash, or of this tag. `None` if it is something else.
    pub fn commit(&mut self, hash: &str) -> Result<Option<Commit>, GitError> {
        let mut hash = hash.to_owned();
        for _ in 0..TAGS_MAX {
            let what = format!("the commit {hash}");
            match self.find(&hash, &what)?.kind {
                ObjectKind::Commit => {
                    let text = self.read_at_most(&hash, ObjectKind::Commit, COMMIT_BYTES_MAX, &what)?;
                    let odd = || GitError::Refused(format!("{what} is not what Git writes"));
                    return read_commit(&hash, &text).map(Some).ok_or_else(odd);
                }
                ObjectKind::Tag => {
                    let text =
                        self.read_at_most(&hash, ObjectKind::Tag, COMMIT_BYTES_MAX, &format!("the tag {hash}"))?;
                    let text = String::from_utf8_lossy(&text).into_owned();
                    match text.lines().next().and_then(|it| it.strip_prefix("object ")) {
                        Some(next) => next.clone_into(&mut hash),
                        None => return Ok(None),
                    }
                }
                ObjectKind::Blob | ObjectKind::Tree => return Ok(None),
            }
        }
        Ok(None)
    }

    pub fn folder(&mut self, hash: &str, what: &str) -> Result<(Rc<TreeFolder>, usize), GitError> {
        if let Some(folder) = self.folders.get(hash) {
            return Ok((Rc::clone(folder), 0));
        }
        let bytes = self.read_at_most(hash, ObjectKind::Tree, FOLDER_BYTES_MAX, what)?;
        let odd = || GitError::Refused(format!("{what} holds a name that Git never writes"));
        let folder = Rc::new(read_folder(&bytes, hash.len() / 2).ok_or_else(odd)?);
        if self.folders_bytes + bytes.len() > FOLDERS_KEPT_BYTES_MAX {
            self.folders.clear();
            self.folders_bytes = 0;
        }
        self.folders_bytes += bytes.len();
        self.folders.insert(hash.to_owned(), Rc::clone(&folder));
        Ok((folder, bytes.len()))
    }
}

/// Does the repository have packs of a partial clone?
fn is_partial(top: &Path, until: Option<Deadline>) -> bool {
    let asked = start(top, until, Subcommand::RevParse, &["--git-path", "objects/pack"]).and_then(Running::printed);
    let Ok(Some(packs)) = asked else { return false };
    let mut entries = fs::read_dir(top.join(packs.trim_end_matches(['\n', '\r']))).into_iter().flatten().flatten();
    entries.any(|it| it.path().extension().is_some_and(|it| it == "promisor"))
}

/// Is this a full hash, not a name?
pub fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// An answer about an object: `HASH KIND BYTES` and more, or `HASH missing`.
fn read_size(answer: &str) -> Option<Object> {
    let mut words = answer.split(' ');
    let (hash, kind, bytes) = (words.next()?, words.next()?, words.next()?);
    let kind = match kind {
        "blob" => ObjectKind::Blob,
        "tree" => ObjectKind::Tree,
        "commit" => ObjectKind::Commit,
        "tag" => ObjectKind::Tag,
        _ => return None,
    };
    Some(Object { hash: hash.to_owned(), kind, bytes: bytes.parse().ok()? })
}

/// A commit in Git's form: lines `tree HASH`, `parent HASH`, `author …`, `committer NAME <MAIL> SECONDS ZONE`.
fn read_commit(hash: &str, bytes: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().take_while(|it| !it.is_empty());
    let tree = lines.next()?.strip_prefix("tree ").filter(|it| is_hash(it))?.to_owned();
    let mut parent = None;
    let committer = lines.find_map(|line| {
        if let Some(hash) = line.strip_prefix("parent ") {
            parent = parent.take().or_else(|| Some(hash.to_owned()));
        }
        line.strip_prefix("committer ")
    })?;
    let seconds = committer.rsplit_once('>')?.1.split_whitespace().next()?.parse().ok()?;
    Some(Commit { hash: hash.to_owned(), tree, parent, seconds })
}

/// A folder in Git's form: `MODE NAME`, a zero byte, the bytes of the hash, and so on.
fn read_folder(bytes: &[u8], hash_bytes: usize) -> Option<TreeFolder> {
    let mut folder = TreeFolder::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|it| *it == 0)?;
        let space = rest[..end].iter().position(|it| *it == b' ')?;
        let kind = match &rest[..space] {
            b"40000" | b"040000" => TreeEntryKind::Folder,
            b"120000" => TreeEntryKind::Link,
            b"160000" => TreeEntryKind::Submodule,
            mode if mode.starts_with(b"100") => TreeEntryKind::File,
            _ => return None,
        };
        let name = read_name(&rest[space + 1..end])?;
        let hash = rest.get(end + 1..end + 1 + hash_bytes)?;
        let digits = hash.iter().flat_map(|it| [it >> 4, it & 15]);
        let hash = digits.filter_map(|it| char::from_digit(u32::from(it), 16)).collect();
        if folder.insert(name, TreeEntry { kind, hash }).is_some() {
            return None;
        }
        rest = &rest[end + 1 + hash_bytes..];
    }
    Some(folder)
}

/// A name that is always a single path component.
fn read_name(bytes: &[u8]) -> Option<OsString> {
    let name = os_string(bytes)?;
    let is_one = {
        let mut parts = Path::new(&name).components();
        matches!(parts.next(), Some(Component::Normal(first)) if first == name) && parts.next().is_none()
    };
    is_one.then_some(name)
}

/// The bytes as a file name on this system.
#[cfg(unix)]
pub fn os_string(bytes: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(bytes.to_vec()))
}

/// The bytes as a file name on this system.
#[cfg(not(unix))]
pub fn os_string(bytes: &[u8]) -> Option<OsString> {
    String::from_utf8(bytes.to_vec()).ok().map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_as_git_writes_it() {
        let (tree, parent) = ("a".repeat(40), "b".repeat(40));
        let text = format!(
            "tree {tree}\nparent {parent}\nparent {tree}\nauthor A <a> 1 +0000\ncommitter B > <b> 12 +0100\ngpgsig x\n\n\
             tree x\n"
        );
        let commit = read_commit("c", text.as_bytes()).unwrap();
        assert_eq!(commit, Commit { hash: "c".to_owned(), tree, parent: Some(parent), seconds: 12 });
        for odd in ["", "tree x\n", "\ntree x", "committer B <b> 12 +0100\n"] {
            assert_eq!(read_commit("c", odd.as_bytes()), None, "{odd:?}");
        }
    }

    #[test]
    fn a_folder_is_read_as_git_writes_it_and_odd_names_are_refused() {
        let one = |mode: &str, name: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[0xab; 20]].concat();
        let both = [one("100644", "a b.yaml"), one("40000", "x")].concat();
        let folder = read_folder(&both, 20).unwrap();
        assert_eq!(folder[&OsString::from("a b.yaml")].kind, TreeEntryKind::File);
        assert_eq!(folder[&OsString::from("x")], TreeEntry { kind: TreeEntryKind::Folder, hash: "ab".repeat(20) });
        for odd in ["", ".", "..", "a/b", "/a"] {
            assert_eq!(read_folder(&one("40000", odd), 20), None, "{odd:?}");
        }
        assert_eq!(read_folder(&[both.as_slice(), &both].concat(), 20), None, "a name twice");
        assert_eq!(read_folder(&both[..both.len() - 1], 20), None, "cut");
        assert_eq!(read_folder(&one("777", "a"), 20), None, "no mode of Git's");
    }
}

//! Reads Git repositories with the `git` executable. The repository is that of the nearest `.git` above a typed path. A
//! folder that only looks like a repository is never used, and typed text never becomes an option.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

pub use crate::host::git::objects::{
    Commit, ObjectKind, Objects, TreeEntry, TreeEntryKind, TreeFolder, is_hash, os_string,
};
pub use crate::host::git::run::{Deadline, GitError};
use crate::host::git::run::{Subcommand, start};

mod objects;
mod run;

/// The longest revision name.
const REVISION_BYTES_MAX: usize = 255;

/// A repository, found by its `.git`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    top: PathBuf,
    until: Option<Deadline>,
}

/// Git's information about a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repository {
    /// It only has the newest commits.
    pub shallow: bool,
}

/// The typed name of a commit, branch or tag, or `A...B` for their merge base. It cannot be an option or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// Checks a name. `None` if it cannot be a revision.
    pub fn read(typed: &str) -> Option<Revision> {
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "?*[\\:".contains(c);
        let is_name = |name: &str| {
            !name.is_empty() && !name.starts_with(['-', '^']) && !name.contains("..") && !name.contains(is_odd)
        };
        let is_good = match typed.split_once("...") {
            Some((one, other)) => is_name(one) && is_name(other) && !other.starts_with('.'),
            None => is_name(typed),
        };
        (is_good && typed.len() <= REVISION_BYTES_MAX).then(|| Revision(typed.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An absolute path without `.` and `..`. Its links stay as typed, except before a `..`, which the system resolves too.
fn as_typed(path: &Path) -> Option<PathBuf> {
    let mut whole = env::current_dir().ok()?;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole = fs::canonicalize(&whole).unwrap_or(whole);
                whole.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    Some(whole)
}

impl Git {
    /// The repository of a typed path: the nearest folder upward with `.git`, which a folder in a commit cannot have.
    /// The path itself may be missing.
    pub fn above(path: &Path) -> Option<Git> {
        let whole = as_typed(path)?;
        // A broken link ends the search too: anything above is another repository.
        let top = whole.ancestors().find(|it| fs::symlink_metadata(it.join(".git")).is_ok())?;
        Some(Git { top: top.to_owned(), until: None })
    }

    /// The same repository with a deadline for all requests.
    pub fn until(self, deadline: Deadline) -> Git {
        Git { until: Some(deadline), ..self }
    }

    /// The folder with `.git`.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// A path relative to the top. `None` if it is elsewhere.
    pub fn below(&self, path: &Path) -> Option<PathBuf> {
        let whole = as_typed(path)?;
        let real = || {
            let top = fs::canonicalize(&self.top).ok()?;
            fs::canonicalize(&whole).ok()?.strip_prefix(top).map(Path::to_owned).ok()
        };
        whole.strip_prefix(&self.top).map(Path::to_owned).ok().or_else(real)
    }

    /// Git's information about the repository. `None` if Git does not accept this `.git`.
    pub fn repository(&self) -> Result<Option<Repository>, GitError> {
        match start(&self.top, self.until, Subcommand::RevParse, &["--is-shallow-repository", "--show-prefix"])?
            .printed()
        {
            // The answer is from a repository above, so the `.git` here is not valid.
            Ok(Some(printed)) if !printed.lines().nth(1).unwrap_or_default().is_empty() => Ok(None),
            Ok(printed) => Ok(printed.map(|it| Repository { shallow: it.lines().next() == Some("true") })),
            Err(GitError::Failed { said, .. }) if said.contains("not a git repository") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The full hash of the commit of a name. `None` if there is no such commit here.
    pub fn commit(&self, revision: &Revision) -> Result<Option<String>, GitError> {
        match revision.as_str().split_once("...") {
            None => self.one_commit(revision.as_str()),
            Some((one, other)) => match (self.one_commit(one)?, self.one_commit(other)?) {
                (Some(one), Some(other)) => self.merge_base(&one, &other),
                _ => Ok(None),
            },
        }
    }

    fn one_commit(&self, name: &str) -> Result<Option<String>, GitError> {
        // `--quiet` prints nothing for a missing commit.
        let arguments = ["--verify", "--quiet", "--end-of-options", name];
        let printed = start(&self.top, self.until, Subcommand::RevParse, &arguments)?.printed()?;
        let hash = printed.map(|it| it.trim().to_owned()).filter(|it| is_hash(it));
        // Git accepts any full hash, even without such a commit.
        match hash.map(|it| self.objects()?.commit(&it)).transpose() {
            Ok(commit) => Ok(commit.flatten().map(|it| it.hash)),
            Err(GitError::Lacks { .. }) if is_hash(name) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let both = format!("{one}...{other}");
        let printed = start(&self.top, self.until, Subcommand::RevParse, &[&both])?.printed()?.unwrap_or_default();
        let base = printed.lines().find_map(|it| it.strip_prefix('^')).filter(|it| is_hash(it));
        Ok(base.map(str::to_owned))
    }

    pub fn objects(&self) -> Result<Objects, GitError> {
        Objects::of(&self.top, self.until)
    }
}

/// The user's name in their own Git configuration. A repository's configuration is untrusted, so Git runs in the root
/// folder of the file system.
pub fn user_name() -> Option<String> {
    const NAME_CHARS_MAX: usize = 200;
    // The user did not ask for it, so it must be quick.
    const NAME_MAX: Duration = Duration::from_secs(5);
    let here = env::current_dir().ok()?;
    let printed = start(
        here.ancestors().last()?,
        Some(Deadline::within(NAME_MAX)),
        Subcommand::Config,
        &["--global", "--get", "user.name"],
    )
    .ok()?;
    let name: String = printed.printed().ok()??.trim().chars().take(NAME_CHARS_MAX).collect();
    Some(name).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_one_name_and_never_an_option() {
        for good in ["main", "origin/main", "v1.2", "HEAD~3", "HEAD^", "3661ce5", "main@{1}", "feature/é", "a...b/c"] {
            assert_eq!(Revision::read(good).as_ref().map(Revision::as_str), Some(good));
        }
        let odd = [
            "",
            "-n",
            "--upload-pack=x",
            "^main",
            "a..b",
            "a b",
            "a\nb",
            "a:b",
            "a*",
            "a?",
            "a[",
            "a\\b",
            "...",
            "a...",
            "...b",
            "a...-b",
            "a....b",
            "a...b...c",
            "a...^b",
        ];
        for odd in odd {
            assert_eq!(Revision::read(odd), None, "{odd:?}");
        }
        assert_eq!(Revision::read(&"a".repeat(REVISION_BYTES_MAX + 1)), None);
    }
}

//! Git, read with its own executable. No shell, no pager, no prompt, and nothing that a person types is ever
//! taken for an option.

use std::fmt;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The longest name of a commit, branch or tag that is looked up.
const REVISION_BYTES_MAX: usize = 255;
/// The longest piece of what Git says that is repeated.
const SAID_CHARS_MAX: usize = 300;

/// Git in one folder. `GIT_DIR` and the like are left as they are.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
}

/// The repository that a folder is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repository {
    /// Only the newest commits are there.
    pub shallow: bool,
}

/// The name of a commit, branch or tag, as a person types it. It cannot be an option, a range, or more than
/// one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

/// A file or a link of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the repository's top. Foreign text, and not safe to be joined to a folder unseen.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// The hash of its content.
    pub hash: String,
    /// How long it is.
    pub bytes: u64,
}

/// One commit of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole hash.
    pub hash: String,
    /// When it was committed, in seconds since 1970. Nothing says when it was pushed or merged.
    pub seconds: u64,
    /// What it changed against its first parent.
    pub touched: Vec<Touched>,
}

/// A path that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Below the repository's top, between quotes where it holds what is odd in a name.
    pub path: String,
    /// It is a link, or was one.
    pub is_link: bool,
}

/// What a commit holds at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A symbolic link; its content is where it leads.
    Link,
}

/// Why Git did not answer. What it says is foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitError {
    /// There is no executable.
    Missing,
    /// It could not be run.
    NotRun(String),
    /// It ended with an error.
    Failed {
        /// What was asked.
        asked: String,
        /// The first line that it said.
        said: String,
    },
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GitError::Missing => write!(f, "there is no executable `git`"),
            GitError::NotRun(why) => write!(f, "`git` could not be run: {why}"),
            GitError::Failed { asked, said } => write!(f, "`git {asked}` failed: {said}"),
        }
    }
}

impl std::error::Error for GitError {}

impl GitError {
    /// One sentence on what a person can do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            GitError::Missing => "install Git, or add its folder to PATH",
            GitError::NotRun(_) => "look whether `git --version` works",
            GitError::Failed { said, .. } if said.contains("dubious ownership") => {
                "the repository belongs to another user: `git config --global --add safe.directory FOLDER` trusts it"
            }
            GitError::Failed { .. } => "look whether the same command works by hand",
        }
    }
}

impl Revision {
    /// Checks a name; none where it cannot be one of a commit.
    #[must_use]
    pub fn read(typed: &str) -> Option<Revision> {
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "?*[\\:".contains(c);
        let is_good = !typed.is_empty()
            && typed.len() <= REVISION_BYTES_MAX
            && !typed.starts_with(['-', '^'])
            && !typed.contains("..")
            && !typed.contains(is_odd);
        is_good.then(|| Revision(typed.to_owned()))
    }

    /// As it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Git {
    /// In the folder of a path: the path itself, or the one that a file is in.
    #[must_use]
    pub fn at(path: &Path) -> Git {
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        let folder = folder.filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Git { folder: folder.to_owned() }
    }

    /// The repository that the folder is in; none where it is in none.
    ///
    /// # Errors
    /// Git did not answer.
    pub fn repository(&self) -> Result<Option<Repository>, GitError> {
        match self.line(&["rev-parse", "--is-shallow-repository"]) {
            Ok(line) => Ok(Some(Repository { shallow: line == "true" })),
            Err(GitError::Failed { said, .. }) if said.contains("not a git repository") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The whole hash of the commit that a name means; none where there is no such commit here.
    ///
    /// # Errors
    /// Git did not answer.
    pub fn commit(&self, revision: &Revision) -> Result<Option<String>, GitError> {
        let wanted = format!("{}^{{commit}}", revision.as_str());
        match self.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]) {
            Ok(hash) => Ok(Some(hash)),
            // Quietly: it says nothing where there is no such commit.
            Err(GitError::Failed { said, .. }) if said.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The top folder of the repository that the folder is in.
    ///
    /// # Errors
    /// Git did not answer, or the folder is in none.
    pub fn top(&self) -> Result<PathBuf, GitError> {
        let printed = self.printed(&["rev-parse", "--show-toplevel"], Stdio::null())?;
        Ok(PathBuf::from(String::from_utf8_lossy(&printed).trim_end_matches(['\n', '\r'])))
    }

    /// Every file and link of a commit, by its hash. Names that are no text are left out, and so are submodules.
    ///
    /// # Errors
    /// Git did not answer.
    pub fn tree(&self, commit: &str) -> Result<Vec<Entry>, GitError> {
        let arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", commit];
        let printed = self.printed(&arguments, Stdio::null())?;
        Ok(printed.split(|it| *it == 0).filter_map(entry).collect())
    }

    /// What the entries hold, in their order.
    ///
    /// # Errors
    /// Git did not answer, or has not all of them (a partial clone).
    pub fn contents(&self, entries: &[Entry]) -> Result<Vec<Vec<u8>>, GitError> {
        // From a file: both sides of a pipe would wait for each other.
        let asked = || -> io::Result<std::fs::File> {
            let mut file = tempfile::tempfile()?;
            for entry in entries {
                writeln!(file, "{}", entry.hash)?;
            }
            file.rewind()?;
            Ok(file)
        };
        let asked = asked().map_err(|error| GitError::NotRun(error.to_string()))?;
        let arguments = ["cat-file", "--batch"];
        let printed = self.printed(&arguments, Stdio::from(asked))?;
        let mut rest = printed.as_slice();
        let contents: Option<Vec<Vec<u8>>> = entries.iter().map(|_| content(&mut rest)).collect();
        contents.ok_or_else(|| GitError::Failed {
            asked: arguments.join(" "),
            said: "not every file is here (a partial clone?)".to_owned(),
        })
    }

    /// When any of these paths last changed, as of a commit, in seconds since 1970; without a path, when anything
    /// did. What came by a merge changed when it was merged.
    ///
    /// # Errors
    /// Git did not answer.
    pub fn changed_at(&self, commit: &str, paths: &[PathBuf]) -> Result<Option<u64>, GitError> {
        let mut arguments = vec![
            "--literal-pathspecs",
            "log",
            "-1",
            "--first-parent",
            "--format=%ct",
            "--end-of-options",
            commit,
            "--",
        ];
        arguments.extend(paths.iter().filter_map(|it| it.to_str()));
        self.line(&arguments).map(|line| line.parse().ok())
    }

    /// A commit and those before it along first parents, the newest first, and not more than so many.
    ///
    /// # Errors
    /// Git did not answer.
    pub fn first_parents(&self, commit: &str, count: usize) -> Result<Vec<Commit>, GitError> {
        let count = format!("--max-count={count}");
        let arguments = [
            "-c",
            "core.quotePath=false",
            "-c",
            "log.showRoot=true",
            "log",
            "--first-parent",
            "-m",
            "--no-renames",
            "--raw",
            "--no-abbrev",
            "--format=%x00%H %ct",
            &count,
            "--end-of-options",
            commit,
        ];
        let printed = self.printed(&arguments, Stdio::null())?;
        Ok(printed.split(|it| *it == 0).filter_map(|it| history(&String::from_utf8_lossy(it))).collect())
    }

    /// All that a command prints.
    fn printed(&self, arguments: &[&str], stdin: Stdio) -> Result<Vec<u8>, GitError> {
        let Output { status, stdout, stderr } = self.run(arguments, stdin)?;
        if status.success() {
            return Ok(stdout);
        }
        Err(GitError::Failed { asked: arguments.join(" "), said: first_line(&stderr) })
    }

    /// The first line of what a command prints.
    fn line(&self, arguments: &[&str]) -> Result<String, GitError> {
        let Output { status, stdout, stderr } = self.output(arguments)?;
        if status.success() {
            return Ok(first_line(&stdout));
        }
        let asked = arguments.join(" ");
        Err(GitError::Failed { asked, said: first_line(&stderr) })
    }

    /// What a command prints, run to its end.
    ///
    /// # Errors
    /// It could not be run.
    pub fn output(&self, arguments: &[&str]) -> Result<Output, GitError> {
        self.run(arguments, Stdio::null())
    }

    fn run(&self, arguments: &[&str], stdin: Stdio) -> Result<Output, GitError> {
        let mut command = Command::new("git");
        command.arg("--no-pager").args(arguments).current_dir(&self.folder).stdin(stdin);
        // Nobody is asked for a password, nothing is locked for a reading, and messages can be told apart.
        command.envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_OPTIONAL_LOCKS", "0"), ("LC_ALL", "C")]);
        command.output().map_err(|error| match error.kind() {
            // Also where the folder is not there: then there is no repository to speak of.
            io::ErrorKind::NotFound if self.folder.is_dir() => GitError::Missing,
            _ => GitError::NotRun(error.to_string()),
        })
    }
}

/// One entry of `ls-tree -l -z`: `MODE TYPE HASH LENGTH<tab>PATH`, the length padded with spaces.
fn entry(line: &[u8]) -> Option<Entry> {
    let (about, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = about.split_ascii_whitespace();
    let (mode, _, hash, bytes) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let kind = match mode {
        "100644" | "100755" => EntryKind::File,
        "120000" => EntryKind::Link,
        _ => return None,
    };
    Some(Entry { path: path.to_owned(), kind, hash: hash.to_owned(), bytes: bytes.parse().ok()? })
}

/// One commit of `log --raw`: `HASH SECONDS`, then a line `:MODE MODE HASH HASH STATUS<tab>PATH` for each path.
fn history(text: &str) -> Option<Commit> {
    let mut lines = text.lines();
    let (hash, seconds) = lines.next()?.split_once(' ')?;
    let touched = lines.filter_map(|line| {
        let (about, path) = line.strip_prefix(':')?.split_once('\t')?;
        let is_link = about.split(' ').take(2).any(|it| it == "120000");
        Some(Touched { path: path.to_owned(), is_link })
    });
    Some(Commit { hash: hash.to_owned(), seconds: seconds.parse().ok()?, touched: touched.collect() })
}

/// The next answer of `cat-file --batch`: `HASH blob LENGTH`, a line break, so many bytes, a line break.
fn content(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|it| *it == b'\n')?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let length: usize = head.rsplit_once("blob ")?.1.parse().ok()?;
    let bytes = rest.get(end + 1..end + 1 + length)?.to_vec();
    *rest = rest.get(end + length + 2..)?;
    Some(bytes)
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().trim().chars().take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_contents_are_read_as_git_writes_them() {
        let read = |line: &str| entry(line.as_bytes());
        let file = |path: &str, kind| Some(Entry { path: path.to_owned(), kind, hash: "ab".to_owned(), bytes: 12 });
        assert_eq!(read("100644 blob ab      12\ta b\t\n.yaml"), file("a b\t\n.yaml", EntryKind::File));
        assert_eq!(read("120000 blob ab      12\tx"), file("x", EntryKind::Link));
        assert_eq!(read("160000 commit ab       -\tx"), None);
        let mut rest = b"ab blob 3\na\nb\nab blob 0\n\nab missing\n".as_slice();
        assert_eq!(content(&mut rest).as_deref(), Some(b"a\nb".as_slice()));
        assert_eq!(content(&mut rest).as_deref(), Some(b"".as_slice()));
        assert_eq!(content(&mut rest), None);
    }

    #[test]
    fn a_history_is_read_as_git_writes_it() {
        let text = "ab 12\n\n:100644 120000 cd ef T\ta b.yaml\n:000000 100644 cd ef A\t\"a\\tb.yaml\"\n";
        let touched = |path: &str, is_link| Touched { path: path.to_owned(), is_link };
        let both = vec![touched("a b.yaml", true), touched("\"a\\tb.yaml\"", false)];
        assert_eq!(history(text), Some(Commit { hash: "ab".to_owned(), seconds: 12, touched: both }));
        assert_eq!(history("ab 12\n").map(|it| it.touched.len()), Some(0), "an empty commit");
        assert_eq!(history(""), None);
    }

    #[test]
    fn a_revision_is_one_name_and_never_an_option() {
        for good in ["main", "origin/main", "v1.2", "HEAD~3", "HEAD^", "3661ce5", "main@{1}", "feature/é"] {
            assert_eq!(Revision::read(good).as_ref().map(Revision::as_str), Some(good));
        }
        for odd in ["", "-n", "--upload-pack=x", "^main", "a..b", "a b", "a\nb", "a:b", "a*", "a?", "a[", "a\\b"] {
            assert_eq!(Revision::read(odd), None, "{odd:?}");
        }
        assert_eq!(Revision::read(&"a".repeat(REVISION_BYTES_MAX + 1)), None);
    }
}

//! `--base REF|PATH`: the config that a plan is compared with, from a commit or a folder. It is read once, before
//! anything is sent, and planned against the same reading of the org.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::cli::ConfigArgs;
use crate::config::{self, Loaded, Request};
use crate::diagnostic::{Diagnostic, Place, Severity, Sources};
use crate::git::{Entry, EntryKind, Git, GitError, Revision};
use crate::limits::{CONFIG_BYTES_MAX, CONFIG_FILES_MAX};
use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::model::observed::Observed;
use crate::plan::base::{Side, compare};
use crate::plan::origin::{Against, Base, Comparison};
use crate::plan::{Plan, plan};
use crate::problem::{Problem, cause};

/// The most files by which a commit is asked when they last changed; more of them are asked for as a whole.
const ASKED_MAX: usize = 200;

/// The base, as far as it could be read.
pub struct Given {
    against: Against,
    /// The config, or why there is none.
    desired: Result<Desired, String>,
    /// The files on the disk that it was read from; none where it is a commit.
    pub files: Vec<PathBuf>,
}

impl Given {
    /// The plan with what it says beside the base's. What is planned stays as it is.
    #[must_use]
    pub fn compared(self, head: Plan, desired: &Desired, observed: &Observed) -> Plan {
        let Given { against, desired: base, files: _ } = self;
        let comparison = match base {
            Ok(base) => {
                let base = Desired { only: desired.only.clone(), ..base };
                let before = plan(&base, observed, &base.settings.limits);
                let (base, head) = (Side { desired: &base, plan: &before }, Side { desired, plan: &head });
                Comparison::Made(Box::new(compare(base, head, observed, against.changed_at)))
            }
            Err(why) => Comparison::NotMade(why),
        };
        Plan { base: Some(Base { against, comparison }), ..head }
    }
}

/// Reads the base of a config. One whose files hold errors is no failure: then nothing can be told apart.
///
/// # Errors
/// It is neither a commit that is here nor a path.
pub fn read(args: &ConfigArgs, typed: &str) -> Result<Given, Problem> {
    // `./main` is a path even where there is a branch of that name.
    let is_path = typed.starts_with('.') || Path::new(typed).is_absolute();
    let commit = if is_path { Ok(None) } else { commit(args, typed) };
    match commit {
        Ok(Some((git, hash))) => at_commit(args, typed, &git, &hash),
        Ok(None) | Err(_) if fs::metadata(typed).is_ok() => Ok(at_path(args, typed)),
        Ok(None) => Err(unknown(args, typed)),
        Err(error) => Err(from_git(&error)),
    }
}

fn commit(args: &ConfigArgs, typed: &str) -> Result<Option<(Git, String)>, GitError> {
    let git = Git::at(&args.path);
    let Some(revision) = Revision::read(typed) else { return Ok(None) };
    if git.repository()?.is_none() {
        return Ok(None);
    }
    Ok(git.commit(&revision)?.map(|hash| (git, hash)))
}

fn from_git(error: &GitError) -> Problem {
    Problem::new(format!("--base: {error}")).help(error.help())
}

fn unknown(args: &ConfigArgs, typed: &str) -> Problem {
    let problem = Problem::new(format!("--base: `{typed}` is neither a commit that is here nor a path"));
    let shallow = Git::at(&args.path).repository().ok().flatten().is_some_and(|it| it.shallow);
    problem.help(if shallow {
        "this is a shallow clone: set `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), \
         or run `git fetch --unshallow`; nothing was sent"
    } else {
        "`git branch --all` lists the names that are here, such as `origin/main`; nothing was sent"
    })
}

fn at_path(args: &ConfigArgs, typed: &str) -> Given {
    let Loaded { sources, diagnostics, config, files } =
        config::load(&Request { path: PathBuf::from(typed), org: args.org.clone(), root: None });
    let desired = config.map(|it| it.desired).ok_or_else(|| first_error(&diagnostics, &sources, Path::new("")));
    Given { against: Against { typed: typed.to_owned(), ..Against::default() }, desired, files }
}

fn at_commit(args: &ConfigArgs, typed: &str, git: &Git, hash: &str) -> Result<Given, Problem> {
    let top = git.top().map_err(|error| from_git(&error))?;
    let is_shallow = git.repository().map_err(|error| from_git(&error))?.is_none_or(|it| it.shallow);
    let git = Git::at(&top);
    let mut against = Against { typed: typed.to_owned(), commit: Some(hash.to_owned()), changed_at: None };
    let desired = match checked_out(args, &git, &top, hash) {
        Ok((desired, files)) => {
            let files: &[PathBuf] = if files.len() > ASKED_MAX { &[] } else { &files };
            // The oldest commit of a shallow clone looks as if it had made everything.
            let changed = if is_shallow { None } else { git.changed_at(hash, files).ok().flatten() };
            against.changed_at = changed.map(|seconds| Moment::from_unix_ms(seconds.saturating_mul(1_000)));
            Ok(desired)
        }
        Err(why) => Err(why),
    };
    Ok(Given { against, desired, files: Vec::new() })
}

/// The config as a commit holds it, read as every config is from a folder of its own, so that links and `use` keep
/// their rules; and its files, as the commit names them.
fn checked_out(args: &ConfigArgs, git: &Git, top: &Path, hash: &str) -> Result<(Desired, Vec<PathBuf>), String> {
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| cause(&error));
    let top = real(top)?;
    let inside = |path: &Path| real(path).map(|it| it.strip_prefix(&top).map(Path::to_owned).ok());
    let path = inside(&args.path)?.ok_or("the config is not in the repository")?;
    let root = args.root.as_deref().map(inside).transpose()?.flatten().unwrap_or_default();
    let folder = tempfile::tempdir().map_err(|error| cause(&error))?;
    let base = real(folder.path())?;
    let git_failed = |error: GitError| error.to_string();
    let entries: Vec<Entry> = git
        .tree(hash)
        .map_err(git_failed)?
        .into_iter()
        .filter(|it| it.kind == EntryKind::Link || is_yaml(Path::new(&it.path)) || Path::new(&it.path) == path)
        .collect();
    let bytes: u64 = entries.iter().map(|it| it.bytes).sum();
    if entries.len() > CONFIG_FILES_MAX || usize::try_from(bytes).is_ok_and(|it| it > CONFIG_BYTES_MAX) {
        let mib = CONFIG_BYTES_MAX / (1024 * 1024);
        return Err(format!("it holds more than {CONFIG_FILES_MAX} files, or {mib} MiB of them"));
    }
    let contents = git.contents(&entries).map_err(git_failed)?;
    write(&base, &entries, &contents).map_err(|error| cause(&error))?;
    // Without a slash at its end, which people would see.
    let root = if root.as_os_str().is_empty() { base.clone() } else { base.join(root) };
    let request = Request { path: base.join(&path), org: args.org.clone(), root: Some(root) };
    let Loaded { sources, diagnostics, config, files } = config::load(&request);
    let desired = config.map(|it| it.desired).ok_or_else(|| first_error(&diagnostics, &sources, &base))?;
    Ok((desired, files.iter().filter_map(|it| it.strip_prefix(&base).map(Path::to_owned).ok()).collect()))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// Files first, so that nothing is ever written through a link.
fn write(base: &Path, entries: &[Entry], contents: &[Vec<u8>]) -> io::Result<()> {
    let of = |kind: EntryKind| entries.iter().zip(contents).filter(move |(it, _)| it.kind == kind);
    for (entry, bytes) in of(EntryKind::File).chain(of(EntryKind::Link)) {
        let path = Path::new(&entry.path);
        if !path.components().all(|it| matches!(it, Component::Normal(_))) {
            return Err(io::Error::other("a path leads out of the tree"));
        }
        let path = base.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match entry.kind {
            EntryKind::File => fs::write(&path, bytes)?,
            EntryKind::Link => link(&path, bytes)?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(path: &Path, target: &[u8]) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path)
}

/// As Git itself does where links cannot be made.
#[cfg(not(unix))]
fn link(path: &Path, target: &[u8]) -> io::Result<()> {
    fs::write(path, target)
}

/// The first error, with its place, as the base names its files.
fn first_error(diagnostics: &[Diagnostic], sources: &Sources, base: &Path) -> String {
    let error = diagnostics.iter().find(|it| it.severity == Severity::Error);
    let Some(error) = error else { return "it could not be read".to_owned() };
    let message = error.finding.message();
    let here = base.display().to_string();
    let message = if here.is_empty() { message } else { message.replace(&format!("{here}/"), "").replace(&here, ".") };
    match error.place.map(|span| sources.place(span)) {
        Some(place) => {
            let place = Place { path: place.path.strip_prefix(base).unwrap_or(place.path), ..place };
            format!("`{place}`: {message}")
        }
        None => message,
    }
}

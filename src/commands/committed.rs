//! A config as any commit of its repository holds it, and since when it asks what it asks.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::config::{self, Config, Loaded, LoadedAll, Request};
use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Diagnostic, Place, Severity, Sources};
use crate::git::{Commit, Entry, EntryKind, Git, GitError, Touched};
use crate::limits::{CONFIG_BYTES_MAX, CONFIG_FILES_MAX};
use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::plan::base::asks_the_same;
use crate::problem::cause;
use crate::text;

/// How many commits are looked at for when a definition last changed, and of how many of them the config is read.
const COMMITS_MAX: usize = 1_000;
const CONFIGS_MAX: usize = 50;

/// A config in a repository.
pub struct Committed<'a> {
    git: Git,
    /// Below the top of the repository, as is `root`.
    path: PathBuf,
    root: PathBuf,
    org: Org<'a>,
}

/// Which org of a config is meant.
#[derive(Clone, Copy)]
pub struct Org<'a> {
    /// `--org`.
    pub name: Option<&'a str>,
    /// The config that this one is compared with. An org that is called otherwise here has its id, or its file.
    pub head: &'a Config,
    /// The path that the head was read from.
    pub head_path: &'a Path,
}

/// What came of reading a config.
pub struct Read {
    /// What it asks for, or the first error.
    pub desired: Result<Desired, String>,
    /// Its files.
    pub files: Vec<PathBuf>,
}

/// Why a commit has no config to go by.
pub enum NoConfig {
    /// It holds nothing at this path.
    Absent(String),
    /// It holds errors, or could not be read.
    Broken(String),
}

impl<'a> Committed<'a> {
    /// Finds the config in the repository that it is in.
    ///
    /// # Errors
    /// It is not in this one.
    pub fn find(path: &Path, root: Option<&Path>, top: &Path, org: Org<'a>) -> Result<Committed<'a>, String> {
        let real = |path: &Path| fs::canonicalize(path).map_err(|error| cause(&error));
        let real_top = real(top)?;
        let inside = |path: &Path| real(path).map(|it| it.strip_prefix(&real_top).map(Path::to_owned).ok());
        let path = inside(path)?.ok_or("the config is not in the repository")?;
        let root = root.map(inside).transpose()?.flatten().unwrap_or_default();
        Ok(Committed { git: Git::at(top), path, root, org })
    }

    /// The config as a commit holds it, read as every config is from a folder of its own, so that links and `use` keep
    /// their rules; with its files as the commit names them.
    ///
    /// # Errors
    /// There is none, or it holds errors: the first one.
    pub fn at(&self, commit: &str) -> Result<(Desired, Vec<PathBuf>), NoConfig> {
        let broken = |error: io::Error| NoConfig::Broken(cause(&error));
        let git_failed = |error: GitError| NoConfig::Broken(error.to_string());
        let folder = tempfile::tempdir().map_err(broken)?;
        let base = fs::canonicalize(folder.path()).map_err(broken)?;
        let entries: Vec<Entry> = self
            .git
            .tree(commit)
            .map_err(git_failed)?
            .into_iter()
            .filter(|it| it.kind == EntryKind::Link || is_yaml(Path::new(&it.path)) || Path::new(&it.path) == self.path)
            .collect();
        let bytes: u64 = entries.iter().map(|it| it.bytes).sum();
        if entries.len() > CONFIG_FILES_MAX || usize::try_from(bytes).is_ok_and(|it| it > CONFIG_BYTES_MAX) {
            let mib = CONFIG_BYTES_MAX / (1024 * 1024);
            return Err(NoConfig::Broken(format!("it holds more than {CONFIG_FILES_MAX} files, or {mib} MiB of them")));
        }
        let contents = self.git.contents(&entries).map_err(git_failed)?;
        write(&base, &entries, &contents).map_err(broken)?;
        let path = base.join(&self.path);
        // Without a slash at its end, which people would see.
        let root = if self.root.as_os_str().is_empty() { base.clone() } else { base.join(&self.root) };
        let is_there = fs::symlink_metadata(&path).is_ok();
        let Read { desired, files } = read(&path, Some(&root), self.org, &base);
        let desired = desired.map_err(if is_there { NoConfig::Broken } else { NoConfig::Absent })?;
        Ok((desired, files.iter().filter_map(|it| it.strip_prefix(&base).map(Path::to_owned).ok()).collect()))
    }

    /// Those of these definitions for which the config asks, as of a commit, since a younger moment than the one given for
    /// each; with that moment. One that is left out is older, or nobody can tell.
    #[must_use]
    pub fn younger(&self, commit: &str, config: &Desired, than: BTreeMap<Key, Moment>) -> BTreeMap<Key, Moment> {
        let (mut open, mut since) = (than, BTreeMap::new());
        let Ok(commits) = self.git.first_parents(commit, COMMITS_MAX) else { return since };
        let changed: Vec<&Commit> = commits.iter().filter(|it| it.touched.iter().any(|it| self.is_part(it))).collect();
        for (index, commit) in changed.iter().enumerate().take(CONFIGS_MAX) {
            let began = Moment::from_unix_ms(commit.seconds.saturating_mul(1_000));
            // A commit is merged at its date or later: what was touched before that was not touched for it.
            open.retain(|_, touched| *touched < began);
            if open.is_empty() {
                break;
            }
            let before = match changed.get(index + 1) {
                Some(older) => match self.at(&older.hash) {
                    Ok((before, _)) => Some(before),
                    Err(NoConfig::Absent(_)) => None,
                    // What it meant while it was broken nobody can tell; what was before that can be.
                    Err(NoConfig::Broken(_)) => continue,
                },
                None if commits.len() < COMMITS_MAX => None,
                None => break,
            };
            open.retain(|key, _| {
                let is_older = before.as_ref().is_some_and(|before| asks_the_same(config, before, key));
                if !is_older {
                    since.insert(key.clone(), began);
                }
                is_older
            });
        }
        since
    }

    /// What the config asked for after a commit, along the first parents of what is checked out: as each commit left it,
    /// the newest first. One that is broken asked for nothing, since nobody could apply it.
    ///
    /// # Errors
    /// The commit is not among them, or they are too many.
    pub fn since(&self, commit: &str) -> Result<Vec<Desired>, String> {
        let commits = self.git.first_parents("HEAD", COMMITS_MAX).map_err(|error| error.to_string())?;
        let Some(end) = commits.iter().position(|it| it.hash == commit) else {
            return Err(
                "it is not a part of the history of what is checked out, so what was merged since is not known"
                    .to_owned(),
            );
        };
        let newer: Vec<&Commit> =
            commits.iter().take(end).filter(|it| it.touched.iter().any(|it| self.is_part(it))).collect();
        if newer.len() > CONFIGS_MAX {
            return Err(format!("more than {CONFIGS_MAX} changes of the config were merged since"));
        }
        Ok(newer.iter().filter_map(|it| self.at(&it.hash).ok()).map(|(desired, _)| desired).collect())
    }

    /// Can it be a part of a config?
    fn is_part(&self, touched: &Touched) -> bool {
        let Touched { path, is_link } = touched;
        // One between quotes is odd enough to be looked at.
        *is_link || path.starts_with('"') || is_yaml(Path::new(path)) || Path::new(path) == self.path
    }
}

/// Reads a config; of an org that is called otherwise here, by its id or its file. `base` is the folder that errors do
/// not name.
#[must_use]
pub fn read(path: &Path, root: Option<&Path>, org: Org<'_>, base: &Path) -> Read {
    let request = Request { path: path.to_owned(), org: org.name.map(str::to_owned), root: root.map(Path::to_owned) };
    let Loaded { sources, diagnostics, config, files } = config::load(&request);
    if let Some(Config { desired, .. }) = config {
        return Read { desired: Ok(desired), files };
    }
    let is_unknown = diagnostics.iter().any(|it| matches!(it.finding, Finding::UnknownOrg { .. }));
    let other = if is_unknown { called_otherwise(path, root, org) } else { None };
    other.unwrap_or_else(|| Read { desired: Err(first_error(&diagnostics, &sources, base)), files })
}

/// The path without what leads nowhere: `./before` is `before`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|it| *it != Component::CurDir).collect()
}

/// The config of the org that the head is for, whatever it is called here.
fn called_otherwise(path: &Path, root: Option<&Path>, org: Org<'_>) -> Option<Read> {
    let of = |config: &Config, path: &Path| {
        let id = config.desired.org.as_ref().and_then(|it| it.id.clone());
        let file = config.org_file.as_ref().and_then(|it| plain(it).strip_prefix(plain(path)).map(Path::to_owned).ok());
        (id, file)
    };
    let (id, file) = of(org.head, org.head_path);
    let LoadedAll { configs, files, .. } = config::load_all(path, root);
    let by_id = configs.iter().find(|it| id.is_some() && of(it, path).0 == id);
    let found = by_id.or_else(|| configs.iter().find(|it| file.is_some() && of(it, path).1 == file))?;
    Some(Read { desired: Ok(found.desired.clone()), files })
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
            format!("{place}: {message}", place = text::ticked(place))
        }
        None => message,
    }
}

//! The config in any commit of its repository, and since when it asks for its current state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::config::diagnostic::Diagnostic;
use crate::config::file_system::{Disk, FileSystem};
use crate::config::finding::{Finding, Severity};
use crate::config::{self, Config, ConfigSource, Loaded, LoadedAll};
use crate::host::git::{Commit, Git, GitError, Objects, Revision};
use crate::model::desired::Desired;
use crate::model::limits::{COMMITS_MAX, EARLIER_BYTES_MAX};
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::history::commit_files::{CommitFiles, SeenPath};
use crate::plan::base::asks_the_same;

/// The most configs that are read to find when a definition last changed.
const CONFIGS_MAX: usize = 50;

#[derive(Debug)]
pub struct GitConfig<'a> {
    git: Git,
    objects: Rc<RefCell<Objects>>,
    place: InRepository,
    head: ConfigFiles<'a>,
}

/// The path of a config, relative to the top of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRepository {
    pub path: PathBuf,
    pub root: PathBuf,
}

/// The config of a commit that replaces the one on disk.
#[derive(Debug)]
pub struct AtCommit {
    pub files: Rc<CommitFiles>,
    /// Its path in the commit.
    pub place: InRepository,
    /// The full hash.
    pub commit: String,
}

/// The config of an org, and where it was read.
#[derive(Debug, Clone, Copy)]
pub struct ConfigFiles<'a> {
    pub config: &'a Config,
    /// What was typed.
    pub source: &'a ConfigSource,
    pub sources: &'a Sources,
    /// `None` if it was read from disk.
    pub at: Option<&'a AtCommit>,
}

/// The result of reading a config from disk.
pub(crate) struct ConfigOnDisk {
    /// Its desired state, or the first error.
    pub desired: Result<Desired, String>,
    pub files: Vec<PathBuf>,
    pub sources: Sources,
}

/// Why a commit has no usable config.
#[derive(Debug)]
pub enum NoConfig {
    Absent(String),
    /// It has errors, or could not be read.
    Broken(String),
}

/// The config in a commit.
#[derive(Debug)]
pub struct Version {
    /// Its desired state, or why there is none.
    pub desired: Result<Desired, NoConfig>,
    /// The commit, and what was read of it.
    pub past: ConfigPast,
    pub sources: Sources,
}

/// A commit, and what was read of it for a config.
#[derive(Debug)]
pub struct ConfigPast {
    commit: Commit,
    seen: SeenPath,
    bytes: usize,
    failed: Option<GitError>,
}

impl InRepository {
    /// From a typed path and root.
    pub fn find(git: &Git, path: &Path, root: Option<&Path>) -> Result<InRepository, String> {
        let path = git.below(path).ok_or("the config is not in the repository")?;
        // Anything above the repository is not in a commit.
        let root = root.and_then(|it| git.below(it)).unwrap_or_default();
        Ok(InRepository { path, root })
    }
}

impl<'a> ConfigFiles<'a> {
    /// Its path on disk, or in its commit.
    pub fn path(self) -> &'a Path {
        self.at.map_or(&*self.source.path, |it| &it.place.path)
    }

    /// Its root folder there. `None` if none was typed.
    pub fn root(self) -> Option<&'a Path> {
        self.at.map_or(self.source.root.as_deref(), |it| Some(&it.place.root))
    }

    pub fn file_system(self) -> Rc<dyn FileSystem> {
        match self.at {
            Some(at) => Rc::clone(&at.files) as Rc<dyn FileSystem>,
            None => Rc::new(Disk::default()),
        }
    }
}

impl<'a> GitConfig<'a> {
    /// `head` is the config to compare with: a renamed org is found by its id or its file.
    pub fn find(git: &Git, path: &Path, root: Option<&Path>, head: ConfigFiles<'a>) -> Result<GitConfig<'a>, String> {
        let place = InRepository::find(git, path, root)?;
        let objects = git.objects().map_err(|error| error.to_string())?;
        Ok(GitConfig { git: git.clone(), objects: Rc::new(RefCell::new(objects)), place, head })
    }

    /// The config in a commit.
    pub fn at(&self, hash: &str) -> Result<Version, String> {
        let commit = self.commit(hash).map_err(|error| error.to_string())?;
        self.version(commit).ok_or_else(|| "the commit is no commit".to_owned())
    }

    fn commit(&self, hash: &str) -> Result<Option<Commit>, GitError> {
        self.objects.borrow_mut().commit(hash)
    }

    fn version(&self, commit: Option<Commit>) -> Option<Version> {
        let system = Rc::new(CommitFiles::of(&self.objects, commit?));
        let InRepository { path, root } = &self.place;
        let absent = |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        let is_absent = system.canonical(path).is_err_and(absent);
        let ConfigOnDisk { desired, files: _, sources } =
            read(Rc::clone(&system) as Rc<dyn FileSystem>, path, Some(root), self.head);
        let desired = desired.map_err(if is_absent { NoConfig::Absent } else { NoConfig::Broken });
        let past = ConfigPast {
            commit: system.commit().clone(),
            seen: system.seen(),
            bytes: system.bytes_read(),
            failed: system.failed(),
        };
        Some(Version { desired, past, sources })
    }

    /// The oldest commit since which no file of the config changed, and the commit before it. A merge counts as one
    /// change. `left` limits the commits to read.
    fn began(&self, past: &ConfigPast, left: &mut usize) -> Result<(Commit, Option<Commit>), GitError> {
        let refused = |why: String| GitError::Refused(why);
        let mut oldest = past.commit.clone();
        loop {
            let Some(parent) = &oldest.parent else { return Ok((oldest, None)) };
            let far = || refused(format!("the config has changed in none of the last {COMMITS_MAX} commits"));
            *left = left.checked_sub(1).ok_or_else(far)?;
            let odd = || refused("a commit follows what is no commit".to_owned());
            let parent = self.commit(parent)?.ok_or_else(odd)?;
            if !CommitFiles::holds_the_same(&self.objects, &past.seen, &parent)? {
                return Ok((oldest, Some(parent)));
            }
            oldest = parent;
        }
    }

    /// Passes on the config of a commit and its predecessors along the first parents, each version once with its newest
    /// commit, until `is_enough` returns true. A missing or broken config is skipped.
    pub fn walk(&self, from: &str, mut is_enough: impl FnMut(&str, &Desired) -> bool) -> Result<(), GitError> {
        let (mut next, mut commits, mut bytes) = (self.commit(from)?, COMMITS_MAX, EARLIER_BYTES_MAX);
        // The last commit with it, if the one before differs.
        let (mut holds_it, mut first) = (None, None);
        // The first one is usually the current config.
        for _ in 0..=CONFIGS_MAX {
            let Some(Version { desired, past, sources: _ }) = self.version(next.take()) else { break };
            if matches!(desired, Err(NoConfig::Absent(_))) {
                first = first.or_else(|| holds_it.take());
            } else {
                holds_it = Some(past.commit.hash.clone());
            }
            if let Some(error) = past.failed {
                return Err(error);
            }
            let long = || {
                let mib = EARLIER_BYTES_MAX / (1024 * 1024);
                GitError::Refused(format!("the earlier versions of the config have more than {mib} MiB"))
            };
            bytes = bytes.checked_sub(past.bytes).ok_or_else(long)?;
            if desired.is_ok_and(|it| is_enough(&past.commit.hash, &it)) {
                return Ok(());
            }
            next = self.began(&past, &mut commits)?.1;
        }
        let elsewhere = |hash: String| {
            let hash: String = hash.chars().take(7).collect();
            GitError::Refused(format!("the config is at this path since {hash} only: it is new there, or was moved"))
        };
        let far = || GitError::Refused(format!("the last {CONFIGS_MAX} changes of the config do not say"));
        match (first, next) {
            (Some(hash), _) => Err(elsewhere(hash)),
            (None, Some(_)) => Err(far()),
            (None, None) => Ok(()),
        }
    }

    /// When the config last changed, as of a commit. `None` if that is too far back.
    pub fn changed_at(&self, past: &ConfigPast) -> Option<Moment> {
        self.began(past, &mut { COMMITS_MAX }).ok().map(|(commit, _)| moment(&commit))
    }

    /// Those of these definitions that changed after the given moment, as of a commit, with the time of the change. A
    /// missing definition is older, or its time is not known.
    pub fn younger(&self, past: ConfigPast, config: &Desired, than: BTreeMap<Key, Moment>) -> BTreeMap<Key, Moment> {
        let (mut open, mut since) = (than, BTreeMap::new());
        let (mut past, mut commits, mut bytes) = (past, COMMITS_MAX, EARLIER_BYTES_MAX);
        for _ in 0..CONFIGS_MAX {
            if open.is_empty() {
                break;
            }
            let Ok((commit, before)) = self.began(&past, &mut commits) else { break };
            let began = moment(&commit);
            // A commit is merged at its date or later: an earlier modification cannot be its effect.
            open.retain(|_, touched| *touched < began);
            // The previous version is about as long. It is not read if it would not fit.
            if bytes < past.bytes {
                break;
            }
            let before = match self.version(before) {
                Some(Version { desired, past: older, sources: _ }) => {
                    let Some(left) = bytes.checked_sub(older.bytes) else { break };
                    (bytes, past) = (left, older);
                    match desired {
                        Ok(before) => Some(before),
                        Err(NoConfig::Absent(_)) => None,
                        // Its meaning while broken is not known, but the versions before are.
                        Err(NoConfig::Broken(_)) => continue,
                    }
                }
                None => None,
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

    /// The desired states after a commit, along the first parents of the checkout, newest first. A broken config has
    /// none, because it could not be applied.
    pub fn since(&self, applied: &ConfigPast) -> Result<Vec<Desired>, String> {
        let head = Revision::read("HEAD").map(|it| self.git.commit(&it)).transpose();
        let head = head.map_err(|error| error.to_string())?.flatten();
        let head = head.ok_or("what is checked out is no commit")?;
        let in_words = |error: GitError| error.to_string();
        let newest = self.commit(&head).map_err(in_words)?;
        if !self.is_before(&applied.commit, newest.as_ref()) {
            return Err(
                "it is not a part of the history of what is checked out, so what was merged since is not known"
                    .to_owned(),
            );
        }
        let too_large = || "the changes of the config that were merged since are too large to be read".to_owned();
        let (mut configs, mut bytes, mut versions) = (Vec::new(), EARLIER_BYTES_MAX, 0);
        let mut next = newest;
        while let Some(version) = self.version(next) {
            let mut oldest = version.past.commit.clone();
            next = loop {
                if oldest.hash == applied.commit.hash {
                    return Ok(configs);
                }
                let parent =
                    oldest.parent.as_deref().map(|it| self.commit(it)).transpose().map_err(in_words)?.flatten();
                let Some(parent) = parent else { break None };
                let same = CommitFiles::holds_the_same(&self.objects, &version.past.seen, &parent);
                if !same.map_err(in_words)? {
                    break Some(parent);
                }
                oldest = parent;
            };
            versions += 1;
            if versions > CONFIGS_MAX {
                return Err(format!("more than {CONFIGS_MAX} changes of the config were merged since"));
            }
            let left = bytes.checked_sub(version.past.bytes);
            bytes = left.ok_or_else(too_large)?;
            if bytes < version.past.bytes {
                return Err(too_large());
            }
            configs.extend(version.desired.ok());
        }
        Ok(configs)
    }

    /// Is a commit equal to another one, or among its first parents?
    fn is_before(&self, wanted: &Commit, newest: Option<&Commit>) -> bool {
        let mut commit = newest.cloned();
        for _ in 0..COMMITS_MAX {
            match commit {
                Some(it) if it.hash == wanted.hash => return true,
                Some(Commit { parent: Some(parent), .. }) => commit = self.commit(&parent).ok().flatten(),
                _ => return false,
            }
        }
        false
    }
}

fn moment(commit: &Commit) -> Moment {
    Moment::from_unix_ms(commit.seconds.saturating_mul(1_000))
}

/// Reads a config from disk. A renamed org is found by its id or its file.
pub(crate) fn read_from_disk(path: &Path, head: ConfigFiles<'_>) -> ConfigOnDisk {
    read(Rc::new(Disk::default()), path, None, head)
}

fn read(system: Rc<dyn FileSystem>, path: &Path, root: Option<&Path>, head: ConfigFiles<'_>) -> ConfigOnDisk {
    let request = ConfigSource { path: path.to_owned(), org: head.source.org.clone(), root: root.map(Path::to_owned) };
    let Loaded { sources, diagnostics, config, files } = config::load_in(Rc::clone(&system), &request);
    if let Some(Config { desired, .. }) = config {
        return ConfigOnDisk { desired: Ok(desired), files, sources };
    }
    let is_unknown = diagnostics.iter().any(|it| matches!(it.finding, Finding::UnknownOrg { .. }));
    let other = if is_unknown { called_otherwise(system, path, root, head) } else { None };
    other.unwrap_or_else(|| ConfigOnDisk { desired: Err(first_error(&diagnostics, &sources)), files, sources })
}

/// The path without redundant parts: `./before` is `before`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|it| *it != Component::CurDir).collect()
}

/// The config of the head's org under another name.
fn called_otherwise(
    system: Rc<dyn FileSystem>,
    path: &Path,
    root: Option<&Path>,
    head: ConfigFiles<'_>,
) -> Option<ConfigOnDisk> {
    let of = |config: &Config, path: &Path| {
        let id = config.desired.org.as_ref().and_then(|it| it.id.clone());
        let file = config.org_file.as_ref().and_then(|it| plain(it).strip_prefix(plain(path)).map(Path::to_owned).ok());
        (id, file)
    };
    let (id, file) = of(head.config, head.path());
    let is_it = |it: &Config| {
        let (its_id, its_file) = of(it, path);
        (id.is_some() && its_id == id) || (file.is_some() && its_file == file)
    };
    let LoadedAll { configs, files, sources, .. } = config::load_all_in(system, path, root, is_it);
    let by_id = configs.iter().find(|it| id.is_some() && of(it, path).0 == id);
    let found = by_id.or_else(|| configs.iter().find(|it| file.is_some() && of(it, path).1 == file))?;
    Some(ConfigOnDisk { desired: Ok(found.desired.clone()), files, sources })
}

/// The first error, with its place.
fn first_error(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let error = diagnostics.iter().find(|it| it.severity == Severity::Error);
    let Some(error) = error else { return "it could not be read".to_owned() };
    let message = error.finding.message();
    match error.place.map(|span| sources.place(span)) {
        Some(place) => format!("{}: {message}", text::ticked(place)),
        None => message,
    }
}

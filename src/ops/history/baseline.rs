//! The config of a commit: `--at` reads it instead of the one on disk, `--base` and `--applied` beside it. All of this
//! is read before anything is sent.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::config::diagnostic::Findings;
use crate::config::file_system::FileSystem as _;
use crate::config::finding::Finding;
use crate::config::{self, ConfigSource};
use crate::host::files::{self, cannot_read};
use crate::host::git::{Deadline, Git, GitError, Revision};
use crate::model::desired::Desired;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::applied::Applied;
use crate::ops::history::commit_files::CommitFiles;
use crate::ops::history::git_config::{
    self, AtCommit, ConfigFiles, ConfigOnDisk, ConfigPast, GitConfig, InRepository, NoConfig, Version,
};
use crate::plan::base::asks_the_same;
use crate::plan::origin::{Against, SHALLOW};

/// How long Git may take to find deleted files.
const DELETED_MAX: Duration = Duration::from_secs(5);

/// The config, as far as it could be read.
pub struct Baseline<'a> {
    pub against: Against,
    /// The config, or why there is none.
    pub desired: Result<Desired, String>,
    /// The files on disk that it was read from. Empty for a commit.
    pub files: Vec<PathBuf>,
    /// The repository and the commit that it was read from. The history is missing if the clone is shallow.
    pub past: Option<(GitConfig<'a>, ConfigPast)>,
    /// What was read. Empty without a config.
    pub sources: Sources,
}

/// The flag that names a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// `--at`.
    At,
    /// `--base`.
    Base,
    /// `--applied`.
    Applied,
    /// `--changed-since`.
    ChangedSince,
    /// `--behind`.
    Behind,
}

impl Purpose {
    fn flag(self) -> &'static str {
        match self {
            Purpose::At => "--at",
            Purpose::Base => "--base",
            Purpose::Applied => "--applied",
            Purpose::ChangedSince => "--changed-since",
            Purpose::Behind => "--behind",
        }
    }

    /// May this commit be missing? The last applied commit is found by machines, and a rewritten branch no longer has
    /// it. Differences in the org can be shown anyway.
    fn may_be_missing(self, typed: &str) -> bool {
        let is_hash = matches!(typed.len(), 40 | 64) && typed.bytes().all(|it| it.is_ascii_hexdigit());
        self == Purpose::Applied && is_hash
    }
}

/// Reads the base of a config. A config with errors is no failure: then changes have no known origin.
pub fn base<'a>(config: ConfigFiles<'a>, typed: &str) -> Result<Baseline<'a>, Problem> {
    read(config, typed, Purpose::Base)
}

/// Reads the config of the last applied commit, and the configs merged since. A commit with a full hash may be missing,
/// and files may have errors: then it is no evidence. The merge time of a path is not known, so a path is refused.
pub fn applied(config: ConfigFiles<'_>, typed: &str) -> Result<Applied, Problem> {
    let Baseline { against, desired, past, .. } = read(config, typed, Purpose::Applied)?;
    let since = past.map_or_else(|| Ok(Vec::new()), |(repository, past)| repository.since(&past));
    Ok(Applied { against, desired, since })
}

/// Finds the config of a commit that replaces the one on disk. Its path may be missing there.
pub fn at(path: &Path, root: Option<&Path>, typed: &str) -> Result<AtCommit, Problem> {
    of_commit(path, root, typed, Purpose::At)
}

/// Finds the config before a change: that of the merge base with the config's commit, unless `is_exact`.
pub fn changed_since(
    (path, root): (&Path, Option<&Path>),
    typed: &str,
    head: Option<&AtCommit>,
    is_exact: bool,
) -> Result<AtCommit, Problem> {
    whole_history(path, Purpose::ChangedSince)?;
    if is_exact || typed.contains("...") {
        return of_commit(path, root, typed, Purpose::ChangedSince);
    }
    let head = head.map_or("HEAD", |it| &it.commit);
    let base = of_commit(path, root, &format!("{typed}...{head}"), Purpose::ChangedSince);
    // The typed name appears in the error if it is the cause.
    base.or_else(|problem| of_commit(path, root, typed, Purpose::ChangedSince).and(Err(problem)))
}

/// The files of the last applied commit in the reports. `None` if the commit is missing, as after a rewritten branch.
/// In a shallow clone, that is an error.
pub fn last_applied((path, root): (&Path, Option<&Path>), hash: &str) -> Result<Option<AtCommit>, Problem> {
    if !matches!(hash.len(), 40 | 64) || !hash.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Ok(None);
    }
    if commit(path, hash).map_err(|error| from_git(&error, Purpose::Behind))?.is_some() {
        return of_commit(path, root, hash, Purpose::Behind).map(Some);
    }
    whole_history(path, Purpose::Behind)?;
    Ok(None)
}

fn whole_history(path: &Path, purpose: Purpose) -> Result<(), Problem> {
    let git = Git::above(path).map_or(Ok(None), |it| it.repository());
    if matches!(git, Ok(Some(it)) if it.shallow) {
        let what = format!("{}: this is a shallow clone: commits to compare with are missing", purpose.flag());
        return Err(Problem::new(what).help(
            "set `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run `git fetch \
             --unshallow`",
        ));
    }
    Ok(())
}

fn of_commit(path: &Path, root: Option<&Path>, typed: &str, purpose: Purpose) -> Result<AtCommit, Problem> {
    let failed = |error: GitError| from_git(&error, purpose);
    let Some((git, hash)) = commit(path, typed).map_err(failed)? else {
        return Err(unknown(path, typed, purpose));
    };
    let place = InRepository::find(&git, path, root);
    let place = place.map_err(|why| Problem::new(format!("{}: {why} of this commit", purpose.flag())))?;
    let mut objects = git.objects().map_err(failed)?;
    let commit = objects.commit(&hash).map_err(failed)?.ok_or_else(|| nothing_here(typed, purpose))?;
    Ok(AtCommit { files: Rc::new(CommitFiles::of(&Rc::new(RefCell::new(objects)), commit)), place, commit: hash })
}

/// Marks deleted files in these findings: the selected org file or the path itself, if the base or one of the two
/// newest commits has it. A merge of a deletion runs in the commit that made it.
pub fn with_deleted(found: Findings, args: &ConfigSource, base: Option<&str>) -> Findings {
    let is_gone = !files::is_there(&args.path);
    let is_about_it = |it: &Finding| match it {
        Finding::UnknownOrg { .. } => true,
        Finding::Unreadable { .. } => is_gone,
        _ => false,
    };
    if !found.iter().any(|it| is_about_it(&it.finding)) {
        return found;
    }
    let until = Deadline::within(DELETED_MAX);
    let mut commits = base.into_iter().chain(["HEAD", "HEAD~1"]);
    let Some((file, its_commit)) = commits.find_map(|it| deleted(args, it, is_gone, until)) else { return found };
    let mut shown = found.to_vec();
    for diagnostic in &mut shown {
        match &mut diagnostic.finding {
            Finding::UnknownOrg { deleted, commit, .. } => {
                *deleted = Some(file.display().to_string());
                commit.clone_from(&its_commit);
            }
            Finding::Unreadable { cause, nearest, .. } if is_gone => {
                *nearest = None;
                *cause = format!(
                    "it was deleted, and {commit} has it; `git restore --source {word} -- FILE` brings it back",
                    commit = text::ticked(&its_commit),
                    word = text::unticked(text::shell_word(&its_commit))
                );
            }
            _ => {}
        }
    }
    Findings::new(shown, found.errors, found.warnings)
}

/// The file of an org or a path that exists in the commit and not on disk. `None` if Git does not show it.
fn deleted(args: &ConfigSource, typed: &str, is_gone: bool, until: Deadline) -> Option<(PathBuf, String)> {
    let git = Git::above(&args.path)?.until(until);
    git.repository().ok()??;
    let hash = git.commit(&Revision::read(typed)?).ok()??;
    let InRepository { path, root } = InRepository::find(&git, &args.path, args.root.as_deref()).ok()?;
    let mut objects = git.objects().ok()?;
    let commit = objects.commit(&hash).ok()??;
    let files = Rc::new(CommitFiles::of(&Rc::new(RefCell::new(objects)), commit));
    let file = if is_gone {
        files.canonical(&path).ok().map(|_| path)?
    } else {
        let request = ConfigSource { path, org: Some(args.org.clone()?), root: Some(root) };
        config::load_in(files, &request).config?.org_file?
    };
    // A renamed org still has its file.
    (!files::is_there(&git.top().join(&file))).then(|| (file, typed.to_owned()))
}

fn read<'a>(config: ConfigFiles<'a>, typed: &str, purpose: Purpose) -> Result<Baseline<'a>, Problem> {
    let path = &*config.source.path;
    // `./main` is a path even if there is a branch of that name.
    let is_path = typed.starts_with('.') || Path::new(typed).is_absolute();
    let commit = if is_path { Ok(None) } else { commit(path, typed) };
    match commit {
        Ok(Some((git, hash))) => at_commit(config, typed, &git, &hash).map_err(|error| from_git(&error, purpose)),
        Ok(None) | Err(_) if purpose == Purpose::Base && files::leads_to_something(Path::new(typed)) => {
            Ok(at_path(typed, config))
        }
        Ok(None) if purpose.may_be_missing(typed) => Ok(missing(typed)),
        Ok(None) => {
            let problem = unknown(path, typed, purpose);
            let may_be_path = purpose == Purpose::Base && typed.contains(['/', '\\', '.']);
            Err(if may_be_path { cannot_read(Path::new(typed), problem) } else { problem })
        }
        Err(error) => Err(from_git(&error, purpose)),
    }
}

fn commit(path: &Path, typed: &str) -> Result<Option<(Git, String)>, GitError> {
    let (Some(git), Some(revision)) = (Git::above(path), Revision::read(typed)) else { return Ok(None) };
    if git.repository()?.is_none() {
        return Ok(None);
    }
    Ok(git.commit(&revision)?.map(|hash| (git, hash)))
}

fn from_git(error: &GitError, purpose: Purpose) -> Problem {
    Problem::new(format!("{}: {error}", purpose.flag())).help(error.help())
}

fn unknown(path: &Path, typed: &str, purpose: Purpose) -> Problem {
    let (flag, neither) = (purpose.flag(), || nothing_here(typed, purpose));
    match Git::above(path).map_or(Ok(None), |it| it.repository()) {
        Ok(None) => {
            let (is, help) = match purpose {
                Purpose::At | Purpose::ChangedSince | Purpose::Behind => {
                    ("is no commit", "run it in a clone of the config's repository; nothing was sent")
                }
                Purpose::Base => (
                    "is no path",
                    "give the path of the config before the change, or run it in a clone of its repository; nothing was sent",
                ),
                Purpose::Applied => (
                    "is no commit",
                    "run it in a clone of the config's repository, or give `--report-dir DIR`, the reports of applies; \
                     nothing was sent",
                ),
            };
            let is_elsewhere = |real: &PathBuf| Git::above(real).is_some() && Git::above(real) != Git::above(path);
            let real = files::real(path).filter(is_elsewhere);
            let help = match real {
                Some(real) => {
                    format!("the path is a link: give {}; nothing was sent", text::ticked(real.display()))
                }
                None => help.to_owned(),
            };
            let (typed, path) = (text::ticked(typed), text::ticked(path.display()));
            Problem::new(format!("{flag}: {typed} {is}, and {path} is not in a Git repository")).help(help)
        }
        Ok(Some(it)) if it.shallow => neither().help(format!("{SHALLOW}; nothing was sent")),
        Ok(Some(_)) | Err(_) => {
            neither().help("`git branch --all` lists the names that are here, such as `origin/main`; nothing was sent")
        }
    }
}

fn nothing_here(typed: &str, purpose: Purpose) -> Problem {
    let is = match purpose {
        Purpose::Base => "is neither a commit that is here nor a path",
        Purpose::At | Purpose::Applied | Purpose::ChangedSince | Purpose::Behind => "is no commit that is here",
    };
    Problem::new(format!("{}: {typed} {is}", purpose.flag(), typed = text::ticked(typed)))
}

fn missing<'a>(hash: &str) -> Baseline<'a> {
    let against = Against { typed: hash.to_owned(), ..Against::default() };
    let why = "the commit is not here: its branch was rewritten, or not all of the history was fetched \
               (`fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab CI)";
    Baseline { against, desired: Err(why.to_owned()), files: Vec::new(), past: None, sources: Sources::new() }
}

fn at_path<'a>(typed: &str, head: ConfigFiles<'a>) -> Baseline<'a> {
    let path = Path::new(typed);
    let ConfigOnDisk { desired, files, sources } = git_config::read_from_disk(path, head);
    let git = Git::above(path);
    let past = desired.as_ref().ok().zip(git.as_ref()).and_then(|(desired, git)| checked_out(git, path, desired, head));
    let is_shallow = |git: Git| git.repository().is_ok_and(|it| it.is_some_and(|it| it.shallow));
    let shallow = past.is_some() && git.is_some_and(is_shallow);
    let against = Against { typed: typed.to_owned(), shallow, ..Against::default() };
    Baseline { against, desired, files, past, sources }
}

/// The history of a path without changes since its repository's newest commit, as in a second checkout.
fn checked_out<'a>(
    git: &Git,
    path: &Path,
    desired: &Desired,
    head: ConfigFiles<'a>,
) -> Option<(GitConfig<'a>, ConfigPast)> {
    let hash = git.commit(&Revision::read("HEAD")?).ok()??;
    let repository = GitConfig::find(git, path, None, head).ok()?;
    let Version { desired: committed, past, sources: _ } = repository.at(&hash).ok()?;
    let committed = committed.ok()?;
    let is_so = desired.definitions.len() == committed.definitions.len()
        && desired.definitions.keys().all(|it| asks_the_same(desired, &committed, it));
    is_so.then_some((repository, past))
}

fn at_commit<'a>(head: ConfigFiles<'a>, typed: &str, git: &Git, hash: &str) -> Result<Baseline<'a>, GitError> {
    let shallow = git.repository()?.is_none_or(|it| it.shallow);
    let against = Against { typed: typed.to_owned(), commit: Some(hash.to_owned()), shallow, ..Against::default() };
    let not_read =
        |against, why| Baseline { against, desired: Err(why), files: Vec::new(), past: None, sources: Sources::new() };
    let repository = match GitConfig::find(git, &head.source.path, head.source.root.as_deref(), head) {
        Ok(repository) => repository,
        Err(why) => return Ok(not_read(against, why)),
    };
    let (desired, past, sources) = match repository.at(hash) {
        Ok(Version { desired: Ok(desired), past, sources }) => (desired, past, sources),
        Ok(Version { desired: Err(NoConfig::Absent(why) | NoConfig::Broken(why)), .. }) | Err(why) => {
            return Ok(not_read(against, why));
        }
    };
    // The oldest commit of a shallow clone seems to contain every change.
    let changed_at = if shallow { None } else { repository.changed_at(&past) };
    let against = Against { changed_at, ..against };
    Ok(Baseline { against, desired: Ok(desired), files: Vec::new(), past: Some((repository, past)), sources })
}

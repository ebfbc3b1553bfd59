//! Another config beside the one at hand: `--base` names a commit or a path, `--applied` a commit. It is read before anything
//! is sent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::ConfigArgs;
use crate::commands::committed::{self, Committed, NoConfig, Org, Read};
use crate::drift::applied::Applied;
use crate::git::{Git, GitError, Revision};
use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::plan::base::asks_the_same;
use crate::plan::origin::{Against, SHALLOW};
use crate::problem::Problem;
use crate::text;

/// The most files by which a commit is asked when they last changed; more of them are asked for as a whole.
const ASKED_MAX: usize = 200;

/// What it is, as far as it could be read.
pub struct Given<'a> {
    /// Which one it is.
    pub against: Against,
    /// The config, or why there is none.
    pub desired: Result<Desired, String>,
    /// The files on the disk that it was read from; none where it is a commit.
    pub files: Vec<PathBuf>,
    /// The repository that it was read from, and the commit. Without its history, where that is shallow.
    pub past: Option<(Committed<'a>, String)>,
}

/// What another config is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// `--base`.
    Base,
    /// `--applied`.
    Applied,
}

impl Purpose {
    fn flag(self) -> &'static str {
        match self {
            Purpose::Base => "--base",
            Purpose::Applied => "--applied",
        }
    }

    /// May the commit of this hash be missing? The commit that was applied last is looked up by machines, and a branch that
    /// was rewritten since does not have it. What is otherwise in the org can be told all the same.
    fn may_be_missing(self, typed: &str) -> bool {
        let is_hash = matches!(typed.len(), 40 | 64) && typed.bytes().all(|it| it.is_ascii_hexdigit());
        self == Purpose::Applied && is_hash
    }
}

/// Reads the base of a config. One whose files hold errors is no failure: then nothing can be told apart.
///
/// # Errors
/// It is neither a commit that is here nor a path.
pub fn base<'a>(args: &ConfigArgs, typed: &str, org: Org<'a>) -> Result<Given<'a>, Problem> {
    read(args, typed, org, Purpose::Base)
}

/// Reads the config of the commit that was applied last, and what was merged since. A commit whose whole hash is given may be
/// missing, and the files may hold errors: then nothing is told by it. What a path held was merged at no known time, so none
/// is taken.
///
/// # Errors
/// It is no commit that is here.
pub fn applied(args: &ConfigArgs, typed: &str, org: Org<'_>) -> Result<Applied, Problem> {
    let Given { against, desired, files: _, past } = read(args, typed, org, Purpose::Applied)?;
    let since = past.map_or_else(|| Ok(Vec::new()), |(past, commit)| past.since(&commit));
    Ok(Applied { against, desired, since })
}

fn read<'a>(args: &ConfigArgs, typed: &str, org: Org<'a>, purpose: Purpose) -> Result<Given<'a>, Problem> {
    // `./main` is a path even where there is a branch of that name.
    let is_path = typed.starts_with('.') || Path::new(typed).is_absolute();
    let commit = if is_path { Ok(None) } else { commit(args, typed) };
    match commit {
        Ok(Some((git, hash))) => at_commit(args, typed, org, &git, &hash).map_err(|error| from_git(&error, purpose)),
        Ok(None) | Err(_) if purpose == Purpose::Base && fs::metadata(typed).is_ok() => Ok(at_path(typed, org)),
        Ok(None) if purpose.may_be_missing(typed) => Ok(missing(typed)),
        Ok(None) => Err(unknown(args, typed, purpose)),
        Err(error) => Err(from_git(&error, purpose)),
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

fn from_git(error: &GitError, purpose: Purpose) -> Problem {
    Problem::new(format!("{}: {error}", purpose.flag())).help(error.help())
}

fn unknown(args: &ConfigArgs, typed: &str, purpose: Purpose) -> Problem {
    let (flag, neither) = (purpose.flag(), || nothing_here(typed, purpose));
    match Git::at(&args.path).repository() {
        Ok(None) => {
            let path = args.path.display();
            let (is, help) = match purpose {
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
            Problem::new(format!(
                "{flag}: {typed} {is}, and {path} is in no Git repository",
                typed = text::ticked(typed),
                path = text::ticked(path)
            ))
            .help(help)
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
        Purpose::Applied => "is no commit that is here",
    };
    Problem::new(format!("{}: {typed} {is}", purpose.flag(), typed = text::ticked(typed)))
}

fn missing<'a>(hash: &str) -> Given<'a> {
    let against = Against { typed: hash.to_owned(), ..Against::default() };
    let why = "the commit is not here: its branch was rewritten, or not all of the history was fetched \
               (`fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab CI)";
    Given { against, desired: Err(why.to_owned()), files: Vec::new(), past: None }
}

fn at_path<'a>(typed: &str, org: Org<'a>) -> Given<'a> {
    let path = Path::new(typed);
    let Read { desired, files } = committed::read(path, None, org, Path::new(""));
    let git = Git::at(path);
    let past = desired.as_ref().ok().and_then(|desired| checked_out(&git, path, desired, org));
    let shallow = past.is_some() && git.repository().is_ok_and(|it| it.is_some_and(|it| it.shallow));
    Given { against: Against { typed: typed.to_owned(), shallow, ..Against::default() }, desired, files, past }
}

/// The history of a path that is as its repository's newest commit has it, as in a second checkout beside this one.
fn checked_out<'a>(git: &Git, path: &Path, desired: &Desired, org: Org<'a>) -> Option<(Committed<'a>, String)> {
    let hash = git.commit(&Revision::read("HEAD")?).ok()??;
    let past = Committed::find(path, None, &git.top().ok()?, org).ok()?;
    let (committed, _) = past.at(&hash).ok()?;
    let is_so = desired.definitions.len() == committed.definitions.len()
        && desired.definitions.keys().all(|it| asks_the_same(desired, &committed, it));
    is_so.then_some((past, hash))
}

fn at_commit<'a>(args: &ConfigArgs, typed: &str, org: Org<'a>, git: &Git, hash: &str) -> Result<Given<'a>, GitError> {
    let top = git.top()?;
    let shallow = git.repository()?.is_none_or(|it| it.shallow);
    let mut against = Against { typed: typed.to_owned(), commit: Some(hash.to_owned()), shallow, ..Against::default() };
    let given = |against, desired, past| Given { against, desired, files: Vec::new(), past };
    let past = match Committed::find(&args.path, args.root.as_deref(), &top, org) {
        Ok(past) => past,
        Err(why) => return Ok(given(against, Err(why), None)),
    };
    let (desired, files) = match past.at(hash) {
        Ok(read) => read,
        Err(NoConfig::Absent(why) | NoConfig::Broken(why)) => return Ok(given(against, Err(why), None)),
    };
    // The oldest commit of a shallow clone looks as if it had made everything.
    if !shallow {
        let files: &[PathBuf] = if files.len() > ASKED_MAX { &[] } else { &files };
        let changed = Git::at(&top).changed_at(hash, files).ok().flatten();
        against.changed_at = changed.map(|seconds| Moment::from_unix_ms(seconds.saturating_mul(1_000)));
    }
    Ok(given(against, Ok(desired), Some((past, hash.to_owned()))))
}

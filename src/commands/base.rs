//! `--base REF|PATH`: the config that a plan is compared with, from a commit or a folder. It is read once, before
//! anything is sent, and planned against the same reading of the org. What was pending before is told apart by reports
//! and by the history of the config, as far as they are certain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::ConfigArgs;
use crate::commands::committed::{self, Committed, NoConfig, Org, Read};
use crate::drift::history::{History, How};
use crate::git::{Git, GitError, Revision};
use crate::journal::kept::KeptReport;
use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::model::observed::{Observed, Target};
use crate::plan::base::{Side, compare};
use crate::plan::change::Step;
use crate::plan::origin::{Against, Base, Comparison, Evidence, Pending, SHALLOW};
use crate::plan::{Plan, plan};
use crate::problem::Problem;

/// The most files by which a commit is asked when they last changed; more of them are asked for as a whole.
const ASKED_MAX: usize = 200;

/// The base, as far as it could be read.
pub struct Given<'a> {
    against: Against,
    /// The config, or why there is none.
    desired: Result<Desired, String>,
    /// The files on the disk that it was read from; none where it is a commit.
    pub files: Vec<PathBuf>,
    /// The repository with the whole history of the commit, and the commit.
    past: Option<(Committed<'a>, String)>,
}

impl Given<'_> {
    /// The plan with what it says beside the base's. What is planned stays as it is.
    #[must_use]
    pub fn compared(
        self,
        head: Plan,
        desired: &Desired,
        observed: &Observed,
        target: &Target,
        reports: &[KeptReport],
    ) -> Plan {
        let Given { against, desired: base, files: _, past } = self;
        let comparison = match base {
            Ok(base) => {
                let base = Desired { only: desired.only.clone(), ..base };
                let before = plan(&base, observed, &base.settings.limits);
                let history = History::of(reports, target);
                let since = past.map_or_else(BTreeMap::new, |(past, commit)| {
                    past.younger(&commit, &base, touched(&before, observed, &history))
                });
                let pending = |step: &Step| pending(step, observed, &history, &since);
                let (base, head) = (Side { desired: &base, plan: &before }, Side { desired, plan: &head });
                Comparison::Made(Box::new(compare(base, head, &pending)))
            }
            Err(why) => Comparison::NotMade(why),
        };
        Plan { base: Some(Base { against, comparison }), ..head }
    }
}

/// When the object of a step was last touched, where the org says so.
fn touched_at(step: &Step, observed: &Observed) -> Option<Moment> {
    let modified = observed.get(step.id()?)?.modified.as_ref()?;
    modified.at.as_deref().and_then(Moment::read)
}

/// The definitions that only a time can tell something of, with when their objects were last touched.
fn touched(before: &Plan, observed: &Observed, history: &History<'_>) -> BTreeMap<Key, Moment> {
    let open = before.changes.iter().map(|it| &it.step).filter(|it| history.certainly(it, observed) == How::NotKnown);
    open.filter_map(|step| Some((step.key()?.clone(), touched_at(step, observed)?))).collect()
}

fn pending(step: &Step, observed: &Observed, history: &History<'_>, since: &BTreeMap<Key, Moment>) -> Pending {
    match history.certainly(step, observed) {
        How::Edited => Pending::Edited { at: touched_at(step, observed) },
        How::NotApplied => Pending::NotApplied(Evidence::Reports),
        How::NotKnown => match step.key().and_then(|key| since.get(key)) {
            Some(since) => Pending::NotApplied(Evidence::Times { since: *since }),
            None => Pending::NotKnown,
        },
    }
}

/// Reads the base of a config. One whose files hold errors is no failure: then nothing can be told apart.
///
/// # Errors
/// It is neither a commit that is here nor a path.
pub fn read<'a>(args: &ConfigArgs, typed: &str, org: Org<'a>) -> Result<Given<'a>, Problem> {
    // `./main` is a path even where there is a branch of that name.
    let is_path = typed.starts_with('.') || Path::new(typed).is_absolute();
    let commit = if is_path { Ok(None) } else { commit(args, typed) };
    match commit {
        Ok(Some((git, hash))) => at_commit(args, typed, org, &git, &hash),
        Ok(None) | Err(_) if fs::metadata(typed).is_ok() => Ok(at_path(typed, org)),
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
    match Git::at(&args.path).repository() {
        Ok(None) => {
            let path = args.path.display();
            Problem::new(format!("--base: `{typed}` is no path, and `{path}` is in no Git repository")).help(
                "give the path of the config before the change, or run it in a clone of its repository; nothing was sent",
            )
        }
        Ok(Some(it)) if it.shallow => neither(typed).help(format!("{SHALLOW}; nothing was sent")),
        Ok(Some(_)) | Err(_) => neither(typed)
            .help("`git branch --all` lists the names that are here, such as `origin/main`; nothing was sent"),
    }
}

fn neither(typed: &str) -> Problem {
    Problem::new(format!("--base: `{typed}` is neither a commit that is here nor a path"))
}

fn at_path<'a>(typed: &str, org: Org<'a>) -> Given<'a> {
    let Read { desired, files } = committed::read(Path::new(typed), None, org, Path::new(""));
    Given { against: Against { typed: typed.to_owned(), ..Against::default() }, desired, files, past: None }
}

fn at_commit<'a>(args: &ConfigArgs, typed: &str, org: Org<'a>, git: &Git, hash: &str) -> Result<Given<'a>, Problem> {
    let top = git.top().map_err(|error| from_git(&error))?;
    let shallow = git.repository().map_err(|error| from_git(&error))?.is_none_or(|it| it.shallow);
    let mut against = Against { typed: typed.to_owned(), commit: Some(hash.to_owned()), shallow, ..Against::default() };
    let given = |against, desired, past| Given { against, desired, files: Vec::new(), past };
    let past = match Committed::find(args, &top, org) {
        Ok(past) => past,
        Err(why) => return Ok(given(against, Err(why), None)),
    };
    let (desired, files) = match past.at(hash) {
        Ok(read) => read,
        Err(NoConfig::Absent(why) | NoConfig::Broken(why)) => return Ok(given(against, Err(why), None)),
    };
    if shallow {
        // The oldest commit of a shallow clone looks as if it had made everything.
        return Ok(given(against, Ok(desired), None));
    }
    let files: &[PathBuf] = if files.len() > ASKED_MAX { &[] } else { &files };
    let changed = Git::at(&top).changed_at(hash, files).ok().flatten();
    against.changed_at = changed.map(|seconds| Moment::from_unix_ms(seconds.saturating_mul(1_000)));
    Ok(given(against, Ok(desired), Some((past, hash.to_owned()))))
}

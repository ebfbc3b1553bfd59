//! Evidence about definitions that a plan would create: the config of `--base`, then kept reports, then the Git history
//! of the config. The first source that knows an object counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::ConfigSource;
use crate::host::git::{Deadline, Git, GitError, Revision};
use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::text;
use crate::ops::history::baseline::Baseline;
use crate::ops::history::git_config::{ConfigFiles, GitConfig};
use crate::ops::history::reports::StoredFile;
use crate::plan::Plan;
use crate::plan::change::{Action, WhyUnmanaged};
use crate::plan::evidence::{Evidence, EvidenceSource, Had, NotRead};
use crate::plan::matching::{Match, pair};
use crate::plan::origin::SHALLOW;

/// How long reading the history may take.
const HISTORY_MAX: Duration = Duration::from_secs(5);

/// Where evidence is looked for, beside the reports.
#[derive(Clone, Copy)]
pub struct EarlierConfigs<'a> {
    /// The config, whose Git history is read.
    pub config: ConfigFiles<'a>,
    /// The config of `--base`.
    pub base: Option<&'a Baseline<'a>>,
}

/// What is searched for, and what was found.
struct Search<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    taken: BTreeSet<DefinitionId>,
    /// Definitions whose object no source knows yet.
    open: BTreeSet<Key>,
    /// Definitions with an object in a report, whose `new: true` may be about it.
    unsaid: BTreeSet<Key>,
    known: BTreeMap<Key, Had>,
}

impl EarlierConfigs<'_> {
    /// The evidence about definitions that a plan would create. `None` if there are none. `reports` are those of this
    /// org, newest first.
    pub fn evidence(
        &self,
        plan: &Plan,
        desired: &Desired,
        observed: &Observed,
        reports: &[StoredFile],
    ) -> Option<Evidence> {
        let open = plan.may_be_renames();
        if open.is_empty() {
            return None;
        }
        let mut search =
            Search { desired, observed, taken: taken(plan), open, unsaid: BTreeSet::new(), known: BTreeMap::new() };
        if let Some(Baseline { against, desired: Ok(base), .. }) = self.base {
            search.take_config(base, || EvidenceSource::Base {
                typed: against.typed.clone(),
                commit: against.commit.clone(),
            });
        }
        search.take_reports(reports);
        let read = if search.is_done() { Ok(()) } else { self.history(&mut search) };
        let Search { open, unsaid, known, .. } = search;
        let not_read = read.err().map(|why| NotRead { keys: open.into_iter().chain(unsaid).collect(), why });
        Some(Evidence { known, not_read })
    }

    /// Reads the history until everything is known, or to its end.
    fn history(&self, search: &mut Search<'_>) -> Result<(), String> {
        // The other messages include what to do.
        let in_words = |error: GitError| match &error {
            GitError::Failed { .. } => format!("{error}; {}", error.help()),
            _ => error.to_string(),
        };
        let ConfigSource { path, org: _, root } = self.config.source;
        let nowhere = || format!("{} is not in a Git repository", text::ticked(path.display()));
        let git = Git::above(path).ok_or_else(nowhere)?.until(Deadline::within(HISTORY_MAX));
        let repository = git
            .repository()
            .map_err(in_words)?
            .ok_or_else(|| format!("Git takes {} for no repository", text::ticked(git.top().join(".git").display())))?;
        let head = || Revision::read("HEAD").map_or(Ok(None), |it| git.commit(&it));
        let from = self.config.at.map_or_else(head, |it| Ok(Some(it.commit.clone()))).map_err(in_words)?;
        // Nothing is committed yet.
        let Some(from) = from else { return Ok(()) };
        let committed = GitConfig::find(&git, path, root.as_deref(), self.config)?;
        let walked = committed.walk(&from, |commit, config| {
            search.take_config(config, || EvidenceSource::Commit(commit.to_owned()));
            search.is_done()
        });
        walked.map_err(|error| match error {
            GitError::Lacks { .. } if repository.shallow => SHALLOW.to_owned(),
            error => in_words(error),
        })
    }
}

/// The objects that definitions of the plan have, or keep unmanaged.
fn taken(plan: &Plan) -> BTreeSet<DefinitionId> {
    let omitted = plan.unmanaged.iter().filter(|it| matches!(it.why, WhyUnmanaged::Omitted(_))).map(|it| &it.id);
    let kept = plan.changes.iter().filter(|it| it.step.action() != Action::Delete).filter_map(|it| it.step.id());
    plan.in_sync.iter().filter_map(|it| it.id.as_ref()).chain(kept).chain(omitted).cloned().collect()
}

impl Search<'_> {
    fn is_done(&self) -> bool {
        self.open.is_empty() && self.unsaid.is_empty()
    }

    /// Takes the objects that an earlier config of this org matches in the current list.
    fn take_config(&mut self, config: &Desired, source: impl Fn() -> EvidenceSource) {
        let id = |it: &Desired| it.org.as_ref().and_then(|org| org.id.clone());
        let is_other = id(config).zip(id(self.desired)).is_some_and(|(its, ours)| its != ours);
        let sought: Vec<Key> = self.open.union(&self.unsaid).cloned().collect();
        if is_other || !sought.iter().any(|it| config.definitions.contains_key(it)) {
            return;
        }
        let found = pair(config, self.observed).found;
        for key in sought {
            let (Some(wanted), Some(Match::One(object, _))) = (config.definitions.get(&key), found.get(&key)) else {
                continue;
            };
            if !self.counts(&object.id) {
                continue;
            }
            let (id, said_new) = (object.id.clone(), wanted.new);
            if self.open.remove(&key) {
                self.known.insert(key, Had { id, source: source(), said_new });
            } else if let Some(had) = self.known.get_mut(&key).filter(|it| it.id == id) {
                had.said_new = said_new;
                self.unsaid.remove(&key);
            }
        }
    }

    /// Can a definition to create be this object? It is active or cannot be read in full, no other definition has it,
    /// and it is not excluded.
    fn counts(&self, id: &DefinitionId) -> bool {
        let is_free = !self.taken.contains(id) && !self.desired.protect.contains_key(id);
        let is_active = |it: &Definition| !it.deactivated && it.primary != Primary::Yes;
        is_free && (self.observed.get(id).is_some_and(is_active) || self.observed.odd(id).is_some())
    }

    /// Takes the objects from reports, if the org shows them.
    fn take_reports(&mut self, reports: &[StoredFile]) {
        for StoredFile { path, report, posts: _ } in reports {
            let named = report.objects();
            for key in self.open.clone() {
                let Some(id) = named.get(&key).filter(|it| self.counts(it)) else { continue };
                self.open.remove(&key);
                let source = EvidenceSource::Report(path.display().to_string());
                self.known.insert(key.clone(), Had { id: (*id).clone(), source, said_new: false });
                // A report does not have the content of the config, but the config itself does.
                if self.desired.definitions.get(&key).is_some_and(|it| it.new) {
                    self.unsaid.insert(key);
                }
            }
        }
    }
}

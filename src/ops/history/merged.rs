//! Since when a config asks what it asks. Where no report knows an object, this alone may tell that a change was merged
//! and not applied: its definition changed after the object was last touched.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::ConfigSource;
use crate::host::git::{Deadline, Git, Revision};
use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::model::observed::Observed;
use crate::ops::drift::history::{DifferenceCause, History};
use crate::ops::history::git_config::{GitConfig, OrgOfConfig};
use crate::plan::Plan;
use crate::plan::base::asks_the_same;
use crate::plan::change::Step;

/// How long Git may take where no one named a commit.
const MERGED_MAX: Duration = Duration::from_secs(5);

/// The checkout that a config was read from.
#[derive(Debug, Clone, Copy)]
pub struct CheckedOut<'a> {
    pub config: &'a ConfigSource,
    pub org: OrgOfConfig<'a>,
}

impl CheckedOut<'_> {
    /// Those of these definitions that the newest commit has as this config, and that changed after the moment given
    /// for each; with when they changed. Empty if Git does not say.
    pub fn merged_since(&self, desired: &Desired, than: BTreeMap<Key, Moment>) -> BTreeMap<Key, Moment> {
        if than.is_empty() {
            return than;
        }
        self.read(desired, than).unwrap_or_default()
    }

    fn read(&self, desired: &Desired, mut than: BTreeMap<Key, Moment>) -> Option<BTreeMap<Key, Moment>> {
        let ConfigSource { path, org: _, root } = self.config;
        let git = Git::above(path)?.until(Deadline::within(MERGED_MAX));
        // The oldest commit of a shallow clone looks as if it had made everything.
        git.repository().ok()?.filter(|it| !it.shallow)?;
        let head = git.commit(&Revision::read("HEAD")?).ok()??;
        let repository = GitConfig::find(&git, path, root.as_deref(), self.org).ok()?;
        let version = repository.at(&head).ok()?;
        let committed = version.desired.ok()?;
        than.retain(|key, _| asks_the_same(desired, &committed, key));
        Some(repository.younger(version.past, desired, than))
    }
}

/// When the object of a step was last touched, where the org says so.
pub fn touched_at(step: &Step, observed: &Observed) -> Option<Moment> {
    let modified = observed.get(step.id()?)?.modified.as_ref()?;
    modified.at.as_deref().and_then(Moment::read)
}

/// The definitions that only a time can tell something of, with when their objects were last touched.
pub fn touched(plan: &Plan, observed: &Observed, history: &History<'_>) -> BTreeMap<Key, Moment> {
    let is_open = |it: &&Step| history.how(it, observed) == DifferenceCause::NotKnown && !history.is_about(it);
    let open = plan.changes.iter().map(|it| &it.step).filter(is_open);
    open.filter_map(|step| Some((step.key()?.clone(), touched_at(step, observed)?))).collect()
}

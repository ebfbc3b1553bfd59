//! Since when a config asks for its current state. For an object in no report, only this shows that a change was merged
//! but not applied: its definition changed after the object.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::ConfigSource;
use crate::host::git::{Deadline, Git, Revision};
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::model::observed::Observed;
use crate::ops::drift::history::{DifferenceCause, History};
use crate::ops::history::git_config::{ConfigFiles, GitConfig};
use crate::plan::Plan;
use crate::plan::base::asks_the_same;
use crate::plan::change::Step;

/// How long Git may take if no commit was typed.
const MERGED_MAX: Duration = Duration::from_secs(5);

/// Those of these definitions that are equal in the newest commit and changed after the given moment, with the time of
/// the change. Empty if Git does not show it.
pub fn merged_since(checked_out: ConfigFiles<'_>, than: BTreeMap<Key, Moment>) -> BTreeMap<Key, Moment> {
    if than.is_empty() {
        return than;
    }
    read(checked_out, than).unwrap_or_default()
}

fn read(checked_out: ConfigFiles<'_>, mut than: BTreeMap<Key, Moment>) -> Option<BTreeMap<Key, Moment>> {
    let ConfigSource { path, org: _, root } = checked_out.source;
    let desired = &checked_out.config.desired;
    let git = Git::above(path)?.until(Deadline::within(MERGED_MAX));
    // The oldest commit of a shallow clone seems to contain every change.
    git.repository().ok()?.filter(|it| !it.shallow)?;
    let head = git.commit(&Revision::read("HEAD")?).ok()??;
    let repository = GitConfig::find(&git, path, root.as_deref(), checked_out).ok()?;
    let version = repository.at(&head).ok()?;
    let committed = version.desired.ok()?;
    than.retain(|key, _| asks_the_same(desired, &committed, key));
    Some(repository.younger(version.past, desired, than))
}

/// The last modification of a step's object, if the org shows it.
pub fn touched_at(step: &Step, observed: &Observed) -> Option<Moment> {
    let modified = observed.get(step.id()?)?.modified.as_ref()?;
    modified.at.as_deref().and_then(Moment::read)
}

/// The definitions whose cause only a time can show, with the last modification of their objects.
pub fn touched(plan: &Plan, observed: &Observed, history: &History<'_>) -> BTreeMap<Key, Moment> {
    let is_open = |it: &&Step| history.how(it, observed) == DifferenceCause::NotKnown && !history.is_about(it);
    let open = plan.changes.iter().map(|it| &it.step).filter(is_open);
    open.filter_map(|step| Some((step.key()?.clone(), touched_at(step, observed)?))).collect()
}

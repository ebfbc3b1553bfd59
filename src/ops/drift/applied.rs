//! The config that was applied last. If the org differs from it, the org was edited, unless a later config was partly
//! applied. If it does not differ, the config has changed since.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::Observed;
use crate::ops::drift::answered::answered;
use crate::ops::drift::history::DifferenceCause;
use crate::plan::base::{objects, paired, same};
use crate::plan::change::{Change, Step, WhyUnmanaged};
use crate::plan::origin::{Against, OriginSubject};
use crate::plan::{Plan, plan};

/// The config that was fully applied last, by the caller's statement. No later config was fully applied.
#[derive(Debug, Clone)]
pub struct Applied {
    pub against: Against,
    /// Its desired state, or why it could not be read.
    pub desired: Result<Desired, String>,
    /// The desired states that were merged after it, or why they are not known.
    pub since: Result<Vec<Desired>, String>,
}

/// It and the later configs, planned against the org.
#[derive(Debug)]
pub struct Planned {
    /// The object of each definition that has one.
    objects: BTreeMap<Key, DefinitionId>,
    applied: Plan,
    /// `None` if the later configs are not known.
    since: Option<Vec<Plan>>,
}

impl Applied {
    /// Plans it against the observed org. `None` if it could not be read. `last_object` returns the object from
    /// reports.
    pub fn planned(&self, observed: &Observed, last_object: impl Fn(&Key) -> Option<DefinitionId>) -> Option<Planned> {
        let desired = self.desired.as_ref().ok()?;
        let asked = plan(desired, observed, &desired.settings.limits);
        let objects: BTreeMap<Key, DefinitionId> =
            objects(&asked).into_iter().map(|(key, id)| (key.clone(), id.clone())).collect();
        let answered = |desired: &Desired| {
            answered(desired, observed, |key| last_object(key).or_else(|| objects.get(key).cloned())).plan
        };
        let since = self.since.as_ref().ok().map(|since| since.iter().map(answered).collect());
        let applied = answered(desired);
        Some(Planned { objects, applied, since })
    }
}

impl Planned {
    /// The object of a definition when its config was applied.
    pub fn object_of(&self, key: &Key) -> Option<&DefinitionId> {
        self.objects.get(key)
    }

    /// The cause of each change in a plan of the same org.
    pub fn how(&self, now: &Plan) -> BTreeMap<OriginSubject, DifferenceCause> {
        let beside = |plan| Beside::of(plan, now);
        let applied = beside(&self.applied);
        let since: Option<Vec<Beside<'_>>> = self.since.as_ref().map(|it| it.iter().map(beside).collect());
        // An apply of it would have left the object like this.
        let asks_nothing = |it: &Beside<'_>, step: &Step| it.change(step).is_none();
        let asked = Asked::about(&self.applied);
        let how = |step: &Step| match applied.change(step) {
            None if asked.is_about(step) => DifferenceCause::NotKnown,
            None => DifferenceCause::NotApplied,
            Some(_) if since.as_ref().is_none_or(|it| it.iter().any(|it| asks_nothing(it, step))) => {
                DifferenceCause::NotKnown
            }
            Some(it) if same(&it.step, step) => DifferenceCause::Edited,
            Some(_) => DifferenceCause::Both,
        };
        now.changes.iter().filter_map(|it| Some((OriginSubject::of(&it.step)?, how(&it.step)))).collect()
    }
}

/// The changes of another plan, indexed by those of this one.
struct Beside<'a> {
    pairs: BTreeMap<OriginSubject, &'a Change>,
    by_key: BTreeMap<&'a Key, &'a Change>,
}

impl<'a> Beside<'a> {
    fn of(plan: &'a Plan, now: &Plan) -> Beside<'a> {
        let by_key = plan.changes.iter().filter_map(|it| Some((it.step.key()?, it))).collect();
        Beside { pairs: paired(&plan.changes, &now.changes, &now.default_locale), by_key }
    }

    /// The related change. An object that one plan creates again may be reactivated by the other.
    fn change(&self, step: &Step) -> Option<&'a Change> {
        let pair = self.pairs.get(&OriginSubject::of(step)?);
        pair.or_else(|| self.by_key.get(step.key()?)).copied()
    }
}

/// The subjects of open questions, for which a missing change is no evidence.
struct Asked<'a> {
    keys: BTreeSet<&'a Key>,
    ids: BTreeSet<&'a DefinitionId>,
}

impl<'a> Asked<'a> {
    fn about(plan: &'a Plan) -> Asked<'a> {
        let open = || plan.blockers.iter().map(|it| &it.fact).filter(|it| it.hides());
        let keys = open().flat_map(|it| it.keys()).collect();
        // A question names only some of many objects.
        let in_question =
            plan.unmanaged.iter().filter(|it| matches!(it.why, WhyUnmanaged::InQuestion(_))).map(|it| &it.id);
        Asked { keys, ids: open().flat_map(|it| it.ids()).chain(in_question).collect() }
    }

    fn is_about(&self, step: &Step) -> bool {
        step.key().is_some_and(|it| self.keys.contains(it)) || step.id().is_some_and(|it| self.ids.contains(it))
    }
}

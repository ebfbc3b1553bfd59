//! Two plans of one org, with the config of the base and of the head, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::Observed;
use crate::plan::Plan;
use crate::plan::change::{Change, Step, Why};
use crate::plan::origin::{Compared, Guard, Leaving, Origin, Pending, Renamed, Subject};

/// One side: a config and its plan.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What is asked for.
    pub desired: &'a Desired,
    /// What would be done for it.
    pub plan: &'a Plan,
}

/// What the head's plan says beside the base's. Both are of `observed`; `changed_at` is when the base's config
/// last changed.
#[must_use]
pub fn compare(base: Side<'_>, head: Side<'_>, observed: &Observed, changed_at: Option<Moment>) -> Compared {
    let before: BTreeMap<Subject, &Change> = by_subject(&base.plan.changes);
    let after: BTreeMap<Subject, &Change> = by_subject(&head.plan.changes);
    let origins = after
        .iter()
        .map(|(subject, change)| {
            let origin = match before.get(subject) {
                None => Origin::ThisChange,
                Some(it) if same(&it.step, &change.step) => Origin::Before(pending(subject, observed, changed_at)),
                Some(_) => Origin::ThisChangeToo,
            };
            (subject.clone(), origin)
        })
        .collect();
    let is_settled = |it: &&Change| Subject::of(&it.step).is_some_and(|subject| !after.contains_key(&subject));
    let settled = base.plan.changes.iter().filter(is_settled);
    Compared {
        origins,
        guards: guards(base.desired, head.desired),
        leaving: leaving(base, head),
        renamed: renamed(base, head),
        settled: settled.map(|it| Change { place: None, ..it.clone() }).collect(),
    }
}

fn by_subject(changes: &[Change]) -> BTreeMap<Subject, &Change> {
    changes.iter().filter_map(|it| Subject::of(&it.step).map(|subject| (subject, it))).collect()
}

/// Do both leave the same behind, in the same way? Whether the same key asks for it says nothing of the org.
fn same(a: &Step, b: &Step) -> bool {
    a.action() == b.action() && a.system_presence() == b.system_presence() && a.after().same_as(&b.after())
}

/// Who changed an object after the config last changed was no apply of that config: it would have left what the
/// config asks for. What nobody has touched since was not applied since.
fn pending(subject: &Subject, observed: &Observed, changed_at: Option<Moment>) -> Pending {
    let Subject::Object(id) = subject else { return Pending::NotKnown };
    let modified = observed.get(id).and_then(|it| it.modified.as_ref()?.at.as_deref().and_then(Moment::read));
    match (modified, changed_at) {
        (Some(at), Some(since)) if at > since => Pending::Edited { at },
        (Some(at), Some(since)) if at < since => Pending::NotApplied { since },
        _ => Pending::NotKnown,
    }
}

fn guards(base: &Desired, head: &Desired) -> Vec<Guard> {
    let protected = |it: &Desired| it.protect.keys().cloned().collect::<BTreeSet<DefinitionId>>();
    let omitted = |it: &Desired| {
        let omitted = it.definitions.values().filter(|it| it.management == Management::Omitted);
        omitted.map(|it| it.key.clone()).collect::<BTreeSet<Key>>()
    };
    let org = |it: &Desired| it.org.as_ref().map(|org| (org.name.clone(), org.id.clone(), org.region));
    let touched = [
        (Guard::Limits, base.settings.limits != head.settings.limits),
        (Guard::Protect, protected(base) != protected(head)),
        (Guard::Omit, omitted(base) != omitted(head)),
        (Guard::Prune, base.settings.prune != head.settings.prune),
        (Guard::Org, org(base) != org(head)),
    ];
    touched.into_iter().filter(|(_, is_touched)| *is_touched).map(|(guard, _)| guard).collect()
}

/// The object of each definition of a config that has one.
fn objects(plan: &Plan) -> BTreeMap<&Key, &DefinitionId> {
    let in_step = plan.in_step.iter().filter_map(|it| Some((&it.key, it.id.as_ref()?)));
    // The key of a replacement is the definition that comes, and its object is what goes.
    let changes = plan.changes.iter().filter(|it| !matches!(it.step, Step::Replace(..)));
    in_step.chain(changes.filter_map(|it| Some((it.step.key()?, it.step.id()?)))).collect()
}

fn leaving(base: Side<'_>, head: Side<'_>) -> Vec<Leaving> {
    // What is in question is asked about, and the rest of what is active either has another key or goes.
    let stay = head.plan.left_alone.iter().filter(|it| match it.why {
        Why::NotNamed | Why::Protected | Why::PrimaryNotKnown => true,
        Why::Omitted(_) | Why::InQuestion(_) => false,
    });
    let stay: BTreeMap<&DefinitionId, _> = stay.map(|it| (&it.id, it)).collect();
    let gone = objects(base.plan).into_iter().filter(|(key, _)| !head.desired.definitions.contains_key(*key));
    gone.filter_map(|(key, id)| {
        let left = stay.get(id)?;
        Some(Leaving { key: key.clone(), id: id.clone(), system_presence: left.system_presence.clone() })
    })
    .collect()
}

fn renamed(base: Side<'_>, head: Side<'_>) -> Vec<Renamed> {
    let (before, after) = (objects(base.plan), objects(head.plan));
    let locale = &head.desired.settings.default_locale;
    if !base.desired.settings.default_locale.same_as(locale) {
        // All of them would look renamed.
        return Vec::new();
    }
    let of = |wanted: &Wanted| {
        let old = base.desired.definitions.get(&wanted.key)?;
        let (was, is) = (old.default_label(locale)?, wanted.default_label(locale)?);
        let is_answered = wanted.new || wanted.pin.is_some() || wanted.previous_labels.contains(was);
        // The same object all the same: somebody has renamed it in the org already.
        let is_found = before.get(&wanted.key).is_some_and(|id| after.get(&wanted.key) == Some(id));
        let is_there = before.contains_key(&wanted.key);
        (was != is && is_there && !is_answered && !is_found).then(|| Renamed {
            key: wanted.key.clone(),
            before: was.clone(),
            after: is.clone(),
            previous_labels: wanted.previous_labels.clone(),
        })
    };
    let managed = head.desired.definitions.values().filter(|it| it.management == Management::Managed);
    managed.filter(|it| !it.deactivated && head.desired.is_meant(Some(&it.key))).filter_map(of).collect()
}

//! Compares two plans of one org: one from the config of the base, one from the config of the head.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::plan::Plan;
use crate::plan::blocker::{Blocker, Fact};
use crate::plan::change::{Change, Create, Step, WhyUnmanaged};
use crate::plan::origin::{ChangeOrigin, Compared, Guard, Leaving, OriginSubject, Pending, Renamed};

/// One side: a config and its plan.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub desired: &'a Desired,
    pub plan: &'a Plan,
}

/// What the head's plan adds to the base's. Both come from one reading of the org. `pending` explains why a change that
/// the base makes too was pending.
pub fn compare(base: Side<'_>, head: Side<'_>, pending: &dyn Fn(&Step) -> Pending) -> Compared {
    let pairs = paired(&base.plan.changes, &head.plan.changes, &head.desired.settings.default_locale);
    let origin = |change: &Change| {
        let subject = OriginSubject::of(&change.step)?;
        let origin = match pairs.get(&subject) {
            None => ChangeOrigin::ThisChange,
            Some(it) if same(&it.step, &change.step) => ChangeOrigin::Before(pending(&it.step)),
            Some(_) => ChangeOrigin::ThisChangeToo,
        };
        Some((subject, origin))
    };
    // No two changes of one plan have the same subject.
    let kept: BTreeSet<OriginSubject> = pairs.values().filter_map(|it| OriginSubject::of(&it.step)).collect();
    let is_gone = |it: &&Change| OriginSubject::of(&it.step).is_some_and(|it| !kept.contains(&it));
    let open = Open::of(head.plan, &head.desired.settings.default_locale);
    let resolved = base.plan.changes.iter().filter(is_gone).filter(|it| !open.has(&it.step));
    let (before, after) = (&base.desired.settings.default_locale, &head.desired.settings.default_locale);
    Compared {
        origins: head.plan.changes.iter().filter_map(origin).collect(),
        guards: guards(base.desired, head.desired),
        leaving: leaving(base, head),
        renamed: renamed(base, head),
        default_locales: (!before.same_as(after)).then(|| (before.clone(), after.clone())),
        resolved: resolved.map(|it| Change { place: None, ..it.clone() }).collect(),
        blockers: blockers(base.plan, head.plan),
        reports_read: false,
    }
}

/// The change of the base that belongs to each change of the head.
/// The first match counts: the same object, then the same label where it will be created (under any key), then the same
/// key.
pub fn paired<'a>(base: &'a [Change], head: &[Change], default_locale: &Locale) -> BTreeMap<OriginSubject, &'a Change> {
    let called = |it: &Change| match &it.step {
        Step::Create(Create { key: _, system_presence, labels, division: _ }) => {
            Some((system_presence.folded().to_owned(), labels.get(default_locale).map(Label::nfc)?.to_owned()))
        }
        _ => None,
    };
    let mut by_subject: BTreeMap<OriginSubject, &Change> =
        base.iter().filter_map(|it| OriginSubject::of(&it.step).map(|subject| (subject, it))).collect();
    let by_name: BTreeMap<_, &Change> = base.iter().filter_map(|it| Some((called(it)?, it))).collect();
    let mut pairs = BTreeMap::new();
    let mut rest = Vec::new();
    for change in head {
        let Some(subject) = OriginSubject::of(&change.step) else { continue };
        match called(change).and_then(|it| by_name.get(&it)) {
            Some(it) => {
                pairs.insert(subject, *it);
            }
            None => rest.push(subject),
        }
    }
    for taken in pairs.values().filter_map(|it| OriginSubject::of(&it.step)) {
        by_subject.remove(&taken);
    }
    pairs.extend(rest.into_iter().filter_map(|subject| by_subject.remove(&subject).map(|it| (subject, it))));
    pairs
}

/// Do both steps leave the same result in the same way? The key that asks for a step does not matter to the org.
pub fn same(a: &Step, b: &Step) -> bool {
    a.action() == b.action() && a.system_presence() == b.system_presence() && a.after().same_as(&b.after())
}

/// What a plan refuses or creates, and the subjects of its blockers. A change of the base that became one of these is
/// not resolved.
struct Open<'a> {
    keys: BTreeSet<&'a Key>,
    objects: BTreeSet<&'a DefinitionId>,
    /// What is created, by system presence and default label.
    names: BTreeSet<(&'a str, &'a str)>,
    default_locale: &'a Locale,
}

impl<'a> Open<'a> {
    fn of(plan: &'a Plan, default_locale: &'a Locale) -> Open<'a> {
        let left_out = plan.only.iter().flat_map(|it| &it.blockers);
        let blockers: Vec<&Blocker> = plan.blockers.iter().chain(left_out).collect();
        // A create that an earlier run made is not resolved either: the list does not show it yet.
        let held = plan.held.iter().map(|it| &it.change);
        let changes = plan.changes.iter().chain(held).chain(plan.only.iter().flat_map(|it| &it.changes));
        let created: Vec<&Create> = changes
            .filter_map(|it| match &it.step {
                Step::Create(create) => Some(create),
                _ => None,
            })
            .collect();
        let in_question =
            plan.unmanaged.iter().filter(|it| matches!(it.why, WhyUnmanaged::InQuestion(_))).map(|it| &it.id);
        let name = |it: &&'a Create| Some((it.system_presence.folded(), it.labels.get(default_locale)?.nfc()));
        Open {
            keys: blockers.iter().flat_map(|it| it.fact.keys()).chain(created.iter().map(|it| &it.key)).collect(),
            objects: blockers.iter().flat_map(|it| it.fact.ids()).chain(in_question).collect(),
            names: created.iter().filter_map(name).collect(),
            default_locale,
        }
    }

    fn has(&self, step: &Step) -> bool {
        let after = step.after();
        let name = after.labels.get(self.default_locale).map(|it| (step.system_presence().folded(), it.nfc()));
        step.key().is_some_and(|it| self.keys.contains(it))
            || step.id().is_some_and(|it| self.objects.contains(it))
            || name.is_some_and(|it| self.names.contains(&it))
    }
}

/// The origin of each blocker of the head. `None` for blockers about people, because usage was queried for the head
/// only.
fn blockers(base: &Plan, head: &Plan) -> Vec<Option<ChangeOrigin>> {
    let about = |it: &Blocker| {
        let counted = match &it.fact {
            Fact::TooMany { counted, .. } => Some(counted.field()),
            _ => None,
        };
        (it.code(), counted, it.fact.keys().into_iter().cloned().collect::<Vec<Key>>())
    };
    let mut before: BTreeMap<_, Vec<&Fact>> = BTreeMap::new();
    for it in &base.blockers {
        before.entry(about(it)).or_default().push(&it.fact);
    }
    let origin = |it: &Blocker| match &it.fact {
        Fact::TooManyPeople { .. } | Fact::PeopleNotKnown { .. } => None,
        fact => Some(match before.get(&about(it)) {
            None => ChangeOrigin::ThisChange,
            Some(facts) if facts.contains(&fact) => ChangeOrigin::Before(Pending::NotKnown),
            Some(_) => ChangeOrigin::ThisChangeToo,
        }),
    };
    head.blockers.iter().map(origin).collect()
}

/// Do both configs ask the same for this definition of the first one? The key in the second does not matter.
pub fn asks_the_same(config: &Desired, other: &Desired, key: &Key) -> bool {
    let (ours, theirs) = (&config.settings, &other.settings);
    if !ours.default_locale.same_as(&theirs.default_locale) || ours.scope != theirs.scope {
        return false;
    }
    let Some(wanted) = config.definitions.get(key) else { return false };
    let alike =
        |it: &Wanted| Wanted { key: wanted.key.clone(), places: wanted.places.clone(), ..it.clone() } == *wanted;
    other.definitions.get(key).is_some_and(alike)
        || (!other.definitions.contains_key(key) && other.definitions.values().any(alike))
}

/// The guards that differ.
pub fn guards(base: &Desired, head: &Desired) -> Vec<Guard> {
    let limits = |it: &Desired| (it.settings.limits, it.settings.orgs_max);
    let frozen = |it: &Desired| it.freezes.iter().map(|it| (it.start, it.end)).collect::<Vec<_>>();
    let protected = |it: &Desired| it.protect.keys().cloned().collect::<BTreeSet<DefinitionId>>();
    let omitted = |it: &Desired| {
        let omitted = it.definitions.values().filter(|it| it.management == Management::Omitted);
        omitted.map(|it| it.key.clone()).collect::<BTreeSet<Key>>()
    };
    let org =
        |it: &Desired| it.org.as_ref().map(|org| (org.name.clone(), org.id.clone(), org.region, org.stage.clone()));
    let touched = [
        (Guard::Limits, limits(base) != limits(head)),
        (Guard::Protect, protected(base) != protected(head)),
        (Guard::Omit, omitted(base) != omitted(head)),
        (Guard::Prune, base.settings.prune != head.settings.prune),
        (Guard::Freeze, frozen(base) != frozen(head)),
        (Guard::Org, org(base) != org(head)),
    ];
    touched.into_iter().filter(|(_, is_touched)| *is_touched).map(|(guard, _)| guard).collect()
}

/// The object of each definition of a config that has one.
pub fn objects(plan: &Plan) -> BTreeMap<&Key, &DefinitionId> {
    let in_step = plan.in_sync.iter().filter_map(|it| Some((&it.key, it.id.as_ref()?)));
    // The key of a replacement is the new definition. Its object is the one that goes.
    let changes = plan.changes.iter().filter(|it| !matches!(it.step, Step::Supersede(..)));
    in_step.chain(changes.filter_map(|it| Some((it.step.key()?, it.step.id()?)))).collect()
}

fn leaving(base: Side<'_>, head: Side<'_>) -> Vec<Leaving> {
    // An object in question gets a blocker. Any other active object either has another key or goes.
    let stay = head.plan.unmanaged.iter().filter(|it| match it.why {
        WhyUnmanaged::NotNamed | WhyUnmanaged::Protected | WhyUnmanaged::PrimaryNotKnown => true,
        WhyUnmanaged::Omitted(_) | WhyUnmanaged::InQuestion(_) => false,
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
        // Every definition would look renamed.
        return Vec::new();
    }
    let of = |wanted: &Wanted| {
        let old = base.desired.definitions.get(&wanted.key)?;
        let (was, is) = (old.default_label(locale)?, wanted.default_label(locale)?);
        let is_answered = wanted.new || wanted.pin.is_some() || wanted.previous_labels.contains(was);
        // It is the same object: it was renamed in the org already.
        let is_found = before.get(&wanted.key).is_some_and(|id| after.get(&wanted.key) == Some(id));
        let id = before.get(&wanted.key).filter(|_| was != is && !is_answered && !is_found)?;
        let has_it =
            |it: &Wanted| it.system_presence == wanted.system_presence && it.default_label(locale) == Some(was);
        Some(Renamed {
            key: wanted.key.clone(),
            id: (*id).clone(),
            is_free: !head.desired.definitions.values().any(has_it),
            before: was.clone(),
            after: is.clone(),
            previous_labels: wanted.previous_labels.clone(),
        })
    };
    let managed = head.desired.definitions.values().filter(|it| it.management == Management::Managed);
    managed.filter(|it| !it.deactivated && head.desired.is_meant(Some(&it.key))).filter_map(of).collect()
}

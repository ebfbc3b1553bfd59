//! The guards of a whole plan: limits on removals, label removals, renames and affected people, and the check for an
//! empty config. `plan` and `apply` share them.

use std::collections::BTreeSet;

use crate::model::desired::{Desired, Limits, Prune};
use crate::model::names::{DefinitionId, Locale};
use crate::model::usage::{People, Usage};
use crate::plan::Plan;
use crate::plan::blocker::{Blocker, Counted, Fact};
use crate::plan::change::{Change, Edit, Step};

/// The changes of a plan that count against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dangers {
    pub removals: usize,
    pub label_removals: usize,
    pub renames: usize,
}

impl Dangers {
    pub fn of(changes: &[Change], default_locale: &Locale) -> Dangers {
        let mut dangers = Dangers::default();
        for change in changes {
            match &change.step {
                Step::Create(_) => {}
                Step::Update(edit) | Step::Reactivate(edit) => {
                    dangers.label_removals += labels_removed(edit);
                    dangers.renames += usize::from(is_rename(edit, default_locale));
                }
                Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => dangers.removals += 1,
            }
        }
        dangers
    }
}

fn labels_removed(edit: &Edit) -> usize {
    edit.after.labels.pair(&edit.before.labels).iter().filter(|pair| pair.first.is_none()).count()
}

/// Does the definition keep a default label, but with another text?
pub fn is_rename(edit: &Edit, default_locale: &Locale) -> bool {
    match (edit.before.labels.get(default_locale), edit.after.labels.get(default_locale)) {
        (Some(before), Some(after)) => before != after,
        _ => false,
    }
}

/// The object that a step removes or renames, which disturbs the people who are on it.
pub fn removed_or_renamed<'a>(step: &'a Step, default_locale: &Locale) -> Option<&'a DefinitionId> {
    match step {
        Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => Some(&removal.id),
        Step::Update(edit) if is_rename(edit, default_locale) => Some(&edit.id),
        Step::Create(_) | Step::Update(_) | Step::Reactivate(_) => None,
    }
}

/// All blockers of the plan as a whole.
pub fn blockers(desired: &Desired, changes: &[Change], limits: &Limits) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    if desired.definitions.is_empty() && desired.settings.prune == Prune::Delete {
        blockers.push(Blocker { fact: Fact::EmptySource, place: None });
    }
    let Dangers { removals, label_removals, renames } = Dangers::of(changes, &desired.settings.default_locale);
    let counts = [
        (Counted::Removals, removals, limits.removals),
        (Counted::LabelRemovals, label_removals, limits.label_removals),
        (Counted::Renames, renames, limits.renames),
    ];
    for (counted, count, limit) in counts {
        if count > limit as usize {
            blockers.push(Blocker { fact: Fact::TooMany { counted, count, limit }, place: None });
        }
    }
    blockers
}

/// The objects that the plan removes, deactivates or renames.
pub fn in_question(plan: &Plan) -> BTreeSet<DefinitionId> {
    plan.changes.iter().filter_map(|it| removed_or_renamed(&it.step, &plan.default_locale)).cloned().collect()
}

/// Adds usage to the plan. Refuses it if too many people are affected, or if their number is not known.
pub fn with_usage(plan: Plan, usage: Usage, limits: &Limits) -> Plan {
    let mut plan = Plan { usage, ..plan };
    let Some(limit) = limits.active_users else { return plan };
    let each: Vec<People> = in_question(&plan).iter().map(|id| plan.usage.on(id).unwrap_or(People::NotKnown)).collect();
    let fact = match sum(&each) {
        People::NotKnown => Fact::PeopleNotKnown { limit },
        People::Exactly(count) if count > limit as usize => Fact::TooManyPeople { count, at_least: false, limit },
        People::AtLeast(count) if count > limit as usize => Fact::TooManyPeople { count, at_least: true, limit },
        People::Exactly(_) | People::AtLeast(_) => return plan,
    };
    plan.blockers.push(Blocker { fact, place: None });
    plan
}

/// A person has one definition at a time, so numbers add up. One unknown number makes the sum unknown.
fn sum(each: &[People]) -> People {
    each.iter().fold(People::Exactly(0), |sum, people| match (sum, people) {
        (People::NotKnown, _) | (_, People::NotKnown) => People::NotKnown,
        (People::Exactly(a), People::Exactly(b)) => People::Exactly(a + b),
        (People::Exactly(a) | People::AtLeast(a), People::Exactly(b) | People::AtLeast(b)) => People::AtLeast(a + b),
    })
}

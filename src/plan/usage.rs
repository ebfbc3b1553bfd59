//! Who is on what a plan takes away or renames: which definitions to ask about, and the guard on the
//! answer. It is asked after the plan is made, and changes nothing in it but what is said.

use std::collections::BTreeSet;

use crate::model::desired::Limits;
use crate::model::names::DefinitionId;
use crate::model::usage::{People, Usage};
use crate::plan::Plan;
use crate::plan::guard::noticed;
use crate::plan::refusal::{Fact, Refusal};

/// What the plan removes, deactivates or renames.
pub fn in_question(plan: &Plan) -> BTreeSet<DefinitionId> {
    plan.changes.iter().filter_map(|it| noticed(&it.step, &plan.default_locale)).cloned().collect()
}

/// The plan with what was found out, refused where more people are on it than the limit allows, or
/// where nobody knows how many.
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
    plan.refusals.push(Refusal { fact, place: None });
    plan
}

/// A person is on one definition at a time, so numbers add up. What nobody knows makes the sum unknown.
fn sum(each: &[People]) -> People {
    each.iter().fold(People::Exactly(0), |sum, people| match (sum, people) {
        (People::NotKnown, _) | (_, People::NotKnown) => People::NotKnown,
        (People::Exactly(a), People::Exactly(b)) => People::Exactly(a + b),
        (People::Exactly(a) | People::AtLeast(a), People::Exactly(b) | People::AtLeast(b)) => People::AtLeast(a + b),
    })
}

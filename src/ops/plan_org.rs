//! Plans an org for commands: reads it, and computes changes, cost and affected people. It receives a reader, so it
//! cannot write.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::Reader;
use crate::host::logging;
use crate::model::desired::{Desired, Limits};
use crate::model::generation::ApiChoice;
use crate::model::moment::Moment;
use crate::model::names::DefinitionId;
use crate::model::observed::{Definition, Observed, Target};
use crate::model::problem::{KnownOrg, Problem};
use crate::model::usage::Usage;
use crate::ops::apply::CONCURRENCY;
use crate::ops::history::evidence::EarlierConfigs;
use crate::ops::history::obsolete::asked_of_others;
use crate::ops::history::reports::{NewestReports, ReportStore, newest};
use crate::ops::identity::Identity;
use crate::ops::observe::{From, Observation, names_divisions, observe};
use crate::plan::change::Step;
use crate::plan::cost::{Cost, Terms};
use crate::plan::evidence::Evidence;
use crate::plan::guard::{in_question, with_usage};
use crate::plan::recent::{Sent, to_read, with_recent};
use crate::plan::{Plan, plan, plan_by};

pub struct PlannedOrg {
    pub target: Target,
    pub observed: Observed,
    /// Objects of recent runs that the list does not show yet, from reads by id.
    pub unlisted: Vec<Definition>,
    pub plan: Plan,
    /// The evidence about definitions to create. `None` if there are none.
    pub evidence: Option<Evidence>,
    pub kept: NewestReports,
    /// Non-fatal errors.
    pub notes: Vec<Problem>,
}

/// What is read, and how it is judged.
pub struct PlanRequest<'a> {
    pub desired: &'a Desired,
    pub limits: Limits,
    pub identity: Identity,
    pub api: ApiChoice,
    /// Count the people on removed or renamed definitions. A limit on them implies it.
    pub usage: bool,
    pub sandbox: bool,
    /// Where evidence about creates is looked for. `None` for a drift, which creates nothing.
    pub earlier: Option<EarlierConfigs<'a>>,
    /// The reports of earlier runs.
    pub folder: &'a dyn ReportStore,
    pub now: Moment,
}

impl PlannedOrg {
    /// The observed objects, including those that the list does not show yet.
    pub fn with_unlisted(&self) -> Observed {
        let mut observed = self.observed.clone();
        let mut listed = observed.take_list();
        listed.definitions.extend(self.unlisted.iter().cloned());
        observed.with_list(listed)
    }
}

/// Reads the org and plans. `known_org` gets it as soon as it is known.
pub async fn plan_org(
    reader: &Reader,
    asked: &PlanRequest<'_>,
    known_org: &mut KnownOrg,
) -> Result<PlannedOrg, Problem> {
    let PlanRequest { desired, limits, identity, api, usage, sandbox, earlier, folder, now } = asked;
    let from = From { reader, identity, api: *api, sandbox: *sandbox };
    let Observation { target, observed, mut notes } = observe(from, |_| names_divisions(desired), known_org).await?;
    let speaking = reader.speaking(target.generation);
    let mut observed = with_unlisted(&speaking, desired.needed_pins(), observed, &mut notes).await;
    let kept = newest(*folder, desired.org.as_ref().map(|it| it.name.as_str()), &target)?;
    notes.extend(kept.notes.iter().cloned());
    logging::phase("planning");
    let sent = kept.sent(*now);
    let mut plan = plan(desired, &observed, limits);
    let ids = objects_of_creates(&plan, &kept, &sent, &observed);
    if !ids.is_empty() {
        observed = with_unlisted(&speaking, &ids, observed, &mut notes).await;
        plan = crate::plan::plan(desired, &observed, limits);
    }
    let evidence = earlier.and_then(|it| it.evidence(&plan, desired, &observed, &kept.files));
    let planned = |observed: &Observed| match &evidence {
        Some(evidence) => plan_by(desired, observed, limits, evidence),
        None => crate::plan::plan(desired, observed, limits),
    };
    if evidence.is_some() {
        plan = planned(&observed);
    }
    // A report can only make a plan stricter: an object that only a report led to is never removed.
    let pruned = removed_of(&plan, &ids);
    if !pruned.is_empty() {
        let mut listed = observed.take_list();
        listed.definitions.retain(|it| !pruned.contains(&it.id));
        observed = observed.with_list(listed);
        plan = planned(&observed);
    }
    let (mut plan, unlisted) = held_against(&speaking, plan, &sent, desired, &observed).await;
    if *usage || limits.active_users.is_some() {
        logging::phase("asking who is on it now");
        let usage = people_on(reader, &plan, &mut notes).await;
        plan = with_usage(plan, usage, limits);
    }
    if let Some(EarlierConfigs { config, .. }) = earlier {
        plan = asked_of_others(plan, *config, *folder);
    }
    plan.cost = cost(reader, &plan, &observed);
    plan.freezes = desired.freezes.iter().map(|it| (it.clone(), it.time(*now))).collect();
    Ok(PlannedOrg { target, observed, unlisted, plan, evidence, kept, notes })
}

/// Adds what earlier runs created or may have created. Objects that the list does not show are read by id and returned
/// too.
pub async fn held_against(
    reader: &Reader,
    plan: Plan,
    sent: &[Sent],
    desired: &Desired,
    observed: &Observed,
) -> (Plan, Vec<Definition>) {
    let mut read = BTreeMap::new();
    for id in to_read(&plan, sent, observed) {
        // An unreadable object may exist.
        if let Ok(Some(found)) = reader.definition(&id).await {
            read.insert(id, found.definition);
        }
    }
    (with_recent(plan, sent, desired, observed, &read), read.into_values().collect())
}

/// The objects in reports for definitions to create that the list does not show, except for those of recent runs.
fn objects_of_creates(plan: &Plan, kept: &NewestReports, sent: &[Sent], observed: &Observed) -> BTreeSet<DefinitionId> {
    let creates = plan.changes.iter().filter(|it| matches!(it.step, Step::Create(_)));
    let named = creates.filter_map(|it| kept.object_of(it.step.key()?));
    let unlisted = named.filter(|id| observed.get(id).is_none());
    unlisted.filter(|id| sent.iter().all(|it| it.id.as_ref() != Some(*id))).cloned().collect()
}

/// Those of these objects that a plan removes because no definition has them.
fn removed_of(plan: &Plan, ids: &BTreeSet<DefinitionId>) -> BTreeSet<DefinitionId> {
    let removed = plan.changes.iter().filter(|it| matches!(it.step, Step::Delete(_))).filter_map(|it| it.step.id());
    removed.filter(|id| ids.contains(id)).cloned().collect()
}

/// Adds the definitions of these ids that a read by id shows and the list does not.
async fn with_unlisted<'a>(
    reader: &Reader,
    ids: impl IntoIterator<Item = &'a DefinitionId>,
    mut observed: Observed,
    notes: &mut Vec<Problem>,
) -> Observed {
    let (listed, failed) = reader.with_unlisted(observed.take_list(), ids).await;
    notes.extend(failed.into_iter().map(Problem::from));
    observed.with_list(listed)
}

/// The cost of an apply that plans like this. `None` if there is nothing to write.
fn cost(reader: &Reader, plan: &Plan, observed: &Observed) -> Option<Cost> {
    if plan.changes.is_empty() || !plan.blockers.is_empty() {
        return None;
    }
    let steps: Vec<&Step> = plan.changes.iter().map(|it| &it.step).collect();
    let (planning, requests_per_minute) = (reader.request_count(), reader.requests_per_minute());
    Some(Cost::of(&steps, observed, &Terms { planning, requests_per_minute, at_once: CONCURRENCY }))
}

/// Counts the people on removed or renamed definitions. A failed query makes the number unknown, without failing the
/// run.
pub async fn people_on(reader: &Reader, plan: &Plan, notes: &mut Vec<Problem>) -> Usage {
    let ids = in_question(plan);
    if ids.is_empty() {
        return Usage::NotAsked;
    }
    match reader.people_on(&ids).await {
        Ok(people) => Usage::Counted(people),
        Err(error) => {
            notes.push(Problem::from(error));
            Usage::NotKnown
        }
    }
}

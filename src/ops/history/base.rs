//! `--base REF|PATH`: plans the base against the same reading of the org. Earlier pending changes are classified by the
//! same reports as in `drift`, and then by the Git history of the config.

use std::collections::BTreeMap;

use crate::model::desired::Desired;
use crate::model::moment::Moment;
use crate::model::names::Key;
use crate::model::observed::{Observed, Target};
use crate::ops::drift::history::{DifferenceCause, History};
use crate::ops::history::baseline::Baseline;
use crate::ops::history::merged::{touched, touched_at};
use crate::ops::history::reports::NewestReports;
use crate::plan::base::{Side, compare};
use crate::plan::change::Step;
use crate::plan::evidence::Evidence;
use crate::plan::origin::{self, Base, Compared, Comparison, Pending};
use crate::plan::{Plan, plan_by};

/// A plan with its comparison to the base's. The plan itself does not change.
pub fn compared(
    base: Baseline<'_>,
    head: Plan,
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    kept: &NewestReports,
    evidence: &Evidence,
) -> Plan {
    let Baseline { against, desired: base, past, .. } = base;
    let comparison = match base {
        Ok(base) => {
            let base = Desired { only: desired.only.clone(), ..base };
            // The base gets the same evidence as the head.
            let before = plan_by(&base, observed, &base.settings.limits, evidence);
            let reports = kept.reports();
            let history = History::of(&reports, kept.is_whole, target);
            // The oldest commit of a shallow clone seems to contain every change.
            let since = past.filter(|_| !against.shallow).map_or_else(BTreeMap::new, |(repository, past)| {
                repository.younger(past, &base, touched(&before, observed, &history))
            });
            let pending = |step: &Step| pending(step, observed, &history, &since);
            let (base, head) = (Side { desired: &base, plan: &before }, Side { desired, plan: &head });
            let reports_read = kept.is_whole || !kept.files.is_empty();
            Comparison::Made(Box::new(Compared { reports_read, ..compare(base, head, &pending) }))
        }
        Err(why) => Comparison::NotMade(why),
    };
    Plan { base: Some(Base { against, comparison }), ..head }
}

fn pending(step: &Step, observed: &Observed, history: &History<'_>, since: &BTreeMap<Key, Moment>) -> Pending {
    match history.how(step, observed) {
        DifferenceCause::Edited | DifferenceCause::Both => Pending::Edited { at: touched_at(step, observed) },
        DifferenceCause::NotApplied => Pending::NotApplied(origin::OriginEvidence::Reports),
        DifferenceCause::NotKnown => match step.key().and_then(|key| since.get(key)) {
            Some(since) => Pending::NotApplied(origin::OriginEvidence::Times { since: *since }),
            None => Pending::NotKnown,
        },
    }
}

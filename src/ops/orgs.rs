//! The orgs of a config, and the effect of a file change on each, from files alone.

use std::collections::BTreeMap;

use crate::config::{Config, print};
use crate::model::desired::{Desired, Limits, Management, OrgIdentity, Wanted};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::{Definition, Observed, Primary};
use crate::ops::history::stored::{StoredReport, StoredRow, StoredRun};
use crate::plan::{Plan, plan};

/// Nothing is applied, so no limit applies.
const LIMITS: Limits = Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };

/// The effect of a file change on an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgStanding {
    /// Nothing was compared.
    Listed,
    /// It has no config before the change.
    New(Box<Plan>),
    /// Its config differs: in definitions (in this plan), or in settings and guards.
    Affected(Box<Plan>),
    Unaffected,
}

impl OrgStanding {
    pub fn is_affected(&self) -> bool {
        match self {
            OrgStanding::Listed | OrgStanding::Unaffected => false,
            OrgStanding::New(_) | OrgStanding::Affected(_) => true,
        }
    }

    pub fn plan(&self) -> Option<&Plan> {
        match self {
            OrgStanding::Listed | OrgStanding::Unaffected => None,
            OrgStanding::New(plan) | OrgStanding::Affected(plan) => Some(plan),
        }
    }
}

/// The configs before a change, by the org's name or id.
pub struct Before<'a> {
    configs: &'a [Config],
}

impl<'a> Before<'a> {
    pub fn new(configs: &'a [Config]) -> Before<'a> {
        Before { configs }
    }

    /// The earlier config of an org.
    pub fn of(&self, config: &Config) -> Option<&'a Config> {
        let org = config.desired.org.as_ref()?;
        let by_name = self.configs.iter().find(|it| it.desired.org.as_ref().is_some_and(|it| it.name == org.name));
        let by_id = || {
            let id = org.id.as_ref()?;
            self.configs.iter().find(|it| it.desired.org.as_ref().is_some_and(|it| it.id.as_ref() == Some(id)))
        };
        by_name.or_else(by_id)
    }

    /// The effect of the change on an org.
    pub fn standing(&self, config: &Config) -> OrgStanding {
        match self.of(config) {
            None => OrgStanding::New(Box::new(asked(None, &config.desired))),
            Some(before) if print::digest_of(&before.resolved) == print::digest_of(&config.resolved) => {
                OrgStanding::Unaffected
            }
            Some(before) => OrgStanding::Affected(Box::new(asked(Some(&before.desired), &config.desired))),
        }
    }

    /// The names of orgs without a config after the change.
    pub fn removed(&self, configs: &[Config]) -> Vec<String> {
        let after = Before::new(configs);
        let gone = self.configs.iter().filter(|it| after.of(it).is_none());
        gone.filter_map(|it| it.desired.org.as_ref().map(|org| org.name.clone())).collect()
    }
}

/// Definitions that are removed from a config and stay active in the org.
pub fn leaving(before: &Desired, after: &Desired, plan: &Plan) -> Vec<Key> {
    let removed: Vec<&DefinitionId> = plan.changes.iter().filter_map(|it| it.step.id()).collect();
    let gone = before.definitions.values().filter(|it| !after.definitions.contains_key(&it.key) && !it.deactivated);
    let is_removed = |it: &&Wanted| id_of(it).is_some_and(|id| removed.contains(&&id));
    gone.filter(|it| !is_removed(it)).map(|it| it.key.clone()).collect()
}

/// The changes for an org that matches the files before the change, as a plan.
fn asked(before: Option<&Desired>, after: &Desired) -> Plan {
    let nothing = Desired::nothing();
    let before = before.unwrap_or(&nothing);
    let held: BTreeMap<&Key, Definition> =
        before.definitions.values().filter_map(|it| Some((&it.key, held(it)?))).collect();
    let mut wanted = after.clone();
    for it in wanted.definitions.values_mut() {
        // The key identifies the definition, even with other labels. Under another system presence, it is another object.
        it.pin = held.get(&it.key).filter(|of| of.system_presence == it.system_presence).map(|of| of.id.clone());
        it.division = None;
        if it.management == Management::Managed {
            it.new |= it.pin.is_none() && it.replaces.is_none();
        }
    }
    wanted.protect.clear();
    let observed = Observed::new(held.into_values().collect(), None);
    plan(&wanted, &observed, &LIMITS)
}

fn held(wanted: &Wanted) -> Option<Definition> {
    Some(Definition {
        id: id_of(wanted)?,
        system_presence: wanted.system_presence.clone(),
        labels: wanted.labels.clone(),
        deactivated: wanted.deactivated,
        primary: Primary::No,
        division: None,
        modified: None,
    })
}

/// A fake id for the definition of this key, which no org uses.
fn id_of(wanted: &Wanted) -> Option<DefinitionId> {
    DefinitionId::new(&format!("key:{}", wanted.key))
}

/// The applies of one org, from reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppliesOfOrg {
    /// The newest apply without blocker or failure.
    pub last: Option<AppliedState>,
    /// When a later run failed that may have written something.
    pub failed_at: Option<Moment>,
}

/// The state that an apply left in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedState {
    pub commit: Option<String>,
    /// Some file differed from the commit.
    pub modified: bool,
    /// The digest of the applied config.
    pub digest: Option<String>,
    pub at: Moment,
}

impl AppliesOfOrg {
    /// Uses the reports of this org: by id, or by name without one. Reports of the sandbox do not count for a real org.
    pub fn of(reports: &[StoredReport], org: &OrgIdentity, sandbox: bool) -> AppliesOfOrg {
        let is_of_org = |it: &StoredReport, run: &StoredRun| match &org.id {
            Some(id) if !sandbox => it.org.as_ref() == Some(id),
            _ => run.said.config_org.as_ref() == Some(&org.name),
        };
        let runs = reports.iter().filter_map(|it| Some((it, it.run.as_ref()?)));
        let mut runs: Vec<(&StoredReport, &StoredRun)> =
            runs.filter(|(it, run)| it.sandbox == sandbox && is_of_org(it, run)).collect();
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.began));
        let counts = |(it, run): &(&StoredReport, &StoredRun)| {
            it.success && run.said.undoes.is_none() && run.said.only.is_none() && run.said.config_digest.is_some()
        };
        let index = runs.iter().position(counts);
        let later = &runs[..index.unwrap_or(runs.len())];
        let has_failed = |(it, run): &&(&StoredReport, &StoredRun)| {
            run.said.undoes.is_none() && !it.success && it.rows.iter().any(StoredRow::may_be_written)
        };
        AppliesOfOrg {
            last: index.map(|index| runs[index]).map(|(_, run)| AppliedState {
                commit: run.said.commit.clone(),
                modified: run.said.modified,
                digest: run.said.config_digest.clone(),
                at: run.began,
            }),
            failed_at: later.iter().find(has_failed).map(|(_, run)| run.began),
        }
    }
}

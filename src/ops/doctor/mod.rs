//! What goes wrong on the first day: every check of what was gathered, in the order of mending. Pure.

use crate::host::org_variables::named;
use crate::ops::doctor::check::{Check, Diagnosis, Health};
use crate::ops::doctor::facts::{ConfigFact, DoctorAnswer, Facts, MeantOrg};

pub mod access;
pub mod check;
pub mod facts;
pub mod files;
pub mod network;

pub fn diagnose(facts: &Facts, sandbox: bool) -> Diagnosis {
    let files = files::checks(&facts.config, &facts.git);
    let Diagnosis { org, sandbox, checks } = checks_of_org(facts, sandbox);
    Diagnosis { org, sandbox, checks: [files, checks].concat() }
}

/// One of several orgs, without the checks of the files, which the orgs share.
pub fn diagnose_one_of_several(facts: &Facts, sandbox: bool) -> Diagnosis {
    let has_id = !matches!(facts.config, ConfigFact::Valid { meant: MeantOrg::Named { id: None, .. }, .. });
    let of_several = |check: Check| {
        let help = check.help.map(|it| named(&it, &facts.suffix));
        // A plan of several orgs does not read an org without an id.
        let is_stopped = !has_id && check.name == access::ORG && check.health == Health::Warning;
        Check { health: if is_stopped { Health::Failed } else { check.health }, help, ..check }
    };
    let diagnosis = checks_of_org(facts, sandbox);
    Diagnosis { checks: diagnosis.checks.into_iter().map(of_several).collect(), ..diagnosis }
}

fn checks_of_org(facts: &Facts, sandbox: bool) -> Diagnosis {
    let org = match &facts.answers.org {
        DoctorAnswer::Given(org) => Some(org.clone()),
        DoctorAnswer::NotAsked | DoctorAnswer::Refused(_) => None,
    };
    Diagnosis { org, sandbox, checks: [network::checks(facts), access::checks(facts)].concat() }
}

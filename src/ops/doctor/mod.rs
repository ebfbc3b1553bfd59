//! What goes wrong on the first day: every check of what was gathered, in the order of mending. Pure.

use crate::ops::doctor::check::Diagnosis;
use crate::ops::doctor::facts::{DoctorAnswer, Facts};

pub mod access;
pub mod check;
pub mod facts;
pub mod files;
pub mod network;

pub fn diagnose(facts: &Facts, sandbox: bool) -> Diagnosis {
    let org = match &facts.answers.org {
        DoctorAnswer::Given(org) => Some(org.clone()),
        DoctorAnswer::NotAsked | DoctorAnswer::Refused(_) => None,
    };
    let checks = [files::checks(facts), network::checks(facts), access::checks(facts)].concat();
    Diagnosis { org, sandbox, checks }
}

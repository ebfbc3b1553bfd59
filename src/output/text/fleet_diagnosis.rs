//! The checks of several orgs for people: those that they share, then each org, failed ones first.

use std::fmt::Write as _;

use crate::model::text;
use crate::ops::doctor::check::{Diagnosis, FleetDiagnosis, Health, OrgDiagnosis};
use crate::output::style::Style;
use crate::output::text::doctor::{checks, counted};

/// The whole text. Only an org with a failed check or a warning is shown in full.
pub fn human(fleet: &FleetDiagnosis, style: Style) -> String {
    let mut shown = format!("{}\n\n", style.bold(&heading(fleet)));
    shown.push_str(&checks(&fleet.common, false, style));
    for health in [Health::Failed, Health::Warning] {
        for org in fleet.orgs_of(health) {
            shown.push_str(&in_full(org, style));
        }
    }
    let mut before = "\n";
    for OrgDiagnosis { name, diagnosis, .. } in fleet.orgs_of(Health::Good) {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "{before}{}: {}", text::terminal(name), passes(diagnosis));
        before = "";
    }
    shown
}

/// The summary line.
fn heading(fleet: &FleetDiagnosis) -> String {
    let orgs = text::count(fleet.orgs.len(), "org");
    if fleet.orgs_of(Health::Good).count() == fleet.orgs.len() {
        return format!("{orgs}: none with a failed check or a warning");
    }
    let parts = [
        (Health::Failed, "with a failed check"),
        (Health::Warning, "with a warning"),
        (Health::Good, "without either"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(health, words)| (fleet.orgs_of(health).count(), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    format!("{orgs}: {}", parts.join(", "))
}

fn in_full(org: &OrgDiagnosis, style: Style) -> String {
    let OrgDiagnosis { name, stage: _, diagnosis } = org;
    let head = format!("{}: {}", text::terminal(name), counted(&diagnosis.checks));
    let head = if org.health() == Health::Failed { style.bad(&head) } else { style.doubtful(&head) };
    format!("\n{head}\n{}", checks(&diagnosis.checks, diagnosis.has_no_credentials(), style))
}

/// What is said of an org in a line.
fn passes(diagnosis: &Diagnosis) -> String {
    let all = diagnosis.checks.len();
    let not_known = diagnosis.checks.iter().filter(|it| it.health == Health::NotKnown);
    let not_known: Vec<&str> = not_known.map(|it| it.name).collect();
    if not_known.is_empty() {
        return format!("all {all} checks pass");
    }
    format!("{} of {all} checks pass, not known: {}", all - not_known.len(), not_known.join(", "))
}

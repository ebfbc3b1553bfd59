//! Every small case: up to three definitions of a config against up to three objects of an org.

use std::collections::BTreeSet;

use presencectl::model::desired::{Desired, Limits, Prune, Wanted};
use presencectl::model::names::Label;
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::plan::blocker::Blocker;
use presencectl::plan::change::Step;
use presencectl::plan::{Plan, plan};

use crate::paper::{carry_out, desired, object, presence, wanted};

/// So that no limit hides what the plan would do.
const UNLIMITED: Limits =
    Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };
const PRESENCES: [&str; 2] = ["Meal", "Break"];
const LABELS: [&str; 2] = ["Lunch", "Tea"];

/// The possible fields of a definition beside its system presence and label.
#[derive(Clone, Copy, Debug)]
enum Says {
    Nothing,
    Deactivated,
    New,
    PreviousLabel,
    Replaces,
    DeactivatedAndPreviousLabel,
}

const SAYS: [Says; 6] = [
    Says::Nothing,
    Says::Deactivated,
    Says::New,
    Says::PreviousLabel,
    Says::Replaces,
    Says::DeactivatedAndPreviousLabel,
];

fn one_wanted(slot: usize, says: Says) -> Wanted {
    let (here, label) = (slot / 2, slot % 2);
    let mut it = wanted(["a", "b", "c", "d"][slot], PRESENCES[here], &[("en_US", LABELS[label])]);
    let other_label = Label::new(LABELS[1 - label]);
    match says {
        Says::Nothing => {}
        Says::Deactivated => it.deactivated = true,
        Says::New => it.new = true,
        Says::PreviousLabel => it.previous_labels = vec![other_label],
        Says::Replaces => it.replaces = Some(presence(PRESENCES[1 - here])),
        Says::DeactivatedAndPreviousLabel => {
            it.deactivated = true;
            it.previous_labels = vec![other_label];
        }
    }
    it
}

/// Every config of up to three definitions; a system presence and a label occur once, as the
/// language demands.
fn every_config() -> Vec<Vec<Wanted>> {
    let mut all = vec![Vec::new()];
    for slot in 0..4 {
        let longer: Vec<Vec<Wanted>> = all
            .iter()
            .filter(|it| it.len() < 3)
            .flat_map(|it| SAYS.map(|says| [it.as_slice(), &[one_wanted(slot, says)]].concat()))
            .collect();
        all.extend(longer);
    }
    // Two labels that change hands both ways are an error of the language without pins.
    let gives = |it: &Wanted| !it.previous_labels.is_empty();
    all.retain(|definitions| {
        let swapped =
            |here: &str| definitions.iter().filter(|it| it.system_presence == presence(here) && gives(it)).count() == 2;
        !PRESENCES.iter().any(|here| swapped(here))
    });
    all
}

/// What an object can be: its system presence, its label, and its state.
fn one_object(number: usize, kind: usize) -> Definition {
    let mut it = object(number, PRESENCES[kind / 2 % 2], &[("en_US", LABELS[kind % 2])]);
    match kind / 4 {
        0 => {}
        1 => it.deactivated = true,
        _ => it.primary = Primary::Yes,
    }
    it
}

/// Every org of up to three objects, equal ones too.
fn every_org() -> Vec<Observed> {
    let mut kinds: Vec<Vec<usize>> = vec![Vec::new()];
    let mut all = kinds.clone();
    for _ in 0..3 {
        kinds = kinds
            .iter()
            .flat_map(|it| (it.last().copied().unwrap_or(0)..12).map(|kind| [it.as_slice(), &[kind]].concat()))
            .collect();
        all.extend(kinds.clone());
    }
    all.iter()
        .map(|kinds| Observed::new(kinds.iter().enumerate().map(|(n, kind)| one_object(n, *kind)).collect(), None))
        .collect()
}

#[test]
fn every_small_case_converges_and_touches_nothing_of_others_while_keeping() {
    converges(Prune::Keep);
}

#[test]
fn every_small_case_converges_and_touches_nothing_of_others_while_pruning() {
    converges(Prune::Delete);
}

fn converges(prune: Prune) {
    let (configs, orgs) = (every_config(), every_org());
    let mut applied = 0_usize;
    let mut refused = 0_usize;
    for definitions in configs {
        let mut config = desired(definitions);
        config.settings.prune = prune;
        for org in &orgs {
            let first = plan(&config, org, &UNLIMITED);
            check_ownership(&config, org, &first);
            if !first.blockers.is_empty() {
                refused += 1;
                continue;
            }
            applied += 1;
            let after = carry_out(org, first.changes.iter().map(|it| &it.step));
            let again = plan(&config, &after, &UNLIMITED);
            let blockers: Vec<String> = again.blockers.iter().map(Blocker::message).collect();
            assert!(
                again.is_empty(),
                "not in sync after one apply\n{}\nfirst {}\nafter {}\nagain {}",
                brief_config(&config),
                brief(org, &first),
                brief(&after, &again),
                blockers.join("; "),
            );
        }
    }
    // Neither half of the cases may have vanished from this test unseen.
    assert!(applied > 150_000 && refused > 150_000, "{applied} applied, {refused} refused");
}

fn brief_config(config: &Desired) -> String {
    let each: Vec<String> = config
        .definitions
        .values()
        .map(|it| {
            format!(
                "{}: {} {:?} deactivated={} new={} previous={:?} replaces={:?}",
                it.key,
                it.system_presence,
                it.labels.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(),
                it.deactivated,
                it.new,
                it.previous_labels.iter().map(Label::as_str).collect::<Vec<_>>(),
                it.replaces.as_ref().map(ToString::to_string)
            )
        })
        .collect();
    format!("prune={:?}\n{}", config.settings.prune, each.join("\n"))
}

fn brief(org: &Observed, plan: &Plan) -> String {
    let objects: Vec<String> = org
        .definitions
        .iter()
        .map(|it| {
            let label = it.labels.iter().map(|(_, label)| label.as_str()).collect::<String>();
            format!("{} {} {label} deactivated={} {:?}", it.id, it.system_presence, it.deactivated, it.primary)
        })
        .collect();
    let steps: Vec<String> = plan
        .changes
        .iter()
        .map(|it| format!("{:?} {:?} {:?}", it.step.action(), it.step.key().map(ToString::to_string), it.step.id()))
        .collect();
    format!("org:\n{}\nplan:\n{}", objects.join("\n"), steps.join("\n"))
}

/// For any plan: the platform's own is not written, each object is written once, no twin is created, and with `prune:
/// keep` only named definitions are written.
fn check_ownership(config: &Desired, org: &Observed, plan: &Plan) {
    let mut written = BTreeSet::new();
    for change in &plan.changes {
        if let Some(id) = change.step.id() {
            let object = org.get(id).expect("a step is about an object of the org");
            assert_eq!(object.primary, Primary::No, "{plan:#?}");
            assert!(written.insert(id), "written twice: {plan:#?}");
        }
        match &change.step {
            Step::Create(create) => {
                let twin = org
                    .definitions
                    .iter()
                    .any(|it| it.system_presence == create.system_presence && it.labels.same_as(&create.labels));
                assert!(!twin, "a twin: {plan:#?}");
            }
            Step::Delete(_) => assert_eq!(config.settings.prune, Prune::Delete),
            Step::Update(_) | Step::Reactivate(_) | Step::Deactivate(..) | Step::Supersede(..) => {}
        }
    }
}

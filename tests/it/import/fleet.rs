//! Imports several orgs into one repository: the content of `base/`, the differences, and that every plan is empty.
//! Random fleets check the invariants. A failing one is printed in full, with the command that repeats it.

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use presencectl::config::load_all;
use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DivisionId, Label, Locale, OrgId};
use presencectl::model::observed::{Definition, Observed, Organization};
use presencectl::model::pins::PinChoice;
use presencectl::ops::import::Flaw;
use presencectl::ops::import::base::FleetSource;
use presencectl::ops::import::fleet::{FleetImport, FleetNote, FleetRequest, import_fleet, prove_fleet};
use presencectl::output::style::Style;
use presencectl::output::text::findings;
use presencectl::plan::plan;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestRng, TestRunner};

use super::orgs::{some_choice, some_object, some_org};
use super::shown;
use crate::paper::{labels, object};
use crate::properties::repeatable;

const NAMES: [&str; 5] = ["globex", "acme-dev", "hooli test", "acme-prod", "initech"];

/// What each org answers, by its place in a fleet.
fn organization(number: usize) -> Organization {
    let id = OrgId::new(&format!("22222222-bbbb-4bbb-8bbb-{number:012}")).unwrap();
    Organization { id, name: format!("Org {number}") }
}

fn request(choice: PinChoice) -> FleetRequest {
    FleetRequest { choice, schema: "../schemas/config.v1.json".to_owned() }
}

fn plain() -> FleetRequest {
    request(PinChoice { default_locale: Locale::new("en_US"), deactivated: true, pin_all: false })
}

/// Imports a fleet, in this order, and proves it.
fn imported(fleet: &[Observed], asked: &FleetRequest, order: &[usize]) -> Result<FleetImport, TestCaseError> {
    let organizations: Vec<Organization> = (0..fleet.len()).map(organization).collect();
    let source = |it: usize| FleetSource {
        name: NAMES[it],
        region: None,
        organization: &organizations[it],
        observed: &fleet[it],
    };
    let sources: Vec<FleetSource<'_>> = order.iter().map(|it| source(*it)).collect();
    let import = import_fleet(&sources, asked);
    prop_assert_eq!(prove_fleet(&import, &sources), Ok(()), "{}\n{}", text(&import), again());
    Ok(import)
}

fn text(import: &FleetImport) -> String {
    let files: String = import.files.iter().flat_map(|it| ["=== ", &it.name, "\n", &it.text]).collect();
    import.notes.iter().fold(files, |all, it| all + "note: " + &it.message() + "\n")
}

/// The command that plays the same cases.
fn again() -> String {
    let RngSeed::Fixed(seed) = repeatable().rng_seed else { return String::new() };
    format!("again: PROPTEST_RNG_SEED={seed} cargo test --test it import::fleet")
}

/// What one org does with a definition that all may have.
#[derive(Debug, Clone)]
enum Tweak {
    Keep,
    Drop,
    Label(&'static str, &'static str),
    Remove(&'static str),
    Respell(&'static str, &'static str),
    Deactivate,
    Divide(&'static str),
    Twin,
    LookAlike,
}

fn tweak() -> impl Strategy<Value = Tweak> {
    prop_oneof![
        8 => Just(Tweak::Keep),
        2 => Just(Tweak::Drop),
        2 => select(vec![("de", "Pause"), ("sv", "Rast"), ("en_US", "Lunch"), ("es_US", "x"), ("de", "no")])
            .prop_map(|(locale, label)| Tweak::Label(locale, label)),
        2 => select(vec!["de", "sv", "en_US"]).prop_map(Tweak::Remove),
        2 => select(vec![("en_US", "en-US"), ("de", "DE"), ("sv", "sv_SE")]).prop_map(|(a, b)| Tweak::Respell(a, b)),
        1 => Just(Tweak::Deactivate),
        1 => select(vec![SALES, CARE, "odd"]).prop_map(Tweak::Divide),
        1 => Just(Tweak::Twin),
        1 => Just(Tweak::LookAlike),
    ]
}

const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const CARE: &str = "11111111-aaaa-4aaa-8aaa-222222222222";

/// A number for objects beside those of all orgs.
const OTHERS: usize = 500;

fn tweaked(number: usize, before: &Definition, tweak: &Tweak) -> Vec<Definition> {
    let mut it = before.clone();
    match tweak {
        Tweak::Keep => {}
        Tweak::Drop => return Vec::new(),
        Tweak::Label(locale, label) => it.labels.insert(Locale::new(*locale), Label::new(*label)),
        Tweak::Remove(locale) => it.labels.remove(&Locale::new(*locale)),
        Tweak::Respell(from, to) => {
            let renamed = |locale: &Locale| if locale.as_str() == *from { Locale::new(*to) } else { locale.clone() };
            it.labels = it.labels.iter().map(|(locale, label)| (renamed(locale), label.clone())).collect();
        }
        Tweak::Deactivate => it.deactivated = true,
        Tweak::Divide(division) => it.division = DivisionId::new(division),
        Tweak::Twin => return vec![it.clone(), Definition { id: crate::paper::id(OTHERS + 100 + number), ..it }],
        Tweak::LookAlike => {
            let alike = |label: &Label| Label::new(label.as_str().to_uppercase());
            it.labels = it.labels.iter().map(|(locale, label)| (locale.clone(), alike(label))).collect();
        }
    }
    vec![it]
}

prop_compose! {
    fn common_object(number: usize)(
        presence in select(vec!["Meal", "Break", "OnQueue", "Focus Time"]),
        en in select(vec!["Lunch", "Tea", "Coaching", "Café"]),
        more in prop::collection::vec(
            (select(vec!["de", "sv", "fr", "pt_BR"]), select(vec!["Mittag", "Tee", "Rast", "no"])), 0..4,
        ),
    ) -> Definition {
        let all: Vec<(&str, &str)> = std::iter::once(("en_US", en)).chain(more).collect();
        Definition { labels: labels(&all), ..object(number, presence, &[]) }
    }
}

/// An org that has what all have, more or less.
fn like(common: Vec<Definition>) -> impl Strategy<Value = Observed> {
    let tweaks = prop_oneof![
        1 => Just(vec![Tweak::Keep; common.len()]),
        3 => prop::collection::vec(tweak(), common.len()),
    ];
    let others = prop::collection::vec(prop::num::usize::ANY, 0..2)
        .prop_flat_map(|it| (0..it.len()).map(|number| some_object(OTHERS + number)).collect::<Vec<_>>());
    let lacks = prop::option::weighted(0.3, select(vec!["de", "sv", "en_US"]));
    let moved = prop::option::weighted(0.2, select(vec!["de", "fr"]));
    (tweaks, others, lacks, moved, prop::bool::ANY).prop_map(move |(tweaks, others, lacks, moved, second)| {
        let tweaked =
            common.iter().zip(&tweaks).enumerate().flat_map(|(number, (it, tweak))| tweaked(number, it, tweak));
        let mut all: Vec<Definition> = tweaked.chain(others).collect();
        for it in &mut all {
            if let Some(locale) = moved
                && let Some(label) = it.labels.get(&Locale::new("en_US")).cloned()
            {
                it.labels.remove(&Locale::new("en_US"));
                it.labels.insert(Locale::new(locale), label);
            }
            if let Some(locale) = lacks {
                it.labels.remove(&Locale::new(locale));
            }
            if !second {
                it.division = None;
            } else if it.division.is_none() {
                it.division = Some(DivisionId::all());
            }
        }
        let division = |(id, name): (&str, &str)| Division { id: DivisionId::new(id).unwrap(), name: name.to_owned() };
        let known = Divisions::Known([(SALES, "Sales"), (CARE, "Care")].map(division).to_vec());
        let org = Observed::new(all, None);
        if second { org.seen_through(Generation::Second, known) } else { org }
    })
}

/// One to five orgs: most of them alike, some of them anything.
fn some_fleet() -> impl Strategy<Value = Vec<Observed>> {
    let common = (0..6_usize).prop_flat_map(|count| (0..count).map(common_object).collect::<Vec<_>>());
    (common, 1..=NAMES.len()).prop_flat_map(|(mut common, count)| {
        // What all have is not there twice.
        let mut seen = BTreeSet::new();
        common.retain(|it| seen.insert(format!("{:?} {:?}", it.system_presence, it.labels.get(&Locale::new("en_US")))));
        let org = prop_oneof![6 => like(common), 1 => some_org()];
        prop::collection::vec(org, count)
    })
}

fn cases() -> ProptestConfig {
    let repeatable = repeatable();
    ProptestConfig { cases: repeatable.cases / 50, ..repeatable }
}

/// Random fleets in which something never occurs would show nothing of it.
#[test]
fn the_random_fleets_hold_everything() {
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut seen, mut notes) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..400 {
        let fleet = some_fleet().new_tree(&mut runner).unwrap().current();
        let order: Vec<usize> = (0..fleet.len()).collect();
        let import = imported(&fleet, &plain(), &order).unwrap();
        for file in import.files.iter().filter(|it| it.name.starts_with("orgs/")) {
            let words =
                ["definitions:", "overrides:", "omit:", "ids:", "defaultLocale:", "locales:", "api: v2", ": null"];
            seen.extend(words.into_iter().filter(|it| file.text.contains(it)));
            let words = ["division: Sales", "deactivated: true", "deactivated: false", "systemPresences:"];
            seen.extend(words.into_iter().filter(|it| file.text.contains(it)));
            assert!(!file.text.contains("\n  prune:"), "{}", file.text);
        }
        notes.extend(import.notes.iter().map(|it| match it {
            FleetNote::OfOrg { .. } => "of an org",
            FleetNote::LookAlike { .. } => "look alike",
            FleetNote::MoreLookAlikes { .. } => "more look alike",
            FleetNote::OtherDefaultLocale { uses_base: true, .. } => "another default locale",
            FleetNote::OtherDefaultLocale { uses_base: false, .. } => "another default locale without base",
        }));
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
    assert_eq!(notes.len(), 4, "{notes:?}");
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_plan_is_empty(fleet in some_fleet(), asked in some_choice()) {
        let order: Vec<usize> = (0..fleet.len()).collect();
        let asked = request(asked.choice);
        let import = imported(&fleet, &asked, &order)?;

        // Without the proof of the command itself: from the disk, as any command would load it.
        let folder = tempfile::tempdir().unwrap();
        for file in &import.files {
            let path = folder.path().join(&file.name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.text).unwrap();
        }
        let loaded = load_all(folder.path(), None, |_| true);
        let mut told = String::new();
        findings::write(&mut told, &loaded.diagnostics, &loaded.sources, Style::PLAIN).unwrap();
        prop_assert_eq!(loaded.configs.len(), fleet.len(), "{}\n{}", told, again());
        for config in &loaded.configs {
            let name = &config.desired.org.as_ref().unwrap().name;
            let number = NAMES.iter().position(|it| it == name).unwrap();
            let plan = plan(&config.desired, &fleet[number], &config.desired.settings.limits);
            prop_assert!(plan.is_empty(), "{}\n{}\n{}", shown(&plan), text(&import), again());
            prop_assert_eq!(plan.in_sync.len(), import.orgs[name], "{}\n{}", text(&import), again());
        }
    }

    #[test]
    fn the_order_of_the_orgs_changes_nothing(fleet in some_fleet(), turn in 0..5_usize) {
        let mut order: Vec<usize> = (0..fleet.len()).collect();
        let first = imported(&fleet, &plain(), &order)?;
        order.rotate_left(turn % fleet.len());
        order.reverse();
        prop_assert_eq!(text(&first), text(&imported(&fleet, &plain(), &order)?), "{}", again());
    }
}

fn three() -> Vec<Observed> {
    let common = || {
        vec![
            object(1, "Meal", &[("en_US", "Lunch"), ("de", "Mittagspause"), ("sv", "Lunchrast")]),
            object(2, "Break", &[("en_US", "Tea"), ("de", "Tee"), ("sv", "Te")]),
            object(3, "Focus Time", &[("en_US", "Focus"), ("de", "Fokus"), ("sv", "Fokus")]),
            object(4, "Training", &[("en_US", "Coaching"), ("de", "Schulung"), ("sv", "Coachning")]),
        ]
    };
    let (first, mut second, mut third) = (common(), common(), common());
    // One label is different, one is missing, and one definition is spelt in another way.
    second[0].labels.insert(Locale::new("de"), Label::new("Mittag"));
    second[1].labels.remove(&Locale::new("sv"));
    second[3].labels.insert(Locale::new("en_US"), Label::new("coaching"));
    // No Swedish at all, one definition more, and twins.
    for it in &mut third {
        it.labels.remove(&Locale::new("sv"));
    }
    third[2].deactivated = true;
    third.remove(3);
    third.push(object(5, "Away", &[("en_US", "Site visit"), ("de", "Termin")]));
    third.push(object(6, "Away", &[("en_US", "Site visit"), ("de", "Termin vor Ort")]));
    [first, second, third].map(|it| Observed::new(it, None)).to_vec()
}

#[test]
fn what_most_orgs_have_stands_in_base() {
    assert_snapshot!("three_orgs", text(&imported(&three(), &plain(), &[0, 1, 2]).unwrap()));
}

#[test]
fn an_org_with_another_default_locale_says_so_in_its_file() {
    let english =
        || vec![object(1, "Meal", &[("en_US", "Lunch"), ("de", "Mittag")]), object(2, "Break", &[("en_US", "Tea")])];
    let german = vec![
        object(1, "Meal", &[("de", "Mittag")]),
        object(2, "Break", &[("de", "Tee")]),
        object(3, "Busy", &[("de", "Beratung")]),
    ];
    let fleet = [english(), english(), german].map(|it| Observed::new(it, None)).to_vec();
    assert_snapshot!("another_default_locale", text(&imported(&fleet, &plain(), &[0, 1, 2]).unwrap()));
}

#[test]
fn an_import_that_would_change_an_org_names_it() {
    let fleet = three();
    let organizations: Vec<Organization> = (0..3).map(organization).collect();
    let sources: Vec<FleetSource<'_>> = (0..3)
        .map(|it| FleetSource { name: NAMES[it], region: None, organization: &organizations[it], observed: &fleet[it] })
        .collect();
    let mut import = import_fleet(&sources, &plain());
    let file = import.files.iter_mut().find(|it| it.name == "base/meal.yaml").unwrap();
    file.text = file.text.replace("sv: Lunchrast", "sv: Lunch");
    let flaw = prove_fleet(&import, &sources).unwrap_err();
    assert_eq!(flaw.org.as_deref(), Some("globex"));
    assert_eq!(flaw.flaw, Flaw::Differs(vec!["update `lunch`".to_owned()]));
}

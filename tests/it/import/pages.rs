//! What is written, read as a person would.

use std::fmt::Write as _;

use insta::assert_snapshot;
use presencectl::config::{Text, read_texts};
use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DefinitionId, DivisionId, Label, Locale, OrgId};
use presencectl::model::observed::{Definition, Observed, Organization, Primary};
use presencectl::model::pins::PinChoice;
use presencectl::model::region::Region;
use presencectl::ops::import::{Flaw, ImportRequest, Layout, import, prove};
use presencectl::output;
use presencectl::output::style::Style;
use presencectl::plan::plan;
use presencectl::plan::warning::Warning;

use super::{asked, organization};
use crate::paper::{object, presence};

const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

/// An org as most are.
fn usual() -> Observed {
    let primary = Definition { primary: Primary::Yes, ..object(1, "On Queue", &[("en_US", "On Queue")]) };
    let old = Definition { deactivated: true, ..object(7, "Meal", &[("en_US", "Lunch")]) };
    let definitions = vec![
        primary,
        object(2, "On Queue", &[("en_US", "Backlog"), ("no", "Restanser")]),
        object(3, "Meal", &[("de", "Mittagspause"), ("en_US", "Lunch"), ("zh_CN", "午餐")]),
        object(4, "Busy", &[("en-us", "Case follow-up"), ("es_US", "Seguimiento: casos")]),
        object(5, "Busy", &[("en_US", "Coaching")]),
        object(6, "Focus Time", &[("en_US", "Deep work")]),
        old,
    ];
    Observed::new(definitions, None)
}

/// An org with everything that a config has to express in another way.
fn odd() -> Observed {
    let of = |number: usize, presence: &str, labels: &[(&str, &str)]| object(number, presence, labels);
    let named = |id: &str, it: Definition| Definition { id: DefinitionId::new(id).unwrap(), ..it };
    let mut long = of(14, "Busy", &[("en_US", "Long")]);
    long.labels.insert(Locale::new("de"), Label::new("x".repeat(100_000)));
    let definitions = vec![
        of(1, "Meal", &[("en_US", "Lunch"), ("en-us", "Luncheon")]),
        of(2, "Break", &[("en_US", "Lunch")]),
        of(3, "Break", &[("en_US", "Lunch"), ("de", "Mittag")]),
        Definition { deactivated: true, ..of(4, "Break", &[("en_US", "Lunch")]) },
        of(5, "Busy", &[("de", "Schulung")]),
        of(6, "Busy", &[]),
        of(7, "Busy", &[("en_US", "Tea\nTime\0"), ("fr", "")]),
        of(8, "Busy", &[("en_US", "Walk"), ("a b", "x"), ("\0", "y")]),
        Definition { primary: Primary::NotKnown, ..of(9, "Away", &[("en_US", "Away")]) },
        Definition { division: DivisionId::new(SALES), ..of(10, "Away", &[("en_US", "Site visit")]) },
        Definition { division: DivisionId::new("odd"), ..of(11, "Away", &[("en_US", "Doctor")]) },
        of(12, "Focus\tTime", &[("en_US", "Deep work")]),
        named("not / an id", of(13, "Busy", &[("de", "Namenlos")])),
        long,
        of(15, "Bell\u{7}", &[("en_US", "Bell")]),
        named("not / another", of(16, "Busy", &[("en_US", "Named")])),
    ];
    let divisions = vec![Division { id: DivisionId::new(SALES).unwrap(), name: "Sales".to_owned() }];
    let listed = vec![presence("FOCUS TIME")];
    Observed::new(definitions, Some(listed)).seen_through(Generation::Second, Divisions::Known(divisions))
}

/// The files and the notes.
fn shown(observed: &Observed, organization: &Organization, asked: &ImportRequest) -> String {
    let import = import(observed, organization, asked);
    let mut shown = String::new();
    for file in &import.files {
        write!(shown, "=== {}\n{}", file.name, file.text).unwrap();
    }
    shown + "=== notes\n" + &output::text::import::notes(&import.notes, Style::PLAIN)
}

fn everything(layout: Layout) -> ImportRequest {
    let choice = PinChoice { deactivated: true, pin_all: true, ..asked().choice };
    ImportRequest { choice, layout, ..asked() }
}

#[test]
fn a_usual_org_reads_like_a_config_of_a_person() {
    let here = ImportRequest { region: Region::by_name("eu-central-1"), ..asked() };
    assert_snapshot!("import_one_file", shown(&usual(), &organization(), &here));
    let folder = ImportRequest { layout: Layout::Folder, ..here };
    assert_snapshot!("import_folder", shown(&usual(), &organization(), &folder));
}

#[test]
fn all_of_a_usual_org_with_all_pins() {
    assert_snapshot!("import_everything", shown(&usual(), &organization(), &everything(Layout::Folder)));
}

#[test]
fn an_odd_org_is_said_in_full_or_said_to_be_left_out() {
    let hostile = Organization { name: "Acme\u{202E}\n# \u{1b}[31m".repeat(20), ..organization() };
    assert_snapshot!("import_odd", shown(&odd(), &hostile, &asked()));
    assert_snapshot!("import_odd_everything", shown(&odd(), &hostile, &everything(Layout::Folder)));
}

#[test]
fn what_no_config_can_name_is_protected_and_a_plan_that_deletes_it_says_so() {
    let label = "x".repeat(70_000);
    let definitions = vec![object(1, "Meal", &[("en_US", "Lunch")]), object(2, "Busy", &[("en_US", &label)])];
    let observed = Observed::new(definitions, Some(vec![presence("Meal"), presence("Busy")]));
    let text = import(&observed, &organization(), &asked()).files[0].text.clone();
    let pruning = text.replace("settings:\n", "settings:\n  prune: delete\n");
    let planned = |text: &str| {
        let desired = read_texts(Text { path: "presence.yaml", text }, &[]).2.unwrap();
        let plan = plan(&desired, &observed, &desired.settings.limits);
        (plan.changes.len(), plan.warnings.iter().map(Warning::message).collect::<Vec<_>>())
    };
    assert_eq!(planned(&pruning), (0, Vec::new()));
    let (named, _) = pruning.split_once("# Left out").unwrap();
    let (changes, warnings) = planned(named);
    assert_eq!((changes, warnings.len()), (1, 1));
    let says =
        "this plan deletes `2fa68d50-0000-4000-8000-000000000002` (it has a label that is too long for a config)";
    assert!(warnings[0].starts_with(says), "{warnings:?}");
}

#[test]
fn an_org_in_another_language_is_told_which_locale_to_choose() {
    let definitions =
        vec![object(1, "Meal", &[("de", "Mittag"), ("fr", "Midi")]), object(2, "Busy", &[("de", "Schulung")])];
    let observed = Observed::new(definitions, None);
    assert_snapshot!("import_other_language", shown(&observed, &organization(), &asked()));
    let choice = PinChoice { default_locale: Locale::new("de"), ..asked().choice };
    let chosen = shown(&observed, &organization(), &ImportRequest { choice, ..asked() });
    assert!(chosen.ends_with("=== notes\n") && !chosen.contains("ids:"), "{chosen}");
}

#[test]
fn an_empty_org_with_an_odd_name_is_a_config_all_the_same() {
    let nameless = Organization { id: OrgId::new("an id / of its own").unwrap(), name: "?!".to_owned() };
    for layout in [Layout::OneFile("presence.yaml".to_owned()), Layout::Folder] {
        let name = if layout == Layout::Folder { "import_empty_folder" } else { "import_empty" };
        let observed = Observed::new(Vec::new(), None);
        assert_snapshot!(name, shown(&observed, &nameless, &ImportRequest { layout, ..asked() }));
    }
}

#[test]
fn an_import_that_does_not_hold_is_noticed() {
    let org = usual();
    let good = import(&org, &organization(), &asked());
    assert_eq!(prove(&good, &org), Ok(()));
    let with = |from: &str, to: &str| {
        let mut bad = good.clone();
        assert!(bad.files[0].text.contains(from), "{from}");
        bad.files[0].text = bad.files[0].text.replace(from, to);
        prove(&bad, &org).unwrap_err()
    };
    let differs = |what: &[&str]| Flaw::Differs(what.iter().map(|it| (*it).to_owned()).collect());
    assert_eq!(with("de: Mittagspause", "de: Mittag"), differs(&["update `lunch`"]));
    assert_eq!(
        with("en_US: Coaching", "en_US: Coachings"),
        differs(&[
            "`coaching` would be created, but it looks like `Coaching` (Busy, 2fa68d50-0000-4000-8000-000000000005): `Coaching` \
             is in `Coachings`"
        ])
    );
    let Flaw::Unreadable(what) = with("systemPresence: Meal", "systemPresence: Male") else { panic!() };
    assert_eq!(what, ["`Male` is not a system presence"]);
    let Flaw::Differs(what) = with("  coaching:\n    systemPresence: Busy\n    labels:\n      en_US: Coaching\n", "")
    else {
        panic!()
    };
    assert_eq!(what, ["5 definitions in it, 4 in sync"]);
    let mut huge = good.clone();
    huge.files[0].text.push_str(&"# padding\n".repeat(2_000_000));
    let Flaw::TooLarge(_, found) = prove(&huge, &org).unwrap_err() else { panic!() };
    assert_eq!(found[0].finding.message(), "`presence.yaml` is larger than 16 MiB");
}

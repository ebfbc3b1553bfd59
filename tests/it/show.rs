//! The content of an org as a table, as JSON and as CSV, and how one definition is found.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use insta::assert_snapshot;
use presencectl::model::desired::Desired;
use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DefinitionId, DivisionId, Locale};
use presencectl::model::observed::{Definition, Modified, Observed, Organization, Primary, Target};
use presencectl::model::odd::Odd;
use presencectl::model::text;
use presencectl::ops::show::listing::{FoundBy, Listing, SystemPresences};
use presencectl::ops::show::{NotFound, find, list};
use presencectl::output::json;
use presencectl::output::style::Style;
use presencectl::output::text::listing;
use serde_json::Value;

use crate::paper::{desired, id, object, presence, target, wanted};
use crate::render::complaints;

const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

/// One of each state, in every way of being known.
fn definitions() -> Vec<Definition> {
    let changed =
        |by: Option<&str>, at: Option<&str>| Some(Modified { by: by.map(str::to_owned), at: at.map(str::to_owned) });
    let lunch = object(2, "Meal", &[("de", "Mittagspause"), ("en_US", "Lunch"), ("ar", "غداء"), ("no", "Lunsj")]);
    let many = [("en_US", "Coaching"), ("de", "Coaching"), ("fr", "Coaching"), ("es", "Coaching"), ("it", "Coaching")];
    vec![
        Definition { primary: Primary::Yes, ..object(1, "On Queue", &[("en_US", "On Queue")]) },
        Definition { modified: changed(Some("Ada"), Some("2026-10-01T08:00:00.000Z")), ..lunch },
        Definition {
            deactivated: true,
            modified: changed(None, Some("2026-01-02T08:00:00.000Z")),
            ..object(3, "Meal", &[("en_US", "Brunch")])
        },
        Definition { primary: Primary::Yes, ..object(4, "Meal", &[("en_US", "Meal")]) },
        Definition { modified: changed(Some("8c2f"), None), ..object(5, "Busy", &many) },
        Definition { primary: Primary::NotKnown, ..object(6, "Busy", &[("de", "=Nachbearbeitung"), ("en-us", " ")]) },
        Definition { primary: Primary::NotKnown, deactivated: true, ..object(7, "Busy", &[("zh_CN", "辅导")]) },
        Definition { primary: Primary::Yes, deactivated: true, ..object(8, "Focus Time", &[]) },
    ]
}

fn first() -> Observed {
    Observed::new(definitions(), None)
}

fn second() -> Observed {
    let mut definitions = definitions();
    for (index, it) in definitions.iter_mut().enumerate() {
        let known = [Some(DivisionId::all()), DivisionId::new(SALES), DivisionId::new("unnamed"), None];
        it.division.clone_from(&known[index % known.len()]);
        it.modified = None;
    }
    let sales = Division { id: DivisionId::new(SALES).unwrap(), name: "Sales".to_owned() };
    Observed::new(definitions, None).seen_through(Generation::Second, Divisions::Known(vec![sales]))
}

fn config() -> Desired {
    desired(vec![wanted("lunch", "Meal", &[("en_US", "Lunch")]), wanted("tea", "Break", &[("en_US", "Tea")])])
}

fn all(observed: &Observed, config: Option<&Desired>) -> Listing {
    list(observed, config, &Locale::new("en_US"))
}

fn through_second() -> Target {
    Target { generation: Generation::Second, ..target() }
}

#[test]
fn a_table_for_people() {
    let wide = Style { columns: 150, ..Style::PLAIN };
    assert_snapshot!("show_table", listing::human(&all(&first(), None), &target(), wide));
    assert_snapshot!("show_table_keys", listing::human(&all(&second(), Some(&config())), &through_second(), wide));
    let narrow = listing::human(&all(&second(), Some(&config())), &through_second(), Style::PLAIN);
    assert_snapshot!("show_table_narrow", narrow);
    let empty = all(&Observed::new(Vec::new(), None), None);
    assert_snapshot!("show_table_empty", listing::human(&empty, &target(), Style::PLAIN));
}

#[test]
fn one_definition_for_people() {
    let listing = all(&second(), Some(&config()));
    let shown =
        |name: &str| listing::human(&find(&listing, Some(&config()), name).unwrap(), &through_second(), Style::PLAIN);
    let names = ["lunch", "Coaching", id(8).as_str()].map(shown);
    assert_snapshot!("show_one", names.join("\n"));
}

#[test]
fn a_table_for_spreadsheets() {
    assert_snapshot!("show_csv", listing::definitions_csv(&all(&first(), None)));
    assert_snapshot!("show_csv_keys", listing::definitions_csv(&all(&second(), Some(&config()))));
}

#[test]
fn a_document_for_machines() {
    let version = format!("\"toolVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let shown = |listing: &Listing, target: &Target| {
        let json = json::write(&json::DefinitionsV1::of(listing, target));
        let document: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(complaints(&json::schema::<json::DefinitionsV1>(), &document), Vec::<String>::new());
        json.replace(&version, "\"toolVersion\": \"0.0.0\"")
    };
    assert_snapshot!("definitions_json", shown(&all(&first(), None), &target()));
    let found = find(&all(&second(), Some(&config())), Some(&config()), "lunch").unwrap();
    assert_snapshot!("definitions_json_one", shown(&found, &through_second()));
}

#[test]
fn system_presences_in_every_view() {
    let names = ["Available", "On Queue", "Focus Time"].map(presence).to_vec();
    let known = SystemPresences { org: target().org, sandbox: false, names: names.clone() };
    let nobody = SystemPresences { org: None, sandbox: true, names };
    let version = format!("\"toolVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let mut shown = String::new();
    for it in [known, nobody] {
        let json = json::write(&json::SystemPresencesV1::of(&it));
        let document: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(complaints(&json::schema::<json::SystemPresencesV1>(), &document), Vec::<String>::new());
        shown.push_str(&listing::system_presences(&it, Style::PLAIN));
        shown.push_str(&json.replace(&version, "\"toolVersion\": \"0.0.0\""));
        shown.push_str(&listing::system_presences_csv(&it));
    }
    assert_snapshot!("show_system", shown);
}

#[test]
fn a_name_is_a_key_then_an_id_then_a_label() {
    let mut observed = first().definitions;
    // A label that is also a key of another one, and one that is also an id.
    observed.push(object(20, "Busy", &[("en_US", "lunch")]));
    observed.push(object(21, "Busy", &[("en_US", id(2).as_str())]));
    let observed = Observed::new(observed, None);
    let config = config();
    let found = |name: &str, config: Option<&Desired>| {
        let found = find(&all(&observed, config), config, name).unwrap();
        let ids: Vec<DefinitionId> = found.rows.into_iter().map(|it| it.definition.id).collect();
        (found.found_by.unwrap().name(), ids)
    };
    assert_eq!(found("lunch", Some(&config)), ("key", vec![id(2)]));
    assert_eq!(found("lunch", None), ("label", vec![id(20)]));
    assert_eq!(found(&id(2).as_str().to_uppercase(), None), ("id", vec![id(2)]));
    assert_eq!(found("Coaching", None), ("label", vec![id(5)]));
    assert_eq!(found("غداء", None), ("label", vec![id(2)]));
    assert_eq!(found("Meal", Some(&config)), ("label", vec![id(4)]), "the platform's own are found as well");
}

#[test]
fn eight_characters_of_an_id_are_a_name_where_no_other_begins_so() {
    let own = DefinitionId::new("7b1d0c2e-0000-4000-8000-000000000020").unwrap();
    let mut definitions = first().definitions;
    definitions.push(Definition { id: own.clone(), ..object(20, "Busy", &[("en_US", "Writing")]) });
    let mut observed = Observed::new(definitions.clone(), None);
    observed.odd.push(Odd {
        place: "entities[9]".to_owned(),
        id: DefinitionId::new("5e5c5c66-0000-4000-8000-000000000021"),
        what: vec!["`languageLabels` is null".to_owned()],
        labels: Vec::new(),
        system_presence: None,
    });
    let found = |name: &str, observed: &Observed| find(&all(observed, None), None, name);
    for name in ["7b1d0c2e", " 7B1D0C2E-0000 "] {
        let one = found(name, &observed).unwrap();
        assert_eq!((one.found_by, &one.rows[0].definition.id, one.rows.len()), (Some(FoundBy::Id), &own, 1));
    }
    assert_eq!(found("5e5c5c66", &observed).unwrap().odd.len(), 1, "what cannot be read completely has an id");
    let several = found("2fa68d50-0000", &observed).unwrap_err();
    assert_eq!(
        format!("{}; {}", several.message(), several.help().unwrap()),
        "`2fa68d50-0000` begins more than one id: `2fa68d50-0000-4000-8000-000000000001`, \
         `2fa68d50-0000-4000-8000-000000000002`, `2fa68d50-0000-4000-8000-000000000003` (5 more); type more of the id"
    );
    assert!(matches!(found("7b1d0c2", &observed), Err(NotFound::Nothing { .. })), "seven are too few");
    definitions.push(object(22, "Busy", &[("en_US", "7b1d0c2e")]));
    let by_label = found("7b1d0c2e", &Observed::new(definitions, None)).unwrap();
    assert_eq!((by_label.found_by, by_label.rows.len()), (Some(FoundBy::Label), 1), "a whole label comes first");
}

#[test]
fn a_name_that_finds_nothing_says_what_to_do() {
    let config = config();
    let told = |name: &str, config: Option<&Desired>| {
        let not_found: NotFound = find(&all(&first(), config), config, name).unwrap_err();
        format!("{}\n  {}", not_found.message(), not_found.help().unwrap())
    };
    let told = [
        told("tea", Some(&config)),
        told("Coachin", None),
        told("lunhc", Some(&config)),
        told("Unicorn", None),
        told("Unicorn", Some(&config)),
        told("", None),
    ];
    assert_snapshot!("show_not_found", told.join("\n"));
}

#[test]
fn nothing_foreign_acts_on_a_terminal() {
    let hostile = "\u{1b}[2J\r\nOrg: x\u{202E}\u{200B}\u{9b}1m";
    let definition = Definition {
        id: DefinitionId::new(hostile).unwrap(),
        division: DivisionId::new(hostile),
        modified: Some(Modified { by: Some(hostile.to_owned()), at: Some(hostile.to_owned()) }),
        ..object(1, hostile, &[(hostile, hostile)])
    };
    let observed = Observed::new(vec![definition], None);
    let all = all(&observed, None);
    let found = find(&all, None, hostile).unwrap();
    let mut org = target();
    org.org = org.org.map(|it| Organization { name: hostile.to_owned(), ..it });
    let names = SystemPresences { org: org.org.clone(), sandbox: false, names: vec![presence(hostile)] };
    for shown in [
        listing::human(&all, &org, Style::PLAIN),
        listing::human(&found, &org, Style::PLAIN),
        listing::system_presences(&names, Style::PLAIN),
        json::write(&json::DefinitionsV1::of(&all, &org)),
        json::write(&json::SystemPresencesV1::of(&names)),
    ] {
        let hidden: String = shown.chars().filter(|c| *c != '\n' && text::is_hidden(*c)).collect();
        assert_eq!(hidden, "", "{shown}");
        assert!(shown.lines().filter(|it| it.starts_with("Org:")).count() <= 1, "{shown}");
    }
    for shown in [listing::definitions_csv(&all), listing::system_presences_csv(&names)] {
        assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || text::is_bidi_control(c)), "{shown}");
        assert_eq!(shown.lines().count(), 2);
    }
}

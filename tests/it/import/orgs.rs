//! Random orgs with everything that an org can have.

use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::labels::Labels;
use presencectl::model::names::{DefinitionId, DivisionId, Label, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::model::pins::PinChoice;
use presencectl::ops::import::ImportRequest;
use presencectl::ops::import::Layout;
use proptest::prelude::*;
use proptest::sample::select;

use super::asked;
use crate::paper::{id, object, presence};

/// Texts that some reader of YAML, some terminal or some spreadsheet takes for something else.
const ODD: [&str; 50] = [
    "",
    " ",
    "yes",
    "no",
    "null",
    "~",
    "1e3",
    "0x1F",
    "12",
    "#x",
    "# x",
    "- a",
    "-",
    "a: b",
    "a:",
    "? a",
    "{a}",
    "[a]",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "'a'",
    "\"a\"",
    " a",
    "a ",
    "a\nb",
    "a\r\nb\n",
    "\t",
    "\0",
    "a\u{7}b",
    "\u{202E}evil",
    "a\u{200B}b",
    "\u{FEFF}a",
    "Caf\u{e9}",
    "Cafe\u{301}",
    "=1+1",
    "<<",
    "---",
    "...",
    "\u{FFFE}",
    "\u{FFFF}a",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{E000}",
    "👩\u{200D}🍳",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["Lunch", "lunch", "Lunch 2", "Lunch-2", "Tea", "午餐", "غداء", "Обед"]).prop_map(str::to_owned),
        2 => select(ODD.to_vec()).prop_map(str::to_owned),
        1 => prop::collection::vec(any::<char>(), 0..6).prop_map(|it| it.into_iter().collect()),
        // Around the documented length, the longest key of a line, and the longest line.
        1 => select(vec![33_usize, 200, 1_990, 2_010, 140_000]).prop_map(|length| "é".repeat(length / 2)),
    ]
}

fn locale() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec!["en_US", "en-us", "de", "no", "es_US", "zh_CN", "id"]).prop_map(str::to_owned),
        1 => select(ODD.to_vec()).prop_map(str::to_owned),
        1 => text(),
    ]
}

fn some_presence() -> impl Strategy<Value = SystemPresence> {
    prop_oneof![
        8 => select(vec!["Meal", "On Queue", "OnQueue", "Break", "BREAK"]),
        2 => select(vec!["Focus Time", "FOCUS_TIME", "Focus\tTime", "Org", "-x", "yes", "\u{200B}x"]),
        1 => select(vec!["Bell\u{7}", "é\0"]),
    ]
    .prop_map(presence)
}

fn some_id(number: usize) -> impl Strategy<Value = DefinitionId> {
    prop_oneof![
        12 => Just(id(number)),
        1 => Just(DefinitionId::new(&format!("Odd-{number}")).unwrap()),
        1 => Just(DefinitionId::new(&format!("not / an id {number}")).unwrap()),
        1 => Just(DefinitionId::new(&format!("{}{number}", "x".repeat(80))).unwrap()),
    ]
}

const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const CARE: &str = "11111111-aaaa-4aaa-8aaa-222222222222";

fn division() -> impl Strategy<Value = DivisionId> {
    select(vec!["*", "*", SALES, CARE, "odd", "Odd two"]).prop_map(|it| DivisionId::new(it).unwrap())
}

fn divisions() -> impl Strategy<Value = Divisions> {
    let name = || select(vec!["Sales", "Care", "Sales", "*", "no", " x", CARE, "a\u{200B}"]);
    let known = (name(), name(), name()).prop_map(|(first, second, third)| {
        let each = [(SALES, first), (CARE, second), ("odd", third)];
        let made = |(id, name): (&str, &str)| Division { id: DivisionId::new(id).unwrap(), name: name.to_owned() };
        Divisions::Known(each.into_iter().map(made).collect())
    });
    prop_oneof![2 => known, 1 => Just(Divisions::NotKnown), 1 => Just(Divisions::NotAsked)]
}

prop_compose! {
    fn some_labels()(
        items in prop::collection::vec((locale(), text()), 0..4),
        default in prop::option::weighted(0.8, text()),
    ) -> Labels {
        let default = default.map(|it| ("en_US".to_owned(), it));
        items.into_iter().chain(default).map(|(locale, label)| (Locale::new(locale), Label::new(label))).collect()
    }
}

prop_compose! {
    pub(crate) fn some_object(number: usize)(
        id in some_id(number),
        system_presence in some_presence(),
        labels in some_labels(),
        deactivated in prop::bool::weighted(0.25),
        primary in select(vec![Primary::No, Primary::No, Primary::No, Primary::No, Primary::Yes, Primary::NotKnown]),
        division in division(),
    ) -> Definition {
        Definition {
            id, system_presence, labels, deactivated, primary, division: Some(division), ..object(number, "Meal", &[])
        }
    }
}

/// An org as one of the two generations shows it.
pub(crate) fn some_org() -> impl Strategy<Value = Observed> {
    // Few related definitions, and rarely more than the limit of a system presence.
    let count = prop_oneof![20 => 0..8_usize, 1 => 35..45_usize];
    let objects = count.prop_flat_map(|count| (0..count).map(some_object).collect::<Vec<_>>());
    (objects, divisions(), prop::bool::ANY, prop::bool::ANY).prop_map(|(mut objects, divisions, second, crowded)| {
        if crowded {
            for it in &mut objects {
                it.system_presence = presence("Meal");
            }
        }
        if second {
            return Observed::new(objects, None).seen_through(Generation::Second, divisions);
        }
        for it in &mut objects {
            it.division = None;
        }
        Observed::new(objects, Some(["Meal", "focus time"].map(presence).to_vec()))
    })
}

prop_compose! {
    /// Everything that a person may choose.
    pub(crate) fn some_choice()(
        default_locale in select(vec!["en_US", "en_US", "en-US", "de", "xx"]),
        deactivated in prop::bool::ANY,
        pin_all in prop::bool::weighted(0.3),
        folder in prop::bool::ANY,
    ) -> ImportRequest {
        ImportRequest {
            choice: PinChoice { default_locale: Locale::new(default_locale), deactivated, pin_all },
            layout: if folder { Layout::Folder } else { Layout::OneFile("presence.yaml".to_owned()) },
            ..asked()
        }
    }
}

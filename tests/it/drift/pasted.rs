//! Lines to paste pass our own reader: for any state of an org, the config with them is valid, and the plan no longer
//! has that difference. If no config can express it, the text points to the admin page.

use std::slice;

use presencectl::config::{Text, read_texts};
use presencectl::model::desired::Desired;
use presencectl::model::names::{DefinitionId, Key, Label, Locale};
use presencectl::model::observed::Observed;
use presencectl::ops::drift::{Drift, DriftKind, DriftNames, DriftPast, drift};
use presencectl::plan::answer::Answer;
use presencectl::plan::blocker::Blocker;
use presencectl::plan::change::Action;
use presencectl::plan::{Plan, plan};
use serde_json::{Map, Value, json};

use super::{made, rows, target};
use crate::paper::{World, id, want};

const LUNCH: &str = "  lunch: { systemPresence: Meal, labels: { en_US: Lunch, de: Mittag } }\n";
const TEA: &str = "  tea: { systemPresence: Meal, labels: { en_US: Tea } }\n";
const ORG: &str = "version: 1\norg: { name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }\nuse: [base.yaml]\n";

/// Labels that a config takes only with a pin, or not at all; and a plain one.
fn labels() -> Vec<String> {
    let odd = ["Verpflegung", "", "  ", "a\tb", "a\nb", "\u{202E}gnihcael", "Tea", "no", "a # b", "\"'\\", "\0"];
    odd.map(str::to_owned).into_iter().chain(["x".repeat(70_000), "y".repeat(40_000)]).collect()
}

/// One file, or an org file over a layer.
fn configs() -> [Vec<String>; 4] {
    let layer = format!("version: 1\ndefinitions:\n{LUNCH}{TEA}");
    [
        vec![layer.clone()],
        vec![ORG.to_owned(), layer.clone()],
        vec![format!("{ORG}overrides:\n  tea: {{ labels: {{ fr: The }} }}\n"), layer.clone()],
        vec![format!("{ORG}overrides:\n  lunch: {{ labels: {{ de: Mittag }} }}\n"), layer],
    ]
}

fn read(files: &[String]) -> Option<Desired> {
    let layers: Vec<Text<'_>> = files[1..].iter().map(|text| Text { path: "base.yaml", text }).collect();
    read_texts(Text { path: "org.yaml", text: &files[0] }, &layers).2
}

fn laid_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            above.into_iter().for_each(|(key, value)| laid_over(below.entry(key).or_insert(Value::Null), value));
        }
        (below, above) => *below = above,
    }
}

/// Merges lines like a person: sections with sections, and a definition where it is, or among the overrides. Lines to
/// remove go first.
pub(crate) fn pasted(files: &[String], key: Option<&str>, answer: &Answer) -> Vec<String> {
    let mut org: Value = serde_yaml::from_str(&files[0]).unwrap();
    let is_whole = |org: &Value, key: &str| org.get("org").is_none() || org["definitions"].get(key).is_some();
    let within = |org: &Value, key: &str| if is_whole(org, key) { "definitions" } else { "overrides" };
    if let (Some(taken), Some(key)) = (answer.say.strip_prefix("take out its label"), key) {
        for locale in taken.split(", and write").next().unwrap().split('`').skip(1).step_by(2) {
            let section = within(&org, key);
            assert!(org[section][key]["labels"].as_object_mut().unwrap().remove(locale).is_some(), "{answer:?}");
        }
    }
    let lines = Some(answer.lines.join("\n")).filter(|it| !it.is_empty());
    let lines: Map<String, Value> = lines.map_or_else(Map::new, |it| serde_yaml::from_str(&it).unwrap());
    for (name, value) in lines {
        let is_section = ["definitions", "overrides", "ids", "settings", "protect"].contains(&name.as_str());
        let value = if is_section { json!({ name: value }) } else { json!({ within(&org, &name): { name: value } }) };
        laid_over(&mut org, value);
    }
    std::iter::once(format!("{org:#}")).chain(files[1..].iter().cloned()).collect()
}

fn planned(files: &[String], observed: &Observed) -> Option<Plan> {
    let desired = read(files)?;
    Some(plan(&desired, observed, &desired.settings.limits))
}

fn settles(files: &[String], observed: &Observed, (key, about): (Option<&str>, &DefinitionId), keep: &Answer) {
    if keep.lines.is_empty() && !keep.say.starts_with("take out") {
        assert!(keep.say.contains("admin page"), "{keep:?}");
        return;
    }
    let text = pasted(files, key, keep);
    let plan = planned(&text, observed).unwrap_or_else(|| panic!("not valid: {:.2000}", text[0]));
    let is_open = plan.changes.iter().any(|it| it.step.id() == Some(about));
    // Another definition may have a question of its own.
    let is_asked =
        |it: &Blocker| it.fact.ids().contains(&about) || it.fact.keys().iter().any(|it| Some(it.as_str()) == key);
    assert!(!is_open && !plan.blockers.iter().any(is_asked), "{:?} {:.2000}", plan.changes, text[0]);
}

fn every_way_out(files: &[String], observed: &Observed, past: &DriftPast<'_>) -> Drift {
    let drift = drift(&read(files).unwrap(), observed, &target(), past, DriftNames::Told);
    for row in &drift.rows {
        if let Some(about) = row.change.step.id() {
            settles(files, observed, (row.change.step.key().map(Key::as_str), about), &row.keep);
        }
        for it in row.first.iter().filter(|it| !it.say.contains(" instead of ")) {
            assert!(it.lines.is_empty() || planned(&pasted(files, None, it), observed).is_some(), "{it:?}");
        }
    }
    for it in drift.questions.iter().flat_map(|it| &it.about) {
        it.keep.iter().for_each(|(key, keep)| settles(files, observed, (Some(key.as_str()), &it.id), keep));
    }
    for it in &drift.unmanaged {
        settles(files, observed, (None, &it.id), &it.keep);
    }
    drift
}

fn in_step() -> World {
    World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag"), want("tea", "Meal", "Tea")])
}

#[test]
fn what_a_label_has_become_is_kept_by_lines_that_pass() {
    for label in labels() {
        for locales in [&["en_US"][..], &["fr"], &["en-us"], &["en_US", "de"], &["a b"]] {
            let mut world = in_step();
            let reports = vec![made(&mut world, &[("lunch", "Lunch")])];
            for locale in locales {
                world.observed[0].labels.insert(Locale::new(*locale), Label::new(&label));
            }
            for past in [DriftPast { reports, is_whole: true, ..DriftPast::default() }, DriftPast::default()] {
                for it in &configs() {
                    drop(every_way_out(it, &world.observed(), &past));
                }
            }
        }
    }
}

#[test]
fn what_was_moved_deactivated_or_added_is_kept_by_lines_that_pass() {
    for label in labels() {
        let mut world = in_step();
        let reports = vec![made(&mut world, &[("lunch", "Lunch")])];
        world.observed[0].system_presence = crate::paper::presence("Break");
        world.observed[0].labels.insert(Locale::new("en_US"), Label::new(&label));
        let past = DriftPast { reports, is_whole: true, ..DriftPast::default() };
        for it in &configs() {
            drop(every_way_out(it, &world.observed(), &past));
        }

        let mut world = in_step();
        world.observed[0].labels.insert(Locale::new("de"), Label::new(&label));
        let deactivated = configs().map(|files| {
            let last = files.last().unwrap().replace(
                "{ systemPresence: Meal, labels: { en_US: Lunch",
                "{ deactivated: true, systemPresence: Meal, labels: { en_US: Lunch",
            );
            files[..files.len() - 1].iter().cloned().chain([last]).collect::<Vec<_>>()
        });
        for it in &deactivated {
            drop(every_way_out(it, &world.observed(), &DriftPast::default()));
        }

        let mut world = in_step();
        world.org().add("Busy", &[("en_US", &label), ("fr", &label)]);
        for files in configs() {
            every_way_out(&files, &world.observed(), &DriftPast::default());
            let pruning = format!("{}settings: {{ prune: delete }}\n", files[0]);
            let pruning: Vec<String> = slice::from_ref(&pruning).iter().chain(&files[1..]).cloned().collect();
            let drift = every_way_out(&pruning, &world.observed(), &DriftPast::default());
            assert!(rows(&drift).contains(&"- added not-known".to_owned()), "{:?}", rows(&drift));
            // Without a name of its own it is kept by its id.
            let mut added = drift.rows.iter().filter(|it| it.what == DriftKind::Added);
            assert!(added.all(|it| !it.keep.lines.is_empty()));
        }
    }
}

#[test]
fn the_lines_hold_only_what_differs_and_fit_what_is_there() {
    let keep = |files: &[String], change: &dyn Fn(&mut World)| {
        let mut world = in_step();
        change(&mut world);
        let drift = every_way_out(files, &world.observed(), &DriftPast::default());
        (drift.rows[0].keep.say.clone(), drift.rows[0].keep.lines.clone())
    };
    let [one, layered, other, own] = configs();
    let renamed = |world: &mut World| world.org().label("Lunch", "de", "Mittagspause");
    let lines = |lines: &[&str]| lines.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let fields = lines(&["lunch:", "  labels: { de: Mittagspause }"]);
    assert_eq!(keep(&one, &renamed), ("write".to_owned(), fields.clone()));
    let below = lines(&["overrides:", "  lunch:", "    labels: { de: Mittagspause }"]);
    assert_eq!(keep(&layered, &renamed), ("write into the org file".to_owned(), below));
    // A second `overrides` would be an error.
    let into = "write into the `overrides` of the org file".to_owned();
    assert_eq!(
        keep(&other, &|world| {
            world.org().label("Tea", "fr", "The");
            renamed(world);
        }),
        (into, fields.clone())
    );
    assert_eq!(keep(&own, &renamed), ("write".to_owned(), fields));
    // `null` removes a layer's label. In the definition's own file, its line is removed.
    let gone = |world: &mut World| world.org().unlabel("Lunch", "de");
    assert_eq!(keep(&layered, &gone).1, ["overrides:", "  lunch:", "    labels: { de: null }"]);
    assert_eq!(keep(&one, &gone), ("take out its label for `de`".to_owned(), Vec::new()));
    // Not even of one that the org file has by itself.
    assert_eq!(keep(&own, &gone).1, ["lunch:", "  labels: { de: null }"]);
    let empty = [format!("{ORG}overrides:\n"), layered[1].clone()];
    assert_eq!(keep(&empty, &renamed).0, "write into the `overrides` of the org file");
}

#[test]
fn each_label_that_a_config_refuses_has_its_own_way_out() {
    let keep = |locale: &str, label: &str| {
        let mut world = in_step();
        let reports = vec![made(&mut world, &[("lunch", "Lunch")])];
        world.observed[0].labels.insert(Locale::new(locale), Label::new(label));
        let past = DriftPast { reports, is_whole: true, ..DriftPast::default() };
        every_way_out(&configs()[0], &world.observed(), &past).rows.remove(0).keep
    };
    for (locale, label, labels) in [
        ("de", "", "{ de: \"\" }"),
        ("de", "Mit\ttag", "{ de: \"Mit\\ttag\" }"),
        ("en_US", "Tea", "{ en_US: Tea }"),
        ("en-us", "Luncheon", "{ en-us: Luncheon, en_US: Lunch }"),
    ] {
        let Answer { say, lines } = keep(locale, label);
        let labels = format!("    labels: {labels}");
        let pin = format!("  lunch: {}", id(1));
        assert_eq!(lines, ["definitions:", "  lunch:", labels.as_str(), "ids:", pin.as_str()]);
        assert_eq!(say, "write, section by section");
    }
    let long = keep("de", &"x".repeat(70_000));
    assert_eq!(long.lines, [""; 0]);
    assert!(long.say.contains("admin page") && long.say.contains("too long for a config"), "{}", long.say);
}

#[test]
fn the_old_label_of_a_rename_is_answered_by_a_pin_where_no_config_takes_it() {
    let long = format!("Lunch {}", "x".repeat(70_000));
    for (label, is_pinned) in [("Lunch break", false), ("Lunch\tbreak", true), (long.as_str(), true)] {
        for presence in ["Meal", "Busy"] {
            let mut world = World::in_step([want("tea", "Meal", "Tea")]);
            world.org().add(presence, &[("en_US", label)]);
            world.config(want("lunch", "Meal", "Lunch"));
            let files = [format!(
                "version: 1\ndefinitions:\n  lunch: {{ systemPresence: Meal, labels: {{ en_US: Lunch }} }}\n{TEA}"
            )];
            let plan = world.planned().0;
            for it in plan.blockers.iter().flat_map(Blocker::answers) {
                let Answer { say, lines } = &it;
                if lines.is_empty() {
                    continue;
                }
                assert!(!is_pinned || !lines.iter().any(|it| it.contains("previousLabels")), "{say}");
                let after = planned(&pasted(&files, None, &it), &world.observed());
                let after = after.unwrap_or_else(|| panic!("{say} {lines:?}"));
                assert!(after.blockers.is_empty(), "{say} {:?}", after.blockers);
                let is_known = after.changes.iter().any(|it| it.step.id() == Some(&id(2)));
                let makes_two = after.changes.iter().all(|it| it.step.action() == Action::Create);
                assert!(is_known || (makes_two && lines.contains(&"  new: true".to_owned())), "{say} {lines:?}");
            }
        }
    }
}

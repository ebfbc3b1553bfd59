//! Lines to paste pass our own reader: whatever stands in an org, the config with them is valid, and the plan no longer
//! has that difference. Where no config can say it, the text says that only the admin page helps.

use std::slice;

use presencectl::config::{Text, read_texts};
use presencectl::drift::{Drift, Names, Past, drift};
use presencectl::model::desired::Desired;
use presencectl::model::names::{DefinitionId, Label, Locale};
use presencectl::model::observed::Observed;
use presencectl::plan::answer::Answer;
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

/// As a person merges the lines: sections with sections, and a definition where it is, else among the overrides.
fn pasted(files: &[String], lines: &[String]) -> Vec<String> {
    let mut org: Value = serde_yaml::from_str(&files[0]).unwrap();
    let lines: Map<String, Value> = serde_yaml::from_str(&lines.join("\n")).unwrap();
    for (name, value) in lines {
        let is_section = ["definitions", "overrides", "ids", "settings", "protect"].contains(&name.as_str());
        let within = if files.len() == 1 { "definitions" } else { "overrides" };
        let value = if is_section { json!({ name: value }) } else { json!({ within: { name: value } }) };
        laid_over(&mut org, value);
    }
    std::iter::once(format!("{org:#}")).chain(files[1..].iter().cloned()).collect()
}

fn planned(files: &[String], observed: &Observed) -> Option<Plan> {
    let desired = read(files)?;
    Some(plan(&desired, observed, &desired.settings.limits))
}

fn settles(files: &[String], observed: &Observed, about: &DefinitionId, keep: &Answer) {
    if keep.lines.is_empty() {
        assert!(keep.say.contains("admin page"), "{keep:?}");
        return;
    }
    let text = pasted(files, &keep.lines);
    let plan = planned(&text, observed).unwrap_or_else(|| panic!("not valid: {:.2000}", text[0]));
    let is_open = plan.changes.iter().any(|it| it.step.id() == Some(about));
    assert!(!is_open && plan.refusals.is_empty(), "{:?} {:.2000}", plan.changes, text[0]);
}

fn every_way_out(files: &[String], observed: &Observed, past: &Past) -> Drift {
    let drift = drift(&read(files).unwrap(), observed, &target(), past, Names::Told);
    for row in &drift.rows {
        if let Some(about) = row.change.step.id() {
            settles(files, observed, about, &row.keep);
        }
        for Answer { say, lines } in row.first.iter().filter(|it| !it.say.contains(" instead of ")) {
            assert!(lines.is_empty() || planned(&pasted(files, lines), observed).is_some(), "{say} {lines:?}");
        }
    }
    for it in drift.questions.iter().flat_map(|it| &it.about) {
        it.keep.iter().for_each(|(_, keep)| settles(files, observed, &it.id, keep));
    }
    for it in &drift.unmanaged {
        settles(files, observed, &it.id, &it.keep);
    }
    drift
}

fn in_step() -> World {
    World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag"), want("tea", "Meal", "Tea")])
}

#[test]
fn what_a_label_has_become_is_kept_by_lines_that_pass() {
    for label in labels() {
        for locales in [&["en_US"][..], &["de"], &["fr"], &["en-us"], &["en_US", "de"], &["DE"], &["a b"]] {
            let mut world = in_step();
            let reports = vec![made(&mut world, &[("lunch", "Lunch")])];
            for locale in locales {
                world.observed[0].labels.insert(Locale::new(*locale), Label::new(&label));
            }
            for past in [Past { reports, is_whole: true, applied: None }, Past::default()] {
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
        let past = Past { reports, is_whole: true, applied: None };
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
            drop(every_way_out(it, &world.observed(), &Past::default()));
        }

        let mut world = in_step();
        world.org().add("Busy", &[("en_US", &label), ("fr", &label)]);
        for files in configs() {
            every_way_out(&files, &world.observed(), &Past::default());
            let pruning = format!("{}settings: {{ prune: delete }}\n", files[0]);
            let pruning: Vec<String> = slice::from_ref(&pruning).iter().chain(&files[1..]).cloned().collect();
            let drift = every_way_out(&pruning, &world.observed(), &Past::default());
            assert!(rows(&drift).contains(&"- added not-known".to_owned()), "{:?}", rows(&drift));
            // Without a name of its own it is kept by its id.
            assert!(drift.rows.iter().all(|it| !it.keep.lines.is_empty()));
        }
    }
}

#[test]
fn the_lines_hold_only_what_differs_and_fit_what_is_there() {
    let keep = |files: &[String], change: &dyn Fn(&mut World)| {
        let mut world = in_step();
        change(&mut world);
        let drift = every_way_out(files, &world.observed(), &Past::default());
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
    // A layer's label goes by `null`; where the definition stands, its line is taken out.
    let gone = |world: &mut World| world.org().unlabel("Lunch", "de");
    assert_eq!(keep(&layered, &gone).1, ["overrides:", "  lunch:", "    labels: { de: null }"]);
    let (say, nothing) = {
        let mut world = in_step();
        gone(&mut world);
        let drift = drift(&read(&one).unwrap(), &world.observed(), &target(), &Past::default(), Names::Told);
        (drift.rows[0].keep.say.clone(), drift.rows[0].keep.lines.clone())
    };
    assert_eq!((say.as_str(), nothing.len()), ("take out its label for `de`", 0));
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
            for Answer { say, lines } in plan.refusals.iter().flat_map(presencectl::plan::refusal::Refusal::answers) {
                if lines.is_empty() {
                    continue;
                }
                assert!(!is_pinned || !lines.iter().any(|it| it.contains("previousLabels")), "{say}");
                let after = planned(&pasted(&files, &lines), &world.observed());
                let after = after.unwrap_or_else(|| panic!("{say} {lines:?}"));
                assert!(after.refusals.is_empty(), "{say} {:?}", after.refusals);
                let is_known = after.changes.iter().any(|it| it.step.id() == Some(&id(2)));
                let makes_two = after.changes.iter().all(|it| it.step.action() == Action::Create);
                assert!(is_known || (makes_two && lines.contains(&"  new: true".to_owned())), "{say} {lines:?}");
            }
        }
    }
}

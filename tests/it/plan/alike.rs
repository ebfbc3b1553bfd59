//! The search for lookalikes uses an index. Here it is compared with a plain search over all pairs.

use std::collections::{BTreeMap, BTreeSet};

use presencectl::config::{Text, read_texts};
use presencectl::model::alike::folded;
use presencectl::model::desired::{Desired, Limits};
use presencectl::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::plan::blocker::Candidate;
use presencectl::plan::blocker::{AmbiguousBy, Fact};
use presencectl::plan::change::{Unmanaged, WhyUnmanaged};
use presencectl::plan::contained::{Contained, contained};
use presencectl::plan::matching::CANDIDATES_NAMED_MAX;
use presencectl::plan::plan;
use proptest::prelude::*;

const UNLIMITED: Limits =
    Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };

fn every_pair(short: &[String], long: &[String]) -> Contained {
    let within = |one: &String, other: &String| !one.is_empty() && other.contains(one.as_str());
    let all = |from: &[String], is_found: &dyn Fn(&String) -> bool| -> Vec<usize> {
        (0..from.len()).filter(|it| is_found(&from[*it])).collect()
    };
    let inside: Vec<Vec<usize>> = long.iter().map(|it| all(short, &|one| within(one, it))).collect();
    let around: Vec<Vec<usize>> = short.iter().map(|it| all(long, &|other| within(it, other))).collect();
    Contained {
        first_inside: inside.iter().map(|it| it.first().copied()).collect(),
        first_around: around.iter().map(|it| it.first().copied()).collect(),
        inside,
        around,
    }
}

proptest! {
    #[test]
    fn what_contains_what_is_found_as_by_trying_every_pair(
        short in prop::collection::vec("[abä]{0,4}", 0..12),
        long in prop::collection::vec("[abä]{0,9}", 0..12),
        named_max in 0_usize..14,
    ) {
        let expected = every_pair(&short, &long);
        let found = contained(&short, &long, named_max);
        prop_assert_eq!(&found.first_inside, &expected.first_inside);
        prop_assert_eq!(&found.first_around, &expected.first_around);
        for (named, all) in found.inside.iter().zip(&expected.inside).chain(found.around.iter().zip(&expected.around)) {
            let once: BTreeSet<&usize> = named.iter().collect();
            prop_assert_eq!(once.len(), named.len());
            prop_assert!(named.iter().all(|it| all.contains(it)));
            prop_assert_eq!(named.len(), all.len().min(named_max + 1));
        }
    }
}

/// A definition: its label in English and in German, and under which system presence.
type Drawn = (String, Option<String>, bool);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(("[aAbc '’–-]{1,4}", prop::option::of("[aAb]{1,2}"), any::<bool>()), 0..16)
}

fn presence(away: bool) -> &'static str {
    if away { "Away" } else { "Meal" }
}

fn key(number: usize) -> String {
    format!("d{number:02}")
}

/// Definitions that would be ambiguous are left out.
fn config(drawn: &[Drawn]) -> Desired {
    let mut seen = BTreeSet::new();
    let mut text = "version: 1\norg: { name: acme }\ndefinitions:\n".to_owned();
    for (number, (english, german, away)) in drawn.iter().enumerate() {
        if !english.trim().is_empty() && seen.insert((english, away)) {
            let german = german.as_ref().map_or_else(String::new, |it| format!(", de: \"{it}\""));
            let (key, presence) = (key(number), presence(*away));
            let labels = format!("{{ en_US: \"{english}\"{german} }}");
            text.extend([format!("  {key}: {{ systemPresence: {presence}, labels: {labels} }}\n")]);
        }
    }
    read_texts(Text { path: "presence.yaml", text: &text }, &[]).2.expect("a config without errors")
}

fn org(drawn: &[Drawn]) -> Observed {
    let objects = drawn.iter().enumerate().map(|(number, (english, german, away))| Definition {
        id: DefinitionId::new(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("an id"),
        system_presence: SystemPresence::new(presence(*away)).expect("a name"),
        labels: [("en_US", Some(english)), ("de", german.as_ref())]
            .into_iter()
            .filter_map(|(locale, label)| Some((Locale::new(locale), Label::new(label?.as_str()))))
            .collect(),
        deactivated: false,
        primary: Primary::No,
        division: None,
        modified: None,
    });
    Observed::new(objects.collect(), None)
}

/// Which objects a definition that nothing matches looks like, by every pair.
fn looks_like(desired: &Desired, observed: &Observed) -> BTreeMap<Key, BTreeSet<DefinitionId>> {
    let english = Locale::new("en_US");
    let matches = |key: &Key, it: &Definition| {
        let wanted = &desired.definitions[key];
        it.system_presence == wanted.system_presence && it.labels.get(&english) == wanted.labels.get(&english)
    };
    // Of several with one label it is not known which one it is, and none is taken.
    let its = |key: &Key| -> Vec<&DefinitionId> {
        observed.definitions.iter().filter(|it| matches(key, it)).map(|it| &it.id).collect()
    };
    let taken: BTreeSet<&DefinitionId> =
        desired.definitions.keys().map(its).filter(|it| it.len() == 1).flatten().collect();
    let mut alike: BTreeMap<Key, BTreeSet<DefinitionId>> = BTreeMap::new();
    for (key, wanted) in &desired.definitions {
        if observed.definitions.iter().any(|it| matches(key, it)) {
            continue;
        }
        for object in observed.definitions.iter().filter(|it| !taken.contains(&it.id)) {
            let shares =
                wanted.labels.iter().filter(|(_, label)| !label.as_str().trim().is_empty()).any(|(locale, label)| {
                    object.labels.get(locale).is_some_and(|it| folded(it.nfc()) == folded(label.nfc()))
                });
            let default = |labels: &presencectl::model::labels::Labels| labels.get(&english).map(|it| folded(it.nfc()));
            let contains = match (default(&wanted.labels), default(&object.labels)) {
                (Some(ours), Some(theirs)) if !ours.is_empty() && !theirs.is_empty() => {
                    ours.contains(&theirs) || theirs.contains(&ours)
                }
                _ => false,
            };
            if object.system_presence == wanted.system_presence && (shares || contains) {
                alike.entry(key.clone()).or_default().insert(object.id.clone());
            }
        }
    }
    alike
}

proptest! {
    #[test]
    fn a_rename_is_asked_about_as_by_trying_every_pair(ours in drawn(), theirs in drawn()) {
        let (desired, observed) = (config(&ours), org(&theirs));
        let expected = looks_like(&desired, &observed);
        let plan = plan(&desired, &observed, &UNLIMITED);
        let mut asked: BTreeMap<Key, BTreeSet<DefinitionId>> = BTreeMap::new();
        for blocker in &plan.blockers {
            if let Fact::LooksLikeRename { key, candidates, more, .. } = &blocker.fact {
                let ids: BTreeSet<DefinitionId> = candidates.iter().map(|it| it.id.clone()).collect();
                prop_assert_eq!(*more, expected[key].len() > CANDIDATES_NAMED_MAX);
                prop_assert_eq!(ids.len(), expected[key].len().min(CANDIDATES_NAMED_MAX));
                prop_assert!(ids.is_subset(&expected[key]));
                asked.insert(key.clone(), ids);
            }
        }
        prop_assert_eq!(asked.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        // Every object that looks like one is in question, named or not, possibly through another definition.
        let in_question: BTreeSet<&DefinitionId> = plan
            .unmanaged
            .iter()
            .filter_map(|it| match it {
                Unmanaged { id, why: WhyUnmanaged::InQuestion(_), .. } => Some(id),
                _ => None,
            })
            .collect();
        for (key, ids) in &expected {
            for id in ids {
                prop_assert!(in_question.contains(id), "{} {}", key, id);
            }
        }
    }
}

fn twins(count: usize, english: &str) -> Observed {
    org(&vec![(english.to_owned(), Some("Pause".to_owned()), true); count])
}

fn read(definition: &str) -> Desired {
    let text = format!("version: 1\norg: {{ name: acme }}\ndefinitions:\n{definition}");
    read_texts(Text { path: "presence.yaml", text: &text }, &[]).2.expect("a config without errors")
}

fn in_question(plan: &presencectl::plan::Plan) -> usize {
    plan.unmanaged.iter().filter(|it| matches!(it.why, WhyUnmanaged::InQuestion(_))).count()
}

/// With any number of objects, some are named, all are part of the question, and the message shows that there are more.
#[test]
fn many_candidates_are_one_question_that_names_some() {
    let lines = [
        ("  d: { systemPresence: Away, labels: { en_US: New, de: Pause } }\n", "looks-like-rename"),
        ("  d: { systemPresence: Meal, labels: { en_US: Old } }\n", "other-system-presence"),
        ("  d: { systemPresence: Away, labels: { en_US: Old } }\n", "ambiguous"),
        ("  d: { systemPresence: Away, previousLabels: [Old], labels: { en_US: New } }\n", "ambiguous"),
        ("  d: { systemPresence: Meal, replaces: Away, previousLabels: [Old], labels: { en_US: New } }\n", "ambiguous"),
    ];
    for (definition, code) in lines {
        for count in [CANDIDATES_NAMED_MAX, CANDIDATES_NAMED_MAX + 15] {
            let plan = plan(&read(definition), &twins(count, "Old"), &UNLIMITED);
            let blocker = plan.blockers.first().expect("a question");
            assert_eq!((blocker.code(), plan.blockers.len()), (code, 1), "{definition}");
            assert_eq!(blocker.fact.ids().len(), CANDIDATES_NAMED_MAX, "{definition}");
            let more = count > CANDIDATES_NAMED_MAX;
            assert_eq!(blocker.fact.has_more(), more, "{definition}");
            assert_eq!(blocker.message().contains("others that are not named here"), more, "{}", blocker.message());
            assert_eq!(in_question(&plan), count, "{definition}");
        }
    }
}

/// Many definitions that match many objects: each gets a question, and none is created or removed.
#[test]
fn many_definitions_with_one_previous_label_are_all_in_question() {
    let of = |kind: &str| -> String {
        let each =
            |it: u32| format!("  d{it:02}: {{ {kind}, previousLabels: [Old], labels: {{ en_US: N{it:02} }} }}\n");
        (0..40).map(each).collect::<Vec<_>>().concat()
    };
    for kind in ["systemPresence: Away", "systemPresence: Meal, replaces: Away"] {
        let plan = plan(&read(&of(kind)), &twins(30, "Old"), &UNLIMITED);
        assert!(plan.changes.is_empty(), "{kind}");
        assert_eq!(in_question(&plan), 30, "{kind}");
        let asked =
            |it: &&Fact| matches!(it, Fact::Ambiguous { by: AmbiguousBy::PreviousLabels | AmbiguousBy::Replaces, .. });
        let facts: Vec<&Fact> = plan.blockers.iter().map(|it| &it.fact).collect();
        assert_eq!(facts.iter().copied().filter(asked).count(), 40, "{kind}");
        let candidates = |it: &Fact| -> Vec<Candidate> {
            match it {
                Fact::Ambiguous { candidates, .. } => candidates.clone(),
                _ => Vec::new(),
            }
        };
        assert!(facts.iter().all(|it| candidates(it).len() <= CANDIDATES_NAMED_MAX), "{kind}");
        let keys = |it: &&&Fact| matches!(it, Fact::ReplacedTwice { keys, more: true, .. } if keys.len() == CANDIDATES_NAMED_MAX);
        let twice = facts.iter().filter(keys).count();
        assert_eq!(twice, if kind.contains("replaces") { 30 } else { 0 }, "{kind}");
    }
}

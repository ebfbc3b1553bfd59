//! Random configs and random orgs: one apply is enough, and foreign objects are unchanged.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::collections::BTreeSet;

use presencectl::model::desired::{Desired, Limits, Management, Prune, Wanted};
use presencectl::model::labels::{Labels, Scope};
use presencectl::model::names::{DefinitionId, Key, Label, Locale, SYSTEM_PRESENCES};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::plan::blocker::Candidate;
use presencectl::plan::blocker::{Blocker, Fact};
use presencectl::plan::change::{Change, InSync, Matched, Step, Unmanaged, WhyUnmanaged};
use presencectl::plan::warning::Warning;
use presencectl::plan::{Plan, plan};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;

use crate::paper::{carry_out, desired, id, nowhere, object, presence, wanted};

pub(crate) const UNLIMITED: Limits =
    Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };
const OBJECTS_MAX: usize = 7;

fn label() -> impl Strategy<Value = &'static str> {
    select(vec!["Lunch", "Lunch break", "Tea", "Caf\u{e9}", "Cafe\u{301}", "\u{202e}evil", ""])
}

fn locale() -> impl Strategy<Value = &'static str> {
    select(vec!["en_US", "en-us", "de", "fr", "es_US"])
}

fn system_presence() -> impl Strategy<Value = &'static str> {
    select(vec!["Meal", "On Queue", "OnQueue", "Break"])
}

prop_compose! {
    fn some_labels()(items in prop::collection::vec((locale(), label()), 0..4)) -> Labels {
        items.into_iter().map(|(locale, label)| (Locale::new(locale), Label::new(label))).collect()
    }
}

prop_compose! {
    fn some_object(number: usize)(
        presence_name in system_presence(),
        labels in some_labels(),
        deactivated in prop::bool::weighted(0.3),
        primary in prop::sample::select(vec![Primary::No, Primary::No, Primary::No, Primary::Yes, Primary::NotKnown]),
    ) -> Definition {
        Definition { labels, deactivated, primary, ..object(number, presence_name, &[]) }
    }
}

prop_compose! {
    pub(crate) fn some_org()(objects in (0..=OBJECTS_MAX).prop_flat_map(|count| (0..count).map(some_object).collect::<Vec<_>>())) -> Observed {
        Observed::new(objects, None)
    }
}

prop_compose! {
    fn some_wanted(number: usize)(
        presence_name in system_presence(),
        mut labels in some_labels(),
        default in label(),
        deactivated in prop::bool::weighted(0.2),
        previous in subsequence(vec!["Lunch", "Tea", "Caf\u{e9}"], 0..=2),
        new in prop::bool::weighted(0.3),
        replaces in prop::option::weighted(0.3, select(vec!["Meal", "On Queue", "Break"])),
        pin in prop::option::weighted(0.25, 0..=OBJECTS_MAX),
        omitted in prop::bool::weighted(0.15),
    ) -> Wanted {
        // Without a pin the language demands a default label.
        if pin.is_none() {
            labels.insert(Locale::new("en_US"), Label::new(if default.is_empty() { "Lunch" } else { default }));
        }
        Wanted {
            labels: one_spelling_each(&labels),
            deactivated,
            previous_labels: previous.into_iter().map(Label::new).collect(),
            new,
            replaces: replaces.map(presence),
            pin: pin.map(id),
            management: if omitted { Management::Omitted } else { Management::Managed },
            ..wanted(&format!("key{number}"), presence_name, &[])
        }
    }
}

/// Two spellings of one locale are an error in a config without a pin.
fn one_spelling_each(labels: &Labels) -> Labels {
    let mut seen = BTreeSet::new();
    labels.iter().filter(|(locale, _)| seen.insert(locale.normal())).map(|(a, b)| (a.clone(), b.clone())).collect()
}

prop_compose! {
    pub(crate) fn some_config()(
        definitions in (0..6_usize).prop_flat_map(|count| (0..count).map(some_wanted).collect::<Vec<_>>()),
        prune in prop::bool::ANY,
        scope in prop::option::weighted(0.3, subsequence(vec!["de", "fr", "es-US"], 0..=2)),
        protect in subsequence((0..OBJECTS_MAX).collect::<Vec<_>>(), 0..=2),
    ) -> Desired {
        let (mut pins, mut names) = (BTreeSet::new(), BTreeSet::new());
        let default_locale = Locale::new("en_US");
        let legal = definitions.into_iter().filter(|it| match &it.pin {
            Some(pin) => pins.insert(pin.clone()),
            None => names.insert((it.system_presence.clone(), it.default_label(&default_locale).cloned())),
        });
        let mut config = desired(legal.collect());
        break_circles(&mut config);
        config.settings.prune = if prune { Prune::Delete } else { Prune::Keep };
        if let Some(locales) = scope {
            let managed = locales.into_iter().chain(["en_US"]).map(Locale::new).collect();
            config.settings.scope = Scope::Only(managed);
        }
        config.protect = protect.into_iter().map(|number| (id(number), nowhere())).collect();
        config
    }
}

/// The same cases in every run; `PROPTEST_CASES` asks for more, `PROPTEST_RNG_SEED` for others.
pub(crate) fn repeatable() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: asked.cases.max(10_000),
        max_global_rejects: u32::MAX,
        failure_persistence: None,
        rng_seed: match asked.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
        },
        ..asked
    }
}

/// Labels that are swapped in a circle are an error of the language without pins. Here they may
/// only go up the alphabet, so that no circle can close.
fn break_circles(config: &mut Desired) {
    let default_locale = config.settings.default_locale.clone();
    for wanted in config.definitions.values_mut() {
        if let Some(own) = wanted.default_label(&default_locale).cloned() {
            wanted.previous_labels.retain(|label| *label > own);
        }
    }
}

proptest! {
    #![proptest_config(repeatable())]

    #[test]
    fn one_apply_is_enough(config in some_config(), org in some_org()) {
        let first = plan(&config, &org, &UNLIMITED);
        prop_assume!(first.blockers.is_empty());
        let after = carry_out(&org, first.changes.iter().map(|it| &it.step));
        let again = plan(&config, &after, &UNLIMITED);
        prop_assert!(
            again.is_empty(),
            "first {:?}\nagain {:?} {:?}",
            first.changes.iter().map(|it| (it.step.action(), it.step.key(), it.step.id())).collect::<Vec<_>>(),
            again.changes.iter().map(|it| &it.step).collect::<Vec<_>>(),
            again.blockers.iter().map(Blocker::message).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_is_not_ours_stays_as_it_was(config in some_config(), org in some_org()) {
        let plan = plan(&config, &org, &UNLIMITED);
        prop_assume!(plan.blockers.is_empty());
        let after = carry_out(&org, plan.changes.iter().map(|it| &it.step));
        for before in &org.definitions {
            let after = after.get(&before.id).expect("nothing ever vanishes");
            let is_open = before.primary != Primary::Yes && !config.protect.contains_key(&before.id);
            let may_change = is_open
                && match reach(&config, before) {
                    Reach::Nothing => false,
                    Reach::Removal => *after == Definition { deactivated: true, ..before.clone() },
                    Reach::Everything => true,
                };
            prop_assert!(may_change || before == after, "{before:#?}\n{after:#?}");
            for (locale, label) in before.labels.iter() {
                if !config.settings.scope.covers(locale) {
                    prop_assert_eq!(after.labels.get(locale), Some(label), "a locale that is not managed");
                }
            }
        }
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(
        config in some_config(),
        (org, arrived) in some_org().prop_flat_map(|org| {
            let arrived = Just(org.definitions.clone()).prop_shuffle();
            (Just(org), arrived)
        }),
        known in Just(SYSTEM_PRESENCES[..3].to_vec()).prop_shuffle(),
    ) {
        let sorted = Observed::new(org.definitions, Some(SYSTEM_PRESENCES[..3].iter().map(|it| presence(it)).collect()));
        let other = Observed::new(arrived, Some(known.into_iter().map(presence).collect()));
        prop_assert_eq!(&sorted, &other);
        prop_assert_eq!(plan(&config, &sorted, &UNLIMITED), plan(&config, &other, &UNLIMITED));
    }
}

// Each case of these costs many times one of the others.
proptest! {
    #![proptest_config(ProptestConfig { cases: repeatable().cases / 4, ..repeatable() })]

    #[test]
    fn a_limit_to_some_definitions_only_takes_away(config in some_config(), org in some_org(), chosen in 0..1_u32 << 8) {
        let whole = plan(&config, &org, &UNLIMITED);
        let keys: BTreeSet<Key> = (0..8).filter(|n| chosen & (1 << n) != 0).map(key).collect();
        let limited = plan(&Desired { only: Some(keys.clone()), ..config }, &org, &UNLIMITED);
        let is_meant = |it: &&Change| it.step.key().is_some_and(|it| keys.contains(it));
        prop_assert!(limited.changes.iter().eq(whole.changes.iter().filter(is_meant)));
        prop_assert!(limited.changes.iter().all(|it| !matches!(it.step, Step::Delete(_))));
        let only = limited.only.unwrap();
        prop_assert_eq!(only.changes.len() + limited.changes.len(), whole.changes.len());
        // A guard counts what is done, and is no question.
        let questions = |blockers: &[Blocker]| blockers.iter().filter(|it| !it.fact.keys().is_empty()).count();
        let told = questions(&only.blockers) + questions(&limited.blockers);
        prop_assert_eq!(told, questions(&whole.blockers));
    }

    #[test]
    fn what_is_ready_to_paste_is_yaml(config in some_config(), org in some_org()) {
        for blocker in plan(&config, &org, &UNLIMITED).blockers {
            for answer in blocker.answers().iter().filter(|it| !it.lines.is_empty()) {
                let yaml = answer.lines.join("\n");
                let read: Result<serde_json::Value, _> = serde_yaml::from_str(&yaml);
                prop_assert!(read.is_ok_and(|it| it.is_object()), "{}", yaml);
            }
        }
    }

    #[test]
    fn neither_ids_nor_keys_decide_by_their_order(
        config in some_config(),
        org in some_org(),
        numbers in Just((0..=OBJECTS_MAX).collect::<Vec<_>>()).prop_shuffle(),
        letters in Just((0..=OBJECTS_MAX).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let renumbered = |it: &DefinitionId| (0..numbers.len()).find(|n| id(*n) == *it).map(|n| id(numbers[n])).unwrap();
        let relettered = |it: &Key| {
            (0..letters.len()).find(|n| key(*n) == *it).map(|n| key(letters[n])).unwrap()
        };
        let mut other = config.clone();
        other.protect = config.protect.iter().map(|(it, place)| (renumbered(it), *place)).collect();
        other.definitions = config.definitions.values().map(|it| {
            let key = relettered(&it.key);
            (key.clone(), Wanted { key, pin: it.pin.as_ref().map(renumbered), ..it.clone() })
        }).collect();
        let objects = org.definitions.iter().map(|it| Definition { id: renumbered(&it.id), ..it.clone() });
        let other_org = Observed::new(objects.collect(), None);
        prop_assert_eq!(
            decisions(&plan(&config, &org, &UNLIMITED), |n| numbers[n], |n| letters[n]),
            decisions(&plan(&other, &other_org, &UNLIMITED), |n| n, |n| n)
        );
    }
}

fn key(number: usize) -> Key {
    Key::new(&format!("key{number}")).unwrap()
}

/// The decisions of a plan, without its display order, and with other names for ids and keys.
fn decisions(plan: &Plan, number: impl Fn(usize) -> usize, letter: impl Fn(usize) -> usize) -> Vec<String> {
    let renamed = |said: String| {
        let mut said = said;
        for n in 0..=OBJECTS_MAX {
            said = said.replace(id(n).as_str(), &format!("<object {}>", number(n)));
            said = said.replace(key(n).as_str(), &format!("<definition {}>", letter(n)));
        }
        said
    };
    let each = |candidates: &[Candidate]| {
        let mut each: Vec<String> = candidates.iter().map(|it| renamed(format!("{it:?}"))).collect();
        each.sort();
        each.join(" ")
    };
    let Plan {
        changes,
        in_sync: in_step,
        unmanaged: left_alone,
        obsolete: spent,
        warnings,
        blockers,
        seen,
        usage: _,
        divisions: _,
        default_locale: _,
        only: _,
        cost: _,
        base: _,
        held: _,
        waiting: _,
        freezes: _,
    } = plan;
    let mut decisions: Vec<String> =
        changes.iter().map(|it| renamed(format!("{:?} {:?}", it.step, it.reason))).collect();
    decisions.extend(in_step.iter().map(|it| {
        let InSync { key, system_presence, id, matched, deactivated } = it;
        // Of several deactivated twins, one is named.
        let id = id.as_ref().filter(|_| !(*deactivated && *matched == Some(Matched::Label)));
        renamed(format!("in sync {key} {system_presence} {id:?} {matched:?}"))
    }));
    decisions.extend(left_alone.iter().map(|it| {
        let Unmanaged { id, system_presence, name, why } = it;
        // Several may ask about one object; one of them is named.
        let key = why.key().filter(|_| !matches!(why, WhyUnmanaged::InQuestion(_)));
        renamed(format!("unmanaged {id} {system_presence} {name:?} {} {key:?}", why.code()))
    }));
    decisions.extend(spent.iter().map(|it| renamed(format!("spent {} {:?}", it.key, it.line))));
    decisions.extend(seen.iter().map(|it| renamed(format!("seen {it}"))));
    decisions.extend(warnings.iter().map(|it| match it {
        // Of many, the first ones are named.
        Warning::HiddenTwin { key, others, more, .. } => renamed(format!("twins of {key}: {}", others.len() + more)),
        other => renamed(format!("{other:?}")),
    }));
    decisions.extend(blockers.iter().map(|it| match &it.fact {
        Fact::Ambiguous { key, by, candidates, more: _ } => {
            renamed(format!("ambiguous {key} {by:?} ")) + &each(candidates)
        }
        Fact::LooksLikeRename { key, candidates, more: _, said: _, earlier: _, listed_from: _ } => {
            renamed(format!("alike {key} ")) + &each(candidates)
        }
        Fact::OtherSystemPresence { key, candidates, more: _, said: _ } => {
            renamed(format!("elsewhere {key} ")) + &each(candidates)
        }
        Fact::ReplacedTwice { keys, more: _, candidate } => {
            let mut keys: Vec<String> = keys.iter().map(|it| renamed(it.to_string())).collect();
            keys.sort();
            format!("replaced twice {keys:?} ") + &each(std::slice::from_ref(candidate))
        }
        other => renamed(format!("{other:?}")),
    }));
    decisions.sort();
    decisions
}

/// What a config may do with an object of the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Nothing,
    /// Hidden from agents, and nothing else: the config does not name it and has `prune: delete`.
    Removal,
    Everything,
}

/// Could a managed definition mean this object, or does the config remove it as unnamed? Written independently of the
/// code under test. It excludes everything else, above all omitted objects.
pub(crate) fn reach(config: &Desired, object: &Definition) -> Reach {
    let default_locale = &config.settings.default_locale;
    let label = object.default_label(default_locale);
    let is_pin = |it: &Wanted| it.pin.as_ref() == Some(&object.id);
    let is_by_label = |it: &Wanted| {
        it.pin.is_none()
            && it.system_presence == object.system_presence
            && label.is_some()
            && it.default_label(default_locale) == label
    };
    let is_named = |it: &Wanted| {
        let called = label.is_some()
            && (it.default_label(default_locale) == label
                || label.is_some_and(|label| it.previous_labels.contains(label)));
        let elsewhere = it.replaces.as_ref() == Some(&object.system_presence);
        called && (elsewhere || (it.pin.is_none() && it.system_presence == object.system_presence))
    };
    let (managed, omitted): (Vec<&Wanted>, Vec<&Wanted>) =
        config.definitions.values().partition(|it| it.management == Management::Managed);
    // A pin identifies an object with any label.
    if managed.iter().any(|it| is_pin(it)) {
        return Reach::Everything;
    }
    if omitted.iter().any(|it| is_pin(it) || is_by_label(it)) {
        return Reach::Nothing;
    }
    if managed.iter().any(|it| is_named(it)) {
        return Reach::Everything;
    }
    let is_removed = config.settings.prune == Prune::Delete && object.primary == Primary::No && !object.deactivated;
    if is_removed { Reach::Removal } else { Reach::Nothing }
}

//! The choices of a seed: the config, the org, its behaviour, and the faults.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use fastrand::Rng;
use presencectl::model::desired::{Desired, Limits, Management, Prune, Wanted};
use presencectl::model::generation::{ApiChoice, Generation};
use presencectl::model::labels::Scope;
use presencectl::model::names::{DefinitionId, Key, Label, Locale};
use presencectl::sandbox::OrgBehavior;
use presencectl::sandbox::definitions::PRIMARIES;
use presencectl::sandbox::org_behavior::{
    CreateExtra, Delete, FirstPutDivision, LocaleKeys, Offer, PutLabels, PutSystemPresence, UniqueLabels,
};
use serde_json::{Value, json};

use super::ledger::{LAG_MS, NEXT_RUN_MS};
use super::wire::Swarm;
use crate::paper::{desired, id, nowhere, presence, wanted};
use crate::properties::UNLIMITED;

const PRESENCES: [&str; 3] = ["Meal", "Busy", "Break"];
/// The system presence of objects that `replaces` names.
const ELSEWHERE: &str = "Training";
const LABELS: [&str; 7] = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf"];
/// Unnamed and unrelated objects.
const OTHERS: [&str; 4] = ["Xray", "Yankee", "Zulu", "Whisky"];
/// Where some definitions belong that do not belong to all divisions.
const DIVISION: &str = "5a4db0c5-0000-4000-a000-0000000000d2";
/// What the platform allows in any minute.
const REQUESTS_PER_MINUTE: u32 = 300;

/// Everything that a seed decides before the first request.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) config: Desired,
    /// As the API lists them.
    pub(super) objects: Vec<Value>,
    pub(super) behavior: OrgBehavior,
    pub(super) api: ApiChoice,
    pub(super) swarm: Swarm,
    /// Of a thousand requests, before how many a person does something in the admin page.
    pub(super) admin_per_mille: u32,
    /// How long a token lives.
    pub(super) token_seconds: u64,
    /// How many requests a run may send in any minute.
    pub(super) requests_per_minute: NonZeroU32,
    /// Definitions that a person has to be asked about.
    pub(super) questions: BTreeSet<Key>,
    /// How far apart runs are that do not meet.
    pub(super) apart_ms: u64,
}

/// Of a hundred, so many.
pub(super) fn chance(dice: &mut Rng, percent: u32) -> bool {
    dice.u32(0..100) < percent
}

pub(super) fn one_of<T: Copy>(dice: &mut Rng, all: &[T]) -> T {
    all[dice.usize(0..all.len())]
}

/// The labels of a definition called so, by locale.
fn labels(name: &str, dice: &mut Rng) -> Vec<(&'static str, String)> {
    let mut labels = vec![("en_US", name.to_owned())];
    for (locale, percent) in [("de", 50), ("fr", 50), (one_of(dice, &["pt-br", "pt_BR"]), 15)] {
        if chance(dice, percent) {
            labels.push((locale, format!("{name} {locale}")));
        }
    }
    labels
}

struct Making<'a> {
    dice: &'a mut Rng,
    /// How the org behaves.
    behavior: OrgBehavior,
    /// Do some of them belong to one division?
    is_divided: bool,
    objects: Vec<Value>,
    wants: Vec<Wanted>,
    questions: BTreeSet<Key>,
}

impl Making<'_> {
    /// An object, and its number.
    fn object(&mut self, system_presence: &str, labels: &[(&str, String)], is_deactivated: bool) -> usize {
        let number = self.objects.len() + 1;
        // The original author may have used other spellings of locales, and one kind of org normalises them.
        let is_spelt_anew = self.behavior.locale_keys == LocaleKeys::Normalised;
        let is_odd = !is_spelt_anew && chance(self.dice, 12);
        let spelt = |locale: &str| match locale {
            "en_US" if is_odd => "en-us".to_owned(),
            "pt_BR" if is_odd => "pt-br".to_owned(),
            "pt-br" if is_odd || is_spelt_anew => "pt_BR".to_owned(),
            other => other.to_owned(),
        };
        let labels: BTreeMap<String, &str> = labels.iter().map(|(a, b)| (spelt(a), b.as_str())).collect();
        let mut object = json!({
            "id": id(number).as_str(),
            "languageLabels": labels,
            "systemPresence": system_presence,
            "deactivated": is_deactivated,
        });
        if chance(self.dice, 30) {
            // An undocumented field.
            object["routingHint"] = json!({ "weight": number, "tags": ["a", null] });
        }
        if self.is_divided && chance(self.dice, 40) {
            object["divisionId"] = DIVISION.into();
        }
        self.objects.push(object);
        number
    }

    /// One definition of the config, with any state in the org.
    fn definition(&mut self, number: usize, name: &'static str) {
        let system_presence = PRESENCES[number % PRESENCES.len()];
        let own = labels(name, self.dice);
        let own_labels: Vec<(&str, &str)> = own.iter().map(|(a, b)| (*a, b.as_str())).collect();
        let mut want = wanted(&format!("key{number}"), system_presence, &own_labels);
        want.deactivated = chance(self.dice, 12);
        if chance(self.dice, 8) {
            want.management = Management::Omitted;
        }
        match self.dice.u32(0..100) {
            // The org has nothing.
            0..30 => {}
            // In sync.
            30..45 => {
                self.object(system_presence, &own, false);
            }
            // Other labels beside the default one, and one that is to go.
            45..65 => {
                let mut other = own.clone();
                for (_, label) in other.iter_mut().skip(1) {
                    label.push_str(" before");
                }
                other.push(("es_US", format!("{name} es")));
                self.object(system_presence, &other, false);
            }
            // Deactivated.
            65..75 => {
                self.object(system_presence, &own, true);
            }
            // Under an earlier label.
            75..85 => {
                let earlier = format!("Old{number}");
                self.object(system_presence, &[("en_US", earlier.clone())], false);
                want.previous_labels = vec![Label::new(earlier)];
            }
            // Identified by its pin, with any label.
            85..92 => {
                let is_deactivated = chance(self.dice, 20);
                let made = self.object(system_presence, &[("de", format!("Pin{number}"))], is_deactivated);
                want.pin = Some(id(made));
            }
            // Under another system presence.
            92..97 => {
                self.object(ELSEWHERE, &own[..1], false);
                want.replaces = Some(presence(ELSEWHERE));
            }
            // It looks like a rename: an open question, or one that `new: true` answers.
            97..99 => {
                self.object(system_presence, &[("en_US", format!("{name} too"))], false);
                want.new = self.dice.bool();
                if !want.new {
                    self.questions.insert(want.key.clone());
                }
            }
            // Under another system presence, without `replaces`.
            _ => {
                self.object(ELSEWHERE, &own[..1], false);
                self.questions.insert(want.key.clone());
            }
        }
        self.wants.push(want);
    }

    /// One that is the platform's own, by its label or by its pin.
    fn platforms_own(&mut self, number: usize) {
        let (name, _, id) = one_of(self.dice, &PRIMARIES);
        let mut want = wanted(&format!("key{number}"), name, &[("en_US", name), ("de", "umbenannt")]);
        want.deactivated = chance(self.dice, 30);
        if chance(self.dice, 30) {
            want.management = Management::Omitted;
        } else {
            self.questions.insert(want.key.clone());
        }
        if self.dice.bool() {
            want.pin = DefinitionId::new(id);
        }
        self.wants.push(want);
    }

    /// Two pinned definitions that have each other's labels.
    fn swap(&mut self, number: usize) {
        let (first, second) = ("Swap one", "Swap two");
        for (offset, (has, wants)) in [(first, second), (second, first)].into_iter().enumerate() {
            let made = self.object("Meal", &[("en_US", has.to_owned())], false);
            let mut want = wanted(&format!("key{}", number + offset), "Meal", &[("en_US", wants)]);
            want.pin = Some(id(made));
            self.wants.push(want);
        }
    }
}

impl Start {
    /// The world of a seed.
    pub(super) fn of(dice: &mut Rng) -> Start {
        let behavior = if chance(dice, 40) {
            behavior(dice)
        } else {
            OrgBehavior { list_lag_ms: lag(dice), ..OrgBehavior::default() }
        };
        // Where nothing refuses it, a mistake would do harm, and be seen.
        let behavior = OrgBehavior { put_system_presence: PutSystemPresence::CarriedOut, ..behavior };
        let (behavior, api) = served(dice, behavior);
        let is_divided = chance(dice, 25);
        let (objects, wants, questions) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut making = Making { dice, behavior, is_divided, objects, wants, questions };
        let count = making.dice.usize(1..=LABELS.len());
        for (number, name) in LABELS.into_iter().enumerate().take(count) {
            making.definition(number, name);
        }
        if chance(making.dice, 6) {
            making.swap(count);
        }
        if chance(making.dice, 3) {
            making.platforms_own(count + 2);
        }
        for name in OTHERS.into_iter().take(making.dice.usize(0..=OTHERS.len())) {
            let (presence, is_deactivated) = (one_of(making.dice, &PRESENCES), chance(making.dice, 30));
            making.object(presence, &[("en_US", name.to_owned())], is_deactivated);
        }
        let Making { dice, objects, wants, questions, .. } = making;
        let mut config = desired(wants);
        config.settings.limits = limits(dice);
        if chance(dice, 20) {
            config.settings.prune = Prune::Delete;
        }
        if chance(dice, 20) {
            config.settings.scope = Scope::Only(["en_US", "de"].map(Locale::new).into());
        }
        if chance(dice, 25) && !objects.is_empty() {
            config.protect.insert(id(dice.usize(1..=objects.len())), nowhere());
        }
        let admin_per_mille = if chance(dice, 50) { 0 } else { dice.u32(5..60) };
        let is_slow = chance(dice, 15);
        let requests_per_minute = if is_slow { dice.u32(2..=60) } else { REQUESTS_PER_MINUTE };
        // A token has to outlast the wait for the turn of the request that it is for.
        let token_seconds = if is_slow || chance(dice, 70) { 86_400 } else { dice.u64(3..90) };
        let requests_per_minute = NonZeroU32::new(requests_per_minute).unwrap();
        let swarm = Swarm::of(dice);
        let (behavior, apart_ms) = lagging(dice, behavior);
        Start {
            config,
            objects,
            behavior,
            api,
            swarm,
            admin_per_mille,
            token_seconds,
            requests_per_minute,
            questions,
            apart_ms,
        }
    }
}

/// The removal limit of an apply: none, the default, or a low one.
fn limits(dice: &mut Rng) -> Limits {
    match dice.u32(0..100) {
        0..70 => UNLIMITED,
        70..80 => Limits::default(),
        _ => {
            let mut few = || dice.u32(0..4);
            Limits { removals: few(), label_removals: few(), renames: few(), active_users: None }
        }
    }
}

/// Which generations of the API the org serves, and which is spoken.
fn served(dice: &mut Rng, behavior: OrgBehavior) -> (OrgBehavior, ApiChoice) {
    let gone = Offer::Gone(one_of(dice, &[404, 410]));
    match dice.u32(0..100) {
        0..5 => (OrgBehavior { generation1: gone, ..behavior }, ApiChoice::Auto),
        5..8 => (OrgBehavior { generation1: gone, ..behavior }, ApiChoice::Only(Generation::Second)),
        8..12 => (OrgBehavior { generation2: gone, ..behavior }, ApiChoice::Only(Generation::First)),
        12..20 => (behavior, ApiChoice::Auto),
        20..60 => (behavior, ApiChoice::Only(Generation::First)),
        _ => (behavior, ApiChoice::Only(Generation::Second)),
    }
}

/// Up to half a minute.
fn lag(dice: &mut Rng) -> u64 {
    if chance(dice, 50) { 0 } else { dice.u64(0..30_000) }
}

/// Of some orgs lists lag for up to five minutes, and reads by id for up to 15 s. How far apart runs are there.
fn lagging(dice: &mut Rng, mut behavior: OrgBehavior) -> (OrgBehavior, u64) {
    if chance(dice, 12) {
        behavior.get_lag_ms = dice.u64(0..=15_000);
    }
    if !chance(dice, 15) {
        return (behavior, LAG_MS);
    }
    behavior.list_lag_ms = dice.u64(30_000..=NEXT_RUN_MS);
    // What is under way when a process ends may arrive 20 s later.
    (behavior, NEXT_RUN_MS + 20_000)
}

/// The undocumented behaviour of the org.
fn behavior(dice: &mut Rng) -> OrgBehavior {
    OrgBehavior {
        unique_labels: one_of(dice, &[UniqueLabels::Never, UniqueLabels::AmongActive, UniqueLabels::AmongAll]),
        conflict_status: one_of(dice, &[400, 409]),
        put_labels: one_of(dice, &[PutLabels::Replaced, PutLabels::Replaced, PutLabels::Merged]),
        first_put_division: one_of(dice, &[FirstPutDivision::Kept, FirstPutDivision::Reset]),
        create_extra: one_of(dice, &[CreateExtra::None, CreateExtra::Unknown]),
        delete: one_of(dice, &[Delete::Deactivates, Delete::Removes]),
        locale_keys: one_of(dice, &[LocaleKeys::Kept, LocaleKeys::Normalised]),
        active_max: one_of(dice, &[None, None, None, Some(3)]),
        page_size_max: one_of(dice, &[100, 2, 5]),
        list_lag_ms: lag(dice),
        get_after_create_lag_ms: if chance(dice, 30) { dice.u64(0..5_000) } else { 0 },
        ..OrgBehavior::default()
    }
}

//! The list of the org's definitions as it is held against creations: read right before the first
//! one, read again when it has aged, and searched for what a lost answer may have made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::Reader;
use crate::client::error::ApiError;
use crate::client::policy::sum_ms;
use crate::model::alike;
use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::{Content, Definition, Listed, Observed, Primary};
use crate::model::odd::Odd;
use crate::model::platform::LIST_LAG_MS;
use crate::plan::change::{Create, Step};

/// How old the list may be when something is created. One that was read just now may be as old.
pub const LIST_AGE_MS_MAX: u64 = LIST_LAG_MS;

/// When, after a lost answer, the list is searched.
pub const LOOK_DELAYS_MS: [u64; 7] = [500, 1_500, 3_000, 5_000, 10_000, 15_000, 25_000];
const _: () = assert!(sum_ms(&LOOK_DELAYS_MS) == LIST_LAG_MS);

/// What stands where something shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateCheck {
    /// Nothing: it may be created. With the ids that exist by now, and how old the list is that says so.
    Clear(Arc<BTreeSet<DefinitionId>>, Duration),
    AlreadyInPlace(DefinitionId),
    Taken(DefinitionId),
    /// Something with the same label that cannot be read whole: what it is called.
    Odd(String),
}

/// What a search after a lost answer found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Exactly one new object with exactly what was sent.
    Found(DefinitionId),
    Absent,
    /// Several, or something similar that is not exactly what was sent.
    Unclear(Vec<DefinitionId>),
}

struct Reading {
    at: Instant,
    definitions: Vec<Definition>,
    /// What the objects that cannot be read whole are called, by what they look like.
    odd: HashMap<String, String>,
    ids: Arc<BTreeSet<DefinitionId>>,
}

/// The list, shared by all creations of a run.
pub struct ExistingDefinitions<'a> {
    reader: &'a Reader,
    default_locale: &'a Locale,
    /// Objects that belong to another definition, no matter what they are called: the plan saw them, and
    /// equal labels are legal with a pin.
    pinned: BTreeSet<&'a DefinitionId>,
    /// What this run's steps make of objects: their default label, or none where they are removed. A create comes after
    /// the step that frees its label, and the list may still show the old one.
    changed: BTreeMap<DefinitionId, Option<Label>>,
    /// The definitions of which the config says that they are new, no matter what looks like them.
    said_new: BTreeSet<&'a Key>,
    last: Mutex<Option<Reading>>,
    held_against: std::sync::Mutex<BTreeMap<Key, Arc<BTreeSet<DefinitionId>>>>,
}

impl<'a> ExistingDefinitions<'a> {
    /// Not read yet. `steps` are those of the run.
    pub fn new(reader: &'a Reader, desired: &'a Desired, steps: &[Step]) -> ExistingDefinitions<'a> {
        let default_locale = &desired.settings.default_locale;
        let label = |step: &Step| {
            let after = (!step.action().is_removal()).then(|| step.after());
            after.and_then(|it| it.labels.get(default_locale).cloned())
        };
        ExistingDefinitions {
            reader,
            default_locale,
            pinned: desired.definitions.values().filter_map(|it| it.pin.as_ref()).collect(),
            changed: steps.iter().filter_map(|step| Some((step.id()?.clone(), label(step)))).collect(),
            said_new: desired.definitions.values().filter(|it| it.new).map(|it| &it.key).collect(),
            last: Mutex::new(None),
            held_against: std::sync::Mutex::default(),
        }
    }

    /// The ids of the list that the create of a definition was held against; none if it was held against none.
    pub fn held_against(&self, key: &Key) -> Option<Arc<BTreeSet<DefinitionId>>> {
        self.held_against.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// What an earlier run may have made, under a label that this create does not have, where a list that was read
    /// since then shows it and the plan did not see it.
    pub async fn awaited(
        &self,
        create: &Create,
        sent: &[(SystemPresence, Label)],
        observed: &Observed,
        since: Instant,
    ) -> Result<Option<DefinitionId>, ApiError> {
        let mut last = self.last.lock().await;
        let reading = match last.take().filter(|it| it.at >= since) {
            Some(reading) => reading,
            None => Reading::new(self.reader.list().await?),
        };
        let ours = create.labels.get(self.default_locale);
        let is_other =
            |(presence, label): &&(SystemPresence, Label)| Some(label) != ours || *presence != create.system_presence;
        let is_sent = |it: &&Definition| {
            let mut others = sent.iter().filter(is_other);
            !it.deactivated
                && observed.get(&it.id).is_none()
                && !self.changed.contains_key(&it.id)
                && others.any(|(presence, label)| {
                    it.system_presence == *presence && it.default_label(self.default_locale) == Some(label)
                })
        };
        let found = reading.definitions.iter().find(is_sent).map(|it| it.id.clone());
        *last = Some(reading);
        Ok(found)
    }

    /// Does the list that was read last show something where `create` shall be made?
    pub async fn shows(&self, create: &Create) -> bool {
        let last = self.last.lock().await;
        last.as_ref().is_some_and(|it| !matches!(self.check_in(create, it), CreateCheck::Clear(..)))
    }

    /// Looks at what stands where `create` shall be made, in a list that is fresh enough.
    pub async fn check(&self, create: &Create) -> Result<CreateCheck, ApiError> {
        // Held across the read on purpose: ten creations shall not read the list ten times.
        let mut last = self.last.lock().await;
        let fresh = last.take().filter(|it| it.at.elapsed() <= Duration::from_millis(LIST_AGE_MS_MAX));
        let reading = match fresh {
            Some(reading) => reading,
            None => Reading::new(self.reader.list().await?),
        };
        Ok(self.check_in(create, last.insert(reading)))
    }

    fn check_in(&self, create: &Create, reading: &Reading) -> CreateCheck {
        let ours = create.labels.get(self.default_locale);
        let taken = reading.definitions.iter().find(|it| {
            it.system_presence == create.system_presence
                && ours.is_some()
                && it.default_label(self.default_locale) == ours
                && !self.pinned.contains(&it.id)
                && !self.gives_up(&it.id, ours)
        });
        match taken {
            Some(object) if is_exactly(create, object) => CreateCheck::AlreadyInPlace(object.id.clone()),
            Some(object) => CreateCheck::Taken(object.id.clone()),
            None if let Some(name) = self.odd(create, &reading.odd) => CreateCheck::Odd(name.clone()),
            None => {
                let ids = Arc::clone(&reading.ids);
                let mut held_against = self.held_against.lock().unwrap_or_else(PoisonError::into_inner);
                held_against.insert(create.key.clone(), Arc::clone(&ids));
                CreateCheck::Clear(ids, reading.at.elapsed())
            }
        }
    }

    /// What cannot be read whole and shows the label of what would be made.
    fn odd<'b>(&self, create: &Create, odd: &'b HashMap<String, String>) -> Option<&'b String> {
        if odd.is_empty() || self.said_new.contains(&create.key) {
            return None;
        }
        odd.get(&alike::folded(create.labels.get(self.default_locale)?.nfc()))
    }

    /// Is it an object to which this run gives another label?
    fn gives_up(&self, id: &DefinitionId, label: Option<&Label>) -> bool {
        self.changed.get(id).is_some_and(|after| after.as_ref() != label)
    }

    /// Searches once for what a lost POST may have made.
    pub async fn search(&self, create: &Create, before: &BTreeSet<DefinitionId>) -> Result<Search, ApiError> {
        let Listed { definitions, odd, halved: _ } = self.reader.list().await?;
        let ours = create.labels.get(self.default_locale);
        let look = ours.map(|it| alike::folded(it.nfc()));
        // What was made may have been spoilt on its way.
        let shows = |it: &&Odd| look.as_ref().is_some_and(|look| it.looks().any(|its| its == *look));
        let new_odd = odd.iter().filter(shows).filter_map(|it| it.id.clone()).filter(|it| !before.contains(it));
        let new_odd: Vec<DefinitionId> = new_odd.collect();
        let new: Vec<&Definition> = definitions
            .iter()
            .filter(|it| !before.contains(&it.id) && it.system_presence == create.system_presence)
            .filter(|it| is_exactly(create, it) || (ours.is_some() && it.default_label(self.default_locale) == ours))
            .collect();
        Ok(match new.as_slice() {
            [] if new_odd.is_empty() => Search::Absent,
            [object] if new_odd.is_empty() && is_exactly(create, object) => Search::Found(object.id.clone()),
            several => Search::Unclear(several.iter().map(|it| it.id.clone()).chain(new_odd).collect()),
        })
    }
}

impl Reading {
    fn new(listed: Listed) -> Reading {
        let ids = listed.ids().cloned().collect();
        let odd = listed.odd.iter().flat_map(|it| it.looks().map(|look| (look, it.name()))).collect();
        Reading { at: Instant::now(), definitions: listed.definitions, odd, ids: Arc::new(ids) }
    }
}

/// Active, not the platform's, and with exactly the labels that were sent.
fn is_exactly(create: &Create, object: &Definition) -> bool {
    let Create { key: _, system_presence, labels, division } = create;
    let sent = Content { labels: labels.clone(), deactivated: false, division: division.clone() };
    object.primary != Primary::Yes && object.system_presence == *system_presence && object.content().same_as(&sent)
}

//! The list of the org's definitions that is checked before each create. It is read before the first create and again
//! when it is outdated. It is also searched for the result of a lost response.

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

/// The maximum age of the list for a create. A list that was just read may lag by the same time.
pub const LIST_AGE_MS_MAX: u64 = LIST_LAG_MS;

/// When the list is searched after a lost response.
pub const LOOK_DELAYS_MS: [u64; 7] = [500, 1_500, 3_000, 5_000, 10_000, 15_000, 25_000];
const _: () = assert!(sum_ms(&LOOK_DELAYS_MS) == LIST_LAG_MS);

/// The existing objects in the place of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateCheck {
    /// None: it may be created. Has the existing ids, and the age of the list.
    Clear(Arc<BTreeSet<DefinitionId>>, Duration),
    AlreadyInPlace(DefinitionId),
    Taken(DefinitionId),
    /// An object with the same label that cannot be read in full, with its name.
    Odd(String),
}

/// The result of a search after a lost response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Exactly one new object with exactly the sent content.
    Found(DefinitionId),
    Absent,
    /// Several objects, or a similar one that is not exactly what was sent.
    Unclear(Vec<DefinitionId>),
}

struct Reading {
    at: Instant,
    definitions: Vec<Definition>,
    /// The names of the objects that cannot be read in full, by their look.
    odd: HashMap<String, String>,
    ids: Arc<BTreeSet<DefinitionId>>,
}

/// The list, which all creates of a run share.
pub struct ExistingDefinitions<'a> {
    reader: &'a Reader,
    default_locale: &'a Locale,
    /// Objects of other definitions, with any labels: the plan saw them, and a pin allows equal labels.
    pinned: BTreeSet<&'a DefinitionId>,
    /// The result of this run's steps: the new default label, or none for a removed object. A create runs after the
    /// step that frees its label, and the list may still show the old one.
    changed: BTreeMap<DefinitionId, Option<Label>>,
    /// The definitions with `new: true`, even if objects look like them.
    said_new: BTreeSet<&'a Key>,
    last: Mutex<Option<Reading>>,
    held_against: std::sync::Mutex<BTreeMap<Key, Arc<BTreeSet<DefinitionId>>>>,
}

impl<'a> ExistingDefinitions<'a> {
    /// The list is not read yet. `steps` are those of the run.
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

    /// The ids of the list that a create was checked against. `None` if it was not checked.
    pub fn held_against(&self, key: &Key) -> Option<Arc<BTreeSet<DefinitionId>>> {
        self.held_against.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// What an earlier run may have made under a label that this create does not have. It must be in a list that was
    /// read since then, and not in the plan.
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

    /// Does the latest list show an object in the place of `create`?
    pub async fn shows(&self, create: &Create) -> bool {
        let last = self.last.lock().await;
        last.as_ref().is_some_and(|it| !matches!(self.check_in(create, it), CreateCheck::Clear(..)))
    }

    /// Checks the place of `create` in a list that is recent enough.
    pub async fn check(&self, create: &Create) -> Result<CreateCheck, ApiError> {
        // Locked during the read on purpose: ten creates should not read the list ten times.
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

    /// An object that cannot be read in full and shows the label of the create.
    fn odd<'b>(&self, create: &Create, odd: &'b HashMap<String, String>) -> Option<&'b String> {
        if odd.is_empty() || self.said_new.contains(&create.key) {
            return None;
        }
        odd.get(&alike::folded(create.labels.get(self.default_locale)?.nfc()))
    }

    /// Does this run give the object another label?
    fn gives_up(&self, id: &DefinitionId, label: Option<&Label>) -> bool {
        self.changed.get(id).is_some_and(|after| after.as_ref() != label)
    }

    /// Searches once for the result of a lost POST.
    pub async fn search(&self, create: &Create, before: &BTreeSet<DefinitionId>) -> Result<Search, ApiError> {
        let Listed { definitions, odd, halved: _ } = self.reader.list().await?;
        let ours = create.labels.get(self.default_locale);
        let look = ours.map(|it| alike::folded(it.nfc()));
        // The result may have been damaged on its way.
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

/// Active, not the platform's own, and with exactly the labels that were sent.
fn is_exactly(create: &Create, object: &Definition) -> bool {
    let Create { key: _, system_presence, labels, division } = create;
    let sent = Content { labels: labels.clone(), deactivated: false, division: division.clone() };
    object.primary != Primary::Yes && object.system_presence == *system_presence && object.content().same_as(&sent)
}

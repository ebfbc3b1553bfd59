//! The shared part of both API generations: reading, creating, changing and removing definitions. No IO.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::access::CLIENT_USER_ID;
use super::definitions::{
    Definitions, Draft, EVERY_DIVISION, HeldDefinition, PRIMARIES, folded, known_system_presence,
};
use super::divisions::HeldDivision;
use super::http::{ErrorAnswer, timestamp};
use super::org_behavior::{
    CreateDeactivated, CreateExtra, Delete, LocaleKeys, OrgBehavior, PutLabels, PutSystemPresence, UniqueLabels,
};

/// The operations on definitions, with the id in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    List,
    Get(&'a str),
    Create,
    /// Replaces a whole object.
    Update(&'a str),
    Delete(&'a str),
}

/// The differences between the generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreRules {
    /// The status of the error for a label that is taken.
    pub conflict_status: u16,
    /// Does a restricted client also see definitions of other divisions?
    pub shows_every_division: bool,
    /// The source of the division in a write.
    pub division: DivisionOfWrite,
}

/// The source of the division in a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DivisionOfWrite {
    /// Its body. Without a division there, all divisions.
    Body,
    /// The existing definition. A new one belongs to all divisions.
    Kept,
    /// None: it belongs to all divisions.
    Reset,
}

/// The definitions, with everything that an operation needs.
pub struct DefinitionStore<'a> {
    pub definitions: &'a mut Definitions,
    pub divisions: &'a [HeldDivision],
    pub permitted: Option<&'a BTreeSet<String>>,
    pub behavior: OrgBehavior,
    pub rules: StoreRules,
    /// The id of the next new definition, which is free.
    pub free_id: String,
    /// The org's time in milliseconds since 1970.
    pub now_ms: u64,
}

impl DefinitionStore<'_> {
    /// All definitions that a list shows now, in order.
    pub fn listed(&self) -> Vec<&Arc<HeldDefinition>> {
        let mut all = self.definitions.as_of(self.now_ms.saturating_sub(self.behavior.list_lag_ms));
        all.retain(|it| self.may_see(it));
        all
    }

    /// The definition of a read, deactivated ones included.
    pub fn read(&self, id: &str) -> Result<&Arc<HeldDefinition>, ErrorAnswer> {
        let before = |lag_ms: u64| self.definitions.get_as_of(id, self.now_ms.saturating_sub(lag_ms));
        let is_new = self.definitions.get(id).is_some() && before(self.behavior.get_after_create_lag_ms).is_none();
        let found = before(self.behavior.get_lag_ms).filter(|it| !is_new && self.may_see(it));
        found.ok_or_else(ErrorAnswer::not_found)
    }

    /// The definition of a write.
    pub fn held(&self, id: &str) -> Result<Arc<HeldDefinition>, ErrorAnswer> {
        let held = self.definitions.get(id).filter(|it| self.may_see(it)).ok_or_else(ErrorAnswer::not_found)?;
        self.expect_secondary(held)?;
        Ok(Arc::clone(held))
    }

    /// The content of a body, with the locales in the org's spelling.
    pub fn draft(&self, body: Value) -> Result<Draft, ErrorAnswer> {
        let mut draft = Draft::parse(body).map_err(ErrorAnswer::bad_request)?;
        if draft.labels.is_empty() {
            return Err(ErrorAnswer::bad_request("languageLabels must not be empty"));
        }
        if self.behavior.locale_keys == LocaleKeys::Normalised {
            draft.labels = draft.labels.into_iter().map(|(locale, label)| (normalised(&locale), label)).collect();
        }
        Ok(draft)
    }

    pub fn create(&mut self, draft: Draft) -> Result<Arc<HeldDefinition>, ErrorAnswer> {
        let Draft { labels, system_presence, deactivated, division_id, extra } = draft;
        let given = system_presence.ok_or_else(|| ErrorAnswer::bad_request("systemPresence is required"))?;
        let system_presence = known(&given)?;
        let division_id = match self.rules.division {
            DivisionOfWrite::Body => self.division(division_id, None)?,
            DivisionOfWrite::Kept | DivisionOfWrite::Reset => EVERY_DIVISION.to_owned(),
        };
        let deactivated = match self.behavior.create_deactivated {
            CreateDeactivated::Honoured => deactivated.unwrap_or(false),
            CreateDeactivated::Ignored => false,
        };
        let mut extra = stored(extra, &Map::new());
        if self.behavior.create_extra == CreateExtra::Unknown {
            extra.insert("sandboxExtra".to_owned(), json!({ "rank": 7, "shade": null }));
        }
        let mut definition = HeldDefinition {
            id: self.free_id.clone(),
            labels,
            system_presence: system_presence.to_owned(),
            deactivated,
            primary: false,
            division_id,
            stamps: Map::new(),
            extra,
            shown: Map::new(),
        };
        self.expect_room(&definition)?;
        self.stamp(&mut definition, "created");
        self.stamp(&mut definition, "modified");
        Ok(self.keep(definition))
    }

    /// Replaces the whole object that [`DefinitionStore::held`] found. Anything that the draft lacks is removed:
    /// labels, unknown fields, and `deactivated`, which becomes false.
    pub fn update(&mut self, held: &HeldDefinition, draft: Draft) -> Result<Arc<HeldDefinition>, ErrorAnswer> {
        let Draft { mut labels, system_presence, deactivated, division_id, extra } = draft;
        let system_presence = self.system_presence(held, system_presence.as_deref())?;
        let division_id = match self.rules.division {
            DivisionOfWrite::Body => self.division(division_id, Some(held))?,
            DivisionOfWrite::Kept => held.division_id.clone(),
            DivisionOfWrite::Reset => EVERY_DIVISION.to_owned(),
        };
        if self.behavior.put_labels == PutLabels::Merged {
            for (locale, label) in &held.labels {
                labels.entry(locale.clone()).or_insert_with(|| label.clone());
            }
        }
        let mut definition = HeldDefinition {
            id: held.id.clone(),
            labels,
            system_presence,
            deactivated: deactivated.unwrap_or(false),
            primary: held.primary,
            division_id,
            stamps: held.stamps.clone(),
            extra: stored(extra, &held.extra),
            shown: Map::new(),
        };
        self.expect_room(&definition)?;
        self.stamp(&mut definition, "modified");
        Ok(self.keep(definition))
    }

    /// Deactivates it, or does what the behavior defines. A deactivated one does not change.
    pub fn delete(&mut self, id: &str) -> Result<(), ErrorAnswer> {
        let held = self.held(id)?;
        match self.behavior.delete {
            Delete::Removes => self.definitions.remove(&held.id, self.now_ms, self.behavior.remember_ms()),
            Delete::Deactivates if held.deactivated => {}
            Delete::Deactivates => {
                let mut definition = HeldDefinition { deactivated: true, ..(*held).clone() };
                self.stamp(&mut definition, "modified");
                self.keep(definition);
            }
        }
        Ok(())
    }

    fn may_see(&self, definition: &HeldDefinition) -> bool {
        self.rules.shows_every_division || self.is_permitted(&definition.division_id)
    }

    fn is_permitted(&self, division_id: &str) -> bool {
        division_id == EVERY_DIVISION || self.permitted.is_none_or(|it| it.contains(division_id))
    }

    fn keep(&mut self, definition: HeldDefinition) -> Arc<HeldDefinition> {
        self.definitions.put(definition, self.now_ms, self.behavior.remember_ms())
    }

    fn stamp(&self, definition: &mut HeldDefinition, act: &str) {
        let by = json!({ "id": CLIENT_USER_ID, "selfUri": format!("/api/v2/users/{CLIENT_USER_ID}") });
        definition.stamps.insert(format!("{act}By"), by);
        definition.stamps.insert(format!("{act}Date"), timestamp(self.now_ms).into());
    }

    /// The system presence after a PUT.
    fn system_presence(&self, held: &HeldDefinition, given: Option<&str>) -> Result<String, ErrorAnswer> {
        if given.map(folded) == Some(folded(&held.system_presence)) {
            return Ok(held.system_presence.clone());
        }
        match (self.behavior.put_system_presence, given) {
            (PutSystemPresence::CarriedOut, Some(given)) => Ok(known(given)?.to_owned()),
            (PutSystemPresence::Refused, _) | (PutSystemPresence::CarriedOut, None) => {
                let message = format!("systemPresence cannot be changed; it is {}", held.system_presence);
                Err(ErrorAnswer::bad_request(message))
            }
        }
    }

    /// The division in a body, in the org's spelling. An unchanged one is not checked: it may come from the seed of
    /// another org.
    fn division(&self, given: Option<String>, held: Option<&HeldDefinition>) -> Result<String, ErrorAnswer> {
        let given = given.unwrap_or_else(|| EVERY_DIVISION.to_owned());
        if given == EVERY_DIVISION || held.is_some_and(|it| it.division_id == given) {
            return Ok(given);
        }
        let found = self.divisions.iter().find(|it| it.id.eq_ignore_ascii_case(&given));
        let division = found.ok_or_else(|| ErrorAnswer::bad_request(format!("there is no division {given}")))?;
        if !self.is_permitted(&division.id) {
            return Err(ErrorAnswer::not_authorized());
        }
        Ok(division.id.clone())
    }

    fn expect_secondary(&self, definition: &HeldDefinition) -> Result<(), ErrorAnswer> {
        if !definition.primary {
            return Ok(());
        }
        // The platform's response is not known here. The code is the usual one of the status.
        let code = match self.behavior.primary_status {
            403 => "not.authorized",
            409 => "conflict",
            _ => "bad.request",
        };
        Err(ErrorAnswer::new(self.behavior.primary_status, code, "A primary presence definition cannot be changed."))
    }

    /// Does the org accept the definition beside the others, by its labels and by the number of active ones?
    fn expect_room(&self, wanted: &HeldDefinition) -> Result<(), ErrorAnswer> {
        let others = || self.definitions.iter().filter(|it| it.id != wanted.id);
        let active_only = match self.behavior.unique_labels {
            UniqueLabels::Never => None,
            UniqueLabels::AmongActive if wanted.deactivated => None,
            UniqueLabels::AmongActive => Some(true),
            UniqueLabels::AmongAll => Some(false),
        };
        if let Some(active_only) = active_only {
            let mut rivals = others().filter(|it| !(active_only && it.deactivated));
            if let Some((locale, label)) = rivals.find_map(|it| shared_label(&wanted.labels, &it.labels)) {
                return Err(ErrorAnswer::taken(self.rules.conflict_status, locale, label));
            }
        }
        let Some(active_max) = self.behavior.active_max.filter(|_| !wanted.deactivated) else { return Ok(()) };
        let family = folded(&wanted.system_presence);
        let in_family =
            |it: &&Arc<HeldDefinition>| !it.primary && !it.deactivated && folded(&it.system_presence) == family;
        if others().filter(in_family).count() < active_max as usize {
            return Ok(());
        }
        let message = format!("{} has {active_max} active presence definitions already.", wanted.system_presence);
        let mut refusal = ErrorAnswer::bad_request(message);
        refusal.active_max = Some(active_max);
        Err(refusal)
    }
}

/// The stored additional fields of a body: `name`, which is documented and has no effect, and those that the definition
/// already has. Unknown fields are not stored.
fn stored(mut extra: Map<String, Value>, held: &Map<String, Value>) -> Map<String, Value> {
    extra.retain(|name, _| name == "name" || held.contains_key(name));
    extra
}

fn known(given: &str) -> Result<&'static str, ErrorAnswer> {
    known_system_presence(given).ok_or_else(|| {
        let allowed: Vec<&str> = PRIMARIES.iter().map(|(name, _, _)| *name).collect();
        ErrorAnswer::invalid_value(given, "systemPresence", &allowed.join(", "))
    })
}

fn shared_label<'a>(
    wanted: &'a BTreeMap<String, String>,
    held: &BTreeMap<String, String>,
) -> Option<(&'a str, &'a str)> {
    wanted
        .iter()
        .find(|(locale, label)| held.get(*locale) == Some(*label))
        .map(|(locale, label)| (locale.as_str(), label.as_str()))
}

/// `en-us` becomes `en_US`.
fn normalised(locale: &str) -> String {
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_lowercase();
    parts.fold(language, |locale, part| format!("{locale}_{}", part.to_uppercase()))
}

//! The presence definitions of the simulated org: their content, storage and view. No IO.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The path of the definitions in the first generation of the API.
pub const FIRST_GENERATION_PATH: &str = "/api/v2/presencedefinitions";

/// The locale of the shown label if a request names none.
pub const DEFAULT_LOCALE: &str = "en_US";

/// The ten primary presences: their name in the first generation's spelling, their constant (as in notifications:
/// docs/platform.md, "System presences") and their id, which is the same in every known org (docs/platform.md, "The
/// platform's own definitions").
pub const PRIMARIES: [(&str, &str, &str); 10] = [
    ("Available", "AVAILABLE", "6a3af858-942f-489d-9700-5f9bcdcdae9b"),
    ("Away", "AWAY", "5e5c5c66-ea97-4e7f-ac41-6424784829f2"),
    ("Break", "BREAK", "227b37e2-f1d0-4dd0-8f50-badd7cf6d158"),
    ("Busy", "BUSY", "31fe3bac-dea6-44b7-bed7-47f91660a1a0"),
    ("Idle", "IDLE", "7ffa01cd-7866-4ad7-8faa-31e11b42f51f"),
    ("Meal", "MEAL", "3fd96123-badb-4f69-bc03-1b1ccc6d8014"),
    ("Meeting", "MEETING", "bbdff279-7ae1-48ea-bade-7831d7234c64"),
    ("Offline", "OFFLINE", "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5"),
    ("On Queue", "ON_QUEUE", "e08eaf1b-ee47-4fa9-a231-1200e284798f"),
    ("Training", "TRAINING", "d2390a99-8546-bad9-8f0a-219548e8aeb0"),
];

/// The division of a definition in all divisions (docs/platform.md, "Divisions").
pub const EVERY_DIVISION: &str = "*";

/// Fields that the server sets in either generation. Their values in a body are ignored (docs/platform.md, "Fields of a
/// definition").
const SERVER_OWNED: [&str; 8] =
    ["id", "selfUri", "primary", "type", "createdBy", "createdDate", "modifiedBy", "modifiedDate"];

/// One definition of the org. The state file has the same fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldDefinition {
    /// Its id, in the original spelling.
    pub id: String,
    /// Labels by locale, in the org's spelling.
    pub labels: BTreeMap<String, String>,
    /// The system presence in the org's spelling, such as `On Queue`.
    pub system_presence: String,
    pub deactivated: bool,
    pub primary: bool,
    /// The id of its division, or [`EVERY_DIVISION`]. The first generation of the API does not show it.
    #[serde(default = "every_division")]
    pub division_id: String,
    /// `createdBy`, `createdDate`, `modifiedBy` and `modifiedDate`, if there are any.
    pub stamps: Map<String, Value>,
    /// Undocumented fields of this org. A body can change or remove them, but not add one.
    pub extra: Map<String, Value>,
    /// Values that are shown instead of its fields, so that the definition violates the API's contract. A PUT repairs
    /// it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub shown: Map<String, Value>,
}

fn every_division() -> String {
    EVERY_DIVISION.to_owned()
}

/// The requested content of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Labels by locale. It is not empty.
    pub labels: BTreeMap<String, String>,
    pub system_presence: Option<String>,
    pub deactivated: Option<bool>,
    pub division_id: Option<String>,
    /// Undocumented fields.
    pub extra: Map<String, Value>,
}

impl Draft {
    /// Reads an object from a client. Labels may be empty here.
    pub fn parse(body: Value) -> Result<Self, String> {
        let Value::Object(mut fields) = body else {
            return Err("the body is not an object".to_owned());
        };
        fields.retain(|name, _| !SERVER_OWNED.contains(&name.as_str()));
        let labels = match fields.remove("languageLabels") {
            None | Some(Value::Null) => return Err("languageLabels is required".to_owned()),
            Some(given) => labels(given)?,
        };
        let mut text = |name: &str| match fields.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{name} is not a string")),
        };
        let (system_presence, division_id) = (text("systemPresence")?, text("divisionId")?);
        let deactivated = match fields.remove("deactivated") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(it)) => Some(it),
            Some(_) => return Err("deactivated is not a boolean".to_owned()),
        };
        Ok(Self { labels, system_presence, deactivated, division_id, extra: fields })
    }
}

fn labels(given: Value) -> Result<BTreeMap<String, String>, String> {
    let Value::Object(given) = given else {
        return Err("languageLabels is not an object".to_owned());
    };
    let text = |(locale, label)| match label {
        Value::String(label) => Ok((locale, label)),
        _ => Err(format!("languageLabels.{locale} is not a string")),
    };
    given.into_iter().map(text).collect()
}

impl HeldDefinition {
    /// One of the platform's own, with its single label.
    pub fn primary(name: &str, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            labels: BTreeMap::from([(DEFAULT_LOCALE.to_owned(), name.to_owned())]),
            system_presence: name.to_owned(),
            deactivated: false,
            primary: true,
            division_id: every_division(),
            stamps: Map::new(),
            extra: Map::new(),
            shown: Map::new(),
        }
    }

    /// A definition in the form of a list. Everything is kept unchanged. A missing id becomes empty.
    pub fn listed(entity: &Value) -> Result<Self, String> {
        let Draft { labels, system_presence, deactivated, division_id, extra } = Draft::parse(entity.clone())?;
        let id = match entity.get("id") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(id)) => id.clone(),
            Some(_) => return Err("id is not a string".to_owned()),
        };
        let stamp = |name: &str| entity.get(name).map(|value| (name.to_owned(), value.clone()));
        Ok(Self {
            id,
            labels,
            system_presence: system_presence.ok_or("systemPresence is required")?,
            deactivated: deactivated.unwrap_or(false),
            primary: is_primary(entity),
            division_id: division_id.unwrap_or_else(every_division),
            stamps: ["createdBy", "createdDate", "modifiedBy", "modifiedDate"].into_iter().filter_map(stamp).collect(),
            extra,
            shown: Map::new(),
        })
    }

    /// Upgrades a definition of an older state file without divisions, where a body's division was stored among the
    /// unknown fields.
    pub fn upgraded(mut self) -> Self {
        self.extra.remove("type");
        if let Some(Value::String(division_id)) = self.extra.remove("divisionId") {
            self.division_id = division_id;
        }
        self
    }

    /// The fields that both generations show, with the path of one of them.
    pub fn fields(&self, path: &str, labels: &LabelView) -> Map<String, Value> {
        let mut fields = self.extra.clone();
        fields.insert("id".to_owned(), self.id.as_str().into());
        fields.insert("languageLabels".to_owned(), labels.of(&self.labels));
        fields.insert("deactivated".to_owned(), self.deactivated.into());
        fields.insert("selfUri".to_owned(), format!("{path}/{}", self.id).into());
        fields
    }

    /// The reference to the definition in a user's presence.
    pub fn reference(&self) -> Value {
        json!({
            "id": self.id,
            "systemPresence": self.system_presence,
            "selfUri": format!("{FIRST_GENERATION_PATH}/{}", self.id),
        })
    }
}

/// Each generation marks the platform's own definitions differently, and a list of either may be a seed.
fn is_primary(entity: &Value) -> bool {
    let kind = entity.get("type").and_then(Value::as_str);
    entity.get("primary") == Some(&Value::Bool(true)) || kind.is_some_and(|it| it.eq_ignore_ascii_case("System"))
}

/// The labels in a response, selected by `localeCode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelView {
    All,
    /// The label of one locale, if it exists.
    One(String),
}

impl LabelView {
    /// `ALL` selects all labels, a locale selects one.
    pub fn asked(locale_code: &str) -> Self {
        if locale_code.eq_ignore_ascii_case("ALL") { Self::All } else { Self::One(locale_code.to_owned()) }
    }

    fn of(&self, labels: &BTreeMap<String, String>) -> Value {
        match self {
            Self::All => json!(labels),
            Self::One(locale) => {
                let wanted = folded(locale);
                let found = labels.get_key_value(locale);
                let found = found.or_else(|| labels.iter().find(|(it, _)| folded(it) == wanted));
                found.map_or_else(|| json!({}), |(key, label)| json!({ key: label }))
            }
        }
    }
}

/// Names are compared without case, spaces, underscores and hyphens (docs/platform.md, "System presences").
pub fn folded(name: &str) -> String {
    name.chars().filter(|it| !matches!(it, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// The platform's spelling of a system presence, if it is one of the ten.
pub fn known_system_presence(name: &str) -> Option<&'static str> {
    let wanted = folded(name);
    PRIMARIES.iter().map(|(name, _, _)| *name).find(|it| folded(it) == wanted)
}

/// All definitions of the org in the order of creation, with enough history for lagging lists.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    by_order: BTreeMap<u64, Arc<HeldDefinition>>,
    // Ids are compared without case, as GUIDs. It is never iterated, so its order has no effect.
    order_of: HashMap<String, u64>,
    next_order: u64,
    earlier: VecDeque<Earlier>,
    changed: BTreeSet<u64>,
    removed: Vec<String>,
}

/// A definition's state until a moment.
#[derive(Debug, Clone)]
struct Earlier {
    until_ms: u64,
    order: u64,
    was: Option<Arc<HeldDefinition>>,
}

impl Definitions {
    /// Their number, deactivated ones included.
    pub fn len(&self) -> usize {
        self.by_order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_order.is_empty()
    }

    /// The definition with this id, in any case.
    pub fn get(&self, id: &str) -> Option<&Arc<HeldDefinition>> {
        self.by_order.get(self.order_of.get(&id.to_ascii_lowercase())?)
    }

    /// Their current state.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<HeldDefinition>> {
        self.by_order.values()
    }

    /// The state of a definition at a moment, as far as [`Definitions::put`] kept it.
    pub fn get_as_of(&self, id: &str, at_ms: u64) -> Option<&Arc<HeldDefinition>> {
        let was_it = |it: &Earlier| it.was.as_ref().is_some_and(|was| was.id.eq_ignore_ascii_case(id));
        let held = self.order_of.get(&id.to_ascii_lowercase()).copied();
        // A removed definition only exists in the history.
        let order = held.or_else(|| self.since(at_ms).find(|it| was_it(it)).map(|it| it.order))?;
        match self.since(at_ms).filter(|it| it.order == order).last() {
            Some(oldest) => oldest.was.as_ref(),
            None => self.by_order.get(&order),
        }
    }

    /// The changes since a moment, newest first, so that the oldest one, which has the state at that moment, comes
    /// last.
    fn since(&self, at_ms: u64) -> impl Iterator<Item = &Earlier> {
        self.earlier.iter().rev().take_while(move |it| it.until_ms > at_ms)
    }

    /// The state of all at a moment, as far as [`Definitions::put`] kept it.
    pub fn as_of(&self, at_ms: u64) -> Vec<&Arc<HeldDefinition>> {
        if self.since(at_ms).next().is_none() {
            return self.iter().collect();
        }
        let mut then: BTreeMap<u64, &Arc<HeldDefinition>> =
            self.by_order.iter().map(|(order, it)| (*order, it)).collect();
        for change in self.since(at_ms) {
            match &change.was {
                Some(was) => then.insert(change.order, was),
                None => then.remove(&change.order),
            };
        }
        then.into_values().collect()
    }

    /// Replaces a definition, or appends a new one, and keeps the old state for `remember_ms`.
    pub fn put(&mut self, definition: HeldDefinition, now_ms: u64, remember_ms: u64) -> Arc<HeldDefinition> {
        let definition = Arc::new(definition);
        let next_order = self.next_order;
        let order = *self.order_of.entry(definition.id.to_ascii_lowercase()).or_insert(next_order);
        self.next_order = self.next_order.max(order + 1);
        let was = self.by_order.insert(order, Arc::clone(&definition));
        self.changed.insert(order);
        self.remember(Earlier { until_ms: now_ms, order, was }, remember_ms);
        definition
    }

    pub fn remove(&mut self, id: &str, now_ms: u64, remember_ms: u64) {
        let Some(order) = self.order_of.remove(&id.to_ascii_lowercase()) else { return };
        let was = self.by_order.remove(&order);
        self.changed.remove(&order);
        self.removed.push(id.to_owned());
        self.remember(Earlier { until_ms: now_ms, order, was }, remember_ms);
    }

    fn remember(&mut self, change: Earlier, remember_ms: u64) {
        let now_ms = change.until_ms;
        self.earlier.push_back(change);
        while self.earlier.front().is_some_and(|it| it.until_ms.saturating_add(remember_ms) <= now_ms) {
            self.earlier.pop_front();
        }
    }

    /// The changed and removed definitions since the last call.
    pub fn take_changes(&mut self) -> (Vec<Arc<HeldDefinition>>, Vec<String>) {
        let changed = std::mem::take(&mut self.changed);
        let put = changed.iter().filter_map(|order| self.by_order.get(order)).cloned().collect();
        (put, std::mem::take(&mut self.removed))
    }
}

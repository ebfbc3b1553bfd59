//! Reads one object of a response as a definition or as an odd object. It is strict about the API's contract and
//! tolerates unknown fields and values. One odd object does not affect the others.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::client::json::{self, Mended};
use crate::model::generation::Generation;
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, DivisionId, Label, Locale, SystemPresence};
use crate::model::observed::{Definition, Listed, Modified, Primary};
use crate::model::odd::{HALF, Halved, Odd};
use crate::model::text;

/// Fields that the platform sets itself. A PUT does not send them back.
pub(crate) const PLATFORMS_OWN: [&str; 6] = ["id", "selfUri", "createdBy", "createdDate", "modifiedBy", "modifiedDate"];

/// The fields that are read one by one from an unreadable object.
const READ: [&str; 3] = ["id", "systemPresence", "deactivated"];

/// The most problems that are named for one object.
const ODDITIES_NAMED_MAX: usize = 3;

/// The longest foreign name in a sentence, in characters.
const NAME_CHARS_MAX: usize = 80;

/// One object of a list of definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    Whole(Box<Whole>),
    /// An object that cannot be read in full.
    Odd(Odd),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    pub definition: Definition,
    /// Where it has a broken character, if it does.
    pub halved: Option<Halved>,
}

impl Entity {
    /// Its id, if it is readable.
    pub fn id(&self) -> Option<&DefinitionId> {
        match self {
            Entity::Whole(whole) => Some(&whole.definition.id),
            Entity::Odd(odd) => odd.id.as_ref(),
        }
    }

    /// Marks it as one of several objects with the same id: the right one is not known.
    fn repeated(self) -> Odd {
        match self {
            Entity::Odd(odd) => odd,
            Entity::Whole(whole) => {
                let Definition { id, system_presence, labels, .. } = whole.definition;
                Odd {
                    place: String::new(),
                    id: Some(id),
                    what: Vec::new(),
                    labels: labels.iter().map(|(locale, label)| (locale.clone(), label.clone())).collect(),
                    system_presence: Some(system_presence),
                }
            }
        }
    }
}

/// An object with its place in a response.
pub type PlacedObject = (String, Entity);

/// The list of these objects. Different objects with one id become one odd object, because the right one is not known.
/// Equal copies become one.
pub fn list_of(entities: Vec<PlacedObject>) -> Listed {
    let mut listed = Listed::default();
    let mut by_id: BTreeMap<DefinitionId, Vec<PlacedObject>> = BTreeMap::new();
    for (place, entity) in entities {
        match (entity.id().cloned(), entity) {
            (Some(id), entity) => by_id.entry(id).or_default().push((place, entity)),
            (None, Entity::Odd(odd)) => listed.odd.push(odd),
            (None, Entity::Whole(_)) => {}
        }
    }
    for (_, mut same) in by_id {
        same.dedup_by(|(_, one), (_, other)| one == other);
        match same.pop() {
            Some((_, Entity::Whole(whole))) if same.is_empty() => {
                let Whole { definition, halved } = *whole;
                listed.definitions.push(definition);
                listed.halved.extend(halved);
            }
            Some((_, Entity::Odd(odd))) if same.is_empty() => listed.odd.push(odd),
            Some(last) => {
                same.push(last);
                listed.odd.extend(repeated(same));
            }
            None => {}
        }
    }
    listed
}

fn repeated(entities: Vec<PlacedObject>) -> Option<Odd> {
    let count = entities.len();
    let mut all = entities.into_iter().map(|(place, it)| Odd { place, ..it.repeated() });
    let mut first = all.next()?;
    let (mut places, mut what) = (vec![first.place.clone()], std::mem::take(&mut first.what));
    for other in all {
        if first.system_presence != other.system_presence {
            first.system_presence = None;
        }
        first.labels.extend(other.labels);
        what.extend(other.what);
        places.push(other.place);
    }
    places.truncate(ODDITIES_NAMED_MAX);
    first.what = vec![format!("the org shows it {count} times in one answer ({})", places.join(", "))];
    first.what.extend(what);
    first.what.truncate(ODDITIES_NAMED_MAX);
    Some(first)
}

/// Reads one JSON value of a response. `place` is its path there. Also returns the object as it was sent, with half a
/// character as [`HALF`].
pub fn entity(
    text: &[u8],
    generation: Generation,
    place: &str,
    locales: &SharedLocales,
) -> (Entity, Map<String, Value>) {
    if !text.starts_with(b"{") {
        let what = vec![format!("it is {}, not an object", kind(text))];
        let odd = Odd { place: place.to_owned(), id: None, what, labels: Vec::new(), system_presence: None };
        return (Entity::Odd(odd), Map::new());
    }
    let mended = Mended::new(text);
    let mut odd = Oddities::default();
    let fields = serde_json::from_slice::<Map<String, Value>>(&mended.text).unwrap_or_else(|error| {
        odd.add::<()>(format!("a value in it cannot be read ({error} of it)"));
        one_by_one(&mended.text)
    });
    for name in json::several(&mended.text) {
        odd.add::<()>(format!("{} is there more than once", shown(&name)));
    }
    let other = mended.otherwise().and_then(|it| serde_json::from_slice::<Map<String, Value>>(&it).ok());
    let cut = other.map_or_else(Halves::default, |other| Halves::between(&fields, &other));

    let id = text_of(&fields, "id", &cut, &mut odd).and_then(|it| {
        let id = DefinitionId::new(it);
        odd.unless(id.is_some(), || "`id` is empty".to_owned());
        id
    });
    let system_presence = text_of(&fields, "systemPresence", &cut, &mut odd).and_then(|it| {
        let presence = SystemPresence::new(it);
        odd.unless(presence.is_some(), || "`systemPresence` is empty".to_owned());
        presence
    });
    let deactivated = match fields.get("deactivated") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(deactivated)) => *deactivated,
        Some(_) => odd.add("`deactivated` is neither true nor false".to_owned()),
    };
    let labels = labels(&mended.text, locales, &mut odd);
    let division = division(&fields, generation, &cut, &mut odd);
    let entity = match (id, system_presence, odd.what.is_empty()) {
        (Some(id), Some(system_presence), true) => {
            let halved = cut.of(&id);
            let labels = labels.into_iter().collect::<Labels>();
            let (primary, modified) = (primary(&fields), modified(&fields));
            let definition = Definition { id, system_presence, labels, deactivated, primary, division, modified };
            Entity::Whole(Box::new(Whole { definition, halved }))
        }
        (id, system_presence, _) => {
            Entity::Odd(Odd { place: place.to_owned(), id, what: odd.in_words(), labels, system_presence })
        }
    };
    (entity, fields)
}

/// The locales of a list so far. Its definitions have the same few, so they share the texts.
#[derive(Debug, Default)]
pub struct SharedLocales(RefCell<Vec<Locale>>);

impl SharedLocales {
    /// More than the platform has. With more, a search would take longer than a copy.
    const COUNT_MAX: usize = 64;

    fn of(&self, spelling: &str) -> Locale {
        let mut shared = self.0.borrow_mut();
        if let Some(locale) = shared.iter().find(|it| it.as_str() == spelling) {
            return locale.clone();
        }
        let locale = Locale::new(spelling);
        if shared.len() < Self::COUNT_MAX {
            shared.push(locale.clone());
        }
        locale
    }
}

/// The problems of one object.
#[derive(Default)]
struct Oddities {
    what: Vec<String>,
    more: usize,
}

impl Oddities {
    /// Records a problem and returns a default for the unreadable value.
    fn add<T: Default>(&mut self, what: String) -> T {
        if self.what.len() < ODDITIES_NAMED_MAX {
            self.what.push(what);
        } else {
            self.more += 1;
        }
        T::default()
    }

    fn unless(&mut self, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.add::<()>(what());
        }
    }

    fn in_words(self) -> Vec<String> {
        let Oddities { mut what, more } = self;
        what.extend((more > 0).then(|| format!("{more} more like that")));
        what
    }
}

/// The readable fields of an object that cannot be read in full.
fn one_by_one(text: &[u8]) -> Map<String, Value> {
    let one = |name: &str| Some((name.to_owned(), serde_json::from_slice(json::field(text, name)?).ok()?));
    READ.into_iter().filter_map(one).collect()
}

fn text_of<'a>(fields: &'a Map<String, Value>, name: &str, halves: &Halves, odd: &mut Oddities) -> Option<&'a str> {
    match fields.get(name) {
        Some(Value::String(_)) if halves.fields.iter().any(|it| it == name) => {
            odd.add(format!("`{name}` holds a broken character"))
        }
        Some(Value::String(text)) => Some(text),
        None => odd.add(format!("`{name}` is missing")),
        Some(other) => odd.add(format!("`{name}` is {}, not a text", kind_of(other))),
    }
}

/// Every readable label, even several of one locale. A null label counts as absent.
fn labels(text: &[u8], locales: &SharedLocales, odd: &mut Oddities) -> Vec<(Locale, Label)> {
    let mut labels = Vec::new();
    let mut is_there = false;
    for (key, value) in json::members(text).into_iter().flatten() {
        if json::string(key).as_deref() != Some("languageLabels") {
            continue;
        }
        is_there = true;
        let Some(each) = json::members(value) else {
            odd.add::<()>(format!("`languageLabels` is {}, not an object", kind(value)));
            continue;
        };
        for name in json::several(value) {
            odd.add::<()>(format!("{} is there more than once", shown(&format!("languageLabels.{name}"))));
        }
        for (locale, label) in each {
            let locale = json::string(locale).unwrap_or_default();
            match json::string(label) {
                Some(label) => labels.push((locales.of(&locale), Label::new(label))),
                None if label == b"null" => {}
                None => {
                    odd.add::<()>(format!(
                        "{} is {}, not a text",
                        shown(&format!("languageLabels.{locale}")),
                        kind(label)
                    ));
                }
            }
        }
    }
    odd.unless(is_there, || "`languageLabels` is missing".to_owned());
    labels
}

/// An absent value means all divisions (docs/platform.md, "Divisions"). The first generation has no divisions.
fn division(
    fields: &Map<String, Value>,
    generation: Generation,
    halves: &Halves,
    odd: &mut Oddities,
) -> Option<DivisionId> {
    match (generation, fields.get("divisionId")) {
        (Generation::First, _) => None,
        (Generation::Second, None | Some(Value::Null)) => Some(DivisionId::all()),
        (Generation::Second, Some(_)) => {
            let id = text_of(fields, "divisionId", halves, odd)?;
            Some(DivisionId::new(id).unwrap_or_else(DivisionId::all))
        }
    }
}

/// Either sign of the platform's own is enough. Without a clear sign, it is not known.
fn primary(fields: &Map<String, Value>) -> Primary {
    let flag = fields.get("primary").and_then(Value::as_bool);
    let kind = fields.get("type").and_then(Value::as_str).map(str::to_ascii_lowercase);
    match (flag, kind.as_deref()) {
        (Some(true), _) | (_, Some("system")) => Primary::Yes,
        (Some(false), _) | (None, Some("user")) => Primary::No,
        (None, _) => Primary::NotKnown,
    }
}

fn modified(fields: &Map<String, Value>) -> Option<Modified> {
    let by = fields.get("modifiedBy").and_then(Value::as_object);
    let by = by.and_then(|user| ["name", "id"].iter().find_map(|name| user.get(*name)?.as_str()));
    let at = fields.get("modifiedDate").and_then(Value::as_str);
    (by.is_some() || at.is_some()).then(|| Modified { by: by.map(str::to_owned), at: at.map(str::to_owned) })
}

/// The places of half characters.
#[derive(Default)]
struct Halves {
    labels: Vec<Locale>,
    fields: Vec<String>,
}

impl Halves {
    /// Finds them by comparing two readings with different replacement characters.
    fn between(fields: &Map<String, Value>, other: &Map<String, Value>) -> Halves {
        let mut halves = Halves::default();
        for (name, value) in fields.iter().filter(|(name, value)| other.get(*name) != Some(value)) {
            match (name.as_str(), value, other.get(name)) {
                ("languageLabels", Value::Object(labels), Some(Value::Object(others))) => {
                    let differs = labels.iter().filter(|(locale, label)| others.get(*locale) != Some(label));
                    halves.labels.extend(differs.map(|(locale, _)| Locale::new(locale.as_str())));
                }
                _ => halves.fields.push(name.clone()),
            }
        }
        halves
    }

    /// `None` if no field of a PUT has one.
    fn of(self, id: &DefinitionId) -> Option<Halved> {
        let Halves { labels, mut fields } = self;
        fields.retain(|it| !PLATFORMS_OWN.contains(&it.as_str()));
        let is_any = !labels.is_empty() || !fields.is_empty();
        is_any.then(|| Halved { id: id.clone(), labels, fields })
    }
}

/// The name of a field in a sentence.
fn shown(name: &str) -> String {
    let mut cut: String = name.chars().take(NAME_CHARS_MAX).collect();
    if cut.len() < name.len() {
        cut.push('…');
    }
    text::ticked(cut)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Like [`kind_of`], for JSON text.
fn kind(text: &[u8]) -> &'static str {
    match text.first() {
        Some(b'n') => "null",
        Some(b't') => "true",
        Some(b'f') => "false",
        Some(b'"') => "a text",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

/// The half characters that a PUT would still send, in words. `None` if there are none. `sent` is the body that was
/// made from `raw`.
pub fn still_sent(halved: &Halved, raw: &Map<String, Value>, sent: &Map<String, Value>) -> Option<Halved> {
    let labels = |of: &Map<String, Value>, locale: &Locale| of.get("languageLabels")?.get(locale.as_str()).cloned();
    let is_sent = |locale: &&Locale| {
        let label = labels(sent, locale);
        // A broken character in the name of the locale is sent with any label.
        label.is_some() && (locale.as_str().contains(HALF) || label == labels(raw, locale))
    };
    let labels: Vec<Locale> = halved.labels.iter().filter(is_sent).cloned().collect();
    let fields: Vec<String> = halved.fields.iter().filter(|it| sent.get(*it) == raw.get(*it)).cloned().collect();
    let is_any = !labels.is_empty() || !fields.is_empty();
    is_any.then(|| Halved { id: halved.id.clone(), labels, fields })
}

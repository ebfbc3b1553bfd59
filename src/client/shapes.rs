//! Converts between the platform's JSON and the model. It tolerates unknown fields and values, and requires those of
//! the API's contract.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::client::entity::{Entity, PLATFORMS_OWN, PlacedObject, SharedLocales, Whole, entity, still_sent};
use crate::client::json::{self, Mended};
use crate::model::division::Division;
use crate::model::generation::Generation;
use crate::model::labels::{LabelPair, Labels};
use crate::model::limits::{ANSWER_VALUES_MAX, LIST_DEFINITIONS_MAX, LIST_LABELS_MAX};
use crate::model::names::{DefinitionId, DivisionId, Locale, OrgId, SystemPresence};
use crate::model::observed::{Content, Definition, Organization};
use crate::model::odd::{Halved, Odd};
use crate::model::text;
use crate::model::usage::Queue;
use crate::model::user::UserId;

/// The system presence that the two generations spell differently: the first generation's spelling, then that of the
/// second one and of people (docs/platform.md, "System presences").
const ON_QUEUE: [&str; 2] = ["On Queue", "OnQueue"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnreadableAnswer {
    /// Not JSON: truncated, or not from the platform.
    NotJson,
    /// JSON with a missing or wrong part of the API's contract. Names the part.
    BrokenPromise(String),
    /// The definition that was requested is odd.
    Odd(Box<Odd>),
}

pub(crate) type ReadResult<T> = Result<T, UnreadableAnswer>;

/// A definition with the whole object that it was read from, for [`put_body`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    pub definition: Definition,
    /// The JSON object from the platform, unknown fields included.
    raw: Map<String, Value>,
    /// Where it has a broken character.
    pub halved: Option<Halved>,
}

/// The changes of a PUT. Everything else stays as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Labels to write. An existing locale keeps the org's spelling.
    pub set: Labels,
    /// Locales to remove: this exact spelling if the org has it, or any spelling of it.
    pub remove: Vec<Locale>,
    /// The new state, if it changes.
    pub deactivated: Option<bool>,
    /// The new division, if it changes.
    pub division: Option<DivisionId>,
}

impl Patch {
    /// The changes from one content to the other.
    pub fn between(before: &Content, after: &Content) -> Patch {
        let mut patch = Patch::default();
        for LabelPair { locale, first: wanted, second: present } in after.labels.pair(&before.labels) {
            match (wanted, present) {
                (Some(label), _) if Some(label) != present => patch.set.insert(locale.clone(), label.clone()),
                (None, Some(_)) => patch.remove.push(locale.clone()),
                (Some(_) | None, _) => {}
            }
        }
        patch.deactivated = (before.deactivated != after.deactivated).then_some(after.deactivated);
        patch.division = after.division.clone().filter(|it| before.division.as_ref() != Some(it));
        patch
    }

    pub fn deactivation() -> Patch {
        Patch { deactivated: Some(true), ..Patch::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionPage<T> {
    pub items: Vec<T>,
    pub total: usize,
    /// The page size. The platform may return fewer items than requested.
    pub page_size: usize,
}

pub struct Grant {
    pub access_token: secrecy::SecretString,
    /// Its lifetime, if the response has it.
    pub expires_in_s: Option<u64>,
}

/// The remaining limits of one list's responses.
#[derive(Debug)]
pub struct ListRoom {
    definitions: AtomicUsize,
    labels: AtomicUsize,
}

impl Default for ListRoom {
    fn default() -> ListRoom {
        ListRoom { definitions: LIST_DEFINITIONS_MAX.into(), labels: LIST_LABELS_MAX.into() }
    }
}

impl ListRoom {
    fn take(&self, entity: &Entity) -> ReadResult<()> {
        let labels = match entity {
            Entity::Whole(whole) => whole.definition.labels.len(),
            Entity::Odd(odd) => odd.labels.len(),
        };
        for (room, count, max, what) in [
            (&self.definitions, 1, LIST_DEFINITIONS_MAX, "definitions"),
            (&self.labels, labels, LIST_LABELS_MAX, "labels"),
        ] {
            let taken = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count));
            if taken.is_err() {
                return Err(broken(format!("the answers for this list hold more than {max} {what} together")));
            }
        }
        Ok(())
    }
}

/// `GET /api/v2/presencedefinitions`: one page.
pub fn page(
    body: &[u8],
    number: usize,
    asked_size: usize,
    room: &ListRoom,
) -> ReadResult<DefinitionPage<PlacedObject>> {
    let on_page = if number == 1 { String::new() } else { format!(" of page {number}") };
    let locales = SharedLocales::default();
    paged(body, number, asked_size, |index, text| {
        listed(text, Generation::First, &place(index, &on_page), &locales, room)
    })
}

fn place(index: usize, on_page: &str) -> String {
    format!("entities[{index}]{on_page}")
}

fn listed(
    text: &[u8],
    generation: Generation,
    place: &str,
    locales: &SharedLocales,
    room: &ListRoom,
) -> ReadResult<PlacedObject> {
    let entity = one(text, generation, place, locales).and_then(|(it, _)| room.take(&it).map(|()| it));
    let entity = entity.map_err(|error| within(&format!("`{place}`"), error))?;
    Ok((place.to_owned(), entity))
}

/// One object, unless it is too large for a tree.
fn one(text: &[u8], generation: Generation, place: &str, locales: &SharedLocales) -> ReadResult<(Entity, Fields)> {
    if json::values_at_most(text) > ANSWER_VALUES_MAX {
        return Err(broken(format!("the answer holds more than {ANSWER_VALUES_MAX} values")));
    }
    Ok(entity(text, generation, place, locales))
}

/// `GET /api/v2/presence/definitions`: every definition of one state.
pub fn state(body: &[u8], deactivated: bool, room: &ListRoom) -> ReadResult<Vec<PlacedObject>> {
    let listing = Listing::of(body)?;
    let on_page = if deactivated { " of those deactivated" } else { "" };
    let locales = SharedLocales::default();
    let entities =
        listing.entities(|index, text| listed(text, Generation::Second, &place(index, on_page), &locales, room))?;
    match listing.count("total")? {
        Some(total) if total != entities.len() => {
            Err(broken(format!("`total` is {total}, and {} came", entities.len())))
        }
        Some(_) | None => Ok(entities),
    }
}

/// `GET /api/v2/authorization/divisions`: one page.
pub fn divisions(body: &[u8], number: usize, asked_size: usize) -> ReadResult<DefinitionPage<Division>> {
    paged(body, number, asked_size, |index, text| {
        if !text.starts_with(b"{") {
            return Err(broken(format!("`entities[{index}]` is not an object")));
        }
        let read = || {
            let fields = object(parse(text)?, "it")?;
            let id = promised(&fields, "id", Value::as_str)?;
            let id = DivisionId::new(id).ok_or_else(|| broken("`id` is empty".to_owned()))?;
            Ok(Division { id, name: promised(&fields, "name", Value::as_str)?.to_owned() })
        };
        read().map_err(|error| within(&format!("`entities[{index}]`"), error))
    })
}

pub(crate) type Fields = Map<String, Value>;

fn paged<T>(
    body: &[u8],
    number: usize,
    asked_size: usize,
    item: impl Fn(usize, &[u8]) -> ReadResult<T>,
) -> ReadResult<DefinitionPage<T>> {
    let page = Listing::of(body)?;
    let items = page.entities(item)?;
    let echoed = page.count("pageNumber")?;
    if echoed.is_some_and(|echoed| echoed != number) {
        return Err(broken(format!("page {number} was asked for, and `pageNumber` is another")));
    }
    let total = page.count("total")?.ok_or_else(|| missing("total"))?;
    let page_size = page.count("pageSize")?.unwrap_or(asked_size);
    if page_size == 0 {
        return Err(broken("`pageSize` is 0".to_owned()));
    }
    Ok(DefinitionPage { items, total, page_size })
}

/// A list in a response. Only one item at a time becomes a tree.
struct Listing<'a>(&'a [u8]);

impl<'a> Listing<'a> {
    fn of(body: &'a [u8]) -> ReadResult<Listing<'a>> {
        let body = json::without_mark(body);
        if !json::is_json(body) {
            return Err(UnreadableAnswer::NotJson);
        }
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(broken("the answer is not an object".to_owned()));
        }
        Ok(Listing(body))
    }

    fn entities<T>(&self, item: impl Fn(usize, &[u8]) -> ReadResult<T>) -> ReadResult<Vec<T>> {
        let entities =
            json::field(self.0, "entities").filter(|it| *it != b"null").ok_or_else(|| missing("entities"))?;
        let entities = json::items(entities).ok_or_else(|| broken("`entities` is of another kind".to_owned()))?;
        entities.enumerate().map(|(index, text)| item(index, text)).collect()
    }

    /// A non-negative integer, if the field exists.
    fn count(&self, name: &str) -> ReadResult<Option<usize>> {
        let Some(raw) = json::field(self.0, name).filter(|it| *it != b"null") else { return Ok(None) };
        // Reading a number needs no tree.
        let number = serde_json::from_slice::<u64>(raw).ok().and_then(|number| usize::try_from(number).ok());
        number.map(Some).ok_or_else(|| broken(format!("`{name}` is not a count")))
    }
}

pub fn fetched(generation: Generation, body: &[u8], asked: &DefinitionId) -> ReadResult<Fetched> {
    let (entity, raw) = alone(generation, body)?;
    if let Some(id) = entity.id().filter(|it| *it != asked) {
        return Err(broken(format!("{asked} was asked for, and `id` is `{id}`", asked = text::ticked(asked))));
    }
    match entity {
        Entity::Whole(whole) => {
            let Whole { definition, halved } = *whole;
            Ok(Fetched { definition, raw, halved })
        }
        Entity::Odd(odd) => Err(UnreadableAnswer::Odd(Box::new(Odd { id: Some(asked.clone()), ..odd }))),
    }
}

pub fn created(generation: Generation, body: &[u8]) -> ReadResult<Definition> {
    match alone(generation, body)?.0 {
        Entity::Whole(whole) => Ok(whole.definition),
        Entity::Odd(odd) => Err(UnreadableAnswer::Odd(Box::new(odd))),
    }
}

fn alone(generation: Generation, body: &[u8]) -> ReadResult<(Entity, Fields)> {
    let text = json::without_mark(body).trim_ascii();
    if !json::is_json(text) {
        return Err(UnreadableAnswer::NotJson);
    }
    if !text.starts_with(b"{") {
        return Err(broken("the answer is not an object".to_owned()));
    }
    one(text, generation, "the answer", &SharedLocales::default())
}

/// The response to a DELETE: empty, or JSON. A gateway's page does not show whether the platform received the request.
pub fn deleted(body: &[u8]) -> ReadResult<()> {
    if body.trim_ascii().is_empty() { Ok(()) } else { parse(body).map(|_| ()) }
}

/// The people with one definition, on one page of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityGroup {
    pub definition: DefinitionId,
    /// Each person, and whether they are on queue. A person may occur again, here and on another page.
    pub users: Vec<(UserId, Queue)>,
    pub truncated: bool,
}

/// `POST /api/v2/analytics/users/activity/query`: one page. The people are in `entities`. The numbers in `data` count
/// queues.
pub fn activity(body: &[u8]) -> ReadResult<Vec<ActivityGroup>> {
    let answer = object(parse(body)?, "the answer")?;
    let results = list(&answer, "results")?;
    let groups = results.iter().enumerate().map(|(index, result)| {
        let place = format!("`results[{index}]`");
        let Value::Object(result) = result else { return Err(broken(format!("{place} is not an object"))) };
        activity_group(result).map_err(|error| within(&place, error))
    });
    groups.collect()
}

fn activity_group(result: &Fields) -> ReadResult<ActivityGroup> {
    let group = promised(result, "group", Value::as_object)?;
    let id = promised(group, "organizationPresenceId", Value::as_str)?;
    let definition = DefinitionId::new(id).ok_or_else(|| broken("`organizationPresenceId` is empty".to_owned()))?;
    let users = list(result, "entities")?.iter().map(|entity| {
        let user = entity.get("userId").and_then(Value::as_str).and_then(UserId::new);
        let routing = entity.get("routingStatus").and_then(Value::as_str);
        user.map(|user| (user, queue(routing))).ok_or_else(|| missing("userId"))
    });
    let truncated = result.get("truncated").and_then(Value::as_bool).unwrap_or(false);
    Ok(ActivityGroup { definition, users: users.collect::<ReadResult<_>>()?, truncated })
}

/// The meaning of a `routingStatus` (docs/platform.md, "Who is on a presence").
fn queue(routing: Option<&str>) -> Queue {
    match routing {
        Some("OFF_QUEUE") => Queue::Off,
        Some("IDLE" | "INTERACTING" | "NOT_RESPONDING" | "COMMUNICATING") => Queue::On,
        Some(_) | None => Queue::NotKnown,
    }
}

/// `GET /api/v2/organizations/me`.
pub fn organization(body: &[u8]) -> ReadResult<Organization> {
    let fields = object(parse(body)?, "the answer")?;
    let id = OrgId::new(promised(&fields, "id", Value::as_str)?).ok_or_else(|| broken("`id` is empty".to_owned()))?;
    Ok(Organization { id, name: promised(&fields, "name", Value::as_str)?.to_owned() })
}

/// `GET /api/v2/systempresences`: a bare array.
pub fn system_presences(body: &[u8]) -> ReadResult<Vec<SystemPresence>> {
    let Value::Array(items) = parse(body)? else { return Err(broken("the answer is not an array".to_owned())) };
    let names = items.iter().enumerate().map(|(index, item)| {
        let name = item.get("name").and_then(Value::as_str).and_then(SystemPresence::new);
        name.ok_or_else(|| broken(format!("`[{index}].name` is missing or no text")))
    });
    names.collect()
}

pub fn grant(body: &[u8]) -> ReadResult<Grant> {
    let fields = object(parse(body)?, "the answer")?;
    let token = promised(&fields, "access_token", Value::as_str)?;
    if token.is_empty() {
        return Err(broken("`access_token` is empty".to_owned()));
    }
    Ok(Grant { access_token: token.into(), expires_in_s: fields.get("expires_in").and_then(Value::as_u64) })
}

/// The body of a POST: only the required fields, labels in NFC, and the division if there is one.
pub fn post_body(generation: Generation, system_presence: &SystemPresence, content: &Content) -> Vec<u8> {
    let Content { labels, deactivated: _, division } = content;
    let labels: Map<String, Value> =
        labels.iter().map(|(locale, label)| (locale.as_str().to_owned(), Value::from(label.nfc()))).collect();
    let mut body = json!({ "languageLabels": labels, "systemPresence": spelt(generation, system_presence) });
    if let Some(division) = division {
        body["divisionId"] = Value::from(division.as_str());
    }
    body.to_string().into_bytes()
}

/// A system presence in a generation's spelling. One outside the ten keeps its typed spelling.
fn spelt(generation: Generation, system_presence: &SystemPresence) -> &str {
    let [first, second] = ON_QUEUE;
    match (generation, system_presence.standard()) {
        (Generation::First, Some(name)) if name == second => first,
        (_, Some(name)) => name,
        (_, None) => system_presence.as_str(),
    }
}

/// The body of a PUT: the object as it was read, with the changes of `patch` and without the fields that the platform
/// sets itself.
pub fn put_body(current: Fetched, patch: &Patch) -> Result<Vec<u8>, Halved> {
    let Fetched { definition: _, raw, halved } = current;
    let mut fields = raw.clone();
    for name in PLATFORMS_OWN {
        fields.remove(name);
    }
    if let Some(Value::Object(labels)) = fields.get_mut("languageLabels") {
        let removed: Vec<String> = patch.remove.iter().filter_map(|locale| spelling(labels, locale)).collect();
        labels.retain(|locale, _| !removed.contains(locale));
        for (locale, label) in patch.set.iter() {
            let key = spelling(labels, locale).unwrap_or_else(|| locale.as_str().to_owned());
            labels.insert(key, Value::from(label.nfc()));
        }
    }
    if let Some(deactivated) = patch.deactivated {
        fields.insert("deactivated".to_owned(), Value::from(deactivated));
    }
    if let Some(division) = &patch.division {
        fields.insert("divisionId".to_owned(), Value::from(division.as_str()));
    }
    match halved.and_then(|it| still_sent(&it, &raw, &fields)) {
        None => Ok(Value::Object(fields).to_string().into_bytes()),
        Some(halved) => Err(halved),
    }
}

/// The org's spelling of a locale: the same one if it exists, or a similar one.
fn spelling(labels: &Fields, locale: &Locale) -> Option<String> {
    if labels.contains_key(locale.as_str()) {
        return Some(locale.as_str().to_owned());
    }
    labels.keys().find(|key| Locale::new(key.as_str()).same_as(locale)).cloned()
}

pub(crate) fn parse(body: &[u8]) -> ReadResult<Value> {
    // Checked before a tree is built: a few bytes of text can need a hundred times the memory.
    if json::values_at_most(body) > ANSWER_VALUES_MAX {
        return Err(if json::is_json(body) {
            broken(format!("the answer holds more than {ANSWER_VALUES_MAX} values"))
        } else {
            UnreadableAnswer::NotJson
        });
    }
    serde_json::from_slice(&Mended::new(json::without_mark(body)).text).map_err(|_| UnreadableAnswer::NotJson)
}

fn object(value: Value, what: &str) -> ReadResult<Map<String, Value>> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(broken(format!("{what} is not an object"))),
    }
}

pub(crate) fn promised<'a, T>(
    fields: &'a Map<String, Value>,
    name: &str,
    kind: fn(&'a Value) -> Option<T>,
) -> ReadResult<T> {
    match fields.get(name) {
        None | Some(Value::Null) => Err(missing(name)),
        Some(value) => kind(value).ok_or_else(|| broken(format!("`{name}` is of another kind"))),
    }
}

/// A list that may be absent.
fn list<'a>(fields: &'a Fields, name: &str) -> ReadResult<&'a [Value]> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(broken(format!("`{name}` is not a list"))),
    }
}

fn missing(name: &str) -> UnreadableAnswer {
    broken(format!("`{name}` is missing"))
}

pub(crate) fn broken(what: String) -> UnreadableAnswer {
    UnreadableAnswer::BrokenPromise(what)
}

pub(crate) fn within(place: &str, error: UnreadableAnswer) -> UnreadableAnswer {
    match error {
        UnreadableAnswer::NotJson | UnreadableAnswer::Odd(_) => error,
        UnreadableAnswer::BrokenPromise(what) => broken(format!("{what} in {place}")),
    }
}

//! The users of the simulated org and the operations on their presences. No IO.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::http::{ErrorAnswer, HttpRequest, HttpResponse, timestamp};
use super::org_behavior::{BulkPut, OrgBehavior};

/// The name of the platform's own presence source in paths.
const PURECLOUD: &str = "purecloud";

/// The name of the read-only source in responses.
const MICROSOFT_TEAMS: &str = "MICROSOFTTEAMS";

/// The only custom presence source of a sandbox org.
pub const CUSTOM_SOURCE_ID: &str = "5a4db0c5-0000-4000-a000-000000000001";

/// How long the earlier states of users are kept. They are lost at a restart.
const REMEMBERED_MS: u64 = 600_000;

/// The most users of one bulk read (docs/platform.md, "Who is on a presence").
const BULK_READ_MAX: usize = 50;

/// One user. The state file has the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub id: String,
    pub name: String,
    /// The primary source: `purecloud` or the id of a custom one.
    pub primary_source: String,
    /// The presence of each source, by the source's name in lower case.
    pub presences: BTreeMap<String, Presence>,
}

/// The presence of a user from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    pub definition_id: String,
    /// The user's message, possibly empty.
    pub message: String,
    /// When it was last set, in milliseconds since 1970.
    pub modified_ms: u64,
}

/// The context of an operation on users.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    pub definitions: &'a Definitions,
    pub behavior: OrgBehavior,
    /// The org's time in milliseconds since 1970.
    pub now_ms: u64,
}

/// The checked content of a PATCH or of one entry of a bulk PUT.
struct Update {
    source: String,
    primary: bool,
    definition_id: Option<String>,
    message: Option<String>,
}

/// The users of the org, by id in lower case: ids are compared without case, as GUIDs.
#[derive(Debug, Clone, Default)]
pub struct Users {
    by_id: BTreeMap<String, User>,
    changed: Vec<String>,
    /// The states of users before changes, with the time of the change, latest last.
    past: VecDeque<(u64, User)>,
}

impl User {
    /// A user who has had a definition since a moment, in every source.
    pub fn on(definition_id: &str, (id, name): (String, String), since_ms: u64) -> Self {
        let presence =
            || Presence { definition_id: definition_id.to_owned(), message: String::new(), modified_ms: since_ms };
        let presences = [PURECLOUD, CUSTOM_SOURCE_ID].into_iter().map(|it| (it.to_owned(), presence())).collect();
        Self { id, name, primary_source: PURECLOUD.to_owned(), presences }
    }

    /// The presence of the primary source.
    pub fn presence(&self) -> Option<&Presence> {
        self.presences.get(&self.primary_source)
    }
}

impl Users {
    /// Adds users unchanged. With equal ids, the last one counts.
    pub fn put(&mut self, users: impl IntoIterator<Item = User>) {
        self.by_id.extend(users.into_iter().map(|it| (it.id.to_ascii_lowercase(), it)));
    }

    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values()
    }

    /// All users in the order of their ids, at a recent moment.
    pub fn as_of(&self, at_ms: u64) -> impl Iterator<Item = &User> {
        let mut then: BTreeMap<String, &User> = self.by_id.iter().map(|(id, user)| (id.clone(), user)).collect();
        // Backwards: the last value is the state before the first change after that time.
        for (_, before) in self.past.iter().rev().filter(|(changed_ms, _)| *changed_ms > at_ms) {
            then.insert(before.id.to_ascii_lowercase(), before);
        }
        then.into_values()
    }

    /// The users that changed since the last call, in their current state.
    pub fn take_changes(&mut self) -> Vec<User> {
        std::mem::take(&mut self.changed).iter().filter_map(|id| self.by_id.get(id)).cloned().collect()
    }

    /// Sets a user's presence in the primary source, without the API. Returns false for an unknown user.
    pub fn sit(&mut self, user_id: &str, definition_id: &str, now_ms: u64) -> bool {
        let Some(mut user) = self.by_id.get(&user_id.to_ascii_lowercase()).cloned() else { return false };
        let Some(presence) = user.presences.get_mut(&user.primary_source) else { return false };
        definition_id.clone_into(&mut presence.definition_id);
        presence.modified_ms = now_ms;
        self.keep(user, now_ms);
        true
    }

    /// `GET /api/v2/users/{userId}/presences/{sourceId}`, only for `purecloud`.
    pub fn get(&self, id: &str, source: &str, definitions: &Definitions) -> Result<HttpResponse, ErrorAnswer> {
        expect_own_source(source)?;
        let user = self.found(id)?;
        Ok(HttpResponse::ok(&shown(user, PURECLOUD, definitions)?))
    }

    /// `GET /api/v2/users/{userId}/presences/microsoftteams`: the presence from Teams, which always equals the
    /// platform's own in the sandbox.
    pub fn teams(&self, id: &str, definitions: &Definitions) -> Result<HttpResponse, ErrorAnswer> {
        let user = self.found(id)?;
        let mut presence = shown(user, PURECLOUD, definitions)?;
        presence["source"] = MICROSOFT_TEAMS.into();
        presence["primary"] = false.into();
        presence["message"] = "Available, Available".into();
        let self_uri = format!("/api/v2/users/{id}/presences/microsoftteams");
        presence["selfUri"] = self_uri.as_str().into();
        Ok(HttpResponse::ok(&json!({
            "id": user.id,
            "name": user.name,
            "presences": [presence],
            "outOfOffices": [],
            "selfUri": self_uri,
        })))
    }

    /// `PATCH /api/v2/users/{userId}/presences/{sourceId}`, only for `purecloud`: `primary: true`,
    /// `presenceDefinition.id` and `message`, alone or together.
    pub fn patch(
        &mut self,
        id: &str,
        source: &str,
        request: &HttpRequest,
        around: Surroundings<'_>,
    ) -> Result<HttpResponse, ErrorAnswer> {
        expect_own_source(source)?;
        let user = self.found(id)?;
        let update = update(&request.json()?, source, around.definitions)?;
        let changed = granted(user, &update, around.now_ms)?;
        let answer = shown(&changed, &update.source, around.definitions)?;
        self.keep(changed, around.now_ms);
        Ok(HttpResponse::ok(&answer))
    }

    /// `PUT /api/v2/users/presences/bulk`: a list whose `id` is the user's. It accepts `UserPresence` of the API
    /// document (with `source`) and the current `MutableUserPresence` (with `sourceId`). It does all or nothing, or
    /// what the behavior defines.
    pub fn put_bulk(&mut self, request: &HttpRequest, around: Surroundings<'_>) -> Result<HttpResponse, ErrorAnswer> {
        let Value::Array(entries) = request.json()? else {
            return Err(ErrorAnswer::bad_request("the body is not a list"));
        };
        let entries_max = around.behavior.bulk_put_max;
        if entries.len() > entries_max as usize {
            return Err(ErrorAnswer::bad_request(format!("{} entries are more than {entries_max}", entries.len())));
        }
        let mut done: BTreeMap<String, User> = BTreeMap::new();
        let mut answers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match (self.after(entry, &done, around), around.behavior.bulk_put) {
                (Ok((changed, source)), _) => {
                    answers.push(shown(&changed, &source, around.definitions)?);
                    done.insert(changed.id.to_ascii_lowercase(), changed);
                }
                (Err(_), BulkPut::EachForItself) => {}
                (Err(refusal), BulkPut::AllOrNothing) => {
                    return Err(ErrorAnswer::bad_request(format!("[{index}]: {}", refusal.message)));
                }
            }
        }
        for user in done.into_values() {
            self.keep(user, around.now_ms);
        }
        Ok(HttpResponse::ok(&Value::Array(answers)))
    }

    /// A user after one entry of a bulk PUT, and the source of the entry. `done` has the users that earlier entries
    /// changed.
    fn after(
        &self,
        entry: &Value,
        done: &BTreeMap<String, User>,
        around: Surroundings<'_>,
    ) -> Result<(User, String), ErrorAnswer> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let id = text("id").ok_or_else(|| ErrorAnswer::bad_request("id is required"))?;
        let key = id.to_ascii_lowercase();
        let user = done.get(&key).or_else(|| self.by_id.get(&key));
        let user = user.ok_or_else(|| ErrorAnswer::bad_request(format!("there is no user {id}")))?;
        let source = text("sourceId").or_else(|| text("source")).unwrap_or(PURECLOUD);
        let update = update(entry, source, around.definitions)?;
        if !user.presences.contains_key(&update.source) {
            return Err(ErrorAnswer::bad_request(format!("there is no source {source} that can be written")));
        }
        Ok((granted(user, &update, around.now_ms)?, update.source))
    }

    /// `GET /api/v2/users/presences/{sourceId}/bulk?id=a,b`, `purecloud` included. Unknown users are skipped. The
    /// platform's behaviour is not known.
    pub fn read_bulk(
        &self,
        source: &str,
        request: &HttpRequest,
        definitions: &Definitions,
    ) -> Result<HttpResponse, ErrorAnswer> {
        let source = source.to_ascii_lowercase();
        if source != PURECLOUD && source != CUSTOM_SOURCE_ID {
            return Err(ErrorAnswer::not_found());
        }
        let ids = request.parameters("id");
        if ids.is_empty() {
            return Err(ErrorAnswer::bad_request("id is required"));
        }
        if ids.len() > BULK_READ_MAX {
            return Err(ErrorAnswer::bad_request(format!("{} ids are more than {BULK_READ_MAX}", ids.len())));
        }
        let mut answers = Vec::new();
        for user in ids.iter().filter_map(|id| self.by_id.get(&id.to_ascii_lowercase())) {
            let mut answer = shown(user, &source, definitions)?;
            answer["userId"] = user.id.as_str().into();
            if let Value::Object(fields) = &mut answer {
                fields.remove("primary");
            }
            answers.push(answer);
        }
        Ok(HttpResponse::ok(&Value::Array(answers)))
    }

    fn found(&self, id: &str) -> Result<&User, ErrorAnswer> {
        self.by_id.get(&id.to_ascii_lowercase()).ok_or_else(ErrorAnswer::not_found)
    }

    fn keep(&mut self, user: User, now_ms: u64) {
        let key = user.id.to_ascii_lowercase();
        self.changed.push(key.clone());
        let oldest_ms = now_ms.saturating_sub(REMEMBERED_MS);
        while self.past.front().is_some_and(|(changed_ms, _)| *changed_ms < oldest_ms) {
            self.past.pop_front();
        }
        if let Some(before) = self.by_id.insert(key, user) {
            self.past.push_back((now_ms, before));
        }
    }
}

/// The operations for one user only support the platform's own source (docs/platform.md, "Presences of users").
fn expect_own_source(source: &str) -> Result<(), ErrorAnswer> {
    if source.eq_ignore_ascii_case(PURECLOUD) {
        return Ok(());
    }
    Err(ErrorAnswer::bad_request("This endpoint does not support registered presence sources."))
}

/// A user's presence in the API's form.
fn shown(user: &User, source: &str, definitions: &Definitions) -> Result<Value, ErrorAnswer> {
    let presence = user.presences.get(source).ok_or_else(ErrorAnswer::not_found)?;
    let Presence { definition_id, message, modified_ms } = presence;
    // The id of a removed definition stays.
    let definition = definitions.get(definition_id).map_or_else(|| json!({ "id": definition_id }), |it| it.reference());
    let mut fields = Map::new();
    fields.insert("id".to_owned(), user.id.as_str().into());
    if source == PURECLOUD {
        fields.insert("source".to_owned(), PURECLOUD.to_uppercase().into());
    } else {
        fields.insert("sourceId".to_owned(), source.into());
    }
    fields.insert("primary".to_owned(), (user.primary_source == source).into());
    fields.insert("presenceDefinition".to_owned(), definition);
    fields.insert("message".to_owned(), message.as_str().into());
    fields.insert("modifiedDate".to_owned(), timestamp(*modified_ms).into());
    fields.insert("selfUri".to_owned(), format!("/api/v2/users/{}/presences/{source}", user.id).into());
    Ok(Value::Object(fields))
}

fn update(body: &Value, source: &str, definitions: &Definitions) -> Result<Update, ErrorAnswer> {
    let field = |name: &str| body.get(name).filter(|it| !it.is_null());
    let definition_id = match field("presenceDefinition") {
        None => None,
        Some(given) => {
            let id = given.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| ErrorAnswer::bad_request("presenceDefinition.id is required"))?;
            let active = definitions.get(id).filter(|it| !it.deactivated);
            let definition = active
                .ok_or_else(|| ErrorAnswer::bad_request(format!("there is no active presence definition {id}")))?;
            Some(definition.id.clone())
        }
    };
    let message = match field("message") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(ErrorAnswer::bad_request("message is not a string")),
    };
    let primary = field("primary") == Some(&Value::Bool(true));
    if !primary && definition_id.is_none() && message.is_none() {
        return Err(ErrorAnswer::bad_request("one of primary, presenceDefinition and message must be given"));
    }
    Ok(Update { source: source.to_ascii_lowercase(), primary, definition_id, message })
}

/// The user after the change.
fn granted(user: &User, update: &Update, now_ms: u64) -> Result<User, ErrorAnswer> {
    let mut user = user.clone();
    let presence = user.presences.get_mut(&update.source).ok_or_else(ErrorAnswer::not_found)?;
    if let Some(definition_id) = &update.definition_id {
        presence.definition_id.clone_from(definition_id);
    }
    if let Some(message) = &update.message {
        presence.message.clone_from(message);
    }
    presence.modified_ms = now_ms;
    if update.primary {
        user.primary_source.clone_from(&update.source);
    }
    Ok(user)
}

//! A few sample users and the operations on their presences. No IO.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::http::{Refusal, Request, Response, timestamp};

/// The platform's own source of presences, as paths name it.
const PURECLOUD: &str = "purecloud";

/// The source that cannot be written, as its answers name it.
const MICROSOFT_TEAMS: &str = "MICROSOFTTEAMS";

/// The one custom presence source that is registered in a sandbox org.
pub const CUSTOM_SOURCE_ID: &str = "5a4db0c5-0000-4000-a000-000000000001";

/// The sample users: id, name, the primary presence that they begin on.
const SAMPLES: [(&str, &str, &str); 4] = [
    ("5a4db0c5-0000-4000-8000-000000000001", "Ada Sample", "6a3af858-942f-489d-9700-5f9bcdcdae9b"),
    ("5a4db0c5-0000-4000-8000-000000000002", "Ben Sample", "e08eaf1b-ee47-4fa9-a231-1200e284798f"),
    ("5a4db0c5-0000-4000-8000-000000000003", "Cleo Sample", "3fd96123-badb-4f69-bc03-1b1ccc6d8014"),
    ("5a4db0c5-0000-4000-8000-000000000004", "Dan Sample", "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5"),
];

/// One user; the state file holds the same, field by field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// Which source counts: `purecloud` or the id of a custom one.
    pub primary_source: String,
    /// A presence for each source, by the source's name in lower case.
    pub presences: BTreeMap<String, Presence>,
}

/// What a user is on, in one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// The id of a definition.
    pub definition_id: String,
    /// The user's message; may be empty.
    pub message: String,
    /// When it was last set, in milliseconds since 1970.
    pub modified_ms: u64,
}

/// What a PATCH or one entry of a bulk PUT asks for, its options already checked.
struct Wish {
    source: String,
    primary: bool,
    definition_id: Option<String>,
    message: Option<String>,
}

/// The users of the org, by id.
#[derive(Debug, Clone, Default)]
pub struct Users {
    by_id: BTreeMap<String, User>,
    changed: Vec<String>,
}

impl Users {
    /// The sample users as a new org has them.
    #[must_use]
    pub fn samples(now_ms: u64) -> Vec<User> {
        let user = |(id, name, definition_id): &(&str, &str, &str)| {
            let presence =
                || Presence { definition_id: (*definition_id).to_owned(), message: String::new(), modified_ms: now_ms };
            let presences = [PURECLOUD, CUSTOM_SOURCE_ID].into_iter().map(|it| (it.to_owned(), presence())).collect();
            User { id: (*id).to_owned(), name: (*name).to_owned(), primary_source: PURECLOUD.to_owned(), presences }
        };
        SAMPLES.iter().map(user).collect()
    }

    /// Takes users as they stand; a later one replaces an earlier one of the same id.
    pub fn put(&mut self, users: impl IntoIterator<Item = User>) {
        self.by_id.extend(users.into_iter().map(|it| (it.id.clone(), it)));
    }

    /// All users in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values()
    }

    /// Who was changed since this was last asked, as they are now.
    pub fn take_changes(&mut self) -> Vec<User> {
        std::mem::take(&mut self.changed).iter().filter_map(|id| self.by_id.get(id)).cloned().collect()
    }

    /// `GET /api/v2/users/{userId}/presences/{sourceId}`, `purecloud` included.
    ///
    /// # Errors
    /// 404 for an unknown user or source.
    pub fn get(&self, id: &str, source: &str, definitions: &Definitions) -> Result<Response, Refusal> {
        let user = self.found(id)?;
        Ok(Response::ok(&shown(user, &source.to_ascii_lowercase(), definitions)?))
    }

    /// `GET /api/v2/users/{userId}/presences/microsoftteams`: the presence mapped from Teams, which in the
    /// sandbox always agrees with the platform's own.
    ///
    /// # Errors
    /// 404 for an unknown user.
    pub fn teams(&self, id: &str, definitions: &Definitions) -> Result<Response, Refusal> {
        let user = self.found(id)?;
        let mut presence = shown(user, PURECLOUD, definitions)?;
        presence["source"] = MICROSOFT_TEAMS.into();
        presence["primary"] = false.into();
        presence["message"] = "Available, Available".into();
        let self_uri = format!("/api/v2/users/{id}/presences/microsoftteams");
        presence["selfUri"] = self_uri.as_str().into();
        Ok(Response::ok(&json!({
            "id": user.id,
            "name": user.name,
            "presences": [presence],
            "outOfOffices": [],
            "selfUri": self_uri,
        })))
    }

    /// `PATCH /api/v2/users/{userId}/presences/{sourceId}`: `primary: true`, `presenceDefinition.id` and
    /// `message`, alone or together.
    ///
    /// # Errors
    /// 404 for an unknown user or source; 400 for a body that asks for nothing or for a definition that
    /// there is not, or that is deactivated.
    pub fn patch(
        &mut self,
        id: &str,
        source: &str,
        request: &Request,
        (definitions, now_ms): (&Definitions, u64),
    ) -> Result<Response, Refusal> {
        let user = self.found(id)?;
        let wish = wish(&request.json()?, source, definitions)?;
        let changed = granted(user, &wish, now_ms)?;
        let answer = shown(&changed, &wish.source, definitions)?;
        self.keep(changed);
        Ok(Response::ok(&answer))
    }

    /// `PUT /api/v2/users/presences/bulk`: a list whose `id` is the user's. All of it is done or nothing.
    ///
    /// # Errors
    /// 400 for the first entry that cannot be done.
    pub fn put_bulk(
        &mut self,
        request: &Request,
        (definitions, now_ms): (&Definitions, u64),
    ) -> Result<Response, Refusal> {
        let Value::Array(entries) = request.json()? else {
            return Err(Refusal::bad_request("the body is not a list"));
        };
        let mut done: BTreeMap<String, User> = BTreeMap::new();
        let mut answers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let refused = |what: String| Refusal::bad_request(format!("[{index}]: {what}"));
            let id = entry.get("id").and_then(Value::as_str).ok_or_else(|| refused("id is required".to_owned()))?;
            let user = done.get(id).or_else(|| self.by_id.get(id));
            let user = user.ok_or_else(|| refused(format!("there is no user {id}")))?;
            let source = entry.get("sourceId").and_then(Value::as_str).unwrap_or(PURECLOUD);
            let changed = wish(entry, source, definitions)
                .and_then(|wish| Ok((granted(user, &wish, now_ms)?, wish)))
                .map_err(|refusal| refused(refusal.message));
            let (changed, wish) = changed?;
            answers.push(shown(&changed, &wish.source, definitions)?);
            done.insert(changed.id.clone(), changed);
        }
        for user in done.into_values() {
            self.keep(user);
        }
        Ok(Response::ok(&Value::Array(answers)))
    }

    fn found(&self, id: &str) -> Result<&User, Refusal> {
        self.by_id.get(id).ok_or_else(Refusal::not_found)
    }

    fn keep(&mut self, user: User) {
        self.changed.push(user.id.clone());
        self.by_id.insert(user.id.clone(), user);
    }
}

/// A user's presence as the API shows it.
fn shown(user: &User, source: &str, definitions: &Definitions) -> Result<Value, Refusal> {
    let presence = user.presences.get(source).ok_or_else(Refusal::not_found)?;
    let Presence { definition_id, message, modified_ms } = presence;
    // A definition that was removed for good leaves its id behind.
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

fn wish(body: &Value, source: &str, definitions: &Definitions) -> Result<Wish, Refusal> {
    let field = |name: &str| body.get(name).filter(|it| !it.is_null());
    let definition_id = match field("presenceDefinition") {
        None => None,
        Some(given) => {
            let id = given.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| Refusal::bad_request("presenceDefinition.id is required"))?;
            let active = definitions.get(id).filter(|it| !it.deactivated);
            let definition =
                active.ok_or_else(|| Refusal::bad_request(format!("there is no active presence definition {id}")))?;
            Some(definition.id.clone())
        }
    };
    let message = match field("message") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(Refusal::bad_request("message is not a string")),
    };
    let primary = field("primary") == Some(&Value::Bool(true));
    if !primary && definition_id.is_none() && message.is_none() {
        return Err(Refusal::bad_request("one of primary, presenceDefinition and message must be given"));
    }
    Ok(Wish { source: source.to_ascii_lowercase(), primary, definition_id, message })
}

/// The user after the wish.
fn granted(user: &User, wish: &Wish, now_ms: u64) -> Result<User, Refusal> {
    let mut user = user.clone();
    let presence = user.presences.get_mut(&wish.source).ok_or_else(Refusal::not_found)?;
    if let Some(definition_id) = &wish.definition_id {
        presence.definition_id.clone_from(definition_id);
    }
    if let Some(message) = &wish.message {
        presence.message.clone_from(message);
    }
    presence.modified_ms = now_ms;
    if wish.primary {
        user.primary_source.clone_from(&wish.source);
    }
    Ok(user)
}

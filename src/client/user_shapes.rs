//! Converts between the platform's JSON and user presences. It tolerates unknown data, but requires the id of the
//! user's current definition.

use serde_json::{Value, json};

use crate::client::shapes::{Fields, ReadResult, broken, parse, promised, within};
use crate::model::names::{DefinitionId, SystemPresence};
use crate::model::user::{OutOfOffice, PresenceSource, UserId, UserPresence, WantedPresence};

/// One user of a bulk response. An error of one does not affect the others.
pub type UserEntry = (UserId, ReadResult<UserPresence>);

/// `GET /api/v2/users/{userId}/presences/{sourceId}`, and the response to its PATCH.
pub fn presence(body: &[u8]) -> ReadResult<UserPresence> {
    match parse(body)? {
        Value::Object(fields) => seen(&fields),
        _ => Err(broken("the answer is not an object".to_owned())),
    }
}

/// `GET /api/v2/users/{userId}/presences/microsoftteams`: the first presence of the expanded response, with its
/// out-of-office times. `None` if Teams has none.
pub fn teams(body: &[u8]) -> ReadResult<Option<UserPresence>> {
    let Value::Object(fields) = parse(body)? else { return Err(broken("the answer is not an object".to_owned())) };
    let Some(first) = promised(&fields, "presences", Value::as_array)?.first() else { return Ok(None) };
    let place = "`presences[0]`";
    let Value::Object(first) = first else { return Err(broken(format!("{place} is not an object"))) };
    let presence = seen(first).map_err(|error| within(place, error))?;
    let times = fields.get("outOfOffices").and_then(Value::as_array).into_iter().flatten().filter_map(out_of_office);
    Ok(Some(UserPresence { out_of_office: times.collect(), ..presence }))
}

/// The response to a bulk read (`userId` is the user) and to a bulk PUT (`id` is the user).
pub fn presences(body: &[u8]) -> ReadResult<Vec<UserEntry>> {
    let Value::Array(items) = parse(body)? else { return Err(broken("the answer is not a list".to_owned())) };
    let each = items.iter().enumerate().map(|(index, item)| {
        let place = format!("`[{index}]`");
        let Value::Object(fields) = item else { return Err(broken(format!("{place} is not an object"))) };
        let user = ["userId", "id"].iter().find_map(|name| UserId::new(fields.get(*name)?.as_str()?));
        let user = user.ok_or_else(|| broken(format!("neither `userId` nor `id` of {place} is the id of a user")))?;
        Ok((user, seen(fields).map_err(|error| within(&place, error))))
    });
    each.collect()
}

/// The body of a PATCH, with only the wanted changes.
pub fn patch_body(wanted: &WantedPresence) -> Vec<u8> {
    wanted_body(wanted).to_string().into_bytes()
}

/// The body of a bulk PUT. Without a source, the platform's own is meant. Any other source is named as in the current
/// API, because the document's `source` is deprecated.
pub fn put_body(wanted: &[(&UserId, &WantedPresence)], source: &PresenceSource) -> Vec<u8> {
    let entry = |(user, wanted): &(&UserId, &WantedPresence)| {
        let mut entry = wanted_body(wanted);
        entry["id"] = user.as_str().into();
        match source {
            PresenceSource::Platform => {}
            PresenceSource::Teams | PresenceSource::Registered(_) => entry["sourceId"] = source.as_str().into(),
        }
        entry
    };
    Value::Array(wanted.iter().map(entry).collect()).to_string().into_bytes()
}

fn wanted_body(wanted: &WantedPresence) -> Value {
    let WantedPresence { definition, message, primary } = wanted;
    let mut body = json!({ "presenceDefinition": { "id": definition.as_str() } });
    if let Some(message) = message {
        body["message"] = message.as_str().into();
    }
    if *primary {
        body["primary"] = true.into();
    }
    body
}

fn seen(fields: &Fields) -> ReadResult<UserPresence> {
    let definition = promised(fields, "presenceDefinition", Value::as_object)?;
    let inside = |error| within("`presenceDefinition`", error);
    let id = promised(definition, "id", Value::as_str).map_err(inside)?;
    let id = DefinitionId::new(id).ok_or_else(|| inside(broken("`id` is empty".to_owned())))?;
    let name = optional(definition, "systemPresence", Value::as_str).map_err(inside)?;
    Ok(UserPresence {
        definition: id,
        system_presence: name.and_then(SystemPresence::new),
        message: optional(fields, "message", Value::as_str)?.filter(|it| !it.is_empty()).map(str::to_owned),
        since: optional(fields, "modifiedDate", Value::as_str)?.map(str::to_owned),
        primary: optional(fields, "primary", Value::as_bool)?,
        out_of_office: Vec::new(),
    })
}

fn optional<'a, T>(fields: &'a Fields, name: &str, kind: fn(&'a Value) -> Option<T>) -> ReadResult<Option<T>> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => promised(fields, name, kind).map(Some),
    }
}

/// Nothing here is guaranteed: an unexpected value counts as unknown.
fn out_of_office(item: &Value) -> Option<OutOfOffice> {
    let fields = item.as_object()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let endless = fields.get("indefinite").and_then(Value::as_bool) == Some(true);
    Some(OutOfOffice {
        active: fields.get("active").and_then(Value::as_bool),
        from: text("startDate"),
        to: text("endDate").filter(|_| !endless),
    })
}

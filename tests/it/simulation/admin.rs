//! A person in the admin page of a simulated org: makes, renames, edits, turns off and on, removes.

use fastrand::Rng;
use presencectl::sandbox::definitions::HeldDefinition;
use presencectl::sandbox::http;
use presencectl::sandbox::org::SimulatedOrg;
use presencectl::sandbox::org_behavior::Offer;
use serde_json::{Value, json};

use super::ledger::folded;
use super::world::{chance, one_of};

/// What a person does, as it is counted.
pub(super) const EDITS: [&str; 6] = [
    "a person makes one",
    "a person edits a label",
    "a person renames one",
    "a person turns one off or on",
    "a person adds a label",
    "a person removes one",
];

/// One edit: its place in [`EDITS`], and the request.
pub(super) fn edit(dice: &mut Rng, org: &SimulatedOrg) -> Option<(usize, http::HttpRequest)> {
    let collection = match org.behavior.generation1 {
        Offer::Served => "/api/v2/presencedefinitions",
        Offer::Gone(_) => "/api/v2/presence/definitions",
    };
    let own: Vec<_> = org.definitions().iter().filter(|it| !it.primary).collect();
    let kind = dice.usize(0..EDITS.len());
    if kind == 0 || own.is_empty() {
        let name = one_of(dice, &["Alpha", "Bravo", "Charlie", "Zebra", "Quebec"]);
        let presence = one_of(dice, &["Meal", "Busy", "Break"]);
        let body = json!({ "languageLabels": { "en_US": name }, "systemPresence": presence });
        return Some((0, request("POST", collection.to_owned(), &body)));
    }
    let it = own[dice.usize(0..own.len())];
    let path = format!("{collection}/{}", it.id);
    let mut body = whole(it);
    let mut label = |locale: &str, label: String| {
        // In the spelling that it has there.
        let spelt = it.labels.keys().find(|it| folded(it) == folded(locale)).map_or(locale, String::as_str);
        body["languageLabels"][spelt] = label.into();
    };
    match kind {
        1 => label("de", format!("edited {}", dice.u32(0..100))),
        2 => label("en_US", format!("Renamed {}", dice.u32(0..100))),
        3 => body["deactivated"] = json!(!it.deactivated),
        4 => label("pt_BR", "another one".to_owned()),
        _ => return chance(dice, 50).then(|| (5, request("DELETE", path, &json!(null)))),
    }
    Some((kind, request("PUT", path, &body)))
}

/// A definition as a PUT brings it back.
fn whole(it: &HeldDefinition) -> Value {
    let mut body = json!({ "languageLabels": it.labels, "systemPresence": it.system_presence,
                           "deactivated": it.deactivated, "divisionId": it.division_id });
    for (name, value) in &it.extra {
        body[name] = value.clone();
    }
    body
}

fn request(method: &str, path: String, body: &Value) -> http::HttpRequest {
    http::HttpRequest {
        method: method.to_owned(),
        path,
        query: String::new(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {}", presencectl::sandbox::TOKEN)),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
    }
}

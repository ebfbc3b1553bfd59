//! Where an org's behavior changed an answer: one that never does shows nothing.

use presencectl::sandbox::definitions::HeldDefinition;
use presencectl::sandbox::http::{HttpRequest, HttpResponse};
use presencectl::sandbox::org::SimulatedOrg;
use presencectl::sandbox::org_behavior::{CreateExtra, Delete, LocaleKeys, Offer, PutLabels};
use serde_json::Value;

use super::ledger::{folded, id_of, is_collection};

const EQUAL_400: &str = "an equal label refused with 400";
const EQUAL_409: &str = "an equal label refused with 409";
const TOO_MANY: &str = "one more active one refused";
const MERGED: &str = "a PUT that kept labels which it did not bring";
const SPELT: &str = "a locale spelt otherwise than it was sent";
const EXTRA: &str = "a new one with a field that no one sent";
const REMOVED: &str = "a DELETE that removed for good";
const DIVISION: &str = "a PUT that took the division away";
const PAGES: &str = "a page smaller than was asked for";
const FIRST_GONE: &str = "the first generation of the API is gone";
const SECOND_GONE: &str = "the second generation of the API is gone";

/// Everything that has to happen.
pub(super) const ALL: [&str; 11] =
    [EQUAL_400, EQUAL_409, TOO_MANY, MERGED, SPELT, EXTRA, REMOVED, DIVISION, PAGES, FIRST_GONE, SECOND_GONE];

/// The effects of it in a response. `before` is the earlier state of the object.
pub(super) fn noticed(
    org: &SimulatedOrg,
    request: &HttpRequest,
    before: Option<&HeldDefinition>,
    answer: &HttpResponse,
) -> Vec<&'static str> {
    let behavior = org.behavior;
    let mut seen = Vec::new();
    if request.method == "GET" {
        if is_collection(&request.path) {
            match (request.path.contains("/presence/"), behavior.generation1, behavior.generation2) {
                (false, Offer::Gone(_), _) => seen.push(FIRST_GONE),
                (true, _, Offer::Gone(_)) => seen.push(SECOND_GONE),
                (false, Offer::Served, _) if org.definitions().len() > behavior.page_size_max as usize => {
                    seen.push(PAGES);
                }
                _ => {}
            }
        }
        return seen;
    }
    if !is_collection(&request.path) && id_of(&request.path).is_none() {
        return seen;
    }
    let body = || serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    match answer.status {
        400 | 409 if body()["code"] == "conflict" => {
            seen.push(if answer.status == 400 { EQUAL_400 } else { EQUAL_409 });
        }
        400 if body()["message"].as_str().is_some_and(|it| it.contains("active presence definitions")) => {
            seen.push(TOO_MANY);
        }
        200 => seen.extend(taken(org, request, before, &body())),
        204 if behavior.delete == Delete::Removes && before.is_some() => seen.push(REMOVED),
        _ => {}
    }
    seen
}

/// The differences between a written object and the body of its write.
fn taken(
    org: &SimulatedOrg,
    request: &HttpRequest,
    before: Option<&HeldDefinition>,
    written: &Value,
) -> Vec<&'static str> {
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let locales = |it: &Value| -> Vec<String> {
        it["languageLabels"].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
    };
    let (asked, given) = (locales(&sent), locales(written));
    let is_asked = |it: &String| asked.iter().any(|asked| folded(asked) == folded(it));
    let behavior = org.behavior;
    let mut seen = Vec::new();
    if behavior.put_labels == PutLabels::Merged && !given.iter().all(is_asked) {
        seen.push(MERGED);
    }
    if behavior.locale_keys == LocaleKeys::Normalised && !asked.iter().all(|it| given.contains(it)) {
        seen.push(SPELT);
    }
    let is_new = request.method == "POST";
    if is_new && behavior.create_extra == CreateExtra::Unknown {
        seen.push(EXTRA);
    }
    let now = written["id"].as_str().and_then(|id| org.definitions().get(id));
    if before.zip(now).is_some_and(|(before, now)| before.division_id != now.division_id) {
        seen.push(DIVISION);
    }
    seen
}

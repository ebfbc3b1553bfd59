//! The five operations on `/api/v2/presence/definitions`, the second generation of the API. It has divisions and
//! `type`, but no pages, no `deleted=ALL`, and no authors or times of changes. No IO.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};

use super::definition_store::{Act, DefinitionStore, DivisionOfWrite, StoreRules};
use super::definitions::{HeldDefinition, LabelView, known_system_presence};
use super::http::{ErrorAnswer, HttpRequest, HttpResponse};

/// The path of the definitions in the second generation of the API.
pub const SECOND_GENERATION_PATH: &str = "/api/v2/presence/definitions";

/// The values of `localeCode` (docs/platform.md, "Locales"). The keys of labels are not limited to them.
const LOCALE_CODES: [&str; 25] = [
    "ALL", "he", "fr", "en_US", "da", "de", "it", "cs", "es", "fi", "ar", "ja", "ko", "nl", "no", "pl", "pt_BR",
    "pt_PT", "ru", "sv", "th", "tr", "uk", "zh_CN", "zh_TW",
];

/// The values of `systemPresence` (docs/platform.md, "System presences").
const SYSTEM_PRESENCES: [&str; 10] =
    ["Available", "Away", "Busy", "Offline", "Idle", "OnQueue", "Meal", "Training", "Meeting", "Break"];

/// The values of `type`. Otherwise, its value in a body is ignored.
const TYPES: [&str; 2] = ["System", "User"];

/// The differences to the other generation.
pub const RULES: StoreRules =
    StoreRules { conflict_status: 409, shows_every_division: false, division: DivisionOfWrite::Body };

pub fn answer(
    store: &mut DefinitionStore<'_>,
    act: Act<'_>,
    request: &HttpRequest,
) -> Result<HttpResponse, ErrorAnswer> {
    let whole = |it: Arc<HeldDefinition>| HttpResponse::ok(&shown(&it, &LabelView::All));
    match act {
        Act::List => list(store, request),
        Act::Get(id) => {
            let labels = labels(request)?;
            Ok(HttpResponse::ok(&shown(store.read(id)?, &labels)))
        }
        Act::Create => {
            let draft = store.draft(spelt(request.json()?, None)?)?;
            store.create(draft).map(whole)
        }
        Act::Update(id) => {
            let held = store.held(id)?;
            let draft = store.draft(spelt(request.json()?, Some(&held))?)?;
            store.update(&held, draft).map(whole)
        }
        Act::Delete(id) => store.delete(id).map(|()| HttpResponse::no_content()),
    }
}

/// All definitions in one response. `divisionId` is a list that selects exactly these divisions, and `*` adds
/// definitions of all divisions. The platform's behaviour is not known.
fn list(store: &DefinitionStore<'_>, request: &HttpRequest) -> Result<HttpResponse, ErrorAnswer> {
    let deactivated = match request.parameter("deactivated") {
        None => false,
        Some(it) if it.eq_ignore_ascii_case("FALSE") => false,
        Some(it) if it.eq_ignore_ascii_case("TRUE") => true,
        Some(other) => return Err(ErrorAnswer::invalid_value(&other, "deactivated", "TRUE, FALSE")),
    };
    let labels = labels(request)?;
    let division_ids = request.parameters("divisionId");
    let is_asked_for = |it: &&Arc<HeldDefinition>| {
        let is_of_division = division_ids.iter().any(|id| id.eq_ignore_ascii_case(&it.division_id));
        it.deactivated == deactivated && (division_ids.is_empty() || is_of_division)
    };
    let entities: Vec<Value> = store.listed().into_iter().filter(is_asked_for).map(|it| shown(it, &labels)).collect();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let self_uri = format!("{SECOND_GENERATION_PATH}{query}");
    Ok(HttpResponse::ok(&json!({ "total": entities.len(), "entities": entities, "selfUri": self_uri })))
}

/// `localeCode`. The default is all labels (docs/platform.md, "Two generations of the API").
fn labels(request: &HttpRequest) -> Result<LabelView, ErrorAnswer> {
    let Some(asked) = request.parameter("localeCode") else { return Ok(LabelView::All) };
    expect_one_of(&asked, "localeCode", &LOCALE_CODES)?;
    Ok(LabelView::asked(&asked))
}

/// Checks the closed sets of a body. Values that the org shows for the definition are always accepted.
fn spelt(body: Value, held: Option<&HeldDefinition>) -> Result<Value, ErrorAnswer> {
    if let Some(kind) = body.get("type").and_then(Value::as_str) {
        expect_one_of(kind, "type", &TYPES)?;
    }
    if let Some(given) = body.get("systemPresence").and_then(Value::as_str)
        && held.is_none_or(|it| spelling(&it.system_presence) != given)
    {
        expect_one_of(given, "systemPresence", &SYSTEM_PRESENCES)?;
    }
    Ok(body)
}

fn expect_one_of(given: &str, field: &str, allowed: &[&str]) -> Result<(), ErrorAnswer> {
    if allowed.iter().any(|it| it.eq_ignore_ascii_case(given)) {
        return Ok(());
    }
    Err(ErrorAnswer::invalid_value(given, field, &allowed.join(", ")))
}

fn shown(definition: &HeldDefinition, labels: &LabelView) -> Value {
    let mut fields = definition.fields(SECOND_GENERATION_PATH, labels);
    fields.insert("type".to_owned(), if definition.primary { "System" } else { "User" }.into());
    fields.insert("systemPresence".to_owned(), spelling(&definition.system_presence).into());
    fields.insert("divisionId".to_owned(), definition.division_id.as_str().into());
    fields.extend(definition.shown.clone());
    Value::Object(fields)
}

/// `On Queue` as this generation spells it: `OnQueue`.
fn spelling(system_presence: &str) -> Cow<'_, str> {
    match known_system_presence(system_presence) {
        Some(known) => known.replace(' ', "").into(),
        None => system_presence.into(),
    }
}

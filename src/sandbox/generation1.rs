//! The five operations on `/api/v2/presencedefinitions`, the first generation of the API. It has pages, `deleted`,
//! `primary`, and the author and time of changes. No IO.

use std::sync::Arc;

use serde_json::Value;

use super::definition_store::{Act, DefinitionStore, DivisionOfWrite, StoreRules};
use super::definitions::{DEFAULT_LOCALE, FIRST_GENERATION_PATH, HeldDefinition, LabelView};
use super::http::{ErrorAnswer, HttpRequest, HttpResponse, encoded};
use super::org_behavior::{FirstDivisions, FirstPutDivision, OrgBehavior};
use super::paging::PageWindow;

/// The differences to the other generation.
pub fn rules(behavior: OrgBehavior) -> StoreRules {
    StoreRules {
        conflict_status: behavior.conflict_status,
        shows_every_division: behavior.first_divisions == FirstDivisions::All,
        division: match behavior.first_put_division {
            FirstPutDivision::Kept => DivisionOfWrite::Kept,
            FirstPutDivision::Reset => DivisionOfWrite::Reset,
        },
    }
}

pub fn answer(
    store: &mut DefinitionStore<'_>,
    act: Act<'_>,
    request: &HttpRequest,
) -> Result<HttpResponse, ErrorAnswer> {
    let whole = |it: Arc<HeldDefinition>| HttpResponse::ok(&shown(&it, &LabelView::All));
    match act {
        Act::List => list(store, request),
        Act::Get(id) => Ok(HttpResponse::ok(&shown(store.read(id)?, &labels(request)))),
        Act::Create => {
            let draft = store.draft(request.json()?)?;
            store.create(draft).map(whole)
        }
        Act::Update(id) => {
            let held = store.held(id)?;
            let draft = store.draft(request.json()?)?;
            store.update(&held, draft).map(whole)
        }
        Act::Delete(id) => store.delete(id).map(|()| HttpResponse::no_content()),
    }
}

fn list(store: &DefinitionStore<'_>, request: &HttpRequest) -> Result<HttpResponse, ErrorAnswer> {
    let page = PageWindow::asked(request, store.behavior.page_size_max.into())?;
    let deleted = request.parameter("deleted");
    let is_asked_for: fn(&HeldDefinition) -> bool = match deleted.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("FALSE") => |it| !it.deactivated,
        Some("TRUE") => |it| it.deactivated,
        Some("ALL") => |_| true,
        Some(_) => {
            return Err(ErrorAnswer::invalid_value(&deleted.unwrap_or_default(), "deleted", "TRUE, FALSE, ALL"));
        }
    };
    let given = |name: &str| request.parameter(name).map(|it| format!("&{name}={}", encoded(&it)));
    let filters: String = ["deleted", "localeCode"].into_iter().filter_map(given).collect();
    let labels = labels(request);
    let listed: Vec<&Arc<HeldDefinition>> = store.listed().into_iter().filter(|it| is_asked_for(it)).collect();
    let total = listed.len();
    let entities = page.of(listed).map(|it| shown(it, &labels)).collect();
    Ok(HttpResponse::ok(&page.listing(entities, total, (FIRST_GENERATION_PATH, &filters))))
}

/// `localeCode`. The default is the default locale.
fn labels(request: &HttpRequest) -> LabelView {
    LabelView::asked(request.parameter("localeCode").as_deref().unwrap_or(DEFAULT_LOCALE))
}

fn shown(definition: &HeldDefinition, labels: &LabelView) -> Value {
    let mut fields = definition.fields(FIRST_GENERATION_PATH, labels);
    fields.extend(definition.stamps.clone());
    fields.insert("systemPresence".to_owned(), definition.system_presence.as_str().into());
    fields.insert("primary".to_owned(), definition.primary.into());
    fields.extend(definition.shown.clone());
    Value::Object(fields)
}

//! The five operations on `/api/v2/presencedefinitions`, the first generation of the API: pages, `deleted`,
//! `primary`, who changed what and when. No IO.

use std::sync::Arc;

use serde_json::Value;

use super::definitions::{DEFAULT_LOCALE, FIRST_GENERATION_PATH, HeldDefinition, LabelView};
use super::desk::{Act, DefinitionStore, DivisionOfWrite, StoreRules};
use super::http::{ErrorAnswer, HttpRequest, HttpResponse, encoded};
use super::paging::PageWindow;
use super::temper::{FirstDivisions, FirstPutDivision, OrgBehavior};

/// In what this generation differs from the other one where they do the same.
pub fn rules(temper: OrgBehavior) -> StoreRules {
    StoreRules {
        conflict_status: temper.conflict_status,
        shows_every_division: temper.first_divisions == FirstDivisions::All,
        division: match temper.first_put_division {
            FirstPutDivision::Kept => DivisionOfWrite::Kept,
            FirstPutDivision::Reset => DivisionOfWrite::Reset,
        },
    }
}

pub fn answer(
    desk: &mut DefinitionStore<'_>,
    act: Act<'_>,
    request: &HttpRequest,
) -> Result<HttpResponse, ErrorAnswer> {
    let whole = |it: Arc<HeldDefinition>| HttpResponse::ok(&shown(&it, &LabelView::All));
    match act {
        Act::List => list(desk, request),
        Act::Get(id) => Ok(HttpResponse::ok(&shown(desk.read(id)?, &labels(request)))),
        Act::Create => {
            let draft = desk.draft(request.json()?)?;
            desk.create(draft).map(whole)
        }
        Act::Update(id) => {
            let held = desk.held(id)?;
            let draft = desk.draft(request.json()?)?;
            desk.update(&held, draft).map(whole)
        }
        Act::Delete(id) => desk.delete(id).map(|()| HttpResponse::no_content()),
    }
}

fn list(desk: &DefinitionStore<'_>, request: &HttpRequest) -> Result<HttpResponse, ErrorAnswer> {
    let page = PageWindow::asked(request, desk.temper.page_size_max.into())?;
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
    let listed: Vec<&Arc<HeldDefinition>> = desk.listed().into_iter().filter(|it| is_asked_for(it)).collect();
    let total = listed.len();
    let entities = page.of(listed).map(|it| shown(it, &labels)).collect();
    Ok(HttpResponse::ok(&page.listing(entities, total, (FIRST_GENERATION_PATH, &filters))))
}

/// `localeCode`; without one it is the default locale.
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

//! The five operations on `/api/v2/presencedefinitions`, the first generation of the API: pages, `deleted`,
//! `primary`, who changed what and when. No IO.

use std::sync::Arc;

use serde_json::Value;

use super::definitions::{DEFAULT_LOCALE, Definition, FIRST_GENERATION_PATH, LabelView};
use super::desk::{Act, Desk, DivisionOfWrite, Rules};
use super::http::{Refusal, Request, Response, encoded};
use super::paging::Page;
use super::temper::{FirstDivisions, FirstPutDivision, Temper};

/// In what this generation differs from the other one where they do the same.
pub fn rules(temper: Temper) -> Rules {
    Rules {
        conflict_status: temper.conflict_status,
        shows_every_division: temper.first_divisions == FirstDivisions::All,
        division: match temper.first_put_division {
            FirstPutDivision::Kept => DivisionOfWrite::Kept,
            FirstPutDivision::Reset => DivisionOfWrite::Reset,
        },
    }
}

pub fn answer(desk: &mut Desk<'_>, act: Act<'_>, request: &Request) -> Result<Response, Refusal> {
    let whole = |it: Arc<Definition>| Response::ok(&shown(&it, &LabelView::All));
    match act {
        Act::List => list(desk, request),
        Act::Get(id) => Ok(Response::ok(&shown(desk.read(id)?, &labels(request)))),
        Act::Create => {
            let draft = desk.draft(request.json()?)?;
            desk.create(draft).map(whole)
        }
        Act::Update(id) => {
            let held = desk.held(id)?;
            let draft = desk.draft(request.json()?)?;
            desk.update(&held, draft).map(whole)
        }
        Act::Delete(id) => desk.delete(id).map(|()| Response::no_content()),
    }
}

fn list(desk: &Desk<'_>, request: &Request) -> Result<Response, Refusal> {
    let page = Page::asked(request, desk.temper.page_size_max.into())?;
    let deleted = request.parameter("deleted");
    let is_asked_for: fn(&Definition) -> bool = match deleted.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("FALSE") => |it| !it.deactivated,
        Some("TRUE") => |it| it.deactivated,
        Some("ALL") => |_| true,
        Some(_) => {
            return Err(Refusal::invalid_value(&deleted.unwrap_or_default(), "deleted", "TRUE, FALSE, ALL"));
        }
    };
    let given = |name: &str| request.parameter(name).map(|it| format!("&{name}={}", encoded(&it)));
    let filters: String = ["deleted", "localeCode"].into_iter().filter_map(given).collect();
    let labels = labels(request);
    let listed: Vec<&Arc<Definition>> = desk.listed().into_iter().filter(|it| is_asked_for(it)).collect();
    let total = listed.len();
    let entities = page.of(listed).map(|it| shown(it, &labels)).collect();
    Ok(Response::ok(&page.listing(entities, total, (FIRST_GENERATION_PATH, &filters))))
}

/// `localeCode`; without one it is the default locale.
fn labels(request: &Request) -> LabelView {
    LabelView::asked(request.parameter("localeCode").as_deref().unwrap_or(DEFAULT_LOCALE))
}

fn shown(definition: &Definition, labels: &LabelView) -> Value {
    let mut fields = definition.fields(FIRST_GENERATION_PATH, labels);
    fields.extend(definition.stamps.clone());
    fields.insert("systemPresence".to_owned(), definition.system_presence.as_str().into());
    fields.insert("primary".to_owned(), definition.primary.into());
    fields.extend(definition.shown.clone());
    Value::Object(fields)
}

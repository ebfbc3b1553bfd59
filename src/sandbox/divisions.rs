//! The divisions of the simulated org. No IO.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::{ErrorAnswer, HttpRequest, HttpResponse, encoded};
use super::paging::PageWindow;

/// The path of the divisions in the API.
const PATH: &str = "/api/v2/authorization/divisions";

/// The largest page. The platform's is not known.
const PAGE_SIZE_MAX: u64 = 100;

/// One division. The state file has the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldDivision {
    pub id: String,
    /// Its name, which is unique.
    pub name: String,
    /// Its description, which may be empty.
    pub description: String,
    /// Is it the default division?
    pub home: bool,
}

impl HeldDivision {
    /// The divisions of a new org without any in its seed: the home division and two more.
    pub fn samples() -> Vec<Self> {
        let division = |(number, name, description): (u32, &str, &str)| Self {
            id: format!("5a4db0c5-0000-4000-a000-0000000000d{number}"),
            name: name.to_owned(),
            description: description.to_owned(),
            home: number == 1,
        };
        [(1, "Home", ""), (2, "Sales", "Everyone who sells"), (3, "Service", "Everyone who helps")].map(division).into()
    }

    fn shown(&self) -> Value {
        let Self { id, name, description, home } = self;
        json!({
            "id": id,
            "name": name,
            "description": description,
            "homeDivision": home,
            "selfUri": format!("{PATH}/{id}"),
        })
    }
}

/// `GET /api/v2/authorization/divisions`: a page of all divisions, even for a client that is restricted to some. `id`
/// is a list. `name` is a search term, which other names may contain too.
pub fn list(divisions: &[HeldDivision], request: &HttpRequest) -> Result<HttpResponse, ErrorAnswer> {
    let page = PageWindow::asked(request, PAGE_SIZE_MAX)?;
    let ids = request.parameters("id");
    let term = request.parameter("name").map(|it| it.to_lowercase());
    let is_asked_for = |it: &&HeldDivision| {
        (ids.is_empty() || ids.iter().any(|id| id.eq_ignore_ascii_case(&it.id)))
            && term.as_deref().is_none_or(|term| it.name.to_lowercase().contains(term))
    };
    let listed: Vec<&HeldDivision> = divisions.iter().filter(is_asked_for).collect();
    let total = listed.len();
    let name = request.parameter("name").map(|it| format!("&name={}", encoded(&it)));
    let filters: String = ids.iter().map(|it| format!("&id={}", encoded(it))).chain(name).collect();
    let entities = page.of(listed).map(HeldDivision::shown).collect();
    Ok(HttpResponse::ok(&page.listing(entities, total, (PATH, &filters))))
}

/// `GET /api/v2/authorization/divisions/home`.
pub fn home(divisions: &[HeldDivision]) -> Result<HttpResponse, ErrorAnswer> {
    let home = divisions.iter().find(|it| it.home).ok_or_else(ErrorAnswer::not_found)?;
    Ok(HttpResponse::ok(&home.shown()))
}

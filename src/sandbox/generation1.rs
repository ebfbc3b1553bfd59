//! The five operations on `/api/v2/presencedefinitions`, the first generation of the API. No IO.
//!
//! The second generation (`/api/v2/presence/definitions`) will stand beside this file, over the same
//! [`Definitions`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::access::CLIENT_USER_ID;
use super::definitions::{Definition, Definitions, Draft, FIRST_GENERATION_PATH, LabelView};
use super::definitions::{PRIMARIES, folded, known_system_presence};
use super::http::{Refusal, Request, Response, encoded, timestamp};
use super::temper::{CreateDeactivated, Delete, LocaleKeys, PutLabels, Temper, UniqueLabels};

/// The page size of a list that names none (API document).
const PAGE_SIZE_DEFAULT: u64 = 25;

/// The largest page; a larger one is asked for in vain and this is echoed (facts §7: 100 is what everybody uses).
const PAGE_SIZE_MAX: u64 = 100;

/// The definitions with all that an operation on them needs to know.
pub struct Desk<'a> {
    /// The definitions.
    pub definitions: &'a mut Definitions,
    /// How the org behaves.
    pub temper: Temper,
    /// The org's time in milliseconds since 1970.
    pub now_ms: u64,
}

impl Desk<'_> {
    /// `GET /api/v2/presencedefinitions`
    ///
    /// # Errors
    /// 400 for a page or a `deleted` that is none.
    pub fn list(&self, request: &Request) -> Result<Response, Refusal> {
        let page_number = positive(request, "pageNumber", 1)?;
        let page_size = positive(request, "pageSize", PAGE_SIZE_DEFAULT)?.min(PAGE_SIZE_MAX);
        let deleted = request.parameter("deleted");
        let shown: fn(&Definition) -> bool = match deleted.as_deref().map(str::to_ascii_uppercase).as_deref() {
            None | Some("FALSE") => |it| !it.deactivated,
            Some("TRUE") => |it| it.deactivated,
            Some("ALL") => |_| true,
            Some(_) => {
                return Err(Refusal::invalid_value(&deleted.unwrap_or_default(), "deleted", "TRUE, FALSE, ALL"));
            }
        };
        let locale_code = request.parameter("localeCode");
        let uri = |page: u64| {
            let given = |name: &str, value: &Option<String>| {
                value.as_deref().map_or_else(String::new, |it| format!("&{name}={}", encoded(it)))
            };
            let (deleted, locale_code) = (given("deleted", &deleted), given("localeCode", &locale_code));
            format!("{FIRST_GENERATION_PATH}?pageSize={page_size}&pageNumber={page}{deleted}{locale_code}")
        };
        let labels = LabelView::asked(locale_code.clone());
        let all = self.definitions.as_of(self.now_ms.saturating_sub(self.temper.list_lag_ms));
        let listed: Vec<&Arc<Definition>> = all.into_iter().filter(|it| shown(it)).collect();
        let total = listed.len() as u64;
        let page_count = total.div_ceil(page_size);
        let first = usize::try_from((page_number - 1).saturating_mul(page_size)).unwrap_or(usize::MAX);
        let size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let entities: Vec<Value> = listed.into_iter().skip(first).take(size).map(|it| it.shown(&labels)).collect();
        let mut body = json!({
            "entities": entities,
            "pageSize": page_size,
            "pageNumber": page_number,
            "total": total,
            "pageCount": page_count,
            "firstUri": uri(1),
            "lastUri": uri(page_count.max(1)),
            "selfUri": uri(page_number),
        });
        if page_number < page_count {
            body["nextUri"] = uri(page_number + 1).into();
        }
        if page_number > 1 {
            body["previousUri"] = uri(page_number - 1).into();
        }
        Ok(Response::ok(&body))
    }

    /// `GET /api/v2/presencedefinitions/{presenceId}`; a deactivated one is found too.
    ///
    /// # Errors
    /// 404 when there is none.
    pub fn get(&self, id: &str, request: &Request) -> Result<Response, Refusal> {
        let labels = LabelView::asked(request.parameter("localeCode"));
        Ok(Response::ok(&self.found(id)?.shown(&labels)))
    }

    /// `POST /api/v2/presencedefinitions`; the new one gets `id`, which is free.
    ///
    /// # Errors
    /// 400 and 415 for the body, 409 (or as the temper says) for a label that is taken.
    pub fn create(&mut self, request: &Request, id: String) -> Result<Response, Refusal> {
        let Draft { labels, system_presence, deactivated, extra } = self.draft(request)?;
        let given = system_presence.ok_or_else(|| Refusal::bad_request("systemPresence is required"))?;
        let system_presence = known_system_presence(&given).ok_or_else(|| {
            let allowed: Vec<&str> = PRIMARIES.iter().map(|(name, _, _)| *name).collect();
            Refusal::invalid_value(&given, "systemPresence", &allowed.join(", "))
        })?;
        let deactivated = match self.temper.create_deactivated {
            CreateDeactivated::Honoured => deactivated.unwrap_or(false),
            CreateDeactivated::Ignored => false,
        };
        let mut definition = Definition {
            id,
            labels,
            system_presence: system_presence.to_owned(),
            deactivated,
            primary: false,
            stamps: Map::new(),
            extra,
        };
        self.expect_room(&definition)?;
        self.stamp(&mut definition, "created");
        self.stamp(&mut definition, "modified");
        Ok(self.keep(definition))
    }

    /// `PUT /api/v2/presencedefinitions/{presenceId}`: the body is the whole object. What it does not bring
    /// is gone: labels, fields that the org does not know, and `deactivated`, which is then false.
    ///
    /// # Errors
    /// 404, 400 (the body, another or no system presence, a primary one), 409 for a label that is taken.
    pub fn update(&mut self, id: &str, request: &Request) -> Result<Response, Refusal> {
        let held = Arc::clone(self.found(id)?);
        self.expect_secondary(&held)?;
        let Draft { mut labels, system_presence, deactivated, extra } = self.draft(request)?;
        if system_presence.as_deref().map(folded) != Some(folded(&held.system_presence)) {
            let message = format!("systemPresence cannot be changed; it is {}", held.system_presence);
            return Err(Refusal::bad_request(message));
        }
        if self.temper.put_labels == PutLabels::Merged {
            for (locale, label) in &held.labels {
                labels.entry(locale.clone()).or_insert_with(|| label.clone());
            }
        }
        let mut definition = Definition {
            id: held.id.clone(),
            labels,
            system_presence: held.system_presence.clone(),
            deactivated: deactivated.unwrap_or(false),
            primary: held.primary,
            stamps: held.stamps.clone(),
            extra,
        };
        self.expect_room(&definition)?;
        self.stamp(&mut definition, "modified");
        Ok(self.keep(definition))
    }

    /// `DELETE /api/v2/presencedefinitions/{presenceId}`: deactivates; 204, also when it was so already.
    ///
    /// # Errors
    /// 404 when there is none, 400 (or as the temper says) for a primary one.
    pub fn delete(&mut self, id: &str) -> Result<Response, Refusal> {
        let held = Arc::clone(self.found(id)?);
        self.expect_secondary(&held)?;
        match self.temper.delete {
            Delete::Removes => self.definitions.remove(&held.id, self.now_ms, self.temper.list_lag_ms),
            Delete::Deactivates if held.deactivated => {}
            Delete::Deactivates => {
                let mut definition = Definition { deactivated: true, ..(*held).clone() };
                self.stamp(&mut definition, "modified");
                self.keep(definition);
            }
        }
        Ok(Response::no_content())
    }

    fn found(&self, id: &str) -> Result<&Arc<Definition>, Refusal> {
        self.definitions.get(id).ok_or_else(Refusal::not_found)
    }

    fn keep(&mut self, definition: Definition) -> Response {
        let kept = self.definitions.put(definition, self.now_ms, self.temper.list_lag_ms);
        Response::ok(&kept.shown(&LabelView::All))
    }

    fn stamp(&self, definition: &mut Definition, act: &str) {
        let by = json!({ "id": CLIENT_USER_ID, "selfUri": format!("/api/v2/users/{CLIENT_USER_ID}") });
        definition.stamps.insert(format!("{act}By"), by);
        definition.stamps.insert(format!("{act}Date"), timestamp(self.now_ms).into());
    }

    fn draft(&self, request: &Request) -> Result<Draft, Refusal> {
        let mut draft = Draft::parse(request.json()?).map_err(Refusal::bad_request)?;
        if draft.labels.is_empty() {
            return Err(Refusal::bad_request("languageLabels must not be empty"));
        }
        if self.temper.locale_keys == LocaleKeys::Normalised {
            draft.labels = draft.labels.into_iter().map(|(locale, label)| (normalised(&locale), label)).collect();
        }
        Ok(draft)
    }

    fn expect_secondary(&self, definition: &Definition) -> Result<(), Refusal> {
        if !definition.primary {
            return Ok(());
        }
        // What the platform says here is not known; the code is the usual one of the status.
        let code = match self.temper.primary_status {
            403 => "not.authorized",
            409 => "conflict",
            _ => "bad.request",
        };
        Err(Refusal::new(self.temper.primary_status, code, "A primary presence definition cannot be changed."))
    }

    /// Whether the org takes the definition beside the others: by its labels, and by how many are active.
    fn expect_room(&self, wanted: &Definition) -> Result<(), Refusal> {
        let others = || self.definitions.iter().filter(|it| it.id != wanted.id);
        let active_only = match self.temper.unique_labels {
            UniqueLabels::Never => None,
            UniqueLabels::AmongActive if wanted.deactivated => None,
            UniqueLabels::AmongActive => Some(true),
            UniqueLabels::AmongAll => Some(false),
        };
        if let Some(active_only) = active_only {
            let mut rivals = others().filter(|it| !(active_only && it.deactivated));
            if let Some((locale, label)) = rivals.find_map(|it| shared_label(&wanted.labels, &it.labels)) {
                let message = format!("The label [{label}] is already used for the language [{locale}].");
                return Err(Refusal::new(self.temper.conflict_status, "conflict", message)
                    .with_param("label", label)
                    .with_param("locale", locale));
            }
        }
        let Some(active_max) = self.temper.active_max.filter(|_| !wanted.deactivated) else { return Ok(()) };
        let family = folded(&wanted.system_presence);
        let in_family = |it: &&Arc<Definition>| !it.primary && !it.deactivated && folded(&it.system_presence) == family;
        if others().filter(in_family).count() < active_max as usize {
            return Ok(());
        }
        let message = format!("{} has {active_max} active presence definitions already.", wanted.system_presence);
        let mut refusal = Refusal::bad_request(message);
        refusal.active_max = Some(active_max);
        Err(refusal)
    }
}

fn shared_label<'a>(
    wanted: &'a BTreeMap<String, String>,
    held: &BTreeMap<String, String>,
) -> Option<(&'a str, &'a str)> {
    wanted
        .iter()
        .find(|(locale, label)| held.get(*locale) == Some(*label))
        .map(|(locale, label)| (locale.as_str(), label.as_str()))
}

fn positive(request: &Request, name: &str, default: u64) -> Result<u64, Refusal> {
    let Some(given) = request.parameter(name) else { return Ok(default) };
    match given.parse::<u64>() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err(Refusal::invalid_value(&given, name, "integers from 1")),
    }
}

/// `en-us` as `en_US`.
fn normalised(locale: &str) -> String {
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default().to_lowercase();
    parts.fold(language, |locale, part| format!("{locale}_{}", part.to_uppercase()))
}

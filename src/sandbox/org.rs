//! The simulated org: a state machine that maps a request and a moment to a response. No IO, no clock, no randomness.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::access::Access;
use super::definition_store::{DefinitionStore, StoreRules};
use super::definitions::{Definitions, HeldDefinition, PRIMARIES};
use super::divisions::{self, HeldDivision};
use super::document::{FORMAT_VERSION, StateChange, StateDocument, StateView};
use super::http::{ErrorAnswer, HttpRequest, HttpResponse};
use super::org_behavior::{OrgBehavior, RateHeaders};
use super::routes::Route;
use super::seed::Seed;
use super::users::{Surroundings, Users};
use super::{activity, generation1, generation2, seed};

/// One org with its definitions, its users and its OAuth client.
#[derive(Debug, Clone, Default)]
pub struct SimulatedOrg {
    /// Its undocumented behaviour.
    pub behavior: OrgBehavior,
    /// Its client: tokens, permissions, rate limit.
    pub access: Access,
    id: String,
    name: String,
    id_seed: u32,
    id_count: u64,
    correlation_count: u64,
    revision: u64,
    divisions: Vec<HeldDivision>,
    definitions: Definitions,
    users: Users,
}

impl SimulatedOrg {
    /// A new org: the primaries, the definitions of the seed, the sample users.
    pub fn new(seed: &Seed, now_ms: u64) -> Result<Self, String> {
        let mut org = Self { divisions: seed.divisions.clone(), ..Self::named(&seed.org_id, &seed.org_name) };
        for (name, _, id) in PRIMARIES {
            org.definitions.put(HeldDefinition::primary(name, id), now_ms, 0);
        }
        let mut ids = BTreeSet::new();
        for (index, entity) in seed.definitions.iter().enumerate() {
            let place = |problem: String| format!("definition {}: {problem}", index + 1);
            let mut definition = HeldDefinition::listed(entity).map_err(place)?;
            if definition.id.is_empty() {
                (definition.id, org.id_count) = org.free_id();
            }
            if !ids.insert(definition.id.to_ascii_lowercase()) {
                return Err(place(format!("the id {} occurs twice", definition.id)));
            }
            definition.primary |= PRIMARIES.iter().any(|(_, _, id)| id.eq_ignore_ascii_case(&definition.id));
            org.definitions.put(definition, now_ms, 0);
        }
        let users = seed.users.clone();
        org.users.put(users.unwrap_or_else(|| seed::users(&org.definitions, now_ms)));
        org.definitions.take_changes();
        Ok(org)
    }

    /// The org in a document.
    pub fn restored(document: StateDocument) -> Result<Self, String> {
        let StateDocument { format_version: _, revision, org_id, org_name, id_count, divisions, definitions, users } =
            document;
        let mut org = Self { id_count, revision, divisions, ..Self::named(&org_id, &org_name) };
        for definition in definitions {
            if org.definitions.get(&definition.id).is_some() {
                return Err(format!("the definition id {} occurs twice", definition.id));
            }
            org.definitions.put(definition.upgraded(), 0, 0);
        }
        org.users.put(users);
        org.definitions.take_changes();
        Ok(org)
    }

    fn named(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), id_seed: hashed(id), ..Self::default() }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// Shows these fields instead of a definition's own, so that it violates the API's contract. An unknown id is
    /// ignored.
    pub fn spoil(&mut self, id: &str, shown: &Map<String, Value>) {
        if let Some(definition) = self.definitions.get(id) {
            let spoilt = HeldDefinition { shown: shown.clone(), ..HeldDefinition::clone(definition) };
            self.definitions.put(spoilt, 0, 0);
        }
    }

    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The org's users, to move them without the API.
    pub fn users_mut(&mut self) -> &mut Users {
        &mut self.users
    }

    /// Answers one request at a moment (milliseconds since 1970). Every response has a correlation id.
    pub fn handle(&mut self, request: &HttpRequest, now_ms: u64) -> HttpResponse {
        let correlation_id = self.next_correlation_id();
        let answer = self.answer(request, now_ms);
        let mut response =
            answer.unwrap_or_else(|refusal| refusal.into_response(&correlation_id)).correlated(&correlation_id);
        if self.behavior.rate_headers == RateHeaders::Sent {
            response.headers.extend(self.access.rate_headers(request, now_ms));
        }
        response
    }

    /// A correlation id that is unique since the start of this org.
    pub fn next_correlation_id(&mut self) -> String {
        self.correlation_count += 1;
        format!("{:08x}-0001-4000-8000-{:012x}", self.id_seed, self.correlation_count)
    }

    /// The changes since the last call. `None` without any.
    pub fn take_change(&mut self) -> Option<StateChange> {
        let (definitions, removed) = self.definitions.take_changes();
        let users = self.users.take_changes();
        if definitions.is_empty() && removed.is_empty() && users.is_empty() {
            return None;
        }
        self.revision += 1;
        let definitions = definitions.iter().map(|it| HeldDefinition::clone(it)).collect();
        Some(StateChange { revision: self.revision, id_count: self.id_count, definitions, removed, users })
    }

    /// Applies a change that was taken before. A change that the org already includes is ignored.
    pub fn repeat(&mut self, change: StateChange) {
        let StateChange { revision, id_count, definitions, removed, users } = change;
        if revision <= self.revision {
            return;
        }
        for id in &removed {
            self.definitions.remove(id, 0, 0);
        }
        for definition in definitions {
            self.definitions.put(definition.upgraded(), 0, 0);
        }
        self.users.put(users);
        self.definitions.take_changes();
        (self.revision, self.id_count) = (revision, id_count);
    }

    /// The whole state, for writing.
    pub fn state(&self) -> StateView<'_> {
        StateView {
            format_version: FORMAT_VERSION,
            revision: self.revision,
            org_id: &self.id,
            org_name: &self.name,
            id_count: self.id_count,
            divisions: &self.divisions,
            definitions: self.definitions.iter().map(Arc::as_ref).collect(),
            users: self.users.iter().collect(),
        }
    }

    /// The next free definition id, and the number of ids made with it. It is made from the org's id and a counter, so
    /// equal requests give equal ids, and two orgs have different ones. The first eight digits of an org's ids are
    /// unique.
    fn free_id(&self) -> (String, u64) {
        let mut count = self.id_count;
        loop {
            count += 1;
            let id = format!("{:08x}-0000-4000-8000-{count:012x}", u64::from(self.id_seed) ^ spread(count));
            if self.definitions.get(&id).is_none() {
                return (id, count);
            }
        }
    }

    fn answer(&mut self, request: &HttpRequest, now_ms: u64) -> Result<HttpResponse, ErrorAnswer> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let operation = Route::of(&request.method, &segments)?;
        if operation == Route::Token {
            return self.access.issue(request, now_ms);
        }
        self.access.admit(request, now_ms)?;
        operation.expect_served(self.behavior)?;
        self.access.permissions.expect(operation.needs(self.behavior))?;
        let around = Surroundings { definitions: &self.definitions, behavior: self.behavior, now_ms };
        match operation {
            Route::Token => Err(ErrorAnswer::not_found()),
            Route::Organization => Ok(self.organization()),
            Route::Products => Ok(products()),
            Route::Divisions => divisions::list(&self.divisions, request),
            Route::HomeDivision => divisions::home(&self.divisions),
            Route::SystemPresences => Ok(system_presences()),
            Route::First(act) => {
                let rules = generation1::rules(self.behavior);
                self.with_store(rules, now_ms, |store| generation1::answer(store, act, request))
            }
            Route::Second(act) => {
                self.with_store(generation2::RULES, now_ms, |store| generation2::answer(store, act, request))
            }
            Route::UserPresence(id, source) => self.users.get(id, source, &self.definitions),
            Route::TeamsPresence(id) => self.users.teams(id, &self.definitions),
            Route::ReadBulk(source) => self.users.read_bulk(source, request, &self.definitions),
            Route::PatchUserPresence(id, source) => self.users.patch(id, source, request, around),
            Route::PutBulk => self.users.put_bulk(request, around),
            Route::Activity => activity::query(&self.users, request, around),
        }
    }

    fn with_store(
        &mut self,
        rules: StoreRules,
        now_ms: u64,
        work: impl FnOnce(&mut DefinitionStore<'_>) -> Result<HttpResponse, ErrorAnswer>,
    ) -> Result<HttpResponse, ErrorAnswer> {
        let (free_id, id_count) = self.free_id();
        let answer = work(&mut DefinitionStore {
            definitions: &mut self.definitions,
            divisions: &self.divisions,
            permitted: self.access.divisions.as_ref(),
            behavior: self.behavior,
            rules,
            free_id: free_id.clone(),
            now_ms,
        });
        if self.definitions.get(&free_id).is_some() {
            self.id_count = id_count;
        }
        answer
    }

    fn organization(&self) -> HttpResponse {
        HttpResponse::ok(&json!({
            "id": self.id,
            "name": self.name,
            "domain": "sandbox",
            "defaultLanguage": "en_US",
            "defaultCountryCode": "US",
            "state": "active",
            "selfUri": format!("/api/v2/organizations/{}", self.id),
        }))
    }
}

/// The licensed products. The Terraform provider reads the list, and fails without its `total` (docs/platform.md, "What
/// the Terraform provider asks").
fn products() -> HttpResponse {
    HttpResponse::ok(
        &json!({ "entities": [{ "id": "engage3" }], "pageSize": 1, "pageNumber": 1, "total": 1, "pageCount": 1 }),
    )
}

fn system_presences() -> HttpResponse {
    let entry = |(name, constant, _): &(&str, &str, &str)| {
        let self_uri = format!("/api/v2/systempresences/{constant}");
        json!({ "id": constant, "name": name, "selfUri": self_uri })
    };
    HttpResponse::ok(&Value::Array(PRIMARIES.iter().map(entry).collect()))
}

/// A 32-bit number that is distinct for each count below 2³²: the product with an odd number.
fn spread(count: u64) -> u64 {
    count.wrapping_mul(0x9e37_79b1) & u64::from(u32::MAX)
}

/// FNV-1a, 32 bits: the same on every machine and in every release, unlike the standard library's hashers.
fn hashed(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

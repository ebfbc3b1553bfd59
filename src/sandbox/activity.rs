//! `POST /api/v2/analytics/users/activity/query`: the people with each presence. No IO.
//!
//! As on the platform, an entity is one user in one queue, so a user occurs several times, in one response or on
//! several pages. The totals count queues, never people.
//! Here, every user is in at least two queues, so that a total never equals the number of people by chance.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, PRIMARIES, folded};
use super::http::{ErrorAnswer, HttpRequest, HttpResponse, timestamp};
use super::org_behavior::OrgBehavior;
use super::paging::PageWindow;
use super::users::{Surroundings, User, Users};

/// The largest page, in entities. The platform's is not known. This one is small, so that clients have to read several
/// pages.
pub const PAGE_SIZE_MAX: u64 = 50;

/// The supported metrics (docs/platform.md, "Who is on a presence"). Both count queues.
const METRICS: [&str; 2] = ["oActiveQueues", "oMemberQueues"];

/// The dimensions for grouping and filtering (docs/platform.md, "Who is on a presence").
const DIMENSIONS: [&str; 9] = [
    "organizationPresenceId",
    "presenceDate",
    "queueId",
    "queueMembershipStatus",
    "routingStatus",
    "routingStatusDate",
    "systemPresence",
    "teamId",
    "userId",
];

/// The number of queues in the org.
const QUEUE_COUNT: u32 = 7;

/// The routing states of a person on queue.
const ROUTING: [&str; 3] = ["IDLE", "INTERACTING", "NOT_RESPONDING"];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entity {
    user_id: String,
    definition_id: String,
    /// `None` for a definition that no longer exists.
    system_presence: Option<String>,
    since_ms: u64,
    routing_status: &'static str,
    queue_id: String,
    is_active: bool,
}

/// Answers a query. Each page has the next entities of all groups, in the order of their ids. A group on several pages
/// has a result on each of them. After the last page, results are empty: nothing else marks the end. The client's
/// divisions have no effect.
pub fn query(users: &Users, request: &HttpRequest, around: Surroundings<'_>) -> Result<HttpResponse, ErrorAnswer> {
    let page = PageWindow::asked(request, PAGE_SIZE_MAX)?;
    let body = request.json()?;
    let metrics = metrics(&body)?;
    expect_grouping(&body)?;
    let filter = Filter::of(body.get("filter").filter(|it| !it.is_null()))?;
    let mut groups: BTreeMap<String, Vec<Entity>> = BTreeMap::new();
    let shown: Vec<&User> = match around.behavior.activity_lag_ms {
        0 => users.iter().collect(),
        lag_ms => users.as_of(around.now_ms.saturating_sub(lag_ms)).collect(),
    };
    for entity in shown.into_iter().flat_map(|it| entities(it, around.definitions)).filter(|it| filter.holds(it)) {
        groups.entry(entity.definition_id.clone()).or_default().push(entity);
    }
    let groups: Vec<Group> = groups.into_values().map(|all| Group::cut(all, around.behavior)).collect();
    let places = groups.iter().enumerate().flat_map(|(group, it)| it.listed.iter().map(move |entity| (group, entity)));
    let mut on_page: BTreeMap<usize, Vec<&Entity>> = BTreeMap::new();
    for (group, entity) in page.of(places) {
        on_page.entry(group).or_default().push(entity);
    }
    let results: Vec<Value> =
        on_page.into_iter().map(|(group, listed)| groups[group].shown(&listed, &metrics)).collect();
    Ok(HttpResponse::ok(&json!({ "results": results, "entityIdDimension": "queueId" })))
}

struct Group {
    all: Vec<Entity>,
    listed: Vec<Entity>,
}

impl Group {
    /// A list that is too long keeps its oldest and newest entities, as on the platform.
    fn cut(mut all: Vec<Entity>, behavior: OrgBehavior) -> Self {
        all.sort_by(|a, b| (a.since_ms, &a.user_id, &a.queue_id).cmp(&(b.since_ms, &b.user_id, &b.queue_id)));
        let listed = match behavior.entities_max.map(|it| it as usize) {
            Some(max) if all.len() > max => {
                let newest = max / 2;
                let oldest = max - newest;
                all[..oldest].iter().chain(&all[all.len() - newest..]).cloned().collect()
            }
            _ => all.clone(),
        };
        Self { all, listed }
    }

    fn shown(&self, on_page: &[&Entity], metrics: &[Metric]) -> Value {
        let data: Vec<Value> = metrics.iter().map(|it| it.shown(&self.all)).collect();
        let entities: Vec<Value> = on_page.iter().map(|it| it.shown()).collect();
        json!({
            "group": { "organizationPresenceId": self.all.first().map(|it| it.definition_id.as_str()) },
            "data": data,
            "truncated": self.listed.len() < self.all.len(),
            "entities": entities,
        })
    }
}

/// One requested metric.
struct Metric {
    name: &'static str,
    with_details: bool,
}

impl Metric {
    fn shown(&self, all: &[Entity]) -> Value {
        let counted = || all.iter().filter(|it| it.is_active || self.name == "oMemberQueues");
        let mut fields = Map::new();
        fields.insert("metric".to_owned(), self.name.into());
        fields.insert("count".to_owned(), counted().count().into());
        if self.with_details {
            let queues: BTreeSet<&str> = counted().map(|it| it.queue_id.as_str()).collect();
            fields.insert("entityIds".to_owned(), json!(queues));
        }
        Value::Object(fields)
    }
}

impl Entity {
    fn shown(&self) -> Value {
        let since = timestamp(self.since_ms);
        let mut fields = json!({
            "activityDate": since,
            "userId": self.user_id,
            "organizationPresenceId": self.definition_id,
            "presenceDate": since,
            "routingStatus": self.routing_status,
            "routingStatusDate": since,
            "queueId": self.queue_id,
            "queueMembershipStatus": self.membership(),
        });
        if let Some(system_presence) = &self.system_presence {
            fields["systemPresence"] = system_presence.as_str().into();
        }
        fields
    }

    fn membership(&self) -> &'static str {
        if self.is_active { "ACTIVE" } else { "INACTIVE" }
    }

    /// The value of a dimension in [`DIMENSIONS`]. No user is in a team.
    fn value(&self, dimension: &str) -> Option<String> {
        let text = match dimension {
            "organizationPresenceId" => &self.definition_id,
            "queueId" => &self.queue_id,
            "userId" => &self.user_id,
            "queueMembershipStatus" => self.membership(),
            "routingStatus" => self.routing_status,
            "systemPresence" => return self.system_presence.clone(),
            "presenceDate" | "routingStatusDate" => return Some(timestamp(self.since_ms)),
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// A user once per queue. The last digit of the user's id selects the queues, so that no state has to store them.
fn entities(user: &User, definitions: &Definitions) -> Vec<Entity> {
    let Some(presence) = user.presence() else { return Vec::new() };
    let held = definitions.get(&presence.definition_id).map(|it| it.system_presence.as_str());
    let constant = |name: &str| {
        let known = PRIMARIES.iter().find(|(it, _, _)| folded(it) == folded(name));
        known.map_or_else(|| name.to_uppercase(), |(_, constant, _)| (*constant).to_owned())
    };
    let system_presence = held.map(constant);
    let salt = user.id.bytes().last().map_or(0, u32::from);
    let is_on_queue = system_presence.as_deref() == Some("ON_QUEUE");
    let routing_status = if is_on_queue { ROUTING[salt as usize % ROUTING.len()] } else { "OFF_QUEUE" };
    let queue_count = 2 + salt % 3;
    let entity = |queue: u32| Entity {
        user_id: user.id.clone(),
        definition_id: presence.definition_id.clone(),
        system_presence: system_presence.clone(),
        since_ms: presence.modified_ms,
        routing_status,
        queue_id: format!("5a4db0c5-0000-4000-a000-0000000000e{}", 1 + (salt + queue) % QUEUE_COUNT),
        is_active: queue < 2,
    };
    (0..queue_count).map(entity).collect()
}

fn metrics(body: &Value) -> Result<Vec<Metric>, ErrorAnswer> {
    let given = body.get("metrics").and_then(Value::as_array).filter(|it| !it.is_empty());
    let given = given.ok_or_else(|| ErrorAnswer::bad_request("metrics is required"))?;
    let metric = |it: &Value| {
        let name = one_of(it.get("metric"), "metric", &METRICS)?;
        Ok(Metric { name, with_details: it.get("details") == Some(&Value::Bool(true)) })
    };
    given.iter().map(metric).collect()
}

fn expect_grouping(body: &Value) -> Result<(), ErrorAnswer> {
    let given = body.get("groupBy").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for it in given {
        one_of(Some(it), "groupBy", &DIMENSIONS)?;
    }
    one_of(body.get("order").or(Some(&json!("unordered"))), "order", &["asc", "desc", "unordered"])?;
    if given == [json!(DIMENSIONS[0])] {
        return Ok(());
    }
    Err(ErrorAnswer::bad_request("the sandbox groups by organizationPresenceId and nothing else"))
}

/// The value, if it is in a closed set.
fn one_of(given: Option<&Value>, field: &str, allowed: &[&'static str]) -> Result<&'static str, ErrorAnswer> {
    let given = given.and_then(Value::as_str).unwrap_or_default();
    let found = allowed.iter().find(|it| **it == given);
    found.copied().ok_or_else(|| ErrorAnswer::invalid_value(given, field, &allowed.join(", ")))
}

/// The entities that a query selects: clauses and predicates.
struct Filter {
    all_of: bool,
    clauses: Vec<Clause>,
}

struct Clause {
    all_of: bool,
    predicates: Vec<Predicate>,
}

/// The required value of a dimension.
struct Predicate {
    dimension: &'static str,
    wanted: Wanted,
}

enum Wanted {
    Value(String),
    Anything,
    Nothing,
}

impl Filter {
    fn of(filter: Option<&Value>) -> Result<Self, ErrorAnswer> {
        let Some(filter) = filter else { return Ok(Self { all_of: true, clauses: Vec::new() }) };
        let mut clauses: Vec<Clause> = list(filter, "clauses").iter().map(Clause::of).collect::<Result<_, _>>()?;
        // A single predicate is a clause with one predicate.
        for predicate in list(filter, "predicates") {
            clauses.push(Clause { all_of: true, predicates: vec![Predicate::of(predicate)?] });
        }
        Ok(Self { all_of: all_of(filter)?, clauses })
    }

    fn holds(&self, entity: &Entity) -> bool {
        joined(self.all_of, &self.clauses, |it| joined(it.all_of, &it.predicates, |it| it.holds(entity)))
    }
}

impl Clause {
    fn of(clause: &Value) -> Result<Self, ErrorAnswer> {
        let predicates = list(clause, "predicates").iter().map(Predicate::of).collect::<Result<_, _>>()?;
        Ok(Self { all_of: all_of(clause)?, predicates })
    }
}

impl Predicate {
    fn of(predicate: &Value) -> Result<Self, ErrorAnswer> {
        let dimension = one_of(predicate.get("dimension"), "dimension", &DIMENSIONS)?;
        let operator = predicate.get("operator").filter(|it| !it.is_null());
        let wanted = match operator.map_or(Ok("matches"), |it| one_of(Some(it), "operator", &OPERATORS))? {
            "exists" => Wanted::Anything,
            "notExists" => Wanted::Nothing,
            _ => {
                let value = predicate.get("value").and_then(Value::as_str);
                Wanted::Value(value.ok_or_else(|| ErrorAnswer::bad_request("value is required"))?.to_owned())
            }
        };
        Ok(Self { dimension, wanted })
    }

    fn holds(&self, entity: &Entity) -> bool {
        let value = entity.value(self.dimension);
        match &self.wanted {
            Wanted::Value(wanted) => value.is_some_and(|it| it.eq_ignore_ascii_case(wanted)),
            Wanted::Anything => value.is_some(),
            Wanted::Nothing => value.is_none(),
        }
    }
}

const OPERATORS: [&str; 3] = ["matches", "exists", "notExists"];

fn all_of(joint: &Value) -> Result<bool, ErrorAnswer> {
    Ok(one_of(joint.get("type"), "type", &["and", "or"])? == "and")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// All or any of the parts. Without parts, everything matches.
fn joined<T>(all_of: bool, parts: &[T], holds: impl Fn(&T) -> bool) -> bool {
    if all_of || parts.is_empty() { parts.iter().all(holds) } else { parts.iter().any(holds) }
}

//! Maps a request to its operation and permissions. No IO.

use super::access::Needs;
use super::definition_store::Act;
use super::http::ErrorAnswer;
use super::org_behavior::{Offer, OrgBehavior};

/// The supported operations, with the parameters of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// `POST /oauth/token`
    Token,
    /// `GET /api/v2/organizations/me`
    Organization,
    /// `GET /api/v2/authorization/products`
    Products,
    /// `GET /api/v2/authorization/divisions`
    Divisions,
    /// `GET /api/v2/authorization/divisions/home`
    HomeDivision,
    /// `GET /api/v2/systempresences`
    SystemPresences,
    /// `/api/v2/presencedefinitions`
    First(Act<'a>),
    /// `/api/v2/presence/definitions`
    Second(Act<'a>),
    /// `GET /api/v2/users/{userId}/presences/{sourceId}`, `purecloud` included
    UserPresence(&'a str, &'a str),
    /// `PATCH /api/v2/users/{userId}/presences/{sourceId}`, `purecloud` included
    PatchUserPresence(&'a str, &'a str),
    /// `GET /api/v2/users/{userId}/presences/microsoftteams`
    TeamsPresence(&'a str),
    /// `GET /api/v2/users/presences/{sourceId}/bulk`, `purecloud` included
    ReadBulk(&'a str),
    /// `PUT /api/v2/users/presences/bulk`
    PutBulk,
    /// `POST /api/v2/analytics/users/activity/query`
    Activity,
}

/// Every permission of any operation: see [`Operation::needs`].
pub const PERMISSIONS: [&str; 10] = [
    "presence:presenceDefinition:view",
    "presence:presenceDefinition:add",
    "presence:presenceDefinition:edit",
    "presence:presenceDefinition:delete",
    "presence:userPresence:edit",
    "directory:user:edit",
    "authorization:division:view",
    "analytics:userObservation:view",
    "integration:microsoftTeams:view",
    "integrations:integration:view",
];

impl<'a> Route<'a> {
    /// The operation of a method and a path.
    pub fn of(method: &str, segments: &[&'a str]) -> Result<Self, ErrorAnswer> {
        use Route as Op;
        match *segments {
            ["oauth", "token"] => chosen(method, &[("POST", Op::Token)]),
            ["api", "v2", "organizations", "me"] => chosen(method, &[("GET", Op::Organization)]),
            ["api", "v2", "authorization", "products"] => chosen(method, &[("GET", Op::Products)]),
            ["api", "v2", "authorization", "divisions"] => chosen(method, &[("GET", Op::Divisions)]),
            ["api", "v2", "authorization", "divisions", "home"] => chosen(method, &[("GET", Op::HomeDivision)]),
            ["api", "v2", "systempresences"] => chosen(method, &[("GET", Op::SystemPresences)]),
            ["api", "v2", "presencedefinitions"] => chosen(method, &collection(Op::First)),
            ["api", "v2", "presencedefinitions", id] => chosen(method, &item(Op::First, id)),
            ["api", "v2", "presence", "definitions"] => chosen(method, &collection(Op::Second)),
            ["api", "v2", "presence", "definitions", id] => chosen(method, &item(Op::Second, id)),
            ["api", "v2", "analytics", "users", "activity", "query"] => chosen(method, &[("POST", Op::Activity)]),
            ["api", "v2", "users", "presences", "bulk"] => chosen(method, &[("PUT", Op::PutBulk)]),
            ["api", "v2", "users", "presences", source, "bulk"] => chosen(method, &[("GET", Op::ReadBulk(source))]),
            ["api", "v2", "users", user, "presences", source] if source.eq_ignore_ascii_case("microsoftteams") => {
                chosen(method, &[("GET", Op::TeamsPresence(user))])
            }
            ["api", "v2", "users", user, "presences", source] => chosen(
                method,
                &[("GET", Op::UserPresence(user, source)), ("PATCH", Op::PatchUserPresence(user, source))],
            ),
            _ => Err(ErrorAnswer::not_found()),
        }
    }

    /// The permissions of the API document, with the current names beside its own (docs/platform.md, "Operations and
    /// permissions").
    pub fn needs(self, behavior: OrgBehavior) -> Needs {
        match self {
            Self::First(Act::Get(_)) if behavior.get_needs_view => VIEW,
            Self::Divisions | Self::HomeDivision if behavior.divisions_need_view => {
                Needs::All(&["authorization:division:view"])
            }
            Self::PatchUserPresence(..) if behavior.patch_needs_edit => Needs::All(&["presence:userPresence:edit"]),
            Self::Token
            | Self::Organization
            | Self::Products
            | Self::Divisions
            | Self::HomeDivision
            | Self::SystemPresences
            | Self::ReadBulk(_)
            | Self::First(Act::List | Act::Get(_))
            | Self::UserPresence(..)
            | Self::PatchUserPresence(..) => Needs::Nothing,
            Self::Second(Act::List | Act::Get(_)) => VIEW,
            Self::First(Act::Create) | Self::Second(Act::Create) => Needs::All(&["presence:presenceDefinition:add"]),
            Self::First(Act::Update(_)) | Self::Second(Act::Update(_)) => {
                Needs::All(&["presence:presenceDefinition:edit"])
            }
            Self::First(Act::Delete(_)) => Needs::All(&["presence:presenceDefinition:delete"]),
            Self::Second(Act::Delete(_)) => {
                Needs::Any(&["presence:presenceDefinition:delete", "presence:presenceDefinition:edit"])
            }
            Self::TeamsPresence(_) => Needs::All(&["integration:microsoftTeams:view", "integrations:integration:view"]),
            Self::PutBulk => Needs::Any(&["directory:user:edit", "presence:userPresence:edit"]),
            Self::Activity => Needs::Any(&["analytics:userObservation:view"]),
        }
    }

    pub fn expect_served(self, behavior: OrgBehavior) -> Result<(), ErrorAnswer> {
        let offer = match self {
            Self::First(_) => behavior.generation1,
            Self::Second(_) => behavior.generation2,
            Self::TeamsPresence(_) => behavior.teams,
            Self::Token
            | Self::Organization
            | Self::Products
            | Self::Divisions
            | Self::HomeDivision
            | Self::SystemPresences
            | Self::UserPresence(..)
            | Self::PatchUserPresence(..)
            | Self::ReadBulk(_)
            | Self::PutBulk
            | Self::Activity => Offer::Served,
        };
        match offer {
            Offer::Served => Ok(()),
            Offer::Gone(410) => Err(ErrorAnswer::new(410, "gone", "The requested resource is no longer available.")),
            Offer::Gone(status) => Err(ErrorAnswer { status, ..ErrorAnswer::not_found() }),
        }
    }
}

const VIEW: Needs = Needs::All(&["presence:presenceDefinition:view"]);

fn collection<'a>(generation: fn(Act<'a>) -> Route<'a>) -> [(&'static str, Route<'a>); 2] {
    [("GET", Act::List), ("POST", Act::Create)].map(|(method, act)| (method, generation(act)))
}

fn item<'a>(generation: fn(Act<'a>) -> Route<'a>, id: &'a str) -> [(&'static str, Route<'a>); 3] {
    let acts = [("GET", Act::Get(id)), ("PUT", Act::Update(id)), ("DELETE", Act::Delete(id))];
    acts.map(|(method, act)| (method, generation(act)))
}

fn chosen<'a>(method: &str, operations: &[(&'static str, Route<'a>)]) -> Result<Route<'a>, ErrorAnswer> {
    if let Some((_, operation)) = operations.iter().find(|(it, _)| *it == method) {
        return Ok(*operation);
    }
    let allowed: Vec<&str> = operations.iter().map(|(it, _)| *it).collect();
    let message = format!("{method} is not allowed here.");
    Err(ErrorAnswer::new(405, "method.not.allowed", message).with_header("Allow", allowed.join(", ")))
}

//! The operations on presences of users that are used, with the permission that each needs: the seven of
//! the API document, and the bulk reads that came later.

use crate::client::error::Permission;
use crate::client::operations::Operation;
use crate::client::policy::Effect;
use crate::client::wire::Method;
use crate::model::limits::ANSWER_BYTES_MAX;
use crate::model::user::{PresenceSource, UserId};

/// How many users one bulk read may name (docs/platform.md, "Presences of users").
pub const BULK_READ_USERS_MAX: usize = 50;

/// How many users one bulk PUT names. The platform's limit is in no document; this is what its bulk reads
/// take, and a chunk that is too long for an org is halved until it fits.
pub const BULK_PUT_USERS_MAX: usize = 50;

/// What it takes to change another person's presence today (docs/platform.md, "Operations and permissions").
const EDIT: &str = "presence:userPresence:edit";

/// `getUserPresencesPurecloud`, `getUserPresencesMicrosoftteams`, `getUserPresence`: one user's presence.
pub fn get(user: &UserId, source: &PresenceSource) -> Operation {
    let permission = match source {
        // Both of them. The operation is in the API document only.
        PresenceSource::Teams => Permission {
            document: Some("integration:microsoftTeams:view` and `integrations:integration:view"),
            today: None,
        },
        PresenceSource::Platform | PresenceSource::Registered(_) => Permission { document: None, today: None },
    };
    read(one(user, source), Vec::new(), permission)
}

/// The presences of up to [`BULK_READ_USERS_MAX`] users. Teams has no such operation.
pub fn get_many(users: &[&UserId], source: &PresenceSource) -> Operation {
    let ids: Vec<&str> = users.iter().map(|it| it.as_str()).collect();
    let path = format!("/api/v2/users/presences/{source}/bulk");
    read(path, vec![("id", ids.join(","))], Permission { document: None, today: None })
}

/// `patchUserPresencesPurecloud`, `patchUserPresence`: changes one user's presence.
pub fn patch(user: &UserId, source: &PresenceSource, body: Vec<u8>) -> Operation {
    write(Method::Patch, one(user, source), body, Permission { document: None, today: Some(EDIT) })
}

/// `putUsersPresencesBulk`: changes the presences of up to [`BULK_PUT_USERS_MAX`] users.
pub fn put_many(body: Vec<u8>) -> Operation {
    let permission = Permission { document: Some("directory:user:edit"), today: Some(EDIT) };
    write(Method::Put, "/api/v2/users/presences/bulk".to_owned(), body, permission)
}

/// Neither part of the path needs encoding: that is what makes an id one.
fn one(user: &UserId, source: &PresenceSource) -> String {
    format!("/api/v2/users/{user}/presences/{source}")
}

fn read(path: String, query: Vec<(&'static str, String)>, permission: Permission) -> Operation {
    Operation {
        method: Method::Get,
        path,
        query,
        body: None,
        effect: Effect::Read,
        permission,
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}

fn write(method: Method, path: String, body: Vec<u8>, permission: Permission) -> Operation {
    Operation {
        method,
        path,
        query: Vec::new(),
        body: Some(body),
        effect: Effect::Write,
        permission,
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}

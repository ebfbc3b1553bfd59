//! The operations on user presences in use, with their permissions: the seven of the API document, and the later bulk
//! reads.

use crate::client::error::Permission;
use crate::client::operations::Operation;
use crate::client::policy::Effect;
use crate::client::wire::Method;
use crate::model::limits::ANSWER_BYTES_MAX;
use crate::model::user::{PresenceSource, UserId};

/// The most users of one bulk read (docs/platform.md, "Presences of users").
pub const BULK_READ_USERS_MAX: usize = 50;

/// The number of users per bulk PUT. The platform's limit is not documented, so this equals that of bulk reads. A chunk
/// that is too long for an org is halved until it fits.
pub const BULK_PUT_USERS_MAX: usize = 50;

/// The platform's current permission to change another person's presence (docs/platform.md, "Operations and
/// permissions").
const EDIT: &str = "presence:userPresence:edit";

/// `getUserPresencesPurecloud`, `getUserPresencesMicrosoftteams`, `getUserPresence`: one user's presence.
pub fn get(user: &UserId, source: &PresenceSource) -> Operation {
    let permission = match source {
        // Both permissions. The operation is only in the API document.
        PresenceSource::Teams => Permission {
            document: Some("integration:microsoftTeams:view` and `integrations:integration:view"),
            today: None,
        },
        PresenceSource::Platform | PresenceSource::Registered(_) => Permission { document: None, today: None },
    };
    read(one(user, source), Vec::new(), permission)
}

/// The presences of up to [`BULK_READ_USERS_MAX`] users. It does not exist for Teams.
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

/// Neither part of the path needs encoding: the id types guarantee it.
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

//! The first line of every output: which org this is about.

use crate::model::observed::{Organization, Target};
use crate::model::text;

/// Which org this is about: the first line of every output.
pub fn target_line(target: &Target) -> String {
    let Target { org, sandbox, generation } = target;
    line(org.as_ref(), &format!(", API {generation}"), *sandbox)
}

/// The same for what both generations of the API share.
pub fn org_line(org: Option<&Organization>, sandbox: bool) -> String {
    line(org, "", sandbox)
}

fn line(org: Option<&Organization>, api: &str, sandbox: bool) -> String {
    let org = match org {
        Some(org) => format!("{} ({})", text::terminal(&org.name), text::terminal(org.id.as_str())),
        None => "not verified".to_owned(),
    };
    let note = if sandbox { " - sandbox: nothing real is written" } else { "" };
    format!("Org: {org}{api}{note}")
}

//! The digest of a merged config. Two runs with the same digest had the same desired state.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::layers::Resolved;
use crate::config::print::bare_text;

/// `sha256:` and 64 hexadecimal digits: the hash of the output of `presencectl config`, without comments.
pub fn of(resolved: &Resolved) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest(&SHA256, bare_text(resolved).as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

//! The digest of a config as it was put together of its files: two runs with one digest asked for the same.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::layers::Resolved;
use crate::config::print::bare_text;

/// `sha256:` and 64 hexadecimal digits, of the text that `presencectl config` prints, without its comments.
pub fn of(resolved: &Resolved) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest(&SHA256, bare_text(resolved).as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

//! The search for secrets in what is kept: plain, in hex and in base64, any 12 characters in a row. What percent-encoding and JSON
//! make of these secrets is the same text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;
use std::thread;

use super::World;
use super::forge::{JOB_TOKEN, TOKEN};

/// The secret of every org's client, which is the simulation's.
pub(super) const ORG: &str = "sandbox-secret";

const LENGTH: usize = 12;

#[track_caller]
pub(super) fn none_in(text: &str) {
    for secret in [TOKEN, JOB_TOKEN, ORG] {
        for start in 0..=secret.len() - LENGTH {
            let part = &secret.as_bytes()[start..start + LENGTH];
            let plain = std::str::from_utf8(part).unwrap();
            let hex = part.iter().map(|it| format!("{it:02x}")).collect::<Vec<String>>().concat();
            for form in [plain.to_owned(), hex.to_uppercase(), hex, base64(part)] {
                assert!(!text.contains(&form), "{form} is in\n{text}");
            }
        }
    }
}

/// In every file of a folder.
pub(super) fn none_below(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            none_below(&entry.path());
        } else {
            none_in(&String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
        }
    }
}

/// 12 bytes are 16 characters, wherever they begin with a group of three.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|it| u32::from(it[0]) << 16 | u32::from(it[1]) << 8 | u32::from(it[2]));
    groups.flat_map(|it| [18, 12, 6, 0].map(|by| char::from(DIGITS[(it >> by & 63) as usize]))).collect()
}

impl Drop for World {
    /// Every scenario ends with this search of what the project shows; logs and artifacts were searched as they came. Nothing
    /// shown is for another place either: no path of the runner, and no whole hash.
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let project = self.project();
        let shown = format!("{:?}{:?}", project.notes, project.issues);
        none_in(&format!("{shown}{:?}", project.jobs));
        assert!(!shown.contains(&self.path("").display().to_string()), "{shown}");
        let has_hash = shown.split(|it: char| !it.is_ascii_hexdigit()).any(|it| it.len() == 40);
        assert!(!has_hash, "{shown}");
    }
}

#[test]
fn a_secret_is_found_in_each_form() {
    for text in [
        format!("a {TOKEN}"),
        format!("x{}", &JOB_TOKEN[3..18]),
        "73616e64626f782d736563726574".to_owned(),
        base64(&ORG.as_bytes()[..12]),
    ] {
        let found = std::panic::catch_unwind(|| none_in(&text));
        assert!(found.is_err(), "{text}");
    }
    none_in("sandbox-sec");
}

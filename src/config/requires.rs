//! Which versions of this program a config asks for: `requires: ">=0.4, <0.6"`, as Cargo writes them.

use semver::{Version, VersionReq};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::finding::Finding;

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Is this program one that `asked` allows?
///
/// # Errors
/// When `asked` is no range of versions: why.
pub fn allows(asked: &str, version: &str) -> Result<bool, String> {
    let range = VersionReq::parse(asked).map_err(|error| error.to_string())?;
    Ok(Version::parse(version).is_ok_and(|version| range.matches(&version)))
}

/// A file that another version is for explains everything else that is wrong, and so it is told alone.
pub fn told_alone(found: &mut Vec<Diagnostic>) {
    let is_for_others = |it: &Diagnostic| matches!(it.finding, Finding::OtherVersionRequired { .. });
    if found.iter().any(is_for_others) {
        found.retain(is_for_others);
    }
}

//! The program versions that a config accepts: `requires: ">=0.1, <0.2"`, in Cargo's syntax.

use semver::{Version, VersionReq};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Does `asked` accept this version?
pub fn allows(asked: &str, version: &str) -> Result<bool, String> {
    let range = VersionReq::parse(asked).map_err(|error| error.to_string())?;
    Ok(Version::parse(version).is_ok_and(|version| range.matches(&version)))
}

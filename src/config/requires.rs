//! Which versions of this program a config asks for: `requires: ">=0.1, <0.2"`, as Cargo writes them.

use semver::{Version, VersionReq};

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Is this program one that `asked` allows?
pub fn allows(asked: &str, version: &str) -> Result<bool, String> {
    let range = VersionReq::parse(asked).map_err(|error| error.to_string())?;
    Ok(Version::parse(version).is_ok_and(|version| range.matches(&version)))
}

//! The simulated org of `--sandbox`: its id and state file, from the org in the config, and its start.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::cli::TargetArgs;
use crate::cli::shared::SANDBOX_STATE_FOLDER;
use crate::host::files;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::problem::{Problem, cause};
use crate::model::text;
use crate::sandbox::{self, SandboxError, Seed, Server};

/// The longest readable name of a state file. Many systems stop at 255 bytes.
const NAME_BYTES_MAX: usize = 150;

/// The id of a simulated org: that of the config, or one made from its name. It is the same in every run, and distinct
/// for every name.
pub fn org_id(org: &OrgIdentity) -> String {
    match &org.id {
        Some(id) => id.as_str().to_owned(),
        None => guid_of(&org.name),
    }
}

/// The state file of a simulated org, by id or by name. No two orgs share one. The file stays in its folder, whichever
/// name a config has.
pub fn state_file(org: Option<&OrgIdentity>) -> PathBuf {
    let name = match org {
        None => DEFAULT.to_owned(),
        // The unnamed org is the same one if a config has its id.
        Some(OrgIdentity { id: Some(id), .. }) if id.as_str() == Seed::default().org_id => DEFAULT.to_owned(),
        // An org with a name is the same one after an import added its id.
        Some(OrgIdentity { id: Some(id), name, .. }) if id.as_str() == guid_of(name) => format!("@{}", encoded(name)),
        // The file name of the unnamed org is not available as an id.
        Some(OrgIdentity { id: Some(id), .. }) if id.as_str() == DEFAULT => format!("{DEFAULT}%"),
        Some(OrgIdentity { id: Some(id), .. }) => encoded(id.as_str()),
        // No encoded text has an `@`.
        Some(OrgIdentity { id: None, name, .. }) => format!("@{}", encoded(name)),
    };
    PathBuf::from(SANDBOX_STATE_FOLDER).join(format!("{name}.json"))
}

const DEFAULT: &str = "default";

/// Lower-case letters, digits, `-` and `_` stay, every other byte becomes `%xx`. Two texts stay distinct even on a
/// case-insensitive disk.
fn encoded(raw: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let mut name = String::new();
    for byte in raw.bytes() {
        if is_plain(byte) {
            name.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > NAME_BYTES_MAX {
        // All of it is ASCII, and no readable name has a `.`.
        name.truncate(NAME_BYTES_MAX);
        let _ = write!(name, ".{:032x}", fingerprint(raw));
    }
    name
}

/// The form of a platform id, with the version for custom ids.
fn guid_of(name: &str) -> String {
    let bits = fingerprint(name);
    let hex = format!("{:032x}", (bits & !(0xf << 76) & !(0x3 << 62)) | (0x8 << 76) | (0x2 << 62));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// FNV-1a with 128 bits: the same on every machine and in every version. It makes names distinct, but it is not secure.
fn fingerprint(text: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

pub struct Started {
    pub server: Server,
    pub notes: Vec<Problem>,
}

/// Starts the org of a config. It continues from its state, or starts from the seed if it has none.
pub async fn start(args: &TargetArgs, desired: &Desired) -> Result<Started, Problem> {
    let mut seed = Seed::default();
    if let Some(org) = &desired.org {
        seed.org_name.clone_from(&org.name);
        seed.org_id = org_id(org);
    }
    seed.definitions = typed(args.sandbox_seed.as_deref(), sandbox::read_seed_file)?;
    seed.definitions.extend(pinned(desired, &seed.definitions));
    let faults = typed(args.sandbox_faults.as_deref(), sandbox::read_fault_file)?;
    let behavior = typed(args.sandbox_behavior.as_deref(), sandbox::read_behavior_file)?;
    let state = state_file(desired.org.as_ref());
    let notes = args.sandbox_seed.iter().filter(|_| state.exists()).map(|file| passed_over(file, &state)).collect();
    // This path was not typed, and a repository may have links in it.
    let below = Some(PathBuf::new());
    let config = sandbox::SandboxConfig {
        state_file: Some(state),
        state_below: below,
        seed,
        faults,
        ..sandbox::SandboxConfig::rehearsal(behavior)
    };
    Ok(Started { server: Server::start(config).await?, notes })
}

/// The content of a typed file, or the default.
pub fn typed<T: Default>(file: Option<&Path>, read: impl Fn(&Path) -> Result<T, SandboxError>) -> Result<T, Problem> {
    let Some(file) = file else { return Ok(T::default()) };
    read(file).map_err(|error| files::cannot_read(file, error.into()))
}

/// A seed is only for a new org: changes to an existing one must not be lost.
fn passed_over(seed: &Path, state: &Path) -> Problem {
    Problem::new(format!(
        "--sandbox-seed `{}` is not used: this sandbox org is there already",
        text::unticked(seed.display())
    ))
    .help(format!("delete `{}` to start again", text::unticked(state.display())))
}

/// A definition per pin, with its id and the config's values, in the form of the API, so that every config with pins
/// runs.
fn pinned(desired: &Desired, seeded: &[Value]) -> Vec<Value> {
    let is_seeded = |id: &str| seeded.iter().any(|it| it.get("id").and_then(Value::as_str) == Some(id));
    desired
        .definitions
        .values()
        .filter_map(|wanted| wanted.pin.as_ref().map(|pin| (wanted, pin.as_str())))
        .filter(|(_, pin)| !is_seeded(pin))
        .map(|(wanted, pin)| {
            let labels: Map<String, Value> =
                wanted.labels.iter().map(|(locale, label)| (locale.to_string(), json!(label.nfc()))).collect();
            json!({
                "id": pin,
                "languageLabels": labels,
                "systemPresence": wanted.system_presence.as_str(),
                "deactivated": wanted.deactivated,
            })
        })
        .collect()
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Problem {
        let source = std::error::Error::source(&error);
        let system = source.and_then(|it| it.downcast_ref::<io::Error>());
        let cause = system.map_or_else(String::new, |it| format!(": {}", cause(it)));
        let problem = Problem::new(format!("{error}{cause}"));
        match &error {
            SandboxError::Link { path } | SandboxError::NotAFile { path } | SandboxError::NotAFolder { path } => {
                problem.help(format!("look at what `{}` is, and remove it", path.display()))
            }
            SandboxError::Broken { problem: said, .. } => match meant(said) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem,
            },
            _ => problem,
        }
    }
}

/// The known name that is nearest to an unknown one, from serde's message.
fn meant(said: &str) -> Option<&str> {
    let mut names = said.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let given = names.next()?;
    text::nearest(given, names)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::names::OrgId;
    use crate::model::source::{Sources, Span};

    fn org(name: &str, id: Option<&str>) -> OrgIdentity {
        let file = Sources::new().add(std::path::Path::new("org.yaml"), String::new());
        let place = Span { file, start: 0, end: 0 };
        OrgIdentity {
            name: name.to_owned(),
            id: id.and_then(OrgId::new),
            region: None,
            stage: None,
            place,
            overrides: None,
        }
    }

    fn file(org: &OrgIdentity) -> String {
        state_file(Some(org)).to_str().unwrap().strip_prefix(".presencectl/sandbox/").unwrap().to_owned()
    }

    #[test]
    fn state_files_are_named_by_id_else_by_name() {
        assert_eq!(state_file(None).to_str().unwrap(), ".presencectl/sandbox/default.json");
        let id = "22222222-BBBB-4bbb-8bbb-222222222222";
        assert_eq!(file(&org("acme", Some(id))), "22222222-bbbb-4bbb-8bbb-222222222222.json");
        assert_eq!(file(&org("acme-prod", None)), "@acme-prod.json");
        let made = org_id(&org("acme-prod", None));
        assert_eq!(file(&org("acme-prod", Some(&made))), "@acme-prod.json", "the id that was made of the name");
        assert_eq!(file(&org("sandbox", Some("5a4db0c5-0000-4000-b000-000000000001"))), "default.json", "its own id");
        assert_eq!(file(&org("default", None)), "@default.json");
        assert_eq!(file(&org("x", Some("default"))), "default%.json");
        assert_eq!(file(&org("../../É", None)), "@%2e%2e%2f%2e%2e%2f%c3%89.json");
    }

    #[test]
    fn no_two_orgs_share_a_file_or_an_id() {
        let long = "x".repeat(200);
        let longer = format!("{long}y");
        let cut = format!("{}%.0123", "x".repeat(150));
        let names = ["a b", "a_b", "a-b", "A b", "a%20b", "@a", "a", "default", "Default", &long, &longer, &cut, "É"];
        let orgs: Vec<OrgIdentity> = names
            .iter()
            .flat_map(|name| [org(name, None), org("one name", Some(&format!("id {name}"))), org("other", Some(name))])
            .collect();
        let mut files: BTreeSet<String> = orgs.iter().map(|it| file(it).to_lowercase()).collect();
        files.insert("default.json".to_owned());
        assert_eq!(files.len(), orgs.len() + 1);
        assert!(files.iter().all(|it| it.len() < 255), "{files:?}");
        let ids: BTreeSet<String> = orgs.iter().map(org_id).collect();
        assert_eq!(ids.len(), orgs.len());
    }

    #[test]
    fn an_id_made_from_a_name_never_changes() {
        assert_eq!(org_id(&org("acme-prod", None)), "c5dbb042-4b06-886f-8d7f-2b42f8929b13");
    }
}

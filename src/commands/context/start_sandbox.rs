//! The simulated org of `--sandbox`: its id and its state file, from what the config calls the org, and its start.

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

/// The longest name of a state file that is written out; many systems stop at 255 bytes.
const NAME_BYTES_MAX: usize = 150;

/// The id of a simulated org: the config's, else one made from its name, so that it is the same in
/// every run and another for every name.
pub fn org_id(org: &OrgIdentity) -> String {
    match &org.id {
        Some(id) => id.as_str().to_owned(),
        None => guid_of(&org.name),
    }
}

/// The state file of a simulated org: by its id, else by its name. No two orgs share one, and
/// no matter what a config calls its org, the file stays in its folder.
pub fn state_file(org: Option<&OrgIdentity>) -> PathBuf {
    let name = match org {
        None => DEFAULT.to_owned(),
        // The org without a name is the same one where a config knows its id.
        Some(OrgIdentity { id: Some(id), .. }) if id.as_str() == Seed::default().org_id => DEFAULT.to_owned(),
        // The name of the org that has none is no one's id.
        Some(OrgIdentity { id: Some(id), .. }) if id.as_str() == DEFAULT => format!("{DEFAULT}%"),
        Some(OrgIdentity { id: Some(id), .. }) => encoded(id.as_str()),
        // No encoded text holds an `@`.
        Some(OrgIdentity { id: None, name, .. }) => format!("@{}", encoded(name)),
    };
    PathBuf::from(SANDBOX_STATE_FOLDER).join(format!("{name}.json"))
}

const DEFAULT: &str = "default";

/// Small letters, digits, `-` and `_` as they are, every other byte as `%xx`: two texts never become
/// one, also where a disk does not tell `A` from `a`.
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
        // All of it is ASCII, and no name that is written out holds a `.`.
        name.truncate(NAME_BYTES_MAX);
        let _ = write!(name, ".{:032x}", fingerprint(raw));
    }
    name
}

/// In the shape of an id of the platform, with the version that is for ids of one's own making.
fn guid_of(name: &str) -> String {
    let bits = fingerprint(name);
    let hex = format!("{:032x}", (bits & !(0xf << 76) & !(0x3 << 62)) | (0x8 << 76) | (0x2 << 62));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// FNV-1a over 128 bits: the same on every machine and in every version. It tells names apart and
/// proves nothing.
fn fingerprint(text: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

pub struct Started {
    pub server: Server,
    pub notes: Vec<Problem>,
}

/// Starts the org of a config; it goes on from its state, and begins by the seed where it has none.
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
    // No one typed this path, and a repository may hold links in it.
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

/// What a file says whose path was typed; the usual where none was.
pub fn typed<T: Default>(file: Option<&Path>, read: impl Fn(&Path) -> Result<T, SandboxError>) -> Result<T, Problem> {
    let Some(file) = file else { return Ok(T::default()) };
    read(file).map_err(|error| files::cannot_read(file, error.into()))
}

/// A seed is for the beginning: what was done to the org since must not be lost.
fn passed_over(seed: &Path, state: &Path) -> Problem {
    Problem::new(format!(
        "--sandbox-seed `{}` is not used: this sandbox org is there already",
        text::unticked(seed.display())
    ))
    .help(format!("delete `{}` to let it begin anew", text::unticked(state.display())))
}

/// For each pin a definition with that id and the config's values, as the API lists them, so that
/// every config with pins runs.
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

/// The known name that is nearest to an unknown one, from what serde says of it.
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

//! The start options of a sandbox.

use super::access::{Permissions, TOKEN_SECONDS_DEFAULT};
use super::behavior::{Allowance, Behavior, Client};
use super::faults::FaultRule;
use super::org_behavior::OrgBehavior;
use super::seed::Seed;
use std::io;
use std::path::PathBuf;

/// The start options of a sandbox. The default is a new org on any free port, in memory only.
#[derive(Debug, Clone, PartialEq)]
pub struct SandboxConfig {
    /// The file of the org's state. Absent means in memory only. Parent folders are created. Next to it are
    /// `<file>.lock` and, for a large org, `<file>.changes`.
    pub state_file: Option<PathBuf>,
    /// The folder below which no link to the state file is followed. Absent means that the path was typed and may be a
    /// link.
    pub state_below: Option<PathBuf>,
    /// The initial content of the org, without a state file.
    pub seed: Seed,
    /// The port on 127.0.0.1. 0 is any free one.
    pub port: u16,
    /// The undocumented behaviour of the org. It is not part of the state.
    pub behavior: OrgBehavior,
    /// The permissions of the org's client. They are not part of the state.
    pub permissions: Permissions,
    /// The ids of the client's divisions. Absent means all. They are not part of the state.
    pub divisions: Option<Vec<String>>,
    /// Faults, tried in this order. They are not part of the state.
    pub faults: Vec<FaultRule>,
    /// The requests per token in any 60 seconds. Absent means no limit. The platform's limit is 300 (docs/platform.md,
    /// "Rate limits").
    pub requests_per_minute: Option<u32>,
    /// The lifetime of an issued token, in seconds.
    pub token_seconds: u64,
    /// The org's time at the start, in milliseconds since 1970. Absent means the system's time. It continues with
    /// tokio's clock, so a paused clock stops it.
    pub start_unix_ms: Option<u64>,
}

impl SandboxConfig {
    /// An org for rehearsals: with the platform's known limits, and the behaviour of a behavior file.
    pub fn rehearsal(behavior: Behavior) -> Self {
        let Behavior { org: behavior, client } = behavior;
        let Client { permissions, divisions, requests_per_minute, token_seconds } = client;
        Self {
            behavior,
            permissions,
            divisions,
            requests_per_minute: requests_per_minute.map(|Allowance(it)| it),
            token_seconds: token_seconds.into(),
            ..Self::default()
        }
    }
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            state_file: None,
            state_below: None,
            seed: Seed::default(),
            port: 0,
            behavior: OrgBehavior::default(),
            permissions: Permissions::All,
            divisions: None,
            faults: Vec::new(),
            requests_per_minute: None,
            token_seconds: TOKEN_SECONDS_DEFAULT.into(),
            start_unix_ms: None,
        }
    }
}

/// Why a sandbox did not start or a file was rejected. The text names the file.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The requested port. 0 is any.
        port: u16,
        #[source]
        source: io::Error,
    },
    /// A file or its folder cannot be read or written.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// The attempted action, such as `read`.
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A link in a place where links are not followed.
    #[error("`{}` is a link, and no link is followed to the sandbox's state; nothing was read or written", path.display())]
    Link { path: PathBuf },
    /// Not a regular file, for example a pipe.
    #[error("`{}` is not a regular file; nothing was read or written", path.display())]
    NotAFile { path: PathBuf },
    /// Not a folder.
    #[error("`{}` is not a folder; nothing was read or written", path.display())]
    NotAFolder { path: PathBuf },
    #[error("the sandbox state `{}` is in use by another process", path.display())]
    InUse { path: PathBuf },
    /// A file that exceeds the limit of its kind.
    #[error("`{}` is longer than {bytes_max} bytes", path.display())]
    TooLong { path: PathBuf, bytes_max: u64 },
    /// A file of another format version. It is not changed.
    #[error("`{}` has format_version {found}; this program reads up to {known}", path.display())]
    Version { path: PathBuf, found: u64, known: u64 },
    /// An invalid file. It is not changed.
    #[error("`{}` is not a sandbox {kind}: {problem}", path.display())]
    Broken {
        /// `state`, `seed`, `behavior file` or `fault file`.
        kind: &'static str,
        path: PathBuf,
        /// What is wrong, with its place if known.
        problem: String,
    },
    /// The definitions of the seed are invalid.
    #[error("seed: {0}")]
    Seed(String),
    #[error("faults: {0}")]
    Faults(String),
}

//! What a sandbox is started with.

use std::path::PathBuf;

use super::access::{Permissions, TOKEN_SECONDS_DEFAULT};
use super::behavior::{Allowance, Behavior, Client};
use super::faults::FaultRule;
use super::org_behavior::OrgBehavior;
use super::seed::Seed;

/// What a sandbox is started with. The default is a plain new org on any free port, kept in memory only.
#[derive(Debug, Clone, PartialEq)]
pub struct SandboxConfig {
    /// Where the org's state is kept; absent is in memory only. Parent folders are made. Beside it stand
    /// `<file>.lock` and, for a large org, `<file>.changes`.
    pub state_file: Option<PathBuf>,
    /// The folder below which no link is followed on the way to the state file. Absent means that the path was typed:
    /// it may be a link.
    pub state_below: Option<PathBuf>,
    /// What the org begins with when there is no state file yet.
    pub seed: Seed,
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// How the org behaves where no document says it. Not part of the state.
    pub behavior: OrgBehavior,
    /// What the org's client may do. Not part of the state.
    pub permissions: Permissions,
    /// The ids of the divisions that the org's client is restricted to; absent is all. Not part of the state.
    pub divisions: Option<Vec<String>>,
    /// Faults, tried in this order. Not part of the state.
    pub faults: Vec<FaultRule>,
    /// Requests that a token may make in any 60 seconds; absent is any number. The platform's is
    /// 300 (docs/platform.md, "Rate limits").
    pub requests_per_minute: Option<u32>,
    /// How long an issued token lives, in seconds.
    pub token_seconds: u64,
    /// The org's time at the start, in milliseconds since 1970; absent is the system's. From there on it goes
    /// with the clock of tokio, so that a paused clock stops it.
    pub start_unix_ms: Option<u64>,
}

impl SandboxConfig {
    /// An org to rehearse with: with the platform's known limits, and as a behavior file says.
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

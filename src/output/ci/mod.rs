//! What GitHub, GitLab and SARIF viewers take.

pub mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod sarif;

//! The formats of GitHub, GitLab and SARIF viewers.

pub mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod sarif;

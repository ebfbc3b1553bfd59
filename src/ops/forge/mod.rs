//! GitHub and GitLab: what the workflows that `init` writes need there, the commands that make it, and what is missing.

pub mod github;
pub mod gitlab;
pub mod project;
pub mod reader;
pub mod setup;

//! Which config is asked for, and what came of loading it.

use std::path::PathBuf;

use crate::config::diagnostic::Findings;
use crate::config::layers::Resolved;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::source::{FileId, Sources};

#[derive(Debug, Clone, Default)]
pub struct ConfigSource {
    pub path: PathBuf,
    /// Which org of several (`--org`).
    pub org: Option<String>,
    /// The folder below which everything lies (`--root`).
    pub root: Option<PathBuf>,
}

/// One config that is free of errors.
#[derive(Debug, Clone)]
pub struct Config {
    pub desired: Desired,
    /// The same as the files spell it, with the place of each value.
    pub resolved: Resolved,
    /// The org file, where there is one, as people name it.
    pub org_file: Option<PathBuf>,
    /// Every file that it is made of: the layers in their order, then the org file.
    pub files: Vec<FileId>,
}

#[derive(Debug)]
pub struct Loaded {
    /// Every file that was read.
    pub sources: Sources,
    /// What was found, each once, by file and position.
    pub diagnostics: Findings,
    /// The config; none when there are errors.
    pub config: Option<Config>,
    /// The real paths of the files that were read, or would have been.
    pub files: Vec<PathBuf>,
}

/// What came of looking at every config below a path.
#[derive(Debug, Default)]
pub struct LoadedAll {
    /// Every file that was read.
    pub sources: Sources,
    /// What was found, each once, by file and position.
    pub diagnostics: Findings,
    /// What each config is for, by the path of its org file; with any error none.
    pub orgs: Vec<Checked>,
    /// Those configs that were to be kept; with any error none.
    pub configs: Vec<Config>,
    /// The real paths of the files that were read, or would have been.
    pub files: Vec<PathBuf>,
}

/// What is known of one of many configs after it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The org that it is for; none without an org file.
    pub org: Option<OrgIdentity>,
    pub definitions: usize,
}

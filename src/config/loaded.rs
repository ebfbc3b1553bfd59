//! The request for a config, and the result of loading it.

use std::path::PathBuf;

use crate::config::diagnostic::Findings;
use crate::config::layers::Resolved;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::source::{FileId, Sources};
use crate::model::text;

#[derive(Debug, Clone, Default)]
pub struct ConfigSource {
    pub path: PathBuf,
    /// The selected org (`--org`).
    pub org: Option<String>,
    /// The root folder of all files (`--root`).
    pub root: Option<PathBuf>,
}

impl ConfigSource {
    /// The same config, as it is typed behind a command that takes PATH.
    pub fn to_arguments(&self) -> String {
        let ConfigSource { path, org, root } = self;
        let word = |path: &PathBuf| text::shell_word(&path.to_string_lossy());
        let org = org.as_ref().map_or_else(String::new, |org| format!(" --org {}", text::shell_word(org)));
        let root = root.as_ref().map_or_else(String::new, |root| format!(" --root {}", word(root)));
        format!(" {}{org}{root}", word(path))
    }
}

/// One config without errors.
#[derive(Debug, Clone)]
pub struct Config {
    pub desired: Desired,
    /// The same config in the spelling of the files, with the place of each value.
    pub resolved: Resolved,
    /// The displayed name of the org file, if there is one.
    pub org_file: Option<PathBuf>,
    /// All its files: the layers in order, then the org file.
    pub files: Vec<FileId>,
}

#[derive(Debug)]
pub struct Loaded {
    /// Every file that was read.
    pub sources: Sources,
    /// The findings, each once, by file and position.
    pub diagnostics: Findings,
    /// The config. `None` after an error.
    pub config: Option<Config>,
    /// The real paths of all files that were or should have been read.
    pub files: Vec<PathBuf>,
}

/// The result of loading every config below a path.
#[derive(Debug, Default)]
pub struct LoadedAll {
    /// Every file that was read.
    pub sources: Sources,
    /// The findings, each once, by file and position.
    pub diagnostics: Findings,
    /// The org of each config, by the path of its org file. Empty after an error.
    pub orgs: Vec<Checked>,
    /// The configs to keep. Empty after an error.
    pub configs: Vec<Config>,
    /// The real paths of all files that were or should have been read.
    pub files: Vec<PathBuf>,
}

/// What is kept of each of many checked configs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its org. `None` without an org file.
    pub org: Option<OrgIdentity>,
    pub definitions: usize,
}

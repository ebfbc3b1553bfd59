//! Lines of a layer that this org no longer needs: which other orgs use the layer, so that no line is called obsolete that
//! one of them may still need.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::config::file_system::{Disk, FileSystem};
use crate::config::{Config, sharing};
use crate::diagnostic::{Sources, Span};
use crate::plan::Plan;
use crate::plan::change::NotKnownFor;

/// Where the config of a run was read.
pub struct Read<'a> {
    /// Its path.
    pub path: &'a Path,
    /// The folder below which everything lies, if it was named.
    pub root: Option<&'a Path>,
    /// The files of a commit; none for the disk.
    pub commit: Option<Rc<dyn FileSystem>>,
    /// What came of it.
    pub config: &'a Config,
    /// Its files.
    pub sources: &'a Sources,
}

/// The same plan, with the other orgs named of which it is not known whether they need a line.
#[must_use]
pub fn asked_of_others(mut plan: Plan, read: Read<'_>) -> Plan {
    let Read { path, root, commit, config, sources } = read;
    let file_of = |place: Option<Span>| place.map(|it| sources.get(it.file).path.as_path());
    let files: BTreeSet<&Path> = plan.spent.iter().filter_map(|it| file_of(it.place)).collect();
    if files.is_empty() {
        return plan;
    }
    let system = commit.unwrap_or_else(|| Rc::new(Disk::default()));
    let others = sharing::others(&system, (path, root), config.org_file.as_deref(), files);
    let known = known_orgs(config);
    for spent in &mut plan.spent {
        let Some(sharing) = file_of(spent.place).and_then(|it| others.get(it)) else { continue };
        let orgs: Vec<String> = sharing.orgs.iter().filter(|it| !known.contains(it.as_str())).cloned().collect();
        let is_known = orgs.is_empty() && !sharing.more;
        spent.not_known = (!is_known).then_some(NotKnownFor { orgs, more: sharing.more });
    }
    plan
}

/// The orgs whose need is known: the one that was planned. Reports that say what each org matched would add theirs here.
fn known_orgs(config: &Config) -> BTreeSet<&str> {
    config.desired.org.iter().map(|it| it.name.as_str()).collect()
}

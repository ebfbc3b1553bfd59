//! Shared by commands that edit config files: loads every org, and replaces all files or none.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::View;
use crate::commands::context::again::Again;
use crate::commands::context::failure::Failure;
use crate::commands::context::host::{Host, nobody_to_ask};
use crate::commands::context::run::Run;
use crate::config::edit::EditFlaw;
use crate::config::edit::files::{EditedFile, is_below};
use crate::config::file_system::{Disk, FileSystem};
use crate::config::sharing::others;
use crate::config::{Config, ConfigSource, LoadedAll, load_all};
use crate::host::file_set::{File, FileSet, WriteMode};
use crate::host::logging;
use crate::model::problem::Problem;
use crate::model::source::{FileId, Sources};
use crate::model::text;
use crate::ops::labels::rows::Fleet;

/// Every config below a path. If one has an error, there is none.
pub fn load_fleet<F: View>(path: &Path, root: Option<&Path>, run: &mut Run<'_, F>) -> Result<LoadedAll, Failure> {
    logging::phase("reading the config");
    let source = ConfigSource { path: path.to_owned(), org: None, root: root.map(Path::to_owned) };
    run.again = Again { config: Some(source), ..run.again.clone() }.of_org(None);
    let loaded = load_all(path, root, |_| true);
    run.outputs.spare(&loaded.files)?;
    if loaded.diagnostics.errors > 0 || loaded.configs.is_empty() {
        return Err(Failure::Findings(loaded.sources, loaded.diagnostics));
    }
    // Warnings are for `validate`: a missing label is the reason to use these commands.
    Ok(loaded)
}

/// The layers of a config that no other org uses. An org file below the root that cannot be read may use each of them.
/// A layer outside the path is never edited.
pub fn layers_of_one(config: &Config, sources: &Sources, source: &ConfigSource) -> Vec<FileId> {
    let Some((_, layers)) = config.files.split_last().filter(|_| config.org_file.is_some()) else { return Vec::new() };
    let path = |it: &FileId| &*sources.get(*it).path;
    let disk: Rc<dyn FileSystem> = Rc::new(Disk::default());
    let of_config = (&*source.path, source.root.as_deref());
    let others = others(&disk, of_config, config.org_file.as_deref(), layers.iter().map(path));
    let is_alone = |it: &Path| others.get(it).is_some_and(|it| it.orgs.is_empty() && !it.more);
    layers.iter().filter(|it| is_below(path(it), &source.path) && is_alone(path(it))).copied().collect()
}

/// The index of an org's config, by name.
pub fn org_index(fleet: Fleet<'_>, flag: &str, name: &str) -> Result<usize, Problem> {
    let names: Vec<&str> = (0..fleet.configs.len()).filter_map(|it| fleet.org_name(it)).collect();
    let found = (0..fleet.configs.len()).find(|it| fleet.org_name(*it) == Some(name));
    found.ok_or_else(|| {
        let problem = Problem::new(format!("{flag}: no org file is for {}", text::ticked(name)));
        match text::nearest(name, names.iter().copied()) {
            Some(nearest) => problem.help(format!("did you mean {}?", text::ticked(nearest))),
            None if names.is_empty() => problem.help("no file of the config names an org"),
            None => problem.help(format!("the orgs are {}", text::some(&names))),
        }
    })
}

/// Why the files are not changed.
pub fn not_edited((path, flaw): (PathBuf, EditFlaw)) -> Problem {
    Problem::new(format!("{} is not edited: {flaw}; nothing was written", text::ticked(path.display())))
        .help("make this change by hand")
}

/// Asks for confirmation and replaces the files. It replaces none if one cannot be written or has changed since it was
/// read.
pub fn write(files: &[EditedFile], yes: bool, host: &mut Host<'_>) -> Result<(), Failure> {
    let file =
        |it: &EditedFile| File { below: None, path: it.path.clone(), text: it.after.clone(), claim: WriteMode::Whole };
    let placing = FileSet::checked(files.iter().map(file).collect())?;
    placing.still_reads(&files.iter().map(|it| it.before.as_str()).collect::<Vec<_>>())?;
    if !yes {
        placing.spare_read_only()?;
        let names: Vec<String> = files.iter().map(|it| text::ticked(it.path.display())).collect();
        let question = format!("\nWrite {}", text::terminal(&text::list(&names, "and")));
        host.approved(&question, || nobody_to_ask("give --yes after you have looked at the change"))?;
    }
    placing.write(host.signals)?;
    Ok(())
}

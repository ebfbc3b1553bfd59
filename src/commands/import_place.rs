//! The destination of `presencectl import`.

use std::path::{Component, Path, PathBuf};

use crate::cli::{ImportArgs, PlaceArgs, paths};
use crate::commands::context::host::Host;
use crate::config::folders;
use crate::host::file_set::{File, FileChange, FileSet};
use crate::host::files;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::import::Layout;

/// The path of the config schema, from the current folder.
pub const SCHEMA: &str = "schemas/config.v1.json";

/// The name of a config on standard output, for verifying it.
const ON_STDOUT: &str = "presence.yaml";

/// The destination of a config.
pub enum ImportPlace {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

impl ImportPlace {
    pub fn of(args: &ImportArgs) -> Result<ImportPlace, Problem> {
        let PlaceArgs { out, split, force: _ } = &args.place;
        let Some(path) = out else { return Ok(ImportPlace::Stdout) };
        if paths::is_stream(path) && *split {
            return Err(Problem::new("--split makes several files, and `-` is standard output")
                .help("give `--out` a folder; one named `-` is `./-`"));
        }
        if paths::is_stream(path) {
            return Ok(ImportPlace::Stdout);
        }
        // A name that no file of a config can have is that of a folder. What exists stays what it is, such as
        // `/dev/stdout`.
        let is_file = !path.is_dir() && (path.exists() || is_yaml(path));
        if *split || !is_file { Ok(ImportPlace::Folder(path.clone())) } else { Ok(ImportPlace::File(path.clone())) }
    }

    pub fn layout(&self) -> Layout {
        match self {
            ImportPlace::Stdout => Layout::OneFile(ON_STDOUT.to_owned()),
            ImportPlace::File(path) => {
                let name = path.file_name().map_or_else(|| ON_STDOUT.into(), |it| it.to_string_lossy());
                Layout::OneFile(name.into_owned())
            }
            ImportPlace::Folder(_) => Layout::Folder,
        }
    }

    /// The folder of the files.
    pub fn folder(&self) -> &Path {
        match self {
            ImportPlace::Stdout => Path::new(""),
            ImportPlace::File(path) => path.parent().unwrap_or(Path::new("")),
            ImportPlace::Folder(path) => path,
        }
    }
}

/// The path of the schema for the files of a folder: in the current folder, if the files are below it, or next to them.
pub fn schema_from(folder: &Path) -> String {
    let mut depth = 0;
    for part in folder.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return SCHEMA.to_owned(),
        }
    }
    "../".repeat(depth) + SCHEMA
}

/// The destination folder for several orgs.
pub fn fleet_folder(args: &ImportArgs) -> Result<&Path, Problem> {
    let several = |why: &str| {
        Problem::new(format!("--orgs makes several files, and {why}"))
            .help("give `--out` a folder, such as `presences/`")
    };
    match &args.place.out {
        None => Err(several("`--out` is missing")),
        Some(path) if paths::is_stream(path) => Err(several("`-` is standard output")),
        Some(path) if is_yaml(path) && !path.is_dir() => {
            Err(several(&format!("{} is the name of one", text::ticked(path.display()))))
        }
        Some(path) => Ok(path),
    }
}

fn is_yaml(path: &Path) -> bool {
    let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    !ends_in_slash && folders::is_yaml(path)
}

/// Writes files. Existing files are only replaced with `--force` or after confirmation.
pub fn placed(args: &ImportArgs, files: Vec<File>, host: &mut Host<'_>) -> Result<FileSet, Problem> {
    let set = FileSet::checked(files)?;
    apart(args, &set)?;
    if !args.place.force {
        set.spare_read_only()?;
        if let Some(names) = set.names(FileChange::Replaced) {
            ask(&names, host)?;
        }
    }
    set.write(host.signals)?;
    Ok(set)
}

/// No file of the config may also be an output, or the Terraform state.
fn apart(args: &ImportArgs, set: &FileSet) -> Result<(), Problem> {
    let places: Vec<PathBuf> = set.placed.iter().map(|it| files::real_path(Path::new(&it.path))).collect();
    let is_taken = |it: &&PathBuf| places.contains(&files::real_path(it));
    if let Some(path) = args.names_from.iter().filter(|it| !paths::is_stream(it)).find(is_taken) {
        let path = text::ticked(path.display());
        return Err(Problem::new(format!("this run reads {path}; nothing was written")).help("give --out another path"));
    }
    match args.outputs.iter().filter_map(|it| it.file.as_ref()).find(is_taken) {
        None => Ok(()),
        Some(path) => {
            let path = text::ticked(path.display());
            Err(Problem::new(format!("the output {path} is a file of the config as well; nothing was written"))
                .help("give the output another name"))
        }
    }
}

fn ask(names: &str, host: &mut Host<'_>) -> Result<(), Problem> {
    let unasked = || {
        Problem::new(format!("these files exist with other content: {names}; nothing was written"))
            .help("give --force to overwrite, or --out another path")
    };
    host.approved(&format!("Overwrite {}", text::terminal(names)), unasked)
}

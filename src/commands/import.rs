//! `presencectl import`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::cli::paths;
use crate::cli::{ChoiceArgs, ImportArgs, ImportFormat, PlaceArgs, TargetArgs, View};
use crate::commands::context::connect::named_region;
use crate::commands::context::failure::Failure;
use crate::commands::context::host::Host;
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::Run;
use crate::commands::selection;
use crate::host::exit::Exit;
use crate::host::file_set::{self, File, FileSet};
use crate::host::file_set::{FileChange, WriteMode};
use crate::host::files;
use crate::host::terminal::Terminal;
use crate::model::desired::Desired;
use crate::model::limits::{TERRAFORM_STATE_BYTES_MAX, read_within};
use crate::model::names::DefinitionId;
use crate::model::observed::{Observed, Target};
use crate::model::pins::PinChoice;
use crate::model::problem::{Problem, cause};
use crate::model::text;
use crate::ops::identity::Identity;
use crate::ops::import::page::{MARK, NewFile};
use crate::ops::import::terraform::{self, Resource};
use crate::ops::import::{Flaw, Import, ImportRequest, Layout, import, prove};
use crate::ops::observe::{From, Observation, has_divisions, noticed, observe};
use crate::output;
use crate::output::json::terraform_state::{self, StateError};
use crate::output::style::Style;

/// Where the schema of a config is kept, from the folder where the command runs.
const SCHEMA: &str = "schemas/config.v1.json";

/// The name of a config on standard output, where its own reading needs one.
const ON_STDOUT: &str = "presence.yaml";

/// How a file of `terraform plan -out` begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Writes what the org holds as a config.
pub async fn run(args: &ImportArgs, run: &mut Run<'_, ImportFormat>) -> Result<Exit, Failure> {
    let done = imported(args, run).await;
    if done.is_err() {
        // A file of an earlier import stays: without its blocks, Terraform would deactivate what they are for.
        run.outputs = Outputs::on_stdout();
    }
    done
}

async fn imported(args: &ImportArgs, run: &mut Run<'_, ImportFormat>) -> Result<Exit, Failure> {
    let place = Place::of(args)?;
    run.open(&args.outputs, Some(&args.target))?;
    run.outputs.spare(args.names_from.iter().filter(|it| !paths::is_stream(it)))?;
    if matches!(place, Place::Stdout) && run.outputs.on_stdout == ImportFormat::Terraform {
        return Err(Problem::new("the config and the `removed` blocks both go to standard output")
            .help("give one of them a file: `--out FILE`, or `-o terraform=FILE`")
            .into());
    }
    let resources = match &args.names_from {
        Some(path) => resources(path, run.host.terminal)?,
        None => Vec::new(),
    };
    let asked = asked(args, &place, resources, &run.host)?;
    let Made { import, target } = make(&args.target, &asked, run).await?;
    let file = run.outputs.file(ImportFormat::Terraform).map(Path::to_owned);
    let resources = &asked.resources;
    let words = |style: Style| match resources.as_slice() {
        [] => String::new(),
        some => output::text::import::forgotten(some, file.as_deref(), style),
    };
    let view = |format: ImportFormat| match format {
        ImportFormat::Human => words(Style::PLAIN),
        ImportFormat::Terraform => terraform::removed(resources),
    };
    match &place {
        Place::Stdout => {
            let line = output::text::target_line(&target) + "\n";
            run.host.terminal.err(&line);
            tell(&import, &place, &mut run.host);
            for file in &import.files {
                run.host.terminal.out(&file.text);
            }
            let words = words(run.host.style_err());
            run.host.terminal.err(&words);
            Ok(run.write("", &view, Exit::Success))
        }
        Place::File(_) | Place::Folder(_) => {
            write(args, &place, &import, &target, run)?;
            Ok(run.show_below(&words, &view, Exit::Success))
        }
    }
}

/// The definitions of a Terraform state.
fn resources(path: &Path, terminal: &mut Terminal) -> Result<Vec<Resource>, Problem> {
    let named = |what: String| {
        let name = if paths::is_stream(path) { "standard input".to_owned() } else { text::ticked(path.display()) };
        Problem::new(format!("cannot take names from {name}: {what}; nothing was written"))
    };
    let read = if paths::is_stream(path) {
        terminal.read_input(TERRAFORM_STATE_BYTES_MAX)
    } else {
        std::fs::File::open(path).and_then(|it| read_within(it, TERRAFORM_STATE_BYTES_MAX))
    };
    let bytes = read
        .map_err(|error| files::cannot_read(path, named(cause(&error))))?
        .ok_or_else(|| named(format!("it is longer than {TERRAFORM_STATE_BYTES_MAX} bytes")))?;
    if bytes.starts_with(ZIP) {
        let error = StateError::Plan;
        return Err(named(error.to_string()).help(error.help()));
    }
    let text = text::of_bytes(&bytes).map_err(|error| named(error.to_string()))?;
    terraform_state::read(text).map_err(|error| named(error.to_string()).help(error.help()))
}

/// An org's config, proved, and which org it is.
pub struct Made {
    pub import: Import,
    pub target: Target,
}

/// Makes the config of what an org holds, and writes nothing.
pub async fn make<F: View>(args: &TargetArgs, asked: &ImportRequest, run: &mut Run<'_, F>) -> Result<Made, Failure> {
    let config = Desired::nothing();
    let connection = run.connect(args, &config).await?;
    // The org's id stands in what is written, so that it is never applied to another one.
    let identity =
        Identity { meant: None, name: None, must_be_known: true, unless_sandbox: None, others: BTreeMap::new() };
    run.heard.sandbox = args.sandbox;
    let reader = connection.session.reader();
    let from = From { reader: &reader, identity: &identity, api: args.api(&config), sandbox: args.sandbox };
    let Observation { target, observed, notes } = observe(from, has_divisions, &mut run.heard).await?;
    run.host.show_notes(&notes);
    run.host.show_notes(&noticed(&observed));
    let Some(organization) = &target.org else {
        return Err(Problem::new("the org did not say who it is; nothing was written").into());
    };
    let import = import(&observed, organization, asked);
    if !asked.resources.is_empty() && !has_any(&observed, &asked.resources) {
        return Err(Problem::new("the org has none of the definitions of the Terraform state; nothing was written")
            .help("give the state of this org, or the credentials of the other one")
            .into());
    }
    prove(&import, &observed).map_err(failure)?;
    Ok(Made { import, target })
}

fn has_any(observed: &Observed, resources: &[Resource]) -> bool {
    let ids: BTreeSet<&DefinitionId> = resources.iter().filter_map(|it| it.id.as_ref()).collect();
    observed.definitions.iter().any(|it| ids.contains(&it.id))
}

fn asked(
    args: &ImportArgs,
    place: &Place,
    resources: Vec<Resource>,
    host: &Host<'_>,
) -> Result<ImportRequest, Problem> {
    let ChoiceArgs { default_locale, deactivated, pin } = &args.choice;
    Ok(ImportRequest {
        choice: PinChoice {
            default_locale: selection::locale(default_locale)?,
            deactivated: *deactivated,
            pin_all: *pin,
        },
        layout: place.layout(),
        // The sandbox is nowhere.
        region: if args.target.sandbox { None } else { named_region(host.environment) },
        schema: place.schema(),
        resources,
    })
}

/// What was made of the org and does not hold.
fn failure(flaw: Flaw) -> Failure {
    let bug = |what: String| {
        Problem::new(format!("this is a bug of presencectl: {what}; nothing was written"))
            .help("please report it, with what `show --output json` prints")
            .into()
    };
    match flaw {
        Flaw::TooLarge(sources, found) => Failure::Findings(sources, found),
        Flaw::Unreadable(what) => bug(format!("the config that it made does not read back ({})", what.join("; "))),
        Flaw::Differs(what) => bug(format!("the config that it made is not what the org holds ({})", what.join("; "))),
    }
}

/// Where the config goes.
enum Place {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

impl Place {
    fn of(args: &ImportArgs) -> Result<Place, Problem> {
        let PlaceArgs { out, split, force: _ } = &args.place;
        let Some(path) = out else { return Ok(Place::Stdout) };
        if paths::is_stream(path) && *split {
            return Err(Problem::new("--split makes several files, and `-` is standard output")
                .help("give `--out` a folder; one named `-` is `./-`"));
        }
        if paths::is_stream(path) {
            return Ok(Place::Stdout);
        }
        let typed = path.as_os_str().as_encoded_bytes();
        if *split || typed.ends_with(b"/") || path.is_dir() {
            Ok(Place::Folder(path.clone()))
        } else {
            Ok(Place::File(path.clone()))
        }
    }

    fn layout(&self) -> Layout {
        match self {
            Place::Stdout => Layout::OneFile(ON_STDOUT.to_owned()),
            Place::File(path) => {
                let name = path.file_name().map_or_else(|| ON_STDOUT.into(), |it| it.to_string_lossy());
                Layout::OneFile(name.into_owned())
            }
            Place::Folder(_) => Layout::Folder,
        }
    }

    /// The folder that the files are in.
    fn folder(&self) -> &Path {
        match self {
            Place::Stdout => Path::new(""),
            Place::File(path) => path.parent().unwrap_or(Path::new("")),
            Place::Folder(path) => path,
        }
    }

    /// The schema as the files name it: in the folder where the command runs, if the files are below it,
    /// else beside them.
    fn schema(&self) -> String {
        let mut depth = 0;
        for part in self.folder().components() {
            match part {
                Component::CurDir => {}
                Component::Normal(_) => depth += 1,
                Component::Prefix(_) | Component::RootDir | Component::ParentDir => return SCHEMA.to_owned(),
            }
        }
        "../".repeat(depth) + SCHEMA
    }
}

fn tell(import: &Import, place: &Place, host: &mut Host<'_>) {
    let style = host.style_err();
    let mut text = output::text::import::notes(&import.notes, style);
    let schema = place.schema();
    if !place.folder().join(&schema).exists() {
        text.push_str(&output::text::import::note(
            &format!("editors look for the schema at `{schema}`: `presencectl schema config` prints it"),
            style,
        ));
    }
    host.terminal.err(&text);
}

fn write(
    args: &ImportArgs,
    place: &Place,
    import: &Import,
    target: &Target,
    run: &mut Run<'_, ImportFormat>,
) -> Result<(), Failure> {
    let path = |name: &str| match place {
        Place::Stdout => (None, PathBuf::from(name)),
        Place::File(path) => (None, path.clone()),
        Place::Folder(folder) => (Some(folder.clone()), PathBuf::from(name)),
    };
    let file = |it: &NewFile| {
        let (below, path) = path(&it.name);
        File { below, path, text: it.text.clone(), claim: WriteMode::Whole }
    };
    let placing = FileSet::look(import.files.iter().map(file).collect())?;
    apart(args, &placing)?;
    let host = &mut run.host;
    if !args.place.force {
        placing.spare_read_only()?;
        if let Some(names) = placing.names(FileChange::Replaced) {
            ask(&names, host)?;
        }
    }
    placing.write(host.signals)?;
    let left_over: Vec<String> = match place {
        Place::Stdout | Place::File(_) => Vec::new(),
        Place::Folder(folder) => files::beginning(folder, is_layer_of_an_import)
            .into_iter()
            .filter(|name| !import.files.iter().any(|it| it.name == *name))
            .map(|name| file_set::plain(&folder.join(name)).display().to_string())
            .collect(),
    };
    run.tell(&|style| output::text::import::written(import.definitions, &placing.placed, &left_over, target, style));
    tell(import, place, &mut run.host);
    Ok(())
}

/// No file of the config is an output as well, or the state that was read.
fn apart(args: &ImportArgs, placing: &FileSet) -> Result<(), Problem> {
    let places: Vec<PathBuf> = placing.placed.iter().map(|it| files::real_path(Path::new(&it.path))).collect();
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

/// Was this written by an import as a layer? A file that names an org stands for itself.
fn is_layer_of_an_import(beginning: &str) -> bool {
    beginning.lines().any(|it| it.starts_with(MARK)) && !beginning.lines().any(|it| it.starts_with("org:"))
}

fn ask(names: &str, host: &mut Host<'_>) -> Result<(), Problem> {
    let unasked = || {
        Problem::new(format!("there already, and not the same: {names}; nothing was written"))
            .help("give --force to overwrite, or --out another path")
    };
    host.approved(&format!("Overwrite {}", text::terminal(names)), unasked)
}

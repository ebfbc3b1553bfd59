//! `presencectl import`.

use std::path::{Component, Path, PathBuf};

use crate::cli::paths;
use crate::cli::{ChoiceArgs, ImportArgs, PlaceArgs, TargetArgs};
use crate::commands::context::connect::named_region;
use crate::commands::context::failure::Failure;
use crate::commands::context::host::Host;
use crate::commands::context::run::Run;
use crate::commands::selection;
use crate::host::exit::Exit;
use crate::host::file_set::{self, File, FileSet};
use crate::host::file_set::{FileChange, WriteMode};
use crate::host::files;
use crate::model::desired::Desired;
use crate::model::observed::Target;
use crate::model::pins::PinChoice;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::identity::Identity;
use crate::ops::import::page::{MARK, NewFile};
use crate::ops::import::{Flaw, Import, ImportRequest, Layout, import, prove};
use crate::ops::observe::{From, Observation, has_divisions, noticed, observe};
use crate::output;

/// Where the schema of a config is kept, from the folder where the command runs.
const SCHEMA: &str = "schemas/config.v1.json";

/// The name of a config on standard output, where its own reading needs one.
const ON_STDOUT: &str = "presence.yaml";

/// Writes what the org holds as a config.
pub async fn run(args: &ImportArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let place = Place::of(args)?;
    let asked = asked(args, &place, &run.host)?;
    let Made { import, target } = make(&args.target, &asked, run).await?;
    match &place {
        Place::Stdout => {
            let line = output::text::target_line(&target) + "\n";
            run.host.terminal.err(&line);
            tell(&import, &place, &mut run.host);
            for file in &import.files {
                run.host.terminal.out(&file.text);
            }
        }
        Place::File(_) | Place::Folder(_) => write(args, &place, &import, &target, &mut run.host)?,
    }
    Ok(Exit::Success)
}

/// An org's config, proved, and which org it is.
pub struct Made {
    pub import: Import,
    pub target: Target,
}

/// Makes the config of what an org holds, and writes nothing.
pub async fn make(args: &TargetArgs, asked: &ImportRequest, run: &mut Run<'_>) -> Result<Made, Failure> {
    let config = Desired::nothing();
    let connection = run.connect(args, &config).await?;
    // The org's id stands in what is written, so that it is never applied to another one.
    let identity = Identity { meant: None, name: None, must_be_known: true, unless_sandbox: None };
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
    prove(&import, &observed).map_err(failure)?;
    Ok(Made { import, target })
}

fn asked(args: &ImportArgs, place: &Place, host: &Host<'_>) -> Result<ImportRequest, Problem> {
    let ImportArgs { target, place: _, choice: ChoiceArgs { default_locale, deactivated, pin } } = args;
    Ok(ImportRequest {
        choice: PinChoice {
            default_locale: selection::locale(default_locale)?,
            deactivated: *deactivated,
            pin_all: *pin,
        },
        layout: place.layout(),
        // The sandbox is nowhere.
        region: if target.sandbox { None } else { named_region(host.environment) },
        schema: place.schema(),
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
    host: &mut Host<'_>,
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
    let style = host.style_out();
    let text = output::text::import::written(import.definitions, &placing.placed, &left_over, target, style);
    host.terminal.out(&text);
    tell(import, place, host);
    Ok(())
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

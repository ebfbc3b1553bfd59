//! `presencectl import`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::{ChoiceArgs, ImportArgs, ImportFormat, TargetArgs, View, paths};
use crate::commands::context::connect::{Connection, named_region};
use crate::commands::context::failure::Failure;
use crate::commands::context::host::Host;
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::Run;
use crate::commands::fleet::{self, FleetOrg};
use crate::commands::import_place::{ImportPlace, SCHEMA, fleet_folder, placed, schema_from};
use crate::commands::selection;
use crate::host::exit::Exit;
use crate::host::file_set::{self, File, WriteMode};
use crate::host::files;
use crate::host::terminal::Terminal;
use crate::model::desired::Desired;
use crate::model::limits::{TERRAFORM_STATE_BYTES_MAX, read_within};
use crate::model::names::{DefinitionId, OrgId};
use crate::model::observed::{Observed, Organization, Target};
use crate::model::pins::PinChoice;
use crate::model::problem::{KnownOrg, OrgFailure, Problem, cause};
use crate::model::region::Region;
use crate::model::text;
use crate::ops::identity::Identity;
use crate::ops::import::base::FleetSource;
use crate::ops::import::fleet::{FleetFlaw, FleetImport, FleetNote, FleetRequest, import_fleet, prove_fleet};
use crate::ops::import::fleet_page::{BASE_FOLDER, ORGS_FOLDER};
use crate::ops::import::page::{MARK, NewFile};
use crate::ops::import::terraform::{self, Resource};
use crate::ops::import::{Flaw, Import, ImportRequest, import, prove};
use crate::ops::observe::{From, Observation, has_divisions, observe, odd_objects};
use crate::output;
use crate::output::json::terraform_state::{self, StateError};
use crate::output::style::Style;

/// The first bytes of a file from `terraform plan -out`.
const ZIP: &[u8] = b"PK\x03\x04";

/// Writes the org's definitions as a config.
pub async fn run(args: &ImportArgs, run: &mut Run<'_, ImportFormat>) -> Result<Exit, Failure> {
    let done = if args.orgs.is_empty() { imported(args, run).await } else { several(args, run).await };
    if done.is_err() {
        // A file of an earlier import stays: without its blocks, Terraform would deactivate their objects.
        run.outputs = Outputs::on_stdout();
    }
    done
}

async fn imported(args: &ImportArgs, run: &mut Run<'_, ImportFormat>) -> Result<Exit, Failure> {
    let place = ImportPlace::of(args)?;
    run.open(&args.outputs, Some(&args.target))?;
    run.outputs.spare(args.names_from.iter().filter(|it| !paths::is_stream(it)))?;
    if matches!(place, ImportPlace::Stdout) && run.outputs.on_stdout == ImportFormat::Terraform {
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
        ImportPlace::Stdout => {
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
        ImportPlace::File(_) | ImportPlace::Folder(_) => {
            write(args, &place, &import, &target, run)?;
            Ok(run.show_below(&words, &view, Exit::Success))
        }
    }
}

/// Writes the definitions of several orgs: the common part once, and a file per org. An unreadable org stops
/// everything.
async fn several(args: &ImportArgs, run: &mut Run<'_, ImportFormat>) -> Result<Exit, Failure> {
    let folder = fleet_folder(args)?;
    let configs = fleet::named_orgs(&args.orgs)?;
    run.open(&args.outputs, Some(&args.target))?;
    let asked = FleetRequest { choice: choice(args)?, schema: schema_from(&folder.join(BASE_FOLDER)) };

    let orgs = fleet::connect_to_named(&configs, &args.target, run).await?;
    let work = async |org: &FleetOrg<'_>, connection: &Connection, known_org: &mut KnownOrg| {
        read_org(args, org, connection, known_org).await
    };
    let results = fleet::each(orgs, args.parallel, &mut run.host, "read", |it| &it.notes, work).await;
    let read = all_read(&args.orgs, results, &mut run.host)?;

    let (environment, sandbox) = (run.host.environment, args.target.sandbox);
    let region = |name: &str| named_region(&environment.of_one_of_several(name)).filter(|_| !sandbox);
    let sources: Vec<FleetSource<'_>> = read.iter().map(|it| it.source(region(&it.name))).collect();
    one_org_each(&sources)?;
    let import = import_fleet(&sources, &asked);
    prove_fleet(&import, &sources).map_err(|FleetFlaw { org, flaw }| failure(org.as_deref(), flaw))?;
    write_fleet(args, folder, &import, run)?;
    Ok(Exit::Success)
}

/// The observed state of one of several orgs.
struct ReadOrg {
    name: String,
    organization: Organization,
    observed: Observed,
    notes: Vec<Problem>,
}

impl ReadOrg {
    fn source(&self, region: Option<Region>) -> FleetSource<'_> {
        FleetSource { name: &self.name, region, organization: &self.organization, observed: &self.observed }
    }
}

async fn read_org(
    args: &ImportArgs,
    org: &FleetOrg<'_>,
    connection: &Connection,
    known_org: &mut KnownOrg,
) -> Result<ReadOrg, Problem> {
    let reader = connection.session.reader();
    let api = args.target.api(&org.config.desired);
    let from = From { reader: &reader, identity: &org.identity, api, sandbox: args.target.sandbox };
    let Observation { target, observed, mut notes } = observe(from, has_divisions, known_org).await?;
    notes.extend(odd_objects(&observed));
    let organization = target.org.ok_or_else(|| Problem::new("the org did not say who it is"))?;
    Ok(ReadOrg { name: org.name(), organization, observed, notes })
}

/// The observed state of all orgs. Each unreadable one is reported.
fn all_read(
    names: &[String],
    results: Vec<Result<ReadOrg, OrgFailure>>,
    host: &mut Host<'_>,
) -> Result<Vec<ReadOrg>, Problem> {
    let (mut read, mut failed) = (Vec::new(), Vec::new());
    for (name, result) in names.iter().zip(results) {
        match result {
            Ok(it) => read.push(it),
            Err(OrgFailure { problem, known_org: _ }) => {
                let message = format!("{} could not be read: {}", text::unticked(name.trim()), problem.message);
                failed.push(Problem { message, ..problem });
            }
        }
    }
    let Some(Problem { message, .. }) = failed.last_mut() else { return Ok(read) };
    message.push_str("; nothing was written");
    let last = failed.pop();
    for problem in failed {
        host.fail(&problem.into());
    }
    last.map_or(Ok(read), Err)
}

/// Two names must not lead to one org: the config of one would be applied to the other.
fn one_org_each(sources: &[FleetSource<'_>]) -> Result<(), Problem> {
    let mut seen: BTreeMap<&OrgId, &str> = BTreeMap::new();
    for FleetSource { name, organization, .. } in sources {
        if let Some(other) = seen.insert(&organization.id, name) {
            let (other, name, org) = (text::ticked(other), text::ticked(name), text::ticked(&organization.name));
            let id = text::ticked(&organization.id);
            return Err(Problem::new(format!("{other} and {name} are one org: {org} ({id}); nothing was written"))
                .help("give each name the credentials of its own org"));
        }
    }
    Ok(())
}

fn write_fleet(
    args: &ImportArgs,
    folder: &Path,
    import: &FleetImport,
    run: &mut Run<'_, ImportFormat>,
) -> Result<(), Failure> {
    let file = |it: &NewFile| File {
        below: Some(folder.to_owned()),
        path: PathBuf::from(&it.name),
        text: it.text.clone(),
        claim: WriteMode::Whole,
    };
    let others = |below: &str| {
        let names = files::beginning(&folder.join(below), |_| true).into_iter().map(|it| format!("{below}/{it}"));
        names.filter(|name| !import.files.iter().any(|it| it.name == *name)).collect::<Vec<_>>()
    };
    let shown = |name: &String| file_set::plain(&folder.join(name)).display().to_string();
    if let Some(other) = others(BASE_FOLDER).first() {
        return Err(Problem::new(format!(
            "{} is there already, and every org would use it; nothing was written",
            text::ticked(shown(other))
        ))
        .help("move it out of the folder, or choose another one")
        .into());
    }
    let placing = placed(args, import.files.iter().map(file).collect(), &mut run.host)?;
    let left_over: Vec<String> = others(ORGS_FOLDER).iter().map(shown).collect();
    run.tell(&|style| {
        output::text::import::written_fleet(import, &placing.placed, &left_over, args.target.sandbox, style)
    });
    let style = run.host.style_err();
    let notes: Vec<String> = import.notes.iter().map(FleetNote::message).collect();
    let notes = notes.iter().map(|it| output::text::import::note(it, style)).collect::<String>();
    run.host.terminal.err(&notes);
    tell_of_schema(&folder.join(BASE_FOLDER), &mut run.host);
    Ok(())
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

/// An org's verified config, and its identity.
pub struct Made {
    pub import: Import,
    pub target: Target,
}

/// Makes the config of an org, without writing it.
pub async fn make<F: View>(args: &TargetArgs, asked: &ImportRequest, run: &mut Run<'_, F>) -> Result<Made, Failure> {
    let config = Desired::nothing();
    let connection = run.connect(args, &config).await?;
    // The org's id is part of the config, so that it is never applied to another org.
    let identity =
        Identity { meant: None, name: None, must_be_known: true, unless_sandbox: None, others: BTreeMap::new() };
    run.known_org.sandbox = args.sandbox;
    let reader = connection.session.reader();
    let from = From { reader: &reader, identity: &identity, api: args.api(&config), sandbox: args.sandbox };
    let Observation { target, observed, notes } = observe(from, has_divisions, &mut run.known_org).await?;
    run.host.show_notes(&notes);
    run.host.show_notes(&odd_objects(&observed));
    let Some(organization) = &target.org else {
        return Err(Problem::new("the org did not say who it is; nothing was written").into());
    };
    let import = import(&observed, organization, asked);
    if !asked.resources.is_empty() && !has_any(&observed, &asked.resources) {
        return Err(Problem::new("the org has none of the definitions of the Terraform state; nothing was written")
            .help("give the state of this org, or the credentials of the other one")
            .into());
    }
    prove(&import, &observed).map_err(|it| failure(None, it))?;
    Ok(Made { import, target })
}

fn has_any(observed: &Observed, resources: &[Resource]) -> bool {
    let ids: BTreeSet<&DefinitionId> = resources.iter().filter_map(|it| it.id.as_ref()).collect();
    observed.definitions.iter().any(|it| ids.contains(&it.id))
}

fn choice(args: &ImportArgs) -> Result<PinChoice, Problem> {
    let ChoiceArgs { default_locale, deactivated, pin } = &args.choice;
    Ok(PinChoice { default_locale: selection::locale(default_locale)?, deactivated: *deactivated, pin_all: *pin })
}

fn asked(
    args: &ImportArgs,
    place: &ImportPlace,
    resources: Vec<Resource>,
    host: &Host<'_>,
) -> Result<ImportRequest, Problem> {
    Ok(ImportRequest {
        choice: choice(args)?,
        layout: place.layout(),
        // The sandbox has no region.
        region: if args.target.sandbox { None } else { named_region(host.environment) },
        schema: schema_from(place.folder()),
        resources,
    })
}

/// The failure of an import, with the org if there are several.
fn failure(org: Option<&str>, flaw: Flaw) -> Failure {
    let of = org.map_or_else(String::new, |it| format!(" of {}", text::ticked(it)));
    let bug = |what: String| {
        Problem::new(format!("this is a bug of presencectl: {what}; nothing was written"))
            .help("please report it, with what `show --output json` prints")
            .into()
    };
    match flaw {
        Flaw::TooLarge(sources, found) => Failure::Findings(sources, found),
        Flaw::Unreadable(what) => bug(format!("the config{of} that it made does not read back ({})", what.join("; "))),
        Flaw::Differs(what) => bug(format!("the config{of} that it made does not match the org ({})", what.join("; "))),
    }
}

fn tell(import: &Import, place: &ImportPlace, host: &mut Host<'_>) {
    let text = output::text::import::notes(&import.notes, host.style_err());
    host.terminal.err(&text);
    tell_of_schema(place.folder(), host);
}

/// Reported if the files name a schema that does not exist.
fn tell_of_schema(folder: &Path, host: &mut Host<'_>) {
    let schema = schema_from(folder);
    if !folder.join(&schema).exists() {
        // A path with `..` begins in the current folder.
        let file = if schema == SCHEMA { folder.join(SCHEMA) } else { PathBuf::from(SCHEMA) };
        let word = |path: &Path| text::shell_word(&file_set::plain(path).to_string_lossy());
        let (below, file) = (word(file.parent().unwrap_or(folder)), word(&file));
        let message = format!(
            "for completion and checks in your editor: `mkdir -p {below} && presencectl schema config > {file}`"
        );
        let text = output::text::import::note(&message, host.style_err());
        host.terminal.err(&text);
    }
}

fn write(
    args: &ImportArgs,
    place: &ImportPlace,
    import: &Import,
    target: &Target,
    run: &mut Run<'_, ImportFormat>,
) -> Result<(), Failure> {
    let path = |name: &str| match place {
        ImportPlace::Stdout => (None, PathBuf::from(name)),
        ImportPlace::File(path) => (None, path.clone()),
        ImportPlace::Folder(folder) => (Some(folder.clone()), PathBuf::from(name)),
    };
    let file = |it: &NewFile| {
        let (below, path) = path(&it.name);
        File { below, path, text: it.text.clone(), claim: WriteMode::Whole }
    };
    let placing = placed(args, import.files.iter().map(file).collect(), &mut run.host)?;
    let left_over: Vec<String> = match place {
        ImportPlace::Stdout | ImportPlace::File(_) => Vec::new(),
        ImportPlace::Folder(folder) => files::beginning(folder, is_layer_of_an_import)
            .into_iter()
            .filter(|name| !import.files.iter().any(|it| it.name == *name))
            .map(|name| file_set::plain(&folder.join(name)).display().to_string())
            .collect(),
    };
    run.tell(&|style| output::text::import::written(import.definitions, &placing.placed, &left_over, target, style));
    tell(import, place, &mut run.host);
    Ok(())
}

/// Is this a layer from an import? A file with an org is not a layer.
fn is_layer_of_an_import(beginning: &str) -> bool {
    beginning.lines().any(|it| it.starts_with(MARK)) && !beginning.lines().any(|it| it.starts_with("org:"))
}

//! `presencectl pin`.

use crate::cli::{ConfigArgs, PinArgs};
use crate::client::Reader;
use crate::commands::context::connect::Connection;
use crate::commands::context::edit_files::{not_edited, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::{Run, worse};
use crate::commands::fleet::{self, FleetOrg};
use crate::config::Config;
use crate::config::edit::files::{EditedFile, FileEdits, load_one_edited};
use crate::host::exit::Exit;
use crate::model::problem::{KnownOrg, OrgFailure, Problem};
use crate::model::source::Sources;
use crate::ops::identity::Identity;
use crate::ops::observe::{From, Observation, names_divisions, observe, odd_objects};
use crate::ops::pin::{Pins, edits, pins};
use crate::output::text::{edits as view, target_line};

/// Reads the org, and writes the id of every unambiguous match into the files.
pub async fn run(args: &PinArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open(&[], Some(&args.target))?;
    match args.config.one() {
        Some(config) => one(args, &config, run).await,
        None => several(args, run).await,
    }
}

async fn one(args: &PinArgs, config_args: &ConfigArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (config, sources) = run.load(config_args)?;
    let connection = run.connect(&args.target, &config.desired).await?;
    let identity = Identity::to_read(&config.desired);
    let PinnedOrg { pins, target, notes } =
        of_org(args, &config, &connection.session.reader(), &identity, &mut run.known_org).await?;
    run.host.show_notes(&notes);
    run.tell(&|style| format!("{target}\n\n") + &view::pins(&pins, style));
    write_pins(args, &[(&config, pins)], &sources, run)
}

/// Reads several orgs, a few concurrently. An unreadable org is reported first and does not stop the others.
async fn several(args: &PinArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (configs, sources) = run.load_orgs(&args.config, None)?;
    let orgs = fleet::connect(&configs, &args.target, run).await?;
    let work = async |org: &FleetOrg<'_>, connection: &Connection, known_org: &mut KnownOrg| {
        of_org(args, org.config, &connection.session.reader(), &org.identity, known_org).await
    };
    let at_once = args.config.chosen.parallel;
    let results = fleet::each(orgs, at_once, &mut run.host, "read", |it| &it.notes, work).await;
    let (mut read, mut failed) = (Vec::new(), Vec::new());
    for (config, result) in configs.iter().zip(results) {
        let name = config.desired.org.as_ref().map_or("", |org| org.name.as_str());
        match result {
            Ok(PinnedOrg { pins, .. }) => read.push((config, pins)),
            Err(OrgFailure { problem, known_org: _ }) => failed.push((name, problem)),
        }
    }
    for (name, problem) in &failed {
        let named = Problem { message: format!("{name} was not read: {}", problem.message), ..problem.clone() };
        run.host.fail(&named.into());
    }
    for (config, pins) in &read {
        let name = config.desired.org.as_ref().map_or("", |org| org.name.as_str());
        run.tell(&|style| view::pins_of(name, pins, style));
    }
    let exit = write_pins(args, &read, &sources, run)?;
    Ok(if failed.is_empty() { exit } else { worse(exit, Exit::Failure) })
}

/// The pins of one org.
struct PinnedOrg {
    pins: Pins,
    target: String,
    notes: Vec<Problem>,
}

/// It only receives a reader, so it cannot write.
async fn of_org(
    args: &PinArgs,
    config: &Config,
    reader: &Reader,
    identity: &Identity,
    known_org: &mut KnownOrg,
) -> Result<PinnedOrg, Problem> {
    let desired = &config.desired;
    let from = From { reader, identity, api: args.target.api(desired), sandbox: args.target.sandbox };
    let Observation { target, observed, mut notes } = observe(from, |_| names_divisions(desired), known_org).await?;
    notes.extend(odd_objects(&observed));
    Ok(PinnedOrg { pins: pins(config, &observed), target: target_line(&target), notes })
}

/// Shows the lines, asks for confirmation, and writes them.
fn write_pins(args: &PinArgs, pins: &[(&Config, Pins)], sources: &Sources, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let mut all = FileEdits::default();
    for (config, pins) in pins {
        all.extend(edits(config, pins));
    }
    let files = all.apply(sources).map_err(not_edited)?;
    if files.is_empty() {
        return Ok(Exit::Success);
    }
    for (config, pins) in pins {
        proven(args, config, pins, &files)?;
    }
    run.tell(&|style| view::diff(&files, style));
    write(&files, args.yes, &mut run.host)?;
    run.tell(&|style| view::written(&files, style));
    Ok(Exit::Success)
}

/// Verifies that the config with the pins differs only in the pins.
fn proven(args: &PinArgs, config: &Config, pins: &Pins, files: &[EditedFile]) -> Result<(), Failure> {
    let source = args.config.request_of(config);
    let after = load_one_edited(&source, files);
    let Some(config_after) = after.config else { return Err(Failure::Findings(after.sources, after.diagnostics)) };
    let pin = |key| config_after.desired.definitions.get(key).and_then(|it| it.pin.as_ref());
    let has_all = pins.new.iter().all(|(key, id)| pin(key) == Some(id));
    if has_all && config_after.desired.definitions.len() == config.desired.definitions.len() {
        return Ok(());
    }
    Err(Problem::new("the config with the pins would mean something else; nothing was written")
        .help("this is a bug of presencectl: please report it")
        .into())
}

//! `presencectl pin`.

use crate::cli::PinArgs;
use crate::commands::context::edit_files::{not_edited, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::config::Config;
use crate::config::edit::files::{EditedFile, load_edited};
use crate::host::exit::Exit;
use crate::model::problem::Problem;
use crate::ops::identity::Identity;
use crate::ops::observe::{From, Observation, names_divisions, noticed, observe};
use crate::ops::pin::{Pins, edits, pins};
use crate::output::text::{edits as view, target_line};

/// Reads the org, and writes the id of every match beyond doubt into the files.
pub async fn run(args: &PinArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open(&[], Some(&args.target))?;
    let (config, sources) = run.load(&args.config)?;
    let pins = of_org(args, &config, run).await?;
    run.tell(&|style| view::pins(&pins, style));
    let files = edits(&config, &pins).apply(&sources).map_err(not_edited)?;
    if files.is_empty() {
        return Ok(Exit::Success);
    }
    proven(args, &config, &pins, &files)?;
    run.tell(&|style| view::diff(&files, style));
    write(&files, args.yes, &mut run.host)?;
    run.tell(&|style| view::written(&files, style));
    Ok(Exit::Success)
}

/// A reader is all that this has: it cannot write.
async fn of_org(args: &PinArgs, config: &Config, run: &mut Run<'_>) -> Result<Pins, Failure> {
    let desired = &config.desired;
    let connection = run.connect(&args.target, desired).await?;
    let reader = connection.session.reader();
    let identity = Identity::to_read(desired);
    let from =
        From { reader: &reader, identity: &identity, api: args.target.api(desired), sandbox: args.target.sandbox };
    let Observation { target, observed, notes } = observe(from, |_| names_divisions(desired), &mut run.heard).await?;
    run.host.show_notes(&notes);
    run.host.show_notes(&noticed(&observed));
    run.tell(&|_| target_line(&target) + "\n\n");
    Ok(pins(config, &observed))
}

/// The config with the pins is the same config, with the pins.
fn proven(args: &PinArgs, config: &Config, pins: &Pins, files: &[EditedFile]) -> Result<(), Failure> {
    let after = load_edited(&args.config.path, args.config.root.as_deref(), files);
    if after.diagnostics.errors > 0 {
        return Err(Failure::Findings(after.sources, after.diagnostics));
    }
    let same = after.configs.into_iter().find(|it| it.org_file == config.org_file);
    let holds = same.is_some_and(|after| {
        let pin = |key| after.desired.definitions.get(key).and_then(|it| it.pin.as_ref());
        pins.new.iter().all(|(key, id)| pin(key) == Some(id))
            && after.desired.definitions.len() == config.desired.definitions.len()
    });
    if holds {
        return Ok(());
    }
    Err(Problem::new("the config with the pins does not say what was meant; nothing was written")
        .help("this is a bug of presencectl: please report it")
        .into())
}

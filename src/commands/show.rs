//! `presencectl show`.

use crate::cli::{ConfigArgs, ConfigPath, ShowArgs, TableFormat};
use crate::client::Reader;

use crate::commands::context::conversation::with_session;
use crate::commands::context::host::{Failure, Host};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::Run;
use crate::commands::context::typed;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::observed::Target;
use crate::model::problem::{Heard, Problem};
use crate::ops::identity::{Identity, who};
use crate::ops::observe::{From, Observation, has_divisions, observe};
use crate::ops::show::listing::{Listing, SystemPresences};
use crate::ops::show::{find, list};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::listing;

pub async fn run(args: &ShowArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::unrecorded(&args.target, &args.outputs, host) {
        Ok(mut run) => {
            let found = found(args, &mut run, host).await;
            run.close(found, host, |found, run, host| show(&found, run.outputs, host))
        }
        Err(exit) => exit,
    }
}

enum Found {
    Definitions(Target, Listing),
    SystemPresences(SystemPresences),
}

async fn found(args: &ShowArgs, run: &mut Run<TableFormat>, host: &mut Host<'_>) -> Result<Found, Failure> {
    let Run { outputs, heard, .. } = run;
    outputs.spare(args.target.files_read())?;
    let config = match &args.config {
        Some(path) => {
            let config = ConfigArgs { path: ConfigPath(path.clone()), org: args.org.clone(), root: args.root.clone() };
            Some(host.load(&config, outputs)?.0.desired)
        }
        None => None,
    };
    let mut nothing = Desired::nothing();
    if let Some(typed) = &args.default_locale {
        nothing.settings.default_locale = typed::locale(typed)?;
    }
    let desired = config.as_ref().unwrap_or(&nothing);
    let found = with_session(&args.target, desired, host, async |connection, host| {
        let (reader, identity) = (connection.session.reader(), Identity::to_read(desired));
        let mut notes = Vec::new();
        let found = if args.system {
            system_presences(&reader, &identity, heard, &mut notes).await.map(Found::SystemPresences)
        } else {
            let api = args.target.api(desired);
            let from = From { reader: &reader, identity: &identity, api, sandbox: args.target.sandbox };
            observe(from, has_divisions, heard).await.map(|seen| {
                let Observation { target, observed, notes: more } = seen;
                notes.extend(more);
                Found::Definitions(target, list(&observed, config.as_ref(), &desired.settings.default_locale))
            })
        };
        host.show_notes(&notes);
        found
    })
    .await?;
    match (found, &args.key) {
        (Found::Definitions(target, all), Some(name)) => match find(&all, config.as_ref(), name) {
            Ok(found) => Ok(Found::Definitions(target, found)),
            Err(not_found) => Err(Problem { help: not_found.help(), ..Problem::new(not_found.message()) }.into()),
        },
        (found @ (Found::Definitions(..) | Found::SystemPresences(_)), _) => Ok(found),
    }
}

/// Needs no permission, so nothing else is read.
async fn system_presences(
    reader: &Reader,
    identity: &Identity,
    heard: &mut Heard,
    notes: &mut Vec<Problem>,
) -> Result<SystemPresences, Problem> {
    who(reader, identity, heard, notes).await?;
    let names = reader.system_presences().await?;
    Ok(SystemPresences { org: heard.org.clone(), sandbox: heard.sandbox, names })
}

fn show(found: &Found, outputs: Outputs<TableFormat>, host: &mut Host<'_>) -> Exit {
    let view = |format: TableFormat, style: Style| match (format, found) {
        (TableFormat::Human, Found::Definitions(target, it)) => listing::human(it, target, style),
        (TableFormat::Json, Found::Definitions(target, it)) => json::write(&json::DefinitionsV1::of(it, target)),
        (TableFormat::Csv, Found::Definitions(_, it)) => listing::definitions_csv(it),
        (TableFormat::Human, Found::SystemPresences(it)) => listing::system_presences(it, style),
        (TableFormat::Json, Found::SystemPresences(it)) => json::write(&json::SystemPresencesV1::of(it)),
        (TableFormat::Csv, Found::SystemPresences(it)) => listing::system_presences_csv(it),
    };
    let stdout = view(outputs.on_stdout, host.style_out());
    host.write(outputs, &stdout, &|format| view(format, Style::PLAIN), Exit::Success)
}

//! `presencectl show`.

use crate::cli::{ConfigArgs, ConfigPath, ShowArgs, TableFormat};
use crate::client::Reader;
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::selection;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::observed::Target;
use crate::model::problem::{KnownOrg, Problem};
use crate::ops::identity::{Identity, verify_identity};
use crate::ops::observe::{From, Observation, has_divisions, observe};
use crate::ops::show::listing::{Listing, SystemPresences};
use crate::ops::show::{find, list};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::listing;

/// Shows the definitions of an org, or its system presences.
pub async fn run(args: &ShowArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, Some(&args.target))?;
    let config = match &args.config {
        Some(path) => {
            let config = ConfigArgs { path: ConfigPath(path.clone()), org: args.org.clone(), root: args.root.clone() };
            Some(run.load(&config)?.0.desired)
        }
        None => None,
    };
    let mut nothing = Desired::nothing();
    if let Some(typed) = &args.default_locale {
        nothing.settings.default_locale = selection::locale(typed)?;
    }
    let desired = config.as_ref().unwrap_or(&nothing);
    let connection = run.connect(&args.target, desired).await?;
    let (reader, identity) = (connection.session.reader(), Identity::to_read(desired));
    let mut notes = Vec::new();
    let found = if args.system {
        system_presences(&reader, &identity, &mut run.known_org, &mut notes).await.map(Found::SystemPresences)
    } else {
        let api = args.target.api(desired);
        let from = From { reader: &reader, identity: &identity, api, sandbox: args.target.sandbox };
        observe(from, has_divisions, &mut run.known_org).await.map(|seen| {
            let Observation { target, observed, notes: more } = seen;
            notes.extend(more);
            Found::Definitions(target, list(&observed, config.as_ref(), &desired.settings.default_locale))
        })
    };
    run.host.show_notes(&notes);
    let found = match (found?, &args.key) {
        (Found::Definitions(target, all), Some(name)) => match find(&all, config.as_ref(), name) {
            Ok(found) => Found::Definitions(target, found),
            Err(not_found) => {
                return Err(Problem { help: not_found.help(), ..Problem::new(not_found.message()) }.into());
            }
        },
        (found @ (Found::Definitions(..) | Found::SystemPresences(_)), _) => found,
    };
    let view = |format: TableFormat, style: Style| match (format, &found) {
        (TableFormat::Human, Found::Definitions(target, it)) => listing::human(it, target, style),
        (TableFormat::Json, Found::Definitions(target, it)) => json::write(&json::DefinitionsV1::of(it, target)),
        (TableFormat::Csv, Found::Definitions(_, it)) => listing::definitions_csv(it),
        (TableFormat::Human, Found::SystemPresences(it)) => listing::system_presences(it, style),
        (TableFormat::Json, Found::SystemPresences(it)) => json::write(&json::SystemPresencesV1::of(it)),
        (TableFormat::Csv, Found::SystemPresences(it)) => listing::system_presences_csv(it),
    };
    Ok(run.show(&view, Exit::Success))
}

enum Found {
    Definitions(Target, Listing),
    SystemPresences(SystemPresences),
}

/// This needs no permission, so nothing else is read.
async fn system_presences(
    reader: &Reader,
    identity: &Identity,
    known_org: &mut KnownOrg,
    notes: &mut Vec<Problem>,
) -> Result<SystemPresences, Problem> {
    verify_identity(reader, identity, known_org, notes).await?;
    let names = reader.system_presences().await?;
    Ok(SystemPresences { org: known_org.org.clone(), sandbox: known_org.sandbox, names })
}

//! `presencectl user get`.

use crate::cli::{TableFormat, UserGetArgs};
use crate::client::{ApiError, Session};

use crate::commands::context::conversation::with_session;
use crate::commands::context::host::{Failure, Host};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::Run;
use crate::commands::users;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::generation::{ApiChoice, Generation};
use crate::model::observed::Target;
use crate::model::problem::{Heard, Problem};
use crate::model::user::{PresenceSource, UserId};
use crate::ops::identity::{Identity, who};
use crate::ops::observe::definitions;
use crate::ops::users::get;
use crate::ops::users::listing::UserListing;
use crate::ops::users::wishes::distinct;
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::users as view;

pub async fn run(args: &UserGetArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::unrecorded(&args.target, &args.outputs, host) {
        Ok(mut run) => {
            let read = read(args, &mut run, host).await;
            run.close(read, host, |(listing, target), run, host| show(&listing, &target, run.outputs, host))
        }
        Err(exit) => exit,
    }
}

async fn read(
    args: &UserGetArgs,
    run: &mut Run<TableFormat>,
    host: &mut Host<'_>,
) -> Result<(UserListing, Target), Failure> {
    let Run { outputs, heard, .. } = run;
    outputs.spare(args.target.files_read().iter().chain(users::files(&args.who)))?;
    let source = users::source(&args.source)?;
    let users = distinct(users::entries(&args.who, host.terminal)?);
    let desired = users::config(&args.config, outputs, host)?;
    with_session(&args.target, &desired, host, async |connection, host| {
        let (session, api) = (&connection.session, args.target.api(&desired));
        let mut notes = Vec::new();
        let read = of_org(session, &desired, (source, users), api, heard, &mut notes).await;
        host.show_notes(&notes);
        Ok(read?)
    })
    .await
}

/// Readers are all that this command has: it cannot write.
async fn of_org(
    session: &Session,
    desired: &Desired,
    (source, users): (PresenceSource, Vec<UserId>),
    api: ApiChoice,
    heard: &mut Heard,
    notes: &mut Vec<Problem>,
) -> Result<(UserListing, Target), Problem> {
    let reader = session.reader();
    who(&reader, &Identity::to_read(desired), heard, notes).await?;
    let (generation, definitions) = match definitions(&reader, api).await {
        Ok((generation, listed)) => (generation, listed.definitions),
        Err(error) => {
            notes.push(nameless(error));
            let generation = match api {
                ApiChoice::Only(generation) => generation,
                ApiChoice::Auto => Generation::First,
            };
            (generation, Vec::new())
        }
    };
    let found = get::look(&session.user_reader(), &users, &source).await;
    let found = users.into_iter().zip(found).collect();
    let listing = UserListing::new(source, found, &definitions, desired.settings.default_locale.clone());
    Ok((listing, Target { org: heard.org.clone(), sandbox: heard.sandbox, generation }))
}

fn nameless(error: ApiError) -> Problem {
    let problem = Problem::from(error);
    let message =
        format!("presences are shown by their ids, since the definitions could not be read: {}", problem.message);
    Problem { message, ..problem }
}

fn show(listing: &UserListing, target: &Target, outputs: Outputs<TableFormat>, host: &mut Host<'_>) -> Exit {
    let view = |format: TableFormat, style: Style| match format {
        TableFormat::Human => view::listing(listing, target, style),
        TableFormat::Json => json::write(&json::UsersV1::of(listing, target)),
        TableFormat::Csv => view::listing_csv(listing),
    };
    let exit = if listing.is_whole() { Exit::Success } else { Exit::Failure };
    let stdout = view(outputs.on_stdout, host.style_out());
    host.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}

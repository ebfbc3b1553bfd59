//! `presencectl user get`.

use crate::cli::{TableFormat, UserGetArgs};
use crate::client::{ApiError, Session};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::users;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::generation::{ApiChoice, Generation};
use crate::model::observed::Target;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::user::{PresenceSource, UserId};
use crate::ops::identity::{Identity, verify_identity};
use crate::ops::observe::definitions;
use crate::ops::users::assignments::distinct;
use crate::ops::users::get;
use crate::ops::users::listing::UserListing;
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::users as view;

/// Shows the presences of users.
pub async fn run(args: &UserGetArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, Some(&args.target))?;
    run.outputs.spare(users::files(&args.who))?;
    let source = users::source(&args.source)?;
    let users = distinct(users::entries(&args.who, run.host.terminal)?);
    let desired = users::config(&args.config, run)?;
    let connection = run.connect(&args.target, &desired).await?;
    let (session, api) = (&connection.session, args.target.api(&desired));
    let mut notes = Vec::new();
    let read = of_org(session, &desired, (source, users), api, &mut run.known_org, &mut notes).await;
    run.host.show_notes(&notes);
    let (listing, target) = read?;
    let view = |format: TableFormat, style: Style| match format {
        TableFormat::Human => view::listing(&listing, &target, style),
        TableFormat::Json => json::write(&json::UsersV1::of(&listing, &target)),
        TableFormat::Csv => view::listing_csv(&listing),
    };
    let exit = if listing.is_whole() { Exit::Success } else { Exit::Failure };
    Ok(run.show(&view, exit))
}

/// It only receives readers, so it cannot write.
async fn of_org(
    session: &Session,
    desired: &Desired,
    (source, users): (PresenceSource, Vec<UserId>),
    api: ApiChoice,
    known_org: &mut KnownOrg,
    notes: &mut Vec<Problem>,
) -> Result<(UserListing, Target), Problem> {
    let reader = session.reader();
    verify_identity(&reader, &Identity::to_read(desired), known_org, notes).await?;
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
    let found = get::read(&session.user_reader(), &users, &source).await;
    let found = users.into_iter().zip(found).collect();
    let listing = UserListing::new(source, found, &definitions, desired.settings.default_locale.clone());
    Ok((listing, Target { org: known_org.org.clone(), sandbox: known_org.sandbox, generation }))
}

fn nameless(error: ApiError) -> Problem {
    let problem = Problem::from(error);
    let message =
        format!("presences are shown by their ids, since the definitions could not be read: {}", problem.message);
    Problem { message, ..problem }
}

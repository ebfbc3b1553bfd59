//! `presencectl user set`.

use crate::cli::{TableFormat, UserSetArgs};
use crate::commands::context::failure::Failure;
use crate::commands::context::host::nobody_to_ask;
use crate::commands::context::progress::Count;
use crate::commands::context::run::Run;
use crate::commands::users;
use crate::host::exit::Exit;
use crate::host::stop::Stop;
use crate::model::names::Locale;
use crate::model::observed::{Observed, Target};
use crate::model::problem::Problem;
use crate::model::text;
use crate::model::user::{PresenceSource, UserId, WantedPresence};
use crate::ops::identity::{Identity, verify_identity};
use crate::ops::observe::{definitions, odd_objects, with_other_generation};
use crate::ops::users::assignments::{Assignments, ForAll, resolve_all, wanted};
use crate::ops::users::listing::INSTEAD_OF_TEAMS;
use crate::ops::users::report::{UserReport, UserReportRow};
use crate::ops::users::resolve::{Presences, ResolvedPresence, UnresolvedPresence};
use crate::ops::users::set::{self, UserJob};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::users as view;

/// The most presences that the question names.
const PRESENCES_NAMED_MAX: usize = 5;

/// Asks for confirmation, sets the presences of users, and reports each user.
pub async fn run(args: &UserSetArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, Some(&args.target))?;
    run.outputs.spare(users::files(&args.who))?;
    let source = users::source(&args.source)?;
    can_be_set(args, &source)?;
    let trimmed = |it: &String| it.trim().to_owned();
    let for_all = ForAll { presence: args.presence.as_ref().map(trimmed), message: args.message.clone() };
    let entries = users::entries(&args.who, run.host.terminal)?;
    let wanted = wanted(entries, &for_all).map_err(|mistakes| users::wrong(&mistakes))?;
    let desired = users::config(&args.config, run)?;

    let connection = run.connect(&args.target, &desired).await?;
    let identity = Identity::to_write(&desired, args.org_id.as_deref())?.named(connection.is_remote, || {
        Problem::new("it is not known which org you mean")
            .help("give --org-id ID, or --config PATH with `org: { name: …, id: … }`; `user get` prints the id")
    })?;
    let reader = connection.session.reader();
    // The org's identity is required, so there is no note about a missing one.
    verify_identity(&reader, &identity, &mut run.known_org, &mut Vec::new()).await?;
    let api = args.target.api(&desired);
    let (generation, listed) = match definitions(&reader, api).await {
        Ok(listed) => listed,
        Err(error) => return Err(with_other_generation(&reader, api, error).await.into()),
    };
    let target = Target { org: run.known_org.org.clone(), sandbox: run.known_org.sandbox, generation };
    let observed = Observed::listed(listed, None);
    run.host.show_notes(&odd_objects(&observed));
    let presences = Presences::new(&desired, &observed);
    let Assignments { resolved, users } =
        resolve_all(&wanted, &presences, args.primary).map_err(|wrong| unresolved(&wrong))?;
    let default_locale = desired.settings.default_locale.clone();
    if !args.yes {
        let before = view::in_words(&resolved, &default_locale);
        let question = format!("{before}{}", question(&users, &resolved, &default_locale, &target));
        run.host.approved(&question, || nobody_to_ask("give --yes if it was already approved, as in a script"))?;
    }

    let (sender, stop) = Stop::new();
    let count = Count::new(run.host.terminal, run.host.environment.tells_in_lines(), users.len());
    let job = UserJob { assignments: &users, source: &source, only_from: None };
    run.host.signals.tell(sender);
    let outcomes = set::run(&connection.session, job, &stop, &|_, _| count.one()).await;
    run.host.signals.end_at_once();
    count.end();
    let rows = users.into_iter().zip(outcomes).map(|((user, wanted), outcome)| UserReportRow { user, wanted, outcome });
    let report = UserReport { source, resolved, rows: rows.collect(), interrupted: stop.asked(), default_locale };
    let exit = Exit::after(report.interrupted, report.is_success());
    let view = |format: TableFormat, style: Style| match format {
        TableFormat::Human => view::report(&report, &target, style),
        TableFormat::Json => json::write(&json::UserReportV1::of(&report, &target)),
        TableFormat::Csv => view::report_csv(&report),
    };
    Ok(run.show(&view, exit))
}

/// Combinations that the platform or the input does not allow.
fn can_be_set(args: &UserSetArgs, source: &PresenceSource) -> Result<(), Problem> {
    if *source == PresenceSource::Teams {
        return Err(Problem::new("presences of Microsoft Teams can only be read").help(INSTEAD_OF_TEAMS));
    }
    if args.primary && source.is_registered() {
        let no =
            "--primary is not for a registered source: Genesys Cloud sets these in bulk only, and that cannot do it";
        return Err(Problem::new(no)
            .help("leave --primary away, and choose the primary source in the admin pages; nothing was written"));
    }
    if users::from_stdin(&args.who) && !args.yes {
        return Err(Problem::new("standard input holds the users, so presencectl cannot ask; nothing was written")
            .help("give --yes, or the users in a file"));
    }
    Ok(())
}

/// The question: how many users, in which org, and the presence.
fn question(
    wanted: &[(UserId, WantedPresence)],
    meant: &[ResolvedPresence],
    default_locale: &Locale,
    target: &Target,
) -> String {
    let org = target.org.as_ref().map_or_else(String::new, |org| format!("{} ({})", org.name, org.id));
    let name = |it: &ResolvedPresence| {
        it.definition.name(default_locale).map_or(it.definition.id.as_str(), |it| it.as_str()).to_owned()
    };
    // Two names of one presence count once.
    let mut distinct: Vec<&ResolvedPresence> = Vec::new();
    for it in meant {
        if !distinct.iter().any(|other| other.definition.id == it.definition.id) {
            distinct.push(it);
        }
    }
    let to = match distinct.as_slice() {
        [one] => format!(" to {}", text::ticked(name(one))),
        several if several.len() > PRESENCES_NAMED_MAX => format!(" to {} presences", several.len()),
        several => {
            let count = |it: &ResolvedPresence| {
                wanted.iter().filter(|(_, wanted)| wanted.definition == it.definition.id).count()
            };
            let each: Vec<String> =
                several.iter().map(|it| format!("{} to {}", count(it), text::ticked(name(it)))).collect();
            format!(": {}", text::list(&each, "and"))
        }
    };
    format!(
        "\nSet the presence of {} in {}{}",
        text::count(wanted.len(), "user"),
        text::terminal(&org),
        text::terminal(&to)
    )
}

/// Every presence that was not found, in one problem.
fn unresolved(wrong: &[UnresolvedPresence]) -> Problem {
    let messages: Vec<String> = wrong.iter().map(UnresolvedPresence::message).collect();
    let mut help: Vec<String> = wrong.iter().map(UnresolvedPresence::help).collect();
    help.dedup();
    Problem::new(format!("{}; nothing was written", messages.join("; "))).help(help.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::generation::Generation;
    use crate::model::names::{DefinitionId, Label, OrgId, SystemPresence};
    use crate::model::observed::{Definition, Organization, Primary};
    use crate::ops::users::resolve::ResolvedBy;

    fn meant(label: &str) -> ResolvedPresence {
        let definition = Definition {
            id: DefinitionId::new(label).unwrap(),
            system_presence: SystemPresence::new("Meal").unwrap(),
            labels: [(Locale::new("en_US"), Label::new(label))].into_iter().collect(),
            deactivated: false,
            primary: Primary::No,
            division: None,
            modified: None,
        };
        ResolvedPresence { typed: label.to_owned(), by: ResolvedBy::Label, definition }
    }

    #[test]
    fn the_question_names_the_count_the_org_and_the_presences() {
        let org = Organization { id: OrgId::new("org-1").unwrap(), name: "Acme \u{1b}Prod".to_owned() };
        let target = Target { org: Some(org), sandbox: false, generation: Generation::First };
        let asked = |counts: &[(&str, usize)]| {
            let all: Vec<ResolvedPresence> = counts.iter().map(|(label, _)| meant(label)).collect();
            let wanted = |it: &ResolvedPresence| WantedPresence {
                definition: it.definition.id.clone(),
                message: None,
                primary: false,
            };
            let wanted = all.iter().zip(counts).flat_map(|(it, (_, count))| vec![wanted(it); *count]);
            let wanted: Vec<_> = wanted.map(|it| (UserId::new("u1").unwrap(), it)).collect();
            question(&wanted, &all, &Locale::new("en_US"), &target)
        };
        let begin = |users: &str| format!("\nSet the presence of {users} in Acme \\x1BProd (org-1)");
        assert_eq!(asked(&[("Lunch", 37)]), format!("{} to `Lunch`", begin("37 users")));
        assert_eq!(
            asked(&[("Lunch", 1), ("Tea\u{202E}", 2)]),
            format!("{}: 1 to `Lunch` and 2 to `Tea\\u202E`", begin("3 users"))
        );
        let same = question(&[], &[meant("Lunch"), meant("Lunch")], &Locale::new("en_US"), &target);
        assert_eq!(same, format!("{} to `Lunch`", begin("0 users")));
        let many = ["a", "b", "c", "d", "e", "f"].map(|it| (it, 1));
        assert_eq!(asked(&many), format!("{} to 6 presences", begin("6 users")));
    }
}

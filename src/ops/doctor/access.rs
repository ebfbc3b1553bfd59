//! The checks of what the credentials open: which org it is, what it serves, and what its client may do.

use crate::client::{ApiError, ApiErrorKind, TrialRemoval};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::observed::Organization;
use crate::model::text;
use crate::ops::doctor::check::{Check, Health};
use crate::ops::doctor::facts::{ConfigFact, CredentialsFact, DoctorAnswer, Facts, MeantOrg};

/// The name of the check of who the org is.
pub const ORG: &str = "org";
/// The permission that reading definitions needs (docs/platform.md, "Operations and permissions").
const VIEW: &str = "presence:presenceDefinition:view";

pub fn checks(facts: &Facts) -> Vec<Check> {
    let used = used(facts);
    let mut checks = vec![
        org(facts),
        served("api-v1", Generation::First, facts),
        served("api-v2", Generation::Second, facts),
        view(facts, used),
        usage(&facts.answers.usage),
    ];
    checks.extend(divisions(&facts.answers.divisions));
    checks.push(write(facts));
    checks
}

/// The generation that a plan would speak.
fn used(facts: &Facts) -> Generation {
    match facts.wanted {
        ApiChoice::Only(generation) => generation,
        ApiChoice::Auto if is_not_served(&facts.answers.first) => Generation::Second,
        ApiChoice::Auto => Generation::First,
    }
}

fn is_not_served(answer: &DoctorAnswer<usize>) -> bool {
    matches!(answer, DoctorAnswer::Refused(ApiError { kind: ApiErrorKind::NotServed(_), .. }))
}

/// With the words, the help and the id of a failure.
fn refused(name: &'static str, health: Health, error: &ApiError) -> Check {
    Check {
        name,
        health,
        said: error.to_string(),
        help: Some(error.help()),
        correlation_id: error.about.correlation_id.clone(),
    }
}

fn org(facts: &Facts) -> Check {
    const NAME: &str = ORG;
    let org = match &facts.answers.org {
        DoctorAnswer::Given(org) => org,
        DoctorAnswer::NotAsked => return Check::not_known(NAME, "it was not asked who it is"),
        DoctorAnswer::Refused(error) => return refused(NAME, Health::Failed, error),
    };
    let Organization { id, name } = org;
    // Its id is made up: nothing is to be written because of it.
    if facts.credentials == CredentialsFact::Sandbox {
        return Check::good(NAME, format!("{name}, simulated by the sandbox", name = text::ticked(name)));
    }
    let is = format!("{name} ({id})", name = text::ticked(name));
    let meant = match &facts.config {
        ConfigFact::Valid { meant, .. } => meant,
        ConfigFact::Absent => return Check::good(NAME, is),
        ConfigFact::Broken { .. } => {
            return Check::not_known(NAME, format!("{is}; whether the config means it is not known"));
        }
    };
    match meant {
        MeantOrg::Named { name: _, id: Some(meant) } if meant == id => {
            Check::good(NAME, format!("{is}, as the config says"))
        }
        MeantOrg::Named { name: meant, id: Some(meant_id) } => Check::failed(
            NAME,
            format!(
                "these credentials are for {is}, and the config is for {meant} ({meant_id})",
                meant = text::ticked(meant)
            ),
        )
        .help("use the credentials of the org that you mean, or correct `org.id`"),
        MeantOrg::Named { name: meant, id: None } => Check::warning(
            NAME,
            format!("{is}; the config calls its org {meant} and does not say its id", meant = text::ticked(meant)),
        )
        .help(format!("write `id: {id}` below `org`, so that nothing is ever applied to another org")),
        MeantOrg::Unnamed => Check::warning(NAME, format!("{is}; the config does not say which org it is for")).help(
            format!("write `org: {{ name: …, id: {id} }}` into it, so that nothing is ever applied to another org"),
        ),
        MeantOrg::OneOf(names) => {
            let names: Vec<String> = names.iter().map(text::ticked).collect();
            Check::not_known(NAME, format!("{is}; the config is for {}", text::list(&names, "and")))
                .help("give --org NAME to compare it with one of them")
        }
        MeantOrg::Unknown { .. } => Check::not_known(NAME, format!("{is}; no org of the config is meant")),
    }
}

/// Whether a generation is there, and whether a plan that uses it could read it.
fn served(name: &'static str, generation: Generation, facts: &Facts) -> Check {
    let (answer, other) = match generation {
        Generation::First => (&facts.answers.first, &facts.answers.second),
        Generation::Second => (&facts.answers.second, &facts.answers.first),
    };
    let is_used = generation == used(facts);
    let role = if is_used { "it is used" } else { "it is not used" };
    match answer {
        DoctorAnswer::NotAsked => Check::not_known(name, "it was not asked for"),
        DoctorAnswer::Given(count) => {
            Check::good(name, format!("answers, with {}; {role}", text::count(*count, "definition")))
        }
        // A plan would end here, as it asks the other one only if this one is not served.
        DoctorAnswer::Refused(error @ ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }) if is_used => {
            let check = refused(name, Health::Failed, error);
            match other {
                DoctorAnswer::Given(_) => {
                    let other = generation.other();
                    let help = format!("{}; or give `--api {other}`, which this client may read", error.help());
                    check.help(help)
                }
                DoctorAnswer::NotAsked | DoctorAnswer::Refused(_) => check,
            }
        }
        DoctorAnswer::Refused(ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }) => {
            Check::good(name, format!("is there, and shows nothing to this client; {role}"))
        }
        DoctorAnswer::Refused(ApiError { kind: ApiErrorKind::NotServed(_), .. }) if !is_used => {
            Check::good(name, "the org does not serve it; it is not used")
        }
        DoctorAnswer::Refused(error) if is_used && facts.wanted == ApiChoice::Auto && is_not_served(answer) => {
            let none = ApiError { kind: ApiErrorKind::NoneServed, ..error.clone() };
            refused(name, Health::Failed, &none)
        }
        DoctorAnswer::Refused(error) if is_used => refused(name, Health::Failed, error),
        DoctorAnswer::Refused(error) => refused(name, Health::NotKnown, error),
    }
}

fn view(facts: &Facts, used: Generation) -> Check {
    const NAME: &str = "view";
    let lists = match used {
        Generation::First => &facts.answers.first,
        Generation::Second => &facts.answers.second,
    };
    // By `v1` a plan works without it.
    let health = if matches!(lists, DoctorAnswer::Given(_)) { Health::Warning } else { Health::Failed };
    let forbidden = |error: &ApiError| refused(NAME, health, error);
    match (&facts.answers.second, &facts.answers.one) {
        (DoctorAnswer::Refused(error @ ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }), _)
        | (_, DoctorAnswer::Refused(error @ ApiError { kind: ApiErrorKind::Forbidden { .. }, .. })) => forbidden(error),
        (DoctorAnswer::Given(_), _) | (_, DoctorAnswer::Given(())) => {
            Check::good(NAME, format!("the client has {VIEW}"))
        }
        (DoctorAnswer::NotAsked | DoctorAnswer::Refused(_), DoctorAnswer::NotAsked | DoctorAnswer::Refused(_)) => {
            match lists {
                DoctorAnswer::Refused(error @ ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }) => {
                    forbidden(error)
                }
                DoctorAnswer::NotAsked | DoctorAnswer::Given(_) | DoctorAnswer::Refused(_) => {
                    Check::not_known(NAME, format!("nothing was read that needs {VIEW}"))
                }
            }
        }
    }
}

fn usage(answer: &DoctorAnswer<()>) -> Check {
    const NAME: &str = "usage";
    match answer {
        DoctorAnswer::NotAsked => Check::not_known(NAME, "who is on a definition was not asked"),
        DoctorAnswer::Given(()) => Check::good(NAME, "the client may read who is on a definition now"),
        DoctorAnswer::Refused(error @ ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }) => {
            let check = refused(NAME, Health::Warning, error);
            check.help(
                "without it `--usage` reads \"not known\", `limits.activeUsers` refuses, and `retire` stops: give a role of \
                 the OAuth client the permission that the answer names, usually analytics:userObservation:view",
            )
        }
        DoctorAnswer::Refused(error) => refused(NAME, Health::NotKnown, error),
    }
}

/// Only of a config that names one.
fn divisions(answer: &DoctorAnswer<usize>) -> Option<Check> {
    const NAME: &str = "divisions";
    match answer {
        DoctorAnswer::NotAsked => None,
        DoctorAnswer::Given(count) => {
            Some(Check::good(NAME, format!("the client sees {}", text::count(*count, "division"))))
        }
        DoctorAnswer::Refused(error) => {
            Some(refused(NAME, Health::Failed, error).help(
                "the config names a division: write its id in place of the name, or let the client list divisions",
            ))
        }
    }
}

/// No known operation lists a client's permissions. With `--try-writes` the requests are of a kind that cannot write.
fn write(facts: &Facts) -> Check {
    const NAME: &str = "write";
    const ROLES: &str = "in the org's admin pages, look at the OAuth client's roles: a client for plans needs \
                         presence:presenceDefinition:view and no :add, :edit or :delete, or the scope presence:readonly";
    if facts.credentials == CredentialsFact::Sandbox {
        return Check::good(NAME, "the sandbox's client may do everything, and nothing there is real");
    }
    match &facts.answers.removal {
        DoctorAnswer::NotAsked => {
            Check::not_known(NAME, "only a write can show whether this client may write").help(format!(
                "`--try-write` asks the org to remove a definition that does not exist, which changes nothing; or \
                 {ROLES}"
            ))
        }
        DoctorAnswer::Given(TrialRemoval::Allowed) => {
            Check::warning(NAME, "this client could write: the org does not forbid it to remove a definition")
                .help(format!("that is right for a client that applies; for one that plans, {ROLES}"))
        }
        DoctorAnswer::Given(TrialRemoval::Forbidden) => Check::not_known(
            NAME,
            "the org forbids this client to remove a definition; it is not known whether it may add or edit",
        )
        .help(ROLES),
        DoctorAnswer::Refused(error) => refused(NAME, Health::NotKnown, error),
    }
}

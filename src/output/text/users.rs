//! The presences of users and the results of setting them, for people and as CSV.

use std::fmt::Write as _;

use crate::model::names::Locale;
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::text;
use crate::model::user::{OutOfOffice, UserPresence};
use crate::ops::users::listing::{UserFound, UserListing, UserListingRow};
use crate::ops::users::report::{self, UserOutcome, UserReport};
use crate::ops::users::resolve::{ResolvedBy, ResolvedPresence};
use crate::output::csv::records;
use crate::output::outcome::{self, OutcomeWords};
use crate::output::style::{Style, Tone};
use crate::output::summary::{not_done, target_line};
use crate::output::table::{self, TableColumn};
use crate::output::text::problem::explained;

/// Shown if the org has no value.
const NOT_KNOWN: &str = "not known";

pub fn listing(listing: &UserListing, target: &Target, style: Style) -> String {
    let mut shown = format!("{}\nSource: {}\n\n", target_line(target), text::terminal(listing.source.as_str()));
    let columns: [TableColumn<'_, UserListingRow>; 6] = [
        ("User", &|row| row.user.to_string()),
        ("Presence", &|row| presence(row, listing)),
        ("System presence", &|row| system_presence(row, listing)),
        ("Since", &|row| since(row)),
        ("Primary source", &|row| seen(row).and_then(|it| it.primary).map_or("", |it| yes_or_no(Some(it))).to_owned()),
        ("Message", &|row| message(row)),
    ];
    shown.push_str(&table::rows(&columns, &listing.rows, style));
    // A reason that several users share is shown once, below.
    let mut told: Vec<Problem> = Vec::new();
    for cause in listing.rows.iter().filter_map(|row| row.found.why(&listing.source)) {
        if !told.contains(&cause) {
            told.push(cause);
        }
    }
    for cause in &told {
        let _ = write!(shown, "\n{}", explained(cause, "", style));
    }
    let missing = listing.rows.iter().filter(|row| !matches!(row.found, UserFound::On(_))).count();
    let count = text::count(listing.rows.len(), "user");
    let sum =
        if missing == 0 { format!("{count}.") } else { format!("{count}, {missing} without a presence to show.") };
    let head = if missing == 0 { style.good(&sum) } else { style.bad(&sum) };
    let _ = writeln!(shown, "\n{head}");
    shown
}

fn seen(row: &UserListingRow) -> Option<&UserPresence> {
    match &row.found {
        UserFound::On(presence) => Some(presence),
        UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone | UserFound::Failed(_) => None,
    }
}

fn presence(row: &UserListingRow, listing: &UserListing) -> String {
    let Some(seen) = seen(row) else { return in_brief(&row.found).to_owned() };
    let label = listing.label(row).map_or_else(|| seen.definition.to_string(), ToString::to_string);
    let deactivated = row.definition.as_ref().is_some_and(|it| it.deactivated);
    if deactivated { format!("{label} (deactivated)") } else { label }
}

fn system_presence(row: &UserListingRow, listing: &UserListing) -> String {
    listing.system_presence(row).map(ToString::to_string).unwrap_or_default()
}

fn since(row: &UserListingRow) -> String {
    seen(row).and_then(|it| it.since.clone()).unwrap_or_default()
}

fn message(row: &UserListingRow) -> String {
    let Some(seen) = seen(row) else { return String::new() };
    let said = [seen.message.clone(), out_of_office_in_words(&seen.out_of_office)];
    said.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn in_brief(found: &UserFound) -> &'static str {
    match found {
        UserFound::On(_) => "",
        UserFound::NotShown => "not shown by the org",
        UserFound::NoTeams | UserFound::TeamsGone => "nothing of Microsoft Teams",
        UserFound::Failed(_) => "could not be read",
    }
}

fn yes_or_no(known: Option<bool>) -> &'static str {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => NOT_KNOWN,
    }
}

/// The current out-of-office time, or the first one.
fn out_of_office_in_words(times: &[OutOfOffice]) -> Option<String> {
    let OutOfOffice { active, from, to } = times.iter().find(|it| it.active == Some(true)).or(times.first())?;
    let what = if *active == Some(false) { "out of office (not now)" } else { "out of office" };
    let from = from.as_ref().map_or_else(String::new, |it| format!(" from {it}"));
    let to = to.as_ref().map_or_else(String::new, |it| format!(" to {it}"));
    Some(format!("{what}{from}{to}"))
}

/// The presences of users for spreadsheets. `user set --from` reads it.
pub fn listing_csv(listing: &UserListing) -> String {
    let columns: [TableColumn<'_, UserListingRow>; 9] = [
        ("id", &|row| row.user.to_string()),
        ("result", &|row| row.found.code().to_owned()),
        ("presence", &|row| listing.label(row).map(ToString::to_string).unwrap_or_default()),
        ("presenceId", &|row| seen(row).map(|it| it.definition.to_string()).unwrap_or_default()),
        ("systemPresence", &|row| system_presence(row, listing)),
        ("since", &|row| since(row)),
        ("primarySource", &|row| seen(row).map_or("", |it| yes_or_no(it.primary)).to_owned()),
        ("message", &|row| seen(row).and_then(|it| it.message.clone()).unwrap_or_default()),
        ("reason", &|row| row.found.why(&listing.source).map(|it| it.message).unwrap_or_default()),
    ];
    records(&columns, &listing.rows)
}

/// The words for the result of a user.
fn said(outcome: &UserOutcome) -> OutcomeWords {
    let (place, words, tone) = match outcome {
        UserOutcome::Done => (0, "done", Tone::Good),
        UserOutcome::AlreadyInPlace => (1, "already so", Tone::Good),
        UserOutcome::Elsewhere(_) => (2, "gone already", Tone::Good),
        UserOutcome::NotShown => (3, "not shown", Tone::Bad),
        UserOutcome::Differs(_) => (4, "different", Tone::Bad),
        UserOutcome::Failed(_) => (5, "failed", Tone::Bad),
        UserOutcome::Skipped => (6, "skipped", Tone::Open),
        UserOutcome::Unknown(_) => (7, "unknown", Tone::Bad),
    };
    OutcomeWords { place, words, tone }
}

/// The resolved presences, a line each.
pub fn in_words(all: &[ResolvedPresence], default_locale: &Locale) -> String {
    let mut shown = String::new();
    for ResolvedPresence { typed, by, definition } in all {
        let by = match by {
            ResolvedBy::Key => "the key",
            ResolvedBy::Id => "the id",
            ResolvedBy::Label => "a label",
        };
        let name = definition
            .name(default_locale)
            .map_or_else(|| text::terminal(definition.id.as_str()).to_string(), |label| text::quoted(label.as_str()));
        // Writing to a String cannot fail.
        let _ = writeln!(
            shown,
            "Presence: `{}` is {by} of {name} ({}, {})",
            text::terminal(typed),
            text::terminal(definition.system_presence.as_str()),
            text::terminal(definition.id.as_str())
        );
    }
    shown
}

/// The results for people: a line per user, with details below it if it was not done.
pub fn report(report: &UserReport, target: &Target, style: Style) -> String {
    let UserReport { source, resolved: presences, rows, interrupted, default_locale } = report;
    let mut shown = format!("{}\nSource: {}\n", target_line(target), text::terminal(source.as_str()));
    shown.push_str(&in_words(presences, default_locale));
    shown.push('\n');
    for (index, it) in rows.iter().enumerate() {
        shown.push_str(&row(it, report, style));
        // A reason that consecutive users share is shown once, below the last of them.
        if rows.get(index + 1).is_none_or(|next| next.outcome != it.outcome) {
            shown.push_str(&why(&it.outcome, report, style));
        }
    }
    shown.push('\n');
    shown.push_str(&outcome::interrupted(*interrupted, style));
    shown.push_str(&sum(report, style));
    shown
}

fn row(row: &report::UserReportRow, report: &UserReport, style: Style) -> String {
    let report::UserReportRow { user, wanted, outcome } = row;
    let OutcomeWords { place: _, words, tone } = said(outcome);
    let padding = " ".repeat(12usize.saturating_sub(words.len()));
    let words = style.toned(tone, words);
    let label = report.resolved(&wanted.definition).and_then(|it| it.definition.name(&report.default_locale));
    let presence = label
        .map_or_else(|| text::terminal(wanted.definition.as_str()).to_string(), |label| text::quoted(label.as_str()));
    format!("  {words} {padding}{user} to {presence}\n")
}

fn why(outcome: &UserOutcome, report: &UserReport, style: Style) -> String {
    const INDENT: &str = "      ";
    let Some(cause) = outcome.why(&report.source) else { return String::new() };
    let mut shown = explained(&cause, INDENT, style);
    if matches!(outcome, UserOutcome::Unknown(_)) {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "{INDENT}whether it was set is not known; running it again is safe");
    }
    shown
}

fn sum(report: &UserReport, style: Style) -> String {
    let rows = &report.rows;
    let counts = outcome::counted(rows.iter().map(|row| said(&row.outcome)));
    let missing = rows.iter().filter(|row| !row.outcome.is_success()).count();
    let verdict =
        if missing == 0 { String::new() } else { format!(" {}.", not_done(missing, &text::count(rows.len(), "user"))) };
    let head = if report.is_success() { style.good("Users:") } else { style.bad("Users:") };
    format!("{head} {counts}.{verdict}\n")
}

pub fn report_csv(report: &UserReport) -> String {
    let label = |row: &report::UserReportRow| {
        let meant = report.resolved(&row.wanted.definition)?;
        meant.definition.name(&report.default_locale).map(ToString::to_string)
    };
    let columns: [TableColumn<'_, report::UserReportRow>; 6] = [
        ("id", &|row| row.user.to_string()),
        ("outcome", &|row| row.outcome.code().to_owned()),
        ("presence", &|row| label(row).unwrap_or_default()),
        ("presenceId", &|row| row.wanted.definition.to_string()),
        ("message", &|row| row.wanted.message.clone().unwrap_or_default()),
        ("reason", &|row| row.outcome.why(&report.source).map(|it| it.message).unwrap_or_default()),
    ];
    records(&columns, &report.rows)
}

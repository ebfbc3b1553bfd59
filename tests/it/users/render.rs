//! Users and reports about them as people, spreadsheets and machines read them: whole.

use insta::assert_snapshot;
use presencectl::host::stop::Signal;
use presencectl::model::names::{DefinitionId, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Target};
use presencectl::model::problem::Problem;
use presencectl::model::user::{OutOfOffice, PresenceSource, UserId, UserPresence, WantedPresence};
use presencectl::ops::users::listing::{UserFound, UserListing};
use presencectl::ops::users::report::{UserOutcome, UserReport, UserReportRow};
use presencectl::ops::users::resolve::{ResolvedBy, ResolvedPresence};
use presencectl::output::json;
use presencectl::output::json::users::{UserReportV1, UsersV1};
use presencectl::output::style::Style;
use presencectl::output::text::users as view;
use serde_json::Value;

use super::user;
use crate::paper::{id, object, target};
use crate::render::{complaints, in_step, parsed};

fn cause() -> Problem {
    Problem {
        message: "`GET /api/v2/users` was answered with 403: \u{1b}[2Jno".to_owned(),
        help: Some("ask a person".to_owned()),
        correlation_id: Some("corr-\u{202E}1".to_owned()),
        ..Problem::default()
    }
}

fn presence(definition: &DefinitionId) -> UserPresence {
    UserPresence {
        definition: definition.clone(),
        system_presence: SystemPresence::new("Meal"),
        message: None,
        since: Some("2026-11-24T16:00:00.000Z".to_owned()),
        primary: None,
        out_of_office: Vec::new(),
    }
}

fn definitions() -> Vec<Definition> {
    vec![
        object(1, "Meal", &[("en_US", "Lunch"), ("de", "Mittag")]),
        Definition { deactivated: true, ..object(2, "Break", &[("en_US", "=HYPERLINK(\"x\")\u{200B}")]) },
        object(3, "Busy", &[("ar", "غداء")]),
    ]
}

/// A row for everything that can be found.
fn listing(source: PresenceSource) -> UserListing {
    let on = |number: usize| presence(&id(number));
    let nothing_known = UserPresence { system_presence: None, since: None, ..presence(&id(9)) };
    let active = OutOfOffice { active: Some(true), from: None, to: Some("2026-12-01T00:00:00.000Z".to_owned()) };
    let over = OutOfOffice { active: Some(false), from: Some("2026-01-01T00:00:00.000Z".to_owned()), to: None };
    let found = [
        UserFound::On(UserPresence { primary: Some(true), message: Some("back, at \"one\"".to_owned()), ..on(1) }),
        UserFound::On(UserPresence {
            primary: Some(false),
            message: Some("@SUM(1)\r\n\u{1b}[31mred".to_owned()),
            ..on(2)
        }),
        UserFound::On(UserPresence { system_presence: None, ..on(3) }),
        UserFound::On(nothing_known),
        UserFound::On(UserPresence {
            message: Some("Away".to_owned()),
            out_of_office: vec![over.clone(), active],
            ..on(1)
        }),
        UserFound::On(UserPresence { out_of_office: vec![over], ..on(1) }),
        UserFound::NotShown,
        UserFound::NoTeams,
        UserFound::TeamsGone,
        UserFound::Failed(cause()),
        UserFound::Failed(cause()),
    ];
    let found: Vec<(UserId, UserFound)> = (1..).map(user).zip(found).collect();
    UserListing::new(source, found, &definitions(), Locale::new("en_US"))
}

/// A row for every outcome.
fn report(interrupted: Option<Signal>) -> UserReport {
    let [lunch, odd, arabic]: [Definition; 3] = definitions().try_into().unwrap();
    let outcomes = [
        UserOutcome::Done,
        UserOutcome::AlreadyInPlace,
        UserOutcome::Elsewhere(presence(&id(9))),
        UserOutcome::NotShown,
        UserOutcome::NotShown,
        UserOutcome::Differs(presence(&id(9))),
        UserOutcome::Failed(cause()),
        UserOutcome::Skipped,
        UserOutcome::Unknown(cause()),
        UserOutcome::Unknown(cause()),
    ];
    let wanted = |number: usize| WantedPresence {
        definition: id(number % 3 + 1),
        message: (number == 2).then(|| "-1".to_owned()),
        primary: number == 3,
    };
    let rows = outcomes.into_iter().zip(1..);
    let meant = |typed: &str, by, definition| ResolvedPresence { typed: typed.to_owned(), by, definition };
    UserReport {
        source: PresenceSource::Platform,
        resolved: vec![
            meant("lunch", ResolvedBy::Key, lunch),
            meant("=HYPERLINK(\"x\")\u{200B}", ResolvedBy::Label, odd),
            meant(id(3).as_str(), ResolvedBy::Id, arabic),
        ],
        rows: rows
            .map(|(outcome, number)| UserReportRow { user: user(number), wanted: wanted(number), outcome })
            .collect(),
        interrupted,
        default_locale: Locale::new("en_US"),
    }
}

fn good() -> UserReport {
    let all = report(None);
    UserReport { rows: all.rows.into_iter().take(2).collect(), ..all }
}

#[test]
fn users_for_people() {
    let wide = Style { columns: 200, ..Style::PLAIN };
    assert_snapshot!("users_plain", view::listing(&listing(PresenceSource::Platform), &target(), wide));
    assert_snapshot!("users_narrow", view::listing(&listing(PresenceSource::Platform), &target(), Style::PLAIN));
    let one = UserListing {
        rows: listing(PresenceSource::Platform).rows.into_iter().take(1).collect(),
        ..listing(PresenceSource::Platform)
    };
    assert_snapshot!("users_whole", view::listing(&one, &target(), Style::COLORED));
}

#[test]
fn users_for_spreadsheets() {
    assert_snapshot!("users_csv", view::listing_csv(&listing(PresenceSource::named("src-1").unwrap())));
}

#[test]
fn users_for_machines() {
    assert_snapshot!("users_json", json::write(&json::UsersV1::of(&listing(PresenceSource::Platform), &target())));
}

#[test]
fn reports_for_people() {
    assert_snapshot!("user_report_plain", view::report(&report(Some(Signal::Terminate)), &target(), Style::PLAIN));
    assert_snapshot!("user_report_good", view::report(&good(), &target(), Style::COLORED));
}

#[test]
fn reports_for_spreadsheets() {
    assert_snapshot!("user_report_csv", view::report_csv(&report(None)));
}

#[test]
fn reports_for_machines() {
    assert_snapshot!(
        "user_report_json",
        json::write(&json::UserReportV1::of(&report(Some(Signal::Interrupt)), &target()))
    );
}

#[test]
fn nothing_hidden_reaches_people_or_machines() {
    let texts = [
        view::listing(&listing(PresenceSource::Platform), &target(), Style::PLAIN),
        json::write(&json::UsersV1::of(&listing(PresenceSource::Platform), &target())),
        view::report(&report(None), &target(), Style::PLAIN),
        json::write(&json::UserReportV1::of(&report(None), &target())),
    ];
    for text in texts {
        let hidden = text.chars().find(|c| *c != '\n' && presencectl::model::text::is_hidden(*c));
        assert_eq!(hidden, None, "{text}");
    }
}

/// The cells of a CSV.
fn cells(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().flat_map(|it| it.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn no_cell_is_a_formula() {
    for csv in [view::listing_csv(&listing(PresenceSource::Platform)), view::report_csv(&report(None))] {
        let cells = cells(&csv);
        assert!(cells.iter().any(|it| it.starts_with("'=HYPERLINK")), "the hostile label is there: {csv}");
        for cell in cells {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
            assert!(!cell.contains(|c: char| c.is_control() || presencectl::model::text::is_bidi_control(c)), "{cell}");
        }
    }
}

#[test]
fn schemas_are_in_step_and_documents_are_what_they_say() {
    in_step("users.v1.json", &json::schema::<json::UsersV1>());
    in_step("user-report.v1.json", &json::schema::<json::UserReportV1>());
    for schema in [json::schema::<json::UsersV1>(), json::schema::<json::UserReportV1>()] {
        assert!(jsonschema::meta::is_valid(&parsed(&schema)));
    }
    let nobody = Target { org: None, ..target() };
    for target in [target(), nobody] {
        let text = json::write(&json::UsersV1::of(&listing(PresenceSource::Teams), &target));
        assert_eq!(complaints(&json::schema::<json::UsersV1>(), &parsed(&text)), Vec::<String>::new());
        let read: UsersV1 = serde_json::from_str(&text).unwrap();
        assert_eq!(read.users.len(), 11);
        for report in [report(Some(Signal::Interrupt)), good()] {
            let text = json::write(&json::UserReportV1::of(&report, &target));
            assert_eq!(complaints(&json::schema::<json::UserReportV1>(), &parsed(&text)), Vec::<String>::new());
            let read: UserReportV1 = serde_json::from_str(&text).unwrap();
            assert_eq!(read.success, report.is_success());
        }
    }
    let mut document = parsed(&json::write(&json::UserReportV1::of(&good(), &target())));
    document["users"][0]["outcome"] = "fine".into();
    document["users"][1]["reason"] = Value::Null;
    assert_eq!(complaints(&json::schema::<json::UserReportV1>(), &document).len(), 2);
}

//! What a person, a spreadsheet and a machine read of a retirement.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use insta::assert_snapshot;
use presencectl::host::stop::Signal;
use presencectl::model::names::{DefinitionId, Key};
use presencectl::model::problem::Problem;
use presencectl::model::source::Sources;
use presencectl::model::usage::{Queue, Seats};
use presencectl::model::user::{UserId, UserPresence};
use presencectl::ops::apply::report::{Outcome, ReportRow};
use presencectl::ops::retire::plan::Advice;
use presencectl::ops::retire::plan::{RetireRequest, Retirement, retirement};
use presencectl::ops::retire::report::{Fate, Halt, RetireReport};
use presencectl::ops::users::report::UserOutcome as Set;
use presencectl::output::json;
use presencectl::output::style::Style;
use presencectl::output::text::retire as view;
use presencectl::plan::difference::Difference;

use crate::paper::{World, target, want};
use crate::render::{complaints, in_step, parsed};
use crate::users::user;

/// A name that would like to write its own lines.
fn world() -> World {
    World::in_step([want("coaching", "Busy", "Coach\u{1b}[2Jing"), want("meeting", "Meeting", "Team \u{202E}meeting")])
}

fn planned(world: &World) -> (Retirement, Sources) {
    let (desired, sources) = world.desired();
    let asked = RetireRequest { key: "coaching", to: "meeting", include_on_queue: false };
    (retirement(&desired, &world.observed(), asked).unwrap(), sources)
}

fn seats(off: usize, on: usize, cut: bool) -> Seats {
    let people = (1..=off).map(|it| (user(it), Queue::Off)).chain((off + 1..=off + on).map(|it| (user(it), Queue::On)));
    Seats { people: people.collect(), cut }
}

#[test]
fn plans() {
    let (plan, _) = planned(&world());
    let mut shown = String::new();
    let deactivated = {
        let mut world = world();
        world.org().deactivate("Coach\u{1b}[2Jing");
        planned(&world).0
    };
    for (off, on, cut) in [(0, 0, false), (1, 0, false), (37, 1, false), (2, 3, true), (0, 2, false)] {
        let seats = seats(off, on, cut);
        let question = view::question(&plan, &seats);
        let _ = writeln!(shown, "# {off} off queue, {on} on queue, cut: {cut}\n");
        let _ = writeln!(shown, "{}\n{question}?\n", view::plan(&plan, &seats, &target(), Style::PLAIN));
    }
    let _ =
        writeln!(shown, "# deactivated\n\n{}", view::plan(&deactivated, &seats(1, 1, false), &target(), Style::PLAIN));
    assert_snapshot!("plans", shown);
}

fn cause(message: &str) -> Problem {
    Problem {
        message: message.to_owned(),
        help: Some("ask a person".to_owned()),
        correlation_id: Some("c-\u{7}1".to_owned()),
        ..Problem::default()
    }
}

fn every_fate() -> Vec<Fate> {
    let presence = UserPresence {
        definition: DefinitionId::new("other").unwrap(),
        system_presence: None,
        message: None,
        since: None,
        primary: None,
        out_of_office: Vec::new(),
    };
    vec![
        Fate::Set(Set::Done),
        Fate::Set(Set::Done),
        Fate::Set(Set::AlreadyInPlace),
        Fate::Set(Set::Elsewhere(presence.clone())),
        Fate::LeftOnQueue(Queue::On),
        Fate::LeftOnQueue(Queue::On),
        Fate::LeftOnQueue(Queue::NotKnown),
        Fate::StillNamed,
        Fate::Set(Set::NotShown),
        Fate::Set(Set::Differs(presence)),
        Fate::Set(Set::Failed(cause("`PUT x` was answered with 400"))),
        Fate::Set(Set::Skipped),
        Fate::Set(Set::Unknown(cause("the answer was lost"))),
    ]
}

fn report(fates: Vec<Fate>, outcome: Option<Outcome>, halt: Option<Halt>) -> (RetireReport, Sources) {
    let (retirement, sources) = planned(&world());
    let definition = outcome.map(|it| {
        ReportRow::of(&retirement.step(), retirement.from.labels.name(&retirement.default_locale).cloned(), it)
    });
    let people: BTreeMap<UserId, Fate> = (1..).map(user).zip(fates).collect();
    (RetireReport { retirement, people, definition, division_unread: None, halt, interrupted: None }, sources)
}

fn human(report: &RetireReport, sources: &Sources) -> String {
    view::report(report, sources, Style::PLAIN)
}

#[test]
fn reports() {
    let mut shown = String::new();
    let mut tell = |what: &str, (report, sources): &(RetireReport, Sources)| {
        let _ = writeln!(shown, "# {what}\n\n{}", human(report, sources));
    };
    tell("every fate", &report(every_fate(), None, Some(Halt::NotMoved(3))));
    let done = || report(vec![Fate::Set(Set::Done)], Some(Outcome::Done), None);
    tell("done", &done());
    tell("no one to move", &report(Vec::new(), Some(Outcome::AlreadyInPlace), None));
    let (mut says_so, sources) = done();
    says_so.retirement.advice = Advice::SaysSo(Key::new("coaching").unwrap());
    says_so.division_unread = Some(cause("`GET y` was answered with 403"));
    tell("the config says so, and its division was not read", &(says_so, sources));
    let (mut interrupted, sources) = report(vec![Fate::Set(Set::Skipped)], None, Some(Halt::Interrupted));
    interrupted.interrupted = Some(Signal::Terminate);
    tell("interrupted", &(interrupted, sources));
    let refused = Outcome::Conflict(vec![Difference::State { found_deactivated: true }]);
    tell("refused", &report(Vec::new(), Some(refused), Some(Halt::NotDeactivated)));
    tell("unknown", &report(Vec::new(), Some(Outcome::Unknown(cause("lost"))), Some(Halt::NotDeactivated)));
    let active = Outcome::Differs(vec![Difference::State { found_deactivated: false }]);
    tell("still active", &report(Vec::new(), Some(active), Some(Halt::NotVisibleYet)));
    let division = |id: &str| Some(presencectl::model::names::DivisionId::new(id).unwrap());
    let lost = Difference::Division { expected: division("d1"), found: division("*") };
    tell("its division was lost", &report(Vec::new(), Some(Outcome::Differs(vec![lost])), Some(Halt::Differs)));
    tell("gone by themselves", &report(vec![Fate::Gone], Some(Outcome::Done), None));
    assert_snapshot!("reports", shown);
}

#[test]
fn halts() {
    let look = || cause("`POST q` was answered with 403");
    let halts = [
        Halt::OnQueue(1),
        Halt::OnQueue(2),
        Halt::NotMoved(1),
        Halt::NotMoved(2),
        Halt::StillNamed(1),
        Halt::StillNamed(2),
        Halt::CutToNothing,
        Halt::LookFailed(look()),
        Halt::TargetGone,
        Halt::TargetUnread(look()),
        Halt::NotDeactivated,
        Halt::Differs,
        Halt::NotVisibleYet,
        Halt::Unread(look()),
        Halt::Interrupted,
    ];
    in_step("retirement.v1.json", &json::schema::<json::RetirementV1>());
    let schema = parsed(&json::schema::<json::RetirementV1>());
    let codes = schema["$defs"]["HaltV1"]["properties"]["code"]["enum"].clone();
    let mut shown = String::new();
    for halt in halts {
        let Problem { message, help, correlation_id, platform_terms: _, is_freeze: _, is_declined: _ } = halt.why();
        assert!(codes.as_array().unwrap().contains(&halt.code().into()), "{}", halt.code());
        let _ = writeln!(shown, "{}: {message}\n  {}\n  {correlation_id:?}", halt.code(), help.unwrap_or_default());
    }
    assert_snapshot!("halts", shown);
}

#[test]
fn csv_and_json() {
    let (report, sources) = report(every_fate(), Some(Outcome::Done), Some(Halt::OnQueue(2)));
    assert_snapshot!("csv", view::report_csv(&report));
    let json = json::write(&json::RetirementV1::of(&report, &target(), &sources));
    assert!(!json.contains(['\u{1b}', '\u{202E}', '\u{7}']), "nothing hidden reaches a terminal");
    let version = format!("\"toolVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert_snapshot!("json", json.replace(&version, "\"toolVersion\": \"VERSION\""));
    let document = parsed(&json);
    assert_eq!(complaints(&json::schema::<json::RetirementV1>(), &document), Vec::<String>::new());
    assert!(Path::new(document["config"]["file"].as_str().unwrap()).extension().is_some());
}

/// An `apply` of the lines would deactivate it with people on it.
#[test]
fn no_lines_for_the_config_before_it_is_deactivated() {
    let refused = Outcome::Conflict(vec![Difference::State { found_deactivated: true }]);
    for outcome in [None, Some(refused), Some(Outcome::Unknown(cause("lost"))), Some(Outcome::Failed(cause("no")))] {
        let (report, sources) = report(vec![Fate::StillNamed], outcome, Some(Halt::StillNamed(1)));
        let document = parsed(&json::write(&json::RetirementV1::of(&report, &target(), &sources)));
        assert_eq!(document.get("config"), None);
        assert!(!human(&report, &sources).contains("into the config"));
    }
}

//! Plans and reports as people and machines read them: whole, plain and in colour, and as JSON that
//! its schema allows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::path::PathBuf;

use insta::assert_snapshot;
use presencectl::host::stop::Signal;
use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DefinitionId, DivisionId, Key, Label, Locale};
use presencectl::model::observed::{Content, Target};
use presencectl::model::problem::Problem;
use presencectl::model::source::Sources;
use presencectl::model::text;
use presencectl::ops::apply::needed::Needed;
use presencectl::ops::apply::report::{Intent, Outcome, Report, ReportRow, Skip, Unseen, Verification};
use presencectl::output;
use presencectl::output::json;
use presencectl::output::json::report::ReportV1;
use presencectl::output::style::Style;
use presencectl::plan::change::{Action, Change};
use presencectl::plan::difference::Difference;
use presencectl::plan::order::Because;
use serde_json::Value;

use crate::paper::{World, id, labels, presence, target, want};

/// A world whose plan has every action, a question, a warning, and each kind of unmanaged object.
pub(crate) fn world() -> World {
    let mut world = World::in_step([
        want("lunch", "Meal", "Lunch").label("de", "Mittag").label("ar", "غداء").label("zh_CN", "午餐"),
        want("coaching", "Busy", "Coaching"),
        want("walk", "Away", "Walk"),
        want("desk", "Available", "Desk"),
        want("tea", "Break", "Tea"),
    ]);
    world.org().add("Meal", &[("en_US", "Dinner")]);
    world.org().add("Break", &[("en_US", "Smoke")]);
    let protected = world.org().add("Training", &[("en_US", "Course")]);
    world.org().add("Idle", &[("en_US", "Nap \"short\"")]);
    world.org().deactivate("Desk");
    world.protect(protected).prune();
    let lunch = want("lunch", "Meal", "Lunch break").previously("Lunch");
    world.config(lunch.label("de", "Mittagspause").label("ar", "استراحة غداء").label("fr", "Déjeuner"));
    world.config(want("coaching", "Busy", "Coaching").deactivated());
    world.config(want("walk", "Away", "Walk").omitted());
    world.config(want("smoke", "Away", "Smoke").label("no", "Røyk").replaces("Break"));
    world.config(want("late", "Meal", "Late dinner"));
    world.config(want("tea", "Break", "Tea").said_to_be_new());
    world.system_presences = None;
    world
}

fn cause(message: &str) -> Problem {
    Problem {
        message: message.to_owned(),
        help: Some("ask an administrator for `presence:presenceDefinition:edit`".to_owned()),
        correlation_id: Some("0e2f-41".to_owned()),
        ..Problem::default()
    }
}

pub(crate) fn row(action: Action, key: &str, name: &str, number: usize, outcome: Outcome) -> ReportRow {
    ReportRow {
        action,
        key: Key::new(key),
        id: Some(id(number)),
        system_presence: presence("Meal"),
        name: Some(Label::new(name)),
        before: None,
        after: Content { labels: labels(&[("en_US", name)]), deactivated: false, division: None },
        outcome,
        worked: None,
        place: None,
        refused_label: None,
        correlation_id: None,
        again_from: None,
    }
}

fn waits(action: Action, key: &str, because: Because) -> Outcome {
    let (id, name) = (Some(id(15)), Some(Label::new("Nap\t")));
    let needed = Needed { action, key: Key::new(key), id, name, because, is_shown_by_now: false };
    Outcome::Skipped(Skip::Needs(Box::new(needed)))
}

/// One row for every outcome and every reason to skip.
pub(crate) fn every_outcome() -> Vec<ReportRow> {
    let differences = vec![
        Difference::Label { locale: Locale::new("de"), expected: Some(Label::new("Mittag")), found: None },
        Difference::State { found_deactivated: true },
    ];
    let others = vec![
        Difference::Label { locale: Locale::new("fr"), expected: None, found: Some(Label::new("Pause\n")) },
        Difference::SystemPresence { expected: presence("Meal"), found: presence("Break") },
        Difference::Gone,
        Difference::Appeared(id(71)),
        Difference::OtherObject { expected: id(72), found: id(73) },
    ];
    let state = vec![Difference::State { found_deactivated: false }];
    let nap = Because::Frees(Locale::new("en_US"), Label::new("Nap\t"));
    let refused = "PUT /api/v2/presence/definitions/x: 403 Forbidden, missing permission";
    let lost = "POST /api/v2/presence/definitions: the answer was lost";
    let unmade = |outcome| ReportRow { id: None, ..row(Action::Create, "snack", "Snack", 4, outcome) };
    vec![
        row(Action::Create, "lunch", "Lunch", 1, Outcome::Done),
        row(Action::Update, "dinner", "Dinner", 2, Outcome::AlreadyInPlace),
        row(
            Action::Update,
            "supper",
            "Supper",
            3,
            Outcome::NotVisibleYet(Unseen::List { may_be_hidden: false, may_be_changed: false }),
        ),
        row(Action::Update, "brunch", "Brunch", 5, Outcome::Differs(differences)),
        ReportRow {
            before: Some(Content {
                labels: labels(&[("en_US", "Buffet"), ("fr", "Pause")]),
                deactivated: false,
                division: None,
            }),
            ..row(Action::Update, "buffet", "Buffet", 12, Outcome::Differs(others[..1].to_vec()))
        },
        row(Action::Deactivate, "banquet", "Banquet", 13, Outcome::Differs(state)),
        row(Action::Update, "picnic", "Picnic", 14, Outcome::Overwritten(others[..2].to_vec())),
        row(Action::Reactivate, "feast", "Feast", 6, Outcome::Failed(cause(refused))),
        row(Action::Deactivate, "tea", "Tea", 7, Outcome::Conflict(others)),
        unmade(Outcome::Unknown(Problem::new(lost))),
        row(Action::Supersede, "pause", "Pause", 8, waits(Action::Create, "pause", Because::TakesItsPlace)),
        row(Action::Create, "nap", "Nap", 15, waits(Action::Delete, "", nap)),
        row(Action::Delete, "", "Old", 9, Outcome::Skipped(Skip::Interrupted)),
        row(Action::Delete, "", "Older", 10, Outcome::Skipped(Skip::PlanRefused)),
        row(Action::Delete, "", "Oldest", 11, Outcome::Skipped(Skip::NotInSavedPlan)),
    ]
}

/// The changes of a plan that is not about what was just applied.
pub(crate) fn drift() -> (Vec<Change>, Sources) {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().label("Lunch", "de", "Mittag");
    let (plan, sources) = world.planned();
    (plan.changes, sources)
}

pub(crate) fn reports() -> Vec<(&'static str, Report)> {
    let done = || vec![row(Action::Create, "lunch", "Lunch", 1, Outcome::Done)];
    let report = |rows, verification| Report { verification, ..Report::of(rows, Locale::new("en_US")) };
    let interrupted = every_outcome().into_iter().filter(|it| it.outcome == Outcome::Skipped(Skip::Interrupted));
    let unread = cause("GET /api/v2/presence/definitions: 503 Service Unavailable");
    vec![
        ("every_outcome", report(every_outcome(), Verification::InSync)),
        ("success", report(done(), Verification::InSync)),
        ("nothing", report(Vec::new(), Verification::NotNeeded)),
        ("drifted", report(done(), Verification::Drifted { changes: drift().0, blockers: Vec::new() })),
        ("unread", report(done(), Verification::Failed(unread))),
        (
            "divisions",
            Report {
                divisions_unread: Some(cause("GET /api/v2/presence/definitions: 403 Forbidden")),
                ..report(done(), Verification::InSync)
            },
        ),
        (
            "interrupted",
            Report {
                interrupted: Some(Signal::Terminate),
                ..report(interrupted.chain(done()).collect(), Verification::Interrupted)
            },
        ),
    ]
}

/// ESC as a word, so that a snapshot of colours can be read and reviewed.
fn readable(colored: &str) -> String {
    colored.replace('\u{1b}', "ESC")
}

#[test]
fn a_plan_for_people() {
    let (plan, sources) = world().planned();
    assert_snapshot!("plan_plain", output::text::plan(&plan, &target(), &sources, Style::PLAIN));
    assert_snapshot!("plan_colored", readable(&output::text::plan(&plan, &target(), &sources, Style::COLORED)));
}

#[test]
fn a_plan_for_machines() {
    let (plan, sources) = world().planned();
    let version = format!("\"toolVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let json = json::write(&json::PlanV1::of(&plan, &target(), &sources));
    assert_snapshot!("plan_json", json.replace(&version, "\"toolVersion\": \"0.0.0\""));
}

#[test]
fn the_first_line_names_the_org() {
    let mut target = target();
    let mut lines = vec![output::text::target_line(&target)];
    target.sandbox = true;
    lines.push(output::text::target_line(&target));
    target.org = None;
    lines.push(output::text::target_line(&target));
    target.sandbox = false;
    lines.push(output::text::target_line(&target));
    assert_snapshot!(lines.join("\n"), @"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1 - sandbox: nothing real is written
    Org: not verified, API v1 - sandbox: nothing real is written
    Org: not verified, API v1
    ");
}

#[test]
fn every_report_for_people() {
    let (_, sources) = drift();
    for (name, report) in reports() {
        let plain = output::text::report(&report, &sources, Style::PLAIN);
        assert_snapshot!(format!("report_{name}"), plain);
        assert!(!plain.contains('\u{1b}'));
    }
    let colored = output::text::report(&reports()[0].1, &sources, Style::COLORED);
    assert_snapshot!("report_colored", readable(&colored));
}

#[test]
fn nothing_foreign_in_a_report_acts_on_a_terminal() {
    let hostile = "\u{1b}[2J\r\nApply: 9 done\u{202E}\u{200B}\u{9b}1m";
    let cause = Problem {
        message: hostile.to_owned(),
        help: Some(hostile.to_owned()),
        correlation_id: Some(hostile.to_owned()),
        platform_terms: vec![hostile.to_owned()],
        is_freeze: false,
        is_declined: false,
    };
    let mut rows = every_outcome();
    rows.push(row(Action::Update, "x", hostile, 1, Outcome::Failed(cause.clone())));
    rows.push(row(Action::Update, "x", hostile, 1, Outcome::Unknown(cause.clone())));
    for row in &mut rows {
        row.name = Some(Label::new(hostile));
        row.id = DefinitionId::new(hostile);
        row.system_presence = presence(hostile);
    }
    let lines = rows.len();
    let report = Report {
        verification: Verification::Failed(cause),
        interrupted: Some(Signal::Interrupt),
        ..Report::of(rows, Locale::new("en_US"))
    };
    let shown = output::text::report(&report, &Sources::new(), Style::PLAIN);
    let json = json::write(&json::ReportV1::of(&report, &target(), &Sources::new()));
    for shown in [&shown, &json] {
        let hidden: String = shown.chars().filter(|c| *c != '\n' && text::is_hidden(*c)).collect();
        assert_eq!(hidden, "");
    }
    assert_eq!(shown.lines().filter(|it| it.starts_with("Apply:")).count(), 1);
    assert_eq!(shown.lines().filter(|it| it.contains("\\x1B[2J") && !it.starts_with("      ")).count(), lines);
    let read_back: ReportV1 = serde_json::from_str(&json).unwrap();
    assert_eq!(read_back.objects[0].name.as_deref(), Some(hostile));
}

#[test]
fn a_division_is_named_where_its_name_was_read() {
    let id = |raw: &str| DivisionId::new(raw);
    let differences = vec![Difference::Division { expected: id("d-1"), found: id("d-2") }];
    let rows = vec![row(Action::Update, "lunch", "Lunch", 1, Outcome::Conflict(differences))];
    let sales = Division { id: id("d-1").unwrap(), name: "Sa\u{202E}les".to_owned() };
    let report = Report { divisions: Divisions::Known(vec![sales]), ..Report::of(rows, Locale::new("en_US")) };
    let shown = output::text::report(&report, &Sources::new(), Style::PLAIN);
    assert!(shown.contains("division: expected Sa\\u202Eles (d-1), found d-2\n"), "{shown}");
}

#[test]
fn a_report_for_machines() {
    let (_, sources) = drift();
    for (name, report) in reports() {
        let json = json::write(&json::ReportV1::of(&report, &target(), &sources));
        let version = format!("\"toolVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
        assert_snapshot!(format!("report_json_{name}"), json.replace(&version, "\"toolVersion\": \"0.0.0\""));
    }
}

#[test]
fn progress_in_lines() {
    let (plan, _) = world().planned();
    let mut lines: Vec<String> =
        plan.changes.iter().map(|it| output::text::started(&it.step, &plan.default_locale)).collect();
    lines.extend(
        every_outcome().iter().map(|it| output::text::finished(it, Intent::Apply, &Divisions::NotAsked, Style::PLAIN)),
    );
    assert_snapshot!(lines.join("\n"), @r#"
    create smoke "Smoke" (Away) ...
    reactivate desk "Desk" (Available, 2fa68d50-0000-4000-8000-000000000004) ...
    update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001) ...
    replace "Smoke" (Break, 2fa68d50-0000-4000-8000-000000000007) ...
    deactivate coaching "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000002) ...
    delete "Nap \"short\"" (Idle, 2fa68d50-0000-4000-8000-000000000009) ...
    done            create lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)
    already so      update dinner "Dinner" (Meal, 2fa68d50-0000-4000-8000-000000000002)
    not visible yet update supper "Supper" (Meal, 2fa68d50-0000-4000-8000-000000000003)
          written, and a read by its id shows it, but the org's list does not show it yet; a new plan shows it later
    different       update brunch "Brunch" (Meal, 2fa68d50-0000-4000-8000-000000000005)
          written, but the org has something else than what was sent
            de: expected "Mittag", found no label
            deactivated: expected false, found true
    different       update buffet "Buffet" (Meal, 2fa68d50-0000-4000-8000-000000000012)
          written, but removed labels are still there: the org seems to merge what it is sent with what it has; remove them in its admin page, or write them into the config
            fr: expected no label, found "Pause\n"
    different       deactivate banquet "Banquet" (Meal, 2fa68d50-0000-4000-8000-000000000013)
          written, but the org did not take over `deactivated`
            deactivated: expected true, found false
    overwritten     update picnic "Picnic" (Meal, 2fa68d50-0000-4000-8000-000000000014)
          it was as the config says, and by the org's own time it was changed by hand since; a new plan shows it
            fr: expected no label, found "Pause\n"
            system presence: expected Meal, found Break
    failed          reactivate feast "Feast" (Meal, 2fa68d50-0000-4000-8000-000000000006)
          PUT /api/v2/presence/definitions/x: 403 Forbidden, missing permission
          help: ask an administrator for `presence:presenceDefinition:edit`
          correlation id: 0e2f-41
    refused         deactivate tea "Tea" (Meal, 2fa68d50-0000-4000-8000-000000000007)
          it is not as the plan saw it: it was changed since, or one of the org's answers was old; a new plan shows it
            fr: expected no label, found "Pause\n"
            system presence: expected Meal, found Break
            expected to be there, and the org does not show it
            expected to be absent, found 2fa68d50-0000-4000-8000-000000000071
            id: expected 2fa68d50-0000-4000-8000-000000000072, found 2fa68d50-0000-4000-8000-000000000073
    unknown         create snack "Snack" (Meal)
          POST /api/v2/presence/definitions: the answer was lost
          whether it was written is not known; a new plan shows it
    skipped         replace "Pause" (Meal, 2fa68d50-0000-4000-8000-000000000008)
          it waits for `create` of `pause`, which takes its place, and that was not done; so it stays
    skipped         create nap "Nap" (Meal, 2fa68d50-0000-4000-8000-000000000015)
          it waits for `delete` of `Nap\t` (2fa68d50-0000-4000-8000-000000000015), which frees the label `Nap\t` (en_US), and that was not done
    skipped         delete "Old" (Meal, 2fa68d50-0000-4000-8000-000000000009)
          the run was interrupted before it
    skipped         delete "Older" (Meal, 2fa68d50-0000-4000-8000-000000000010)
          the plan is refused
    skipped         delete "Oldest" (Meal, 2fa68d50-0000-4000-8000-000000000011)
          more would be done than the saved plan holds
    "#);
}

#[test]
fn what_goes_beyond_a_saved_plan() {
    let (plan, _) = world().planned();
    assert_snapshot!(output::text::not_in_saved_plan(&plan.changes[..1], &plan, Style::PLAIN), @r#"
    error[beyond-saved-plan]: 1 change is not in the saved plan, so more would be done than was reviewed

      + create smoke (Away): takes the place of the one under Break
        + en_US: "Smoke"
        + no:    "Røyk"

    Nothing was applied. To apply this, have a new plan reviewed, and apply with that one.
    "#);
    assert_snapshot!(output::text::not_in_saved_plan(&plan.changes[2..4], &plan, Style::PLAIN), @r#"
    error[beyond-saved-plan]: 2 changes are not in the saved plan, so more would be done than was reviewed

      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `Lunch`
        ~ ar:    "غداء"
                 -> "{+استراحة +}غداء"
        ~ de:    "Mittag" -> "Mittagspause"
                                    ++++++
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        + fr:    "Déjeuner"
        - zh_CN: "午餐"
      - replace "Smoke" (Break, 2fa68d50-0000-4000-8000-000000000007): `smoke` takes its place

    Nothing was applied. To apply this, have a new plan reviewed, and apply with that one.
    "#);
}

/// A committed file that is made from the types. `UPDATE=1 cargo test` writes it anew.
#[track_caller]
pub(crate) fn in_step(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "schemas/{name} is not what the types say; UPDATE=1 cargo test writes it anew");
}

pub(crate) fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// Everything that is wrong with a document, by its schema.
pub(crate) fn complaints(schema: &str, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&parsed(schema)).unwrap();
    validator.iter_errors(document).map(|it| format!("{}: {it}", it.instance_path())).collect()
}

#[test]
fn schemas_are_in_step_and_valid() {
    in_step("plan.v1.json", &json::schema::<json::PlanV1>());
    in_step("report.v1.json", &json::schema::<json::ReportV1>());
    in_step("error.v1.json", &json::schema::<json::ErrorV1>());
    in_step("definitions.v1.json", &json::schema::<json::DefinitionsV1>());
    in_step("system-presences.v1.json", &json::schema::<json::SystemPresencesV1>());
    in_step("log.v1.json", &json::schema::<json::LogV1>());
    for schema in [
        json::schema::<json::PlanV1>(),
        json::schema::<json::ReportV1>(),
        json::schema::<json::ErrorV1>(),
        json::schema::<json::DefinitionsV1>(),
        json::schema::<json::SystemPresencesV1>(),
        json::schema::<json::LogV1>(),
    ] {
        assert!(jsonschema::meta::is_valid(&parsed(&schema)));
    }
}

#[test]
fn documents_are_what_their_schemas_say() {
    let (plan, sources) = world().planned();
    let nobody = Target { org: None, sandbox: true, generation: Generation::First };
    for target in [target(), nobody] {
        let document = parsed(&json::write(&json::PlanV1::of(&plan, &target, &sources)));
        assert_eq!(complaints(&json::schema::<json::PlanV1>(), &document), Vec::<String>::new());
        let (_, sources) = drift();
        for (name, report) in reports() {
            let document = parsed(&json::write(&json::ReportV1::of(&report, &target, &sources)));
            assert_eq!(complaints(&json::schema::<json::ReportV1>(), &document), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn schemas_notice_what_is_wrong() {
    let (plan, sources) = world().planned();
    let good = parsed(&json::write(&json::PlanV1::of(&plan, &target(), &sources)));
    let mistakes: [fn(&mut Value); 4] = [
        |it| it["kind"] = "report".into(),
        |it| it["formatVersion"] = 2.into(),
        |it| it["changes"][0]["action"] = "destroy".into(),
        |it| it["changes"][0]["key"] = Value::Null,
    ];
    for (number, mistake) in mistakes.into_iter().enumerate() {
        let mut document = good.clone();
        mistake(&mut document);
        assert_eq!(complaints(&json::schema::<json::PlanV1>(), &document).len(), 1, "mistake {number}");
    }
}

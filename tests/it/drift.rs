//! Changes by hand in an org: renames and moves (questions for an apply), additions, and the evidence of reports.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use presencectl::model::generation::Generation;
use presencectl::model::moment::Moment;
use presencectl::model::names::Key;
use presencectl::model::observed::Modified;
use presencectl::ops::apply::outcome::OutcomeKind;
use presencectl::ops::drift::applied::Applied;
use presencectl::ops::drift::history::DifferenceCause;
use presencectl::ops::drift::{Drift, DriftKind, DriftNames, DriftPast, drift};
use presencectl::ops::history::stored::RunText;
use presencectl::ops::history::stored::{StoredReport, StoredRow, StoredRun};
use presencectl::output;
use presencectl::output::ci::github;
use presencectl::output::json;
use presencectl::output::page::html;
use presencectl::output::page::{self, COMMENT};
use presencectl::output::style::Style;
use presencectl::plan::change::Action;

use crate::paper::{World, presence, target, want};
use crate::render::{complaints, parsed};

mod applied;
pub(crate) mod pasted;

const APPLIED: &str = "2026-03-01T12:00:00.000Z";
const LATER: &str = "2026-03-02T08:30:00.000Z";

fn run() -> StoredRun {
    run_at(APPLIED)
}

fn run_at(moment: &str) -> StoredRun {
    let said = RunText {
        modified: false,
        began: moment.to_owned(),
        ended: moment.to_owned(),
        client: None,
        actor: None,
        reason: None,
        commit: Some("3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3".to_owned()),
        pull_request: None,
        ci_run: None,
        config_org: None,
        config_digest: None,
        only: None,
        default_locale: None,
        locales: None,
        break_glass: None,
        undoes: None,
    };
    StoredRun { began: Moment::read(moment).unwrap(), said }
}

/// The report of an apply that made these definitions of a world in sync.
fn made(world: &mut World, keys: &[(&str, &str)]) -> StoredReport {
    let rows = keys.iter().map(|(key, label)| {
        let object = world.org().find(label).clone();
        StoredRow {
            action: Action::Create,
            key: Key::new(key),
            id: Some(object.id.clone()),
            system_presence: object.system_presence.clone(),
            name: None,
            before: None,
            after: Some(object.content()),
            outcome: OutcomeKind::Done,
            held: false,
            ended: None,
            message: None,
            correlation_id: None,
            differences: Vec::new(),
        }
    });
    StoredReport {
        matched: BTreeMap::new(),
        org: target().org.map(|it| it.id),
        org_name: None,
        sandbox: false,
        generation: Generation::First,
        rows: rows.collect(),
        run: Some(run()),
        success: true,
        verified: true,
        blockers: Vec::new(),
    }
}

/// The same of one that found everything in sync.
fn nothing_to_do() -> StoredReport {
    made(&mut World::empty(), &[])
}

/// The same of one that had only to read the org, at another time: nothing was there to be verified.
fn in_step_at(moment: &str) -> StoredReport {
    StoredReport { run: Some(run_at(moment)), verified: false, ..nothing_to_do() }
}

fn touched(world: &mut World, label: &str, at: &str) {
    world.org().find(label).modified = Some(Modified { by: Some("ada".to_owned()), at: Some(at.to_owned()) });
}

fn seen(world: &World, reports: &[StoredReport]) -> Drift {
    seen_by(world, reports, None)
}

fn seen_by(world: &World, reports: &[StoredReport], applied: Option<Applied>) -> Drift {
    let past = DriftPast { reports: reports.to_vec(), is_whole: true, applied, checked_out: None, alone: Vec::new() };
    drift(&world.desired().0, &world.observed(), &target(), &past, DriftNames::Told)
}

fn shown(world: &World, reports: &[StoredReport]) -> String {
    output::text::drift(&seen(world, reports), &target(), &world.desired().1, Style::PLAIN)
}

/// What and how of every row, by the key.
fn rows(drift: &Drift) -> Vec<String> {
    let key = |it: &presencectl::ops::drift::DriftRow| it.change.step.key().map_or("-", Key::as_str).to_owned();
    drift.rows.iter().map(|it| format!("{} {} {}", key(it), it.what.code(), it.how.code())).collect()
}

/// Lunch was made by an apply. Then a person renamed it.
fn renamed(label: &str) -> (World, StoredReport) {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag"), want("tea", "Break", "Tea")]);
    let report = made(&mut world, &[("lunch", "Lunch"), ("tea", "Tea")]);
    world.org().label("Lunch", "en_US", label);
    touched(&mut world, label, LATER);
    (world, report)
}

#[test]
fn a_renamed_definition_is_told_with_who_and_when_and_both_ways_out() {
    let (world, report) = renamed("Lunch break");
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch renamed edited"]);
    assert_snapshot!(shown(&world, &[report]), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    Edited by hand in the org:
      ~ renamed lunch "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001)
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        last changed by `ada` on 2026-03-02 08:30 UTC
        to keep it, write (presence.yaml:2:3):
          lunch:
            labels: { en_US: Lunch break }
        to take it back, write, and apply:
          lunch:
            previousLabels: [Lunch break]

    Drift: 1 definition. To take it back, write what it needs, and run `presencectl apply`.
    "#);
}

#[test]
fn a_rename_that_no_plan_asks_about_is_told_before_an_apply_makes_it_anew() {
    let (mut world, report) = renamed("Verpflegung");
    world.org().unlabel("Verpflegung", "de");
    assert!(world.plan().contains("+ create lunch"), "{}", world.plan());
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch renamed edited"]);
    // No report: then it looks like a missing one and a stranger.
    assert_eq!(rows(&seen(&world, &[])), ["lunch missing not-known"]);
    // The config says that it is another one.
    world.config(want("lunch", "Meal", "Lunch").said_to_be_new());
    assert_eq!(rows(&seen(&world, &[report])), ["lunch missing edited"]);
}

#[test]
fn without_a_report_the_only_candidate_is_told_and_not_claimed_to_be_it() {
    let (world, _) = renamed("Lunch break");
    let drift = seen(&world, &[]);
    assert_eq!(rows(&drift), ["lunch looks-renamed not-known"]);
    assert!(drift.questions.is_empty());
    assert_snapshot!(shown(&world, &[]), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    Edited by hand, or merged and not applied (not known which):
      ~ looks renamed lunch "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001)
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        last changed by `ada` on 2026-03-02 08:30 UTC
        to keep it, write (presence.yaml:2:3):
          lunch:
            labels: { en_US: Lunch break }
        to take it back, write, and apply:
          lunch:
            previousLabels: [Lunch break]
        if it is another one, write, and apply:
          lunch:
            new: true

    Drift: 1 definition. To take it back, write what it needs, and run `presencectl apply`.
    NOTE: edits by hand cannot be distinguished from what was merged and not applied: the folder of reports has none of this org. Give the commit that was applied last: `--applied REF`
    "#);
    // After an apply that found everything in sync and wrote nothing, the modification time shows an edit, but not the
    // earlier state.
    assert_eq!(rows(&seen(&world, &[nothing_to_do()])), ["lunch looks-renamed edited"]);
    let mut before = world.clone();
    touched(&mut before, "Lunch break", "2026-02-01T08:00:00.000Z");
    assert_eq!(rows(&seen(&before, &[nothing_to_do()])), ["lunch looks-renamed not-applied"]);
}

#[test]
fn keeping_a_rename_leaves_no_drift_and_taking_it_back_renames_it() {
    let (mut world, report) = renamed("Lunch break");
    let row = seen(&world, std::slice::from_ref(&report)).rows.remove(0);
    assert_eq!(row.keep.lines, ["lunch:", "  labels: { en_US: Lunch break }"]);
    assert_eq!(row.first[0].lines, ["lunch:", "  previousLabels: [Lunch break]"]);
    let was = want("lunch", "Meal", "Lunch").label("de", "Mittag");
    world.config(want("lunch", "Meal", "Lunch break").label("de", "Mittag"));
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), [""; 0]);
    world.config(was.previously("Lunch break"));
    assert!(world.plan().contains("~ update lunch"), "{}", world.plan());
    let drift = seen(&world, &[report]);
    assert_eq!((rows(&drift), drift.rows[0].first.len()), (vec!["lunch renamed edited".to_owned()], 0));
}

#[test]
fn a_definition_that_was_moved_is_one_row() {
    let (mut world, report) = renamed("Lunch");
    world.org().find("Lunch").system_presence = presence("Break");
    let drift = seen(&world, std::slice::from_ref(&report));
    assert_eq!(rows(&drift), ["lunch moved edited"]);
    assert_eq!(drift.rows[0].keep.lines, ["lunch:", "  systemPresence: Break"]);
    assert_snapshot!(shown(&world, std::slice::from_ref(&report)), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    Edited by hand in the org:
      - moved lunch "Lunch" (Break, 2fa68d50-0000-4000-8000-000000000001)
        ~ system presence: Meal -> Break
        last changed by `ada` on 2026-03-02 08:30 UTC
        to keep it, write (presence.yaml:2:3):
          lunch:
            systemPresence: Break
        to take it back (a new one is created, and this one is deactivated), write, and apply:
          lunch:
            replaces: Break

    Drift: 1 definition. To take it back, write what it needs, and run `presencectl apply`.
    "#);
    // The values of the config are shown beside those of the org.
    let (_, sources) = world.desired();
    let markdown = page::drift(&drift, &target(), &sources, COMMENT);
    assert!(markdown.contains("| under Meal | under Break<br>"), "{markdown}");
    let page = html::drift(&drift, &target(), &sources);
    assert!(page.contains("><p>under Meal</p></td><td data-head=\"Org\"><p>under Break</p>"), "{page}");
    let document = parsed(&json::write(&json::DriftV1::of(&drift, &target(), &sources)));
    assert_eq!(document["drift"][0]["configSystemPresence"], "Meal");
    // Without a report it is the only one that has this label.
    assert_eq!(rows(&seen(&world, &[])), ["lunch looks-moved not-known"]);
    // A pin is as good as a report, but does not show the author.
    let id = world.org().find("Lunch").id.clone();
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag").pinned(id));
    let pinned = seen(&world, &[]);
    assert_eq!(rows(&pinned), ["lunch elsewhere not-known"]);
    assert!(pinned.rows[0].first[0].say.contains("instead of its pin"));
    // Moved and renamed at once.
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.org().label("Lunch", "en_US", "Verpflegung");
    let drift = seen(&world, &[report]);
    assert_eq!(rows(&drift), ["lunch moved edited"]);
    assert_eq!(drift.rows[0].first[0].lines, ["lunch:", "  replaces: Break", "  previousLabels: [Verpflegung]"]);
    let keep = "  labels: { en_US: Verpflegung }";
    assert_eq!(drift.rows[0].keep.lines, ["lunch:", "  systemPresence: Break", keep]);
}

#[test]
fn what_the_config_renamed_or_moved_is_not_applied_and_nobody_is_blamed() {
    let (mut world, report) = renamed("Lunch");
    world.config(want("lunch", "Meal", "Lunch break").label("de", "Mittag"));
    let drift = seen(&world, std::slice::from_ref(&report));
    assert_eq!(rows(&drift), ["lunch changed not-applied"]);
    assert_eq!(drift.rows[0].first[0].lines, ["lunch:", "  previousLabels: [Lunch]"]);
    world.config(want("lunch", "Break", "Lunch").label("de", "Mittag"));
    assert_eq!(rows(&seen(&world, &[report])), ["lunch elsewhere not-applied"]);
}

/// A person edits, the edit is written into the config, an apply finds all in sync, and the config moves on.
#[test]
fn an_edit_that_the_config_took_over_is_held_against_nobody() {
    let lunch = || want("lunch", "Meal", "Lunch");
    let mut world = World::in_step([lunch().label("de", "Mittag")]);
    let report = made(&mut world, &[("lunch", "Lunch")]);
    world.org().label("Lunch", "de", "Essen");
    touched(&mut world, "Lunch", LATER);
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch changed edited"]);
    world.config(lunch().label("de", "Essen"));
    let reports = [report, in_step_at("2026-03-03T09:00:00.000Z")];
    assert_eq!(rows(&seen(&world, &reports)), [""; 0]);
    world.config(lunch().label("de", "Mahlzeit"));
    assert_eq!(rows(&seen(&world, &reports)), ["lunch changed not-applied"]);
    // The time is not known: it may have been before or after.
    world.org().find("Lunch").modified = None;
    assert_eq!(rows(&seen(&world, &reports)), ["lunch changed not-known"]);
    touched(&mut world, "Lunch", "2026-03-04T09:00:00.000Z");
    assert_eq!(rows(&seen(&world, &reports)), ["lunch changed edited"]);
}

#[test]
fn an_apply_with_nothing_to_do_has_seen_that_all_is_in_step() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag")]);
    touched(&mut world, "Lunch", APPLIED);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Essen"));
    assert_eq!(rows(&seen(&world, &[])), ["lunch changed not-known"]);
    assert_eq!(rows(&seen(&world, &[in_step_at(LATER)])), ["lunch changed not-applied"]);
    touched(&mut world, "Lunch", "2026-03-04T09:00:00.000Z");
    assert_eq!(rows(&seen(&world, &[in_step_at(LATER)])), ["lunch changed edited"]);
}

#[test]
fn of_several_candidates_none_is_chosen_and_each_is_told() {
    let (mut world, report) = renamed("Lunch break");
    world.org().add("Meal", &[("en_US", "Late lunch")]);
    let drift = seen(&world, &[]);
    assert_eq!((rows(&drift).len(), drift.questions.len()), (0, 1));
    assert_snapshot!(shown(&world, &[]), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    error[looks-like-rename]: `lunch` would be created, but it looks like `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001) or `Late lunch` (Meal, 2fa68d50-0000-4000-8000-000000000003)
      --> presence.yaml:2:3
      if it is `Lunch break` under a new label:
          lunch:
            previousLabels: [Lunch break]
      if it is `Late lunch` under a new label:
          lunch:
            previousLabels: [Late lunch]
      if it is another one:
          lunch:
            new: true
      "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001): last changed by `ada` on 2026-03-02 08:30 UTC
        if it is `lunch`, to keep it, write:
          lunch:
            labels: { en_US: Lunch break }
      "Late lunch" (Meal, 2fa68d50-0000-4000-8000-000000000003): who changed it last, and when, is not known
        if it is `lunch`, to keep it, take out its label for `de`, and write:
          lunch:
            labels: { en_US: Late lunch }

    Not known: 1 error to answer before all of it can be known
    "#);
    // A report shows which one, and the other one has no definition.
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch renamed edited"]);
    // One object is one definition.
    let (mut world, _) = renamed("Lunch break");
    world.config(want("late", "Meal", "Lunch break long"));
    assert_eq!(rows(&seen(&world, &[])), [""; 0]);
    assert_eq!(seen(&world, &[]).questions.len(), 2);
    assert_eq!(rows(&seen(&world, &[report])), ["late missing not-applied", "lunch renamed edited"]);
}

#[test]
fn of_two_that_are_called_the_same_each_is_told() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    touched(&mut world, "Lunch", LATER);
    let drift = seen(&world, &[]);
    assert_eq!((drift.questions.len(), drift.questions[0].about.len()), (1, 2));
    assert!(drift.questions[0].about.iter().all(|it| it.keep.is_none()), "there is nothing to write but a pin");
    assert!(shown(&world, &[]).contains("): last changed by `ada` on 2026-03-02 08:30 UTC\n"));
}

#[test]
fn what_may_not_be_touched_is_no_rename() {
    let (mut world, report) = renamed("Verpflegung");
    world.org().unlabel("Verpflegung", "de");
    let id = world.org().find("Verpflegung").id.clone();
    let mut protected = world.clone();
    protected.protect(id);
    assert_eq!(rows(&seen(&protected, std::slice::from_ref(&report))), ["lunch missing edited"]);
    world.org().find("Verpflegung").deactivated = true;
    assert_eq!(rows(&seen(&world, &[report])), ["lunch missing edited"]);
}

#[test]
fn limits_guard_an_apply_and_hide_no_drift() {
    let (mut world, report) = renamed("Lunch break");
    world.limits(0, 0, 0);
    let drift = seen(&world, &[report]);
    assert_eq!((rows(&drift).len(), drift.questions.len(), drift.guards().count()), (1, 0, 1));
    assert!(shown(&world, &[]).contains("\nDrift: 1 definition. To take it back"), "{}", shown(&world, &[]));
}

#[test]
fn what_a_killed_run_may_not_have_written_was_edited_by_nobody() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let before = world.org().find("Lunch").content();
    let mut report = made(&mut world, &[("lunch", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let mut unknown = |found: &World| {
        let row = &mut report.rows[0];
        row.action = Action::Update;
        row.outcome = OutcomeKind::Unknown;
        row.before = Some(before.clone());
        row.after = Some(found.desired().0.definitions[&Key::new("lunch").unwrap()].clone())
            .map(|it| presencectl::model::observed::Content { labels: it.labels, ..before.clone() });
        report.success = false;
        report.clone()
    };
    let report = unknown(&world);
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch changed not-applied"]);
    world.org().label("Lunch", "de", "von Hand");
    assert_eq!(rows(&seen(&world, &[report])), ["lunch changed edited"]);
}

/// Unmanaged objects: nap existed, snack came later, and walk was deactivated by an apply and reactivated.
fn unmanaged() -> (World, StoredReport) {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("walk", "Away", "Walk")]);
    let mut report = made(&mut world, &[("walk", "Walk")]);
    report.rows[0].after.as_mut().unwrap().deactivated = true;
    world.forget("walk");
    world.org().add("Idle", &[("en_US", "Nap")]);
    world.org().add("Meal", &[("en_US", "Lunch 2"), ("de", "Imbiss")]);
    world.org().add("Meal", &[("en_US", "Lunch: 2")]);
    touched(&mut world, "Nap", "2026-01-01T08:00:00.000Z");
    touched(&mut world, "Lunch 2", LATER);
    touched(&mut world, "Lunch: 2", LATER);
    (world, report)
}

#[test]
fn what_no_config_names_is_listed_and_is_no_drift() {
    let (mut world, report) = unmanaged();
    let drift = seen(&world, std::slice::from_ref(&report));
    assert!(drift.rows.is_empty());
    let since: Vec<(&str, DifferenceCause)> =
        drift.unmanaged.iter().map(|it| (it.name.as_ref().unwrap().nfc(), it.how)).collect();
    let expected = [
        ("Walk", DifferenceCause::Edited),
        ("Nap", DifferenceCause::NotApplied),
        ("Lunch 2", DifferenceCause::Edited),
        ("Lunch: 2", DifferenceCause::Edited),
    ];
    assert_eq!(since, expected);
    assert_snapshot!(shown(&world, &[report]), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    Not in the config, added or changed since the last apply (unmanaged):
      "Walk" (Away, 2fa68d50-0000-4000-8000-000000000002)
        who changed it last, and when, is not known
        to keep it in the config, write:
          definitions:
            walk:
              systemPresence: Away
              labels: { en_US: Walk }
      "Lunch 2" (Meal, 2fa68d50-0000-4000-8000-000000000004)
        last changed by `ada` on 2026-03-02 08:30 UTC
        to keep it in the config, write:
          definitions:
            lunch-2:
              systemPresence: Meal
              labels: { de: Imbiss, en_US: Lunch 2 }
      "Lunch: 2" (Meal, 2fa68d50-0000-4000-8000-000000000005)
        last changed by `ada` on 2026-03-02 08:30 UTC
        to keep it in the config, write:
          definitions:
            lunch-2-2:
              systemPresence: Meal
              labels: { en_US: "Lunch: 2" }

    Not in the config, there before the last apply (unmanaged):
      "Nap" (Idle, 2fa68d50-0000-4000-8000-000000000003)
        last changed by `ada` on 2026-01-01 08:00 UTC

    No drift: the org is as the config says.
    "#);
    assert!(shown(&world, &[]).contains("\nNot in the config (unmanaged; no report says since when):\n"));
    // With `prune: delete` an apply would take them away: that is drift.
    world.prune();
    assert_eq!((seen(&world, &[]).rows.len(), seen(&world, &[]).unmanaged.len()), (4, 0));
}

#[test]
fn the_document_says_all_of_it() {
    for (world, reports) in [
        (renamed("Lunch break").0, vec![]),
        (unmanaged().0, vec![unmanaged().1]),
        (renamed("Lunch break").0, vec![renamed("Lunch break").1]),
    ] {
        let drift = seen(&world, &reports);
        let document = parsed(&json::write(&json::DriftV1::of(&drift, &target(), &world.desired().1)));
        assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
        assert_eq!(document["drift"].as_array().unwrap().len(), drift.rows.len());
        assert_eq!(document["unmanaged"].as_array().unwrap().len(), drift.unmanaged.len());
    }
    let (mut world, _) = renamed("Lunch break");
    let document =
        |world: &World| parsed(&json::write(&json::DriftV1::of(&seen(world, &[]), &target(), &world.desired().1)));
    let row = document(&world)["drift"][0].clone();
    assert_eq!(
        (&row["what"], &row["changedBy"], &row["changedAt"]),
        (&"looks-renamed".into(), &"ada".into(), &LATER.into())
    );
    assert_eq!(row["revertNeeds"][0]["yaml"][1], "  previousLabels: [Lunch break]");
    world.org().add("Meal", &[("en_US", "Late lunch")]);
    let document = document(&world);
    assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
    assert_eq!((&document["known"], document["candidates"].as_array().unwrap().len()), (&false.into(), 2));
    let known: Vec<&str> = DriftKind::ALL.iter().map(|it| it.code()).collect();
    let schema = parsed(&json::schema::<json::DriftV1>());
    assert_eq!(schema["$defs"]["DriftRowV1"]["properties"]["what"]["enum"], serde_json::json!(known));
}

#[test]
fn a_page_and_annotations_say_it_too() {
    let (mut world, report) = renamed("Lunch break");
    world.org().add("Idle", &[("en_US", "Nap")]);
    world.config(want("fresh", "Training", "Fresh"));
    let (drift, sources) = (seen(&world, &[report]), world.desired().1);
    assert_snapshot!("drift_github", github::drift(&drift, &sources, None));
    let page = html::drift(&drift, &target(), &sources);
    assert_snapshot!("drift_html", page.split("<header").nth(1).unwrap());
}

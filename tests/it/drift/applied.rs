//! The cause of a difference by the config that was applied last.

use insta::assert_snapshot;
use presencectl::model::desired::Desired;
use presencectl::plan::origin::Against;

use super::*;
use crate::paper::Want;

const COMMIT: &str = "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3";

fn lunch() -> Want {
    want("lunch", "Meal", "Lunch")
}

fn tea() -> Want {
    want("tea", "Break", "Tea")
}

fn asks(definitions: impl IntoIterator<Item = Want>) -> Desired {
    World::in_step(definitions).desired().0
}

fn against() -> Against {
    Against { typed: "origin/main".to_owned(), commit: Some(COMMIT.to_owned()), ..Against::default() }
}

/// All of this was applied, and these were merged after it.
fn applied(desired: Desired, since: &[Desired]) -> Applied {
    Applied { against: against(), desired: Ok(desired), since: Ok(since.to_vec()) }
}

fn seen_by(world: &World, reports: &[StoredReport], applied: Applied) -> Drift {
    super::seen_by(world, reports, Some(applied))
}

#[test]
fn what_was_applied_tells_edited_from_merged_and_both() {
    let mut world = World::in_step([lunch(), tea(), want("walk", "Away", "Walk"), want("nap", "Idle", "Nap")]);
    let was = applied(world.desired().0, &[]);
    // By hand: lunch and walk. Merged: tea, walk and run.
    world.org().label("Lunch", "de", "von Hand");
    world.org().find("Walk").deactivated = true;
    world.config(tea().label("de", "Tee"));
    world.config(want("walk", "Away", "Walk").label("de", "Gang"));
    world.config(want("run", "Away", "Run"));
    let drift = seen_by(&world, &[], was);
    assert_eq!(
        rows(&drift),
        ["run missing not-applied", "walk deactivated both", "lunch changed edited", "tea changed not-applied"]
    );
    assert_eq!(drift.not_told(), None);
    assert_snapshot!(output::text::drift(&drift, &target(), &world.desired().1, Style::PLAIN), @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    Edited by hand in the org:
      ~ changed lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)
        + de: "von Hand"
        who changed it last, and when, is not known
        to keep it, write (presence.yaml:2:3):
          lunch:
            labels: { de: von Hand }

    Edited by hand in the org, and changed in the config since `3f2a91c`:
      ^ deactivated walk "Walk" (Away, 2fa68d50-0000-4000-8000-000000000003)
        who changed it last, and when, is not known
        to keep it, write (presence.yaml:15:3):
          walk:
            deactivated: true

    Merged, not applied since `3f2a91c`:
      + missing run "Run" (Away)
        to keep it, take `run` out of the config, or write (presence.yaml:8:3):
          run:
            deactivated: true
      ~ changed tea "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002)
        - de: "Tee"
        who changed it last, and when, is not known
        to keep it, take out its label for `de` (presence.yaml:11:3)

    Drift: 4 definitions. To take it back, run `presencectl apply`.
    "#);
    let document = parsed(&json::write(&json::DriftV1::of(&drift, &target(), &world.desired().1)));
    assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
    assert_eq!(document["applied"], serde_json::json!({ "given": "origin/main", "commit": COMMIT }));
}

#[test]
fn what_was_deactivated_by_hand_and_renamed_by_the_config_is_both() {
    let mut world = World::in_step([lunch()]);
    world.org().find("Lunch").deactivated = true;
    world.config(want("lunch", "Meal", "Lunch break").previously("Lunch"));
    assert_eq!(rows(&seen_by(&world, &[], applied(asks([lunch()]), &[]))), ["lunch missing both"]);
}

#[test]
fn what_was_renamed_or_moved_by_hand_was_edited_and_what_the_config_renamed_was_not() {
    let mut world = World::in_step([lunch(), tea()]);
    let was = || applied(asks([lunch(), tea()]), &[]);
    world.org().label("Lunch", "en_US", "Lunch break");
    world.org().find("Tea").system_presence = presence("Meal");
    assert_eq!(rows(&seen_by(&world, &[], was())), ["lunch looks-renamed edited", "tea looks-moved edited"]);
    // Which object it is the config says that was applied: no guess is needed.
    let mut world = World::in_step([lunch(), tea()]);
    world.config(want("lunch", "Meal", "Lunch break"));
    world.config(want("tea", "Meal", "Tea"));
    let drift = seen_by(&world, &[], was());
    assert_eq!(rows(&drift), ["lunch changed not-applied", "tea elsewhere not-applied"]);
    assert_eq!(drift.rows[0].first.len(), 1, "there is no other one that it could be");
}

#[test]
fn what_was_removed_in_the_org_is_told_from_what_is_yet_to_be_made() {
    let mut world = World::in_step([lunch(), tea()]);
    world.org().remove("Lunch");
    world.config(want("run", "Away", "Run"));
    let drift = seen_by(&world, &[], applied(asks([lunch(), tea()]), &[]));
    assert_eq!(rows(&drift), ["lunch missing edited", "run missing not-applied"]);
    // An older report that never wrote lunch says nothing of it.
    let report = made(&mut world, &[("tea", "Tea")]);
    let drift = seen_by(&world, &[report], applied(asks([lunch(), tea()]), &[]));
    assert_eq!(rows(&drift), ["lunch missing edited", "run missing not-applied"]);
}

#[test]
fn what_an_apply_that_failed_may_have_written_is_held_against_nobody() {
    // A commit added German. Its apply failed halfway, after it had written lunch. Then the config changed again.
    let mut world = World::in_step([lunch().label("de", "Mittag"), tea()]);
    let between = asks([lunch().label("de", "Mittag"), tea().label("de", "Tee")]);
    let was = |since: &[Desired]| applied(asks([lunch(), tea()]), since);
    world.config(lunch().label("de", "Essen"));
    assert_eq!(rows(&seen_by(&world, &[], was(&[]))), ["lunch changed both"]);
    assert_eq!(rows(&seen_by(&world, &[], was(std::slice::from_ref(&between)))), ["lunch changed not-known"]);
    // The same after a change back.
    world.config(lunch());
    assert_eq!(rows(&seen_by(&world, &[], was(&[]))), ["lunch changed edited"]);
    assert_eq!(rows(&seen_by(&world, &[], was(std::slice::from_ref(&between)))), ["lunch changed not-known"]);
    // The report of that apply knows it.
    let report = StoredReport { success: false, ..made(&mut world, &[("lunch", "Lunch")]) };
    let reports = [report];
    assert_eq!(rows(&seen_by(&world, &reports, was(std::slice::from_ref(&between)))), ["lunch changed not-applied"]);
    // A state that no merged config asks for was edited anyway.
    world.org().label("Lunch", "de", "von Hand");
    assert_eq!(rows(&seen_by(&world, &[], was(std::slice::from_ref(&between)))), ["lunch changed edited"]);
    assert_eq!(rows(&seen_by(&world, &reports, was(&[between]))), ["lunch changed edited"]);
}

#[test]
fn an_edit_that_a_later_apply_took_over_is_no_edit_whatever_an_old_report_says() {
    let mut world = World::in_step([lunch()]);
    let report = made(&mut world, &[("lunch", "Lunch")]);
    world.org().label("Lunch", "de", "von Hand");
    world.config(lunch().label("de", "Essen"));
    assert_eq!(rows(&seen(&world, std::slice::from_ref(&report))), ["lunch changed edited"]);
    let took_over = applied(asks([lunch().label("de", "von Hand")]), &[]);
    assert_eq!(rows(&seen_by(&world, &[report], took_over)), ["lunch changed not-applied"]);
}

#[test]
fn what_the_applied_config_asks_about_is_not_known() {
    let mut world = World::in_step([lunch()]);
    world.org().label("Lunch", "en_US", "Lunch break");
    world.org().add("Meal", &[("en_US", "Late lunch")]);
    // The config says by now which of them it is, and asks for German.
    world.config(lunch().label("de", "Mittag").previously("Lunch break"));
    assert_eq!(rows(&seen_by(&world, &[], applied(asks([lunch()]), &[]))), ["lunch changed not-known"]);
}

#[test]
fn a_config_that_cannot_be_read_tells_nothing_and_that_is_said() {
    let mut world = World::in_step([lunch()]);
    world.org().label("Lunch", "de", "von Hand");
    let broken = || Applied { against: against(), desired: Err("it is broken".to_owned()), since: Ok(Vec::new()) };
    let drift = seen_by(&world, &[], broken());
    assert_eq!(rows(&drift), ["lunch changed not-known"]);
    let why = "edits by hand cannot be distinguished from what was merged and not applied, even with `origin/main` (3f2a91c): it is \
               broken";
    assert_eq!(drift.not_told().as_deref(), Some(why));
    let document = parsed(&json::write(&json::DriftV1::of(&drift, &target(), &world.desired().1)));
    assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
    assert_eq!(document["applied"]["notRead"], "it is broken");
    // Reports show it anyway.
    let mut report = made(&mut world, &[("lunch", "Lunch")]);
    let left = world.desired().0.definitions[&Key::new("lunch").unwrap()].labels.clone();
    report.rows[0].after.as_mut().unwrap().labels = left;
    assert_eq!(rows(&seen_by(&world, &[report], broken())), ["lunch changed edited"]);
}

#[test]
fn where_it_is_not_known_what_was_merged_since_nobody_is_blamed() {
    let mut world = World::in_step([lunch(), tea()]);
    world.org().label("Lunch", "de", "von Hand");
    world.config(tea().label("de", "Tee"));
    let lost = Applied { since: Err("it is lost".to_owned()), ..applied(asks([lunch(), tea()]), &[]) };
    let drift = seen_by(&world, &[], lost);
    assert_eq!(rows(&drift), ["lunch changed not-known", "tea changed not-applied"]);
    let why = "edits by hand cannot be distinguished from what was merged and not applied, even with `origin/main` (3f2a91c): it is \
               lost";
    assert_eq!(drift.not_told().as_deref(), Some(why));
    let document = parsed(&json::write(&json::DriftV1::of(&drift, &target(), &world.desired().1)));
    assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
    assert_eq!(document["applied"]["notSince"], "it is lost");
}

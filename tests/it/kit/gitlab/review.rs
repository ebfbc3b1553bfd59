//! What a merge request shows, and how it bounds what its merge applies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use serde_json::{Value, json};

use super::forge::TEXT_MAX;
use super::play::Played;
use super::{World, base};
use crate::kit::steps::skipped;

const ALL: &str = "presences/base/all.yaml";

impl World {
    /// The reports that the newest apply job of an org has kept.
    fn newest_report(&self, job: u64) -> Value {
        let folder = self.path(&format!("artifacts/{job}/.presencectl/ci/reports/acme"));
        let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let file = files.filter(|it| it.extension().is_some_and(|it| it == "json")).max().unwrap();
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }
}

#[test]
fn what_no_merge_request_showed_is_in_the_report_and_in_the_note() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    // Something else was pushed past the merge request.
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    world.git(&["checkout", "--quiet", "change-7"]);
    world.write("presences/base/more.yaml", &base(&["Walk"]).replace("settings: { defaultLocale: en_US }\n", ""));
    world.commit();
    world.git(&["checkout", "--quiet", "main"]);
    let apply = world.play(&world.merged(7)).red();
    let said =
        "Not reviewed, and so not done for acme: create kwalk. To apply it, open a merge request in this project";
    assert!(apply.log("apply acme").contains(said), "{}", apply.logs());
    assert!(world.project().note(7).contains(said), "{}", world.project().note(7));
    assert_eq!(world.labels("acme"), ["Lunch"]);
    // Without any plan a report is kept as well, and it does not count as applied.
    let pushed = world.play(&world.pushed(|| world.write(ALL, &base(&["Lunch", "Tea", "Yoga"])))).red();
    let said = "Not reviewed, and so not done for acme: create kwalk, create kyoga";
    assert!(pushed.log("apply acme").contains(said), "{}", pushed.logs());
    let job = world.project().deployments.last().unwrap()["deployable"]["id"].as_u64().unwrap();
    let report = world.newest_report(job);
    let skips: Vec<&str> =
        report["objects"].as_array().unwrap().iter().filter_map(|it| it["skipReason"].as_str()).collect();
    assert_eq!(skips, ["beyond-saved-plan"; 3], "{report:#}");
    let next = world.play(&world.pushed(|| world.write("README.md", "Ours.\n"))).red();
    assert!(next.names().contains(&"apply acme: 1".to_owned()), "{}", next.logs());
}

#[test]
fn an_object_that_was_edited_after_the_review_is_refused_and_the_rest_is_done() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let german = base(&["Lunch", "Tea"]).replace("en_US: \"Lunch\"", "en_US: \"Lunch\", de: \"Mittag\"");
    world.play(&world.proposed(7, || world.write(ALL, &german))).green();
    world.edited("acme", "Lunch", &json!({ "en_US": "Lunch", "de": "Pause" }));
    let apply = world.play(&world.merged(7)).red();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"], "the rest is done: {}", apply.logs());
    let german =
        || world.definitions("acme").iter().find_map(|it| it["labels"]["de"].as_str().map(str::to_owned)).unwrap();
    assert_eq!(german(), "Pause");
    let note = world.project().note(7);
    assert!(note.contains("1 org: 1 failed") && note.contains("klunch"), "{note}");
    // It is due, and a plan that shows the edit is applied.
    let hand = world.play(&world.by_hand("acme")).green();
    assert_eq!(german(), "Mittag", "{}", hand.logs());
}

#[test]
fn a_plan_that_its_limits_refuse_fails_the_merge_request_and_is_never_applied() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let pruned = |labels: &[&str]| base(labels).replace("en_US }", "en_US, prune: delete, limits: { removals: 1 } }");
    world.pushed(|| world.write(ALL, &pruned(&["Lunch", "Tea", "Walk"])));
    world.play(&world.by_hand("acme")).green();
    let plan = world.play(&world.proposed(7, || world.write(ALL, &pruned(&["Lunch"])))).red();
    assert_eq!(plan.names(), ["validate", "orgs", "plan acme: 1", "review: 1"], "{}", plan.logs());
    let note = world.project().note(7);
    assert!(note.contains("limits") && note.contains('2'), "{note}");
    let apply = world.play(&world.merged(7)).red();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea", "Walk"], "{}", apply.logs());
}

/// What the train would merge is planned; the note is of the merge request's own head.
#[test]
fn a_merge_train_plans_what_it_merges_and_that_is_applied() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let own = "version: 1\ndefinitions:\n  own:\n    systemPresence: Busy\n    labels: { en_US: Own }\n";
    world.play(&world.proposed(7, || world.write("presences/base/own.yaml", own))).green();
    // Another merge request is merged meanwhile.
    let [_, _] = world.done(8, ALL, &base(&["Lunch", "Tea"])).map(Played::green);
    world.git(&["checkout", "--quiet", "change-7"]);
    world.git(&["merge", "--quiet", "--no-edit", "main"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["checkout", "--quiet", "main"]);
    world.project().merge_requests.get_mut(&7).unwrap()["sha"] = json!(head);
    let train = world.train(7);
    let ran = world.play(&train).green();
    assert_eq!(ran.names(), ["validate", "orgs", "plan acme", "review"]);
    let note = world.project().note(7);
    assert!(
        note.contains("own") && !note.contains("ktea") && note.contains(&format!("Planned at `{}`", &head[..7])),
        "{note}"
    );
    assert_eq!(world.project().notes[&7].len(), 1);
    // GitLab merges the very commit of the train.
    world.git(&["merge", "--quiet", "--ff-only", &train.commit]);
    {
        let mut project = world.project();
        let request = project.merge_requests.get_mut(&7).unwrap();
        request["state"] = json!("merged");
        request["commits"] = json!([train.commit, request["sha"]]);
    }
    let apply = world.play(&world.pushed_as_it_is()).green();
    assert_eq!(world.labels("acme"), ["Lunch", "Own", "Tea"], "{}", apply.logs());
}

#[test]
fn after_a_force_push_nothing_counts_that_is_on_no_branch() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let [_, old] = world.done(7, ALL, &base(&["Lunch", "Tea"])).map(Played::green);
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"], "{}", old.logs());
    // A history of its own, which asks for something that no merge request of it showed.
    world.git(&["checkout", "--quiet", "--orphan", "anew"]);
    world.git(&["branch", "--quiet", "-M", "anew", "main"]);
    let anew = world.pushed(|| world.write(ALL, &base(&["Lunch", "Walk"])));
    let apply = world.play(&anew).red();
    assert!(
        apply.log("apply acme").contains("Not reviewed, and so not done for acme: create kwalk"),
        "{}",
        apply.logs()
    );
    let [_, apply] = world.done(9, ALL, &base(&["Lunch", "Walk", "Nap"])).map(Played::green);
    assert!(world.labels("acme").contains(&"Nap".to_owned()), "{}", apply.logs());
    world.play(&world.scheduled()).green();
}

#[test]
fn a_note_of_a_very_large_plan_fits_and_keeps_the_result() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let many: Vec<String> = (0..140).map(|it| format!("k{it} {}", "é|`<".repeat(9))).collect();
    let labels: Vec<&str> = std::iter::once("Lunch").chain(many.iter().map(String::as_str)).collect();
    let [_, apply] = world.done(7, ALL, &base(&labels)).map(Played::green);
    let note = world.project().note(7);
    assert!(note.chars().count() > 20_000 && note.chars().count() < TEXT_MAX / 4, "{}", note.chars().count());
    assert!(note.contains("140 to create") && note.contains("Applied at"), "{}", apply.logs());
}

#[test]
fn an_expired_token_at_night_is_told_where_it_can_be() {
    if skipped() {
        return;
    }
    let mut world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    world.secrets.get_mut("presence-bot").unwrap().insert("GITLAB_TOKEN".to_owned(), "glpat-expired".to_owned());
    let writes = world.writes("acme");
    let night = world.play(&world.scheduled()).red();
    assert!(night.logs().contains("is GITLAB_TOKEN expired or revoked?"), "{}", night.logs());
    let hand = world.play(&world.by_hand("acme"));
    assert_eq!((hand.is_green, world.writes("acme")), (false, writes), "{}", hand.logs());
}

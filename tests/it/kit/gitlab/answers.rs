//! What GitLab answers: tokens that are missing or expired, failures, halves of answers, and very long lists.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use serde_json::json;

use super::forge::BOT;
use super::play::{Played, Start};
use super::{World, base};
use crate::kit::github::Stumbles;
use crate::kit::steps::skipped;

const ALL: &str = "presences/base/all.yaml";

fn token(world: &mut World, value: &str) {
    world.secrets.get_mut("presence-bot").unwrap().insert("GITLAB_TOKEN".to_owned(), value.to_owned());
}

#[test]
fn without_a_token_the_plan_stands_and_an_apply_says_what_is_missing() {
    if skipped() {
        return;
    }
    let mut world = World::new(&["acme"]);
    token(&mut world, "");
    let plan = world.play(&world.proposed(7, || world.write(ALL, &base(&["Tea"])))).green();
    let said = "GITLAB_TOKEN is not set: the merge request gets no note. The plan is above";
    assert!(plan.log("review").contains(said), "{}", plan.logs());
    let apply = world.play(&world.merged(7)).red();
    assert_eq!(apply.names(), ["validate", "due: 1"]);
    let said = "GITLAB_TOKEN is not set, and without it what was applied and what was reviewed cannot be looked up. Make a project access token";
    assert!(apply.log("due").contains(said), "{}", apply.logs());

    token(&mut world, "glpat-expired");
    let plan = world.play(&world.proposed(8, || world.write(ALL, &base(&["Walk"])))).green();
    assert!(plan.names().contains(&"review: 76".to_owned()), "the plan is good: {}", plan.logs());
    assert!(plan.log("review").contains("is GITLAB_TOKEN expired or revoked?"), "{}", plan.logs());
    let apply = world.play(&world.merged(8)).red();
    assert!(apply.log("due").contains("is GITLAB_TOKEN expired or revoked?"), "{}", apply.logs());
    assert_eq!(world.project().writes(), [""; 0]);
}

#[test]
fn a_note_that_cannot_be_written_costs_no_plan() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    world.project().forbidden = Some("POST merge_requests/7/notes");
    let plan = world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    assert!(plan.names().contains(&"review: 76".to_owned()), "{}", plan.logs());
    assert!(plan.log("review").contains("the note of the merge request is not written, for the reason above"));
    world.project().forbidden = None;
    world.play(&world.merged(7)).green();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"], "the plan counts as reviewed");
}

#[test]
fn past_two_thousand_notes_no_second_one_is_made() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let other = |id: u64| json!({ "id": id, "author": { "id": 12 }, "body": "<!-- presencectl-kit:plan -->" });
    let mut notes: Vec<_> = (1..=2000).map(other).collect();
    world.project().notes.insert(7, notes.clone());
    let start = world.proposed(7, || world.write(ALL, &base(&["Tea"])));
    let plan = world.play(&start).green();
    let said = "the merge request has more than 2000 notes, and ours is none of the first: no note is written";
    assert!(plan.log("review").contains(said), "{}", plan.logs());
    assert_eq!(world.project().writes(), [""; 0]);
    // Ours is behind 1,999 others.
    notes[1999] = json!({ "id": 2000, "author": { "id": BOT }, "body": "<!-- presencectl-kit:plan -->\nof then" });
    world.project().notes.insert(7, notes);
    world.play(&Start { id: None, ..start }).green();
    assert_eq!(world.project().writes(), ["PUT merge_requests/7/notes/2000"]);
}

#[test]
fn a_read_that_fails_is_tried_again() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.project().stumbles = Some(Stumbles::default());
    world.play(&world.by_hand("acme")).green();
    world.project().stumbles = Some(Stumbles::default());
    let [_, apply] = world.done(7, ALL, &base(&["Lunch", "Tea"])).map(Played::green);
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"], "{}", apply.logs());
    assert!(world.project().note(7).contains("Applied at"));
}

#[test]
fn an_answer_that_is_not_what_it_should_be_decides_nothing() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    let merged = world.merged(7);
    let writes = world.writes("acme");
    // A proxy's page has what a terminal takes for commands.
    let texts = [
        "{}",
        "",
        "[] []",
        "{\"message\": \"Server Error\"}[]",
        "<html>\u{1b}[31m\u{9b}2Jsign in\r\nsection_start:0:x</html>",
    ];
    for path in ["GET deployments", "GET repository/commits", "GET merge_requests/7/pipelines", "bridges", "pipelines/"]
    {
        for text in texts {
            world.project().odd = Some((path, text));
            let apply = world.play(&merged).red();
            assert_eq!(apply.names(), ["validate", "due: 1"], "{path} was answered with {text}: {}", apply.logs());
        }
    }
    for text in texts {
        world.project().odd = Some(("/artifacts", text));
        let apply = world.play(&merged).red();
        let said = "came as half an archive, or as none: start this job again";
        assert!(apply.log("due").contains(said), "{}", apply.logs());
    }
    assert_eq!(world.writes("acme"), writes);
    // Half of what the job `review` kept.
    world.project().odd = None;
    for archive in world.project().archives.values_mut() {
        archive.truncate(archive.len() / 2);
    }
    let apply = world.play(&merged).red();
    assert!(apply.log("due").contains("came as half an archive"), "{}", apply.logs());
    assert_eq!(world.writes("acme"), writes);
}

#[test]
fn a_deployment_counts_only_where_a_job_of_the_default_branch_made_it() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    let merged = world.merged(7);
    let forged = |field: &str, value: serde_json::Value| {
        let deployable = json!({ "id": 1, "ref": "main", "tag": false });
        let mut deployment = json!({ "environment": "presence-apply/acme", "sha": merged.commit, "ref": "main",
                                     "status": "success", "deployable": deployable });
        *deployment.pointer_mut(field).unwrap() = value;
        deployment
    };
    // A branch, a tag with the name of the branch, a call of the API, and a commit that is gone.
    let strange = [
        forged("/ref", json!("change")),
        forged("/deployable/ref", json!("change")),
        forged("/deployable/tag", json!(true)),
        forged("/deployable", serde_json::Value::Null),
        forged("/sha", json!("d".repeat(40))),
    ];
    for it in &strange {
        // So many that they fill a page.
        world.project().deployments.extend(vec![it.clone(); 30]);
    }
    let apply = world.play(&merged).green();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"], "{}", apply.logs());
}

/// By the kept reports it is known what was applied last, and by nothing else.
#[test]
fn an_org_whose_reports_are_gone_is_due_again() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let readme = |text: &str| world.pushed(|| world.write("README.md", text));
    let nothing = world.play(&readme("1")).green();
    assert_eq!(nothing.names(), ["validate", "due", "result"], "{}", nothing.logs());
    world.project().archives.clear();
    let again = world.play(&readme("2")).green();
    assert!(again.names().contains(&"apply acme".to_owned()), "{}", again.logs());
    // It had nothing to do, and its report says that.
    let nothing = world.play(&readme("3")).green();
    assert_eq!(nothing.names(), ["validate", "due", "result"], "{}", nothing.logs());
}

#[test]
fn a_plan_counts_only_where_a_pipeline_of_this_project_made_it() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    // Those of a fork are no pipelines of this project, and that of a branch is none of the merge request.
    let of_a_fork = json!({ "id": 900, "iid": 7, "project_id": 6, "source": "merge_request_event" });
    let of_a_branch = json!({ "id": 901, "iid": 7, "project_id": 5, "source": "push" });
    world.project().pipelines.extend(vec![of_a_fork; 120]);
    world.project().pipelines.push(of_a_branch);
    world.play(&world.merged(7)).green();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea"]);
}

/// An org may not show yet what a job sent: the next one has to know of it. What a job keeps itself is its own alone.
#[test]
fn an_apply_has_the_reports_of_the_jobs_before_it() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let [_, apply] = world.done(7, ALL, &base(&["Lunch", "Tea"])).map(Played::green);
    assert!(apply.log("apply acme").contains("\n2 file(s) of reports of earlier jobs"), "{}", apply.logs());
    let jobs = world.project().deployments.iter().filter(|it| it["environment"] == "presence-apply/acme").count();
    assert_eq!(jobs, 2);
    let last = world.project().deployments.last().unwrap()["deployable"]["id"].as_u64().unwrap();
    let own = world.path(&format!("artifacts/{last}/.presencectl/ci/reports/acme"));
    let reports = std::fs::read_dir(own).unwrap().map(|it| it.unwrap().path());
    assert_eq!(reports.filter(|it| it.extension().is_some_and(|it| it == "json")).count(), 1);
}

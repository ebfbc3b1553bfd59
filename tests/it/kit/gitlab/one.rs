//! One org: from the merge request to the org.

use serde_json::json;

use super::play::Start;
use super::{World, base};
use crate::kit::steps::skipped;

const ALL: &str = "presences/base/all.yaml";

/// What the first commit asks is in the org, and is no longer due.
fn applied(world: &World) {
    let hand = world.play(&world.by_hand("acme")).green();
    assert_eq!(hand.names(), ["validate", "due", "known", "plan acme", "approve", "apply acme", "result"]);
    assert_eq!(world.labels("acme"), ["Lunch"]);
}

#[test]
fn a_merge_request_has_one_note_and_its_merge_is_applied() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    applied(&world);
    // A stranger wrote the marker first.
    let strange = json!({ "id": 1, "author": { "id": 12 }, "body": "<!-- presencectl-kit:plan -->" });
    world.project().notes.insert(7, vec![strange.clone()]);
    let plan = world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    assert_eq!(plan.names(), ["validate", "orgs", "plan acme", "review"]);
    let note = world.project().note(7);
    assert!(note.starts_with("<!-- presencectl-kit:plan -->\n") && note.contains("ktea"), "{note}");
    assert!(note.contains("Planned at `") && note.contains("[the job](https://gitlab.example/jobs/"), "{note}");
    // A second commit: the same note.
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", "Walk"])))).green();
    assert_eq!(world.project().notes[&7].len(), 2);
    assert_eq!(world.project().notes[&7][0], strange);
    assert!(world.project().note(7).contains("kwalk"));

    let apply = world.play(&world.merged(7)).green();
    assert_eq!(apply.names(), ["validate", "due", "known", "approve", "apply acme", "result"]);
    assert_eq!(world.labels("acme"), ["Lunch", "Walk"]);
    let note = world.project().note(7);
    assert!(note.contains("kwalk") && note.contains("\n\nApplied at `"), "{note}");
    // It is not due any more.
    let again = world.play(&world.pushed(|| world.write("README.md", "Ours.\n"))).green();
    assert_eq!(again.names(), ["validate", "due", "result"]);
    assert!(again.log("result").contains("Nothing is due."));
}

#[test]
fn a_change_of_a_readme_affects_no_org() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let plan = world.play(&world.proposed(7, || world.write("README.md", "Ours.\n"))).green();
    assert_eq!(plan.names(), ["validate", "orgs", "review"]);
    assert_eq!(world.project().note(7), "", "nothing changes: no note");
    // A note that is there speaks of an older commit.
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Tea"])))).green();
    world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch"])))).green();
    assert!(!world.project().note(7).contains("ktea") && !world.project().note(7).is_empty());
}

#[test]
fn a_broken_config_is_red_and_has_no_plan() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let plan = world.play(&world.proposed(7, || world.write(ALL, "version: 1\ndefinitions: [\n"))).red();
    assert_eq!(plan.names(), ["validate: 1"]);
    assert!(plan.log("validate").contains("presences/base/all.yaml:"), "{}", plan.logs());
    assert_eq!(world.project().requests, [""; 0]);
}

#[test]
fn an_org_that_only_the_merge_request_has_gets_no_credentials() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let plan =
        world.play(&world.proposed(7, || world.write("presences/orgs/new.yaml", &super::org_file("new", "")))).green();
    assert_eq!(plan.names(), ["validate", "orgs", "review"]);
    let said = "ew in this merge request, and not planned before they are merged: new";
    assert!(plan.log("review").contains(said) && world.project().note(7).contains(said), "{}", plan.logs());
    // GitLab would expand a variable.
    let hostile = world.proposed(8, || world.write("presences/orgs/new.yaml", &super::org_file("$GITLAB_TOKEN", "")));
    let plan = world.play(&hostile);
    assert!(plan.jobs.len() > 2 && !plan.child.to_string().contains('$'), "{}", plan.child);
    let apply = world.play(&world.merged(7)).red();
    assert!(apply.names().contains(&"apply new: 1".to_owned()), "{}", apply.logs());
}

#[test]
fn an_older_pipeline_that_ends_later_leaves_the_newer_note() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let older = world.proposed(7, || world.write(ALL, &base(&["Tea"])));
    let newer = world.proposed(7, || world.write(ALL, &base(&["Walk"])));
    // GitLab made it before the newer one.
    let id = world.next_id();
    world.play(&newer).green();
    let here = json!({ "id": id, "iid": 7, "project_id": 5, "source": "merge_request_event" });
    world.project().pipelines.insert(0, here);
    let ended = world.play(&Start { id: Some(id), ..older }).green();
    assert!(ended.log("review").contains("its note stays"), "{}", ended.logs());
    // The same commit, by an older pipeline.
    let ended = world.play(&Start { id: Some(id), ..newer }).green();
    assert!(ended.log("review").contains("its note stays"), "{}", ended.logs());
    assert!(world.project().note(7).contains("kwalk"));
    assert_eq!(world.project().writes(), ["POST merge_requests/7/notes"]);
}

#[test]
fn an_older_run_that_is_started_again_applies_nothing_that_was_reverted() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    applied(&world);
    world.play(&world.proposed(3, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    let old = world.merged(3);
    world.play(&old).green();
    let gone = format!("{}    deactivated: true\n", base(&["Lunch", "Tea"]));
    let [_, apply] = world.done(4, ALL, &gone);
    apply.green();
    let writes = world.writes("acme");
    for _ in 0..2 {
        let again = world.play(&old).green();
        assert!(again.names().contains(&"apply acme: 75".to_owned()), "{}", again.logs());
        assert!(again.log("apply acme").contains("the newest commit of main: nothing is done"), "{}", again.logs());
    }
    assert_eq!(world.writes("acme"), writes, "main says that tea is deactivated");
    // After a force push the commit is on no branch.
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.pushed(|| world.write(ALL, &base(&["Lunch"])));
    world.play(&old);
    assert_eq!(world.writes("acme"), writes);
}

#[test]
fn what_no_merge_request_showed_is_not_applied() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    applied(&world);
    let pushed = world.play(&world.pushed(|| world.write(ALL, &base(&["Lunch", "Tea"])))).red();
    assert!(pushed.log("apply acme").contains("no merge request has a reviewed plan of this"), "{}", pushed.logs());
    assert!(pushed.log("apply acme").contains("start a pipeline by hand on main with ORG = acme"), "{}", pushed.logs());
    // It is due until it is done: the next merge request shows it.
    let [_, apply] = world.done(7, ALL, &base(&["Lunch", "Tea", "Walk"]));
    apply.green();
    assert_eq!(world.labels("acme"), ["Lunch", "Tea", "Walk"]);
    // The plan of a red job was not reviewed.
    world.executable(
        "presencectl",
        &format!(
            "'{real}' \"$@\" || code=$?\n[[ $1 != plan ]] || exit 1\nexit ${{code:-0}}\n",
            real = env!("CARGO_BIN_EXE_presencectl")
        ),
    );
    let plan = world.play(&world.proposed(8, || world.write(ALL, &base(&["Lunch", "Tea", "Walk", "Yoga"]))));
    assert!(!plan.is_green, "{}", plan.logs());
    world.install();
    let apply = world.play(&world.merged(8)).red();
    assert!(apply.log("apply acme").contains("no merge request has a reviewed plan of this"), "{}", apply.logs());
    assert_eq!(world.labels("acme"), ["Lunch", "Tea", "Walk"]);
}

#[test]
fn a_label_is_text_wherever_it_is_shown() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let label = "</details> <b>@all</b> ![x](http://x) `$(id)` $HOME";
    let plan = world.play(&world.proposed(7, || world.write(ALL, &base(&["Lunch", label])))).green();
    let note = world.project().note(7).replace(&format!("``{label}``"), "");
    assert!(!note.contains("<b>") && !note.contains("![x]("), "{note}");
    let apply = world.play(&world.merged(7)).green();
    assert_eq!(world.labels("acme"), [label, "Lunch"], "{}{}", plan.logs(), apply.logs());
}

#[test]
fn in_another_project_the_files_are_only_validated() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let fork = |start: Start| Start { project: Some("eve/presences"), ..start };
    let plan = world.play(&fork(world.proposed(7, || world.write(ALL, &base(&["Tea"]))))).green();
    assert_eq!(plan.names(), ["validate"]);
    let said = "This project is eve/presences. Plans and applies run only in acme/presences";
    assert!(plan.log("validate").contains(said), "{}", plan.logs());
    // Its default branch follows that of the project.
    for source in ["push", "web", "schedule"] {
        let start = Start { source, ..world.pushed(|| ()) };
        let ran = world.play(&fork(start)).green();
        assert!(ran.names().iter().all(|it| it == "validate"), "{:?}", ran.names());
    }
    assert_eq!(world.project().requests, [""; 0]);
    // Merged, it has no plan here, unless a member of the project starts a pipeline for it here.
    let apply = world.play(&world.merged(7)).red();
    assert!(apply.log("apply acme").contains("no merge request has a reviewed plan of this"), "{}", apply.logs());
}

//! What the plan says of single lines, at the lines of a pull request: a check run at its head.

use serde_json::json;

use super::github::Github;
use super::steps::{Runner, config, definition, org, sha, skipped};

#[test]
fn annotations_stand_at_lines_and_what_has_none_in_the_summary_as_code() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("COMMIT", &sha('a')).with("ORG", "acme prod");
    let commands = "::error file=a%2Cb.yaml,line=3,col=2,title=presencectl%3A x::one%0Atwo %250A ::error::three\n\
                    ::notice file=p.yaml,line=4,col=1,title=presencectl%3A rename tea::is renamed\n\
                    ::warning title=presencectl%3A delete::\"@everyone\" is deleted%0A# and more\n";
    runner.write("annotations", commands);
    runner.run("check-run.sh", &["annotations", "1 to delete, 2 to create"]).succeeds();
    let made = github.repository().check_runs.pop().unwrap_or_default();
    assert_eq!((&made["name"], &made["head_sha"]), (&json!("presencectl lines (acme prod)"), &json!(sha('a'))));
    assert_eq!(made["output"]["title"], "1 to delete, 2 to create");
    assert_eq!(
        made["output"]["annotations"],
        json!([
            { "path": "a,b.yaml", "start_line": 3, "end_line": 3, "start_column": 2, "end_column": 2,
              "annotation_level": "failure", "title": "presencectl: x", "message": "one\ntwo %0A ::error::three" },
            { "path": "p.yaml", "start_line": 4, "end_line": 4, "start_column": 1, "end_column": 1,
              "annotation_level": "notice", "title": "presencectl: rename tea", "message": "is renamed" },
        ])
    );
    assert_eq!(
        made["output"]["summary"],
        "What the plan says of single lines. The whole is in the log of \
         [the run](https://github.example/acme/presences/actions/runs/42).\n\n    \
         presencectl: delete\n    \"@everyone\" is deleted\n    # and more"
    );
}

#[test]
fn a_plan_that_warns_of_no_line_takes_the_place_of_one_that_did() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("ANNOTATIONS", "check-run").with("COMMIT", &sha('a'));
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    runner.action("plan").succeeds();
    let made = github.repository().check_runs.pop().unwrap_or_default();
    assert_eq!(made["output"]["annotations"], json!([]));
    assert_eq!(made["output"]["title"], "1 to create");
    // Where there is no plan, no line is said to be harmless.
    runner.set("PATH_OF_CONFIG", "nowhere.yaml");
    runner.action("plan").fails("nowhere.yaml");
    let made = github.repository().check_runs.pop().unwrap_or_default();
    assert_eq!((&made["output"]["title"], &made["output"]["annotations"]), (&json!("No plan"), &json!([])));
    runner.set("PATH_OF_CONFIG", "presences.yaml");
    // Without a pull request no one looks at its lines.
    runner.set("PULL_REQUEST", "");
    runner.action("plan").succeeds();
    assert_eq!(github.repository().check_runs.len(), 0);
    // Something that is no commit is reported, and nothing is posted.
    runner.set("PULL_REQUEST", "7");
    runner.set("COMMIT", "main");
    runner.action("plan").fails("the input commit is no commit");
}

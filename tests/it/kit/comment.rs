//! The plan in the pull request: one comment an org, of the bot's own, updated in place, and never too long.

use std::fs;

use serde_json::json;

use super::github::{BOT, Github};
use super::steps::{Runner, config, definition, org, sha, skipped};

const MARK: &str = "<!-- presencectl-kit:plan -->";

fn body(github: &Github, index: usize) -> String {
    github.repository().comments[index]["body"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn one_comment_says_what_the_pull_request_would_do_and_is_updated_in_place() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org);
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let step = runner.action("plan").succeeds();
    assert_eq!(step.output("changes"), Some("true"));
    assert!(step.summary.contains("lunch"), "{}", step.summary);
    let plan = fs::read_to_string(step.output("plan").unwrap_or_default()).unwrap_or_default();
    assert!(plan.contains("\"kind\": \"plan\""), "{plan}");
    assert!(body(&github, 0).starts_with(MARK) && body(&github, 0).contains("lunch"));

    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Dinner")]));
    runner.action("plan").succeeds();
    // Nothing is left to do: the comment that there is says so.
    runner.set("REVIEWED", "false");
    assert_eq!(runner.action("apply").succeeds().output("changes"), Some("true"));
    assert_eq!(runner.action("plan").succeeds().output("changes"), Some("false"));
    assert_eq!(
        github.writes(),
        ["POST issues/7/comments", "PATCH issues/comments/1", "PATCH issues/comments/1"],
        "one comment, however often it is planned"
    );
}

#[test]
fn with_a_base_the_comment_says_what_is_from_the_pull_request() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org).with("BASE", "../before/presences.yaml");
    runner.write("../before/presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let both = [definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea")];
    runner.write("presences.yaml", &config(&both));
    let step = runner.action("plan").succeeds();
    assert_eq!(step.output("changes"), Some("true"));
    for expected in ["#### From this change", "<summary>Pending before this change: 1 change</summary>"] {
        assert!(body(&github, 0).contains(expected), "{}", body(&github, 0));
        assert!(step.summary.contains(expected), "{}", step.summary);
    }
}

#[test]
fn where_nothing_changes_there_is_no_comment() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    runner.write("presences.yaml", &config(&[]));
    assert_eq!(runner.action("plan").succeeds().output("changes"), Some("false"));
    assert_eq!(github.writes(), [""; 0]);
}

#[test]
fn a_plan_that_fails_says_so_in_its_comment_and_fails_the_step() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    runner.write("presences.yaml", "version: 1\ndefinitions: [lunch]\n");
    let step = runner.action("plan").fails("definitions");
    assert_eq!((step.output("changes"), github.writes().len()), (None, 1));
    assert!(step.summary.len() > 10 && body(&github, 0).starts_with(MARK), "{step:?}");
}

#[test]
fn only_a_comment_of_the_bots_own_is_touched() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    for id in 1..=150 {
        // A stranger who writes the marker, in the first page; the bot's other comments.
        let (login, text) = if id == 3 { ("mallory", format!("{MARK}\nme")) } else { (BOT, "other".to_owned()) };
        github.repository().comments.push(json!({ "id": id, "user": { "login": login }, "body": text }));
    }
    let own = json!({ "id": 151, "user": { "login": BOT }, "body": format!("{MARK}\nold") });
    let quoted = json!({ "id": 152, "user": { "login": BOT }, "body": format!("> {MARK}\nold") });
    github.repository().comments.extend([own, quoted]);
    let runner = Runner::of(&github, &org);
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    runner.action("plan").succeeds();
    assert_eq!(github.writes(), ["PATCH issues/comments/151"]);
}

#[test]
fn each_org_has_its_own_comment() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org);
    // Names that are alike, and those that would end the mark or the line.
    let names =
        ["", "default", "acme prod", "acme-prod", "acme_prod", "acme%20prod", "Müller", "Möller", "a-->b", "a/../b"];
    for name in names {
        runner.write("comment.md", &format!("of {name:?}"));
        runner.set("ORG", name);
        for _ in 0..2 {
            runner.run("comment.sh", &["comment.md", "true"]).succeeds();
        }
    }
    assert_eq!(github.writes().iter().filter(|it| it.starts_with("POST")).count(), names.len());
    for (index, name) in names.iter().enumerate() {
        let comment = body(&github, index);
        let (mark, rest) = comment.split_once('\n').unwrap_or_default();
        assert!(mark.ends_with(" -->") && rest.starts_with(&format!("of {name:?}")), "{comment}");
    }
    assert!(body(&github, 2).starts_with("<!-- presencectl-kit:plan acme%20prod -->"));
}

#[test]
fn a_list_that_is_refused_is_not_an_empty_one() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    github.repository().forbidden = Some("GET issues/7/comments");
    runner.action("plan").fails("403");
    assert_eq!(github.writes(), [""; 0], "there may be a comment already");
}

#[test]
fn a_text_that_is_too_long_is_cut_at_a_whole_line() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("PULL_REQUEST", "7");
    runner.write("long.md", &format!("| the verdict |\n{}", format!("| {} |\n", "ü".repeat(40)).repeat(10_000)));
    runner.run("comment.sh", &["long.md", "true"]).succeeds();
    let posted = body(&github, 0);
    assert!(posted.starts_with(&format!("{MARK}\n| the verdict |\n")), "{posted}");
    let end = format!(
        "| {} |\n\n**This is too long for here.** The whole is in [the run](https://github.example/acme/presences/actions/runs/42).",
        "ü".repeat(40)
    );
    assert!(posted.ends_with(&end) && posted.chars().count() > 64_000, "{}", &posted[posted.len() - 300..]);
    // One line has no part that is whole.
    runner.write("long.md", &"ü".repeat(70_000));
    runner.run("comment.sh", &["long.md", "true"]).succeeds();
    assert!(body(&github, 0).len() < 300 && body(&github, 0).contains("runs/42"), "{}", body(&github, 0));
}

#[test]
fn a_plan_of_ten_thousand_changes_is_posted_and_whole_in_the_log() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let locales = ["en_US", "de", "fr"];
    let many: Vec<String> = (0..10_000)
        .map(|it| {
            let labels: Vec<String> =
                locales.iter().map(|locale| format!("{locale}: Étiquette {locale} {it}")).collect();
            format!("  key-{it}:\n    systemPresence: Away\n    labels: {{ {} }}\n", labels.join(", "))
        })
        .collect();
    let runner = Runner::of(&github, &org).with("COMMIT", &sha('a'));
    runner.write("presences.yaml", &config(&many));
    let step = runner.action("plan").succeeds();
    let posted = body(&github, 0);
    assert!(posted.starts_with(MARK) && (50_000..=65_536).contains(&posted.chars().count()), "{}", posted.len());
    assert!(posted.contains("\n**10000 to create** in `"), "{}", &posted[..600]);
    let left_off = posted.lines().filter(|it| it.ends_with("are not shown here.**")).count();
    assert!(
        left_off > 0
            && posted.contains(&format!("[aaaaaaa](https://github.example/acme/presences/commit/{}", sha('a')))
    );
    assert!(
        posted
            .ends_with("The whole is in the log of [the run](https://github.example/acme/presences/actions/runs/42).")
    );
    // The summary is cut as well, and the log and the plan are not.
    assert!(step.summary.len() <= 1024 * 1024 && !step.summary.contains("Étiquette fr 9999"), "{}", step.summary.len());
    assert!(step.log.contains("Étiquette fr 9999"));
    let plan = fs::read_to_string(step.output("plan").unwrap_or_default()).unwrap_or_default();
    assert!(plan.contains("Étiquette fr 9999"));
}

#[test]
fn a_body_that_is_longer_than_github_takes_is_refused() {
    if skipped() {
        return;
    }
    // That the comment of a large plan is posted shows something.
    let github = Github::start();
    let runner = Runner::new(&github);
    let common = format!("{}/kit/common.sh", env!("CARGO_MANIFEST_DIR"));
    runner.executable("post.sh", &format!("source '{common}'\napi POST issues/7/comments body.json\n"));
    for (length, taken) in [(65_536, true), (65_537, false)] {
        runner.write("body.json", &json!({ "body": "ü".repeat(length) }).to_string());
        let step = runner.run(&runner.path("post.sh").display().to_string(), &[]);
        assert_eq!((step.code == Some(0), step.log.contains("422")), (taken, !taken), "{}", step.log);
    }
}

#[test]
fn what_a_label_says_is_no_command_to_github() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "\"::error::boo\"")]));
    let log = runner.action("plan").succeeds().log;
    let (before, rest) = log.split_once("::stop-commands::").unwrap_or_default();
    let (stop, rest) = rest.split_once('\n').unwrap_or_default();
    let (shown, after) = rest.split_once(&format!("::{stop}::")).unwrap_or_default();
    assert!(stop.len() == 32 && shown.contains("::error::boo"), "{log}");
    assert!(!before.contains("boo") && !after.lines().any(|it| it.starts_with("::error::")), "{log}");
}

#[test]
fn mistakes_are_shown_at_their_lines() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("PATH_OF_CONFIG", "presences.yaml");
    let lines = "%0A::error::boo";
    runner.write("presences.yaml", &config(&[definition("lunch", &format!("\"Mael{lines}\""), "Lunch")]));
    let step = runner.action("validate").fails("\n::error file=presences.yaml,line=5,");
    assert!(step.log.contains("Mael%250A::error::boo"), "what is escaped stays escaped: {}", step.log);
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let step = runner.action("validate").succeeds();
    assert!(!step.log.contains("file="), "{}", step.log);
}

#[test]
fn the_commit_says_what_became_of_its_plan() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let mut runner = Runner::new(&github).with("HEAD_SHA", &sha('a')).with("CONTEXT", "presencectl plan (acme)");
    for (job, state) in
        [("success", "success"), ("failure", "failure"), ("cancelled", "failure"), ("pending", "pending")]
    {
        runner.set("JOB_STATUS", job);
        runner.run("status.sh", &[]).succeeds();
        let said = github.repository().statuses.pop().unwrap_or_default();
        assert_eq!((&said["state"], &said["context"]), (&json!(state), &json!("presencectl plan (acme)")), "{job}");
    }
    runner.set("HEAD_SHA", "main");
    runner.run("status.sh", &[]).fails("no commit");
}

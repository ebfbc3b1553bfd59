//! Many orgs: each has its own job, and none holds up another.

use std::collections::BTreeMap;

use presencectl::sandbox::SandboxConfig;

use super::play::Start;
use super::{World, base, org_file};
use crate::cli::server::Org;
use crate::kit::steps::skipped;

const ALL: &str = "presences/base/all.yaml";

/// Fourteen orgs in three stages, of which one answers no creation.
fn fourteen() -> World {
    let names: Vec<String> = (1..=14).map(|it| format!("org-{it:02}")).collect();
    let start = |name: &String| {
        let faults = r#"[{ "method": "POST", "path": "/api/*", "status": 400, "times": 1 }]"#;
        let org = if name == "org-05" { Org::with_faults(faults) } else { Org::start(SandboxConfig::default()) };
        (name.clone(), org)
    };
    let world = World::of(names.iter().map(start).collect());
    for (number, name) in (1..).zip(&names) {
        let stage = match number {
            1..=3 => "dev",
            4..=8 => "test",
            _ => "prod",
        };
        let more = if name == "org-02" { "freeze: { until: 2999-12-31, reason: Christmas business }\n" } else { "" };
        let file = format!("{}{more}", org_file(name, &format!(", stage: {stage}")));
        world.write(&format!("presences/orgs/{name}.yaml"), &file);
    }
    world.write(ALL, "version: 1\nsettings: { defaultLocale: en_US, stages: [dev, test, prod] }\n");
    world.write("presences/base/more.yaml", "version: 1\ndefinitions: {}\n");
    world.commit();
    world
}

fn change() -> String {
    base(&["Lunch"]).replace("en_US }", "en_US, stages: [dev, test, prod] }")
}

#[test]
fn fourteen_orgs_are_applied_stage_by_stage_and_none_holds_up_another() {
    if skipped() {
        return;
    }
    let world = fourteen();
    let plan = world.play(&world.proposed(7, || world.write(ALL, &change()))).green();
    assert_eq!(plan.names().len(), 2 + 14 + 1, "{:?}", plan.names());
    let environments: Vec<&str> =
        plan.jobs.iter().filter(|it| it.name.starts_with("plan ")).map(|it| it.environment.as_str()).collect();
    assert!(environments.iter().enumerate().all(|(at, it)| **it == format!("presence-plan/org-{:02}", at + 1)));
    assert_eq!(world.project().writes(), ["POST merge_requests/7/notes"], "one note for all");

    // Of dev one is frozen, of test one fails: prod waits.
    let apply = world.play(&world.merged(7)).red();
    assert_eq!(
        apply.names(),
        [
            "validate",
            "due",
            "known",
            "approve dev",
            "apply org-01",
            "apply org-03",
            "approve test",
            "apply org-04",
            "apply org-05: 1",
            "apply org-06",
            "apply org-07",
            "apply org-08",
            "result: 1"
        ],
        "{}",
        apply.logs()
    );
    assert!(apply.log("result").contains("org-02: frozen until "), "{}", apply.log("result"));
    assert!(world.project().note(7).contains("org-02: frozen until "), "{}", world.project().note(7));
    assert_eq!((world.labels("org-01"), world.labels("org-02")), (vec!["Lunch".to_owned()], Vec::new()));

    // What was not applied is due until it is, and what was applied is not.
    let next = world.pushed(|| world.write("README.md", "Ours.\n"));
    let never = Start { held: vec!["approve prod".to_owned()], ..next.clone() };
    let apply = world.play(&never);
    let applied: Vec<String> = apply.names().into_iter().filter(|it| it.starts_with("apply ")).collect();
    assert_eq!(applied, ["apply org-05"], "{}", apply.logs());
    // The approval never came. A newer commit does not wait for it.
    let apply = world.play(&world.pushed(|| world.write("README.md", "Ours!\n"))).green();
    let applied: Vec<String> = apply.names().into_iter().filter(|it| it.starts_with("apply ")).collect();
    assert_eq!(applied, (9..=14).map(|it| format!("apply org-{it:02}")).collect::<Vec<_>>(), "{}", apply.logs());
}

#[test]
fn a_job_has_the_plan_of_its_own_org() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme", "globex"]);
    for org in ["acme", "globex"] {
        world.play(&world.by_hand(org)).green();
    }
    let more =
        |label: &str| format!("definitions:\n  own:\n    systemPresence: Busy\n    labels: {{ en_US: {label} }}\n");
    let plan = world.proposed(7, || {
        for org in ["acme", "globex"] {
            world.write(
                &format!("presences/orgs/{org}.yaml"),
                &format!("{}{}", org_file(org, ""), more(&format!("Of {org}"))),
            );
        }
    });
    world.play(&plan).green();
    let apply = world.play(&world.merged(7)).green();
    assert_eq!(world.labels("acme"), ["Lunch", "Of acme"], "{}", apply.logs());
    assert_eq!(world.labels("globex"), ["Lunch", "Of globex"], "{}", apply.logs());
    for org in ["acme", "globex"] {
        let job = &apply.child[format!("apply {org}")];
        assert_eq!(job["environment"]["name"], format!("presence-apply/{org}"));
        assert_eq!(
            (&job["resource_group"], &job["variables"]["KIT_ORG"]),
            (&format!("presence-{org}").into(), &org.into())
        );
    }
    // One org changes: the other one has no job.
    let plan =
        world.play(&world.proposed(8, || world.write("presences/orgs/acme.yaml", &org_file("acme", "")))).green();
    assert_eq!(plan.names(), ["validate", "orgs", "plan acme", "review"]);
}

#[test]
fn an_org_that_cannot_be_read_fails_the_merge_request_and_no_other_org() {
    if skipped() {
        return;
    }
    let mut world = World::new(&["acme", "globex"]);
    world.secrets.remove("presence-plan/globex");
    let plan = world.play(&world.proposed(7, || world.write(ALL, &base(&["Tea"])))).red();
    assert_eq!(plan.names(), ["validate", "orgs", "plan acme", "plan globex: 1", "review: 1"], "{}", plan.logs());
    assert!(world.project().note(7).contains("globex"), "{}", world.project().note(7));
    // Of the two, only the plan of acme was reviewed.
    let apply = world.play(&world.merged(7)).red();
    assert_eq!(world.labels("acme"), ["Tea"], "{}", apply.logs());
    assert_eq!(world.labels("globex"), [""; 0]);
    assert!(apply.log("apply globex").contains("no merge request has a reviewed plan of this"), "{}", apply.logs());
}

/// Fourteen orgs, and fifty merges since the last apply: GitLab limits how much is asked.
#[test]
fn what_is_looked_up_is_asked_once() {
    if skipped() {
        return;
    }
    let names: Vec<String> = (1..=14).map(|it| format!("org-{it:02}")).collect();
    let world = World::of(
        names.iter().map(|it| (it.clone(), Org::start(SandboxConfig::default()))).collect::<BTreeMap<_, _>>(),
    );
    let first = world.git(&["rev-parse", "main"]);
    for name in &names {
        let deployable = serde_json::json!({ "id": 1, "ref": "main", "tag": false });
        world
            .project()
            .deployments
            .push(serde_json::json!({ "environment": format!("presence-apply/{name}"), "sha": first,
            "ref": "main", "status": "success", "deployable": deployable }));
    }
    let plan = world.play(&world.proposed(1, || world.write(ALL, &base(&["Lunch", "Tea"])))).green();
    world.merged(1);
    let (kept, jobs) = {
        let project = world.project();
        (project.bridges[&plan.id].clone(), project.jobs.clone())
    };
    for iid in 2..=50 {
        let start = world.proposed(iid, || ());
        world.merged(iid);
        let mut project = world.project();
        let id = 10_000 + iid;
        project
            .pipelines
            .push(serde_json::json!({ "id": id, "iid": iid, "project_id": 5, "source": "merge_request_event",
                                                   "sha": start.commit }));
        project.bridges.insert(id, kept.clone());
        project.jobs = jobs.clone();
    }
    world.project().requests.clear();
    let commit = world.git(&["rev-parse", "main"]);
    let start = Start { source: "push", commit, held: vec!["known".to_owned()], ..Start::default() };
    let due = world.play(&start);
    let asked = world.project().requests.len();
    assert!(due.child.get("apply org-14").is_some(), "{}", due.logs());
    assert!(asked < 300, "{asked} requests");
}

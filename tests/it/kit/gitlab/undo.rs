//! An undo that a person starts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use super::play::{Played, Start};
use super::{World, base, org_file};
use crate::kit::steps::skipped;

const ALL: &str = "presences/base/all.yaml";

impl World {
    /// The newest job that applied to an org.
    fn newest_apply(&self, org: &str) -> u64 {
        let environment = format!("presence-apply/{org}");
        let project = self.project();
        let newest = project.deployments.iter().rfind(|it| it["environment"] == environment.as_str());
        newest.unwrap()["deployable"]["id"].as_u64().unwrap()
    }

    /// A person undoes what the newest job applied to an org.
    pub(super) fn undo(&self, org: &str) -> Start {
        self.undo_of(org, &format!("https://gitlab.example/acme/presences/-/jobs/{}", self.newest_apply(org)))
    }

    fn undo_of(&self, org: &str, job: &str) -> Start {
        let mut start = self.by_hand(org);
        start.typed.push(("UNDO", job.to_owned()));
        start
    }
}

#[test]
fn what_a_job_applied_is_undone_after_a_look_and_never_counts_as_applied() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme", "globex"]);
    world.play(&world.by_hand("*")).green();
    let [_, apply] = world.done(7, ALL, &base(&["Lunch", "Tea"])).map(Played::green);
    let said = apply.log("apply acme");
    assert!(
        said.contains("start a pipeline by hand with this org as `ORG`, and as `UNDO` https://gitlab.example/jobs/")
    );
    let undo = world.undo("acme");
    let seen = world.play(&Start { held: vec!["approve".to_owned()], ..undo.clone() });
    assert_eq!(seen.names(), ["validate", "due", "known", "plan acme"], "{}", seen.logs());
    assert!(seen.log("plan acme").contains("deactivate ktea"), "{}", seen.logs());
    let writes = world.writes("acme");
    let undone = world.play(&undo).green();
    assert_eq!(undone.names(), ["validate", "due", "known", "plan acme", "approve", "undo acme"], "{}", undone.logs());
    assert!(world.writes("acme") > writes && undone.log("undo acme").contains("Revert the merge request"));
    let job = &undone.child["undo acme"];
    assert_eq!(
        (&job["resource_group"], &job["environment"]["name"]),
        (&"presence-acme".into(), &"presence-apply/acme".into())
    );
    let environments: Vec<&str> = undone.jobs.iter().map(|it| it.environment.as_str()).collect();
    assert_eq!(
        environments,
        ["", "presence-bot", "presence-bot", "presence-plan/acme", "presence-approve", "presence-apply/acme"]
    );
    // The files still ask for it, and what was applied last is what it was before the undo.
    let night = world.play(&world.scheduled()).red();
    assert!(night.log("drift acme").contains("ktea"), "{}", night.logs());
    // The undo can be undone.
    world.play(&world.undo("acme")).green();
    world.play(&world.scheduled()).green();
}

#[test]
fn only_a_job_that_applied_to_this_org_can_be_undone() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme", "globex"]);
    world.play(&world.by_hand("*")).green();
    let job = |org: &str| world.newest_apply(org).to_string();
    let writes = (world.writes("acme"), world.writes("globex"));
    for (org, of, said) in [
        ("acme", job("globex"), "is no apply of acme on main"),
        ("acme", "1".to_owned(), "is no apply of acme on main"),
        ("acme", "$(id)".to_owned(), "UNDO is not the number or address of a job"),
        ("*", job("acme"), "an undo is of one org, by its whole name"),
    ] {
        let undo = world.play(&world.undo_of(org, &of)).red();
        assert_eq!(undo.names(), ["validate", "due: 1"], "{}", undo.logs());
        assert!(undo.log("due").contains(said), "{}", undo.logs());
    }
    let mut start = world.undo("acme");
    start.typed.push(("BREAK_GLASS", "now".to_owned()));
    assert!(world.play(&start).red().log("due").contains("a freeze also stops an undo"));
    // A job of another branch, or of a tag with the name of the branch.
    for (field, value) in [("ref", "change".into()), ("tag", true.into())] {
        let number = world.newest_apply("acme");
        let before = world.project().deployments.clone();
        for it in world.project().deployments.iter_mut().filter(|it| it["deployable"]["id"] == number) {
            it["deployable"][field] = serde_json::Value::clone(&value);
        }
        assert!(
            world.play(&world.undo_of("acme", &number.to_string())).red().log("due").contains("is no apply of acme")
        );
        world.project().deployments = before;
    }
    // What the job kept is gone, or is none of its reports.
    let number = world.newest_apply("acme");
    let kept = world.project().archives.remove(&number).unwrap();
    let gone = world.play(&world.undo("acme")).red();
    assert!(gone.log("due").contains("has kept no report, or its artifacts have expired"), "{}", gone.logs());
    world.project().archives.insert(number, kept);
    assert_eq!((world.writes("acme"), world.writes("globex")), writes);
    // A freeze stops it.
    let frozen = format!("{}freeze: {{ until: 2999-12-31, reason: Christmas }}\n", org_file("acme", ""));
    world.pushed(|| world.write("presences/orgs/acme.yaml", &frozen));
    let stopped = world.play(&world.undo("acme"));
    assert_eq!((stopped.is_green, world.writes("acme")), (false, writes.0), "{}", stopped.logs());
}

//! Drift at night: one issue for all orgs.

use super::World;
use crate::kit::steps::skipped;

#[test]
fn one_issue_is_opened_and_closed() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme", "globex"]);
    world.play(&world.by_hand("*")).green();
    let night = world.play(&world.scheduled()).green();
    assert_eq!(night.names(), ["validate", "due", "drift acme", "drift globex", "told"]);
    assert!(world.project().issues.is_empty(), "all agree: no issue");

    let last = world.git(&["rev-parse", "HEAD"]);
    world.pushed(|| world.write("presences/base/all.yaml", &super::base(&["Lunch", "Tea"])));
    let night = world.play(&world.scheduled()).red();
    assert_eq!(night.names(), ["validate", "due", "drift acme", "drift globex", "told: 2"], "{}", night.logs());
    let said = format!("Merged, not applied since `{}`", &last[..7]);
    assert!(night.log("drift acme").contains(&said), "{}", night.logs());
    let issue = world.project().issues[0].clone();
    assert_eq!((issue["state"].as_str(), issue["title"].as_str()), (Some("opened"), Some("Presences: drift")));
    let text = issue["description"].as_str().unwrap();
    assert!(text.contains("globex") && text.contains("start a pipeline by hand with that org as `ORG`"), "{issue}");
    assert!(!text.contains("run `presencectl apply`"), "{issue}");
    assert!(night.log("drift acme").contains("start a pipeline by hand with this org as `ORG`"), "{}", night.logs());

    world.play(&world.by_hand("*")).green();
    world.play(&world.scheduled()).green();
    assert_eq!(world.project().issues.len(), 1);
    assert_eq!(world.project().issues[0]["state"], "closed");
}

#[test]
fn an_org_that_was_not_read_keeps_the_issue_open() {
    if skipped() {
        return;
    }
    let mut world = World::new(&["acme", "globex"]);
    world.play(&world.by_hand("*")).green();
    let secrets = world.secrets.remove("presence-plan/globex").unwrap();
    let night = world.play(&world.scheduled()).red();
    assert_eq!(night.names(), ["validate", "due", "drift acme", "drift globex: 1", "told: 1"], "{}", night.logs());
    assert!(world.project().issues[0]["description"].as_str().unwrap().contains("globex"));
    world.secrets.insert("presence-plan/globex".to_owned(), secrets);
    world.play(&world.scheduled()).green();
    assert_eq!(world.project().issues[0]["state"], "closed");
    // Before presencectl starts: the commit has no config any more.
    world.git(&["rm", "--quiet", "-r", "presences"]);
    world.commit();
    let night = world.play(&world.scheduled()).red();
    assert_eq!(night.names(), ["validate: 1", "due: 1", "lost"], "{}", night.logs());
    let issue = world.project().issues[0].clone();
    assert_eq!(issue["state"], "opened");
    assert!(
        issue["description"].as_str().unwrap().contains("No org was read: the job `due` of [this pipeline]"),
        "{issue}"
    );
}

#[test]
fn an_issue_that_cannot_be_written_is_said() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.project().forbidden = Some("POST issues");
    let night = world.play(&world.scheduled()).red();
    let said = night.log("told");
    assert!(said.contains("POST projects/5/issues failed with 403") && said.contains("If issues are off"), "{said}");
}

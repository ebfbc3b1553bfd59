//! An apply that a person starts.

use super::play::Start;
use super::{World, base, org_file};
use crate::kit::steps::skipped;

fn three() -> World {
    let world = World::new(&["acme-dev", "acme-prod", "globex"]);
    for (name, stage) in [("acme-dev", "dev"), ("acme-prod", "prod"), ("globex", "prod")] {
        world.write(&format!("presences/orgs/{name}.yaml"), &org_file(name, &format!(", stage: {stage}")));
    }
    world.commit();
    world
}

#[test]
fn a_name_a_pattern_or_a_stage_says_which_orgs() {
    if skipped() {
        return;
    }
    let world = three();
    for (typed, orgs) in
        [("globex", &["globex"][..]), ("acme-*", &["acme-dev", "acme-prod"]), ("stage:prod", &["acme-prod", "globex"])]
    {
        let hand = world.play(&world.by_hand(typed)).green();
        let applied: Vec<String> = hand.names().into_iter().filter(|it| it.starts_with("apply ")).collect();
        assert_eq!(applied, orgs.iter().map(|it| format!("apply {it}")).collect::<Vec<_>>(), "{}", hand.logs());
    }
    // What the config does not have names no environment.
    for typed in ["nowhere", "stage:nowhere", "../*", "$(id)", ""] {
        let hand = world.play(&world.by_hand(typed)).red();
        assert_eq!(hand.names(), ["validate", "due: 1"], "{typed}: {}", hand.logs());
    }
    let hand = world.play(&world.by_hand("")).red();
    assert!(
        hand.log("due").contains("ORG is empty: start the pipeline with ORG = the name of an org"),
        "{}",
        hand.logs()
    );
    assert!(world.project().note(7).is_empty());
}

#[test]
fn a_person_looks_at_the_plans_before_they_are_applied() {
    if skipped() {
        return;
    }
    let world = three();
    let start = Start { held: vec!["approve".to_owned()], ..world.by_hand("acme-*") };
    let hand = world.play(&start);
    assert_eq!(hand.names(), ["validate", "due", "known", "plan acme-dev", "plan acme-prod"]);
    assert!(hand.log("plan acme-dev").contains("+ create klunch"), "{}", hand.logs());
    assert_eq!(hand.child["approve"]["extends"], ".approve-by-hand");
    assert_eq!(world.labels("acme-dev"), [""; 0]);
}

#[test]
fn one_plan_that_fails_stops_no_other_org() {
    if skipped() {
        return;
    }
    let mut world = three();
    world.secrets.remove("presence-plan/acme-dev");
    let hand = world.play(&world.by_hand("acme-*")).red();
    assert_eq!(
        hand.names(),
        [
            "validate",
            "due",
            "known",
            "plan acme-dev: 1",
            "plan acme-prod",
            "approve",
            "apply acme-dev: 1",
            "apply acme-prod",
            "result: 1"
        ],
        "{}",
        hand.logs()
    );
    assert!(hand.log("apply acme-dev").contains("the job \"plan acme-dev\" failed, so there is nothing to apply"));
    assert_eq!(world.labels("acme-prod"), ["Lunch"]);
}

#[test]
fn a_freeze_is_broken_by_hand_alone_and_for_a_reason() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let frozen = format!("{}freeze: {{ until: 2999-12-31, reason: Christmas }}\n", org_file("acme", ""));
    world.write("presences/orgs/acme.yaml", &frozen);
    world.commit();
    let hand = world.play(&world.by_hand("acme")).green();
    assert_eq!(hand.names(), ["validate", "due", "result"]);
    assert!(hand.log("result").contains("acme: frozen until 3000-01-01T"), "{}", hand.logs());
    // No reason that is typed for a push counts.
    let mut pushed = world.pushed(|| ());
    pushed.typed = vec![("BREAK_GLASS", "now".to_owned())];
    assert!(!world.play(&pushed).names().contains(&"apply acme".to_owned()));
    let mut start = world.by_hand("acme");
    let reason = "a \"new\" shift; $(id) `id` $ORG";
    start.typed.push(("BREAK_GLASS", reason.to_owned()));
    let hand = world.play(&start).green();
    assert_eq!(world.labels("acme"), ["Lunch"], "{}", hand.logs());
    let folder = std::fs::read_dir(world.path("artifacts")).unwrap().map(|it| it.unwrap().path());
    let reports = folder.filter(|it| it.join(".presencectl/ci/legs/acme.json").exists());
    let text: String =
        reports.map(|it| std::fs::read_to_string(it.join(".presencectl/ci/legs/acme.json")).unwrap()).collect();
    assert!(text.contains(&serde_json::to_string(reason).unwrap()), "{text}");
}

#[test]
fn a_plan_by_hand_is_applied_as_it_was_seen() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let hand = world.by_hand("acme");
    // The branch moves on while the person looks.
    world.pushed(|| world.write("presences/base/all.yaml", &base(&["Tea"])));
    let hand = world.play(&hand).green();
    assert!(hand.names().contains(&"apply acme: 75".to_owned()), "{}", hand.logs());
    assert_eq!(world.labels("acme"), [""; 0]);
}

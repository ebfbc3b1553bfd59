//! The plan of a retirement, every doubt that prevents its start, and the config change afterwards.

use insta::assert_snapshot;
use presencectl::config::{Text, read_texts};
use presencectl::model::desired::Desired;
use presencectl::model::names::Key;
use presencectl::model::observed::Primary;
use presencectl::model::usage::{Queue, Seats};
use presencectl::model::user::UserId;
use presencectl::ops::retire::plan::{Advice, Lines, advice};
use presencectl::ops::retire::plan::{Moves, RetireRequest, Retirement, retirement};
use presencectl::plan::answer::Answer;
use presencectl::plan::plan;

use crate::drift::pasted::pasted;
use crate::paper::{Want, World, carry_out, id, want};
use crate::users::user;

fn world() -> World {
    World::in_step([want("coaching", "Busy", "Coaching"), want("meeting", "Meeting", "Team meeting")])
}

fn asked<'a>(key: &'a str, to: &'a str) -> RetireRequest<'a> {
    RetireRequest { key, to, include_on_queue: false }
}

fn try_it(world: &World, key: &str, to: &str) -> Result<Retirement, String> {
    let (desired, _) = world.desired();
    retirement(&desired, &world.observed(), asked(key, to)).map_err(|doubts| {
        let lines: Vec<String> = doubts.iter().map(|it| format!("{}\n  {}", it.message(), it.help())).collect();
        lines.join("\n")
    })
}

fn doubt(world: &World, key: &str, to: &str) -> String {
    try_it(world, key, to).unwrap_err()
}

#[test]
fn the_one_that_goes_is_a_key_and_the_other_one_may_be_called_by_anything() {
    let world = world();
    for to in ["meeting", "Team meeting", id(2).as_str(), " meeting "] {
        let retirement = try_it(&world, " coaching ", to).unwrap();
        assert_eq!((retirement.key.as_str(), &retirement.from.id), ("coaching", &id(1)));
        assert_eq!(retirement.to.definition.id, id(2), "{to}");
        let step = retirement.step();
        assert_eq!((step.action().verb(), step.id(), step.after().deactivated), ("deactivate", Some(&id(1)), true));
        assert_eq!(retirement.wanted().definition, id(2));
    }
}

#[test]
fn an_earlier_run_may_have_come_so_far_that_it_is_deactivated() {
    for says_so in [false, true] {
        let mut world = world();
        world.org().deactivate("Coaching");
        if says_so {
            world.config(want("coaching", "Busy", "Coaching").deactivated());
        }
        let retirement = try_it(&world, "coaching", "meeting").unwrap();
        assert!(retirement.from.deactivated);
        assert_eq!(retirement.advice == Advice::SaysSo(Key::new("coaching").unwrap()), says_so);
    }
}

#[test]
fn every_doubt_has_its_words() {
    let calm = world();
    let mut shown = Vec::new();
    let mut tell = |what: &str, words: String| shown.push(format!("# {what}\n{words}"));
    tell("a key that is nearly one", doubt(&calm, "coachin", "meeting"));
    tell("a label is no key", doubt(&calm, "Kaffee", "meeting"));
    tell("the same", doubt(&calm, "coaching", "Coaching"));
    tell("no place to go, and no key", doubt(&calm, "x", "y"));
    let mut it = calm.clone();
    it.org().add("On Queue", &[("en_US", "Outbound")]);
    tell("people would be given work", doubt(&it, "coaching", "Outbound"));
    let mut it = calm.clone();
    it.org().deactivate("Team meeting");
    tell("no one can go there", doubt(&it, "coaching", "Team meeting"));
    let mut it = calm.clone();
    it.config(want("coaching", "Busy", "Coaching").omitted());
    tell("omitted", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.org().add("Busy", &[("en_US", "Coaching")]);
    tell("an open question", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.org().remove("Coaching");
    tell("not there", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.protect(id(1));
    tell("protected", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.config(want("coaching", "Busy", "Coaching").pinned(id(1)));
    it.org().primary("Coaching", Primary::Yes);
    tell("the platform's own", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.org().primary("Coaching", Primary::NotKnown);
    tell("it is not known whether it is the platform's own", doubt(&it, "coaching", "meeting"));
    let mut it = calm.clone();
    it.config(want("meeting", "Meeting", "Team meeting").deactivated());
    tell("the next apply deactivates where people go", doubt(&it, "coaching", id(2).as_str()));
    let mut it = calm.clone();
    it.forget("meeting").prune();
    tell("the next apply deletes where people go", doubt(&it, "coaching", "Team meeting"));
    assert_snapshot!("doubts", shown.join("\n\n"));
}

#[test]
fn who_may_be_given_work_is_left_alone() {
    let seats =
        Seats { people: [(user(1), Queue::Off), (user(2), Queue::On), (user(3), Queue::NotKnown)].into(), cut: false };
    let retirement = try_it(&world(), "coaching", "meeting").unwrap();
    let left: Vec<(UserId, Queue)> = vec![(user(2), Queue::On), (user(3), Queue::NotKnown)];
    let expected = Moves { people: vec![user(1)], on_queue: left.into_iter().collect() };
    assert_eq!(retirement.moves(&seats), expected);
    let all = Retirement { include_on_queue: true, ..retirement };
    assert_eq!(all.moves(&seats).people, [user(1), user(2), user(3)]);
    // With On Queue, every user is on queue, with any routing status.
    for spelt in ["OnQueue", "On Queue", "ON_QUEUE"] {
        let mut world =
            World::in_step([want("callbacks", spelt, "Callbacks"), want("meeting", "Meeting", "Team meeting")]);
        world.org().add("On Queue", &[("en_US", "Outbound")]);
        let moves = try_it(&world, "callbacks", "meeting").unwrap().moves(&seats);
        assert_eq!((moves.people.len(), moves.on_queue[&user(1)]), (0, Queue::On), "{spelt}");
        // Who is on queue anyway may go from one such definition to another.
        assert!(try_it(&world, "callbacks", "Outbound").is_ok(), "{spelt}");
    }
}

const ORG: &str = "version: 1\norg: { name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }\nuse: [base.yaml]\n";
const COACHING: &str = "  coaching: { systemPresence: Busy, labels: { en_US: Coaching } }\n";

/// What is advised for a config of an org file and a layer, with the place as people read it.
fn advised(org: &str, layer: Option<&str>) -> (String, Vec<String>, Option<String>) {
    let layers: Vec<Text<'_>> = layer.map(|text| Text { path: "base.yaml", text }).into_iter().collect();
    let (sources, found, desired) = read_texts(Text { path: "org.yaml", text: org }, &layers);
    let desired = desired.unwrap_or_else(|| panic!("{found:#?}"));
    let Advice::Write(Lines { file, beside, below, instead_of, lines }) =
        advice(&desired, &Key::new("coaching").unwrap())
    else {
        panic!("something is to be written");
    };
    let place = |span| format!("{}:{}", sources.place(span).path.display(), sources.place(span).line.get());
    let files: Vec<String> = std::iter::once(org).chain(layer).map(str::to_owned).collect();
    let followed = pasted(&files, None, &Answer { say: String::new(), lines: lines.clone() });
    let layers: Vec<Text<'_>> = followed[1..].iter().map(|text| Text { path: "base.yaml", text }).collect();
    let followed = read_texts(Text { path: "org.yaml", text: &followed[0] }, &layers).2.unwrap();
    assert_eq!(advice(&followed, &Key::new("coaching").unwrap()), Advice::SaysSo(Key::new("coaching").unwrap()));
    let at = beside.or(below).map_or_else(|| sources.get(file).path.display().to_string(), place);
    (at, lines, instead_of.map(place))
}

#[test]
fn the_lines_stand_where_this_org_and_no_other_reads_them() {
    let beside = vec!["coaching:".to_owned(), "  deactivated: true".to_owned()];
    let overrides: Vec<String> =
        ["overrides:", "  coaching:", "    deactivated: true"].map(str::to_owned).into_iter().collect();
    let layer = format!("version: 1\ndefinitions:\n{COACHING}");
    assert_eq!(advised(&layer, None), ("org.yaml:3".to_owned(), beside.clone(), None));
    assert_eq!(advised(ORG, Some(&layer)), ("org.yaml".to_owned(), overrides, None));
    let own = format!("{ORG}definitions:\n{COACHING}");
    assert_eq!(advised(&own, Some("version: 1\n")), ("org.yaml:5".to_owned(), beside.clone(), None));
    let with_override = format!("{ORG}overrides:\n  coaching: {{ labels: {{ de: Coaching }} }}\n");
    assert_eq!(advised(&with_override, Some(&layer)), ("org.yaml:5".to_owned(), beside.clone(), None));
    // A second `overrides` would be an error, also if the first has only another definition or none.
    let other = format!("{ORG}overrides:\n  tea: {{ labels: {{ de: Tee }} }}\n");
    let with_tea = format!("{layer}  tea: {{ systemPresence: Meal, labels: {{ en_US: Tea }} }}\n");
    assert_eq!(advised(&other, Some(&with_tea)), ("org.yaml:4".to_owned(), beside.clone(), None));
    let empty = format!("{ORG}overrides:\n");
    assert_eq!(advised(&empty, Some(&layer)), ("org.yaml:4".to_owned(), beside.clone(), None));
    // A contrary value in a layer stays, for other orgs.
    let says_no = layer.replace("labels:", "deactivated: false, labels:");
    assert_eq!(advised(&with_override, Some(&says_no)), ("org.yaml:5".to_owned(), beside.clone(), None));
    let contrary = "version: 1\ndefinitions:\n  coaching:\n    systemPresence: Busy\n    labels: { en_US: Coaching }\n    \
                    deactivated: false\n";
    assert_eq!(advised(contrary, None), ("org.yaml:3".to_owned(), beside, Some("org.yaml:6".to_owned())));
}

/// The config with the lines that are advised, as a person would merge them.
fn following(mut desired: Desired, key: &str) -> Desired {
    desired.definitions.get_mut(&Key::new(key).unwrap()).unwrap().deactivated = true;
    desired
}

#[test]
fn after_that_the_next_plan_is_in_step() {
    let goes = || want("coaching", "Busy", "Coaching");
    let ways: [fn(Want) -> Want; 4] =
        [|it| it, |it| it.pinned(id(1)), |it| it.previously("Training"), |it| it.label("de", "Schulung")];
    for (way, change) in ways.into_iter().enumerate() {
        for prune in [false, true] {
            let mut world = World::in_step([change(goes()), want("meeting", "Meeting", "Team meeting")]);
            // A label that the config would still change.
            world.org().label("Coaching", "fr", "X");
            if prune {
                world.prune();
            }
            let retirement = try_it(&world, "coaching", "meeting").unwrap();
            let after = carry_out(&world.observed(), [&retirement.step()]);
            let desired = following(world.desired().0, "coaching");
            let plan = plan(&desired, &after, &desired.settings.limits);
            assert!(plan.changes.is_empty() && plan.blockers.is_empty(), "{way} {prune}: {plan:#?}");
        }
    }
}

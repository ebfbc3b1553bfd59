//! The views of one plan and one report beside the terminal's: Markdown, HTML, annotations.

mod browser;
mod command;
mod coverage;
mod github;
mod html;
mod markdown;
mod parsed;

use presencectl::model::desired::Desired;
use presencectl::model::names::Locale;
use presencectl::model::observed::{Modified, Organization, Target};
use presencectl::model::problem::Problem;
use presencectl::model::source::Sources;
use presencectl::ops::drift::{Drift, DriftNames, DriftPast, drift};
use presencectl::plan::Plan;
use presencectl::plan::base::{Side, compare};
use presencectl::plan::origin::{Against, Base, Comparison, Pending};
use proptest::prelude::Strategy;
use proptest::{collection, sample};

use crate::paper::{World, presence, target, want};

/// What people type when they want to be more than text.
const HOSTILE: &[&str] = &[
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "```",
    "~~~",
    "@octocat",
    "@org/team",
    "#1",
    "GH-1",
    "owner/repo#2",
    "a1b2c3d4e5f6",
    "deadbeef",
    "https://evil.example",
    "www.evil.example",
    "me@evil.example",
    "<!-- presencectl:plan x -->",
    "-->",
    "</details>",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "</style>",
    "&lt;",
    "&#64;",
    "![a](b)",
    "[a](javascript:b)",
    "[x]: https://evil.example",
    "*a*",
    "_b_",
    "~~c~~",
    "# d",
    "- e",
    "1. f",
    "> g",
    "===",
    "---",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    "\u{202E}",
    "\u{200B}",
    "\u{1b}[31m",
    ":tada:",
    "$x$",
    "^[note]",
    "::error::x",
    "##[error]x",
    "##vso[task.complete]",
    "##teamcity[message]",
    "www.``evil.``com",
    "#",
    "#[a]",
    "[error]",
    "%0A::error::x",
    ",file=x",
    "a",
    "b c",
    " ",
    "  ",
    "ß",
    "غداء",
    "午餐",
    "'",
    "\"",
    "{{ x }}",
];

/// Any of that in any order.
fn hostile() -> impl Strategy<Value = String> {
    collection::vec(sample::select(HOSTILE), 1..8).prop_map(|pieces| pieces.concat())
}

/// A plan with every kind of row, in which every foreign name is this one, and the org's as well.
fn all_called(name: &str) -> (Plan, Target, Desired, Sources) {
    let before = || want("edit", "Busy", &format!("{name}1"));
    let mut world = World::in_step([
        before().label(&format!("x{name}"), name),
        want("gone", "Meal", &format!("{name}2")).label("de", name),
        want("same", "Meal", &format!("{name}3")),
    ]);
    world.org().add("Break", &[("en_US", &format!("{name}4"))]);
    world.org().add("Busy", &[("en_US", &format!("{name} Left")), ("fr", name)]);
    world.org().add("Busy", &[("en_US", &format!("{name} LEFT"))]);
    world.config(before().label(&format!("x{name}"), &format!("{name}5")));
    world.config(want("gone", "Meal", &format!("{name}2")).deactivated());
    world.config(want("made", "Away", &format!("{name}6")).label("de", &format!("{name}7")));
    world.config(want("asks", "Busy", &format!("{name}  left")));
    let (plan, sources) = world.planned();
    let (desired, _) = world.desired();
    let org = Organization { name: name.to_owned(), id: target().org.map(|it| it.id).expect("the org of all tests") };
    (plan, Target { org: Some(org), ..target() }, desired, sources)
}

/// The same plan compared with a base, with all its notes, and one without a comparison.
fn compared_called(name: &str) -> [(Plan, Target, Desired, Sources); 2] {
    let lunch = || want("lunch", "Meal", &format!("{name}1"));
    let made = || want("made", "Away", &format!("{name}2")).label("de", name);
    let mut base = World::in_step([
        lunch(),
        want("leaves", "Busy", &format!("{name}3")),
        want("settled", "Idle", &format!("{name}4")),
        want("edited", "Training", &format!("{name}5")),
    ]);
    base.config(made());
    base.config(want("settled", "Idle", &format!("{name}4")).label("de", name));
    base.config(want("edited", "Training", &format!("{name}5")).label("de", name));
    base.org().add("Break", &[("en_US", &format!("{name} Left"))]);
    base.config(want("asks", "Break", &format!("{name}  left")));
    let mut head = base.clone();
    head.config(want("lunch", "Meal", &format!("other {name}")));
    head.forget("leaves");
    head.config(want("settled", "Idle", &format!("{name}4")));
    head.prune();
    base.prune();
    let leaves = head.org().find(&format!("{name}3")).id.clone();
    head.protect(leaves);
    let ((plan, sources), (before, _), (desired, _)) = (head.planned(), base.desired(), head.desired());
    let planned = presencectl::plan::plan(&before, &head.observed(), &before.settings.limits);
    let (base, side) = (Side { desired: &before, plan: &planned }, Side { desired: &desired, plan: &plan });
    let mut compared = compare(base, side, &|_| Pending::NotKnown);
    compared.default_locales = Some((locale(name), locale(name)));
    assert_eq!((compared.leaving.len(), compared.renamed.len(), compared.resolved.len()), (1, 1, 1), "{name}");
    let against = Against { typed: name.to_owned(), shallow: true, ..Against::default() };
    let org = Organization { name: name.to_owned(), id: target().org.map(|it| it.id).expect("the org of all tests") };
    let target = Target { org: Some(org), ..target() };
    let made = [Comparison::Made(Box::new(compared)), Comparison::NotMade(name.to_owned())];
    made.map(|comparison| {
        let base = Some(Base { against: against.clone(), comparison });
        (Plan { base, ..plan.clone() }, target.clone(), desired.clone(), sources.clone())
    })
}

/// A drift with every kind of row, in which every foreign name is this one.
fn drift_called(name: &str) -> (Drift, Target, Sources) {
    let mut world = World::in_step([
        want("lunch", "Meal", &format!("{name}1")).label("de", name),
        want("changed", "Break", &format!("{name}2")),
        want("back", "Idle", &format!("{name}3")),
        want("moved", "Busy", &format!("{name}4")),
    ]);
    world.org().label(&format!("{name}1"), "en_US", &format!("{name}1 more"));
    world.org().label(&format!("{name}2"), &format!("x{name}"), name);
    world.org().find(&format!("{name}4")).system_presence = presence("Away");
    world.org().add("Training", &[("en_US", &format!("{name}5")), ("de", name)]);
    world.org().add("Meeting", &[("en_US", &format!("{name} Left")), ("fr", name)]);
    world.org().add("Meeting", &[("en_US", &format!("{name} LEFT"))]);
    world.config(want("back", "Idle", &format!("{name}3")).deactivated());
    world.config(want("made", "Away", &format!("{name}6 made")));
    world.config(want("asks", "Meeting", &format!("{name}  left")));
    for it in &mut world.observed {
        it.modified = Some(Modified { by: Some(name.to_owned()), at: Some(name.to_owned()) });
    }
    let (desired, sources) = world.desired();
    let org = Organization { name: name.to_owned(), id: target().org.map(|it| it.id).expect("the org of all tests") };
    let target = Target { org: Some(org), ..target() };
    let drift = drift(&desired, &world.observed(), &target, &DriftPast::default(), DriftNames::Told);
    assert_eq!((drift.rows.len(), drift.unmanaged.len(), drift.questions.len()), (5, 1, 1), "{name}: {drift:?}");
    (drift, target, sources)
}

fn cause(words: &str) -> Problem {
    Problem {
        message: words.to_owned(),
        help: Some(words.to_owned()),
        correlation_id: Some(words.to_owned()),
        ..Problem::default()
    }
}

/// A plan that makes so many definitions.
fn large(count: usize) -> (Plan, Desired, Sources) {
    let mut world = World::empty();
    for number in 0..count {
        let label = format!("Definition number {number}");
        world.config(want(&format!("definition-{number:05}"), "Busy", &label).label("de", &format!("Nummer {number}")));
    }
    let (plan, sources) = world.planned();
    let (desired, _) = world.desired();
    (plan, desired, sources)
}

fn locale(text: &str) -> Locale {
    Locale::new(text)
}

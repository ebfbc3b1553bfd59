//! The views of one plan and one report beside the terminal's: Markdown, HTML, annotations.

mod browser;
mod command;
mod coverage;
mod github;
mod html;
mod markdown;
mod parsed;

use presencectl::cause::Cause;
use presencectl::diagnostic::Sources;
use presencectl::model::desired::Desired;
use presencectl::model::names::Locale;
use presencectl::model::observed::{Organization, Target};
use presencectl::plan::Plan;
use proptest::prelude::Strategy;
use proptest::{collection, sample};

use crate::paper::{World, target, want};

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

fn cause(words: &str) -> Cause {
    Cause {
        message: words.to_owned(),
        help: Some(words.to_owned()),
        correlation_id: Some(words.to_owned()),
        ..Cause::default()
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

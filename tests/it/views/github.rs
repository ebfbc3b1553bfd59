//! Annotations: at which line, in which order, how many, and that nothing foreign is a command.

use insta::assert_snapshot;
use presencectl::apply::report::{Outcome, Report};
use presencectl::diagnostic::Sources;
use presencectl::model::usage::{People, Usage};
use presencectl::plan::change::Action;
use presencectl::problem::Problem;
use presencectl::render::github;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq};
use proptest::proptest;

use super::{all_called, cause, hostile, locale};
use crate::paper::{World, want};
use crate::render::{drift, reports, row, world};

/// A workflow command, unescaped.
struct Read {
    command: String,
    properties: Vec<(String, String)>,
    message: String,
}

/// A line as GitHub's runner reads it.
fn read(line: &str) -> Option<Read> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, message) = rest.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let data = |it: &str| it.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |it: &str| data(&it.replace("%3A", ":").replace("%2C", ","));
    let properties = properties
        .split(',')
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), property(value)))
        .collect();
    Some(Read { command: name.to_owned(), properties, message: data(message) })
}

#[test]
fn the_lines_that_take_away_or_rename_are_annotated() {
    let (plan, sources) = world().planned();
    assert_snapshot!("plan", github::plan(&plan, &world().desired().0, &sources, None));
}

#[test]
fn what_more_people_notice_comes_first() {
    let mut world = World::in_step([want("a", "Meal", "A"), want("b", "Meal", "B"), want("c", "Meal", "C")]);
    for (key, label) in [("a", "A"), ("b", "B"), ("c", "C")] {
        world.config(want(key, "Meal", label).deactivated());
    }
    let (mut plan, sources) = world.planned();
    let ids: Vec<_> = plan.changes.iter().filter_map(|it| it.step.id().cloned()).collect();
    let people = [People::Exactly(1), People::NotKnown, People::Exactly(7)];
    plan.usage = Usage::Counted(ids.into_iter().zip(people).collect());
    let shown = github::plan(&plan, &world.desired().0, &sources, None);
    let titles: Vec<String> = shown.lines().map(|it| read(it).unwrap().message).collect();
    let reason = "(Meal) is deactivated: the config says `deactivated: true`; matched by its label";
    assert_eq!(
        titles,
        [
            format!("\"B\" {reason}\nhow many people are on it now is not known"),
            format!("\"C\" {reason}\n7 people are on it now"),
            format!("\"A\" {reason}\n1 person is on it now"),
        ]
    );
}

#[test]
fn no_more_than_github_shows_and_the_last_says_how_many_are_missing() {
    let mut world = World::empty();
    for number in 0..25 {
        world.org().add("Meal", &[("en_US", &format!("Meal {number}"))]);
    }
    world.prune().limits(100, 100, 100).config(want("tea", "Break", "Tea"));
    let (plan, sources) = world.planned();
    let shown = github::plan(&plan, &world.desired().0, &sources, None);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(
        lines[9],
        "::warning title=presencectl%3A 16 more warnings::GitHub shows 10 of a step. The whole is in the log and in \
         its other outputs"
    );
}

#[test]
fn every_report_says_what_is_not_done() {
    let (_, sources) = drift();
    let shown: Vec<String> = reports()
        .iter()
        .map(|(name, report)| format!("=== {name}\n{}", github::report(report, &sources, None)))
        .collect();
    assert_snapshot!("reports", shown.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_is_a_command(name in hostile()) {
        let (plan, _, desired, sources) = all_called(&name);
        let failed = vec![row(Action::Update, "x", &name, 1, Outcome::Failed(cause(&name)))];
        let problem = Problem { message: name.clone(), help: Some(name.clone()), correlation_id: Some(name.clone()) };
        let mut texts = vec![
            github::plan(&plan, &desired, &sources, None),
            github::report(&Report::of(failed, locale("en_US")), &Sources::new(), None),
        ];
        prop_assert_eq!(texts[0].lines().count(), github::plan(&all_called("Tame").0, &desired, &sources, None).lines().count());
        texts.push(github::failure(&problem, &[], &Sources::new(), None));
        for line in texts.iter().flat_map(|it| it.split(['\n', '\r'])).filter(|it| !it.is_empty()) {
            let Read { command, properties, message: _ } = read(line).expect(line);
            prop_assert!(["error", "warning", "notice"].contains(&command.as_str()), "{}", line);
            let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert!(names == ["file", "line", "col", "title"] || names == ["title"], "{}", line);
            prop_assert!(!line.starts_with("##["));
        }
        let message = read(texts[2].trim_end_matches('\n')).unwrap().message;
        let shown = presencectl::text::terminal(&name).to_string();
        prop_assert_eq!(message, format!("{shown}\nhelp: {shown}\ncorrelation id: {shown}"));
    }
}

//! Annotations: at which line, in which order, how many, and that nothing foreign is a command.

use insta::assert_snapshot;
use presencectl::config::coverage::Coverage;
use presencectl::config::diagnostic::Findings;
use presencectl::config::layers::Resolved;
use presencectl::model::problem::Problem;
use presencectl::model::source::Sources;
use presencectl::model::usage::{People, Usage};
use presencectl::ops::apply::report::{Outcome, Report, Verification};
use presencectl::output;
use presencectl::output::ci::github;
use presencectl::output::page::html;
use presencectl::output::style::Style;
use presencectl::output::{json, page};
use presencectl::plan::change::Action;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq};
use proptest::proptest;

use super::{all_called, cause, drift_called, hostile, locale};
use crate::cli::driver::Cli;
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

/// Would a GitHub Actions runner read a line of its log as a command? One kind starts the line, the other is anywhere
/// in it. (`ActionCommand.cs` of github.com/actions/runner; here with any name.)
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[")
}

/// Commands in a custom workflow, where commands are not disabled.
#[test]
fn no_label_of_an_org_is_a_command_in_a_log() {
    let seed = r###"[
      {"languageLabels":{"en_US":"::error::x","de":"##[error]y"},"systemPresence":"Busy"},
      {"languageLabels":{"en_US":"##[add-mask]a","fr":"  ::stop-commands::z"},"systemPresence":"Meal"}
    ]"###;
    let config = "version: 1\nsettings: { prune: delete }\ndefinitions:\n  masked:\n    systemPresence: Meal\n    \
                  labels: { en_US: \"##[add-mask]b\", de: \"::warning::c\" }\n    previousLabels: [\"##[add-mask]a\"]\n";
    let cli = Cli::new().file("seed.json", seed).file("config.yaml", config);
    for command in [
        "plan config.yaml",
        "plan config.yaml -o json",
        "plan config.yaml -o markdown",
        "plan config.yaml -o html",
        "drift config.yaml",
        "show",
        "show ::error::x",
        "show -o csv",
        "show -o json",
        "import",
        "apply config.yaml --auto-approve",
        "show -vv",
    ] {
        let ran = cli.run(&format!("{command} --sandbox --sandbox-seed seed.json"));
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.shown());
        let commands: Vec<&str> = ran.stdout.lines().chain(ran.stderr.lines()).filter(|it| is_command(it)).collect();
        assert_eq!(commands, [""; 0], "{command}");
        assert!(ran.stdout.contains("x23[") || ran.stdout.contains("u0023["), "{command}: {}", ran.stdout);
    }
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
        "::warning title=presencectl%3A 16 more warnings::Only 10 of a level are annotated: GitHub shows no more of a \
         step. All of them are in the log"
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
    fn no_name_in_another_view_is_a_command(name in hostile()) {
        let (plan, target, desired, sources) = all_called(&name);
        let rows = vec![row(Action::Update, "x", &name, 1, Outcome::Failed(cause(&name)))];
        let report = Report { verification: Verification::Failed(cause(&name)), ..Report::of(rows, locale("en_US")) };
        let texts = [
            output::text::plan(&plan, &target, &sources, Style::PLAIN),
            output::text::plan(&plan, &target, &sources, Style::COLORED),
            output::text::report(&report, &sources, Style::PLAIN),
            json::write(&json::PlanV1::of(&plan, &target, &sources)),
            json::write(&json::ReportV1::of(&report, &target, &sources)),
            page::plan_summary(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources, None),
            page::report(&report, &target, &sources, page::COMMENT),
            html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target, &sources),
            html::report(&report, &target, &sources),
        ];
        for line in texts.iter().flat_map(|it| it.split(['\n', '\r'])) {
            prop_assert!(!is_command(line), "{}", line);
        }
    }

    #[test]
    fn no_name_is_a_command(name in hostile()) {
        let (plan, _, desired, sources) = all_called(&name);
        let failed = vec![row(Action::Update, "x", &name, 1, Outcome::Failed(cause(&name)))];
        let problem = Problem { message: name.clone(), help: Some(name.clone()), correlation_id: Some(name.clone()), ..Problem::default() };
        let mut texts = vec![
            github::plan(&plan, &desired, &sources, None),
            github::report(&Report::of(failed, locale("en_US")), &Sources::new(), None),
        ];
        let (drift, _, places) = drift_called(&format!("{name}z"));
        let drifted = github::drift(&drift, &places, None);
        prop_assert_eq!(drifted.lines().count(), 6);
        texts.push(drifted);
        prop_assert_eq!(texts[0].lines().count(), github::plan(&all_called("Tame").0, &desired, &sources, None).lines().count());
        texts.push(github::failure(&problem, &Findings::default(), &Sources::new(), None));
        for line in texts.iter().flat_map(|it| it.split(['\n', '\r'])).filter(|it| !it.is_empty()) {
            let Read { command, properties, message: _ } = read(line).expect(line);
            prop_assert!(["error", "warning", "notice"].contains(&command.as_str()), "{}", line);
            let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert!(names == ["file", "line", "col", "title"] || names == ["title"], "{}", line);
            prop_assert!(!line.starts_with("##["));
        }
        let message = read(texts[3].trim_end_matches('\n')).unwrap().message;
        let shown = [name.clone(), format!("help: {name}"), format!("correlation id: {name}")]
            .map(|line| presencectl::model::text::terminal(&line).to_string());
        prop_assert_eq!(message, shown.join("\n"));
    }
}

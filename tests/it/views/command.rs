//! The views at the command line: several in one run, for the examples, and after a failure.

use insta::assert_snapshot;
use presencectl::model::limits::FINDINGS_SHOWN_MAX;

use super::html::bare;
use crate::cli::driver::Cli;

/// All formats of a plan, a report and a drift.
const VIEWS: &str = "-o human -o json=it.json -o markdown=it.md -o summary=sum.md -o html=it.html -o github=it.txt";

/// Runs a command with all views, and compares each of them.
fn every_view(cli: &Cli, name: &str, command: &str) {
    let ran = cli.run(&format!("{command} {VIEWS}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let mut settings = insta::Settings::clone_current();
    // What changes from run to run.
    settings.add_filter(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?Z)?", "TIME");
    // Several are created concurrently, so their order varies.
    settings.add_filter(r"[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}", "ID");
    settings.add_filter(r"[0-9a-f]{8}-0001-4000-8000-[0-9a-f]{12}", "REQUEST");
    settings.bind(|| {
        assert_snapshot!(format!("{name}_human"), ran.stdout);
        assert_snapshot!(format!("{name}_json"), cli.read("it.json"));
        assert_snapshot!(format!("{name}_markdown"), cli.read("it.md"));
        assert_snapshot!(format!("{name}_summary"), cli.read("sum.md"));
        assert_snapshot!(format!("{name}_html"), bare(&cli.read("it.html")));
        assert_snapshot!(format!("{name}_github"), cli.read("it.txt"));
    });
}

#[test]
fn every_view_of_the_examples() {
    for (name, command) in [
        ("quickstart", "examples/quickstart"),
        ("contact-center", "examples/contact-center"),
        ("many-orgs", "examples/many-orgs --org acme-prod"),
    ] {
        let cli = Cli::with_examples();
        let plain = cli.run(&format!("plan {command} --sandbox"));
        let ran = cli.run(&format!("plan {command} --sandbox {VIEWS}"));
        assert_eq!(ran, plain, "files are beside what is shown");
        every_view(&cli, name, &format!("plan {command} --sandbox"));
        every_view(&cli, &format!("{name}_applied"), &format!("apply {command} --sandbox --auto-approve"));
        assert_eq!(cli.read("sum.md"), cli.read("it.md"), "both are the report");
        every_view(&cli, &format!("{name}_in_step"), &format!("drift {command} --sandbox"));
    }
}

/// A config that asks, renames and removes, against an org with hostile names.
#[test]
fn every_view_of_a_hostile_org() {
    let seed = r#"[
      {"languageLabels":{"en_US":"| <img src=x> @team #1 `x`\n## y"},"systemPresence":"Busy"},
      {"languageLabels":{"en_US":"::error::x","de":"\u202e%0A::warning::"},"systemPresence":"Meal"},
      {"languageLabels":{"en_US":"Lunch","de":"<script>alert(1)</script>","ar":"غداء"},"systemPresence":"Meal"},
      {"languageLabels":{"en_US":"Tea"},"systemPresence":"Break"}
    ]"#;
    let config = "version: 1\nsettings: { prune: delete }\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    \
                  labels: { en_US: Lunch break, de: \"[a](b)|c\", ar: استراحة }\n    previousLabels: [Lunch]\n  tea:\n    \
                  systemPresence: Break\n    labels: { en_US: Tea }\n    deactivated: true\n";
    let cli = Cli::new().file("seed.json", seed).file("config.yaml", config);
    let org = "config.yaml --sandbox --sandbox-seed seed.json";
    every_view(&cli, "hostile", &format!("plan {org}"));
    every_view(&cli, "hostile_drift", &format!("drift {org}"));
    every_view(&cli, "hostile_applied", &format!("apply {org} --auto-approve"));
}

#[test]
fn a_failure_is_in_every_view() {
    let cli = Cli::new().file("broken.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Meal, foo: 1 } }\n");
    let ran = cli.run("plan broken.yaml --sandbox -o github -o markdown=plan.md -o summary=sum.md -o html=plan.html");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("failure_github", ran.stdout);
    assert_snapshot!("failure_markdown", cli.read("plan.md"));
    assert_eq!(cli.read("sum.md"), cli.read("plan.md"));
    assert_snapshot!("failure_html", bare(&cli.read("plan.html")));
    let checked = cli.run("validate broken.yaml -o github");
    assert_eq!((checked.code, checked.stdout), (Some(1), ran.stdout), "the findings are the same");
    let ran = cli.run("apply nowhere --sandbox -o github");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.starts_with("::error title=presencectl%3A "), "{}", ran.stdout);
}

/// However they were named on the command line: GitHub finds them only by their path in the repository.
#[test]
fn annotations_name_files_as_the_repository_does() {
    let broken = "version: 1\ndefinitions: { lunch: { systemPresence: Meal, foo: 1 } }\n";
    let cli = Cli::new().file("presence/broken.yaml", broken);
    let whole = cli.path("presence/broken.yaml").canonicalize().unwrap();
    for path in ["presence/broken.yaml", "./presence/../presence/broken.yaml", whole.to_str().unwrap()] {
        for command in ["validate", "plan --sandbox", "apply --sandbox --auto-approve"] {
            let ran = cli.run(&format!("{command} {path} -o github"));
            let named =
                ran.stdout.lines().filter(|it| it.starts_with("::error file=presence/broken.yaml,line=2,")).count();
            assert_eq!((ran.code, named), (Some(1), 2), "{command} {path}: {}", ran.shown());
        }
    }
}

/// So that a comment about an earlier plan stays, and one about an earlier apply is not the last word.
#[test]
fn a_failure_takes_the_place_of_its_own_kind_of_result() {
    let cli = Cli::new().file("broken.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Meal, foo: 1 } }\n");
    for (command, kind) in [
        ("plan broken.yaml --sandbox", "plan"),
        ("apply broken.yaml --sandbox --auto-approve", "report"),
        ("undo nothing.json --sandbox --auto-approve", "report"),
        ("drift broken.yaml --sandbox", "drift"),
    ] {
        let ran = cli.run(&format!("{command} -o markdown"));
        assert_eq!(ran.code, Some(1), "{command}");
        assert_eq!(ran.stdout.lines().next(), Some(&*format!("<!-- presencectl:{kind} unknown -->")), "{command}");
    }
}

#[test]
fn a_failure_in_a_summary_has_the_room_of_a_summary() {
    let definitions: Vec<String> =
        (0..800).map(|it| format!("  d{it}: {{ systemPresence: Meal, foo: 1 }}\n")).collect();
    let cli = Cli::new().file("broken.yaml", &format!("version: 1\ndefinitions:\n{}", definitions.concat()));
    let ran = cli.run("apply broken.yaml --sandbox --auto-approve -o markdown=comment.md -o summary=summary.md");
    assert_eq!(ran.code, Some(1));
    let (comment, summary) = (cli.read("comment.md"), cli.read("summary.md"));
    assert!(comment.len() <= 60_000 && comment.contains("> **Not everything is here**: a comment holds no more."));
    assert!(summary.len() > 60_000 && !summary.contains("Not everything is here"), "{} bytes", summary.len());
    assert_eq!(summary.matches("- **error** ").count(), FINDINGS_SHOWN_MAX);
    assert!(summary.contains("#### 1600 errors"), "the whole count is told");
}

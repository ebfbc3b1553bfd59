//! The environment variable of every flag.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Command, CommandFactory as _};
use presencectl::cli::{Cli as Parsed, variables};

use super::LUNCH;
use super::driver::Cli;

/// The long names of all flags of a command and of those below it.
fn flags(command: &Command, found: &mut BTreeSet<String>) {
    found.extend(command.get_arguments().filter_map(|it| it.get_long()).map(str::to_owned));
    command.get_subcommands().for_each(|it| flags(it, found));
}

#[test]
fn every_flag_has_a_variable_or_a_reason_why_not() {
    let mut command = variables::applied(Parsed::command(), &BTreeMap::new());
    command.build();
    let mut all = BTreeSet::new();
    flags(&command, &mut all);
    assert!(all.len() > 40, "this test has become blind: {all:?}");
    let without: BTreeSet<&str> = variables::WITHOUT.iter().map(|(name, _)| *name).collect();
    assert!(without.iter().all(|it| all.contains(*it)), "only flags stand in the list");
    let named: BTreeSet<String> = all.iter().filter_map(|it| variables::of(it)).collect();
    assert_eq!(named.len(), all.len() - without.len(), "no two flags share a variable");
    let is_secret = |it: &&String| it.contains("SECRET") || it.contains("TOKEN") || it.contains("PASSWORD");
    assert_eq!(named.iter().find(is_secret), None, "no secret is a flag");
    // The journal of a run has had these names all along.
    assert!(named.contains("PRESENCECTL_ACTOR") && named.contains("PRESENCECTL_REASON"));
    assert_eq!(variables::of("log-format").as_deref(), Some("PRESENCECTL_LOG_FORMAT"));
    shown_in_help(&mut command, "presencectl");
}

fn shown_in_help(command: &mut Command, path: &str) {
    let page = command.render_long_help().to_string();
    let flags: Vec<String> = command.get_arguments().filter_map(|it| it.get_long()).map(str::to_owned).collect();
    for name in flags.iter().filter_map(|it| variables::of(it)) {
        assert!(page.contains(&format!("[env: {name}]")), "{path} --help does not say {name}");
    }
    for below in command.get_subcommands_mut().filter(|it| it.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        shown_in_help(below, &path);
    }
}

fn plan(variables: &[(&str, &str)], more: &str) -> (Option<i32>, String) {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let cli = variables.iter().fold(cli, |cli, (name, value)| cli.variable(name, value));
    let ran = cli.run(&format!("plan lunch.yaml {more}"));
    (ran.code, ran.stdout + &ran.stderr)
}

#[test]
fn switches_are_on_off_or_refused() {
    for on in ["true", "1", "TRUE", "yes"] {
        let (code, text) = plan(&[("PRESENCECTL_SANDBOX", on), ("PRESENCECTL_DETAILED_EXITCODE", on)], "");
        assert_eq!(code, Some(2), "{on}: {text}");
    }
    for off in ["false", "0", "", " ", "False"] {
        let (code, text) = plan(&[("PRESENCECTL_SANDBOX", off)], "");
        assert_eq!(code, Some(1), "{off:?}");
        assert!(text.contains("no region is set"), "{off:?}: {text}");
    }
    let (code, text) = plan(&[("PRESENCECTL_SANDBOX", "perhaps")], "");
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error: invalid value 'perhaps' for 'PRESENCECTL_SANDBOX'"), "{text}");
}

#[test]
fn what_is_typed_counts_first_and_an_empty_variable_is_none() {
    let (code, _) = plan(&[("PRESENCECTL_COLOR", "always")], "--sandbox --color never");
    assert_eq!(code, Some(0));
    let (code, text) = plan(&[("PRESENCECTL_COLOR", "always")], "--sandbox");
    assert!(code == Some(0) && text.contains('\u{1b}'), "{text}");
    let empty = ["ORG", "ROOT", "API", "COLOR", "OUTPUT", "ONLY", "REQUESTS_PER_MINUTE", "LOG_FORMAT", "VERBOSE"];
    let names: Vec<String> = empty.iter().map(|it| format!("PRESENCECTL_{it}")).collect();
    let variables: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "")).collect();
    assert_eq!(plan(&variables, "--sandbox"), plan(&[], "--sandbox"));
    // A switch that is off contradicts nothing.
    let off = [("PRESENCECTL_SANDBOX", "false")];
    let (_, text) = plan(&off, "--base-url https://127.0.0.1:1/x?y");
    assert!(text.contains("a query or a fragment"), "{text}");
}

#[test]
fn a_flag_that_may_be_repeated_takes_one_value_a_line() {
    let cli = Cli::new()
        .file("lunch.yaml", LUNCH)
        .variable("PRESENCECTL_OUTPUT", "json=a,b.json\nhuman=plan.txt")
        .variable("PRESENCECTL_SANDBOX", "1");
    let ran = cli.run("plan lunch.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("plan.txt"), ran.stdout);
    assert!(cli.read("a,b.json").contains("\"kind\": \"plan\""));
    let typed = cli.run("plan lunch.yaml -o human");
    assert_eq!(typed.stdout, ran.stdout);
}

#[test]
fn a_folder_of_reports_that_is_missing_is_an_error_where_it_was_typed() {
    let cli = Cli::new().keeping_reports().file("lunch.yaml", LUNCH);
    let ran = cli.run("plan lunch.yaml --sandbox --report-dir reports");
    let message = "error: cannot read the folder `reports`: there is no such file or folder\n";
    assert!(ran.code == Some(1) && ran.stderr.starts_with(message), "{}", ran.shown());
    // The variable is set for all commands of a CI, and the first apply makes the folder.
    let cli = cli.variable("PRESENCECTL_REPORT_DIR", "reports");
    for command in ["plan lunch.yaml --sandbox", "plan lunch.yaml --sandbox --base ./lunch.yaml"] {
        let plan = cli.run(command);
        assert_eq!((plan.code, plan.stderr.as_str()), (Some(0), ""), "{}", plan.shown());
    }
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve").code, Some(0));
    let plan = cli.run("plan lunch.yaml --sandbox");
    assert_eq!((plan.code, plan.stderr.as_str()), (Some(0), ""), "{}", plan.shown());
}

#[test]
fn completions_and_pages_are_made_of_the_command_line() {
    let cli = Cli::new();
    for (shell, mark) in
        [("bash", "complete -F _presencectl"), ("zsh", "#compdef presencectl"), ("fish", "complete -c presencectl")]
    {
        let ran = cli.run(&format!("completions {shell}"));
        assert!(ran.code == Some(0) && ran.stdout.contains(mark) && ran.stderr.is_empty(), "{shell}");
        assert!(ran.stdout.contains("detailed-exitcode") && ran.stdout.contains("retire"), "{shell}");
    }
    let page = cli.run("man");
    assert!(page.code == Some(0) && page.stdout.starts_with(".ie"), "{}", page.stdout);
    let ran = cli.run("man --out pages/man1");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let written = std::fs::read_dir(cli.path("pages/man1")).into_iter().flatten().count();
    assert_eq!(ran.stdout, format!("Wrote {written} pages to `pages/man1`.\n"));
    assert!(cli.read("pages/man1/presencectl-user-get.1").contains("PRESENCECTL_SOURCE"));
}

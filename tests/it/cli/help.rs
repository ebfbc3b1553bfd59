//! The help of every command, whole, and its examples, run.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::commands;
use super::driver::Cli;

const COMMANDS: [&str; 26] = [
    "plan",
    "apply",
    "drift",
    "undo",
    "log",
    "import",
    "show",
    "orgs",
    "compare",
    "combine",
    "validate",
    "explain",
    "config",
    "schema",
    "sandbox",
    "user get",
    "user set",
    "retire",
    "init",
    "doctor",
    "labels export",
    "labels import",
    "promote",
    "pin",
    "completions",
    "man",
];

#[test]
fn help_is_in_groups_and_has_examples() {
    assert_eq!(COMMANDS.map(str::to_owned).into_iter().collect::<BTreeSet<_>>(), commands());
    let cli = Cli::new();
    let mut pages = Vec::new();
    for command in [&["", "user", "labels"], COMMANDS.as_slice()].concat() {
        let short = cli.run(&format!("{command} -h"));
        assert_eq!((short.code, short.stderr.as_str()), (Some(0), ""), "{command}");
        pages.push(format!("$ presencectl {command} -h\n{}", short.stdout));
    }
    pages.push(format!("$ presencectl plan --help\n{}", cli.run("plan --help").stdout));
    let page: Vec<String> = pages.join("\n").lines().map(|line| line.trim_end().to_owned()).collect();
    assert_snapshot!(page.join("\n"));
}

#[test]
fn short_help_fits_a_small_terminal_and_begins_with_an_example() {
    let cli = Cli::new();
    for command in [&["", "user", "labels"], COMMANDS.as_slice()].concat() {
        let help = cli.run(&format!("{command} -h")).stdout;
        assert!(help.lines().count() <= 24, "{command}: {} lines\n{help}", help.lines().count());
        let mut lines = help.lines().take_while(|it| !it.starts_with("Usage: "));
        let is_group = ["user", "labels"].contains(&command);
        assert_eq!(lines.any(|it| it.starts_with("  presencectl ")), !is_group, "{command}\n{help}");
        assert!(help.contains("--help"), "{command} says how to see all flags\n{help}");
    }
    let tool = cli.run("-h").stdout;
    for command in COMMANDS.map(|it| it.split(' ').next().unwrap()) {
        assert!(tool.contains(&format!(" {command}")), "`-h` does not name {command}\n{tool}");
    }
    assert_eq!(cli.run("").stderr + &cli.run("").stdout, tool, "without a command, presencectl shows the same");
}

#[test]
fn short_help_of_init_has_what_its_ci_needs() {
    let cli = Cli::new();
    let needed = cli.run("init . --start none --ci github --yes").stderr;
    let help = cli.run("init -h").stdout;
    for flag in ["--project", "--release", "--sha256"] {
        assert!(needed.contains(flag), "{needed}");
        assert!(help.contains(&format!("      {flag} <")), "{flag}\n{help}");
    }
}

/// In the order of the commands: `apply --plan` uses the file of `plan`'s example, `user set --from` that of `user
/// get`, and `undo` and `log` the report of an apply.
#[test]
fn every_example_of_the_help_runs_as_written() {
    let cli = Cli::with_examples();
    let mut commands = vec![""];
    commands.extend(COMMANDS);
    for command in commands {
        let help = cli.run(&format!("{command} --help")).stdout;
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  presencectl ")).collect();
        assert!(!examples.is_empty(), "{command}");
        // The server runs until it is stopped, on a port that may be in use, so it has its own test.
        for example in examples.iter().filter(|it| !it.starts_with("sandbox ")) {
            let ran = cli.run(example);
            assert_eq!(ran.code, Some(0), "{example}\n{}", ran.shown());
        }
    }
}

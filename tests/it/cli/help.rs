//! The help of every command, whole, and its examples, run.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::commands;
use super::driver::Cli;

const COMMANDS: [&str; 25] = [
    "plan",
    "apply",
    "drift",
    "undo",
    "log",
    "import",
    "show",
    "orgs",
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

/// In the order of the commands: `apply --plan` uses what the example of `plan` writes, `user set --from` what
/// that of `user get` does, `undo` and `log` read what an apply keeps.
#[test]
fn every_example_of_the_help_runs_as_written() {
    let cli = Cli::with_examples();
    let mut commands = vec![""];
    commands.extend(COMMANDS);
    for command in commands {
        let help = cli.run(&format!("{command} --help")).stdout;
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  presencectl ")).collect();
        assert!(!examples.is_empty(), "{command}");
        // The server goes on until it is asked to end, on a port that may be taken: it has a test of its own.
        for example in examples.iter().filter(|it| !it.starts_with("sandbox ")) {
            let ran = cli.run(example);
            assert_eq!(ran.code, Some(0), "{example}\n{}", ran.shown());
        }
    }
}

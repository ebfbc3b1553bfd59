//! What `-h` shows: examples, then the flags that people use, a line each. `--help` shows all of them.

use clap::Command;

/// Flags that `-h` leaves out.
const RARE: [&str; 42] = [
    "actor",
    "allow-active-users",
    "allow-label-removals",
    "allow-removals",
    "allow-renames",
    "api",
    "applied",
    "at",
    "base-url",
    "branch",
    "break-glass",
    "ca-cert",
    "color",
    "config",
    "config-project",
    "default-locale",
    "exact",
    "log-format",
    "message",
    "names-from",
    "no-names",
    "no-report",
    "org-id",
    "parallel",
    "pin",
    "plans-dir",
    "primary",
    "quiet",
    "reason",
    "report-dir",
    "release",
    "requests-per-minute",
    "require-stage",
    "root",
    "sandbox-behavior",
    "sandbox-faults",
    "sandbox-seed",
    "sha256",
    "source",
    "split",
    "stage",
    "verbose",
];

/// Flags that are rare elsewhere, and the point of these commands.
const COMMON: [(&str, &str); 5] =
    [("init", "release"), ("init", "sha256"), ("retire", "config"), ("show", "config"), ("undo", "config")];

/// The whole tool: its commands by what people do.
const TOOL: &str = "{about-with-newline}
Examples, without an account:
  presencectl init . --start small --yes
  presencectl plan --sandbox

{usage-heading} {usage}

Every day:         validate, plan, apply, drift
Look back:         show, log, undo
Begin:             doctor, init, import
Many orgs:         orgs, compare, combine, promote, pin
Labels and users:  labels, user, retire
More:              config, explain, schema, sandbox, completions, man

`presencectl COMMAND -h` shows a command, `presencectl --help` all of them in a line each.";

/// The commands as `-h` shows them.
pub fn short(command: Command) -> Command {
    let command = below(command);
    command.help_template(TOOL)
}

fn below(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples: Vec<&str> = after.lines().filter(|it| it.starts_with("  presencectl ")).take(2).collect();
    let examples = if examples.is_empty() { String::new() } else { format!("\n{}\n", examples.join("\n")) };
    let template =
        format!("{{about-with-newline}}{examples}\n{{usage-heading}} {{usage}}\n\n{{all-args}}\n\nMore flags: --help");
    let is_rare = move |long: &str| RARE.contains(&long) && !COMMON.contains(&(name.as_str(), long));
    command
        .help_template(template)
        .mut_args(|arg| {
            let hidden = arg.get_long().is_some_and(&is_rare);
            arg.hide_short_help(hidden).help_heading(None::<&'static str>)
        })
        .mut_subcommands(below)
}

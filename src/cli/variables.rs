//! The environment variable of every flag: `PRESENCECTL_` and the flag's name.

use std::collections::BTreeMap;

use clap::builder::{BoolishValueParser, StringValueParser, TypedValueParser as _};
use clap::{Arg, ArgAction, Command};

/// What all of them begin with.
pub const PREFIX: &str = "PRESENCECTL_";

/// Flags without one, and why.
pub const WITHOUT: [(&str, &str); 8] = [
    ("help", "no one wants every run to be a page of help"),
    ("version", "nor to be the version"),
    ("yes", "a yes is for one run that a person looked at; a variable outlives it"),
    ("auto-approve", "the same"),
    ("force", "the same"),
    ("ci", "`doctor` takes a folder by it, and `init` a word"),
    ("break-glass", "a reason to write during a freeze is for one run"),
    ("try-write", "what is sent like a write is asked for by the run that sends it"),
];

/// The variable of a flag, by its long name; none where it has none.
pub fn of(long: &str) -> Option<String> {
    let has_none = WITHOUT.iter().any(|(name, _)| *name == long);
    (!has_none).then(|| format!("{PREFIX}{}", long.to_uppercase().replace('-', "_")))
}

/// The command line, with the variables that are set (and not empty, as CI systems set unset ones to "").
pub fn applied(command: Command, set: &BTreeMap<String, String>) -> Command {
    command.mut_args(|arg| with_variable(arg, set)).mut_subcommands(|it| applied(it, set))
}

fn with_variable(arg: Arg, set: &BTreeMap<String, String>) -> Arg {
    let Some(name) = arg.get_long().and_then(of) else { return arg };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let arg = arg.long_help(format!("{help}\n\n[env: {name}]"));
    let Some(value) = set.get(&name) else { return arg };
    if is_absent(&arg, value) {
        return arg;
    }
    match arg.get_action() {
        ArgAction::Count => {
            arg.value_parser(StringValueParser::new().try_map(|it| times(&it))).env(name).hide_env(true)
        }
        ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()).env(name).hide_env(true),
        // Several are one a line; a comma may stand in the name of a file.
        ArgAction::Append if arg.get_value_delimiter().is_none() => arg.value_delimiter('\n').env(name).hide_env(true),
        _ => arg.env(name).hide_env(true),
    }
}

/// A switch that is off is one that is not there: it contradicts no other.
pub fn is_absent(arg: &Arg, value: &str) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count) && is_off(value)
}

/// How often a switch counts as typed: a number, or once. clap says so as well, by a number, for each that is typed.
fn times(value: &str) -> Result<u8, String> {
    let is_on = ["true", "yes", "on", "t", "y"].iter().any(|it| value.trim().eq_ignore_ascii_case(it));
    let number = if is_on { Some(1) } else { value.trim().parse().ok() };
    number.ok_or_else(|| "a number, `true` or `false` stands here".to_owned())
}

/// Whether the variable of a switch says that it is off.
pub fn is_off(value: &str) -> bool {
    ["false", "0", "no", "off", "f", "n"].iter().any(|it| value.trim().eq_ignore_ascii_case(it))
}

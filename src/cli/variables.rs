//! The environment variable of every flag: `PRESENCECTL_` and the flag's name. A flag that is typed counts
//! before it, and what is typed for nothing is refused.

use std::collections::BTreeMap;

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Error};

/// What all of them begin with.
pub const PREFIX: &str = "PRESENCECTL_";

/// Flags without one, and why.
pub const WITHOUT: [(&str, &str); 5] = [
    ("help", "nobody wants every run to be a page of help"),
    ("version", "nor to be the version"),
    ("yes", "a yes is for one run that somebody looked at; a variable outlives it"),
    ("auto-approve", "the same"),
    ("force", "the same"),
];

/// The variable of a flag, by its long name; none where it has none.
#[must_use]
pub fn of(long: &str) -> Option<String> {
    let has_none = WITHOUT.iter().any(|(name, _)| *name == long);
    (!has_none).then(|| format!("{PREFIX}{}", long.to_uppercase().replace('-', "_")))
}

/// The command line, with the variables that are set (and not empty, as CI systems set unset ones to "").
#[must_use]
pub fn applied(command: Command, set: &BTreeMap<String, String>) -> Command {
    command.mut_args(|arg| with_variable(arg, set)).mut_subcommands(|it| applied(it, set))
}

fn with_variable(arg: Arg, set: &BTreeMap<String, String>) -> Arg {
    let Some(name) = arg.get_long().and_then(of) else { return arg };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let arg = arg.long_help(format!("{help}\n\n[env: {name}]"));
    let Some(value) = set.get(&name) else { return arg };
    match arg.get_action() {
        // A switch that is off is one that is not there: it contradicts no other.
        ArgAction::SetTrue if is_off(value) => arg,
        ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()).env(name).hide_env(true),
        // Several are one a line; a comma may stand in the name of a file.
        ArgAction::Append if arg.get_value_delimiter().is_none() => arg.value_delimiter('\n').env(name).hide_env(true),
        _ => arg.env(name).hide_env(true),
    }
}

/// `plan --report-dir` is read with `--base` alone: whoever types it without that waits for what does not come. Its
/// variable may be set for all the commands of a CI, and so clap's own `requires` would refuse too much.
///
/// # Errors
/// It is typed, and there is no base.
pub fn unread(command: &mut Command, matches: &ArgMatches) -> Result<(), Error> {
    let Some((name @ "plan", plan)) = matches.subcommand() else { return Ok(()) };
    let is_typed = plan.value_source("report_dir") == Some(ValueSource::CommandLine);
    match command.find_subcommand_mut(name) {
        Some(command) if is_typed && !plan.contains_id("base") => {
            let message =
                "'--report-dir <DIR>' is read only with '--base <REF|PATH>', to tell apart what was pending before";
            Err(command.error(ErrorKind::MissingRequiredArgument, message))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_off(value: &str) -> bool {
    ["false", "0", "no", "off", "f", "n"].iter().any(|it| value.trim().eq_ignore_ascii_case(it))
}

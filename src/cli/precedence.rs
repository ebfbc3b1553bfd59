//! Which variables count beside what is typed and beside each other. Which flags exclude or need each other is what clap
//! was told; here stands only what follows for a variable.
//!
//! A flag that says of itself that it conflicts with another is of no use beside that one, and its variable gives way.
//! Where both say it, they contradict each other.

use std::collections::BTreeMap;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::cli::line::{CommandLine, name};
use crate::cli::variables;

/// Flags whose variable never gives way, since it holds a run back; and how.
pub const HOLDING: [(&str, &str); 4] = [
    ("sandbox", "keeps a run from every real org"),
    ("org-id", "says which org is meant"),
    ("plan", "says what may be done"),
    ("only", "says for which definitions"),
];

/// Variables that cannot count together, or not beside what is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// The variables that count, by definitions that are built.
pub fn counted(
    root: &Command,
    line: &CommandLine,
    set: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Contradiction> {
    let command = line.defined(root);
    let is_set = |arg: &&Arg| {
        let value = arg.get_long().and_then(variables::of).and_then(|it| set.get(&it));
        value.is_some_and(|value| !variables::is_absent(arg, value)) && !line.is_typed(&name(arg))
    };
    let mut present: Vec<&Arg> = command.get_arguments().filter(is_set).collect();
    let typed: Vec<&Arg> = command.get_arguments().filter(|it| line.is_typed(&name(it))).collect();
    let without_partner = |present: &mut Vec<&Arg>| {
        while let Some(index) = present.iter().position(|it| lacks_partner(command, it, &[&typed, present])) {
            present.remove(index);
        }
    };
    without_partner(&mut present);
    beside_what_is_typed(command, &typed, &mut present)?;
    beside_each_other(command, &mut present)?;
    without_partner(&mut present);

    let counts = |variable: &String| {
        let of_command = command.get_arguments().find(|it| variable_of(it).as_ref() == Some(variable));
        of_command.is_none_or(|arg| present.iter().any(|it| it.get_id() == arg.get_id()))
    };
    Ok(set.iter().filter(|(variable, _)| counts(variable)).map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Lets an error that comes from a variable say so.
pub fn with_variable_named(
    mut error: clap::Error,
    root: &Command,
    line: &CommandLine,
    counted: &BTreeMap<String, String>,
) -> clap::Error {
    let Some(ContextValue::String(blamed)) = error.get(ContextKind::InvalidArg) else { return error };
    let arg = line.defined(root).get_arguments().find(|it| it.to_string() == *blamed && !line.is_typed(&name(it)));
    if let Some(variable) = arg.and_then(variable_of).filter(|it| counted.contains_key(it)) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
    error
}

/// The same for a message of ours that begins with a flag, such as `--base-url: …`.
pub fn message_with_variable_named(
    message: &str,
    line: &CommandLine,
    set: &BTreeMap<String, String>,
) -> Option<String> {
    let (long, rest) = message.strip_prefix("--")?.split_once(':')?;
    let variable = variables::of(long).filter(|it| !line.is_typed(long) && set.contains_key(it))?;
    Some(format!("{variable}:{rest}"))
}

/// What is typed counts first.
fn beside_what_is_typed(command: &Command, typed: &[&Arg], present: &mut Vec<&Arg>) -> Result<(), Contradiction> {
    for arg in typed {
        let excludes = |it: &&Arg| yields(command, it, arg) || yields(command, arg, it);
        if let Some((held, how)) = present.iter().filter(|it| excludes(it)).find_map(|it| Some((it, holds(it)?))) {
            let variable = variable_of(held).unwrap_or_default();
            return Err(Contradiction {
                message: format!("{variable} is set, and `{arg}` excludes it"),
                help: format!(
                    "the variable {how}, so it is not passed over; leave `{arg}` away, or take the variable away for \
                     this run: `{variable}= presencectl …`"
                ),
            });
        }
        present.retain(|it| !excludes(it));
    }
    Ok(())
}

fn beside_each_other(command: &Command, present: &mut Vec<&Arg>) -> Result<(), Contradiction> {
    let mut given_way = Vec::new();
    for (index, one) in present.iter().enumerate() {
        for other in &present[index + 1..] {
            match (yields(command, one, other), yields(command, other, one)) {
                (false, false) => {}
                (true, false) if holds(one).is_none() => given_way.push(one.get_id().clone()),
                (false, true) if holds(other).is_none() => given_way.push(other.get_id().clone()),
                _ => {
                    let [one, other] = [one, other].map(|it| variable_of(it).unwrap_or_default());
                    return Err(Contradiction {
                        message: format!("{one} and {other} are set, and they exclude each other"),
                        help: format!("take one of them away; for this run alone: `{other}= presencectl …`"),
                    });
                }
            }
        }
    }
    present.retain(|it| !given_way.contains(it.get_id()));
    Ok(())
}

/// Whether a flag says of itself that it is of no use beside the other.
fn yields(command: &Command, arg: &Arg, other: &Arg) -> bool {
    command.get_arg_conflicts_with(arg).iter().any(|it| it.get_id() == other.get_id())
}

/// How its variable holds a run back.
fn holds(arg: &Arg) -> Option<&'static str> {
    HOLDING.iter().find(|(long, _)| arg.get_long() == Some(*long)).map(|(_, how)| *how)
}

fn variable_of(arg: &Arg) -> Option<String> {
    arg.get_long().and_then(variables::of)
}

/// Whether a flag needs another that is not there. Nobody typed it, so nobody has forgotten that one.
fn lacks_partner(command: &Command, arg: &Arg, there: &[&[&Arg]]) -> bool {
    let is_there = |partner: &String| there.iter().copied().flatten().any(|it| it.to_string() == *partner);
    holds(arg).is_none() && !partners(command, arg).iter().all(is_there)
}

/// The arguments that a flag needs, as clap names them: what it misses where this one is typed alone.
fn partners(command: &Command, arg: &Arg) -> Vec<String> {
    let Some(long) = arg.get_long() else { return Vec::new() };
    let takes_value = arg.get_action().takes_values();
    let typed = if takes_value { format!("--{long}=x") } else { format!("--{long}") };
    let taking_all =
        |it: Arg| if it.get_action().takes_values() { it.value_parser(ValueParser::os_string()) } else { it };
    let alone = command.clone().no_binary_name(true).mut_args(|it| taking_all(it.required(false)));
    match alone.try_get_matches_from([typed]) {
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg) {
            // A path of a config can be missing beside any flag.
            Some(ContextValue::Strings(missing)) => missing.iter().filter(|it| it.starts_with('-')).cloned().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

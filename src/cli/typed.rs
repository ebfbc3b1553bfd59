//! What was typed, and which variables count beside it. The clap types say which flags exclude or need each other.
//!
//! A typed flag counts before its variable, and a variable that a typed flag excludes is ignored. Two variables that exclude
//! each other are an error.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use clap::Arg;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;

use crate::cli::{Cli, Command, variables};
use crate::config::ConfigSource;
use crate::model::problem::Problem;
use crate::model::text;

/// Flags whose variable is never ignored, since it holds a run back; and how.
pub const HOLDING: [(&str, &str); 4] = [
    ("sandbox", "keeps a run from every real org"),
    ("org-id", "says which org is meant"),
    ("plan", "says what may be done"),
    ("only", "says for which definitions"),
];

/// The command and the arguments that were typed, as far as clap can read the line.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The command and what is below it, such as `user` and `get`.
    words: Vec<String>,
    /// Flags by their long names, others by their ids.
    names: BTreeSet<String>,
}

impl Typed {
    /// A line that lacks something is read as well: a variable may give it. One that asks for help is read as
    /// nothing.
    pub fn read(root: &clap::Command, arguments: &[OsString]) -> Typed {
        let mut tolerant = root.clone().ignore_errors(true);
        let groups = root.get_subcommands().filter(|it| it.has_subcommands()).map(clap::Command::get_name);
        for group in groups {
            tolerant = tolerant.mut_subcommand(group, |it| it.ignore_errors(true));
        }
        let Ok(root_matches) = tolerant.try_get_matches_from(arguments) else {
            return Typed::default();
        };
        let mut typed = Typed::default();
        let (mut matches, mut command) = (&root_matches, root);
        loop {
            let is_typed = |it: &&Arg| {
                let source = matches.try_contains_id(it.get_id().as_str());
                source.is_ok_and(|is_there| is_there)
                    && matches.value_source(it.get_id().as_str()) == Some(ValueSource::CommandLine)
            };
            typed.names.extend(command.get_arguments().filter(is_typed).map(name));
            let Some((word, below)) = matches.subcommand() else { return typed };
            let Some(found) = command.find_subcommand(word) else { return typed };
            typed.words.push(word.to_owned());
            (matches, command) = (below, found);
        }
    }

    /// The command as it is typed, such as `user get`; empty where there is none.
    pub fn command(&self) -> String {
        self.words.join(" ")
    }

    /// Was an argument typed? A flag goes by its long name, any other by its id.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn definition<'a>(&self, root: &'a clap::Command) -> &'a clap::Command {
        self.words.iter().try_fold(root, |command, word| command.find_subcommand(word)).unwrap_or(root)
    }

    /// The variables that count, of those that are set.
    pub fn variables_beside(
        &self,
        root: &clap::Command,
        set: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Problem> {
        let command = self.definition(root);
        let typed: Vec<&Arg> = command.get_arguments().filter(|it| self.has(&name(it))).collect();
        let is_set = |arg: &&Arg| {
            let value = variable_of(arg).and_then(|it| set.get(&it));
            value.is_some_and(|value| !variables::is_absent(arg, value)) && !self.has(&name(arg))
        };
        let mut present: Vec<&Arg> = command.get_arguments().filter(is_set).collect();
        drop_without_partner(command, &typed, &mut present);
        for arg in &typed {
            if let Some((held, how)) =
                present.iter().filter(|it| excludes(command, it, arg)).find_map(|it| Some((it, holds(it)?)))
            {
                return Err(held_back(held, how, arg));
            }
            present.retain(|it| !excludes(command, it, arg));
        }
        for (index, one) in present.iter().enumerate() {
            if let Some(other) = present[index + 1..].iter().find(|it| excludes(command, it, one)) {
                let [one, other] = [one, other].map(|it| variable_of(it).unwrap_or_default());
                return Err(Problem::new(format!("{one} and {other} are set, and they exclude each other"))
                    .help(format!("take one of them away; for this run alone: `{other}= presencectl …`")));
            }
        }
        drop_without_partner(command, &typed, &mut present);
        let counts = |variable: &String| {
            let of_command = command.get_arguments().find(|it| variable_of(it).as_ref() == Some(variable));
            of_command.is_none_or(|arg| present.iter().any(|it| it.get_id() == arg.get_id()))
        };
        Ok(set.iter().filter(|(it, _)| counts(it)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// An error of clap, with the variable named where the value comes from one.
    pub fn with_variable_named(
        &self,
        mut error: clap::Error,
        root: &clap::Command,
        counted: &BTreeMap<String, String>,
    ) -> clap::Error {
        let Some(ContextValue::String(blamed)) = error.get(ContextKind::InvalidArg) else { return error };
        let mut args = self.definition(root).get_arguments();
        let arg = args.find(|it| it.to_string() == *blamed && !self.has(&name(it)));
        if let Some(variable) = arg.and_then(variable_of).filter(|it| counted.contains_key(it)) {
            error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
        }
        error
    }

    /// The same for a message of ours that begins with a flag, such as `--base-url: …`; none where it was typed.
    pub fn message_with_variable_named(&self, message: &str, set: &BTreeMap<String, String>) -> Option<String> {
        let (long, rest) = message.strip_prefix("--")?.split_once(':')?;
        let variable = variables::of(long).filter(|it| !self.has(long) && set.contains_key(it))?;
        Some(format!("{variable}:{rest}"))
    }
}

fn held_back(held: &Arg, how: &str, typed: &Arg) -> Problem {
    let variable = variable_of(held).unwrap_or_default();
    Problem::new(format!("{variable} is set, and `{typed}` excludes it")).help(format!(
        "the variable {how}, so it is not ignored: leave out `{typed}`, or unset the variable for this run: \
         `{variable}= presencectl …`"
    ))
}

fn name(arg: &Arg) -> String {
    arg.get_long().map_or_else(|| arg.get_id().to_string(), str::to_owned)
}

fn variable_of(arg: &Arg) -> Option<String> {
    arg.get_long().and_then(variables::of)
}

fn excludes(command: &clap::Command, one: &Arg, other: &Arg) -> bool {
    let says = |arg: &Arg, of: &Arg| command.get_arg_conflicts_with(arg).iter().any(|it| it.get_id() == of.get_id());
    says(one, other) || says(other, one)
}

fn holds(arg: &Arg) -> Option<&'static str> {
    HOLDING.iter().find(|(long, _)| arg.get_long() == Some(*long)).map(|(_, how)| *how)
}

/// A variable may be set for all commands of a CI, so one whose flag needs another that is missing is ignored.
fn drop_without_partner(command: &clap::Command, typed: &[&Arg], present: &mut Vec<&Arg>) {
    let lacks_partner = |arg: &Arg, present: &[&Arg]| {
        let is_there = |partner: &String| typed.iter().chain(present).any(|it| it.to_string() == *partner);
        holds(arg).is_none() && !partners(command, arg).iter().all(is_there)
    };
    while let Some(index) = present.iter().position(|it| lacks_partner(it, present)) {
        present.remove(index);
    }
}

/// The arguments that a flag needs. clap does not tell them; it names what is missing where this flag is typed alone.
fn partners(command: &clap::Command, arg: &Arg) -> Vec<String> {
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

/// Flags that lift a guard or answer a question: a mistyped flag is never answered with one of them.
const GUARDS: [&str; 11] = [
    "--allow-active-users",
    "--allow-label-removals",
    "--allow-removals",
    "--allow-renames",
    "--break-glass",
    "--auto-approve",
    "--force",
    "--include-on-queue",
    "--no-report",
    "--try-write",
    "--yes",
];

/// Commands of one org at a time, and how it is named.
const OF_ONE_ORG: [(&str, &str); 6] = [
    ("config", "presencectl config PATH --org NAME"),
    ("retire", "presencectl retire KEY --to KEY2 --config PATH --org NAME"),
    ("show", "presencectl show --config PATH --org NAME"),
    ("undo", "presencectl undo REPORT --config PATH --org NAME"),
    ("user get", "presencectl user get ID --config PATH --org NAME"),
    ("user set", "presencectl user set ID --presence KEY --config PATH --org NAME"),
];

/// A flag for several orgs on a command of one. `parsed` reads a line.
pub fn for_several_orgs(
    error: &clap::Error,
    command: &str,
    arguments: &[OsString],
    parsed: impl Fn(&[OsString]) -> Option<Cli>,
) -> Option<Problem> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument || !OF_SEVERAL_ORGS.contains(&flag.as_str()) {
        return None;
    }
    let problem = Problem::new(format!("`{command}` is for one org at a time, so it has no `{flag}`"));
    if command == "apply" {
        let each = text::ticked(apply_each(arguments, parsed));
        let in_ci = "in CI, the workflows that `init --ci` writes do that";
        return Some(problem.help(format!("for one org after the other, type {each}; {in_ci}")));
    }
    let (_, how) = OF_ONE_ORG.iter().find(|(name, _)| *name == command)?;
    Some(problem.help(format!("type `{how}` for each org")))
}

/// The loop over the orgs of a line, as a shell runs it. Standard input has the names, so each apply asks on the
/// terminal.
fn apply_each(arguments: &[OsString], parsed: impl Fn(&[OsString]) -> Option<Cli>) -> String {
    let (mut line, mut stages, mut rest) = (Vec::new(), String::new(), arguments.iter());
    while let Some(argument) = rest.next() {
        let word = argument.to_string_lossy();
        let stage = match word.split_once('=') {
            Some(("--stage", stage)) => Some(stage.to_owned()),
            _ if word == "--stage" => rest.next().map(|it| it.to_string_lossy().into_owned()),
            _ => None,
        };
        match stage {
            Some(stage) => stages.extend([" --stage ", &*text::shell_word(&stage)]),
            None if OF_SEVERAL_ORGS.contains(&&*word) => {}
            None => line.push(argument.clone()),
        }
    }
    let (config, target) = match parsed(&line) {
        Some(Cli { command: Command::Apply(args), .. }) => {
            (ConfigSource { org: None, ..args.config.request() }.to_arguments(), args.target.to_flags())
        }
        _ => (" PATH".to_owned(), String::new()),
    };
    format!(
        "presencectl orgs{config}{stages} -o lines | while IFS= read -r org; do presencectl apply{config} --org \"$org\"{target} \
         </dev/tty || break; done"
    )
}

/// The flags that name several orgs.
const OF_SEVERAL_ORGS: [&str; 2] = ["--all-orgs", "--stage"];

/// Wrong usage without the suggestion of a flag that lifts a guard, and without the one to take a flag for a value.
pub fn without_guards(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips = tips.iter().filter(|it| !it.to_string().contains(" as a value, use ")).cloned().collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    let is_guard = |it: &str| GUARDS.iter().any(|guard| it.trim_start_matches('-') == guard.trim_start_matches('-'));
    let suggests_one = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(one)) => is_guard(one),
        Some(ContextValue::Strings(several)) => several.iter().any(|it| is_guard(it)),
        _ => false,
    };
    if suggests_one {
        error.remove(ContextKind::SuggestedArg);
        // It would name the flag as well.
        error.remove(ContextKind::Usage);
    }
    error
}

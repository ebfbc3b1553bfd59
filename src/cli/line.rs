//! A command line as far as it can be read, whatever is wrong with it: which command, and what is typed. Of one that is
//! right it says the same as clap does.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// The command and what is below it, such as `user` and `get`.
    words: Vec<String>,
    /// In the order in which it was typed.
    typed: Vec<Typed>,
}

/// One thing that was typed.
#[derive(Debug, Clone)]
struct Typed {
    name: String,
    /// None of a switch, and where it is missing.
    value: Option<OsString>,
}

impl CommandLine {
    /// Reads it by definitions that are built; what comes first is the name of the executable.
    pub fn read(root: &Command, arguments: &[OsString]) -> CommandLine {
        let mut line = CommandLine::default();
        let (mut command, mut positionals, mut is_flags) = (root, 0, true);
        let mut rest = arguments.iter().skip(1);
        while let Some(word) = rest.next() {
            let text = word.to_string_lossy();
            if is_flags && text == "--" {
                is_flags = false;
            } else if is_flags && is_flag(word) {
                line.flag(&text, &mut rest, command);
            } else if let Some(below) = command.find_subcommand(word).filter(|_| is_flags && positionals == 0) {
                line.words.push(below.get_name().to_owned());
                command = below;
            } else {
                // The last one takes all that is left.
                let arg = command.get_positionals().take(positionals + 1).last();
                line.typed.push(Typed { name: arg.map(name).unwrap_or_default(), value: Some(word.clone()) });
                positionals += 1;
            }
        }
        line
    }

    fn flag<'a>(&mut self, text: &str, rest: &mut (impl Iterator<Item = &'a OsString> + Clone), command: &Command) {
        let known = |is_it: &dyn Fn(&Arg) -> bool| {
            let arg = command.get_arguments().find(|it| is_it(it))?;
            Some((name(arg), arg.get_action().takes_values()))
        };
        if let Some(long) = text.strip_prefix("--") {
            let (long, inline) = long.split_once('=').map_or((long, None), |(long, value)| (long, Some(value)));
            let Some((name, takes_value)) =
                known(&|it| it.get_long_and_visible_aliases().is_some_and(|all| all.contains(&long)))
            else {
                return;
            };
            let inline = inline.map(OsString::from);
            let value = if takes_value { inline.or_else(|| next_value(rest)) } else { None };
            self.typed.push(Typed { name, value });
            return;
        }
        // Several switches, and then perhaps one that takes a value: `-vo json`, `-vojson`.
        let mut letters = text.trim_start_matches('-').chars();
        while let Some(letter) = letters.next() {
            let Some((name, takes_value)) = known(&|it| it.get_short() == Some(letter)) else { return };
            if takes_value {
                let inline = letters.as_str();
                let inline = inline.strip_prefix('=').unwrap_or(inline);
                let inline = (!inline.is_empty()).then(|| OsString::from(inline));
                self.typed.push(Typed { name, value: inline.or_else(|| next_value(rest)) });
                return;
            }
            self.typed.push(Typed { name, value: None });
        }
    }

    /// The command as it is typed, such as `user get`; empty where there is none.
    pub fn command(&self) -> String {
        self.words.join(" ")
    }

    /// The command's definition.
    pub fn defined<'a>(&self, root: &'a Command) -> &'a Command {
        self.words.iter().try_fold(root, |command, word| command.find_subcommand(word)).unwrap_or(root)
    }

    /// Whether an argument is typed: a flag by its long name, any other by its id.
    pub fn is_typed(&self, name: &str) -> bool {
        self.typed.iter().any(|it| it.name == name)
    }

    /// The values that are typed for an argument.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &OsStr> {
        self.typed.iter().filter(move |it| it.name == name).filter_map(|it| it.value.as_deref())
    }

    /// All values that are typed, but those of one flag.
    pub fn values_but_of(&self, name: &str) -> impl Iterator<Item = &OsStr> {
        self.typed.iter().filter(move |it| it.name != name).filter_map(|it| it.value.as_deref())
    }
}

/// What an argument is called here: a flag by its long name, any other by its id.
pub fn name(arg: &Arg) -> String {
    arg.get_long().map_or_else(|| arg.get_id().to_string(), str::to_owned)
}

/// A flag is no value, but `-` is: standard input.
fn next_value<'a>(rest: &mut (impl Iterator<Item = &'a OsString> + Clone)) -> Option<OsString> {
    let value = rest.clone().next().filter(|it| !is_flag(it))?;
    rest.next();
    Some(value.clone())
}

fn is_flag(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-") && word != "-"
}

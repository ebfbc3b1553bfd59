//! `presencectl completions` and `presencectl man`. Both are generated from the command line definition, so they are
//! always current.

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::aot;
use clap_mangen::Man;

use crate::cli::{Cli, CompletionsArgs, ManArgs, ShellName, variables};
use crate::commands::context::host::Host;
use crate::host::exit::Exit;
use crate::host::files::{FilePlace, cannot_write};
use crate::model::problem::Problem;
use crate::model::text;

/// Prints the completions of a shell.
pub fn completions(args: CompletionsArgs, host: &mut Host<'_>) -> Exit {
    let name = match args.shell {
        ShellName::Bash => aot::Shell::Bash,
        ShellName::Zsh => aot::Shell::Zsh,
        ShellName::Fish => aot::Shell::Fish,
        ShellName::PowerShell => aot::Shell::PowerShell,
    };
    let mut script = Vec::new();
    aot::generate(name, &mut Cli::command(), "presencectl", &mut script);
    host.terminal.out(&String::from_utf8_lossy(&script));
    Exit::Success
}

/// Prints the man page of the tool, or writes one per command.
pub fn man(args: &ManArgs, host: &mut Host<'_>) -> Exit {
    let mut command = variables::applied(Cli::command(), &BTreeMap::new()).disable_help_subcommand(true);
    command.build();
    let written = match &args.out {
        None => page(&command).map(|(_, text)| host.terminal.out(&text)),
        Some(folder) => write(&command, folder, host),
    };
    match written {
        Ok(()) => Exit::Success,
        Err(problem) => host.fail(&problem.into()),
    }
}

fn write(command: &Command, folder: &Path, host: &mut Host<'_>) -> Result<(), Problem> {
    let mut pages = Vec::new();
    collect(command, &mut pages)?;
    for (name, text) in &pages {
        let path = folder.join(name);
        let cannot = |error| cannot_write(&path, &error);
        let place = FilePlace::below(folder, Path::new(name)).map_err(cannot)?;
        place.there()?;
        place.make_folder(&mut Vec::new())?;
        let new = place.beside(text.as_bytes(), host.signals).map_err(cannot)?;
        host.signals.ended(|| place.put(new)).map_err(|(error, _)| cannot(error))?;
    }
    host.terminal.out(&format!(
        "Wrote {} pages to `{}`.\n",
        pages.len(),
        text::terminal(&folder.display().to_string())
    ));
    Ok(())
}

fn collect(command: &Command, pages: &mut Vec<(String, String)>) -> Result<(), Problem> {
    pages.push(page(command)?);
    command.get_subcommands().filter(|it| !it.is_hide_set()).try_for_each(|it| collect(it, pages))
}

/// The name of a page and its text.
fn page(command: &Command) -> Result<(String, String), Problem> {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render(&mut text).map_err(|error| Problem::new(format!("a page could not be made: {error}")))?;
    Ok((man.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}

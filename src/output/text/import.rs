//! The result of `import` and `init` for people, and the next steps.

use std::fmt::Write as _;
use std::path::Path;

use crate::host::file_set::{FileChange, PlacedFile};
use crate::model::observed::Target;
use crate::model::text;
use crate::ops::forge::setup::SetupStep;
use crate::ops::import::fleet::FleetImport;
use crate::ops::import::note::ImportNote;
use crate::ops::import::terraform::{Resource, removed};
use crate::output::style::Style;
use crate::output::summary::target_line;

/// The notes, one line each.
pub fn notes(notes: &[ImportNote], style: Style) -> String {
    notes.iter().map(|it| note(&it.message(), style)).collect()
}

pub fn note(message: &str, style: Style) -> String {
    format!("{}: {}\n", style.hint("note"), text::terminal(message))
}

/// The written files, and leftover files of an earlier import.
pub fn written(
    definitions: usize,
    files: &[PlacedFile],
    left_over: &[String],
    target: &Target,
    style: Style,
) -> String {
    let count = text::count(definitions, "definition");
    let head = format!("{}\n\nImported {count}:\n", target_line(target));
    let empty = match definitions {
        0 => "The org has no definition of its own. Add one below `definitions`, and look at `presencectl plan`.\n",
        _ => "",
    };
    head + &placed(files, style) + &left(left_over, "of an earlier import; nothing uses it now", style) + empty
}

/// Like [`written`], for several orgs.
pub fn written_fleet(
    import: &FleetImport,
    files: &[PlacedFile],
    left_over: &[String],
    sandbox: bool,
    style: Style,
) -> String {
    let orgs = text::count(import.orgs.len(), "org");
    let sandbox = if sandbox { " - sandbox: nothing real is written" } else { "" };
    let count = text::count(import.orgs.values().sum(), "definition");
    let shared = import.shared;
    let head = format!("{orgs}{sandbox}\n\nImported {count}. `base/` has {shared}, which most orgs share:\n");
    head + &placed(files, style) + &left(left_over, "of no org that was imported; check whether it is needed", style)
}

/// The leftover files beside the written ones.
fn left(paths: &[String], why: &str, style: Style) -> String {
    let word = style.doubtful(&format!("{:<10}", "left over"));
    let lines = paths.iter().map(|path| format!("  {word}{}: {why}\n", text::terminal(path)));
    lines.collect::<Vec<String>>().concat()
}

/// How to make Terraform forget the imported objects: the `removed` blocks, or their file.
pub fn forgotten(resources: &[Resource], file: Option<&Path>, style: Style) -> String {
    let (add, blocks) = match file {
        Some(file) => (format!("{}, which has their `removed` blocks", text::ticked(file.display())), String::new()),
        None => ("the `removed` blocks below".to_owned(), format!("\n{}", removed(resources))),
    };
    let add = text::terminal(&add);
    let warning = style.doubtful("Without them, the next `terraform apply` deactivates all of these definitions.");
    format!("When you delete the resources from the `.tf` files, add {add}.\n{warning}\n{blocks}")
}

/// The files, the next commands, and what is left to do at a forge.
pub fn made(files: &[PlacedFile], next: &[String], steps: &[SetupStep], style: Style) -> String {
    let mut shown = placed(files, style);
    if !next.is_empty() {
        let lines = next.iter().map(|it| format!("  {}\n", text::terminal(it)));
        shown.push_str(&std::iter::once("\nNext:\n".to_owned()).chain(lines).collect::<String>());
    }
    if !steps.is_empty() {
        shown.push_str("\nThen set up the CI. Run these commands in their order; some ask for a value.\n");
    }
    for (number, SetupStep { what, commands }) in (1..).zip(steps) {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "\n{number}. {}:", text::terminal(what));
        for command in commands {
            let _ = writeln!(shown, "     {}", text::terminal(command));
        }
    }
    shown
}

/// The files, in the order given.
fn placed(files: &[PlacedFile], style: Style) -> String {
    let line = |PlacedFile { path, how }: &PlacedFile| {
        let word = format!("{:<10}", how.in_words());
        let word = match how {
            FileChange::New | FileChange::Replaced | FileChange::Extended => style.good(&word),
            FileChange::Same | FileChange::Kept => word,
        };
        let reason = how.reason().map_or_else(String::new, |it| format!(": {it}"));
        format!("  {word}{}{reason}\n", text::terminal(path))
    };
    files.iter().map(line).collect()
}

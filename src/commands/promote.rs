//! `presencectl promote`.

use std::path::Path;

use crate::cli::PromoteArgs;
use crate::commands::context::edit_files::{load_fleet, org_index, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::host::exit::Exit;
use crate::host::files::real_path;
use crate::model::problem::Problem;
use crate::model::source::FileId;
use crate::model::text;
use crate::ops::labels::rows::Fleet;
use crate::ops::promote::{PromoteFlaw, PromoteRequest, PromoteTarget, Promotion, promote};
use crate::output::text::edits as view;

/// Copies a definition of one org to another one or into a layer. It shows the effect on each org and the difference,
/// and asks for confirmation.
pub fn run(args: &PromoteArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let loaded = load_fleet(&args.path, args.root.as_deref(), run)?;
    let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: &args.path };
    let from = org_index(fleet, "--from", &args.from)?;
    run.again = run.again.of_org(Some(&args.from));
    let to = target(fleet, args)?;
    let asked = PromoteRequest { key: &args.key, from, to, omit_elsewhere: args.omit_elsewhere };
    let Promotion { files, outcomes, notes } = promote(fleet, asked, args.root.as_deref()).map_err(failure)?;
    for note in &notes {
        let note = view::note(note, run.host.style_err());
        run.host.terminal.err(&note);
    }
    run.tell(&|style| view::outcomes(fleet, &args.key, &outcomes, style) + &view::diff(&files, style));
    if files.is_empty() {
        return Ok(Exit::Success);
    }
    write(&files, args.yes, &mut run.host)?;
    run.tell(&|style| view::written(&files, style));
    Ok(Exit::Success)
}

/// An org by its name, or a file of the config.
fn target(fleet: Fleet<'_>, args: &PromoteArgs) -> Result<PromoteTarget, Problem> {
    if let Ok(index) = org_index(fleet, "--to", &args.to) {
        if args.omit_elsewhere {
            return Err(Problem::new("--omit-elsewhere is for a layer, and --to names an org"));
        }
        if args.from == args.to {
            return Err(Problem::new("--from and --to are one org"));
        }
        return Ok(PromoteTarget::Org(index));
    }
    let typed = [Path::new(&args.to).to_owned(), args.path.join(&args.to)].map(|it| real_path(&it));
    let found = fleet.sources.iter().find(|(_, it)| typed.contains(&real_path(&it.path)));
    match found.map(|(file, _)| file) {
        Some(file) if fleet.configs.iter().any(|it| it.org_file.is_some() && it.files.last() == Some(&file)) => {
            Err(Problem::new(format!("--to: {} is the file of an org: give its name", text::ticked(&args.to))))
        }
        Some(file) => Ok(PromoteTarget::Layer(file)),
        None => Err(no_target(fleet, args)),
    }
}

fn no_target(fleet: Fleet<'_>, args: &PromoteArgs) -> Problem {
    let layers: Vec<FileId> = fleet.sources.iter().map(|(file, _)| file).collect();
    let names: Vec<String> = layers.iter().map(|it| fleet.file_name(*it)).collect();
    let orgs = (0..fleet.configs.len()).filter_map(|it| fleet.org_name(it));
    let known = names.iter().map(String::as_str).chain(orgs);
    let problem = Problem::new(format!("--to: {} is no org and no file of the config", text::ticked(&args.to)));
    match text::nearest(&args.to, known) {
        Some(nearest) => problem.help(format!("did you mean {}?", text::ticked(nearest))),
        None => problem.help("a layer is named by its file, such as `base/presence.yaml`"),
    }
}

fn failure(flaw: PromoteFlaw) -> Failure {
    match flaw {
        PromoteFlaw::Problem(problem) => problem.into(),
        PromoteFlaw::Findings(sources, found) => Failure::Findings(sources, found),
    }
}

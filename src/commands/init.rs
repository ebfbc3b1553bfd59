//! `presencectl init`: asks what is wanted, then makes the files of a new repository, all or none.

use crate::cli::InitArgs;
use crate::commands::context::connect;
use crate::commands::context::failure::Failure;
use crate::commands::context::host::{Host, nobody_to_ask};
use crate::commands::context::run::Run;
use crate::commands::doctor_ci::named_orgs;
use crate::commands::import::{Made, make};
use crate::commands::{init_ci, selection};
use crate::config::{self, USUAL_PATH};
use crate::host::exit::Exit;
use crate::host::file_set::{self, File, FileChange, FileSet};
use crate::model::pins::PinChoice;
use crate::model::problem::Problem;
use crate::model::region::Region;
use crate::model::text;
use crate::ops::forge::setup::ForgeOrg;
use crate::ops::import::page::org_name;
use crate::ops::import::{ImportRequest, Layout};
use crate::ops::init::{Ci, InitPage, SCHEMA, SCHEMA_FROM_CONFIG, Start, gitignore, readme, small};
use crate::output;
use crate::output::json;

/// How often a question is asked before that is a no.
const ASKED_MAX: usize = 3;

/// Makes the files of a new repository.
pub async fn run(args: &InitArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    if !args.yes && !run.host.terminal.can_ask() {
        return Err(nobody_to_ask("give --start org or --start small, and --yes").into());
    }
    // Flags that do not fit are refused before a question is asked.
    let typed = args.ci.map(|ci| init_ci::choice(args, ci)).transpose()?;
    let start = start(args, &mut run.host)?;
    let choice = match typed {
        Some(choice) => choice,
        None => init_ci::choice(args, ci(args, &mut run.host)?)?,
    };
    let Begun { mut pages, orgs, stages } = begun(args, start, run).await?;
    let of_ci = choice.as_ref().map_or_else(|| Ok(Vec::new()), |it| it.pages(&stages))?;
    pages.extend(of_ci.iter().cloned());
    let of_ci: Vec<String> = of_ci.into_iter().map(|it| it.name).collect();
    let below = || Some(args.folder.clone());
    let files =
        pages.into_iter().map(|InitPage { name, text, claim }| File { below: below(), path: name.into(), text, claim });
    let placing = FileSet::checked(files.collect())?;
    for (path, before, after) in
        placing.replaced().into_iter().filter(|(path, ..)| of_ci.iter().any(|it| path.ends_with(it)))
    {
        let shown = output::text::edits::lines_that_change(&path, &before, &after, run.host.style_err());
        run.host.terminal.err(&shown);
    }
    agreed(args, &placing, &mut run.host)?;
    placing.write(run.host.signals)?;
    let steps = choice.map_or_else(Vec::new, |it| it.steps(&args.folder, start, &orgs, &stages));
    let next = if start == Start::None { Vec::new() } else { next(args, start).to_vec() };
    let text = output::text::import::made(&placing.placed, &next, &steps, run.host.style_out());
    run.host.terminal.out(&text);
    Ok(Exit::Success)
}

/// How to go on, as it is typed.
fn next(args: &InitArgs, start: Start) -> [String; 2] {
    let config = text::shell_word(&file_set::plain(&args.folder.join(USUAL_PATH)).to_string_lossy());
    let flags = match (args.target.to_flags(), start) {
        // There may be no org yet.
        (none, Start::Small) if none.is_empty() => " --sandbox".to_owned(),
        (flags, Start::Small | Start::Org | Start::None) => flags,
    };
    [format!("presencectl validate {config}"), format!("presencectl plan {config}{flags}")]
}

/// What the config begins with: as typed, else as answered.
fn start(args: &InitArgs, host: &mut Host<'_>) -> Result<Start, Problem> {
    if let Some(typed) = args.start {
        return Ok(typed);
    }
    if args.yes {
        return Err(Problem::new("--yes needs --start; nothing was written")
            .help("give --start org (what the org has), small (an example) or none (only the files of a CI)"));
    }
    let can_import = args.target.sandbox || connect::credentials(host.environment).is_ok();
    let usual = if can_import { "org" } else { "small" };
    let question = "Start with `org` (import what the org has) or `small` (an example)?";
    let answers = [("org", Start::Org), ("small", Start::Small)];
    answered(question, usual, &answers, host)
        .ok_or_else(|| Problem::new("not answered; nothing was written").help("give --start org or --start small"))
}

/// Whose workflow files are made, where no flag says so.
fn ci(args: &InitArgs, host: &mut Host<'_>) -> Result<Ci, Problem> {
    if args.yes {
        return Ok(Ci::None);
    }
    let question = "Which CI plans pull requests and applies what is merged: `github`, `gitlab` or `none`?";
    let answers = [("github", Ci::Github), ("gitlab", Ci::Gitlab), ("none", Ci::None)];
    answered(question, "none", &answers, host)
        .ok_or_else(|| Problem::new("not answered; nothing was written").help("give --ci github, gitlab or none"))
}

/// Which of some answers a person gives; `usual` is what Enter means.
fn answered<T: Copy>(question: &str, usual: &str, answers: &[(&str, T)], host: &mut Host<'_>) -> Option<T> {
    for _ in 0..ASKED_MAX {
        let answer = host.terminal.ask(&format!("{question} Enter means `{usual}`: "))?;
        let answer = if answer.is_empty() { usual } else { &answer };
        if let Some((_, meant)) = answers.iter().find(|(name, _)| *name == answer) {
            return Some(*meant);
        }
    }
    None
}

struct Begun {
    pages: Vec<InitPage>,
    /// The orgs of the config, where it is no example.
    orgs: Vec<ForgeOrg>,
    stages: Vec<String>,
}

async fn begun(args: &InitArgs, start: Start, run: &mut Run<'_>) -> Result<Begun, Failure> {
    if start == Start::None {
        let (orgs, stages) = named_orgs(&args.folder.join(USUAL_PATH), None)?;
        return Ok(Begun { pages: Vec::new(), orgs, stages });
    }
    let there = file_set::there(&args.folder, ".gitignore")?;
    text::of_bytes(there.as_deref().unwrap_or_default()).map_err(|error| {
        let path = args.folder.join(".gitignore");
        Problem::new(format!("cannot read {}: {error}; nothing was written", text::ticked(path.display())))
            .help("save it as UTF-8")
    })?;
    let (mut pages, orgs) = match start {
        Start::Small | Start::None => (vec![small()], Vec::new()),
        Start::Org => imported(args, run).await?,
    };
    pages.push(InitPage::whole(SCHEMA, json::pretty(&config::json_schema())));
    pages.push(gitignore(there.as_deref().map(String::from_utf8_lossy).as_deref()));
    pages.push(readme(start));
    Ok(Begun { pages, orgs, stages: Vec::new() })
}

async fn imported(args: &InitArgs, run: &mut Run<'_>) -> Result<(Vec<InitPage>, Vec<ForgeOrg>), Failure> {
    let choice =
        PinChoice { default_locale: selection::locale(&args.default_locale)?, deactivated: false, pin_all: false };
    let region = if args.target.sandbox { None } else { connect::named_region(run.host.environment) };
    let schema = SCHEMA_FROM_CONFIG.to_owned();
    let asked = ImportRequest { choice, layout: Layout::Folder, region, schema, resources: Vec::new() };
    let Made { import, target } = make(&args.target, &asked, run).await?;
    let style = run.host.style_err();
    let told = output::text::target_line(&target) + "\n" + &output::text::import::notes(&import.notes, style);
    run.host.terminal.err(&told);
    let page = |name: &str, text: String| InitPage::whole(format!("{USUAL_PATH}/{name}"), text);
    let pages = import.files.into_iter().map(|it| page(&it.name, it.text)).collect();
    let org = |name| ForgeOrg { name, region: region.map(Region::name) };
    Ok((pages, target.org.as_ref().map(org_name).map(org).into_iter().collect()))
}

/// Nothing is made unasked, and nothing is overwritten without `--force` or a yes to just that.
fn agreed(args: &InitArgs, placing: &FileSet, host: &mut Host<'_>) -> Result<(), Problem> {
    if !args.force {
        placing.spare_read_only()?;
    }
    if let Some(names) = placing.names(FileChange::Replaced).filter(|_| !args.force) {
        if args.yes {
            return Err(Problem::new(format!("these files exist with other content: {names}; nothing was written"))
                .help("give --force to overwrite, or another folder"));
        }
        let unasked = || Problem::new("presencectl cannot ask; nothing was written");
        host.approved(&format!("Overwrite {}", text::terminal(&names)), unasked)?;
    }
    let question = match (placing.names(FileChange::New), placing.names(FileChange::Extended)) {
        (None, None) => return Ok(()),
        (Some(new), None) => format!("Make {new}"),
        (None, Some(extended)) => format!("Add lines to {extended}"),
        (Some(new), Some(extended)) => format!("Make {new}, and add lines to {extended}"),
    };
    if args.yes {
        return Ok(());
    }
    let unasked = || Problem::new("presencectl cannot ask; nothing was written").help("give --yes");
    host.approved(text::terminal(&question).as_str(), unasked)
}

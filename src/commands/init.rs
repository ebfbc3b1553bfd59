//! `presencectl init`: asks what is wanted, then makes the files of a new repository, all or none.

use std::path::{Path, PathBuf};

use crate::cli::{CiOf, InitArgs, StartFrom};
use crate::commands::connect;
use crate::commands::files::{self, WholeFile};
use crate::commands::import::{Made, make};
use crate::commands::look::typed_locale;
use crate::commands::shell::{Failure, Shell};
use crate::config;
use crate::exit::Exit;
use crate::import::pins::Choice;
use crate::import::placed::{How, Placed};
use crate::import::{Asked, Layout};
use crate::init::{CONFIG_FOLDER, Ci, Page, SCHEMA, SCHEMA_FROM_CONFIG, Start, gitignore, readme, small, workflows};
use crate::problem::Problem;
use crate::render;
use crate::render::machine;
use crate::text;

/// How often a question is asked before that is a no.
const ASKED_MAX: usize = 3;

/// Makes the files of a new repository.
pub async fn run(args: &InitArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    match made(args, shell).await {
        Ok(()) => Exit::Success,
        Err(failure) => shell.fail(&failure),
    }
}

async fn made(args: &InitArgs, shell: &mut Shell<'_>) -> Result<(), Failure> {
    if !args.yes && !shell.terminal.can_ask() {
        return Err(Problem::new("nobody can be asked: this is no terminal; nothing was written")
            .help("say what is wanted: --start org or --start small, and --yes")
            .into());
    }
    let start = start(args, shell)?;
    let ci = ci(args, shell)?;
    let mut pages = pages(args, start, shell).await?;
    pages.extend(ci.map(workflows).unwrap_or_default());
    let placed = placed(&args.folder, &pages)?;
    agreed(args, &placed, shell)?;
    write(args, &pages, &placed, shell)?;
    let config = shown(&args.folder.join(CONFIG_FOLDER));
    let sandbox = if args.target.sandbox || start == Start::Small { " --sandbox" } else { "" };
    let next = [format!("presencectl validate {config}"), format!("presencectl plan {config}{sandbox}")];
    let text = render::init::made(&placed, &next, ci, shell.style_out());
    shell.terminal.out(&text);
    Ok(())
}

/// What the config begins with: as typed, else as answered.
fn start(args: &InitArgs, shell: &mut Shell<'_>) -> Result<Start, Problem> {
    let of = |it: StartFrom| match it {
        StartFrom::Org => Start::Org,
        StartFrom::Small => Start::Small,
    };
    if let Some(typed) = args.start {
        return Ok(of(typed));
    }
    if args.yes {
        return Err(Problem::new("--yes, and nothing says what the config begins with; nothing was written")
            .help("give --start org (what the org holds) or --start small (an example)"));
    }
    let can_import = args.target.sandbox || connect::credentials(shell.environment).is_ok();
    let usual = if can_import { "org" } else { "small" };
    let question = "What does the config begin with: `org` (what the org holds) or `small` (an example)?";
    let answers = [("org", Start::Org), ("small", Start::Small)];
    answered(question, usual, &answers, shell)
        .ok_or_else(|| Problem::new("not answered; nothing was written").help("give --start org or --start small"))
}

/// Whose workflow files are made: as typed, else as answered.
fn ci(args: &InitArgs, shell: &mut Shell<'_>) -> Result<Option<Ci>, Problem> {
    match args.ci {
        Some(CiOf::Github) => return Ok(Some(Ci::Github)),
        Some(CiOf::Gitlab) => return Ok(Some(Ci::Gitlab)),
        Some(CiOf::None) => return Ok(None),
        None if args.yes => return Ok(None),
        None => {}
    }
    let question = "Whose CI plans pull requests and applies what is merged: `github`, `gitlab` or `none`?";
    let answers = [("github", Some(Ci::Github)), ("gitlab", Some(Ci::Gitlab)), ("none", None)];
    answered(question, "none", &answers, shell)
        .ok_or_else(|| Problem::new("not answered; nothing was written").help("give --ci github, gitlab or none"))
}

/// Which of some answers a person gives; `usual` is what Enter means.
fn answered<T: Copy>(question: &str, usual: &str, answers: &[(&str, T)], shell: &mut Shell<'_>) -> Option<T> {
    for _ in 0..ASKED_MAX {
        let answer = shell.terminal.ask(&format!("{question} Enter means `{usual}`: "))?;
        let answer = if answer.is_empty() { usual } else { &answer };
        if let Some((_, meant)) = answers.iter().find(|(name, _)| *name == answer) {
            return Some(*meant);
        }
    }
    None
}

async fn pages(args: &InitArgs, start: Start, shell: &mut Shell<'_>) -> Result<Vec<Page>, Failure> {
    let mut pages = match start {
        Start::Small => vec![small()],
        Start::Org => imported(args, shell).await?,
    };
    pages.push(Page { name: SCHEMA.to_owned(), text: machine::pretty(&config::json_schema()) });
    let there = files::there(&args.folder.join(".gitignore"))?;
    pages.push(gitignore(there.as_deref().map(String::from_utf8_lossy).as_deref()));
    // Somebody's own page says what they want it to say.
    if files::there(&args.folder.join("README.md"))?.is_none() {
        pages.push(readme(start));
    }
    Ok(pages)
}

async fn imported(args: &InitArgs, shell: &mut Shell<'_>) -> Result<Vec<Page>, Failure> {
    let choice = Choice { default_locale: typed_locale(&args.default_locale)?, deactivated: false, pin_all: false };
    let region = if args.target.sandbox { None } else { connect::named_region(shell.environment) };
    let asked = Asked { choice, layout: Layout::Folder, region, schema: SCHEMA_FROM_CONFIG.to_owned() };
    let Made { import, target } = make(&args.target, &asked, shell).await?;
    let style = shell.style_err();
    let told = render::human::target_line(&target) + "\n" + &render::import::notes(&import.notes, style);
    shell.terminal.err(&told);
    let page = |name: &str, text: String| Page { name: format!("{CONFIG_FOLDER}/{name}"), text };
    Ok(import.files.into_iter().map(|it| page(&it.name, it.text)).collect())
}

fn placed(folder: &Path, pages: &[Page]) -> Result<Vec<Placed>, Problem> {
    let one = |page: &Page| {
        let path = folder.join(&page.name);
        let there = files::there(&path)?;
        Ok(Placed { path: shown(&path), how: How::of(&page.text, there.as_deref()) })
    };
    pages.iter().map(one).collect()
}

/// Nothing is made unasked, and nothing is overwritten without `--force` or a yes to just that.
fn agreed(args: &InitArgs, placed: &[Placed], shell: &mut Shell<'_>) -> Result<(), Problem> {
    let of = |how: How| -> Vec<String> {
        placed.iter().filter(|it| it.how == how).map(|it| format!("`{}`", it.path)).collect()
    };
    let (new, replaced) = (of(How::New), of(How::Replaced));
    if !replaced.is_empty() && !args.force {
        let names = text::list(&replaced, "and");
        if args.yes {
            return Err(Problem::new(format!("there already, and not the same: {names}; nothing was written"))
                .help("give --force to overwrite, or another folder"));
        }
        let unasked = || Problem::new("nobody can be asked; nothing was written");
        shell.approved(&format!("Overwrite {}", text::terminal(&names)), unasked)?;
    }
    if new.is_empty() || args.yes {
        return Ok(());
    }
    let unasked = || Problem::new("nobody can be asked; nothing was written").help("give --yes");
    shell.approved(&format!("Make {}", text::terminal(&text::list(&new, "and"))), unasked)
}

fn write(args: &InitArgs, pages: &[Page], placed: &[Placed], shell: &Shell<'_>) -> Result<(), Problem> {
    let mut tried = Vec::new();
    for (page, _) in pages.iter().zip(placed).filter(|(_, it)| it.how != How::Same) {
        let path: PathBuf = args.folder.join(&page.name);
        files::make_folder_of(&path)?;
        tried.push((WholeFile::open(&path, shell.signals)?, &page.text));
    }
    tried.into_iter().try_for_each(|(file, text)| file.write(text, shell.signals))
}

/// Without a `./` that nobody would type.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

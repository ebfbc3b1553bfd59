//! `presencectl doctor --ci`: asks the forge what the workflows need there, under the login of the person. It only reads.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{DiagnosisFormat, DoctorArgs};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::selection::path_or_usual;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::{self, LoadedAll};
use crate::host::exit::Exit;
use crate::host::file_set;
use crate::host::forge_cli::ForgeCli;
use crate::host::git::Git;
use crate::model::moment::Moment;
use crate::model::pattern::fits;
use crate::model::problem::Problem;
use crate::model::region::Region;
use crate::model::text;
use crate::ops::doctor::check::{Check, Diagnosis};
use crate::ops::forge::github::GithubCheck;
use crate::ops::forge::gitlab::GitlabCheck;
use crate::ops::forge::project::{Forge, ForgeProject};
use crate::ops::forge::reader::{ForgeReader, NotKnown, text_of};
use crate::ops::forge::setup::{ForgeOrg, Setup};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::doctor as view;

/// Says for each thing that is missing at the forge which command makes it.
pub fn run(args: &DoctorArgs, folder: Option<&Path>, run: &mut Run<'_, DiagnosisFormat>) -> Result<Exit, Failure> {
    let path = path_or_usual(args.path.0.as_deref());
    let folder = folder_of_files(folder, path);
    let project = ForgeProject::read(|name| {
        let bytes = file_set::there(&folder, name).ok().flatten()?;
        String::from_utf8(bytes).ok()
    });
    let project = project.ok_or_else(|| {
        let shown = text::ticked(folder.display());
        Problem::new(format!("no files of a CI in {shown} name a project"))
            .help("`presencectl init . --start none --ci github` or `--ci gitlab` writes them; they are looked for where PATH has its `.git`, or give `--ci=DIR`")
    })?;
    let (orgs, stages) = orgs_of(args, path)?;
    let now = run.record.clock().now();
    let checks = checks(&project, &orgs, &stages, now);
    let diagnosis = Diagnosis { org: None, sandbox: false, checks };
    let view = |format: DiagnosisFormat, style: Style| match format {
        DiagnosisFormat::Human => view::human(&diagnosis, style),
        DiagnosisFormat::Json => json::write(&json::DiagnosisV1::of(&diagnosis)),
    };
    let exit = if diagnosis.success() { Exit::Success } else { Exit::Failure };
    Ok(run.show(&view, exit))
}

/// As typed, else the top of the repository of the config.
fn folder_of_files(typed: Option<&Path>, path: &Path) -> PathBuf {
    let of_config = || Git::above(path).map_or_else(|| PathBuf::from("."), |it| it.top().to_owned());
    typed.map_or_else(of_config, Path::to_owned)
}

/// The orgs that the config has, and its stages.
fn orgs_of(args: &DoctorArgs, path: &Path) -> Result<(Vec<ForgeOrg>, Vec<String>), Problem> {
    let (mut orgs, stages) = named_orgs(path, args.root.as_deref())?;
    let typed = &args.chosen.orgs;
    if !typed.is_empty() {
        orgs.retain(|org| typed.iter().any(|pattern| fits(pattern, &org.name)));
        if orgs.is_empty() {
            return Err(Problem::new(format!(
                "{} has no org {}",
                text::ticked(path.display()),
                text::ticked(typed.join(" "))
            ))
            .help(format!("`presencectl orgs {}` lists them", text::shell_word(&path.to_string_lossy()))));
        }
    }
    Ok((orgs, stages))
}

/// The same by a path alone. A folder without a config has none yet.
pub fn named_orgs(path: &Path, root: Option<&Path>) -> Result<(Vec<ForgeOrg>, Vec<String>), Problem> {
    if fs::metadata(path).is_err() {
        return Ok((Vec::new(), Vec::new()));
    }
    let first = Cell::new(true);
    let LoadedAll { orgs, configs, diagnostics, .. } = config::load_all(path, root, |_| first.take());
    let is_none_yet = |it: &Diagnostic| matches!(it.finding, Finding::NoFiles { .. });
    if diagnostics.errors > 0 && !diagnostics.iter().any(is_none_yet) {
        let shown = text::shell_word(&path.to_string_lossy());
        return Err(Problem::new(format!("the config in {} cannot be read", text::ticked(path.display())))
            .help(format!("`presencectl validate {shown}` shows why")));
    }
    let stages = configs.first().map(|it| it.desired.settings.stages.clone()).unwrap_or_default();
    let named = orgs.into_iter().filter_map(|it| it.org);
    Ok((named.map(|it| ForgeOrg { region: it.region.map(Region::name), name: it.name }).collect(), stages))
}

fn checks(project: &ForgeProject, orgs: &[ForgeOrg], stages: &[String], now: Moment) -> Vec<Check> {
    let reader = ForgeReader(match project.forge {
        Forge::Github => ForgeCli::Gh,
        Forge::Gitlab => ForgeCli::Glab,
    });
    let setup = Setup { forge: project.forge, project: &project.project, branch: "" };
    let path = match project.forge {
        Forge::Github => format!("repos/{}", project.project),
        Forge::Gitlab => setup.project_path(),
    };
    let there = match reader.one(&path) {
        Ok(there) => there,
        Err(why) => return vec![unknown_project(project, &why)],
    };
    let found = text_of(&there, if project.forge == Forge::Github { "full_name" } else { "path_with_namespace" });
    let mut all = vec![match found {
        Some(found) if found.eq_ignore_ascii_case(&project.project) => {
            Check::good("project", format!("{} is there", text::ticked(found)))
        }
        // A forge leads from an old name to the new one.
        Some(found) => Check::failed(
            "project",
            format!(
                "it is called {} by now, and the files are for {}",
                text::ticked(found),
                text::ticked(&project.project)
            ),
        )
        .help(setup.rewritten(&format!(" --project {}", text::shell_word(found)))),
        None => Check::not_known("project", "the forge does not say what the project is called"),
    }];
    all.extend(stages_check(setup, project, stages));
    let default = text_of(&there, "default_branch").unwrap_or("main");
    let setup = Setup { branch: project.branch.as_deref().unwrap_or(default), ..setup };
    all.extend(match project.forge {
        Forge::Github => GithubCheck { setup, reader, orgs, stages }.checks(&there),
        Forge::Gitlab => {
            let config_project = project.config_project.as_deref();
            GitlabCheck { setup, reader, orgs, stages, config_project, now }.checks(&there)
        }
    });
    all
}

fn unknown_project(project: &ForgeProject, why: &NotKnown) -> Check {
    let shown = text::ticked(&project.project);
    match why {
        NotKnown::NoAnswer(error) if error.stops_everything() => {
            Check::failed("login", error.to_string()).help(error.help())
        }
        _ if why.is_absent() => {
            let found = format!("there is no project {shown}, or your login may not see it");
            let Check { help, .. } = why.check("project", "");
            Check { help, ..Check::failed("project", found) }
        }
        _ => {
            let Check { said, help, .. } = why.check("project", &format!("{shown} cannot be read"));
            Check { help, ..Check::failed("project", said) }
        }
    }
}

/// Only where the files have a list of stages of their own.
fn stages_check(setup: Setup<'_>, project: &ForgeProject, stages: &[String]) -> Option<Check> {
    const NAME: &str = "stages";
    let of_files = project.stages.as_ref()?;
    if of_files == stages {
        return None;
    }
    let shown = |it: &[String]| if it.is_empty() { "none".to_owned() } else { text::ticked(it.join(" ")) };
    Some(
        Check::failed(
            NAME,
            format!("the config has the stages {}, and the workflows {}", shown(stages), shown(of_files)),
        )
        .help(setup.rewritten("")),
    )
}

//! `presencectl init --ci`: what the files of a CI are written for, and what is left to do at the forge.

use std::path::Path;

use crate::cli::InitArgs;
use crate::config::USUAL_PATH;
use crate::host::file_set;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::ci_files::CiFiles;
use crate::ops::forge::project::{Forge, ForgeProject};
use crate::ops::forge::setup::{ForgeOrg, Setup, SetupStep};
use crate::ops::init::{Ci, InitPage, Start};

const ARCHIVE: &str = "x86_64-unknown-linux-musl";

/// What the files are written for, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiChoice {
    pub forge: Forge,
    project: String,
    branch: String,
    /// Its repository and its commit.
    release: (String, String),
    sha256: String,
    config_project: Option<String>,
}

/// None without a CI. What is missing is refused, with the command that reads it.
pub fn choice(args: &InitArgs, ci: Ci) -> Result<Option<CiChoice>, Problem> {
    let is_alone = args.start == Some(Start::None);
    let forge = match ci {
        Ci::Github => Forge::Github,
        Ci::Gitlab => Forge::Gitlab,
        Ci::None if is_alone => {
            return Err(nothing("--start none makes the files of a CI alone").help("give --ci github or --ci gitlab"));
        }
        Ci::None => return Ok(None),
    };
    let there = ForgeProject::read(|name| {
        let bytes = file_set::there(&args.folder, name).ok().flatten()?;
        String::from_utf8(bytes).ok()
    });
    let there = there.filter(|it| it.forge == forge);
    let of_files = |field: fn(&ForgeProject) -> Option<String>| there.as_ref().and_then(field);
    let project = args.project.clone().or_else(|| of_files(|it| Some(it.project.clone())));
    let branch = args.branch.clone().or_else(|| of_files(|it| it.branch.clone()));
    let config_project = args.config_project.clone().or_else(|| of_files(|it| it.config_project.clone()));
    if forge == Forge::Github && config_project.is_some() {
        return Err(nothing("--config-project is for --ci gitlab")
            .help("leave it out: GitHub runs what needs a secret from the default branch"));
    }
    if config_project.is_some() && !is_alone {
        return Err(nothing("the files of --config-project lie in another repository than the config")
            .help("give --start none, and the folder of that repository"));
    }
    let (Some(project), Some(release), Some(sha256)) = (&project, &args.release, &args.sha256) else {
        return Err(missing(args, forge, project.as_deref()));
    };
    if forge == Forge::Github && project.split('/').count() != 2 {
        return Err(nothing(&format!("--project: {} is no repository of GitHub", text::ticked(project)))
            .help("write it as OWNER/NAME"));
    }
    let (repository, commit) = release.split_once('@').unwrap_or((release, ""));
    Ok(Some(CiChoice {
        forge,
        project: project.clone(),
        branch: branch.unwrap_or_else(|| "main".to_owned()),
        release: (repository.to_owned(), commit.to_owned()),
        sha256: sha256.clone(),
        config_project,
    }))
}

fn nothing(message: &str) -> Problem {
    Problem::new(format!("{message}; nothing was written"))
}

fn missing(args: &InitArgs, forge: Forge, project: Option<&str>) -> Problem {
    let version = env!("CARGO_PKG_VERSION");
    let publisher = args.release.as_ref().and_then(|it| it.split('@').next()).unwrap_or("OWNER/presencectl");
    let (name, of_project) = match forge {
        Forge::Github => ("github", "`gh repo view --json nameWithOwner --jq .nameWithOwner` reads it".to_owned()),
        Forge::Gitlab => ("gitlab", "`glab repo view --output json | jq -r .path_with_namespace` reads it".to_owned()),
    };
    let flags = [
        (project.is_none(), "--project OWNER/NAME", of_project),
        (
            args.release.is_none(),
            "--release OWNER/presencectl@COMMIT",
            format!(
                "OWNER is the publisher of presencectl, and `gh api repos/{publisher}/commits/v{version} --jq .sha` reads the commit"
            ),
        ),
        (
            args.sha256.is_none(),
            "--sha256 SUM",
            format!(
                "`curl -sSfL https://github.com/{publisher}/releases/download/v{version}/SHA256SUMS | grep {ARCHIVE}` reads it"
            ),
        ),
    ];
    let absent: Vec<&(bool, &str, String)> = flags.iter().filter(|(is_absent, ..)| *is_absent).collect();
    let names: Vec<String> = absent.iter().map(|(_, flag, _)| text::ticked(flag)).collect();
    let help: Vec<String> = absent.iter().map(|(_, flag, how)| format!("{}: {how}", text::ticked(flag))).collect();
    nothing(&format!("--ci {name} needs {}", text::list(&names, "and"))).help(help.join("; "))
}

impl CiChoice {
    pub fn pages(&self) -> Vec<InitPage> {
        let files = CiFiles {
            project: &self.project,
            branch: &self.branch,
            release: (&self.release.0, &self.release.1),
            sha256: &self.sha256,
            config_project: self.config_project.as_deref(),
        };
        match self.forge {
            Forge::Github => files.github(),
            Forge::Gitlab => files.gitlab(),
        }
    }

    /// What is left to do, in the order in which the first push is green.
    pub fn steps(&self, folder: &Path, start: Start, orgs: &[ForgeOrg], stages: &[String]) -> Vec<SetupStep> {
        let setup = Setup { forge: self.forge, project: &self.project, branch: &self.branch };
        let shown = |path: &Path| text::shell_word(&file_set::plain(path).to_string_lossy());
        let config = shown(&folder.join(USUAL_PATH));
        let ask = match &self.config_project {
            None => format!("presencectl doctor {config} --ci"),
            Some(_) => format!("presencectl doctor PATH --ci={}", shown(folder)),
        };
        let step = |what: &str, commands: Vec<String>| SetupStep { what: what.to_owned(), commands };
        let mut steps = Vec::new();
        if orgs.is_empty() {
            let what = if start == Start::Small {
                format!(
                    "Name your org in {config}/presence.yaml (`name` and `id`). Then this prints the commands for it"
                )
            } else {
                "The commands for each org of your config".to_owned()
            };
            steps.push(SetupStep { what, commands: vec![ask.clone()] });
        }
        steps.extend(orgs.iter().map(|it| setup.org(it)));
        steps.push(setup.before_the_push(stages));
        if start == Start::Small {
            let commands = vec![format!("presencectl apply {config}")];
            steps.push(step("What the org does not have yet, so that the first push has nothing to do", commands));
        }
        if self.config_project.is_some() {
            let file = self.config_project.as_ref().map(|it| format!("ci_config_path=.gitlab-ci.yml@{it}"));
            let commands = file.iter().map(|it| setup.changed(it)).collect();
            steps.push(step("Where the pipeline of the project with the config is", commands));
        }
        let folder = shown(folder);
        let git = if folder.is_empty() || folder == "''" { "git".to_owned() } else { format!("git -C {folder}") };
        let branch = text::shell_word(&self.branch);
        let commands =
            vec![format!("{git} add --all && {git} commit --message presencectl && {git} push origin HEAD:{branch}")];
        steps.push(step("The first push", commands));
        steps.push(setup.after_the_push());
        steps.push(step("What is still missing", vec![ask]));
        steps
    }
}

//! The commands that make what a forge needs, each ready to paste. None holds a secret: those commands ask for it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::forge::Forge;
use crate::model::text::shell_word;

/// The variables of an environment that are no secrets, and the one that is.
pub const CLIENT_ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
pub const REGION: &str = "GENESYSCLOUD_REGION";
pub const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
/// GitLab's bot.
pub const BOT_TOKEN: &str = "GITLAB_TOKEN";
pub const BOT_ENVIRONMENT: &str = "presence-bot";

/// The checks that a pull request waits for.
pub const REQUIRED: [&str; 2] = ["check", "presencectl plan"];

/// In addresses of both forges.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// An org, as far as a forge has something of its own for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeOrg {
    pub name: String,
    /// By its AWS name, where the config says it.
    pub region: Option<&'static str>,
}

/// Some commands, and what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupStep {
    pub what: String,
    pub commands: Vec<String>,
}

/// What is set up, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    pub forge: Forge,
    pub project: &'a str,
    /// Its default branch.
    pub branch: &'a str,
}

pub fn in_path(part: &str) -> String {
    utf8_percent_encode(part, IN_PATH).to_string()
}

impl Setup<'_> {
    /// The environments of an org: for viewing and for applying.
    pub fn environments(self, org: &str) -> [String; 2] {
        let joint = self.joint();
        ["plan", "apply"].map(|it| format!("presence-{it}{joint}{org}"))
    }

    /// Where applies are approved: once, or by stage.
    pub fn approvals(self, stages: &[String]) -> Vec<String> {
        match stages {
            [] => vec!["presence-approve".to_owned()],
            stages => stages.iter().map(|it| format!("presence-approve{}{it}", self.joint())).collect(),
        }
    }

    fn joint(self) -> char {
        match self.forge {
            Forge::Github => '-',
            Forge::Gitlab => '/',
        }
    }

    /// The path of an environment in GitHub's interface.
    pub fn environment_path(self, environment: &str) -> String {
        format!("repos/{}/environments/{}", self.project, in_path(environment))
    }

    /// The path of the project in GitLab's interface.
    pub fn project_path(self) -> String {
        format!("projects/{}", in_path(self.project))
    }

    /// GitHub: makes an environment that only the default branch may use, or limits one that is there.
    pub fn limited_environment(self, environment: &str) -> String {
        let path = shell_word(&self.environment_path(environment));
        let policies = shell_word(&format!("{}/deployment-branch-policies", self.environment_path(environment)));
        let rule = "-F 'deployment_branch_policy[protected_branches]=false' -F 'deployment_branch_policy[custom_branch_policies]=true'";
        let branch = shell_word(&format!("name={}", self.branch));
        format!("gh api --silent --method PUT {path} {rule} && gh api --silent --method POST {policies} -f {branch}")
    }

    /// GitHub: an environment that names no branch, since it has no secret.
    pub fn environment(self, environment: &str) -> String {
        format!("gh api --silent --method PUT {}", shell_word(&self.environment_path(environment)))
    }

    /// Sets a variable of an environment. Without a value the command asks for it.
    pub fn variable(self, environment: &str, name: &str, value: Option<&str>) -> String {
        let (project, scope) = (self.project, shell_word(environment));
        match (self.forge, value) {
            (Forge::Github, Some(value)) => {
                format!("gh variable set {name} --repo {project} --env {scope} --body {}", shell_word(value))
            }
            (Forge::Github, None) => format!("gh variable set {name} --repo {project} --env {scope}"),
            (Forge::Gitlab, Some(value)) => {
                format!(
                    "glab variable set {name} {} --repo {project} --scope {scope}{}",
                    shell_word(value),
                    of_applies(environment)
                )
            }
            (Forge::Gitlab, None) => self.asked(environment, name, "read -r it", ""),
        }
    }

    /// Sets the secret of an environment, which the command asks for: no command line holds it.
    pub fn secret(self, environment: &str, name: &str) -> String {
        match self.forge {
            Forge::Github => {
                format!("gh secret set {name} --repo {} --env {}", self.project, shell_word(environment))
            }
            Forge::Gitlab => self.asked(environment, name, "read -rs it", " --masked"),
        }
    }

    /// `glab` reads a value from its input. A builtin of the shell hands it on, so no process has it as an argument.
    fn asked(self, environment: &str, name: &str, read: &str, more: &str) -> String {
        let (project, scope) = (self.project, shell_word(environment));
        let protected = of_applies(environment);
        format!(
            "printf '{name}: '; IFS= {read} && printf %s \"$it\" | glab variable set {name} --repo {project} --scope {scope}{more}{protected}; unset it"
        )
    }

    /// Makes the forge wait for the checks before it merges.
    pub fn required_status(self) -> String {
        match self.forge {
            Forge::Github => {
                let checks = REQUIRED.map(|it| format!(r#"{{"context":"{it}"}}"#)).join(",");
                let rules = format!(
                    r#"[{{"type":"required_status_checks","parameters":{{"strict_required_status_checks_policy":false,"required_status_checks":[{checks}]}}}}]"#
                );
                let body = format!(
                    r#"{{"name":"presencectl","target":"branch","enforcement":"active","conditions":{{"ref_name":{{"include":["~DEFAULT_BRANCH"],"exclude":[]}}}},"rules":{rules}}}"#
                );
                format!("echo '{body}' | gh api --silent --method POST repos/{}/rulesets --input -", self.project)
            }
            Forge::Gitlab => self.changed("only_allow_merge_if_pipeline_succeeds=true"),
        }
    }

    /// What rewrites the files of the CI. `init` says which flags of the release it needs.
    pub fn rewritten(self, changed: &str) -> String {
        let forge = match self.forge {
            Forge::Github => "github",
            Forge::Gitlab => "gitlab",
        };
        format!("`presencectl init . --start none --ci {forge}{changed}` rewrites the files: it says what else to type")
    }

    /// GitLab: changes a setting of the project.
    pub fn changed(self, setting: &str) -> String {
        format!("glab api --silent --method PUT {} -F {}", shell_word(&self.project_path()), shell_word(setting))
    }

    /// GitHub: a workflow that is off. Its schedule is off with it.
    pub fn enabled(self, workflow: &str) -> String {
        format!("gh workflow enable {} --repo {}", shell_word(workflow), self.project)
    }

    /// GitLab: the schedule of the night.
    pub fn schedule(self) -> String {
        let branch = shell_word(self.branch);
        format!(
            "glab schedule create --cron '17 3 * * *' --description presencectl --ref {branch} --repo {}",
            self.project
        )
    }

    /// GitLab: a token that may write notes and issues, as the variable of the bot. The command asks for it.
    pub fn bot_token(self) -> String {
        self.secret(BOT_ENVIRONMENT, BOT_TOKEN)
    }

    /// What one org needs.
    pub fn org(self, org: &ForgeOrg) -> SetupStep {
        let mut commands = Vec::new();
        for environment in self.environments(&org.name) {
            if self.forge == Forge::Github {
                commands.push(self.limited_environment(&environment));
            }
            commands.push(self.variable(&environment, REGION, org.region));
            commands.push(self.variable(&environment, CLIENT_ID, None));
            commands.push(self.secret(&environment, SECRET));
        }
        let which = "the client that may only view first, then the one that may write";
        SetupStep { what: format!("{}: its two clients, {which}", org.name), commands }
    }

    /// What is there once, before the first push.
    pub fn before_the_push(self, stages: &[String]) -> SetupStep {
        match self.forge {
            Forge::Github => SetupStep {
                what: "Where an apply is approved. Name reviewers under Settings > Environments; without them, the merge is the \
                       approval"
                    .to_owned(),
                commands: self.approvals(stages).iter().map(|it| self.environment(it)).collect(),
            },
            Forge::Gitlab => SetupStep {
                what: "The bot that writes notes: a project access token (role Reporter, scope api), from Settings > Access tokens"
                    .to_owned(),
                commands: vec![self.bot_token(), self.changed("ci_pipeline_variables_minimum_override_role=maintainer")],
            },
        }
    }

    /// What the first push brings along, or needs.
    pub fn after_the_push(self) -> SetupStep {
        let commands = match self.forge {
            // The workflow of the night has its schedule.
            Forge::Github => vec![self.required_status()],
            Forge::Gitlab => vec![self.required_status(), self.schedule()],
        };
        let what = match self.forge {
            Forge::Github => "What a pull request waits for",
            Forge::Gitlab => "What a merge request waits for, and the schedule of the night",
        };
        SetupStep { what: what.to_owned(), commands }
    }
}

/// GitLab: what only the default branch may have. A merge request is planned from any branch.
fn of_applies(environment: &str) -> &'static str {
    if environment.starts_with("presence-apply") { " --protected" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_has_more_words_than_it_says() {
        let setup = Setup { forge: Forge::Github, project: "acme/presences", branch: "main" };
        let [plan, _] = setup.environments("it's; rm -rf");
        let command = setup.secret(&plan, SECRET);
        assert!(command.ends_with(r"--env 'presence-plan-it'\''s; rm -rf'"), "{command}");
        assert!(setup.limited_environment(&plan).contains("environments/presence-plan-it%27s%3B%20rm%20-rf "));
        let setup = Setup { forge: Forge::Gitlab, ..setup };
        assert!(setup.secret("presence-apply/a", SECRET).contains("--scope presence-apply/a --masked --protected;"));
        assert!(!setup.secret("presence-plan/a", SECRET).contains("--protected"), "a merge request is of any branch");
    }
}

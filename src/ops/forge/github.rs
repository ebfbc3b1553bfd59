//! What is missing at GitHub for the workflows that `init` wrote.

use serde_json::Value;

use crate::model::text;
use crate::ops::doctor::check::Check;
use crate::ops::forge::reader::{ForgeReader, NotKnown, text_of, texts};
use crate::ops::forge::setup::{CLIENT_ID, ForgeOrg, REGION, REQUIRED, SECRET, Setup, in_path};

/// The workflows that `init` writes.
const WORKFLOWS: [&str; 5] = ["check.yml", "plan.yml", "apply.yml", "drift.yml", "undo.yml"];

/// Looks at everything that the workflows need.
pub struct GithubCheck<'a> {
    pub setup: Setup<'a>,
    pub reader: ForgeReader,
    pub orgs: &'a [ForgeOrg],
    pub stages: &'a [String],
}

impl GithubCheck<'_> {
    pub fn checks(&self, repository: &Value) -> Vec<Check> {
        let mut checks = vec![self.branch(repository), self.issues(repository)];
        checks.extend(self.workflows());
        checks.extend(self.environments());
        checks.push(self.required());
        checks
    }

    fn repository_path(&self, below: &str) -> String {
        format!("repos/{}/{below}", self.setup.project)
    }

    fn branch(&self, repository: &Value) -> Check {
        const NAME: &str = "branch";
        let wanted = self.setup.branch;
        match text_of(repository, "default_branch") {
            Some(there) if there == wanted => {
                Check::good(NAME, format!("the default branch is {}", text::ticked(wanted)))
            }
            Some(there) => {
                let branch = format!(" --branch {}", text::shell_word(there));
                let (there, wanted) = (text::ticked(there), text::ticked(wanted));
                Check::failed(NAME, format!("the default branch is {there}, and the workflows are for {wanted}"))
                    .help(self.setup.rewritten(&branch))
            }
            None => Check::not_known(NAME, "GitHub does not say which the default branch is"),
        }
    }

    fn issues(&self, repository: &Value) -> Check {
        const NAME: &str = "issues";
        if repository["has_issues"] != Value::Bool(false) {
            return Check::good(NAME, "drift is told in an issue");
        }
        let path = format!("repos/{}", self.setup.project);
        Check::warning(NAME, "the issues of this repository are off: drift is told in the run alone")
            .help(format!("gh api --silent --method PATCH {path} -F has_issues=true"))
    }

    fn workflows(&self) -> Vec<Check> {
        const NAME: &str = "workflow";
        let there = match self.reader.all(&self.repository_path("actions/workflows"), Some("workflows"), 100) {
            Ok(there) => there,
            Err(why) => return vec![why.check(NAME, "which workflows there are is not known")],
        };
        let state = |name: &str| {
            let path = format!(".github/workflows/{name}");
            there.iter().find(|it| text_of(it, "path") == Some(&path)).and_then(|it| text_of(it, "state"))
        };
        let mut checks = Vec::new();
        for name in WORKFLOWS {
            match state(name) {
                Some("active") => {}
                Some(state) if name == "drift.yml" => checks.push(
                    Check::failed("schedule", format!("the schedule of the night is off ({})", text::ticked(state)))
                        .help(self.setup.enabled(name)),
                ),
                Some(state) => checks.push(
                    Check::failed(NAME, format!("{name} is off ({})", text::ticked(state)))
                        .help(self.setup.enabled(name)),
                ),
                None => checks.push(
                    Check::failed(NAME, format!("{name} is not on the default branch"))
                        .help("`git push` brings it there"),
                ),
            }
        }
        if checks.is_empty() {
            checks.push(Check::good(NAME, format!("all {} are on", WORKFLOWS.len())));
        }
        checks
    }

    fn environments(&self) -> Vec<Check> {
        const NAME: &str = "environment";
        let there = match self.reader.all(&self.repository_path("environments"), Some("environments"), 100) {
            Ok(there) => there,
            Err(why) => return vec![why.check(NAME, "which environments there are is not known")],
        };
        // GitHub ignores case in their names.
        let found = |name: &str| {
            let is_it = |it: &&Value| text_of(it, "name").is_some_and(|it| it.to_lowercase() == name.to_lowercase());
            there.iter().find(is_it)
        };
        let shared = self.variables_of(&self.repository_path("actions/variables"));
        let mut checks = Vec::new();
        for org in self.orgs {
            for name in self.setup.environments(&org.name) {
                match found(&name) {
                    Some(environment) => {
                        checks.extend(self.environment(&name, environment, org, shared.as_deref().ok()));
                    }
                    None => checks.push(self.absent(&name, org)),
                }
            }
        }
        if self.orgs.is_empty() {
            checks.push(Check::not_known(NAME, "the config has no org yet"));
        }
        for name in self.setup.approvals(self.stages) {
            checks.push(self.approval(&name, found(&name)));
        }
        checks
    }

    /// All that it needs, in one line to paste after another.
    fn absent(&self, name: &str, org: &ForgeOrg) -> Check {
        let commands = [
            self.setup.limited_environment(name),
            self.setup.variable(name, REGION, org.region),
            self.setup.variable(name, CLIENT_ID, None),
            self.setup.secret(name, SECRET),
        ];
        Check::failed("environment", format!("{} does not exist", text::ticked(name))).help(commands.join(" && "))
    }

    fn environment(&self, name: &str, environment: &Value, org: &ForgeOrg, shared: Option<&[String]>) -> Vec<Check> {
        let mut checks: Vec<Check> = self.rule(name, environment).into_iter().collect();
        let path = self.setup.environment_path(name);
        match self.variables_of(&format!("{path}/variables")) {
            Ok(there) => {
                let has = |wanted: &str| there.iter().chain(shared.into_iter().flatten()).any(|it| it == wanted);
                for (wanted, value) in [(REGION, org.region), (CLIENT_ID, None)] {
                    if !has(wanted) {
                        let said = format!("{} has no variable {wanted}", text::ticked(name));
                        let command = self.setup.variable(name, wanted, value);
                        checks.push(Check::failed("variable", said).help(command));
                    }
                }
            }
            Err(why) => {
                checks.push(why.check("variable", &format!("the variables of {} are not known", text::ticked(name))));
            }
        }
        match self.reader.all(&format!("{path}/secrets"), Some("secrets"), 100) {
            Ok(there) if texts(&there, "name").any(|it| it == SECRET) => {}
            Ok(_) => {
                let said = format!("{} has no secret {SECRET}", text::ticked(name));
                checks.push(Check::failed("secret", said).help(self.setup.secret(name, SECRET)));
            }
            Err(why) => {
                checks.push(why.check("secret", &format!("the secrets of {} are not known", text::ticked(name))));
            }
        }
        if checks.is_empty() {
            checks
                .push(Check::good("environment", format!("{} has its rule, variables and secret", text::ticked(name))));
        }
        checks
    }

    fn variables_of(&self, path: &str) -> Result<Vec<String>, NotKnown> {
        // GitHub gives at most 30 at a time.
        let there = self.reader.all(path, Some("variables"), 30)?;
        Ok(texts(&there, "name").map(str::to_owned).collect())
    }

    /// None if only the branch that is meant may use it.
    fn rule(&self, name: &str, environment: &Value) -> Option<Check> {
        const NAME: &str = "branch-rule";
        let shown = text::ticked(name);
        let make = || self.setup.limited_environment(name);
        let policy = &environment["deployment_branch_policy"];
        if policy.is_null() {
            return Some(Check::failed(NAME, format!("every branch may use {shown}")).help(make()));
        }
        if policy["protected_branches"] == Value::Bool(true) {
            return None;
        }
        let path = format!("{}/deployment-branch-policies", self.setup.environment_path(name));
        let there = match self.reader.all(&path, Some("branch_policies"), 100) {
            Ok(there) => there,
            Err(why) => return Some(why.check(NAME, &format!("which branches may use {shown} is not known"))),
        };
        let patterns: Vec<&str> = texts(&there, "name").collect();
        if let Some(open) = patterns.iter().find(|it| it.chars().all(|it| it == '*' || it == '/')) {
            let id = there.iter().find(|it| text_of(it, "name") == Some(open)).and_then(|it| it["id"].as_u64());
            let remove = id.map_or_else(String::new, |id| {
                format!("gh api --silent --method DELETE {} && ", text::shell_word(&format!("{path}/{id}")))
            });
            let said = format!("{shown} is for {}, which is every branch", text::ticked(open));
            return Some(Check::failed(NAME, said).help(format!("{remove}{}", make())));
        }
        if patterns.is_empty() {
            return Some(Check::failed(NAME, format!("{shown} is for no branch at all")).help(make()));
        }
        let others: Vec<String> = patterns.iter().filter(|it| **it != self.setup.branch).map(text::ticked).collect();
        (!others.is_empty()).then(|| {
            let others = text::list(&others, "and");
            Check::warning(NAME, format!("{shown} is for other branches, too: {others}"))
                .help("remove them under Settings > Environments, unless you protect them as well")
        })
    }

    fn approval(&self, name: &str, environment: Option<&Value>) -> Check {
        const NAME: &str = "approval";
        let shown = text::ticked(name);
        let Some(environment) = environment else {
            return Check::failed(NAME, format!("{shown} does not exist: each merge is applied at once"))
                .help(self.setup.environment(name));
        };
        let rules = environment["protection_rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        if rules.iter().any(|it| text_of(it, "type") == Some("required_reviewers")) {
            Check::good(NAME, format!("{shown} has reviewers"))
        } else {
            Check::good(NAME, format!("{shown} has no reviewers: the merge is the approval"))
        }
    }

    fn required(&self) -> Check {
        const NAME: &str = "required-status";
        let branch = in_path(self.setup.branch);
        let of_rules = self.reader.all(&self.repository_path(&format!("rules/branches/{branch}")), None, 100);
        let of_branch = self.reader.one(&self.repository_path(&format!("branches/{branch}")));
        if let (Err(why), Err(_)) = (&of_rules, &of_branch) {
            return why.check(NAME, "what a pull request waits for is not known");
        }
        let mut there: Vec<String> = Vec::new();
        for rule in of_rules.iter().flatten().filter(|it| text_of(it, "type") == Some("required_status_checks")) {
            let checks = rule["parameters"]["required_status_checks"].as_array().map(Vec::as_slice).unwrap_or_default();
            there.extend(texts(checks, "context").map(str::to_owned));
        }
        if let Ok(branch) = &of_branch {
            let contexts = branch["protection"]["required_status_checks"]["contexts"].as_array();
            there.extend(contexts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        let missing: Vec<String> =
            REQUIRED.iter().filter(|it| !there.iter().any(|there| there == *it)).map(text::ticked).collect();
        if missing.is_empty() {
            return Check::good(NAME, "a pull request waits for its check and its plan");
        }
        Check::failed(NAME, format!("a pull request can be merged without {}", text::list(&missing, "and")))
            .help(self.setup.required_status())
    }
}

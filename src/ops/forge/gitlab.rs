//! What is missing at GitLab for the pipeline that `init` wrote.

use std::time::Duration;

use serde_json::Value;

use crate::model::limits::FORGE_PAGES_MAX;
use crate::model::moment::Moment;
use crate::model::pattern::fits;
use crate::model::text;
use crate::ops::doctor::check::Check;
use crate::ops::forge::reader::{ForgeReader, NotKnown, text_of};
use crate::ops::forge::setup::{BOT_ENVIRONMENT, BOT_TOKEN, CLIENT_ID, ForgeOrg, REGION, SECRET, Setup, in_path};

/// How long before its end a token is a warning.
const TOKEN_ENDS_SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Looks at everything that the pipeline needs.
pub struct GitlabCheck<'a> {
    pub setup: Setup<'a>,
    pub reader: ForgeReader,
    pub orgs: &'a [ForgeOrg],
    pub stages: &'a [String],
    /// The other project that holds the pipeline.
    pub config_project: Option<&'a str>,
    pub now: Moment,
}

/// A variable, by its name: its value is never asked for.
struct CiVariable {
    key: String,
    scope: String,
    masked: bool,
    protected: bool,
}

impl GitlabCheck<'_> {
    pub fn checks(&self, project: &Value) -> Vec<Check> {
        let mut checks = vec![self.pipeline_file(project), self.protected_branch()];
        checks.extend(self.variables());
        checks.extend([
            self.token(),
            self.by_hand(project),
            required(self.setup, project),
            issues(self.setup, project),
        ]);
        checks.extend([self.schedule(), self.approval()]);
        checks
    }

    fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.setup.project_path())
    }

    fn pipeline_file(&self, project: &Value) -> Check {
        const NAME: &str = "pipeline";
        let there = text_of(project, "ci_config_path").unwrap_or_default();
        let wanted = match self.config_project {
            Some(other) => format!(".gitlab-ci.yml@{other}"),
            None if there.is_empty() || there == ".gitlab-ci.yml" => {
                return Check::good(
                    NAME,
                    "it is `.gitlab-ci.yml` of this project: who may push a branch can read the viewing secrets",
                );
            }
            None => ".gitlab-ci.yml".to_owned(),
        };
        if there == wanted {
            return Check::good(NAME, format!("it is {}", text::ticked(wanted)));
        }
        let there = if there.is_empty() { ".gitlab-ci.yml" } else { there };
        Check::failed(NAME, format!("the pipeline is {}, and not {}", text::ticked(there), text::ticked(&wanted)))
            .help(self.setup.changed(&format!("ci_config_path={wanted}")))
    }

    fn protected_branch(&self) -> Check {
        const NAME: &str = "branch-rule";
        let branch = self.setup.branch;
        let there = match self.reader.all(&self.path("protected_branches"), None, 100) {
            Ok(there) => there,
            Err(why) => return why.check(NAME, "which branches are protected is not known"),
        };
        let names: Vec<&str> = there.iter().filter_map(|it| text_of(it, "name")).collect();
        // A pattern that every branch has would give every branch the secrets that write.
        if let Some(open) = names.iter().find(|it| it.chars().all(|it| it == '*')) {
            let path = text::shell_word(&self.path(&format!("protected_branches/{}", in_path(open))));
            return Check::failed(NAME, format!("{} is protected, which is every branch", text::ticked(open)))
                .help(format!("glab api --method DELETE {path}"));
        }
        if names.iter().any(|it| fits(it, branch)) {
            return Check::good(NAME, format!("{} is protected", text::ticked(branch)));
        }
        let path = text::shell_word(&self.path("protected_branches"));
        let field = text::shell_word(&format!("name={branch}"));
        Check::failed(NAME, format!("{} is not protected, so it has no protected variable", text::ticked(branch)))
            .help(format!("glab api --silent --method POST {path} -f {field}"))
    }

    /// By GraphQL, which gives names without values.
    fn all_variables(&self) -> Result<Vec<CiVariable>, NotKnown> {
        let mut all = Vec::new();
        for (field, more) in [("ciVariables", "masked protected"), ("inheritedCiVariables", "masked protected")] {
            let mut after = String::new();
            for page in 1.. {
                if page > FORGE_PAGES_MAX {
                    return Err(NotKnown::Odd(format!("there are more than {FORGE_PAGES_MAX} pages of variables")));
                }
                let answer = self.reader.query(&format!(
                    r#"project(fullPath: "{}") {{ {field}(first: 100{after}) {{ nodes {{ key environmentScope {more} }} pageInfo {{ hasNextPage endCursor }} }} }}"#,
                    self.setup.project
                ))?;
                let found = &answer["data"]["project"][field];
                let Some(nodes) = found["nodes"].as_array() else {
                    return Err(NotKnown::Odd(
                        "the answer shows no variables, which the role Maintainer may see".to_owned(),
                    ));
                };
                all.extend(nodes.iter().filter_map(|it| {
                    Some(CiVariable {
                        key: text_of(it, "key")?.to_owned(),
                        scope: text_of(it, "environmentScope")?.to_owned(),
                        masked: it["masked"] == Value::Bool(true),
                        protected: it["protected"] == Value::Bool(true),
                    })
                }));
                if found["pageInfo"]["hasNextPage"] != Value::Bool(true) {
                    break;
                }
                let cursor = text_of(&found["pageInfo"], "endCursor").unwrap_or_default();
                let is_plain = cursor.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/=_-".contains(&it));
                if !is_plain || cursor.is_empty() {
                    return Err(NotKnown::Odd(
                        "the next page of variables has no name that can be asked for".to_owned(),
                    ));
                }
                after = format!(r#", after: "{cursor}""#);
            }
        }
        Ok(all)
    }

    fn variables(&self) -> Vec<Check> {
        let all = match self.all_variables() {
            Ok(all) => all,
            Err(why) => return vec![why.check("variable", "which variables there are is not known")],
        };
        let mut checks = open(&all);
        for org in self.orgs {
            for environment in self.setup.environments(&org.name) {
                checks.extend(self.of_environment(&all, &environment, org));
            }
        }
        let of_bot = |it: &&CiVariable| it.key == BOT_TOKEN && fits(&it.scope, BOT_ENVIRONMENT);
        match all.iter().find(of_bot) {
            Some(it) if it.masked => {}
            Some(_) => checks.push(unmasked(BOT_TOKEN, BOT_ENVIRONMENT)),
            None => checks.push(
                Check::failed(
                    "secret",
                    format!("{} has no {BOT_TOKEN}: no note and no issue is written", text::ticked(BOT_ENVIRONMENT)),
                )
                .help(self.setup.bot_token()),
            ),
        }
        if checks.is_empty() {
            checks.push(Check::good("variable", "every org has its clients, and the bot its token"));
        }
        checks
    }

    fn of_environment(&self, all: &[CiVariable], environment: &str, org: &ForgeOrg) -> Vec<Check> {
        let shown = text::ticked(environment);
        let is_writing = environment.starts_with("presence-apply");
        let found = |key: &str| all.iter().find(|it| it.key == key && fits(&it.scope, environment));
        let mut checks = Vec::new();
        for (key, value) in [(REGION, org.region), (CLIENT_ID, None)] {
            if found(key).is_none() {
                checks.push(
                    Check::failed("variable", format!("{shown} has no variable {key}")).help(self.setup.variable(
                        environment,
                        key,
                        value,
                    )),
                );
            }
        }
        match found(SECRET) {
            None => checks.push(
                Check::failed("secret", format!("{shown} has no secret {SECRET}"))
                    .help(self.setup.secret(environment, SECRET)),
            ),
            Some(it) if is_writing && !it.protected => checks.push(
                Check::failed(
                    "secret",
                    format!("{SECRET} of {shown} is not protected: every branch could write to the org"),
                )
                .help("protect it under Settings > CI/CD > Variables"),
            ),
            Some(it) if !it.masked => checks.push(unmasked(SECRET, environment)),
            Some(it) if !is_writing && it.protected => checks.push(
                Check::failed("secret", format!("{SECRET} of {shown} is protected: no merge request can be planned"))
                    .help("clear *Protect variable* under Settings > CI/CD > Variables"),
            ),
            Some(_) => {}
        }
        checks
    }

    fn token(&self) -> Check {
        const NAME: &str = "bot-token";
        let there = match self.reader.all(&self.path("access_tokens?state=active"), None, 100) {
            Ok(there) => there,
            Err(why) => return why.check(NAME, "when the bot's token ends is not known"),
        };
        let may_write = |it: &&Value| it["scopes"].as_array().is_some_and(|it| it.iter().any(|it| it == "api"));
        let ends =
            there.iter().filter(may_write).filter_map(|it| Some((text_of(it, "name")?, text_of(it, "expires_at"))));
        // One without an end is the last.
        let Some((name, end)) = ends.max_by_key(|(_, end)| end.unwrap_or("9999-12-31").to_owned()) else {
            return Check::not_known(
                NAME,
                "no project access token has the scope `api`: is the bot's token of another kind?",
            );
        };
        let name = text::ticked(name);
        let Some((end, moment)) = end.and_then(|it| Some((it, Moment::read(it)?))) else {
            return Check::good(NAME, format!("{name} has no end"));
        };
        let end = text::unticked(end);
        if self.now >= moment || self.now.until(moment) < TOKEN_ENDS_SOON {
            Check::warning(NAME, format!("{name} ends at {end}"))
                .help(format!("make a new one under Settings > Access tokens, then: {}", self.setup.bot_token()))
        } else {
            Check::good(NAME, format!("{name} lasts until {end}"))
        }
    }

    fn by_hand(&self, project: &Value) -> Check {
        const NAME: &str = "by-hand";
        match text_of(project, "ci_pipeline_variables_minimum_override_role") {
            Some("maintainer" | "owner") => Check::good(NAME, "only maintainers start an apply by hand"),
            Some(role) => {
                let said = format!("the role {} may start an apply by hand", text::ticked(role));
                Check::warning(NAME, said)
                    .help(self.setup.changed("ci_pipeline_variables_minimum_override_role=maintainer"))
            }
            None => Check::not_known(NAME, "who may start an apply by hand is not known: it takes the role Maintainer"),
        }
    }

    fn schedule(&self) -> Check {
        const NAME: &str = "schedule";
        let there = match self.reader.all(&self.path("pipeline_schedules"), None, 100) {
            Ok(there) => there,
            Err(why) => return why.check(NAME, "whether there is a schedule is not known"),
        };
        let branch = self.setup.branch;
        let is_of_branch =
            |it: &&Value| text_of(it, "ref").is_some_and(|it| it.strip_prefix("refs/heads/").unwrap_or(it) == branch);
        let of_branch: Vec<&Value> = there.iter().filter(is_of_branch).collect();
        if of_branch.iter().any(|it| it["active"] == Value::Bool(true)) {
            return Check::good(NAME, "the schedule of the night is on");
        }
        match of_branch.first().and_then(|it| it["id"].as_u64()) {
            Some(id) => {
                let path = text::shell_word(&self.path(&format!("pipeline_schedules/{id}")));
                Check::failed(NAME, "the schedule of the night is off")
                    .help(format!("glab api --silent --method PUT {path} -F active=true"))
            }
            None => Check::failed(NAME, "there is no schedule, so no job looks for drift").help(self.setup.schedule()),
        }
    }

    fn approval(&self) -> Check {
        const NAME: &str = "approval";
        let names = self.setup.approvals(self.stages);
        match self.reader.all(&self.path("protected_environments"), None, 100) {
            Ok(there) => {
                let is_there = |name: &&String| there.iter().any(|it| text_of(it, "name") == Some(name));
                let open: Vec<String> = names.iter().filter(|it| !is_there(it)).map(text::ticked).collect();
                if open.is_empty() {
                    Check::good(NAME, "each apply is approved")
                } else {
                    Check::good(
                        NAME,
                        format!("{} has no reviewers: the merge is the approval", text::list(&open, "and")),
                    )
                }
            }
            Err(why) => why.check(NAME, "who approves is not known (protected environments need GitLab Premium)"),
        }
    }
}

fn unmasked(key: &str, environment: &str) -> Check {
    Check::warning("secret", format!("{key} of {} is not masked: a log could show it", text::ticked(environment)))
        .help("mask it under Settings > CI/CD > Variables")
}

/// Secrets that every job has.
fn open(all: &[CiVariable]) -> Vec<Check> {
    let is_secret = |it: &&CiVariable| it.key == SECRET || it.key == BOT_TOKEN;
    let is_open = |it: &&CiVariable| it.scope.chars().all(|it| it == '*');
    let check = |it: &CiVariable| {
        Check::failed(
            "branch-rule",
            format!("{} is for the environment {}, which is every job", it.key, text::ticked(&it.scope)),
        )
        .help("give it the environment of its job under Settings > CI/CD > Variables")
    };
    all.iter().filter(is_secret).filter(is_open).map(check).collect()
}

fn required(setup: Setup<'_>, project: &Value) -> Check {
    const NAME: &str = "required-status";
    match project["only_allow_merge_if_pipeline_succeeds"].as_bool() {
        Some(true) => Check::good(NAME, "a merge request waits for its pipeline"),
        Some(false) => {
            Check::failed(NAME, "a merge request can be merged without its plan").help(setup.required_status())
        }
        None => Check::not_known(NAME, "GitLab does not say what a merge request waits for"),
    }
}

fn issues(setup: Setup<'_>, project: &Value) -> Check {
    const NAME: &str = "issues";
    if text_of(project, "issues_access_level") == Some("disabled") {
        return Check::warning(NAME, "the issues of this project are off: drift is told in the pipeline alone")
            .help(setup.changed("issues_access_level=private"));
    }
    Check::good(NAME, "drift is told in an issue")
}

//! `doctor --ci`, with stand-ins for `gh` and `glab`: what is asked, and what is said of what is missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::first_day::path;

const SUM: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const RELEASE: &str = "maker/presencectl@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A repository with a config of two orgs and the files of a CI, and a stand-in for the forge's tool. It answers with the file
/// of its arguments, and keeps what it was asked and what it was given.
fn world(ci: &str, tool: &str) -> Cli {
    let org = |name: &str| format!("version: 1\norg: {{ name: {name}, region: eu-central-1 }}\ndefinitions: {{}}\n");
    let cli = Cli::new().file("presences/acme.yaml", &org("acme")).file("presences/globex.yaml", &org("globex"));
    let search = format!("{}:{}", cli.path("tools").display(), path());
    let cli = cli
        .variable("PATH", &search)
        .variable("HOME", "/nowhere")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "canary-of-an-org");
    let line =
        format!("init . --start none --ci {ci} --project acme/presences --release {RELEASE} --sha256 {SUM} --yes");
    assert_eq!(cli.run(&line).code, Some(0));
    stand_in(
        &cli,
        tool,
        r#"printf '%s\n' "$*" >>"$here/asked"
env >"$here/given"
[ "$1" = api ] || exit 9
shift
[ "$1" = graphql ] && { shift; key=$(printf '%s' "$*" | sed 's/.*{ \([a-zA-Z]*\)(first.*/\1/'); } || key=$(printf '%s' "$3" | sed 's/[&?]page=1$//; s/[&?]per_page=.*//')
key=$(printf '%s' "$key" | tr '/' '+')
if [ -e "$here/answers/$key" ]; then cat "$here/answers/$key"; exit 0; fi
echo '{"message": "Not Found"}'
echo "gh: Not Found (HTTP 404)" >&2
exit 1
"#,
    );
    cli
}

fn stand_in(cli: &Cli, tool: &str, script: &str) {
    let text = format!("#!/bin/sh\nhere='{}'\n{script}", cli.path("").display());
    cli.write(&format!("tools/{tool}"), &text);
    fs::set_permissions(cli.path(&format!("tools/{tool}")), fs::Permissions::from_mode(0o755)).unwrap();
}

fn answers(cli: &Cli, path: &str, answer: &Value) {
    cli.write(&format!("answers/{}", path.replace('/', "+")), &answer.to_string());
}

fn said(ran: &Ran) -> String {
    ran.stdout.clone()
}

const REPOSITORY: &str = "repos/acme/presences";

/// All that the workflows need is there.
fn complete_github() -> Cli {
    let cli = world("github", "gh");
    let answer = |path: &str, it: Value| answers(&cli, &format!("{REPOSITORY}{path}"), &it);
    answer("", json!({ "full_name": "acme/presences", "default_branch": "main", "has_issues": true }));
    let workflow = |name: &str| json!({ "path": format!(".github/workflows/{name}.yml"), "state": "active" });
    let workflows = ["check", "plan", "apply", "drift", "undo"].map(workflow);
    answer("/actions/workflows", json!({ "workflows": workflows }));
    answer("/actions/variables", json!({ "variables": [] }));
    let names = ["plan-acme", "apply-acme", "plan-globex", "apply-globex", "approve"];
    let environment = |name: &str| {
        let rules = if name == "approve" { json!([{ "type": "required_reviewers" }]) } else { json!([]) };
        let policy = json!({ "protected_branches": false, "custom_branch_policies": true });
        let policy = if name == "approve" { Value::Null } else { policy };
        json!({ "name": format!("presence-{name}"), "protection_rules": rules, "deployment_branch_policy": policy })
    };
    answer("/environments", json!({ "environments": names.map(environment) }));
    for name in &names[..4] {
        let below = |it: &str| format!("/environments/presence-{name}/{it}");
        answer(&below("deployment-branch-policies"), json!({ "branch_policies": [{ "id": 7, "name": "main" }] }));
        let variables = ["GENESYSCLOUD_REGION", "GENESYSCLOUD_OAUTHCLIENT_ID"].map(|it| json!({ "name": it }));
        answer(&below("variables"), json!({ "variables": variables }));
        answer(&below("secrets"), json!({ "secrets": [{ "name": "GENESYSCLOUD_OAUTHCLIENT_SECRET" }] }));
    }
    let checks = json!([{ "context": "check" }, { "context": "presencectl plan" }]);
    let rule = json!({ "type": "required_status_checks", "parameters": { "required_status_checks": checks } });
    answer("/rules/branches/main", json!([rule]));
    cli
}

#[test]
fn a_repository_that_has_everything_is_healthy_and_is_only_read() {
    let cli = complete_github();
    let ran = cli.run("doctor presences --ci");
    assert_snapshot!("doctor_ci_github_healthy", ran.shown());
    let asked = cli.read("asked");
    assert!(asked.lines().all(|it| it.starts_with("api --method GET repos/acme/presences")), "{asked}");
    assert!(!cli.read("given").contains("GENESYSCLOUD"), "the tool gets no credentials of an org");
    // Where init puts the config is where it is looked for.
    assert_eq!(cli.run("doctor --ci").stdout, ran.stdout);
    for org in ["acme", "ac*"] {
        let chosen = cli.run(&format!("doctor --ci --org {org}")).stdout;
        assert!(chosen.contains("acme") && !chosen.contains("globex"), "{chosen}");
    }
    let none = cli.run("doctor --ci --org hooli*");
    assert!(none.code == Some(1) && none.stderr.contains("has no org `hooli*`"), "{}", none.shown());
}

#[test]
fn each_thing_that_is_missing_has_the_command_that_makes_it() {
    let cli = complete_github();
    let answer = |path: &str, it: Value| answers(&cli, &format!("{REPOSITORY}{path}"), &it);
    let rule = |protected: bool| json!({ "protected_branches": protected, "custom_branch_policies": !protected });
    answer(
        "/environments",
        json!({ "environments": [
            { "name": "presence-plan-acme", "deployment_branch_policy": null },
            // GitHub ignores case.
            { "name": "Presence-Apply-Acme", "deployment_branch_policy": rule(false) },
            { "name": "presence-plan-globex", "deployment_branch_policy": rule(true) },
        ] }),
    );
    answer(
        "/environments/presence-apply-acme/deployment-branch-policies",
        json!({ "branch_policies": [{ "id": 7, "name": "*" }] }),
    );
    answer("/environments/presence-plan-globex/secrets", json!({ "secrets": [] }));
    answer("/environments/presence-plan-globex/variables", json!({ "variables": [] }));
    answer("/actions/variables", json!({ "variables": [{ "name": "GENESYSCLOUD_REGION" }] }));
    let workflow = |name: &str, state: &str| json!({ "path": format!(".github/workflows/{name}.yml"), "state": state });
    let workflows = [
        workflow("check", "active"),
        workflow("plan", "active"),
        workflow("apply", "active"),
        workflow("drift", "disabled_inactivity"),
    ];
    answer("/actions/workflows", json!({ "workflows": workflows }));
    answer("/rules/branches/main", json!([]));
    let old = json!({ "contexts": ["check"] });
    answer("/branches/main", json!({ "protection": { "required_status_checks": old } }));
    answer("", json!({ "full_name": "acme/presences", "default_branch": "main", "has_issues": false }));
    let ran = cli.run("doctor presences --ci");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("doctor_ci_github_missing", said(&ran));
}

#[test]
fn a_tool_that_is_missing_or_not_logged_in_is_said_with_what_to_type() {
    let cli = world("github", "gh");
    stand_in(&cli, "gh", "echo 'To get started with GitHub CLI, please run:  gh auth login' >&2\nexit 4\n");
    let ran = cli.run("doctor presences --ci");
    assert_snapshot!(said(&ran), @r"
    failed     login  `gh` is not logged in
                      help: `gh auth login`

    1 check: 1 failed.
    ");
    fs::remove_file(cli.path("tools/gh")).unwrap();
    let ran = cli.variable("PATH", "relative:/nowhere").run("doctor presences --ci");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(said(&ran), @r"
    failed     login  there is no executable `gh`
                      help: install it (https://cli.github.com), or add its folder to PATH; then `gh auth login`

    1 check: 1 failed.
    ");
    let none = Cli::new().run("doctor --ci");
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("no files of a CI in `.` name a project"), "{}", none.shown());
}

#[test]
fn what_the_forge_answers_is_hostile_text() {
    let cli = complete_github();
    let evil = "main\u{1b}[31m\u{202e}`x` && rm -rf /\n::error::";
    answers(&cli, REPOSITORY, &json!({ "full_name": evil, "default_branch": evil, "has_issues": [] }));
    answers(&cli, &format!("{REPOSITORY}/environments"), &json!({ "environments": "none" }));
    answers(&cli, &format!("{REPOSITORY}/actions/workflows"), &json!([1, { "path": {} }]));
    answers(&cli, &format!("{REPOSITORY}/rules/branches/main"), &json!([{ "type": "required_status_checks" }, 7]));
    let ran = cli.run("doctor presences --ci");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.shown());
    assert!(!ran.stdout.lines().any(|it| it.trim_start().starts_with("::error")), "{}", ran.shown());
    for (script, said) in [
        ("echo no JSON", "is no JSON"),
        ("head -c 5000000 /dev/zero", "answered with more than"),
        ("echo 'gh: Server Error (HTTP 502)' >&2; exit 1", "failed: gh: Server Error (HTTP 502)"),
        ("echo 'gh: Bad credentials (HTTP 401)' >&2; exit 1", "is not logged in"),
    ] {
        stand_in(&cli, "gh", script);
        let ran = cli.run("doctor presences --ci");
        assert_eq!(ran.code, Some(1));
        assert!(ran.stdout.contains(said), "{}", ran.shown());
    }
}

#[test]
fn gitlab_is_asked_for_names_and_never_for_values() {
    let cli = world("gitlab", "glab");
    let project = "projects/acme%2Fpresences";
    let answer = |path: &str, it: Value| answers(&cli, path, &it);
    answer(
        project,
        json!({ "path_with_namespace": "acme/presences", "default_branch": "main", "only_allow_merge_if_pipeline_succeeds": true,
                "ci_pipeline_variables_minimum_override_role": "maintainer", "ci_config_path": "", "issues_access_level": "enabled" }),
    );
    answer(&format!("{project}/protected_branches"), json!([{ "name": "main" }]));
    answer(&format!("{project}/pipeline_schedules"), json!([{ "id": 3, "ref": "refs/heads/main", "active": true }]));
    answer(&format!("{project}/protected_environments"), json!([{ "name": "presence-approve" }]));
    answer(
        &format!("{project}/access_tokens?state=active"),
        json!([{ "name": "bot", "scopes": ["api"], "expires_at": "2999-01-01" }]),
    );
    let variable = |key: &str, scope: &str, protected: bool| json!({ "key": key, "environmentScope": scope, "masked": true, "protected": protected });
    let mut nodes =
        vec![variable("GITLAB_TOKEN", "presence-bot", false), variable("GENESYSCLOUD_REGION", "presence-*", false)];
    for org in ["acme", "globex"] {
        for (kind, protected) in [("plan", false), ("apply", true)] {
            for key in ["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"] {
                nodes.push(variable(key, &format!("presence-{kind}/{org}"), protected));
            }
        }
    }
    let found = |field: &str, nodes: &[Value]| json!({ "data": { "project": { field: { "nodes": nodes, "pageInfo": { "hasNextPage": false } } } } });
    answer("ciVariables", found("ciVariables", &nodes));
    answer("inheritedCiVariables", found("inheritedCiVariables", &[]));
    let ran = cli.run("doctor presences --ci");
    assert_snapshot!("doctor_ci_gitlab_healthy", ran.shown());
    let asked = cli.read("asked");
    assert!(!asked.contains("/variables") && !asked.contains("value"), "{asked}");
    assert!(
        asked.lines().all(|it| it.starts_with("api --method GET projects/")
            || it.starts_with("api graphql --raw-field query=query {")),
        "{asked}"
    );

    nodes.retain(|it| it["environmentScope"] != "presence-apply/globex" && it["key"] != "GITLAB_TOKEN");
    nodes.push(variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "*", false));
    answer("ciVariables", found("ciVariables", &nodes));
    answer(&format!("{project}/pipeline_schedules"), json!([{ "id": 3, "ref": "main", "active": false }]));
    answer(&format!("{project}/protected_branches"), json!([{ "name": "*" }]));
    answer(
        &format!("{project}/access_tokens?state=active"),
        json!([{ "name": "bot", "scopes": ["api"], "expires_at": "2020-01-01" }]),
    );
    answer(
        project,
        json!({ "path_with_namespace": "acme/renamed", "default_branch": "main", "only_allow_merge_if_pipeline_succeeds": false,
                "ci_pipeline_variables_minimum_override_role": "developer", "ci_config_path": "other.yml", "issues_access_level": "disabled" }),
    );
    let ran = cli.run("doctor presences --ci");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("doctor_ci_gitlab_missing", said(&ran));

    // What was not read is not called missing, and an answer that failed is shown beside its possible cause.
    let mut first = found("ciVariables", &[]);
    first["data"]["project"]["ciVariables"]["pageInfo"] = json!({ "hasNextPage": true, "endCursor": "\"" });
    answer("ciVariables", first);
    fs::remove_file(cli.path(&format!("answers/{}+protected_environments", project.replace('/', "+")))).unwrap();
    let said = said(&cli.run("doctor presences --ci"));
    assert!(said.contains("which variables there are is not known") && !said.contains("has no secret"), "{said}");
    assert!(
        said.contains("who approves is not known (protected environments need GitLab Premium): `glab` failed"),
        "{said}"
    );
}

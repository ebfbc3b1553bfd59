//! `plan` of several orgs: each has its own credentials, equal changes are shown once, and no org is forgotten.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET, SandboxConfig, Seed};
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::server::Org;

const BASE: &str = "\
version: 1
settings: { stages: [dev, test, prod] }
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch break, de: Mittagspause, sv: Lunchrast }
    previousLabels: [Lunch]
  tea:
    systemPresence: Break
    labels: { en_US: Tea, de: Tee }
";

/// Simulated orgs, each behind its own address, with a config that has an org file for each.
pub(super) struct Fleet {
    pub(super) cli: Cli,
    pub(super) orgs: Vec<(String, Org)>,
}

/// A definition as an org lists it.
fn held(number: usize, system_presence: &str, labels: &Value) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "id": id, "systemPresence": system_presence, "languageLabels": labels, "deactivated": false })
}

pub(super) fn lunch(labels: &Value) -> Vec<Value> {
    vec![held(1, "Meal", labels), held(2, "Break", &json!({ "en_US": "Tea", "de": "Tee" }))]
}

pub(super) fn id(index: usize) -> String {
    format!("aaaaaaaa-0000-4000-8000-{index:012}")
}

pub(super) fn suffix(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

impl Fleet {
    pub(super) fn new() -> Fleet {
        Fleet { cli: Cli::new().file("base.yaml", BASE), orgs: Vec::new() }
    }

    /// Adds an org whose name ends in its stage, with these definitions. `more` are lines of its org file.
    pub(super) fn org(mut self, name: &str, definitions: Vec<Value>, more: &str) -> Fleet {
        let index = self.orgs.len() + 1;
        let seed = Seed { org_id: id(index), org_name: name.to_owned(), definitions, ..Seed::default() };
        let org = Org::start(SandboxConfig { seed, ..SandboxConfig::default() });
        let stage = name.rsplit('-').next().unwrap();
        let head =
            format!("version: 1\norg: {{ name: {name}, id: {}, stage: {stage} }}\nuse: [../base.yaml]\n", id(index));
        let suffix = suffix(name);
        self.cli = self
            .cli
            .file(&format!("orgs/{name}.yaml"), &format!("{head}{more}"))
            .variable(&format!("PRESENCECTL_BASE_URL__{suffix}"), &org.url)
            .variable(&format!("GENESYSCLOUD_OAUTHCLIENT_ID__{suffix}"), CLIENT_ID)
            .variable(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{suffix}"), CLIENT_SECRET);
        self.orgs.push((name.to_owned(), org));
        self
    }

    /// With another value of a variable.
    pub(super) fn variable(mut self, name: &str, value: &str) -> Fleet {
        self.cli = self.cli.variable(name, value);
        self
    }

    pub(super) fn run(&self, line: &str) -> Ran {
        self.cli.run(line)
    }

    pub(super) fn sandbox(&self, name: &str) -> &presencectl::sandbox::Sandbox {
        &self.orgs.iter().find(|(it, _)| it == name).unwrap().1.sandbox
    }
}

/// Five orgs: one is in sync, two have the old label, one has another one for it, and one reads no Swedish.
fn five() -> Fleet {
    Fleet::new()
        .org("acme-dev", lunch(&json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" })), "")
        .org("acme-test", lunch(&json!({ "en_US": "Lunch", "de": "Mittagspause", "sv": "Lunchrast" })), "")
        .org("acme-prod", lunch(&json!({ "en_US": "Lunch", "de": "Mittagspause", "sv": "Lunchrast" })), "")
        .org(
            "globex-prod",
            lunch(&json!({ "en_US": "Lunch", "de": "Mittagspause", "sv": "Lunchrast", "fr": "Repas" })),
            "overrides:\n  # The works council asked for it.\n  tea:\n    labels: { de: Teepause }\n",
        )
        .org(
            "hooli-test",
            lunch(&json!({ "en_US": "Lunch", "de": "Mittagspause" })),
            "overrides:\n  # No one there reads Swedish.\n  lunch: { labels: { sv: null } }\n",
        )
}

#[test]
fn equal_changes_are_told_once_with_their_orgs() {
    let fleet = five();
    assert_snapshot!(fleet.run("plan . --all-orgs --detailed-exitcode").shown());
    assert_snapshot!("in_markdown", fleet.run("plan . --all-orgs -o markdown").stdout);
    let ran = fleet.run("plan . --org acme-* --stage prod --stage test");
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.starts_with("2 orgs: 2 have changes\n\nall orgs:\n"), "{}", ran.stdout);
}

#[test]
fn an_org_that_cannot_be_planned_is_told_first_and_stops_no_other() {
    for failing in ["acme-dev", "acme-prod", "hooli-test"] {
        let variable = format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{}", suffix(failing));
        let fleet = five().variable(&variable, "another-secret-of-some-length");
        let [ran, other] = ["1", "4"].map(|it| {
            let ran = fleet.run(&format!("plan . --all-orgs --detailed-exitcode --parallel {it}"));
            // The second run is another exchange.
            let correlated = |it: &&str| !it.trim_start().starts_with("correlation id: ");
            let stdout = ran.stdout.lines().filter(correlated).collect::<Vec<_>>().join("\n");
            Ran { stdout, ..ran }
        });
        assert_eq!(ran, other, "how many are read at once changes nothing");
        assert_eq!(ran.code, Some(1), "a failure counts more than changes");
        let (head, rest) = ran.stdout.split_once("Not planned:\n").unwrap();
        assert!(head.contains("1 was not planned"), "{head}");
        assert!(rest.starts_with(&format!("  {failing}: ")), "{rest}");
        let variables =
            format!("check GENESYSCLOUD_OAUTHCLIENT_ID__{0} and GENESYSCLOUD_OAUTHCLIENT_SECRET__{0}", suffix(failing));
        assert!(rest.contains(&variables), "{rest}");
        assert!(rest.contains("all planned orgs") || rest.contains("acme-test"), "{rest}");
    }
}

#[test]
fn the_exit_code_is_the_gravest() {
    let in_sync = || lunch(&json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" }));
    let fleet = Fleet::new().org("a-dev", in_sync(), "").org("b-dev", in_sync(), "");
    assert_eq!(fleet.run("plan . --all-orgs --detailed-exitcode").code, Some(0));
    let fleet = fleet.org("c-dev", Vec::new(), "");
    assert_eq!(fleet.run("plan . --all-orgs --detailed-exitcode").code, Some(2));
    assert_eq!(fleet.run("plan . --all-orgs").code, Some(0));
    let fleet = fleet.variable("GENESYSCLOUD_OAUTHCLIENT_SECRET__A_DEV", "");
    assert_eq!(fleet.run("plan . --all-orgs").code, Some(1));
}

/// `org.name` selects the variables, and anyone with write access to a config can change it. The id keeps another org's
/// client out.
#[test]
fn the_client_of_another_org_reads_no_definitions() {
    let fleet = five();
    let url = fleet.orgs[3].1.url.clone();
    let fleet = fleet.variable("PRESENCECTL_BASE_URL__ACME_TEST", &url);
    let ran = fleet.run("plan . --org acme-test --stage test");
    assert_eq!(ran.code, Some(1));
    let asked = fleet.sandbox("globex-prod").with(|it| it.log.entries.clone());
    let asked: Vec<&str> = asked.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(asked, ["/oauth/token", "/api/v2/organizations/me"]);
    let expected =
        "acme-test: these credentials are for `globex-prod` (aaaaaaaa-0000-4000-8000-000000000004), which is";
    assert!(!ran.stdout.contains(expected), "only orgs of the choice are named by the config: {}", ran.stdout);
    let ran = fleet.run("plan . --org acme-test --org globex-prod");
    assert!(
        ran.stdout.contains(&format!("{expected} `globex-prod`; this config is for `acme-test`")),
        "{}",
        ran.stdout
    );
}

#[test]
fn one_set_of_variables_is_for_one_org() {
    let fleet = five();
    let token = fleet.run_with("GENESYSCLOUD_ACCESS_TOKEN", "a-token-of-some-length");
    assert_snapshot!("a_plain_token", token.stderr);
    let fleet =
        five().variable("GENESYSCLOUD_OAUTHCLIENT_ID", "some-client").variable("GENESYSCLOUD_REGION", "eu-west-1");
    let ran = fleet.run("plan . --org acme-*");
    let note = "warning: GENESYSCLOUD_REGION and GENESYSCLOUD_OAUTHCLIENT_ID are not used: several orgs are read\n";
    assert!(ran.stderr.starts_with(note), "{}", ran.stderr);
    // Half a set names the other half, and plain variables do not fill it.
    let fleet = five().variable("GENESYSCLOUD_OAUTHCLIENT_SECRET__ACME_DEV", "");
    let alone = fleet.run("plan . --org acme-dev");
    assert_eq!(alone.code, Some(1));
    let missing = "error: there are no credentials: GENESYSCLOUD_OAUTHCLIENT_SECRET__ACME_DEV not set\n";
    assert!(alone.stderr.starts_with(missing), "{}", alone.stderr);
}

#[test]
fn names_that_cannot_name_variables_are_refused_before_anything_is_sent() {
    let org = |name: &str| format!("version: 1\norg: {{ name: \"{name}\", id: {} }}\nuse: [base.yaml]\n", id(1));
    for (names, expected) in [
        (["acme-prod", "acme.prod"], "would both end in `__ACME_PROD`"),
        (["acme", "--"], "variables cannot be named after the org `--`"),
        (["acme", "Été"], "variables cannot be named after the org `Été`"),
    ] {
        let base = BASE.replace("settings: { stages: [dev, test, prod] }\n", "");
        let other = org(names[1]).replace(&id(1), &id(2));
        let cli = Cli::new().file("base.yaml", &base).file("a.yaml", &org(names[0])).file("b.yaml", &other);
        let ran = cli.run("plan . --all-orgs");
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn an_org_without_an_id_is_not_planned() {
    let fleet = five();
    let file = fleet.cli.read("orgs/acme-dev.yaml").replace(&format!(" id: {},", id(1)), "");
    fleet.cli.write("orgs/acme-dev.yaml", &file);
    let ran = fleet.run("plan . --org acme-*");
    assert_eq!(ran.code, Some(1));
    let (_, problem) = ran.stdout.split_once("  acme-dev: `acme-dev` has no `org.id`").unwrap();
    let help = "help: write the id into `orgs/acme-dev.yaml`; `presencectl plan . --org acme-dev` prints it\n";
    assert!(problem.contains(help), "{}", ran.stdout);
    let alone = fleet.run("plan . --org acme-dev");
    assert!(alone.code == Some(0) && alone.stdout.contains(&id(1)), "alone it needs none: {}", alone.stdout);
}

/// A command for one of several orgs names the org, or says where its name belongs.
#[test]
fn commands_in_helps_work_for_several_orgs() {
    let fleet = five();
    let unknown = fleet.run("plan . --all-orgs --only dinner --root .");
    let help = "help: `presencectl config . --org NAME --root .` prints every key";
    assert!(unknown.stderr.contains(help), "{}", unknown.stderr);
    let unknown = fleet.run("promote dinner . --from acme-dev --to acme-test");
    assert!(
        unknown.stderr.contains("help: `presencectl config . --org acme-dev` prints every key"),
        "{}",
        unknown.stderr
    );
}

/// Ids of objects keep no two statements of several orgs apart. Everything else does, also within one org.
#[test]
fn equal_statements_of_several_orgs_are_one_and_no_others() {
    let twins = |last: usize, label: &str| {
        let mut all = lunch(&json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" }));
        let twin = |number: usize| {
            let mut it = held(number, "Meal", &json!({ "en_US": label }));
            it["deactivated"] = (number % 2 == 1).into();
            it
        };
        all.extend((3..=last).map(|it| {
            let mut twin = twin(it);
            twin["id"] = format!("{last:08}-0000-4000-8000-{it:012}").into();
            twin
        }));
        all
    };
    let warnings = |fleet: &Fleet| {
        let plan: Value = serde_json::from_str(&fleet.run("plan . --all-orgs -o json").stdout).unwrap();
        let said = |it: &Value| {
            let orgs: Vec<&str> = it["orgs"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            (it["message"].as_str().unwrap().to_owned(), orgs.join(" "))
        };
        let all = ["warnings", "refusals"].into_iter().flat_map(|it| plan[it].as_array().unwrap());
        all.map(said).collect::<Vec<_>>()
    };
    // The twin has another id in each org.
    let equal = [4, 4].map(|it| twins(it, "Lunch"));
    let [one, mut other] = equal;
    other[3]["id"] = "aaaaaaaa-0000-4000-8000-000000000004".into();
    other[2]["id"] = "aaaaaaaa-0000-4000-8000-000000000003".into();
    let fleet = Fleet::new().org("a-dev", one, "").org("b-dev", other, "");
    let said = warnings(&fleet);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].1, "a-dev b-dev");
    assert!(!said[0].0.contains("0000-4000"), "{said:?}");

    // Labels that differ in something like an id are two.
    let labelled = |id: &str| {
        let mut all = lunch(&json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" }));
        all[1]["languageLabels"] = json!({ "en_US": format!("Tea time ({id})"), "de": "Tee" });
        all
    };
    let fleet = Fleet::new().org("a-dev", labelled(&id(7)), "").org("b-dev", labelled(&id(8)), "");
    let said = warnings(&fleet);
    let orgs: Vec<&str> = said.iter().map(|(_, orgs)| orgs.as_str()).collect();
    assert_eq!(orgs, ["a-dev", "b-dev"], "{said:?}");
    assert!(said[0].0.contains(&id(7)) && said[1].0.contains(&id(8)), "{said:?}");

    // What one org has twice is said twice.
    let odd = |numbers: [usize; 2]| {
        let mut all = lunch(&json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" }));
        all.extend(numbers.map(|it| held(it, "Meal", &json!({ "en_US": "Nap" }))));
        all
    };
    let fleet = Fleet::new().org("a-dev", odd([3, 4]), "settings: { prune: delete }\n");
    let fleet = fleet.org("b-dev", odd([5, 6]), "settings: { prune: delete }\n");
    for (name, numbers) in [("a-dev", [3, 4]), ("b-dev", [5, 6])] {
        let spoilt = json!({ "deactivated": "true" });
        for number in numbers {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            fleet.sandbox(name).with(|it| it.org.spoil(&id, spoilt.as_object().unwrap()));
        }
    }
    let said = warnings(&fleet);
    assert!(said.iter().all(|(_, orgs)| !orgs.contains("a-dev a-dev")), "{said:?}");
    assert_eq!(said.len(), 4, "{said:?}");
}

#[test]
fn what_is_taken_away_in_more_orgs_than_the_limit_allows_is_refused() {
    let fleet = five();
    let base = fleet.cli.read("base.yaml");
    let limited = base.replace("prod] }", "prod], limits: { orgs: 1 } }").replace(", sv: Lunchrast", "");
    fleet.cli.write("base.yaml", &limited);
    let ran = fleet.run("plan . --org acme-*");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("too_many_orgs", ran.stdout);
    // Each plan alone is within its org's limits, and none may be applied.
    assert_eq!(fleet.run("plan . --org acme-* --plans-dir plans").code, Some(1));
    let refused = fleet.run("apply . --org acme-prod --plan plans/acme-prod.json --auto-approve");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("it is a `error`, not a plan"), "{}", refused.stderr);
    let raised = limited.replace("orgs: 1", "orgs: 3");
    fleet.cli.write("base.yaml", &raised);
    assert_eq!(fleet.run("plan . --org acme-*").code, Some(0));
}

#[test]
fn a_required_stage_comes_first() {
    let fleet = five();
    let ran = fleet.run("plan . --org acme-* --require-stage test");
    assert_eq!(ran.code, Some(1));
    let refused = "error[stage-required]: this change of `lunch` is in place in no org of the stage `test`\n";
    assert!(ran.stdout.contains(refused), "{}", ran.stdout);
    assert_eq!(fleet.run("plan . --org acme-* --require-stage dev").code, Some(0));
    // A mistyped stage, or one org, would guard nothing.
    let mistyped = fleet.run("plan . --org acme-* --require-stage tset");
    let expected = "error: --require-stage: `settings.stages` does not name `tset`\n  help: did you mean `test`?\n";
    assert_eq!((mistyped.code, mistyped.stderr.as_str()), (Some(1), expected));
    for flag in ["--require-stage test", "--plans-dir plans"] {
        let alone = fleet.run(&format!("plan . --org acme-prod {flag}"));
        assert_eq!((alone.code, alone.stdout.as_str()), (Some(1), ""), "{flag}");
    }
}

#[test]
fn plans_are_kept_one_an_org_and_bound_an_apply() {
    let fleet = five().variable("GENESYSCLOUD_OAUTHCLIENT_SECRET__HOOLI_TEST", "another-secret-of-some-length");
    assert_eq!(fleet.run("plan . --all-orgs --plans-dir plans").code, Some(1));
    let mut names: Vec<String> = std::fs::read_dir(fleet.cli.path("plans"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["acme-dev.json", "acme-prod.json", "acme-test.json", "globex-prod.json", "hooli-test.json"]);
    let done = fleet.run("apply . --org acme-test --plan plans/acme-test.json --auto-approve");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let refused = fleet.run("apply . --org acme-prod --plan plans/hooli-test.json --auto-approve");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("it is a `error`, not a plan"), "{}", refused.stderr);
    // Plans of an earlier run are replaced, and another file stops the run before anything is sent.
    assert_eq!(fleet.run("plan . --org acme-test --org acme-prod --plans-dir plans").code, Some(0));
    assert_eq!(std::fs::read_dir(fleet.cli.path("plans")).unwrap().count(), 2);
    fleet.cli.write("plans/notes.txt", "mine");
    let ran = fleet.run("plan . --org acme-* --plans-dir plans");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("`plans/notes.txt` is no plan that presencectl wrote"), "{}", ran.stderr);
    assert!(fleet.cli.path("plans/acme-test.json").exists(), "nothing is removed beside a foreign file");
}

#[test]
fn what_a_change_does_by_itself_is_told_apart_from_what_was_edited_by_hand() {
    let fleet = five();
    let before =
        fleet.cli.read("base.yaml").replace("Lunch break", "Lunch").replace("    previousLabels: [Lunch]\n", "");
    fleet.cli.write("before/base.yaml", &before);
    for (name, _) in &fleet.orgs {
        let file = fleet.cli.read(&format!("orgs/{name}.yaml"));
        fleet.cli.write(&format!("before/orgs/{name}.yaml"), &file);
    }
    let ran = fleet.run("plan orgs --root . --org acme-* --base ./before");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("test and prod (acme-prod, acme-test), from this change:\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("LOOK FIRST"), "{}", ran.stdout);
}

/// A change that lifts a freeze says so first, also among several orgs and where their documents are combined.
#[test]
fn edited_guards_of_several_orgs_are_told_first() {
    let fleet = five();
    let base = fleet.cli.read("base.yaml");
    fleet.cli.write("before/base.yaml", &base.replace("tea:", "tea-time:").replace("en_US: Tea,", "en_US: Tea time,"));
    for (name, _) in &fleet.orgs {
        let file = fleet.cli.read(&format!("orgs/{name}.yaml")).replace("  tea:", "  tea-time:");
        let freeze = if name == "hooli-test" { "" } else { "freeze: { until: 2099-01-02, reason: Christmas }\n" };
        fleet.cli.write(&format!("before/orgs/{name}.yaml"), &format!("{file}{freeze}"));
    }
    let flags = "orgs --root . --base ./before";
    let said = "LOOK FIRST: this change also edits `freeze`, which should protect the org from it\n  in \
                all orgs but hooli-test\n";
    let plans = fleet.run(&format!("plan {flags} --all-orgs --plans-dir plans"));
    let (first, _) = plans.stdout.split_once("  ~ update lunch").unwrap();
    assert!(first.contains(said), "{}", plans.shown());
    let page = fleet.run(&format!("plan {flags} --all-orgs -o markdown"));
    let (_, first) = page.stdout.split_once("#### Look at this first\n\n- this change also edits `freeze`").unwrap();
    assert!(first.contains("in all orgs but hooli-test\n"), "{}", page.stdout);
    let documents: Vec<String> = fleet.orgs.iter().map(|(name, _)| format!("plans/{name}.json")).collect();
    let combined = fleet.run(&format!("combine orgs --root . {}", documents.join(" ")));
    assert!(combined.stdout.contains(said), "{}", combined.shown());
}

#[test]
fn the_sandbox_has_an_org_for_each_org_file() {
    let fleet = five();
    let ran = fleet.run("plan . --all-orgs --sandbox");
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.starts_with("5 orgs: 5 have changes - sandbox: nothing real is written\n"), "{}", ran.stdout);
    assert_eq!(fleet.run("apply . --org acme-dev --sandbox --auto-approve").code, Some(0));
    assert!(fleet.run("plan . --all-orgs --sandbox").stdout.contains("already in place in acme-dev"));
}

impl Fleet {
    pub(super) fn run_with(&self, name: &str, value: &str) -> Ran {
        let mut command = self.cli.command("plan . --all-orgs");
        self.cli.ran(command.env(name, value).output().unwrap())
    }
}

#[test]
fn drift_tells_each_org_that_has_drifted_in_full() {
    let fleet = five().variable("GENESYSCLOUD_OAUTHCLIENT_SECRET__GLOBEX_PROD", "another-secret-of-some-length");
    let ran = fleet.run("drift . --all-orgs --detailed-exitcode");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.starts_with("5 orgs: 3 drifted, 1 in sync, 1 not read\n\nglobex-prod was not read: "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\n== acme-test ==\nOrg: acme-test ("), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\nNo drift: acme-dev\n"), "{}", ran.stdout);
    let ran = fleet.run("drift . --org acme-* --detailed-exitcode -o json");
    assert_eq!(ran.code, Some(2));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&document["kind"], &document["orgs"][0]["status"]), (&json!("fleet-drift"), &json!("in-sync")));
    let markdown = fleet.run("drift . --org acme-* -o markdown").stdout;
    assert!(markdown.starts_with("<!-- presencectl:drift orgs -->\n**3 orgs: 2 drifted, 1 in sync**."), "{markdown}");
}

#[test]
fn doctor_looks_at_the_variables_that_a_plan_uses() {
    let fleet = five();
    let ran = fleet.run("doctor . --org acme-prod");
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let expected = "GENESYSCLOUD_OAUTHCLIENT_ID__ACME_PROD and GENESYSCLOUD_OAUTHCLIENT_SECRET__ACME_PROD are set";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
}

#[test]
fn a_failure_takes_the_place_of_the_comment_of_all_orgs() {
    let fleet = five();
    let marker = "<!-- presencectl:plan orgs -->\n";
    assert!(fleet.run("plan . --all-orgs -o markdown").stdout.starts_with(marker));
    fleet.cli.write("base.yaml", "version: 1\ndefinitions: [\n");
    assert!(fleet.run("plan . --all-orgs -o markdown").stdout.starts_with(marker));
    let marker = "<!-- presencectl:drift orgs -->\n";
    assert!(fleet.run("drift . --all-orgs -o markdown").stdout.starts_with(marker));
}

/// The notes of a plan of one org stand before the changes of several orgs too, with their orgs and the lines to paste.
#[test]
fn what_leaves_or_may_be_renamed_is_told_before_the_changes_of_several_orgs() {
    let fleet = five();
    let before = BASE.replace("Lunch break", "Lunch").replace("    previousLabels: [Lunch]\n", "");
    fleet.cli.write("before/base.yaml", &before);
    let head = BASE.replace("    previousLabels: [Lunch]\n", "").split("  tea:").next().unwrap().to_owned();
    fleet.cli.write("base.yaml", &head);
    for name in ["acme-test", "acme-prod"] {
        fleet.cli.write(&format!("before/orgs/{name}.yaml"), &fleet.cli.read(&format!("orgs/{name}.yaml")));
    }
    let flags = "orgs --root . --base ./before --org acme-test --org acme-prod";
    let ran = fleet.run(&format!("plan {flags}"));
    assert_snapshot!("notes_first", ran.stdout);
    let one = fleet.run("plan orgs --root . --base ./before --org acme-test").stdout;
    let notes: Vec<&str> = one.lines().filter(|it| it.starts_with("look: ")).collect();
    assert_eq!(notes.len(), 2, "{one}");
    let document: Value = serde_json::from_str(&fleet.run(&format!("plan {flags} -o json")).stdout).unwrap();
    assert_eq!([&document["lookFirst"][0]["code"], &document["lookFirst"][1]["code"]], ["leaving", "renamed"]);
    assert_snapshot!("notes_first_in_markdown", fleet.run(&format!("plan {flags} -o markdown")).stdout);
}

#[test]
fn a_change_of_the_limit_or_of_a_stage_is_told_first() {
    let fleet = five();
    for (name, _) in &fleet.orgs {
        fleet.cli.write(&format!("before/orgs/{name}.yaml"), &fleet.cli.read(&format!("orgs/{name}.yaml")));
    }
    fleet.cli.write("before/base.yaml", &BASE.replace("prod] }", "prod], limits: { orgs: 1 } }"));
    let ran = fleet.run("plan orgs --root . --org acme-prod --base ./before");
    assert!(ran.stdout.contains("LOOK FIRST: this change also edits `limits`"), "{}", ran.stdout);
}

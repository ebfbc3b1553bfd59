//! `plan --base`: a commit, a path, and the errors without either.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use presencectl::sandbox::SandboxConfig;
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::first_day::{git, path};
use super::server::Org;
use super::{LUNCH, with_org};

/// Lunch is committed; then tea comes.
fn repository(org: &Org) -> (Cli, String) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PATH", &path());
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    cli.write("lunch.yaml", &format!("{LUNCH}  tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea }}\n"));
    (cli, target)
}

fn origins(cli: &Cli) -> Vec<String> {
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|it| format!("{} {}", it["key"].as_str().unwrap(), it["origin"].as_str().unwrap_or("-"))).collect()
}

/// The line that names the base.
fn against(ran: &Ran) -> String {
    let line = ran.stdout.lines().find(|it| it.contains("From this change: ") || it.starts_with("NOTE: "));
    line.unwrap_or_else(|| panic!("{}", ran.shown())).to_owned()
}

#[test]
fn a_commit_and_a_path_are_the_base_and_no_request_is_more() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    cli.write("before/lunch.yaml", LUNCH);
    let count = |command: &str| {
        let before = org.requests().len();
        let ran = cli.run(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        (org.requests().len() - before, ran)
    };
    let (plain, without) = count(&format!("plan lunch.yaml {target} -o json=plain.json"));
    let (by_commit, ran) = count(&format!("plan lunch.yaml {target} --base HEAD -o human -o json=plan.json"));
    assert_eq!(by_commit, plain, "the org is read once");
    assert!(
        against(&ran)
            .starts_with("From this change: 1 change, pending before: 1 change (compared with the base `HEAD` (")
    );
    assert_eq!(origins(&cli), ["lunch before", "tea this-change"]);
    for typed in ["before", "./before", cli.path("before/lunch.yaml").to_str().unwrap()] {
        count(&format!("plan lunch.yaml {target} --base {typed} -o json=plan.json"));
        assert_eq!(origins(&cli), ["lunch before", "tea this-change"], "{typed}");
    }
    // The saved plan bounds an apply as any other does.
    let applied = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    assert!(without.stdout.contains("2 to create"));
}

/// The lines below the heading of the warnings, without their help.
fn warnings(page: &str) -> Vec<String> {
    let (_, below) = page.split_once("Warnings in changed files\n").unwrap_or_default();
    below.lines().filter(|it| it.starts_with("- ")).map(str::to_owned).collect()
}

#[test]
fn a_comment_ends_with_the_warnings_of_changed_files() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    let definition =
        |key: &str, label: &str| format!("  {key}:\n    systemPresence: Meal\n    labels: {{ en_US: {label} }}\n");
    let file = |key: &str, label: &str| format!("version: 1\ndefinitions:\n{}", definition(key, label));
    cli.write("presences/old.yaml", &file("old", "\"Old \""));
    cli.write("presences/new.yaml", &file("new", "New"));
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    cli.write("presences/new.yaml", &file("new", "\"New \""));
    let plan = |more: &str| {
        let ran = cli.run(&format!("plan presences {target} -o markdown=page.md -o summary=summary.md {more}"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert_eq!(
            ran.stderr.matches("warning[").count() + ran.stderr.matches("and 1 more").count(),
            2,
            "{}",
            ran.shown()
        );
        assert_eq!(warnings(&cli.read("page.md")), warnings(&cli.read("summary.md")));
        warnings(&cli.read("page.md"))
    };
    assert!(plan("").is_empty(), "without a base no file is changed");
    let [one] = &plan("--base HEAD")[..] else { panic!("{}", cli.read("page.md")) };
    assert!(one.contains("`presences/new.yaml:"), "{one}");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message two");
    let [one] = &plan("--at HEAD --base HEAD~1")[..] else { panic!("{}", cli.read("page.md")) };
    assert!(one.contains("`presences/new.yaml:"), "{one}");
    assert!(plan("--at HEAD --base HEAD").is_empty());
}

#[test]
fn layers_and_links_of_a_commit_keep_their_rules() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    let layer = "version: 1\ndefinitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n";
    cli.write("shared/all.yaml", layer);
    let acme = "version: 1\norg: { name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }\nuse: [../linked]\n";
    cli.write("orgs/acme.yaml", acme);
    std::os::unix::fs::symlink("shared", cli.path("linked")).unwrap();
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    cli.write("shared/all.yaml", &format!("{layer}  tea: {{ systemPresence: Break, labels: {{ en_US: Tea }} }}\n"));
    let command = format!("plan orgs/acme.yaml --org acme {target} --base HEAD -o json=plan.json");
    let ran = cli.run(&command);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(origins(&cli), ["lunch before", "tea this-change"], "{}", ran.shown());
    // A link that leads out of the repository leads nowhere in a commit either.
    fs::remove_file(cli.path("linked")).unwrap();
    std::os::unix::fs::symlink("/etc", cli.path("linked")).unwrap();
    git(&cli, "add .");
    git(&cli, "commit --quiet --message two");
    fs::remove_file(cli.path("linked")).unwrap();
    std::os::unix::fs::symlink("shared", cli.path("linked")).unwrap();
    let ran = cli.run(&command);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(against(&ran).contains("`orgs/acme.yaml:3:7`: `linked` is outside of the root `.`"), "{}", against(&ran));
}

#[test]
fn a_base_that_cannot_be_read_is_told_and_the_plan_is_shown_all_the_same() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    cli.write("broken/lunch.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Meal, labels: [] } }\n");
    let ran = cli.run(&format!("plan lunch.yaml {target} --base broken -o human -o json=plan.json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert!(ran.stdout.contains("2 to create"), "{}", ran.shown());
    assert!(
        against(&ran).starts_with(
            "NOTE: what this change does by itself is not known: the base `broken`: `broken/lunch.yaml:2:"
        ),
        "{}",
        against(&ran)
    );
    assert_eq!(origins(&cli), ["lunch -", "tea -"]);
    // A config that is new.
    cli.write("new/tea.yaml", LUNCH);
    let ran = cli.run(&format!("plan new {target} --base HEAD"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(against(&ran).contains("there is no such file or folder"), "{}", against(&ran));
}

#[test]
fn what_is_no_base_stops_before_anything_is_sent() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    cli.run(&format!("plan lunch.yaml {target} --base mian")).complains(
        1,
        "error: --base: `mian` is neither a commit that is here nor a path\n  help: `git branch --all` lists the names \
         that are here, such as `origin/main`; nothing was sent\n",
    );
    // Nothing that is typed is an option of Git's.
    let ran = cli.run(&format!("plan lunch.yaml {target} --base=--output=x"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(!cli.names().contains(&"x".to_owned()));
    git(&cli, "commit --quiet --message two --allow-empty");
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &format!("clone --quiet --depth 1 {url} shallow"));
    cli.run(&format!("plan shallow/lunch.yaml {target} --base HEAD~1")).complains(
        1,
        "error: --base: `HEAD~1` is neither a commit that is here nor a path\n  help: this is a shallow clone: set \
         `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run \
         `git fetch --unshallow`; nothing was sent\n",
    );
    assert_eq!(org.requests(), [""; 0]);
    // An output is never a file of the base.
    cli.write("before/lunch.yaml", LUNCH);
    let ran = cli.run(&format!("plan lunch.yaml {target} --base before -o json=before/lunch.yaml"));
    assert_eq!((ran.code, cli.read("before/lunch.yaml").as_str()), (Some(1), LUNCH), "{}", ran.shown());
}

/// Commits everything at this time, which is no time that the sandbox knows.
fn commit(cli: &Cli, year: u32) {
    let date = format!("{year}-03-01T12:00:00+00:00");
    git_at(cli, &date, "add .");
    git_at(cli, &date, "commit --quiet --allow-empty --message it");
}

fn git_at(cli: &Cli, date: &str, line: &str) {
    let settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"];
    let mut command = std::process::Command::new("git");
    command.args(settings).args(line.split_whitespace()).current_dir(cli.path("")).env_clear();
    command.env("PATH", path()).env("GIT_COMMITTER_DATE", date).env("GIT_AUTHOR_DATE", date);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Lunch with another label and tea, each as it is at some time.
fn config(lunch: &str, tea: &str) -> String {
    format!(
        "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: {{ en_US: Lunch, de: {lunch} }}\n  \
         tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea, de: {tea} }}\n"
    )
}

/// Committed long ago, and applied now.
fn applied(org: &Org) -> (Cli, String) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PATH", &path());
    git(&cli, "init --quiet");
    cli.write(".gitignore", "reports\nplan.json\n");
    cli.write("lunch.yaml", &config("Mittag", "Tee"));
    commit(&cli, 2020);
    let apply = format!("apply lunch.yaml {target} --auto-approve --report-dir reports");
    assert_eq!(cli.run(&apply).code, Some(0));
    (cli, target)
}

fn id(cli: &Cli, target: &str, label: &str) -> String {
    let listed: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    let all = listed["definitions"].as_array().unwrap();
    all.iter().find(|it| it["labels"]["en_US"] == label).unwrap()["id"].as_str().unwrap().to_owned()
}

/// A person gives lunch another German label.
fn edit_lunch(org: &Org, cli: &Cli, target: &str) {
    let body = json!({ "languageLabels": { "en_US": "Lunch", "de": "von Hand" }, "systemPresence": "Meal" });
    org.admin("PUT", &format!("/api/v2/presencedefinitions/{}", id(cli, target, "Lunch")), &body);
}

/// The origins of the changes of a plan against the last commit; with reports, and without.
fn both(cli: &Cli, target: &str) -> (Vec<String>, Vec<String>) {
    let command = format!("plan lunch.yaml {target} --base HEAD -o json=plan.json");
    let plain = cli.run(&command);
    assert_eq!(plain.code, Some(0), "{}", plain.shown());
    let without = origins(cli);
    let ran = cli.run(&format!("{command} --report-dir reports"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    (without, origins(cli))
}

fn one(origin: &str) -> Vec<String> {
    vec![format!("lunch {origin}")]
}

#[test]
fn an_edit_is_not_called_unapplied_since_a_commit_that_changed_something_else() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    edit_lunch(&org, &cli, &target);
    cli.write("lunch.yaml", &format!("# A comment.\n{}", config("Mittag", "Tee")));
    commit(&cli, 2090);
    assert_eq!(both(&cli, &target), (one("before"), one("edited")));
    // Nor since one that only gives it another key, or that only mends what was broken.
    cli.write("lunch.yaml", "version: 1\ndefinitions: [\n");
    commit(&cli, 2091);
    cli.write("lunch.yaml", &config("Mittag", "Tee").replace("lunch:", "midday:"));
    commit(&cli, 2092);
    let (without, with) = both(&cli, &target);
    assert_eq!((without, with), (vec!["midday before".to_owned()], vec!["midday edited".to_owned()]));
}

#[test]
fn what_was_committed_after_the_last_touch_was_not_applied() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    cli.write("lunch.yaml", &config("Mittagspause", "Tee"));
    commit(&cli, 2090);
    // Another definition, later; and a file that is no part of the config.
    cli.write("other.yaml", "a: b\n");
    commit(&cli, 2091);
    assert_eq!(both(&cli, &target), (one("not-applied"), one("not-applied")));
    let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD"));
    let said = "pending before: merged and not applied (its definition last changed on 2090-03-01 12:00 UTC, and nothing \
                has touched it in the org since)";
    assert!(ran.stdout.contains(said), "{}", ran.shown());
}

/// As a pull request is planned: its files without a repository, and the base in a checkout beside them.
#[test]
fn a_checkout_beside_this_one_tells_by_its_own_history() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    cli.write("lunch.yaml", &config("Mittagspause", "Tee"));
    commit(&cli, 2090);
    let (beside, credentials) = (Cli::new(), ["ID", "SECRET"].map(|it| format!("GENESYSCLOUD_OAUTHCLIENT_{it}")));
    let beside = beside.variable("PATH", &path()).variable(&credentials[0], "sandbox-client");
    let beside = beside.variable(&credentials[1], "sandbox-secret");
    beside.write("lunch.yaml", &config("Mittagspause", "Grüner Tee"));
    let base = cli.path("lunch.yaml");
    let plan = format!("plan lunch.yaml {target} --base {} -o json=plan.json", base.display());
    let told = || {
        let ran = beside.run(&plan);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        origins(&beside)
    };
    let of = |lunch: &str| vec![format!("lunch {lunch}"), "tea this-change".to_owned()];
    assert_eq!(told(), of("not-applied"));
    // What was not committed has no history.
    cli.write("lunch.yaml", &config("Mittagspausen", "Tee"));
    beside.write("lunch.yaml", &config("Mittagspausen", "Grüner Tee"));
    assert_eq!(told(), of("before"));
}

/// By fast-forward, the date of a commit is long before it is merged: an apply in between has touched the object.
#[test]
fn a_commit_that_is_older_than_the_last_apply_blames_nobody() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    cli.write("lunch.yaml", &config("Mittagspause", "Tee"));
    commit(&cli, 2021);
    assert_eq!(both(&cli, &target), (one("before"), one("not-applied")));
    let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD"));
    assert!(ran.stdout.contains("or edited in the org (which of them is not known)"), "{}", ran.shown());
    edit_lunch(&org, &cli, &target);
    assert_eq!(both(&cli, &target).1, one("edited"));
}

#[test]
fn what_came_by_a_merge_changed_when_it_was_merged() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    git(&cli, "checkout --quiet -b side");
    cli.write("lunch.yaml", &config("Mittagspause", "Tee"));
    commit(&cli, 2021);
    git(&cli, "checkout --quiet main");
    git_at(&cli, "2090-03-01T12:00:00+00:00", "merge --quiet --no-ff --message merged side");
    assert_eq!(both(&cli, &target).0, one("not-applied"));
}

/// An edit between an apply and a commit: the report that is kept by default shows that the org was changed after the
/// apply.
#[test]
fn a_kept_report_that_the_org_contradicts_is_not_outdone_by_the_date_of_a_commit() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.keeping_reports().variable("PATH", &path());
    git(&cli, "init --quiet");
    cli.write(".gitignore", "plan.json\n");
    cli.write("lunch.yaml", &config("Mittag", "Tee"));
    commit(&cli, 2020);
    let apply = format!("apply lunch.yaml {target} --auto-approve");
    let causes = || {
        let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD -o json=plan.json"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        let drift = cli.run(&format!("drift lunch.yaml {target}")).stdout;
        assert!(drift.contains("Edited by hand, or merged and not applied (not known which)"), "{drift}");
        // The folder was read, so no note asks for it.
        assert!(drift.contains("NOTE: ") && !drift.contains("--report-dir"), "{drift}");
        origins(&cli)
    };
    assert_eq!(cli.run(&apply).code, Some(0));
    edit_lunch(&org, &cli, &target);
    cli.write("lunch.yaml", &config("Mittagspause", "Tee"));
    commit(&cli, 2090);
    assert_eq!(causes(), one("before"));
    // Nor where a later report found all in sync.
    assert_eq!(cli.run(&apply).code, Some(0));
    assert_eq!(cli.run(&apply).code, Some(0));
    edit_lunch(&org, &cli, &target);
    cli.write("lunch.yaml", &config("Pause", "Tee"));
    commit(&cli, 2091);
    assert_eq!(causes(), one("before"));
}

#[test]
fn a_shallow_clone_that_has_the_base_says_what_it_lacks() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = applied(&org);
    edit_lunch(&org, &cli, &target);
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &format!("clone --quiet --depth 1 {url} shallow"));
    let ran = cli.run(&format!("plan shallow/lunch.yaml {target} --base HEAD"));
    let said = "look: which pending changes were merged and not applied is not known: this is a shallow clone: \
                set `fetch-depth: 0` of actions/checkout";
    assert!(ran.stdout.contains(said), "{}", ran.shown());
    let ran = cli.run(&format!("plan shallow/lunch.yaml {target} --base HEAD --report-dir reports"));
    assert!(
        !ran.stdout.contains("shallow clone") && ran.stdout.contains("edited in the org, last on"),
        "{}",
        ran.shown()
    );
}

#[test]
fn a_config_in_no_repository_is_said_to_be_in_none() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    cli.run(&format!("plan lunch.yaml {target} --base main")).complains(
        1,
        "error: --base: `main` is no path, and `lunch.yaml` is not in a Git repository\n  help: give the path of the config \
         before the change, or run it in a clone of its repository; nothing was sent\n",
    );
}

#[test]
fn an_org_that_gets_another_name_is_compared_by_its_id_or_its_file() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    let definitions = "definitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n";
    let file = |org: &str, more: &str| format!("version: 1\norg: {org}\n{more}{definitions}");
    let id = "id: 5a4db0c5-0000-4000-b000-000000000001";
    cli.write("orgs/other.yaml", &file("{ name: other, id: 5a4db0c5-0000-4000-b000-000000000002 }", ""));
    let looked = |cli: &Cli, base: &str| {
        let ran = cli.run(&format!("plan orgs --org renamed {target} --base {base}"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        ran.stdout.lines().find(|it| it.starts_with("LOOK FIRST") || it.starts_with("NOTE")).unwrap().to_owned()
    };
    let first = "LOOK FIRST: this change also edits `limits` and `org`, which should protect the org from it";
    let limits = "settings: { limits: { removals: 50 } }\n";
    cli.write("orgs/acme.yaml", &file(&format!("{{ name: acme, {id} }}"), ""));
    git(&cli, "init --quiet");
    commit(&cli, 2020);
    fs::create_dir(cli.path("before")).unwrap();
    for name in ["acme.yaml", "other.yaml"] {
        fs::copy(cli.path(&format!("orgs/{name}")), cli.path(&format!("before/{name}"))).unwrap();
    }
    // Another name and another file.
    fs::remove_file(cli.path("orgs/acme.yaml")).unwrap();
    cli.write("orgs/new.yaml", &file(&format!("{{ name: renamed, {id} }}"), limits));
    assert_eq!((looked(&cli, "HEAD").as_str(), looked(&cli, "./before").as_str()), (first, first));
    // Another name, in the same file, and no id.
    fs::remove_file(cli.path("orgs/new.yaml")).unwrap();
    cli.write("orgs/acme.yaml", &file("{ name: renamed }", limits));
    assert_eq!((looked(&cli, "HEAD").as_str(), looked(&cli, "./before").as_str()), (first, first));
    // A new org has no other user.
    fs::remove_file(cli.path("orgs/acme.yaml")).unwrap();
    cli.write("orgs/new.yaml", &file("{ name: renamed }", limits));
    assert!(looked(&cli, "HEAD").starts_with("NOTE: what this change does by itself is not known"));
}

#[test]
fn drift_gives_the_cause_that_a_plan_beside_its_base_gives() {
    // How `drift` and the origins of a plan call the same.
    let same = [("not-applied", "not-applied"), ("edited", "edited"), ("not-known", "before")];
    for (year, cause) in [(2090, "not-applied"), (2021, "not-known")] {
        let org = Org::start(SandboxConfig::default());
        let (cli, target) = with_org(&org);
        let cli = cli.variable("PATH", &path());
        git(&cli, "init --quiet");
        cli.write(".gitignore", "*.json\nreports\nempty\n");
        cli.write("lunch.yaml", &config("Mittag", "Tee"));
        commit(&cli, 2020);
        // No report of this is kept.
        assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve --no-report")).code, Some(0));
        cli.write("lunch.yaml", &config("Mittagspause", "Grüner Tee"));
        commit(&cli, year);
        let causes = |flags: &str| {
            let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD -o json=plan.json {flags}"));
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
            let ran = cli.run(&format!("drift lunch.yaml {target} -o json=drift.json {flags}"));
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
            let drift: Value = serde_json::from_str(&cli.read("drift.json")).unwrap();
            let drift = drift["drift"].as_array().unwrap().iter();
            let of =
                |it: &Value| (it["revert"]["key"].as_str().unwrap().to_owned(), it["how"].as_str().unwrap().to_owned());
            let drift: Vec<(String, String)> = drift.map(of).collect();
            let called = |how: &str| same.iter().find(|(it, _)| *it == how).unwrap().1;
            let origins_of_drift: Vec<String> =
                drift.iter().map(|(key, how)| format!("{key} {}", called(how))).collect();
            assert_eq!(origins_of_drift, origins(&cli), "{year} {flags}");
            drift.into_iter().find(|(key, _)| key == "lunch").unwrap().1
        };
        fs::create_dir(cli.path("empty")).unwrap();
        for flags in ["--no-report", "", "--report-dir empty"] {
            assert_eq!(causes(flags), cause, "{year} {flags}");
        }
        // An apply of the other definition shows nothing about lunch.
        let apply = format!("apply lunch.yaml {target} --auto-approve --only tea --report-dir reports");
        assert_eq!(cli.run(&apply).code, Some(0));
        assert_eq!(causes("--report-dir reports"), cause, "{year}");
        edit_lunch(&org, &cli, &target);
        assert_eq!(causes("--report-dir reports"), cause, "{year}: no report knows how lunch was");
    }
}

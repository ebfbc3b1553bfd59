//! The first day: the checks of `doctor`, and the files of `init`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use insta::assert_snapshot;
use presencectl::host::environment::Environment;
use presencectl::model::moment::Moment;
use presencectl::output::json;
use presencectl::sandbox::org_behavior::Offer;
use presencectl::sandbox::{OrgBehavior, Permissions, SandboxConfig};
use serde_json::Value;

use super::asking;
use super::driver::{Cli, Ran};
use super::server::{Knocks, Org};
use super::{CANARY, LUNCH};
use crate::render::{complaints, in_step, parsed};

const NAMED: &str = "org: { name: Sandbox, id: 5a4db0c5-0000-4000-b000-000000000001 }\n";

/// Where this machine's programs are: Git is one of them.
pub(super) fn path() -> String {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH");
    path.map(|(_, value)| value.into_string().unwrap()).unwrap_or_default()
}

/// Git in the folder of a test, independent of this machine's configuration.
pub(super) fn git(cli: &Cli, line: &str) {
    let settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.args(settings).args(line.split_whitespace()).current_dir(cli.path("")).env_clear();
    let output = command.env("PATH", path()).output().unwrap();
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with a config that names the sandbox's org, in a repository of its own.
fn repository() -> Cli {
    let cli = Cli::new().file("presence/lunch.yaml", &format!("{LUNCH}{NAMED}")).variable("PATH", &path());
    git(&cli, "init --quiet");
    cli
}

fn with_client(cli: Cli) -> Cli {
    cli.variable("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret")
}

/// The whole output, without port numbers.
fn shown(ran: &Ran) -> String {
    let mut parts = ran.shown().split("127.0.0.1:").map(str::to_owned).collect::<Vec<_>>();
    for part in parts.iter_mut().skip(1) {
        *part = format!("127.0.0.1:PORT{}", part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    parts.concat()
}

/// The line of one check, and its help.
fn check<'a>(ran: &'a Ran, name: &str) -> Vec<&'a str> {
    let is_it = |line: &&str| line.split_at_checked(11).is_some_and(|(_, rest)| rest.split(' ').next() == Some(name));
    let mut lines = ran.stdout.lines().skip_while(|line| !is_it(line));
    let first = lines.next().unwrap_or_else(|| panic!("no check {name}:\n{}", ran.stdout));
    std::iter::once(first).chain(lines.take_while(|line| line.starts_with("     "))).map(str::trim).collect()
}

/// `doctor` never sends anything that writes.
fn only_reads(org: &Org) {
    let reads = ["GET ", "POST /oauth/token", "POST /api/v2/analytics/users/activity/query"];
    for request in org.requests() {
        assert!(reads.iter().any(|it| request.starts_with(it)), "{request}");
    }
}

#[test]
fn a_healthy_sandbox_passes_every_check() {
    let cli = repository();
    let ran = cli.run("doctor presence --sandbox");
    assert_snapshot!("doctor_healthy", shown(&ran));
    // The sandbox's id is made up, so it goes into no config.
    let unnamed = Cli::new().file("lunch.yaml", LUNCH).run("doctor lunch.yaml --sandbox");
    assert_eq!(check(&unnamed, "org"), ["ok         org          `Sandbox`, simulated by the sandbox"]);
    let org = Org::start(SandboxConfig::default());
    let real = with_client(repository()).run(&format!("doctor presence --base-url {}", org.url));
    assert_eq!(real.code, Some(0), "{}", real.shown());
    only_reads(&org);
}

#[test]
fn without_a_path_the_config_is_where_init_puts_it() {
    let broken = "version: 1\ndefinitions: { lunch: { labels: {} } }\n";
    let cli = Cli::new().file("presences/lunch.yaml", LUNCH).file("other/broken.yaml", broken);
    let ran = cli.run("doctor --sandbox");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(check(&ran, "config")[0].contains("`presences` is valid"), "{}", ran.shown());
}

#[test]
fn what_is_missing_is_told_all_at_once() {
    let cli = Cli::new().variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client").variable("PATH", "/nowhere");
    let ran = cli.run("doctor");
    assert_snapshot!("doctor_nothing", ran.shown());
    let broken = Cli::new().file("lunch.yaml", "version: 1\ndefinitions: { lunch: { labels: {} } }\n");
    let ran = broken.run("doctor lunch.yaml --sandbox");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(check(&ran, "config").join("\n"), @r"
    failed     config       lunch.yaml:2:16: `lunch` has no `systemPresence` (the first of 2 errors; `presencectl validate lunch.yaml` shows all)
    help: name the one that it belongs to, such as `systemPresence: Break`
    ");
    let org = check(&ran, "org");
    assert!(org[0].ends_with("simulated by the sandbox"), "{org:?}");
}

#[test]
fn an_org_without_the_first_generation_is_healthy() {
    let behavior = OrgBehavior { generation1: Offer::Gone(404), ..OrgBehavior::default() };
    let org = Org::start(SandboxConfig { behavior, ..SandboxConfig::default() });
    let ran = with_client(repository()).run(&format!("doctor presence --base-url {}", org.url));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(check(&ran, "api-v1"), ["ok         api-v1       the org does not serve it; it is not used"]);
    assert!(check(&ran, "api-v2")[0].ends_with("; it is used"), "{}", ran.shown());
    let ran = with_client(repository()).run(&format!("doctor presence --api v1 --base-url {}", org.url));
    assert_eq!(ran.code, Some(1), "it was asked for: {}", ran.shown());
}

#[test]
fn the_wrong_org_is_named() {
    let org = Org::start(SandboxConfig::default());
    let named = format!("{LUNCH}org: {{ name: acme-prod, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n");
    let cli = with_client(Cli::new().file("lunch.yaml", &named));
    let ran = cli.run(&format!("doctor lunch.yaml --base-url {}", org.url));
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(check(&ran, "org").join("\n"), @r"
    failed     org          these credentials are for `Sandbox` (5a4db0c5-0000-4000-b000-000000000001), and the config is for `acme-prod` (22222222-bbbb-4bbb-8bbb-222222222222)
    help: use the credentials of the org that you mean, or correct `org.id`
    ");
}

#[test]
fn a_client_that_may_nothing_is_told_what_it_lacks() {
    let behavior = OrgBehavior { get_needs_view: true, ..OrgBehavior::default() };
    let org = Org::start(SandboxConfig {
        permissions: Permissions::Only(BTreeSet::new()),
        behavior,
        ..SandboxConfig::default()
    });
    let cli = with_client(repository());
    let ran = cli.run(&format!("doctor presence --base-url {}", org.url));
    assert_snapshot!("doctor_forbidden", shown(&ran));
    let second = cli.run(&format!("doctor presence --api v2 --base-url {}", org.url));
    assert_eq!(second.code, Some(1), "without it `v2` shows nothing");
    assert!(check(&second, "view")[0].starts_with("failed"), "{}", second.shown());
    only_reads(&org);
}

#[test]
fn whether_a_client_could_write_is_tried_with_what_does_not_exist() {
    let said = |permissions: Permissions, generation1: Offer| {
        let behavior = OrgBehavior { generation1, ..OrgBehavior::default() };
        let org = Org::start(SandboxConfig { permissions, behavior, ..SandboxConfig::default() });
        let cli = with_client(repository());
        let ran = cli.run(&format!("doctor presence --try-write --base-url {}", org.url));
        let writes: Vec<String> = org.requests().into_iter().filter(|it| it.starts_with("DELETE ")).collect();
        (check(&ran, "write").iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), writes)
    };
    let view = || Permissions::Only(BTreeSet::from(["presence:presenceDefinition:view".to_owned()]));
    let nobody = "00000000-0000-4000-8000-000000000000";
    // None of these requests can change anything: the id has no object.
    for (offer, path) in [
        (Offer::Served, format!("DELETE /api/v2/presencedefinitions/{nobody}")),
        (Offer::Gone(404), format!("DELETE /api/v2/presence/definitions/{nobody}")),
    ] {
        let (told, writes) = said(Permissions::All, offer);
        assert!(
            told[0].starts_with("warning    write        this client could write: the org does not forbid"),
            "{told:?}"
        );
        assert_eq!(writes, [path.as_str()]);
        let (told, writes) = said(view(), offer);
        assert!(told[0].starts_with("not known  write        the org forbids this client to remove"), "{told:?}");
        assert_eq!(writes, [path]);
    }
}

#[test]
fn whoever_does_not_answer_is_named_with_what_stands_between() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ran = with_client(repository()).run(&format!("doctor presence --base-url http://127.0.0.1:{port}"));
    assert_snapshot!("doctor_unreachable", shown(&ran));

    let knocks = Knocks::listen();
    let cli = Cli::new()
        .variable("GENESYSCLOUD_REGION", "eu-central-1")
        .variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY)
        .variable("HTTPS_PROXY", &format!("http://eve:{CANARY}@127.0.0.1:{}", knocks.port));
    let ran = cli.run("doctor");
    assert!(knocks.count() > 0 && !ran.shown().contains(CANARY), "{}", ran.shown());
    // How a proxy breaks off is the system's word.
    let lines: Vec<&str> = [check(&ran, "proxy"), check(&ran, "api")].concat();
    let lines: Vec<&str> = lines.iter().map(|it| it.rsplit_once("): ").map_or(*it, |(told, _)| told)).collect();
    let lines = lines.join("\n").replace(&knocks.port.to_string(), "PORT");
    assert_snapshot!(lines, @r"
    ok         proxy        `127.0.0.1:PORT`, by HTTPS_PROXY
    failed     api          no connection to the proxy `127.0.0.1:PORT` (HTTPS_PROXY
    help: check whether that proxy runs and lets this machine in: HTTPS_PROXY sends this run through `127.0.0.1:PORT`
    ");
}

#[test]
fn wrong_credentials_are_a_failed_token() {
    let org = Org::start(SandboxConfig::default());
    let cli = Cli::new()
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", CANARY);
    let ran = cli.run(&format!("doctor --base-url {}", org.url));
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(check(&ran, "token").join("\n"), @r"
    failed     token        `POST /oauth/token` was answered with 401 `invalid_client`: client authentication failed
    help: check GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, that the client's grant type is client credentials, and that it belongs to this region
    correlation id: 406b0e28-0001-4000-8000-000000000003
    ");
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let org = Org::start(SandboxConfig::default());
    let long_ago = Moment::read("2020-01-01").unwrap();
    let environment = Environment { began: long_ago, ..asking::environment() };
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let line = format!("doctor {} --base-url {}", cli.path("lunch.yaml").display(), org.url);
    let ran = asking::run(&line, "", &environment);
    let clock = check(&ran, "clock");
    let seconds = clock[0].strip_prefix("warning    clock        this machine's clock is ").unwrap();
    assert!(seconds.ends_with(" s behind the server's"), "{clock:?}");
    assert_eq!(ran.code, Some(0), "a warning fails nothing: {}", ran.shown());
}

#[test]
fn a_shallow_clone_is_told_what_to_set() {
    let cli = repository();
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    git(&cli, "commit --quiet --message two --allow-empty");
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &format!("clone --quiet --depth 1 {url} shallow"));
    let ran = cli.run("doctor shallow/presence --sandbox");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_snapshot!(check(&ran, "git-depth").join("\n"), @r"
    warning    git-depth    this is a shallow clone: other commits cannot be compared with
    help: set `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run `git fetch --unshallow`
    ");
}

#[test]
fn the_document_is_what_its_schema_says_also_of_failures() {
    in_step("diagnosis.v1.json", &json::schema::<json::DiagnosisV1>());
    let org = Org::start(SandboxConfig { permissions: Permissions::Only(BTreeSet::new()), ..SandboxConfig::default() });
    let cli = with_client(repository());
    for (line, success) in [("doctor presence -o json", false), ("doctor presence --sandbox -o json", true)] {
        let ran = cli.run(line);
        let document = parsed(&ran.stdout);
        assert_eq!(complaints(&json::schema::<json::DiagnosisV1>(), &document), Vec::<String>::new());
        assert_eq!((document["kind"].as_str(), document["success"].as_bool()), (Some("diagnosis"), Some(success)));
        assert_eq!(ran.code, Some(i32::from(!success)));
    }
    let ran = cli.run(&format!("doctor presence --base-url {} -o json=diagnosis.json", org.url));
    let document: Value = parsed(&cli.read("diagnosis.json"));
    let forbidden = document["checks"].as_array().unwrap().iter().find(|it| it["name"] == "usage").unwrap();
    assert_eq!(forbidden["verdict"], "warning", "{}", ran.shown());
    assert!(forbidden["correlationId"].is_string());
}

#[test]
fn a_new_repository_is_valid_and_can_be_planned() {
    let cli = Cli::new();
    let ran = cli.run("init acme --start small --yes");
    assert_snapshot!("init_small", ran.shown());
    for name in ["presences/presence.yaml", "README.md", ".gitignore"] {
        assert_snapshot!(format!("init_small_{}", name.replace('/', "_")), cli.read(&format!("acme/{name}")));
    }
    cli.run("validate acme/presences").prints(0, "Valid: 2 definitions.\n");
    assert_eq!(cli.run("plan acme/presences --sandbox --detailed-exitcode").code, Some(2));
    let again = cli.run("init acme --start small --yes");
    assert_eq!(again.code, Some(0), "{}", again.shown());
    assert!(!again.stdout.contains("written"), "{}", again.stdout);
}

#[test]
fn an_imported_repository_is_in_step() {
    // It names no org, so it is the one that an import without a config meets.
    let cli = Cli::new().file(
        "ours.yaml",
        "version: 1\n\
         definitions:\n  \
         lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n  \
         coaching: { systemPresence: Busy, labels: { en_US: Coaching } }\n",
    );
    assert_eq!(cli.run("apply ours.yaml --sandbox --auto-approve").code, Some(0));
    let ran = cli.run("init copy --start org --sandbox --yes");
    assert_snapshot!("init_org", ran.shown());
    cli.run("validate copy/presences").prints(0, "Valid: 2 definitions.\n");
    let plan = cli.run("plan copy/presences --sandbox --detailed-exitcode");
    assert_eq!(plan.code, Some(0), "{}", plan.shown());
}

/// What `init --ci` takes for a project.
pub(super) const OF_A_PROJECT: &str = "--project acme/presences --release maker/presencectl@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \
                            --sha256 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

#[test]
fn the_files_of_a_ci_leave_nothing_to_fill_and_the_rest_is_ready_to_paste() {
    for (ci, files) in [("github", 5), ("gitlab", 2)] {
        let cli = Cli::new();
        let ran = cli.run(&format!("init {ci} --start org --sandbox --ci {ci} {OF_A_PROJECT} --yes"));
        assert_snapshot!(format!("init_ci_{ci}"), ran.shown());
        let made = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix("written")).map(str::trim);
        let made: Vec<&str> = made
            .filter(|it| it.contains("/.git") && !it.contains(".gitignore") || it.ends_with("/presencectl.sh"))
            .collect();
        assert_eq!(made.len(), files, "{}", ran.stdout);
        for name in made {
            let text = cli.read(name);
            for left in ["Set:", "OWNER", "acme-prod"] {
                assert!(!text.contains(left), "{name}: {left}");
            }
        }
    }
    let small = Cli::new().run(&format!("init . --start small --ci github {OF_A_PROJECT} --yes"));
    assert_snapshot!("init_ci_small", small.shown());
}

#[test]
fn what_is_missing_for_a_ci_is_refused_with_the_command_that_reads_it() {
    let cli = Cli::new();
    assert_snapshot!(cli.run("init --start small --ci github --yes").stderr, @r"
    error: --ci github needs `--project OWNER/NAME`, `--release OWNER/presencectl@COMMIT` and `--sha256 SUM`; nothing was written
      help: `--project OWNER/NAME`: `gh repo view --json nameWithOwner --jq .nameWithOwner` reads it; `--release OWNER/presencectl@COMMIT`: OWNER is the publisher of presencectl, and `gh api repos/OWNER/presencectl/commits/v0.1.0 --jq .sha` reads the commit; `--sha256 SUM`: `curl -sSfL https://github.com/OWNER/presencectl/releases/download/v0.1.0/SHA256SUMS | grep x86_64-unknown-linux-musl` reads it
    ");
    // What is known already is in the commands that read the rest.
    let known = "init --start small --ci gitlab --yes --project a/b --release maker/presencectl@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_snapshot!(cli.run(known).stderr, @r"
    error: --ci gitlab needs `--sha256 SUM`; nothing was written
      help: `--sha256 SUM`: `curl -sSfL https://github.com/maker/presencectl/releases/download/v0.1.0/SHA256SUMS | grep x86_64-unknown-linux-musl` reads it
    ");
    for (line, said) in [
        ("init --start none --yes", "--start none makes the files of a CI alone"),
        ("init --start none --ci none --yes", "--start none makes the files of a CI alone"),
        (
            &format!("init --start small --ci gitlab --config-project a/ci {OF_A_PROJECT} --yes"),
            "lie in another repository",
        ),
        (&format!("init --start none --ci github --config-project a/ci {OF_A_PROJECT} --yes"), "is for --ci gitlab"),
        (
            &format!("init --start none --ci github --yes {}", OF_A_PROJECT.replace("acme/", "acme/sub/")),
            "is no repository of GitHub",
        ),
    ] {
        let ran = cli.run(line);
        assert!(ran.code == Some(1) && ran.stderr.contains(said), "{line}: {}", ran.shown());
    }
    assert_eq!(cli.names(), Vec::<String>::new());
}

#[test]
fn run_again_it_rewrites_its_own_files_and_shows_the_difference() {
    let cli = Cli::new();
    assert_eq!(cli.run(&format!("init . --start small --ci github {OF_A_PROJECT} --branch trunk --yes")).code, Some(0));
    cli.write("presences/presence.yaml", "version: 1\norg: { name: ours }\ndefinitions: {}\n");
    // The project and its branch stand in the files.
    let newer = OF_A_PROJECT.replace("aaaa", "cccc").replace("--project acme/presences ", "");
    let again = cli.run(&format!("init . --start none --ci github {newer} --yes"));
    assert!(again.code == Some(1) && again.stderr.contains("give --force to overwrite"), "{}", again.shown());
    let again = cli.run(&format!("init . --start none --ci github {newer} --force --yes"));
    assert_snapshot!("init_ci_again", again.shown());
    assert!(cli.read(".github/workflows/check.yml").contains("branches: [\"trunk\"]"));
    assert!(cli.read("presences/presence.yaml").contains("ours"), "the config stays");
}

#[test]
fn a_pipeline_in_another_project_is_one_file() {
    let cli = Cli::new();
    let ran =
        cli.run(&format!("init ci --start none --ci gitlab --config-project acme/presence-ci {OF_A_PROJECT} --yes"));
    assert_snapshot!("init_ci_other_project", ran.shown());
    assert_eq!(fs::read_dir(cli.path("ci")).unwrap().count(), 1);
}

#[test]
fn without_a_terminal_everything_has_to_be_said() {
    let cli = Cli::new();
    cli.run("init").complains(
        1,
        "error: presencectl cannot ask: this is not a terminal; nothing was written\n  help: give --start org \
         or --start small, and --yes\n",
    );
    cli.run("init --yes").complains(
        1,
        "error: --yes needs --start; nothing was written\n  help: give --start org (what \
         the org has), small (an example) or none (only the files of a CI)\n",
    );
    assert_eq!(cli.names(), Vec::<String>::new());
}

#[test]
fn the_next_commands_can_be_typed_as_they_stand() {
    let org = Org::start(SandboxConfig::default());
    let cli = Cli::new();
    let folder = cli.path("it's-new").display().to_string();
    let line = format!("init {folder} --start org --ci none --yes --base-url {}", org.url);
    let ran = asking::run(&line, "", &asking::environment());
    let config = format!("'{}/presences'", folder.replace('\'', r"'\''"));
    let next =
        format!("\nNext:\n  presencectl validate {config}\n  presencectl plan {config} --base-url {}\n", org.url);
    assert!(ran.stdout.ends_with(&next), "{}", ran.shown());
    let small = asking::run(&line.replace("--start org", "--start small --force"), "", &asking::environment());
    assert!(small.stdout.ends_with(&next), "{}", small.shown());
}

#[test]
fn at_a_terminal_everything_is_asked() {
    let cli = Cli::new();
    let line = format!("init {}", cli.path("new").display());
    let no_credentials = Environment { no_color: true, ..Environment::default() };
    for typed in ["what\nwhat\nwhat\n", "", "small\nnone\nno\n", "small\nwhich\nwhich\nwhich\n"] {
        let ran = asking::run(&line, typed, &no_credentials);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{typed:?}");
        assert_eq!(cli.names(), Vec::<String>::new(), "{typed:?}");
    }
    let ran = asking::run(&format!("{line} {OF_A_PROJECT}"), "\ngithub\nyes\n", &no_credentials);
    assert_snapshot!("init_asked", ran.shown().replace(cli.path("").to_str().unwrap(), "[folder]/"));
    cli.run("validate new/presences").prints(0, "Valid: 2 definitions.\n");
}

//! `presencectl user get` and `user set`, whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use insta::assert_snapshot;
use presencectl::host::environment::Environment;
use presencectl::sandbox::org_behavior::Offer;
use presencectl::sandbox::{OrgBehavior, Permissions, SandboxConfig, Seed, TOKEN};
use serde_json::{Value, json};

use super::asking::{environment, run};
use super::driver::{Cli, Ran};
use super::server::Org;
use super::{CANARY, LUNCH, signal, with_org};

const ADA: &str = "5a4db0c5-0000-4000-8000-000000000001";
const BEN: &str = "5a4db0c5-0000-4000-8000-000000000002";
const NOBODY: &str = "5a4db0c5-0000-4000-8000-0000000000ff";
const LUNCH_ID: &str = "2fa68d50-0000-4000-8000-000000000001";

/// An org of two definitions beside the primaries: Lunch, and Coaching, which is deactivated.
fn config() -> SandboxConfig {
    let definitions = vec![
        json!({ "id": LUNCH_ID, "languageLabels": { "en_US": "Lunch", "de": "Mittag" }, "systemPresence": "Meal" }),
        json!({ "id": "2fa68d50-0000-4000-8000-000000000002", "languageLabels": { "en_US": "Coaching" },
                "systemPresence": "Busy", "deactivated": true }),
    ];
    let seed = Seed { org_name: "Acme".to_owned(), definitions, ..Seed::default() };
    SandboxConfig { seed, start_unix_ms: Some(1_764_000_000_000), ..SandboxConfig::default() }
}

pub(super) fn piped(cli: &Cli, line: &str, input: &str) -> Ran {
    let mut command = cli.command(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that wants no input may have ended by now.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    cli.ran(child.wait_with_output().unwrap())
}

/// Were presences written?
fn writes(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("PUT /api") || it.starts_with("PATCH /api")).count()
}

#[test]
fn what_users_are_on_is_shown_in_the_order_asked() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    assert_snapshot!("user_get", cli.run(&format!("user get {BEN} {NOBODY} {ADA} {target}")).shown());
    let one = cli.run(&format!("user get {ADA} {target}"));
    assert_eq!((one.code, one.stderr.as_str()), (Some(0), ""));
    assert!(
        one.stdout.contains("\nSince:           2025-11-24T16:00:00.000Z\nPrimary source:  yes\n"),
        "{}",
        one.stdout
    );
    assert_eq!(writes(&org), 0);
    let mut asked = org.requests();
    asked.retain(|it| it.contains("/presencedefinitions"));
    assert_eq!(asked.len(), 2, "labels are read once a run");
}

#[test]
fn ids_come_from_arguments_files_and_standard_input() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let cli = cli.file("ids.txt", &format!("{BEN}\n\n{ADA}\n"));
    let csv = format!("name;userId\n\"Sample; Ada\";{ADA}\nBen;{BEN}\n");
    let header = "id,result,presence,presenceId,systemPresence,since,primarySource,message,reason\n";
    let ada = format!(
        "{ADA},shown,Available,6a3af858-942f-489d-9700-5f9bcdcdae9b,Available,2025-11-24T16:00:00.000Z,not known,,\n"
    );
    let ben = format!(
        "{BEN},shown,On Queue,e08eaf1b-ee47-4fa9-a231-1200e284798f,On Queue,2025-11-24T16:00:00.000Z,not known,,\n"
    );
    let line = format!("user get --from - --from ids.txt -o csv {target}");
    piped(&cli, &line, &csv).prints(0, &format!("{header}{ada}{ben}"));
    cli.run(&format!("user get --from ids.txt -o csv {target}")).prints(0, &format!("{header}{ben}{ada}"));

    let wrong = piped(&cli, &format!("user get ada@example.com --from - {target}"), "x/y\n");
    wrong.complains(
        1,
        "error: the command line: `ada@example.com` is not the id of a user; standard input:1: `x/y` is not the id of a \
         user\n  help: ids of users are the platform's, such as 5a4db0c5-0000-4000-8000-000000000001; nothing was sent\n",
    );
    cli.run(&format!("user get {target}")).complains(
        1,
        "error: no users are named\n  help: give ids of users, or --from FILE with one a line or a CSV with a column `id` \
         or `userId`\n",
    );
    cli.run(&format!("user get --from missing.txt {target}"))
        .complains(1, "error: cannot read `missing.txt`: there is no such file or folder\n");
    let many = piped(&cli, &format!("user get --from - {target}"), &"a b\n".repeat(25));
    assert!(many.stderr.contains("standard input:10: ") && many.stderr.contains("; and 15 more"), "{}", many.stderr);
    assert!(!many.stderr.contains("standard input:11: "), "{}", many.stderr);
}

#[test]
fn labels_that_cannot_be_read_are_a_warning() {
    let org = Org::start(SandboxConfig { permissions: Permissions::Only([].into()), ..config() });
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("user get {ADA} --api v2 {target} -o csv"));
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stderr.starts_with(
            "warning: presences are shown by their ids, since the definitions could not be read: `GET \
             /api/v2/presence/definitions?deactivated=FALSE&localeCode=ALL` was answered with 403"
        ),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains(",shown,,6a3af858-942f-489d-9700-5f9bcdcdae9b,Available,"), "{}", ran.stdout);
}

#[test]
fn teams_is_read_while_the_platform_has_it_and_never_set() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let teams = cli.run(&format!("user get {ADA} --source MicrosoftTeams {target}"));
    assert_eq!(teams.code, Some(0));
    assert!(teams.stdout.contains("\nSource: microsoftteams\n"), "{}", teams.stdout);
    cli.run(&format!("user set {ADA} --presence Lunch --source microsoftteams --yes {target}")).complains(
        1,
        "error: presences of Microsoft Teams can only be read\n  help: use `--source ID` with the id of the presence \
         source that is registered for Teams, or `--source purecloud`, which follows Teams where the org has set up that \
         integration\n",
    );
    assert_eq!(writes(&org), 0);
    let gone = Org::start(SandboxConfig {
        behavior: OrgBehavior { teams: Offer::Gone(410), ..OrgBehavior::default() },
        ..config()
    });
    let (cli, target) = with_org(&gone);
    assert_snapshot!(
        "user_get_teams_gone",
        cli.run(&format!("user get {ADA} --source microsoftteams {target}")).shown()
    );
}

#[test]
fn setting_asks_and_nobody_is_there() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    cli.run(&format!("user set {ADA} --presence Lunch {target}")).complains(
        1,
        "error: presencectl cannot ask: this is not a terminal; nothing was written\n  help: give --yes if it was \
         already approved, as in a script\n",
    );
    piped(&cli, &format!("user set --from - --presence Lunch {target}"), ADA).complains(
        1,
        "error: standard input holds the users, so presencectl cannot ask; nothing was written\n  help: give --yes, or the \
         users in a file\n",
    );
    assert_eq!(writes(&org), 0);
}

#[test]
fn yes_is_the_only_yes() {
    let org = Org::start(config());
    let line = format!("user set {ADA} {BEN} --presence Mittag --base-url {}", org.url);
    let asked = format!(
        "Presence: `Mittag` is a label of \"Lunch\" (Meal, {LUNCH_ID})\n\nSet the presence of 2 users in Acme \
         (5a4db0c5-0000-4000-b000-000000000001) to `Lunch`? Type `yes` to confirm: "
    );
    for typed in ["no\n", "y\n", "YES\n", "\n", ""] {
        let ran = run(&line, typed, &environment());
        let said = format!("{asked}error: not approved; nothing was written\n");
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (Some(1), "", said), "{typed:?}");
    }
    assert_eq!(writes(&org), 0);
    let ran = run(&line, "yes\n", &Environment { ci: true, ..environment() });
    assert_eq!((ran.code, ran.stderr), (Some(0), asked));
    assert!(ran.stdout.ends_with("\nUsers: 2 done.\n"), "{}", ran.stdout);
}

#[test]
fn what_is_read_is_not_written_over() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let cli = cli.file("users.csv", &format!("id,presence\n{ADA},Lunch\n"));
    for command in ["get --from users.csv -o csv=users.csv", "set --from users.csv --yes -o csv=./users.csv"] {
        let ran = cli.run(&format!("user {command} {target}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(
            ran.stderr.ends_with(
                "is a file that this run reads\n  help: give the output another name; nothing was written\n"
            ),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(cli.read("users.csv"), format!("id,presence\n{ADA},Lunch\n"));
    assert_eq!(writes(&org), 0);
}

#[test]
fn users_are_set_and_running_again_writes_nothing() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let cli = cli.file(
        "users.csv",
        &format!("id,presence,message\n{ADA},Lunch,back at one\n{BEN},{LUNCH_ID},\n{NOBODY},Lunch,\n"),
    );
    let line = format!("user set --from users.csv --yes {target}");
    assert_snapshot!("user_set", cli.run(&line).shown());
    assert_eq!(writes(&org), 1);
    let again = cli.run(&format!("{line} -o csv -o json=report.json"));
    assert_eq!((again.code, again.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        again.stdout,
        format!(
            "id,outcome,presence,presenceId,message,reason\n{ADA},already-so,Lunch,{LUNCH_ID},back at one,\n\
             {BEN},already-so,Lunch,{LUNCH_ID},,\n{NOBODY},not-shown,Lunch,{LUNCH_ID},,the org shows no such user\n"
        )
    );
    let report: Value = serde_json::from_str(&cli.read("report.json")).unwrap();
    assert_eq!((&report["kind"], &report["success"]), (&json!("user-report"), &json!(false)));
    assert_eq!(report["presences"][1]["by"], "id");
    assert_eq!(writes(&org), 1, "users who are there already are skipped");

    // What `get` writes, `set` reads.
    let seen = cli.run(&format!("user get {ADA} {BEN} {target} -o csv"));
    cli.write("seen.csv", &seen.stdout);
    let same = cli.run(&format!("user set --from seen.csv --yes {target}"));
    assert!(same.stdout.ends_with("\nUsers: 2 already so.\n"), "{}", same.shown());
}

#[test]
fn one_user_is_set_with_a_message_and_a_source() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let custom = "5a4db0c5-0000-4000-a000-000000000001";
    let line = format!("user set {ADA} --presence Mittag --message soon --source {custom} --yes {target}");
    cli.run(&line).prints(
        0,
        &format!(
            "Org: Acme (5a4db0c5-0000-4000-b000-000000000001), API v1\nSource: {custom}\n\
             Presence: `Mittag` is a label of \"Lunch\" (Meal, {LUNCH_ID})\n\n  \
             done         {ADA} to \"Lunch\"\n\nUsers: 1 done.\n"
        ),
    );
    let seen = cli.run(&format!("user get {ADA} --source {custom} -o json {target}"));
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    let presence = &seen["users"][0]["presence"];
    assert_eq!((&presence["message"], &presence["primarySource"]), (&json!("soon"), &Value::Null));
    assert!(org.requests().contains(&"PUT /api/v2/users/presences/bulk".to_owned()));
    let before = org.requests().len();
    cli.run(&format!("user set {ADA} --presence Mittag --source {custom} --primary --yes {target}")).complains(
        1,
        "error: --primary is not for a registered source: Genesys Cloud sets these in bulk only, and that cannot do it\n  \
         help: leave --primary away, and choose the primary source in the admin pages; nothing was written\n",
    );
    assert_eq!(org.requests().len(), before);
    let own = cli.run(&format!("user set {ADA} --presence Mittag --primary --yes {target}"));
    assert_eq!(own.code, Some(0), "{}", own.shown());
    assert!(org.requests().contains(&format!("PATCH /api/v2/users/{ADA}/presences/purecloud")));
}

#[test]
fn a_key_of_a_config_names_a_presence() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("user set {ADA} --presence lunch --config lunch.yaml --yes {target}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("Presence: `lunch` is the key of \"Lunch\" (Meal, "), "{}", ran.stdout);
    cli.run(&format!("user set {ADA} --presence lunch --yes {target}")).complains(
        1,
        "error: the org has no presence `lunch`; nothing was written\n  help: did you mean `Lunch`? Labels are compared \
         letter by letter\n",
    );
    cli.run(&format!("user set {ADA} --presence Coaching --yes {target}")).complains(
        1,
        "error: `Coaching` is `Coaching` (Busy, 2fa68d50-0000-4000-8000-000000000002), which is deactivated: no one can go \
         on it; nothing was written\n  help: reactivate it first, or name another\n",
    );
    cli.run(&format!("user set {ADA} --yes {target}")).complains(
        1,
        "error: the command line: no presence is named: give --presence, or fill the column `presence`\n  help: ids of \
         users are the platform's, such as 5a4db0c5-0000-4000-8000-000000000001; nothing was sent\n",
    );
    assert_eq!(writes(&org), 1);
}

#[test]
fn the_right_org_is_set_or_none() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let cli = cli
        .file("acme.yaml", &format!("{LUNCH}org: {{ name: acme-prod, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n"));
    let set = format!("user set {ADA} --presence Lunch --yes");
    cli.run(&format!("{set} --org-id 33333333-bbbb-4bbb-8bbb-333333333333 {target}")).complains(
        1,
        "error: these credentials are for `Acme` (5a4db0c5-0000-4000-b000-000000000001); it should be \
         33333333-bbbb-4bbb-8bbb-333333333333\n  help: use the credentials of the org that you mean, or correct the id; \
         nothing was written\n",
    );
    cli.run(&format!("{set} --config acme.yaml {target}")).complains(
        1,
        "error: these credentials are for `Acme` (5a4db0c5-0000-4000-b000-000000000001); this config is for `acme-prod` \
         (22222222-bbbb-4bbb-8bbb-222222222222)\n  help: use the credentials of the org that you mean, or correct the id; \
         nothing was written\n",
    );
    assert_eq!(writes(&org), 0);
    let right = cli.run(&format!("{set} --org-id 5a4db0c5-0000-4000-b000-000000000001 {target}"));
    assert_eq!(right.code, Some(0), "{}", right.shown());

    let real = Cli::new().variable("GENESYSCLOUD_REGION", "eu-central-1").variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    real.run(&set).complains(
        1,
        "error: it is not known which org you mean\n  help: give --org-id ID, or --config PATH with `org: { name: …, \
         id: … }`; \
         `user get` prints the id\n",
    );
}

#[test]
fn a_missing_permission_is_named() {
    let org = Org::start(SandboxConfig { permissions: Permissions::Only([].into()), ..config() });
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("user set {ADA} {BEN} --presence Lunch --yes {target} -o json"));
    assert_eq!(ran.code, Some(1));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let help = report["users"][1]["reason"]["help"].as_str().unwrap();
    assert_eq!(
        help,
        "give a role of the OAuth client the permissions `directory:user:edit` and `presence:userPresence:edit`"
    );
    for (command, named) in [
        ("get", ["integration:microsoftTeams:view", "presence:presenceDefinition:view", "in 2022"]),
        ("set", ["directory:user:edit", "presence:userPresence:edit", "none / none"]),
    ] {
        let text = cli.run(&format!("user {command} --help")).stdout;
        assert!(named.iter().all(|it| text.contains(it)), "{text}");
    }
}

#[test]
fn csv_is_for_tables() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    for command in ["plan lunch.yaml --sandbox -o csv", "apply lunch.yaml --sandbox -o csv=x.csv"] {
        let ran = cli.run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        let formats = "the formats are `human`, `json`, `markdown`, `summary`, `html` and `github`";
        assert!(ran.stderr.contains(formats), "{}", ran.stderr);
    }
    let ran = cli.run(&format!("user get {ADA} -o csv=users.csv -o human"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(cli.read("users.csv"), "", "so that no one takes it for users");
    let ran = cli.run(&format!("user get {ADA} --sandbox -o xml"));
    assert!(ran.stderr.contains("the formats are `human`, `json` and `csv`"), "{}", ran.stderr);
}

#[test]
fn what_a_user_says_is_harmless_in_every_format() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let hostile = "=cmd|'/C calc'!A0 \u{1b}[31m\u{202E}\nx";
    let cli = cli.file("users.csv", &format!("id,presence,message\n{ADA},Lunch,\"'{hostile}\"\n"));
    assert_eq!(cli.run(&format!("user set --from users.csv --yes {target}")).code, Some(0));
    let said = org.sandbox.with(|it| it.org.users().iter().next().unwrap().presence().unwrap().message.clone());
    assert_eq!(said, hostile, "the apostrophe was the guard's");
    let shown = |format: &str| cli.run(&format!("user get {ADA} {target} -o {format}")).stdout;
    assert!(shown("human").contains("=cmd|'/C calc'!A0 \\x1B[31m\\u202E\\nx"), "{}", shown("human"));
    assert!(shown("csv").contains(",'=cmd|'/C calc'!A0 \\x1B[31m\\u202E\\nx,"), "{}", shown("csv"));
    let document: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(document["users"][0]["presence"]["message"], hostile);
    assert!(!shown("json").contains('\u{202E}'));
}

#[test]
fn a_secret_appears_in_no_row() {
    let message = format!("who sent Bearer {TOKEN}?");
    let rule = json!([{ "path": "/api/v2/users/*", "status": 400, "message": message }]).to_string();
    let org = Org::start(SandboxConfig { faults: serde_json::from_str(&rule).unwrap(), ..config() });
    let cli = Cli::new().variable("GENESYSCLOUD_ACCESS_TOKEN", TOKEN);
    for command in [format!("get {ADA} {BEN}"), format!("set {ADA} {BEN} --presence Lunch --yes")] {
        let ran = cli.run(&format!("user {command} --base-url {} -o json -o csv=x.csv -o human=x.txt", org.url));
        assert_eq!(ran.code, Some(1));
        assert!(ran.stdout.contains("[secret]"), "the server did echo it: {}", ran.shown());
        for text in [ran.stdout, ran.stderr, cli.read("x.csv"), cli.read("x.txt")] {
            assert!(!text.contains(TOKEN), "{text}");
        }
    }
}

#[test]
fn a_signal_ends_a_set_with_a_report() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let rule = r#"[{ "method": "PUT", "path": "/api/v2/users/*", "delay_ms": 60000 }]"#;
        let org = Org::start(SandboxConfig { faults: serde_json::from_str(rule).unwrap(), ..config() });
        let (cli, target) = with_org(&org);
        let child = cli.spawn(&format!("user set {ADA} {BEN} --presence Lunch --yes {target}"));
        while writes(&org) == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        signal(&child, name);
        let ran = cli.ran(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(code), "{}", ran.shown());
        assert!(ran.stdout.contains(&format!("Interrupted by SIG{name}: nothing more was started")), "{}", ran.shown());
        assert!(ran.stdout.contains(&format!("unknown      {ADA} to \"Lunch\"")), "{}", ran.shown());
    }
}

#[test]
fn the_sandbox_remembers_where_users_are() {
    let cli = Cli::new();
    let set = format!("user set {ADA} --presence Meal --yes --sandbox");
    assert!(cli.run(&set).stdout.ends_with("Users: 1 done.\n"));
    assert!(cli.run(&set).stdout.ends_with("Users: 1 already so.\n"));
    let shown = cli.run(&format!("user get {ADA} --sandbox")).stdout;
    assert!(shown.starts_with(
        "Org: Sandbox (5a4db0c5-0000-4000-b000-000000000001), API v1 - sandbox: nothing real is written\n"
    ));
}

//! `doctor` of several orgs: an org without credentials is judged as well, and stops no other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET};
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::fleet::{Fleet, id, lunch, suffix};

/// The orgs have no definition that the config does not name.
fn healthy(names: &[&str]) -> Fleet {
    let labels = json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" });
    names.iter().fold(Fleet::new(), |fleet, name| fleet.org(name, lunch(&labels), ""))
}

/// The first org is healthy, the second has no credentials, and the third has the client of another org.
fn three() -> Fleet {
    let fleet = healthy(&["acme-dev", "acme-test", "acme-prod"]);
    let ids = ["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"];
    let fleet = ids.into_iter().fold(fleet, |fleet, it| fleet.variable(&format!("{it}__ACME_TEST"), ""));
    let file = fleet.cli.read("orgs/acme-prod.yaml").replace(&id(3), &id(9));
    fleet.cli.write("orgs/acme-prod.yaml", &file);
    fleet
}

/// Without what differs in each run: ports and ids of exchanges.
fn shown(fleet: &Fleet, text: &str) -> String {
    let ports = fleet.orgs.iter().fold(text.to_owned(), |text, (name, org)| {
        let address = org.url.trim_start_matches("http://");
        text.replace(address, &format!("{name}.test"))
    });
    let line = |it: &str| match it.trim_start() {
        id if id.starts_with("correlation id: ") => "correlation id: [id]".to_owned(),
        id if id.starts_with("\"correlationId\": ") => "\"correlationId\": [id]".to_owned(),
        _ => it.to_owned(),
    };
    ports.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

fn statuses(document: &Value) -> Vec<(&str, &str)> {
    let orgs = document["orgs"].as_array().unwrap();
    orgs.iter().map(|it| (it["name"].as_str().unwrap(), it["status"].as_str().unwrap())).collect()
}

#[test]
fn failed_orgs_come_first_and_a_healthy_one_is_a_line() {
    let fleet = three();
    let ran = fleet.run("doctor . --all-orgs");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("text", shown(&fleet, &ran.shown()));
    let ran = fleet.run("doctor . --all-orgs -o json");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("json", shown(&fleet, &ran.stdout));
    let expected = vec![("acme-dev", "ok"), ("acme-prod", "failed"), ("acme-test", "failed")];
    assert_eq!(statuses(&document(&ran)), expected, "in the order of the files");
}

#[test]
fn one_failed_org_is_enough_for_exit_code_1() {
    let names = ["acme-dev", "acme-prod", "acme-test"];
    assert_eq!(healthy(&names).run("doctor . --all-orgs").code, Some(0));
    for failing in names {
        let variable = format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{}", suffix(failing));
        let fleet = healthy(&names).variable(&variable, "another-secret-of-some-length");
        let [ran, other] = ["1", "4"].map(|it| {
            let ran = fleet.run(&format!("doctor . --all-orgs --parallel {it}"));
            (ran.code, shown(&fleet, &ran.stdout), ran.stderr)
        });
        assert_eq!(ran, other, "how many are asked at once changes nothing");
        let (code, stdout, _) = ran;
        assert_eq!(code, Some(1), "{failing}");
        assert!(stdout.starts_with("3 orgs: 1 with a failed check, 2 without either\n"), "{stdout}");
        let place = |name: &str| stdout.find(&format!("\n{name}: ")).unwrap();
        assert!(names.iter().all(|it| *it == failing || place(failing) < place(it)), "{stdout}");
        let all = [stdout.as_str(), &fleet.run("doctor . --all-orgs -o json").stdout].concat();
        assert!(!all.contains(CLIENT_SECRET) && !all.contains("another-secret"), "{all}");
    }
}

#[test]
fn a_pattern_or_a_stage_chooses_and_an_unknown_one_is_an_error() {
    let fleet = three();
    let ran = fleet.run("doctor . --stage dev -o json");
    assert_eq!(ran.code, Some(0), "the orgs that are not chosen are not asked");
    assert_eq!(statuses(&document(&ran)), [("acme-dev", "ok")]);
    let ran = fleet.run("doctor . --org acme-t* --org acme-dev -o json");
    assert_eq!(statuses(&document(&ran)), [("acme-dev", "ok"), ("acme-test", "failed")]);
    for line in ["doctor . --org globex-*", "doctor . --stage production"] {
        let ran = fleet.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{line}\n{}", ran.stderr);
    }
}

#[test]
fn an_org_without_an_id_fails_and_is_only_asked_who_it_is() {
    let fleet = healthy(&["acme-dev", "acme-prod"]);
    let file = fleet.cli.read("orgs/acme-dev.yaml").replace(&format!(" id: {},", id(1)), "");
    fleet.cli.write("orgs/acme-dev.yaml", &file);
    let ran = fleet.run("doctor . --all-orgs --try-write");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains(&format!("write `id: {}` below `org`", id(1))), "{}", ran.stdout);
    let asked = fleet.sandbox("acme-dev").with(|it| it.log.entries.clone());
    assert!(asked.iter().all(|it| !it.path.contains("presence")), "only who it is was asked");
}

/// The first org of the run is named like the secret of the last one.
#[test]
fn no_org_shows_the_secret_of_another() {
    let secret = "the-secret-of-the-last-org";
    let labels = json!({ "en_US": "Lunch break", "de": "Mittagspause", "sv": "Lunchrast" });
    let fleet = Fleet::new()
        .org(&format!("{secret}-dev"), lunch(&labels), "")
        .org("zeta-prod", lunch(&labels), "")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET__ZETA_PROD", secret);
    let file = format!("orgs/{secret}-dev.yaml");
    // Its config calls it otherwise, so only the org's answer holds the secret.
    fleet
        .cli
        .write("orgs/acme-dev.yaml", &fleet.cli.read(&file).replace(&format!("name: {secret}-dev"), "name: acme-dev"));
    std::fs::remove_file(fleet.cli.path(&file)).unwrap();
    let fleet = [("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)]
        .into_iter()
        .fold(fleet, |fleet, (name, it)| fleet.variable(&format!("GENESYSCLOUD_OAUTH{name}__ACME_DEV"), it));
    let url = fleet.orgs[0].1.url.clone();
    let fleet = fleet.variable("PRESENCECTL_BASE_URL__ACME_DEV", &url);
    for more in ["", " -o json", " --parallel 1"] {
        let ran = fleet.run(&format!("doctor . --all-orgs --try-write{more}"));
        assert_eq!(ran.code, Some(1));
        assert!(!ran.shown().contains(secret), "{}", ran.shown());
    }
}

#[test]
fn the_sandbox_has_an_org_for_each_org_file() {
    let cli = Cli::with_examples();
    let ran = cli.run("doctor examples/many-orgs --all-orgs --sandbox");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("\nglobex: all 13 checks pass\n"), "{}", ran.stdout);
}

#[test]
fn a_token_for_all_orgs_is_an_error() {
    let ran = three().variable("GENESYSCLOUD_ACCESS_TOKEN", "a-token").run("doctor . --all-orgs");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("GENESYSCLOUD_ACCESS_TOKEN is set, and several orgs are read"), "{}", ran.stderr);
}

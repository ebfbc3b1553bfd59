//! `import --names-from`: keys from a Terraform state, and the blocks that let Terraform forget it.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::driver::{Cli, Ran};

const STATE: &str = "examples/from-cx-as-code/show.json";
const SEEDED: &str = "--sandbox --sandbox-seed examples/from-cx-as-code/org.json";
const CANARY: &str = "canary-c0ffee-do-not-print";

fn import(cli: &Cli, rest: &str) -> Ran {
    cli.run(&format!("import {SEEDED} {rest}"))
}

/// The error of a run with a state of this text.
fn complaint(text: impl AsRef<[u8]>) -> String {
    let cli = Cli::with_examples();
    fs::write(cli.path("state.json"), text).expect("a state");
    let ran = import(&cli, "--names-from state.json --out presence.yaml -o terraform=removed.tf");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.shown());
    assert!(!cli.path("presence.yaml").exists() && !cli.path("removed.tf").exists());
    ran.stderr
}

#[test]
fn the_plan_is_empty_and_terraform_forgets_what_was_imported() {
    let cli = Cli::with_examples();
    let ran = import(&cli, &format!("--names-from {STATE} --out presence.yaml -o terraform=removed.tf"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert!(ran.stdout.contains("\nImported 6 definitions:\n  written   presence.yaml\n"), "{}", ran.shown());
    let end = "\nWhen you delete the resources from the `.tf` files, add `removed.tf`, which has their `removed` blocks.\n\
               Without them, the next `terraform apply` deactivates all of these definitions.\n";
    assert!(ran.stdout.ends_with(end), "{}", ran.shown());
    let config = cli.read("presence.yaml");
    for key in ["nordic-tea", "role-play", "shift-early", "shift-late", "smoke", "tea"] {
        assert!(config.contains(&format!("\n  {key}:\n")), "{key}: {config}");
    }
    let blocks = cli.read("removed.tf");
    let from: Vec<&str> = blocks.lines().filter_map(|it| it.strip_prefix("  from = ")).collect();
    let address = |it: &str| it.replace('T', "genesyscloud_organization_presence_definition");
    assert_eq!(from, ["T.shift", "T.smoke", "T.tea", "module.nordic.T.tea"].map(address));
    assert_eq!(blocks.matches("\n    destroy = false\n").count(), 4);
    let plan = cli.run("plan presence.yaml --sandbox --detailed-exitcode");
    assert!(
        plan.code == Some(0) && plan.stdout.ends_with("\n\nNo changes. 6 definitions are in sync.\n"),
        "{}",
        plan.shown()
    );
}

#[test]
fn without_a_file_the_blocks_stand_at_the_end_of_what_people_read() {
    let cli = Cli::with_examples();
    import(&cli, &format!("--names-from {STATE} --out presence.yaml -o terraform=removed.tf"));
    let blocks = cli.read("removed.tf");
    let warning = "Without them, the next `terraform apply` deactivates all of these definitions.\n";
    let to_file = import(&cli, &format!("--names-from {STATE} --out presence.yaml"));
    assert!(to_file.stdout.ends_with(&format!("{warning}\n{blocks}")), "{}", to_file.shown());
    let to_stdout = import(&cli, &format!("--names-from {STATE}"));
    assert_eq!(to_stdout.stdout, cli.read("presence.yaml"));
    assert!(to_stdout.stderr.ends_with(&format!("{warning}\n{blocks}")), "{}", to_stdout.shown());
    let alone = import(&cli, &format!("--names-from {STATE} --out presence.yaml -o terraform"));
    assert_eq!(alone.stdout, blocks);
    assert!(alone.stderr.contains("Imported 6 definitions:\n"), "{}", alone.shown());
}

#[test]
fn a_state_comes_from_standard_input_as_well() {
    let cli = Cli::with_examples();
    let mut command = cli.command(&format!("import {SEEDED} --names-from -"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(cli.read(STATE).as_bytes()).unwrap();
    let ran = cli.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("\n  nordic-tea:\n"), "{}", ran.shown());
}

#[test]
fn nothing_that_was_read_or_is_written_is_an_output_as_well() {
    let cli = Cli::with_examples();
    let state = cli.read(STATE);
    for (rest, said) in [
        (format!("--out presence.yaml -o terraform={STATE}"), "is a file that this run reads"),
        ("--out presence.yaml -o terraform=./presence.yaml".to_owned(), "is a file of the config as well"),
        (format!("--out {STATE} --force"), "error: this run reads"),
        ("-o terraform".to_owned(), "both go to standard output"),
    ] {
        let ran = import(&cli, &format!("--names-from {STATE} {rest}"));
        assert!(ran.code == Some(1) && ran.stderr.contains(said), "{rest}: {}", ran.shown());
        assert_eq!((cli.read(STATE), cli.path("presence.yaml").exists()), (state.clone(), false), "{rest}");
    }
    let ran = import(&cli, "-o terraform=removed.tf");
    assert!(ran.code == Some(1) && ran.stderr.contains("--names-from"), "{}", ran.shown());
}

#[test]
fn a_run_that_fails_leaves_an_earlier_file_of_blocks() {
    let cli = Cli::with_examples().file("removed.tf", "# of an earlier run\n").file("state.json", "{}");
    let ran = import(&cli, "--names-from state.json --out presence.yaml -o terraform=removed.tf");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert_eq!(cli.read("removed.tf"), "# of an earlier run\n");
}

#[test]
fn what_is_no_state_is_told_with_what_to_type() {
    let said = |what: &str, help: &str| {
        format!("error: cannot take names from `state.json`: {what}; nothing was written\n  help: {help}\n")
    };
    let make = "make it with `terraform show -json > FILE`, or with `tofu`";
    let plan = said("it is a plan, not a state", "print the state, without a plan file: `terraform show -json > FILE`");
    assert_eq!(complaint(r#"{ "format_version": "1.2", "resource_changes": [] }"#), plan);
    assert_eq!(complaint(b"PK\x03\x04\xFF"), plan);
    assert_eq!(
        complaint(r#"{ "version": 4, "serial": 1, "lineage": "", "resources": [] }"#),
        said(
            "it is a raw state, as `terraform.tfstate` is",
            "print it where it is used: `terraform show -json > FILE`"
        )
    );
    assert_eq!(complaint("{\n  \"values\": }"), said("it is not JSON (expected value at line 2 column 13)", make));
    assert_eq!(
        complaint(r#"{ "format_version": "1.0" }"#),
        said(
            "it has no resource `genesyscloud_organization_presence_definition`",
            "run `terraform show -json > FILE` where the presences are managed; without it, `import` makes the keys"
        )
    );
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(complaint(utf16).contains("it is UTF-16, as `>` in Windows PowerShell writes it: save it as UTF-8;"));
    assert!(complaint(vec![b' '; 64 * 1024 * 1024 + 1]).contains("it is longer than 67108864 bytes;"));
    let cli = Cli::with_examples().file("show.json", "{}");
    let ran = import(&cli, "--names-from shwo.json");
    assert!(ran.code == Some(1) && ran.stderr.contains("did you mean `show.json`?"), "{}", ran.shown());
}

#[test]
fn a_state_of_another_org_is_refused() {
    let other = Cli::with_examples().read(STATE).replace("7c1d9a40", "00000000");
    assert_eq!(
        complaint(other),
        "error: the org has none of the definitions of the Terraform state; nothing was written\n  help: give the state \
         of this org, or the credentials of the other one\n"
    );
}

/// Other resources, labels and other content of a state are never shown, whether it is accepted or refused.
#[test]
fn no_value_of_a_state_is_printed_but_addresses_and_ids() {
    let cli = Cli::with_examples();
    let mut state: Value = serde_json::from_str(&cli.read(STATE)).unwrap();
    state["values"]["outputs"] = json!({ "password": { "value": CANARY } });
    let resources = state["values"]["root_module"]["resources"].as_array_mut().unwrap();
    let secret =
        json!({ "mode": "managed", "type": "genesyscloud_oauth_client", "name": "x", "values": { "id": CANARY } });
    resources.push(secret);
    resources[0]["values"]["language_labels"] = json!({ "en_US": CANARY });
    resources[1]["values"]["id"] = json!("\u{1b}[31m`gone`");
    let taken = state.to_string();
    cli.write("state.json", &taken);
    let ran = import(&cli, "--names-from state.json --out presence.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(!ran.shown().contains(CANARY) && !ran.shown().contains('\u{1b}'), "{}", ran.shown());
    assert!(
        ran.stderr.contains(
            "note: `genesyscloud_organization_presence_definition.shift[\"late\"]`: the org has no definition \
             `\\x1B[31m\\x60gone\\x60`\n"
        ),
        "{}",
        ran.stderr
    );
    let shapes: [fn(&mut Value); 5] = [
        |it| it["format_version"] = json!(CANARY),
        |it| it["values"] = json!(CANARY),
        |it| it["values"]["root_module"]["resources"][0]["values"] = json!(CANARY),
        |it| it["values"]["root_module"]["resources"][0]["mode"] = json!([CANARY]),
        |it| it["values"]["root_module"]["child_modules"] = json!(CANARY),
    ];
    for spoil in shapes {
        let mut spoilt = state.clone();
        spoil(&mut spoilt);
        let said = complaint(spoilt.to_string());
        assert!(!said.contains(CANARY), "{said}");
    }
    for end in [taken.len() / 2, taken.len() - 1] {
        let said = complaint(&taken.as_bytes()[..end]);
        assert!(!said.contains(CANARY), "{said}");
    }
}

//! The outputs of a run: standard output and files, but never over an input.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::process::Stdio;

use presencectl::sandbox::SandboxConfig;
use serde_json::Value;

use super::driver::Cli;
use super::server::Org;
use super::users::piped;
use super::{LUNCH, with_org};

const SEED: &str = r#"[{"languageLabels":{"en_US":"Old"},"systemPresence":"Busy"}]"#;

fn document(cli: &Cli, name: &str) -> Value {
    serde_json::from_str(&cli.read(name)).unwrap()
}

#[test]
fn nothing_that_a_run_reads_is_written_over() {
    let cli = Cli::new()
        .file("conf/lunch.yaml", LUNCH)
        .file("conf/tea.yaml", "version: 1\ndefinitions: {}\n")
        .file("broken.yaml", "version: 1\ndefinitions: { lunch: { labels: {} } }\n")
        .file("seed.json", SEED)
        .file("faults.json", r#"{ "faults": [] }"#);
    assert_eq!(cli.run("plan conf --sandbox -o json=plan.json").code, Some(0));
    std::os::unix::fs::symlink("conf/tea.yaml", cli.path("link.json")).unwrap();
    std::os::unix::fs::symlink("conf", cli.path("folder")).unwrap();
    let files = || -> Vec<(String, String)> {
        let names = ["conf/lunch.yaml", "conf/tea.yaml", "broken.yaml", "seed.json", "faults.json", "plan.json"];
        names.iter().map(|it| ((*it).to_owned(), cli.read(it))).collect()
    };
    let before = files();
    for (command, output) in [
        ("plan conf", "json=conf/lunch.yaml"),
        ("plan conf", "human=./conf/../conf/tea.yaml"),
        ("plan conf", "json=link.json"),
        ("plan conf", "json=folder/lunch.yaml"),
        ("plan folder/lunch.yaml", "json=conf/lunch.yaml"),
        ("plan broken.yaml", "json=broken.yaml"),
        ("plan conf --sandbox-seed seed.json", "json=seed.json"),
        ("plan broken.yaml --sandbox-seed seed.json", "json=seed.json"),
        ("plan conf --sandbox-faults faults.json", "human=faults.json"),
        ("plan conf --sandbox-behavior faults.json", "human=faults.json"),
        ("plan conf", "json=.presencectl/sandbox/default.json"),
        ("apply conf --auto-approve", "json=conf/lunch.yaml"),
        ("apply conf --auto-approve --plan plan.json", "json=plan.json"),
    ] {
        let (_, path) = output.split_once('=').unwrap();
        cli.run(&format!("{command} --sandbox -o {output}")).complains(
            1,
            &format!(
                "error: the output `{path}` is a file that this run reads\n  help: give the output another name; \
                 nothing was written\n"
            ),
        );
        assert_eq!(files(), before, "{command} -o {output}");
    }
    assert_eq!(cli.run("plan conf --sandbox --detailed-exitcode").code, Some(2), "nothing was applied");
    assert_eq!(cli.run("plan conf --sandbox -o json=plan.json").code, Some(0), "what is not read may be replaced");
}

#[test]
fn the_other_outputs_tell_that_one_was_refused() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let ran = cli.run("plan lunch.yaml --sandbox -o human=lunch.yaml -o json");
    assert_eq!(ran.code, Some(1));
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["message"], "the output `lunch.yaml` is a file that this run reads");
    assert_eq!(cli.read("lunch.yaml"), LUNCH);
}

#[test]
fn a_file_is_beside_what_standard_output_gets() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let plain = cli.run("plan lunch.yaml --sandbox");
    let both = cli.run("plan lunch.yaml --sandbox -o human=plan.txt");
    assert_eq!(both, plain, "a file adds to what is shown");
    assert_eq!(cli.read("plan.txt"), plain.stdout);
    let json = cli.run("plan lunch.yaml --sandbox -o json -o human=plan.txt -o json=plan.json");
    assert_eq!(json.stdout, cli.read("plan.json"));
    assert_eq!(cli.read("plan.txt"), plain.stdout);
    let coloured = cli.run("plan lunch.yaml --sandbox --color always -o human=plan.txt");
    assert_eq!(console::strip_ansi_codes(&coloured.stdout), plain.stdout);
    assert_ne!(coloured.stdout, plain.stdout);
    assert_eq!(cli.read("plan.txt"), plain.stdout, "a file has no colours");
}

#[test]
fn an_applys_file_for_people_holds_plan_and_report() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let nobody = cli.run("apply lunch.yaml --sandbox -o human=out.txt");
    let refusal = "error: presencectl cannot ask: this is not a terminal; nothing was written\n  \
                   help: give --auto-approve if it was already approved, as in CI\n";
    assert_eq!((nobody.code, nobody.stderr.as_str()), (Some(1), refusal));
    assert_eq!(cli.read("out.txt"), format!("{}\n{refusal}", nobody.stdout));

    let ran = cli.run("apply lunch.yaml --sandbox --auto-approve -o human=out.txt -o json=out.json");
    let org = "Org: Sandbox (5a4db0c5-0000-4000-b000-000000000001), API v1 - sandbox: nothing real is written\n";
    assert_eq!(cli.read("out.txt"), ran.stdout);
    assert_eq!(
        ran.stdout,
        format!(
            "{org}\n  + create lunch (Meal): nothing in the org matches\n    + en_US: \"Lunch\"\n\nPlan: 1 to create.\nCost: 7 requests, about 2 s\n\n  \
             done            create lunch \"Lunch\" (Meal, de5c7799-0000-4000-8000-000000000001)\n\n\
             Verified: the org was read again, and it is in sync\nApply: 1 done.\n\
             Undo: presencectl undo out.json --config lunch.yaml --sandbox\n"
        )
    );
    assert_eq!(document(&cli, "out.json")["kind"], "report");

    let again = cli.run("apply lunch.yaml --sandbox --auto-approve -o json -o human=out.txt");
    assert_eq!(cli.read("out.txt"), format!("{org}\nNo changes. 1 definition is in sync.\n"));
    assert_eq!(again.stderr, cli.read("out.txt"), "beside a document, people read on standard error");
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).unwrap()["verification"]["result"], "not-needed");
}

#[test]
fn an_error_document_names_the_org_as_far_as_it_is_known() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("broken.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Meal, labels: {} } }\n");
    let broken = cli.run("plan broken.yaml --sandbox -o json");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        broken.stdout,
        format!(
            r#"{{
  "kind": "error",
  "formatVersion": 1,
  "toolVersion": "{version}",
  "target": {{
    "sandbox": true
  }},
  "message": "the config holds errors",
  "findings": [
    {{
      "code": "missing-default-label",
      "severity": "error",
      "message": "`lunch` has no label for the default locale `en_US`",
      "help": "add `en_US: …` to its `labels`: this label finds the definition in the org",
      "place": {{
        "file": "broken.yaml",
        "line": 2,
        "column": 16
      }}
    }}
  ],
  "found": {{
    "errors": 1,
    "warnings": 0,
    "notShown": 0
  }}
}}
"#
        )
    );
    let refused = cli.run(&format!("apply lunch.yaml {target} -o json")).stdout;
    // When it was, and who: another one in every run.
    let (before, rest) = refused.split_once("  \"run\": {\n").unwrap();
    let (run, after) = rest.split_once("  },\n").unwrap();
    assert!(run.contains("\"began\": \"20") && run.contains("\"client\": \"sandbox-client\""), "{run}");
    assert_eq!(
        format!("{before}{after}"),
        format!(
            r#"{{
  "kind": "error",
  "formatVersion": 1,
  "toolVersion": "{version}",
  "target": {{
    "orgId": "5a4db0c5-0000-4000-b000-000000000001",
    "orgName": "Sandbox",
    "sandbox": false
  }},
  "message": "presencectl cannot ask: this is not a terminal; nothing was written",
  "help": "give --auto-approve if it was already approved, as in CI",
  "findings": []
}}
"#
        )
    );
    let wrong = format!("{LUNCH}org: {{ name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n");
    cli.write("acme.yaml", &wrong);
    assert_eq!(cli.run(&format!("plan acme.yaml {target} -o json=acme.json")).code, Some(1));
    assert_eq!(document(&cli, "acme.json")["target"]["orgName"], "Sandbox", "the one that answered");

    let schema = serde_json::from_str(&cli.run("schema error").stdout).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for text in [broken.stdout, refused, cli.read("acme.json")] {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        assert!(schema.is_valid(&document), "{text}");
        document["kind"] = "plan".into();
        assert!(!schema.is_valid(&document));
    }
}

#[test]
fn a_link_and_a_file_that_is_there_are_written_through_and_over() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("old.json", "old").file("real.json", "old");
    std::os::unix::fs::symlink("real.json", cli.path("link.json")).unwrap();
    assert_eq!(cli.run("plan lunch.yaml --sandbox -o json=link.json -o human=old.json").code, Some(0));
    assert_eq!(document(&cli, "real.json")["kind"], "plan");
    assert!(cli.path("link.json").is_symlink());
    assert!(cli.read("old.json").starts_with("Org: "));
    cli.run("plan lunch.yaml --sandbox -o json=link.json -o human=real.json")
        .complains(1, "error: two formats for the file `real.json`\n  help: give each a file of its own\n");
    // Also if what the links lead to is not there yet.
    std::os::unix::fs::symlink("new.json", cli.path("to-new.json")).unwrap();
    std::os::unix::fs::symlink("to-new.json", cli.path("to-link.json")).unwrap();
    cli.run("plan lunch.yaml --sandbox -o json=new.json -o human=to-link.json")
        .complains(1, "error: two formats for the file `to-link.json`\n  help: give each a file of its own\n");
    assert!(!cli.path("new.json").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_never_a_success() {
    let cli = Cli::with_examples();
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for command in [
        "plan examples/quickstart --sandbox",
        "plan examples/quickstart --sandbox --detailed-exitcode",
        "plan examples/quickstart --sandbox -o json",
        "show --sandbox",
        "validate examples/quickstart",
        "config examples/quickstart",
        "schema",
        "--help",
        "--version",
    ] {
        let ran = cli.ran(cli.command(command).stdout(full()).output().unwrap());
        ran.complains(1, "error: standard output could not be written: the disk is full\n");
    }
    let ran =
        cli.ran(cli.command("apply examples/quickstart --sandbox --auto-approve").stdout(full()).output().unwrap());
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.ends_with("error: standard output could not be written: the disk is full\n"), "{}", ran.stderr);
    assert_eq!(cli.run("plan examples/quickstart --sandbox --detailed-exitcode").code, Some(0), "the work was done");

    let ran = cli.run("plan examples/quickstart --sandbox -o json=/dev/full");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), "error: cannot write `/dev/full`: the disk is full\n"));
    let ran = cli.ran(cli.command("plan nowhere").stderr(full()).output().unwrap());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
}

#[test]
fn a_dash_is_standard_output() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let before = cli.names();
    let ran = cli.run("plan lunch.yaml --sandbox -o json=-");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["kind"], "plan");
    assert!(!cli.names().contains(&"-".to_owned()), "{before:?}");
    let two = cli.run("plan lunch.yaml --sandbox -o json=- -o human");
    assert_eq!(two.code, Some(1), "{}", two.shown());
}

/// The initial bytes of a file, and its content after a plan that writes its summary there.
fn summary_after(cli: &Cli, there: &str) -> String {
    cli.write("step", there);
    let ran = cli.run("plan lunch.yaml --sandbox -o summary=step");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let text = cli.read("step");
    assert!(text.starts_with(there) && text.len() < 1024 * 1024, "{} bytes", text.len());
    text[there.len()..].to_owned()
}

#[test]
fn the_summary_of_a_step_is_appended_to_and_never_too_long() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).variable("GITHUB_STEP_SUMMARY", "./step");
    let alone = summary_after(&cli, "");
    assert!(alone.contains("lunch") && !alone.starts_with('\n'), "{alone}");
    assert_eq!(summary_after(&cli, "# Before\n"), format!("\n\n{alone}"));
    let taken = |room: usize| "x".repeat(1023 * 1024 - 2 - room);
    assert_eq!(summary_after(&cli, &taken(alone.len())), format!("\n\n{alone}"), "what fits is written whole");
    let note = summary_after(&cli, &taken(100));
    assert_eq!(
        note,
        "\n\n> There is no room for more in the summary of this step. The result is in the log of the step.\n"
    );
    assert_eq!(summary_after(&cli, &taken(1)), "");
    for room in [1, 100] {
        cli.write("step", &taken(room));
        let told = cli.run("plan lunch.yaml --sandbox -o summary=step").stderr;
        assert!(told.contains("warning: the result is not in `step`"), "{told}");
    }
    // Any other file is replaced.
    cli.write("other", "old");
    cli.run("plan lunch.yaml --sandbox -o summary=other");
    assert_eq!(cli.read("other"), alone);
}

#[test]
#[cfg(target_os = "linux")]
fn a_mounted_file_is_written_in_place() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    // A mounted file cannot be replaced by a rename. A user who must not mount gets a user namespace first.
    let flags = ["--mount", "--map-root-user --mount"];
    let may = |flags: &&str| {
        let tried =
            std::process::Command::new("unshare").args(flags.split(' ')).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|it| it.success())
    };
    let Some(flags) = flags.iter().find(|it| may(it)) else {
        return crate::tools::missing("unshare cannot mount");
    };
    let applies = ["summary", "markdown", "json", "human", "html", "github"].map(|it| (it, format!("-o {it}=out")));
    let applies = applies.map(|(it, output)| (it, format!("apply lunch.yaml --sandbox --auto-approve {output}")));
    let import = ("import", "import --sandbox --force --out out".to_owned());
    for (format, line) in applies.into_iter().chain([import]) {
        cli.write("behind", &"old ".repeat(50_000));
        cli.write("out", "");
        let script = "mount --bind behind out && exec \"$@\"";
        let mut command = std::process::Command::new("unshare");
        command.args(flags.split(' ')).args(["sh", "-c", script, "-"]).arg(env!("CARGO_BIN_EXE_presencectl"));
        command.args(line.split(' ')).current_dir(cli.path("")).env("PRESENCECTL_NO_REPORT", "1");
        let ran = cli.ran(command.output().unwrap());
        assert_eq!(ran.code, Some(0), "{format}: {}", ran.shown());
        let written = cli.read("behind");
        assert!(!written.contains("old old") && (!written.is_empty() || format == "github"), "{format}: {written}");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over_and_utf_16_is_named() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("seed.json", &format!("\u{FEFF}{SEED}"));
    cli.write("faults.json", "\u{FEFF}{ \"faults\": [] }");
    cli.write("users.csv", "\u{FEFF}id\n5a4db0c5-0000-4000-8000-000000000001\n");
    let seeded = "--sandbox --sandbox-seed seed.json --sandbox-faults faults.json";
    let plan = cli.run(&format!("plan lunch.yaml {seeded} -o json=plan.json"));
    assert_eq!(plan.code, Some(0), "{}", plan.shown());
    cli.write("plan.json", &format!("\u{FEFF}{}", cli.read("plan.json")));
    let applied = cli.run(&format!("apply lunch.yaml {seeded} --plan plan.json --auto-approve -o json=report.json"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    cli.write("report.json", &format!("\u{FEFF}{}", cli.read("report.json")));
    let undone = cli.run("undo report.json --config lunch.yaml --sandbox --auto-approve");
    assert_eq!(undone.code, Some(0), "{}", undone.shown());
    let users = cli.run("user get --from users.csv --sandbox");
    assert_eq!(users.code, Some(0), "{}", users.shown());

    let utf16 = |name: &str, begin: &[u8]| {
        let text = cli.read(name).replace('\u{FEFF}', "");
        let bytes: Vec<u8> = begin.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        fs::write(cli.path(name), bytes).unwrap();
    };
    for begin in [[0xFF, 0xFE].as_slice(), &[]] {
        for (name, command) in [
            ("plan.json", "apply lunch.yaml --sandbox --plan plan.json --auto-approve"),
            ("report.json", "undo report.json --config lunch.yaml --sandbox"),
            ("users.csv", "user get --from users.csv --sandbox"),
            ("faults.json", "plan lunch.yaml --sandbox --sandbox-faults faults.json"),
            ("lunch.yaml", "plan lunch.yaml --sandbox"),
        ] {
            let text = cli.read(name);
            utf16(name, begin);
            let ran = cli.run(command);
            assert!(ran.code == Some(1) && ran.stderr.contains("is UTF-16"), "{name}: {}", ran.shown());
            // Only a plan can be made anew so.
            assert_eq!(ran.stderr.contains("-o json=FILE"), name == "plan.json", "{}", ran.stderr);
            let wide = text.chars().flat_map(|it| u32::from(it).to_le_bytes()).collect::<Vec<u8>>();
            fs::write(cli.path(name), wide).unwrap();
            let ran = cli.run(command);
            assert!(ran.code == Some(1) && ran.stderr.contains("is UTF-32"), "{name}: {}", ran.shown());
            cli.write(name, &text);
        }
    }
    fs::write(cli.path("users.csv"), b"id;message\n5a4db0c5-0000-4000-8000-000000000001;Caf\xE9\n").unwrap();
    let ran = cli.run("user get --from users.csv --sandbox");
    let said = "line 2 is not UTF-8; if Excel wrote it as `CSV`, it is Windows-1252 or another old encoding";
    assert!(ran.stderr.contains(said) && ran.stderr.contains("in Excel as `CSV UTF-8`"), "{}", ran.shown());
}

/// `-` is a stream wherever that can be, and nowhere the name of a file or folder.
#[test]
fn a_dash_is_a_stream_or_refused_with_what_to_type() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let whole = cli.run("import --sandbox");
    assert_eq!(cli.run("import --sandbox --out -"), whole);
    assert_eq!(cli.run("import --sandbox --force --out -"), whole);
    let plan = cli.run("plan lunch.yaml --sandbox -o json").stdout;
    let twice = piped(&cli, "apply lunch.yaml --sandbox --plan - --plan - --auto-approve", &plan);
    assert!(twice.code == Some(1) && twice.stderr.contains("give the others as files"), "{}", twice.shown());
    let applied = piped(&cli, "apply lunch.yaml --sandbox --plan - --auto-approve", &plan);
    assert!(applied.code == Some(0) && applied.stdout.contains("Apply: 1 done"), "{}", applied.shown());
    for (line, help) in [
        ("import --sandbox --split --out -", "`./-`"),
        ("man --out -", "a folder stands here"),
        ("init - --start small --yes", "a folder stands here"),
        ("log -", "a folder stands here"),
        ("plan lunch.yaml --sandbox --report-dir -", "a folder stands here"),
        ("apply lunch.yaml --sandbox --auto-approve --report-dir -", "a folder stands here"),
        ("drift lunch.yaml --sandbox --report-dir -", "a folder stands here"),
        ("sandbox --state -", "a file stands here"),
        ("sandbox --seed -", "save it as a file"),
        ("plan lunch.yaml --sandbox --sandbox-seed -", "save it as a file"),
        ("plan lunch.yaml --sandbox --sandbox-faults -", "save it as a file"),
        ("plan lunch.yaml --ca-cert -", "save it as a file"),
        ("undo - --sandbox", "save it as a file"),
    ] {
        let ran = cli.run(line);
        assert!(
            ran.code == Some(1) && ran.stderr.contains(help) && ran.stderr.contains("`./-`"),
            "{line}: {}",
            ran.shown()
        );
    }
    let variable = Cli::new().variable("PRESENCECTL_OUT", "-").run("man");
    assert!(variable.stderr.contains("a folder stands here"), "{}", variable.shown());
    assert_eq!(cli.names(), [".presencectl", "lunch.yaml"], "nothing is named `-`");
}

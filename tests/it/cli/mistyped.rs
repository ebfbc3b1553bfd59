//! Wrong usage, told in every output that was asked for: nobody takes an earlier result for this one's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::CommandFactory as _;
use serde_json::Value;

use super::driver::Cli;
use super::{LUNCH, commands};

const FORMATS: [&str; 9] = ["human", "json", "markdown", "summary", "html", "github", "csv", "sarif", "gitlab"];
const STALE: &str = "what an earlier run left";

fn document(cli: &Cli, name: &str) -> Value {
    serde_json::from_str(&cli.read(name)).unwrap()
}

#[test]
fn every_output_of_every_command_tells_of_it() {
    let root = presencectl::cli::Cli::command();
    let has_outputs = |command: &String| {
        let defined = command.split(' ').fold(&root, |it, word| it.find_subcommand(word).unwrap());
        defined.get_arguments().any(|it| it.get_long() == Some("output"))
    };
    let mut seen = BTreeSet::new();
    for command in commands().into_iter().filter(has_outputs) {
        let cli = Cli::new();
        let formats = cli.run(&format!("{command} -o xml")).stderr;
        let mut asked = String::new();
        for format in FORMATS {
            cli.write(&format!("out/{format}"), STALE);
            write!(asked, " -o {format}=out/{format}").unwrap();
        }
        let plain = cli.run(&format!("{command} --color blue"));
        // Formats that the command does not have are a mistake of their own.
        let ran = cli.run(&format!("{command} --color blue {asked}"));
        assert_eq!(ran, plain, "{command}: what is told, and the exit code, are the same");
        assert_eq!(ran.code, Some(1));
        for format in FORMATS {
            let text = cli.read(&format!("out/{format}"));
            if !formats.contains(&format!("`{format}`")) {
                assert_eq!(text, STALE, "{command}: {format}");
                continue;
            }
            match format {
                "csv" => assert_eq!(text, "", "{command}"),
                "json" => assert_eq!(document(&cli, "out/json")["kind"], "error", "{command}"),
                _ => {}
            }
            assert!(text.contains("blue") || format == "csv", "{command}: {format}: {text}");
            seen.insert(format);
        }
    }
    assert_eq!(seen.len(), FORMATS.len(), "{seen:?}");
}

#[test]
fn the_document_says_what_is_wrong_wherever_the_mistake_stands() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    for (line, message) in [
        (
            "plan lunch.yaml --sandbox -o json=st.json --allow-removals many",
            "invalid value 'many' for '--allow-removals <N>': invalid digit found in string",
        ),
        (
            "plan --requests-per-minute=x lunch.yaml --sandbox -ojson=st.json",
            "invalid value 'x' for '--requests-per-minute <N>': a whole number from 2 to 4294967295 stands here",
        ),
        (
            "plan lunch.yaml --sandbox --base-url x --output=json=st.json",
            "the argument '--sandbox' cannot be used with '--base-url <URL>'",
        ),
        ("plan --sandbox -vo json=st.json", "the following required arguments were not provided: <PATH>"),
        ("plan lunch.yaml tea.yaml --sandbox -o json=st.json", "unexpected argument 'tea.yaml' found"),
        (
            "plan lunch.yaml --sandbox -o json=st.json --org",
            "a value is required for '--org <NAME>' but none was supplied",
        ),
        (
            "plan lunch.yaml --sandbox=yes -o json=st.json",
            "unexpected value 'yes' for '--sandbox' found; no more were expected",
        ),
    ] {
        assert_eq!(cli.run("plan lunch.yaml --sandbox -o json=st.json").code, Some(0));
        assert_eq!(document(&cli, "st.json")["kind"], "plan");
        assert_eq!(cli.run(line).code, Some(1), "{line}");
        let told = document(&cli, "st.json");
        assert_eq!((&told["kind"], &told["message"]), (&Value::from("error"), &Value::from(message)), "{line}");
        assert_eq!(told["target"]["sandbox"], true);
    }
    let ran = cli.run("plan lunch.yaml --sandbocks --output json");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        ran.stdout,
        format!(
            r#"{{
  "kind": "error",
  "formatVersion": 1,
  "toolVersion": "{version}",
  "target": {{
    "sandbox": false
  }},
  "message": "unexpected argument '--sandbocks' found",
  "help": "a similar argument exists: '--sandbox'; `presencectl plan --help` says what may be typed",
  "findings": []
}}
"#
        )
    );
    assert!(ran.stderr.starts_with("error: unexpected argument '--sandbocks' found\n"), "{}", ran.stderr);
}

#[test]
fn outputs_by_a_variable_and_variables_that_contradict_each_other() {
    let cli = Cli::new()
        .file("lunch.yaml", LUNCH)
        .file("st.json", STALE)
        .file("other.json", STALE)
        .variable("PRESENCECTL_OUTPUT", "json=st.json\nhuman=st.txt")
        .variable("PRESENCECTL_SANDBOX", "1")
        .variable("PRESENCECTL_BASE_URL", "https://x");
    let ran = cli.run("plan lunch.yaml");
    assert_eq!(cli.read("st.txt"), ran.stderr);
    assert_eq!(
        document(&cli, "st.json")["message"],
        "PRESENCECTL_SANDBOX and PRESENCECTL_BASE_URL are set, and they exclude each other"
    );
    cli.write("st.json", STALE);
    cli.run("plan lunch.yaml -o json=other.json");
    assert_eq!((cli.read("st.json").as_str(), &document(&cli, "other.json")["kind"]), (STALE, &Value::from("error")));
    cli.write("other.json", STALE);
    assert_eq!(cli.run("plan --help -o json=other.json").code, Some(0));
    assert_eq!(cli.read("other.json"), STALE, "to ask for help is no mistake");
}

#[test]
fn where_the_outputs_are_the_mistake_the_others_tell_of_it() {
    for (outputs, message) in [
        ("-o json=st.json -o xml", "invalid value 'xml' for '--output <FORMAT[=FILE]>'"),
        ("-o json=st.json -o", "a value is required for '--output <FORMAT[=FILE]>' but none was supplied"),
        ("-o html= -o json=st.json", "invalid value 'html=' for '--output <FORMAT[=FILE]>'"),
        ("-o json=st.json -o html=no/folder/plan.html", "cannot write `no/folder/plan.html`"),
        ("-o json=st.json -o json -o markdown", "two formats for standard output"),
        ("-o json=st.json -o human=st.json", "two formats for the file `st.json`"),
        ("-o json=st.json --report-dir lunch.yaml", "cannot make the folder `lunch.yaml`"),
    ] {
        let cli = Cli::new().file("lunch.yaml", LUNCH).file("st.json", STALE);
        let ran = cli.run(&format!("apply lunch.yaml --sandbox --auto-approve {outputs}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{outputs}");
        let told = document(&cli, "st.json");
        assert!(told["message"].as_str().unwrap().starts_with(message), "{outputs}: {told}");
        assert!(ran.stderr.starts_with(&format!("error: {message}")), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    }
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("reports/log.json", STALE).file("log.json", STALE);
    for (line, file) in [
        ("log reports -o json=log.json -o csv=no/folder/log.csv", "log.json"),
        ("validate lunch.yaml -o sarif=log.json -o github=no/folder/log.txt", "log.json"),
    ] {
        cli.write(file, STALE);
        assert_eq!(cli.run(line).code, Some(1), "{line}");
        assert!(cli.read(file).contains("cannot write `no/folder"), "{line}");
    }
}

#[test]
fn it_is_kept_as_any_other_failure_of_a_run_that_writes() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).variable("PRESENCECTL_ACTOR", "ada");
    let ran =
        cli.run("apply lunch.yaml --sandbox --report-dir reports --reason why --allow-removals x -o json=st.json");
    assert_eq!(ran.code, Some(1));
    let told = document(&cli, "st.json");
    assert_eq!((&told["run"]["actor"], &told["run"]["reason"]), (&Value::from("ada"), &Value::from("why")), "{told}");
    let log = cli.run("log reports -o csv");
    assert!(log.stdout.contains("invalid value 'x' for '--allow-removals <N>'"), "{}", log.shown());
    let plan = cli.run("plan lunch.yaml --sandbox --report-dir none --allow-removals x -o json=st.json");
    assert_eq!((plan.code, &document(&cli, "st.json")["run"]), (Some(1), &Value::Null));
    assert!(!cli.path("none").exists());
}

#[test]
fn nothing_that_the_run_would_have_read_is_written_over() {
    let cli = Cli::new()
        .file("conf/lunch.yaml", LUNCH)
        .file("conf/notes.json", STALE)
        .file("plan.json", "{}")
        .file("seed.json", "[]")
        .file("users.csv", "id\n")
        .file("reports/acme/1.json", "{}")
        .file("by-variable.json", "[]")
        .variable("PRESENCECTL_SANDBOX_FAULTS", "by-variable.json");
    std::os::unix::fs::symlink("conf/lunch.yaml", cli.path("link.json")).unwrap();
    for (line, file) in [
        ("plan conf -o json=conf/lunch.yaml", "conf/lunch.yaml"),
        ("plan conf -o json=link.json", "conf/lunch.yaml"),
        ("plan link.json -o json=link.json", "conf/lunch.yaml"),
        ("validate conf -o sarif=./conf/../conf/lunch.yaml", "conf/lunch.yaml"),
        ("plan conf --sandbox --sandbox-seed seed.json -o json=seed.json", "seed.json"),
        ("plan conf --sandbox -o json=by-variable.json", "by-variable.json"),
        ("apply conf --plan plan.json -o json=plan.json", "plan.json"),
        ("undo plan.json -o json=plan.json", "plan.json"),
        ("user get --from users.csv -o csv=users.csv", "users.csv"),
        ("log reports -o json=reports/acme/1.json", "reports/acme/1.json"),
        ("drift conf --report-dir reports -o json=reports/acme/1.json", "reports/acme/1.json"),
    ] {
        let before = cli.read(file);
        assert_eq!(cli.run(&format!("{line} --color blue")).code, Some(1), "{line}");
        assert_eq!(cli.read(file), before, "{line}");
    }
    // What lies beside a config is nothing that it is read of.
    cli.run("plan conf -o json=conf/notes.json --color blue");
    assert_eq!(document(&cli, "conf/notes.json")["kind"], "error");
}

#[test]
fn a_mistyped_path_is_answered_with_the_one_that_may_be_meant() {
    let mut cli = Cli::new().file("lunch.yaml", LUNCH);
    for name in [
        "plans/plan.json",
        "report.json",
        "users.csv",
        "seed.json",
        "faults.json",
        "behavior.json",
        "corporate.pem",
        "reports/a.json",
        "before/lunch.yaml",
        "orgs/acme.yaml",
    ] {
        cli = cli.file(name, LUNCH);
    }
    let cases = [
        ("validate lnuch.yaml", "lunch.yaml"),
        ("validate ogrs/acme.yaml", "orgs/acme.yaml"),
        ("apply lunch.yaml --sandbox --yes --plan plans/paln.json", "plans/plan.json"),
        ("apply lunch.yaml --sandbox --yes --plan plasn/plan.json", "plans/plan.json"),
        ("undo reprot.json --sandbox", "report.json"),
        ("user get --from usres.csv --sandbox", "users.csv"),
        ("show --sandbox --sandbox-seed sede.json", "seed.json"),
        ("show --sandbox --sandbox-faults fautls.json", "faults.json"),
        ("show --sandbox --sandbox-behavior behavoir.json", "behavior.json"),
        ("sandbox --seed sede.json", "seed.json"),
        ("plan lunch.yaml --base-url https://127.0.0.1:1 --ca-cert coprorate.pem", "corporate.pem"),
        ("log reprots", "reports"),
        ("plan lunch.yaml --sandbox --base ./befoer", "./before"),
        ("plan lunch.yaml --sandbox -o json=plasn/x.json", "plans/x.json"),
    ];
    let cli = cli.variable("GENESYSCLOUD_ACCESS_TOKEN", "a-token-of-somebody");
    for (line, meant) in cases {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(1), "{line}: {}", ran.shown());
        assert!(ran.stderr.contains(&format!("help: did you mean `{meant}`?")), "{line}: {}", ran.shown());
    }
    let ran = cli.run("apply lunch.yaml --sandbox --yes --plan unlike-any.json");
    assert!(!ran.stderr.contains("did you mean"), "{}", ran.stderr);
    let org = "version: 1\norg: { name: a }\nuse: [../befroe/lunch.yaml, ../../etc/hots]\n";
    let said = cli.file("orgs/acme.yaml", org).run("validate orgs/acme.yaml --root .").stderr;
    assert!(said.contains("did you mean `../before/lunch.yaml`?"), "{said}");
}

#[test]
fn every_command_that_reads_a_config_takes_it_by_a_flag() {
    let root = presencectl::cli::Cli::command();
    let takes_one = |command: &str| {
        let defined = command.split(' ').fold(&root, |it, word| it.find_subcommand(word).unwrap());
        defined.get_arguments().any(|it| it.get_long() == Some("root"))
    };
    for command in commands().iter().filter(|it| takes_one(it)) {
        let defined = command.split(' ').fold(&root, |it, word| it.find_subcommand(word).unwrap());
        assert!(defined.get_arguments().any(|it| it.get_long() == Some("config")), "{command}");
    }
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("other.yaml", "version: 1\n");
    for command in ["plan", "apply --yes", "drift", "doctor"] {
        let ran = cli.run(&format!("{command} --config lunch.yaml --sandbox"));
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.shown());
    }
    for line in
        ["validate --config lunch.yaml", "validate lunch.yaml --config lunch.yaml", "config --config lunch.yaml"]
    {
        assert_eq!(cli.run(line).code, Some(0), "{line}");
    }
    for command in ["plan", "apply", "drift", "doctor", "validate", "config"] {
        let ran = cli.run(&format!("{command} lunch.yaml --config other.yaml"));
        let said = "error: PATH is `lunch.yaml` and --config is `other.yaml`: give one of them\n";
        assert!(ran.code == Some(1) && ran.stderr.starts_with(said), "{command}: {}", ran.shown());
    }
    let cli = cli.variable("PRESENCECTL_CONFIG", "other.yaml");
    let what_is_typed_counts = cli.run("config lunch.yaml");
    assert!(what_is_typed_counts.stdout.contains("lunch"), "{}", what_is_typed_counts.shown());
    assert!(!cli.run("config").stdout.contains("lunch"));
}

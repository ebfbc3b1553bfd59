//! Wrong usage: a sentence on standard error and exit code 1. No output is touched.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;

use super::driver::Cli;
use super::{LUNCH, commands, first_day};
use crate::tools;

const FORMATS: [&str; 11] =
    ["human", "json", "markdown", "summary", "html", "github", "csv", "sarif", "gitlab", "terraform", "xlsx"];
const STALE: &str = "what an earlier run left";

#[test]
fn no_output_of_any_command_is_touched() {
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
        for format in FORMATS.iter().filter(|it| formats.contains(&format!("`{it}`"))) {
            cli.write(&format!("out/{format}"), STALE);
            write!(asked, " -o {format}=out/{format}").unwrap();
            seen.insert(*format);
        }
        let ran = cli.run(&format!("{command} --color blue {asked}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{command}");
        assert!(ran.stderr.starts_with("error: invalid value 'blue' for '--color <WHEN>'"), "{}", ran.stderr);
        for format in FORMATS.iter().filter(|it| asked.contains(&format!("out/{it}"))) {
            assert_eq!(cli.read(&format!("out/{format}")), STALE, "{command}: {format}");
        }
    }
    assert_eq!(seen.len(), FORMATS.len(), "{seen:?}");
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_anything_is_done() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("st.json", STALE).file("reports/log.json", STALE);
    for line in [
        "apply lunch.yaml --sandbox --auto-approve -o json=st.json -o html=no/folder/st.html",
        "plan lunch.yaml --sandbox -o json=st.json -o html=no/folder/st.html",
        "log reports -o json=st.json -o csv=no/folder/st.csv",
        "validate lunch.yaml -o sarif=st.json -o github=no/folder/st.txt",
    ] {
        let ran = cli.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{line}");
        assert!(ran.stderr.starts_with("error: cannot write `no/folder"), "{line}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("error:").count(), 1, "{line}: {}", ran.stderr);
        assert_eq!(cli.read("st.json"), STALE, "{line}");
    }
}

#[test]
fn no_report_is_kept_of_it() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let ran = cli.run("apply lunch.yaml --sandbox --report-dir reports --allow-removals x");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(!cli.path("reports").exists());
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
        // As Windows writes it.
        (r"validate orgs\acme.yaml", "orgs/acme.yaml"),
        (r"apply lunch.yaml --sandbox --yes --plan .\plans\plan.json", "./plans/plan.json"),
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

#[test]
fn a_command_of_one_org_says_how_to_name_it() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    for (line, named) in [
        ("undo report.json --all-orgs", "undo REPORT --config PATH --org NAME"),
        ("retire lunch --to Meal --all-orgs", "retire KEY --to KEY2 --config PATH --org NAME"),
        ("show --all-orgs --sandbox", "show --config PATH --org NAME"),
        ("config lunch.yaml --all-orgs", "config PATH --org NAME"),
        ("user get 5a4db0c5 --all-orgs", "user get ID --config PATH --org NAME"),
        ("user set 5a4db0c5 --presence lunch --stage prod", "user set ID --presence KEY --config PATH --org NAME"),
    ] {
        let ran = cli.run(line);
        let words = if line.starts_with("user ") { 2 } else { 1 };
        let command = line.split(' ').take(words).collect::<Vec<_>>().join(" ");
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{line}");
        let flag = if line.contains("--stage") { "--stage" } else { "--all-orgs" };
        let message = format!(
            "error: `{command}` is for one org at a time, so it has no `{flag}`\n  help: type `presencectl {named}` for each org"
        );
        assert!(ran.stderr.starts_with(&message), "{line}: {}", ran.stderr);
    }
    for (line, flag, config, stages, target) in [
        ("apply lunch.yaml --all-orgs", "--all-orgs", " lunch.yaml", "", ""),
        ("apply --stage=prod --sandbox lunch.yaml", "--stage", " lunch.yaml", " --stage prod", " --sandbox"),
        (
            "apply --config x --root y --stage prod --stage t --org z",
            "--stage",
            " x --root y",
            " --stage prod --stage t",
            "",
        ),
        ("apply --all-orgs --nonsense", "--all-orgs", " PATH", "", ""),
    ] {
        let ran = cli.run(line);
        let message = format!(
            "error: `apply` is for one org at a time, so it has no `{flag}`\n  help: for one org after the other, type \
             `presencectl orgs{config}{stages} -o lines | while IFS= read -r org; do presencectl apply{config} --org \"$org\"\
             {target} </dev/tty || break; done`; in CI, "
        );
        assert!(ran.code == Some(1) && ran.stderr.starts_with(&message), "{line}: {}", ran.stderr);
    }
    let ran = cli.run("validate lunch.yaml --all-orgs");
    assert!(ran.stderr.starts_with("error: unexpected argument '--all-orgs' found"), "{}", ran.stderr);
}

#[test]
fn without_path_the_folder_of_init_is_read_and_no_other() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let missing = "error[unreadable]: `presences` cannot be read: there is no such file or folder\n |\n \
                   = help: without PATH, the folder `presences` is read: type the path of your config, or make one with \
                   `presencectl init`\n";
    let lines = [
        "validate",
        "plan --sandbox",
        "apply --sandbox --auto-approve",
        "drift --sandbox",
        "orgs",
        "config",
        "compare",
        "combine",
        "pin --sandbox",
        "doctor --all-orgs --sandbox",
        "labels export",
        "promote lunch --from a --to b",
        "retire lunch --to Meal --sandbox --yes",
    ];
    for line in lines {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(1), "{line}: {}", ran.shown());
        assert!(ran.stderr.starts_with(missing), "{line}: {}", ran.shown());
    }
    cli.write("presence/lunch.yaml", LUNCH);
    let near = "help: without PATH, the folder `presences` is read; did you mean `presence`?\n";
    let ran = cli.run("validate");
    assert!(ran.stderr.contains(near), "{}", ran.shown());
    let ran = cli.run("doctor --sandbox");
    assert!(ran.stdout.contains("there is no folder `presences` here, and no PATH is given\n"), "{}", ran.shown());
    cli.write("presences/lunch.yaml", LUNCH);
    for line in [
        "validate",
        "plan --sandbox",
        "apply --sandbox --auto-approve",
        "drift --sandbox",
        "config",
        "doctor --sandbox",
    ] {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
    }
}

/// The loop that `apply --all-orgs` prints, as a person runs it: in a shell, with the question on the terminal.
#[cfg(target_os = "linux")]
#[test]
fn the_loop_over_all_orgs_asks_on_the_terminal() {
    if Command::new("script").arg("--version").output().is_err() {
        tools::missing("no `script` of util-linux on PATH; no one ran the loop");
        return;
    }
    let org = |name: &str, id: &str| {
        LUNCH.replace("version: 1\n", &format!("version: 1\norg: {{ name: {name}, id: {id} }}\n"))
    };
    let cli = Cli::new()
        .file("all orgs/a.yaml", &org("a b", "5a4db0c5-0000-4000-b000-000000000011"))
        .file("all orgs/c.yaml", &org("c", "5a4db0c5-0000-4000-b000-000000000012"));
    let refused = cli.ran(cli.command("apply").args(["all orgs", "--sandbox", "--all-orgs"]).output().unwrap());
    let line = refused.stderr.split('`').find(|it| it.contains("while")).unwrap();
    let folder = Path::new(env!("CARGO_BIN_EXE_presencectl")).parent().unwrap();
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", line, "/dev/null"]).current_dir(cli.path("")).env_clear();
    command.env("PATH", format!("{}:{}", folder.display(), first_day::path())).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"yes\nyes\n").unwrap();
    let ran = cli.ran(child.wait_with_output().unwrap());
    for name in ["a b", "c"] {
        assert!(ran.stdout.contains(&format!("Apply 1 change to {name} (")), "{}", ran.shown());
    }
    assert_eq!(ran.stdout.matches("Apply: 1 done.").count(), 2, "{}", ran.shown());
}

//! `validate` and its formats, `--deny-warnings`, and `explain`.

use insta::assert_snapshot;
use presencectl::config::finding::Finding;
use presencectl::plan::help_pages::PAGES;
use serde_json::Value;

use super::LUNCH;
use super::driver::Cli;

const SEVERAL: &str = "version: 1
definitions:
  lunch:
    systemPresence: Male
    labels: { en_US: Lunch }
  tea:
    systemPresence: Break
    labels: { en_US: Tea, de: Tea }
  coffee:
    systemPresence: Break
    labels: { en_US: 'Coffee ', de: Tea }
";

const UNTRANSLATED: &str =
    "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch, de: Lunch }\n";

fn document(cli: &Cli, name: &str) -> Value {
    serde_json::from_str(&cli.read(name)).expect("a document is JSON")
}

#[test]
fn one_config_in_every_format() {
    let cli = Cli::new().file("presences/several.yaml", SEVERAL);
    let ran = cli.run(
        "validate presences -o sarif=findings.sarif -o gitlab=findings.json -o github=findings.log \
         -o human=findings.txt",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(cli.read("findings.txt"), ran.stderr, "a file for people says what people were told");
    let stdout = cli.run("validate presences -o sarif");
    assert_eq!((stdout.code, stdout.stdout), (Some(1), cli.read("findings.sarif")));
    assert_snapshot!("findings_human", ran.stderr);
    assert_snapshot!("findings_sarif", cli.read("findings.sarif"));
    assert_snapshot!("findings_gitlab", cli.read("findings.json"));
    assert_snapshot!("findings_github", cli.read("findings.log"));
}

#[test]
fn a_config_without_findings_is_an_empty_document() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    cli.run("validate lunch.yaml -o sarif=a.sarif -o gitlab=b.json -o human=c.txt").prints(0, "Valid: 1 definition.\n");
    assert_eq!(document(&cli, "a.sarif")["runs"][0]["results"], serde_json::json!([]));
    assert_eq!((cli.read("b.json").as_str(), cli.read("c.txt").as_str()), ("[]\n", "Valid: 1 definition.\n"));
}

#[test]
fn documents_are_written_when_the_config_cannot_be_read() {
    let cli = Cli::new();
    let ran = cli.run("validate nowhere -o sarif=a.sarif -o gitlab=b.json -o github=c.log");
    assert_eq!(ran.code, Some(1));
    let result = &document(&cli, "a.sarif")["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"unreadable".into(), &"error".into()));
    let issue = &document(&cli, "b.json")[0];
    assert_eq!((&issue["check_name"], &issue["location"]["path"]), (&"unreadable".into(), &"nowhere".into()));
    assert!(cli.read("c.log").starts_with("::error "), "{}", cli.read("c.log"));
}

#[test]
fn no_file_of_the_config_is_an_output_and_the_other_documents_say_so() {
    let cli = Cli::new().file("conf/lunch.yaml", LUNCH);
    cli.run("validate conf -o sarif=conf/lunch.yaml -o gitlab=b.json").complains(
        1,
        "error: the output `conf/lunch.yaml` is a file that this run reads\n  help: give the output another name; \
         nothing was written\n",
    );
    assert_eq!(cli.read("conf/lunch.yaml"), LUNCH);
    assert_eq!(document(&cli, "b.json")[0]["severity"], "blocker");
    cli.run("validate conf -o sarif -o gitlab").complains(
        1,
        "error: two formats for standard output\n  help: give all but one a file, such as `--output json=plan.json`\n",
    );
}

#[test]
fn warnings_end_with_0_unless_they_are_denied() {
    let cli = Cli::new().file("a.yaml", UNTRANSLATED).file("lunch.yaml", LUNCH);
    let ran = cli.run("validate a.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "Valid: 1 definition.\n"));
    let denied = cli.run("validate a.yaml --deny-warnings -o human=told.txt");
    assert_eq!((denied.code, denied.stdout.as_str()), (Some(1), ""));
    let words = "error: there are warnings, and `--deny-warnings` takes them for errors\n";
    assert_eq!(denied.stderr, format!("{}{words}", ran.stderr));
    assert_eq!(cli.read("told.txt"), denied.stderr);
    cli.run("validate lunch.yaml --deny-warnings").prints(0, "Valid: 1 definition.\n");
    cli.write("a.yaml", &format!("{UNTRANSLATED}settings: {{ rules: {{ same-as-default: off }} }}\n"));
    cli.run("validate a.yaml --deny-warnings").prints(0, "Valid: 1 definition.\n");
    cli.write("a.yaml", &format!("{UNTRANSLATED}settings: {{ rules: {{ same-as-default: error }} }}\n"));
    let ran = cli.run("validate a.yaml");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error[same-as-default]: "), "{}", ran.stderr);
}

#[test]
fn every_finding_is_explained() {
    let cli = Cli::new();
    let list = cli.run("explain");
    assert_eq!((list.code, list.stderr.as_str()), (Some(0), ""));
    let named: Vec<&str> =
        list.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert_eq!(named.len(), Finding::CODES.len() + PAGES.len());
    assert!(Finding::CODES.iter().all(|it| named.contains(it)), "{}", list.stdout);
    assert_snapshot!("explain_list", list.stdout);
    assert_snapshot!("explain_same_label", cli.run("explain same-label").stdout);
    assert_snapshot!(
        "explain_tab_indentation_colored",
        cli.run("explain tab-indentation --color always").stdout.replace('\u{1b}', "ESC")
    );
    cli.run("explain duplicate-lable")
        .complains(1, "error: there is no finding `duplicate-lable`\n  help: did you mean `duplicate-label`?\n");
    let both = cli.run("explain same-label missing-label");
    assert_eq!(both.stdout, cli.run("explain same-label").stdout + "\n" + &cli.run("explain missing-label").stdout);
    cli.run("explain same-label 42")
        .complains(1, "error: there is no finding `42`\n  help: `presencectl explain` lists all of them\n");
    cli.run("explain 42")
        .complains(1, "error: there is no finding `42`\n  help: `presencectl explain` lists all of them\n");
}

#[test]
fn errors_come_last_warnings_stand_together_and_quiet_leaves_them_out() {
    let labels = "version: 1\nsettings: { locales: [en_US, de, fr] }\ndefinitions:\n";
    let one = |key: usize| format!("  d{key}: {{ systemPresence: Break, labels: {{ en_US: L{key}, de: T{key} }} }}\n");
    let text = format!("{labels}{}  broken: {{ labels: {{ en_US: X }} }}\n", (1..=5).map(one).collect::<String>());
    let cli = Cli::new().file("a.yaml", &text);
    let ran = cli.run("validate a.yaml");
    let told: Vec<&str> = ran.stderr.lines().filter(|it| !it.starts_with([' ', '|']) && !it.is_empty()).collect();
    let line = |begin: &str| ran.stderr.lines().position(|it| it.contains(begin)).unwrap();
    assert_eq!(ran.stderr.matches("warning[missing-label]").count(), 1, "{}", ran.stderr);
    assert!(line("and 5 more of `missing-label`:") < line("error[missing-system-presence]"), "{told:?}");
    assert!(ran.stderr.contains("  --> a.yaml:8:3: `d5` has no label for `fr`"), "{}", ran.stderr);
    let last = "1 error, 6 warnings; the error is at a.yaml:9:3; \
                `presencectl explain missing-system-presence missing-label` says more";
    assert_eq!(ran.stderr.lines().last(), Some(last));
    let quiet = cli.run("validate a.yaml -q");
    assert!(!quiet.stderr.contains("warning["), "{}", quiet.stderr);
    assert!(quiet.stderr.contains("1 error, 6 warnings; 6 of them not shown"), "{}", quiet.stderr);
    cli.write("a.yaml", &format!("{labels}{}", one(1)));
    assert_eq!(cli.run("validate a.yaml --quiet").stderr, "");
}

#[test]
fn a_label_that_is_taken_away_is_not_missed() {
    let cli = Cli::new()
        .file("base.yaml", "version: 1\ndefinitions:\n  a: { systemPresence: Break, labels: { en_US: A, de: B } }\n")
        .file(
            "org.yaml",
            "version: 1\norg: { name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }\nuse: [base.yaml]\n\
             settings: { locales: [en_US, de, fr] }\noverrides:\n  a: { labels: { de: null } }\n",
        );
    let ran = cli.run("validate org.yaml");
    assert!(ran.stderr.contains("`a` has no label for `fr` of"), "{}", ran.stderr);
}

#[test]
fn a_mistyped_path_is_answered_with_the_one_that_may_be_meant() {
    let cli = Cli::new().file("orgs/acme-prod.yaml", LUNCH);
    for (typed, meant) in [("orgs/acme-prd.yaml", "orgs/acme-prod.yaml"), ("org", "orgs")] {
        let ran = cli.run(&format!("plan {typed} --sandbox"));
        assert!(ran.stderr.contains(&format!("help: did you mean `{meant}`?")), "{}", ran.stderr);
    }
    assert!(!cli.run("plan elsewhere --sandbox").stderr.contains("did you mean"));
}

#[test]
fn both_words_for_a_yes_are_taken_everywhere() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let user = "user set 5a4db0c5-0000-4000-8000-000000000001 --presence Meal --sandbox";
    for line in
        ["apply lunch.yaml --sandbox --yes", &format!("{user} --auto-approve"), "init new --start small --auto-approve"]
    {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
    }
    assert!(cli.run("completions powershell").stdout.contains("Register-ArgumentCompleter"));
}

/// A layer, and two orgs that change its definition.
fn two_orgs(rules: &str) -> Cli {
    let org = |name: &str, label: &str| {
        format!(
            "version: 1\norg: {{ name: {name} }}\nuse: [../base.yaml]\noverrides:\n  lunch: {{ labels: {{ {label} }} }}\n"
        )
    };
    let base = "definitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n  tea: { systemPresence: Break, labels: { en_US: Tea, de: Tee } }\n";
    Cli::new()
        .file("c/base.yaml", &format!("version: 1\nsettings: {{ locales: [en_US, de, fr]{rules} }}\n{base}"))
        .file("c/orgs/a.yaml", &org("a", "en_US: A lunch"))
        .file("c/orgs/b.yaml", &org("b", "en_US: B lunch"))
        .file("c/orgs/z.yaml", &org("z", "de: null, fr: ~"))
}

#[test]
fn a_missing_label_is_told_once_a_definition_and_never_for_a_null() {
    let ran = two_orgs("").run("validate c");
    assert_eq!(ran.stderr.matches("has no label for").count(), 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("`lunch` has no label for `de` and `fr`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--> c/base.yaml:4:3"), "{}", ran.stderr);
    let ran = two_orgs("").run("validate c/orgs/z.yaml --root c");
    assert_eq!(ran.stderr.matches("warning[").count(), 1, "only `tea`: {}", ran.stderr);
    assert!(!ran.stderr.contains("removes-nothing"), "{}", ran.stderr);
}

#[test]
fn the_coverage_of_locales_heeds_the_rules() {
    let rows = |rules: &str, org: &str| -> Vec<String> {
        let ran = two_orgs(rules).run(&format!("plan c --org {org} --sandbox -o summary"));
        let of =
            |it: &&str| ["| **Present**", "| `lunch` | ✓", "| `tea` | ✓"].iter().any(|begin| it.starts_with(begin));
        ran.stdout.lines().filter(of).map(str::to_owned).collect()
    };
    assert_eq!(
        rows("", "a"),
        [
            "| **Present** | **2 of 2** | **1 of 2** | **0 of 2** |",
            "| `lunch` | ✓ | **missing** | **missing** |",
            "| `tea` | ✓ | ✓ | **missing** |",
        ]
    );
    let off_for_lunch = ", rules: { missing-label: { level: warn, keys: { lunch: off } } }";
    assert_eq!(
        rows(off_for_lunch, "a"),
        [
            "| **Present** | **2 of 2** | **1 of 1** | **0 of 1** |",
            "| `tea` | ✓ | ✓ | **missing** |",
            "| `lunch` | ✓ | – | – |",
        ]
    );
    assert_eq!(rows("", "z")[2], "| `lunch` | ✓ | – | – |");
}

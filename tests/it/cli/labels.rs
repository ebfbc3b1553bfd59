//! `presencectl labels`, whole.

use super::driver::Cli;

const BASE: &str = "version: 1\nsettings: { locales: [en_US, de] }\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    \
                    labels: { en_US: Lunch, de: Mittag }\n  tea:\n    systemPresence: Break\n    labels: { en_US: Tea }\n";

fn org(name: &str, number: u8) -> String {
    format!("version: 1\norg: {{ name: {name}, id: {number}1111111-bbbb-4bbb-8bbb-111111111111 }}\nuse: [../base]\n")
}

fn two_orgs() -> Cli {
    Cli::new()
        .file("c/base/presence.yaml", BASE)
        .file("c/orgs/acme.yaml", &org("acme", 1))
        .file("c/orgs/hooli.yaml", &org("hooli", 2))
}

/// The file with one text in the place of another, as a translator saves it.
fn translated(cli: &Cli, name: &str, from: &str, to: &str) {
    let text = cli.read(name);
    assert_eq!(text.matches(from).count(), 1, "{text}");
    cli.write(name, &text.replace(from, to));
}

#[test]
fn labels_go_to_translators_and_come_back() {
    let cli = two_orgs();
    let exported = cli.run("labels export c -o csv=labels.csv -o xlsx=labels.xlsx");
    exported.prints(0, "2 rows in 2 languages\n  en_US  complete\n  de  1 empty\n");
    for name in ["labels.csv", "labels.xlsx"] {
        let again = cli.run(&format!("labels import {name} c --yes"));
        again.prints(0, "Nothing to write: the files have these labels already.\n");
    }
    assert_eq!(cli.read("c/base/presence.yaml"), BASE);

    translated(&cli, "labels.csv", ",Tea,Tea,,", ",Tea,Tea,Tee,");
    translated(&cli, "labels.csv", ",Mittag,", ",Mittagspause,");
    cli.run("labels import labels.csv c --yes").prints(
        0,
        "c/base/presence.yaml, for acme and hooli\n  lunch de: \"Mittag\" -> \"Mittagspause\"\n  tea de: \"Tee\"\n\
         written: 2 labels in 1 file\n",
    );
    let after = BASE.replace("Mittag ", "Mittagspause ").replace("{ en_US: Tea }", "{ en_US: Tea, de: Tee }");
    assert_eq!(cli.read("c/base/presence.yaml"), after);
    cli.run("labels import labels.csv c --yes").prints(0, "Nothing to write: the files have these labels already.\n");
}

#[test]
fn refused_cells_come_last_and_the_others_are_written() {
    let cli = two_orgs();
    cli.run("labels export c -o csv=labels.csv");
    translated(&cli, "labels.csv", ",Tea,Tea,,", ",Tea,Tea,Tee,");
    translated(&cli, "labels.csv", ",Mittag,", ",Mittagspause,");
    cli.write("c/base/presence.yaml", &BASE.replace("de: Mittag ", "de: Essen "));
    let ran = cli.run("labels import labels.csv c --yes");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.stderr,
        "  F2: changed on both sides: here `Mittagspause`, in the file `Essen`\n\
         error: 1 cell left out, see above; the rest is written\n"
    );
    assert!(cli.read("c/base/presence.yaml").contains("{ en_US: Tea, de: Tee }"), "{}", ran.shown());
}

#[test]
fn one_org_and_one_language_are_enough() {
    let cli = two_orgs();
    cli.run("labels export c --org acme --locale pl --missing -o csv=polish.csv")
        .prints(0, "2 rows in 1 language\n  pl  2 empty\n");
    cli.run("labels export c --org acme --locale pl -o csv=polish.csv")
        .prints(0, "2 rows in 1 language\n  pl  2 empty\n");
    translated(&cli, "polish.csv", "base/presence.yaml,Tea,,", "base/presence.yaml,Tea,Herbata,");
    cli.run("labels import polish.csv c --into acme --yes")
        .prints(0, "c/orgs/acme.yaml, for acme\n  tea pl: \"Herbata\"\nwritten: 1 label in 1 file\n");
    let new = format!("{}overrides:\n  tea:\n    labels:\n      pl: Herbata\n", org("acme", 1));
    assert_eq!(cli.read("c/orgs/acme.yaml"), new);
    assert_eq!(cli.read("c/base/presence.yaml"), BASE);
}

#[test]
fn nothing_is_written_without_a_yes_or_where_others_may_use_the_file() {
    let cli = two_orgs();
    cli.run("labels export c -o csv=labels.csv");
    translated(&cli, "labels.csv", ",Mittag,", ",Mittagspause,");
    let ran = cli.run("labels import labels.csv c");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("presencectl cannot ask"), "{}", ran.stderr);
    assert_eq!(cli.read("c/base/presence.yaml"), BASE);

    cli.write("c/.git/HEAD", "ref: refs/heads/main\n");
    cli.run("labels export c/orgs/acme.yaml -o csv=acme.csv");
    translated(&cli, "acme.csv", ",Mittag,", ",Mittagspause,");
    let ran = cli.run("labels import acme.csv c/orgs/acme.yaml --yes");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("is not below PATH, so orgs that were not read may use it"), "{}", ran.stderr);
    assert_eq!(cli.read("c/base/presence.yaml"), BASE);
    // A root that excludes a layer ends the reading.
    let outside = cli.run("labels import acme.csv c/orgs --root c/orgs --yes");
    assert!(outside.code == Some(1) && outside.stderr.contains("outside-root"), "{}", outside.shown());
}

#[test]
fn what_is_no_spreadsheet_is_named() {
    let cli = two_orgs().file("labels.csv", "key,de\nlunch,Mittag\n").file("labels.xlsx", "PK but no archive");
    let ran = cli.run("labels import labels.csv c --yes");
    ran.complains(
        1,
        "error: cannot read `labels.csv`: it has no column `file`, `default label` and `presencectl`; nothing was \
         written\n  help: `labels export` writes a spreadsheet with all columns\n",
    );
    let ran = cli.run("labels import labels.xlsx c --yes");
    assert!(ran.stderr.starts_with("error: cannot read `labels.xlsx`: it is no workbook"), "{}", ran.stderr);
    cli.write("long.csv", &"x".repeat(8 * 1024 * 1024 + 1));
    let ran = cli.run("labels import long.csv c --yes");
    assert!(ran.stderr.starts_with("error: cannot read `long.csv`: it is longer than 8 MiB"), "{}", ran.stderr);
    let ran = cli.run("labels export c -o xlsx");
    assert!(ran.stderr.contains("nothing for standard output"), "{}", ran.stderr);
    let ran = cli.run("labels export c --org acne");
    ran.complains(1, "error: no org has the name `acne`\n  help: did you mean `acme`?\n");
    cli.run("labels export c --stage prod").complains(1, "error: no org has the stage `prod`\n");
}

#[test]
fn the_files_of_some_orgs_are_chosen_by_patterns_and_stages() {
    let cli = two_orgs();
    for (name, number, stage) in [("acme", 1, "prod"), ("acme-dev", 3, "dev"), ("hooli", 2, "prod")] {
        let head = org(name, number).replace(" id:", &format!(" stage: {stage}, id:"));
        let own =
            format!("{head}definitions:\n  of-{name}: {{ systemPresence: Meal, labels: {{ en_US: Of {name} }} }}\n");
        cli.write(&format!("c/orgs/{name}.yaml"), &own);
    }
    for (flags, expected) in [
        ("", "of-acme-dev of-acme of-hooli"),
        ("--org acme*", "of-acme-dev of-acme"),
        ("--stage prod", "of-acme of-hooli"),
        ("--org acme* --org hooli --stage dev", "of-acme-dev"),
    ] {
        let exported = cli.run(&format!("labels export c {flags} -o csv")).stdout;
        let keys = exported.lines().filter_map(|it| it.split_once(',')).map(|(key, _)| key);
        let own: Vec<&str> = keys.filter(|it| it.starts_with("of-")).collect();
        assert_eq!(own.join(" "), expected, "{flags}: {exported}");
    }
}

/// An org that omits the definition, or has another label for the locale, does not get the label of a layer.
#[test]
fn an_import_into_a_layer_names_the_orgs_that_do_not_get_the_label() {
    let cli = two_orgs();
    let own = |labels: &str| format!("overrides:\n  lunch: {{ labels: {{ {labels} }} }}\n");
    cli.write("c/orgs/globex.yaml", &format!("{}{}", org("globex", 4), own("de: Imbiss")));
    cli.write("c/orgs/initech.yaml", &format!("{}omit: [lunch]\n", org("initech", 5)));
    cli.run("labels export c --org acme --locale de --locale fr -o csv=labels.csv");
    let sheet = cli.read("labels.csv");
    let row = sheet.lines().find(|it| it.starts_with("lunch,")).unwrap();
    let changed = row.replace(",Mittag,,", ",Pause,Repas,");
    assert_ne!(row, changed, "{sheet}");
    translated(&cli, "labels.csv", row, &changed);
    cli.run("labels import labels.csv c --yes").prints(
        0,
        "c/base/presence.yaml, for acme, globex, hooli and initech\n  lunch de: \"Mittag\" -> \"Pause\", not in globex and \
         initech\n  lunch fr: \"Repas\", not in initech\nwritten: 2 labels in 1 file\n",
    );
}

/// A spreadsheet saves what it made of a text, and a CSV does not say so. The export guards such text.
#[test]
fn what_a_spreadsheet_made_of_a_label_is_refused_in_a_csv_too() {
    for (cell, kind) in [
        ("12.5", "a number or a date"),
        ("01/02/2026", "a number or a date"),
        ("٢٤", "a number or a date"),
        ("#REF!", "an error value"),
        ("Err:502", "an error value"),
        ("=1+1", "a formula"),
        ("TRUE", "a truth value"),
    ] {
        let cli = two_orgs();
        cli.run("labels export c -o csv=labels.csv");
        translated(&cli, "labels.csv", ",Mittag,", &format!(",{cell},"));
        let ran = cli.run("labels import labels.csv c --yes");
        let refused = format!(
            "  F2: `{cell}` has the form of {kind}: type the label into a cell of a workbook, formatted as text\n"
        );
        assert!(ran.code == Some(1) && ran.stderr.contains(&refused), "{}", ran.shown());
        assert_eq!(cli.read("c/base/presence.yaml"), BASE);
        // It is a label there already, also where a program took the tab away.
        cli.write("c/base/presence.yaml", &BASE.replace("de: Mittag", &format!("de: \"{cell}\"")));
        cli.run("labels export c -o csv=labels.csv");
        translated(&cli, "labels.csv", &format!("\t{cell}"), cell);
        cli.run("labels import labels.csv c --yes")
            .prints(0, "Nothing to write: the files have these labels already.\n");
    }
    // A text that only begins alike is a label.
    for cell in ["24 h", "0800 Hotline", "- Pause", "#1", "Err: x", "E5", "e 2"] {
        let cli = two_orgs();
        cli.run("labels export c -o csv=labels.csv");
        translated(&cli, "labels.csv", ",Mittag,", &format!(",{cell},"));
        assert_eq!(cli.run("labels import labels.csv c --yes").code, Some(0), "{cell}");
    }
}

#[test]
fn a_file_that_changed_since_it_was_read_is_refused() {
    use presencectl::config::edit::files::{FileEdits, load_edited};
    use presencectl::config::edit::{FileEdit, Leaf};
    use presencectl::config::load_all;
    use presencectl::host::file_set::{File, FileSet, WriteMode};

    let cli = two_orgs();
    let loaded = load_all(&cli.path("c"), None, |_| true);
    let mut edits = FileEdits::default();
    let (file, _) = loaded.sources.iter().find(|(_, it)| it.path.ends_with("presence.yaml")).expect("the layer");
    edits.push(file, FileEdit::set(&["definitions", "tea", "labels", "de"], Leaf::Text("Tee".to_owned())));
    let files = edits.apply(&loaded.sources).expect("an edit");
    assert_eq!(load_edited(&cli.path("c"), None, &files).configs.len(), 2);
    assert_eq!(cli.read("c/base/presence.yaml"), BASE);
    cli.write("c/base/presence.yaml", &format!("{BASE}# more\n"));
    let file = File { below: None, path: files[0].path.clone(), text: files[0].after.clone(), claim: WriteMode::Whole };
    let placing = FileSet::checked(vec![file]).expect("a file");
    let problem = placing.still_reads(&[&files[0].before]).expect_err("it is another one by now");
    assert!(
        problem.message.ends_with("presence.yaml` was changed meanwhile; nothing was written"),
        "{}",
        problem.message
    );
}

#[test]
fn refused_cells_are_shown_before_the_question() {
    let cli = two_orgs();
    cli.run("labels export c -o csv=labels.csv");
    translated(&cli, "labels.csv", ",Tea,Tea,,", ",Tea,Tea,Tee,");
    translated(&cli, "labels.csv", ",Mittag,", ",Mittagspause,");
    cli.write("c/base/presence.yaml", &BASE.replace("de: Mittag ", "de: Essen "));
    let ran = cli.run("labels import labels.csv c");
    let refused =
        "  F2: changed on both sides: here `Mittagspause`, in the file `Essen`\nerror: presencectl cannot ask";
    assert!(ran.code == Some(1) && ran.stderr.starts_with(refused), "{}", ran.shown());
    translated(&cli, "labels.csv", ",Tea,Tea,Tee,", ",Tea,Tea,,");
    let ran = cli.run("labels import labels.csv c --yes");
    assert!(ran.stderr.ends_with("error: 1 cell left out, see above; nothing was written\n"), "{}", ran.shown());
}

#[test]
fn a_locale_is_held_against_those_that_exist() {
    let cli = two_orgs();
    for (typed, help) in [
        ("polish", "did you mean `pl`?"),
        ("Polski", "did you mean `pl`?"),
        ("pt_BRA_Brasil_2", "did you mean `pt`?"),
        ("qqqqqqqq", "a locale is a word such as `de` or `pt_BR`"),
    ] {
        let ran = cli.run(&format!("labels export c --locale {typed} -o csv=it.csv"));
        let told = format!("error: --locale: `{typed}` cannot be a locale\n  help: {help}\n");
        ran.complains(1, &told);
        assert_eq!(cli.read("it.csv"), "", "no sheet is made");
    }
    let ran = cli.run("labels export c --locale po -o csv=it.csv");
    assert_eq!(
        (ran.code, ran.stderr.lines().next()),
        (Some(0), Some("warning: --locale: `po` is not a documented locale"))
    );
    // The spelling of the files, or of the documentation.
    for (typed, spelt) in [("EN-us", "en_US"), ("PT-br", "pt_BR")] {
        let ran = cli.run(&format!("labels export c --locale {typed} -o csv=it.csv"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(ran.stdout.contains(&format!("  {spelt}  ")), "{}", ran.stdout);
    }
}

#[test]
fn a_cell_that_a_layer_fills_is_not_missing() {
    let cli = two_orgs();
    let overrides = "overrides:\n  lunch: { labels: { de: Essen } }\n  tea: { labels: { en_US: Black tea } }\n";
    cli.write("c/orgs/hooli.yaml", &format!("{}{overrides}", org("hooli", 2)));
    // `tea` lacks `de` in the layer; the rows of the org file inherit.
    let ran = cli.run("labels export c -o csv=labels.csv");
    ran.prints(0, "4 rows in 2 languages\n  en_US  complete\n  de  1 empty\n");
}

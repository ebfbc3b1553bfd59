//! `presencectl promote` and `presencectl pin`, whole.

use super::driver::Cli;

const BASE: &str = "version: 1
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittag }
";

fn org(name: &str, number: u8, more: &str) -> String {
    let id = format!("{number}1111111-bbbb-4bbb-8bbb-111111111111");
    format!("version: 1\norg:\n  name: {name}\n  id: {id}\nuse: [../base.yaml]\n{more}")
}

const TEST: &str = "definitions:
  # Asked for by the floor.
  tea:
    systemPresence: Break
    labels:
      en_US: Tea
      de: Tee # short
    previousLabels: [Pause]
overrides:
  lunch:
    labels: { de: Mittagspause }
ids:
  lunch: 2fa68d50-0000-4000-8000-000000000001
";

const PROD: &str = "overrides:
  lunch:
    labels: { de: Mittagspause } # as agreed
";

fn three_orgs() -> Cli {
    Cli::new()
        .file("c/base.yaml", BASE)
        .file("c/orgs/dev.yaml", &org("dev", 1, ""))
        .file("c/orgs/prod.yaml", &org("prod", 2, PROD))
        .file("c/orgs/test.yaml", &org("test", 3, TEST))
}

#[test]
fn a_definition_goes_to_another_org_with_its_comments() {
    let cli = three_orgs();
    let ran = cli.run("promote tea c --from test --to prod --yes");
    insta::assert_snapshot!(ran.shown(), @r"
    exit Some(0)
    --- stdout
    prod: + tea: its next apply will create it
    unchanged: dev and test

    c/orgs/prod.yaml
        lunch:
          labels: { de: Mittagspause } # as agreed
    + definitions:
    +   # Asked for by the floor.
    +   tea:
    +     systemPresence: Break
    +     labels:
    +       en_US: Tea
    +       de: Tee # short
    written: 1 file
    --- stderr
    ");
    let new = format!(
        "{PROD}definitions:\n  # Asked for by the floor.\n  tea:\n    systemPresence: Break\n    labels:\n      en_US: Tea\n      de: Tee # short\n"
    );
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, &new));
    assert_eq!(cli.read("c/orgs/test.yaml"), org("test", 3, TEST));
}

#[test]
fn into_a_layer_it_leaves_the_org_files_that_had_the_same() {
    let cli = three_orgs();
    let ran = cli.run("promote lunch c --from test --to base.yaml --yes");
    insta::assert_snapshot!(ran.shown(), @r#"
    exit Some(0)
    --- stdout
    dev: ~ lunch
        de: "Mittag" -> "Mittagspause"
    unchanged: prod and test

    c/base.yaml
        lunch:
          systemPresence: Meal
    -     labels: { en_US: Lunch, de: Mittag }
    +     labels: { en_US: Lunch, de: Mittagspause }

    c/orgs/prod.yaml
        id: 21111111-bbbb-4bbb-8bbb-111111111111
      use: [../base.yaml]
    - overrides:
    -   lunch:
    -     labels: { de: Mittagspause } # as agreed

    c/orgs/test.yaml
            de: Tee # short
          previousLabels: [Pause]
    - overrides:
    -   lunch:
    -     labels: { de: Mittagspause }
      ids:
        lunch: 2fa68d50-0000-4000-8000-000000000001
    written: 3 files
    --- stderr
    "#);
    assert_eq!(cli.read("c/base.yaml"), BASE.replace("Mittag ", "Mittagspause "));
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, ""));
    let left = TEST.replace("overrides:\n  lunch:\n    labels: { de: Mittagspause }\n", "");
    assert_eq!(cli.read("c/orgs/test.yaml"), org("test", 3, &left));
}

#[test]
fn a_new_definition_of_a_layer_is_created_elsewhere_or_omitted() {
    let cli = three_orgs();
    let told = cli.run("promote tea c --from test --to base.yaml --yes");
    assert!(told.stdout.contains("dev and prod: + tea: their next applies will create it\n"), "{}", told.shown());
    let layer = "  # Asked for by the floor.\n  tea:\n    systemPresence: Break\n    labels: { en_US: Tea, de: Tee }\n";
    assert!(cli.read("c/base.yaml").starts_with(BASE), "{}", cli.read("c/base.yaml"));
    assert!(cli.read("c/base.yaml").contains("  # Asked for by the floor.\n  tea:\n"), "{layer}");
    // What is not carried stays with the org.
    let test = cli.read("c/orgs/test.yaml");
    assert!(test.contains("  tea:\n    previousLabels: [Pause]\n"), "{test}");
    assert!(!test.contains("systemPresence"), "{test}");

    let cli = three_orgs();
    let told = cli.run("promote tea c --from test --to base.yaml --omit-elsewhere --yes");
    assert!(told.stdout.contains("dev and prod: omit tea from now on\n"), "{}", told.shown());
    assert_eq!(cli.read("c/orgs/dev.yaml"), org("dev", 1, "omit: [tea]\n"));
    assert_eq!(cli.run("validate c --deny-warnings -q").code, Some(0));
}

#[test]
fn every_comment_goes_where_its_entry_goes() {
    let tea = "  # Asked for by the floor.
  tea:
    systemPresence: Break # by the union
    # Checked by Ann.
    labels:
      # British.
      en_US: Tea
      de: Tee # short
    # For now.
    deactivated: true # until May
";
    let kept = "    # Only here.
    division: 2fa68d50-0000-4000-8000-000000000002 # ours
    # Renamed in May.
    previousLabels: [Pause] # by Bob
";
    let cli = three_orgs();
    cli.write("c/orgs/test.yaml", &org("test", 3, &format!("definitions:\n{tea}{kept}")));
    assert_eq!(cli.run("promote tea c --from test --to prod --yes").code, Some(0));
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, &format!("{PROD}definitions:\n{tea}")));

    cli.write("c/orgs/prod.yaml", &org("prod", 2, PROD));
    assert_eq!(cli.run("promote tea c --from test --to base.yaml --yes").code, Some(0));
    assert_eq!(cli.read("c/base.yaml"), format!("{BASE}{tea}"));
    assert_eq!(cli.read("c/orgs/test.yaml"), org("test", 3, &format!("overrides:\n  tea:\n{kept}")));
}

#[test]
fn a_promotion_shows_the_comments_of_the_org_that_it_comes_from() {
    let cli = three_orgs();
    let prod = "overrides:\n  # They say it so.\n  lunch:\n    labels:\n      de: Essen # since May\n";
    cli.write("c/orgs/prod.yaml", &org("prod", 2, prod));
    assert_eq!(cli.run("promote lunch c --from prod --to dev --yes").code, Some(0));
    assert_eq!(cli.read("c/orgs/dev.yaml"), org("dev", 1, prod));
    // A label that is put into braces leaves its comment there.
    assert_eq!(cli.run("promote lunch c --from prod --to base.yaml --yes").code, Some(0));
    cli.write("c/orgs/prod.yaml", &org("prod", 2, &prod.replace("de: Essen", "fr: Repas")));
    let ran = cli.run("promote lunch c --from prod --to base.yaml --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("c/base.yaml"), BASE.replace("de: Mittag", "de: Essen, fr: Repas"));
}

#[test]
fn what_differs_and_what_is_not_there_is_refused() {
    let cli = three_orgs();
    cli.write(
        "c/orgs/dev.yaml",
        &org("dev", 1, "definitions:\n  tea:\n    systemPresence: Break\n    labels: { en_US: Tea, de: Kräutertee }\n"),
    );
    cli.run("promote tea c --from test --to base.yaml --yes").complains(
        1,
        "error: `dev` has a definition `tea` of its own, and its label for `de` is different\n  \
         help: make them equal, or give that one another key; nothing was written\n",
    );
    cli.run("promote tae c --from test --to prod --yes")
        .complains(1, "error: `test` has no definition `tae`; nothing was written\n  help: did you mean `tea`?\n");
    cli.run("promote lunch c --from dev --to base.yaml --yes").complains(
        1,
        "error: the file of `dev` says nothing of `lunch` that can be carried; nothing was written\n  \
         help: what its layers say, every org that uses them has already\n",
    );
    cli.run("promote lunch c --from test --to bose.yaml --yes").complains(
        1,
        "error: --to: `bose.yaml` is no org and no file of the config\n  help: did you mean `base.yaml`?\n",
    );
    assert_eq!(cli.read("c/base.yaml"), BASE);
}

#[test]
fn an_override_that_differs_stays() {
    let cli = three_orgs();
    let prod = PROD.replace("Mittagspause", "Essen");
    cli.write("c/orgs/prod.yaml", &org("prod", 2, &prod));
    let ran = cli.run("promote lunch c --from test --to base.yaml --yes");
    assert!(ran.stdout.contains("unchanged: prod and test\n"), "{}", ran.shown());
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, &prod));
}

#[test]
fn pins_are_written_for_what_matches_beyond_doubt() {
    let config = "version: 1\ndefinitions:\n  lunch: # daily\n    systemPresence: Meal\n    labels: { en_US: Lunch }\n  \
                  tea:\n    systemPresence: Break\n    labels: { en_US: Tea }\n";
    let cli = Cli::new().file("presence.yaml", config);
    assert_eq!(cli.run("apply presence.yaml --sandbox --yes").code, Some(0));
    cli.write(
        "presence.yaml",
        &format!("{config}  coffee:\n    systemPresence: Break\n    labels: {{ en_US: Coffee }}\n"),
    );
    let before = cli.read("presence.yaml");
    let ran = cli.run("pin presence.yaml --sandbox --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("2 pins to write.\nnot in the org: coffee\n"), "{}", ran.shown());
    let after = cli.read("presence.yaml");
    assert!(after.starts_with(&format!("{before}ids:\n  lunch: ")), "{after}");
    assert_eq!(after.lines().count(), before.lines().count() + 3);
    let again = cli.run("pin presence.yaml --sandbox --yes");
    assert!(again.stdout.contains("No new pins.\n2 definitions have their pins already.\n"), "{}", again.shown());
    assert_eq!(cli.read("presence.yaml"), after);
}

#[test]
fn several_orgs_are_pinned_at_once_each_in_its_own_file() {
    let cli = Cli::new()
        .file("c/base.yaml", BASE)
        .file("c/orgs/dev.yaml", &org("dev", 1, ""))
        .file("c/orgs/prod.yaml", &org("prod", 2, ""));
    assert_eq!(cli.run("apply c --org dev --sandbox --yes").code, Some(0));
    let ran = cli.run("pin c --all-orgs --sandbox --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(ran.stderr, "dev: read\nprod: read\n");
    assert!(
        ran.stdout.starts_with("dev\n  1 pin to write.\nprod\n  No new pins.\n  not in the org: lunch\n"),
        "{}",
        ran.shown()
    );
    let dev = cli.read("c/orgs/dev.yaml");
    assert!(dev.starts_with(&format!("{}ids:\n  lunch: ", org("dev", 1, ""))), "{dev}");
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, ""));
    assert_eq!(cli.read("c/base.yaml"), BASE);
}

#[test]
fn an_org_that_cannot_be_read_stops_no_other_pins() {
    let cli = Cli::new()
        .file("c/base.yaml", BASE)
        .file("c/orgs/dev.yaml", &org("dev", 1, ""))
        .file("c/orgs/prod.yaml", &org("prod", 2, ""));
    let ran = cli.run("pin c --all-orgs --yes");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("dev was not read: ") && ran.stderr.contains("prod was not read: "), "{}", ran.stderr);
}

#[test]
fn drift_is_accepted_into_the_files() {
    let before = "version: 1\ndefinitions:\n  # Daily.\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch, de: Mittag }\n  \
                  tea:\n    systemPresence: Break\n    labels: { en_US: Tea }\n  nap:\n    systemPresence: Break\n    labels: { en_US: Nap }\n";
    let cli = Cli::new().file("presence.yaml", before);
    let by_hand = before
        .replace("de: Mittag", "de: Essen, fr: Repas")
        .replace("{ en_US: Tea }", "{ en_US: Tea }\n    deactivated: true");
    assert_eq!(cli.run("apply presence.yaml --sandbox --yes").code, Some(0));
    cli.write("by-hand.yaml", &by_hand);
    assert_eq!(cli.run("apply by-hand.yaml --sandbox --yes").code, Some(0));
    cli.run("drift presence.yaml --sandbox --accept nap --yes").complains(
        1,
        "error: --accept: `nap` is in the org as the config says; nothing was written\n  help: leave it out\n",
    );
    let ran = cli.run("drift presence.yaml --sandbox --accept lunch,tea --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("presence.yaml"), by_hand);
    let again = cli.run("drift presence.yaml --sandbox --detailed-exitcode");
    assert_eq!(again.code, Some(0), "{}", again.shown());
}

/// The state of an org after a change by hand, made by a config of its own.
fn by_hand(cli: &Cli, labels: &str) {
    let by_hand = format!(
        "version: 1\norg: {{ name: prod, id: 21111111-bbbb-4bbb-8bbb-111111111111 }}\ndefinitions:\n  lunch:\n    \
         systemPresence: Meal\n    labels: {labels}\n"
    );
    cli.write("by-hand.yaml", &by_hand);
    assert_eq!(cli.run("apply by-hand.yaml --sandbox --yes").code, Some(0));
}

#[test]
fn drift_is_accepted_into_a_layer_that_no_other_org_uses() {
    let cli = Cli::new().file("c/base.yaml", BASE).file("c/orgs/prod.yaml", &org("prod", 2, ""));
    by_hand(&cli, "{ en_US: Lunch, de: Essen }");
    let ran = cli.run("drift c --org prod --sandbox --accept lunch --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("c/base.yaml"), BASE.replace("de: Mittag", "de: Essen"));
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, ""));
    // A label that is gone is taken out of the layer, since there is nothing to hide.
    by_hand(&cli, "{ en_US: Lunch }");
    let ran = cli.run("drift c --org prod --sandbox --accept lunch --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("c/base.yaml"), BASE.replace(", de: Mittag", ""));
    assert_eq!(cli.run("drift c --org prod --sandbox --detailed-exitcode").code, Some(0));
}

#[test]
fn drift_is_accepted_into_the_org_file_where_a_layer_has_or_may_have_other_users() {
    let overrides = "overrides:\n  lunch:\n    labels:\n      de: Essen\n";
    let test = org("test", 3, "");
    for (path, other) in [("c", Some(&test)), ("c/orgs/prod.yaml", None)] {
        let cli = Cli::new().file("c/.git/HEAD", "ref: refs/heads/main\n").file("c/base.yaml", BASE);
        let cli = cli.file("c/orgs/prod.yaml", &org("prod", 2, ""));
        let cli = other.into_iter().fold(cli, |cli, it| cli.file("c/orgs/test.yaml", it));
        by_hand(&cli, "{ en_US: Lunch, de: Essen }");
        let ran = cli.run(&format!("drift {path} --org prod --sandbox --accept lunch --yes"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert_eq!(cli.read("c/base.yaml"), BASE, "{path}");
        assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, overrides), "{path}");
    }
}

/// What the org's own file says of a definition stays there.
#[test]
fn drift_is_accepted_where_the_label_is() {
    let cli = Cli::new().file("c/base.yaml", BASE).file("c/orgs/prod.yaml", &org("prod", 2, PROD));
    by_hand(&cli, "{ en_US: Lunch, de: Essen }");
    let ran = cli.run("drift c --org prod --sandbox --accept lunch --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(cli.read("c/base.yaml"), BASE);
    assert_eq!(cli.read("c/orgs/prod.yaml"), org("prod", 2, &PROD.replace("Mittagspause", "Essen")));
}

#[test]
fn an_effect_on_many_orgs_is_told_once() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let cli = names.iter().zip(1..).fold(Cli::new().file("c/base.yaml", BASE), |cli, (name, number)| {
        let more = if *name == "a" { TEST } else { "" };
        cli.file(&format!("c/orgs/{name}.yaml"), &org(name, number, more))
    });
    let ran = cli.run("promote lunch c --from a --to base.yaml --yes");
    let effect = "all orgs but a: ~ lunch\n    de: \"Mittag\" -> \"Mittagspause\"\nunchanged: a\n";
    assert!(ran.stdout.starts_with(effect), "{}", ran.shown());
}

//! `compare`: two orgs, or each against what most have.

use insta::assert_snapshot;

use super::driver::Cli;

/// Three orgs over one layer, of which two say something of their own.
fn cli() -> Cli {
    Cli::new()
        .file(
            "presences/base.yaml",
            "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch, de: Mittagspause }\n  \
             coaching:\n    systemPresence: Busy\n    labels: { en_US: Coaching, de: Einarbeitung }\n",
        )
        .file(
            "presences/acme.yaml",
            "version: 1\norg: { name: acme, id: 7a1f2c34-0000-4000-8000-000000000001 }\nuse: [base.yaml]\noverrides:\n  lunch:\n    \
             # The works council asked for it.\n    labels: { de: Essen }\nomit: [coaching]\n",
        )
        .file(
            "presences/globex.yaml",
            "version: 1\norg: { name: globex, id: 7a1f2c34-0000-4000-8000-000000000002 }\nuse: [base.yaml]\ndefinitions:\n  \
             coaching-talk:\n    systemPresence: Training\n    labels: { en_US: COACHING }\n",
        )
        .file(
            "presences/initech.yaml",
            "version: 1\norg: { name: initech, id: 7a1f2c34-0000-4000-8000-000000000003 }\nuse: [base.yaml]\n",
        )
}

#[test]
fn two_orgs_are_compared_by_their_files() {
    let ran = cli().run("compare presences --org acme --with globex");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_snapshot!("compare_two", ran.stdout);
}

#[test]
fn each_org_is_compared_with_what_most_have_and_what_has_no_reason_comes_first() {
    let ran = cli().run("compare presences --all-orgs --detailed-exitcode");
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert_snapshot!("compare_all", ran.stdout);
    let alike = cli().run("compare presences --org initech --with globex --detailed-exitcode -o csv");
    assert_snapshot!("compare_csv", alike.stdout);
}

#[test]
fn live_compares_what_the_orgs_have() {
    let cli = cli();
    for org in ["acme", "globex", "initech"] {
        let ran = cli.run(&format!("apply presences --org {org} --sandbox --auto-approve"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
    }
    let same = cli.run("compare presences --org initech --with globex --live --sandbox");
    assert_snapshot!("compare_live", same.stdout);
}

#[test]
fn a_mistyped_comparison_is_answered() {
    let cli = cli();
    for (line, expected) in [
        ("compare presences --org acme --with acme", "--org and --with name the same org, `acme`"),
        ("compare presences --all-orgs --with acme", "--with compares two orgs, and needs the name of one by --org"),
        ("compare presences --org acme --with globx", "no org has the name `globx`"),
        ("compare presences --org acme", "one org cannot be compared with what most orgs have"),
        ("compare presences --all-orgs --sandbox", "--sandbox names an org to read, and without --live only files"),
    ] {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(1), "{line}");
        assert!(ran.stderr.contains(expected), "{line}\n{}", ran.shown());
    }
}

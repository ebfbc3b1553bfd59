//! The pages about a plan: one per name, all of one form, and their lines are valid in a config.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use presencectl::config::finding::Severity;
use presencectl::config::{self, Text};
use presencectl::plan::help_pages::PAGES;

use crate::cli::driver::Cli;

/// Every name of a plan's statements, from its files.
fn names() -> BTreeSet<String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let codes = |file: &str, of: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(project.join(file)).unwrap();
        let code = text.split(&format!("impl {of} {{")).nth(1).unwrap().split("pub fn code(").nth(1).unwrap();
        let code = code.split("\n    }\n").next().unwrap();
        code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mut names = codes("src/plan/blocker.rs", "Blocker");
    assert!(names.len() >= 20, "this test has become blind: {names:?}");
    names.extend(codes("src/plan/warning.rs", "Warning"));
    // Of `apply --plan`, with which a plan is shown as well.
    names.insert("beyond-saved-plan".to_owned());
    // Of a plan of several orgs.
    names.extend(["limit-orgs".to_owned(), "stage-required".to_owned()]);
    names
}

#[test]
fn all_that_a_plan_says_by_a_name_has_one_page() {
    let named: BTreeSet<String> = PAGES.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(names(), named);
    assert_eq!(named.len(), PAGES.len(), "a page stands twice in the table");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/answers");
    let pages: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, named.iter().map(|it| format!("{it}.md")).collect(), "docs/answers holds these pages only");
}

#[test]
fn pages_have_one_shape() {
    for it in PAGES {
        let name = it.name;
        assert!(it.page.starts_with(&format!("# {name}\n\n")), "{name}");
        assert!(it.summary().ends_with('.') && it.summary().chars().count() <= 110, "{name}: {}", it.summary());
        let headings: Vec<&str> = it.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, ["What to do"], "{name}");
        assert!(it.page.split("\n\n").nth(2).is_some_and(|why| why.len() > 20), "{name} says why it is so");
        assert!(it.page.lines().all(|line| line.chars().count() <= 120), "{name} has a long line");
    }
}

/// The lines of a page, in a config that they fit into.
fn in_a_config(lines: &str) -> String {
    let lunch = "definitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch }\n";
    match lines.strip_prefix("lunch:\n") {
        Some(of_lunch) => {
            let of_lunch: Vec<String> = of_lunch.lines().map(|line| format!("  {line}")).collect();
            format!("version: 1\n{lunch}{}\n", of_lunch.join("\n"))
        }
        None => format!("version: 1\n{lines}{lunch}"),
    }
}

#[test]
fn what_a_page_says_to_write_can_be_written() {
    let mut tried = 0;
    for it in PAGES {
        for block in it.page.split("```yaml\n").skip(1) {
            let text = in_a_config(block.split("```").next().unwrap());
            let (_, found, _) = config::read_texts(Text { path: "presence.yaml", text: &text }, &[]);
            let errors = found.iter().filter(|it| it.severity == Severity::Error).map(|it| it.finding.message());
            let errors: Vec<String> = errors.collect();
            assert_eq!(errors, [""; 0], "{}: {text}", it.name);
            tried += 1;
        }
    }
    assert!(tried >= 8, "only {tried} blocks were found: this test has become blind");
}

#[test]
fn explain_shows_the_page_and_both_where_a_config_has_the_name_too() {
    let cli = Cli::new();
    let shown = cli.run("explain looks-like-rename");
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    assert!(shown.stdout.starts_with("looks-like-rename\n\nA definition would be created, "), "{}", shown.shown());
    assert!(shown.stdout.contains("    lunch:\n      previousLabels: [Lunch break]\n"), "{}", shown.shown());
    let both = cli.run("explain no-label").stdout;
    assert_eq!(both.matches("no-label\n\n").count(), 2, "{both}");
    cli.run("explain looks-like-renam")
        .complains(1, "error: there is no finding `looks-like-renam`\n  help: did you mean `looks-like-rename`?\n");
    let list = cli.run("explain").stdout;
    assert!(PAGES.iter().all(|it| list.contains(&format!("\n  {} ", it.name))), "{list}");
}

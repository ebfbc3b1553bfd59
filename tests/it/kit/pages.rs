//! Every command of the pages runs as it is written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::driver::Cli;

/// The line before a block of commands that no test can run, with why.
const NOT_RUN: &str = "<!-- not run: ";

/// The pages: README, `docs`, and the examples' own. Those of `docs/rules` have a test of their own.
fn pages() -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![project.join("README.md")];
    let mut folders = vec![project.join("docs"), project.join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("docs/rules") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// The commands of a page, in order: the arguments of `presencectl`.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let (mut inside, mut runs, mut before) = (false, false, "");
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
            runs = inside && !before.starts_with(NOT_RUN);
        } else if inside && runs {
            let line = line.split(" #").next().unwrap();
            let told = ["cargo run -- ", "presencectl "].iter().find_map(|it| line.strip_prefix(it));
            let told = told
                .unwrap_or_else(|| panic!("`{line}` is no command of presencectl, and nothing says why it is not run"));
            commands.push(told.to_owned());
        }
        if !line.is_empty() {
            before = line;
        }
    }
    commands
}

#[test]
fn every_command_of_the_pages_runs_as_written() {
    let mut run = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let cli = Cli::with_examples();
        for command in commands(&text) {
            // 2 says that there are changes, if `--detailed-exitcode` asks for it.
            let ran = cli.run(&command);
            let fine = ran.code == Some(0) || (ran.code == Some(2) && command.contains("--detailed-exitcode"));
            assert!(fine, "{}: {command}\n{}", page.display(), ran.shown());
            run += 1;
        }
    }
    assert!(run >= 15, "only {run} commands were found: this test has become blind");
}

#[test]
fn a_block_that_is_not_run_says_why() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines().filter(|it| it.starts_with("<!-- not run")) {
            let why = line.strip_prefix(NOT_RUN).and_then(|it| it.strip_suffix(" -->")).unwrap_or_default();
            assert!(why.len() > 10, "{}: {line}", page.display());
        }
    }
    assert_eq!(
        commands(
            "```sh\npresencectl plan a # b\n```\n\n<!-- not run: it needs an org -->\n```sh\npresencectl c\n```\n"
        ),
        ["plan a"]
    );
}

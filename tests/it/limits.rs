//! Limits are in one place, `docs/limits.md` lists them, and the tests that `docs/threat-model.md` names exist.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::{Path, PathBuf};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every file of Rust below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Name and value of each limit.
fn limits() -> Vec<(String, u64)> {
    let text = read("src/model/limits.rs");
    let lines = text.lines().filter_map(|line| line.strip_prefix("pub const "));
    let limit = |line: &str| {
        let (name, rest) = line.split_once(": ").unwrap();
        let product = rest.split_once(" = ").unwrap().1.trim_end_matches(';');
        let value = product.split(" * ").map(|it| it.replace('_', "").parse::<u64>().unwrap()).product();
        (name.to_owned(), value)
    };
    lines.map(limit).collect()
}

/// `64 MiB`, `10,000`.
fn in_words(name: &str, value: u64) -> String {
    if name.ends_with("_BYTES_MAX") {
        return match value / 1024 {
            kib if kib < 1024 => format!("{kib} KiB"),
            kib => format!("{} MiB", kib / 1024),
        };
    }
    let digits = value.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|it| String::from_utf8(it.to_vec()).unwrap());
    groups.collect::<Vec<_>>().join(",")
}

#[test]
fn the_page_of_limits_has_every_one() {
    let page = read("docs/limits.md");
    let limits = limits();
    assert!(limits.len() > 20, "{limits:?}");
    for (name, value) in limits {
        let row = page.lines().find(|it| it.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("docs/limits.md has no row of {name}"));
        let told = in_words(&name, value);
        assert!(row.contains(&format!("| {told} |")), "{name} is {told}: {row}");
    }
}

#[test]
fn limits_stand_in_one_place() {
    // Limits of outputs, of generated names and of requests: no foreign data is read with them.
    let others = [
        "client/endpoints.rs",
        "commands/context/start_sandbox.rs",
        "host/git/mod.rs",
        "output/text/change.rs",
        "sandbox/service.rs",
        "sandbox/store.rs",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let has_one = |text: &str| {
        text.lines().any(|line| line.contains("const ") && line.contains("BYTES_MAX: ") && !line.contains("= limits::"))
    };
    let found = sources(&root).into_iter().filter(|(_, text)| has_one(text));
    let mut found: Vec<String> =
        found.map(|(path, _)| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned()).collect();
    found.retain(|it| it != "model/limits.rs");
    found.sort();
    assert_eq!(found, others, "a limit of what is read belongs into src/model/limits.rs");
}

#[test]
fn the_tests_that_the_threat_model_names_are_there() {
    let page = read("docs/threat-model.md");
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let text: String = tests.into_iter().map(|(_, text)| text).collect();
    let named: Vec<&str> = page
        .split('`')
        .filter(|it| it.contains("::") && it.starts_with(|c: char| c.is_ascii_lowercase()) && !it.contains(' '))
        .collect();
    assert!(named.len() > 40, "{named:?}");
    for name in named {
        let (_, last) = name.rsplit_once("::").unwrap();
        let is_there = ["fn ", "mod "]
            .iter()
            .any(|kind| [format!("{kind}{last}("), format!("{kind}{last};")].iter().any(|it| text.contains(it)));
        assert!(is_there, "no test is called {name}");
    }
}

//! The shape of the house: which file may use which, what the core may not touch, how long a file
//! may be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every file by level, lowest first. A file uses only files of a strictly lower level, so there
/// are no circles, and a child never uses the file that declares it. A new file gets a place here.
const LEVELS: &[&[&str]] = &[
    &["text", "model::region", "model::names", "api::policy", "api::wire", "cli", "environment"],
    &["model::circle", "model::labels", "diagnostic::finding", "api::endpoints", "api::error", "api::in_process"],
    &["model::observed", "diagnostic", "api::http", "api::operations"],
    &["model::desired", "plan::change", "plan::refusal", "api::shapes", "config::syntax", "render::human::target"],
    &["plan::difference", "plan::guard", "plan::matching", "api::session", "config::tree", "render::style"],
    &["plan::question", "api::reader", "config::check_hands", "config::located", "render::findings"],
    &["plan", "api::writer", "config::schema", "apply::report", "render::human::refusal"],
    &["plan::document", "api", "config::structure", "config::check_labels", "apply::stop", "exit"],
    &["plan::saved", "config::layers", "config::files", "apply::census", "apply::document", "terminal"],
    &["config::check", "config::print", "apply::object", "render::human::change", "render::machine"],
    &["config", "apply::verify", "render::human::plan", "render::human::report"],
    &["apply", "render::human"],
    &["problem"],
    &["render::problem", "commands::connect", "commands::look", "commands::outputs", "commands::saved"],
    &["commands::shell", "commands::signals", "commands::progress"],
    &["commands::plan", "commands::apply", "commands::offline", "commands::sandbox"],
    &["commands"],
    &["lib"],
    &["main"],
];

/// The sandbox is a house of its own beside all of these: it uses none of them, and only commands
/// and the words of a failure use it. The client and it meet in JSON.
const SANDBOX: &[&[&str]] = &[
    &["connection", "definitions", "error", "faults", "http", "seed", "temper"],
    &["access", "users"],
    &["config", "document", "generation1"],
    &["org"],
    &["exchange", "store"],
    &["service"],
];

/// What decides: values in, values out.
const PURE: &[&str] = &[
    "text",
    "model::circle",
    "model::desired",
    "model::labels",
    "model::names",
    "model::observed",
    "model::region",
    "diagnostic",
    "diagnostic::finding",
    "plan",
    "plan::change",
    "plan::difference",
    "plan::document",
    "plan::guard",
    "plan::matching",
    "plan::question",
    "plan::refusal",
    "plan::saved",
    "config::check",
    "config::check_hands",
    "config::check_labels",
    "config::layers",
    "config::located",
    "config::print",
    "config::schema",
    "config::structure",
    "config::syntax",
    "config::tree",
    "apply::report",
    "apply::document",
    "api::policy",
    "api::shapes",
    "render::findings",
    "render::human",
    "render::human::change",
    "render::human::plan",
    "render::human::refusal",
    "render::human::report",
    "render::human::target",
    "render::machine",
    "render::problem",
    "render::style",
    "sandbox::access",
    "sandbox::definitions",
    "sandbox::document",
    "sandbox::exchange",
    "sandbox::faults",
    "sandbox::generation1",
    "sandbox::http",
    "sandbox::org",
    "sandbox::seed",
    "sandbox::temper",
    "sandbox::users",
];

const IMPURE_WORDS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "reqwest::",
    "axum::",
    "fastrand::",
];

const FILE_LINES_MAX: usize = 600;

struct File {
    module: String,
    path: PathBuf,
    text: String,
}

impl File {
    /// The code that ships: without comments and without the tests beside it.
    fn code(&self) -> String {
        let shipped = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        shipped.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }
}

fn files() -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap().with_extension("");
            let module = below.iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>().join("::");
            File { module, text: fs::read_to_string(&path).unwrap(), path }
        })
        .collect()
}

/// The modules that a file names by `crate::…` or `super::…`, each as the longest file that fits.
fn used(file: &File, known: &BTreeSet<String>) -> BTreeSet<String> {
    let code = file.code();
    let here: Vec<&str> = file.module.split("::").collect();
    let mut used = BTreeSet::new();
    for (start, root) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let begins_a_path = !code[..start].ends_with([':', '_']) && !code[..start].ends_with(char::is_alphanumeric);
        if !begins_a_path {
            continue;
        }
        let mut base: Vec<&str> = if root == "crate::" { Vec::new() } else { here[..here.len() - 1].to_vec() };
        let mut rest = &code[start + root.len()..];
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        for path in expand(rest) {
            let names: Vec<&str> = base.iter().copied().chain(path.iter().map(String::as_str)).collect();
            let longest = (1..=names.len()).rev().map(|count| names[..count].join("::")).find(|it| known.contains(it));
            used.extend(longest.filter(|it| *it != file.module));
        }
    }
    used
}

/// Every path of a use tree that begins here.
fn expand(text: &str) -> Vec<Vec<String>> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let names: Vec<String> = text[..end].split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect();
    if !text[end..].starts_with('{') || !text[..end].ends_with("::") {
        return vec![names];
    }
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in text[end..].chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match c {
            '{' if depth == 1 => {}
            ',' if depth == 1 => parts.push(String::new()),
            _ if depth == 0 => break,
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    let parts = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    parts.flat_map(expand).map(|tail| names.iter().cloned().chain(tail).collect()).collect()
}

fn levels() -> BTreeMap<String, usize> {
    let own =
        LEVELS.iter().enumerate().flat_map(|(level, names)| names.iter().map(move |it| ((*it).to_owned(), level)));
    let sandbox = SANDBOX
        .iter()
        .enumerate()
        .flat_map(|(level, names)| names.iter().map(move |it| (format!("sandbox::{it}"), level)))
        .chain([("sandbox".to_owned(), SANDBOX.len())]);
    own.chain(sandbox).collect()
}

#[test]
fn every_file_uses_only_files_of_a_lower_level() {
    let files = files();
    let levels = levels();
    let known: BTreeSet<String> = files.iter().map(|it| it.module.clone()).collect();
    let placed: BTreeSet<String> = levels.keys().cloned().collect();
    assert_eq!(known, placed, "every file has one place in the table, and only files have");
    let mut arrows = 0;
    for file in &files {
        for used in used(file, &known) {
            arrows += 1;
            assert!(
                levels[&used] < levels[&file.module],
                "{} (level {}) uses {used} (level {})",
                file.module,
                levels[&file.module],
                levels[&used]
            );
        }
    }
    assert!(arrows > 200, "only {arrows} arrows were seen: this test has become blind");
}

#[test]
fn the_sandbox_and_the_client_meet_only_in_json() {
    for file in files() {
        let is_sandbox = file.module.starts_with("sandbox");
        let code = file.code();
        if is_sandbox {
            let own = code.replace("crate::sandbox", "");
            assert!(!own.contains("crate::"), "{} uses the client's side", file.module);
        } else if file.module.starts_with("api") || file.module.starts_with("apply") || file.module.starts_with("plan")
        {
            assert!(!code.contains("sandbox::"), "{} uses the sandbox", file.module);
        }
    }
}

#[test]
fn what_decides_touches_nothing_outside() {
    let files = files();
    for module in PURE {
        let file = files.iter().find(|it| it.module == *module).unwrap();
        let code = file.code();
        for word in IMPURE_WORDS {
            assert!(!code.contains(word), "{module} contains `{word}`");
        }
    }
}

#[test]
fn every_file_is_short_and_says_what_lives_there() {
    for file in files() {
        let lines = file.text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", file.path.display());
        assert!(file.text.starts_with("//! "), "{} does not say what lives there", file.path.display());
    }
}

//! The architecture rules: which room may use which, the purity of the core, and the length of files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::grants::{GRANTS, LOOKS_AT_THE_DISK, VALUES};

mod grants;

const FILE_LINES_MAX: usize = 600;

/// Each room of `src`, and the rooms that it uses. `lib.rs` and `main.rs` are above all of them.
const ROOMS: [(&str, &[&str]); 10] = [
    ("model", &[]),
    ("plan", &["model"]),
    ("config", &["model"]),
    ("host", &["model"]),
    // Numbers, and how text and files are read. It shares no type with the client: they meet in JSON.
    ("sandbox", &["model::limits", "model::platform", "model::text", "host::nofollow"]),
    ("client", &["host", "model"]),
    ("ops", &["client", "config", "host", "model", "plan"]),
    ("output", &["client::json", "config", "host", "model", "ops", "plan"]),
    ("cli", &["config", "host", "model", "ops"]),
    ("commands", &["cli", "client", "config", "host", "model", "ops", "output", "plan", "sandbox"]),
];

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

/// Every file of Rust below a folder.
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

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap().with_extension("");
            let module = below.iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>().join("::");
            let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
            File { module, text: fs::read_to_string(&path).unwrap(), path }
        })
        .collect()
}

/// The modules that a file names by `crate::…` or `super::…`, each as the longest file that fits.
fn used(file: &File, known: &BTreeSet<String>) -> BTreeSet<String> {
    let code = file.code();
    let here: Vec<&str> = file.module.split("::").collect();
    let absolute = paths(&code, "crate::").into_iter().map(|path| path["crate::".len()..].to_owned());
    let relative = paths(&code, "super::").into_iter().map(|path| {
        let mut base = here[..here.len() - 1].to_vec();
        let mut rest = &path["super::".len()..];
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        base.into_iter().chain([rest]).collect::<Vec<_>>().join("::")
    });
    let longest = |path: String| {
        let names: Vec<&str> = path.split("::").collect();
        (1..=names.len()).rev().map(|count| names[..count].join("::")).find(|it| known.contains(it))
    };
    absolute.chain(relative).filter_map(longest).filter(|it| *it != file.module).collect()
}

/// Every path that begins with `root`, with its use trees expanded.
fn paths(code: &str, root: &str) -> Vec<String> {
    code.match_indices(root)
        .filter(|(start, _)| {
            let before = code[..*start].strip_suffix("::").map_or(&code[..*start], |before| {
                // `::std` begins a path, `sandbox::std` does not.
                if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') { "_" } else { before }
            });
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        })
        .flat_map(|(start, _)| expand(&code[start..]))
        .map(|path| path.join("::"))
        .collect()
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

/// What each file uses.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let files = files();
    let known: BTreeSet<String> = files.iter().map(|it| it.module.clone()).collect();
    files.iter().map(|file| (file.module.clone(), used(file, &known))).collect()
}

fn is_within(path: &str, wider: &str) -> bool {
    path == wider || path.strip_prefix(wider).is_some_and(|rest| rest.starts_with("::"))
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn every_room_uses_only_the_rooms_below_it() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let arrows = arrows();
    let is_in_a_room = |module: &str| rooms.contains_key(room(module)) || matches!(module, "lib" | "main");
    let elsewhere: Vec<&String> = arrows.keys().filter(|it| !is_in_a_room(it)).collect();
    assert!(elsewhere.is_empty(), "these files are in no room: {elsewhere:?}");
    let mut wrong = Vec::new();
    let mut between = 0;
    for (file, used) in arrows.iter().filter(|(file, _)| rooms.contains_key(room(file))) {
        for used in used.iter().filter(|it| room(it) != room(file)) {
            between += 1;
            if !rooms[room(file)].iter().any(|it| is_within(used, it)) {
                wrong.push(format!("{file} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(between > 500, "only {between} arrows were seen: this test has become blind");
}

/// Repeatedly removes entries without remaining dependencies. The rest is in a cycle, or depends on one.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut left = arrows();
    loop {
        let files: BTreeSet<String> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|file, used| used.iter().any(|it| it != file && files.contains(it)));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

/// Public types that share a name with one of another file, each with the reason.
const SHARED_NAMES: [(&str, &str); 5] = [
    ("Definition", "the schema of the config names its types so, and so do the documents that people read"),
    ("Freeze", "the same"),
    ("Limits", "the same"),
    ("Prune", "the same"),
    ("Settings", "the same"),
];

#[test]
fn a_public_type_has_a_name_of_its_own() {
    let mut files_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files() {
        for line in file.code().lines() {
            let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
            let kind = words.iter().position(|it| matches!(*it, "struct" | "enum" | "trait" | "type"));
            let Some(name) =
                kind.and_then(|index| words.get(index + 1)).filter(|_| line.trim_start().starts_with("pub"))
            else {
                continue;
            };
            files_of.entry((*name).to_owned()).or_default().insert(file.module.clone());
        }
    }
    assert!(files_of.len() > 400, "only {} types were seen: this test has become blind", files_of.len());
    let shared: Vec<(&str, &BTreeSet<String>)> =
        files_of.iter().filter(|(_, files)| files.len() > 1).map(|(name, files)| (name.as_str(), files)).collect();
    let allowed: Vec<&str> = SHARED_NAMES.iter().map(|(name, _)| *name).collect();
    assert_eq!(shared.iter().map(|(name, _)| *name).collect::<Vec<_>>(), allowed, "{shared:#?}");
}

/// The crates that the tool is built from, as code names them.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let all = ["\n[dependencies]\n", "\n[target.'cfg(unix)'.dependencies]\n"].map(|header| {
        let (_, rest) = manifest.split_once(header).unwrap();
        rest.split("\n[").next().unwrap()
    });
    let names = all
        .iter()
        .flat_map(|section| section.lines())
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.replace('-', "_"));
    names.collect()
}

/// Everything that a file names and that is no plain value.
fn touched(file: &File, dependencies: &[String]) -> BTreeSet<String> {
    let code = file.code();
    let roots = dependencies.iter().map(String::as_str).chain(["std", "core", "alloc"]);
    let mut touched: BTreeSet<String> = roots
        .flat_map(|root| paths(&code, &format!("{root}::")))
        .filter(|path| !VALUES.iter().any(|value| is_within(path, value)))
        .collect();
    if LOOKS_AT_THE_DISK.iter().any(|method| code.contains(method)) {
        touched.insert("std::fs".to_owned());
    }
    touched
}

#[test]
fn every_room_touches_only_what_is_granted_to_it() {
    let files = files();
    let dependencies = dependencies();
    assert!(dependencies.len() > 15 && dependencies.iter().any(|it| it == "serde_yaml"), "{dependencies:?}");
    let grants: BTreeMap<&str, &[&str]> = GRANTS.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<(&str, &str)> =
        GRANTS.iter().flat_map(|(room, granted)| granted.iter().map(move |it| (*room, *it))).collect();
    for file in &files {
        let room = room(&file.module);
        let granted = grants.get(room).copied().unwrap_or_default();
        for path in touched(file, &dependencies) {
            let by: Vec<&&str> = granted.iter().filter(|it| is_within(&path, it)).collect();
            if by.is_empty() {
                wrong.push(format!("{} touches `{path}`", file.module));
            }
            unused.retain(|(its, grant)| *its != room || !by.iter().any(|it| **it == *grant));
        }
    }
    wrong.extend(unused.iter().map(|(room, grant)| format!("{room} may touch `{grant}` and does not")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn touching_is_seen_however_it_is_written() {
    let dependencies = dependencies();
    let seen = |text: &str| {
        let file = File { module: "x".to_owned(), path: PathBuf::new(), text: text.to_owned() };
        touched(&file, &dependencies).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("use std::{collections::BTreeMap, fs};"), "std::fs");
    assert_eq!(seen("use std::time::{Duration, SystemTime};"), "std::time::SystemTime");
    assert_eq!(seen("let it = ::std::env::var(name);"), "std::env::var");
    assert_eq!(seen("tokio::select! { it => it }"), "tokio::select");
    assert_eq!(seen("if path.is_file() { fastrand::u8(..) }"), "fastrand::u8 std::fs");
    assert_eq!(seen("use crate::sandbox::{http::Request, tokio};\nuse console::{Style, Term};"), "console::Term");
    assert_eq!(seen("// std::fs\nlet it = serde_json::Value::Null;"), "");
}

#[test]
fn every_room_has_a_row_in_architecture() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let missing: Vec<&str> = ROOMS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| !rows.iter().any(|row| row.starts_with(&format!("| `{room}/`"))))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_file_is_short_and_says_what_lives_there() {
    for file in files() {
        let lines = file.text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", file.path.display());
        assert!(file.text.starts_with("//! "), "{} does not say what lives there", file.path.display());
    }
}

/// Each claim about the platform has a section with its source.
#[test]
fn what_comments_say_of_the_platform_has_a_section_with_its_sources() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(project.join("docs/platform.md")).unwrap();
    let sections: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"] {
        walk(&project.join(folder), &mut paths);
    }
    let mut cited = BTreeSet::new();
    let begin = concat!("docs/platform", ".md, \"");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| line.trim_start().starts_with("//")) {
            let words = line.split(|c: char| !(c.is_alphanumeric() || "_-./".contains(c)));
            for page in words.filter(|it| Path::new(it).extension().is_some_and(|it| it == "md")) {
                assert!(project.join(page).exists(), "{} cites {page}, which is not here", path.display());
            }
        }
        // A citation may go on in the next line of its comment.
        let words: Vec<&str> = text.split_whitespace().filter(|it| !matches!(*it, "//" | "///" | "//!")).collect();
        for after in words.join(" ").split(begin).skip(1) {
            let titles = after.split(')').next().unwrap();
            for title in titles.split("\", \"").map(|it| it.split('"').next().unwrap()) {
                assert!(sections.contains(title), "{} cites \"{title}\", which is no section", path.display());
                cited.insert(title.to_owned());
            }
        }
    }
    assert!(cited.len() >= 12, "only {cited:?} were seen: this test has become blind");
}

//! What a person sees for each mistake in a config.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use presencectl::config::choice::OrgChoice;
use presencectl::config::file_system::Disk;
use presencectl::config::finding::Finding;
use presencectl::config::finding::Severity;
use presencectl::config::{self, ConfigSource};
use presencectl::model::limits;
use presencectl::output::style::Style;
use presencectl::output::text::findings;
use proptest::prelude::*;
use tokio::time::Instant;

/// `UPDATE=1 cargo test` rewrites what is expected, for a person to review.
fn update() -> bool {
    std::env::vars_os().any(|(name, value)| name == "UPDATE" && value == "1")
}

/// What a reader copies from README is for the version that README comes with.
#[test]
fn the_versions_that_readme_shows_are_ours() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shown: Vec<&str> = readme.split('`').filter(|it| it.starts_with("requires: ")).collect();
    assert!(!shown.is_empty(), "README shows `requires`");
    for line in shown {
        let text =
            format!("{line}\nversion: 1\ndefinitions: {{ a: {{ systemPresence: Meal, labels: {{ en_US: A }} }} }}\n");
        let (_, found, desired) = config::read_texts(config::Text { path: "presence.yaml", text: &text }, &[]);
        assert!(desired.is_some(), "{found:#?}");
    }
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/config")
}

/// The output for people: the findings, and the merged config if there is one.
fn seen(path: &Path, org: Option<&str>, root: Option<&Path>, all: bool) -> String {
    let mut text = String::new();
    let (sources, diagnostics, configs) = if all {
        let loaded = config::load_all(path, root, |_| true);
        (loaded.sources, loaded.diagnostics, loaded.configs)
    } else if let Some(pattern) = org.filter(|it| it.contains('*')) {
        let choice = OrgChoice { names: vec![pattern.to_owned()], stages: Vec::new() };
        let loaded = config::load_chosen(Rc::new(Disk::default()), path, root, &choice);
        (loaded.sources, loaded.diagnostics, loaded.configs)
    } else {
        let request =
            ConfigSource { path: path.to_owned(), org: org.map(str::to_owned), root: root.map(Path::to_owned) };
        let loaded = config::load(&request);
        (loaded.sources, loaded.diagnostics, loaded.config.into_iter().collect())
    };
    findings::write(&mut text, &diagnostics, &sources, Style::PLAIN).unwrap();
    let failed = diagnostics.iter().any(|it| it.severity == Severity::Error);
    assert_eq!(failed, configs.is_empty(), "a config exists exactly when there is no error:\n{text}");
    for config in &configs {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&config::resolved_text(&config.resolved, &sources));
    }
    let folder = cases().parent().unwrap().parent().unwrap().parent().unwrap().display().to_string();
    text.replace(&folder, "@@HOME@@")
}

/// One folder in `tests/cases/config`: `args` has `PATH`, `--org NAME` or `--all`.
fn run_case(case: &Path) -> String {
    let args = fs::read_to_string(case.join("args")).unwrap_or_default();
    let mut words = args.split_whitespace();
    let (mut path, mut org, mut all) = ("input".to_owned(), None, false);
    if case.join("config.yaml").exists() {
        "config.yaml".clone_into(&mut path);
    }
    while let Some(word) = words.next() {
        match word {
            "--org" => org = words.next(),
            "--all" => all = true,
            other => other.clone_into(&mut path),
        }
    }
    let shown = seen(&case.join(path), org, Some(case), all);
    shown
        .replace("@@HOME@@/tests/cases/config/", "")
        .replace(&format!("{}/", case.file_name().unwrap().to_str().unwrap()), "")
}

#[test]
fn every_case_shows_what_is_expected() {
    let mut folders: Vec<PathBuf> = fs::read_dir(cases()).unwrap().map(|it| it.unwrap().path()).collect();
    folders.sort();
    let mut wrong = String::new();
    for case in folders.iter().filter(|it| it.is_dir()) {
        let shown = run_case(case);
        let expected = case.join("expected.txt");
        if update() {
            fs::write(&expected, &shown).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            let _ = writeln!(wrong, "=== {}\n{shown}", case.display());
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 accepts what is shown now:\n{wrong}");
}

/// Inputs that no editor writes. Their output is in `tests/cases/config/NAME.txt`.
fn odd_bytes() -> Vec<(&'static str, Vec<u8>)> {
    let config = b"version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch }\n";
    let with = |more: &[u8]| [config.as_slice(), more].concat();
    vec![
        ("bytes-control", with(b"# bell \x07 here\n# and \xc2\x9b there\n")),
        ("bytes-empty", Vec::new()),
        ("bytes-latin-1", with(b"# caf\xe9\n\xff\n")),
        ("bytes-long-line", with(format!("# {}\n", "x".repeat(70_000)).as_bytes())),
        ("bytes-nul", with(b"\0\0\0")),
        ("bytes-too-large", vec![b'#'; limits::CONFIG_FILE_BYTES_MAX + 1]),
        ("bytes-too-many-in-all", {
            let lines = (0..=limits::CONFIG_ALL_DEFINITIONS_MAX).map(|it| format!("  d{it}: {{}}\n"));
            format!("version: 1\ndefinitions:\n{}", lines.collect::<String>()).into()
        }),
        ("bytes-too-many-values", b"-\n".repeat(limits::CONFIG_VALUES_MAX + 1)),
        ("bytes-bom-org-unclosed", b"\xef\xbb\xbforg: { name: a".to_vec()),
        ("bytes-odd-space-after-colon", "version: 1\ndefinitions:\n  a:\n    systemPresence:\u{00A0}Break\n    labels: { en_US: A }\n".into()),
        ("bytes-odd-space-as-key", "version: 1\ndefinitions:\n\u{00A0} a: { systemPresence: Break }\n".into()),
        ("bytes-odd-space-in-indentation", "version: 1\ndefinitions:\n  a:\n\u{2003}   systemPresence: Break\n    labels: { en_US: A }\n".into()),
        ("bytes-tabs-in-json", b"{\n\t\"version\": 1,\n\t\"definitions\": {\n\t\t\"a\": { \"systemPresence\": \"Break\",\n\t\t\t\"labels\": { \"en_US\": \"A\" } } }\n}\n".to_vec()),
        ("bytes-tabs-within-braces", b"version: 1\ndefinitions:\n  a:\n    systemPresence: Break\n    labels: {\n      \ten_US: A,\n      \tde: B }\n".to_vec()),
        ("bytes-utf-16-marked", "\u{FEFF}version: 1".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("bytes-utf-16", "version: 1".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("bytes-zero-width-before-a-field", "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n\u{200B}    labels: { en_US: Lunch }\n".into()),
        ("bytes-zero-width", "version: 1\ndefinitions:\n  lu\u{200B}nch: { systemPresence: Meal\u{202E} }\n".into()),
    ]
}

#[test]
fn odd_bytes_show_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = String::new();
    for (name, bytes) in odd_bytes() {
        let path = folder.path().join("config.yaml");
        fs::write(&path, bytes).unwrap();
        let shown = seen(&path, None, None, false).replace(&format!("{}/", folder.path().display()), "");
        let expected = cases().join(format!("{name}.txt"));
        if update() {
            fs::write(&expected, &shown).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            let _ = writeln!(wrong, "=== {name}\n{shown}");
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 accepts what is shown now:\n{wrong}");
}

#[test]
fn every_finding_is_shown_by_a_case() {
    let mut shown = String::new();
    for entry in fs::read_dir(cases()).unwrap() {
        let path = entry.unwrap().path();
        let file = if path.is_dir() { path.join("expected.txt") } else { path };
        shown.push_str(&fs::read_to_string(file).unwrap());
    }
    let missing: Vec<&str> =
        Finding::CODES.iter().copied().filter(|code| !shown.contains(&format!("[{code}]"))).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
    // What is wrong with a path or a flag has no place in a file; everything else is pointed at.
    let placeless = ["unreadable", "org-needed", "unknown-org", "no-org-chosen"];
    let pointed = |code: &&str| {
        let mut blocks = shown.split("\n\n").filter(|it| it.contains(&format!("[{code}]")));
        blocks.any(|it| it.contains("--> ") && it.contains("| ") && it.contains('^'))
    };
    let unpointed: Vec<&str> =
        Finding::CODES.iter().copied().filter(|it| !placeless.contains(it) && !pointed(it)).collect();
    assert!(unpointed.is_empty(), "no case shows the line of {unpointed:?}");
    let mut codes = Finding::CODES.to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Finding::CODES.len(), "two findings have one name");
    let kebab = |code: &&str| code.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    assert!(codes.iter().all(kebab));
}

#[test]
fn nothing_hidden_reaches_a_terminal_and_carets_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\u{202E}b.yaml");
    fs::write(&path, "version: 1\ndefinitions:\n  \"\u{202E}x\": { systemPresense: \"\u{200B}\" } # \u{2066}\n")
        .unwrap();
    let plain = seen(&path, None, None, false);
    assert!(!plain.chars().any(|c| c != '\n' && presencectl::model::text::is_hidden(c)), "{plain:?}");
    let lines: Vec<&str> = plain.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("systemPresense:")) {
        let (marks, _) = (lines[index + 1], line);
        let at = marks.find('^').unwrap();
        assert!(line[at..].starts_with("systemPresense") || line[at..].starts_with('"'), "{plain}");
    }
    let mut coloured = String::new();
    let loaded = config::load(&ConfigSource { path, ..ConfigSource::default() });
    findings::write(&mut coloured, &loaded.diagnostics, &loaded.sources, Style::COLORED).unwrap();
    assert!(coloured.contains("\u{1b}[") && !coloured.contains(":::"), "{coloured:?}");
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_committed_schema_is_the_types_schema() {
    let schema = config::json_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = repository().join("schemas/config.v1.json");
    if update() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), text, "UPDATE=1 cargo test writes it anew");
}

#[test]
fn the_root_is_the_nearest_repository_else_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (base, orgs) = (folder.path().join("a/base"), folder.path().join("a/orgs"));
    fs::create_dir_all(&base).unwrap();
    fs::create_dir_all(&orgs).unwrap();
    let lunch = "definitions: { lunch: { systemPresence: Meal, labels: { en_US: Lunch } } }";
    fs::write(base.join("meals.yaml"), format!("version: 1\n{lunch}\n")).unwrap();
    fs::write(orgs.join("a.yaml"), "version: 1\norg: { name: a }\nuse: [../base]\n").unwrap();
    let codes = |root: Option<&Path>| {
        let request = ConfigSource { path: orgs.join("a.yaml"), org: None, root: root.map(Path::to_owned) };
        config::load(&request).diagnostics.iter().map(|it| it.finding.code()).collect::<Vec<_>>()
    };
    assert_eq!(codes(None), ["outside-root"]);
    assert_eq!(codes(Some(folder.path())), Vec::<&str>::new());
    assert_eq!(codes(Some(&base)), ["outside-root"]);
    // A worktree has a file of this name, a clone a folder.
    fs::write(folder.path().join(".git"), "gitdir: elsewhere").unwrap();
    assert_eq!(codes(None), Vec::<&str>::new());
}

#[test]
fn places_lead_to_the_last_file_that_set_each_part() {
    let path = cases().join("org-merged/input");
    let request = ConfigSource { path, org: Some("acme-prod".to_owned()), root: None };
    let loaded = config::load(&request);
    let desired = loaded.config.unwrap().desired;
    let line = |span| {
        let place = loaded.sources.place(span);
        format!("{}:{}", place.path.file_name().unwrap().display(), place.line.get())
    };
    let lunch = desired.definitions.values().find(|it| it.key.as_str() == "lunch").unwrap();
    assert_eq!(line(lunch.places.key), "acme-prod.yaml:10");
    assert_eq!(line(lunch.places.system_presence), "meals.yaml:4");
    let labels: Vec<String> = lunch.places.labels.iter().map(|(it, span)| format!("{it} {}", line(*span))).collect();
    assert_eq!(labels, ["DE acme.yaml:5", "en_US acme-prod.yaml:10", "nl acme.yaml:5"]);
    assert_eq!(lunch.places.pin.map(line).unwrap(), "acme-prod.yaml:12");
    let coaching = desired.definitions.values().find(|it| it.key.as_str() == "coaching").unwrap();
    assert_eq!(coaching.places.omit.map(line).unwrap(), "acme-prod.yaml:11");
    assert_eq!(desired.protect.values().map(|span| line(*span)).collect::<Vec<_>>(), ["acme-prod.yaml:13"]);
}

/// What `config` prints is a config with the same meaning.
fn read_back(config: &config::Config, sources: &presencectl::model::source::Sources) {
    let text = config::resolved_text(&config.resolved, sources);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.yaml"), &text).unwrap();
    let again = config::load(&ConfigSource { path: folder.path().to_owned(), ..ConfigSource::default() });
    let again = again.config.unwrap_or_else(|| panic!("{:?}\n{text}", again.diagnostics)).desired;
    let desired = &config.desired;
    assert_eq!(again.settings, desired.settings);
    assert!(again.protect.keys().eq(desired.protect.keys()));
    assert_eq!(again.definitions.len(), desired.definitions.len());
    for (key, wanted) in &again.definitions {
        let before = desired.definitions[key].clone();
        let moved = presencectl::model::desired::Wanted { places: wanted.places.clone(), ..before };
        assert_eq!(*wanted, moved, "{text}");
    }
}

#[test]
fn every_example_is_free_of_findings_and_reads_back() {
    for (example, orgs) in [("quickstart", 1), ("contact-center", 1), ("many-orgs", 14)] {
        let loaded = config::load_all(&repository().join("examples").join(example), None, |_| true);
        assert_eq!(*loaded.diagnostics, [], "{example}");
        assert_eq!(loaded.configs.len(), orgs, "{example}");
        for config in &loaded.configs {
            read_back(config, &loaded.sources);
        }
        for (_, source) in loaded.sources.iter() {
            let schema = source.text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
            let schema = fs::canonicalize(source.path.parent().unwrap().join(schema)).unwrap();
            assert_eq!(schema, fs::canonicalize(repository().join("schemas/config.v1.json")).unwrap());
        }
    }
}

#[test]
fn the_contact_center_speaks_eight_languages() {
    let loaded = config::load_all(&repository().join("examples/contact-center"), None, |_| true);
    let definitions = &loaded.configs[0].desired.definitions;
    assert_eq!(definitions.len(), 22, "as its page says");
    for wanted in definitions.values() {
        let locales: Vec<&str> = wanted.labels.iter().map(|(locale, _)| locale.as_str()).collect();
        assert_eq!(locales, ["ar", "de", "en_US", "es", "fr", "no", "pt_BR", "zh_CN"], "{}", wanted.key);
    }
}

#[test]
fn every_correct_case_reads_back() {
    for entry in fs::read_dir(cases()).unwrap() {
        let file = entry.unwrap().path().join("config.yaml");
        if file.exists() {
            let loaded = config::load(&ConfigSource { path: file, ..ConfigSource::default() });
            if let Some(config) = &loaded.config {
                read_back(config, &loaded.sources);
            }
        }
    }
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let path = cases().join("org-layers/input");
    let first = seen(&path, None, None, true);
    assert!((0..5).all(|_| seen(&path, None, None, true) == first));
}

/// Thirty folders, each with a link to every other: as paths there are more of them than atoms.
#[cfg(unix)]
#[test]
fn a_tangle_of_links_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    for it in 0..30 {
        let here = folder.path().join(format!("d{it}"));
        fs::create_dir(&here).unwrap();
        let lunch =
            format!("version: 1\ndefinitions:\n  d{it}: {{ systemPresence: Meal, labels: {{ en_US: L{it} }} }}\n");
        fs::write(here.join("config.yaml"), lunch).unwrap();
        for other in (0..30).filter(|other| *other != it) {
            std::os::unix::fs::symlink(format!("../d{other}"), here.join(format!("to{other}"))).unwrap();
        }
    }
    let loaded = config::load(&ConfigSource { path: folder.path().to_owned(), ..ConfigSource::default() });
    assert_eq!(*loaded.diagnostics, []);
    assert_eq!(loaded.config.unwrap().desired.definitions.len(), 30);
}

/// Each file is small enough, but all of them exceed the limit. It is reported once, and nothing more is read.
#[test]
fn all_files_together_have_their_limits() {
    let told = |count: usize, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..count {
            fs::write(folder.path().join(format!("{number:02}.yaml")), text).unwrap();
        }
        let loaded = config::load(&ConfigSource { path: folder.path().to_owned(), ..ConfigSource::default() });
        assert!(loaded.config.is_none());
        let held: usize = loaded.sources.iter().map(|(_, it)| it.text.len()).sum();
        assert!(held <= limits::CONFIG_BYTES_MAX, "{held}");
        loaded.diagnostics.iter().map(|it| it.finding.message()).collect::<Vec<_>>()
    };
    let comment = format!("version: 1\n{}", format!("# {}\n", "x".repeat(1_000)).repeat(15 * 1024));
    let mib = limits::CONFIG_BYTES_MAX / (1024 * 1024);
    assert_eq!(told(6, &comment), [format!("the config is larger than {mib} MiB in all its files")]);
    let values = limits::CONFIG_VALUES_MAX;
    let list = format!("version: 1\ndefinitions:\n{}", "- a\n".repeat(values / 2 - 10));
    let found = told(4, &list);
    assert_eq!(
        found.iter().filter(|it| **it == format!("the config holds more than {values} keys and values")).count(),
        1
    );
}

/// Ten thousand lines, made from their numbers.
fn lines(line: impl Fn(usize) -> String) -> String {
    (0..10_000).map(line).collect()
}

/// With quadratic time, one of these would take minutes. Now each takes a second.
#[test]
fn ten_thousand_mistakes_are_told_in_time() {
    let definitions = lines(|it| format!("  d{it}: {{ systemPresence: Meal, labels: {{ en_US: L{it} }} }}\n"));
    let odd = lines(|it| {
        format!("  d{it}: {{ systemPresence: Mael, label: {{ en_US: D }}, deactivated: yes }}\n  d{it}: {{}}\n")
    });
    let locales = lines(|it| format!("    - x{it}\n"));
    let strangers = lines(|it| format!("  e{it}: 2fa68d50-0000-4000-8000-000000000001\n"));
    let presences = lines(|it| format!("    - Work{it}\n"));
    let cases = [
        (format!("definitions:\n{odd}"), 40_000),
        (
            format!(
                "definitions:\n{}",
                lines(|it| format!("  d{it}: {{ systemPresence: Meal, labels: {{ en_US: L }} }}\n"))
            ),
            10_000,
        ),
        (format!("settings:\n  locales:\n    - en_US\n{locales}definitions:\n{definitions}"), 20_001),
        (format!("definitions:\n{definitions}ids:\n{strangers}"), 20_000),
        (
            format!("settings:\n  systemPresences:\n{presences}definitions:\n{}", definitions.replace("Meal", "Work")),
            10_000,
        ),
        (format!("definitions:\n{definitions}{}", lines(|it| format!("x{it}: {{}}\n"))), 10_001),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    for (text, count) in cases {
        fs::write(&path, format!("version: 1\n{text}")).unwrap();
        let begun = Instant::now();
        let loaded = config::load(&ConfigSource { path: path.clone(), ..ConfigSource::default() });
        assert_eq!(loaded.diagnostics.total(), count, "{}", &text[..100]);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?} for {}", begun.elapsed(), &text[..100]);
    }
}

/// Every YAML file below the cases, as seeds for mutations.
fn seeds() -> Vec<Vec<u8>> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), files);
            } else if entry.file_type().unwrap().is_file() && entry.path().extension().is_some_and(|it| it == "yaml") {
                files.push(entry.path());
            }
        }
    }
    let mut files = Vec::new();
    walk(&cases(), &mut files);
    files.sort();
    files.iter().map(|it| fs::read(it).unwrap()).collect()
}

/// One change to a file: where, what, and its length or text.
type Edit = (prop::sample::Index, u8, prop::sample::Index);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8, any::<prop::sample::Index>()), 0..6)
}

fn mutated(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    const PIECES: [&[u8]; 22] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b": ",
        b"\n",
        b"  ",
        b"- ",
        b"\t",
        b"\"",
        b"&a ",
        b"*a",
        b"!!x ",
        b"\xff",
        b"\0",
        "\u{202E}".as_bytes(),
        b"null",
        b"? ",
        b"|\n",
        b"99999999999999999999",
        b"%",
    ];
    for (at, kind, piece) in edits {
        let at = at.index(bytes.len() + 1);
        let line_start = bytes[..at].iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
        let line_end = bytes[at..].iter().position(|it| *it == b'\n').map_or(bytes.len(), |it| at + it + 1);
        match kind {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at < bytes.len() => bytes[at] ^= 1 << piece.index(8),
            3 => {
                let line = bytes[line_start..line_end].to_vec();
                drop(bytes.splice(line_end..line_end, line));
            }
            4 => drop(bytes.drain(line_start..line_end)),
            5 => {
                let depth = PIECES[piece.index(5)].repeat(40);
                drop(bytes.splice(at..at, depth));
            }
            _ => drop(bytes.splice(at..at, PIECES[piece.index(PIECES.len())].iter().copied())),
        }
    }
    bytes
}

/// The invariants for any files.
fn holds(shown: &str) -> Result<(), TestCaseError> {
    prop_assert!(!shown.contains("bug of presencectl"), "{shown}");
    prop_assert!(!shown.chars().any(|c| c != '\n' && presencectl::model::text::is_hidden(c)), "{shown:?}");
    let (findings, _) = shown.split_once("\n\nversion: 1\n").unwrap_or((shown, ""));
    let mut told: Vec<&str> = findings.split("\n\n").collect();
    told.sort_unstable();
    prop_assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "told twice:\n{shown}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_it_panic(seed in any::<prop::sample::Index>(), edits in edits()) {
        let seeds = seeds();
        let bytes = mutated(seeds[seed.index(seeds.len())].clone(), &edits);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        fs::write(&path, &bytes).unwrap();
        holds(&seen(&path, None, None, false))?;
    }

    #[test]
    fn no_folder_makes_it_panic(
        seed in any::<prop::sample::Index>(),
        damaged in prop::collection::vec((0..4_usize, edits()), 1..3),
        link in 0..6_usize,
    ) {
        let seeds = seeds();
        let folder = tempfile::tempdir().unwrap();
        let names = ["base/a.yaml", "base/b.yaml", "orgs/a.yaml", "orgs/b.yaml"];
        for name in ["base", "orgs"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (name, text) in names.iter().zip(SMALL) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        for (file, edits) in &damaged {
            let seed = if edits.is_empty() { seeds[seed.index(seeds.len())].as_slice() } else { SMALL[*file].as_bytes() };
            fs::write(folder.path().join(names[*file]), mutated(seed.to_vec(), edits)).unwrap();
        }
        #[cfg(unix)]
        for (from, to) in LINKS.iter().take(link) {
            std::os::unix::fs::symlink(to, folder.path().join(from)).unwrap();
        }
        holds(&seen(folder.path(), None, None, true))?;
        holds(&seen(folder.path(), Some("a"), None, false))?;
    }
}

/// Two layers and two org files, for damaging.
const SMALL: [&str; 4] = [
    "version: 1
settings: { prune: delete }
definitions:
  lunch: { systemPresence: Meal, labels: { en_US: Lunch, de: Mittag } }
",
    "version: 1
definitions:
  tea: { systemPresence: Break, labels: { en_US: Tea } }
",
    "version: 1
org: { name: a, id: 22222222-bbbb-4bbb-8bbb-222222222222 }
use: [../base]
overrides:
  lunch: { labels: { de: null } }
omit: [tea]
",
    "version: 1
org: { name: b }
use: [../base/a.yaml, ../base/b.yaml]
definitions:
  call: { systemPresence: Busy, labels: { en_US: Call } }
ids: { tea: 2fa68d50-0000-4000-8000-000000000001 }
",
];

/// Links that lead to a file again, in a circle, outside, to each other and nowhere.
#[cfg(unix)]
const LINKS: [(&str, &str); 5] = [
    ("base/c.yaml", "a.yaml"),
    ("base/up", ".."),
    ("orgs/etc", "/etc"),
    ("base/orgs", "../orgs"),
    ("base/no.yaml", "no"),
];

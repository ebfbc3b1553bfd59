//! What the action and the workflows say agrees with the scripts, with the release, and with their own rules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap()
}

/// Every YAML file that GitHub runs, here or copied from the examples.
fn runs() -> Vec<PathBuf> {
    let folders = [".github/workflows", "examples/github-actions/.github/workflows"];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|it| fs::read_dir(project().join(it)).unwrap().map(|it| it.unwrap().path()))
        .chain(["action.yml", "kit/status/action.yml", "kit/pull-request/action.yml"].map(|it| project().join(it)))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "{files:?}");
    files
}

/// What stands after a name on each line that begins with it, as `uses: VALUE`.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|it| it.trim_start().trim_start_matches("- "));
    lines.filter_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).collect()
}

#[test]
fn the_action_installs_this_version() {
    let action = read("action.yml");
    assert!(
        action.contains(&format!("default: \"{}\"", env!("CARGO_PKG_VERSION"))),
        "the input `version` of action.yml"
    );
    for example in ["check", "plan", "apply", "drift"] {
        let text = read(&format!("examples/github-actions/.github/workflows/{example}.yml"));
        let own: Vec<&str> = values(&text, "uses").into_iter().filter(|it| it.starts_with("OWNER/")).collect();
        assert!(!own.is_empty());
        for it in own {
            assert!(it.contains(&format!("@v{}", env!("CARGO_PKG_VERSION"))), "{example}: {it}");
        }
    }
    let gitlab = read("examples/gitlab-ci/.gitlab-ci.yml");
    assert!(gitlab.contains(&format!("PRESENCECTL_VERSION: \"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn nothing_is_put_into_the_text_of_a_script() {
    for file in runs() {
        let text = fs::read_to_string(&file).unwrap();
        let mut block: Option<usize> = None;
        for (number, line) in text.lines().enumerate() {
            let depth = line.len() - line.trim_start().len();
            if block.is_some_and(|it| depth <= it && !line.trim().is_empty()) {
                block = None;
            }
            let runs = line.trim_start().trim_start_matches("- ").starts_with("run:");
            if block.is_some() || runs {
                assert!(!line.contains("${{"), "{}:{}: {line}", file.display(), number + 1);
            }
            if runs && line.trim_end().ends_with('|') {
                block = Some(depth);
            }
        }
    }
}

#[test]
fn every_foreign_action_is_pinned_by_a_whole_hash() {
    let mut foreign = BTreeSet::new();
    for file in runs() {
        for used in values(&fs::read_to_string(&file).unwrap(), "uses") {
            if used.starts_with("OWNER/") {
                continue;
            }
            let (name, rest) = used.split_once('@').unwrap();
            let (hash, version) = rest.split_once(" # ").unwrap();
            let whole = hash.len() == 40 && hash.bytes().all(|it| it.is_ascii_hexdigit());
            assert!(whole && version.starts_with('v'), "{}: {used}", file.display());
            foreign.insert((name.to_owned(), hash.to_owned()));
        }
    }
    assert!(foreign.len() <= 5, "few foreign actions, each in one version: {foreign:?}");
}

#[test]
fn what_the_scripts_need_is_handed_to_them() {
    let action = read("action.yml");
    let inputs: BTreeSet<&str> = action
        .split("\noutputs:")
        .next()
        .unwrap()
        .lines()
        .filter_map(|it| it.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|it| !it.starts_with(' '))
        .collect();
    let used: BTreeSet<&str> = action
        .split("inputs.")
        .skip(1)
        .map(|it| it.split(|c: char| !c.is_ascii_lowercase() && c != '-' && !c.is_ascii_digit()).next().unwrap())
        .collect();
    assert_eq!(inputs, used, "every input is used, and every used one exists");
    for (script, step) in [("install.sh", "id: install"), ("reviewed-plans.sh", "id: plans"), ("run.sh", "id: run")] {
        let step = action.split(step).nth(1).unwrap().split("\n    - name").next().unwrap();
        let text = ["common.sh", script].map(|it| read(&format!("kit/{it}"))).concat();
        let more = if script == "run.sh" {
            ["comment.sh", "drift-issue.sh"].map(|it| read(&format!("kit/{it}"))).concat()
        } else {
            String::new()
        };
        for variable in variables(&format!("{text}{more}")) {
            let own = ["GITHUB_", "RUNNER_", "BASH_"].iter().any(|it| variable.starts_with(it));
            let unused =
                script != "run.sh" && matches!(variable, "COMMENT_AUTHOR" | "PATH_OF_CONFIG" | "ARGUMENTS" | "ORG");
            let handed = step.contains(&format!("        {variable}: "));
            assert!(own || unused || handed, "action.yml does not hand {variable} to {script}");
        }
    }
}

/// The variables in capitals that a script reads.
fn variables(text: &str) -> BTreeSet<&str> {
    let code = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
    let plain = text.split('$').skip(1).map(|it| it.trim_start_matches(['{', '#']).trim_start_matches("ENV."));
    let names = plain.map(|it| it.split(|c| !code(c)).next().unwrap());
    names.filter(|it| it.len() > 1 && it.starts_with(|c: char| c.is_ascii_uppercase()) && *it != "ENV").collect()
}

#[test]
fn an_apply_waits_for_its_turn_and_is_never_cancelled() {
    let apply = read("examples/github-actions/.github/workflows/apply.yml");
    let group = apply.split("concurrency:").nth(1).unwrap();
    assert!(
        group.contains("queue: max") && group.contains("cancel-in-progress: false") && group.contains("matrix.org")
    );
}

#[test]
fn a_job_with_a_secret_never_checks_out_a_pull_request() {
    let mut bases = 0;
    for file in runs() {
        let text = fs::read_to_string(&file).unwrap();
        let by_strangers = text.contains("pull_request:") || text.contains("workflow_run:");
        if by_strangers && text.contains("secrets.") {
            for step in text.split("uses: actions/checkout@").skip(1) {
                let step = step.split("\n      - ").next().unwrap();
                let refs: Vec<&str> = values(step, "ref").iter().map(|it| it.split(" #").next().unwrap()).collect();
                assert_eq!(refs, ["${{ steps.pull-request.outputs.base }}"], "{}", file.display());
                bases += 1;
            }
        }
        assert!(!text.contains("pull_request_target"), "{}", file.display());
    }
    assert_eq!(bases, 1, "the commit before the pull request, which kit/pull-request.sh has looked at");
}

#[test]
fn the_examples_say_what_a_pull_request_does() {
    let plan = read("examples/github-actions/.github/workflows/plan.yml");
    let kit = read("kit/pull-request/action.yml");
    assert!(values(&plan, "base").iter().any(|it| it.contains("/base/presences")), "{plan}");
    assert!(plan.contains("base-file: ${{ runner.temp }}/head/base\n") && kit.contains("\n  base-file:\n"));
    assert!(read("examples/github-actions/.github/workflows/check.yml").contains(">bundle/base"));
    assert!(read("action.yml").contains("\n  base:\n"));
    assert!(read("examples/gitlab-ci/presencectl.sh").contains("--base"));
}

//! Git is asked without obeying a hostile repository, and as people and CI use it. `--at` reads the config of a commit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use presencectl::sandbox::SandboxConfig;
use serde_json::Value;

use super::driver::{Cli, Ran};
use super::first_day::path;
use super::server::Org;
use super::with_org;
use crate::tools;

const LUNCH: &str = "version: 1\ndefinitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n";
const TEA: &str = "  tea: { systemPresence: Break, labels: { en_US: Tea } }\n";
const SECRET: &str = "a-secret-of-the-run";

/// The real Git in a folder, with nothing of this machine's settings.
fn git_in(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]);
    command.args(["-c", "protocol.file.allow=always", "-c", "commit.gpgSign=false", "-c", "core.fsmonitor=false"]);
    command.args(arguments).current_dir(folder).env_clear().env("PATH", path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The same from a line, which succeeds; with what it printed.
fn git(folder: &Path, line: &str) -> String {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let output = git_in(folder, &arguments, b"");
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit_all(folder: &Path, message: &str) -> String {
    git(folder, "add --force .");
    git(folder, &format!("commit --quiet --allow-empty --message {message}"));
    git(folder, "rev-parse HEAD")
}

fn with_git() -> Cli {
    Cli::new().variable("PATH", &path()).variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", SECRET)
}

/// `presences/p.yaml` with lunch is committed as `one`, with tea as `two`. Both hashes.
fn repository(cli: &Cli, folder: &str) -> (String, String) {
    cli.write(&format!("{folder}/presences/p.yaml"), LUNCH);
    git(&cli.path(folder), "init --quiet");
    let one = commit_all(&cli.path(folder), "one");
    cli.write(&format!("{folder}/presences/p.yaml"), &format!("{LUNCH}{TEA}"));
    (one, commit_all(&cli.path(folder), "two"))
}

fn run_in(cli: &Cli, folder: &str, line: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = cli.command(line);
    command.current_dir(cli.path(folder)).envs(variables.iter().copied());
    cli.ran(command.output().unwrap())
}

/// The keys and origins of the changes that a plan in this folder wrote.
fn origins(cli: &Cli, file: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(&cli.read(file)).unwrap();
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|it| format!("{} {}", it["key"].as_str().unwrap(), it["origin"].as_str().unwrap_or("-"))).collect()
}

/// Every setting by which a config of Git's can start a program, or lead it elsewhere.
fn hostile_config(marker: &Path, bare: bool) -> String {
    let run = format!("sh -c 'env >{}' #", marker.display());
    let mut config = format!("[core]\n\trepositoryFormatVersion = 1\n\tbare = {bare}\n");
    let keys = [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "core.askPass",
        "gpg.program",
        "gpg.ssh.program",
        "gpg.x509.program",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "credential.helper",
        "alias.rev-parse",
        "alias.cat-file",
        "alias.log",
        "alias.ls-tree",
        "pager.log",
        "pager.rev-parse",
        "pager.cat-file",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "remote.origin.receivepack",
        "interactive.diffFilter",
        "merge.x.driver",
        "sequence.editor",
        "gc.recentObjectsHook",
        "trace2.normalTarget",
    ];
    for key in keys {
        let (section, name) = key.rsplit_once('.').unwrap();
        let section = match section.split_once('.') {
            Some((section, rest)) => format!("{section} \"{rest}\""),
            None => section.to_owned(),
        };
        let value = if key.starts_with("alias") { format!("!{run}") } else { run.clone() };
        writeln!(config, "[{section}]\n\t{name} = \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")).unwrap();
    }
    config.push_str(
        "[extensions]\n\tpartialClone = origin\n[remote \"origin\"]\n\turl = ./x\n\tpromisor = true\n\
         [log]\n\tshowSignature = true\n[diff]\n\texternal = x\n[protocol \"ext\"]\n\tallow = always\n\
         [protocol \"file\"]\n\tallow = always\n[remote \"evil\"]\n\tpromisor = true\n\turl = ext::sh -c env%>&2\n",
    );
    let hooks = marker.parent().unwrap().join("hooks");
    write!(config, "[core]\n\thooksPath = {}\n", hooks.display()).unwrap();
    config
}

/// A folder that Git treats as a bare repository, beside the config files. Its branch points at a missing object, so
/// that Git would fetch it.
fn embed(folder: &Path, marker: &Path) {
    for name in ["objects", "refs/heads"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join(".keep"), "").unwrap();
    }
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(folder.join("refs/heads/main"), format!("{}\n", "1".repeat(40))).unwrap();
    fs::write(folder.join("config"), hostile_config(marker, true)).unwrap();
}

/// Every command that asks Git, at this path of the config. None of them runs anything that the data names.
fn nothing_runs(cli: &Cli, folder: &str, marker: &Path) {
    let first = git_in(&cli.path(folder), &["rev-list", "--max-parents=0", "--all"], b"").stdout;
    let first = String::from_utf8(first).unwrap().lines().next().unwrap_or("HEAD").to_owned();
    let _ = fs::remove_file(marker);
    let ones = "1".repeat(40);
    for (working, config) in [("", "presences"), ("/presences", "."), ("/presences", "p.yaml")] {
        let mut lines = vec![format!("validate {config}"), format!("doctor {config} --sandbox")];
        lines.push(format!("apply {config} --sandbox --auto-approve"));
        for revision in ["main", "HEAD", "HEAD~1", "main...HEAD", &first, &ones] {
            lines.push(format!("plan {config} --sandbox --base {revision}"));
            lines.push(format!("plan {config} --sandbox --at {revision}"));
            lines.push(format!("validate {config} --at {revision}"));
            lines.push(format!("drift {config} --sandbox --applied {revision}"));
        }
        for line in lines {
            let ran = run_in(cli, &format!("{folder}{working}"), &line, &[]);
            assert!(!marker.exists(), "{line} ran a program of the data\n{}", ran.shown());
            assert!(matches!(ran.code, Some(0 | 1)), "{line}: {}", ran.shown());
        }
    }
}

#[test]
fn a_folder_that_looks_like_a_repository_is_never_asked() {
    let cli = with_git();
    repository(&cli, "origin");
    let marker = cli.path("RAN");
    embed(&cli.path("origin/presences"), &marker);
    commit_all(&cli.path("origin"), "hostile");
    git(&cli.path(""), "clone --quiet origin clone");
    // It is live: Git itself runs what it names.
    let by_hand = git_in(&cli.path("clone/presences"), &["-c", "core.fsmonitor=", "log"], b"");
    assert!(marker.exists(), "{}", String::from_utf8_lossy(&by_hand.stderr));
    nothing_runs(&cli, "clone", &marker);
    // The base is the clone's, and not what the folder calls `main`.
    let ran = run_in(&cli, "clone", "plan presences --sandbox --base HEAD~2 -o json=plan.json", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    // It is reported for every command.
    for line in ["validate presences", "validate presences/p.yaml", "validate presences --at HEAD", "validate ."] {
        let ran = run_in(&cli, "clone", line, &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stderr.contains("warning[embedded-repository]: `presences` looks like a Git repository"), "{line}");
    }
    assert_eq!(run_in(&cli, "clone", "validate presences --deny-warnings", &[]).code, Some(1));
    assert!(!run_in(&cli, "clone", "validate presences --at HEAD~1", &[]).stderr.contains("embedded-repository"));
}

#[test]
fn the_git_folder_of_an_archive_runs_nothing() {
    let cli = with_git();
    repository(&cli, "archive");
    let marker = cli.path("RAN");
    fs::write(cli.path("archive/.git/config"), hostile_config(&marker, false)).unwrap();
    fs::write(cli.path("archive/.git/info/attributes"), "* filter=x diff=x merge=x\n").unwrap();
    fs::create_dir_all(cli.path("hooks")).unwrap();
    for hook in ["post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"] {
        fs::write(cli.path(&format!("hooks/{hook}")), format!("#!/bin/sh\nenv >{}\n", marker.display())).unwrap();
        fs::set_permissions(cli.path(&format!("hooks/{hook}")), fs::Permissions::from_mode(0o755)).unwrap();
    }
    nothing_runs(&cli, "archive", &marker);
    let ran = run_in(&cli, "archive", "plan presences --sandbox --base HEAD~1 -o json=plan.json", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(origins(&cli, "archive/plan.json"), [""; 0], "it was applied before: {}", ran.shown());
    // Objects that are not there are not fetched.
    let tree = git(&cli.path("archive"), "rev-parse HEAD:presences/p.yaml");
    fs::remove_file(cli.path(&format!("archive/.git/objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    nothing_runs(&cli, "archive", &marker);
}

#[test]
fn a_git_file_of_an_archive_leads_to_nothing_that_runs() {
    let cli = with_git();
    repository(&cli, "archive");
    let marker = cli.path("RAN");
    embed(&cli.path("archive/presences"), &marker);
    fs::rename(cli.path("archive/.git"), cli.path("archive/stored")).unwrap();
    for leads_to in ["gitdir: presences\n", "gitdir: stored\n", "gitdir: /nowhere\n", "no line of Git's\n", ""] {
        fs::write(cli.path("archive/.git"), leads_to).unwrap();
        fs::write(cli.path("archive/stored/config"), hostile_config(&marker, false)).unwrap();
        nothing_runs(&cli, "archive", &marker);
    }
    // The same by a link, and by one that leads nowhere.
    for leads_to in ["presences", "stored", "nowhere"] {
        fs::remove_file(cli.path("archive/.git")).unwrap();
        symlink(leads_to, cli.path("archive/.git")).unwrap();
        nothing_runs(&cli, "archive", &marker);
    }
}

/// What is not a repository here ends the search: the one above is another one.
#[test]
fn a_git_that_is_none_does_not_lead_to_the_repository_above() {
    let cli = with_git();
    repository(&cli, "outer");
    cli.write("outer/inner/presences/p.yaml", LUNCH);
    fs::create_dir(cli.path("outer/inner/.git")).unwrap();
    let ran = run_in(&cli, "outer/inner", "plan presences --sandbox --base HEAD", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("`presences` is not in a Git repository"), "{}", ran.shown());
}

/// A program that is called `git`: it writes down how it was started, and hands on to the real one.
fn recorder(cli: &Cli) -> (PathBuf, String) {
    let real = path().split(':').map(|it| Path::new(it).join("git")).find(|it| it.exists()).unwrap();
    let record = cli.path("record");
    let script = format!(
        // At once: several run at a time.
        "#!/bin/sh\nit=$(printf 'asked'; printf ' %s' \"$@\"; echo; env)\nprintf '%s\\n' \"$it\" >>{}\nexec {} \"$@\"\n",
        record.display(),
        real.display()
    );
    cli.write("bin/git", &script);
    fs::set_permissions(cli.path("bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
    (record, format!("{}:{}", cli.path("bin").display(), path()))
}

#[test]
fn git_is_asked_only_what_runs_nothing_and_gets_no_variable_but_these() {
    let cli = with_git();
    repository(&cli, "clone");
    let (record, path) = recorder(&cli);
    let mut variables: Vec<(&str, &str)> = vec![
        ("PATH", &path),
        ("HOME", "/nowhere"),
        ("XDG_CONFIG_HOME", "/nowhere"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
        ("GIT_CONFIG_KEY_X", SECRET),
    ];
    let never = [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_SSH_COMMAND",
        "GIT_ASKPASS",
        "GIT_EXTERNAL_DIFF",
        "GIT_EXEC_PATH",
        "GIT_CONFIG_PARAMETERS",
        "GIT_TRACE",
        "GIT_PROXY_COMMAND",
        "GENESYSCLOUD_OAUTHCLIENT_ID",
        "GENESYSCLOUD_ACCESS_TOKEN",
        "GITHUB_TOKEN",
        "GITLAB_TOKEN",
        "CI_JOB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "SSH_AUTH_SOCK",
        "LD_PRELOAD",
    ];
    // Not to be loaded by anything, and not a place that is there.
    variables.extend(never.iter().filter(|it| **it != "LD_PRELOAD").map(|it| (*it, "/nowhere")));
    let lines = [
        "plan presences --sandbox --base HEAD~1",
        "plan presences --sandbox --at HEAD~1 --base HEAD~1...HEAD",
        "validate presences --at HEAD",
        "drift presences --sandbox --applied HEAD~1",
        "doctor presences --sandbox",
        "apply presences --sandbox --auto-approve",
    ];
    for line in lines {
        let ran = run_in(&cli, "clone", line, &variables);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
    }
    let record = fs::read_to_string(record).unwrap();
    let mut subcommands = BTreeSet::new();
    let mut names = BTreeSet::new();
    for line in record.lines() {
        if let Some(arguments) = line.strip_prefix("asked ") {
            assert!(arguments.contains("-c safe.bareRepository=explicit "), "{arguments}");
            let mut words = arguments.split(' ');
            while let Some(word) = words.next() {
                match word {
                    "-c" => drop(words.next()),
                    option if option.starts_with("--") => {}
                    subcommand => {
                        subcommands.insert(subcommand.to_owned());
                        break;
                    }
                }
            }
        } else if let Some((name, _)) = line.split_once('=') {
            names.insert(name.to_owned());
        }
    }
    assert_eq!(subcommands, ["cat-file", "config", "rev-parse"].map(str::to_owned).into());
    let asks_config = |it: &&str| it.starts_with("asked ") && it.contains(" config ");
    for line in record.lines().filter(asks_config) {
        assert!(line.trim_end().ends_with(" config --global --get user.name"), "the person's own file alone: {line}");
    }
    let ours = ["GIT_ALLOW_PROTOCOL", "GIT_NO_LAZY_FETCH", "GIT_OPTIONAL_LOCKS", "GIT_PAGER", "GIT_TERMINAL_PROMPT"];
    let given = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_VALUE_0", "HOME"];
    // The shell of the fake Git adds the last three itself.
    let others = ["GIT_CEILING_DIRECTORIES", "LC_ALL", "PATH", "XDG_CONFIG_HOME", "PWD", "OLDPWD", "SHLVL", "_"];
    for name in &names {
        assert!([&ours[..], &given, &others].iter().any(|it| it.contains(&name.as_str())), "{name} is handed on");
    }
    for name in ours.iter().chain(&given) {
        assert!(names.contains(*name), "{name} is missing: {names:?}");
    }
    assert!(!record.contains(SECRET));
}

#[test]
fn a_git_in_the_folder_itself_is_not_run() {
    let cli = with_git();
    repository(&cli, "clone");
    cli.write("clone/git", &format!("#!/bin/sh\nenv >{}\n", cli.path("RAN").display()));
    fs::set_permissions(cli.path("clone/git"), fs::Permissions::from_mode(0o755)).unwrap();
    for first in ["", ".", "./", "../clone"] {
        let path = format!("{first}:{}", path());
        let ran = run_in(&cli, "clone", "plan presences --sandbox --base HEAD~1", &[("PATH", &path)]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(!cli.path("RAN").exists(), "{first:?}");
    }
}

#[test]
fn one_place_starts_git() {
    fn rust(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rust(&path, found);
            } else {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    rust(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut starts: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| {
            let count = text.matches("process::Command").count() + text.matches("Command::new(").count();
            vec![path.file_name().unwrap().to_str().unwrap().to_owned(); count]
        })
        .collect();
    starts.sort();
    assert_eq!(
        starts,
        ["forge_cli.rs", "run.rs"],
        "src/host/git/run.rs alone starts Git, and forge_cli.rs `gh` and `glab`"
    );
}

#[test]
fn worktrees_submodules_and_a_bare_mirror_are_repositories_as_ever() {
    let cli = with_git();
    repository(&cli, "clone");
    git(&cli.path("clone"), "worktree add --quiet ../tree HEAD");
    git(&cli.path(""), "clone --quiet --bare clone mirror.git");
    git(&cli.path("mirror.git"), "worktree add --quiet ../of-mirror main");
    git(&cli.path(""), "init --quiet super");
    git(&cli.path("super"), "submodule --quiet add ../clone sub");
    commit_all(&cli.path("super"), "sub");
    symlink("clone", cli.path("linked")).unwrap();
    for folder in ["clone", "tree", "of-mirror", "super/sub", "linked"] {
        for (working, config) in [("", "presences"), ("/presences", "."), ("/presences", "../presences/p.yaml")] {
            let line = format!("plan {config} --sandbox --base HEAD~1 -o human -o json=plan.json");
            let ran = run_in(&cli, &format!("{folder}{working}"), &line, &[]);
            assert_eq!(ran.code, Some(0), "{folder}: {}", ran.shown());
            let plan = format!("{folder}{working}/plan.json");
            assert_eq!(origins(&cli, &plan), ["lunch before", "tea this-change"], "{folder}: {}", ran.shown());
            fs::remove_file(cli.path(&plan)).unwrap();
        }
        let ran = run_in(&cli, folder, "doctor presences --sandbox", &[]);
        assert!(ran.stdout.contains("the path is in a Git repository"), "{folder}: {}", ran.shown());
    }
    // From elsewhere, by the whole path and by one with detours.
    for config in [cli.path("tree/presences").display().to_string(), "clone/presences/../../tree/presences".to_owned()]
    {
        let ran = run_in(&cli, "", &format!("plan {config} --sandbox --base HEAD~1 -o json=plan.json"), &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert_eq!(origins(&cli, "plan.json"), ["lunch before", "tea this-change"]);
    }
    // A link from outside is no path in the repository, and the error names the right one.
    symlink("../clone/presences", cli.path("super/outside")).unwrap();
    fs::rename(cli.path("super/outside"), cli.path("outside")).unwrap();
    fs::remove_file(cli.path("outside")).unwrap();
    symlink("clone/presences", cli.path("outside")).unwrap();
    let ran = run_in(&cli, "", "plan outside --sandbox --base HEAD~1", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("help: give the path that the link leads to"), "{}", ran.shown());
    let rooted = run_in(&cli, "", "plan outside --root clone --sandbox --base HEAD~1", &[]);
    assert_eq!(rooted.code, Some(1), "{}", rooted.shown());
    assert!(rooted.stderr.contains("help: the path is a link: give `[folder]/clone/presences`"), "{}", rooted.shown());
}

#[test]
fn a_hook_of_another_repository_changes_nothing() {
    let cli = with_git();
    repository(&cli, "clone");
    repository(&cli, "other");
    cli.write("other/other.yaml", "a: b\n");
    commit_all(&cli.path("other"), "three");
    let other = cli.path("other/.git").display().to_string();
    let index = format!("{other}/index");
    let hook = [("GIT_DIR", other.as_str()), ("GIT_INDEX_FILE", &index), ("GIT_WORK_TREE", "."), ("GIT_PREFIX", "x/")];
    let line = "plan presences --sandbox --base HEAD~1 -o json=plan.json";
    let (by_hand, in_hook) = (run_in(&cli, "clone", line, &[]), run_in(&cli, "clone", line, &hook));
    assert_eq!((by_hand.code, &by_hand), (Some(0), &in_hook));
    assert_eq!(origins(&cli, "clone/plan.json"), ["lunch before", "tea this-change"]);
    // A hook of a linked worktree, by Git itself.
    git(&cli.path("clone"), "worktree add --quiet ../tree");
    let hook = format!(
        "#!/bin/sh\nunset GIT_CONFIG_PARAMETERS\nexec {} plan presences --sandbox --base HEAD~1 -o json=plan.json\n",
        env!("CARGO_BIN_EXE_presencectl")
    );
    cli.write("clone/.git/hooks/pre-commit", &hook);
    fs::set_permissions(cli.path("clone/.git/hooks/pre-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    commit_all(&cli.path("tree"), "three");
    assert_eq!(origins(&cli, "tree/plan.json"), ["lunch before", "tea this-change"]);
}

/// As in a container: root works in a checkout that belongs to another person.
#[test]
fn a_repository_of_somebody_else_is_trusted_by_safe_directory_alone() {
    let cli = with_git();
    repository(&cli, "clone");
    if chown(cli.path("clone/.git"), Some(12_345), None).is_err() {
        tools::missing("only root can make a repository that belongs to another person");
        return;
    }
    chown(cli.path("clone"), Some(12_345), None).unwrap();
    let line = "plan presences --sandbox --base HEAD~1";
    let ran = run_in(&cli, "clone", line, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("dubious ownership") && ran.stderr.contains("safe.directory"), "{}", ran.shown());
    let by_variables = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")];
    let settings = format!("[safe]\n\tdirectory = {}\n", fs::canonicalize(cli.path("clone")).unwrap().display());
    cli.write("home/.gitconfig", &settings);
    cli.write("home/git/config", &settings);
    let (home, global) = (cli.path("home").display().to_string(), cli.path("home/.gitconfig").display().to_string());
    for variables in
        [&by_variables[..], &[("HOME", &home)], &[("GIT_CONFIG_GLOBAL", &global)], &[("XDG_CONFIG_HOME", &home)]]
    {
        let ran = run_in(&cli, "clone", line, variables);
        assert_eq!(ran.code, Some(0), "{variables:?}: {}", ran.shown());
        assert!(ran.stdout.contains("From this change: 1 change"), "{}", ran.shown());
    }
}

#[test]
fn a_partial_clone_says_what_it_lacks_and_fetches_nothing() {
    let cli = with_git();
    let (one, _) = repository(&cli, "origin");
    git(&cli.path("origin"), "config uploadpack.allowFilter true");
    git(&cli.path("origin"), "config uploadpack.allowAnySHA1InWant true");
    let url = format!("file://{}", cli.path("origin").display());
    git(&cli.path(""), &format!("clone --quiet --filter=blob:none {url} partial"));
    // The checked-out files are here, the earlier ones are not.
    let ran = run_in(&cli, "partial", "plan presences --sandbox --base HEAD", &[]);
    assert!(ran.stdout.contains("From this change: nothing"), "{}", ran.shown());
    let ran = run_in(&cli, "partial", "plan presences --sandbox --base HEAD~1", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    for part in ["this is a partial clone, which lacks `presences/p.yaml` of the commit", "made without `--filter`"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.shown());
    }
    let ran = run_in(&cli, "partial", &format!("validate presences --at {one}"), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("made without `--filter`"), "{}", ran.shown());
    let have = git(&cli.path("partial"), "rev-list --objects --all --missing=print");
    assert!(have.lines().any(|it| it.starts_with('?')), "nothing was fetched: {have}");
}

/// As the kit does it: the commit is fetched as objects beside the default branch, and nothing of it is checked out.
#[test]
fn a_commit_is_planned_and_validated_without_being_checked_out() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    fs::remove_file(cli.path("lunch.yaml")).unwrap();
    cli.write("origin/README.md", "Nothing yet.\n");
    git(&cli.path(""), "init --quiet origin");
    let base = commit_all(&cli.path("origin"), "none");
    git(&cli.path("origin"), "checkout --quiet -b proposed");
    cli.write("origin/shared/all.yaml", &format!("{LUNCH}{TEA}"));
    let acme = "version: 1\norg: { name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }\nuse: [../linked]\n";
    cli.write("origin/presences/acme.yaml", acme);
    cli.write("origin/presences/other.yaml", &acme.replace("acme", "other").replace("5a4db0c5", "6a4db0c5"));
    symlink("shared", cli.path("origin/linked")).unwrap();
    let head = commit_all(&cli.path("origin"), "proposed");
    git(&cli.path("origin"), "checkout --quiet main");
    git(&cli.path(""), "clone --quiet --single-branch --no-local origin clone");
    git(&cli.path("clone"), &format!("fetch --quiet origin {head}"));
    assert!(!cli.path("clone/presences").exists());

    let ran = run_in(&cli, "clone", &format!("validate presences --at {head}"), &[]);
    ran.prints(0, &format!("Valid: 4 definitions for 2 orgs in the commit {}.\n", &head[..7]));
    let line = format!("plan presences --at {head} --base {base} --org acme {target} -o human -o json=plan.json");
    let ran = run_in(&cli, "clone", &line, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert!(ran.stdout.contains(&format!("The config is that of the commit {}.", &head[..7])), "{}", ran.shown());
    let plan: Value = serde_json::from_str(&cli.read("clone/plan.json")).unwrap();
    assert_eq!(plan["commit"], head.as_str());
    let place = &plan["changes"][0]["place"]["file"];
    assert_eq!(place, "linked/all.yaml", "places are those of the repository: {plan:#}");
    // Only some definitions, every output, and from a folder below.
    let outputs = "-o markdown=plan.md -o summary=summary.md -o html=plan.html -o github=plan.txt";
    let line = format!("plan presences --at {head} --only tea --org acme {target} {outputs}");
    let ran = run_in(&cli, "clone", &line, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    for file in ["plan.md", "summary.md", "plan.html"] {
        assert!(cli.read(&format!("clone/{file}")).contains(&head[..7]), "{file}");
    }
    fs::create_dir(cli.path("clone/docs")).unwrap();
    for line in [format!("validate ../presences --at {head}"), format!("validate ../presences --root .. --at {head}")] {
        assert_eq!(run_in(&cli, "clone/docs", &line, &[]).code, Some(0), "{line}");
    }
    let narrow = run_in(&cli, "clone", &format!("validate presences --root presences --at {head}"), &[]);
    assert_eq!(narrow.code, Some(1), "{}", narrow.shown());
    assert!(narrow.stderr.contains("outside of the root `presences`"), "{}", narrow.shown());
    // The plan bounds an apply of what was merged.
    git(&cli.path("clone"), &format!("merge --quiet {head}"));
    let line = format!("apply presences --org acme {target} --plan plan.json --auto-approve");
    assert_eq!(run_in(&cli, "clone", &line, &[]).code, Some(0));
}

#[test]
fn findings_of_a_commit_name_its_files_and_the_commit() {
    let cli = with_git();
    let (one, _) = repository(&cli, "clone");
    cli.write("clone/presences/p.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Mael } }\n");
    let broken = commit_all(&cli.path("clone"), "broken");
    cli.write("clone/presences/p.yaml", LUNCH);
    for line in ["validate . --at HEAD -o sarif=x.sarif -o gitlab=x.json -o github", "plan p.yaml --at HEAD --sandbox"]
    {
        let ran = run_in(&cli, "clone/presences", line, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains(" presences/p.yaml:2:"), "{}", ran.shown());
        assert!(ran.stderr.contains(&format!("in the commit {}", &broken[..7])), "{}", ran.shown());
    }
    assert!(cli.read("clone/presences/x.sarif").contains("\"presences/p.yaml\""));
    assert!(cli.read("clone/presences/x.json").contains("\"presences/p.yaml\""));
    // Each name of a commit, and none that is an option or a path.
    for revision in ["HEAD~1", "main~1", &one[..8], "main~1...main"] {
        let ran = run_in(&cli, "clone", &format!("validate presences --at {revision}"), &[]);
        assert_eq!(ran.code, Some(0), "{revision}: {}", ran.shown());
    }
    for (revision, said) in [
        ("mian", "error: --at: `mian` is no commit that is here\n  help: `git branch --all`"),
        ("--at=--output=x", "error: --at: `--output=x` is no commit that is here"),
        ("main:presences", "error: --at: `main:presences` is no commit that is here"),
        (&"1".repeat(40), "is no commit that is here"),
    ] {
        let flag = if revision.starts_with("--") { revision.to_owned() } else { format!("--at {revision}") };
        let ran = run_in(&cli, "clone", &format!("validate presences {flag} -o sarif=x.sarif"), &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains(said), "{}", ran.shown());
    }
    assert!(!cli.path("clone/x").exists());
    // A path that is not in the commit, and a folder outside of any repository.
    let ran = run_in(&cli, "clone", "validate elsewhere --at HEAD", &[]);
    assert!(ran.stderr.contains("`elsewhere` cannot be read: there is no such file or folder"), "{}", ran.shown());
    assert!(ran.stderr.contains(&format!("in the commit {}", &broken[..7])), "{}", ran.shown());
    cli.write("plain/p.yaml", LUNCH);
    let ran = run_in(&cli, "plain", "validate . --at HEAD", &[]);
    assert!(ran.stderr.contains("--at: `HEAD` is no commit, and `.` is not in a Git repository"), "{}", ran.shown());
}

#[test]
fn an_apply_never_reads_a_commit() {
    let cli = with_git();
    repository(&cli, "clone");
    for line in ["apply presences --sandbox --at HEAD", "drift presences --sandbox --at HEAD"] {
        let ran = run_in(&cli, "clone", line, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains("unexpected argument '--at'"), "{}", ran.shown());
    }
    let ran = run_in(&cli, "clone", "apply presences --sandbox --auto-approve", &[("PRESENCECTL_AT", "HEAD~1")]);
    assert!(ran.stdout.contains("Apply: 2 done."), "{}", ran.shown());
}

#[test]
fn a_deleted_org_file_is_named_as_deleted_and_no_other_is_suggested() {
    let cli = with_git();
    for name in ["acme-prod", "acme-test"] {
        cli.write(&format!("r/orgs/{name}.yaml"), &format!("{LUNCH}org: {{ name: {name} }}\n"));
    }
    git(&cli.path("r"), "init --quiet");
    commit_all(&cli.path("r"), "one");
    let says = |line: &str| {
        let ran = run_in(&cli, "r", line, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        ran.stderr
    };
    assert!(says("plan orgs --org acme-prd --sandbox").contains("did you mean `acme-prod`?"), "nothing is deleted yet");
    assert!(says("validate orgs/acme-prd.yaml").contains("did you mean"), "nothing is deleted yet");
    fs::remove_file(cli.path("r/orgs/acme-prod.yaml")).unwrap();
    let deleted =
        |commit: &str| format!("the org file of `acme-prod` was deleted: `{commit}` has it as `orgs/acme-prod.yaml`");
    let said = says("plan orgs --org acme-prod --sandbox");
    assert!(said.contains(&deleted("HEAD")) && !said.contains("did you mean"), "{said}");
    let of_a_path = |line: &str, commit: &str| {
        let ran = run_in(&cli, "r", line, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        let said = format!("it was deleted, and `{commit}` has it");
        assert!((ran.stdout + &ran.stderr).replace("\n       ", " ").contains(&said), "{line}: {}", ran.stderr);
        assert!(!ran.stderr.contains("did you mean"), "{line}: {}", ran.stderr);
    };
    let file = "orgs/acme-prod.yaml";
    let lines = [
        format!("plan {file} --sandbox"),
        format!("apply {file} --sandbox --yes"),
        format!("drift {file} --sandbox"),
        format!("validate {file}"),
        format!("config {file}"),
        format!("doctor {file} --sandbox"),
        format!("show --config {file} --sandbox"),
        format!("retire lunch --to Meal --config {file} --sandbox --yes"),
        format!("user get 5a4db0c5-0000-4000-8000-000000000001 --config {file} --sandbox"),
    ];
    for line in &lines {
        of_a_path(line, "HEAD");
    }
    let ran = run_in(&cli, "r", "doctor orgs --org acme-prod --sandbox", &[]);
    assert!(ran.stdout.contains(&deleted("HEAD")), "{}", ran.shown());
    // Once that is committed, a pull request's base has it.
    commit_all(&cli.path("r"), "two");
    let said = says("plan orgs --org acme-prod --base HEAD~1 --sandbox");
    assert!(said.contains(&deleted("HEAD~1")), "{said}");
    // Who merges it runs in the commit that did it.
    assert!(says("plan orgs --org acme-prod --sandbox").contains(&deleted("HEAD~1")));
    of_a_path("validate orgs/acme-prod.yaml", "HEAD~1");
    cli.write("r/README.md", "x");
    commit_all(&cli.path("r"), "three");
    assert!(!says("plan orgs --org acme-prod --sandbox").contains("deleted"), "who deleted it long ago knows");
    // An org that has another name now has its file.
    cli.write("r/orgs/acme-test.yaml", &format!("{LUNCH}org: {{ name: acme-stage }}\n"));
    let said = says("plan orgs --org acme-test --sandbox");
    assert!(!said.contains("deleted"), "{said}");
}

#[test]
fn a_merge_base_is_what_both_began_from() {
    let cli = with_git();
    let (_, two) = repository(&cli, "clone");
    git(&cli.path("clone"), "checkout --quiet -b feature HEAD~1");
    cli.write(
        "clone/presences/more.yaml",
        &format!("version: 1\ndefinitions:\n{TEA}").replace("tea", "cake").replace("Tea", "Cake"),
    );
    commit_all(&cli.path("clone"), "feature");
    let base = |typed: &str| {
        let line = format!("plan presences --sandbox --base {typed} -o human -o json=plan.json");
        let ran = run_in(&cli, "clone", &line, &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        origins(&cli, "clone/plan.json")
    };
    assert_eq!(base("main...HEAD"), ["cake this-change", "lunch before"]);
    assert_eq!(base(&format!("{two}...feature")), ["cake this-change", "lunch before"]);
    git(&cli.path("clone"), "checkout --quiet --orphan other");
    commit_all(&cli.path("clone"), "other");
    let ran = run_in(&cli, "clone", "plan presences --sandbox --base main...other", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(
        ran.stderr.contains("--base: `main...other` is neither a commit that is here nor a path"),
        "{}",
        ran.shown()
    );
}

/// A commit of entries as Git stores them, by hand: each a mode, a name and what is there.
fn tree(folder: &Path, entries: &[(&str, &[u8], &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, hash) in entries {
        bytes.extend([mode.as_bytes(), b" ", name, b"\0"].concat());
        bytes.extend((0..20).map(|it| u8::from_str_radix(&hash[2 * it..2 * it + 2], 16).unwrap()));
    }
    object(folder, "tree", &bytes)
}

fn object(folder: &Path, kind: &str, bytes: &[u8]) -> String {
    let made = git_in(folder, &["hash-object", "-t", kind, "-w", "--literally", "--stdin"], bytes);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

fn commit_of(folder: &Path, tree: &str) -> String {
    git(folder, &format!("commit-tree {tree} -m it"))
}

/// Folders within one another, each ten times: 10^levels files of a few objects.
fn bomb(folder: &Path, levels: u32) -> String {
    let mut hash = tree(folder, &[("100644", b"f.txt", &object(folder, "blob", b"x"))]);
    for _ in 0..levels {
        let names: Vec<String> = (0..10).map(|it| format!("d{it}")).collect();
        let entries: Vec<(&str, &[u8], &str)> =
            names.iter().map(|it| ("40000", it.as_bytes(), hash.as_str())).collect();
        hash = tree(folder, &entries);
    }
    hash
}

#[test]
fn a_tree_bomb_is_refused_in_time_and_one_elsewhere_costs_nothing() {
    let cli = with_git();
    repository(&cli, "clone");
    let at = cli.path("clone");
    let (bomb, presences) = (bomb(&at, 12), git(&at, "rev-parse HEAD:presences"));
    let elsewhere = commit_of(&at, &tree(&at, &[("40000", b"bomb", &bomb), ("40000", b"presences", &presences)]));
    let ran = run_in(&cli, "clone", &format!("plan presences --sandbox --base {elsewhere}"), &[]);
    assert!(ran.stdout.contains("From this change: nothing"), "{}", ran.shown());
    let below = commit_of(&at, &tree(&at, &[("40000", b"presences", &bomb)]));
    let ran = run_in(&cli, "clone", &format!("plan presences --sandbox --base {below}"), &[]);
    assert!(ran.stdout.contains("hold more than 500000 entries"), "{}", ran.shown());
    let ran = run_in(&cli, "clone", &format!("validate presences --at {below}"), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    // In the history below the base, it costs nothing either: the difference is detected.
    let blob = git(&at, "rev-parse HEAD:presences/p.yaml");
    let with_bomb = tree(&at, &[("40000", b"bomb", &bomb), ("100644", b"p.yaml", &blob)]);
    let earlier = commit_of(&at, &tree(&at, &[("40000", b"presences", &with_bomb)]));
    let later = git(&at, &format!("commit-tree -p {earlier} -m it HEAD^{{tree}}"));
    let ran = run_in(&cli, "clone", &format!("plan presences --sandbox --base {later}"), &[]);
    assert!(ran.stdout.contains("From this change: nothing"), "{}", ran.shown());
}

/// Commits of a megabyte each, which compress to nothing: the history is not read to its end.
#[test]
fn a_history_is_read_up_to_a_limit() {
    let cli = with_git();
    repository(&cli, "clone");
    let at = cli.path("clone");
    let changed_at = |bytes: usize| {
        let (tree, mut parent) = (git(&at, "rev-parse HEAD^{tree}"), git(&at, "rev-parse HEAD"));
        for _ in 0..140 {
            let text = format!(
                "tree {tree}\nparent {parent}\nauthor A <a> 9 +0000\ncommitter A <a> 9 +0000\n\n{}\n",
                "x".repeat(bytes)
            );
            parent = object(&at, "commit", text.as_bytes());
        }
        let line = format!("plan presences --sandbox --base {parent} -o json=plan.json");
        let ran = run_in(&cli, "clone", &line, &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        let plan: Value = serde_json::from_str(&cli.read("clone/plan.json")).unwrap();
        plan["base"]["changedAt"].is_string()
    };
    assert!(changed_at(10));
    assert!(!changed_at(1_000_000));
}

#[test]
fn what_is_too_large_or_odd_in_a_commit_is_refused() {
    let cli = with_git();
    repository(&cli, "clone");
    let at = cli.path("clone");
    let blob = |bytes: &[u8]| object(&at, "blob", bytes);
    let config = blob(LUNCH.as_bytes());
    let in_presences = |entries: &[(&str, &[u8], &str)]| {
        let presences = tree(&at, entries);
        commit_of(&at, &tree(&at, &[("40000", b"presences", &presences)]))
    };
    let long = blob(&vec![b'#'; 17 * 1024 * 1024]);
    let many: Vec<String> = (0..300_000).map(|it| format!("{it:06}")).collect();
    let many: Vec<(&str, &[u8], &str)> = many.iter().map(|it| ("100644", it.as_bytes(), config.as_str())).collect();
    let link = |target: &[u8]| blob(target);
    let cases = [
        (in_presences(&[("100644", b"p.yaml", &long)]), "`presences/p.yaml` is larger than 16 MiB"),
        (in_presences(&many), "at most 8388608 are read"),
        (in_presences(&[("40000", b"..", &config)]), "holds a name that Git never writes"),
        (in_presences(&[("100644", b"../p.yaml", &config)]), "holds a name that Git never writes"),
        (in_presences(&[("100644", b"p.yaml", &config), ("100644", b"p.yaml", &long)]), "holds a name that Git never"),
        (in_presences(&[("120000", b"p.yaml", &link(b"p.yaml"))]), "it leads through too many links"),
        (in_presences(&[("120000", b"p.yaml", &link(&[b'a'; 5000]))]), "a link is longer than 4096 bytes"),
        (in_presences(&[("120000", b"p.yaml", &link(b"../../../etc/passwd"))]), "is outside of the root `.`"),
        (in_presences(&[("120000", b"p.yaml", &link(b"/etc/passwd"))]), "is outside of the root `.`"),
        (in_presences(&[("100644", b"p.yaml", &"1".repeat(40))]), "lacks `presences/p.yaml` of the commit"),
        (in_presences(&[("40000", b"p.yaml", &"1".repeat(40))]), "lacks `presences/p.yaml` of the commit"),
    ];
    for (commit, said) in cases {
        let ran = run_in(&cli, "clone", &format!("validate presences --at {commit}"), &[]);
        assert_eq!(ran.code, Some(1), "{said}: {}", ran.shown());
        assert!(ran.stderr.contains(said), "{said}: {}", ran.shown());
        let ran = run_in(&cli, "clone", &format!("plan presences --sandbox --base {commit}"), &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stdout.contains("NOTE: what this change does by itself is not known"), "{}", ran.shown());
    }
    // A name that is no text is read like any other: it would be after a checkout, too.
    let odd = in_presences(&[("100644", b"\xff.yaml", &blob(b"nothing"))]);
    assert_eq!(run_in(&cli, "clone", &format!("validate presences --at {odd}"), &[]).code, Some(1));
    // A commit with a text without end.
    let tree = git(&at, "rev-parse HEAD^{tree}");
    let long = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n{}\n", "x".repeat(2 << 20));
    let long = object(&at, "commit", long.as_bytes());
    let ran = run_in(&cli, "clone", &format!("validate presences --at {long}"), &[]);
    assert!(ran.stderr.contains("at most 1048576 are read"), "{}", ran.shown());
}

/// Git reads some files of a repository whole: it ends without memory, and not with the machine's.
#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_in_a_repository_ends_git() {
    for file in [".git/commondir", ".git/objects/info/alternates"] {
        let cli = with_git();
        repository(&cli, "clone");
        fs::create_dir_all(cli.path("clone/.git/objects/info")).unwrap();
        fs::File::create(cli.path(&format!("clone/{file}"))).unwrap().set_len(20 << 30).unwrap();
        let ran = run_in(&cli, "clone", "plan presences --sandbox --base main", &[]);
        assert_eq!(ran.code, Some(1), "{file}: {}", ran.shown());
        assert!(!ran.stderr.contains("within 60 s"), "{file}: {}", ran.shown());
    }
}

/// Above a `.git` that is not valid is another repository, even if Git cannot take a name.
#[test]
fn a_colon_in_a_name_leads_to_no_other_repository() {
    let cli = with_git();
    repository(&cli, "outer");
    for folder in ["outer/ab/inner", "outer/a:b/inner"] {
        fs::create_dir_all(cli.path(&format!("{folder}/.git"))).unwrap();
        cli.write(&format!("{folder}/presences/p.yaml"), LUNCH);
        let ran = run_in(&cli, folder, "validate presences --at main", &[]);
        assert_eq!(ran.code, Some(1), "{folder}: {}", ran.shown());
        assert!(ran.stderr.contains("is not in a Git repository"), "{folder}: {}", ran.shown());
    }
}

//! The files of `init` and `import`: nothing is overwritten without confirmation, all are written or none, and modes
//! stay. (`links.rs` covers links.)

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use insta::assert_snapshot;

use super::asking;
use super::driver::Cli;
use super::first_day::OF_A_PROJECT;

#[test]
fn nothing_of_somebody_is_overwritten_unasked() {
    let cli = Cli::new()
        .file("presences/presence.yaml", "# mine\n")
        .file("README.md", "# Ours\n")
        .file(".gitignore", "target/\n");
    cli.run("init --start small --yes").complains(
        1,
        "error: these files exist with other content: `presences/presence.yaml`; nothing was written\n  help: give --force to \
         overwrite, or another folder\n",
    );
    assert_eq!(cli.names(), [".gitignore", "README.md", "presences"]);
    let ran = cli.run("init --start small --yes --force");
    assert_snapshot!(ran.shown(), @r"
    exit Some(0)
    --- stdout
      replaced  presences/presence.yaml
      written   schemas/config.v1.json
      extended  .gitignore
      kept      README.md: it already exists

    Next:
      presencectl validate presences
      presencectl plan presences --sandbox
    --- stderr
    ");
    assert_eq!(cli.read("README.md"), "# Ours\n", "a page of a person's own stays");
}

#[test]
fn a_gitignore_with_a_mark_is_read_and_utf_16_is_named() {
    let cli = Cli::new().file(".gitignore", "\u{FEFF}.presencectl/\nplan*.json\n");
    let ran = cli.run("init --start small --yes");
    assert!(ran.stdout.contains("\n  unchanged .gitignore\n"), "{}", ran.shown());

    let cli = Cli::new();
    let utf_16: Vec<u8> = "\u{FEFF}target/\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(cli.path(".gitignore"), &utf_16).unwrap();
    let ran = cli.run("init --start small --yes");
    let said = "error: cannot read `./.gitignore`: it is UTF-16, as `>` in Windows PowerShell writes it";
    assert!(ran.code == Some(1) && ran.stderr.starts_with(said), "{}", ran.shown());
    assert_eq!(cli.names(), [".gitignore"], "nothing was written");
}

#[test]
fn lines_that_git_passes_over_are_added_without_force() {
    let cli = Cli::new().file("README.md", "# Ours\n").file(".gitignore", "target/");
    let ran = cli.run("init --start small --yes");
    assert!(ran.code == Some(0) && ran.stdout.contains("\n  extended  .gitignore\n"), "{}", ran.shown());
    assert!(cli.read(".gitignore").starts_with("target/\n# The state of sandbox orgs\n.presencectl/\n"));
    let again = cli.run("init --start small --yes");
    assert!(again.stdout.contains("\n  unchanged .gitignore\n"), "{}", again.shown());

    let cli = Cli::new().file("new/README.md", "# Ours\n").file("new/.gitignore", "target/\n");
    let line = format!("init {} --start small --ci none", cli.path("new").display());
    let ran = asking::run(&line, "no\n", &asking::environment());
    let new = ["presences/presence.yaml", "schemas/config.v1.json"].map(|it| cli.path("new").join(it));
    let [presence, schema] = new.map(|it| it.display().to_string());
    let ours = cli.path("new/.gitignore").display().to_string();
    assert_eq!(
        ran.stderr,
        format!(
            "Make `{presence}` and `{schema}`, and add lines to `{ours}`? Type `yes` to confirm: error: not \
             approved; nothing was written\n"
        )
    );
    assert_eq!(cli.read("new/.gitignore"), "target/\n");
}

/// The first file fits, the schema does not: the system lets no file grow so long.
#[cfg(unix)]
#[test]
fn where_one_file_cannot_be_written_none_is() {
    let cli = Cli::new().file("presences/presence.yaml", "# mine\n").file(".gitignore", "target/\n");
    let init = env!("CARGO_BIN_EXE_presencectl");
    let script =
        format!("trap '' XFSZ; ulimit -f 4; exec {init} init --start small --ci github --yes --force {OF_A_PROJECT}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(cli.path("")).env_clear().output().unwrap();
    let ran = cli.ran(output);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("error: cannot write `schemas/config.v1.json`: "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("; nothing was written\n"), "{}", ran.stderr);
    assert_eq!(cli.names(), [".gitignore", "presences"]);
    assert_eq!((cli.read("presences/presence.yaml"), cli.read(".gitignore")), ("# mine\n".into(), "target/\n".into()));
    let names: Vec<_> = fs::read_dir(cli.path("presences")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["presence.yaml"]);
}

#[test]
fn what_changes_while_somebody_is_asked_is_not_written_over() {
    for (name, mine) in [(".gitignore", "target/\nmine/\n"), ("presences/presence.yaml", "# mine\n")] {
        let cli = Cli::new().file("new/.gitignore", "target/\n");
        let path = cli.path("new").join(name);
        let edited = path.clone();
        let edit = move || {
            fs::create_dir_all(edited.parent().unwrap()).unwrap();
            fs::write(edited, mine).unwrap();
        };
        let line = format!("init {} --start small --ci none", cli.path("new").display());
        let ran = asking::run_meanwhile(&line, edit, "yes\n", &asking::environment());
        let said = format!(
            "error: `{}` was changed meanwhile; nothing was written\n  help: run it again: it reads the files as they \
             are now\n",
            path.display()
        );
        assert!(ran.code == Some(1) && ran.stderr.ends_with(&said), "{}", ran.shown());
        assert_eq!(fs::read_to_string(path).unwrap(), mine);
        let theirs = BTreeSet::from(["new/.gitignore".to_owned(), format!("new/{name}")]);
        assert_eq!(everything(&cli).into_keys().collect::<BTreeSet<_>>(), theirs);
    }
}

/// Every file below the folder, with what is in it.
fn everything(cli: &Cli) -> BTreeMap<String, Vec<u8>> {
    let (root, mut all) = (cli.path(""), BTreeMap::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, fs::read(path).unwrap());
            }
        }
    }
    all
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::cli::signals::signal;

    /// Blocks a file, with the expected message.
    type Way<'a> = (&'a dyn Fn(&Cli), &'a str);

    fn set_mode(cli: &Cli, name: &str, mode: u32) {
        fs::set_permissions(cli.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(cli: &Cli, name: &str) -> u32 {
        fs::metadata(cli.path(name)).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_keeps_its_mode() {
        for kept in [0o600, 0o640, 0o755, 0o644] {
            let cli = Cli::new().file(".gitignore", "target/\n").file("presences/presence.yaml", "# mine\n");
            set_mode(&cli, ".gitignore", kept);
            set_mode(&cli, "presences/presence.yaml", kept);
            assert_eq!(cli.run("init --start small --yes --force").code, Some(0));
            assert!(cli.read(".gitignore").contains("plan*.json") && cli.read("presences/presence.yaml").len() > 100);
            assert_eq!((mode(&cli, ".gitignore"), mode(&cli, "presences/presence.yaml")), (kept, kept));
            assert_eq!(mode(&cli, "README.md"), 0o644, "one that was not there is an ordinary file");
        }
        // So does what other commands write.
        let cli = Cli::new().file("schema.json", "{}");
        set_mode(&cli, "schema.json", 0o600);
        assert_eq!(cli.run("show --sandbox -o json=schema.json").code, Some(0));
        assert_eq!((mode(&cli, "schema.json"), cli.read("schema.json").len() > 2), (0o600, true));
    }

    #[test]
    fn a_file_that_is_read_only_is_written_by_force_alone() {
        let cli = Cli::new().file(".gitignore", "target/\n");
        set_mode(&cli, ".gitignore", 0o444);
        cli.run("init --start small --yes").complains(
            1,
            "error: there already, and read-only: `.gitignore`; nothing was written\n  help: make it writable, or give \
             --force: it is written then, and stays read-only\n",
        );
        assert_eq!(everything(&cli).into_keys().collect::<Vec<_>>(), [".gitignore"]);
        let ran = cli.run("init --start small --yes --force");
        assert!(ran.code == Some(0) && ran.stdout.contains("\n  extended  .gitignore\n"), "{}", ran.shown());
        assert_eq!((mode(&cli, ".gitignore"), cli.read(".gitignore").len() > 20), (0o444, true));
        // Without anything to add, there is no error.
        assert_eq!(cli.run("init --start small --yes").code, Some(0));

        let cli = Cli::new().file("org.yaml", "# mine\n");
        set_mode(&cli, "org.yaml", 0o400);
        let ran = cli.run("import --sandbox --out org.yaml");
        assert!(
            ran.stderr.contains("error: there already, and read-only: `org.yaml`; nothing was written\n"),
            "{}",
            ran.shown()
        );
        assert_eq!(cli.run("import --sandbox --out org.yaml --force").code, Some(0));
        assert_eq!((mode(&cli, "org.yaml"), cli.read("org.yaml").len() > 100), (0o400, true));
    }

    #[test]
    fn a_page_that_leads_nowhere_stays_as_any_other_page() {
        let cli = Cli::new();
        symlink("../gone/README.md", cli.path("README.md")).unwrap();
        let ran = cli.run("init --start small --yes --force");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        assert!(ran.stdout.contains("kept      README.md: it already exists\n"), "{}", ran.shown());
        assert_eq!(fs::read_link(cli.path("README.md")).unwrap(), std::path::Path::new("../gone/README.md"));
    }

    #[test]
    fn what_is_in_the_way_is_named_with_what_to_do() {
        let link = |to: &'static str, at: &'static str| move |cli: &Cli| symlink(to, cli.path(at)).unwrap();
        let folder = |at: &'static str| move |cli: &Cli| fs::create_dir(cli.path(at)).unwrap();
        let file = |at: &'static str| move |cli: &Cli| cli.write(at, "");
        let ways: [Way<'_>; 7] = [
            (
                &link("nowhere", ".gitignore"),
                "`.gitignore` is a link, and no link is followed there; nothing was written\n  help: remove the link or put \
                 what it leads to in its place, or choose another folder",
            ),
            (
                &link("../gone/ignored", ".gitignore"),
                "`.gitignore` is a link, and no link is followed there; nothing was written\n  help: remove the link or put \
                 what it leads to in its place, or choose another folder",
            ),
            (
                &link("nowhere", "schemas"),
                "`schemas` is a link, and no link is followed there; nothing was written\n  help: remove the link or put \
                 what it leads to in its place, or choose another folder",
            ),
            (
                &link("presences", "presences"),
                "`presences` is a link, and no link is followed there; nothing was written\n  help: remove the link or put \
                 what it leads to in its place, or choose another folder",
            ),
            (
                &folder(".gitignore"),
                "cannot write to `.gitignore`: it is a folder; nothing was written\n  help: move it out of the way, or \
                 choose another folder",
            ),
            (
                &file("schemas"),
                "cannot write to `schemas`: it is no folder; nothing was written\n  help: move it out of the way, or choose \
                 another folder",
            ),
            (
                &|cli: &Cli| assert!(Command::new("mkfifo").arg(cli.path("README.md")).status().unwrap().success()),
                "cannot write to `README.md`: it is no regular file; nothing was written\n  help: move it out of the way, \
                 or choose another folder",
            ),
        ];
        for (puts, said) in ways {
            let cli = Cli::new();
            puts(&cli);
            let before = cli.names();
            cli.run("init --start small --yes --force").complains(1, &format!("error: {said}\n"));
            assert_eq!(cli.names(), before);
        }
        let cli = Cli::new();
        symlink("nowhere", cli.path("org.yaml")).unwrap();
        let ran = cli.run("import --sandbox --out org.yaml --force");
        assert!(
            ran.stderr.contains("error: `org.yaml` is a link to `nowhere`, and nothing is there"),
            "{}",
            ran.shown()
        );
    }

    /// The moments differ from run to run: each file is written beside its place first, which is most of the time.
    #[test]
    fn a_signal_leaves_all_files_or_none() {
        let files = |cli: &Cli| everything(cli).into_iter().collect::<Vec<_>>();
        let mine = || Cli::new().file("new/.gitignore", "target/\n").file("new/presences/presence.yaml", "# mine\n");
        let line = &*format!("init new --start small --ci github --yes --force {OF_A_PROJECT}");
        let (none, all) = (mine(), mine());
        assert_eq!(all.run(line).code, Some(0));
        let (none, all) = (files(&none), files(&all));
        assert_eq!((none.len(), all.len()), (2, 9));
        let mut cut_short = 0;
        for delay in 0..40 {
            let cli = mine();
            let child = cli.spawn(line);
            // Something new is there: the run is in the middle of it.
            while everything(&cli).len() == none.len() {
                thread::yield_now();
            }
            thread::sleep(Duration::from_micros(delay * 250));
            signal(&child, if delay % 2 == 0 { "INT" } else { "TERM" });
            let ran = cli.ran(child.wait_with_output().unwrap());
            let left = files(&cli);
            assert!(left == none || left == all, "{:?}", left.iter().map(|(name, _)| name).collect::<Vec<_>>());
            if left == none {
                assert_eq!((ran.code, ran.stdout.as_str()), (Some(if delay % 2 == 0 { 130 } else { 143 }), ""));
                assert!(!cli.path("new/schemas").exists(), "no folder either");
                cut_short += 1;
            }
        }
        assert!(cut_short > 0, "no signal came in time, so nothing was tried");
    }
}

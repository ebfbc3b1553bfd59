//! Links that were not typed: their targets are neither read nor written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use presencectl::model::limits::{CONFIG_LINKED_PATHS_MAX, PLACED_BYTES_MAX};

use super::LUNCH;
use super::driver::Cli;
use super::first_day::OF_A_PROJECT;

/// A line of a person's own file, which no command may show.
const THEIRS: &str = "alias theirs='rm -rf secret-of-somebody'";

/// A folder with a config, and one beside it, which is another person's.
fn beside() -> Cli {
    Cli::new().file("outside/theirs", THEIRS).file("clone/lunch.yaml", LUNCH)
}

/// Everything that another person has, with what is in it.
fn theirs(cli: &Cli) -> Vec<(String, Option<String>)> {
    let mut all: Vec<_> = fs::read_dir(cli.path("outside"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .map(|it| (it.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&it).ok()))
        .collect();
    all.sort();
    all
}

fn in_clone(cli: &Cli, line: &str) -> super::driver::Ran {
    let output = cli.command(line).current_dir(cli.path("clone")).output().unwrap();
    cli.ran(output)
}

const COMMANDS: [&str; 6] = [
    "plan lunch.yaml --sandbox",
    "apply lunch.yaml --sandbox --auto-approve",
    "drift lunch.yaml --sandbox",
    "show --sandbox",
    "import --sandbox",
    "user get 5a4db0c5-0000-4000-8000-000000000001 --sandbox",
];

#[test]
fn no_link_is_followed_to_the_state_of_a_sandbox() {
    const STATE: &str = ".presencectl/sandbox/default.json";
    let state_of_another = {
        let cli = beside();
        assert_eq!(in_clone(&cli, "apply lunch.yaml --sandbox --auto-approve").code, Some(0));
        cli.read(&format!("clone/{STATE}")).replace("Lunch", "secret-of-somebody")
    };
    for (at, to) in [
        (".presencectl", "../outside"),
        (".presencectl/sandbox", "../../outside"),
        (STATE, "../../../outside/theirs"),
        (STATE, "../../../outside/nothing-yet"),
        (".presencectl/sandbox/default.json.changes", "../../../outside/theirs"),
        (".presencectl/sandbox/default.json.changes", "../../../outside/nothing-yet"),
        (".presencectl/sandbox/default.json.lock", "../../../outside/theirs"),
        (".presencectl/sandbox/default.json.lock", "../../../outside/nothing-yet"),
    ] {
        for line in COMMANDS {
            let cli = beside();
            cli.write("outside/default.json", &state_of_another);
            let link = cli.path("clone").join(at);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(to, &link).unwrap();
            let before = theirs(&cli);
            let ran = in_clone(&cli, line);
            let said =
                format!("error: `{at}` is a link, and no link is followed to the sandbox's state; nothing was read");
            assert!(ran.code == Some(1) && ran.stderr.contains(&said), "{at}, {line}: {}", ran.shown());
            assert!(ran.stderr.contains("help: look at what"), "{}", ran.shown());
            assert!(!ran.shown().contains("secret-of-somebody"), "{at}, {line}: {}", ran.shown());
            assert_eq!(theirs(&cli), before, "{at}, {line}");
            assert!(link.is_symlink());
            let folder = cli.path("clone/.presencectl/sandbox");
            if at != ".presencectl" && at != ".presencectl/sandbox" {
                assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "{at}, {line}: nothing is made beside it");
            }
        }
    }
}

/// A pipe without a reader would be waited for, and a device never ends.
#[test]
fn what_is_no_file_is_not_waited_for() {
    for name in ["default.json", "default.json.changes", "default.json.lock"] {
        for kind in ["pipe", "folder"] {
            let cli = beside();
            let at = cli.path("clone/.presencectl/sandbox").join(name);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            match kind {
                "pipe" => assert!(Command::new("mkfifo").arg(&at).status().unwrap().success()),
                _ => fs::create_dir(&at).unwrap(),
            }
            let ran = in_clone(&cli, COMMANDS[1]);
            let said =
                format!("error: `.presencectl/sandbox/{name}` is not a regular file; nothing was read or written\n");
            assert!(ran.code == Some(1) && ran.stderr.contains(&said), "{name} {kind}: {}", ran.shown());
        }
    }
}

/// A typed state file may be a link. The files next to it were not typed.
#[test]
fn a_state_that_was_typed_may_be_a_link() {
    use presencectl::sandbox::{Sandbox, SandboxConfig};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let open = |name: &str| Sandbox::open(SandboxConfig { state_file: Some(path(name)), ..SandboxConfig::default() });
    drop(open("real/org.json").unwrap());
    symlink("real/org.json", path("link.json")).unwrap();
    drop(open("link.json").unwrap());
    assert!(path("link.json").is_symlink() && path("real/org.json").is_file());
    assert!(!path("link.json.lock").exists(), "what stands beside it is beside the real one");
    fs::write(path("theirs"), THEIRS).unwrap();
    symlink("../theirs", path("real/org.json.changes")).unwrap();
    for name in ["link.json", "real/org.json"] {
        let error = open(name).unwrap_err().to_string();
        assert!(error.contains(".changes` is a link, and no link is followed"), "{error}");
    }
    assert_eq!(fs::read_to_string(path("theirs")).unwrap(), THEIRS);
}

#[test]
fn init_and_import_follow_no_link_below_their_folder() {
    let import = "import --sandbox --out conf --split --force";
    let init = &*format!("init . --start small --ci github --yes --force {OF_A_PROJECT}");
    for (line, at, to) in [
        (init, "presences", "../outside"),
        (init, "schemas", "../outside"),
        (init, ".github", "../outside"),
        (init, ".github/workflows", "../../outside"),
        (init, "presences/presence.yaml", "../../outside/theirs"),
        (init, "presences/presence.yaml", "../../outside/nothing-yet"),
        (init, ".gitignore", "../outside/theirs"),
        // Inside too: the written file would differ from the shown one.
        (init, ".gitignore", "lunch.yaml"),
        ("init new --start small --yes", "new/presences", "../../outside"),
        (import, "conf/org.yaml", "../../outside/theirs"),
        (import, "conf/meal.yaml", "../../outside/nothing-yet"),
    ] {
        let cli = beside();
        let link = cli.path("clone").join(at);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(to, &link).unwrap();
        // What is imported is in the org.
        assert_eq!(in_clone(&cli, COMMANDS[1]).code, Some(0));
        let before = (theirs(&cli), names_below(&cli.path("clone")));
        let ran = in_clone(&cli, line);
        let said =
            format!("error: `{at}` is a link, and no link is followed there; nothing was written\n  help: remove");
        assert!(ran.code == Some(1) && ran.stderr.contains(&said), "{at}, {line}: {}", ran.shown());
        assert!(!ran.shown().contains("secret-of-somebody"), "{}", ran.shown());
        assert_eq!((theirs(&cli), names_below(&cli.path("clone"))), before, "{at}, {line}");
    }
}

fn names_below(folder: &Path) -> Vec<String> {
    let (mut names, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let entry = entry.unwrap();
            names.push(entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    names.sort();
    names
}

#[test]
fn what_was_typed_may_be_a_link_and_a_page_of_somebodys_own_stays() {
    let cli = beside();
    fs::create_dir(cli.path("real")).unwrap();
    symlink("../real", cli.path("clone/link")).unwrap();
    symlink("../outside/theirs", cli.path("real/README.md")).unwrap();
    let ran = in_clone(&cli, "init link --start small --yes");
    assert!(ran.code == Some(0) && ran.stdout.contains("kept      link/README.md"), "{}", ran.shown());
    assert!(cli.path("real/presences/presence.yaml").is_file() && cli.path("real/README.md").is_symlink());
    for line in [
        "init link/new/../deep --start small --yes",
        "apply lunch.yaml --sandbox --auto-approve --report-dir link",
        "import --sandbox --out link --split",
        "import --sandbox --out link/one.yaml",
        "plan lunch.yaml --sandbox -o json=link/new.json",
        "man --out link",
    ] {
        let ran = in_clone(&cli, line);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
    }
    assert!(cli.path("real/deep/presences/presence.yaml").is_file());
    assert!(cli.path("real/meal.yaml").is_file() && cli.path("real/one.yaml").is_file());
    assert!(cli.path("real/new.json").is_file() && cli.path("real/presencectl.1").is_file());
    assert_eq!(theirs(&cli), [("theirs".to_owned(), Some(THEIRS.to_owned()))]);
}

#[test]
fn reports_and_pages_follow_no_link_below_their_folder() {
    let cli = beside();
    fs::create_dir(cli.path("clone/reports")).unwrap();
    symlink("../../outside", cli.path("clone/reports/unnamed-sandbox")).unwrap();
    let org = "org: { name: unnamed-sandbox }\n";
    cli.write("clone/lunch.yaml", &LUNCH.replace("version: 1\n", &format!("version: 1\n{org}")));
    let ran = in_clone(&cli, "apply lunch.yaml --sandbox --auto-approve --report-dir reports");
    assert!(
        ran.code == Some(1)
            && ran.stderr.contains("`reports/unnamed-sandbox` is a link, and no link is followed there"),
        "{}",
        ran.shown()
    );
    fs::create_dir(cli.path("clone/pages")).unwrap();
    symlink("../../outside/theirs", cli.path("clone/pages/presencectl.1")).unwrap();
    let ran = in_clone(&cli, "man --out pages");
    assert!(ran.code == Some(1) && ran.stderr.contains("`pages/presencectl.1` is a link"), "{}", ran.shown());
    assert_eq!(theirs(&cli), [("theirs".to_owned(), Some(THEIRS.to_owned()))]);

    // A report of another folder is not read for one of this.
    let cli = beside();
    let made = in_clone(&cli, "apply lunch.yaml --sandbox --auto-approve --report-dir ../outside/reports");
    assert_eq!(made.code, Some(0), "{}", made.shown());
    let folder = fs::read_dir(cli.path("outside/reports")).unwrap().next().unwrap().unwrap().path();
    let report = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    fs::create_dir(cli.path("clone/reports")).unwrap();
    symlink(&report, cli.path("clone/reports/one.json")).unwrap();
    let ran = in_clone(&cli, "log reports");
    assert!(
        ran.code == Some(1) && ran.stderr.contains("it is a link, and no link is followed in a folder of reports"),
        "{}",
        ran.shown()
    );
    assert!(!ran.shown().contains("Lunch"), "{}", ran.shown());
    symlink("../outside/reports", cli.path("clone/typed")).unwrap();
    let ran = in_clone(&cli, "log typed");
    assert!(ran.code == Some(0) && ran.stdout.contains("Lunch"), "{}", ran.shown());
}

/// Errors show lines of a file, so a path must not lead to an unintended file.
#[test]
fn a_path_that_is_a_link_moves_no_root() {
    let outside = "not: a config\n# secret-of-somebody\nand: no\n";
    for has_git in [false, true] {
        for (at, to, typed) in [
            ("conf", "../outside", "conf"),
            ("conf", "../outside", "conf/"),
            ("conf", "../outside", "./conf"),
            ("conf", "../outside", "conf/secret.yaml"),
            ("conf", "../outside", "conf/inner/secret.yaml"),
            ("conf.yaml", "../outside/secret.yaml", "conf.yaml"),
            ("deep/conf.yaml", "../../outside/secret.yaml", "deep/conf.yaml"),
        ] {
            let cli = beside();
            cli.write("outside/secret.yaml", outside);
            cli.write("outside/inner/secret.yaml", outside);
            if has_git {
                fs::create_dir(cli.path("clone/.git")).unwrap();
            }
            let link = cli.path("clone").join(at);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(to, &link).unwrap();
            let absolute = cli.path("clone").join(typed).display().to_string();
            for typed in [typed, &absolute] {
                for command in ["validate", "plan --sandbox", "apply --sandbox --auto-approve"] {
                    let ran = in_clone(&cli, &format!("{command} {typed}"));
                    assert_eq!(ran.code, Some(1), "{typed}: {}", ran.shown());
                    assert!(ran.stderr.contains("error[outside-root]"), "{typed}: {}", ran.shown());
                    assert!(!ran.shown().contains("secret-of-somebody"), "{typed}: {}", ran.shown());
                    assert!(!ran.shown().contains("not: a config"), "{typed}: {}", ran.shown());
                    if !has_git {
                        assert!(
                            ran.stderr.contains("is a link, and no folder above it holds `.git`")
                                && ran.stderr.contains("--root DIR"),
                            "{typed}: {}",
                            ran.shown()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn links_within_a_root_and_links_above_a_checkout_stay_of_use() {
    let cli = beside();
    cli.write("real/conf/lunch.yaml", LUNCH);
    symlink("../real/conf", cli.path("clone/conf")).unwrap();
    symlink("lunch.yaml", cli.path("real/conf/link.yaml")).unwrap();
    let valid = |line: &str| {
        let ran = in_clone(&cli, line);
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
    };
    // What the link leads to, or a root, is named.
    valid("validate ../real/conf");
    valid("validate conf --root ../real/conf");
    // A link inside its folder, with a typed path below it.
    symlink("inner", cli.path("clone/beside")).unwrap();
    cli.write("clone/inner/lunch.yaml", LUNCH);
    valid("validate beside/lunch.yaml");
    // A link to a checkout, in the same way.
    fs::create_dir(cli.path("real/.git")).unwrap();
    symlink("../real", cli.path("clone/checkout")).unwrap();
    valid("validate checkout/conf");
    valid(&format!("validate {}", cli.path("clone/checkout/conf").display()));
    // Within one repository links lead anywhere.
    fs::create_dir(cli.path("real/other")).unwrap();
    symlink("../conf/lunch.yaml", cli.path("real/other/lunch.yaml")).unwrap();
    symlink("conf", cli.path("real/linked")).unwrap();
    for path in ["../real/other", "../real/other/lunch.yaml", "../real/linked", "../real/conf/link.yaml"] {
        valid(&format!("validate {path}"));
    }
}

/// Each link may be a long way, so a config has a limit on them; one that is met again is no other way.
#[test]
fn paths_that_lead_through_links_are_counted() {
    let linked = |count: usize| {
        let cli = Cli::new().file("clone/lunch.yaml", LUNCH);
        fs::create_dir(cli.path("clone/.git")).unwrap();
        (0..count).for_each(|it| symlink("lunch.yaml", cli.path(&format!("clone/l{it}.yaml"))).unwrap());
        in_clone(&cli, "validate .")
    };
    assert_eq!(linked(CONFIG_LINKED_PATHS_MAX).code, Some(0));
    let ran = linked(CONFIG_LINKED_PATHS_MAX + 1);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.shown().contains("more than 200 paths lead through links"), "{}", ran.shown());
}

#[test]
fn a_file_that_init_would_complete_has_its_limit() {
    let cli = beside();
    fs::File::create(cli.path("clone/README.md")).unwrap().set_len(PLACED_BYTES_MAX + 1).unwrap();
    let ran = in_clone(&cli, "init --start small --ci none --yes --sandbox new");
    assert_eq!(ran.code, Some(0), "another folder: {}", ran.shown());
    let ran = in_clone(&cli, "init --start small --ci none --yes --sandbox .");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stderr.contains("it is longer than 16 MiB"), "{}", ran.stderr);
}

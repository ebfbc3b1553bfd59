//! The modes of new files: what the umask leaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::LUNCH;
use super::driver::Cli;

fn set_mode(cli: &Cli, name: &str, mode: u32) {
    fs::set_permissions(cli.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(cli: &Cli, name: &str) -> u32 {
    fs::metadata(cli.path(name)).unwrap().permissions().mode() & 0o7777
}

/// Results and the sandbox's state are private if the umask requires it.
#[test]
fn a_new_file_has_the_mode_that_the_umask_leaves() {
    for (umask, file_mode, folder_mode) in [("077", 0o600, 0o700), ("022", 0o644, 0o755), ("027", 0o640, 0o750)] {
        let cli = Cli::new().file("lunch.yaml", LUNCH).file("kept.json", "{}");
        set_mode(&cli, "kept.json", 0o604);
        for line in [
            "init . --start small --yes",
            "apply lunch.yaml --sandbox --auto-approve --report-dir reports -o json=new.json -o human=kept.json",
            "import --sandbox --out one.yaml",
            "import --sandbox --out several/",
            "man --out pages",
        ] {
            let script = format!("umask {umask}; exec {} {line}", env!("CARGO_BIN_EXE_presencectl"));
            let output =
                Command::new("sh").args(["-c", &script]).current_dir(cli.path("")).env_clear().output().unwrap();
            let ran = cli.ran(output);
            assert_eq!(ran.code, Some(0), "{line}: {}", ran.shown());
        }
        let mut seen = 0;
        let mut folders = vec![cli.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
                match path.file_name().unwrap().to_str().unwrap() {
                    // These were there before.
                    "lunch.yaml" => {}
                    "kept.json" => assert_eq!(mode, 0o604),
                    _ if path.is_dir() => {
                        assert_eq!(mode, folder_mode, "{umask} {}", path.display());
                        folders.push(path);
                    }
                    // Reports are for their owner alone.
                    _ if path.components().any(|it| it.as_os_str() == "reports") => {
                        assert_eq!(mode, 0o600, "{umask} {}", path.display());
                    }
                    _ => {
                        assert_eq!(mode, file_mode, "{umask} {}", path.display());
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 20, "{seen}");
    }
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve").code, Some(0));
    set_mode(&cli, ".presencectl/sandbox/default.json", 0o640);
    let tea = LUNCH.replace("Lunch", "Tea");
    cli.write("lunch.yaml", &tea);
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve --allow-renames 1").code, Some(0));
    assert!(cli.read(".presencectl/sandbox/default.json").contains("Tea"));
    assert_eq!(mode(&cli, ".presencectl/sandbox/default.json"), 0o640, "a state keeps its mode");
}

//! The pinned release is held against its sums and its attestation, and nothing else is ever run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::process::Command;

use super::github::Github;
use super::steps::{Runner, skipped};

const ARCHIVE: &str = "presencectl-x86_64-unknown-linux-musl.tar.gz";

/// A release on the runner's disk, and a `curl` that answers with it and keeps what it was asked.
fn release(github: &Github) -> Runner {
    let runner = Runner::new(github)
        .with("VERSION", "0.1.0")
        .with("ACTION_REPOSITORY", "maker/presencectl")
        .with("RELEASE", "../../release");
    let folder = runner.path("release");
    fs::create_dir(&folder).unwrap();
    runner.write("presencectl", "#!/bin/sh\necho released\n");
    let pack = format!(
        "chmod +x presencectl && tar -czf ../release/{ARCHIVE} presencectl && cd ../release && sha256sum {ARCHIVE} >SHA256SUMS"
    );
    let packed = Command::new("bash").args(["-c", &pack]).current_dir(runner.path("repository")).status().unwrap();
    assert!(packed.success());
    runner.stand_in("curl", "echo \"$@\" >>../../asked\nwhile (($#)); do [[ $1 != --output ]] || out=$2; url=$1; shift; done\ncp \"$RELEASE/${url##*/}\" \"$out\"\n");
    runner.stand_in("gh", "echo \"$@\" >>../../asked\n[[ ${ATTESTED:-yes} == yes ]]\n");
    runner
}

#[test]
fn a_release_that_agrees_with_its_sums_and_attestation_is_used() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = release(&github);
    let step = runner.run("install.sh", &[]).succeeds();
    let ran = Command::new(step.output("binary").unwrap()).output().unwrap();
    assert_eq!(ran.stdout, b"released\n");
    let asked = fs::read_to_string(runner.path("asked")).unwrap();
    assert!(
        asked.contains(&format!("https://github.com/maker/presencectl/releases/download/v0.1.0/{ARCHIVE}")),
        "{asked}"
    );
    let signer = "--repo maker/presencectl --signer-workflow maker/presencectl/.github/workflows/release.yml";
    assert!(asked.contains(signer), "{asked}");
}

#[test]
fn what_does_not_agree_is_not_used() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = release(&github).with("SHA256", &"0".repeat(64));
    assert_eq!(runner.run("install.sh", &[]).fails("it is not used").output("binary"), None);
    let runner = release(&github).with("ATTESTED", "no");
    assert_eq!(runner.run("install.sh", &[]).fails("no attestation").output("binary"), None);
    let runner = release(&github);
    fs::write(runner.path("release/SHA256SUMS"), "").unwrap();
    runner.run("install.sh", &[]).fails("has no line");
    let runner = release(&github).with("RUNNER_ARCH", "X86");
    runner.run("install.sh", &[]).fails("there is no release");
    for version in ["latest", "0.1", "0.1.0/../../evil", ""] {
        release(&github).with("VERSION", version).run("install.sh", &[]).fails("write it as 1.2.3");
    }
}

#[test]
fn an_executable_of_the_runners_own_is_used_as_it_is() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("BINARY", env!("CARGO_BIN_EXE_presencectl"));
    let step = runner.run("install.sh", &[]).succeeds();
    assert_eq!(step.output("binary"), Some(env!("CARGO_BIN_EXE_presencectl")));
    Runner::new(&github).with("BINARY", "nowhere").run("install.sh", &[]).fails("no executable");
}

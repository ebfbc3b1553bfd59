//! The pinned release is held against its sums and its attestation, and nothing else is ever run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::process::Command;

use super::github::Github;
use super::steps::{Runner, sha, skipped};

const ARCHIVE: &str = "presencectl-x86_64-unknown-linux-musl.tar.gz";

/// A release on the runner's disk, and a `curl` that answers with it and keeps what it was asked.
fn release(github: &Github) -> Runner {
    let runner = Runner::new(github)
        .with("VERSION", "0.1.0")
        .with("ACTION_REPOSITORY", "maker/presencectl")
        .with("GITHUB_SERVER_URL", "https://github.com")
        .with("RELEASE", "../../release");
    let folder = runner.path("release");
    fs::create_dir(&folder).unwrap();
    runner.write("presencectl", "#!/bin/sh\necho released\n");
    let pack = format!(
        "chmod +x presencectl && tar -czf ../release/{ARCHIVE} presencectl && cd ../release && sha256sum {ARCHIVE} >SHA256SUMS"
    );
    let packed = Command::new("bash").args(["-c", &pack]).current_dir(runner.path("repository")).status().unwrap();
    assert!(packed.success());
    runner.stand_in("curl", "echo \"$@\" >>../../asked\nwhile (($#)); do [[ $1 != --output ]] || out=$2; url=$1; shift; done\nprintf 200\ncp \"$RELEASE/${url##*/}\" \"$out\"\n");
    let gh = "echo \"$@\" >>../../asked\nprintf '%s\\n' \"${SAYS:-}\" >&2\n[[ ${ATTESTED:-yes} == yes ]]\n";
    runner.stand_in("gh", gh);
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
    let signer = "--repo maker/presencectl --signer-workflow maker/presencectl/.github/workflows/release.yml \
                  --deny-self-hosted-runners --source-ref refs/tags/v0.1.0\n";
    assert!(asked.contains(signer), "{asked}");
}

#[test]
fn an_action_that_is_pinned_by_a_commit_runs_what_was_built_from_that_commit() {
    if skipped() {
        return;
    }
    let github = Github::start();
    for (pin, built_from) in [
        (sha('a').as_str(), format!("--source-digest {}", sha('a'))),
        ("v0.1.0", "--source-ref refs/tags/v0.1.0".to_owned()),
        ("main", "--source-ref refs/tags/v0.1.0".to_owned()),
        ("", "--source-ref refs/tags/v0.1.0".to_owned()),
    ] {
        let runner = release(&github).with("ACTION_REF", pin);
        runner.run("install.sh", &[]).succeeds();
        let asked = fs::read_to_string(runner.path("asked")).unwrap();
        assert!(asked.contains(&format!("--deny-self-hosted-runners {built_from}\n")), "{pin}: {asked}");
        assert_eq!(asked.matches("--source-").count(), 1, "{pin}: {asked}");
    }
}

#[test]
fn what_cannot_be_verified_is_used_by_its_sum_alone() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let old = |says: &str| release(&github).with("ATTESTED", "no").with("SAYS", says);
    let none = || {
        let runner = release(&github);
        fs::remove_file(runner.path("bin/gh")).unwrap();
        runner
    };
    for says in ["unknown flag: --source-ref", "unknown command \"attestation\" for \"gh\""] {
        let step = old(says).run("install.sh", &[]).fails("could not be verified");
        assert!(step.log.contains(says) && step.log.contains("by the input sha256"), "{}", step.log);
        assert_eq!(step.output("binary"), None);
        let runner = old(says);
        let sum = sum(&runner);
        let step = runner.with("SHA256", &sum).run("install.sh", &[]).succeeds();
        assert!(step.log.contains("::notice::") && step.log.contains("could not be verified"), "{}", step.log);
        assert!(step.output("binary").is_some());
    }
    if Command::new("gh").arg("--version").output().is_err() {
        let step = none().run("install.sh", &[]).fails("could not be verified: gh is not installed");
        assert_eq!(step.output("binary"), None);
    }
    // Nothing was held against anything.
    for says in [
        "error connecting to api.github.com",
        "HTTP 401: Bad credentials (https://api.github.com/repos/maker/presencectl/attestations)",
        "HTTP 404: Not Found ::error::boo",
        "Get \"https://api.github.com/\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "failed to fetch attestations from maker/presencectl: HTTP 503: Service Unavailable",
        "gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.",
        "An unsupported host was detected. Note that gh attestation does not currently support GHES",
        "failed to find recognized issuer from bundle content: failed to create TUF client: timestamp.json is expired",
    ] {
        let step = old(says).run("install.sh", &[]).fails("could not be verified: gh says:");
        assert!(step.log.contains(says) && !step.log.lines().any(|it| it.starts_with("::error::boo")), "{}", step.log);
        let runner = old(says);
        let sum = sum(&runner);
        assert!(runner.with("SHA256", &sum).run("install.sh", &[]).succeeds().output("binary").is_some());
    }
    // A sum does not replace an attestation that was refused, nor the other way round.
    for says in [
        "no attestations found ::error::boo",
        "Error: verifying with issuer \"sigstore.dev\"",
        "failed to verify certificate identity: no match",
        "expected SourceRepositoryDigest to be 0123, got 4567",
        "expected RunnerEnvironment to be github-hosted, got https://i/o timeout HTTP 503",
        "expected Issuer to be https://token.example, got https://other.example",
        "no attestations were verified",
        "attestation does not have the expected TUF client predicate",
        "failed to find recognized issuer from bundle content: leaf certificate issuer is not recognized",
        "",
    ] {
        let runner = old(says);
        let sum = sum(&runner);
        let step = runner.with("SHA256", &sum).run("install.sh", &[]).fails("gh refused to confirm");
        assert!(step.log.contains(says) && !step.log.contains("input sha256"), "{}", step.log);
        assert!(!step.log.lines().any(|it| it.starts_with("::error::boo")), "{}", step.log);
    }
    release(&github).with("SHA256", "the sum").run("install.sh", &[]).fails("the input sha256 is the sum");
}

/// On a server of one's own the release and the token are that server's, and a token goes to no other server.
#[test]
fn a_release_comes_from_the_server_of_the_action() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let asking = |runner: Runner| {
        let gh = "echo \"$GH_HOST ${GH_TOKEN:+github} ${GH_ENTERPRISE_TOKEN:+enterprise}\" >>../../asked\n";
        runner.stand_in("gh", gh);
        runner.run("install.sh", &[]).succeeds();
        fs::read_to_string(runner.path("asked")).unwrap()
    };
    let asked = asking(release(&github));
    assert!(asked.contains("https://github.com/maker/") && asked.ends_with("github.com github \n"), "{asked}");
    let ours = "https://ghes.corp.example";
    let asked = asking(release(&github).with("GITHUB_SERVER_URL", ours));
    assert!(asked.contains("https://ghes.corp.example/maker/"), "{asked}");
    assert!(asked.ends_with("ghes.corp.example  enterprise\n"), "{asked}");
    let asked = asking(release(&github).with("GITHUB_SERVER_URL", ours).with("RELEASE_SERVER", "https://github.com"));
    assert!(asked.contains("https://github.com/maker/") && asked.ends_with("github.com  \n"), "{asked}");
    release(&github).with("RELEASE_SERVER", "http://github.com").run("install.sh", &[]).fails("release-server");
    let missing = release(&github).with("RELEASE", "nowhere");
    missing.run("install.sh", &[]).fails("could not be downloaded");
}

#[test]
fn a_curl_that_is_too_old_is_named() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github);
    let old = "for it in \"$@\"; do [[ $it != --fail-with-body ]] || { echo \"curl: option $it: is unknown\" >&2; exit 2; }; done\n";
    runner.stand_in("curl", old);
    let step = runner.run("reviewed-plans.sh", &["../needs/plans"]).fails("curl 7.76 or newer is needed");
    assert!(step.log.contains("nothing is done"), "{}", step.log);
}

/// curl 8.14 forgets that an answer was a refusal.
#[test]
fn a_refusal_that_curl_calls_a_success_is_one() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github);
    runner.stand_in("curl", "while (($#)); do [[ $1 != --output ]] || echo '{}' >\"$2\"; shift; done\nprintf 502\n");
    runner.run("reviewed-plans.sh", &["../needs/plans"]).fails("nothing is done");
}

/// The sum of the archive.
fn sum(runner: &Runner) -> String {
    fs::read_to_string(runner.path("release/SHA256SUMS")).unwrap()[..64].to_owned()
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
    let runner = runner.with("SAYS", "no attestations found");
    assert_eq!(runner.run("install.sh", &[]).fails("gh refused to confirm").output("binary"), None);
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

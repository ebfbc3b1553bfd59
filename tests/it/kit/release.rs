//! The steps of a release that a test can run: the image.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::github::Github;
use super::steps::{Runner, skipped};

/// The archives of both architectures, and a `docker` that keeps what it was asked.
fn release(github: &Github, digest: &str) -> Runner {
    let runner = Runner::new(github)
        .with("IMAGE", "ghcr.io/Acme/Presencectl")
        .with("GITHUB_REF_NAME", "v0.1.0")
        .with("GITHUB_ACTOR", "acme")
        .with("GITHUB_TOKEN", "never-printed")
        .with("DIGEST", digest);
    runner.write("release/presencectl", "#!/bin/sh\n");
    let pack = "cd release && for it in x86_64 aarch64; do tar -czf presencectl-$it-unknown-linux-musl.tar.gz ./presencectl; done";
    let packed = Command::new("bash").args(["-c", pack]).current_dir(runner.path("repository")).status().unwrap();
    assert!(packed.success());
    runner.stand_in(
        "docker",
        "echo \"$@\" >>../asked\n[[ $* != *inspect* ]] || printf '{\"digest\": \"%s\"}' \"$DIGEST\"\n",
    );
    runner
}

#[test]
fn the_image_is_built_for_both_architectures_without_a_builder_that_nobody_pinned() {
    // What the image trusts.
    if skipped() || !Path::new("/etc/ssl/certs/ca-certificates.crt").is_file() {
        return;
    }
    let github = Github::start();
    let digest = format!("sha256:{}", "0".repeat(64));
    let runner = release(&github, &digest);
    let step = runner.run("../.github/release/image.sh", &["release"]).succeeds();
    assert_eq!((step.output("name"), step.output("digest")), (Some("ghcr.io/acme/presencectl"), Some(digest.as_str())));
    assert!(runner.path("repository/dist/arm64/presencectl").is_file());
    let build = |it: &str| {
        let tag = format!("ghcr.io/acme/presencectl:0.1.0-{it}");
        let label = "--label org.opencontainers.image.source=https://github.example/acme/presences";
        format!(
            "build --platform linux/{it} --provenance=false --file Containerfile --tag {tag} {label} .\npush {tag}\n"
        )
    };
    let asked = format!(
        "login ghcr.io --username acme --password-stdin\n{}{}\
         buildx imagetools create --tag ghcr.io/acme/presencectl:0.1.0 ghcr.io/acme/presencectl:0.1.0-amd64 ghcr.io/acme/presencectl:0.1.0-arm64\n\
         buildx imagetools inspect ghcr.io/acme/presencectl:0.1.0 --format {{{{json .Manifest}}}}\n",
        build("amd64"),
        build("arm64")
    );
    assert_eq!(fs::read_to_string(runner.path("asked")).unwrap(), asked);
}

#[test]
fn an_image_without_a_digest_is_attested_by_nobody() {
    if skipped() || !Path::new("/etc/ssl/certs/ca-certificates.crt").is_file() {
        return;
    }
    let github = Github::start();
    let step = release(&github, "null").run("../.github/release/image.sh", &["release"]).fails("names no digest");
    assert_eq!(step.output("digest"), None);
}

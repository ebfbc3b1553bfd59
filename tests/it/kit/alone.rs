//! What presencectl is started with: what it needs, and no token of the job.

use std::fs;

use super::github::{Github, TOKEN};
use super::steps::{Runner, sha, skipped};

#[test]
fn nothing_that_presencectl_is_started_with_is_a_token_of_the_job() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let tokens = [
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "INPUT_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_CACHE_URL",
        "NPM_TOKEN",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_SSH_COMMAND",
        // Bash knows no variable of this name, and hands it on.
        "npm-token",
    ];
    let needed = [
        ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret"),
        ("PRESENCECTL_REASON", "because"),
        ("HTTPS_PROXY", "http://proxy:1"),
        ("no_proxy", "localhost"),
        ("SSL_CERT_FILE", "/etc/ssl/own.pem"),
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SHA", &sha('1')),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
    ];
    let mut runner = Runner::new(&github)
        .with("PATH_OF_CONFIG", "presences")
        .with("PRESENCECTL", "./presencectl")
        .with("REVIEWED", "false")
        .with("COMMENT", "false")
        .with("ISSUE", "false");
    for it in &tokens {
        runner.set(it, "canary");
    }
    for (name, value) in &needed {
        runner.set(name, value);
    }
    runner.executable("repository/presencectl", "env >../seen\n");
    github.repository().newest = Some(sha('1'));
    for mode in ["validate", "plan", "apply", "drift"] {
        runner.action(mode).succeeds();
        let seen = fs::read_to_string(runner.path("seen")).unwrap();
        assert!(!seen.contains("canary") && !seen.contains(TOKEN), "{mode}: {seen}");
        for (name, value) in needed {
            assert!(seen.lines().any(|it| it == format!("{name}={value}")), "{mode}: {name} is not in {seen}");
        }
        assert!(
            seen.lines().any(|it| it.starts_with("PATH=")) && seen.lines().any(|it| it.starts_with("HOME=")),
            "{seen}"
        );
        fs::remove_file(runner.path("seen")).unwrap();
    }
}

//! Tools of this machine that some tests need: Git, jq, curl, unzip, a browser.

use std::env;
use std::io::Write as _;

/// Said where a test cannot run for want of a tool. In CI (the variable `CI` is set) no one reads that a test held
/// nothing, so there it fails.
pub(crate) fn missing(what: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let ci = env::var_os("CI");
    assert!(ci.is_none_or(|it| it.is_empty() || it == "false"), "{what}: in CI no test may be passed over");
    // Past the capture of tests that succeed.
    let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {what} ***\n");
}

//! Tools of this machine that some tests need: Git, jq, curl, unzip, a browser.

use std::env;
use std::io::Write as _;

/// Reports a missing tool. In CI (the variable `CI` is set), a skipped test would go unnoticed, so it fails there.
pub(crate) fn missing(what: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let ci = env::var_os("CI");
    assert!(ci.is_none_or(|it| it.is_empty() || it == "false"), "{what}: in CI no test may be passed over");
    // Past the capture of tests that succeed.
    let _ = writeln!(std::io::stderr(), "\n*** SKIPPED: {what} ***\n");
}

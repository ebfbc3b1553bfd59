//! The progress bar on a terminal, together with the log: a real run in a pseudo terminal (`script` of util-linux), and
//! the final screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;
use std::process::Command;

use presencectl::sandbox::{FaultRule, SandboxConfig};

use super::first_day;
use super::server::Org;
use crate::tools;

/// A terminal without an end: what is on it, after everything that was sent to it.
fn screen(sent: &str) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut rest = sent.chars().peekable();
    while let Some(c) = rest.next() {
        rows.resize(rows.len().max(row + 1), Vec::new());
        match c {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['), "only such sequences are known here");
                let mut number = String::new();
                let what = loop {
                    match rest.next().unwrap() {
                        it if it.is_ascii_alphabetic() => break it,
                        it => number.push(it),
                    }
                };
                let count = number.parse().unwrap_or(1);
                match what {
                    'A' => row = row.saturating_sub(count),
                    'B' => row += count,
                    'C' => column += count,
                    'D' => column = column.saturating_sub(count),
                    'K' if number == "2" => rows[row].clear(),
                    'K' => rows[row].truncate(column),
                    // Colours, and whether the cursor is seen.
                    'm' | 'h' | 'l' => {}
                    other => panic!("`{other}` is not known here"),
                }
            }
            c => {
                let line = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

fn is_log(line: &str) -> bool {
    line.split_at_checked(24).is_some_and(|(time, _)| time.ends_with('Z') && time.as_bytes()[10] == b'T')
}

#[test]
fn a_screen_is_what_was_sent_to_it() {
    assert_eq!(
        screen("one\r\n[##  ] 1/2\r\u{1b}[2Klog\r\n[### ] 2/2\r\u{1b}[K\u{1b}[1A\u{1b}[32mL\u{1b}[0m"),
        ["one", "Log", ""]
    );
}

/// An apply of eight definitions on a terminal of so many columns.
#[cfg(target_os = "linux")]
fn drawn_on(term: &str, (columns, rows): (u16, u16), more: &str) -> Option<(super::driver::Ran, Org)> {
    if Command::new("script").arg("--version").output().is_err() {
        tools::missing("no `script` of util-linux on PATH; no one looked at a bar");
        return None;
    }
    let slow = FaultRule { delay_ms: 40, ..FaultRule::default() };
    let org = Org::start(SandboxConfig { faults: vec![slow], ..SandboxConfig::default() });
    let (cli, target) = super::with_org(&org);
    let mut config = "version: 1\ndefinitions:\n".to_owned();
    for number in 1..=8 {
        let _ = writeln!(config, "  key{number}: {{ systemPresence: Meal, labels: {{ en_US: Label {number} }} }}");
    }
    cli.write("many.yaml", &config);
    let run = format!(
        "stty cols {columns} rows {rows}; exec {} apply many.yaml --auto-approve {target} {more}",
        env!("CARGO_BIN_EXE_presencectl")
    );
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &run, "/dev/null"]).current_dir(cli.path("")).env_clear();
    command.envs([
        ("PATH", first_day::path().as_str()),
        ("TERM", term),
        ("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client"),
        ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret"),
        ("PRESENCECTL_NO_REPORT", "1"),
    ]);
    let ran = cli.ran(command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    Some((ran, org))
}

fn drawn(it: &str) -> bool {
    it.contains('█') || it.contains('░')
}

#[cfg(target_os = "linux")]
#[test]
fn no_line_of_a_bar_is_wider_than_the_terminal() {
    for (columns, has_bar) in [(12, false), (40, false), (70, true)] {
        let Some((ran, _org)) = drawn_on("xterm", (columns, 50), "") else { return };
        let lines = ran.stdout.split(['\r', '\n']).map(console::strip_ansi_codes);
        let lines: Vec<_> = lines.filter(|it| it.contains("/8 ") || drawn(it)).collect();
        assert!(!lines.is_empty() && lines.iter().any(|it| drawn(it)) == has_bar, "{columns}: {}", ran.shown());
        let widest = lines.iter().map(|it| console::measure_text_width(it)).max();
        assert!(widest <= Some(usize::from(columns)), "{columns}: {lines:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_does_not_say_its_size_has_no_bar() {
    for size in [(40, 0), (0, 0)] {
        let Some((ran, _org)) = drawn_on("xterm", size, "") else { return };
        assert!(!drawn(&ran.stdout) && !ran.stdout.contains("/8 "), "{size:?}: {}", ran.shown());
        assert!(console::strip_ansi_codes(&ran.stdout).contains("Apply: 8 done"), "{}", ran.shown());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_dumb_terminal_has_no_bar() {
    let Some((ran, _org)) = drawn_on("dumb", (80, 50), "") else { return };
    assert!(!drawn(&ran.stdout) && !ran.stdout.contains('\u{1b}'), "{}", ran.shown());
}

#[cfg(target_os = "linux")]
#[test]
fn every_line_of_the_log_stands_whole_above_the_bar() {
    let Some((ran, org)) = drawn_on("xterm", (400, 50), "-vv") else { return };
    assert!(drawn(&ran.stdout) && ran.stdout.contains("/8 "), "no bar was drawn: {}", ran.shown());

    let screen = screen(&ran.stdout);
    let (log, told): (Vec<&String>, Vec<&String>) = screen.iter().partition(|it| is_log(it));
    let shown = screen.join("\n");
    assert!(!drawn(&shown), "the bar goes away and leaves nothing in a line of the log:\n{shown}");
    let answered = log.iter().filter(|it| it.contains(" answered: ") && it.contains("took_ms=")).count();
    assert_eq!(answered, org.requests().len(), "each request is a whole line:\n{shown}");
    let pieces = ["_ms=", "method=", "correlation_id="];
    assert!(!told.iter().any(|it| pieces.iter().any(|piece| it.contains(piece))), "a piece of a line:\n{shown}");
    assert!(told.iter().any(|it| it.starts_with("Apply: 8 done")), "{shown}");
}

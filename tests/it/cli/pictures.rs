//! The pictures of README and `docs`: what real runs print, as SVG. `UPDATE=1` writes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anstyle::{Color, RgbColor};
use anstyle_svg::{Palette, Term};

use super::driver::Cli;
use super::first_day::path;

/// Readable on GitHub's light and dark pages alike: a picture brings its own dark ground.
const GROUND: Color = Color::Rgb(RgbColor(22, 27, 34));
const TEXT: Color = Color::Rgb(RgbColor(230, 237, 243));

/// The sixteen colours of a terminal, light enough for that ground.
const COLOURS: Palette = Palette([
    RgbColor(110, 118, 129),
    RgbColor(255, 123, 114),
    RgbColor(86, 211, 100),
    RgbColor(227, 179, 65),
    RgbColor(121, 192, 255),
    RgbColor(210, 168, 255),
    RgbColor(86, 212, 221),
    RgbColor(230, 237, 243),
    RgbColor(139, 148, 158),
    RgbColor(255, 123, 114),
    RgbColor(86, 211, 100),
    RgbColor(227, 179, 65),
    RgbColor(121, 192, 255),
    RgbColor(210, 168, 255),
    RgbColor(86, 212, 221),
    RgbColor(255, 255, 255),
]);

const BEFORE: &str = "version: 1
org: { name: acme-prod, id: 7a1f2c34-0000-4000-8000-000000000001 }
settings: { prune: delete }
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittag, fr: Déjeuner }
  coaching:
    systemPresence: Busy
    labels: { en_US: Coaching, de: Einarbeitung }
  after-call:
    systemPresence: Busy
    labels: { en_US: After call, de: Nacharbeit }
  smoke-break:
    systemPresence: Break
    labels: { en_US: Smoke break, de: Raucherpause }
";

const AFTER: &str = "version: 1
org: { name: acme-prod, id: 7a1f2c34-0000-4000-8000-000000000001 }
settings: { prune: delete }
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittagspause, fr: Déjeuner }
  coaching:
    systemPresence: Busy
    labels: { en_US: Coaching, de: Einarbeitung }
  wrap-up:
    systemPresence: Busy
    labels: { en_US: Wrap-up, de: Nacharbeit, fr: Finalisation }
    previousLabels: [After call]
  quality-review:
    systemPresence: Training
    labels: { en_US: Quality review, de: Qualitätsprüfung }
";

/// What a person changed in the org's admin page, as a config that makes the same change.
const BY_HAND: &str = "version: 1
org: { name: acme-prod, id: 7a1f2c34-0000-4000-8000-000000000001 }
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Essen, fr: Déjeuner }
  coaching:
    systemPresence: Busy
    labels: { en_US: Coaching, de: Einarbeitung }
    deactivated: true
";

const MISTYPED: &str = "version: 1
definitions:
  lunch:
    systemPresense: Meal
    labels: { en_US: Lunch, de: Mittagspause }
  meal:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Pause }
";

/// The org as [`BEFORE`] says, with reports kept.
fn applied() -> Cli {
    let cli = Cli::new().keeping_reports().variable("PATH", &path()).file("presence.yaml", BEFORE);
    assert!(Command::new("git").args(["init", "--quiet"]).arg(cli.path("")).status().unwrap().success());
    assert_eq!(cli.run("apply presence.yaml --sandbox --auto-approve").code, Some(0));
    cli
}

/// A command as it is typed, and what it prints: its result, else why there is none.
fn screen(cli: &Cli, command: &str) -> String {
    let ran = cli.run(&format!("{command} --color always"));
    let printed = if ran.stdout.is_empty() { ran.stderr } else { ran.stdout };
    let mut screen = format!("\x1b[2m$\x1b[0m \x1b[1mpresencectl {command}\x1b[0m\n");
    for line in printed.lines() {
        writeln!(screen, "{}", timeless(line)).unwrap();
    }
    screen
}

/// The same line with a moment of this run as a fixed one: `2026-12-02 15:34 UTC`, and that of a report's name.
fn timeless(line: &str) -> String {
    let mut line = line.to_owned();
    if let Some(at) = line.find(" UTC").filter(|at| *at >= 16) {
        line.replace_range(at - 16..at, "2026-03-02 09:15");
    }
    while let Some(at) = line.find("Z-no-commit").filter(|at| !line[..*at].ends_with("T091500")) {
        line.replace_range(at - 15..at, "20260302T091500");
    }
    line
}

/// Compares the picture `docs/img/NAME.svg` with the output.
#[track_caller]
fn expect_picture(name: &str, screen: &str) {
    let svg = Term::new().palette(COLOURS).fg_color(TEXT).bg_color(GROUND).render_svg(screen);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/img/{name}.svg"));
    if std::env::vars_os().any(|(name, value)| name == "UPDATE" && value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &svg).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == svg, "docs/img/{name}.svg is not what is printed now; UPDATE=1 writes it:\n{screen}");
}

#[test]
fn a_plan() {
    let cli = applied();
    cli.write("presence.yaml", AFTER);
    expect_picture("plan", &screen(&cli, "plan presence.yaml --sandbox"));
}

/// Its reports have a folder of their own: those of two runs in one second are numbered.
#[test]
fn an_apply() {
    let cli = applied();
    cli.write("presence.yaml", AFTER);
    expect_picture("apply", &screen(&cli, "apply presence.yaml --sandbox --auto-approve --report-dir reports"));
}

#[test]
fn a_drift() {
    let cli = applied().file("by-hand.yaml", BY_HAND);
    assert_eq!(cli.run("apply by-hand.yaml --sandbox --auto-approve --no-report").code, Some(0));
    expect_picture("drift", &screen(&cli, "drift presence.yaml --sandbox --report-dir .presencectl/reports"));
}

#[test]
fn an_error() {
    let cli = Cli::new().file("presence.yaml", MISTYPED);
    expect_picture("error", &screen(&cli, "validate presence.yaml"));
}

#[test]
fn a_plan_of_many_orgs() {
    let cli = Cli::with_examples();
    for org in cli.run("orgs examples/many-orgs -o lines").stdout.lines() {
        let ran = cli.run(&format!("apply examples/many-orgs --org {org} --sandbox --auto-approve"));
        assert_eq!(ran.code, Some(0), "{org}: {}", ran.shown());
    }
    let layer = "examples/many-orgs/base/presence.yaml";
    let changed = cli.read(layer).replace("Kurze Pause", "Pause").replace("Lunchpauze", "Middagpauze");
    cli.write(layer, &changed);
    let first = cli.run("apply examples/many-orgs --org acme-dev --sandbox --auto-approve");
    assert_eq!(first.code, Some(0), "{}", first.shown());
    expect_picture("many-orgs", &screen(&cli, "plan examples/many-orgs --all-orgs --sandbox"));
}

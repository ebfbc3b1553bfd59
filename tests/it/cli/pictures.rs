//! The pictures of README and `docs`: what real runs print, as SVG. `UPDATE=1` writes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anstyle::{Color, RgbColor};
use anstyle_svg::{Palette, Term};
use presencectl::ops::labels::grid::{CellAddress, ReadSheet, SheetCell, SheetColumn};
use presencectl::ops::labels::{csv_sheet, xlsx_sheet};

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
    expect_svg(name, &svg, screen);
}

#[track_caller]
fn expect_svg(name: &str, svg: &str, shown: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/img/{name}.svg"));
    if std::env::vars_os().any(|(name, value)| name == "UPDATE" && value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, svg).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == svg, "docs/img/{name}.svg is not what is printed now; UPDATE=1 writes it:\n{shown}");
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

/// The height of a row of a drawn sheet, and the width of a character.
const ROW: usize = 24;
const CHARACTER: usize = 8;

/// A sheet as a spreadsheet shows it, without the hidden column. The cell of `typed` has a coloured frame.
fn drawn(sheet: &ReadSheet, typed: CellAddress) -> String {
    let columns: Vec<(u32, SheetColumn)> =
        sheet.headings().into_iter().filter(|(_, it)| *it != SheetColumn::Marks).collect();
    let text = |cells: &[(u32, SheetCell)], column: u32| {
        cells.iter().find_map(|(it, cell)| match cell {
            SheetCell::Text(text) if *it == column => Some(text.clone()),
            _ => None,
        })
    };
    let width = |column: u32| {
        let cells = sheet.rows.iter().filter_map(|(_, cells)| text(cells, column));
        cells.map(|it| it.chars().count()).max().unwrap_or_default().max(12) * CHARACTER + 24
    };
    let (mut body, mut left) = (String::new(), 36);
    let mut cell = |x: usize, y: usize, width: usize, fill: &str, style: &str, text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let (middle, inside) = (y + ROW - 7, x + 8);
        writeln!(
            body,
            "  <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{ROW}\" fill=\"{fill}\" stroke=\"#d0d7de\"/>\n  \
             <text x=\"{inside}\" y=\"{middle}\" {style}>{text}</text>"
        )
        .unwrap();
    };
    for row in 0..=sheet.rows.len() {
        let number = if row == 0 { String::new() } else { row.to_string() };
        cell(0, row * ROW, left, "#e6e9ed", "fill=\"#57606a\"", &number);
    }
    let mut frame = String::new();
    for (column, kind) in &columns {
        let width = width(*column);
        let letter = CellAddress { row: 0, column: *column }.to_string().replace('1', "");
        cell(left, 0, width, "#e6e9ed", "fill=\"#57606a\"", &letter);
        for (row, (number, cells)) in sheet.rows.iter().enumerate() {
            let (fill, style) = match (row, kind) {
                (0, _) => ("#ffffff", "fill=\"#1f2328\" font-weight=\"bold\""),
                (_, SheetColumn::Label(_)) => ("#ffffff", "fill=\"#1f2328\""),
                (_, SheetColumn::Suggestion(_)) => ("#ffffff", "fill=\"#767676\" font-style=\"italic\""),
                _ => ("#f2f2f2", "fill=\"#767676\""),
            };
            let y = (row + 1) * ROW;
            cell(left, y, width, fill, style, &text(cells, *column).unwrap_or_default());
            if (CellAddress { row: *number, column: *column }) == typed {
                frame = format!(
                    "  <rect x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{ROW}\" fill=\"none\" stroke=\"#1a7f37\" \
                     stroke-width=\"2\"/>\n"
                );
            }
        }
        left += width;
    }
    let height = (sheet.rows.len() + 1) * ROW;
    format!(
        "<svg width=\"{left}\" height=\"{height}\" viewBox=\"0 0 {left} {height}\" xmlns=\"http://www.w3.org/2000/svg\" \
         font-family=\"Liberation Sans, Arial, sans-serif\" font-size=\"13\">\n{body}{frame}</svg>\n"
    )
}

/// A real export, with one label that a translator typed.
#[test]
fn a_sheet_for_translators() {
    let cli = Cli::with_examples();
    let base = cli.read("examples/many-orgs/base/presence.yaml");
    cli.write("examples/many-orgs/base/presence.yaml", &base.replace("      de: Nacharbeit\n", ""));
    let globex = cli.read("examples/many-orgs/orgs/globex.yaml");
    let polish = "  short-break:\n    labels: { pl: Krótka przerwa }\n";
    cli.write("examples/many-orgs/orgs/globex.yaml", &format!("{globex}{polish}"));
    let command = "labels export examples/many-orgs --org acme-prod --locale de --locale pl";
    let ran = cli.run(&format!("{command} -o csv=labels.csv -o xlsx=labels.xlsx"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let exported = csv_sheet::read(&fs::read(cli.path("labels.csv")).unwrap()).unwrap();
    let workbook = xlsx_sheet::read(&fs::read(cli.path("labels.xlsx")).unwrap()).unwrap();
    assert_eq!(exported, workbook, "the same cells in both formats");

    let (column, _) =
        exported.headings().into_iter().find(|(_, it)| *it == SheetColumn::Label("pl".to_owned())).unwrap();
    let typed = CellAddress { row: 1, column };
    let mut sheet = exported;
    let (_, cells) = &mut sheet.rows[1];
    assert!(cells.iter().all(|(it, _)| *it != column), "the cell is empty");
    cells.push((column, SheetCell::Text("Obiad".to_owned())));
    let svg = drawn(&sheet, typed);
    expect_svg("sheet", &svg, &svg);
}

/// What comes of a sheet: one label is written, and a cell that changed on both sides is refused.
#[test]
fn an_import_of_labels() {
    let cli = Cli::with_examples();
    assert_eq!(cli.run("labels export examples/many-orgs --locale de -o csv=labels.csv").code, Some(0));
    let sheet = cli.read("labels.csv");
    let base = "examples/many-orgs/base/presence.yaml";
    cli.write(
        "labels.csv",
        &sheet.replacen(",Schulung,", ",Kurs,", 1).replacen(",Nacharbeit,", ",Nachbearbeitung,", 1),
    );
    cli.write(base, &cli.read(base).replace("de: Nacharbeit\n", "de: Abschluss\n"));
    let command = "labels import labels.csv examples/many-orgs --yes";
    let ran = cli.run(&format!("{command} --color always"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let head = format!("\x1b[2m$\x1b[0m \x1b[1mpresencectl {command}\x1b[0m\n");
    // In the order of a terminal, where the refused cells are between what changes and what was written.
    let (before, after) =
        ran.stdout.split_at(ran.stdout.rfind('\n').map_or(0, |it| ran.stdout[..it].rfind('\n').map_or(0, |it| it + 1)));
    let (refused, last) = ran.stderr.split_at(ran.stderr[..ran.stderr.len() - 1].rfind('\n').unwrap() + 1);
    expect_picture("import", &[&head, before, refused, after, last].concat());
}

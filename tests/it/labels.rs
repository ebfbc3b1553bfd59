//! Labels as a spreadsheet: export and import without a change, and a translator's possible changes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::fs;
use std::path::Path;

use presencectl::config::load_all;
use presencectl::ops::labels::csv_sheet::{guarded, unguarded};
use presencectl::ops::labels::export::{ExportRequest, sheet};
use presencectl::ops::labels::grid::{LabelSheet, ReadSheet, SheetCell, SheetColumn};
use presencectl::ops::labels::import::{SheetFlaw, SheetLabels, wanted_labels};
use presencectl::ops::labels::rows::Fleet;
use presencectl::ops::labels::trial::trial;
use presencectl::ops::labels::{csv_sheet, xlsx_sheet};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

mod office;
mod there_and_back;

/// Texts that some spreadsheet, some parser or some encoding takes for something else.
pub(crate) const HOSTILE: &[&str] = &[
    "=1+1",
    "+49 30",
    "-5",
    "@SUM(A1)",
    "'quoted",
    "\t=1",
    "\tx",
    "0800",
    "007",
    "1/2",
    "12:30",
    "1-2",
    "1.5",
    "1E5",
    "TRUE",
    "false",
    "a;=1",
    "a\t=1",
    "a\n=1",
    "a\r\n@x",
    "a;'=1",
    "a;''=1",
    ";;=",
    "a,b",
    "a\"b",
    "\"",
    "\"\"",
    " lead",
    "trail ",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\u{0}",
    "\u{1}",
    "\u{1F}",
    "\u{7F}",
    "\u{85}",
    "\u{202E}x",
    "\u{200B}",
    "\u{FEFF}x",
    "\u{FFFE}",
    "_x0041_",
    "_x000D_",
    "_x005F_x0041_",
    "&amp;",
    "<b>",
    "]]>",
    "Déjeuner",
    "午餐",
    "🍜",
    "مرحبا",
    "e\u{301}",
    "#REF!",
    "{=1}",
    "(remove)",
    "%",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://x\")",
    "１２",
    "12 ",
    "  =1",
    "\u{A0}",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![select(HOSTILE.to_vec()).prop_map(str::to_owned), any::<String>(), "[=+@;'\t\n\r\"a0-9-]{0,8}"]
}

fn of_cells(rows: Vec<Vec<Option<String>>>) -> LabelSheet {
    let locales = ["de", "fr"].map(|it| SheetColumn::Label(it.to_owned()));
    let columns = [SheetColumn::Key].into_iter().chain(locales).chain([SheetColumn::Marks]).collect();
    let row = |cells: Vec<Option<String>>| {
        let key = Some("key".to_owned());
        [key].into_iter().chain(cells.into_iter().map(|it| it.filter(|it| !it.is_empty()))).chain([None]).collect()
    };
    LabelSheet { columns, rows: rows.into_iter().map(row).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(5), cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_guard_is_taken_off_again(text in hostile()) {
        prop_assert_eq!(unguarded(&guarded(&text)), text);
    }

    #[test]
    fn every_cell_comes_back_from_csv(rows in prop::collection::vec(prop::collection::vec(prop::option::of(hostile()), 2), 0..4)) {
        let sheet = of_cells(rows);
        let text = csv_sheet::write(&sheet);
        prop_assert_eq!(csv_sheet::read(text.as_bytes()).unwrap(), ReadSheet::from(&sheet));
        let sixteen: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        prop_assert_eq!(csv_sheet::read(&sixteen).unwrap(), ReadSheet::from(&sheet));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(6), cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_cell_comes_back_from_a_workbook(rows in prop::collection::vec(prop::collection::vec(prop::option::of(hostile()), 2), 0..4)) {
        let sheet = of_cells(rows);
        let bytes = xlsx_sheet::write(&sheet).unwrap();
        prop_assert_eq!(xlsx_sheet::read(&bytes).unwrap(), ReadSheet::from(&sheet));
    }
}

#[test]
fn what_a_spreadsheet_would_read_has_a_tab_before_it() {
    for text in
        ["=1+1", "+49", "-5", "@x", "'x", "0800", "1/2", "12:30", "1.5", "1E5", "TRUE", "false", "\tx", " =1", "１２"]
    {
        assert!(guarded(text).starts_with('\t'), "{text}");
    }
    for text in ["Lunch", "Pause 2", "24/7 Support", "a=b", "E", "e-mail", "Truecaller"] {
        assert_eq!(guarded(text), text);
    }
    assert_eq!(guarded("a;=1"), "a;'=1");
    assert_eq!(guarded("a\n@x"), "a\n'@x");
}

#[test]
fn a_csv_is_read_however_it_was_saved() {
    let cells = |text: &str| csv_sheet::read(text.as_bytes()).unwrap().rows;
    let row = |cells: &[&str]| -> Vec<(u32, SheetCell)> {
        (0..).zip(cells).map(|(index, it)| (index, SheetCell::Text((*it).to_owned()))).collect()
    };
    let expected = vec![(0, row(&["key", "de"])), (1, row(&["lunch", "a,b;c"]))];
    assert_eq!(cells("key,de\nlunch,\"a,b;c\"\n"), expected);
    assert_eq!(cells("\u{FEFF}key;de\r\nlunch;\"a,b;c\"\r\n"), expected);
    assert_eq!(cells("key\tde\rlunch\ta,b;c"), expected);
    let flaw = |bytes: &[u8]| csv_sheet::read(bytes).unwrap_err().in_words();
    assert_eq!(flaw(b"key,de\nlunch,\"a\n"), "the quote in line 2 is never closed");
    assert_eq!(flaw(b"key,de\nlunch,\"a\"b\n"), "a cell of line 2 goes on after its closing quote");
    assert!(flaw(b"key,de\nlunch,M\xE4rz\n").contains("UTF-8"), "{}", flaw(b"\xE4"));
    assert!(flaw(b"\xFF\xFEa").contains("UTF-16"));
}

#[test]
fn a_workbook_that_unpacks_to_too_much_or_is_none_is_refused() {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0_u8; 1024 * 1024];
    (0..65).for_each(|_| archive.write_all(&zeros).unwrap());
    let bomb = archive.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(xlsx_sheet::read(&bomb).unwrap_err(), xlsx_sheet::XlsxFlaw::TooLarge);
    assert_eq!(xlsx_sheet::read(b"\xD0\xCF\x11\xE0").unwrap_err(), xlsx_sheet::XlsxFlaw::Protected);
    assert!(matches!(xlsx_sheet::read(b"PK"), Err(xlsx_sheet::XlsxFlaw::Broken(_))));
}

#[test]
fn a_workbook_with_one_cell_far_away_takes_no_more_than_that() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "presencectl").unwrap();
    page.write_string(1_048_575, 16_383, "far").unwrap();
    let sheet = xlsx_sheet::read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(sheet.rows.len(), 2);
}

#[test]
fn a_workbook_is_laid_out_for_translators_and_the_same_each_time() {
    let columns = ["key", "de", "ar", "suggestion: ar", "presencectl"].map(SheetColumn::of_heading).to_vec();
    let rows = vec![["lunch", "Mittag", "غداء", "x", "v1"].map(|it| Some(it.to_owned())).to_vec()];
    let sheet = LabelSheet { columns, rows };
    let bytes = xlsx_sheet::write(&sheet).unwrap();
    assert_eq!(bytes, xlsx_sheet::write(&sheet).unwrap());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    let page = part("xl/worksheets/sheet1.xml");
    for expected in ["state=\"frozen\"", "<col min=\"5\" max=\"5\"", "hidden=\"1\"", "<autoFilter ref=\"A1:E2\""] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert!(!page.contains("sheetProtection"));
    // The labels and the suggestions of one language, beside what is read from the left.
    assert_eq!(part("xl/styles.xml").matches("readingOrder=\"2\"").count(), 2);
    assert!(part("docProps/core.xml").contains("2000-01-01T00:00:00Z"));
}

#[test]
fn what_is_no_text_is_named_as_what_it_is() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "presencectl").unwrap();
    page.write_formula(1, 0, rust_xlsxwriter::Formula::new("=A1").set_result("Lunch")).unwrap();
    page.write_number(1, 1, 42).unwrap();
    page.write_boolean(1, 2, true).unwrap();
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 12, 24).unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    page.write_datetime_with_format(1, 3, &day, &format).unwrap();
    let sheet = xlsx_sheet::read(&book.save_to_buffer().unwrap()).unwrap();
    let odd: Vec<_> = sheet.rows[1].1.iter().map(|(_, it)| it.clone()).collect();
    assert_eq!(odd, ["a formula", "a number", "a truth value", "a date"].map(SheetCell::Odd));
}

const BASE: &str = "# What all get.
version: 1
settings: { defaultLocale: en_US, locales: [en_US, de, fr] }
definitions:
  lunch: # at noon
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittag }
  tea:
    systemPresence: Break
    labels:
      en_US: Tea
      # Agreed.
      de: Tee

      fr: Thé
  # New.
  snack:
    systemPresence: Break
    labels: { en_US: Lunch, fr: Déjeuner }
";

const ACME: &str = "version: 1
org: { name: acme, id: 11111111-bbbb-4bbb-8bbb-111111111111 }
use: [../base.yaml]
overrides:
  tea:
    labels: { de: Tee!, fr: null }
";

const HOOLI: &str = "version: 1
org: { name: hooli, id: 22222222-bbbb-4bbb-8bbb-222222222222 }
use: [../base.yaml]
";

/// A folder with two orgs and a layer.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        fs::create_dir(folder.0.path().join("orgs")).unwrap();
        for (name, text) in [("base.yaml", BASE), ("orgs/acme.yaml", ACME), ("orgs/hooli.yaml", HOOLI)] {
            fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn sheet(&self) -> LabelSheet {
        let loaded = load_all(self.path(), None, |_| true);
        assert_eq!(loaded.diagnostics.errors, 0, "{:?}", loaded.diagnostics);
        let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: self.path() };
        sheet(fleet, &ExportRequest { configs: vec![0, 1], ..ExportRequest::default() }).sheet
    }

    /// What this sheet asks for, and the files with it, as `path: new text`.
    fn import(&self, sheet: &ReadSheet, into: Option<&str>) -> (SheetLabels, Vec<(String, String)>) {
        let loaded = load_all(self.path(), None, |_| true);
        let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: self.path() };
        let into = into.map(|name| (0..2).find(|it| fleet.org_name(*it) == Some(name)).unwrap());
        let rows = fleet.rows(&[0, 1]);
        let mut found = wanted_labels(sheet, fleet, &rows, into).unwrap();
        let done = trial(std::mem::take(&mut found.wanted), fleet, &rows, into, None).unwrap();
        found.wanted = done.wanted;
        found.refused.extend(done.refused);
        let named = |path: &Path| path.strip_prefix(self.path()).unwrap().display().to_string();
        (found, done.files.iter().map(|it| (named(&it.path), it.after.clone())).collect())
    }
}

/// The place of a cell: of which row of the sheet, and in which column.
fn cell<'a>(sheet: &'a mut LabelSheet, (file, key): (&str, &str), heading: &str) -> &'a mut Option<String> {
    let at = |heading: &str| sheet.columns.iter().position(|it| it.heading() == heading).unwrap();
    let (keys, files, column) = (at("key"), at("file"), at(heading));
    let is_meant =
        |it: &&mut Vec<Option<String>>| it[keys].as_deref() == Some(key) && it[files].as_deref() == Some(file);
    let row = sheet.rows.iter_mut().find(is_meant).unwrap();
    &mut row[column]
}

/// The sheet with these cells, imported: the blockers, and the new texts of the files.
fn after(changes: &[((&str, &str), &str, &str)], into: Option<&str>) -> (Vec<String>, Vec<(String, String)>) {
    let folder = Folder::new();
    let mut sheet = folder.sheet();
    for (row, heading, text) in changes {
        *cell(&mut sheet, *row, heading) = Some((*text).to_owned()).filter(|it| !it.is_empty());
    }
    let (found, files) = folder.import(&ReadSheet::from(&sheet), into);
    (found.refused.iter().map(|it| format!("{}: {}", it.address, it.why)).collect(), files)
}

const LUNCH: (&str, &str) = ("base.yaml", "lunch");
const TEA: (&str, &str) = ("base.yaml", "tea");
const OWN_TEA: (&str, &str) = ("orgs/acme.yaml", "tea");

fn file(name: &str, text: String) -> Vec<(String, String)> {
    vec![(name.to_owned(), text)]
}

#[test]
fn a_sheet_has_a_row_for_each_definition_of_each_file() {
    let sheet = Folder::new().sheet();
    let shown: Vec<String> = [sheet.columns.iter().map(|it| Some(it.heading())).collect()]
        .iter()
        .chain(&sheet.rows)
        .map(|row: &Vec<Option<String>>| {
            row[..row.len() - 1].iter().map(|it| it.as_deref().unwrap_or("·")).collect::<Vec<_>>().join(" | ")
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    key | system presence | file | default label | en_US | de | suggestion: de | fr | suggestion: fr
    lunch | Meal | base.yaml | Lunch | Lunch | Mittag | · | · | Déjeuner
    tea | Break | base.yaml | Tea | Tea | Tee | · | Thé | ·
    snack | Break | base.yaml | Lunch | Lunch | · | Mittag | Déjeuner | ·
    tea | Break | orgs/acme.yaml | Tea | · | Tee! | · | (remove) | ·
    ");
}

#[test]
fn what_was_exported_changes_nothing() {
    assert_eq!(after(&[], None), (vec![], vec![]));
    assert_eq!(after(&[], Some("acme")), (vec![], vec![]));
}

#[test]
fn a_label_is_written_where_it_stands() {
    let (refused, files) = after(&[(LUNCH, "fr", "Repas"), (TEA, "de", "Grüner Tee")], None);
    assert_eq!(refused, [""; 0]);
    let new = BASE.replace("de: Mittag }", "de: Mittag, fr: Repas }").replace("de: Tee\n", "de: Grüner Tee\n");
    assert_eq!(files, file("base.yaml", new));
    let (_, files) = after(&[(OWN_TEA, "de", "Teepause")], None);
    assert_eq!(files, file("orgs/acme.yaml", ACME.replace("Tee!", "Teepause")));
}

#[test]
fn a_label_is_taken_away_by_its_word_and_not_by_an_empty_cell() {
    assert_eq!(after(&[(TEA, "de", "")], None), (vec![], vec![]));
    let (_, files) = after(&[(TEA, "de", "(remove)")], None);
    assert_eq!(files, file("base.yaml", BASE.replace("      # Agreed.\n      de: Tee\n", "")));
    // An override gives way to nothing, not to what is below it.
    let (_, files) = after(&[(OWN_TEA, "de", "(remove)")], None);
    assert_eq!(files, file("orgs/acme.yaml", ACME.replace("de: Tee!", "de: null")));
}

#[test]
fn into_an_org_makes_overrides() {
    let (refused, files) = after(&[(LUNCH, "de", "Pause"), (LUNCH, "fr", "(remove)")], Some("hooli"));
    assert_eq!(refused, [""; 0]);
    let new = format!("{HOOLI}overrides:\n  lunch:\n    labels:\n      de: Pause\n      fr: null\n");
    assert_eq!(files, file("orgs/hooli.yaml", new));
    let (refused, files) = after(&[(TEA, "de", "Pause"), (OWN_TEA, "de", "Pause")], Some("hooli"));
    assert_eq!(refused, ["F5: `hooli` does not use this row"]);
    assert_eq!(files.len(), 1);
    let (refused, _) = after(&[(TEA, "de", "Pause")], Some("acme"));
    assert_eq!(refused, ["F3: `acme` has a label of its own here, `Tee!`: change its row"]);
}

#[test]
fn a_cell_is_refused_alone() {
    let changes = [(LUNCH, "de", "a\u{202E}b"), (LUNCH, "fr", "Repas"), (TEA, "fr", "  "), (TEA, "default label", "T")];
    let (refused, files) = after(&changes, None);
    assert_eq!(
        refused,
        [
            "F2: the label holds the bidirectional-override character U+202E",
            "D3: this column is to be read only: the label itself is in the column of its language",
            "H3: only spaces: `(remove)` takes a label away",
        ]
    );
    assert_eq!(files, file("base.yaml", BASE.replace("de: Mittag }", "de: Mittag, fr: Repas }")));
}

#[test]
fn a_label_that_the_config_refuses_is_refused_by_its_cell() {
    // Two definitions of one system presence with one default label.
    let (refused, files) = after(&[(TEA, "en_US", "Lunch"), (LUNCH, "fr", "Repas")], None);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].starts_with("E3: "), "{refused:?}");
    assert_eq!(files, file("base.yaml", BASE.replace("de: Mittag }", "de: Mittag, fr: Repas }")));
}

#[test]
fn what_moved_on_in_the_file_is_refused_only_where_the_sheet_changes_it_too() {
    let folder = Folder::new();
    let mut sheet = folder.sheet();
    let moved = BASE.replace("de: Mittag ", "de: Essen ").replace("en_US: Tea\n", "en_US: Green tea\n");
    fs::write(folder.path().join("base.yaml"), &moved).unwrap();
    assert_eq!(folder.import(&ReadSheet::from(&sheet), None).0, SheetLabels::default());
    *cell(&mut sheet, LUNCH, "de") = Some("Pause".to_owned());
    *cell(&mut sheet, TEA, "de") = Some("Grüntee".to_owned());
    let (found, files) = folder.import(&ReadSheet::from(&sheet), None);
    let refused: Vec<String> = found.refused.iter().map(|it| format!("{}: {}", it.address, it.why)).collect();
    assert_eq!(
        refused,
        [
            "F2: changed on both sides: here `Pause`, in the file `Essen`",
            "D3: the default label is `Green tea` by now: export this row again",
        ]
    );
    assert_eq!(files, vec![]);
}

#[test]
fn rows_may_be_sorted_and_missing_but_not_mixed() {
    let folder = Folder::new();
    let mut sheet = folder.sheet();
    *cell(&mut sheet, LUNCH, "fr") = Some("Repas".to_owned());
    sheet.rows.reverse();
    sheet.rows.truncate(4);
    sheet.rows.remove(0);
    let (found, files) = folder.import(&ReadSheet::from(&sheet), None);
    assert_eq!((found.refused.len(), files.len()), (0, 1));
    // One column sorted without the others.
    let last = sheet.columns.len() - 1;
    let marks = sheet.rows[0][last].clone();
    sheet.rows[0][last] = sheet.rows[1][last].clone();
    sheet.rows[1][last] = marks;
    let (found, files) = folder.import(&ReadSheet::from(&sheet), None);
    assert_eq!((found.refused.len(), files.len()), (2, 1), "{found:?}");
    assert!(found.refused[0].why.starts_with("the hidden column does not belong to this row"));
}

#[test]
fn an_unknown_key_and_an_unknown_language_are_named() {
    let (refused, _) = after(&[(LUNCH, "key", "lunhc")], None);
    assert_eq!(refused, ["A2: `base.yaml` has no definition `lunhc`; did you mean `lunch`?"]);
    let folder = Folder::new();
    let mut sheet = folder.sheet();
    for heading in ["sv", "notes"] {
        sheet.columns.push(SheetColumn::of_heading(heading));
        sheet.rows.iter_mut().for_each(|it| it.push(Some("x".to_owned())));
    }
    let (found, _) = folder.import(&ReadSheet::from(&sheet), None);
    assert_eq!(found.refused[0].why, "`sv` was not exported: export again with `--locale sv`");
    assert_eq!(found.notes, ["column `notes` (L1) is not from the export, and is skipped"]);
}

#[test]
fn a_sheet_without_its_columns_is_none() {
    let loaded = load_all(Folder::new().path(), None, |_| true);
    let fleet = Fleet { sources: &loaded.sources, configs: &[], path: Path::new("") };
    let flaw = |text: &str| wanted_labels(&csv_sheet::read(text.as_bytes()).unwrap(), fleet, &[], None).unwrap_err();
    assert_eq!(flaw(""), SheetFlaw::Empty);
    assert_eq!(flaw("key,de\n").in_words(), "it has no column `file`, `default label` and `presencectl`");
    assert_eq!(flaw("key,file,default label,presencectl,de,de\n").in_words(), "it has two columns `de`");
}

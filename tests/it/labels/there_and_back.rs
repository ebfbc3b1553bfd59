//! Random orgs with hostile labels: what is exported and imported again changes no byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use presencectl::config::load_all;
use presencectl::model::text;
use presencectl::ops::labels::export::{ExportRequest, sheet};
use presencectl::ops::labels::import::{SheetLabels, wanted_labels};
use presencectl::ops::labels::rows::Fleet;
use presencectl::ops::labels::{csv_sheet, xlsx_sheet};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

use super::HOSTILE;

const LOCALES: [&str; 5] = ["en_US", "de", "ar", "pt-BR", "file"];

/// One that a config takes without a pin.
fn label() -> impl Strategy<Value = String> {
    let fits = |it: &str| !text::is_odd_label(it);
    let known: Vec<&str> = HOSTILE.iter().copied().filter(|it| fits(it)).collect();
    prop_oneof![select(known).prop_map(str::to_owned), any::<String>().prop_filter("odd", move |it| fits(it))]
}

type SomeLabels = BTreeMap<&'static str, Option<String>>;

fn labels(nulls: bool) -> impl Strategy<Value = SomeLabels> {
    let one = label()
        .prop_flat_map(move |it| select(if nulls { vec![None, Some(it.clone()), Some(it)] } else { vec![Some(it)] }));
    prop::collection::btree_map(select(LOCALES.to_vec()), one, 1..4)
}

fn section(name: &str, definitions: &[SomeLabels], is_base: bool) -> String {
    let mut page = format!("{name}:\n");
    for (number, labels) in definitions.iter().enumerate() {
        let shown = |it: &Option<String>| {
            it.as_ref().map_or("null".to_owned(), |it| format!("\"{}\"", text::within_quotes(it)))
        };
        let own = if is_base {
            format!("systemPresence: Break, labels: {{ xx: D{number}, ")
        } else {
            "labels: { ".to_owned()
        };
        let labels: Vec<String> = labels.iter().map(|(locale, it)| format!("{locale}: {}", shown(it))).collect();
        writeln!(page, "  key{number}: {{ {own}{} }} }} # {number}", labels.join(", ")).unwrap();
    }
    page
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(14), cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes(base in prop::collection::vec(labels(false), 3), own in prop::collection::vec(labels(true), 0..3), missing in any::<bool>()) {
        let folder = TempDir::new().unwrap();
        let settings = "version: 1\nsettings: { defaultLocale: xx }\n";
        fs::write(folder.path().join("base.yaml"), settings.to_owned() + &section("definitions", &base, true)).unwrap();
        let org = "version: 1\norg: { name: acme }\nuse: [base.yaml]\n";
        fs::write(folder.path().join("acme.yaml"), org.to_owned() + &section("overrides", &own, false)).unwrap();
        let loaded = load_all(folder.path(), None, |_| true);
        prop_assert_eq!(loaded.diagnostics.errors, 0, "{:?}", loaded.diagnostics);
        let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: folder.path() };
        let sheet = sheet(fleet, &ExportRequest { configs: vec![0], missing, ..ExportRequest::default() }).sheet;
        let rows = fleet.rows(&[0]);
        let read = [
            csv_sheet::read(csv_sheet::write(&sheet).as_bytes()).unwrap(),
            xlsx_sheet::read(&xlsx_sheet::write(&sheet).unwrap()).unwrap(),
        ];
        for read in read {
            for into in [None, Some(0)] {
                prop_assert_eq!(wanted_labels(&read, fleet, &rows, into).unwrap(), SheetLabels::default());
            }
        }
    }
}

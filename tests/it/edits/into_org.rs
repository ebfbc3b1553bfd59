//! After the edits, a definition of an org has all wanted values, and no layer is changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use presencectl::config::edit::files::{FileEdits, load_edited};
use presencectl::config::finding::Finding;
use presencectl::config::load_all;
use presencectl::ops::definition_edits::{DefinitionValues, into_config};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

const LOCALES: [&str; 4] = ["de", "fr", "pt_BR", "pt-br"];

type SomeLabels = BTreeMap<&'static str, Option<&'static str>>;

fn labels(with_nulls: bool) -> impl Strategy<Value = SomeLabels> {
    let texts = if with_nulls {
        vec![None, Some("A"), Some("no: b"), Some("C #d")]
    } else {
        vec![Some("A"), Some("no: b"), Some("e")]
    };
    prop::collection::btree_map(select(LOCALES.to_vec()), select(texts), 0..4).prop_map(|mut it| {
        // Two spellings of one locale need a pin.
        if it.contains_key("pt_BR") {
            it.remove("pt-br");
        }
        it
    })
}

fn definition(section: &str, labels: &SomeLabels, deactivated: Option<bool>, is_base: bool) -> String {
    let mut page = format!("{section}:\n  lunch: # here\n");
    if is_base {
        page.push_str("    systemPresence: Meal\n");
    }
    let mut all: Vec<String> = labels
        .iter()
        .map(|(locale, it)| format!("{locale}: {}", it.map_or("null".to_owned(), |it| format!("{it:?}"))))
        .collect();
    if is_base {
        all.insert(0, "en_US: Lunch".to_owned());
    }
    if !all.is_empty() {
        writeln!(page, "    labels: {{ {} }}", all.join(", ")).unwrap();
    }
    if let Some(it) = deactivated {
        writeln!(page, "    deactivated: {it} # so").unwrap();
    }
    page
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(41), cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn what_is_asked_for_is_in_effect(
        base in labels(false), own in prop::option::of(labels(true)), asked in labels(true),
        flags in prop::array::uniform3(prop::option::of(any::<bool>())),
    ) {
        let folder = TempDir::new().unwrap();
        let [base_flag, own_flag, asked_flag] = flags;
        let base = "version: 1\n".to_owned() + &definition("definitions", &base, base_flag, true);
        let own = match own {
            Some(own) if !own.is_empty() || own_flag.is_some() => definition("overrides", &own, own_flag, false),
            _ => String::new(),
        };
        fs::write(folder.path().join("base.yaml"), &base).unwrap();
        fs::write(folder.path().join("acme.yaml"), format!("version: 1\norg: {{ name: acme }}\nuse: [base.yaml]\n{own}")).unwrap();
        let loaded = load_all(folder.path(), None, |_| true);
        prop_assume!(loaded.diagnostics.errors == 0);
        let values = DefinitionValues {
            deactivated: asked_flag,
            labels: asked.iter().map(|(locale, it)| ((*locale).to_owned(), it.map(str::to_owned))).collect(),
            ..DefinitionValues::default()
        };
        let mut edits = FileEdits::default();
        into_config(&loaded.sources, (&loaded.configs[0], &[]), "lunch", &values, &mut edits);
        let files = edits.apply(&loaded.sources).map_err(|(_, flaw)| TestCaseError::fail(format!("{flaw}\n{base}{own}")))?;
        prop_assert!(files.iter().all(|it| it.path.ends_with("acme.yaml")), "{files:?}");
        let after = load_edited(folder.path(), None, &files);
        prop_assert_eq!(after.diagnostics.errors, 0, "{:?}\n{:?}", after.diagnostics, files);
        // Redundant values would be reported: `null` for nothing, or a value that a layer already has.
        let vain = after.diagnostics.iter().find(|it| matches!(it.finding, Finding::RemovesNothing { .. }));
        let vain_before = loaded.diagnostics.iter().any(|it| matches!(it.finding, Finding::RemovesNothing { .. }));
        prop_assert!(vain.is_none() || vain_before, "{vain:?}\n{files:?}");
        let found = DefinitionValues::in_effect(&after.configs[0], "lunch").unwrap();
        for (locale, label) in &values.labels {
            prop_assert_eq!(found.label(locale).and_then(|(_, it)| it.clone()), label.clone(), "{}: {}{}{:?}", locale, base, own, files);
        }
        if let Some(asked) = asked_flag {
            prop_assert_eq!(found.deactivated.unwrap_or_default(), asked);
        }
    }
}

//! The plan alone, without files and without an org: values in, values out.

mod world;

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use presencectl::config::{self, ConfigSource};
use presencectl::model::desired::{Desired, Limits};
use presencectl::model::names::{DefinitionId, Label, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::plan::plan;

const UNLIMITED: Limits =
    Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };

fn desired(definitions: usize, locales: usize) -> Desired {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, world::yaml(definitions, locales)).expect("a file");
    let loaded = config::load(&ConfigSource { path, org: None, root: Some(Path::new(folder.path()).to_owned()) });
    loaded.config.expect("a config without errors").desired
}

fn observed(definitions: usize, locales: usize, changed: bool) -> Observed {
    let label = |number, locale: &str| {
        let label = world::label(number, locale);
        Label::new(if changed && locale == "de" { label + "!" } else { label })
    };
    let objects = (0..definitions).map(|number| Definition {
        id: DefinitionId::new(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("an id"),
        system_presence: SystemPresence::new(world::presence(number)).expect("a name"),
        labels: world::LOCALES[..locales].iter().map(|it| (Locale::new(*it), label(number, it))).collect(),
        deactivated: false,
        primary: Primary::No,
        division: None,
        modified: None,
    });
    Observed::new(objects.collect(), None)
}

/// As many definitions here as in the org, and each looks like those of the other side.
fn lookalikes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan of similar definitions");
    group.sample_size(10);
    for definitions in [1_000, 20_000] {
        let label = |it: usize, here: bool| format!("Break {it}{}", if here { " here" } else { "" });
        let lines: Vec<String> = (0..definitions)
            .map(|it| format!("  d{it}: {{ systemPresence: Break, labels: {{ en_US: {} }} }}\n", label(it, true)))
            .collect();
        let text = format!("version: 1\norg: {{ name: acme }}\ndefinitions:\n{}", lines.concat());
        let (_, _, config) = config::read_texts(config::Text { path: "config.yaml", text: &text }, &[]);
        let config = config.expect("a config without errors");
        let objects = (0..definitions).map(|number| Definition {
            id: DefinitionId::new(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("an id"),
            system_presence: SystemPresence::new("Break").expect("a name"),
            labels: [(Locale::new("en_US"), Label::new(label(number, false)))].into_iter().collect(),
            deactivated: false,
            primary: Primary::No,
            division: None,
            modified: None,
        });
        let org = Observed::new(objects.collect(), None);
        assert_eq!(plan(&config, &org, &UNLIMITED).blockers.len(), definitions);
        group.bench_with_input(BenchmarkId::from_parameter(definitions), &org, |bench, org| {
            bench.iter(|| black_box(plan(&config, org, &UNLIMITED)));
        });
    }
    group.finish();
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan of 25 locales");
    group.sample_size(10);
    for definitions in [100, 1_000, 10_000] {
        let config = desired(definitions, 25);
        let in_step = observed(definitions, 25, false);
        assert!(plan(&config, &in_step, &UNLIMITED).is_empty());
        group.bench_with_input(BenchmarkId::new("in sync", definitions), &in_step, |bench, org| {
            bench.iter(|| black_box(plan(&config, org, &UNLIMITED)));
        });
        let changed = observed(definitions, 25, true);
        assert_eq!(plan(&config, &changed, &UNLIMITED).changes.len(), definitions);
        group.bench_with_input(BenchmarkId::new("one label of each changed", definitions), &changed, |bench, org| {
            bench.iter(|| black_box(plan(&config, org, &UNLIMITED)));
        });
    }
    group.finish();
}

criterion_group!(benches, lookalikes, plans);
criterion_main!(benches);

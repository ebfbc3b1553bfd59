//! What asks no org: `validate` of large files, and the start of the executable.

mod world;

use std::hint::black_box;
use std::process::Command;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use presencectl::config;

fn validate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate 10,000 definitions");
    group.sample_size(10);
    for locales in [3, 25] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, world::yaml(10_000, locales)).expect("a file");
        group.bench_with_input(BenchmarkId::new("locales", locales), &path, |bench, path| {
            bench.iter(|| {
                let loaded = config::load_all(path, Some(folder.path()));
                assert_eq!(loaded.configs.len(), 1);
                black_box(loaded)
            });
        });
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("start of the executable");
    for arguments in [vec!["--version"], vec!["validate", "examples/quickstart"]] {
        group.bench_function(arguments.join(" "), |bench| {
            bench.iter(|| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_presencectl"));
                let output = command.args(&arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
                assert!(output.expect("it runs").status.success());
            });
        });
    }
    group.finish();
}

criterion_group!(benches, validate, start);
criterion_main!(benches);

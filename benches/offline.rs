//! What asks no org: `validate` of large files, and the start of the executable.

mod world;

use std::hint::black_box;
use std::process::Command;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use presencectl::config;
use serde_yaml::granit_parser::Parser;

fn validate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate 10,000 definitions");
    group.sample_size(10);
    for locales in [3, 25] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("config.yaml");
        let text = world::yaml(10_000, locales);
        std::fs::write(&path, &text).expect("a file");
        // What no reader of YAML can be faster than.
        group.bench_with_input(BenchmarkId::new("bare events, locales", locales), &text, |bench, text| {
            bench.iter(|| black_box(Parser::new_from_str(text).map_while(Result::ok).count()));
        });
        group.bench_with_input(BenchmarkId::new("locales", locales), &path, |bench, path| {
            bench.iter(|| {
                let loaded = config::load_all(path, Some(folder.path()), |_| false);
                assert_eq!(loaded.orgs.len(), 1);
                black_box(loaded)
            });
        });
    }
    group.finish();
}

/// Each org is checked by itself and dropped: memory is that of one.
fn fleet(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate 2,000 definitions for 100 orgs");
    group.sample_size(10);
    for locales in [1, 9] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["base", "orgs"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        std::fs::write(folder.path().join("base/base.yaml"), world::yaml(2_000, locales)).expect("a file");
        for org in 0..100 {
            let text = format!("version: 1\norg: {{ name: org{org} }}\nuse: [../base/base.yaml]\n");
            std::fs::write(folder.path().join(format!("orgs/{org}.yaml")), text).expect("a file");
        }
        group.bench_with_input(BenchmarkId::new("locales", locales), folder.path(), |bench, path| {
            bench.iter(|| {
                let loaded = config::load_all(path, Some(path), |_| false);
                assert_eq!(loaded.orgs.len(), 100);
                black_box(loaded)
            });
        });
    }
    group.finish();
}

/// What is beyond the findings that are shown costs no memory.
fn mistakes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate 190,000 mistakes");
    group.sample_size(10);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config.yaml");
    let lines: Vec<String> = (0..190_000).map(|it| format!(" k{it:x}: 1\n")).collect();
    std::fs::write(&path, format!("version: 1\ndefinitions:\n{}", lines.concat())).expect("a file");
    group.bench_function("all in one file", |bench| {
        bench.iter(|| {
            let loaded = config::load_all(&path, Some(folder.path()), |_| false);
            assert_eq!(loaded.diagnostics.errors, 190_000);
            black_box(loaded)
        });
    });
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

criterion_group!(benches, validate, fleet, mistakes, start);
criterion_main!(benches);

//! Import: from an org to the config that a person would have written of it, and back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod examples;
mod fleet;
mod keys;
pub(crate) mod orgs;
mod pages;
mod round_trip;
mod terraform;

use std::fs;
use std::path::Path;

use presencectl::config::{self, ConfigSource, Loaded};
use presencectl::model::names::{Locale, OrgId};
use presencectl::model::observed::{Observed, Organization};
use presencectl::model::pins::PinChoice;
use presencectl::model::source::Sources;
use presencectl::ops::import::{Import, ImportRequest, Layout, import};
use presencectl::output::style::Style;
use presencectl::output::text::findings;
use presencectl::plan::{Plan, plan};

/// The org that is asked.
pub(crate) fn organization() -> Organization {
    let id = OrgId::new("22222222-bbbb-4bbb-8bbb-222222222222").unwrap();
    Organization { id, name: "Acme Prod".to_owned() }
}

pub(crate) fn asked() -> ImportRequest {
    ImportRequest {
        choice: PinChoice { default_locale: Locale::new("en_US"), deactivated: false, pin_all: false },
        layout: Layout::OneFile("presence.yaml".to_owned()),
        region: None,
        schema: "schemas/config.v1.json".to_owned(),
        resources: Vec::new(),
    }
}

/// Writes the files of an import and loads them as any command would.
pub(crate) fn loaded(import: &Import) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for file in &import.files {
        fs::write(folder.path().join(&file.name), &file.text).unwrap();
    }
    load(folder.path())
}

pub(crate) fn load(path: &Path) -> Loaded {
    config::load(&ConfigSource { path: path.to_owned(), ..ConfigSource::default() })
}

/// The plan of an import against an org. Panics with the findings where it does not load.
pub(crate) fn planned(import: &Import, observed: &Observed) -> Plan {
    let Loaded { sources, diagnostics, config, files: _ } = loaded(import);
    let Some(config) = config else {
        let mut text = String::new();
        findings::write(&mut text, &diagnostics, &sources, Style::PLAIN).unwrap();
        panic!("{text}");
    };
    let desired = config.desired;
    plan(&desired, observed, &desired.settings.limits)
}

/// What a person sees of a plan that is not empty.
pub(crate) fn shown(plan: &Plan) -> String {
    presencectl::output::text::plan(plan, &crate::paper::target(), &Sources::new(), Style::PLAIN)
}

/// All files, one after the other.
pub(crate) fn text(observed: &Observed, asked: &ImportRequest) -> String {
    let files = import(observed, &organization(), asked).files;
    files.iter().flat_map(|it| ["=== ", &it.name, "\n", &it.text]).collect()
}

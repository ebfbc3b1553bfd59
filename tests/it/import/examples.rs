//! Every example: applied to an org on paper, imported from it, planned again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use presencectl::config::{self, Config};
use presencectl::model::desired::{Desired, Management, Wanted};
use presencectl::model::names::Label;
use presencectl::model::observed::{Definition, Observed};
use presencectl::model::pins::PinChoice;
use presencectl::ops::import::{ImportRequest, Layout, import, prove};
use presencectl::plan::plan;

use super::{asked, loaded, organization, planned, shown};
use crate::paper::{carry_out, object};
use crate::properties::UNLIMITED;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|it| it.unwrap().path()).collect();
    paths.retain(|it| it.is_dir());
    paths.sort();
    assert!(paths.len() >= 3, "{paths:?}");
    paths
}

/// The org after an apply; what is pinned was there before.
fn applied(desired: &Desired) -> Observed {
    let pinned = desired.definitions.values().filter_map(|it| {
        let id = it.pin.clone()?;
        Some(Definition { id, labels: it.labels.clone(), ..object(0, it.system_presence.as_str(), &[]) })
    });
    let org = Observed::new(pinned.collect(), None);
    let plan = plan(desired, &org, &UNLIMITED);
    assert_eq!(plan.blockers, []);
    carry_out(&org, plan.changes.iter().map(|it| &it.step))
}

/// System presence and managed labels of everything active that the org has. Labels in other locales are not written, and
/// an omitted definition is only there if it was before.
fn content(desired: &Desired) -> BTreeSet<(String, Vec<(String, Label)>)> {
    let active = desired.definitions.values().filter(|it| !it.deactivated);
    let is_there = |it: &&Wanted| it.management == Management::Managed || it.pin.is_some();
    active
        .filter(is_there)
        .map(|it| {
            let labels = it.labels.within(&desired.settings.scope);
            let labels = labels.iter().map(|(locale, label)| (locale.to_string(), label.clone()));
            (it.system_presence.to_string(), labels.collect())
        })
        .collect()
}

#[test]
fn every_example_comes_back_from_the_org_that_it_was_applied_to() {
    for path in examples() {
        for Config { desired, .. } in config::load_all(&path, None, |_| true).configs {
            let org = applied(&desired);
            for layout in [Layout::OneFile("presence.yaml".to_owned()), Layout::Folder] {
                for everything in [false, true] {
                    let choice = PinChoice { deactivated: everything, pin_all: everything, ..asked().choice };
                    let asked = ImportRequest { choice, layout: layout.clone(), ..asked() };
                    let import = import(&org, &organization(), &asked);
                    assert_eq!(prove(&import, &org), Ok(()), "{}", path.display());
                    let plan = planned(&import, &org);
                    assert!(plan.is_empty() && plan.unmanaged.is_empty(), "{}", shown(&plan));
                    let back = loaded(&import).config.unwrap().desired;
                    assert_eq!(content(&back), content(&desired), "{}", path.display());
                }
            }
        }
    }
}

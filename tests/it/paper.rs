//! An org on paper: definitions in memory, and steps carried out on them as the platform would. For
//! tests of the core, where no wire is wanted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::path::Path;

use presencectl::diagnostic::{Sources, Span};
use presencectl::model::desired::{Desired, Management, Places, Settings, Wanted};
use presencectl::model::labels::Labels;
use presencectl::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::plan::change::Step;

/// A place that no test looks at.
pub(crate) fn nowhere() -> Span {
    let mut sources = Sources::new();
    Span { file: sources.add(Path::new("config.yaml"), String::new()), start: 0, end: 0 }
}

pub(crate) fn presence(name: &str) -> SystemPresence {
    SystemPresence::new(name).unwrap()
}

pub(crate) fn id(number: usize) -> DefinitionId {
    DefinitionId::new(&format!("{number:08x}-0000-4000-8000-000000000000")).unwrap()
}

pub(crate) fn labels(items: &[(&str, &str)]) -> Labels {
    items.iter().map(|(locale, label)| (Locale::new(*locale), Label::new(*label))).collect()
}

/// A managed, active definition with nothing special.
pub(crate) fn wanted(key: &str, system_presence: &str, items: &[(&str, &str)]) -> Wanted {
    Wanted {
        key: Key::new(key).unwrap(),
        system_presence: presence(system_presence),
        labels: labels(items),
        deactivated: false,
        previous_labels: Vec::new(),
        new: false,
        replaces: None,
        pin: None,
        management: Management::Managed,
        places: Places {
            key: nowhere(),
            system_presence: nowhere(),
            labels: BTreeMap::new(),
            deactivated: None,
            previous_labels: Vec::new(),
            new: None,
            replaces: None,
            pin: None,
            omit: None,
        },
    }
}

pub(crate) fn desired(definitions: Vec<Wanted>) -> Desired {
    Desired {
        org: None,
        settings: Settings::default(),
        definitions: definitions.into_iter().map(|it| (it.key.clone(), it)).collect(),
        protect: BTreeMap::new(),
    }
}

/// An organisation's own, active.
pub(crate) fn object(number: usize, system_presence: &str, items: &[(&str, &str)]) -> Definition {
    Definition {
        id: id(number),
        system_presence: presence(system_presence),
        labels: labels(items),
        deactivated: false,
        primary: Primary::No,
        modified: None,
    }
}

/// The org after these steps, where the platform does what it is told.
pub(crate) fn carry_out<'a>(observed: &Observed, steps: impl IntoIterator<Item = &'a Step>) -> Observed {
    let mut definitions = observed.definitions.clone();
    let mut next = 0xF000_0000_usize;
    for step in steps {
        let after = step.after();
        match step {
            Step::Create(create) => {
                while definitions.iter().any(|it| it.id == id(next)) {
                    next += 1;
                }
                definitions.push(Definition {
                    id: id(next),
                    system_presence: create.system_presence.clone(),
                    labels: after.labels,
                    deactivated: false,
                    primary: Primary::No,
                    modified: None,
                });
            }
            Step::Update(edit) | Step::Reactivate(edit) => {
                let object = definitions.iter_mut().find(|it| it.id == edit.id).unwrap();
                let unmanaged = object.labels.iter().filter(|(locale, _)| !edit.scope.covers(locale));
                object.labels = unmanaged.chain(after.labels.iter()).map(|(a, b)| (a.clone(), b.clone())).collect();
                object.deactivated = false;
            }
            Step::Deactivate(_, retire) | Step::Replace(_, retire) | Step::Delete(retire) => {
                definitions.iter_mut().find(|it| it.id == retire.id).unwrap().deactivated = true;
            }
        }
    }
    Observed::new(definitions, observed.system_presences.clone())
}

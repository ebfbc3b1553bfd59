//! Accepts drift into the files: only differences that a config can express.

use crate::config::Config;
use crate::config::edit::files::FileEdits;
use crate::model::labels::Labels;
use crate::model::names::Key;
use crate::model::problem::Problem;
use crate::model::source::{FileId, Sources};
use crate::model::text;
use crate::ops::definition_edits::{DefinitionValues, into_config};
use crate::ops::drift::keep::layer_of_one;
use crate::ops::drift::{Drift, DriftKind, DriftRow};
use crate::plan::change::Step;

/// The edits that set these definitions in the files to the state of the org. `alone` are the layers that no other org
/// uses.
pub fn accepted(
    (config, alone): (&Config, &[FileId]),
    sources: &Sources,
    drift: &Drift,
    keys: &[String],
) -> Result<FileEdits, Problem> {
    let mut edits = FileEdits::default();
    for key in keys {
        let row = drift.rows.iter().find(|it| it.change.step.key().is_some_and(|it| it.as_str() == key));
        let row = row.ok_or_else(|| no_row(config, drift, key))?;
        let values = values(config, row, key)?;
        let takes_away = values.labels.iter().any(|(_, label)| label.is_none());
        let wanted = row.change.step.key().and_then(|it| config.desired.definitions.get(it));
        let layer = wanted.and_then(|it| layer_of_one(it, alone, takes_away)).map(|it| it.file);
        into_config(sources, (config, layer.as_slice()), key, &values, &mut edits);
    }
    Ok(edits)
}

fn no_row(config: &Config, drift: &Drift, key: &str) -> Problem {
    let named = text::ticked(key);
    let known = config.desired.definitions.keys().map(Key::as_str);
    let is_known = known.clone().any(|it| it == key);
    let is_asked = drift.questions.iter().any(|it| it.blocker.fact.keys().iter().any(|it| it.as_str() == key));
    if is_asked {
        let problem = Problem::new(format!("--accept: {named} has to be answered first; nothing was written"));
        return problem.help("`presencectl drift` shows the question, and what to write");
    }
    if is_known {
        return Problem::new(format!("--accept: {named} is in the org as the config says; nothing was written"))
            .help("leave it out");
    }
    let problem = Problem::new(format!("--accept: the config has no definition {named}; nothing was written"));
    match text::nearest(key, known) {
        Some(nearest) => problem.help(format!("did you mean {}?", text::ticked(nearest))),
        None => problem.help("`presencectl config` prints every key"),
    }
}

fn values(config: &Config, row: &DriftRow, key: &str) -> Result<DefinitionValues, Problem> {
    let by_hand = |what: &str| {
        Problem::new(format!("--accept: {} {what}; nothing was written", text::ticked(key)))
            .help("`presencectl drift` shows what to write to keep it")
    };
    match (&row.change.step, row.what) {
        (Step::Update(edit), DriftKind::Changed | DriftKind::Renamed) => {
            if edit.before.division != edit.after.division {
                return Err(by_hand("is in another division"));
            }
            Ok(DefinitionValues {
                labels: labels(&edit.before.labels, &edit.after.labels),
                ..DefinitionValues::default()
            })
        }
        (Step::Reactivate(_), DriftKind::Deactivated) => {
            Ok(DefinitionValues { deactivated: Some(true), ..DefinitionValues::default() })
        }
        (Step::Deactivate(_, removal), DriftKind::Active) => {
            let scope = &config.desired.settings.scope;
            let wanted = config.desired.definitions.values().find(|it| it.key.as_str() == key);
            let meant = wanted.map(|it| it.labels.within(scope)).unwrap_or_default();
            let labels = labels(&removal.before.labels.within(scope), &meant);
            Ok(DefinitionValues { deactivated: Some(false), labels, ..DefinitionValues::default() })
        }
        (_, DriftKind::Missing) => Err(by_hand("is not in the org")),
        _ => Err(by_hand("is different in more than a file can say without an answer")),
    }
}

/// The labels of the org, and those that it lacks.
fn labels(there: &Labels, meant: &Labels) -> Vec<(String, Option<String>)> {
    let there_is = there.iter().map(|(locale, it)| (locale.to_string(), Some(it.to_string())));
    let gone = meant.iter().filter(|(locale, _)| there.get(locale).is_none());
    there_is.chain(gone.map(|(locale, _)| (locale.to_string(), None))).collect()
}

//! The shared part of the table views of a plan or report: the groups and order of changes, and the content of a row.
//! Strings are raw, and each view escapes them in its own way.

use std::cmp::Reverse;

use crate::model::division::Divisions;
use crate::model::names::{DivisionId, Key, Label, Locale};
use crate::model::text;
use crate::model::usage::{People, Usage};
use crate::ops::apply::report::{Outcome, ReportRow};
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::change::{Action, Change, Step};
use crate::plan::difference::Difference;
use crate::plan::guard::removed_or_renamed;
use crate::plan::origin::{Base, ChangeOrigin};

/// The changes that a reviewer has to decide about.
pub const FROM_THIS_CHANGE: &str = "From this change";
/// The changes that are needed without this config change too.
pub const PENDING_BEFORE: &str = "Pending before this change";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    /// The title. `None` for a single group with all changes.
    pub title: Option<&'static str>,
    pub folded: bool,
    /// Removals first: delete, deactivate, replace, update, reactivate, create.
    pub changes: Vec<&'a Change>,
}

/// Groups the changes of a plan for all table views.
pub fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let split = plan.base.as_ref().and_then(|it| it.split(&plan.changes));
    let groups = match split {
        None => vec![Group { title: None, folded: false, changes: removals_first(&plan.changes) }],
        Some((ours, before)) => vec![
            Group { title: Some(FROM_THIS_CHANGE), folded: false, changes: removals_first(ours) },
            Group { title: Some(PENDING_BEFORE), folded: true, changes: removals_first(before) },
        ],
    };
    groups.into_iter().filter(|it| !it.changes.is_empty()).collect()
}

/// A note before the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    pub say: String,
    pub lines: Vec<String>,
}

/// The effects of a config change that its plan does not show: removed definitions first, then apparent renames.
pub fn base_notes(base: &Base) -> Vec<RowNote> {
    let Some(compared) = base.compared() else { return Vec::new() };
    let leaving = compared.leaving.iter().map(|it| RowNote { say: it.message(), lines: Vec::new() });
    let renamed = compared.renamed.iter().map(|it| {
        let Answer { say, lines } = it.answer();
        RowNote { say: format!("{} {say}", it.message()), lines }
    });
    let not_looked_at = base.not_looked_at().into_iter().map(|say| RowNote { say, lines: Vec::new() });
    leaving.chain(renamed).chain(not_looked_at).collect()
}

/// The origin of a change, if the group's title does not show it.
pub fn origin(plan: &Plan, step: &Step) -> Option<String> {
    match plan.base.as_ref()?.origin(step)? {
        ChangeOrigin::ThisChange => None,
        it @ (ChangeOrigin::ThisChangeToo | ChangeOrigin::Before(_)) => Some(it.in_words()),
    }
}

/// The origin of a blocker, if known.
pub fn origin_of_blocker(plan: &Plan, index: usize) -> Option<&'static str> {
    Some(plan.base.as_ref()?.origin_of_blocker(index)?.of_blocker())
}

fn removals_first<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<&'a Change> {
    let mut changes: Vec<&Change> = changes.into_iter().collect();
    changes.sort_by_key(|it| Reverse(it.step.action()));
    changes
}

/// One label of a definition on both sides. At least one side is present, and they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelRow<'a> {
    pub locale: &'a Locale,
    pub before: Option<&'a Label>,
    pub after: Option<&'a Label>,
}

/// The changed labels, the default locale's first. A removal has all labels.
pub fn labels<'a>(step: &'a Step, default_locale: &Locale) -> Vec<LabelRow<'a>> {
    let mut rows: Vec<LabelRow<'a>> = match step {
        Step::Create(create) => {
            create.labels.iter().map(|(locale, it)| LabelRow { locale, before: None, after: Some(it) }).collect()
        }
        Step::Update(edit) | Step::Reactivate(edit) => edit
            .after
            .labels
            .pair(&edit.before.labels)
            .into_iter()
            .map(|pair| LabelRow { locale: pair.locale, before: pair.second, after: pair.first })
            .filter(|row| row.before != row.after)
            .collect(),
        Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
            let labels = removal.before.labels.iter();
            labels.map(|(locale, it)| LabelRow { locale, before: Some(it), after: None }).collect()
        }
    };
    rows.sort_by_key(|row| !row.locale.same_as(default_locale));
    rows
}

/// The other changed values: name, before and after.
pub fn others(step: &Step, divisions: &Divisions) -> Vec<(&'static str, Option<String>, Option<String>)> {
    match step {
        Step::Create(create) => match &create.division {
            Some(it) if !it.is_all() => vec![("division", None, Some(division(Some(it), divisions)))],
            Some(_) | None => Vec::new(),
        },
        Step::Update(edit) | Step::Reactivate(edit) if edit.before.division != edit.after.division => {
            let of = |it: &Option<DivisionId>| Some(division(it.as_ref(), divisions));
            vec![("division", of(&edit.before.division), of(&edit.after.division))]
        }
        Step::Update(_) | Step::Reactivate(_) | Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => {
            Vec::new()
        }
    }
}

/// A division by name and id, or by id if the name was not looked up.
pub fn division(id: Option<&DivisionId>, divisions: &Divisions) -> String {
    let Some(id) = id else { return "not known".to_owned() };
    divisions.name(id).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
}

/// The key of a row. A replacement has none: its key is the new definition, but its object is the old one.
fn key(step: &Step) -> Option<&str> {
    match step {
        Step::Supersede(..) => None,
        Step::Create(_) | Step::Update(_) | Step::Reactivate(_) | Step::Deactivate(..) | Step::Delete(_) => {
            step.key().map(Key::as_str)
        }
    }
}

/// The key, or the name.
pub fn known_as<'a>(step: &'a Step, default_locale: &Locale) -> Option<&'a str> {
    key(step).or_else(|| step.name(default_locale).map(Label::nfc))
}

pub fn key_of(row: &ReportRow) -> Option<&str> {
    row.key.as_ref().filter(|_| row.action != Action::Supersede).map(Key::as_str)
}

/// The differences of an object, a sentence each, with names in backticks.
pub fn differences(outcome: &Outcome, divisions: &Divisions) -> Vec<String> {
    let label = |it: &Label| text::ticked(it.nfc());
    outcome.differences().iter().map(|it| difference(it, divisions, label, |it| text::ticked(it))).collect()
}

/// A difference in a sentence, with labels and names in the form of a view.
pub fn difference(
    difference: &Difference,
    divisions: &Divisions,
    label: impl Fn(&Label) -> String,
    name: impl Fn(&str) -> String,
) -> String {
    let label = |it: &Option<Label>| it.as_ref().map_or_else(|| "no label".to_owned(), &label);
    let division = |it: &Option<DivisionId>| name(&division(it.as_ref(), divisions));
    let (what, expected, found) = match difference {
        Difference::Label { locale, expected, found } => (name(locale.as_str()), label(expected), label(found)),
        Difference::State { found_deactivated } => {
            ("deactivated".to_owned(), (!found_deactivated).to_string(), found_deactivated.to_string())
        }
        Difference::SystemPresence { expected, found } => {
            ("system presence".to_owned(), name(expected.as_str()), name(found.as_str()))
        }
        Difference::Division { expected, found } => ("division".to_owned(), division(expected), division(found)),
        Difference::Gone => return "expected to be there, and the org does not show it".to_owned(),
        Difference::Appeared(id) => return format!("expected to be absent, found {}", name(id.as_str())),
        Difference::OtherObject { expected, found } => ("id".to_owned(), name(expected.as_str()), name(found.as_str())),
    };
    format!("{what}: expected {expected}, found {found}")
}

/// The number of people with a removed or renamed definition, if it was counted.
pub fn people(step: &Step, usage: &Usage, default_locale: &Locale) -> Option<String> {
    removed_or_renamed(step, default_locale).and_then(|id| usage.on(id)).map(People::in_words)
}

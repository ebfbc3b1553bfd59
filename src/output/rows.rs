//! What the views of a plan or a report that are tables have in common: which changes stand together and in which
//! order, and what is in a row. Strings are raw; each view escapes them in its own way.

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
use crate::plan::guard::noticed;
use crate::plan::origin::{Base, ChangeOrigin};

/// What a reviewer has to decide.
pub const FROM_THIS_CHANGE: &str = "From this change";
/// What would be done without the change as well.
pub const PENDING_BEFORE: &str = "Pending before this change";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    /// What they have in common; none where they are all the changes of the plan.
    pub title: Option<&'static str>,
    pub folded: bool,
    /// What takes away comes first: delete, deactivate, replace, update, reactivate, create.
    pub changes: Vec<&'a Change>,
}

/// The one place where the changes of a plan are put together for the views that are tables.
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

/// Something to look at before the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    pub say: String,
    pub lines: Vec<String>,
}

/// What a change of the config does that its plan alone does not show: what leaves the config first, then what looks
/// renamed.
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

/// Where a change comes from, where its group does not say all of it.
pub fn origin(plan: &Plan, step: &Step) -> Option<String> {
    match plan.base.as_ref()?.origin(step)? {
        ChangeOrigin::ThisChange => None,
        it @ (ChangeOrigin::ThisChangeToo | ChangeOrigin::Before(_)) => Some(it.in_words()),
    }
}

/// Where a refusal comes from, where that was told.
pub fn origin_of_refusal(plan: &Plan, index: usize) -> Option<&'static str> {
    Some(plan.base.as_ref()?.origin_of_refusal(index)?.of_refusal())
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

/// The labels that a step changes, the default locale's first. Of what goes away, all of them.
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

/// What a step changes beside labels: what it is, before and after.
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

/// A division by its name with the id behind it, where the name was looked up; else by its id.
pub fn division(id: Option<&DivisionId>, divisions: &Divisions) -> String {
    let Some(id) = id else { return "not known".to_owned() };
    divisions.name(id).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
}

/// The key by which a row is known: not for a replacement, whose key is the definition that comes, while its
/// object is what goes.
fn key(step: &Step) -> Option<&str> {
    match step {
        Step::Supersede(..) => None,
        Step::Create(_) | Step::Update(_) | Step::Reactivate(_) | Step::Deactivate(..) | Step::Delete(_) => {
            step.key().map(Key::as_str)
        }
    }
}

/// Key, else name.
pub fn known_as<'a>(step: &'a Step, default_locale: &Locale) -> Option<&'a str> {
    key(step).or_else(|| step.name(default_locale).map(Label::nfc))
}

/// The same of what became of a step.
pub fn key_of(row: &ReportRow) -> Option<&str> {
    row.key.as_ref().filter(|_| row.action != Action::Supersede).map(Key::as_str)
}

/// What was found otherwise than expected of an object, a sentence each, with names between backticks.
pub fn differences(outcome: &Outcome, divisions: &Divisions) -> Vec<String> {
    let label = |it: &Label| text::ticked(it.nfc());
    outcome.differences().iter().map(|it| difference(it, divisions, label, |it| text::ticked(it))).collect()
}

/// What was found otherwise than expected, in a sentence in which labels and names stand as a view writes them.
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

/// How many people are now on what a step takes away or renames, if it was asked for.
pub fn people(step: &Step, usage: &Usage, default_locale: &Locale) -> Option<String> {
    noticed(step, default_locale).and_then(|id| usage.on(id)).map(People::in_words)
}

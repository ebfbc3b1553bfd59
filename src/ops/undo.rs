//! Makes the plan that reverts a report, from the report and the org's current state. It is a pure function without IO.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Limits, Management, Settings};
use crate::model::labels::{Labels, Scope};
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::{Content, Definition, Observed, Primary};
use crate::model::odd::Odd;
use crate::model::problem::Problem;
use crate::model::{alike, text};
use crate::ops::apply::report::{Outcome, ReportRow, Skip};
use crate::ops::history::stored::{StoredReport, StoredRow};
use crate::plan::blocker::Fact;
use crate::plan::change::{Action, Change, Edit, Reason, Removal, Step};
use crate::plan::difference::{Difference, between};
use crate::plan::{Plan, guard, matching, odd};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    pub plan: Plan,
    /// Objects without a step, in the order of the report.
    pub not_undone: Vec<NotUndone>,
    /// Whether a config protects objects.
    pub config: Known,
}

/// Whether there is a config: only a config states what is protected or omitted. A report is an untrusted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Its protected and omitted objects are not changed.
    Given,
    NotGiven,
}

/// An object that the run may have written, and that this undo does not write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUndone {
    pub row: StoredRow,
    pub action: Action,
    pub why: WhyNotUndone,
}

/// Why an object is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNotUndone {
    /// It already has its earlier state.
    AlreadyInPlace,
    /// It was changed by hand since. Has the differences to what the run left.
    Changed(Vec<Difference>),
    /// It no longer exists.
    Gone,
    /// It cannot be read in full. Has what is odd.
    Odd(String),
    /// The undo would send a broken character. Has the place.
    HalfCharacter(String),
    /// The report has no id for it, and these objects look like it.
    SeveralLookLikeIt(Vec<DefinitionId>),
    PlatformsOwn,
    /// `protect` in the config names it.
    Protected,
    /// The config omits its definition.
    Omitted(Key),
    /// The report does not show what was written: an older version made it.
    NotSaid,
}

/// Restores every object that the report shows as written or possibly written. An object that is neither in its written
/// nor in its earlier state is not changed.
///
/// Objects that `config` protects or omits are not changed. `limits` are those of the config, or the defaults, raised
/// by flags.
pub fn undo(report: &StoredReport, observed: &Observed, limits: &Limits, config: Option<&Desired>) -> Undo {
    let scope = report.scope();
    let spared = config.map(|it| spared(it, observed)).unwrap_or_default();
    let known: BTreeSet<&DefinitionId> = report.rows.iter().filter_map(|row| row.id.as_ref()).collect();
    let (mut changes, mut not_undone) = (Vec::new(), Vec::new());
    for row in report.rows.iter().filter(|row| row.may_be_written()) {
        let step = step(row, observed, &scope, &known).and_then(|it| unless_spared(it, &spared));
        let step = step.and_then(|it| unless_halved(it, observed));
        match step {
            Ok(step) => changes.push(Change { step, reason: Reason::Undoes(row.action), place: None }),
            Err(why) => not_undone.push(NotUndone { row: row.clone(), action: inverse(row), why }),
        }
    }
    one_takes_the_others_place(&mut changes);
    let plan = Plan::of(changes, observed, report.default_locale());
    let blockers = guard::blockers(&desired(report), &plan.changes, limits);
    let plan = Plan { blockers, ..plan };
    let config = config.map_or(Known::NotGiven, |_| Known::Given);
    Undo { plan, not_undone, config }
}

/// The objects that a config excludes, and why.
fn spared(config: &Desired, observed: &Observed) -> BTreeMap<DefinitionId, WhyNotUndone> {
    let pairing = matching::pair(config, observed);
    let is_omitted = |key: &Key| config.definitions.get(key).is_some_and(|it| it.management == Management::Omitted);
    let omitted = pairing.claimed.into_iter().filter(|(_, key)| is_omitted(key));
    let omitted = omitted.map(|(id, key)| (id.clone(), WhyNotUndone::Omitted(key.clone())));
    omitted.chain(config.protect.keys().map(|id| (id.clone(), WhyNotUndone::Protected))).collect()
}

/// Every step of an undo has an existing object.
fn unless_spared(step: Step, spared: &BTreeMap<DefinitionId, WhyNotUndone>) -> Result<Step, WhyNotUndone> {
    match step.id().and_then(|id| spared.get(id)) {
        Some(why) => Err(why.clone()),
        None => Ok(step),
    }
}

/// A broken character is never sent back.
fn unless_halved(step: Step, observed: &Observed) -> Result<Step, WhyNotUndone> {
    match odd::sends_half(&step, observed) {
        Some(Fact::SendsHalf { places, .. }) => Err(WhyNotUndone::HalfCharacter(places)),
        Some(_) | None => Ok(step),
    }
}

/// The desired state of an undo.
pub fn desired(report: &StoredReport) -> Desired {
    let (default_locale, scope) = (report.default_locale(), report.scope());
    Desired { settings: Settings { default_locale, scope, ..Settings::default() }, ..Desired::nothing() }
}

fn step(
    row: &StoredRow,
    observed: &Observed,
    scope: &Scope,
    known: &BTreeSet<&DefinitionId>,
) -> Result<Step, WhyNotUndone> {
    let left = row.left().ok_or(WhyNotUndone::NotSaid)?;
    let object = match &row.id {
        Some(id) => observed.get(id),
        None => made(row, &left, observed, known)?,
    };
    let Some(object) = object else {
        if let Some(odd) = row.id.as_ref().and_then(|id| observed.odd(id)) {
            return Err(WhyNotUndone::Odd(odd.in_words()));
        }
        return Err(if row.before.is_none() { WhyNotUndone::AlreadyInPlace } else { WhyNotUndone::Gone });
    };
    if object.primary == Primary::Yes {
        return Err(WhyNotUndone::PlatformsOwn);
    }
    if object.system_presence != row.system_presence {
        let (expected, found) = (row.system_presence.clone(), object.system_presence.clone());
        return Err(WhyNotUndone::Changed(vec![Difference::SystemPresence { expected, found }]));
    }
    // A removal has read every label. So has a create, or a step that reactivated something.
    let is_managed = |content: &Content| content.labels.iter().all(|(locale, _)| scope.covers(locale));
    let scope = match row.action {
        Action::Create | Action::Supersede | Action::Deactivate | Action::Delete => &Scope::All,
        Action::Update | Action::Reactivate if !row.before.iter().chain([&left]).all(is_managed) => &Scope::All,
        Action::Update | Action::Reactivate => scope,
    };
    let is_so = match &row.before {
        None => object.deactivated,
        Some(before) => object.content_beside(before, scope).same_as(before),
    };
    if is_so {
        return Err(WhyNotUndone::AlreadyInPlace);
    }
    let found = object.content_beside(&left, scope);
    if !found.same_as(&left) {
        return Err(WhyNotUndone::Changed(between(&left, &found)));
    }
    Ok(match &row.before {
        None => removal(row.key.clone(), object, None),
        Some(before) if before.deactivated && !object.deactivated => {
            removal(row.key.clone(), object, hidden(object, before, scope))
        }
        Some(before) => {
            let edit = Edit {
                key: row.key.clone(),
                id: object.id.clone(),
                system_presence: object.system_presence.clone(),
                scope: scope.clone(),
                before: object.content_beside(before, scope),
                after: before.clone(),
            };
            if object.deactivated && !before.deactivated { Step::Reactivate(edit) } else { Step::Update(edit) }
        }
    })
}

/// The result of a create without a response: the only active definition that equals what was sent.
fn made<'a>(
    row: &StoredRow,
    left: &Content,
    observed: &'a Observed,
    known: &BTreeSet<&DefinitionId>,
) -> Result<Option<&'a Definition>, WhyNotUndone> {
    let alike = |it: &&Definition| {
        it.system_presence == row.system_presence
            && it.primary != Primary::Yes
            && !known.contains(&it.id)
            && it.content_beside(left, &Scope::All).same_as(left)
    };
    let found: Vec<&Definition> = observed.definitions.iter().filter(alike).collect();
    let looks: Vec<String> = left.labels.iter().map(|(_, label)| alike::folded(label.nfc())).collect();
    let is_odd = |it: &&Odd| it.may_be_under(&row.system_presence) && it.looks().any(|look| looks.contains(&look));
    match found.as_slice() {
        [] => match observed.odd.iter().find(is_odd) {
            Some(odd) => Err(WhyNotUndone::Odd(format!("{}: {}", odd.name(), odd.in_words()))),
            None => Ok(None),
        },
        [one] => Ok(Some(one)),
        several => Err(WhyNotUndone::SeveralLookLikeIt(several.iter().map(|it| it.id.clone()).collect())),
    }
}

/// An object that no config names was removed by DELETE, so it is removed that way again.
fn removal(key: Option<Key>, object: &Definition, after: Option<Content>) -> Step {
    let removal = Removal {
        id: object.id.clone(),
        system_presence: object.system_presence.clone(),
        before: object.content(),
        after,
    };
    match key {
        Some(key) => Step::Deactivate(key, removal),
        None => Step::Delete(Removal { after: None, ..removal }),
    }
}

/// The earlier content of a reactivated definition, if it differs from the current one.
fn hidden(object: &Definition, before: &Content, scope: &Scope) -> Option<Content> {
    let now = object.content();
    let not_managed = now.labels.iter().filter(|(locale, _)| !scope.covers(locale));
    let labels: Labels = not_managed.chain(before.labels.iter()).map(|(a, b)| (a.clone(), b.clone())).collect();
    let division = before.division.clone().or_else(|| now.division.clone());
    let is_kept = labels.same_as(&now.labels) && division == now.division;
    (!is_kept).then_some(Content { labels, deactivated: true, division })
}

/// A replaced object is restored before its replacement is removed.
fn one_takes_the_others_place(changes: &mut [Change]) {
    let back: BTreeSet<Key> =
        changes.iter().filter(|it| !it.step.action().is_removal()).filter_map(|it| it.step.key().cloned()).collect();
    for change in changes {
        if let Step::Deactivate(key, removal) = &change.step
            && back.contains(key)
        {
            change.step = Step::Supersede(key.clone(), removal.clone());
        }
    }
}

/// The action that reverts a row.
fn inverse(row: &StoredRow) -> Action {
    match row.action {
        Action::Reactivate if row.key.is_none() => Action::Delete,
        Action::Create | Action::Reactivate => Action::Deactivate,
        Action::Update => Action::Update,
        Action::Supersede | Action::Deactivate | Action::Delete => Action::Reactivate,
    }
}

impl NotUndone {
    /// Its row in the report of the undo.
    pub fn row(&self) -> ReportRow {
        let NotUndone { row, action, why } = self;
        let nothing = || Content { labels: Labels::new(), deactivated: true, division: None };
        let was = row.left().unwrap_or_else(nothing);
        let after = row.before.clone().unwrap_or_else(|| Content { deactivated: true, ..was.clone() });
        ReportRow {
            action: *action,
            key: row.key.clone(),
            id: row.id.clone(),
            system_presence: row.system_presence.clone(),
            name: row.name.clone(),
            before: Some(was),
            after,
            outcome: why.outcome(),
            worked: None,
            place: None,
            refused_label: None,
            correlation_id: None,
            again_from: None,
        }
    }
}

impl WhyNotUndone {
    fn outcome(&self) -> Outcome {
        let failed = |message: String, help: &str| Outcome::Failed(Problem::new(message).help(help));
        match self {
            WhyNotUndone::AlreadyInPlace => Outcome::AlreadyInPlace,
            WhyNotUndone::Changed(differences) => Outcome::Conflict(differences.clone()),
            WhyNotUndone::Gone => failed(
                "it is not there any more, and the platform gives no id a second time".to_owned(),
                "an `apply` of a config that asks for it makes another one",
            ),
            WhyNotUndone::SeveralLookLikeIt(ids) => failed(
                format!("the report does not know its id, and {} look like it", text::list(ids, "and")),
                "deactivate the one that is not wanted in the org's admin page, or by a config with its id in `ids`",
            ),
            WhyNotUndone::Odd(what) => failed(
                format!("it cannot be read completely, so it is left as it is: {what}"),
                "repair it in the org's admin page, and undo again",
            ),
            WhyNotUndone::HalfCharacter(places) => failed(
                format!("it holds a broken character, which would be sent back ({places})"),
                "write the whole text in the org's admin page, and undo again",
            ),
            WhyNotUndone::PlatformsOwn => failed(
                "it is one of the platform's own".to_owned(),
                "no one can change it; look where the report comes from",
            ),
            WhyNotUndone::Protected => Outcome::Skipped(Skip::Protected),
            WhyNotUndone::Omitted(key) => Outcome::Skipped(Skip::Omitted(key.clone())),
            WhyNotUndone::NotSaid => failed(
                "the report does not say what was written".to_owned(),
                "an older version made it; restore this one by a config",
            ),
        }
    }
}

//! Makes a plan: compares each definition with the org, then handles objects that no definition claims.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::desired::{Desired, Limits, Management, Prune, Wanted};
use crate::model::labels::{Labels, Scope};
use crate::model::names::{DivisionId, Key, SystemPresence};
use crate::model::observed::{Content, Definition, Observed, Primary};
use crate::model::{alike, text};
use crate::plan::blocker::{Blocker, Fact};
use crate::plan::change::{
    Change, Create, Edit, InSync, Matched, ObsoleteKind, ObsoleteLine, Reason, Removal, Step, Unmanaged, WhyUnmanaged,
};
use crate::plan::evidence::Evidence;
use crate::plan::matching::{self, Match, Pairing};
use crate::plan::odd::{self, OddOnes};
use crate::plan::question::{Questions, Replaced};
use crate::plan::warning::{NamedObjects, Warning};
use crate::plan::{Only, Plan, division, guard, in_order, org_warnings};

/// The most names that are compared to suggest the nearest one.
const COMPARISONS_MAX: usize = 200_000;

/// The most active objects in one warning, besides that of the definition.
const TWINS_NAMED_MAX: usize = 3;

/// The most known system presences in one blocker.
const PRESENCES_NAMED_MAX: usize = 30;

/// The changes that bring `observed` in sync with `desired`. Blockers are listed beside the changes and never hide
/// them.
///
/// `limits` are those of the config, raised by flags.
pub fn plan(desired: &Desired, observed: &Observed, limits: &Limits) -> Plan {
    planned(desired, observed, limits, None)
}

/// Like [`plan`], with evidence from earlier states about definitions that would be created.
pub fn plan_by(desired: &Desired, observed: &Observed, limits: &Limits, evidence: &Evidence) -> Plan {
    planned(desired, observed, limits, Some(evidence))
}

fn planned<'a>(desired: &'a Desired, observed: &'a Observed, limits: &Limits, evidence: Option<&'a Evidence>) -> Plan {
    let questions = Questions::new(desired, observed);
    let mut pairing = matching::pair(desired, observed);
    // This comes before all questions: a replacing definition claims its object, in any order of keys.
    let replaced = questions.replaced_by_all(&mut pairing);
    let asked = questions.before_creating(&replaced, evidence, &mut pairing);
    let mut planner = Planner {
        desired,
        observed,
        pairing,
        replaced,
        asked,
        odd: OddOnes::of(observed),
        evidence,
        known_presences: observed.system_presences.iter().flatten().collect(),
        compared: 0,
        unmanaged: Vec::new(),
        twins: Twins::new(),
        plan: Plan::of(Vec::new(), observed, desired.settings.default_locale.clone()),
    };
    planner.twins = planner.twins();
    for wanted in desired.definitions.values() {
        match wanted.management {
            Management::Managed => planner.managed(wanted),
            Management::Omitted => planner.omitted(wanted),
        }
    }
    planner.unclaimed();
    planner.finish(limits)
}

/// Other active objects that a matched definition could be: unclaimed and in no question, by system presence and
/// default label.
type Twins<'a> = HashMap<(&'a str, String), Vec<&'a Definition>>;

struct Planner<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    pairing: Pairing<'a>,
    replaced: BTreeMap<&'a Key, Replaced<'a>>,
    /// Definitions with an open question that blocks their creation.
    asked: BTreeSet<&'a Key>,
    /// Objects that cannot be read in full.
    odd: OddOnes<'a>,
    evidence: Option<&'a Evidence>,
    known_presences: HashSet<&'a SystemPresence>,
    /// The number of names that were compared for suggestions.
    compared: usize,
    /// Active objects that the config does not name, with or without a planned change.
    unmanaged: Vec<&'a Definition>,
    twins: Twins<'a>,
    plan: Plan,
}

/// A blocker was recorded, and nothing is planned for its definition.
struct Refused;

impl<'a> Planner<'a> {
    fn managed(&mut self, wanted: &'a Wanted) {
        let found = self.pairing.found.get(&wanted.key).cloned().unwrap_or(Match::Nothing);
        let replaced = self.replaced.get(&wanted.key).copied().unwrap_or(Replaced::Nothing);
        match found {
            Match::Open => {}
            Match::AlreadyDeactivated(object) => {
                if let Some(object) = object {
                    self.warn_of_twins(wanted, object);
                }
                self.in_step(wanted, object, Some(Matched::Label));
            }
            Match::One(object, matched) => {
                // While another definition may have this object, no line of this one is obsolete.
                if !self.pairing.in_question.contains_key(&object.id) {
                    let has_twins = self.warn_of_twins(wanted, object);
                    self.obsolete_lines(wanted, &matched, replaced, has_twins);
                }
                self.existing(wanted, object, matched);
                self.retire_replaced(wanted, replaced);
            }
            Match::Nothing if wanted.deactivated => {
                if !self.may_be_odd(wanted) {
                    self.in_step(wanted, None, None);
                }
            }
            Match::Nothing => {
                let is_open = self.asked.contains(&wanted.key) || replaced == Replaced::Open;
                if !is_open && (wanted.new || !self.may_be_odd(wanted)) {
                    self.create(wanted, replaced);
                    self.retire_replaced(wanted, replaced);
                }
            }
        }
    }

    /// Refuses the definition if an object that cannot be read in full may be it.
    fn may_be_odd(&mut self, wanted: &Wanted) -> bool {
        let had = self.evidence.and_then(|it| it.known.get(&wanted.key));
        let doubt = self.odd.doubt(wanted, &self.desired.settings.default_locale, had);
        let is_doubted = doubt.is_some();
        let place = wanted.named_at(&self.desired.settings.default_locale);
        self.plan.blockers.extend(doubt.map(|fact| Blocker { fact, place: Some(place) }));
        is_doubted
    }

    fn twins(&self) -> Twins<'a> {
        let locale = &self.desired.settings.default_locale;
        let mut twins = Twins::new();
        for object in &self.observed.definitions {
            // A deleted object is no twin.
            if self.desired.settings.prune == Prune::Delete && object.primary == Primary::No {
                continue;
            }
            let is_own = object.primary == Primary::Yes || self.desired.protect.contains_key(&object.id);
            let is_known =
                self.pairing.claimed.contains_key(&object.id) || self.pairing.in_question.contains_key(&object.id);
            if let Some(label) = object.default_label(locale).filter(|_| !(object.deactivated || is_own || is_known)) {
                twins.entry((object.system_presence.folded(), alike::folded(label.nfc()))).or_default().push(object);
            }
        }
        twins
    }

    /// Warns of other active objects that have a current or previous label of this definition. Agents see both, and one
    /// may be an accident. Returns true if there are any.
    fn warn_of_twins(&mut self, wanted: &'a Wanted, object: &Definition) -> bool {
        let locale = &self.desired.settings.default_locale;
        let presence = wanted.system_presence.folded();
        let labels = wanted.default_label(locale).into_iter().chain(&wanted.previous_labels);
        let called: BTreeSet<String> = labels.map(|it| alike::folded(it.nfc())).collect();
        let twins: Vec<&Definition> =
            called.into_iter().filter_map(|it| self.twins.get(&(presence, it))).flatten().copied().collect();
        if twins.is_empty() {
            return false;
        }
        let named = |it: &Definition| NamedObjects {
            id: it.id.clone(),
            name: it.name(locale).cloned(),
            deactivated: it.deactivated,
        };
        let warning = Warning::HiddenTwin {
            key: wanted.key.clone(),
            its: named(object),
            others: twins.iter().take(TWINS_NAMED_MAX).map(|it| named(it)).collect(),
            more: twins.len().saturating_sub(TWINS_NAMED_MAX),
            place: wanted.places.previous_labels.first().copied().or(Some(wanted.places.key)),
        };
        self.plan.warnings.push(warning);
        true
    }

    fn in_step(&mut self, wanted: &Wanted, object: Option<&Definition>, matched: Option<Matched>) {
        self.plan.in_sync.push(InSync {
            key: wanted.key.clone(),
            system_presence: wanted.system_presence.clone(),
            id: object.map(|it| it.id.clone()),
            matched: object.and(matched),
            deactivated: wanted.deactivated,
        });
    }

    fn create(&mut self, wanted: &Wanted, replaced: Replaced<'a>) {
        self.check_system_presence(wanted);
        let Ok(asked) = self.division(wanted) else { return };
        let division = division::of_created(asked, self.observed);
        let labels = wanted.labels.within(&self.desired.settings.scope);
        if labels.is_empty() {
            self.refuse_no_label(wanted, None);
        }
        let reason = match replaced {
            Replaced::One(object) => Reason::Replaces(object.system_presence.clone()),
            Replaced::Nothing | Replaced::Open if wanted.new => Reason::SaidToBeNew,
            Replaced::Nothing | Replaced::Open => Reason::NothingMatches,
        };
        let step = Step::Create(Create {
            key: wanted.key.clone(),
            system_presence: wanted.system_presence.clone(),
            labels,
            division,
        });
        self.plan.changes.push(Change { step, reason, place: Some(wanted.places.key) });
    }

    /// The division that the config asks for, if any. An unknown or unsupported one is refused.
    fn division(&mut self, wanted: &Wanted) -> Result<Option<DivisionId>, Refused> {
        let asks = wanted.division.is_some();
        let suggest = asks && self.may_compare(self.observed.divisions.known().len());
        division::asked(wanted, self.observed, suggest).map_err(|fact| {
            self.plan.blockers.push(Blocker { fact: *fact, place: wanted.places.division });
            Refused
        })
    }

    /// Can one more name be compared with so many?
    fn may_compare(&mut self, names: usize) -> bool {
        self.compared = self.compared.saturating_add(names);
        self.compared <= COMPARISONS_MAX
    }

    /// Only for creates. If an object exists, the org knows its system presence, even if `GET /api/v2/systempresences`
    /// does not list it.
    fn check_system_presence(&mut self, wanted: &Wanted) {
        let Some(known) = &self.observed.system_presences else { return };
        if self.known_presences.contains(&wanted.system_presence) {
            return;
        }
        let nearest = if self.may_compare(known.len()) {
            text::nearest(wanted.system_presence.as_str(), known.iter().map(SystemPresence::as_str))
                .and_then(SystemPresence::new)
        } else {
            None
        };
        let fact = Fact::UnknownSystemPresence {
            key: wanted.key.clone(),
            name: wanted.system_presence.clone(),
            nearest,
            known: known.iter().take(PRESENCES_NAMED_MAX).cloned().collect(),
            more: known.len() > PRESENCES_NAMED_MAX,
        };
        self.plan.blockers.push(Blocker { fact, place: Some(wanted.places.system_presence) });
    }

    fn existing(&mut self, wanted: &Wanted, object: &Definition, matched: Matched) {
        let change = if wanted.deactivated {
            (!object.deactivated).then(|| {
                (Step::Deactivate(wanted.key.clone(), removal(object)), Reason::SaidToBeDeactivated(matched.clone()))
            })
        } else {
            let Ok(division) = self.division(wanted) else { return };
            self.edit(wanted, object, division).map(|edit| {
                // Labels in unmanaged locales stay, and count as labels.
                if edit.after.labels.is_empty() && object.labels.len() == edit.before.labels.len() {
                    self.refuse_no_label(wanted, Some(object));
                }
                let step = if object.deactivated { Step::Reactivate(edit) } else { Step::Update(edit) };
                (step, Reason::Differs(matched.clone()))
            })
        };
        let Some((step, reason)) = change else {
            self.in_step(wanted, Some(object), Some(matched));
            return;
        };
        self.check_ownership(wanted, object);
        self.plan.changes.push(Change { step, reason, place: Some(wanted.places.key) });
    }

    /// `None` if the labels in scope and the state are already as wanted.
    fn edit(&self, wanted: &Wanted, object: &Definition, division: Option<DivisionId>) -> Option<Edit> {
        let scope = &self.desired.settings.scope;
        let is_division = division.is_none() || division == object.division;
        // Most definitions are in sync. Copying their labels would take longer than the rest of a plan.
        if *scope == Scope::All && !object.deactivated && is_division && wanted.labels.same_as(&object.labels) {
            return None;
        }
        let asked = Content { labels: Labels::new(), deactivated: false, division };
        let before = object.content_beside(&asked, scope);
        let labels: Labels = wanted
            .labels
            .within(scope)
            .pair(&before.labels)
            .into_iter()
            .filter_map(|pair| pair.first.map(|label| (pair.locale.clone(), label.clone())))
            .collect();
        let after = Content { labels, ..asked };
        (!after.same_as(&before)).then(|| Edit {
            key: Some(wanted.key.clone()),
            id: object.id.clone(),
            system_presence: object.system_presence.clone(),
            scope: scope.clone(),
            before,
            after,
        })
    }

    /// Refuses a change of an object that is protected or one of the platform's own.
    fn check_ownership(&mut self, wanted: &Wanted, object: &Definition) {
        let (key, id) = (wanted.key.clone(), object.id.clone());
        if object.primary == Primary::Yes {
            let fact = Fact::MatchesPrimary { key: key.clone(), id: id.clone() };
            self.plan.blockers.push(Blocker { fact, place: wanted.places.pin.or(Some(wanted.places.key)) });
        }
        if self.desired.protect.contains_key(&object.id) {
            let fact = Fact::ChangesProtected { key, id };
            self.plan.blockers.push(Blocker { fact, place: Some(wanted.places.key) });
        }
    }

    fn refuse_no_label(&mut self, wanted: &Wanted, object: Option<&Definition>) {
        let scope = &self.desired.settings.scope;
        let not_managed = wanted.labels.iter().map(|(locale, _)| locale).filter(|it| !scope.covers(it));
        let fact = Fact::NoLabel {
            key: wanted.key.clone(),
            id: object.map(|it| it.id.clone()),
            removed: object.map_or_else(Labels::new, |it| it.labels.clone()),
            not_managed: not_managed.cloned().collect(),
        };
        self.plan.blockers.push(Blocker { fact, place: Some(wanted.places.key) });
    }

    fn retire_replaced(&mut self, wanted: &'a Wanted, replaced: Replaced<'a>) {
        let Replaced::One(object) = replaced else { return };
        self.check_ownership(wanted, object);
        self.plan.changes.push(Change {
            step: Step::Supersede(wanted.key.clone(), removal(object)),
            reason: Reason::ReplacedBy(wanted.key.clone()),
            place: wanted.places.replaces,
        });
    }

    fn obsolete_lines(&mut self, wanted: &Wanted, matched: &Matched, replaced: Replaced<'_>, has_twins: bool) {
        let mut obsolete = |line, place: Option<_>| {
            self.plan.obsolete.push(ObsoleteLine { key: wanted.key.clone(), line, place, not_known: None });
        };
        if wanted.new {
            obsolete(ObsoleteKind::New, wanted.places.new);
        }
        // `replaces` may still need a previous label to find its object.
        let finds = matches!(matched, Matched::PreviousLabel(_)) || replaced != Replaced::Nothing || has_twins;
        if !wanted.previous_labels.is_empty() && !finds {
            obsolete(ObsoleteKind::PreviousLabels, wanted.places.previous_labels.first().copied());
        }
        if wanted.replaces.is_some() && replaced == Replaced::Nothing {
            obsolete(ObsoleteKind::Replaces, wanted.places.replaces);
        }
    }

    fn omitted(&mut self, wanted: &Wanted) {
        let nothing = matches!(self.pairing.found.get(&wanted.key), Some(Match::Nothing));
        // An object that cannot be read in full is never removed, so it needs no protection.
        let is_odd = || {
            wanted.pin.as_ref().is_some_and(|it| self.observed.odd(it).is_some())
                || !self.odd.showing(wanted, &self.desired.settings.default_locale).is_empty()
        };
        if nothing && self.desired.settings.prune == Prune::Delete && !is_odd() {
            let fact = Fact::OmitMatchesNothing { key: wanted.key.clone() };
            self.plan.blockers.push(Blocker { fact, place: wanted.places.omit });
        }
    }

    /// Splits the unclaimed objects into removed and unmanaged ones. This is the only place that decides it.
    fn unclaimed(&mut self) {
        for object in &self.observed.definitions {
            if object.deactivated || object.primary == Primary::Yes {
                continue;
            }
            let Some(why) = self.why_left_alone(object) else { continue };
            if why == WhyUnmanaged::NotNamed {
                self.unmanaged.push(object);
            }
            if why == WhyUnmanaged::NotNamed && self.desired.settings.prune == Prune::Delete {
                let step = Step::Delete(removal(object));
                self.plan.changes.push(Change { step, reason: Reason::NotNamed, place: None });
            } else {
                self.plan.unmanaged.push(Unmanaged {
                    id: object.id.clone(),
                    system_presence: object.system_presence.clone(),
                    name: object.name(&self.desired.settings.default_locale).cloned(),
                    why,
                });
            }
        }
    }

    /// `None` for an object of a managed definition.
    fn why_left_alone(&self, object: &Definition) -> Option<WhyUnmanaged> {
        if let Some(key) = self.pairing.claimed.get(&object.id) {
            let omitted =
                self.desired.definitions.get(*key).is_some_and(|wanted| wanted.management == Management::Omitted);
            return omitted.then(|| WhyUnmanaged::Omitted((*key).clone()));
        }
        if let Some(key) = self.pairing.in_question.get(&object.id) {
            return Some(WhyUnmanaged::InQuestion((*key).clone()));
        }
        Some(if self.desired.protect.contains_key(&object.id) {
            WhyUnmanaged::Protected
        } else if object.primary == Primary::NotKnown {
            WhyUnmanaged::PrimaryNotKnown
        } else {
            WhyUnmanaged::NotNamed
        })
    }

    fn finish(mut self, limits: &Limits) -> Plan {
        let mut plan = self.plan;
        in_order(&mut plan.changes);
        plan.unmanaged.sort_by(|a, b| {
            (&a.why, &a.system_presence, &a.name, &a.id).cmp(&(&b.why, &b.system_presence, &b.name, &b.id))
        });
        let mut blockers = std::mem::take(&mut self.pairing.blockers);
        blockers.append(&mut plan.blockers);
        for change in &plan.changes {
            let fact = odd::sends_half(&change.step, self.observed);
            blockers.extend(fact.map(|fact| Blocker { fact, place: change.place }));
        }
        if let Some(keys) = &self.desired.only {
            plan.only = Some(Only::taken_from(&mut plan.changes, &mut blockers, keys));
            plan.in_sync.retain(|it| keys.contains(&it.key));
            plan.obsolete.retain(|it| keys.contains(&it.key));
            plan.warnings.retain(|it| it.keys().iter().all(|key| keys.contains(key)));
        }
        blockers.extend(guard::blockers(self.desired, &plan.changes, limits));
        plan.blockers = blockers;
        let mut all = org_warnings::of_an_org(self.desired, self.observed, &plan.changes);
        all.extend(org_warnings::cannot_be_named(self.desired, self.observed, &plan.changes));
        all.append(&mut plan.warnings);
        plan.warnings = all;
        if let Some(evidence) = self.evidence {
            let default_locale = &self.desired.settings.default_locale;
            plan.warnings.extend(org_warnings::beside_unmanaged(&plan.changes, self.unmanaged, default_locale));
            plan.warnings.extend(evidence.not_read.as_ref().and_then(|it| org_warnings::not_read(it, &plan.changes)));
        }
        plan.warnings.extend(self.odd.warnings(&plan.changes));
        plan.warnings.extend(odd::warnings_of_halves(&self.observed.halved));
        plan
    }
}

/// For active objects only: nothing else is removed.
fn removal(object: &Definition) -> Removal {
    Removal {
        id: object.id.clone(),
        system_presence: object.system_presence.clone(),
        before: object.content(),
        after: None,
    }
}

//! Combines the plans of several orgs: equal changes form one group with the names of its orgs.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Management};
use crate::model::names::{Key, Locale};
use crate::model::source::{Sources, Span, comment_of_entry};
use crate::model::text;
use crate::output::fleet_effect::{
    FleetEffect, FleetPart, before, changed_labels, commonest, is_removal, name_of, people,
};
use crate::output::json::FleetPlanV1;
use crate::output::json::common::{Document as _, place_v1};
use crate::output::json::content::{ActionV1, AnswerV1, ChangeV1, RefusalV1, WarningV1};
use crate::output::json::error::ErrorV1;
use crate::output::json::fleet::{
    FleetBeforeV1, FleetGroupV1, FleetLabelV1, FleetLineV1, FleetNoteV1, FleetOrgV1, FleetReasonV1, FleetRefusalV1,
    FleetStatusV1, FleetSummaryV1, FleetWarningV1, NoteCodeV1,
};
use crate::output::json::plan::{BaseV1, PlanV1, SpentV1};
use crate::plan::origin::guards_in_words;

/// One of several orgs, with its plan or the reason why it has none.
pub struct FleetMember<'a> {
    pub desired: &'a Desired,
    pub file: Option<String>,
    pub result: Result<PlanV1, Box<ErrorV1>>,
}

/// The settings of all orgs.
#[derive(Debug, Clone, Default)]
pub struct FleetTerms {
    /// The commit of the config.
    pub commit: Option<String>,
    /// A change must be in place in an org of this stage before it reaches later stages.
    pub required_stage: Option<String>,
}

impl FleetMember<'_> {
    pub fn name(&self) -> &str {
        self.desired.org.as_ref().map_or("", |org| org.name.as_str())
    }

    fn stage(&self) -> Option<&str> {
        self.desired.org.as_ref().and_then(|org| org.stage.as_deref())
    }

    fn default_locale(&self) -> &Locale {
        &self.desired.settings.default_locale
    }

    fn plan(&self) -> Option<&PlanV1> {
        self.result.as_ref().ok()
    }

    fn status(&self) -> FleetStatusV1 {
        match self.plan() {
            None => FleetStatusV1::NotPlanned,
            Some(plan) if !plan.refusals.is_empty() => FleetStatusV1::Refused,
            Some(plan) if plan.changes.is_empty() => FleetStatusV1::NoChange,
            Some(_) => FleetStatusV1::Changed,
        }
    }
}

/// Combines the plans of several orgs.
pub fn fleet_plan(members: Vec<FleetMember<'_>>, terms: &FleetTerms, sources: &Sources) -> FleetPlanV1 {
    let fleet = Fleet { members: &members, sources };
    let groups = fleet.groups();
    let mut blockers = fleet.blockers();
    blockers.extend(fleet.too_many_orgs());
    blockers.extend(groups.iter().filter_map(|it| fleet.too_early(it, terms.required_stage.as_deref()?)));
    let (warnings, no_longer_needed) = (fleet.warnings(), fleet.obsolete_lines());
    let look_first = fleet.look_first();
    let count = |status| members.iter().filter(|it| it.status() == status).count();
    let changed = members.iter().filter(|it| it.status() == FleetStatusV1::Changed);
    let requests = changed.filter_map(|it| Some(it.plan()?.cost?.requests)).sum();
    let summary = FleetSummaryV1 {
        orgs: members.len(),
        changed: count(FleetStatusV1::Changed),
        no_change: count(FleetStatusV1::NoChange),
        refused: count(FleetStatusV1::Refused),
        not_planned: count(FleetStatusV1::NotPlanned),
        requests,
    };
    FleetPlanV1 {
        kind: FleetPlanV1::KIND.to_owned(),
        format_version: FleetPlanV1::VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: terms.commit.clone(),
        applicable: blockers.is_empty() && summary.not_planned == 0,
        summary,
        orgs: members.into_iter().map(|it| org(it, &groups)).collect(),
        unaffected: Vec::new(),
        look_first,
        groups,
        refusals: blockers,
        warnings,
        no_longer_needed,
    }
}

fn org(member: FleetMember<'_>, groups: &[FleetGroupV1]) -> FleetOrgV1 {
    let name = member.name().to_owned();
    let has = |it: &FleetGroupV1| it.already_in_place.contains(&name);
    let already_in_place = (0..groups.len()).filter(|index| has(&groups[*index])).collect();
    let keys: BTreeSet<&String> = groups.iter().filter_map(|it| it.key.as_ref()).collect();
    let is_omitted = |it: &&&String| {
        let wanted = Key::new(it).and_then(|key| member.desired.definitions.get(&key));
        wanted.is_some_and(|it| it.management == Management::Omitted)
    };
    let omits = keys.iter().filter(is_omitted).map(|it| (*it).clone()).collect();
    let (stage, status) = (member.stage().map(str::to_owned), member.status());
    let (plan, error) = match member.result {
        Ok(plan) => (Some(plan), None),
        Err(error) => (None, Some(*error)),
    };
    FleetOrgV1 { name, stage, file: member.file, status, already_in_place, omits, plan, error }
}

struct Fleet<'a> {
    members: &'a [FleetMember<'a>],
    sources: &'a Sources,
}

impl<'a> Fleet<'a> {
    fn groups(&self) -> Vec<FleetGroupV1> {
        let mut parts: BTreeMap<FleetEffect, Vec<FleetPart<'a>>> = BTreeMap::new();
        for (member, it) in self.members.iter().enumerate() {
            for change in it.plan().into_iter().flat_map(|plan| &plan.changes) {
                let labels = changed_labels(change, it.default_locale());
                let effect = FleetEffect::of(change, &labels, it.default_locale());
                parts.entry(effect).or_default().push(FleetPart { member, change, labels });
            }
        }
        let mut groups: Vec<FleetGroupV1> =
            parts.into_iter().map(|(effect, parts)| self.group(effect, &parts)).collect();
        let weight = |it: &FleetGroupV1| {
            let takes_away = is_removal(it.action) || it.labels.iter().any(|label| label.after.is_none());
            (
                !takes_away,
                std::cmp::Reverse(it.orgs.len()),
                it.orgs.clone(),
                std::cmp::Reverse(it.action),
                it.key.clone(),
            )
        };
        groups.sort_by_cached_key(weight);
        let others: Vec<Vec<String>> = groups.iter().map(|it| without(it, &groups)).collect();
        for (group, without) in groups.iter_mut().zip(others) {
            group.without = without;
        }
        groups
    }

    fn group(&self, effect: FleetEffect, parts: &[FleetPart<'_>]) -> FleetGroupV1 {
        let has = |index: usize| parts.iter().any(|it| it.member == index);
        let in_place = (0..self.members.len()).filter(|it| !has(*it) && self.is_in_place(*it, &effect));
        let already_in_place: Vec<String> = in_place.map(|it| self.members[it].name().to_owned()).collect();
        let first = &parts[0];
        let labels: Vec<FleetLabelV1> =
            first.labels.iter().map(|it| FleetLabelV1 { before: commonest(&it.locale, parts), ..it.clone() }).collect();
        let elsewhere = |part: &FleetPart<'_>| -> Vec<FleetBeforeV1> {
            let org = self.members[part.member].name();
            let differs = |common: &&FleetLabelV1| before(part, &common.locale) != common.before;
            labels
                .iter()
                .filter(differs)
                .map(|it| FleetBeforeV1 {
                    org: org.to_owned(),
                    locale: it.locale.clone(),
                    before: before(part, &it.locale),
                })
                .collect()
        };
        let orgs: Vec<usize> = parts.iter().map(|it| it.member).collect();
        FleetGroupV1 {
            action: effect.action,
            name: name_of(first.change, self.members[first.member].default_locale()),
            before_elsewhere: parts.iter().flat_map(elsewhere).collect(),
            labels,
            deactivated: effect.deactivated,
            division: effect.division,
            orgs_in_words: self.in_words(&orgs),
            orgs: orgs.iter().map(|it| self.members[*it].name().to_owned()).collect(),
            first_anywhere: already_in_place.is_empty(),
            already_in_place,
            people: people(parts),
            without: Vec::new(),
            reasons: self.reasons(parts),
            key: effect.key,
            system_presence: effect.system_presence,
            origin: effect.origin,
        }
    }

    /// Is the whole effect in place in this org? It is only known for a definition of the config with an object in the
    /// org.
    fn is_in_place(&self, member: usize, effect: &FleetEffect) -> bool {
        let it = &self.members[member];
        let (Some(plan), Some(key)) = (it.plan(), &effect.key) else { return false };
        let Some(found) = plan.in_step.iter().find(|it| it.key == *key) else { return false };
        let Some(wanted) = Key::new(key).and_then(|key| it.desired.definitions.get(&key)) else { return false };
        // Unmanaged locales were not compared. A division has a name in the config and an id in the org.
        let scope = &it.desired.settings.scope;
        let has = |(locale, after): (&String, &Option<String>)| {
            let label = wanted.labels.iter().find(|(it, _)| it.normal() == *locale).map(|(_, it)| it.nfc());
            scope.covers(&Locale::new(locale)) && label == after.as_deref()
        };
        if effect.division.is_some() {
            return false;
        }
        match effect.action {
            ActionV1::Create | ActionV1::Reactivate | ActionV1::Update => {
                !found.deactivated && found.system_presence == effect.system_presence && effect.labels.iter().all(has)
            }
            ActionV1::Deactivate => found.deactivated,
            ActionV1::Replace | ActionV1::Delete => false,
        }
    }

    /// Why these orgs have a block of their own. A line of some of them only is about something else.
    fn reasons(&self, parts: &[FleetPart<'_>]) -> Vec<FleetReasonV1> {
        parts.iter().map(|it| self.reason(it)).collect::<Option<_>>().unwrap_or_default()
    }

    /// The line of the org's own file that asks for a change, with the comment above it.
    fn reason(&self, part: &FleetPart<'_>) -> Option<FleetReasonV1> {
        let member = &self.members[part.member];
        let place = part.change.place.as_ref().filter(|it| Some(&it.file) == member.file.as_ref())?;
        if !self.is_asked_in(part, &place.file) {
            return None;
        }
        let comment = self.sources.by_name(&place.file).and_then(|it| comment_of_entry(&it.text, place.line));
        Some(FleetReasonV1 { org: member.name().to_owned(), place: place.clone(), comment })
    }

    /// Does this file ask for a part of the change? An override of another value is no reason for it.
    fn is_asked_in(&self, part: &FleetPart<'_>, file: &str) -> bool {
        let ChangeV1 { action: ActionV1::Update, key: Some(key), before: Some(before), after, .. } = part.change else {
            return true;
        };
        let definitions = &self.members[part.member].desired.definitions;
        let Some(wanted) = Key::new(key).and_then(|it| definitions.get(&it)) else { return true };
        let is_here = |it: &Span| place_v1(*it, self.sources).file == file;
        let of_label = |it: &FleetLabelV1| wanted.places.labels.get(&Locale::new(it.locale.as_str()));
        // A label that the file takes away has no place.
        part.labels.iter().any(|it| it.after.is_none() || of_label(it).is_none_or(is_here))
            || (before.division != after.division && wanted.places.division.as_ref().is_some_and(is_here))
    }

    /// Some of the planned orgs: by stage, by exceptions, or each by name.
    fn in_words(&self, some: &[usize]) -> String {
        let planned: Vec<usize> = (0..self.members.len()).filter(|it| self.members[*it].plan().is_some()).collect();
        let all = if planned.len() == self.members.len() { "all orgs" } else { "all planned orgs" };
        let names = |of: &[usize]| of.iter().map(|it| self.members[*it].name()).collect::<Vec<_>>().join(", ");
        let others: Vec<usize> = planned.iter().copied().filter(|it| !some.contains(it)).collect();
        if others.is_empty() && some.len() > 1 {
            return all.to_owned();
        }
        let stages: BTreeSet<&str> = some.iter().filter_map(|it| self.members[*it].stage()).collect();
        let has_stage = |it: &usize| self.members[*it].stage().is_some_and(|it| stages.contains(it));
        let of_stages: Vec<usize> = planned.iter().copied().filter(has_stage).collect();
        if some.len() > 1 && of_stages == some {
            let order = some.first().map_or(&[][..], |it| &self.members[*it].desired.settings.stages);
            let mut stages: Vec<&str> = stages.into_iter().collect();
            stages.sort_by_key(|stage| order.iter().position(|it| it == stage));
            return format!("{} ({})", text::list(&stages, "and"), names(some));
        }
        if !others.is_empty() && some.len() > others.len() && others.len() <= EXCEPTIONS_MAX {
            format!("{all} but {}", names(&others))
        } else {
            names(some)
        }
    }

    fn blockers(&self) -> Vec<FleetRefusalV1> {
        let of = |plan: &'a PlanV1| plan.refusals.iter().map(|it| (it, it.message.clone())).collect();
        let key = |it: &'a RefusalV1| (&it.code, &it.place, &it.answers);
        let blocker = |StatementOfOrgs { said, message, orgs }: StatementOfOrgs<&'a RefusalV1>| {
            let RefusalV1 { code, answers, place, .. } = said.clone();
            let (orgs_in_words, orgs) = (self.in_words(&orgs), self.names(&orgs));
            FleetRefusalV1 { code, message, answers, place, orgs, orgs_in_words }
        };
        self.grouped(of, key).into_iter().map(blocker).collect()
    }

    fn warnings(&self) -> Vec<FleetWarningV1> {
        let of = |plan: &'a PlanV1| plan.warnings.iter().map(|it| (it, it.message.clone())).collect();
        let warning = |StatementOfOrgs { said, message, orgs }: StatementOfOrgs<&'a WarningV1>| {
            let (orgs_in_words, orgs) = (self.in_words(&orgs), self.names(&orgs));
            FleetWarningV1 { code: said.code.clone(), message, orgs, orgs_in_words }
        };
        self.grouped(of, |it| &it.code).into_iter().map(warning).collect()
    }

    /// What each org's comparison with its base says beside the changes.
    fn look_first(&self) -> Vec<FleetNoteV1> {
        let said = |plan: &'a PlanV1| {
            let Some(base) = &plan.base else { return Vec::new() };
            let BaseV1 { not_told, guards, leaving, renamed, notes, .. } = base;
            let not_known = not_told.iter().chain(notes).map(|it| ((NoteCodeV1::NotKnown, &[][..]), it.clone()));
            let leaving = leaving.iter().map(|it| ((NoteCodeV1::Leaving, &[][..]), it.message.clone()));
            let renamed = renamed.iter().map(|it| {
                let pin = it.yaml.first().is_some_and(|it| it.starts_with("ids:"));
                let answer = if pin { "If so, pin it" } else { "If so, write" };
                ((NoteCodeV1::Renamed, &*it.yaml), format!("{} {answer}", it.message))
            });
            let guards = guards_in_words(guards.iter()).map(|it| ((NoteCodeV1::Guards, &[][..]), it));
            guards.into_iter().chain(leaving).chain(renamed).chain(not_known).collect::<Vec<_>>()
        };
        let note = |StatementOfOrgs { said: (code, yaml), message, orgs }: StatementOfOrgs<(NoteCodeV1, &[String])>| {
            let (orgs_in_words, orgs) = (self.in_words(&orgs), self.names(&orgs));
            FleetNoteV1 { code, message, yaml: yaml.to_vec(), orgs, orgs_in_words }
        };
        let mut notes: Vec<FleetNoteV1> = self.grouped(said, |it| it).into_iter().map(note).collect();
        notes.sort_by_key(|it| it.code);
        notes
    }

    /// The common statements of several orgs, in the order of their first occurrence. An object has another id in each
    /// org, so ids keep no two statements of several orgs apart. Those of one org are always about something else.
    fn grouped<T: Copy, K: PartialEq>(
        &self,
        said: impl Fn(&'a PlanV1) -> Vec<(T, String)>,
        key: impl Fn(T) -> K,
    ) -> Vec<StatementOfOrgs<T>> {
        let mut grouped: Vec<(StatementOfOrgs<T>, String)> = Vec::new();
        let plans = self.members.iter().enumerate().filter_map(|(index, it)| Some((index, it.plan()?)));
        for (index, plan) in plans {
            for (said, message) in said(plan) {
                let told = text::without_ids(&message, |id| plan.seen.iter().any(|it| it == id));
                let is_same = |(it, other): &&mut (StatementOfOrgs<T>, String)| {
                    *other == told && key(it.said) == key(said) && !it.orgs.contains(&index)
                };
                match grouped.iter_mut().find(is_same) {
                    Some((it, _)) => it.orgs.push(index),
                    None => grouped.push((StatementOfOrgs { said, message, orgs: vec![index] }, told)),
                }
            }
        }
        // Only an org alone has the ids.
        let shown = |(it, told): (StatementOfOrgs<T>, String)| {
            if it.orgs.len() == 1 { it } else { StatementOfOrgs { message: told, ..it } }
        };
        grouped.into_iter().map(shown).collect()
    }

    fn names(&self, orgs: &[usize]) -> Vec<String> {
        orgs.iter().map(|it| self.members[*it].name().to_owned()).collect()
    }

    /// Refuses one change that removes something in more orgs than `settings.limits.orgs` allows.
    fn too_many_orgs(&self) -> Option<FleetRefusalV1> {
        let takes_away = |it: &&ChangeV1| {
            let goes = |locale: &String| !it.after.labels.contains_key(locale);
            is_removal(it.action) || it.before.as_ref().is_some_and(|before| before.labels.keys().any(goes))
        };
        let losing = |it: &usize| {
            let changes = self.members[*it].plan().into_iter().flat_map(|plan| &plan.changes);
            changes.filter(takes_away).count() > 0
        };
        let orgs: Vec<usize> = (0..self.members.len()).filter(losing).collect();
        let limits = orgs.iter().filter_map(|it| self.members[*it].desired.settings.orgs_max);
        let limit = limits.min()?;
        (orgs.len() > usize::try_from(limit).unwrap_or(usize::MAX)).then(|| FleetRefusalV1 {
            code: "limit-orgs".to_owned(),
            message: format!(
                "this takes something away in {}, and `settings.limits.orgs` allows {limit}",
                text::count(orgs.len(), "org")
            ),
            answers: vec![AnswerV1 {
                say: "if you mean all of it, raise the limit in the same change".to_owned(),
                yaml: vec!["settings:".to_owned(), format!("  limits: {{ orgs: {} }}", orgs.len())],
            }],
            place: None,
            orgs_in_words: self.in_words(&orgs),
            orgs: self.names(&orgs),
        })
    }

    /// Refuses a change that reaches a later stage before any org of this stage has it.
    fn too_early(&self, group: &FleetGroupV1, stage: &str) -> Option<FleetRefusalV1> {
        let of_name = |name: &String| self.members.iter().position(|it| it.name() == name);
        let stages = self.members.iter().map(|it| &it.desired.settings.stages).find(|it| !it.is_empty())?;
        let rank = |stage: Option<&str>| stages.iter().position(|it| Some(it.as_str()) == stage);
        let required = rank(Some(stage))?;
        let is_later = |it: &usize| rank(self.members[*it].stage()).is_some_and(|it| it > required);
        let later: Vec<usize> = group.orgs.iter().filter_map(of_name).filter(is_later).collect();
        let is_proven = group
            .already_in_place
            .iter()
            .filter_map(of_name)
            .any(|it| rank(self.members[it].stage()) == Some(required));
        (!later.is_empty() && !is_proven).then(|| {
            let what = group.key.as_ref().or(group.name.as_ref()).map(text::ticked).unwrap_or_default();
            FleetRefusalV1 {
                code: "stage-required".to_owned(),
                message: format!("this change of {what} is in place in no org of the stage {}", text::ticked(stage)),
                answers: vec![AnswerV1 { say: "apply it there first".to_owned(), yaml: Vec::new() }],
                place: None,
                orgs_in_words: self.in_words(&later),
                orgs: self.names(&later),
            }
        })
    }

    /// A line is obsolete if every org that uses it was planned, or has reports, and none needs it.
    fn obsolete_lines(&self) -> Vec<FleetLineV1> {
        let of = |it: &'a FleetMember<'a>| {
            let lines = |plan: &'a PlanV1| plan.no_longer_needed.iter().chain(&plan.no_longer_needed_here);
            it.plan().into_iter().flat_map(lines).collect::<Vec<&SpentV1>>()
        };
        let mut lines: Vec<(FleetLineV1, BTreeSet<&str>)> = Vec::new();
        for member in self.members {
            for it in of(member) {
                let index = lines
                    .iter()
                    .position(|(line, _)| (&line.key, &line.field, &line.place) == (&it.key, &it.field, &it.place));
                let index = index.unwrap_or_else(|| {
                    let (key, field, place) = (it.key.clone(), it.field.clone(), it.place.clone());
                    let line = FleetLineV1 { key, field, place, not_known_for: Vec::new(), more: false };
                    lines.push((line, BTreeSet::new()));
                    lines.len() - 1
                });
                let (line, done) = &mut lines[index];
                done.insert(member.name());
                let unknown = it.not_known_for.as_ref();
                line.not_known_for.extend(unknown.into_iter().flat_map(|it| it.orgs.clone()));
                line.more |= unknown.is_some_and(|it| it.more);
            }
        }
        let finished = |(mut line, done): (FleetLineV1, BTreeSet<&str>)| {
            line.not_known_for.retain(|it| !done.contains(it.as_str()));
            line.not_known_for.sort();
            line.not_known_for.dedup();
            line
        };
        lines.into_iter().map(finished).collect()
    }
}

/// What several orgs say alike.
struct StatementOfOrgs<T> {
    /// That of the first org.
    said: T,
    message: String,
    orgs: Vec<usize>,
}

/// The most exceptions after "all orgs but".
const EXCEPTIONS_MAX: usize = 4;

/// The locales that a larger group changes for the same key, but this one does not.
fn without(group: &FleetGroupV1, all: &[FleetGroupV1]) -> Vec<String> {
    let is_larger = |it: &&FleetGroupV1| {
        it.key == group.key && it.action == group.action && it.orgs.len() > group.orgs.len() && it.key.is_some()
    };
    let Some(larger) = all.iter().find(is_larger) else { return Vec::new() };
    let has = |locale: &str| {
        let locale = Locale::new(locale);
        group.labels.iter().any(|it| locale.same_as(&Locale::new(&*it.locale)))
    };
    larger.labels.iter().map(|it| &it.locale).filter(|it| !has(it)).cloned().collect()
}

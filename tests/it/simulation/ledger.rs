//! The real events in a simulated world, recorded independently of the code under test, and the invariants that are
//! checked at every step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use presencectl::model::desired::{Desired, Management, Wanted};
use presencectl::model::names::{DefinitionId, Label, Locale, SystemPresence};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::sandbox::definitions::{EVERY_DIVISION, HeldDefinition as Held};
use presencectl::sandbox::http;
use presencectl::sandbox::org::SimulatedOrg;
use presencectl::sandbox::org_behavior::{FirstPutDivision, OrgBehavior};
use presencectl::sandbox::{Sandbox, SandboxConfig, Seed, TOKEN};

use crate::properties::{Reach, reach};

/// How long lists may lag for a run that waits: a constant of the tool, and part of its promise.
pub(super) const LAG_MS: u64 = 60_000;
/// How long they may lag between two runs: another one.
pub(super) const NEXT_RUN_MS: u64 = 300_000;
/// The longest time that a request is under way here.
const WAY_MS_MAX: u64 = 20_200;
/// How long may pass between the reading of a definition and its writing: 5 s, and the way of the request.
const GAP_MS_MAX: u64 = 5_000 + WAY_MS_MAX;

/// One state of one definition, from a moment on.
#[derive(Debug, Clone)]
struct Version {
    at_ms: u64,
    /// None: it is not there.
    held: Option<Arc<Held>>,
    /// Which process made it so; none for the admin page and the beginning.
    by: Option<usize>,
}

/// A read of one definition.
#[derive(Debug, Clone)]
struct Read {
    /// What it showed,
    shown: Arc<Held>,
    /// and what was so at that moment.
    held: Arc<Held>,
    at_ms: u64,
}

/// What one process knows and did.
#[derive(Debug, Default)]
struct Process {
    begin_ms: u64,
    /// What its plan was made from,
    planned: BTreeMap<String, Arc<Held>>,
    /// and what it wrote itself since.
    known: BTreeMap<String, Arc<Held>>,
    /// What it read of one definition, right before it would write it.
    read: BTreeMap<String, Read>,
    /// The state that it had read at its last write of each object: a lagging read by id may show it again.
    written_over: BTreeMap<String, Arc<Held>>,
    /// How often each was written.
    writes: BTreeMap<String, usize>,
    /// The executed writes by subject, with the correlation id if the response arrived.
    carried_out: BTreeMap<String, Vec<Option<String>>>,
    /// The subjects of writes whose response was lost.
    lost: BTreeSet<String>,
    /// Requests without a response, refused ones, and those that delayed others, reads included.
    troubles: usize,
    unread: usize,
    /// What lost its division by its writes.
    undivided: BTreeSet<String>,
    /// Its created objects: id and subject.
    made: Vec<(String, String)>,
    removals: usize,
    label_removals: usize,
    renames: usize,
    sent_ms: VecDeque<u64>,
}

/// The actions of one process on one definition, for its report.
pub(super) struct Deeds {
    /// How often it was changed.
    pub(super) writes: usize,
    /// How many writes were carried out, changed something or not.
    pub(super) carried_out: usize,
    /// The correlation id of the last one whose response arrived.
    pub(super) correlation_id: Option<String>,
    /// The answer to a write was lost.
    pub(super) is_lost: bool,
    /// The number of failed reads.
    pub(super) unread: usize,
    /// How often something failed or had to wait, everything that it was about.
    pub(super) troubles: usize,
    /// It was of one division before, and is of all.
    pub(super) is_undivided: bool,
}

/// How old a list may be that a create is held against.
const LIST_AGE_MS: u64 = 60_000;

/// Everything that happened.
pub(super) struct Ledger {
    config: Desired,
    behavior: OrgBehavior,
    /// How far apart runs are that do not meet.
    apart_ms: u64,
    requests_per_minute: usize,
    history: BTreeMap<String, Vec<Version>>,
    processes: BTreeMap<usize, Process>,
    /// What must never be. Each is a sentence.
    pub(super) violations: Vec<String>,
    /// Edits of another person that came between the reading and the writing of one definition: the one gap that the
    /// platform leaves open.
    pub(super) gaps: usize,
    /// Writes with a lost response that were undone at once and made again: a reader cannot distinguish that from a
    /// write that never arrived.
    pub(super) undone: usize,
    /// Writes over a state that a lagging read by id did not show yet: an edit by hand, or the process's own write with
    /// a lost response.
    pub(super) late: usize,
    /// Duplicates that were created under one name: only allowed with concurrent runs.
    pub(super) twins: Vec<Twins>,
    /// Do processes run at the same time, or closer together than lists lag?
    pub(super) runs_meet: bool,
    pub(super) requests: usize,
    /// How often a process used up the rate limit of a minute.
    pub(super) full: u64,
    /// How often anything has changed in the org, and when for the last time.
    pub(super) changes: (usize, Option<u64>),
}

/// Two definitions of one name: ids and creators. `None` is the admin page, or the initial state.
#[derive(Debug, Clone)]
pub(super) struct Twins {
    pub(super) first: (String, Option<usize>),
    pub(super) second: (String, usize),
}

/// One definition, or all of them where one is going to be made, before a request.
pub(super) struct Before {
    id: Option<String>,
    held: Option<Arc<Held>>,
    ids: Vec<String>,
}

/// The id in a path, where there is one.
pub(super) fn id_of(path: &str) -> Option<String> {
    let first = path.strip_prefix("/api/v2/presencedefinitions/");
    let id = first.or_else(|| path.strip_prefix("/api/v2/presence/definitions/"))?;
    Some(id.to_owned())
}

pub(super) fn is_collection(path: &str) -> bool {
    matches!(path, "/api/v2/presencedefinitions" | "/api/v2/presence/definitions")
}

/// Locales mean the same in any spelling.
pub(super) fn folded(locale: &str) -> String {
    locale.to_ascii_lowercase().replace('-', "_")
}

/// The labels of a definition, regardless of the spelling of their locales.
pub(super) fn labels(held: &Held) -> BTreeMap<String, String> {
    held.labels.iter().map(|(locale, label)| (folded(locale), label.clone())).collect()
}

/// Its label in the default locale.
pub(super) fn called(held: &Held) -> Option<String> {
    labels(held).remove("en_us")
}

/// What a creation is about, which has no id yet.
pub(super) fn to_be_made(system_presence: &str, name: Option<&str>) -> String {
    format!("{system_presence}: {}", name.unwrap_or_default())
}

/// What a write is about: the id, or for a creation its name.
fn about(request: &http::HttpRequest) -> Option<String> {
    if request.method == "GET" {
        return None;
    }
    if let Some(id) = id_of(&request.path) {
        return Some(id);
    }
    if !is_collection(&request.path) {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let all = body["languageLabels"].as_object()?;
    let name = all.iter().find(|(locale, _)| folded(locale) == "en_us").and_then(|(_, label)| label.as_str());
    Some(to_be_made(body["systemPresence"].as_str()?, name))
}

impl Ledger {
    pub(super) fn new(config: Desired, org: &SimulatedOrg, requests_per_minute: u32, apart_ms: u64) -> Ledger {
        let version = |held: &Arc<Held>| Version { at_ms: 0, held: Some(Arc::clone(held)), by: None };
        Ledger {
            config,
            behavior: org.behavior,
            apart_ms,
            requests_per_minute: requests_per_minute as usize,
            history: org.definitions().iter().map(|it| (it.id.clone(), vec![version(it)])).collect(),
            processes: BTreeMap::new(),
            violations: Vec::new(),
            gaps: 0,
            undone: 0,
            late: 0,
            twins: Vec::new(),
            runs_meet: false,
            requests: 0,
            full: 0,
            changes: (0, None),
        }
    }

    pub(super) fn begin(&mut self, run: usize, begin_ms: u64) {
        self.processes.insert(run, Process { begin_ms, ..Process::default() });
    }

    /// A process has its plan, made from this.
    pub(super) fn planned(&mut self, run: usize, observed: &Observed) {
        let seen = |id: &DefinitionId| self.history.get(id.as_str())?.iter().rev().find_map(|it| it.held.clone());
        let mut known = BTreeMap::new();
        for it in &observed.definitions {
            // As it was listed, which may be older than what is there.
            let Some(now) = seen(&it.id) else { continue };
            let labels = it.labels.iter().map(|(locale, label)| (locale.to_string(), label.to_string())).collect();
            let listed = Held { labels, deactivated: it.deactivated, ..(*now).clone() };
            known.insert(it.id.to_string(), Arc::new(listed));
        }
        if let Some(process) = self.processes.get_mut(&run) {
            process.planned.clone_from(&known);
            process.known = known;
        }
    }

    /// A request leaves a process.
    pub(super) fn sent(&mut self, run: usize, request: &http::HttpRequest, now_ms: u64) {
        self.requests += 1;
        let Some(process) = self.processes.get_mut(&run) else { return };
        if let Some(about) = about(request).filter(|_| request.method == "POST")
            && (process.lost.contains(&about) || process.carried_out.contains_key(&about))
        {
            self.violations.push(format!("run {run} sends a second POST for {about}"));
        }
        process.sent_ms.push_back(now_ms);
        while process.sent_ms.front().is_some_and(|it| it + 60_000 <= now_ms) {
            process.sent_ms.pop_front();
        }
        if process.sent_ms.len() == self.requests_per_minute {
            self.full += 1;
            process.troubles += 1;
        }
        if process.sent_ms.len() > self.requests_per_minute {
            self.violations.push(format!("run {run} sent {} requests in a minute", process.sent_ms.len()));
        }
    }

    /// A request without a response, or with one that shows that it was not executed. `is_unclear`: it may have been.
    pub(super) fn troubled(&mut self, run: usize, request: &http::HttpRequest, is_unclear: bool) {
        let Some(process) = self.processes.get_mut(&run) else { return };
        process.troubles += 1;
        process.unread += usize::from(request.method == "GET");
        if is_unclear {
            process.lost.extend(about(request));
        }
    }

    #[expect(clippy::unused_self, reason = "the counterpart of `handled`")]
    pub(super) fn before(&self, org: &SimulatedOrg, request: &http::HttpRequest) -> Before {
        let id = id_of(&request.path);
        let held = id.as_ref().and_then(|id| org.definitions().get(id).cloned());
        let makes = request.method == "POST" && is_collection(&request.path);
        let ids = if makes { org.definitions().iter().map(|it| it.id.clone()).collect() } else { Vec::new() };
        Before { id, held, ids }
    }

    /// A request of a process reached the org. `is_answered`: its answer reaches the process.
    pub(super) fn handled(
        &mut self,
        run: usize,
        (request, answer): (&http::HttpRequest, &http::HttpResponse),
        before: Before,
        org: &SimulatedOrg,
        (now_ms, is_answered): (u64, bool),
    ) {
        let is_carried_out = matches!(answer.status, 200..=299);
        if !is_carried_out {
            self.troubled(run, request, false);
        }
        let Before { id, held, ids } = before;
        if let Some(held) = held.as_ref().filter(|it| it.primary && request.method != "GET") {
            self.tell(run, "the platform's own was to be written", held);
        }
        if let Some(about) = about(request).filter(|_| is_carried_out)
            && let Some(process) = self.processes.get_mut(&run)
        {
            let header = answer.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case("inin-correlation-id"));
            let correlation_id = header.map(|(_, value)| value.clone()).filter(|_| is_answered);
            process.carried_out.entry(about).or_default().push(correlation_id);
        }
        if request.method == "GET" {
            let since_ms = now_ms.saturating_sub(self.behavior.get_lag_ms);
            let shown = id.as_ref().and_then(|id| org.definitions().get_as_of(id, since_ms)).cloned();
            if let (Some(id), Some(shown), true) = (id, shown, is_answered && answer.status == 200)
                && let Some(process) = self.processes.get_mut(&run)
            {
                let held = held.unwrap_or_else(|| Arc::clone(&shown));
                process.read.insert(id, Read { shown, held, at_ms: now_ms });
            }
            return;
        }
        if let Some(id) = id {
            let after = org.definitions().get(&id).cloned();
            if after.as_deref() != held.as_deref() {
                if let Some(held) = &held {
                    self.written(run, &id, (held, after.as_deref()), now_ms);
                }
                self.push(&id, Version { at_ms: now_ms, held: after, by: Some(run) });
            }
        } else if let Some(made) = org.definitions().iter().find(|it| !ids.contains(&it.id))
            && request.method == "POST"
            && is_collection(&request.path)
        {
            let made = Arc::clone(made);
            self.made(run, &made, now_ms);
            self.push(&made.id, Version { at_ms: now_ms, held: Some(Arc::clone(&made)), by: Some(run) });
        }
    }

    /// A person tried something in the admin page. Did the org take it?
    pub(super) fn edited(&mut self, before: Before, org: &SimulatedOrg, now_ms: u64) -> bool {
        let Before { id, held, ids } = before;
        let after = if let Some(id) = id {
            let after = org.definitions().get(&id).cloned();
            (after.as_deref() != held.as_deref()).then_some((id, after))
        } else {
            let made = org.definitions().iter().find(|it| !ids.contains(&it.id));
            made.map(|it| (it.id.clone(), Some(Arc::clone(it))))
        };
        let Some((id, held)) = after else { return false };
        self.push(&id, Version { at_ms: now_ms, held, by: None });
        true
    }

    fn push(&mut self, id: &str, version: Version) {
        self.changes = (self.changes.0 + 1, Some(version.at_ms));
        let run = version.by;
        if let (Some(run), Some(held)) = (run, &version.held)
            && let Some(process) = self.processes.get_mut(&run)
        {
            process.known.insert(id.to_owned(), Arc::clone(held));
            // What was read before is old now.
            let read = process.read.remove(id);
            process.written_over.extend(read.map(|it| (id.to_owned(), it.shown)));
        }
        self.history.entry(id.to_owned()).or_default().push(version);
    }

    fn tell(&mut self, run: usize, what: &str, held: &Held) {
        let name = called(held).unwrap_or_else(|| held.id.clone());
        self.violations.push(format!("run {run}: {what}: `{name}` ({}, {})", held.system_presence, held.id));
    }

    /// A PUT or a DELETE of a process changed something.
    fn written(&mut self, run: usize, id: &str, (before, after): (&Held, Option<&Held>), now_ms: u64) {
        let protected = DefinitionId::new(id).is_some_and(|id| self.config.protect.contains_key(&id));
        if protected {
            self.tell(run, "a protected one was written", before);
        }
        let Some(process) = self.processes.get_mut(&run) else { return };
        let writes = process.writes.entry(id.to_owned()).or_default();
        *writes += 1;
        let is_first = *writes == 1;
        // Another person may have taken it away, and the write brought it back.
        let division = |it: &Held| (it.division_id != EVERY_DIVISION).then(|| it.division_id.clone());
        match (division(before), after.map(division)) {
            (Some(_), Some(None)) => drop(process.undivided.insert(id.to_owned())),
            (_, Some(Some(_))) => drop(process.undivided.remove(id)),
            (_, None) | (None, Some(None)) => {}
        }
        let (known, read) = (process.known.get(id).cloned(), process.read.get(id).cloned());
        let Some(known) = known else {
            self.tell(run, "something was written that the plan had not seen", before);
            return;
        };
        // One that a person has deactivated meanwhile may be removed for good.
        let is_gone = after.is_none_or(|it| it.deactivated);
        let planned = self.processes.get(&run).and_then(|it| it.planned.get(id)).unwrap_or(&known);
        match self.reach(planned) {
            Reach::Nothing => self.tell(run, "something that the config does not name was written", before),
            Reach::Removal if !is_gone => {
                self.tell(run, "something that is only to be removed was written otherwise", before);
            }
            Reach::Removal | Reach::Everything => {}
        }
        let Some(read) = read else {
            self.tell(run, "it was written without being read right before", before);
            return;
        };
        let Read { shown: read, held, at_ms } = read;
        if is_first {
            self.count(run, &read, after);
        }
        if now_ms.saturating_sub(at_ms) > GAP_MS_MAX {
            self.tell(run, "it was written long after it was read", before);
        }
        let process = self.processes.get(&run);
        let mut earlier =
            process.into_iter().flat_map(|it| it.planned.get(id).into_iter().chain(it.written_over.get(id)));
        let is_late = *held != *read;
        // Its own write may not be visible yet, or never have arrived: that is not known. In unmanaged labels, a
        // lagging read shows edits from before that write.
        let scope = &self.config.settings.scope;
        let content = |it: &Held| {
            let mut labels = labels(it);
            labels.retain(|locale, _| !is_late || scope.covers(&Locale::new(locale.as_str())));
            (it.deactivated, labels)
        };
        if !is_first && earlier.any(|it| content(it) == content(&read)) {
            self.late += usize::from(is_late);
            self.undone += usize::from(!is_late);
            return;
        }
        if is_late {
            self.late += 1;
        }
        self.hold_edits(run, (&known, &read), (before, after), is_late);
    }

    /// Counts what the limits count, by the state that was read, and compares it with them.
    fn count(&mut self, run: usize, read: &Held, after: Option<&Held>) {
        let limits = self.config.settings.limits;
        let Some(process) = self.processes.get_mut(&run) else { return };
        match after.filter(|it| !it.deactivated) {
            None => process.removals += usize::from(!read.deactivated),
            Some(after) => {
                let (was, now) = (labels(read), labels(after));
                process.label_removals += was.keys().filter(|it| !now.contains_key(*it)).count();
                let names = (was.get("en_us"), now.get("en_us"));
                process.renames += usize::from(matches!(names, (Some(was), Some(now)) if was != now));
            }
        }
        let counts = [
            ("was removed", process.removals, limits.removals),
            ("labels were removed", process.label_removals, limits.label_removals),
            ("was renamed", process.renames, limits.renames),
        ];
        for (what, count, limit) in counts {
            if count > limit as usize {
                self.tell(run, &format!("more {what} than the guards allow ({count}, not {limit})"), read);
            }
        }
    }

    /// No edit after the plan is lost, except in the gap between the read and the write.
    fn hold_edits(
        &mut self,
        run: usize,
        (known, read): (&Held, &Held),
        (before, after): (&Held, Option<&Held>),
        is_late: bool,
    ) {
        let (was, then) = (labels(known), labels(read));
        let now = after.map(labels);
        let edited: Vec<&String> = was.keys().chain(then.keys()).filter(|it| was.get(*it) != then.get(*it)).collect();
        let is_removal = after.is_none_or(|it| it.deactivated);
        let scope = self.config.settings.scope.clone();
        if is_removal && !edited.is_empty() {
            self.tell(run, "something was removed that a person had edited since the plan", before);
        } else if let Some(now) = &now {
            let lost = |it: &&&String| scope.covers(&Locale::new(it.as_str())) && now.get(**it) != then.get(**it);
            if let Some(locale) = edited.iter().find(lost) {
                let what = format!("the label `{locale}`, which a person had edited since the plan, was written over");
                self.tell(run, &what, before);
            }
            let beside = |it: &&String| !scope.covers(&Locale::new(it.as_str())) && now.get(*it) != then.get(*it);
            // What came between the reading and the writing is the gap.
            if let Some(locale) = then.keys().chain(now.keys()).find(beside).filter(|_| before == read) {
                let what = format!("the label `{locale}`, which the config does not manage, was changed");
                self.tell(run, &what, before);
            }
        }
        if known.deactivated != read.deactivated && after.is_some_and(|it| it.deactivated != read.deactivated) {
            self.tell(run, "a person had changed whether it is active since the plan, and that was undone", before);
        }
        let Some(after) = after else { return };
        if after.system_presence != read.system_presence {
            self.tell(run, "it moved to another system presence", before);
        }
        if after.division_id != before.division_id && self.behavior.first_put_division != FirstPutDivision::Reset {
            self.tell(run, "it moved to another division", before);
        }
        // What came after the reading cannot be seen by anyone: it is counted, and allowed.
        if before != read {
            self.gaps += usize::from(!is_late);
        } else if after.extra != before.extra {
            self.tell(run, "fields that the tool does not know were lost", before);
        }
    }

    /// A POST of a process made something.
    fn made(&mut self, run: usize, made: &Held, now_ms: u64) {
        let name = called(made);
        let wanted = self.config.definitions.values().find(|it| {
            let label = it.default_label(&self.config.settings.default_locale).map(ToString::to_string);
            it.management == Management::Managed
                && !it.deactivated
                && label == name
                && it.system_presence.as_str() == made.system_presence
        });
        if wanted.is_none() {
            self.tell(run, "something was made that the config does not ask for", made);
        }
        let pinned =
            |id: &str| self.config.definitions.values().any(|it| it.pin.as_ref().is_some_and(|pin| pin.as_str() == id));
        let mut twin = None;
        for (id, versions) in &self.history {
            let Some(Version { held: Some(held), .. }) = versions.last() else { continue };
            // A deactivated one is brought back, and not made anew.
            let alike = !held.primary && held.system_presence == made.system_presence && called(held) == name;
            if !alike || pinned(id) {
                continue;
            }
            // Since when it is called so, and through whom.
            let since = versions.iter().rposition(|it| it.held.as_ref().is_none_or(|it| called(it) != name));
            let first = &versions[since.map_or(0, |index| index + 1)];
            // A list that was read up to a minute before the POST, and that lags, cannot show recent objects of others.
            let unseen_ms = (LIST_AGE_MS + WAY_MS_MAX + self.behavior.list_lag_ms).max(self.apart_ms);
            let is_fresh = now_ms.saturating_sub(first.at_ms) < unseen_ms;
            let by_another = first.by != Some(run);
            // Another person made it a moment ago, and no list has to show it yet.
            if is_fresh && by_another && (first.by.is_none() || self.runs_meet) {
                self.twins.push(Twins { first: (id.clone(), first.by), second: (made.id.clone(), run) });
                continue;
            }
            twin = Some(format!("{id}, called so since {} ms by {:?}, now {now_ms} ms", first.at_ms, first.by));
        }
        if let Some(id) = twin {
            self.tell(run, &format!("it was made a second time beside {id}"), made);
        }
        if let Some(process) = self.processes.get_mut(&run) {
            process.made.push((made.id.clone(), to_be_made(&made.system_presence, name.as_deref())));
        }
    }

    /// What may the config do with an object of this name and place?
    fn reach(&self, known: &Held) -> Reach {
        // Here no omitted one is there under its label and under an earlier one.
        let is_earlier = |it: &Wanted| {
            it.pin.is_none()
                && it.system_presence.as_str() == known.system_presence
                && it.previous_labels.iter().any(|label| Some(label.to_string()) == called(known))
        };
        let mut omitted = self.config.definitions.values().filter(|it| it.management == Management::Omitted);
        if omitted.any(is_earlier) {
            return Reach::Nothing;
        }
        let labels = known.labels.iter().map(|(a, b)| (Locale::new(a.clone()), Label::new(b.clone()))).collect();
        let (Some(id), Some(system_presence)) =
            (DefinitionId::new(&known.id), SystemPresence::new(&known.system_presence))
        else {
            return Reach::Nothing;
        };
        let primary = if known.primary { Primary::Yes } else { Primary::No };
        let (deactivated, division, modified) = (known.deactivated, None, None);
        let object = Definition { id, system_presence, labels, deactivated, primary, division, modified };
        reach(&self.config, &object)
    }

    /// The actions of a process on a definition: by id, or by subject without an id.
    pub(super) fn deeds(&self, run: usize, about: &str) -> Deeds {
        let process = &self.processes[&run];
        let carried_out = process.carried_out.get(about).map_or(&[] as &[_], Vec::as_slice);
        let made = process.made.iter().filter(|(_, it)| it == about).count();
        Deeds {
            writes: process.writes.get(about).copied().unwrap_or_default() + made,
            carried_out: carried_out.len(),
            correlation_id: carried_out.iter().rev().find_map(Clone::clone),
            is_lost: process.lost.contains(about),
            unread: process.unread,
            troubles: process.troubles,
            is_undivided: process.undivided.contains(about),
        }
    }

    /// Did a process make this?
    pub(super) fn has_made(&self, run: usize, id: &str) -> bool {
        self.processes[&run].made.iter().any(|(it, _)| it == id)
    }

    /// Did a process send any write that was carried out, or that may have been?
    pub(super) fn has_written(&self, run: usize) -> bool {
        let process = &self.processes[&run];
        !process.carried_out.is_empty() || !process.lost.is_empty()
    }

    /// As a plan saw a definition.
    pub(super) fn planned_as(&self, run: usize, id: &str) -> Option<&Held> {
        self.processes[&run].planned.get(id).map(|it| &**it)
    }

    /// Was a definition so at any moment since a process began (and before that, as far as lists lag)?
    pub(super) fn was_ever(&self, run: usize, id: &str, is_so: impl Fn(Option<&Held>) -> bool) -> bool {
        let Some(versions) = self.history.get(id) else { return is_so(None) };
        let begin_ms = self.processes.get(&run).map_or(0, |it| it.begin_ms).saturating_sub(self.apart_ms);
        let first = versions.iter().rposition(|it| it.at_ms <= begin_ms).unwrap_or_default();
        versions[first..].iter().any(|it| is_so(it.held.as_deref()))
    }

    /// Did anyone else change a definition since a process began (and before that, as far as lists lag)?
    pub(super) fn was_changed_by_others(&self, run: usize, id: &str) -> bool {
        let since_ms = self.processes[&run].begin_ms.saturating_sub(self.apart_ms).max(1);
        self.history.get(id).is_some_and(|it| it.iter().any(|it| it.by != Some(run) && it.at_ms >= since_ms))
    }

    /// Has anyone ever changed a definition in the admin page?
    pub(super) fn was_ever_edited(&self, id: &str) -> bool {
        self.history.get(id).is_some_and(|it| it.iter().any(|it| it.by.is_none() && it.at_ms > 0))
    }

    /// Did anyone but a process change anything since this moment?
    pub(super) fn was_changed_since(&self, at_ms: u64, run: usize) -> bool {
        self.history.values().flatten().any(|it| it.by != Some(run) && it.at_ms > at_ms.max(1))
    }

    /// Did anyone change anything in the admin page since this moment?
    pub(super) fn was_edited_since(&self, at_ms: u64) -> bool {
        self.history.values().flatten().any(|it| it.by.is_none() && it.at_ms > at_ms.max(1))
    }
}

// Seed 13430: a PUT of the first generation by hand removes the division, and our PUT of the second, which had read the
// object before, restores it.
#[test]
fn a_division_that_a_write_brings_back_is_not_lost_by_it() {
    let (id, division) = ("2fa68d50-0000-4000-8000-000000000002", "5a4db0c5-0000-4000-a000-0000000000d2");
    let object = serde_json::json!({
        "id": id, "languageLabels": { "en_US": "One" }, "systemPresence": "Meal", "divisionId": division,
    });
    let seed = Seed { definitions: vec![object], ..Seed::default() };
    let behavior = OrgBehavior { first_put_division: FirstPutDivision::Reset, ..OrgBehavior::default() };
    let sandbox =
        Sandbox::open(SandboxConfig { seed, behavior, start_unix_ms: Some(0), ..SandboxConfig::default() }).unwrap();
    let mut ledger = sandbox.with(|it| Ledger::new(crate::paper::desired(Vec::new()), &it.org, 300, LAG_MS));
    ledger.begin(1, 0);
    let put = |collection: &str, label: &str| {
        http::HttpRequest {
        method: "PUT".to_owned(),
        path: format!("/api/v2/{collection}/{id}"),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: serde_json::json!({
            "languageLabels": { "en_US": label }, "systemPresence": "Meal", "deactivated": false, "divisionId": division,
        })
        .to_string()
        .into_bytes(),
        ..http::HttpRequest::default()
    }
    };
    let play = |ledger: &mut Ledger, request: http::HttpRequest, run: Option<usize>| {
        let before = sandbox.with(|it| ledger.before(&it.org, &request));
        let answer = sandbox.with(|it| it.org.handle(&request, 1));
        assert_eq!(answer.status, 200);
        sandbox.with(|it| match run {
            Some(run) => ledger.handled(run, (&request, &answer), before, &it.org, (1, true)),
            None => assert!(ledger.edited(before, &it.org, 1)),
        });
    };
    play(&mut ledger, put("presencedefinitions", "Edited"), None);
    play(&mut ledger, put("presence/definitions", "Two"), Some(1));
    assert!(!ledger.deeds(1, id).is_undivided, "it was brought back");
    play(&mut ledger, put("presencedefinitions", "Three"), Some(1));
    assert!(ledger.deeds(1, id).is_undivided, "and that one took it away");
}

// Seed 11094 of runs that meet: the list of one is from before the POST of the other, and a minute old when its own is
// sent.
#[test]
fn a_list_that_is_not_too_old_may_lack_what_another_run_has_made() {
    let behavior = OrgBehavior { list_lag_ms: 16_000, ..OrgBehavior::default() };
    let config = crate::paper::desired(vec![crate::paper::wanted("tea", "Break", &[("en_US", "Tea")])]);
    for (after_ms, runs_meet, is_excused) in [(96_000, true, true), (97_000, true, false), (96_000, false, false)] {
        let config_of_org = SandboxConfig { behavior, start_unix_ms: Some(0), ..SandboxConfig::default() };
        let sandbox = Sandbox::open(config_of_org).unwrap();
        let mut ledger = sandbox.with(|it| Ledger::new(config.clone(), &it.org, 300, LAG_MS));
        ledger.runs_meet = runs_meet;
        for (run, at_ms) in [(2, 1_000), (1, 1_000 + after_ms)] {
            ledger.begin(run, 0);
            let post = http::HttpRequest {
                method: "POST".to_owned(),
                path: "/api/v2/presencedefinitions".to_owned(),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {TOKEN}")),
                    ("content-type".to_owned(), "application/json".to_owned()),
                ],
                body: serde_json::json!({ "languageLabels": { "en_US": "Tea" }, "systemPresence": "Break" })
                    .to_string()
                    .into_bytes(),
                ..http::HttpRequest::default()
            };
            let before = sandbox.with(|it| ledger.before(&it.org, &post));
            let answer = sandbox.with(|it| it.org.handle(&post, at_ms));
            sandbox.with(|it| ledger.handled(run, (&post, &answer), before, &it.org, (at_ms, true)));
        }
        assert_eq!((ledger.twins.len() == 1, ledger.violations.is_empty()), (is_excused, is_excused), "{after_ms}");
    }
}

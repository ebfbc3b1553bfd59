//! What really happened in a simulated world, written down beside the code under test, and the invariants that are held
//! against it at every step.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use presencectl::apply::object::READ_AGE_MS_MAX;
use presencectl::model::desired::{Desired, Management};
use presencectl::model::names::{DefinitionId, Label, Locale};
use presencectl::model::observed::Observed;
use presencectl::sandbox::definitions::Definition as Held;
use presencectl::sandbox::http;
use presencectl::sandbox::org::Org;

use crate::properties::is_named;

/// How long lists may lag: a constant of the tool, and part of its promise.
pub(super) const LAG_MS: u64 = 60_000;
/// How long may pass between the reading of a definition and its writing: what the tool promises, and the longest time
/// that a request is under way here.
const GAP_MS_MAX: u64 = READ_AGE_MS_MAX + 20_200;
/// How many requests there may be in any minute.
const REQUESTS_PER_MINUTE: usize = 300;

/// One state of one definition, from a moment on.
#[derive(Debug, Clone)]
struct Version {
    at_ms: u64,
    /// None: it is not there.
    held: Option<Arc<Held>>,
    /// Which process made it so; none for the admin page and the beginning.
    by: Option<usize>,
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
    read: BTreeMap<String, (Arc<Held>, u64)>,
    /// How often each was written.
    writes: BTreeMap<String, usize>,
    /// What it made: id and how it was called.
    made: Vec<(String, (String, Option<String>))>,
    removals: usize,
    sent_ms: VecDeque<u64>,
}

/// Everything that happened.
pub(super) struct Ledger {
    config: Desired,
    history: BTreeMap<String, Vec<Version>>,
    processes: BTreeMap<usize, Process>,
    /// What must never be. Each is a sentence.
    pub(super) violations: Vec<String>,
    /// Edits of somebody else that came between the reading and the writing of one definition: the one gap that the
    /// platform leaves open.
    pub(super) gaps: usize,
    /// Writes whose answer was lost, that somebody undid at once, and that were made again: whoever reads cannot tell
    /// that from a write that never arrived.
    pub(super) undone: usize,
    /// Definitions that were made although there was one of the same name: allowed only where two runs meet.
    pub(super) twins: Vec<(String, String)>,
    /// Do processes run at the same time, or closer together than lists lag?
    pub(super) runs_meet: bool,
    pub(super) requests: usize,
    /// How often anything has changed in the org, and when for the last time.
    pub(super) changes: (usize, Option<u64>),
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
fn folded(locale: &str) -> String {
    locale.to_ascii_lowercase().replace('-', "_")
}

fn labels(held: &Held) -> BTreeMap<String, String> {
    held.labels.iter().map(|(locale, label)| (folded(locale), label.clone())).collect()
}

fn called(held: &Held) -> Option<String> {
    labels(held).remove("en_us")
}

impl Ledger {
    pub(super) fn new(config: Desired, org: &Org) -> Ledger {
        let version = |held: &Arc<Held>| Version { at_ms: 0, held: Some(Arc::clone(held)), by: None };
        Ledger {
            config,
            history: org.definitions().iter().map(|it| (it.id.clone(), vec![version(it)])).collect(),
            processes: BTreeMap::new(),
            violations: Vec::new(),
            gaps: 0,
            undone: 0,
            twins: Vec::new(),
            runs_meet: false,
            requests: 0,
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
    pub(super) fn sent(&mut self, run: usize, now_ms: u64) {
        self.requests += 1;
        let Some(process) = self.processes.get_mut(&run) else { return };
        process.sent_ms.push_back(now_ms);
        while process.sent_ms.front().is_some_and(|it| it + 60_000 <= now_ms) {
            process.sent_ms.pop_front();
        }
        if process.sent_ms.len() > REQUESTS_PER_MINUTE {
            self.violations.push(format!("run {run} sent {} requests in a minute", process.sent_ms.len()));
        }
    }

    #[expect(clippy::unused_self, reason = "the counterpart of `handled`")]
    pub(super) fn before(&self, org: &Org, request: &http::Request) -> Before {
        let id = id_of(&request.path);
        let held = id.as_ref().and_then(|id| org.definitions().get(id).cloned());
        let makes = request.method == "POST" && is_collection(&request.path);
        let ids = if makes { org.definitions().iter().map(|it| it.id.clone()).collect() } else { Vec::new() };
        Before { id, held, ids }
    }

    /// A request of a process was carried out. `is_answered`: its answer reaches the process.
    pub(super) fn handled(
        &mut self,
        run: usize,
        request: &http::Request,
        before: Before,
        org: &Org,
        (now_ms, is_answered): (u64, bool),
    ) {
        let Before { id, held, ids } = before;
        if request.method == "GET" {
            if let (Some(id), Some(held), true) = (id, held, is_answered)
                && let Some(process) = self.processes.get_mut(&run)
            {
                process.read.insert(id, (held, now_ms));
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

    /// Somebody did something in the admin page.
    pub(super) fn edited(&mut self, before: Before, org: &Org, now_ms: u64) {
        let Before { id, held, ids } = before;
        match id {
            Some(id) => {
                let after = org.definitions().get(&id).cloned();
                if after.as_deref() != held.as_deref() {
                    self.push(&id, Version { at_ms: now_ms, held: after, by: None });
                }
            }
            None => {
                if let Some(made) = org.definitions().iter().find(|it| !ids.contains(&it.id)) {
                    self.push(&made.id, Version { at_ms: now_ms, held: Some(Arc::clone(made)), by: None });
                }
            }
        }
    }

    fn push(&mut self, id: &str, version: Version) {
        self.changes = (self.changes.0 + 1, Some(version.at_ms));
        let run = version.by;
        if let (Some(run), Some(held)) = (run, &version.held)
            && let Some(process) = self.processes.get_mut(&run)
        {
            process.known.insert(id.to_owned(), Arc::clone(held));
            // What was read before is old now.
            process.read.remove(id);
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
        if before.primary {
            self.tell(run, "the platform's own was written", before);
        }
        if protected {
            self.tell(run, "a protected one was written", before);
        }
        let Some(process) = self.processes.get_mut(&run) else { return };
        let writes = process.writes.entry(id.to_owned()).or_default();
        *writes += 1;
        let is_first = *writes == 1;
        let (known, read) = (process.known.get(id).cloned(), process.read.get(id).cloned());
        let is_removal = !before.deactivated && after.is_none_or(|it| it.deactivated);
        process.removals += usize::from(is_removal);
        if process.removals > self.config.settings.limits.removals as usize {
            self.tell(run, "more was removed than the guards allow", before);
        }
        let Some(known) = known else {
            self.tell(run, "something was written that the plan had not seen", before);
            return;
        };
        if !self.is_ours(&known) {
            self.tell(run, "something that the config does not name was written", before);
        }
        let Some(read) = read else {
            self.tell(run, "it was written without being read right before", before);
            return;
        };
        let (read, read_ms) = read;
        if *before != *read && now_ms.saturating_sub(read_ms) > GAP_MS_MAX {
            self.tell(run, "it was written long after it was read", before);
        }
        let planned = self.processes.get(&run).and_then(|it| it.planned.get(id));
        let is_as_planned = |it: &Arc<Held>| it.deactivated == read.deactivated && labels(it) == labels(&read);
        if !is_first && planned.is_some_and(is_as_planned) {
            self.undone += 1;
            return;
        }
        self.hold_edits(run, &known, &read, (before, after));
    }

    /// Nobody's edit that came after the plan is lost, but in the gap between the reading and the writing.
    fn hold_edits(&mut self, run: usize, known: &Held, read: &Held, (before, after): (&Held, Option<&Held>)) {
        let (was, then) = (labels(known), labels(read));
        let now = after.map(labels);
        let edited: Vec<&String> = was.keys().chain(then.keys()).filter(|it| was.get(*it) != then.get(*it)).collect();
        let is_removal = after.is_none_or(|it| it.deactivated);
        let scope = self.config.settings.scope.clone();
        if is_removal && !edited.is_empty() {
            self.tell(run, "something was removed that somebody had edited since the plan", before);
        } else if let Some(now) = &now {
            let lost = |it: &&&String| scope.covers(&Locale::new(it.as_str())) && now.get(**it) != then.get(**it);
            if let Some(locale) = edited.iter().find(lost) {
                let what = format!("the label `{locale}`, which somebody had edited since the plan, was written over");
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
            self.tell(run, "somebody had changed whether it is active since the plan, and that was undone", before);
        }
        let Some(after) = after else { return };
        if after.system_presence != read.system_presence {
            self.tell(run, "it moved to another system presence", before);
        }
        // What came after the reading cannot be seen by anybody: it is counted, and allowed.
        if before != read {
            self.gaps += 1;
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
            let is_fresh = now_ms.saturating_sub(first.at_ms) < LAG_MS;
            let by_another = first.by != Some(run);
            // Somebody else made it a moment ago, and no list has to show it yet.
            if is_fresh && by_another && (first.by.is_none() || self.runs_meet) {
                self.twins.push((id.clone(), made.id.clone()));
                continue;
            }
            twin = Some(id.clone());
        }
        if let Some(id) = twin {
            self.tell(run, &format!("it was made a second time beside {id}"), made);
        }
        if let Some(process) = self.processes.get_mut(&run) {
            process.made.push((made.id.clone(), (made.system_presence.clone(), name)));
        }
    }

    /// May the config change what is called and placed so?
    fn is_ours(&self, known: &Held) -> bool {
        let labels = known.labels.iter().map(|(a, b)| (Locale::new(a.clone()), Label::new(b.clone()))).collect();
        let (Some(id), Some(system_presence)) =
            (DefinitionId::new(&known.id), presencectl::model::names::SystemPresence::new(&known.system_presence))
        else {
            return false;
        };
        let object = presencectl::model::observed::Definition {
            id,
            system_presence,
            labels,
            deactivated: known.deactivated,
            primary: if known.primary {
                presencectl::model::observed::Primary::Yes
            } else {
                presencectl::model::observed::Primary::No
            },
            division: None,
            modified: None,
        };
        let made_by_us = self.history.get(&known.id).and_then(|it| it.first()).is_some_and(|it| it.by.is_some());
        made_by_us || is_named(&self.config, &object)
    }

    /// How often a process wrote something, or made something called so.
    pub(super) fn writes(&self, run: usize, id: Option<&str>, made: (&str, Option<&str>)) -> usize {
        let Some(process) = self.processes.get(&run) else { return 0 };
        if let Some(id) = id {
            return process.writes.get(id).copied().unwrap_or_default();
        }
        let alike = |(_, (presence, name)): &&(String, (String, Option<String>))| {
            presence == made.0 && name.as_deref() == made.1
        };
        process.made.iter().filter(alike).count()
    }

    /// Was a definition so at any moment since a process began (and before that, as far as lists lag)?
    pub(super) fn was_ever(&self, run: usize, id: &str, is_so: impl Fn(Option<&Held>) -> bool) -> bool {
        let Some(versions) = self.history.get(id) else { return is_so(None) };
        let begin_ms = self.processes.get(&run).map_or(0, |it| it.begin_ms).saturating_sub(LAG_MS);
        let first = versions.iter().rposition(|it| it.at_ms <= begin_ms).unwrap_or_default();
        versions[first..].iter().any(|it| is_so(it.held.as_deref()))
    }

    /// The labels of a definition in any spelling of their locales.
    pub(super) fn labels(held: &Held) -> BTreeMap<String, String> {
        labels(held)
    }

    /// In any spelling.
    pub(super) fn folded(locale: &str) -> String {
        folded(locale)
    }

    /// Did anybody else change anything since this moment?
    pub(super) fn was_edited_since(&self, at_ms: u64) -> bool {
        self.history.values().flatten().any(|it| it.by.is_none() && it.at_ms > at_ms.max(1))
    }
}

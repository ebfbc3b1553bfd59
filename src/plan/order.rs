//! What has to be done before what. An org may demand that no other has a label, so a label has to
//! be free before it is taken; only so many definitions of a system presence may be active; and what is
//! replaced stays until what takes its place is there.
//!
//! This is the order of running. The order of showing is another, and stands in `plan.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::desired::ACTIVE_DEFINITIONS_MAX;
use crate::model::labels::Labels;
use crate::model::names::{Key, Label, Locale};
use crate::model::observed::{Observed, Primary};
use crate::plan::change::{Action, Edit, Step};

/// The order of some steps, which are named by their places in the list that it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    needs: Vec<Vec<OrderNeed>>,
    given_up: Vec<Vec<OrderNeed>>,
    cycles: Vec<Vec<usize>>,
    waves: Vec<Vec<usize>>,
}

/// A step that has to be done before another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderNeed {
    pub step: usize,
    pub because: Because,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The other one makes what takes the place of this one's object.
    TakesItsPlace,
    /// The other one's object has a label that this one takes; one of them, where there are several.
    Frees(Locale, Label),
}

/// Among which definitions an org may demand that a label is the only one of its locale, no matter what
/// their system presences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unique {
    AmongActive,
    AmongAll,
}

impl Order {
    /// The order of these steps, for an org that may demand unique labels, or may not. `observed` is
    /// what they were planned from: it has the labels in locales that are not managed, and how many
    /// definitions are active.
    ///
    /// # Guarantees
    /// - Where the labels of `before` and of `after` are unique (among the active definitions, or
    ///   among all), they are so after each step of [`Order::waves`], unless a cycle is named.
    /// - What is replaced needs everything else that is done for the definition that takes its place; no
    ///   cycle undoes that.
    /// - Where a system presence could have more active definitions in between than the platform
    ///   documents, what frees a place under it comes first, unless that waits for what takes one.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>, observed: &Observed) -> Order {
        let steps: Vec<&Step> = steps.into_iter().collect();
        let nothing = vec![Vec::new(); steps.len()];
        let mut order = Order { needs: replacements(&steps), given_up: nothing, ..Order::default() };
        let sides: Vec<Sides> = steps.iter().map(|step| Sides::of(step, observed)).collect();
        // Labels that are not unique among all are so among the active ones at most, and then only
        // those count: so they come first, and the others give way to them.
        for unique in [Unique::AmongActive, Unique::AmongAll] {
            order.add(frees(&sides, unique));
        }
        order.waves = waves(&steps, &order.needs, room(&steps, &order.needs, observed));
        order
    }

    /// What has to be done before this step. When something of it is not done, this step must not
    /// be: its label would be there twice, or its object would go without a successor.
    pub fn needs(&self, step: usize) -> &[OrderNeed] {
        self.needs.get(step).map_or(&[], Vec::as_slice)
    }

    /// What would have to be done before this step if that closed no cycle: who has the labels that it
    /// takes.
    pub fn given_up(&self, step: usize) -> &[OrderNeed] {
        self.given_up.get(step).map_or(&[], Vec::as_slice)
    }

    /// Steps whose labels change hands in a cycle: no order of them is right where labels have to be
    /// unique, so none of them waits for another one's label. Where the org refuses one of them, it
    /// takes two pull requests.
    pub fn cycles(&self) -> &[Vec<usize>] {
        &self.cycles
    }

    /// All steps, in groups: what stands in one may run at once, after everything in the groups
    /// before it. Removals come last, replacements before the others, save those that free a label, or a
    /// place near the limit: agents can move before anything disappears.
    pub fn waves(&self) -> &[Vec<usize>] {
        &self.waves
    }

    /// Adds what does not close a cycle; what does is named instead.
    fn add(&mut self, mut more: Vec<(usize, OrderNeed)>) {
        more.retain(|(step, need)| {
            let known = [&self.needs[*step], &self.given_up[*step]].into_iter().flatten();
            let is_known = known.into_iter().any(|it| it.step == need.step);
            let circular = self.cycles.iter().any(|it| it.contains(step) && it.contains(&need.step));
            if circular && !is_known {
                self.given_up[*step].push(need.clone());
            }
            !is_known && !circular
        });
        let mut edges: Vec<Vec<usize>> =
            self.needs.iter().map(|needs| needs.iter().map(|it| it.step).collect()).collect();
        for (step, need) in &more {
            edges[*step].push(need.step);
        }
        let cycle_of = cycles(&edges);
        for (step, need) in more {
            let circular = cycle_of[step].is_some() && cycle_of[step] == cycle_of[need.step];
            let list = if circular { &mut self.given_up } else { &mut self.needs };
            list[step].push(need);
        }
        for needs in self.needs.iter_mut().chain(&mut self.given_up) {
            needs.sort_by_key(|it| it.step);
        }
        let count = cycle_of.iter().flatten().max().map_or(0, |last| last + 1);
        let mut named = vec![Vec::new(); count];
        for (step, cycle) in cycle_of.into_iter().enumerate() {
            if let Some(cycle) = cycle {
                named[cycle].push(step);
            }
        }
        self.cycles.extend(named);
        self.cycles.sort();
    }
}

/// A replacement needs everything else that is done for the definition of its key.
fn replacements(steps: &[&Step]) -> Vec<Vec<OrderNeed>> {
    let mut makers: HashMap<&Key, Vec<usize>> = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        if let (false, Some(key)) = (step.action().is_removal(), step.key()) {
            makers.entry(key).or_default().push(index);
        }
    }
    let needs = |step: &&Step| {
        let makers = (step.action() == Action::Supersede).then(|| makers.get(step.key()?)).flatten();
        let needs = makers.into_iter().flatten();
        needs.map(|maker| OrderNeed { step: *maker, because: Because::TakesItsPlace }).collect()
    };
    steps.iter().map(needs).collect()
}

/// A label of a locale, in the form in which spellings are equal.
type Name = (String, String);

/// Who has a label before and not after, and who after and not before.
#[derive(Default)]
struct ObjectContext {
    from: Vec<usize>,
    to: Vec<(usize, Locale, Label)>,
}

/// All labels of a step's object, before and after, and whether it is active then.
struct Sides {
    before: (Labels, bool),
    after: (Labels, bool),
}

impl Sides {
    fn of(step: &Step, observed: &Observed) -> Sides {
        let after = step.after();
        let mut sides = Sides {
            before: step.before().map_or_else(Default::default, |it| (it.labels.clone(), !it.deactivated)),
            after: (after.labels, !after.deactivated),
        };
        if let Step::Update(edit) | Step::Reactivate(edit) = step {
            // What no step names is there all the same, and active again with the rest.
            for (locale, label) in not_managed(edit, observed) {
                sides.before.0.insert(locale.clone(), label.clone());
                sides.after.0.insert(locale.clone(), label.clone());
            }
        }
        sides
    }
}

fn not_managed<'a>(edit: &'a Edit, observed: &'a Observed) -> impl Iterator<Item = (&'a Locale, &'a Label)> {
    let labels = observed.get(&edit.id).into_iter().flat_map(|it| it.labels.iter());
    labels.filter(|(locale, _)| !edit.scope.covers(locale))
}

/// Which step takes a label that which other one's object has until then.
fn frees(sides: &[Sides], unique: Unique) -> Vec<(usize, OrderNeed)> {
    let none = Labels::new();
    let mut hands: HashMap<Name, ObjectContext> = HashMap::new();
    let counted = |(labels, active)| if active || unique == Unique::AmongAll { labels } else { &none };
    let sides: Vec<(&Labels, &Labels)> = sides
        .iter()
        .map(|Sides { before, after }| (counted((&before.0, before.1)), counted((&after.0, after.1))))
        .collect();
    for (index, (before, after)) in sides.iter().enumerate() {
        for (locale, label) in before.iter().filter(|(locale, label)| !has(after, locale, label)) {
            hands.entry(name(locale, label)).or_default().from.push(index);
        }
    }
    if hands.is_empty() {
        return Vec::new();
    }
    for (index, (before, after)) in sides.iter().enumerate() {
        for (locale, label) in after.iter().filter(|(locale, label)| !has(before, locale, label)) {
            if let Some(hands) = hands.get_mut(&name(locale, label)) {
                hands.to.push((index, locale.clone(), label.clone()));
            }
        }
    }
    let mut needs = Vec::new();
    for ObjectContext { from, to } in hands.into_values() {
        // Several before and several after: no org that demands unique labels holds that, and every
        // pair of them would be too many.
        if from.len() > 1 && to.len() > 1 {
            continue;
        }
        for (taker, locale, label) in to {
            let because = Because::Frees(locale, label);
            needs.extend(from.iter().map(|step| (taker, OrderNeed { step: *step, because: because.clone() })));
        }
    }
    // By locale and label, so that of several the same is named each time.
    needs.sort_by(|(a, first), (b, second)| (a, first.step, shown(first)).cmp(&(b, second.step, shown(second))));
    needs.dedup_by_key(|(taker, need)| (*taker, need.step));
    needs
}

fn name(locale: &Locale, label: &Label) -> Name {
    (locale.normal(), label.nfc().to_owned())
}

fn has(labels: &Labels, locale: &Locale, label: &Label) -> bool {
    labels.iter().any(|(its, held)| held == label && its.same_as(locale))
}

fn shown(need: &OrderNeed) -> (&str, &str) {
    match &need.because {
        Because::TakesItsPlace => ("", ""),
        Because::Frees(locale, label) => (locale.as_str(), label.nfc()),
    }
}

/// The cycle that each step is in, by number; none for a step in none.
fn cycles(edges: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut backwards = vec![Vec::new(); edges.len()];
    for (step, needs) in edges.iter().enumerate() {
        for need in needs {
            backwards[*need].push(step);
        }
    }
    let mut seen = vec![false; edges.len()];
    let mut left: Vec<usize> = Vec::new();
    for start in 0..edges.len() {
        left.extend(reached(start, edges, &mut seen));
    }
    // Everything that can be gone back to, from the one left last, can be gone to from it as well.
    let mut seen = vec![false; edges.len()];
    let mut cycle_of = vec![None; edges.len()];
    let mut count = 0;
    for start in left.into_iter().rev() {
        let members = reached(start, &backwards, &mut seen);
        if members.len() > 1 {
            for member in members {
                cycle_of[member] = Some(count);
            }
            count += 1;
        }
    }
    cycle_of
}

/// What can be reached and was not seen yet, in the order in which it is left again.
fn reached(start: usize, edges: &[Vec<usize>], seen: &mut [bool]) -> Vec<usize> {
    let mut left = Vec::new();
    if std::mem::replace(&mut seen[start], true) {
        return left;
    }
    // Each with how many of its edges were gone along; no recursion, since a chain may be long.
    let mut path = vec![(start, 0)];
    while let Some((step, gone)) = path.last_mut() {
        if let Some(next) = edges[*step].get(*gone) {
            *gone += 1;
            if !std::mem::replace(&mut seen[*next], true) {
                path.push((*next, 0));
            }
        } else {
            left.push(*step);
            path.pop();
        }
    }
    left
}

/// Under one system presence that is near its limit: what takes a place, and what frees one before.
#[derive(Default)]
struct Room {
    takers: Vec<usize>,
    freers: Vec<usize>,
}

/// Where more could be active in between than the platform documents. Nothing here is a need: the org
/// may allow more, and where it does not, it says so.
fn room(steps: &[&Step], needs: &[Vec<OrderNeed>], observed: &Observed) -> Vec<Room> {
    let mut active: HashMap<&str, usize> = HashMap::new();
    for it in observed.definitions.iter().filter(|it| !it.deactivated && it.primary != Primary::Yes) {
        *active.entry(it.system_presence.folded()).or_default() += 1;
    }
    let mut rooms: BTreeMap<&str, Room> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let room = rooms.entry(step.system_presence().folded()).or_default();
        match step {
            Step::Create(_) | Step::Reactivate(_) => room.takers.push(index),
            Step::Update(_) => {}
            Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => room.freers.push(index),
        }
    }
    rooms.retain(|presence, room| {
        let at_most = active.get(presence).copied().unwrap_or_default() + room.takers.len();
        let missing = at_most.saturating_sub(ACTIVE_DEFINITIONS_MAX);
        // A replacement waits for others, who may wait for a place in turn: only where the rest is not enough.
        let (replaced, removed): (Vec<usize>, Vec<usize>) =
            room.freers.iter().partition(|it| steps[**it].action() == Action::Supersede);
        room.freers = if removed.len() >= missing { removed } else { [removed, replaced].concat() };
        !room.freers.is_empty() && missing > 0
    });
    let mut rooms: Vec<Room> = rooms.into_values().collect();
    // A room stands between the two, as every pair of them would be too many: it needs the freers, and
    // the takers need it. What frees only after what takes is not waited for.
    let mut edges: Vec<Vec<usize>> = needs.iter().map(|it| it.iter().map(|need| need.step).collect()).collect();
    for (place, room) in rooms.iter().enumerate() {
        edges.push(room.freers.clone());
        for taker in &room.takers {
            edges[*taker].push(steps.len() + place);
        }
    }
    let cycle_of = cycles(&edges);
    for (place, room) in rooms.iter_mut().enumerate() {
        let cycle = cycle_of[steps.len() + place];
        room.freers.retain(|it| cycle.is_none() || cycle_of[*it] != cycle);
    }
    rooms
}

fn waves(steps: &[&Step], needs: &[Vec<OrderNeed>], rooms: Vec<Room>) -> Vec<Vec<usize>> {
    let mut early: BTreeSet<usize> = (0..steps.len()).filter(|it| !steps[*it].action().is_removal()).collect();
    let freeing: Vec<usize> = early.iter().flat_map(|it| needs[*it].iter().map(|need| need.step)).collect();
    early.extend(freeing);
    early.extend(rooms.iter().flat_map(|it| &it.freers));
    let mut waves: Vec<Vec<usize>> = Vec::new();
    // The rooms stand behind the steps.
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); steps.len()];
    for step in &early {
        for need in &needs[*step] {
            dependents[need.step].push(*step);
        }
    }
    for Room { takers, freers } in rooms.into_iter().filter(|it| !it.freers.is_empty()) {
        for taker in &takers {
            open[*taker] += 1;
        }
        for freer in &freers {
            dependents[*freer].push(open.len());
        }
        open.push(freers.len());
        dependents.push(takers);
    }
    let mut next: Vec<usize> = early.iter().copied().filter(|it| open[*it] == 0).collect();
    while !next.is_empty() {
        let mut after = Vec::new();
        let mut done = next.clone();
        while let Some(one) = done.pop() {
            for dependent in &dependents[one] {
                open[*dependent] -= 1;
                match (open[*dependent], *dependent < steps.len()) {
                    (0, true) => after.push(*dependent),
                    // A room is no step, so nothing waits for it a wave longer.
                    (0, false) => done.push(*dependent),
                    _ => {}
                }
            }
        }
        after.sort_unstable();
        waves.push(std::mem::replace(&mut next, after));
    }
    let late: Vec<usize> = (0..steps.len()).filter(|it| !early.contains(it)).collect();
    let (replaced, removed) = late.into_iter().partition(|it| steps[*it].action() == Action::Supersede);
    waves.extend([replaced, removed]);
    waves.retain(|it| !it.is_empty());
    waves
}

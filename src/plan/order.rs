//! The order of execution. An org may demand unique labels, so a label must be free before it is used again. The number
//! of active definitions per system presence is limited. A replaced object stays until its replacement exists.
//!
//! The order of display is in `plan.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::desired::ACTIVE_DEFINITIONS_MAX;
use crate::model::labels::Labels;
use crate::model::names::{Key, Label, Locale};
use crate::model::observed::{Observed, Primary};
use crate::plan::change::{Action, Edit, Step};

/// The order of steps. A step is named by its index in the input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    needs: Vec<Vec<OrderNeed>>,
    given_up: Vec<Vec<OrderNeed>>,
    cycles: Vec<Vec<usize>>,
    waves: Vec<Vec<usize>>,
}

/// A step that must run before another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderNeed {
    pub step: usize,
    pub because: Because,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The other step creates the replacement of this step's object.
    TakesItsPlace,
    /// The other step's object has a label that this step needs. If there are several, this is one of them.
    Frees(Locale, Label),
}

/// The definitions among which an org may demand unique labels in a locale, across system presences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unique {
    AmongActive,
    AmongAll,
}

impl Order {
    /// The order of these steps. It works for orgs that demand unique labels and for those that do not. `observed` adds
    /// labels in unmanaged locales and the number of active definitions.
    ///
    /// # Guarantees
    /// - If the labels of `before` and of `after` are unique (among active definitions, or among all), they are unique
    ///   after each of [`Order::waves`], unless a cycle is named.
    /// - A replaced object waits for every other step of the definition that replaces it. No cycle removes this wait.
    /// - Where a system presence could exceed the documented number of active definitions, steps that free a place come
    ///   first, unless they wait for one that needs a place.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>, observed: &Observed) -> Order {
        let steps: Vec<&Step> = steps.into_iter().collect();
        let nothing = vec![Vec::new(); steps.len()];
        let mut order = Order { needs: replacements(&steps), given_up: nothing, ..Order::default() };
        let sides: Vec<Sides> = steps.iter().map(|step| Sides::of(step, observed)).collect();
        // Labels that are not unique among all definitions may be unique among active ones. Those constraints come
        // first and take precedence.
        for unique in [Unique::AmongActive, Unique::AmongAll] {
            order.add(frees(&sides, unique));
        }
        order.waves = waves(&steps, &order.needs, room(&steps, &order.needs, observed));
        order
    }

    /// The steps that must succeed before this step. Otherwise its label would exist twice, or its object would go
    /// without a replacement.
    pub fn needs(&self, step: usize) -> &[OrderNeed] {
        self.needs.get(step).map_or(&[], Vec::as_slice)
    }

    /// The needs of this step that were dropped because they close a cycle: the owners of the labels that it takes.
    pub fn given_up(&self, step: usize) -> &[OrderNeed] {
        self.given_up.get(step).map_or(&[], Vec::as_slice)
    }

    /// Steps whose labels change hands in a cycle. No order keeps such labels unique, so none of them waits for
    /// another. If the org refuses one, it takes two pull requests.
    pub fn cycles(&self) -> &[Vec<usize>] {
        &self.cycles
    }

    /// All steps in groups. The steps of a group can run concurrently, after all earlier groups.
    /// Removals come last, and replacements before other steps, unless a removal frees a label or a place near the
    /// limit. So agents can switch before a presence disappears.
    pub fn waves(&self) -> &[Vec<usize>] {
        &self.waves
    }

    /// Adds the needs that close no cycle. Those that do are recorded as dropped.
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

/// A replacement needs every other step of the definition with its key.
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

/// A label of a locale, in its comparison form.
type Name = (String, String);

/// The objects that give up a label, and those that take it.
#[derive(Default)]
struct ObjectContext {
    from: Vec<usize>,
    to: Vec<(usize, Locale, Label)>,
}

/// All labels of a step's object before and after, and whether it is active.
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
            // Labels that the step does not change exist too, and become active with the rest.
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

/// Pairs of steps: one takes a label that the other one's object has until then.
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
        // With several owners before and after, labels are not unique in this org, and listing every pair would be too
        // much.
        if from.len() > 1 && to.len() > 1 {
            continue;
        }
        for (taker, locale, label) in to {
            let because = Because::Frees(locale, label);
            needs.extend(from.iter().map(|step| (taker, OrderNeed { step: *step, because: because.clone() })));
        }
    }
    // Sorted by locale and label, so that the same need is named each time.
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

/// The number of the cycle of each step. `None` for a step in no cycle.
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
    // The second pass of Kosaraju's algorithm: a node from which the last finished node can be reached is in its cycle.
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

/// The unseen nodes that can be reached, in post-order.
fn reached(start: usize, edges: &[Vec<usize>], seen: &mut [bool]) -> Vec<usize> {
    let mut left = Vec::new();
    if std::mem::replace(&mut seen[start], true) {
        return left;
    }
    // Each node with the number of its followed edges. There is no recursion, because a chain can be long.
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

/// A system presence near its limit: the steps that need a place, and the steps that free one first.
#[derive(Default)]
struct Room {
    takers: Vec<usize>,
    freers: Vec<usize>,
}

/// System presences that could exceed the documented number of active definitions in between. This adds no hard need:
/// the org may allow more, and otherwise it refuses.
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
        // A replacement waits for other steps, which may need a place themselves. It is used only if other removals are
        // not enough.
        let (replaced, removed): (Vec<usize>, Vec<usize>) =
            room.freers.iter().partition(|it| steps[**it].action() == Action::Supersede);
        room.freers = if removed.len() >= missing { removed } else { [removed, replaced].concat() };
        !room.freers.is_empty() && missing > 0
    });
    let mut rooms: Vec<Room> = rooms.into_values().collect();
    // A room is a node between freeing and taking steps, because listing every pair would be too much. A step that
    // frees a place only after a taking step is left out.
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
    // The rooms come after the steps.
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
                    // A room is no step, so it adds no wave.
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

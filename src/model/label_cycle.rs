//! Label cycles: labels that are swapped in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::Key;

/// The keys on a cycle, or between two cycles. Repeatedly removing keys without successors or predecessors leaves
/// exactly these.
pub fn in_label_cycles<'a>(takers: &BTreeMap<&'a Key, BTreeSet<&'a Key>>) -> Vec<&'a Key> {
    let leading_on = without_ends(takers);
    let mut backwards: BTreeMap<&Key, BTreeSet<&Key>> = leading_on.iter().map(|key| (*key, BTreeSet::new())).collect();
    for key in &leading_on {
        for taker in takers.get(key).into_iter().flatten() {
            if let Some(from) = backwards.get_mut(taker) {
                from.insert(key);
            }
        }
    }
    without_ends(&backwards)
}

/// Repeatedly removes the keys without successors.
fn without_ends<'a>(takers: &BTreeMap<&'a Key, BTreeSet<&'a Key>>) -> Vec<&'a Key> {
    let mut open: BTreeMap<&Key, usize> = BTreeMap::new();
    let mut taken_from: BTreeMap<&Key, Vec<&'a Key>> = BTreeMap::new();
    for (key, its) in takers {
        let inner = its.iter().filter(|taker| takers.contains_key(*taker));
        open.insert(key, inner.clone().count());
        for taker in inner {
            taken_from.entry(taker).or_default().push(key);
        }
    }
    let mut ends: Vec<&Key> = open.iter().filter(|(_, count)| **count == 0).map(|(key, _)| *key).collect();
    while let Some(end) = ends.pop() {
        for key in taken_from.get(end).into_iter().flatten() {
            if let Some(count) = open.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    ends.push(key);
                }
            }
        }
    }
    takers.keys().copied().filter(|key| open.get(key).is_some_and(|count| *count > 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_round_is_in_a_circle() {
        let keys = ["lunch", "tea", "dinner", "into", "end"].map(|it| Key::new(it).unwrap());
        let [lunch, tea, dinner, into, end] = &keys;
        let takers = BTreeMap::from([
            (lunch, BTreeSet::from([tea])),
            (tea, BTreeSet::from([dinner])),
            (dinner, BTreeSet::from([lunch, end])),
            (into, BTreeSet::from([lunch])),
            (end, BTreeSet::new()),
        ]);
        assert_eq!(in_label_cycles(&takers), [dinner, lunch, tea]);
    }
}

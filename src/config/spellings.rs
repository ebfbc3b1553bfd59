//! A lookup for the spellings of locales. All definitions have the same few, usually in the same order.

use std::collections::HashMap;

/// A value for each known spelling.
#[derive(Debug)]
pub(super) struct Spellings<T> {
    known: Vec<Known<T>>,
    by_spelling: HashMap<String, usize>,
    /// The last result.
    last: usize,
}

#[derive(Debug)]
struct Known<T> {
    spelling: String,
    value: T,
    /// The result that followed this one last time. It is compared first.
    next: usize,
}

impl<T> Default for Spellings<T> {
    fn default() -> Spellings<T> {
        Spellings { known: Vec::new(), by_spelling: HashMap::new(), last: 0 }
    }
}

impl<T: Clone> Spellings<T> {
    /// The value of a spelling. A new one is made.
    pub(super) fn get_or(&mut self, spelling: &str, make: impl FnOnce() -> T) -> T {
        let next = self.known.get(self.last).map(|it| it.next);
        if let Some((next, known)) = next.and_then(|next| Some((next, self.known.get(next)?)))
            && known.spelling == spelling
        {
            self.last = next;
            return known.value.clone();
        }
        let found = self.by_spelling.get(spelling).copied();
        let index = found.unwrap_or_else(|| {
            self.known.push(Known { spelling: spelling.to_owned(), value: make(), next: 0 });
            self.by_spelling.insert(spelling.to_owned(), self.known.len() - 1);
            self.known.len() - 1
        });
        if let Some(last) = self.known.get_mut(self.last) {
            last.next = index;
        }
        self.last = index;
        self.known[index].value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_has_its_value_in_whatever_order_they_come() {
        let mut spellings = Spellings::default();
        let mut made = 0;
        for spelling in ["a", "b", "c", "a", "b", "c", "c", "b", "a", "", "c", "a", "a", "b", "c"] {
            let value = spellings.get_or(spelling, || {
                made += 1;
                spelling.to_owned()
            });
            assert_eq!(value, spelling);
        }
        assert_eq!(made, 4);
    }
}

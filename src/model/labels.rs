//! The labels of one definition, one per locale, and the comparison of two sets.

use crate::model::names::{Label, Locale};

/// Values by locale, sorted by spelling. A definition has few locales and a config has many definitions, so a sorted
/// list takes less memory than a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByLocale<T>(Vec<(Locale, T)>);

impl<T> Default for ByLocale<T> {
    fn default() -> ByLocale<T> {
        ByLocale(Vec::new())
    }
}

impl<T> ByLocale<T> {
    fn index(&self, locale: &Locale) -> Result<usize, usize> {
        self.0.binary_search_by(|(it, _)| it.cmp(locale))
    }

    /// The value for this exact spelling.
    pub fn get(&self, locale: &Locale) -> Option<&T> {
        self.0.get(self.index(locale).ok()?).map(|(_, value)| value)
    }

    pub fn insert(&mut self, locale: Locale, value: T) {
        match self.index(&locale) {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (locale, value)),
        }
    }

    fn remove(&mut self, locale: &Locale) {
        if let Ok(index) = self.index(locale) {
            self.0.remove(index);
        }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Locale, &T)> {
        self.0.iter().map(|(locale, value)| (locale, value))
    }
}

impl<T> FromIterator<(Locale, T)> for ByLocale<T> {
    /// If a spelling occurs several times, the last value counts.
    fn from_iter<I: IntoIterator<Item = (Locale, T)>>(items: I) -> ByLocale<T> {
        let mut items: Vec<(Locale, T)> = items.into_iter().collect();
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        items.dedup_by(|later, first| {
            let is_same = later.0 == first.0;
            if is_same {
                std::mem::swap(later, first);
            }
            is_same
        });
        ByLocale(items)
    }
}

/// Labels by locale, in their author's spelling. An org may have two spellings of one locale, so both are allowed here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(ByLocale<Label>);

/// One locale on both sides. At least one side is present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPair<'a> {
    /// The spelling of the second side (the org). If it is absent there, the spelling of the first side.
    pub locale: &'a Locale,
    pub first: Option<&'a Label>,
    pub second: Option<&'a Label>,
}

/// The locales that a config manages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// Every locale: the list of labels is complete.
    #[default]
    All,
    /// Only these. Labels in other locales are neither compared nor written.
    Only(Vec<Locale>),
}

impl Scope {
    pub fn covers(&self, locale: &Locale) -> bool {
        match self {
            Scope::All => true,
            Scope::Only(locales) => locales.iter().any(|it| it.same_as(locale)),
        }
    }
}

impl Labels {
    pub fn new() -> Labels {
        Labels::default()
    }

    pub fn insert(&mut self, locale: Locale, label: Label) {
        self.0.insert(locale, label);
    }

    /// Removes the label of this exact spelling.
    pub fn remove(&mut self, locale: &Locale) {
        self.0.remove(locale);
    }

    /// The label for a locale: its exact spelling first, then any spelling of the same locale.
    pub fn get(&self, locale: &Locale) -> Option<&Label> {
        self.0.get(locale).or_else(|| self.iter().find(|(it, _)| it.same_as(locale)).map(|(_, label)| label))
    }

    /// The display name: the label for the default locale, or any other label.
    pub fn name(&self, default_locale: &Locale) -> Option<&Label> {
        self.get(default_locale).or_else(|| self.iter().next().map(|(_, label)| label))
    }

    /// Sorted by the spelling of the locales.
    pub fn iter(&self) -> impl Iterator<Item = (&Locale, &Label)> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    pub fn within(&self, scope: &Scope) -> Labels {
        self.iter().filter(|(locale, _)| scope.covers(locale)).map(|(a, b)| (a.clone(), b.clone())).collect()
    }

    /// Pairs both sides by locale: equal spellings first, then equal normal forms, each label once. Sorted by the
    /// displayed spelling.
    pub fn pair<'a>(&'a self, other: &'a Labels) -> Vec<LabelPair<'a>> {
        let mut pairs = Vec::with_capacity(self.len().max(other.len()));
        let mut rest: Vec<(&Locale, &Label)> = other.iter().filter(|(it, _)| self.0.get(it).is_none()).collect();
        for (locale, first) in self.iter() {
            if let Some(second) = other.0.get(locale) {
                pairs.push(LabelPair { locale, first: Some(first), second: Some(second) });
            } else if let Some(index) = rest.iter().position(|(it, _)| it.same_as(locale)) {
                let (spelt, second) = rest.remove(index);
                pairs.push(LabelPair { locale: spelt, first: Some(first), second: Some(second) });
            } else {
                pairs.push(LabelPair { locale, first: Some(first), second: None });
            }
        }
        pairs.extend(rest.into_iter().map(|(locale, second)| LabelPair { locale, first: None, second: Some(second) }));
        pairs.sort_by_key(|pair| pair.locale);
        pairs
    }

    /// Do both have the same labels for the same locales, in any spelling of the locales?
    pub fn same_as(&self, other: &Labels) -> bool {
        if self.len() != other.len() {
            return false;
        }
        let is_spelt_alike = self.iter().zip(other.iter()).all(|((one, _), (another, _))| one == another);
        if is_spelt_alike {
            return self == other;
        }
        self.pair(other).iter().all(|pair| pair.first == pair.second)
    }
}

impl FromIterator<(Locale, Label)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Locale, Label)>>(items: I) -> Labels {
        Labels(items.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(items: &[(&str, &str)]) -> Labels {
        items.iter().map(|(locale, label)| (Locale::new(*locale), Label::new(*label))).collect()
    }

    #[test]
    fn the_last_label_of_a_spelling_counts() {
        let mut both = labels(&[("de", "A"), ("ar", "B"), ("de", "C"), ("de", "D")]);
        assert_eq!(both, labels(&[("ar", "B"), ("de", "D")]));
        both.insert(Locale::new("de"), Label::new("E"));
        both.remove(&Locale::new("ar"));
        assert_eq!(both, labels(&[("de", "E")]));
    }

    #[test]
    fn spellings_of_a_locale_pair_up_and_the_second_ones_is_kept() {
        let (desired, observed) = (labels(&[("en_US", "Lunch")]), labels(&[("en-us", "Lunch")]));
        assert!(desired.same_as(&observed));
        assert_eq!(desired.pair(&observed)[0].locale, &Locale::new("en-us"));
    }

    #[test]
    fn a_definition_is_called_by_its_default_label_else_by_any() {
        let default = Locale::new("en_US");
        assert_eq!(labels(&[("de", "Pause"), ("en-us", "Lunch")]).name(&default), Some(&Label::new("Lunch")));
        assert_eq!(labels(&[("fr", "Midi"), ("de", "Pause")]).name(&default), Some(&Label::new("Pause")));
        assert_eq!(Labels::new().name(&default), None);
    }

    #[test]
    fn an_equal_spelling_wins_over_a_similar_one() {
        let (desired, observed) = (labels(&[("en_US", "A")]), labels(&[("en-us", "B"), ("en_US", "A")]));
        let pairs = desired.pair(&observed);
        assert_eq!(pairs.len(), 2);
        assert!(pairs.iter().any(|it| it.locale.as_str() == "en-us" && it.first.is_none()));
        assert!(pairs.iter().any(|it| it.locale.as_str() == "en_US" && it.first == it.second));
    }
}

//! The rules for labels and locales.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::config::check_text::{hidden_in, is_plain, placeholder};
use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::located::{Entries, LocatedField};
use crate::config::schema::Settings as SettingsShape;
use crate::config::spellings::Spellings;
use crate::model::desired::Settings;
use crate::model::labels::{ByLocale, Labels, Scope};
use crate::model::names::{Label, Locale};
use crate::model::source::Span;
use crate::model::{text, yaml};

/// The locales that the platform documents (docs/platform.md, "Locales"), and three more that CX as Code lists.
pub const DOCUMENTED_LOCALES: [&str; 27] = [
    "ar", "cs", "da", "de", "en", "en_US", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "nl", "no", "pl", "pt",
    "pt_BR", "pt_PT", "ru", "sv", "th", "tr", "uk", "zh_CN", "zh_TW",
];

/// The longest label that the platform documents, in characters (docs/platform.md, "Limits"). It accepted 50.
pub const LABEL_LENGTH_MAX: usize = 32;

/// The most missing locales that are named for one definition. Readers need no more, and the full list could be as
/// large as definitions times locales.
const LOCALES_SHOWN_MAX: usize = 30;

/// The rules for the labels of all definitions, and the findings that are reported once for all of them.
pub struct LabelRules {
    default_locale: Locale,
    /// Nothing counts as missing if the setting is broken or a file was not read.
    default_known: bool,
    /// `None` if every locale is managed.
    managed: Option<Managed>,
    /// Spellings that need no warning.
    known: HashSet<String>,
    unknown: BTreeMap<String, (Span, usize)>,
    outside: BTreeMap<String, (Span, usize)>,
    /// The undocumented locales of `settings.locales` without a label so far, by their normal form.
    unused: BTreeMap<String, (String, Span)>,
    labelled: bool,
    spellings: Spellings<Spelling>,
    /// The number of each normal form.
    numbers: HashMap<String, usize>,
    /// By number: the last definition with a label in that locale, and the index of the label.
    seen: Vec<(usize, usize)>,
    /// The number of definitions that were checked.
    definitions: usize,
}

/// What is known of one spelling of a locale.
#[derive(Clone)]
struct Spelling {
    locale: Locale,
    /// The number of its normal form.
    number: usize,
    is_odd: bool,
    /// It needs no warning.
    is_known: bool,
    managing: Managing,
}

/// How a locale relates to the managed ones. Problems of the default locale are reported where it is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Managing {
    /// It is the default one, or all locales are managed.
    Free,
    Inside,
    Outside,
}

/// The locales of `settings.locales`: normal form and spelling.
struct Managed {
    in_order: Vec<(String, String)>,
    spelt: HashMap<String, String>,
}

impl LabelRules {
    pub fn new(settings: &Settings, given: &SettingsShape, complete: bool) -> LabelRules {
        let mut known: HashSet<String> = DOCUMENTED_LOCALES.into_iter().map(str::to_owned).collect();
        let managed = match &settings.scope {
            Scope::All => None,
            Scope::Only(locales) => {
                known.extend(locales.iter().map(|it| it.as_str().to_owned()));
                let in_order: Vec<(String, String)> = locales.iter().map(|it| (it.normal(), it.to_string())).collect();
                Some(Managed { spelt: in_order.iter().cloned().collect(), in_order })
            }
        };
        let whole =
            !given.locales.is_broken() && given.locales.get().into_iter().flatten().all(|it| it.value.is_some());
        let mut unknown = BTreeMap::new();
        if let Some((raw, place)) = given.default_locale.with_place()
            && !known.contains(raw)
            && complete
        {
            unknown.insert(raw.clone(), (place, 1));
        }
        let default = settings.default_locale.normal();
        let listed = given.locales.get().into_iter().flatten();
        let undocumented = listed
            .filter_map(|it| Some((it.value.clone()?, it.place)))
            .filter(|(raw, _)| !DOCUMENTED_LOCALES.contains(&raw.as_str()) && !yaml::is_odd_locale(raw))
            .map(|(raw, place)| (Locale::new(&*raw).normal(), (raw, place)))
            .filter(|(normal, _)| *normal != default);
        LabelRules {
            unused: if whole && complete { undocumented.collect() } else { BTreeMap::new() },
            labelled: false,
            default_locale: settings.default_locale.clone(),
            default_known: complete && !given.default_locale.is_broken(),
            managed: managed.filter(|_| whole && complete),
            known,
            unknown,
            outside: BTreeMap::new(),
            spellings: Spellings::default(),
            numbers: HashMap::new(),
            seen: Vec::new(),
            definitions: 0,
        }
    }

    fn spelling(&mut self, raw: &str) -> Spelling {
        let LabelRules { default_locale, managed, known, spellings, numbers, seen, .. } = self;
        spellings.get_or(raw, || {
            let locale = Locale::new(raw);
            let normal = locale.normal();
            let managing = match managed.as_ref().filter(|_| !default_locale.same_as(&locale)) {
                None => Managing::Free,
                Some(managed) if managed.spelt.contains_key(&normal) => Managing::Inside,
                Some(_) => Managing::Outside,
            };
            let next = numbers.len();
            let number = *numbers.entry(normal).or_insert(next);
            if number == next {
                seen.push((0, 0));
            }
            let is_known = known.contains(raw);
            Spelling { locale, number, is_odd: yaml::is_odd_locale(raw), is_known, managing }
        })
    }

    /// The locale with this spelling. A copy shares its text.
    pub fn shared(&mut self, raw: &str) -> Locale {
        self.spelling(raw).locale
    }

    /// The index of the current definition's label in the locale with this number.
    fn label_in(&self, number: usize) -> Option<usize> {
        self.seen.get(number).filter(|(definition, _)| *definition == self.definitions).map(|(_, index)| *index)
    }

    fn is_here(&self, normal: &str) -> bool {
        self.numbers.get(normal).is_some_and(|it| self.label_in(*it).is_some())
    }

    /// The findings over all definitions, once each.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (locale, (place, count)) in self.unknown {
            let spelt = self.managed.as_ref().and_then(|it| it.spelt.get(&Locale::new(&*locale).normal()));
            let managed = spelt.is_some();
            let nearest = spelt.cloned().or_else(|| nearest_locale(&locale));
            let finding = Finding::UnknownLocale { locale, nearest, managed, listed: false, count };
            found.push(Diagnostic::at(place, finding));
        }
        for (locale, place) in self.unused.into_values().filter(|_| self.labelled) {
            let nearest = nearest_locale(&locale);
            let finding = Finding::UnknownLocale { locale, nearest, managed: false, listed: true, count: 1 };
            found.push(Diagnostic::at(place, finding));
        }
        for (locale, (place, count)) in self.outside {
            found.push(Diagnostic::at(place, Finding::LabelOutsideLocales { locale, count }));
        }
        found
    }

    /// Is it the locale whose label identifies a definition?
    pub fn is_default(&self, locale: &Locale) -> bool {
        self.default_locale.same_as(locale)
    }

    fn count(counted: &mut BTreeMap<String, (Span, usize)>, locale: &str, place: Span) {
        if let Some((first, count)) = counted.get_mut(locale) {
            *first = (*first).min(place);
            *count += 1;
        } else {
            counted.insert(locale.to_owned(), (place, 1));
        }
    }

    fn locale(&mut self, spelling: &Spelling, place: Span, compared: bool) {
        self.labelled = true;
        let locale = &spelling.locale;
        if !self.unused.is_empty() {
            self.unused.remove(&locale.normal());
        }
        if !spelling.is_known {
            LabelRules::count(&mut self.unknown, locale.as_str(), place);
        } else if compared && spelling.managing == Managing::Outside {
            LabelRules::count(&mut self.outside, locale.as_str(), place);
        }
    }
}

/// The valid labels of one definition.
pub struct ReadLabels {
    pub labels: Labels,
    /// The place of each label.
    pub places: ByLocale<Span>,
    pub default_label: Option<Label>,
}

/// The definition whose labels are checked.
#[derive(Debug, Clone, Copy)]
pub struct LabelSubject<'a> {
    pub name: &'a str,
    /// The place of its key.
    pub key: Span,
    /// Where it first occurs.
    pub first: Span,
    /// It has a pin. Data that an org may have is then only a warning.
    pub pinned: bool,
    /// False while its labels are neither compared nor written.
    pub compared: bool,
    /// The locales without a label on purpose.
    pub without: &'a BTreeSet<String>,
}

pub fn check_labels(
    subject: LabelSubject<'_>,
    field: &LocatedField<Entries<Option<String>>>,
    rules: &mut LabelRules,
    found: &mut Collector,
) -> ReadLabels {
    let LabelSubject { pinned, compared, .. } = subject;
    rules.definitions += 1;
    let count = field.get().map_or(0, |it| it.0.len());
    let (mut labels, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
    // The first spelling of each locale.
    let mut spellings: Vec<(&str, Span)> = Vec::with_capacity(count);
    let mut inside = 0;
    for (locale, label) in Entries::of(field) {
        let Some(raw) = locale.value.as_deref() else { continue };
        let spelling = rules.spelling(raw);
        let Spelling { number, is_odd, managing, .. } = spelling;
        if is_odd {
            // Another tool's rewritten key is never quoted, and no org has it.
            let is_quoted = (locale.place.end - locale.place.start) as usize > raw.len();
            found.extend(check_locale(raw, locale.place, pinned && (is_quoted || yaml::is_text(raw))));
        }
        if let Some(index) = rules.label_in(number) {
            let (other, first) = spellings[index];
            let finding = Finding::DuplicateLocale { locale: raw.to_owned(), other: other.to_owned(), pinned };
            found.push(Diagnostic::at(locale.place, finding).and(first, "first given here"));
        } else {
            rules.seen[number] = (rules.definitions, spellings.len());
            spellings.push((raw, locale.place));
            inside += usize::from(managing == Managing::Inside);
            if !is_odd {
                rules.locale(&spelling, locale.place, compared);
            }
        }
        if let Some(Some(text)) = &label.value {
            found.extend(check_label(raw, text, pinned).into_iter().map(|it| Diagnostic::at(label.place, it)));
            labels.push((spelling.locale.clone(), Label::new(text)));
            places.push((spelling.locale, label.place));
        }
    }
    let labels: Labels = labels.into_iter().collect();
    let default_label = labels.get(&rules.default_locale).cloned();
    if !field.is_broken() {
        missing(subject, rules, spellings.is_empty(), inside, found);
    }
    ReadLabels { labels, places: places.into_iter().collect(), default_label }
}

fn missing(subject: LabelSubject<'_>, rules: &LabelRules, is_empty: bool, inside: usize, found: &mut Collector) {
    let LabelSubject { name, key, first, pinned, compared, without } = subject;
    let default = &rules.default_locale;
    if !rules.is_here(&default.normal()) && rules.default_known {
        if is_empty && pinned && compared {
            found.push(Diagnostic::at(key, Finding::NoLabel { key: name.to_owned() }));
            return;
        }
        let finding = Finding::MissingDefaultLabel { key: name.to_owned(), locale: default.to_string(), pinned };
        found.push(Diagnostic::at(key, finding));
    }
    let (Some(Managed { in_order, spelt }), true) = (&rules.managed, compared) else { return };
    // The missing default label was already reported.
    let default = default.normal();
    let is_meant = |normal: &String| *normal != default && spelt.contains_key(normal);
    let is_told = |normal: &String| *normal == default || rules.is_here(normal) || without.contains(normal);
    let there = inside + without.iter().filter(|it| is_meant(it) && !rules.is_here(it)).count();
    let count = spelt.len() - there - usize::from(spelt.contains_key(&default));
    if count > 0 {
        let missing = in_order.iter().filter(|(normal, _)| !is_told(normal));
        let locales = missing.take(LOCALES_SHOWN_MAX).map(|(_, spelt)| spelt.clone()).collect();
        found.push(Diagnostic::at(first, Finding::MissingLabel { key: name.to_owned(), locales, count }));
    }
}

/// A locale that is certainly a mistake. `None` if it may be valid.
pub fn check_locale(raw: &str, place: Span, pinned: bool) -> Option<Diagnostic> {
    yaml::is_odd_locale(raw).then(|| Diagnostic::at(place, Finding::InvalidLocale { locale: raw.to_owned(), pinned }))
}

fn check_label(locale: &str, label: &str, pinned: bool) -> Vec<Finding> {
    if is_plain(label) && label.len() <= LABEL_LENGTH_MAX {
        return Vec::new();
    }
    let what = || format!("label for {}", text::ticked(locale));
    if label.trim().is_empty() {
        return vec![Finding::EmptyLabel { what: what(), pinned }];
    }
    if let Some(character) = text::control_or_override(label) {
        let line_break = text::control_or_override(&label.replace('\n', "")).is_none();
        return vec![Finding::LabelCharacters { what: what(), character, line_break, pinned }];
    }
    let mut found = hidden_in(label, what);
    if let Some(placeholder) = placeholder(label) {
        found.push(Finding::PlaceholderLabel { what: what(), placeholder: placeholder.to_owned() });
    }
    // The composed text is sent. Most texts are short in any form.
    if label.len() > LABEL_LENGTH_MAX {
        let length = Label::new(label).nfc().chars().count();
        if length > LABEL_LENGTH_MAX {
            found.push(Finding::LongLabel { what: what(), length, limit: LABEL_LENGTH_MAX });
        }
    }
    found
}

/// Tries another spelling first, then the language alone, then a similar name.
pub fn nearest_locale(typed: &str) -> Option<String> {
    let locale = Locale::new(typed);
    let same = DOCUMENTED_LOCALES.into_iter().find(|it| Locale::new(*it).same_as(&locale));
    let language = || {
        let language = typed.split(['_', '-']).next().unwrap_or_default();
        DOCUMENTED_LOCALES.into_iter().find(|it| it.eq_ignore_ascii_case(language))
    };
    same.or_else(language).or_else(|| text::nearest(typed, DOCUMENTED_LOCALES)).map(str::to_owned)
}

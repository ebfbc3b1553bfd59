//! Which objects a config can manage, and which of them need a pin: those that matching cannot find by label, and those
//! that the language accepts only with a pin.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::limits::CONFIG_LINE_BYTES_MAX;
use crate::model::names::{DefinitionId, Locale, SystemPresence, can_be_id};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::text::is_odd_label;
use crate::model::yaml;

/// The longest locale, in characters of YAML. It is the key of a line, and YAML limits keys to 1024.
const LOCALE_LENGTH_MAX: usize = 1_000;

/// Room on a line for everything beside a locale and its label.
const LINE_ROOM_BYTES: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinChoice {
    pub default_locale: Locale,
    pub deactivated: bool,
    /// Pin every definition.
    pub pin_all: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed<'a> {
    pub definition: &'a Definition,
    /// Why it has a pin. `None` if it has none.
    pub pin: Option<Need>,
    /// `--pin` is set, and its id is invalid in a config.
    pub pin_refused: bool,
}

/// Why a definition has a pin. The first reason that applies is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It may be the platform's own, and only a pinned one is changed then.
    PrimaryNotKnown,
    /// It has no default label to be matched by.
    NoDefaultLabel,
    SharedLabel,
    TwoSpellings,
    OddLocale,
    /// A label that is empty or has characters that act on their surroundings.
    OddLabel,
    /// Only `--pin`.
    Asked,
}

impl Need {
    /// In words after "pinned, since".
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Need::PrimaryNotKnown => Some("the org does not say whether this is the platform's own"),
            Need::NoDefaultLabel => Some("it has no label in the default locale"),
            Need::SharedLabel => Some("another one has the same label"),
            Need::TwoSpellings => Some("it has one locale in two spellings"),
            Need::OddLocale => Some("it has an odd locale"),
            Need::OddLabel => Some("it has an odd label"),
            Need::Asked => None,
        }
    }
}

/// A definition that no config can name, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut<'a> {
    pub definition: &'a Definition,
    pub obstacle: Obstacle,
}

impl LeftOut<'_> {
    /// Is its id valid in `protect`?
    pub fn can_be_protected(&self) -> bool {
        can_be_id(self.definition.id.as_str())
    }
}

/// Why no config can name a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Its system presence has control characters, or is very long.
    SystemPresence,
    /// A locale is too long for the key of a line.
    LongLocale,
    /// A label is too long for a line.
    LongLabel,
    /// It needs a pin, and its id is invalid as one.
    Id(Need),
}

impl Obstacle {
    /// In words after "left out, since".
    pub fn in_words(self) -> String {
        match self {
            Obstacle::SystemPresence => "its system presence is no name that a config can hold".to_owned(),
            Obstacle::LongLocale => "it has a locale that is too long for a config".to_owned(),
            Obstacle::LongLabel => "it has a label that is too long for a config".to_owned(),
            Obstacle::Id(need) => {
                let why = need.in_words().map_or_else(String::new, |words| format!(" ({words})"));
                format!("it needs a pin{why}, and its id cannot be one")
            }
        }
    }
}

/// Sorts the org's own objects into those that are imported and those that cannot be, by id. The `named` ones are
/// imported even if they are deactivated.
pub fn judge<'a>(
    observed: &'a Observed,
    choice: &PinChoice,
    named: &BTreeSet<DefinitionId>,
) -> (Vec<Managed<'a>>, Vec<LeftOut<'a>>) {
    let PinChoice { default_locale, deactivated, pin_all } = choice;
    let sharing = Sharing::of(observed, default_locale);
    let (mut managed, mut left_out) = (Vec::new(), Vec::new());
    let is_meant = |it: &Definition| *deactivated || !it.deactivated || named.contains(&it.id);
    let asked = observed.definitions.iter().filter(|it| it.primary != Primary::Yes && is_meant(it));
    for definition in asked {
        let need = need(definition, &sharing, default_locale);
        let can_be_pinned = can_be_id(definition.id.as_str());
        let obstacle = obstacle(definition).or_else(|| need.filter(|_| !can_be_pinned).map(Obstacle::Id));
        match obstacle {
            Some(obstacle) => left_out.push(LeftOut { definition, obstacle }),
            None => managed.push(Managed {
                definition,
                pin: need.or(pin_all.then_some(Need::Asked)).filter(|_| can_be_pinned),
                pin_refused: *pin_all && !can_be_pinned,
            }),
        }
    }
    (managed, left_out)
}

/// The number of objects with a default label under a system presence, the platform's own included.
struct Sharing<'a>(HashMap<(&'a str, &'a str), Counts>);

#[derive(Default)]
struct Counts {
    active: usize,
    all: usize,
}

impl<'a> Sharing<'a> {
    fn of(observed: &'a Observed, default_locale: &Locale) -> Sharing<'a> {
        let mut counts: HashMap<_, Counts> = HashMap::new();
        for object in &observed.definitions {
            if let Some(label) = object.default_label(default_locale) {
                let counts = counts.entry((object.system_presence.folded(), label.nfc())).or_default();
                counts.active += usize::from(!object.deactivated);
                counts.all += 1;
            }
        }
        Sharing(counts)
    }

    /// Does matching find this definition by its label? An active object comes before a deactivated one.
    fn finds(&self, definition: &Definition, default_locale: &Locale) -> bool {
        let label = definition.default_label(default_locale);
        let counts = label.and_then(|it| self.0.get(&(definition.system_presence.folded(), it.nfc())));
        counts.is_some_and(|it| if definition.deactivated { it.all == 1 } else { it.active == 1 })
    }
}

fn need(definition: &Definition, sharing: &Sharing<'_>, default_locale: &Locale) -> Option<Need> {
    let labels = &definition.labels;
    let mut spellings = HashSet::new();
    let needs = [
        (Need::PrimaryNotKnown, definition.primary == Primary::NotKnown),
        (Need::NoDefaultLabel, definition.default_label(default_locale).is_none()),
        (Need::SharedLabel, !sharing.finds(definition, default_locale)),
        (Need::TwoSpellings, !labels.iter().all(|(locale, _)| spellings.insert(locale.normal()))),
        (Need::OddLocale, labels.iter().any(|(locale, _)| yaml::is_odd_locale(locale.as_str()))),
        (Need::OddLabel, labels.iter().any(|(_, label)| is_odd_label(label.nfc()))),
    ];
    needs.into_iter().find_map(|(need, holds)| holds.then_some(need))
}

/// Why no config can name it, even with a pin. `None` if one can.
pub fn obstacle(definition: &Definition) -> Option<Obstacle> {
    let written = |raw: &str| yaml::scalar(raw);
    if !is_sayable(&definition.system_presence) {
        return Some(Obstacle::SystemPresence);
    }
    for (locale, label) in definition.labels.iter() {
        let locale = written(locale.as_str());
        if locale.chars().count() > LOCALE_LENGTH_MAX {
            return Some(Obstacle::LongLocale);
        }
        if locale.len() + written(label.nfc()).len() + LINE_ROOM_BYTES > CONFIG_LINE_BYTES_MAX {
            return Some(Obstacle::LongLabel);
        }
    }
    None
}

fn is_sayable(system_presence: &SystemPresence) -> bool {
    let spelling = spelling(system_presence);
    !spelling.chars().any(char::is_control) && yaml::scalar(&spelling).len() <= LOCALE_LENGTH_MAX
}

/// A system presence in a config: the usual spelling for one of the ten, the org's spelling for others. Its white space
/// becomes spaces, which are equal.
pub fn spelling(system_presence: &SystemPresence) -> String {
    match system_presence.standard() {
        Some(name) => name.to_owned(),
        None => system_presence.as_str().replace(char::is_whitespace, " "),
    }
}

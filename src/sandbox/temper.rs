//! What the platform leaves open, as switches: how this simulated org behaves where no document says it.

/// The behaviour of an org where the API document is silent (facts §13). The default is the plain one;
/// a simulation turns the others on to show that the client does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temper {
    /// Whether two definitions may have the same label in a locale.
    pub unique_labels: UniqueLabels,
    /// The status of the refusal when they may not: 409 or 400.
    pub conflict_status: u16,
    /// What a PUT does with labels that its body does not name.
    pub put_labels: PutLabels,
    /// What a POST does with `deactivated: true`.
    pub create_deactivated: CreateDeactivated,
    /// What a DELETE leaves behind.
    pub delete: Delete,
    /// How the org spells the locales that it is given.
    pub locale_keys: LocaleKeys,
    /// The status for a PUT or DELETE of a primary definition: 400, 403 or 409.
    pub primary_status: u16,
    /// How many active definitions one system presence may have, primaries not counted.
    pub active_max: Option<u32>,
    /// How far the list runs behind, in milliseconds; GET by id never does. Not kept over a restart.
    pub list_lag_ms: u64,
    /// Whether GET by id needs `presence:presenceDefinition:view`: today's platform wants it, the API
    /// document does not (facts §1).
    pub get_needs_view: bool,
}

impl Default for Temper {
    fn default() -> Self {
        Self {
            unique_labels: UniqueLabels::Never,
            conflict_status: 409,
            put_labels: PutLabels::Replaced,
            create_deactivated: CreateDeactivated::Honoured,
            delete: Delete::Deactivates,
            locale_keys: LocaleKeys::Kept,
            primary_status: 400,
            active_max: None,
            list_lag_ms: 0,
            get_needs_view: false,
        }
    }
}

/// Among which definitions a label of a locale may occur once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueLabels {
    /// Labels may be equal.
    Never,
    /// Among the active ones, primaries included.
    AmongActive,
    /// Among all, deactivated ones and primaries included.
    AmongAll,
}

/// What a PUT does with labels that its body does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutLabels {
    /// They are gone.
    Replaced,
    /// They stay.
    Merged,
}

/// What a POST does with `deactivated: true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateDeactivated {
    /// The new definition is deactivated.
    Honoured,
    /// The new definition is active all the same.
    Ignored,
}

/// What a DELETE leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delete {
    /// The definition, deactivated (facts §4).
    Deactivates,
    /// Nothing: GET by id answers 404.
    Removes,
}

/// How the org spells the locales that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocaleKeys {
    /// As they came (facts §7: `en-us` and `es_US` occur).
    Kept,
    /// As `ll_CC`: the language in lower case, an underscore, the rest in capitals.
    Normalised,
}

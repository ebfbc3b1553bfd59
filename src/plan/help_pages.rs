//! The named statements, blockers and warnings of a plan, each with a help page from `docs/answers`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelpPage {
    /// The stable name, as in `error[NAME]`.
    pub name: &'static str,
    /// The page in Markdown: a heading with the name, a summary sentence, the reason, and the solution.
    pub page: &'static str,
}

impl HelpPage {
    /// The page's first sentence.
    pub fn summary(&self) -> &'static str {
        self.page.lines().skip(1).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

pub fn page(name: &str) -> Option<&'static HelpPage> {
    PAGES.iter().find(|it| it.name == name)
}

macro_rules! pages {
    ($($name:literal)+) => {
        /// Every page, in the order of `presencectl explain`.
        pub const PAGES: &[HelpPage] = &[$(HelpPage {
            name: $name,
            page: include_str!(concat!("../../docs/answers/", $name, ".md")),
        },)+];
    };
}

pages! {
    "ambiguous" "looks-like-rename" "other-system-presence" "replaced-twice" "pin-not-found" "pinned-elsewhere"
    "pinned-to-odd-object" "looks-like-odd-object" "sends-half-character"
    "matches-primary" "primary-not-known" "changes-protected" "no-label" "too-many" "too-many-people"
    "people-not-known" "empty-source" "omit-matches-nothing" "unknown-system-presence" "division-not-shown"
    "unknown-division" "ambiguous-division" "divisions-not-known" "beyond-saved-plan" "many-active"
    "system-presences-not-checked" "beside-unmanaged" "earlier-not-read" "odd-object" "may-be-odd-object" "half-character"
    "not-visible-yet" "may-be-made" "hidden-twin" "cannot-be-named" "limit-orgs" "stage-required"
}

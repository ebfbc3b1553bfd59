//! The rules: the name of every finding, whether a config can set its level, and its help page from `docs/rules`.

/// What kind of mistake a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// A file cannot be parsed as a config.
    Form,
    /// The config can be parsed, but its content makes no sense.
    Meaning,
    /// No plan is possible. With a pin, an org may have such data, so it is a warning.
    Eased,
    Lint,
}

/// What `settings.rules` can set for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settable {
    No,
    Whole,
    /// Its level, globally and per definition.
    ByKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub name: &'static str,
    pub kind: RuleKind,
    pub settable: Settable,
    /// Its page in Markdown: a heading with the name, a summary sentence, the reason, an example, and the solution.
    pub page: &'static str,
}

impl Rule {
    /// The page's first sentence.
    pub fn summary(&self) -> &'static str {
        self.page.lines().skip(1).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|it| it.name == name)
}

macro_rules! rules {
    ($($kind:ident $settable:ident { $($name:literal)+ })+) => {
        /// Every finding, in the order of `presencectl explain`.
        pub const RULES: &[Rule] = &[$($(Rule {
            name: $name,
            kind: RuleKind::$kind,
            settable: Settable::$settable,
            page: include_str!(concat!("../../docs/rules/", $name, ".md")),
        },)+)+];
    };
}

rules! {
    Form No {
        "unreadable" "too-large" "no-files" "not-utf8" "control-character" "conflict-marker" "tab-indentation" "empty-file" "syntax"
        "several-documents" "too-deep" "too-many-values" "too-many-in-all" "alias" "yaml-tag" "complex-key" "duplicate-key"
        "foreign-file" "unsupported-version" "other-version-required" "invalid-requires" "unknown-field" "wrong-type" "missing-field" "invalid-value"
        "number-range" "empty-list" "unknown-rule" "fixed-rule"
    }
    Meaning No {
        "org-needed" "unknown-org" "no-org-chosen" "misplaced-section" "second-section" "missing-layer" "outside-root" "circle"
        "org-file-as-layer" "used-twice" "duplicate-org-name" "duplicate-org-id" "invalid-org-name"
        "invalid-division" "duplicate-definition" "definition-exists" "unknown-key" "conflicting-setting"
        "invalid-key" "missing-system-presence" "unknown-system-presence" "default-locale-outside"
        "unknown-stage" "invalid-freeze" "circular-labels" "replaces-kept" "replaces-itself" "contradiction" "invalid-id" "duplicate-pin"
    }
    Eased ByKey {
        "missing-default-label" "duplicate-label" "empty-label" "label-characters" "invalid-locale"
        "duplicate-locale"
    }
    Lint ByKey {
        "no-label" "missing-label" "same-as-default" "same-label" "long-label" "placeholder-label" "outer-space"
        "invisible-characters" "mixed-scripts" "look-alike-label" "previous-label-is-current" "removes-nothing" "no-effect"
    }
    Lint Whole { "unknown-locale" "label-outside-locales" "no-definitions" "unusual-id" "many-definitions" }
    Lint No { "unused-layer" "embedded-repository" "cut-by-comment" "typographic-quotes" "boolean-word" }
}

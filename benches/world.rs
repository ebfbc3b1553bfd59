//! Large configs and the orgs that they are in sync with, for the benchmarks.

use std::fmt::Write as _;

/// The documented locales and one more.
pub(crate) const LOCALES: [&str; 25] = [
    "en_US", "he", "fr", "da", "de", "it", "cs", "es", "fi", "ar", "ja", "ko", "nl", "no", "pl", "pt_BR", "pt_PT",
    "ru", "sv", "th", "tr", "uk", "zh_CN", "zh_TW", "hi",
];

const PRESENCES: [&str; 5] = ["Available", "Away", "Busy", "Meal", "Break"];

/// The system presence of definition `number`.
pub(crate) fn presence(number: usize) -> &'static str {
    PRESENCES[number % PRESENCES.len()]
}

/// The label of definition `number` in a locale.
pub(crate) fn label(number: usize, locale: &str) -> String {
    format!("Presence {number:05} {locale}")
}

/// A config of so many definitions, as YAML.
pub(crate) fn yaml(definitions: usize, locales: usize) -> String {
    let mut text = "version: 1\ndefinitions:\n".to_owned();
    for number in 0..definitions {
        let _ = writeln!(text, "  p{number:05}:\n    systemPresence: {}\n    labels:", presence(number));
        for locale in &LOCALES[..locales] {
            let _ = writeln!(text, "      {locale}: {}", label(number, locale));
        }
    }
    text
}

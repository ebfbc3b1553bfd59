//! Finds the label of a definition that the org refused, if its response shows it.

use crate::model::labels::Labels;
use crate::model::names::{Label, Locale};

/// The locale of the label in a response. `said` has its message, and the names and values of its parameters. `None` if
/// it names no label, or several.
pub fn refused_label<'a>(said: &[String], labels: &'a Labels) -> Option<&'a Locale> {
    let named: Vec<(&Locale, &Label)> =
        labels.iter().filter(|(locale, _)| said.iter().any(|it| names_locale(it, locale))).collect();
    let quoted: Vec<(&Locale, &Label)> =
        labels.iter().filter(|(_, label)| said.iter().any(|it| quotes(it, label))).collect();
    // Locale and label together decide if a label occurs in several locales. A locale alone may only be an example.
    let both: Vec<(&Locale, &Label)> = quoted.iter().filter(|it| named.contains(it)).copied().collect();
    [both, quoted, named].into_iter().find_map(|found| match found.as_slice() {
        [(locale, _)] => Some(*locale),
        _ => None,
    })
}

/// Is it the locale, or a field name of it, such as `languageLabels.de`?
fn names_locale(said: &str, locale: &Locale) -> bool {
    let words = said.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    // A word in a sentence may be a locale by chance (`no`, `is`), so only a field or a bracket counts there.
    let is_one_word = !said.contains(' ');
    words.filter(|it| !it.is_empty()).any(|word| {
        Locale::new(word).same_as(locale)
            && (is_one_word || said.contains(&format!("[{word}]")) || said.contains(&format!("languageLabels.{word}")))
    })
}

/// Is it the label, or does it have the label in quotes or brackets?
fn quotes(said: &str, label: &Label) -> bool {
    let label = label.nfc();
    let pairs = [('[', ']'), ('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201C}', '\u{201D}')];
    !label.is_empty()
        && (said == label || pairs.iter().any(|(open, close)| said.contains(&format!("{open}{label}{close}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(said: &[&str], labels: &[(&str, &str)]) -> Option<String> {
        let labels: Labels = labels.iter().map(|(a, b)| (Locale::new(*a), Label::new(*b))).collect();
        let said: Vec<String> = said.iter().map(|it| (*it).to_owned()).collect();
        refused_label(&said, &labels).map(ToString::to_string)
    }

    #[test]
    fn an_answer_names_a_label_by_its_text_its_locale_or_both() {
        let labels = [("de", "Pause"), ("en_US", "Lunch"), ("fr", "Pause")];
        let blamed = |said: &[&str]| blamed(said, &labels);
        assert_eq!(blamed(&["The label [Lunch] is already used for the language [en_US]."]).as_deref(), Some("en_US"));
        assert_eq!(blamed(&["A label is taken.", "label", "Lunch"]).as_deref(), Some("en_US"));
        assert_eq!(blamed(&["Validation failed", "languageLabels.fr", "too.long"]).as_deref(), Some("fr"));
        assert_eq!(blamed(&["it is taken", "label", "Pause", "language", "fr"]).as_deref(), Some("fr"));
        assert_eq!(blamed(&["the value of languageLabels.en-us is too long"]).as_deref(), Some("en_US"));
    }

    #[test]
    fn what_is_not_said_or_said_of_several_blames_none() {
        let labels = [("de", "Pause"), ("fr", "Pause"), ("no", "Lunsj"), ("is", "Hlé")];
        for said in [
            &["it is taken", "label", "Pause"][..],
            &["there is no more room for definitions"],
            &["the limit of 30 is reached", "limit", "30"],
            &["Lunsj is not the best of names"],
            &[],
        ] {
            assert_eq!(blamed(said, &labels), None, "{said:?}");
        }
    }
}

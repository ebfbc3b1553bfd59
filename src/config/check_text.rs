//! Finds text in a label that a reader cannot see: spaces at its ends, invisible characters, and letters of two
//! alphabets that look alike.

use std::sync::LazyLock;

use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;

use crate::config::finding::Finding;
use crate::model::text;

/// The alphabets with letters that look alike. A word uses one of them. Japanese, Chinese and Korean mix scripts, so
/// they are not listed.
const ALIKE: [Script; 6] =
    [Script::Latin, Script::Cyrillic, Script::Greek, Script::Armenian, Script::Cherokee, Script::Coptic];

/// All problems of `text` that are hidden from a reader. `what` names the text in the findings.
pub fn hidden_in(text: &str, what: impl Fn() -> String) -> Vec<Finding> {
    let mut found = Vec::new();
    if text.trim() != text {
        found.push(Finding::OuterSpace { what: what() });
    }
    if text.is_ascii() {
        return found;
    }
    if let Some(unseen) = unseen(text) {
        let character = format!("the character U+{:04X}", u32::from(unseen));
        found.push(Finding::InvisibleCharacters { what: what(), character });
    }
    found.extend(words(text).find_map(|word| mixed(word, &what)));
    found
}

/// Does it consist of plain words? Then it has no hidden text and is no placeholder. Most ASCII labels are plain.
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_outer = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    is_outer(bytes.first())
        && is_outer(bytes.last())
        && bytes.iter().all(|it| it.is_ascii_alphanumeric() || *it == b' ')
        // Placeholder words are in capitals.
        && bytes.iter().any(u8::is_ascii_lowercase)
}

/// The longest placeholder, in characters.
const PLACEHOLDER_CHARS_MAX: usize = 100;

/// The first bytes of placeholders between marks.
const MARKS: [u8; 8] = *b"$#{<[%@_";

/// A placeholder that a template, a script or a person should have replaced.
pub fn placeholder(text: &str) -> Option<&str> {
    const WORDS: [&str; 8] = ["TODO", "TBD", "FIXME", "XXX", "CHANGEME", "CHANGE_ME", "REPLACEME", "REPLACE_ME"];
    let is_variable = || text.strip_prefix('$').is_some_and(is_name) || WORDS.contains(&text);
    // Most labels have no mark, and this check is faster than the search for pairs.
    let marked = if text.bytes().any(|it| MARKS.contains(&it)) { between_marks(text) } else { None };
    marked.or_else(|| is_variable().then_some(text))
}

fn between_marks(text: &str) -> Option<&str> {
    type Fits = fn(&str) -> bool;
    // `50% of 80%`, `__` and `{Pause}` are used in other ways as well.
    const PAIRS: [(&str, &str, Fits); 18] = [
        ("${{", "}}", is_filled),
        ("${", "}", is_filled),
        ("$(", ")", is_filled),
        ("{{", "}}", is_filled),
        ("#{", "}", is_filled),
        ("<%", "%>", is_filled),
        ("[[", "]]", is_filled),
        ("%(", ")s", is_filled),
        ("@@", "@@", is_word),
        ("##", "##", is_word),
        ("%%", "%%", is_word),
        ("$$", "$$", is_word),
        ("<", ">", is_word),
        ("__", "__", is_name),
        ("%", "%", is_name),
        ("@", "@", is_name),
        ("$", "$", is_name),
        ("{", "}", is_name_or_number),
    ];
    let between = |(open, close, fits): (&str, &str, Fits)| {
        // A byte search is faster than a text search.
        if !text.as_bytes().contains(&open.as_bytes()[0]) {
            return None;
        }
        text.match_indices(open).find_map(|(begin, _)| {
            let inner = &text[begin + open.len()..];
            // Searches nearby only, because a long text may have many opening marks and no closing one.
            let near = inner.char_indices().nth(PLACEHOLDER_CHARS_MAX).map_or(inner, |(end, _)| &inner[..end]);
            let length = near.find(close)?;
            fits(&inner[..length]).then(|| &text[begin..begin + open.len() + length + close.len()])
        })
    };
    PAIRS.into_iter().find_map(between)
}

fn is_filled(inner: &str) -> bool {
    !inner.trim().is_empty()
}

/// The form of a variable name.
fn is_name(inner: &str) -> bool {
    inner.contains(|c: char| c.is_ascii_uppercase())
        && inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn is_name_or_number(inner: &str) -> bool {
    is_name(inner) || !inner.is_empty() && inner.bytes().all(|it| it.is_ascii_digit())
}

/// One or more words, without a space at the ends.
fn is_word(inner: &str) -> bool {
    inner.starts_with(char::is_alphabetic)
        && !inner.ends_with(' ')
        && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

/// The first invisible character without a use in its context.
fn unseen(text: &str) -> Option<char> {
    let characters: Vec<char> = text.chars().collect();
    let is_needed = |index: usize, c: char| {
        let before = index.checked_sub(1).map(|it| characters[it]);
        let after = characters.get(index + 1).copied();
        match c {
            // They join or separate letters in some scripts, and combine emoji.
            '\u{200C}' | '\u{200D}' => before.is_some_and(is_joined) && after.is_some(),
            '\u{200E}' | '\u{200F}' | '\u{061C}' => text::runs_right_to_left(text),
            // The variant of the symbol, digit or ideograph before it.
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => before.is_some_and(is_drawn_in_ways),
            // They spell the flags of regions.
            '\u{E0020}'..='\u{E007F}' => text.contains('\u{1F3F4}'),
            // French punctuation uses them.
            '\u{00A0}' | '\u{202F}' => {
                before.is_some_and(|it| it == '«' || it.is_ascii_digit())
                    || after.is_some_and(|it| matches!(it, ':' | ';' | '!' | '?' | '»' | '%' | '€'))
            }
            // Arabic and Syriac signs that are visible although they are format characters.
            '\u{0600}'..='\u{0605}' | '\u{06DD}' | '\u{070F}' | '\u{0890}' | '\u{0891}' | '\u{08E2}' => true,
            _ => false,
        }
    };
    let mut hidden = characters.iter().copied().enumerate().filter(|(_, c)| text::is_hidden(*c));
    hidden.find(|(index, c)| !is_needed(*index, *c)).map(|(_, c)| c)
}

fn is_joined(c: char) -> bool {
    is_drawn_in_ways(c) || !(ALIKE.contains(&c.script()) || c.script() == Script::Common)
}

fn is_drawn_in_ways(c: char) -> bool {
    let is_symbol = !c.is_ascii() && !c.is_alphabetic() && !text::is_hidden(c) || c == '\u{FE0F}';
    is_symbol || matches!(c, '0'..='9' | '#' | '*') || matches!(c.script(), Script::Han | Script::Mongolian)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c.script() != Script::Inherited).filter(|it| !it.is_empty())
}

fn mixed(word: &str, what: impl Fn() -> String) -> Option<Finding> {
    let letters = || word.chars().filter(|c| ALIKE.contains(&c.script()));
    let count = |script: Script| letters().filter(|c| c.script() == script).count();
    let main = ALIKE.into_iter().max_by_key(|it| count(*it))?;
    let foreign = letters().find(|c| c.script() != main)?;
    let scripts = ALIKE.into_iter().filter(|it| count(*it) > 0).map(|it| it.full_name().to_owned()).collect();
    Some(Finding::MixedScripts { what: what(), word: word.to_owned(), scripts, letter: in_words(foreign) })
}

/// The look of a text: the skeleton of Unicode Technical Standard 39. Two texts with one skeleton can be confused.
pub fn looks(text: &str) -> String {
    let mut looks = String::with_capacity(text.len() + text.len() / 2);
    look_into(text, &mut looks);
    looks
}

/// Like [`looks`], into an existing buffer, so that many texts need one allocation.
pub fn look_into(text: &str, looks: &mut String) {
    looks.clear();
    if text.is_ascii() {
        // ASCII letters do not combine, so each keeps its own look.
        let known: &[String] = &ASCII_LOOKS;
        looks.extend(text.bytes().map(|it| known[usize::from(it)].as_str()));
    } else {
        looks.extend(skeleton(text));
    }
}

static ASCII_LOOKS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..128_u8).map(|it| skeleton(char::from(it).encode_utf8(&mut [0; 4])).collect()).collect());

/// The lookalike alphabets in a text, one bit each.
pub fn alphabets(text: &str) -> u8 {
    let bit = |c: char| ALIKE.iter().position(|it| *it == c.script()).map_or(0, |index| 1 << index);
    text.chars().fold(0, |all, c| all | bit(c))
}

/// A letter of `text` from an alphabet that `other` does not use, in words. `None` if both use the same alphabets:
/// readers are used to `Modern` and `Modem`.
pub fn other_alphabet(text: &str, other: &str) -> Option<String> {
    let foreign = |text: &str, other: &str| {
        let known: Vec<Script> = other.chars().map(|c| c.script()).collect();
        text.chars().find(|c| ALIKE.contains(&c.script()) && !known.contains(&c.script()))
    };
    let letter = foreign(text, other).or_else(|| foreign(other, text))?;
    Some(in_words(letter))
}

fn in_words(letter: char) -> String {
    format!("`{letter}` is {} (U+{:04X})", letter.script().full_name(), u32::from(letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        hidden_in(text, || "label".to_owned()).iter().map(Finding::code).collect()
    }

    #[test]
    fn what_languages_need_is_no_finding() {
        for text in [
            "Mittagspause",
            "Överläge – kafferast",
            "CRM-звонок",
            "IT отдел",
            "昼食 Lunch ランチ",
            "電話対応ＯＫ",
            "점심 시간 (ランチ)",
            "مکالمه\u{200C}ها",
            "غداء\u{200F}!",
            "क्\u{200D}ष",
            "Déjeuner\u{00A0}: cantine",
            "Pause\u{202F}!",
            "☕\u{FE0F} Pause",
            "👩\u{200D}💻 Focus",
            "❤\u{FE0F}\u{200D}🩹 Off",
            "1\u{FE0F}\u{20E3} Line",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} Scotland",
            "葛\u{E0100}城",
            "Tiế\u{0302}ng Việt",
            "Μεσημεριανό",
        ] {
            assert_eq!(codes(text), Vec::<&str>::new(), "{text:?}");
        }
    }

    #[test]
    fn what_deceives_the_eye_is_found() {
        let cases = [
            (" Lunch", "outer-space"),
            ("Lunch\u{3000}", "outer-space"),
            ("Lu\u{200B}nch", "invisible-characters"),
            ("Lu\u{00AD}nch", "invisible-characters"),
            ("Team\u{00A0}meeting", "invisible-characters"),
            ("Lunch\u{200D}", "invisible-characters"),
            ("Lu\u{200D}nch", "invisible-characters"),
            ("Lunch\u{200F}!", "invisible-characters"),
            ("L\u{FE0F}unch", "invisible-characters"),
            ("Lunch\u{E0041}", "invisible-characters"),
            ("\u{FEFF}Lunch", "invisible-characters"),
            ("\u{3164}Lunch", "invisible-characters"),
            ("P\u{0430}use", "mixed-scripts"),
            ("\u{041E}бед o\u{0431}ед", "mixed-scripts"),
            ("L\u{03BF}ng call", "mixed-scripts"),
        ];
        for (text, code) in cases {
            assert_eq!(codes(text), [code], "{text:?}");
        }
    }

    #[test]
    fn placeholders_of_many_tools_are_found_and_marks_of_people_are_not() {
        for (text, found) in [
            ("${{ vars.LABEL }}", "${{ vars.LABEL }}"),
            ("${LABEL}", "${LABEL}"),
            ("<label>", "<label>"),
            ("Pause <Name des Teams>", "<Name des Teams>"),
            ("@@LABEL@@", "@@LABEL@@"),
            ("@@label@@", "@@label@@"),
            ("@LABEL@", "@LABEL@"),
            ("%%LABEL%%", "%%LABEL%%"),
            ("50% %LABEL%", "%LABEL%"),
            ("##label##", "##label##"),
            ("[[ label ]]", "[[ label ]]"),
            ("{LABEL}", "{LABEL}"),
            ("{0} minutes", "{0}"),
            ("TODO", "TODO"),
        ] {
            assert_eq!(placeholder(text), Some(found), "{text}");
        }
        for text in
            ["Pause < 10 > 5", "a@b@c.de", "{Pause}", "[Pause]", "Todo", "Break #1 and #2", "50% of 80%", "<3", "$"]
        {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn ascii_looks_as_it_does_among_all_characters() {
        let every: String = (0..128_u8).map(char::from).collect();
        for text in ["Lunch 1:1 | \"O'Neil\" `m`", &every, ""] {
            assert_eq!(looks(text), skeleton(text).collect::<String>());
        }
    }

    #[test]
    fn labels_look_alike_only_where_another_alphabet_is_at_work() {
        let alike = |one: &str, other: &str| looks(one) == looks(other) && other_alphabet(one, other).is_some();
        for (one, other) in [("Tea", "\u{0422}\u{0435}\u{0430}"), ("P\u{0430}use", "Pause"), ("OK", "\u{039F}K")] {
            assert!(alike(one, other) && alike(other, one), "{one} {other}");
        }
        for (one, other) in [("Tea", "Tea"), ("Tea", "Team"), ("Modern", "Modem"), ("Line 1", "Line l"), ("Чай", "Tea")]
        {
            assert!(!alike(one, other) && !alike(other, one), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn ascii_looks_as_all_other_text(text in "[\\x00-\\x7F]{0,16}") {
            prop_assert_eq!(looks(&text), skeleton(&text).collect::<String>());
        }

        #[test]
        fn plain_words_hide_nothing(text in "[ A-Za-z0-9_$]{0,8}") {
            let found = hidden_in(&text, String::new).is_empty() && placeholder(&text).is_none();
            prop_assert!(!is_plain(&text) || found && !text.trim().is_empty());
        }

        #[test]
        fn no_placeholder_is_without_a_mark(text in "[$#{<\\[%@_}>\\])A-Ca1 (]{0,8}") {
            prop_assert!(between_marks(&text).is_none_or(|it| MARKS.contains(&it.as_bytes()[0])));
        }
    }
}

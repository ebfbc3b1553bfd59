//! Finds texts that read the same: they differ only in case, in the form of a quote, dash or space, in compatibility
//! forms, or in invisible characters.
//! It serves questions and warnings only. `Label` alone decides equality.

use caseless::Caseless as _;
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::model::text;

/// Every text is stable after at most three rounds. More would be a bug in the tables.
const ROUNDS_MAX: usize = 8;

/// The most characters of each side that a difference shows.
const SHOWN_MAX: usize = 3;

/// The common form of all texts that read the same: Unicode NFKC and full case folding, one quote of each kind, one
/// dash, one space, nothing invisible. Folding is idempotent.
pub fn folded(text: &str) -> String {
    let mut folded = String::new();
    fold_into(text, &mut folded);
    folded
}

/// Like [`folded`], into an existing buffer, so that many texts need one allocation.
pub fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if !text.is_ascii() {
        folded.push_str(&in_rounds(text));
        return;
    }
    // One round is enough: no ASCII letter is composed or decomposed.
    let plain = text.bytes().filter(|it| !it.is_ascii_control() || it.is_ascii_whitespace() || *it == 0x0B);
    let plain = plain.map(|it| match it {
        b'`' => '\'',
        it => char::from(it.to_ascii_lowercase()),
    });
    join(plain, folded);
}

fn in_rounds(text: &str) -> String {
    let mut before = round(text);
    for _ in 1..ROUNDS_MAX {
        let after = round(&before);
        if after == before {
            break;
        }
        before = after;
    }
    before
}

fn round(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // French puts spaces inside its guillemets. German uses them the other way round, without spaces.
    let has_inner_spaces = text.chars().find(|c| "«»‹›".contains(*c)).is_some_and(|c| "«‹".contains(c));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if has_inner_spaces && "»›".contains(c) {
            plain.truncate(plain.trim_end().len());
        }
        // `1½` is `1 1/2`, not `11/2`.
        if is_fraction(c) && plain.ends_with(char::is_numeric) {
            plain.push(' ');
        }
        match punctuation(c) {
            Some(form) => plain.push_str(form),
            None if is_invisible(c) => {}
            None => plain.push(c),
        }
        if has_inner_spaces && "«‹".contains(c) {
            while chars.next_if(|it| it.is_whitespace()).is_some() {}
        }
    }
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(&plain);
    let mut joined = String::with_capacity(composed.len());
    join(composed.chars().default_case_fold(), &mut joined);
    joined
}

/// Merges spaces and dashes, trims spaces, makes two single quotes a double one, and drops an extra dot above a dotted
/// letter.
fn join(chars: impl Iterator<Item = char>, joined: &mut String) {
    let mut space = false;
    let mut last = None;
    for c in chars {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) && last.is_some() {
            joined.push(' ');
            last = Some(' ');
        }
        match (last, c) {
            // A capital `İ` folds to an `i` with a second dot.
            (Some('-'), '-') | (Some('i' | 'j'), '\u{307}') => {}
            (Some('\''), '\'') => {
                joined.pop();
                joined.push('"');
                last = Some('"');
            }
            (_, c) => {
                joined.push(c);
                last = Some(c);
            }
        }
    }
}

/// Hidden, except for the Arabic and Syriac signs that are drawn although Unicode classifies them as format characters.
fn is_invisible(c: char) -> bool {
    let is_drawn = matches!(c, '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}' | '\u{8E2}');
    text::is_hidden(c) && !c.is_whitespace() && !is_drawn
}

fn is_fraction(c: char) -> bool {
    matches!(c, '\u{BC}'..='\u{BE}' | '\u{2150}'..='\u{215F}' | '\u{2189}')
}

/// The keyboard form of a punctuation mark that looks like it.
fn punctuation(c: char) -> Option<&'static str> {
    Some(match c {
        '`'
        | '\u{B4}'
        | '\u{2B9}'
        | '\u{2BB}'..='\u{2BD}'
        | '\u{2C8}'
        | '\u{2CA}'
        | '\u{2CB}'
        | '\u{55A}'
        | '\u{5F3}'
        | '\u{2018}'..='\u{201B}'
        | '\u{2032}'
        | '\u{2035}'
        | '\u{2039}'
        | '\u{203A}'
        | '\u{275B}'
        | '\u{275C}'
        | '\u{275F}'
        | '\u{276E}'
        | '\u{276F}'
        | '\u{3008}'
        | '\u{3009}'
        | '\u{A78B}'
        | '\u{A78C}' => "'",
        '\u{AB}'
        | '\u{BB}'
        | '\u{2BA}'
        | '\u{2EE}'
        | '\u{5F4}'
        | '\u{201C}'..='\u{201F}'
        | '\u{2033}'
        | '\u{2036}'
        | '\u{275D}'
        | '\u{275E}'
        | '\u{2760}'
        | '\u{2E42}'
        | '\u{300A}'..='\u{300F}'
        | '\u{301D}'..='\u{301F}'
        | '\u{1F676}'..='\u{1F678}' => "\"",
        '\u{2D7}'
        | '\u{58A}'
        | '\u{5BE}'
        | '\u{1400}'
        | '\u{1806}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{2500}'
        | '\u{2501}'
        | '\u{2796}'
        | '\u{2E17}'
        | '\u{2E1A}'
        | '\u{2E3A}'
        | '\u{2E3B}'
        | '\u{2E40}'
        | '\u{2E5D}'
        | '\u{30A0}'
        | '\u{10EAD}' => "-",
        '\u{2DC}' | '\u{2053}' | '\u{223C}' | '\u{301C}' | '\u{3030}' => "~",
        '\u{22EF}' => "...",
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' => "\u{B7}",
        '\u{2044}' | '\u{2215}' | '\u{29F8}' => "/",
        '\u{2216}' | '\u{29F9}' => "\\",
        '\u{2D0}' | '\u{2236}' | '\u{A789}' => ":",
        '\u{1C0}' | '\u{2223}' | '\u{2502}' | '\u{2758}' => "|",
        '\u{204E}' | '\u{2217}' => "*",
        '\u{D7}' | '\u{2715}' => "x",
        '\u{A9}' | '\u{24B8}' => "(C)",
        '\u{AE}' | '\u{24C7}' => "(R)",
        '\u{2117}' => "(P)",
        '\u{2120}' => "(SM)",
        '\u{2122}' => "(TM)",
        '\u{2116}' => "No.",
        // The ordinal `º` looks the same, but Unicode folds it to an `o`.
        '\u{B0}' | '\u{2DA}' => "o",
        '\u{131}' => "i",
        '\u{237}' => "j",
        // Blank, but not white space in Unicode.
        '\u{2800}' | '\u{3164}' | '\u{FFA0}' => " ",
        _ => return None,
    })
}

/// Where two different texts that read the same differ, in words. Foreign characters are raw. `None` if they are equal
/// or read differently.
pub fn difference(one: &str, other: &str) -> Option<String> {
    if one == other || folded(one) != folded(other) {
        return None;
    }
    if one.to_lowercase() == other.to_lowercase() {
        return Some("only upper and lower case differ".to_owned());
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let begin = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[begin..], &other[begin..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    Some(format!("{} in place of {}", in_words(one), in_words(other)))
}

fn in_words(characters: &[char]) -> String {
    if characters.is_empty() {
        return "nothing".to_owned();
    }
    let named = |c: &char| {
        let code = format!("U+{:04X}", u32::from(*c));
        match c {
            ' ' => format!("a space ({code})"),
            '`' => code,
            c if text::is_hidden(*c) || c.is_whitespace() => code,
            c => format!("`{c}` ({code})"),
        }
    };
    let shown: Vec<String> = characters.iter().take(SHOWN_MAX).map(named).collect();
    let more = if characters.len() > SHOWN_MAX { " \u{2026}" } else { "" };
    format!("{}{more}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_one_text_are_one() {
        let alike: &[&[&str]] = &[
            &[
                "Lunch",
                "LUNCH",
                " lunch ",
                "Lu\u{200B}nch",
                "Lu\u{AD}nch",
                "Ｌｕｎｃｈ",
                "Lunch\u{FE0F}",
                "\u{FEFF}Lunch",
            ],
            &[
                "Team  meeting",
                "Team meeting",
                "Team\u{A0}meeting",
                "Team\u{3000}meeting",
                "Team\u{3164}meeting",
                "Team\u{2800}meeting",
            ],
            &[
                "Pause d'équipe",
                "Pause d’équipe",
                "Pause d‘e\u{301}quipe",
                "Pause d`équipe",
                "Pause d´équipe",
                "Pause dʼéquipe",
                "Pause d＇équipe",
            ],
            &[
                "Away - Lunch",
                "Away – Lunch",
                "Away — Lunch",
                "Away -- Lunch",
                "Away − Lunch",
                "Away ‐ Lunch",
                "Away ‑ Lunch",
                "Away － Lunch",
                "Away ﹘ Lunch",
            ],
            &["Wait...", "Wait…", "Wait․․․", "Wait⋯"],
            &["\"Pause\"", "«Pause»", "“Pause”", "„Pause“", "''Pause''", "＂Pause＂", "″Pause″", "「Pause」"],
            &["‹Pause›", "'Pause'", "‚Pause‘"],
            &["Straße", "STRASSE", "strasse", "STRAẞE"],
            &["İzin", "izin", "IZIN", "ızın"],
            &["ﬁle", "FILE"],
            &["☕\u{FE0F} Pause", "☕ Pause", "☕\u{FE0E} pause"],
            &["ΟΔΟΣ", "οδος", "οδοσ"],
            &["½ day", "1/2 day", "1⁄2 DAY"],
            &["1½ days", "1 1/2 days", "1 ½ days"],
            &["« Thé »", "\"Thé\"", "«\u{A0}Thé\u{202F}»", "»Thé«", "“Thé”"],
            &["Er »ruht« nun", "Er \"ruht\" nun", "Er « ruht » nun"],
            &["‹ Thé ›", "'Thé'"],
            &["№ 5", "No. 5"],
            &["N° 6", "Nº 6", "No 6"],
            &["Tea®", "Tea(R)", "TEA(r)"],
            &["Tea™", "Tea(TM)"],
            &["Tea©", "Tea(c)"],
            &["5 m²", "5 m2"],
            &["昼食・休憩", "昼食･休憩", "昼食·休憩"],
            &["ﾗﾝﾁ", "ランチ"],
        ];
        for forms in alike {
            for form in *forms {
                assert_eq!(folded(form), folded(forms[0]), "{form:?} {:?}", forms[0]);
            }
        }
        let texts: std::collections::BTreeSet<String> = alike.iter().map(|forms| folded(forms[0])).collect();
        assert_eq!(texts.len(), alike.len());
    }

    #[test]
    fn what_a_reader_sees_is_kept() {
        for (one, other) in [
            ("Lunch", "Launch"),
            ("Café", "Cafe"),
            ("Line 1", "Line 2"),
            ("Team-meeting", "Team meeting"),
            ("Õ", "O"),
            ("1½", "11/2"),
            ("\u{600}1", "1"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
            assert_eq!(difference(one, other), None);
        }
    }

    #[test]
    fn a_difference_is_told_so_that_it_can_be_seen() {
        let cases = [
            ("Lunch", "LUNCH", Some("only upper and lower case differ")),
            ("Pause d'été", "Pause d’été", Some("`'` (U+0027) in place of `’` (U+2019)")),
            ("Lunch", "Lu\u{200B}nch", Some("nothing in place of U+200B")),
            ("Team meeting", "Team\u{A0}meeting", Some("a space (U+0020) in place of U+00A0")),
            ("Lunch", "Lunch", None),
        ];
        for (one, other, words) in cases {
            assert_eq!(difference(one, other).as_deref(), words);
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "(\\PC|[-'`\" .i\u{307}\u{323}İßﬃ…–’\u{200B}\u{345}\u{3164}\u{1F88}]){0,12}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn ascii_is_folded_as_all_other_text(text in "[\\x00-\\x7F]{0,12}") {
            let mut slow = round(&text);
            for _ in 0..3 {
                slow = round(&slow);
            }
            prop_assert_eq!(folded(&text), slow);
        }
    }
}

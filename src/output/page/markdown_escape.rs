//! Foreign text in Markdown: what is neither markup, nor a mention, nor a reference, no matter what it says.
//!
//! A backslash does not keep GitHub from finding `@mentions`, `#123`, hashes of commits or addresses: these are
//! looked for in the finished page. They are not looked for in code. So everything that could be taken for anything but
//! a word is in a span of code, in which nothing has a meaning but the run of backticks that ends it.

use std::fmt;

use crate::model::text;

/// The longest foreign name or label that is shown whole, in characters. The platform documents 32 for a label; an
/// org may hold anything, and one of them must not fill a comment.
const CODE_CHARS_MAX: usize = 300;

/// The longest sentence that is shown whole, in characters.
const PROSE_CHARS_MAX: usize = 2_000;

/// A piece of a line in which nothing foreign acts. The only way for foreign text into Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline(String);

impl Inline {
    /// A name, a label, an id: all of it as code.
    pub fn code(raw: &str) -> Inline {
        Inline(code(&shown(raw, CODE_CHARS_MAX)))
    }

    /// A sentence of ours that may contain foreign text: words stay words. Everything else, and text between
    /// backticks, becomes code.
    pub fn prose(raw: &str) -> Inline {
        let shown = shown(raw, PROSE_CHARS_MAX);
        // Code with nothing in it is nothing, and the text on its two sides is one text: `www.``evil.``com`.
        let mut parts = Pieces::default();
        for (is_code, part) in text::code_spans(&shown) {
            parts.push(is_code, part);
        }
        let mut pieces = Pieces::default();
        for (is_code, part) in &parts.0 {
            if *is_code {
                pieces.push(true, part);
            } else {
                for word in part.split_inclusive(' ') {
                    pieces.word(word);
                }
            }
        }
        Inline(pieces.joined())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A piece of a line as it is in a cell of a table. There a pipe ends the cell, even within code, unless a
/// backslash is before it, which is then taken away. Parsers do not agree on what two of them are, so a backslash
/// that is there already is shown like what cannot be seen.
pub fn in_cell(markdown: &str) -> String {
    markdown.replace("\\|", "\\x5C|").replace('|', "\\|")
}

/// Without anything hidden, and not longer than a reader wants to know.
fn shown(raw: &str, chars_max: usize) -> String {
    let shown = text::terminal(raw);
    let shown = shown.as_str();
    match shown.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}… ({} characters)", &shown[..end], raw.chars().count()),
        None => shown.to_owned(),
    }
}

/// A span of code. It ends at a run of as many backticks as it begins with, so it begins with more than are in it.
fn code(shown: &str) -> String {
    if shown.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space on each side is taken away where there is one on both, and something else between.
    let is_blank = shown.chars().all(|c| c == ' ');
    let touches = shown.starts_with('`') || shown.ends_with('`');
    let pad = if !is_blank && (touches || (shown.starts_with(' ') && shown.ends_with(' '))) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// Text and code in turn. Two spans of code that touch would be read as one, so they are made one.
#[derive(Default)]
struct Pieces(Vec<(bool, String)>);

impl Pieces {
    fn push(&mut self, is_code: bool, piece: &str) {
        if piece.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some((last, text)) if *last == is_code => text.push_str(piece),
            _ => self.0.push((is_code, piece.to_owned())),
        }
    }

    /// A word with its surroundings: brackets, quotes, the end of a sentence, a space.
    fn word(&mut self, word: &str) {
        let trimmed = word.trim_end_matches(' ');
        let begin = trimmed.trim_start_matches(['(', '"', '\'']);
        let core = begin.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']);
        // A number at the beginning of a line begins a list.
        let begins_a_list = self.0.is_empty() && core.starts_with(|c: char| c.is_ascii_digit());
        self.push(false, &trimmed[..trimmed.len() - begin.len()]);
        self.push(begins_a_list || !is_word(core), core);
        self.push(false, &begin[core.len()..]);
        self.push(false, &word[trimmed.len()..]);
    }

    fn joined(&self) -> String {
        self.0.iter().map(|(is_code, text)| if *is_code { code(text) } else { text.clone() }).collect()
    }
}

/// Letters, or digits, and nothing that anyone looks for: no `GH-1`, no name of a commit, no `v1.2`.
fn is_word(core: &str) -> bool {
    const HASH_LENGTH_MIN: usize = 7;
    let is_letters =
        core.split(['-', '\'', '’']).all(|it| it.chars().all(|c| c.is_ascii_lowercase()) && !it.is_empty())
            || core.chars().all(char::is_alphabetic);
    let is_number = core.chars().all(|c| c.is_ascii_digit());
    let may_be_hash = core.len() >= HASH_LENGTH_MIN && core.chars().all(|c| c.is_ascii_hexdigit());
    core.is_empty() || ((is_letters || is_number) && !may_be_hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_whatever_is_in_them() {
        for (raw, shown) in [
            ("Lunch", "`Lunch`"),
            ("", "(empty)"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            (" a ", "`  a  `"),
            ("  ", "`  `"),
            ("@team #1\n", "`@team #1\\n`"),
        ] {
            assert_eq!(Inline::code(raw).as_str(), shown, "{raw:?}");
        }
        let long = Inline::code(&"x".repeat(100_000));
        assert!(long.as_str().ends_with("x… (100000 characters)`"), "{long}");
    }

    #[test]
    fn sentences_stay_sentences() {
        for (raw, shown) in [
            (
                "`lunch` would be created, but it looks like `Dinner` (Meal, 1f)",
                "`lunch` would be created, but it looks like `Dinner` (Meal, `1f`)",
            ),
            ("the platform's own-made thing: \"yes\"!", "the platform's own-made thing: \"yes\"!"),
            ("see GH-1, @me, a1b2c3d4 and deadbeef.", "see `GH-1`, `@me`, `a1b2c3d4` and `deadbeef`."),
            ("1. a", "`1`. a"),
            ("at --allow-removals 7", "at `--allow-removals` 7"),
            ("a ` b", "a  b"),
            ("x`y`z", "x`y`z"),
            ("@x`y`", "`@xy`"),
            ("`x` www.``evil.``com `y`", "`x` `www.evil.com` `y`"),
            ("www.` `evil.com", "www.` evil.com`"),
            ("see `a\\x60 @me`", "see `a\\x60 @me`"),
        ] {
            assert_eq!(Inline::prose(raw).as_str(), shown, "{raw:?}");
        }
    }
}

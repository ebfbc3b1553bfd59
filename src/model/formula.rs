//! Guards text against formula injection in spreadsheets with an apostrophe, and removes the apostrophe on reading.
//!
//! A program that splits at `;`, tabs or line ends finds cells inside ours, so the text after such a separator counts
//! as the start of a cell too.

/// Adds an apostrophe wherever a formula could begin. [`unguarded`] removes exactly these.
pub fn guarded(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for cell in cells(text) {
        if begins_a_formula(cell) {
            safe.push('\'');
        }
        safe.push_str(cell.text);
    }
    safe
}

/// Reverts [`guarded`].
pub fn unguarded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for cell in cells(text) {
        let behind = cell.text.strip_prefix('\'').filter(|it| begins_a_formula(Cell { text: it, ..cell }));
        plain.push_str(behind.unwrap_or(cell.text));
    }
    plain
}

/// A part of a text that some program reads as a cell, with its separator.
#[derive(Clone, Copy)]
struct Cell<'a> {
    text: &'a str,
    is_first: bool,
}

fn cells(text: &str) -> impl Iterator<Item = Cell<'_>> {
    let cells = text.split_inclusive([';', '\t', '\n', '\r']).enumerate();
    cells.map(|(index, text)| Cell { text, is_first: index == 0 })
}

/// Leading apostrophes count too, so that an author's own apostrophe survives.
fn begins_a_formula(cell: Cell<'_>) -> bool {
    // A quote after a separator may begin a quoted cell.
    let is_passed = |c: char| match c {
        '\t' | '\r' | '\n' => false,
        '"' => !cell.is_first,
        c => c.is_whitespace(),
    };
    let begin = cell.text.trim_start_matches('\'').trim_start_matches(is_passed);
    begin.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_begin_of_a_formula_gets_an_apostrophe() {
        for (text, safe) in [
            ("=1", "'=1"),
            (" =1", "' =1"),
            ("a;=1", "a;'=1"),
            ("a; +1;-1;@x", "a;' +1;'-1;'@x"),
            ("a;\"=1\"", "a;'\"=1\""),
            ("a\t=1", "a\t'=1"),
            ("a\n-1\r\n+1", "a\n'-1\r\n'+1"),
            ("\r", "'\r"),
            ("a;\tb", "a;'\tb"),
            ("'=1", "''=1"),
            ("a;b", "a;b"),
            ("1-1;1=1", "1-1;1=1"),
            ("it's;'quoted'", "it's;'quoted'"),
            ("\"=1\"", "\"=1\""),
        ] {
            assert_eq!(guarded(text), safe, "{text:?}");
            assert_eq!(unguarded(&guarded(text)), text, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_guarded_is_read_back(text in "[-=+@;'\" \t\r\na\\u{A0}]{0,12}") {
            let safe = guarded(&text);
            prop_assert_eq!(unguarded(&safe), text);
            for cell in safe.split([';', '\t', '\n', '\r']) {
                let begin = cell.trim_start_matches(|c: char| c.is_whitespace());
                prop_assert!(!begin.starts_with(['=', '+', '-', '@']), "{:?}", safe);
            }
        }
    }
}

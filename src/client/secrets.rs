//! Removes secrets from foreign text: a server may repeat what it received, in whole or in part, and in other
//! encodings.

use std::collections::HashSet;
use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};

/// This many consecutive characters of a secret are a piece of it. Pieces are found in any case, percent-encoded,
/// JSON-escaped, and inside hexadecimal digits and base64. A shorter secret is only searched for as a whole.
pub const PIECE_CHARS: usize = 12;

/// A shorter secret is only removed as a separate word, as an echo shows it (`Bearer abc`, `"token":"abc"`).
/// Inside longer words it is no echo: `bad` occurs in "badly formed", and a gap there would spoil the message and
/// reveal the secret.
/// The platform's own secrets have 40 characters or more. Of those, even a part of a word is removed.
pub const ANYWHERE_FROM_CHARS: usize = 8;

/// The replacement for a secret.
const REMOVED: &str = "[secret]";

/// The fewest hexadecimal digits and base64 characters of a piece. At its edges, a base64 character also has bits of
/// adjacent text.
const PIECE_HEX: usize = 2 * PIECE_CHARS;
const PIECE_BASE64: usize = PIECE_CHARS * 4 / 3 - 1;

/// The strings that must never appear in output.
pub struct Secrets {
    /// The secrets that are shorter than a piece, longest first.
    short: Vec<SecretString>,
    pieces: Pieces,
}

impl Secrets {
    /// Empty secrets are ignored.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Secrets {
        let (mut short, mut pieces) = (Vec::new(), Pieces::default());
        for secret in secrets {
            match secret.expose_secret().chars().count() {
                0 => {}
                1..PIECE_CHARS => short.push(secret),
                PIECE_CHARS.. => pieces.add(secret.expose_secret().as_bytes()),
            }
        }
        // Longest first. A secret that is a prefix of another would leave the other's end behind.
        short.sort_by_key(|it| std::cmp::Reverse(it.expose_secret().len()));
        Secrets { short, pieces }
    }

    /// Do these bytes contain a secret or a piece of one? Very short secrets are not searched for, because they may be
    /// ordinary words.
    pub fn stand_in(&self, bytes: &[u8]) -> bool {
        let mut found = Found { only_one: true, ranges: Vec::new() };
        self.pieces.find(bytes, &mut found);
        if !found.ranges.is_empty() {
            return true;
        }
        let mut long = self.short.iter().map(SecretString::expose_secret).peekable();
        if long.peek().is_none() {
            return false;
        }
        let text = String::from_utf8_lossy(bytes);
        let unescaped = text.contains('\\').then(|| {
            let bytes: Vec<u8> = Json::of(raw(text.as_bytes())).map(|it| it.byte).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let holds = |secret: &str| text.contains(secret) || unescaped.as_ref().is_some_and(|it| it.contains(secret));
        long.filter(|it| it.chars().count() >= ANYWHERE_FROM_CHARS).any(holds)
    }

    /// The text without secrets.
    pub fn scrub(&self, text: &str) -> String {
        let mut found = Found { only_one: false, ranges: Vec::new() };
        self.pieces.find(text.as_bytes(), &mut found);
        self.short.iter().map(SecretString::expose_secret).fold(found.removed(text), |text, secret| {
            if secret.chars().count() < ANYWHERE_FROM_CHARS {
                without_word(&text, secret)
            } else {
                text.replace(secret, REMOVED)
            }
        })
    }
}

/// Where pieces of secrets were found.
struct Found {
    only_one: bool,
    ranges: Vec<Range<usize>>,
}

impl Found {
    fn is_enough(&self) -> bool {
        self.only_one && !self.ranges.is_empty()
    }

    fn removed(mut self, text: &str) -> String {
        self.ranges.sort_by_key(|it| it.start);
        let mut kept = String::with_capacity(text.len());
        let mut done = 0;
        for Range { start, end } in self.ranges {
            let is_edge = |at: &usize| text.is_char_boundary(*at);
            let (start, end) = ((0..=start).rfind(is_edge), (end..=text.len()).find(is_edge));
            let (start, end) = (start.unwrap_or_default(), end.unwrap_or(text.len()));
            if start > done || (start == done && !kept.ends_with(REMOVED)) {
                kept.push_str(&text[done..start]);
                kept.push_str(REMOVED);
            }
            done = done.max(end);
        }
        kept.push_str(&text[done..]);
        kept
    }
}

/// Every piece of every secret, in lower case, as a number.
struct Pieces {
    all: HashSet<u128>,
    /// The possible last two bytes of a piece, to skip most of a text.
    ends: Vec<bool>,
}

impl Default for Pieces {
    fn default() -> Pieces {
        Pieces { all: HashSet::new(), ends: vec![false; 1 << 16] }
    }
}

/// The last bytes of a text, as many as a piece has.
#[derive(Default)]
struct Window {
    bytes: u128,
    count: usize,
    /// The start of each byte, as a ring buffer.
    starts: [usize; PIECE_CHARS],
}

impl Window {
    fn push(&mut self, unit: Unit) {
        const MASK: u128 = (1 << (8 * PIECE_CHARS)) - 1;
        self.bytes = ((self.bytes << 8) | u128::from(unit.byte.to_ascii_lowercase())) & MASK;
        self.starts[self.count % PIECE_CHARS] = unit.start;
        self.count += 1;
    }

    fn piece(&self) -> Option<u128> {
        (self.count >= PIECE_CHARS).then_some(self.bytes)
    }

    fn start(&self) -> usize {
        self.starts[self.count % PIECE_CHARS]
    }
}

impl Pieces {
    fn add(&mut self, secret: &[u8]) {
        let mut window = Window::default();
        for unit in raw(secret) {
            window.push(unit);
            if let Some(piece) = window.piece() {
                self.ends[end_of(piece)] = true;
                self.all.insert(piece);
            }
        }
    }

    /// Finds secrets in plain and in encoded form.
    fn find(&self, text: &[u8], found: &mut Found) {
        if self.all.is_empty() {
            return;
        }
        let (has_escapes, has_percents) = (text.contains(&b'\\'), text.contains(&b'%'));
        self.in_any_spelling(raw(text), found);
        if has_escapes {
            self.in_any_spelling(Json::of(raw(text)), found);
        }
        if has_percents {
            self.in_any_spelling(Percent(raw(text)), found);
        }
        if has_escapes && has_percents {
            self.in_any_spelling(Percent(Json::of(raw(text))), found);
        }
    }

    fn in_any_spelling(&self, units: impl Iterator<Item = Unit>, found: &mut Found) {
        let (mut window, mut run) = (Window::default(), Vec::new());
        for unit in units {
            if self.is_next(&mut window, unit, found) {
                return;
            }
            if base64_value(unit.byte).is_some() {
                run.push(unit);
            } else {
                self.within_run(&run, found);
                run.clear();
            }
        }
        self.within_run(&run, found);
    }

    /// Appends a byte. Returns true once enough was found.
    fn is_next(&self, window: &mut Window, unit: Unit, found: &mut Found) -> bool {
        window.push(unit);
        if let Some(piece) = window.piece()
            && self.ends[end_of(piece)]
            && self.all.contains(&piece)
        {
            found.ranges.push(window.start()..unit.end);
        }
        found.is_enough()
    }

    /// Handles a run of base64 characters, which may include hexadecimal digits. The alignment of its groups is not
    /// known.
    fn within_run(&self, run: &[Unit], found: &mut Found) {
        if run.len() < PIECE_BASE64 {
            return;
        }
        for skipped in 0..4 {
            self.decoded(&run[skipped.min(run.len())..], 6, base64_value, found);
        }
        for digits in run.split(|it| hex_value(it.byte).is_none()).filter(|it| it.len() >= PIECE_HEX) {
            for skipped in 0..2 {
                self.decoded(&digits[skipped..], 4, hex_value, found);
            }
        }
    }

    fn decoded(&self, run: &[Unit], bits_each: u32, value: fn(u8) -> Option<u8>, found: &mut Found) {
        let mut window = Window::default();
        let (mut bits, mut count, mut start) = (0_u32, 0, None);
        for unit in run {
            bits = ((bits << bits_each) | u32::from(value(unit.byte).unwrap_or_default())) & 0xFFFF;
            count += bits_each;
            let begins = *start.get_or_insert(unit.start);
            if count >= 8 {
                count -= 8;
                let byte = u8::try_from((bits >> count) & 0xFF).unwrap_or_default();
                // The character that ends one byte may start the next.
                start = (count > 0).then_some(unit.start);
                if self.is_next(&mut window, Unit { byte, start: begins, end: unit.end }, found) {
                    return;
                }
            }
        }
    }
}

fn end_of(piece: u128) -> usize {
    usize::try_from(piece & 0xFFFF).unwrap_or_default()
}

/// A byte, and its place in the original text.
#[derive(Debug, Clone, Copy)]
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

fn raw(text: &[u8]) -> impl Iterator<Item = Unit> + Clone {
    text.iter().enumerate().map(|(start, byte)| Unit { byte: *byte, start, end: start + 1 })
}

/// Both base64 alphabets.
fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

/// The value of this many hexadecimal digits, and their end.
fn hex(units: &mut impl Iterator<Item = Unit>, digits: usize) -> Option<(u32, usize)> {
    (0..digits).try_fold((0, 0), |(value, _), _| {
        let unit = units.next()?;
        Some((value * 16 + u32::from(hex_value(unit.byte)?), unit.end))
    })
}

/// `%41` is `A`.
#[derive(Clone)]
struct Percent<I>(I);

impl<I: Iterator<Item = Unit> + Clone> Iterator for Percent<I> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let unit = self.0.next()?;
        let mut ahead = self.0.clone();
        match hex(&mut ahead, 2).filter(|_| unit.byte == b'%') {
            Some((value, end)) => {
                self.0 = ahead;
                Some(Unit { byte: u8::try_from(value).unwrap_or_default(), start: unit.start, end })
            }
            None => Some(unit),
        }
    }
}

/// Decodes JSON string escapes, wherever they occur.
#[derive(Clone)]
struct Json<I> {
    units: I,
    /// Remaining bytes of an escaped character.
    rest: [u8; 4],
    rest_count: usize,
    place: (usize, usize),
}

impl<I> Json<I> {
    fn of(units: I) -> Json<I> {
        Json { units, rest: [0; 4], rest_count: 0, place: (0, 0) }
    }
}

impl<I: Iterator<Item = Unit> + Clone> Iterator for Json<I> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        if self.rest_count > 0 {
            self.rest_count -= 1;
            let byte = self.rest[self.rest_count];
            return Some(Unit { byte, start: self.place.0, end: self.place.1 });
        }
        let unit = self.units.next()?;
        if unit.byte != b'\\' {
            return Some(unit);
        }
        let Some(escaped) = self.units.next() else { return Some(unit) };
        let mut ahead = self.units.clone();
        let code = hex(&mut ahead, 4).filter(|_| escaped.byte == b'u');
        // A secret must fit into a header, so half a pair is never part of one.
        match code.and_then(|(code, end)| Some((char::from_u32(code)?, end))) {
            Some((character, end)) => {
                self.units = ahead;
                self.place = (unit.start, end);
                self.rest_count = character.encode_utf8(&mut self.rest).len();
                self.rest[..self.rest_count].reverse();
                self.next()
            }
            None => Some(Unit { start: unit.start, ..escaped }),
        }
    }
}

/// Removes a secret that is not adjacent to a letter or digit.
fn without_word(text: &str, secret: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut done, mut from) = (0, 0);
    while let Some(found) = text[from..].find(secret) {
        let (start, end) = (from + found, from + found + secret.len());
        if continues(&text[..start], secret) || continues(secret, &text[end..]) {
            // It may start again inside the searched part.
            from = start + secret.chars().next().map_or(1, char::len_utf8);
        } else {
            kept.push_str(&text[done..start]);
            kept.push_str(REMOVED);
            (done, from) = (end, end);
        }
    }
    kept.push_str(&text[done..]);
    kept
}

/// Would these two parts be read as one word?
fn continues(before: &str, after: &str) -> bool {
    let ends = before.chars().next_back().is_some_and(char::is_alphanumeric);
    ends && after.chars().next().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(secrets: &[&str], text: &str) -> String {
        Secrets::new(secrets.iter().map(|it| SecretString::from(*it))).scrub(text)
    }

    #[test]
    fn a_long_secret_goes_wherever_it_stands() {
        assert_eq!(scrubbed(&["12345678"], "x12345678y 12345678"), "x[secret]y [secret]");
        assert_eq!(scrubbed(&["12345678", "1234567890"], "a1234567890"), "a[secret]", "the longest first");
    }

    #[test]
    fn a_long_secret_is_found_however_json_spells_it() {
        let secrets = Secrets::new(["ab/cd\"efgh", "short"].map(SecretString::from));
        let found = |text: &str| secrets.stand_in(text.as_bytes());
        assert!(found(r#"{"name":"Bearer ab/cd\"efgh"}"#));
        assert!(found(r#"{"name":"ab\/cd\u0022ef\u0067h"}"#));
        assert!(found(r#"\u00E9 \ud83d\ude00 \uab/cd\"efgh"#), "what is no escape hides nothing");
        assert!(!found(r#"{"name":"ab/cd efgh \\ short\u"}"#));
        assert!(secrets.stand_in(b"\xFF ab/cd\"efgh"), "also where it is not UTF-8");
    }

    /// No output may have this many consecutive letters of a secret.
    const LONG: &str = "c@nary/SECRET-0123456789_abcdefghij";

    #[test]
    fn any_piece_of_a_long_one_goes_in_any_case() {
        let secrets = Secrets::new([SecretString::from(LONG)]);
        for start in 0..=LONG.len() - PIECE_CHARS {
            for end in start + PIECE_CHARS..=LONG.len() {
                let piece = &LONG[start..end];
                for piece in [piece.to_owned(), piece.to_uppercase(), piece.to_lowercase()] {
                    assert_eq!(secrets.scrub(&format!("é {piece} é")), "é [secret] é", "{piece}");
                    assert!(secrets.stand_in(piece.as_bytes()), "{piece}");
                }
            }
        }
        let less = &LONG[..PIECE_CHARS - 1];
        assert_eq!(secrets.scrub(less), less);
        let twice = format!("{LONG}{LONG} {LONG}");
        assert_eq!(secrets.scrub(&twice), "[secret] [secret]");
        assert_eq!(scrubbed(&[LONG, "short-one"], &format!("{LONG} short-one")), "[secret] [secret]");
    }

    /// Encodes base64 without a library, in the alphabet with these last two characters.
    fn base64(text: &[u8], last: [char; 2]) -> String {
        let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last).collect();
        let mut shown = String::new();
        for group in text.chunks(3) {
            let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - group.len()));
            shown.extend((0..=group.len()).map(|index| alphabet[(bits >> (18 - 6 * index)) & 63]));
        }
        shown
    }

    #[test]
    fn any_piece_goes_however_it_is_spelled() {
        let secrets = Secrets::new([SecretString::from(LONG)]);
        let each = |text: &str, shown: fn(u8) -> String| text.bytes().map(shown).collect::<Vec<_>>().concat();
        let hex = |text: &str| each(text, |it| format!("{it:02x}"));
        let percent = |text: &str| each(text, |it| format!("%{it:02X}"));
        for start in 0..=LONG.len() - PIECE_CHARS {
            let piece = &LONG[start..start + PIECE_CHARS];
            for around in ["", "x", "xy", "xyz"] {
                let text = format!("{around}{piece}{around}");
                for last in [['+', '/'], ['-', '_']] {
                    let shown = base64(text.as_bytes(), last);
                    let scrubbed = secrets.scrub(&format!("Basic {shown}= !"));
                    assert!(scrubbed.contains("[secret]"), "{shown}: {scrubbed}");
                    // The remaining text only has what surrounded the secret.
                    assert!(scrubbed.len() <= "Basic [secret]= !".len() + 8, "{shown}: {scrubbed}");
                    assert!(secrets.stand_in(shown.as_bytes()));
                }
            }
            for digits in [hex(piece), hex(piece).to_uppercase(), format!("a{}", hex(piece))] {
                let scrubbed = secrets.scrub(&format!("x={digits}"));
                assert!(scrubbed == "x=[secret]" || scrubbed == "x=a[secret]", "{digits}: {scrubbed}");
            }
            let escaped = piece.replace('/', "\\/").replace('c', "\\u0063");
            for shown in [percent(piece), percent(piece).to_lowercase(), piece.replace('S', "%53"), escaped] {
                assert_eq!(secrets.scrub(&format!("q={shown}&")), "q=[secret]&", "{shown}");
                assert!(secrets.stand_in(shown.as_bytes()));
            }
            let both = percent(&base64(piece.as_bytes(), ['+', '/']));
            assert_eq!(secrets.scrub(&both), "[secret]", "{both}");
        }
    }

    #[test]
    fn a_text_without_any_stays_as_it_is() {
        let secrets = Secrets::new([SecretString::from(LONG)]);
        for text in ["", "100 % é \\ \\u00 %4", "c@nary/SECR 123456789_a", "deadbeef".repeat(40).as_str()] {
            assert_eq!(secrets.scrub(text), text);
            assert!(!secrets.stand_in(text.as_bytes()));
        }
    }

    #[test]
    fn a_short_one_goes_where_it_is_a_word() {
        assert_eq!(scrubbed(&["bad"], "badly formed: Bearer bad"), "badly formed: Bearer [secret]");
        assert_eq!(
            scrubbed(&["bad"], r#"{"token":"bad"} =bad, abad bad1 bad"#),
            r#"{"token":"[secret]"} =[secret], abad bad1 [secret]"#
        );
        assert_eq!(scrubbed(&["ébé"], "ébébé ébé"), "ébébé [secret]");
        assert_eq!(scrubbed(&["-a"], "b-a -a"), "b[secret] [secret]", "where its own edge is none of a word");
        assert_eq!(scrubbed(&["a a"], "ba a a"), "ba [secret]", "it may begin within what was no word");
        assert_eq!(scrubbed(&[""], "nothing"), "nothing");
    }
}

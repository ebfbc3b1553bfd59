//! The parts of a JSON text, without a tree of the whole: an answer of some MiB would take a hundred times its size.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::Value;

/// Is this JSON, from its first byte to its last?
pub(crate) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// What an object or a list counts, since even an empty or a small one takes the memory of several values.
const CONTAINER: usize = 8;

/// At most how many values there can be in a JSON text: what follows a comma or a colon counts one, what opens eight.
pub(crate) fn values_at_most(text: &[u8]) -> usize {
    let (mut count, mut at) = (1, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at),
            b'{' | b'[' => {
                count += CONTAINER;
                at += 1;
            }
            b',' | b':' => {
                count += 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    count
}

/// The text of a field's value. The last one counts where there are several, as in a tree. None where the text, which
/// is JSON, is no object or has no such field.
pub(crate) fn field<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    members(text)?.filter(|(key, _)| is_called(key, name)).last().map(|(_, value)| value)
}

/// The texts of the names and values of an object; none where the text, which is JSON, is no object.
pub(crate) fn members(text: &[u8]) -> Option<impl Iterator<Item = (&[u8], &[u8])>> {
    let mut rest = opened(text, b'{')?;
    Some(std::iter::from_fn(move || {
        if rest.first() != Some(&b'"') {
            return None;
        }
        let (key, after) = rest.split_at(end_of_value(rest));
        let value = trimmed(trimmed(after).strip_prefix(b":")?);
        let (value, after) = value.split_at(end_of_value(value));
        rest = next(after);
        Some((key, value))
    }))
}

/// The names that an object has more than once, with values that are not spelt alike.
pub(crate) fn several(text: &[u8]) -> Vec<String> {
    let mut first: BTreeMap<Cow<'_, str>, &[u8]> = BTreeMap::new();
    let mut several: Vec<String> = Vec::new();
    for (key, value) in members(text).into_iter().flatten() {
        let key = plain(key).map_or_else(|| Cow::Owned(string(key).unwrap_or_default()), Cow::Borrowed);
        match first.get(&key) {
            Some(before) if *before != value && !several.iter().any(|it| *it == key) => several.push(key.into_owned()),
            Some(_) => {}
            None => drop(first.insert(key, value)),
        }
    }
    several
}

pub(crate) fn string(text: &[u8]) -> Option<String> {
    plain(text).map(str::to_owned).or_else(|| serde_json::from_slice(&Mended::new(text).text).ok())
}

/// A string that is spelt without an escape, as most are.
fn plain(text: &[u8]) -> Option<&str> {
    let between = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let is_plain = between.iter().all(|it| !matches!(it, b'\\' | b'"' | 0..=0x1F));
    std::str::from_utf8(between).ok().filter(|_| is_plain)
}

/// The texts of the items of a list; none where the text, which is JSON, is no list.
pub(crate) fn items(text: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = opened(text, b'[')?;
    Some(std::iter::from_fn(move || {
        if rest.first().is_none_or(|it| *it == b']') {
            return None;
        }
        let (item, after) = rest.split_at(end_of_value(rest));
        rest = next(after);
        Some(item)
    }))
}

fn is_called(key: &[u8], name: &str) -> bool {
    let between = key.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
    // Most keys are spelt without an escape, and need not be read.
    between == Some(name.as_bytes()) || key.contains(&b'\\') && string(key).is_some_and(|it| it == name)
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

fn opened(text: &[u8], bracket: u8) -> Option<&[u8]> {
    trimmed(text).strip_prefix(&[bracket]).map(trimmed)
}

/// What follows a value and its comma.
fn next(text: &[u8]) -> &[u8] {
    let text = trimmed(text);
    text.strip_prefix(b",").map_or(text, trimmed)
}

/// One past a value that begins at the first byte.
fn end_of_value(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' | b':' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            byte if byte.is_ascii_whitespace() && depth == 0 => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// One past the string that begins here.
fn end_of_string(text: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The text without the byte order mark that some servers put before it. A reader may pass over it (RFC 8259, 8.1).
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// U+FFFD, escaped.
const REPLACED: &[u8; 6] = b"\\uFFFD";
/// The same with another character, to see which texts hold one that was replaced.
const OTHERWISE: &[u8; 6] = b"\\uFFFC";

/// A JSON text whose strings are whole: half a surrogate pair, or bytes that are no UTF-8, are replaced by U+FFFD.
pub(crate) struct Mended<'a> {
    pub(crate) text: Cow<'a, [u8]>,
    replaced: Vec<usize>,
}

impl Mended<'_> {
    pub(crate) fn new(text: &[u8]) -> Mended<'_> {
        let (mut text, mut replaced) = utf8(text);
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.iter().position(|it| *it == b'\\')) {
            at += found;
            at += match (unit(&text, at), unit(&text, at + REPLACED.len())) {
                (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * REPLACED.len(),
                (Some(0xD800..=0xDFFF), _) => {
                    text.to_mut()[at..at + REPLACED.len()].copy_from_slice(REPLACED);
                    replaced.push(at);
                    REPLACED.len()
                }
                (Some(_), _) => REPLACED.len(),
                (None, _) => 2,
            };
        }
        Mended { text, replaced }
    }

    /// The same text with another character in the place of each that was replaced; none where none was.
    pub(crate) fn otherwise(&self) -> Option<Vec<u8>> {
        let mut text = (!self.replaced.is_empty()).then(|| self.text.to_vec())?;
        for at in &self.replaced {
            text[*at..*at + OTHERWISE.len()].copy_from_slice(OTHERWISE);
        }
        Some(text)
    }
}

/// With an escape in the place of what is no UTF-8, and where they are.
fn utf8(text: &[u8]) -> (Cow<'_, [u8]>, Vec<usize>) {
    if std::str::from_utf8(text).is_ok() {
        return (Cow::Borrowed(text), Vec::new());
    }
    let (mut whole, mut replaced) = (Vec::with_capacity(text.len()), Vec::new());
    for chunk in text.utf8_chunks() {
        whole.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            replaced.push(whole.len());
            whole.extend_from_slice(REPLACED);
        }
    }
    (Cow::Owned(whole), replaced)
}

/// The unit of UTF-16 that is escaped here.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// It ends too early, or is empty.
    CutOff,
    /// It does not even begin like an object or a list: a page, as a gateway sends it.
    Foreign,
    /// It is whole but for one place.
    Spoilt(String),
}

/// Why a text that could not be read is not JSON.
pub(crate) fn fault(text: &[u8]) -> JsonFault {
    let text = without_mark(text);
    match text.trim_ascii_start().first() {
        None => return JsonFault::CutOff,
        Some(b'{' | b'[') => {}
        Some(_) => return JsonFault::Foreign,
    }
    let structure = serde_json::from_slice::<IgnoredAny>(text).err();
    let error = structure.or_else(|| serde_json::from_slice::<Value>(&Mended::new(text).text).err());
    match error {
        Some(error) if error.is_eof() => JsonFault::CutOff,
        Some(error) => JsonFault::Spoilt(error.to_string()),
        None => JsonFault::Spoilt("it holds more than is read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_tree() {
        let text = br#" { "a" : [ 1 , "x\"]," , {"b":[]} , [ ] , null ] , "\u0061b":true,"c":{"a":1}, "n":-1.5e3 } "#;
        assert!(is_json(text));
        let value = |name: &str| field(text, name).map(|it| serde_json::from_slice::<Value>(it).unwrap());
        assert_eq!(value("ab"), Some(Value::Bool(true)));
        assert_eq!(field(text, "n"), Some(b"-1.5e3".as_slice()));
        assert_eq!(value("b"), None);
        let tree: Value = serde_json::from_slice(text).unwrap();
        let parts: Vec<Value> =
            items(field(text, "a").unwrap()).unwrap().map(|it| serde_json::from_slice(it).unwrap()).collect();
        assert_eq!(Value::Array(parts), tree["a"]);
        assert_eq!(items(b"[]").unwrap().count(), 0);
        assert!(items(b"{}").is_none());
        assert_eq!(field(b"{}", "a"), None);
        assert_eq!(field(b"[1]", "a"), None);
    }

    #[test]
    fn a_string_is_what_a_parser_makes_of_it() {
        for text in
            [r#""""#, r#""a""#, r#""é""#, r#""a\"b""#, r#""a\u0062""#, "\"", "\"a", "null", "\"a\tb\"", "\"a\"b\""]
        {
            assert_eq!(string(text.as_bytes()), serde_json::from_str(text).ok(), "{text}");
        }
        assert_eq!(string(b"\"a\xFF\"").as_deref(), Some("a\u{FFFD}"));
    }

    #[test]
    fn the_last_of_two_fields_counts() {
        assert_eq!(field(br#"{"a":1,"a":2}"#, "a"), Some(&b"2"[..]));
    }

    #[test]
    fn no_text_has_more_values_than_are_counted() {
        fn count(value: &Value) -> usize {
            match value {
                Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
                Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
                _ => 1,
            }
        }
        for text in [r#"{"":{"":{"":[0,0,{"a,b":"[{"}]}}}"#, "[]", "0", "[[],[[]]]"] {
            let tree: Value = serde_json::from_str(text).unwrap();
            assert!(values_at_most(text.as_bytes()) >= count(&tree), "{text}");
        }
    }
}

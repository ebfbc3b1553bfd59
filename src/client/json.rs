//! Finds the parts of a JSON text without building a tree: for a response of some MiB, a tree would take a hundred
//! times its size.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::Value;

/// Is the whole text valid JSON?
pub(crate) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// The weight of an object or list, because even an empty one takes the memory of several values.
const CONTAINER: usize = 8;

/// An upper bound of the values in a JSON text: a comma or colon counts one, an opening bracket eight.
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

/// The text of a field's value. The last one counts if there are several, as in a tree. `None` if the JSON text is no
/// object or has no such field.
pub(crate) fn field<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    members(text)?.filter(|(key, _)| is_called(key, name)).last().map(|(_, value)| value)
}

/// The names and values of an object, as text. `None` if the JSON text is no object.
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

/// The repeated names of an object whose values have different texts.
pub(crate) fn several(text: &[u8]) -> Vec<String> {
    let mut first: BTreeMap<Cow<'_, str>, &[u8]> = BTreeMap::new();
    let mut several: Vec<String> = Vec::new();
    for (key, value) in members(text).into_iter().flatten() {
        let key = string(key).unwrap_or_default();
        match first.get(&key) {
            Some(before) if *before != value && !several.iter().any(|it| *it == key) => several.push(key.into_owned()),
            Some(_) => {}
            None => drop(first.insert(key, value)),
        }
    }
    several
}

pub(crate) fn string(text: &[u8]) -> Option<Cow<'_, str>> {
    let escaped = || serde_json::from_slice(&Mended::new(text).text).ok().map(Cow::Owned);
    plain(text).map(Cow::Borrowed).or_else(escaped)
}

/// A string without an escape, as most are.
fn plain(text: &[u8]) -> Option<&str> {
    let between = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let is_plain = between.iter().all(|it| !matches!(it, b'\\' | b'"' | 0..=0x1F));
    std::str::from_utf8(between).ok().filter(|_| is_plain)
}

/// The items of a list, as text. `None` if the JSON text is no list.
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
    // Most keys have no escape and need no decoding.
    between == Some(name.as_bytes()) || key.contains(&b'\\') && string(key).is_some_and(|it| it == name)
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

fn opened(text: &[u8], bracket: u8) -> Option<&[u8]> {
    trimmed(text).strip_prefix(&[bracket]).map(trimmed)
}

/// The text after a value and its comma.
fn next(text: &[u8]) -> &[u8] {
    let text = trimmed(text);
    text.strip_prefix(b",").map_or(text, trimmed)
}

/// One past the value at the start.
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

/// One past the string at this index.
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

/// The text without the byte-order mark that some servers add. A reader may ignore it (RFC 8259, 8.1).
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// U+FFFD, escaped.
const REPLACED: &[u8; 6] = b"\\uFFFD";
/// Another replacement character, to see which texts have a replaced one.
const OTHERWISE: &[u8; 6] = b"\\uFFFC";

/// A JSON text with repaired strings: half a surrogate pair, or invalid UTF-8, is replaced by U+FFFD.
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

    /// The same text with another replacement character. `None` if nothing was replaced.
    pub(crate) fn otherwise(&self) -> Option<Vec<u8>> {
        let mut text = (!self.replaced.is_empty()).then(|| self.text.to_vec())?;
        for at in &self.replaced {
            text[*at..*at + OTHERWISE.len()].copy_from_slice(OTHERWISE);
        }
        Some(text)
    }
}

/// Replaces invalid UTF-8 by an escape, and returns the places.
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

/// The UTF-16 unit that is escaped here.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Why a text is not valid JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// It ends too early, or is empty.
    CutOff,
    /// It does not start like an object or list, for example a gateway's page.
    Foreign,
    /// It is valid except for one place.
    Spoilt(String),
}

/// Why an unreadable text is not valid JSON.
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

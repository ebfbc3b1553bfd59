//! The parts of a JSON text, without a tree of the whole: an answer of some MiB would take a hundred times its size.

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
    let mut rest = opened(text, b'{')?;
    let mut found = None;
    while rest.first() == Some(&b'"') {
        let (key, after) = rest.split_at(end_of_value(rest));
        let value = trimmed(trimmed(after).strip_prefix(b":")?);
        let (value, after) = value.split_at(end_of_value(value));
        if is_called(key, name) {
            found = Some(value);
        }
        rest = next(after);
    }
    found
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
    between == Some(name.as_bytes())
        || key.contains(&b'\\') && serde_json::from_slice::<Value>(key).is_ok_and(|it| it.as_str() == Some(name))
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

/// What follows an opening bracket.
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

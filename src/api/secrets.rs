//! Secrets taken out of foreign text: a server may repeat whatever it was sent.

use secrecy::{ExposeSecret as _, SecretString};

/// A shorter secret is taken out only where it stands as a word of its own, as an echo shows it
/// (`Bearer abc`, `"token":"abc"`). As a part of longer words it is no echo: `bad` stands in "badly
/// formed", and a hole there would spoil the message and tell what fits into it. The platform's own
/// secrets have 40 characters and more, and of those not even a part of a word may stay.
pub const ANYWHERE_FROM_CHARS: usize = 8;

/// What stands in the place of a secret.
const REMOVED: &str = "[secret]";

/// Everything that must not come back out.
pub struct Secrets(Vec<SecretString>);

impl Secrets {
    /// These; empty ones say nothing.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Secrets {
        let mut secrets: Vec<SecretString> = secrets.into_iter().collect();
        secrets.retain(|it| !it.expose_secret().is_empty());
        // The longest first: one that begins another would leave the other's end behind.
        secrets.sort_by_key(|it| std::cmp::Reverse(it.expose_secret().len()));
        Secrets(secrets)
    }

    /// Does one of them stand in these bytes, as they are or as JSON may spell it? Short ones are not looked for: they
    /// are words as well.
    #[must_use]
    pub fn stand_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let unescaped = text.contains('\\').then(|| without_escapes(&text));
        let long =
            self.0.iter().map(SecretString::expose_secret).filter(|it| it.chars().count() >= ANYWHERE_FROM_CHARS);
        let holds = |secret: &str| text.contains(secret) || unescaped.as_ref().is_some_and(|it| it.contains(secret));
        long.into_iter().any(holds)
    }

    /// The text without any of them.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        self.0.iter().map(SecretString::expose_secret).fold(text.to_owned(), |text, secret| {
            if secret.chars().count() < ANYWHERE_FROM_CHARS {
                without_word(&text, secret)
            } else {
                text.replace(secret, REMOVED)
            }
        })
    }
}

/// The text with the escapes of JSON's strings undone, wherever they stand.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.strip_prefix('u').and_then(|it| it.get(..4)).and_then(|it| u32::from_str_radix(it, 16).ok());
        // Secrets are what a header can carry, so halves of a pair are none of them.
        if let Some(character) = code.and_then(char::from_u32) {
            plain.push(character);
            rest = &rest[5..];
        } else if let Some(character) = rest.chars().next() {
            plain.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    plain.push_str(rest);
    plain
}

/// Takes a secret out where no letter or digit continues it on either side.
fn without_word(text: &str, secret: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut done, mut from) = (0, 0);
    while let Some(found) = text[from..].find(secret) {
        let (start, end) = (from + found, from + found + secret.len());
        if continues(&text[..start], secret) || continues(secret, &text[end..]) {
            // It may begin again within what was looked at.
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

/// Would these two, one after the other, be read as one word?
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

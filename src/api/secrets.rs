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

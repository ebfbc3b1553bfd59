//! Detects credentials that were pasted with extra text, or are still placeholders.

use crate::model::problem::Problem;

/// Reports characters that are never part of a token, an id or a secret, before anything is sent. It shows the form,
/// never a character of the value.
pub fn check(variable: &str, value: &str) -> Result<(), Problem> {
    let Some(form) = form(value) else { return Ok(()) };
    let problem = Problem::new(format!("{variable} is not used as it stands: {form}; nothing was sent"));
    Err(problem.help(format!("set {variable} to the bare value")))
}

const PLACEHOLDER: &str = "it is a placeholder that was not replaced";

fn form(value: &str) -> Option<&'static str> {
    const QUOTES: [char; 11] = ['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»', '‚'];
    // The platform's credentials have none of them.
    const OPENING: [char; 8] = ['<', '{', '[', '(', '$', '#', '@', '%'];
    const CLOSING: [char; 6] = ['>', '}', ']', ')', '#', '%'];
    let folded = value.to_ascii_lowercase().replace('-', "_");
    let begins_with = |scheme: &str| {
        let is_apart = |c: char| c.is_whitespace() || ":=%+\"',".contains(c);
        folded.strip_prefix(scheme).is_some_and(|rest| rest.is_empty() || rest.starts_with(is_apart))
    };
    Some(if begins_with("bearer") {
        "it begins with `Bearer`"
    } else if begins_with("basic") {
        "it begins with `Basic`"
    } else if value.contains("://") || is_of_an_address(&folded) {
        "it is an address or a piece of one, such as `#access_token=…`"
    } else if value.starts_with(['{', '[']) && value.contains('"') {
        "it is JSON"
    } else if is_named(&folded)
        || folded.contains("genesyscloud_oauthclient_")
        || folded.contains("genesyscloud_access_token")
    {
        "the name of a header or a variable is in it"
    } else if value.starts_with(QUOTES) || value.ends_with(QUOTES) {
        "it is in quotes"
    } else if value.starts_with(OPENING) || value.ends_with(CLOSING) || is_stand_in(value) {
        PLACEHOLDER
    } else if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        "it holds a blank or a line break"
    } else if !value.is_ascii() {
        "it holds a character that none has"
    } else {
        return None;
    })
}

/// Is this the end of a login URL?
fn is_of_an_address(folded: &str) -> bool {
    folded.starts_with(['#', '?', '&']) && folded.contains('=')
        || ["token_type=", "expires_in="].iter().any(|it| folded.contains(it))
}

/// Does it start with the name of a credential?
fn is_named(folded: &str) -> bool {
    const NAMES: [&str; 8] = ["token", "secret", "client_id", "clientid", "authorization", "password", "bearer", "key"];
    let is_a_name = |name: &str| {
        let name = name.trim_matches(|c: char| c.is_whitespace() || "\"'`".contains(c));
        let is_of_words = name.chars().all(|c| c.is_ascii_alphabetic() || "_. ".contains(c));
        is_of_words && NAMES.iter().any(|it| name.ends_with(it))
    };
    let is_assigned = |(at, it): (usize, &str)| {
        let rest = folded[at + it.len()..].trim_start_matches(['"', '\'', ' ']);
        rest.starts_with([':', '=']) || rest.starts_with("%3d")
    };
    folded.split_once([':', '=']).is_some_and(|(name, _)| is_a_name(name))
        || folded.match_indices("access_token").any(is_assigned)
}

/// One of these words is enough, if all others are in these lists too.
const SIGNS: &str = "change replace insert enter paste fill put your my here placeholder dummy fake example sample fixme todo tbd \
                     tba none null nil na nan false true undefined unset empty missing unknown redacted masked hidden removed \
                     censored default";
const OTHERS: &str = "me this that the a an it in is to be by for from of with real actual some set not token access secret client \
                      id key password value credential credentials bearer oauth oauth2 auth api org genesys cloud purecloud \
                      prod production dev test staging";

/// Does it consist only of placeholder words, however they are joined? Real credentials are random.
fn is_stand_in(value: &str) -> bool {
    const LENGTH_MAX: usize = 100;
    let text: String = value.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect();
    if text.chars().all(|it| it == 'x') || text.chars().all(|it| it == '0') {
        return value.is_ascii() || value.chars().all(|it| "*.•…".contains(it));
    }
    if text.len() > LENGTH_MAX {
        return false;
    }
    // Whether words lead up to an index, without and with a sign word.
    let mut reached = vec![(false, false); text.len() + 1];
    reached[0].0 = true;
    for at in 0..text.len() {
        let (plain, marked) = reached[at];
        let signs = SIGNS.split_whitespace().map(|it| (it, true));
        for (word, is_sign) in signs.chain(OTHERS.split_whitespace().map(|it| (it, false))) {
            if (plain || marked) && text[at..].starts_with(word) {
                let end = &mut reached[at + word.len()];
                end.0 |= plain && !is_sign;
                end.1 |= marked || is_sign;
            }
        }
    }
    let (plain, marked) = reached[text.len()];
    let is_mark = |c: char| !c.is_ascii_alphanumeric();
    marked || plain && value.starts_with(is_mark) && value.ends_with(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_value_is_none() {
        for value in [
            "CHANGE_ME",
            "change-me",
            "ChangeMe",
            "REPLACE_ME",
            "replace-with-your-token",
            "<your-token",
            "your-token>",
            "__TOKEN__",
            "insert-token-here",
            "XXXX-XXXX",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "00000000-0000-0000-0000-000000000000",
            "none",
            "N/A",
            "placeholder",
            "dummy",
            "FIXME",
            "#{token}#",
            "@@token@@",
            "[token]",
            "MY_CLIENT_ID",
            "•••",
            "---",
            "null",
        ] {
            assert_eq!(form(value), Some(PLACEHOLDER), "{value}");
        }
    }

    #[test]
    fn what_a_value_was_copied_with_is_named() {
        for value in [
            "#access_token=Zq7&token_type=bearer",
            "&access_token=Zq7",
            "https://x.example/#access_token=Zq7",
            "Zq7&expires_in=9",
        ] {
            assert!(form(value).unwrap().starts_with("it is an address"), "{value}");
        }
        for value in [
            "token=Zq7",
            "client-secret: Zq7",
            "state=1&access_token=Zq7",
            "access_token%3DZq7",
            "\"client_id\": \"Zq7\"",
        ] {
            assert!(form(value).unwrap().starts_with("the name of"), "{value}");
        }
        assert_eq!(form("BEARER=Zq7"), Some("it begins with `Bearer`"));
    }

    #[test]
    fn what_is_a_value_is_used() {
        for value in [
            "2fa68d50-0000-4000-8000-000000000001",
            "Zq7todo-my_noneXx8Kd93-token",
            "_aB3dE9-",
            "sandbox-client",
            "token",
            "c2VjcmV0==",
        ] {
            assert_eq!(form(value), None, "{value}");
        }
    }
}

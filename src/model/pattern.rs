//! Patterns of names, in which `*` is any text.

/// Does the whole text match the pattern?
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, is_it) in [
            ("acme", "acme", true),
            ("acme", "acme-test", false),
            ("acme-*", "acme-test", true),
            ("acme-*", "acme-", true),
            ("acme-*", "acme", false),
            ("*", "acme", true),
            ("*-test", "acme-test", true),
            ("a*e-*t", "acme-test", true),
            ("a*e-*t", "acme-tes", false),
            ("a**e", "acme", true),
            ("ab*ba", "aba", false),
            ("a*b*b", "ab", false),
            ("presence-plan/*", "presence-plan/acme", true),
            ("presence-*/acme", "presence-plan/globex", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, text), is_it, "{pattern} {text}");
        }
    }
}

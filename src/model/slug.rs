//! Makes readable ASCII names from any script: `午餐` becomes `wu-can`.

use deunicode::deunicode;

/// The longest name, in characters. It leaves room for a number in a key.
pub const SLUG_LENGTH_MAX: usize = 60;

/// The most characters that are read, because labels in an org can have any length.
const READ_CHARS_MAX: usize = 200;

/// Lower-case letters and digits, joined by single hyphens. `None` if the text has no letter or digit.
pub fn slug(raw: &str) -> Option<String> {
    let read: String = raw.chars().take(READ_CHARS_MAX).collect();
    let mut slug = String::new();
    for c in deunicode(&read).chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    if slug.len() > SLUG_LENGTH_MAX {
        // Cuts between words if that keeps more than half.
        slug.truncate(SLUG_LENGTH_MAX);
        if let Some(end) = slug.rfind('-').filter(|end| *end > SLUG_LENGTH_MAX / 2) {
            slug.truncate(end);
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    (!slug.is_empty()).then_some(slug)
}

/// Like [`slug`], for a name that may be one word, such as `OnQueue`.
pub fn slug_of_words(raw: &str) -> Option<String> {
    let mut apart = String::new();
    let mut before_is_small = false;
    for c in raw.chars() {
        if c.is_uppercase() && before_is_small {
            apart.push(' ');
        }
        before_is_small = c.is_lowercase();
        apart.push(c);
    }
    slug(&apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_in_every_script() {
        let made = [
            "Lunch break",
            "Büro & Küche",
            "Æresgjest på besøk",
            "午餐 休息",
            "Обед",
            "점심 시간",
            "☕ Break",
            "½ Tag",
        ];
        assert_eq!(
            made.map(|it| slug(it).unwrap()),
            [
                "lunch-break",
                "buro-kuche",
                "aeresgjest-pa-besok",
                "wu-can-xiu-xi",
                "obed",
                "jeomsim-sigan",
                "coffee-break",
                "1-2-tag"
            ]
        );
        assert_eq!(slug("  --!  "), None);
        assert_eq!(slug(""), None);
        assert_eq!(slug("\0\u{202E}a\u{200B}"), Some("a".to_owned()));
    }

    #[test]
    fn long_names_are_cut_between_words() {
        let long = slug(&"quality review ".repeat(20)).unwrap();
        assert_eq!(long, "quality-review-quality-review-quality-review-quality-review");
        assert_eq!(slug(&"x".repeat(1_000)).unwrap().len(), SLUG_LENGTH_MAX);
    }

    #[test]
    fn words_without_a_space_are_told_apart() {
        assert_eq!(slug_of_words("OnQueue").as_deref(), Some("on-queue"));
        assert_eq!(slug_of_words("ON_QUEUE").as_deref(), Some("on-queue"));
        assert_eq!(slug_of_words("Available").as_deref(), Some("available"));
    }
}

//! The variables of one of several orgs. Their names end in `__` and the org's name, such as
//! `GENESYSCLOUD_OAUTHCLIENT_ID__ACME_PROD` for `acme-prod`.

/// The variables that an org may have.
pub const OF_AN_ORG: [&str; 5] = [
    "GENESYSCLOUD_REGION",
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "GENESYSCLOUD_ACCESS_TOKEN",
    "PRESENCECTL_BASE_URL",
];

pub fn is_of_an_org(name: &str) -> bool {
    OF_AN_ORG.iter().any(|it| name.strip_prefix(it).is_some_and(|rest| rest.starts_with("__")))
}

/// The suffix of an org's variables. `None` for a name without a letter or digit.
pub fn suffix(org: &str) -> Option<String> {
    let letter = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_uppercase() } else { '_' };
    org.chars()
        .any(|it| it.is_ascii_alphanumeric())
        .then(|| format!("__{}", org.chars().map(letter).collect::<String>()))
}

/// Adds this suffix to the variables in a text of ours.
pub fn named(text: &str, suffix: &str) -> String {
    let mut named = text.to_owned();
    for name in OF_AN_ORG.iter().filter(|_| !suffix.is_empty()) {
        named = named.replace(name, &format!("{name}{suffix}")).replace(&format!("{suffix}{suffix}"), suffix);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_is_the_name_in_capitals() {
        assert_eq!(suffix("acme-prod").as_deref(), Some("__ACME_PROD"));
        assert_eq!(suffix("Acme 2.0").as_deref(), Some("__ACME_2_0"));
        assert_eq!(suffix("-. "), None);
    }
}

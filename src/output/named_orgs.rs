//! Some of several orgs in words.

use crate::model::text;

/// So many orgs are always named.
const NAMED_MAX: usize = 4;

/// Few orgs by name, else all, or all with few exceptions. Names are raw.
pub fn named_orgs(some: &[String], all: &[String]) -> String {
    let others: Vec<String> = all.iter().filter(|it| !some.contains(it)).cloned().collect();
    let shown = |names: &[String]| text::list(names, "and");
    match others.len() {
        _ if some.len() <= NAMED_MAX => shown(some),
        0 => "all orgs".to_owned(),
        count if count <= NAMED_MAX && count < some.len() => format!("all orgs but {}", shown(&others)),
        _ => shown(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_named_and_many_by_their_exceptions() {
        let all: Vec<String> = (1..=14).map(|it| format!("o{it}")).collect();
        assert_eq!(named_orgs(&all[..2], &all), "o1 and o2");
        assert_eq!(named_orgs(&all, &all), "all orgs");
        assert_eq!(named_orgs(&all[1..], &all), "all orgs but o1");
        assert_eq!(named_orgs(&all[..5], &all), "o1, o2, o3, o4 and o5");
        assert_eq!(named_orgs(&all[..2], &all[..2]), "o1 and o2");
    }
}

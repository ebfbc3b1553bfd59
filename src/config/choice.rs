//! Selects the orgs of a run: by name, by pattern, by stage, or all.

use crate::config::finding::Finding;
use crate::model::pattern::fits;
use crate::model::text;

/// The selection. Names and patterns add up, and stages narrow them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrgChoice {
    /// Names, or patterns such as `acme-*`. Empty means all orgs.
    pub names: Vec<String>,
    pub stages: Vec<String>,
}

/// What an org file states about its org. `None` for an unreadable value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrgHead {
    pub name: Option<String>,
    pub stage: Option<String>,
}

impl OrgChoice {
    /// Which of these orgs are selected. A name or pattern without a match is an error, because it is a typo.
    pub fn among(&self, orgs: &[OrgHead]) -> Result<Vec<bool>, Finding> {
        let names = || orgs.iter().filter_map(|it| it.name.as_deref());
        for asked in &self.names {
            if !names().any(|it| fits(asked, it)) {
                let what = if is_pattern(asked) { "a name like" } else { "the name" };
                let what = format!("no org has {what} {}", text::ticked(asked));
                return Err(nothing(what, asked.trim_matches('*'), names()));
            }
        }
        for asked in &self.stages {
            if !orgs.iter().any(|it| it.stage.as_ref() == Some(asked)) {
                let stages = orgs.iter().filter_map(|it| it.stage.as_deref());
                return Err(nothing(format!("no org has the stage {}", text::ticked(asked)), asked, stages));
            }
        }
        let is_named = |it: &OrgHead| {
            self.names.is_empty()
                || it.name.as_ref().is_some_and(|name| self.names.iter().any(|asked| fits(asked, name)))
        };
        let is_staged =
            |it: &OrgHead| self.stages.is_empty() || it.stage.as_ref().is_some_and(|it| self.stages.contains(it));
        let chosen: Vec<bool> = orgs.iter().map(|it| is_named(it) && is_staged(it)).collect();
        if chosen.contains(&true) {
            return Ok(chosen);
        }
        let what = if orgs.is_empty() {
            "there is no org file here".to_owned()
        } else {
            let stages: Vec<String> = self.stages.iter().map(text::ticked).collect();
            format!("none of the orgs that are named has the stage {}", text::list(&stages, "or"))
        };
        Err(nothing(what, "", std::iter::empty()))
    }
}

fn nothing<'a>(what: String, asked: &str, known: impl Iterator<Item = &'a str>) -> Finding {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    let nearest = text::nearest(asked, known.iter().copied()).map(str::to_owned);
    Finding::NoOrgChosen { what, nearest, known: known.into_iter().map(str::to_owned).collect() }
}

pub fn is_pattern(asked: &str) -> bool {
    asked.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orgs() -> Vec<OrgHead> {
        let org = |name: &str, stage: &str| OrgHead { name: Some(name.to_owned()), stage: Some(stage.to_owned()) };
        vec![org("acme-prod", "prod"), org("acme-test", "test"), org("globex", "prod"), OrgHead::default()]
    }

    fn chosen(names: &[&str], stages: &[&str]) -> Result<Vec<usize>, String> {
        let owned = |of: &[&str]| of.iter().map(|it| (*it).to_owned()).collect();
        let choice = OrgChoice { names: owned(names), stages: owned(stages) };
        let among =
            choice.among(&orgs()).map_err(|it| format!("{}; {}", it.message(), it.help().unwrap_or_default()))?;
        Ok((0..among.len()).filter(|it| among[*it]).collect())
    }

    #[test]
    fn names_add_up_and_stages_narrow_them() {
        assert_eq!(chosen(&[], &[]), Ok(vec![0, 1, 2, 3]), "all of them, also one that cannot be read");
        assert_eq!(chosen(&["globex", "acme-*"], &[]), Ok(vec![0, 1, 2]));
        assert_eq!(chosen(&[], &["prod"]), Ok(vec![0, 2]));
        assert_eq!(chosen(&["acme-*"], &["prod", "test"]), Ok(vec![0, 1]));
    }

    #[test]
    fn what_meets_nothing_is_an_error_with_what_is_near() {
        let error = |names: &[&str], stages: &[&str]| chosen(names, stages).unwrap_err();
        assert_eq!(error(&["globx"], &[]), "no org has the name `globx`; did you mean `globex`?");
        assert_eq!(error(&["glbex*"], &[]), "no org has a name like `glbex*`; did you mean `globex`?");
        assert_eq!(error(&[], &["prd"]), "no org has the stage `prd`; did you mean `prod`?");
        assert_eq!(
            error(&["acme", "globex"], &[]),
            "no org has the name `acme`; known are `acme-prod`, `acme-test` and `globex`"
        );
        assert_eq!(error(&["globex"], &["test"]), "none of the orgs that are named has the stage `test`; ");
    }
}

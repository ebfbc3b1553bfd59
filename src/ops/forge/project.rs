//! The project that the files of a CI were written for, as those files say it.

use crate::model::forge::Forge;

/// What the files of a CI say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeProject {
    pub forge: Forge,
    /// `OWNER/NAME`, or on GitLab a longer path.
    pub project: String,
    /// Its default branch, where the files name it.
    pub branch: Option<String>,
    /// The stages that the files have jobs for; None where the config alone says them.
    pub stages: Option<Vec<String>>,
    /// The other project that holds the files, on GitLab.
    pub config_project: Option<String>,
}

/// A file of each forge that names the project.
pub const GITHUB_FILE: &str = ".github/workflows/apply.yml";
pub const GITLAB_FILE: &str = ".gitlab-ci.yml";

impl ForgeProject {
    /// By the files of a repository. None where none of them names a project, such as an example's.
    pub fn read(file: impl Fn(&str) -> Option<String>) -> Option<ForgeProject> {
        file(GITHUB_FILE)
            .and_then(|it| ForgeProject::of_github(&it))
            .or_else(|| ForgeProject::of_gitlab(&file(GITLAB_FILE)?))
    }

    fn of_github(text: &str) -> Option<ForgeProject> {
        let branch = value_of(text, "branches").map(|it| unquoted(it.trim_matches(['[', ']'])));
        Some(ForgeProject {
            forge: Forge::Github,
            project: project(text, "project", "OWNER/PROJECT")?,
            branch: branch.filter(|it| !it.is_empty()).map(str::to_owned),
            stages: value_of(text, "stages").map(|it| words(unquoted(it))),
            config_project: None,
        })
    }

    fn of_gitlab(text: &str) -> Option<ForgeProject> {
        Some(ForgeProject {
            forge: Forge::Gitlab,
            project: project(text, "PRESENCECTL_PROJECT", "GROUP/PROJECT")?,
            branch: None,
            stages: None,
            config_project: project(text, "JOBS_PROJECT", ""),
        })
    }
}

/// The stages of a list as the files write it.
pub fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn project(text: &str, key: &str, of_an_example: &str) -> Option<String> {
    let value = unquoted(value_of(text, key)?);
    (value != of_an_example && is_project(value)).then(|| value.to_owned())
}

/// The value of the first line with this key, without its comment.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix(':'))?;
    Some(value.split(" #").next().unwrap_or_default().trim())
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['"', '\''])
}

/// Is it a path of a project, in the letters that both forges take?
pub fn is_project(typed: &str) -> bool {
    let is_name = |it: &str| {
        !it.is_empty()
            && !matches!(it, "." | "..")
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it))
    };
    typed.contains('/') && typed.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_names_no_project() {
        let of = |name: &'static str, text: &'static str| move |asked: &str| (asked == name).then(|| text.to_owned());
        assert_eq!(ForgeProject::read(of(GITHUB_FILE, "  project: OWNER/PROJECT\n")), None);
        let github = "    branches: [\"trunk\"]\n  project: acme/presences\n  stages: \"dev prod\" # of the config\n";
        let read = ForgeProject::read(of(GITHUB_FILE, github)).unwrap();
        assert_eq!((read.project.as_str(), read.branch.as_deref()), ("acme/presences", Some("trunk")));
        assert_eq!(read.stages, Some(vec!["dev".to_owned(), "prod".to_owned()]));
        let gitlab = "variables:\n  PRESENCECTL_PROJECT: a/b/c # this project\n  JOBS_PROJECT: \"\" # none\n";
        let read = ForgeProject::read(of(GITLAB_FILE, gitlab)).unwrap();
        assert_eq!((read.forge, read.project.as_str(), read.config_project), (Forge::Gitlab, "a/b/c", None));
        for hostile in ["a/../b", "a/b;rm", "a", "a/ b", "/a", "a/$(b)"] {
            assert!(!is_project(hostile), "{hostile}");
        }
    }
}

//! The files of a CI: those of the examples, with nothing left to fill.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

use crate::ops::init::InitPage;

/// What the files are written for.
#[derive(Debug, Clone, Copy)]
pub struct CiFiles<'a> {
    /// The project in which they do something.
    pub project: &'a str,
    /// Its default branch.
    pub branch: &'a str,
    /// The repository of presencectl, and a commit of it.
    pub release: (&'a str, &'a str),
    /// The SHA-256 of the archive for Linux on x86-64.
    pub sha256: &'a str,
    /// GitHub: the stages of the config, each with jobs of its own. GitLab takes them from the config.
    pub stages: &'a [String],
    /// GitLab: the other project that holds the files.
    pub config_project: Option<&'a str>,
}

macro_rules! example {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!("../../examples/", $folder, "/", $name)))
    };
}

const GITHUB: [(&str, &str); 5] = [
    example!("github-actions", ".github/workflows/check.yml"),
    example!("github-actions", ".github/workflows/plan.yml"),
    example!("github-actions", ".github/workflows/apply.yml"),
    example!("github-actions", ".github/workflows/drift.yml"),
    example!("github-actions", ".github/workflows/undo.yml"),
];

const GITLAB: [(&str, &str); 2] = [example!("gitlab-ci", ".gitlab-ci.yml"), example!("gitlab-ci", "presencectl.sh")];

impl CiFiles<'_> {
    pub fn github(&self) -> Vec<InitPage> {
        GITHUB.iter().map(|(name, text)| InitPage::whole(*name, self.of_github(text))).collect()
    }

    fn of_github(&self, example: &str) -> String {
        let version = concat!("v", env!("CARGO_PKG_VERSION"));
        let reason = " # zizmor: ignore[unpinned-uses] no release is known to an example";
        let (repository, commit) = self.release;
        let example = if self.stages.is_empty() { example.to_owned() } else { staged(example, self.stages) };
        example
            .replace("project: OWNER/PROJECT", &format!("project: {}", self.project))
            .replace("branches: [main]", &format!("branches: [\"{}\"]", self.branch))
            .replace("OWNER/presencectl", repository)
            .replace(&format!("@{version}{reason}"), &format!("@{commit} # {version}"))
            .replace("sha256: \"\"", &format!("sha256: {}", self.sha256))
    }

    /// With another project for the pipeline, the script comes from the release, by its sum.
    pub fn gitlab(&self) -> Vec<InitPage> {
        let [(pipeline, text), (script_name, script)] = GITLAB;
        let mut text = self.of_gitlab(text);
        if self.config_project.is_none() {
            return vec![InitPage::whole(pipeline, text), InitPage::whole(script_name, script.to_owned())];
        }
        let (repository, commit) = self.release;
        let sum = digest(&SHA256, script.as_bytes()).as_ref().iter().fold(String::new(), |mut sum, byte| {
            // Writing to a String cannot fail.
            let _ = write!(sum, "{byte:02x}");
            sum
        });
        let from = format!("https://raw.githubusercontent.com/{repository}/{commit}/examples/gitlab-ci/{script_name}");
        let fetched = format!(
            "    # Nothing of a merge request is run: the script is that of the release.\n    \
             - curl --silent --show-error --fail --proto '=https' --retry 3 --output /usr/local/bin/{script_name}\n      \
             {from}\n    \
             - echo \"{sum}  /usr/local/bin/{script_name}\" | sha256sum -c -\n"
        );
        text = text.replace(FROM_THE_COMMIT, &fetched);
        vec![InitPage::whole(pipeline, text)]
    }

    fn of_gitlab(&self, example: &str) -> String {
        let (repository, _) = self.release;
        let lines = example.split_inclusive('\n').map(|line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            match line.trim_start().split_once(':') {
                Some(("PRESENCECTL_REPOSITORY", _)) => format!("{indent}PRESENCECTL_REPOSITORY: {repository}\n"),
                Some(("PRESENCECTL_SHA256", _)) => format!("{indent}PRESENCECTL_SHA256: {}\n", self.sha256),
                Some(("PRESENCECTL_PROJECT", _)) => {
                    format!(
                        "{indent}PRESENCECTL_PROJECT: {} # In any other one, such as a fork, only `validate` runs.\n",
                        self.project
                    )
                }
                Some(("JOBS_PROJECT", _)) if let Some(other) = self.config_project => {
                    format!("{indent}JOBS_PROJECT: {other} # The project that holds this file.\n")
                }
                _ => line.to_owned(),
            }
        });
        lines.collect()
    }
}

/// Can a stage be part of the name of a job and of an environment of GitHub?
pub fn is_name_of_jobs(stage: &str) -> bool {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    (1..=64).contains(&stage.len()) && stage.chars().all(is_word)
}

/// A workflow with the jobs of each stage in the place of the one `approve` and the one `apply`.
fn staged(example: &str, stages: &[String]) -> String {
    let text = example.replacen("stages: \"\"", &format!("stages: \"{}\"", stages.join(" ")), 1);
    let Some([before, approve, apply, after]) = parts_of_apply(&text) else {
        // `undo` is of one org, so its stage is known.
        let stage = "presence-approve-${{ fromJSON(needs.orgs.outputs.matrix).include[0].stage }}";
        return text.replace("environment: presence-approve\n", &format!("environment: {stage}\n"));
    };
    // The jobs so far, and what a later stage needs of the ones before it: each has no org that is due, or all are
    // done.
    let (mut jobs, mut names, mut applies, mut done) = (String::new(), String::new(), String::new(), String::new());
    for stage in stages {
        let of_stage = format!("fromJSON(needs.orgs.outputs.by-stage)['{stage}']");
        let due = format!("needs.orgs.outputs.any == 'true' && {of_stage} != null{done}");
        jobs += &approve
            .replace("  approve:\n", &format!("  approve-{stage}:\n"))
            .replace("needs: [orgs, plan]", &format!("needs: [orgs, plan{applies}]"))
            .replace("needs.orgs.outputs.any == 'true'", &due)
            .replace("environment: presence-approve\n", &format!("environment: presence-approve-{stage}\n"));
        jobs += &apply
            .replace("  apply:\n", &format!("  apply-{stage}:\n"))
            .replace("needs: [orgs, plan, approve]", &format!("needs: [orgs, plan, approve-{stage}]"))
            .replace("needs.approve.result", &format!("needs.approve-{stage}.result"))
            .replace("fromJSON(needs.orgs.outputs.matrix)", &of_stage);
        // Writing to a String cannot fail.
        let _ = write!(names, ", approve-{stage}, apply-{stage}");
        let _ = write!(applies, ", apply-{stage}");
        let _ = write!(done, " && ({of_stage} == null || needs.apply-{stage}.result == 'success')");
    }
    let after = after.replace("needs: [orgs, plan, approve, apply]", &format!("needs: [orgs, plan{names}]"));
    [before, &jobs, &after].concat()
}

/// The workflow of an apply: what is before its jobs of a stage, `approve` with its comment, `apply`, and what follows.
fn parts_of_apply(text: &str) -> Option<[&str; 4]> {
    let comment = text.find("  # Give this environment")?;
    let apply = text.find("  apply:\n")?;
    let result = text.find("  result:\n")?;
    Some([&text[..comment], &text[comment..apply], &text[apply..result], &text[result..]])
}

/// How the pipeline of an example gets its script.
const FROM_THE_COMMIT: &str = "    - git show \"$CI_COMMIT_SHA:presencectl.sh\" >/usr/local/bin/presencectl.sh\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn files<'a>(commit: &'a str, sum: &'a str) -> CiFiles<'a> {
        let (project, branch, config_project) = ("acme/presences", "trunk", None);
        CiFiles { project, branch, release: ("maker/presencectl", commit), sha256: sum, stages: &[], config_project }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let (commit, sum) = ("a".repeat(40), "b".repeat(64));
        let files = files(&commit, &sum);
        let other = CiFiles { config_project: Some("acme/presence-ci"), ..files };
        for InitPage { name, text, .. } in [files.github(), files.gitlab(), other.gitlab()].concat() {
            for left in ["OWNER", "GROUP/", "@v0", "sha256: \"\"", "SHA256: \"\"", "[main]", "Set:"] {
                assert!(!text.contains(left), "{name}: {left}");
            }
        }
        assert!(files.github().iter().all(|it| it.text.contains(&commit)));
        assert!(files.gitlab()[0].text.contains(&format!("PRESENCECTL_SHA256: {sum}\n")));
    }

    #[test]
    fn each_stage_has_jobs_that_wait_for_the_ones_before() {
        let (commit, sum) = ("a".repeat(40), "b".repeat(64));
        let stages = ["dev".to_owned(), "prod".to_owned()];
        let files = CiFiles { stages: &stages, ..files(&commit, &sum) };
        let of = |name: &str| files.github().into_iter().find(|it| it.name.ends_with(name)).map(|it| it.text);
        let apply = of("apply.yml").unwrap_or_default();
        for expected in [
            "  approve-dev:\n    needs: [orgs, plan]\n",
            "    environment: presence-approve-dev\n",
            "  apply-dev:\n    needs: [orgs, plan, approve-dev]\n",
            "  approve-prod:\n    needs: [orgs, plan, apply-dev]\n    if: ${{ !cancelled() && needs.orgs.outputs.any == 'true' && \
             fromJSON(needs.orgs.outputs.by-stage)['prod'] != null && \
             (fromJSON(needs.orgs.outputs.by-stage)['dev'] == null || needs.apply-dev.result == 'success') }}\n",
            "      matrix: ${{ fromJSON(needs.orgs.outputs.by-stage)['prod'] }}\n",
            "    needs: [orgs, plan, approve-dev, apply-dev, approve-prod, apply-prod]\n",
            "          stages: \"dev prod\" #",
        ] {
            assert!(apply.contains(expected), "{expected}\n{apply}");
        }
        assert!(!apply.contains("  apply:\n") && !apply.contains("approve.result"), "{apply}");
        assert!(of("check.yml").unwrap_or_default().contains("stages: \"dev prod\" #"));
        assert!(of("undo.yml").unwrap_or_default().contains("environment: presence-approve-${{ fromJSON("));
        assert!(is_name_of_jobs("dev_1") && !is_name_of_jobs("dev 1") && !is_name_of_jobs("d'"));
    }

    #[test]
    fn a_pipeline_of_another_project_runs_no_file_of_a_merge_request() {
        let (commit, sum) = ("a".repeat(40), "b".repeat(64));
        let files = CiFiles { config_project: Some("acme/presence-ci"), ..files(&commit, &sum) };
        let pages = files.gitlab();
        let [InitPage { text, .. }] = pages.as_slice() else { panic!("the script is the release's: {pages:?}") };
        assert!(
            !text.contains("git show") && text.contains(&format!("maker/presencectl/{commit}/examples/gitlab-ci/"))
        );
        assert!(text.contains("  JOBS_PROJECT: acme/presence-ci #"), "{text}");
    }
}

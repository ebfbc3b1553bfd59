//! The contents of the files of a new repository. Pure; the command writes them.

use std::fmt::Write as _;

use crate::config::USUAL_PATH;
use crate::host::file_set::WriteMode;

/// Where editors find the schema of a config, from the files in that folder.
pub const SCHEMA_FROM_CONFIG: &str = "../schemas/config.v1.json";
/// Where the schema goes, below the repository.
pub const SCHEMA: &str = "schemas/config.v1.json";

/// What the small config calls its org.
const EXAMPLE_ORG: &str = "acme-prod";

/// What no repository should hold, and why.
const IGNORED: [(&str, &str); 2] = [
    (".presencectl/", "the state of sandbox orgs"),
    ("plan*.json", "saved plans: they hold what the org holds, and are for one apply"),
];

/// What a new config begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Org,
    Small,
    /// The files of a CI alone: the config is there, or in another repository.
    None,
}

/// Whose CI plans pull requests and applies what is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    Github,
    Gitlab,
    None,
}

/// A file that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitPage {
    pub name: String,
    pub text: String,
    pub claim: WriteMode,
}

impl InitPage {
    pub fn whole(name: impl Into<String>, text: String) -> InitPage {
        InitPage { name: name.into(), text, claim: WriteMode::Whole }
    }
}

/// A config to begin with, where there is no org to import from.
pub fn small() -> InitPage {
    let text = format!(
        "# yaml-language-server: $schema={SCHEMA_FROM_CONFIG}\n\
         version: 1\n\
         # Which org this is for. With its id here, nothing is ever applied to another one; `presencectl doctor`\n\
         # prints it.\n\
         org:\n  \
         name: {EXAMPLE_ORG} # Set: your name for the org. `--org` takes it, and a CI names its environments by it.\n  \
         # id: …\n\
         settings:\n  \
         # The label in this locale identifies a definition.\n  \
         defaultLocale: en_US\n  \
         # What these files do not name stays as it is; `delete` takes it away.\n  \
         prune: keep\n\
         definitions:\n  \
         # The key (`lunch`) is a name in this repository; agents see the labels.\n  \
         lunch:\n    \
         systemPresence: Meal\n    \
         labels: {{ en_US: Lunch }}\n  \
         coaching:\n    \
         systemPresence: Busy\n    \
         labels: {{ en_US: Coaching }}\n"
    );
    InitPage::whole(format!("{USUAL_PATH}/presence.yaml"), text)
}

/// What Git passes over: the lines that are there, and those that are missing.
pub fn gitignore(there: Option<&str>) -> InitPage {
    let mut text = there.unwrap_or_default().to_owned();
    // A byte-order mark stays where it is.
    let is_there = |line: &str| text.trim_start_matches('\u{FEFF}').lines().any(|it| it.trim() == line);
    let missing = IGNORED.iter().filter(|(line, _)| !is_there(line)).collect::<Vec<_>>();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for (line, why) in missing {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# {}{}\n{line}", why[..1].to_uppercase(), &why[1..]);
    }
    InitPage { name: ".gitignore".to_owned(), text, claim: WriteMode::Addition }
}

/// The next steps, for the reader of the new repository.
pub fn readme(start: Start) -> InitPage {
    let sandbox = match start {
        Start::Org | Start::None => "",
        Start::Small => " --sandbox",
    };
    let commands: String = [
        (format!("validate {USUAL_PATH}"), "checks the files"),
        (format!("plan {USUAL_PATH}{sandbox}"), "shows what would change, and writes nothing"),
        (format!("apply {USUAL_PATH}{sandbox}"), "shows the same, asks, then changes the org"),
        (format!("doctor {USUAL_PATH}{sandbox}"), "checks connection and permissions"),
    ]
    .iter()
    .fold(String::new(), |mut lines, (command, what)| {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "presencectl {command:27}  # {what}");
        lines
    });
    let text = format!(
        "# Presence definitions\n\n\
         The presence definitions of our Genesys Cloud org as code, kept by \
         presencectl. They are in `{USUAL_PATH}/`.\n\n\
         ```sh\n\
         {commands}\
         ```\n\n\
         Change the files in a pull request: `plan` shows what that does, and `apply` does it after the merge.\n\
         Credentials come from the environment, never from a file.\n"
    );
    // A person's own page says what they want it to say.
    InitPage { name: "README.md".to_owned(), text, claim: WriteMode::Fallback }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_passes_over_is_added_once() {
        let new = gitignore(None).text;
        assert_eq!(
            new,
            "# The state of sandbox orgs\n.presencectl/\n# Saved plans: they hold what the org holds, and are for one \
             apply\nplan*.json\n"
        );
        assert_eq!(gitignore(Some(&new)).text, new);
        assert_eq!(
            gitignore(Some("target/\nplan*.json")).text,
            "target/\nplan*.json\n# The state of sandbox orgs\n.presencectl/\n"
        );
        let marked = "\u{FEFF}.presencectl/\nplan*.json\n";
        assert_eq!(gitignore(Some(marked)).text, marked);
    }
}

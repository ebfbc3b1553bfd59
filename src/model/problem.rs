//! Why something failed: one sentence, what to do, and the platform's correlation id. All failures use it.

use std::io;

use crate::model::observed::Organization;

/// Why a command, or one of many items, failed. Foreign strings are raw: each view makes them safe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// In one sentence, with the API call if there was one.
    pub message: String,
    pub help: Option<String>,
    pub correlation_id: Option<String>,
    /// The platform's message for a refused request, and its parameters' names and values. They are never shown, only
    /// searched for the label at fault.
    pub platform_terms: Vec<String>,
    /// A freeze of the config refused it. Nothing was written.
    pub is_freeze: bool,
    /// A person was asked, and did not say yes. Nothing was written.
    pub is_declined: bool,
}

/// What is known of the org when a command fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrg {
    /// `None` if its identity was not read.
    pub org: Option<Organization>,
    /// The run uses the embedded sandbox: nothing real is written.
    pub sandbox: bool,
}

/// Why one of several orgs has no result, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgFailure {
    pub problem: Problem,
    pub known_org: KnownOrg,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), ..Problem::default() }
    }

    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

/// The cause in words that do not depend on the system's language or error numbers.
pub fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        io::ErrorKind::AlreadyExists => "there is a file of this name".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        // Unnamed kinds print a text without any cause.
        io::ErrorKind::Other => error.to_string(),
        kind => match kind.to_string().as_str() {
            "uncategorized error" => error.to_string(),
            words => words.to_owned(),
        },
    }
}

//! Why something failed, for all failures: one sentence, what to do, and the platform's id of the exchange.

use std::io;

use crate::model::observed::Organization;

/// Why a command, or one thing of many, failed. Foreign strings are raw: each view makes them safe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// In one sentence, with the API call if there was one.
    pub message: String,
    pub help: Option<String>,
    pub correlation_id: Option<String>,
    /// What the platform named when it refused a request: its message, and its parameters' names and values. They are
    /// never shown, only searched for a label that is at fault.
    pub platform_terms: Vec<String>,
    /// A freeze of the config refused it. Nothing was written.
    pub is_freeze: bool,
}

/// What is known of the org by the time that a command fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// None where it has not said who it is.
    pub org: Option<Organization>,
    /// The embedded org is asked: nothing real is written.
    pub sandbox: bool,
}

/// Why an org of several has no result, and what it said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgFailure {
    pub problem: Problem,
    pub heard: Heard,
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

/// The cause in words that do not change with the system's language or numbers.
pub fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        io::ErrorKind::AlreadyExists => "there is a file of this name".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        // Another kind than the named ones prints as nothing that says what is wrong.
        io::ErrorKind::Other => error.to_string(),
        kind => match kind.to_string().as_str() {
            "uncategorized error" => error.to_string(),
            words => words.to_owned(),
        },
    }
}

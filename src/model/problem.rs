//! Why a command could not do its work: one sentence, what to do, and the exit that follows.

use std::io;

use crate::client::{ApiError, EndpointError};
use crate::model::observed::Organization;
use crate::model::text;
use crate::sandbox::SandboxError;

/// A failure of a whole command. Foreign strings are raw: whoever shows it neutralises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
    pub correlation_id: Option<String>,
}

/// What is known of the org by the time that a command fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// None where it has not said who it is.
    pub org: Option<Organization>,
    /// The embedded org is asked: nothing real is written.
    pub sandbox: bool,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None, correlation_id: None }
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

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Problem {
        let correlation_id = error.about.correlation_id.clone();
        Problem { message: error.to_string(), help: Some(error.help()), correlation_id }
    }
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Problem {
        let source = std::error::Error::source(&error);
        let system = source.and_then(|it| it.downcast_ref::<io::Error>());
        let cause = system.map_or_else(String::new, |it| format!(": {}", cause(it)));
        let problem = Problem::new(format!("{error}{cause}"));
        match &error {
            SandboxError::Link { path } | SandboxError::NotAFile { path } | SandboxError::NotAFolder { path } => {
                problem.help(format!("look at what `{}` is, and remove it", path.display()))
            }
            SandboxError::Broken { problem: said, .. } => match meant(said) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem,
            },
            _ => problem,
        }
    }
}

/// The known name that is nearest to an unknown one, from what serde says of it.
fn meant(said: &str) -> Option<&str> {
    let mut names = said.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let given = names.next()?;
    text::nearest(given, names)
}

impl From<(&str, EndpointError)> for Problem {
    fn from((what, error): (&str, EndpointError)) -> Problem {
        Problem::new(format!("{what}: {error}"))
    }
}

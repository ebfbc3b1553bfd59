//! Why a command could not do its work: one sentence, what to do, and the exit that follows.

use crate::api::{ApiError, EndpointError};
use crate::sandbox::SandboxError;

/// A failure of a whole command. Foreign strings are raw: whoever shows it neutralises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    pub correlation_id: Option<String>,
}

impl Problem {
    /// With words of its own.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None, correlation_id: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
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
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        Problem::new(format!("{error}{cause}"))
    }
}

impl From<(&str, EndpointError)> for Problem {
    fn from((what, error): (&str, EndpointError)) -> Problem {
        Problem::new(format!("{what}: {error}"))
    }
}

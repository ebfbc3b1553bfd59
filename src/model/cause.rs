//! Why one thing of many was not done, or not found out: what reports say below it.

/// Why something failed. Where all of a command does, that is a [`Problem`](crate::model::problem::Problem).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// In one sentence, with the API call. Foreign strings are raw.
    pub message: String,
    pub help: Option<String>,
    pub correlation_id: Option<String>,
    /// What the platform named in its refusal of a request: its message, and the names and values of its
    /// parameters. Nothing of it is shown; what is shown is in the sentence.
    pub said: Vec<String>,
}

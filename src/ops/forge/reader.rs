//! Asks a forge, and reads its answers. Each may be of any shape: what is not as it should be is reported, and decides nothing.

use serde_json::Value;

use crate::host::forge_cli::{self, ForgeCli, ForgeError};
use crate::host::logging;
use crate::model::limits::FORGE_PAGES_MAX;
use crate::ops::doctor::check::Check;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotKnown {
    NoAnswer(ForgeError),
    /// The answer is not what it should be.
    Odd(String),
}

impl NotKnown {
    pub fn is_absent(&self) -> bool {
        matches!(self, NotKnown::NoAnswer(it) if it.status() == Some(404))
    }

    /// As a check that could not be made.
    pub fn check(&self, name: &'static str, what: &str) -> Check {
        match self {
            NotKnown::NoAnswer(error) => Check::not_known(name, format!("{what}: {error}")).help(error.help()),
            NotKnown::Odd(why) => Check::not_known(name, format!("{what}: {why}")),
        }
    }
}

/// One forge, asked under the login of the person.
#[derive(Debug, Clone, Copy)]
pub struct ForgeReader(pub ForgeCli);

impl ForgeReader {
    /// The document at a path.
    pub fn one(self, path: &str) -> Result<Value, NotKnown> {
        logging::phase("asking the forge");
        read(path, forge_cli::get(self.0, path))
    }

    /// What a query of GraphQL finds.
    pub fn query(self, query: &str) -> Result<Value, NotKnown> {
        logging::phase("asking the forge");
        read("graphql", forge_cli::query(self.0, query))
    }

    /// All entries of a list, page by page. Where an answer is an object, `field` has the list.
    pub fn all(self, path: &str, field: Option<&str>, per_page: usize) -> Result<Vec<Value>, NotKnown> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        for page in 1..=FORGE_PAGES_MAX {
            let answer = self.one(&format!("{path}{joint}per_page={per_page}&page={page}"))?;
            let list = field.map_or(&answer, |field| &answer[field]);
            let Value::Array(list) = list else {
                return Err(NotKnown::Odd(format!("the answer to {path} holds no list")));
            };
            all.extend(list.iter().cloned());
            if list.len() < per_page {
                return Ok(all);
            }
        }
        Err(NotKnown::Odd(format!("the list {path} has more than {FORGE_PAGES_MAX} pages")))
    }
}

fn read(path: &str, answer: Result<String, ForgeError>) -> Result<Value, NotKnown> {
    let text = answer.map_err(NotKnown::NoAnswer)?;
    serde_json::from_str(&text).map_err(|_| NotKnown::Odd(format!("the answer to {path} is no JSON")))
}

/// The text of a field.
pub fn text_of<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value[field].as_str()
}

/// The texts of a field of each entry.
pub fn texts<'a>(list: &'a [Value], field: &'static str) -> impl Iterator<Item = &'a str> {
    list.iter().filter_map(move |it| text_of(it, field))
}

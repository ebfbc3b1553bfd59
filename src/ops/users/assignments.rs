//! What an input wants for each user: every user once, with one presence.

use std::collections::{BTreeSet, HashMap};

use crate::model::names::DefinitionId;
use crate::model::user::{UserId, Wish};
use crate::ops::users::input::{InputEntry, InputKind, Mistake};
use crate::ops::users::resolve::{Presences, ResolvedPresence, UnresolvedPresence};

/// What holds for every user of an input that says nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForAll {
    /// `--presence`.
    pub presence: Option<String>,
    /// `--message`.
    pub message: Option<String>,
}

/// What is wanted for one user, the presence as a person typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub user: UserId,
    pub presence: String,
    /// With what message; none leaves it as it is.
    pub message: Option<String>,
}

/// The users, each once, in the order in which they came.
pub fn distinct(entries: Vec<InputEntry>) -> Vec<UserId> {
    let mut seen = BTreeSet::new();
    entries.into_iter().map(|it| it.user).filter(|it| seen.insert(it.clone())).collect()
}

/// What is wanted for each user, each once, in the order in which they came.
pub fn wanted(entries: Vec<InputEntry>, for_all: &ForAll) -> Result<Vec<Assignment>, Vec<Mistake>> {
    let (mut all, mut mistakes) = (Vec::<Assignment>::new(), Vec::new());
    let mut first: HashMap<UserId, (usize, String)> = HashMap::new();
    for InputEntry { place, user, presence, message } in entries {
        let presence = one_of("presence", presence, for_all.presence.as_ref());
        let message = one_of("message", message, for_all.message.as_ref());
        let (presence, message) = match (presence, message) {
            (Ok(Some(presence)), Ok(message)) => (presence, message),
            (Ok(None), Ok(_)) => {
                mistakes.push(Mistake { place, what: InputKind::NoPresence });
                continue;
            }
            (Err(what), _) | (_, Err(what)) => {
                mistakes.push(Mistake { place, what });
                continue;
            }
        };
        let it = Assignment { user, presence, message };
        match first.get(&it.user) {
            Some((index, _)) if all[*index] == it => {}
            Some((_, first)) => {
                mistakes.push(Mistake { place, what: InputKind::Twice { user: it.user, first: first.clone() } });
            }
            None => {
                first.insert(it.user.clone(), (all.len(), place));
                all.push(it);
            }
        }
    }
    if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
}

/// What a file says of one user, else what a flag says of all. They may not say two things.
fn one_of(name: &'static str, cell: Option<String>, flag: Option<&String>) -> Result<Option<String>, InputKind> {
    match (cell, flag) {
        (Some(cell), Some(flag)) if cell != *flag => Err(InputKind::Contradiction { name, cell, flag: flag.clone() }),
        (Some(cell), _) => Ok(Some(cell)),
        (None, flag) => Ok(flag.cloned()),
    }
}

/// What is wanted, once every presence is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignments {
    /// What was found for every presence that is named, each once, in the order in which they came.
    pub resolved: Vec<ResolvedPresence>,
    /// What each user should be on.
    pub users: Vec<(UserId, Wish)>,
}

/// Finds every presence that is named.
pub fn resolve_all(
    wanted: &[Assignment],
    presences: &Presences<'_>,
    primary: bool,
) -> Result<Assignments, Vec<UnresolvedPresence>> {
    let mut found = Assignments { resolved: Vec::new(), users: Vec::with_capacity(wanted.len()) };
    let mut not_found: Vec<UnresolvedPresence> = Vec::new();
    let mut answers: HashMap<&str, Option<DefinitionId>> = HashMap::new();
    for Assignment { user, presence, message } in wanted {
        let answer = answers.entry(presence).or_insert_with(|| match presences.resolve(presence) {
            Ok(resolved) => {
                let id = resolved.definition.id.clone();
                found.resolved.push(resolved);
                Some(id)
            }
            Err(not_meant) => {
                not_found.push(not_meant);
                None
            }
        });
        if let Some(definition) = answer.clone() {
            found.users.push((user.clone(), Wish { definition, message: message.clone(), primary }));
        }
    }
    if not_found.is_empty() { Ok(found) } else { Err(not_found) }
}

//! The wanted presence of each user from the input: every user once, with one presence.

use std::collections::{BTreeSet, HashMap};

use crate::model::names::DefinitionId;
use crate::model::user::{UserId, WantedPresence};
use crate::ops::users::input::{InputEntry, InputKind, Mistake};
use crate::ops::users::resolve::{Presences, ResolvedPresence, UnresolvedPresence};

/// The defaults for all users of an input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForAll {
    /// `--presence`.
    pub presence: Option<String>,
    /// `--message`.
    pub message: Option<String>,
}

/// The wanted presence of one user, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub user: UserId,
    pub presence: String,
    /// The message. `None` keeps the current one.
    pub message: Option<String>,
}

/// The users, each once, in the order of the input.
pub fn distinct(entries: Vec<InputEntry>) -> Vec<UserId> {
    let mut seen = BTreeSet::new();
    entries.into_iter().map(|it| it.user).filter(|it| seen.insert(it.clone())).collect()
}

/// The wanted presence of each user, each once, in the order of the input.
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

/// The value of a file for one user, or that of a flag for all. They must not contradict each other.
fn one_of(name: &'static str, cell: Option<String>, flag: Option<&String>) -> Result<Option<String>, InputKind> {
    match (cell, flag) {
        (Some(cell), Some(flag)) if cell != *flag => Err(InputKind::Contradiction { name, cell, flag: flag.clone() }),
        (Some(cell), _) => Ok(Some(cell)),
        (None, flag) => Ok(flag.cloned()),
    }
}

/// The wanted presences, with every presence resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignments {
    /// Every named presence, each once, in the order of the input.
    pub resolved: Vec<ResolvedPresence>,
    /// The wanted presence of each user.
    pub users: Vec<(UserId, WantedPresence)>,
}

/// Resolves every named presence.
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
            found.users.push((user.clone(), WantedPresence { definition, message: message.clone(), primary }));
        }
    }
    if not_found.is_empty() { Ok(found) } else { Err(not_found) }
}

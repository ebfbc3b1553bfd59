//! The plan of a retirement: the definition to remove, the target of its people, and every doubt that prevents the
//! start.

use std::collections::BTreeMap;

use crate::model::desired::{Desired, Management};
use crate::model::names::{DefinitionId, Key, Locale, SystemPresence};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::source::{FileId, Span};
use crate::model::usage::{Queue, Seats};
use crate::model::user::{UserId, WantedPresence};
use crate::model::{text, yaml};
use crate::ops::users::resolve::{NamedPresence, Presences, ResolvedPresence, UnresolvedPresence};
use crate::plan::change::{Action, Removal, Step};
use crate::plan::matching::{Match, pair};
use crate::plan::odd::OddOnes;
use crate::plan::plan;

/// The system presence with routed work.
const ON_QUEUE: &str = "OnQueue";

/// A definition to remove, and another one for its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    pub key: Key,
    /// The definition to remove, as it was read. An earlier run may have deactivated it.
    pub from: Definition,
    /// The active target of its people.
    pub to: ResolvedPresence,
    pub include_on_queue: bool,
    pub advice: Advice,
    pub default_locale: Locale,
}

/// Why a retirement does not start. Its words are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The config has no such key.
    UnknownKey {
        typed: String,
        nearest: Option<String>,
    },
    /// `omit` names it, so this org's object is unmanaged.
    Omitted(Key),
    /// Its object is an open question.
    Open(Key),
    NotThere(Key),
    PlatformsOwn(NamedPresence),
    /// `protect` names it.
    Protected(Key, DefinitionId),
    /// The target is not known.
    To(UnresolvedPresence),
    /// The target is the definition itself.
    Same(NamedPresence),
    /// People with the definition receive no work, but they would with the target.
    TargetGivesWork(NamedPresence),
    /// The action of the config's plan on the target.
    TargetGoes(NamedPresence, Action),
    /// It has a broken character, which a deactivation would send back. Has the place.
    HalfCharacter(NamedPresence, String),
}

impl Doubt {
    pub fn message(&self) -> String {
        match self {
            Doubt::UnknownKey { typed, .. } => {
                format!("the config has no definition {typed}", typed = text::ticked(typed))
            }
            Doubt::Omitted(key) => format!("`omit` names `{key}`: it is unmanaged in this org"),
            Doubt::Open(key) => format!("what `{key}` is in the org is an open question"),
            Doubt::NotThere(key) => format!("the org has nothing for `{key}`, so there is nothing to retire"),
            Doubt::PlatformsOwn(named) => {
                format!("{} is the platform's own, which cannot be changed", named.in_words())
            }
            Doubt::Protected(key, id) => format!("`protect` names {id}, which is `{key}`"),
            Doubt::To(not_meant) => not_meant.message(),
            Doubt::Same(named) => format!("{} is the definition to retire", named.in_words()),
            Doubt::TargetGivesWork(named) => {
                format!(
                    "people would go to {}, which puts them on queue, and work would come to them",
                    named.in_words()
                )
            }
            Doubt::TargetGoes(named, action) => format!(
                "people would go to {}, which the next `apply` of this config is going to {}",
                named.in_words(),
                action.verb()
            ),
            Doubt::HalfCharacter(named, places) => format!(
                "{} holds a broken character ({places}), which its deactivation would send back",
                named.in_words()
            ),
        }
    }

    pub fn help(&self) -> String {
        match self {
            Doubt::UnknownKey { nearest: Some(nearest), .. } => {
                format!("did you mean {nearest}?", nearest = text::ticked(nearest))
            }
            Doubt::UnknownKey { nearest: None, .. } => {
                "name it by its key; what the config does not name is not touched, and `presencectl import` writes a \
                 config of everything"
                    .to_owned()
            }
            Doubt::Omitted(key) => format!("remove `{key}` from `omit` if you want to retire it"),
            Doubt::Open(_) => "`presencectl plan` says which, and how to answer it".to_owned(),
            Doubt::NotThere(_) => "`presencectl plan` says what the org has".to_owned(),
            Doubt::PlatformsOwn(_) => "take it out of the config".to_owned(),
            Doubt::Protected(..) => "remove the id from `protect` if you want to retire it".to_owned(),
            Doubt::To(not_meant) => not_meant.help(),
            Doubt::TargetGivesWork(_) => "give one with `--to` that does not put people on queue".to_owned(),
            Doubt::Same(_) => "give another one with `--to`".to_owned(),
            Doubt::HalfCharacter(..) => {
                "write the whole text first: a label by `apply`, anything else in the org's admin page".to_owned()
            }
            Doubt::TargetGoes(..) => "give one that stays with `--to`, or correct the config first".to_owned(),
        }
    }
}

/// The people to move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moves {
    /// The people to move, by id.
    pub people: Vec<UserId>,
    /// The people who are not moved: on queue, or possibly on queue.
    pub on_queue: BTreeMap<UserId, Queue>,
}

#[derive(Debug, Clone, Copy)]
pub struct RetireRequest<'a> {
    pub key: &'a str,
    /// The target: a key, a label or an id.
    pub to: &'a str,
    pub include_on_queue: bool,
}

/// The retirement for a config and an org.
pub fn retirement(desired: &Desired, observed: &Observed, asked: RetireRequest<'_>) -> Result<Retirement, Vec<Doubt>> {
    let RetireRequest { key: typed, to, include_on_queue } = asked;
    let default_locale = &desired.settings.default_locale;
    let mut doubts = Vec::new();
    let found = goes(typed.trim(), desired, observed).map_err(|doubt| doubts.push(doubt)).ok();
    let to = Presences::new(desired, observed).resolve(to).map_err(|it| doubts.push(Doubt::To(it))).ok();
    if let Some(to) = &to {
        let named = || NamedPresence::new(&to.definition, default_locale);
        if found.as_ref().is_some_and(|(_, from)| from.id == to.definition.id) {
            doubts.push(Doubt::Same(named()));
        } else {
            let from_gives_none = found.as_ref().is_some_and(|(_, from)| !gives_work(&from.system_presence));
            if from_gives_none && gives_work(&to.definition.system_presence) {
                doubts.push(Doubt::TargetGivesWork(named()));
            }
            let changes = plan(desired, observed, &desired.settings.limits).changes;
            let removes = |it: &&Step| it.action().is_removal() && it.id() == Some(&to.definition.id);
            if let Some(step) = changes.iter().map(|it| &it.step).find(removes) {
                doubts.push(Doubt::TargetGoes(named(), step.action()));
            }
        }
    }
    match (found, to) {
        (Some((key, from)), Some(to)) if doubts.is_empty() => Ok(Retirement {
            advice: advice(desired, &key),
            key,
            from: from.clone(),
            to,
            include_on_queue,
            default_locale: default_locale.clone(),
        }),
        _ => Err(doubts),
    }
}

/// Does the platform route work to people with this system presence?
fn gives_work(system_presence: &SystemPresence) -> bool {
    SystemPresence::new(ON_QUEUE).is_some_and(|it| it == *system_presence)
}

/// The definition of a key, if it can be retired.
fn goes<'a>(typed: &str, desired: &'a Desired, observed: &'a Observed) -> Result<(Key, &'a Definition), Doubt> {
    let Some((key, wanted)) = Key::new(typed).and_then(|key| desired.definitions.get_key_value(&key)) else {
        let known = desired.definitions.keys().map(Key::as_str);
        let nearest = text::nearest(typed, known).map(str::to_owned);
        return Err(Doubt::UnknownKey { typed: typed.to_owned(), nearest });
    };
    if wanted.management == Management::Omitted {
        return Err(Doubt::Omitted(key.clone()));
    }
    let object = match pair(desired, observed).found.get(key) {
        Some(Match::One(object, _) | Match::AlreadyDeactivated(Some(object))) => *object,
        Some(Match::Open) => return Err(Doubt::Open(key.clone())),
        // An object that cannot be read in full and shows its label may be it.
        Some(Match::Nothing)
            if OddOnes::of(observed).doubt(wanted, &desired.settings.default_locale, None).is_some() =>
        {
            return Err(Doubt::Open(key.clone()));
        }
        Some(Match::Nothing | Match::AlreadyDeactivated(None)) | None => return Err(Doubt::NotThere(key.clone())),
    };
    if desired.protect.contains_key(&object.id) {
        return Err(Doubt::Protected(key.clone(), object.id.clone()));
    }
    if let Some(halved) = observed.halved(&object.id).filter(|_| !object.deactivated) {
        return Err(Doubt::HalfCharacter(
            NamedPresence::new(object, &desired.settings.default_locale),
            halved.places(),
        ));
    }
    match object.primary {
        Primary::Yes => Err(Doubt::PlatformsOwn(NamedPresence::new(object, &desired.settings.default_locale))),
        // It may be the platform's own.
        Primary::NotKnown if wanted.pin.is_none() => Err(Doubt::Open(key.clone())),
        Primary::NotKnown | Primary::No => Ok((key.clone(), object)),
    }
}

impl Retirement {
    /// The people to move. A person who receives work, or may receive it, is only moved on request.
    pub fn moves(&self, seats: &Seats) -> Moves {
        let gives_work = gives_work(&self.from.system_presence);
        let mut moves = Moves::default();
        for (user, queue) in &seats.people {
            if self.include_on_queue || (*queue == Queue::Off && !gives_work) {
                moves.people.push(user.clone());
            } else {
                let queue = if gives_work { Queue::On } else { *queue };
                moves.on_queue.insert(user.clone(), queue);
            }
        }
        moves
    }

    /// The wanted presence of each moved person. Messages stay.
    pub fn wanted(&self) -> WantedPresence {
        WantedPresence { definition: self.to.definition.id.clone(), message: None, primary: false }
    }

    /// The step that deactivates the definition. A deactivated one needs no write, but is verified too.
    pub fn step(&self) -> Step {
        let Definition { id, system_presence, .. } = &self.from;
        let removal = Removal {
            id: id.clone(),
            system_presence: system_presence.clone(),
            before: self.from.content(),
            after: None,
        };
        Step::Deactivate(self.key.clone(), removal)
    }
}

/// What to do with the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: the config already has it.
    SaysSo(Key),
    Write(Lines),
}

/// YAML lines and their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub file: FileId,
    /// The definition in that file, to merge the lines with. `None` if it is not there.
    pub beside: Option<Span>,
    /// The `overrides` of the file, if the lines belong below them.
    pub below: Option<Span>,
    pub instead_of: Option<Span>,
    pub lines: Vec<String>,
}

/// The config change that deactivates the definition in this org only.
pub fn advice(desired: &Desired, key: &Key) -> Advice {
    let Some(wanted) = desired.definitions.get(key) else { return Advice::SaysSo(key.clone()) };
    if wanted.deactivated {
        return Advice::SaysSo(key.clone());
    }
    let stands = wanted.places.key;
    let lines = vec![format!("{}:", yaml::scalar(key.as_str())), "  deactivated: true".to_owned()];
    let Some(org) = desired.org_file_without(wanted) else {
        let instead_of = wanted.places.deactivated.filter(|it| it.file == stands.file);
        return Advice::Write(Lines { file: stands.file, beside: Some(stands), below: None, instead_of, lines });
    };
    // A second `overrides` key would be an error.
    let lines = if org.overrides.is_some() {
        lines
    } else {
        let indented = lines.into_iter().map(|it| format!("  {it}"));
        std::iter::once("overrides:".to_owned()).chain(indented).collect()
    };
    Advice::Write(Lines { file: org.place.file, beside: None, below: org.overrides, instead_of: None, lines })
}

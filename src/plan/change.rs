//! The parts of a plan: steps (the only input of apply), reasons (for people), in-sync definitions, and unmanaged
//! objects.

use crate::model::labels::{Labels, Scope};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Content;
use crate::model::source::Span;
use crate::model::text;

/// A create that is not planned: an earlier run made its object, and the list does not show it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub change: Change,
    pub id: DefinitionId,
    /// The moment from which the list shows it.
    pub until: Moment,
}

/// A create that waits: an earlier run may have made its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub key: Key,
    pub until: Moment,
    pub sent: Vec<(SystemPresence, Label)>,
}

/// What is done to one object. The order is the order of display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Create,
    /// A deactivated definition becomes active again, with the labels of the config.
    Reactivate,
    Update,
    /// Deactivates an object under another system presence, once the definition that replaces it exists.
    Supersede,
    Deactivate,
    /// Deletes a definition that the config does not name.
    Delete,
}

impl Action {
    pub const ALL: [Action; 6] =
        [Action::Create, Action::Reactivate, Action::Update, Action::Supersede, Action::Deactivate, Action::Delete];

    /// The verb in texts and documents.
    pub fn verb(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Reactivate => "reactivate",
            Action::Update => "update",
            Action::Supersede => "replace",
            Action::Deactivate => "deactivate",
            Action::Delete => "delete",
        }
    }

    /// Does it take something away from agents?
    pub fn is_removal(self) -> bool {
        match self {
            Action::Create | Action::Reactivate | Action::Update => false,
            Action::Supersede | Action::Deactivate | Action::Delete => true,
        }
    }
}

/// Everything that apply needs for one object. Apply receives nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Create(Create),
    Update(Edit),
    Reactivate(Edit),
    /// Deactivates the object of this key by PUT.
    Deactivate(Key, Removal),
    /// Deactivates by PUT the object that the definition of this key replaces. It runs after every other step of this
    /// key.
    Supersede(Key, Removal),
    Delete(Removal),
}

/// A definition to create. It is active and has labels in the managed locales only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    pub key: Key,
    pub system_presence: SystemPresence,
    pub labels: Labels,
    /// Its division. `None` if the API does not show divisions.
    pub division: Option<DivisionId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The definition of the config. `None` only if an undo reverses the removal of an object that no config names.
    pub key: Option<Key>,
    pub id: DefinitionId,
    /// The system presence in the org's spelling. It never changes.
    pub system_presence: SystemPresence,
    /// The locales of `before` and `after`.
    pub scope: Scope,
    pub before: Content,
    /// The wanted content. Locales that the org already has keep the org's spelling.
    pub after: Content,
}

/// An active object to hide from agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    pub id: DefinitionId,
    /// The system presence in the org's spelling.
    pub system_presence: SystemPresence,
    /// What the plan read: every label, active.
    pub before: Content,
    /// The content to write along with the removal. `None` keeps the content. Only an undo sets it.
    pub after: Option<Content>,
}

impl Removal {
    pub fn after(&self) -> Content {
        self.after.clone().unwrap_or_else(|| Content { deactivated: true, ..self.before.clone() })
    }
}

impl Step {
    pub fn action(&self) -> Action {
        match self {
            Step::Create(_) => Action::Create,
            Step::Update(_) => Action::Update,
            Step::Reactivate(_) => Action::Reactivate,
            Step::Deactivate(..) => Action::Deactivate,
            Step::Supersede(..) => Action::Supersede,
            Step::Delete(_) => Action::Delete,
        }
    }

    /// The definition of the config that asks for it. `None` for an object that the config does not name.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Step::Create(create) => Some(&create.key),
            Step::Update(edit) | Step::Reactivate(edit) => edit.key.as_ref(),
            Step::Deactivate(key, _) | Step::Supersede(key, _) => Some(key),
            Step::Delete(_) => None,
        }
    }

    /// The object that it writes. `None` for a create.
    pub fn id(&self) -> Option<&DefinitionId> {
        match self {
            Step::Create(_) => None,
            Step::Update(edit) | Step::Reactivate(edit) => Some(&edit.id),
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => Some(&removal.id),
        }
    }

    /// A name for the object: its default label, or any other label. A create has the label that it will write.
    pub fn name(&self, default_locale: &Locale) -> Option<&Label> {
        let labels = match self {
            Step::Create(create) => &create.labels,
            Step::Update(edit) | Step::Reactivate(edit) => &edit.before.labels,
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
                &removal.before.labels
            }
        };
        labels.name(default_locale)
    }

    pub fn system_presence(&self) -> &SystemPresence {
        match self {
            Step::Create(create) => &create.system_presence,
            Step::Update(edit) | Step::Reactivate(edit) => &edit.system_presence,
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
                &removal.system_presence
            }
        }
    }

    /// What the plan read. `None` for a create.
    pub fn before(&self) -> Option<&Content> {
        match self {
            Step::Create(_) => None,
            Step::Update(edit) | Step::Reactivate(edit) => Some(&edit.before),
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => Some(&removal.before),
        }
    }

    /// The wanted content. A removal keeps the content and deactivates it, unless an undo restores labels too.
    pub fn after(&self) -> Content {
        match self {
            Step::Create(Create { key: _, system_presence: _, labels, division }) => {
                Content { labels: labels.clone(), deactivated: false, division: division.clone() }
            }
            Step::Update(edit) | Step::Reactivate(edit) => edit.after.clone(),
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => removal.after(),
        }
    }
}

/// How a definition of the config was matched with its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// By the id in `ids`.
    Pin,
    Label,
    /// By one of its `previousLabels`.
    PreviousLabel(Label),
}

impl Matched {
    /// In words. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        match self {
            Matched::Pin => "matched by its pin".to_owned(),
            Matched::Label => "matched by its label".to_owned(),
            Matched::PreviousLabel(label) => {
                format!("matched by its previous label {label}", label = text::ticked(label))
            }
        }
    }
}

/// Why a step is in the plan. It is for people: no code decides by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No object of the org can be this definition.
    NothingMatches,
    /// A similar object exists, and the config has `new: true`.
    SaidToBeNew,
    /// It exists under another system presence, which cannot change, and the config has `replaces`.
    Replaces(SystemPresence),
    Differs(Matched),
    /// It was found active, and the config has `deactivated: true`.
    SaidToBeDeactivated(Matched),
    /// The definition of this key has `replaces` and replaces it.
    ReplacedBy(Key),
    /// The config does not name it and has `prune: delete`.
    NotNamed,
    Undoes(Action),
    /// A planned step whose result was not verified.
    NotYet,
}

impl Reason {
    /// In words. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        match self {
            Reason::NothingMatches => "nothing in the org matches".to_owned(),
            Reason::SaidToBeNew => "the config says `new: true`".to_owned(),
            Reason::Replaces(presence) => format!("takes the place of the one under {presence}"),
            Reason::Differs(matched) => matched.in_words(),
            Reason::SaidToBeDeactivated(matched) => {
                format!("the config says `deactivated: true`; {}", matched.in_words())
            }
            Reason::ReplacedBy(key) => format!("`{key}` takes its place"),
            Reason::NotNamed => "the config does not name it".to_owned(),
            Reason::Undoes(action) => format!("undoes its `{}`", action.verb()),
            Reason::NotYet => "it is not as it was to be".to_owned(),
        }
    }
}

/// One step with its explanation for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub step: Step,
    pub reason: Reason,
    /// The definition in the config that asks for it.
    pub place: Option<Span>,
}

/// A managed definition that needs no change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InSync {
    pub key: Key,
    pub system_presence: SystemPresence,
    /// Its object. `None` for a deactivated definition that the org does not have.
    pub id: Option<DefinitionId>,
    pub matched: Option<Matched>,
    /// Deactivated in the config and in the org.
    pub deactivated: bool,
}

/// An active object of the organisation that the plan does not touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, or any other if it has none.
    pub name: Option<Label>,
    /// Why it is not touched.
    pub why: WhyUnmanaged,
}

/// Why an object is unmanaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUnmanaged {
    /// The config does not name it and keeps such objects.
    NotNamed,
    /// `omit` names the definition that it matches.
    Omitted(Key),
    /// `protect` names its id.
    Protected,
    /// The org does not show whether it is one of the platform's own.
    PrimaryNotKnown,
    /// An open question or an ambiguity of this definition concerns it.
    InQuestion(Key),
}

impl WhyUnmanaged {
    pub fn code(&self) -> &'static str {
        match self {
            WhyUnmanaged::NotNamed => "not-named",
            WhyUnmanaged::Omitted(_) => "omitted",
            WhyUnmanaged::Protected => "protected",
            WhyUnmanaged::PrimaryNotKnown => "primary-not-known",
            WhyUnmanaged::InQuestion(_) => "in-question",
        }
    }

    /// In words, for several objects with this reason.
    pub fn in_words(&self) -> &'static str {
        match self {
            WhyUnmanaged::NotNamed => "the config does not name them",
            WhyUnmanaged::Omitted(_) => "named by `omit`",
            WhyUnmanaged::Protected => "named by `protect`",
            WhyUnmanaged::PrimaryNotKnown => "the org does not say whether they are the platform's own",
            WhyUnmanaged::InQuestion(_) => "an error above is about them",
        }
    }

    /// The related definition of the config.
    pub fn key(&self) -> Option<&Key> {
        match self {
            WhyUnmanaged::Omitted(key) | WhyUnmanaged::InQuestion(key) => Some(key),
            WhyUnmanaged::NotNamed | WhyUnmanaged::Protected | WhyUnmanaged::PrimaryNotKnown => None,
        }
    }
}

/// An obsolete line of the config: it has had its effect and can be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObsoleteLine {
    pub key: Key,
    pub line: ObsoleteKind,
    pub place: Option<Span>,
    /// Other orgs that may still need it. `None` if it can be removed.
    pub not_known: Option<NotKnownFor>,
}

impl ObsoleteLine {
    /// The line in words, and the orgs that may still need it, as a sentence without a full stop. Names are raw.
    pub fn in_words(&self) -> (&'static str, String) {
        match &self.not_known {
            None => ("No longer needed", String::new()),
            Some(it) => ("No longer needed here", format!("; {}", it.in_words())),
        }
    }
}

/// Other orgs that use the same layer. This run does not know whether they still need the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotKnownFor {
    /// Names of orgs. An org file that cannot be read has its path here.
    pub orgs: Vec<String>,
    /// There may be more, because some files could not be read.
    pub more: bool,
}

const ORGS_NAMED_MAX: usize = 3;

impl NotKnownFor {
    /// In words. Names are raw.
    pub fn in_words(&self) -> String {
        let named: Vec<String> = self.orgs.iter().take(ORGS_NAMED_MAX).map(text::unticked).collect();
        let more = match self.orgs.len().saturating_sub(ORGS_NAMED_MAX) {
            0 => String::new(),
            more => format!(" ({more} more)"),
        };
        let unread = "not every file beside it could be read";
        match self.orgs.len() {
            0 => format!("not known for other orgs: {unread}"),
            count => {
                let uses = if count == 1 { "uses" } else { "use" };
                let unread = if self.more { format!("; {unread}") } else { String::new() };
                format!(
                    "not known for {} that {uses} this layer: {}{more}{unread}",
                    text::count(count, "other org"),
                    named.join(", ")
                )
            }
        }
    }
}

/// The kinds of lines that can become obsolete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObsoleteKind {
    /// `new: true`: the definition exists.
    New,
    /// `previousLabels`: no active object has one of these labels any more.
    PreviousLabels,
    /// `replaces`: no matching object under that system presence is active any more.
    Replaces,
}

impl ObsoleteKind {
    pub fn field(self) -> &'static str {
        match self {
            ObsoleteKind::New => "new",
            ObsoleteKind::PreviousLabels => "previousLabels",
            ObsoleteKind::Replaces => "replaces",
        }
    }
}

//! What a plan consists of: steps (all that apply is given), reasons (for people), and what was
//! found in sync or left alone.

use crate::model::labels::{Labels, Scope};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Content;
use crate::model::source::Span;
use crate::model::text;

/// A create that is not planned: an earlier run has made its object, and only the list does not show that yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub change: Change,
    pub id: DefinitionId,
    /// From when on the list shows it.
    pub until: Moment,
}

/// A create that waits: an earlier run may have made its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub key: Key,
    pub until: Moment,
    pub sent: Vec<(SystemPresence, Label)>,
}

/// What is done to one object, in the order in which actions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Create,
    /// A deactivated definition is brought back, with the labels that the config gives.
    Reactivate,
    Update,
    /// The definition of another system presence that a created one takes the place of is
    /// deactivated, once the new one is there.
    Supersede,
    Deactivate,
    /// A definition that the config does not name is removed by DELETE.
    Delete,
}

impl Action {
    /// Every action, in order.
    pub const ALL: [Action; 6] =
        [Action::Create, Action::Reactivate, Action::Update, Action::Supersede, Action::Deactivate, Action::Delete];

    /// The verb, as people and documents write it.
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

    /// Does it take something away from the agents?
    pub fn is_removal(self) -> bool {
        match self {
            Action::Create | Action::Reactivate | Action::Update => false,
            Action::Supersede | Action::Deactivate | Action::Delete => true,
        }
    }
}

/// All that apply needs for one object, and all that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Create(Create),
    Update(Edit),
    Reactivate(Edit),
    /// Deactivates by PUT the object that this key names.
    Deactivate(Key, Removal),
    /// Deactivates by PUT the object that the definition of this key takes the place of; only after
    /// everything else that the plan does for this key is done.
    Supersede(Key, Removal),
    Delete(Removal),
}

/// A definition to make. It is active and has labels in the managed locales only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    pub key: Key,
    /// Where it will belong.
    pub system_presence: SystemPresence,
    pub labels: Labels,
    /// The division that it will belong to; none where the API does not show divisions.
    pub division: Option<DivisionId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which definition of the config; none only where a removal of what no config names is undone.
    pub key: Option<Key>,
    pub id: DefinitionId,
    /// Where it belongs, in the org's spelling; never changed.
    pub system_presence: SystemPresence,
    /// The locales that `before` and `after` speak of.
    pub scope: Scope,
    pub before: Content,
    /// What shall be there, with the org's spelling of locales that it already has.
    pub after: Content,
}

/// An active object that agents shall no longer see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    pub id: DefinitionId,
    /// Where it belongs, in the org's spelling.
    pub system_presence: SystemPresence,
    /// What the plan saw: every label, active.
    pub before: Content,
    /// What it shall have while it cannot be seen; none: what it has. Only an undo asks for it.
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

    /// The definition of the config that asks for it; none for what the config does not name.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Step::Create(create) => Some(&create.key),
            Step::Update(edit) | Step::Reactivate(edit) => edit.key.as_ref(),
            Step::Deactivate(key, _) | Step::Supersede(key, _) => Some(key),
            Step::Delete(_) => None,
        }
    }

    /// The object that it writes; none for one that is yet to be made.
    pub fn id(&self) -> Option<&DefinitionId> {
        match self {
            Step::Create(_) => None,
            Step::Update(edit) | Step::Reactivate(edit) => Some(&edit.id),
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => Some(&removal.id),
        }
    }

    /// What to call its object: the default label that it has, else any; for one that is yet to be
    /// made, the one that it will have.
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

    /// Where its object belongs.
    pub fn system_presence(&self) -> &SystemPresence {
        match self {
            Step::Create(create) => &create.system_presence,
            Step::Update(edit) | Step::Reactivate(edit) => &edit.system_presence,
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
                &removal.system_presence
            }
        }
    }

    /// What the plan saw; none for one that is yet to be made.
    pub fn before(&self) -> Option<&Content> {
        match self {
            Step::Create(_) => None,
            Step::Update(edit) | Step::Reactivate(edit) => Some(&edit.before),
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => Some(&removal.before),
        }
    }

    /// What shall be there. For a removal that is what was there, deactivated; an undo may ask for more.
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

/// How a definition of the config found its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// By the id in `ids`.
    Pin,
    Label,
    /// By one of its `previousLabels`.
    PreviousLabel(Label),
}

impl Matched {
    /// In words; foreign strings are raw.
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

/// Why a step is in the plan. For people: nothing may be decided from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The org has nothing that this definition could be.
    NothingMatches,
    /// The org has something alike, and the config says `new: true`.
    SaidToBeNew,
    /// It exists under another system presence, which cannot be changed, and the config says
    /// `replaces`.
    Replaces(SystemPresence),
    Differs(Matched),
    /// Found, active, and the config says `deactivated: true`.
    SaidToBeDeactivated(Matched),
    /// Its place is taken by the definition of this key, which says `replaces`.
    ReplacedBy(Key),
    /// The config does not name it, and says `prune: delete`.
    NotNamed,
    Undoes(Action),
    /// It was to be done, and was not seen to be so.
    NotYet,
}

impl Reason {
    /// In words; foreign strings are raw.
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

/// One step with what people want to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub step: Step,
    pub reason: Reason,
    /// The definition in the config that asks for it.
    pub place: Option<Span>,
}

/// A managed definition that needs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InSync {
    pub key: Key,
    pub system_presence: SystemPresence,
    /// Its object; none for a deactivated one that the org does not have.
    pub id: Option<DefinitionId>,
    pub matched: Option<Matched>,
    /// Deactivated on both sides.
    pub deactivated: bool,
}

/// An object that the plan does not touch although it is active and an organisation's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, else any.
    pub name: Option<Label>,
    /// Why it is not touched.
    pub why: WhyUnmanaged,
}

/// Why an object is left alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUnmanaged {
    /// The config does not name it, and keeps what it does not name.
    NotNamed,
    /// `omit` names the definition that it matches.
    Omitted(Key),
    /// `protect` names its id.
    Protected,
    /// The org does not say whether it is the platform's own.
    PrimaryNotKnown,
    /// An open question or an ambiguity of this definition is about it.
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

    /// In words, of several that are left alone for it.
    pub fn in_words(&self) -> &'static str {
        match self {
            WhyUnmanaged::NotNamed => "the config does not name them",
            WhyUnmanaged::Omitted(_) => "named by `omit`",
            WhyUnmanaged::Protected => "named by `protect`",
            WhyUnmanaged::PrimaryNotKnown => "the org does not say whether they are the platform's own",
            WhyUnmanaged::InQuestion(_) => "an error above is about them",
        }
    }

    /// The definition of the config that it has to do with.
    pub fn key(&self) -> Option<&Key> {
        match self {
            WhyUnmanaged::Omitted(key) | WhyUnmanaged::InQuestion(key) => Some(key),
            WhyUnmanaged::NotNamed | WhyUnmanaged::Protected | WhyUnmanaged::PrimaryNotKnown => None,
        }
    }
}

/// A line in the config that has done its work and may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObsoleteLine {
    pub key: Key,
    pub line: ObsoleteKind,
    pub place: Option<Span>,
    /// The other orgs that may still need it; none if it may go.
    pub not_known: Option<NotKnownFor>,
}

impl ObsoleteLine {
    /// How the line is told: what it is, and for whom that is not known, in a sentence without a full stop. Names are
    /// raw.
    pub fn in_words(&self) -> (&'static str, String) {
        match &self.not_known {
            None => ("No longer needed", String::new()),
            Some(it) => ("No longer needed here", format!("; {}", it.in_words())),
        }
    }
}

/// Other orgs that use the layer in which a line stands, and of which this run does not know whether they need it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotKnownFor {
    /// By name; of an org file that cannot be read, its path.
    pub orgs: Vec<String>,
    /// There may be more: not every file could be looked at.
    pub more: bool,
}

const ORGS_NAMED_MAX: usize = 3;

impl NotKnownFor {
    /// In words; names are raw.
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

/// The lines that can become unnecessary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObsoleteKind {
    /// `new: true`: the definition exists.
    New,
    /// `previousLabels`: nothing active is called so any more.
    PreviousLabels,
    /// `replaces`: nothing active is left under that system presence.
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

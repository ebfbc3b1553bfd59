//! The one list of what can become of an object: what documents, views and `undo` know of an outcome without its
//! details.

/// What became of an object, in the order in which a sum names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// Written, and seen to be so.
    Done,
    AlreadyInPlace,
    /// The org said that it was written, and does not show it yet.
    NotVisibleYet,
    /// Written, and the org holds something else than what was sent.
    Differs,
    /// Another person has changed it since it was as it shall be.
    Overwritten,
    /// Not written: the org refused, or could not be reached.
    Failed,
    /// Not written: a person changed it since the plan.
    Conflict,
    /// Not written.
    Skipped,
    /// It may or may not have been written.
    Unknown,
}

impl OutcomeKind {
    pub const ALL: [OutcomeKind; 9] = [
        OutcomeKind::Done,
        OutcomeKind::AlreadyInPlace,
        OutcomeKind::NotVisibleYet,
        OutcomeKind::Differs,
        OutcomeKind::Overwritten,
        OutcomeKind::Failed,
        OutcomeKind::Conflict,
        OutcomeKind::Skipped,
        OutcomeKind::Unknown,
    ];

    pub fn code(self) -> &'static str {
        match self {
            OutcomeKind::Done => "done",
            OutcomeKind::AlreadyInPlace => "already-so",
            OutcomeKind::NotVisibleYet => "not-visible-yet",
            OutcomeKind::Differs => "differs",
            OutcomeKind::Overwritten => "overwritten",
            OutcomeKind::Failed => "failed",
            OutcomeKind::Conflict => "refused",
            OutcomeKind::Skipped => "skipped",
            OutcomeKind::Unknown => "unknown",
        }
    }

    /// Is the object as the config says?
    pub fn is_success(self) -> bool {
        match self {
            OutcomeKind::Done | OutcomeKind::AlreadyInPlace => true,
            OutcomeKind::NotVisibleYet
            | OutcomeKind::Differs
            | OutcomeKind::Overwritten
            | OutcomeKind::Failed
            | OutcomeKind::Conflict
            | OutcomeKind::Skipped
            | OutcomeKind::Unknown => false,
        }
    }

    /// Was the object written, as far as is known?
    pub fn may_be_written(self) -> bool {
        match self {
            OutcomeKind::Done
            | OutcomeKind::NotVisibleYet
            | OutcomeKind::Differs
            | OutcomeKind::Overwritten
            | OutcomeKind::Unknown => true,
            OutcomeKind::AlreadyInPlace | OutcomeKind::Failed | OutcomeKind::Conflict | OutcomeKind::Skipped => false,
        }
    }
}

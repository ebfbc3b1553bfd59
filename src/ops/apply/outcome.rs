//! The possible outcomes of an object, without details, for documents, views and `undo`.

/// The outcomes, in the order of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// Written and verified.
    Done,
    AlreadyInPlace,
    /// The org confirmed the write, but does not show it yet.
    NotVisibleYet,
    /// Written, but the org has something else than what was sent.
    Differs,
    /// Changed by hand after it had the wanted state.
    Overwritten,
    /// Not written: the org refused it, or could not be reached.
    Failed,
    /// Not written: changed by hand since the plan.
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

    /// Does the object match the config?
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

    /// Was the object written, as far as known?
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

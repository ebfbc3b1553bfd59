//! The result of a retirement: for every person, for the definition, and why it stopped.

use std::collections::BTreeMap;

use crate::host::stop::Signal;
use crate::model::problem::Problem;
use crate::model::usage::Queue;
use crate::model::user::{PresenceSource, UserId};
use crate::ops::apply::report::{Outcome as Written, ReportRow};
use crate::ops::retire::plan::{Advice, Retirement};
use crate::ops::users::report::UserOutcome as Set;
use crate::plan::difference::Difference;

/// A whole retirement after its end, regular or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetireReport {
    pub retirement: Retirement,
    /// The result for every person with the definition.
    pub people: BTreeMap<UserId, Fate>,
    /// The result for the definition. `None` if the run did not reach it.
    pub definition: Option<ReportRow>,
    /// Why its division is not known after a PUT by the first generation of the API.
    pub division_unread: Option<Problem>,
    /// Why it stopped. `None` if everything is done and verified.
    pub halt: Option<Halt>,
    pub interrupted: Option<Signal>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Set(Set),
    /// They are or may be on queue, so they were not moved.
    LeftOnQueue(Queue),
    /// They were left on queue, and have gone by themselves.
    Gone,
    /// They were moved or had gone by themselves, but the org still shows them.
    StillNamed,
}

impl Fate {
    pub fn is_success(&self) -> bool {
        match self {
            Fate::Set(outcome) => outcome.is_success(),
            Fate::Gone => true,
            Fate::LeftOnQueue(_) | Fate::StillNamed => false,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Fate::Set(Set::Done) => "moved",
            Fate::Set(outcome) => outcome.code(),
            Fate::LeftOnQueue(_) => "on-queue",
            Fate::Gone => "elsewhere",
            Fate::StillNamed => "still-named",
        }
    }

    /// Why they were not moved. Foreign strings are raw.
    pub fn why(&self) -> Option<Problem> {
        let (message, help) = match self {
            Fate::Set(outcome) => return outcome.why(&PresenceSource::Platform),
            Fate::Gone => return None,
            Fate::LeftOnQueue(Queue::On | Queue::Off) => {
                ("on queue, and skipped", "run it again when they are off queue, or with --include-on-queue")
            }
            Fate::LeftOnQueue(Queue::NotKnown) => (
                "the org does not say whether they are on queue, so they were skipped",
                "look with `user get`; --include-on-queue moves them no matter what they do",
            ),
            Fate::StillNamed => (
                "the org still names them among those who are on it",
                "they went back, or another source than `purecloud` puts them there (`user get`), or the org's activity \
                 runs behind: run it again",
            ),
        };
        Some(Problem::new(message).help(help))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// This many people on queue were not moved.
    OnQueue(usize),
    /// This many people could not be moved.
    NotMoved(usize),
    /// The org still shows this many people.
    StillNamed(usize),
    /// The org truncated its list of people, and showed none.
    CutToNothing,
    /// The people could not be read.
    LookFailed(Problem),
    /// The target is gone or deactivated.
    TargetGone,
    /// The target could not be read.
    TargetUnread(Problem),
    /// The definition was not deactivated. Its own outcome has the reason.
    NotDeactivated,
    /// It was deactivated, but something else of it changed.
    Differs,
    /// It was deactivated, but the org does not show it yet.
    NotVisibleYet,
    /// It was deactivated, but could not be read afterwards.
    Unread(Problem),
    Interrupted,
}

impl Halt {
    pub fn code(&self) -> &'static str {
        match self {
            Halt::OnQueue(_) => "on-queue",
            Halt::NotMoved(_) => "not-moved",
            Halt::StillNamed(_) => "still-named",
            Halt::CutToNothing => "cut-to-nothing",
            Halt::LookFailed(_) => "look-failed",
            Halt::TargetGone => "target-gone",
            Halt::TargetUnread(_) => "target-unread",
            Halt::NotDeactivated => "not-deactivated",
            Halt::Differs => "differs",
            Halt::NotVisibleYet => "not-visible-yet",
            Halt::Unread(_) => "unread",
            Halt::Interrupted => "interrupted",
        }
    }

    /// The reason in one sentence, and what to do. Foreign strings are raw.
    pub fn why(&self) -> Problem {
        let again = "run it again: it continues where it stopped";
        let (message, help) = match self {
            Halt::OnQueue(count) => (
                match count {
                    1 => "1 person on queue was skipped".to_owned(),
                    count => format!("{count} people on queue were skipped"),
                },
                "run it again when they are off queue, or with --include-on-queue",
            ),
            Halt::NotMoved(1) => ("1 person could not be moved".to_owned(), again),
            Halt::NotMoved(count) => (format!("{count} people could not be moved"), again),
            Halt::StillNamed(count) => (
                match count {
                    1 => "after a minute, 1 person is still on it".to_owned(),
                    count => format!("after a minute, {count} people are still on it"),
                },
                "run it again when fewer people choose it: until it is deactivated, everyone can",
            ),
            Halt::CutToNothing => ("the org cut its list of those who are on it and named none".to_owned(), again),
            Halt::LookFailed(cause) => return cause_of("who is still on it could not be read", cause),
            Halt::TargetGone => (
                "the definition where people go is gone or deactivated by now".to_owned(),
                "reactivate it, or give another one with `--to`",
            ),
            Halt::TargetUnread(cause) => return cause_of("the definition where people go could not be read", cause),
            Halt::NotDeactivated => ("it was not deactivated, as far as is known".to_owned(), again),
            Halt::Differs => (
                "it was deactivated, and something else of it is not as it was".to_owned(),
                "its own line says what: put that right, and run it again for the last look",
            ),
            Halt::NotVisibleYet => {
                ("it was deactivated, and after a minute it still reads as active".to_owned(), again)
            }
            Halt::Unread(cause) => return cause_of("it was deactivated and could not be read afterwards", cause),
            Halt::Interrupted => ("the run was interrupted".to_owned(), again),
        };
        Problem::new(message).help(help)
    }
}

fn cause_of(what: &str, cause: &Problem) -> Problem {
    Problem { message: format!("{what}: {}", cause.message), ..cause.clone() }
}

impl RetireReport {
    /// Is it retired and verified?
    pub fn is_success(&self) -> bool {
        let RetireReport { retirement: _, people: _, definition, division_unread: _, halt, interrupted } = self;
        halt.is_none() && interrupted.is_none() && definition.as_ref().is_some_and(|row| row.outcome.is_success())
    }
    /// Is it certainly deactivated, even if something else failed?
    pub fn is_deactivated(&self) -> bool {
        self.definition.as_ref().is_some_and(|row| is_deactivated(&row.outcome))
    }

    /// The config change. `None` before it is deactivated: an `apply` of these lines would deactivate it while people
    /// have it.
    pub fn advice(&self) -> Option<&Advice> {
        self.is_deactivated().then_some(&self.retirement.advice)
    }
}

/// Is a definition with this outcome certainly deactivated?
pub fn is_deactivated(outcome: &Written) -> bool {
    match outcome {
        Written::Done | Written::AlreadyInPlace => true,
        Written::Differs(differences) | Written::Overwritten(differences) => {
            !differences.iter().any(|it| matches!(it, Difference::State { .. }))
        }
        Written::NotVisibleYet(_)
        | Written::Conflict(_)
        | Written::Failed(_)
        | Written::Skipped(_)
        | Written::Unknown(_) => false,
    }
}

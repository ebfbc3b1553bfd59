//! The exit codes.

use std::process::ExitCode;

use crate::host::stop::Signal;

/// The result of a run. `docs/exit-codes.md` documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to do, or everything done and verified.
    Success,
    /// An error, a refusal, wrong usage, or an object that was not done.
    Failure,
    /// `plan` or `drift` with `--detailed-exitcode`: there are changes or drift.
    Changes,
    Interrupted,
    /// Ended by SIGTERM, SIGHUP or SIGQUIT.
    Terminated,
}

impl Exit {
    /// Every exit code.
    pub const ALL: [Exit; 5] = [Exit::Success, Exit::Failure, Exit::Changes, Exit::Interrupted, Exit::Terminated];

    /// The exit code of work that a signal may have ended.
    pub fn after(interrupted: Option<Signal>, is_success: bool) -> Exit {
        match interrupted {
            Some(signal) => signal.into(),
            None if is_success => Exit::Success,
            None => Exit::Failure,
        }
    }

    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Changes => 2,
            // 128 plus the number of the signal, as in shells.
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// Its meaning in the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Success => "nothing to do, or everything done and verified",
            Exit::Failure => "an error, a refusal, wrong usage, or something that was not done",
            Exit::Changes => {
                "`plan` or `drift` with `--detailed-exitcode`: there are changes to apply, or there is drift"
            }
            Exit::Interrupted => "interrupted by Ctrl-C (SIGINT)",
            Exit::Terminated => "terminated (SIGTERM, and SIGHUP or SIGQUIT in its place)",
        }
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Exit {
        match signal {
            Signal::Interrupt => Exit::Interrupted,
            Signal::Terminate | Signal::Hangup | Signal::Quit => Exit::Terminated,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

//! What became of each process, and the exit status, which is a fold over that.

use std::time::Duration;

use rustix::io::Errno;

use crate::error::{Error, ErrorKind};
use crate::permission::{Effect, Refusal};
use crate::request::{Pid, Request};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;

/// The status that a program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Something matched; pkill: and at least one process was signalled.
    Success,
    /// Nothing matched, or nobody could be signalled.
    Nothing,
    /// The command line asks for something impossible.
    Usage,
    /// The run could not go on.
    Fatal,
    /// What `--strict` or `--max` forbids.
    Forbidden,
    /// The time to wait ran out with somebody left.
    TimeRanOut,
    /// A signal ended the wait.
    Interrupted(i32),
}

impl ExitStatus {
    /// The number that a shell sees.
    pub const fn code(self) -> i32 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::Nothing => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Fatal => 3,
            ExitStatus::Forbidden => 4,
            ExitStatus::TimeRanOut => 5,
            ExitStatus::Interrupted(signal) => 128 + signal,
        }
    }
}

impl From<&Error> for ExitStatus {
    fn from(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Usage => ExitStatus::Usage,
            ErrorKind::NothingToMatch => ExitStatus::Nothing,
            ErrorKind::Fatal => ExitStatus::Fatal,
        }
    }
}

/// What became of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// pgrep: it was found, and nothing more was to be done.
    Listed,
    /// pkill: the signal was sent.
    Signalled {
        /// Through a handle, so that nobody else can have got it.
        pinned: bool,
        /// What process_mrelease(2) said, if it failed.
        release: Option<Errno>,
    },
    /// `--dry-run`: it would have been.
    Predicted(Prediction),
    /// pidwait: it was waited for.
    Awaited,
    /// EPERM: we may not signal it.
    Refused {
        /// Why, where that was looked into.
        why: Option<Refusal>,
    },
    /// It ended before it could be signalled or waited for, or its ID has passed on to another process.
    Gone,
    /// It is still there, but is no longer what was asked for.
    Changed,
    /// It was left alone: the user said so, or there were too many.
    Untouched,
    /// Something else went wrong.
    Failed(Errno),
}

/// What would become of a process that is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Why the kernel would refuse, if it would.
    pub refusal: Option<Refusal>,
    /// What the signal would do.
    pub effect: Effect,
    /// The kernel does not follow kill(2)'s rule here: a security module has a say.
    pub differs_from_model: bool,
}

/// A selected process and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The process ID (thread ID for `pgrep -w`).
    pub pid: Pid,
    /// What is seen of it.
    pub view: View,
    /// Why it was selected.
    pub reason: Reason,
    /// What became of it.
    pub outcome: Outcome,
    /// pkill has stopped it, or it was to be continued, and could not be: why.
    pub left_stopped: Option<Errno>,
    /// What was seen of its end, where that was waited for.
    pub end: Option<End>,
}

/// What was seen of a process's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It came.
    Ended(Ended),
    /// It had not come when the wait was over.
    StillThere {
        /// The last signal that was sent.
        signal: Option<Signal>,
        /// The name (`comm`), to recognise it by; empty if it has exited just now.
        name: Vec<u8>,
    },
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// So long after the wait began.
    pub after: Duration,
    /// The last signal that was sent before.
    pub signal: Option<Signal>,
    /// The wait status (waitpid(2)), where the kernel tells it.
    pub status: Option<i32>,
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In the order of the matches.
    pub targets: Vec<Target>,
    /// No name is long enough for the pattern, and nothing matched.
    pub pattern_too_long: bool,
    /// More matches than `--max` allows, so nothing was done.
    pub too_many: bool,
    /// How many processes the kernel does not tell us enough about to say whether they are meant.
    pub undecided: usize,
    /// The signal that ended the wait before its time.
    pub interrupted: Option<i32>,
}

impl Outcome {
    /// What was asked for was done, or would be.
    fn is_done(self) -> bool {
        match self {
            Outcome::Listed | Outcome::Signalled { .. } | Outcome::Awaited => true,
            Outcome::Predicted(prediction) => prediction.refusal.is_none(),
            Outcome::Refused { .. }
            | Outcome::Gone
            | Outcome::Changed
            | Outcome::Untouched
            | Outcome::Failed(_) => false,
        }
    }
}

impl Report {
    /// 0 where anything was listed, signalled or waited for; releasing memory must not have failed.
    pub fn exit_status(&self, request: &Request) -> ExitStatus {
        let outcomes = || self.targets.iter().map(|target| target.outcome);
        let still_there = |target: &Target| matches!(target.end, Some(End::StillThere { .. }));
        let unreleased = |outcome| matches!(outcome, Outcome::Signalled { release: Some(_), .. });
        if let Some(signal) = self.interrupted {
            ExitStatus::Interrupted(signal)
        } else if self.targets.iter().any(still_there) {
            ExitStatus::TimeRanOut
        } else if self.too_many || request.strict && outcomes().any(|o| !o.is_done() && o != Outcome::Gone) {
            ExitStatus::Forbidden
        } else if outcomes().any(unreleased)
            || self.targets.iter().any(|target| target.left_stopped.is_some())
        {
            ExitStatus::Nothing
        } else if outcomes().any(Outcome::is_done)
            || request.allow_none && outcomes().all(|o| o == Outcome::Gone)
        {
            ExitStatus::Success
        } else {
            ExitStatus::Nothing
        }
    }
}

//! The outcome for each process, and the exit status, which is a fold over them.

use std::time::Duration;

use rustix::io::Errno;

use crate::error::{Error, ErrorKind};
use crate::origin::Origin;
use crate::permission::{Effect, Refusal};
use crate::proc::Unread;
use crate::request::{Pid, Request, Token};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::{Mention, View};

/// The status that a program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Something matched; pkill: and at least one process was signalled.
    Success,
    /// Nothing matched, or no match could be signalled.
    Nothing,
    /// The command line asks for something impossible.
    Usage,
    /// The run could not go on.
    Fatal,
    /// What `--strict` or `--max` forbids.
    Forbidden,
    /// The timeout expired with processes still running.
    TimedOut,
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
            ExitStatus::TimedOut => 5,
            ExitStatus::Interrupted(signal) => 128 + signal,
        }
    }
}

impl From<&Error> for ExitStatus {
    fn from(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Usage => ExitStatus::Usage,
            ErrorKind::NothingToMatch => ExitStatus::Nothing,
            ErrorKind::Forbidden => ExitStatus::Forbidden,
            ErrorKind::Fatal => ExitStatus::Fatal,
        }
    }
}

/// The outcome for one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// pgrep: it was found.
    Listed,
    /// pkill: the signal was sent.
    Signalled {
        via: Via,
        /// The error of process_mrelease(2), if it failed.
        release: Option<Errno>,
    },
    /// `--dry-run`: it would have been.
    Predicted(Prediction),
    /// pidwait: it was waited for.
    Awaited,
    /// The kernel refuses the signal.
    Refused {
        /// EPERM, by the rule of kill(2); EACCES, by a security module.
        errno: Errno,
        /// Why kill(2) does not allow it, where that was determined.
        why: Option<Refusal>,
    },
    /// It exited before it could be signalled or waited for; its ID may have been reused.
    Gone,
    /// It is still running, but no longer matches.
    Changed,
    /// It was not signalled: the user declined, or there were too many.
    Untouched,
    /// Something else went wrong.
    Failed(Errno),
}

/// How a signal was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// Through a handle, so that no other process can have received it.
    Handle,
    /// By process ID or process group ID, right after a check.
    Id(NoHandle),
}

/// Why a signal could not be sent through a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoHandle {
    /// There is no pidfd_send_signal(2): before Linux 5.1, or a seccomp filter refuses it.
    CallMissing,
    /// It takes no process group: before Linux 6.9.
    GroupFlagMissing,
    /// The leader of the process group has exited, so that no handle of the group can be had.
    LeaderExited,
}

/// What a signal would do to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prediction {
    /// Why the kernel would refuse, if it would.
    pub refusal: Option<Refusal>,
    /// What the signal would do.
    pub effect: Effect,
    /// The kernel does not follow kill(2)'s rule here: a security module decides.
    pub differs_from_model: bool,
    /// AppArmor confines pkill or the process: signal 0 was allowed, and this signal may be refused.
    pub is_confined: bool,
}

/// A selected process and the outcome for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The process ID (thread ID for `pgrep -w`).
    pub pid: Pid,
    /// Its identity token, where that is shown.
    pub token: Option<Token>,
    /// The facts that are shown.
    pub view: View,
    pub reason: Reason,
    /// `--tree`: its parent.
    pub parent: Option<Pid>,
    /// The outcome.
    pub outcome: Outcome,
    /// Why it could not be continued, if pkill has stopped it or was to continue it.
    pub left_stopped: Option<Errno>,
    /// Its exit, if that was waited for.
    pub end: Option<End>,
}

/// Whether a process exited during the wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It exited.
    Exited(Exited),
    /// It was still running when the wait was over.
    StillRunning(StillRunning),
}

/// A process that was still running when the wait was over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StillRunning {
    /// The time since the wait began.
    pub after: Duration,
    /// The signals that were sent.
    pub sent: Option<Sent>,
    /// The name (`comm`), to recognise it by.
    pub name: Vec<u8>,
    /// The state letter (proc_pid_stat(5)).
    pub state: u8,
    /// Whether it is exiting, or was sent KILL and exits as soon as it gets the CPU.
    pub is_exiting: bool,
}

/// The signals that were sent to a process up to its exit, or to the end of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub first: SentSignal,
    pub last: SentSignal,
}

/// A signal that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentSignal {
    pub signal: Signal,
    /// The time since then.
    pub ago: Duration,
}

/// How a process exited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exited {
    /// The time since the wait began.
    pub after: Duration,
    /// The signals that were sent before.
    pub sent: Option<Sent>,
    /// The wait status (waitpid(2)), where the kernel reports it.
    pub status: Option<i32>,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// In the order of the matches.
    pub targets: Vec<Target>,
    /// The callers of this program that match and were spared.
    pub spared: Vec<Mention>,
    /// The pattern is longer than any process name, and nothing matched.
    pub pattern_too_long: bool,
    /// More matches than `--max` allows, so nothing was done.
    pub too_many: bool,
    /// `--choose`: the user has marked none of the processes.
    pub none_chosen: bool,
    /// `--choose-signal`: the signal that was sent.
    pub chosen_signal: Option<Signal>,
    /// The number of processes that could not be matched, because facts about them are hidden.
    pub undecided: usize,
    /// Whether one of them is undecided because reading it failed or took too long.
    pub reads_failed: bool,
    /// The processes that could not be read completely in a later scan.
    pub unread_later: Vec<Unread>,
    /// The signal that interrupted the wait.
    pub interrupted: Option<i32>,
    /// Matches that have started since the first scan. With `--until-none` they were signalled like the others.
    pub reappeared: Vec<Reappeared>,
    /// `--until-none`: the settling time, if the timeout expired first.
    pub unsettled: Option<Duration>,
}

/// A match that has started since the first scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reappeared {
    pub pid: Pid,
    /// In clock ticks since boot.
    pub start_time: u64,
    pub name: Vec<u8>,
    pub origin: Origin,
    /// `--until-none`: it is signalled too.
    pub is_signalled: bool,
}

impl Outcome {
    /// The request was carried out, or would be.
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
    /// The exit status: 0 if a process was listed, signalled or waited for and `--mrelease` did not fail.
    pub(crate) fn exit_status(&self, request: &Request) -> ExitStatus {
        self.fold(request.strict, request.allow_none)
    }

    /// The first condition that applies decides.
    fn fold(&self, strict: bool, allow_none: bool) -> ExitStatus {
        let outcomes = || self.targets.iter().map(|target| target.outcome);
        let is_still_running = |target: &Target| matches!(target.end, Some(End::StillRunning(_)));
        let left_stopped = |target: &Target| target.left_stopped.is_some();
        let release_failed = |outcome| matches!(outcome, Outcome::Signalled { release: Some(_), .. });
        if let Some(signal) = self.interrupted {
            ExitStatus::Interrupted(signal)
        } else if self.targets.iter().any(is_still_running)
            || self.unsettled.is_some()
            || strict && self.reappeared.iter().any(|one| !one.is_signalled)
        {
            ExitStatus::TimedOut
        } else if self.too_many
            || strict && outcomes().any(|o| !o.is_done() && o != Outcome::Gone)
            || strict && self.reads_failed
        {
            ExitStatus::Forbidden
        } else if outcomes().any(release_failed) || self.targets.iter().any(left_stopped) {
            ExitStatus::Nothing
        } else if outcomes().any(Outcome::is_done)
            || allow_none && !self.none_chosen && outcomes().all(|o| o == Outcome::Gone)
        {
            ExitStatus::Success
        } else {
            ExitStatus::Nothing
        }
    }
}

#[cfg(test)]
mod tests;

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
        } else if outcomes().any(Outcome::is_done) || allow_none && outcomes().all(|o| o == Outcome::Gone) {
            ExitStatus::Success
        } else {
            ExitStatus::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNALLED: Outcome = Outcome::Signalled { via: Via::Handle, release: None };
    const BY_ID: Outcome = Outcome::Signalled { via: Via::Id(NoHandle::CallMissing), release: None };
    const UNRELEASED: Outcome = Outcome::Signalled { via: Via::Handle, release: Some(Errno::NOSYS) };
    const REFUSED: Outcome = Outcome::Refused { errno: Errno::PERM, why: None };
    const FAILED: Outcome = Outcome::Failed(Errno::IO);
    const REFUSAL: Refusal = Refusal { target: [0; 3], sender: [1; 2], has_cap_kill_elsewhere: false };
    const ALLOWED: Outcome = predicted(None);
    const WOULD_BE_REFUSED: Outcome = predicted(Some(REFUSAL));

    const STILL_RUNNING: StillRunning =
        StillRunning { after: Duration::ZERO, sent: None, name: vec![], state: b'S', is_exiting: false };

    const fn predicted(refusal: Option<Refusal>) -> Outcome {
        Outcome::Predicted(Prediction {
            refusal,
            effect: Effect::Handled,
            differs_from_model: false,
            is_confined: false,
        })
    }

    fn report(outcomes: &[Outcome]) -> Report {
        let (pid, view, reason) = (42, View::Id, Reason::Matched);
        let target = |&outcome| Target {
            pid,
            token: None,
            view: view.clone(),
            reason,
            parent: None,
            outcome,
            left_stopped: None,
            end: None,
        };
        Report {
            targets: outcomes.iter().map(target).collect(),
            spared: vec![],
            pattern_too_long: false,
            too_many: false,
            undecided: 0,
            reads_failed: false,
            unread_later: vec![],
            interrupted: None,
            reappeared: vec![],
            unsettled: None,
        }
    }

    #[test]
    fn outcomes_fold_to_an_exit_status() {
        use ExitStatus::{Forbidden, Nothing, Success};
        use Outcome::{Awaited, Changed, Gone, Listed, Untouched};
        #[rustfmt::skip]
        let rows: &[(&[Outcome], [ExitStatus; 4])] = &[
            // the outcomes: plain, --strict, --allow-none, both
            (&[],                         [Nothing, Nothing,   Success, Success]),
            (&[Listed],                   [Success, Success,   Success, Success]),
            (&[Awaited],                  [Success, Success,   Success, Success]),
            (&[SIGNALLED],                [Success, Success,   Success, Success]),
            (&[BY_ID],                    [Success, Success,   Success, Success]),
            (&[ALLOWED],                  [Success, Success,   Success, Success]),
            (&[Gone],                     [Nothing, Nothing,   Success, Success]),
            (&[REFUSED],                  [Nothing, Forbidden, Nothing, Forbidden]),
            (&[WOULD_BE_REFUSED],         [Nothing, Forbidden, Nothing, Forbidden]),
            (&[Changed],                  [Nothing, Forbidden, Nothing, Forbidden]),
            (&[Untouched],                [Nothing, Forbidden, Nothing, Forbidden]),
            (&[FAILED],                   [Nothing, Forbidden, Nothing, Forbidden]),
            (&[UNRELEASED],               [Nothing, Nothing,   Nothing, Nothing]),
            (&[SIGNALLED, Gone],          [Success, Success,   Success, Success]),
            (&[Gone, SIGNALLED],          [Success, Success,   Success, Success]),
            (&[SIGNALLED, REFUSED],       [Success, Forbidden, Success, Forbidden]),
            (&[FAILED, SIGNALLED],        [Success, Forbidden, Success, Forbidden]),
            (&[Gone, REFUSED],            [Nothing, Forbidden, Nothing, Forbidden]),
            (&[SIGNALLED, UNRELEASED],    [Nothing, Nothing,   Nothing, Nothing]),
            (&[UNRELEASED, REFUSED],      [Nothing, Forbidden, Nothing, Forbidden]),
            (&[ALLOWED, WOULD_BE_REFUSED], [Success, Forbidden, Success, Forbidden]),
        ];
        for (outcomes, expected) in rows {
            let report = report(outcomes);
            let statuses = [(false, false), (true, false), (false, true), (true, true)]
                .map(|(strict, allow_none)| report.fold(strict, allow_none));
            assert_eq!(statuses, *expected, "{outcomes:?}");
        }
    }

    /// A process that pkill has stopped and could not continue is a failure, however many were signalled.
    #[test]
    fn a_process_left_stopped_is_a_failure() {
        let mut report = report(&[SIGNALLED, SIGNALLED]);
        report.targets[0].left_stopped = Some(Errno::PERM);
        for (strict, allow_none) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(report.fold(strict, allow_none), ExitStatus::Nothing, "{strict} {allow_none}");
        }
    }

    /// Interrupted, then timed out, then too many: each one precedes the next, independently of the outcomes.
    #[test]
    fn what_ended_the_run_comes_before_the_outcomes() {
        use ExitStatus::{Forbidden, Interrupted, TimedOut};
        for outcomes in [&[][..], &[SIGNALLED], &[SIGNALLED, REFUSED], &[UNRELEASED], &[Outcome::Gone]] {
            for interrupted in [None, Some(libc::SIGINT)] {
                for still_running in [false, true] {
                    for too_many in [false, true] {
                        let still_running = still_running && !outcomes.is_empty();
                        let expected = match (interrupted, still_running, too_many) {
                            (Some(signal), ..) => Interrupted(signal),
                            (None, true, _) => TimedOut,
                            (None, false, true) => Forbidden,
                            (None, false, false) => continue,
                        };
                        let mut report = report(outcomes);
                        report.interrupted = interrupted;
                        report.too_many = too_many;
                        if let (true, Some(last)) = (still_running, report.targets.last_mut()) {
                            last.end = Some(End::StillRunning(STILL_RUNNING));
                        }
                        for (strict, allow_none) in [(false, false), (true, false), (false, true)] {
                            assert_eq!(report.fold(strict, allow_none), expected, "{report:?}, {strict}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_observed_exit_is_no_failure() {
        let mut report = report(&[SIGNALLED]);
        let ended = Exited { after: Duration::ZERO, sent: None, status: Some(libc::SIGKILL) };
        report.targets[0].end = Some(End::Exited(ended));
        assert_eq!(report.fold(true, false), ExitStatus::Success);
    }

    #[test]
    fn statuses_have_the_numbers_of_the_manual() {
        for (status, code) in [
            (ExitStatus::Success, 0),
            (ExitStatus::Nothing, 1),
            (ExitStatus::Usage, 2),
            (ExitStatus::Fatal, 3),
            (ExitStatus::Forbidden, 4),
            (ExitStatus::TimedOut, 5),
            (ExitStatus::Interrupted(libc::SIGINT), 130),
            (ExitStatus::Interrupted(libc::SIGTERM), 143),
            (ExitStatus::from(&Error::usage("")), 2),
            (ExitStatus::from(&Error::nothing_to_match("")), 1),
            (ExitStatus::from(&Error::fatal("")), 3),
        ] {
            assert_eq!(status.code(), code, "{status:?}");
        }
    }
}

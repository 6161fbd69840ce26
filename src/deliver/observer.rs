//! What is reported of a delivery while it is under way, and what the user is asked.

use std::time::Duration;

use rustix::io::Errno;

use crate::error::Error;
use crate::request::Pid;
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::Mention;

/// Receives events. Its methods cannot fail: whether output can be written must not decide which processes are
/// signalled.
pub(crate) trait Observer: Confirm {
    /// A process was signalled, or is about to be waited for.
    fn on_signalled(&mut self, found: &Match);
    /// The wait begins; this many of the targets are stopped and will not handle the signal.
    fn on_wait_start(&mut self, stopped: usize);
    /// Whether [`Observer::on_progress`] is to be called.
    fn wants_progress(&self) -> bool;
    /// The state of a wait, some ten times a second.
    fn on_progress(&mut self, progress: &Progress);
    /// Whether matches that have started since the first scan are reported.
    fn wants_reappeared(&self) -> bool;
    /// A later signal (`--escalate`) could not be sent.
    fn on_escalation_error(&mut self, pid: Pid, signal: Signal, errno: Errno);
}

/// Answers for the user.
pub(crate) trait Confirm {
    /// `--interactive --tree`: questions about each of these follow.
    fn before_questions(&mut self, found: &[&Match]);
    /// `--interactive`: shall these processes be signalled? They are one, or members of one process group.
    fn confirm(&mut self, found: &[&Match], signal: Signal) -> Result<Answer, Error>;
    /// `--choose`: which of these? Their indices, in ascending order. `signal`: what is sent to them, if that is known.
    fn choose(&mut self, found: &[&Match], signal: Option<Signal>) -> Result<Vec<usize>, Error>;
    /// `--choose-signal`: which signal? None: none at all.
    fn choose_signal(&mut self, default: Signal) -> Result<Option<Signal>, Error>;
}

/// The user's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This one.
    Yes,
    /// Not this one.
    No,
    /// This one and all that follow.
    All,
    /// Neither this one nor any other.
    Quit,
}

/// The state of a wait.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Targets that are still running.
    pub running: usize,
    /// The same by ID and name (`comm`), if they are few.
    pub named: Vec<Mention>,
    /// All targets that are waited for.
    pub of: usize,
    /// Since the first signal.
    pub elapsed: Duration,
    /// The signal that is sent next, and in what time.
    pub next: Option<(Signal, Duration)>,
}

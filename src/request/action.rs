//! What to do with the processes that were selected.

use std::time::Duration;

use super::Subject;
use crate::column::{Column, Fact};
use crate::signal::Signal;

/// The default of `--settle`: systemd restarts a service 100 ms after its exit (`RestartSec=`,
/// systemd.service(5)), or up to 250 ms later, the accuracy of its timers (sd_event_add_time(3)).
const SETTLE: Duration = Duration::from_millis(500);

/// What to do with the processes that were selected.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// pgrep.
    List(Listing),
    /// pkill.
    Signal(Sending),
    /// pidwait.
    Wait {
        /// `-e`: print each process before waiting.
        echo: Option<Label>,
        wait: Wait,
    },
}

/// How to wait for processes to exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wait {
    /// The timeout.
    pub limit: Option<Duration>,
    /// `--any`: return when the first process exits.
    pub any: bool,
}

/// A step of an escalation: another signal for the processes that are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The delay after the previous signal.
    pub after: Duration,
    pub signal: Signal,
}

/// How pgrep prints the matches.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// `--id`: a token instead of the PID.
    pub id: bool,
    /// `-l`, `-a`: what follows the PID.
    pub label: Option<Label>,
    /// `--columns`: what is printed instead of the PID.
    pub columns: Option<Columns>,
    /// The separator between the items.
    pub separator: Separator,
}

/// `--columns`: what is printed of each process.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// In this order.
    pub list: Vec<&'static Column>,
    /// `-Q`: texts are quoted for a shell.
    pub quoted: bool,
}

impl Columns {
    /// Whether a column shows this.
    pub(crate) fn has(&self, fact: Fact) -> bool {
        self.list.iter().any(|column| column.fact == fact)
    }
}

/// The separator between the items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// `-d`: this text between two items, and a newline after the last.
    Between(Vec<u8>),
    /// `--print0`: a NUL after each item. The text of an item is exact.
    Nul,
}

/// How a process is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The name, or with `-a` the command line.
    pub subject: Subject,
    /// `-Q`: quoted for a shell.
    pub quoted: bool,
}

/// What pkill sends, and how.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub signal: Signal,
    /// `--choose-signal`: the user chooses the signal; `signal` is the default.
    pub chooses_signal: bool,
    /// `-q`: the integer that accompanies it (sigqueue(3)).
    pub value: Option<i32>,
    /// `-m`: call process_mrelease(2) after the signal.
    pub release_memory: bool,
    /// `--freeze`: stop all processes before signalling the first one, then continue them.
    pub freeze: bool,
    /// `--whole-group`: signal the process group of each match, in one call.
    pub whole_group: bool,
    /// `-e`: print each process that was signalled.
    pub echo: Option<Label>,
    /// Whether the signal is sent, and whether the user is asked.
    pub mode: Mode,
    /// `--wait`, or an option that implies it.
    pub wait: Option<Wait>,
    /// `--kill-after`, `--escalate`.
    pub escalation: Vec<Step>,
    /// `--cont`: continue stopped processes, so that they can handle the signal.
    pub resume: bool,
    /// `--until-none`: repeat the scan until nothing matches.
    pub until_none: bool,
    /// `--settle`: for how long nothing may match, or how long after a wait to scan again. None: the default.
    pub settle: Option<Duration>,
}

impl Sending {
    /// The time within which a supervisor is expected to restart a process. By default, at most half of the timeout.
    pub(crate) fn settling_time(&self) -> Duration {
        let limit = self.wait.and_then(|wait| wait.limit);
        self.settle.unwrap_or_else(|| limit.map_or(SETTLE, |limit| SETTLE.min(limit / 2)))
    }

    /// Whether all are stopped before the first one is signalled. Processes that fork replace those that are killed one
    /// by one, so this is also done with `--until-none` and SIGKILL, where a stop makes no difference to them.
    pub(crate) fn freezes(&self) -> bool {
        self.mode == Mode::Send && (self.freeze || self.until_none && self.signal == Signal::KILL)
    }
}

/// Whether the signal is sent, and whether the user is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Send,
    /// `--interactive`: ask the user about each process.
    Ask,
    /// `--dry-run`: report what would happen, and send nothing.
    DryRun,
}

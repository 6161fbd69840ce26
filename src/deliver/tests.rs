//! The table of targets and what is read off it, on processes that are made up or are the test itself.

mod choose;
mod freeze;
mod made_up_scans;
mod reappeared;
mod rescan;
mod target;
mod until_none;
mod verify;

use std::time::{Duration, Instant};

use super::pidfd::PidFd;
use super::target::{Pin, ProcessId, State, Target, TargetIndex, Targets};
use crate::proc::own_pid;
use crate::report::{Outcome, Via};
use crate::request::{Mode, Pid, Sending};
use crate::scan::Match;
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;

const SECOND: Duration = Duration::from_secs(1);
const SIGNALLED: Outcome = Outcome::Signalled { via: Via::Handle, release: None };

fn matched(pid: Pid) -> Match {
    Match {
        pid,
        start_time: Some(1),
        run_state: None,
        view: View::Id,
        token: None,
        reason: Reason::Matched,
        parent: None,
        below: None,
        group: None,
    }
}

/// TERM, without any option.
pub(super) fn sending() -> Sending {
    Sending {
        signal: Signal::TERM,
        chooses_signal: false,
        value: None,
        release_memory: false,
        freeze: false,
        whole_group: false,
        echo: None,
        mode: Mode::Send,
        wait: None,
        escalation: vec![],
        resume: false,
        until_none: false,
        settle: None,
    }
}

fn id(pid: Pid) -> ProcessId {
    ProcessId { pid, start_time: 1 }
}

/// The ID is made up, the pidfd is that of the test.
fn pin(pid: Pid, targets: &Targets) -> Pin {
    Pin::new(id(pid), PidFd::open(own_pid()).expect("a pidfd"), &targets.budget)
}

fn pinned(targets: &mut Targets, found: Match) -> TargetIndex {
    let pin = pin(found.pid, targets);
    targets.insert(id(found.pid), found, State::Pinned(pin))
}

fn awaited(targets: &mut Targets, found: Match) -> TargetIndex {
    let pin = pin(found.pid, targets);
    targets.insert(id(found.pid), found, State::Awaited { pin, outcome: SIGNALLED, signals: None })
}

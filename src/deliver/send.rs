//! A signal on its way to one process, and what became of it.

use rustix::io::Errno;

use super::handle::{Handle, Sent};
use crate::permission::{Refusal, Sender};
use crate::proc::is_overflow_uid;
use crate::report::Outcome;
use crate::request::Sending;
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::View;

/// The signal as it is told.
pub fn told(sending: &Sending) -> Option<Signal> {
    Some(sending.signal).filter(|&signal| signal != Signal::NONE)
}

/// Send what is to be sent.
pub fn send(sending: &Sending, handle: &Handle, found: &Match) -> Outcome {
    match outcome(handle.send(sending.signal, sending.value), found) {
        Outcome::Signalled { pinned, .. } => {
            Outcome::Signalled { pinned, release: released(sending, handle) }
        }
        other => other,
    }
}

/// `-m`: why the memory could not be released, if it was to be.
pub fn released(sending: &Sending, handle: &Handle) -> Option<Errno> {
    let release = sending.release_memory.then(|| handle.release_memory());
    release.and_then(Result::err).filter(|&errno| errno != Errno::SRCH)
}

/// What it means for the process that this came of sending a signal.
pub fn outcome(sent: Result<Sent, Errno>, found: &Match) -> Outcome {
    match sent {
        Ok(sent) => Outcome::Signalled { pinned: sent == Sent::Pinned, release: None },
        Err(Errno::PERM) => Outcome::Refused {
            // Only where somebody will read it: it takes a look at the target.
            why: match &found.view {
                View::Full(target) => Some(Refusal::new(&sender(), target)),
                View::Id | View::Text(_) => None,
            },
        },
        Err(errno) => failure(errno),
    }
}

/// What counts about us as a sender.
pub fn sender() -> Sender {
    let capabilities = rustix::thread::capabilities(None);
    let kill = rustix::thread::CapabilitySet::KILL;
    let real_uid = rustix::process::getuid().as_raw();
    let effective_uid = rustix::process::geteuid().as_raw();
    Sender {
        real_uid,
        effective_uid,
        session: nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw),
        has_cap_kill: capabilities.is_ok_and(|sets| sets.effective.contains(kill)),
        is_overflow_uid: is_overflow_uid(real_uid) || is_overflow_uid(effective_uid),
    }
}

/// What it means that the process cannot be reached.
pub fn failure(errno: Errno) -> Outcome {
    match errno {
        Errno::SRCH => Outcome::Gone,
        errno => Outcome::Failed(errno),
    }
}

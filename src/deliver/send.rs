//! A signal on its way to one process, and what became of it.

use rustix::io::Errno;

use super::pidfd::PidFd;
use crate::permission::{Refusal, Sender};
use crate::proc::is_overflow_uid;
use crate::report::{Outcome, Via};
use crate::request::Sending;
use crate::signal::Signal;
use crate::view::View;

/// The signal as reports and waits name it; None for signal 0, which only checks.
pub(super) fn reported_signal(sending: &Sending) -> Option<Signal> {
    Some(sending.signal).filter(|&signal| signal != Signal::NONE)
}

/// Send the requested signal.
pub(super) fn send(sending: &Sending, pidfd: &PidFd, view: &View) -> Outcome {
    match outcome(pidfd.send(sending.signal, sending.value), view) {
        Outcome::Signalled { via, .. } => Outcome::Signalled { via, release: release_memory(sending, pidfd) },
        other => other,
    }
}

/// `-m`: why the memory could not be released, if it was to be. A process that no longer exists has none.
pub(super) fn release_memory(sending: &Sending, pidfd: &PidFd) -> Option<Errno> {
    let release = sending.release_memory.then(|| pidfd.release_memory());
    release.and_then(Result::err).filter(|&errno| errno != Errno::SRCH)
}

/// What the result of sending a signal means for the process.
pub(super) fn outcome(sent: Result<Via, Errno>, view: &View) -> Outcome {
    match sent {
        Ok(via) => Outcome::Signalled { via, release: None },
        // The rule of kill(2) returns EPERM, so this is a security module: AppArmor, SELinux or Smack (their
        // `task_kill`).
        Err(errno @ Errno::ACCESS) => Outcome::Refused { errno, why: None },
        Err(errno @ Errno::PERM) => Outcome::Refused {
            errno,
            // Only where it will be printed: it takes reading the target's files.
            why: match view {
                View::Full(target) => Some(Refusal::new(&sender(), &target.about)),
                View::Id | View::Text(..) | View::Words(..) | View::Row(_) => None,
            },
        },
        Err(errno) => failure(errno),
    }
}

/// The credentials that pkill sends signals with.
pub(super) fn sender() -> Sender {
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

/// The outcome where the process could not be opened or read.
pub(super) fn failure(errno: Errno) -> Outcome {
    match errno {
        Errno::SRCH => Outcome::Gone,
        errno => Outcome::Failed(errno),
    }
}

//! Each process is signalled, or waited for, as soon as it is found.

use rustix::io::Errno;

use super::delivery::{AfterSend, Delivery, Finish, continue_process};
use super::delta::Delta;
use super::pidfd::PidFd;
use super::send::{reported_signal, send};
use super::target::{Pin, Signals, State};
use super::verify::Scope;
use crate::error::Error;
use crate::report::Outcome;
use crate::request::Sending;
use crate::scan::Match;

/// What was sent to a process that is still held.
struct Sent {
    pidfd: PidFd,
    outcome: Outcome,
    left_stopped: Option<Errno>,
    signals: Option<Signals>,
}

impl Sent {
    /// pidwait sends nothing.
    fn awaited(pidfd: PidFd) -> Self {
        Sent { pidfd, outcome: Outcome::Awaited, left_stopped: None, signals: None }
    }
}

/// Signal each match. Returns how many were signalled.
pub(super) fn signal(delivery: &mut Delivery<'_>, sending: &Sending, delta: Delta) -> Result<usize, Error> {
    let mut signalled = 0;
    for mut found in delta.new {
        let result = match delivery.finish {
            Some(Finish::Quit) => Err(Outcome::Untouched),
            _ => signal_one(delivery, sending, &mut found)?,
        };
        signalled += usize::from(result.is_ok());
        record(delivery, found, result);
    }
    Ok(signalled)
}

/// Wait for each match.
pub(super) fn watch(delivery: &mut Delivery<'_>, delta: Delta) {
    for mut found in delta.new {
        let result = delivery.pin(&mut found).map(Sent::awaited);
        if result.is_ok() {
            delivery.observer.on_signalled(&found);
        }
        record(delivery, found, result);
    }
}

fn signal_one(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    found: &mut Match,
) -> Result<Result<Sent, Outcome>, Error> {
    let pidfd = match delivery.pin(found) {
        Ok(pidfd) => pidfd,
        Err(outcome) => return Ok(Err(outcome)),
    };
    if delivery.asks() {
        if !delivery.confirm(&[&*found], sending.signal)? {
            return Ok(Err(Outcome::Untouched));
        }
        // The answer may have taken long enough for the process to execute another program.
        if let Err(outcome) = delivery.verify(&pidfd, found, Scope::All) {
            return Ok(Err(outcome));
        }
    }
    let outcome = send(sending, &pidfd, &found.view);
    if !matches!(outcome, Outcome::Signalled { .. }) {
        return Ok(Err(outcome));
    }
    let signals = reported_signal(sending).map(Signals::new);
    delivery.observer.on_signalled(found);
    let left_stopped =
        if delivery.must_continue(sending, found.pid) { continue_process(&pidfd) } else { None };
    if left_stopped.is_some() {
        delivery.remains_stopped();
    }
    Ok(Ok(Sent { pidfd, outcome, left_stopped, signals }))
}

fn record(delivery: &mut Delivery<'_>, mut found: Match, result: Result<Sent, Outcome>) {
    let id = match (&delivery.after_send, found.start_time) {
        // No later scan has to recognise it.
        (AfterSend::Settle(_), None) => None,
        _ => delivery.identify(&mut found).ok(),
    };
    match (result, id) {
        (Ok(Sent { pidfd, outcome, left_stopped, signals }), Some(id)) => {
            let at = delivery.targets.insert(
                id,
                found,
                State::Pinned(Pin::new(id, pidfd, &delivery.targets.budget)),
            );
            delivery.targets[at].left_stopped = left_stopped;
            delivery.signalled(at, outcome, signals);
        }
        (Err(outcome), Some(id)) => drop(delivery.targets.insert(id, found, State::Settled(outcome))),
        (Ok(Sent { outcome, left_stopped, .. }), None) => {
            let at = delivery.targets.push(found, State::Settled(outcome));
            delivery.targets[at].left_stopped = left_stopped;
        }
        (Err(outcome), None) => drop(delivery.targets.push(found, State::Settled(outcome))),
    }
}

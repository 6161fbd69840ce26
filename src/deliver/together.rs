//! All targets are signalled together: each one is pinned, and with `--freeze` stopped, before the first one is
//! signalled. So none can start another that escapes, and a child is found before the exit of its parent makes it an
//! orphan.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use rustix::io::Errno;

use super::delivery::{Delivery, Finish, continue_process};
use super::delta::Delta;
use super::group;
use super::interrupt::Caught;
use super::quiesce::{Quiescence, Step};
use super::reappeared;
use super::rescan::Rescan;
use super::send::{failure, outcome, reported_signal, send};
use super::target::{Signals, State, Stop, TargetIndex};
use super::verify::Scope;
use super::waiter::Until;
use crate::error::Error;
use crate::report::Outcome;
use crate::request::{Pid, Sending};
use crate::scan::Match;
use crate::select::Reason;
use crate::signal::Signal;
use crate::sys::{self, emergency};

/// The result of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// How many targets were pinned.
    pub pinned: usize,
    /// `--freeze`: they did not all stop.
    pub gave_up: bool,
}

/// Pin the new matches, and those that further scans find, then signal all of them. Whatever ends the collecting,
/// the timeout, a signal to pkill, or an error, what was stopped gets the signal and is continued.
pub(super) fn signal(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    delta: Delta,
    rescan: &mut Rescan<'_>,
) -> Result<Round, Error> {
    let freezes = sending.freezes();
    if freezes {
        // From here on only KILL and STOP to pkill itself keep it from continuing all.
        emergency::on_panic();
        delivery.catch(Caught::All)?;
    }
    let collected =
        if freezes { freeze(delivery, sending, delta, rescan) } else { pin_all(delivery, delta, rescan) };
    let result = match &collected {
        Ok(_) if delivery.finish == Some(Finish::TooMany) => {
            release_unsignalled(delivery, sending);
            Ok(())
        }
        Err(_) if !freezes => Ok(()), // nothing was done to any of them yet
        _ => signal_pinned(delivery, sending),
    };
    if result.is_err() {
        release_unsignalled(delivery, sending);
    }
    if freezes {
        delivery.catch(Caught::Interrupts)?;
    }
    let round = collected?;
    result.map(|()| round)
}

/// Without `--freeze`: processes go on forking during any number of scans, so there is one after the first.
fn pin_all(delivery: &mut Delivery<'_>, mut delta: Delta, rescan: &mut Rescan<'_>) -> Result<Round, Error> {
    let mut pinned = 0;
    for is_first in [true, false] {
        if !delivery.permits(&mut delta) {
            break;
        }
        for found in std::mem::take(&mut delta.new) {
            pinned += usize::from(delivery.hold(found, is_first).is_some());
        }
        if !is_first || pinned == 0 {
            break;
        }
        let result = delivery.pause(Until::Now)?;
        if delivery.ends(result) {
            break;
        }
        delta = delivery.rescan(rescan)?;
        reappeared::note_within_round(delivery, &delta.new);
    }
    Ok(Round { pinned, gave_up: false })
}

/// Stop each one, and scan until all have stopped and no other is found.
fn freeze(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    mut delta: Delta,
    rescan: &mut Rescan<'_>,
) -> Result<Round, Error> {
    let mut quiescence = Quiescence::new(Instant::now());
    let mut round = Round { pinned: 0, gave_up: false };
    let mut scans = 0;
    loop {
        let is_first = scans == 0;
        if !delivery.permits(&mut delta) {
            return Ok(round);
        }
        let mut new = 0;
        for found in std::mem::take(&mut delta.new) {
            match stop(delivery, found, is_first) {
                Stopped::Yes => new += 1,
                Stopped::Vanished => delta.vanished = true,
                Stopped::Refused => {}
            }
        }
        round.pinned += new;
        let running = delta.running.len();
        if scans > 1 {
            stop_again(delivery, &delta.running);
        }
        // Some still run or fork: among hundreds of them, pkill would get a small part of the CPU time.
        if sending.signal == Signal::KILL && scans == 1 && new + running > 0 {
            sys::raise_priority();
        }
        let seen = delta.observation(new, running);
        let now = Instant::now();
        let step = match is_first {
            true => quiescence.first(now, seen).unwrap_or(Step::Complete),
            false => quiescence.observe(now, seen),
        };
        let until = match step {
            Step::Complete => return Ok(round),
            Step::GiveUp => {
                round.gave_up = true;
                return Ok(round);
            }
            Step::Scan => Until::Now,
            Step::Pause(time) => Until::Pause(time),
        };
        let result = delivery.pause(until)?;
        if delivery.ends(result) {
            return Ok(round);
        }
        delta = delivery.rescan(rescan)?;
        reappeared::note_within_round(delivery, &delta.new);
        scans += 1;
    }
}

/// What became of the attempt to stop a process.
enum Stopped {
    Yes,
    /// It exited or changed before.
    Vanished,
    /// pkill may not signal it.
    Refused,
}

fn stop(delivery: &mut Delivery<'_>, found: Match, is_first: bool) -> Stopped {
    let Some(at) = delivery.hold(found, is_first) else { return Stopped::Vanished };
    // It was read just now.
    let was_stopped = delivery.process.is_stopped() == Ok(true);
    let target = &mut delivery.targets[at];
    let State::Pinned(pin) = &mut target.state else { return Stopped::Refused };
    if was_stopped {
        pin.stop = Stop::Before;
    } else {
        pin.stopping();
    }
    let sent = delivery.with_pidfd(at, |pidfd| pidfd.send(Signal::STOP, None));
    let target = &mut delivery.targets[at];
    match outcome(sent, &target.found.view) {
        Outcome::Signalled { .. } => {}
        other => {
            if let Some(pin) = target.pin_mut() {
                pin.released();
            }
            target.state = State::Settled(other);
            let is_gone = matches!(other, Outcome::Gone);
            return if is_gone { Stopped::Vanished } else { Stopped::Refused };
        }
    }
    Stopped::Yes
}

/// Stop those once more that have had time to stop: another process has continued them.
fn stop_again(delivery: &mut Delivery<'_>, running: &[TargetIndex]) {
    for &at in running {
        if let Some(pin) = delivery.targets[at].pin_mut() {
            pin.stopping();
            // Where that fails, the process has exited or may not be signalled any more, as its own signal will show.
            let _ = pin.with(delivery.proc, |pidfd| pidfd.send(Signal::STOP, None));
        }
    }
}

/// Signal all that are held, in the order in which they were found; then continue what was stopped for that.
pub(super) fn signal_pinned(delivery: &mut Delivery<'_>, sending: &Sending) -> Result<(), Error> {
    let is_pinned = |delivery: &Delivery<'_>, at| matches!(delivery.targets[at].state, State::Pinned(_));
    let indices = delivery.targets.indices();
    let pinned: Vec<TargetIndex> = indices.filter(|&at| is_pinned(delivery, at)).collect();
    if delivery.asks() && delivery.request.selection.tree {
        let found: Vec<&Match> = pinned.iter().map(|&at| &delivery.targets[at].found).collect();
        delivery.observer.before_questions(&found);
    }
    let mut groups = HashMap::<Pid, Vec<TargetIndex>>::new();
    for &at in &pinned {
        if let Some(group) = delivery.targets[at].found.group {
            groups.entry(group).or_default().push(at);
        }
    }
    for at in pinned {
        // Others were signalled with their group.
        if !is_pinned(delivery, at) {
            continue;
        }
        let group = delivery.targets[at].found.group;
        match group.filter(|&group| group::is_signalled_as_one(delivery, group)) {
            None => signal_one(delivery, sending, at)?,
            Some(group) => {
                let members = groups.remove(&group).unwrap_or_default();
                let members = members.into_iter().filter(|&at| is_pinned(delivery, at)).collect();
                signal_group(delivery, sending, group, members)?;
            }
        }
    }
    Ok(())
}

fn signal_one(delivery: &mut Delivery<'_>, sending: &Sending, at: TargetIndex) -> Result<(), Error> {
    let outcome = match consent(delivery, sending, &[at])? {
        false => Outcome::Untouched,
        true => match delivery.verify_held(at, Scope::Itself) {
            Err(outcome) => outcome,
            Ok(()) => {
                let view = delivery.targets[at].found.view.clone();
                delivery.with_pidfd(at, |pidfd| Ok(send(sending, pidfd, &view))).unwrap_or_else(failure)
            }
        },
    };
    settle(delivery, sending, at, outcome);
    Ok(())
}

fn signal_group(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    group: Pid,
    members: Vec<TargetIndex>,
) -> Result<(), Error> {
    if !consent(delivery, sending, &members)? {
        members.into_iter().for_each(|at| settle(delivery, sending, at, Outcome::Untouched));
        return Ok(());
    }
    let verified = verify_group(delivery, sending, group, members);
    // Since that was asked first, a process may have joined the group, if only while the user was asked.
    let is_one = group::is_signalled_as_one(delivery, group);
    match is_one.then(|| group::send(delivery, sending, group, &verified)).flatten() {
        Some(outcomes) => {
            for (at, outcome) in verified.into_iter().zip(outcomes) {
                settle(delivery, sending, at, outcome);
            }
            Ok(())
        }
        None => verified.into_iter().try_for_each(|at| signal_one(delivery, sending, at)),
    }
}

/// The members that the signal to the group is for; the others are settled. A match that no longer matches is a mere
/// member if the group is selected for another match. Without any match, no member is signalled.
fn verify_group(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    group: Pid,
    members: Vec<TargetIndex>,
) -> Vec<TargetIndex> {
    let mut changed = vec![];
    let mut changed_pids = HashSet::new();
    let mut verified = vec![];
    let mut is_selected = false;
    for at in members {
        let Match { pid, reason, .. } = delivery.targets[at].found;
        let result = match reason {
            Reason::Descendant(of) if changed_pids.contains(&of) => Err(Outcome::Changed),
            _ => delivery.verify_held(at, Scope::Itself),
        };
        match result {
            Ok(()) => {
                is_selected |= !matches!(reason, Reason::GroupMember(_));
                verified.push(at);
            }
            Err(Outcome::Changed) => {
                changed.push(at);
                changed_pids.insert(pid);
            }
            Err(outcome) => settle(delivery, sending, at, outcome),
        }
    }
    if !is_selected {
        let members = verified.drain(..).chain(changed).collect::<Vec<_>>();
        members.into_iter().for_each(|at| settle(delivery, sending, at, Outcome::Changed));
        return verified;
    }
    for at in changed {
        delivery.targets[at].found.reason = Reason::GroupMember(group);
        match delivery.verify_held(at, Scope::Itself) {
            Ok(()) => verified.push(at),
            Err(outcome) => settle(delivery, sending, at, outcome),
        }
    }
    verified
}

/// `--interactive`: the user's answer for these.
fn consent(delivery: &mut Delivery<'_>, sending: &Sending, at: &[TargetIndex]) -> Result<bool, Error> {
    if delivery.finish == Some(Finish::Quit) {
        return Ok(false);
    }
    if !delivery.asks() {
        return Ok(true);
    }
    let found: Vec<Match> = at.iter().map(|&at| delivery.targets[at].found.clone()).collect();
    delivery.confirm(&found.iter().collect::<Vec<_>>(), sending.signal)
}

/// Continue the targets that were stopped and are not signalled after all.
fn release_unsignalled(delivery: &mut Delivery<'_>, sending: &Sending) {
    for at in delivery.targets.indices() {
        if matches!(delivery.targets[at].state, State::Pinned(_)) {
            settle(delivery, sending, at, Outcome::Untouched);
        }
    }
}

/// The outcome is known: continue the process if pkill has stopped it, unless a stop is what was asked for; or if it
/// was stopped before and is to be continued (`--cont`).
fn settle(delivery: &mut Delivery<'_>, sending: &Sending, at: TargetIndex, outcome: Outcome) {
    let is_signalled = matches!(outcome, Outcome::Signalled { .. });
    let stays_as_it_is = is_signalled && matches!(sending.signal, Signal::KILL | Signal::STOP);
    let signals = reported_signal(sending).map(Signals::new);
    let (pid, stop) = match delivery.targets[at].pin() {
        Some(pin) => (pin.id.pid, pin.stop),
        None => return,
    };
    let must_continue = match stop {
        _ if stays_as_it_is => false,
        Stop::ByUs => true,
        Stop::Before => is_signalled && sending.resume,
        Stop::No => is_signalled && delivery.must_continue(sending, pid),
    };
    let left_stopped = match must_continue {
        true => delivery.with_pidfd(at, |pidfd| Ok(continue_process(pidfd))).unwrap_or_else(unless_exited),
        false => None,
    };
    let was_stopped =
        stop == Stop::Before && is_signalled && !must_continue && sending.signal != Signal::CONT;
    if left_stopped.is_some() || was_stopped && !stays_as_it_is {
        delivery.remains_stopped();
    }
    let target = &mut delivery.targets[at];
    target.left_stopped = left_stopped;
    if let Some(pin) = target.pin_mut() {
        pin.released();
    }
    if !is_signalled {
        target.state = State::Settled(outcome);
        return;
    }
    delivery.observer.on_signalled(&target.found);
    delivery.signalled(at, outcome, signals);
}

/// A process that has exited is not stopped.
fn unless_exited(errno: Errno) -> Option<Errno> {
    Some(errno).filter(|&errno| errno != Errno::SRCH)
}

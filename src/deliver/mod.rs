//! [`Matches`] → [`Report`]: one process, one pidfd. The pidfd is opened first; then the process is verified with the
//! whole predicate; then it is signalled, or waited for, through the pidfd. If the process ID was reused since the
//! scan, either the verification sees the other process, or the pidfd still belongs to the one that exited: in no case
//! is a bystander signalled.
//!
//! [`deliver`] chooses the strategy: `each` process as it is found, all `together`, or a `dry_run`; and repeats
//! it for `--until-none`. They share the `delivery` and the table of `target`s; `verify` and `send` handle one process.

mod budget;
mod choose;
mod delivery;
mod delta;
mod dry_run;
mod each;
mod group;
mod interrupt;
mod observer;
mod pidfd;
mod quiesce;
mod reappeared;
mod refused;
mod rescan;
mod schedule;
mod send;
mod settle;
mod target;
mod together;
mod verify;
mod waiter;

pub(crate) use observer::{Answer, Confirm, Observer, Progress};
pub(crate) use rescan::Rescan;

// The parts for a single process, which the library ([`crate::api`]) uses too.
pub(crate) use pidfd::PidFd;
pub(crate) use target::{ProcessId, Targets};
pub(crate) use verify::{Scope, verify};
pub(crate) use waiter::{POLL_INTERVAL, REAPING};

use std::sync::Arc;
use std::time::{Duration, Instant};

use delivery::{AfterSend, Delivery, Finish};
use delta::Delta;
use settle::{Activity, Next, Settling};
use target::State;
use waiter::{Until, Waiter};

use crate::error::Error;
use crate::plan::Plan;
use crate::proc::ProcDir;
use crate::report::{Outcome, Report};
use crate::request::{Action, Mode, Request, Sending};
use crate::scan::Matches;
use crate::sys;
use crate::view::Detail;

/// List, signal or await the matches, as requested. `rescan` is called where one scan is not enough.
pub(crate) fn deliver(
    request: &Request,
    plan: Arc<Plan>,
    matches: Matches,
    rescan: &mut Rescan<'_>,
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    let proc = ProcDir::named()?.with_timeout(plan.read_timeout.as_ref());
    if request.chooses || !matches!(request.action, Action::List(_)) {
        proc.require_same_pid_namespace()?;
    }
    if request.chooses {
        return deliver_chosen(request, plan, &proc, matches, observer);
    }
    let after_send = after_send(request, &plan)?;
    let mut delivery = Delivery::new(request, plan, &proc, observer, after_send);
    let mut delta = delivery.first(matches);
    if delivery.permits(&mut delta) {
        match &request.action {
            Action::List(_) => list(&mut delivery, delta),
            Action::Wait { .. } => {
                each::watch(&mut delivery, delta);
                let result = delivery.wait(Until::Exit)?;
                delivery.ends(result);
            }
            Action::Signal(sending) if sending.mode == Mode::DryRun => {
                dry_run::predict_all(&mut delivery, sending.signal, delta);
            }
            Action::Signal(sending) if sending.until_none => {
                until_none(&mut delivery, sending, delta, rescan)?;
            }
            Action::Signal(sending) => {
                Strategy::new(&delivery, sending).signal(&mut delivery, sending, delta, rescan)?;
                if delivery.finish.is_none() {
                    let result = delivery.wait(Until::Exit)?;
                    if !delivery.ends(result) {
                        reappeared::scan(&mut delivery, request, sending, rescan)?;
                    }
                }
            }
        }
    }
    Ok(delivery.into_report())
}

/// `--choose`: no scan follows that could find what was not on the list.
fn deliver_chosen(
    request: &Request,
    plan: Arc<Plan>,
    proc: &ProcDir,
    matches: Matches,
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    let nothing = AfterSend::Settle(None);
    let mut delivery = Delivery::new(request, Arc::clone(&plan), proc, observer, nothing);
    let delta = delivery.first(matches);
    choose::pin_chosen(&mut delivery, delta)?;
    // Until now, a signal to pkill ended the question, and no timeout was running.
    delivery.after_send = after_send(request, &plan)?;
    if delivery.finish.is_none() {
        match &request.action {
            Action::List(_) => choose::settle_chosen(&mut delivery, Outcome::Listed),
            Action::Wait { .. } => choose::settle_chosen(&mut delivery, Outcome::Awaited),
            Action::Signal(sending) => {
                let signal = delivery.chosen_signal.unwrap_or(sending.signal);
                together::signal_pinned(&mut delivery, &Sending { signal, ..sending.clone() })?;
            }
        }
        let result = delivery.wait(Until::Exit)?;
        delivery.ends(result);
    }
    Ok(delivery.into_report())
}

/// The waiter for the exits of the targets, if the request has a wait.
fn after_send(request: &Request, plan: &Plan) -> Result<AfterSend, Error> {
    let Some(wait) = request.wait() else {
        if request.sending().is_some_and(|sending| plan.expansion.is_some() || sending.freezes()) {
            sys::raise_descriptor_limit();
        }
        return Ok(AfterSend::Settle(None));
    };
    let steps = request.sending().map_or(&[][..], |sending| &sending.escalation);
    let report_exit_status = matches!(plan.detail, Detail::Full(..));
    Ok(AfterSend::Await(Box::new(Waiter::new(wait, steps, report_exit_status)?)))
}

/// pgrep: nothing is done to them.
fn list(delivery: &mut Delivery<'_>, delta: Delta) {
    for found in delta.new {
        delivery.targets.push(found, State::Settled(Outcome::Listed));
    }
}

/// `--until-none`: as many rounds as it takes until nothing that a signal may still end has matched for the settling
/// time.
fn until_none(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    mut delta: Delta,
    rescan: &mut Rescan<'_>,
) -> Result<(), Error> {
    // Where processes were named by their IDs, no other one matches.
    let time = if delivery.plan.selected_by_pid { Duration::ZERO } else { sending.settling_time() };
    let mut settling = Settling::new(time, Instant::now());
    let mut strategy = Strategy::new(delivery, sending);
    let mut scan_began = None;
    while delivery.finish.is_none() && delivery.permits(&mut delta) {
        let (is_first, remaining) = (scan_began.is_none(), delta.remaining);
        let signalled = strategy.signal(delivery, sending, delta, rescan)?;
        if delivery.finish.is_some() {
            break;
        }
        let activity = Activity { is_first, signalled, remaining };
        let until = if activity.pauses() { Until::NextScan } else { Until::Now };
        let has_exits = wait_before_rescan(delivery, until)?;
        if !activity.is_quiet(has_exits) {
            settling.seen(Instant::now());
        } else if let Some(began) = scan_began
            && delivery.finish.is_none()
        {
            match settling.next(began, Instant::now(), POLL_INTERVAL) {
                Next::Settled => return Ok(()),
                Next::Scan(at) if wait_before_rescan(delivery, Until::Time(at))? => {
                    settling.seen(Instant::now())
                }
                Next::Scan(_) => {}
            }
        }
        if delivery.finish.is_none() && delivery.has_expired() {
            delivery.finish = Some(Finish::TimedOut);
        }
        if delivery.finish.is_some() {
            break;
        }
        scan_began = Some(Instant::now());
        delta = delivery.rescan(rescan)?;
        reappeared::note(delivery, &delta.new);
    }
    delivery.unsettled = (delivery.finish == Some(Finish::TimedOut)).then_some(time);
    Ok(())
}

/// Whether targets have exited meanwhile.
fn wait_before_rescan(delivery: &mut Delivery<'_>, until: Until) -> Result<bool, Error> {
    let running = delivery.running();
    let result = delivery.wait(until)?;
    delivery.ends(result);
    Ok(delivery.running() != running)
}

/// How the matches of a round are signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    /// Each as it is found.
    Each,
    /// All are pinned before the first one is signalled.
    Together,
}

impl Strategy {
    fn new(delivery: &Delivery<'_>, sending: &Sending) -> Self {
        match delivery.plan.expansion.is_some() || sending.freezes() {
            true => Strategy::Together,
            false => Strategy::Each,
        }
    }

    /// One round. Returns how many were signalled.
    fn signal(
        &mut self,
        delivery: &mut Delivery<'_>,
        sending: &Sending,
        delta: Delta,
        rescan: &mut Rescan<'_>,
    ) -> Result<usize, Error> {
        match self {
            Strategy::Each => each::signal(delivery, sending, delta),
            Strategy::Together => {
                let round = together::signal(delivery, sending, delta, rescan)?;
                if round.gave_up {
                    *self = Strategy::Each;
                }
                Ok(round.pinned)
            }
        }
    }
}

#[cfg(test)]
mod tests;

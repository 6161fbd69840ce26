//! [`Matches`] → [`Report`]: one process, one pidfd. The pidfd is opened first; then the process is verified with the
//! whole predicate; then it is signalled, or waited for, through the pidfd. If the process ID was reused since the
//! scan, either the verification sees the other process, or the pidfd still belongs to the one that exited: in no case
//! is a bystander signalled.
//!
//! [`deliver`] chooses the strategy: `each` process as it is found, all `together`, or a `dry_run`; and repeats
//! it for `--until-none`. Below stand the `delivery` that they share, the table of `target`s, and what is done to
//! one process: `verify`, `send`.

mod budget;
mod delivery;
mod delta;
mod dry_run;
mod each;
mod group;
mod interrupt;
mod observer;
mod pidfd;
mod quiesce;
mod rescan;
mod schedule;
mod send;
mod target;
mod together;
mod verify;
mod waiter;

pub(crate) use observer::{Answer, Confirm, Observer, Progress};
pub(crate) use rescan::Rescan;

// The parts for a single process, which the library ([`crate::api`]) puts together anew.
pub(crate) use pidfd::PidFd;
pub(crate) use target::{ProcessId, Targets};
pub(crate) use verify::{Scope, verify};
pub(crate) use waiter::{POLL_INTERVAL, REAPING};

use std::sync::Arc;

use delivery::{AfterSend, Delivery};
use delta::Delta;
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

/// Do what was asked with each match, and wait for them to exit if that was asked, too. `rescan` is called where one
/// scan is not enough.
pub(crate) fn deliver(
    request: &Request,
    plan: Arc<Plan>,
    matches: Matches,
    rescan: &mut Rescan<'_>,
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    let proc = ProcDir::named()?.with_timeout(plan.read_timeout.as_ref());
    if !matches!(request.action, Action::List(_)) {
        proc.require_same_pid_namespace()?;
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
            Action::Signal(sending) => signal(&mut delivery, sending, delta, rescan)?,
        }
    }
    Ok(delivery.into_report())
}

/// What waits for the targets to exit, if that was asked for.
fn after_send(request: &Request, plan: &Plan) -> Result<AfterSend, Error> {
    let Some(wait) = request.wait() else {
        if request.sending().is_some_and(|sending| plan.expansion.is_some() || sending.freezes()) {
            sys::raise_descriptor_limit();
        }
        return Ok(AfterSend::Settle(None));
    };
    let steps = request.sending().map_or(&[][..], |sending| &sending.escalation);
    let report_exit_status = matches!(plan.detail, Detail::Full(_));
    Ok(AfterSend::Await(Box::new(Waiter::new(wait, steps, report_exit_status)?)))
}

/// pgrep: nothing is done to them.
fn list(delivery: &mut Delivery<'_>, delta: Delta) {
    for found in delta.new {
        delivery.targets.push(found, State::Settled(Outcome::Listed));
    }
}

/// pkill: one round; with `--until-none` as many as it takes until a scan finds no process that a signal may still
/// end.
fn signal(
    delivery: &mut Delivery<'_>,
    sending: &Sending,
    mut delta: Delta,
    rescan: &mut Rescan<'_>,
) -> Result<(), Error> {
    let mut strategy = Strategy::new(delivery, sending);
    let mut is_first = true;
    loop {
        let remaining = delta.remaining;
        let signalled = match strategy {
            Strategy::Each => each::signal(delivery, sending, delta)?,
            Strategy::Together => {
                let round = together::signal(delivery, sending, delta, rescan)?;
                if round.gave_up {
                    strategy = Strategy::Each;
                }
                round.pinned
            }
        };
        if delivery.finish.is_some() {
            return Ok(());
        }
        if !sending.until_none {
            let result = delivery.wait(Until::Exit)?;
            delivery.ends(result);
            return Ok(());
        }
        // What was just signalled may have children by now, so no time is lost.
        let is_quiet = signalled == 0 && remaining == 0;
        let until = if is_first || signalled == 0 && remaining > 0 { Until::NextScan } else { Until::Now };
        let running = delivery.running();
        let result = delivery.wait(until)?;
        // What exited during the scan may have left a successor that the scan came too early for.
        if delivery.ends(result) || !is_first && is_quiet && delivery.running() == running {
            return Ok(());
        }
        delta = delivery.rescan(rescan)?;
        if !delivery.permits(&mut delta) {
            return Ok(());
        }
        is_first = false;
    }
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
}

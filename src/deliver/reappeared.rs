//! Matches that have started since the first scan, such as services that their supervisor has restarted.

use std::time::{Duration, Instant};

use super::delivery::Delivery;
use super::rescan::Rescan;
use super::target::{ProcessId, State, Target};
use super::waiter::{Until, WaitResult};
use crate::error::Error;
use crate::origin::{Origin, Parent};
use crate::proc::Facts as _;
use crate::report::Reappeared;
use crate::request::{Request, Sending};
use crate::scan::Match;
use crate::select::Reason;

/// How many are examined at most: a report of hundreds is of little use. The others are signalled all the same.
const MOST: usize = 100;

/// Beyond what a clock can reach.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The wait is over: scan once more when what has exited has had the time to be restarted. Nothing is signalled. It
/// costs time, so it is done where a report or the exit status depends on it.
pub(super) fn scan(
    delivery: &mut Delivery<'_>,
    request: &Request,
    sending: &Sending,
    rescan: &mut Rescan<'_>,
) -> Result<(), Error> {
    let matters = request.strict || sending.settle.is_some() || delivery.observer.wants_reappeared();
    let has_exited = |target: &Target| matches!(target.state, State::Exited { .. });
    let any_exited = delivery.targets.indices().any(|at| has_exited(&delivery.targets[at]));
    let time = sending.settling_time();
    // Where processes were named by their IDs, no other one matches.
    if !matters || !any_exited || time.is_zero() || delivery.plan.selected_by_pid {
        return Ok(());
    }
    let result = delivery.wait(Until::Time(Instant::now() + time.min(CENTURY)))?;
    // A timeout shortens the pause before the scan, which is made all the same.
    if matches!(result, WaitResult::Interrupted(_)) {
        delivery.ends(result);
        return Ok(());
    }
    let delta = delivery.rescan(rescan)?;
    note(delivery, &delta.new);
    Ok(())
}

/// Note what is new among these, which a later scan has found.
pub(super) fn note(delivery: &mut Delivery<'_>, found: &[Match]) {
    for found in found {
        if delivery.reappeared.len() >= MOST {
            return;
        }
        let reappeared = examine(delivery, found);
        delivery.reappeared.extend(reappeared);
    }
}

/// The same for a scan within a round of `--until-none`.
pub(super) fn note_within_round(delivery: &mut Delivery<'_>, found: &[Match]) {
    if signals_what_reappears(delivery) {
        note(delivery, found);
    }
}

/// `--until-none`.
fn signals_what_reappears(delivery: &Delivery<'_>) -> bool {
    delivery.request.sending().is_some_and(|sending| sending.until_none)
}

/// None if it was there before, has exited, or was started by a process that is or will be signalled.
fn examine(delivery: &mut Delivery<'_>, found: &Match) -> Option<Reappeared> {
    let id = ProcessId { pid: found.pid, start_time: found.start_time? };
    let is_new = found.reason == Reason::Matched && id.start_time >= delivery.plan.snapshot_time;
    if !is_new || delivery.targets.find(id).is_some() {
        return None;
    }
    let process = &mut delivery.process;
    process.select(id.pid);
    let name = process.name().ok()?.to_vec();
    let origin = Origin::read(process).ok()?;
    // What was read is that of the match if the process still has its start time.
    if process.start_time() != Ok(id.start_time) {
        return None;
    }
    let is_target = |parent: &Parent| {
        let id = ProcessId { pid: parent.pid, start_time: parent.start_time };
        let at = delivery.targets.find(id);
        at.is_some_and(|at| {
            use State::{Awaited, Exited, Pinned};
            matches!(delivery.targets[at].state, Pinned(_) | Awaited { .. } | Exited { .. })
        })
    };
    let is_child_of_target = origin.parent.as_ref().is_some_and(is_target);
    (!is_child_of_target).then_some(Reappeared {
        pid: id.pid,
        start_time: id.start_time,
        name,
        origin,
        is_signalled: signals_what_reappears(delivery),
    })
}

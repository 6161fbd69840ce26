//! [`Matches`] → [`Report`]: one process, one handle. The handle is opened first; then the process is looked at
//! again, with the whole predicate; then it is signalled, or waited for, through the handle. If the process ID
//! has passed to another process since the scan, either the second look sees that other process, or the handle
//! still belongs to the one that ended: in no case is a bystander signalled.

mod handle;
mod wait;

use rustix::io::Errno;

use crate::error::Error;
use crate::label::shown;
use crate::plan::Plan;
use crate::proc::{Facts, ProcDir, Process, Unknown};
use crate::report::{Outcome, Report, Target};
use crate::request::{Action, Delivery, Pick, Request};
use crate::scan::{Match, Matches};
use crate::select::NoAnswer;
use handle::Handle;

/// Hears of each process that is about to be waited for.
pub type Announce<'a> = dyn FnMut(&Match) -> Result<(), Error> + 'a;

/// Do what was asked with each match. `announce` hears of each process before it is waited for.
pub fn deliver(
    request: &Request,
    plan: &Plan,
    matches: Matches,
    announce: &mut Announce<'_>,
) -> Result<Report, Error> {
    let pattern_too_long = plan.pattern_too_long && matches.is_empty();
    let targets = match &request.action {
        Action::List(_) => matches.into_iter().map(|found| target(found, Outcome::Listed)).collect(),
        Action::Signal(delivery) => {
            let proc = ProcDir::named()?;
            let mut process = Process::new(&proc);
            let signal = |found| signal_one(delivery, plan, &mut process, found);
            matches.into_iter().map(signal).collect()
        }
        Action::Wait { .. } => wait::wait_for_all(plan, matches, announce)?,
    };
    Ok(Report { targets, pattern_too_long })
}

fn target(found: Match, outcome: Outcome) -> Target {
    Target { pid: found.pid, shown: found.shown, outcome }
}

fn signal_one(delivery: &Delivery, plan: &Plan, process: &mut Process<'_>, mut found: Match) -> Target {
    let outcome = match pin(plan, process, &mut found) {
        Err(outcome) => outcome,
        Ok(handle) => match handle.send(delivery.signal, delivery.value) {
            Ok(()) => {
                Outcome::Signalled { release: delivery.release_memory.then(|| release(&handle)).flatten() }
            }
            Err(errno) => failure(errno),
        },
    };
    target(found, outcome)
}

fn release(handle: &Handle) -> Option<Errno> {
    handle.release_memory().err().filter(|&errno| errno != Errno::SRCH)
}

/// A handle on the process that was found, if it is there and still what was asked for.
fn pin(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<Handle, Outcome> {
    let handle = Handle::open(found.pid).map_err(failure)?;
    process.look_at(found.pid);
    match still_meant(plan, process, found) {
        Ok(true) => Ok(handle),
        Ok(false) => Err(Outcome::Changed),
        Err(NoAnswer::Unknown(Unknown::Gone)) => Err(Outcome::Gone),
        Err(NoAnswer::Unknown(Unknown::Unreadable(errno))) => Err(Outcome::Failed(errno)),
        // It compiled for the first look, so it does for this one.
        Err(NoAnswer::Pattern(_)) => Err(Outcome::Changed),
    }
}

/// What picked the process is part of the question too: for `-n` and `-o`, its start time.
fn still_meant(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<bool, NoAnswer> {
    if plan.pick != Pick::All && found.start_time != Some(process.start_time()?) {
        return Ok(false);
    }
    if !plan.predicate.admits(process)? {
        return Ok(false);
    }
    found.shown = plan.label.map(|label| shown(label, process)).transpose()?;
    Ok(true)
}

fn failure(errno: Errno) -> Outcome {
    match errno {
        Errno::SRCH => Outcome::Gone,
        Errno::PERM => Outcome::Refused,
        errno => Outcome::Failed(errno),
    }
}

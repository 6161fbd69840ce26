//! A later scan, compared with the targets that are known.

use std::sync::Arc;

use super::delivery::Delivery;
use super::delta::Delta;
use super::target::State;
use super::waiter::Until;
use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{Facts as _, RunState, Unread};
use crate::scan::Matches;
use crate::select::Reason;

/// Scans all processes once more, until it is over.
pub(crate) type Rescan<'r> = dyn FnMut(&Arc<Plan>, &mut dyn FnMut() -> bool) -> Result<Matches, Error> + 'r;

impl Delivery<'_> {
    /// What a later scan finds.
    pub(super) fn rescan(&mut self, rescan: &mut Rescan<'_>) -> Result<Delta, Error> {
        let mut may_be_interrupted = true;
        let matches = loop {
            Arc::make_mut(&mut self.plan).renew()?;
            let after_send = &self.after_send;
            let matches = rescan(&self.plan, &mut || may_be_interrupted && after_send.is_over())?;
            for &unread in &matches.unread {
                let is_known = |known: &[Unread]| known.iter().any(|one| one.pid == unread.pid);
                if !is_known(&self.unread) && !is_known(&self.unread_later) {
                    self.unread_later.push(unread);
                }
            }
            if !matches.interrupted {
                break matches;
            }
            let result = self.pause(Until::Now)?;
            if self.ends(result) {
                return Ok(Delta::default());
            }
            // The timeout has expired before the first signal, which is sent nevertheless; or a signal to pkill is
            // ignored.
            may_be_interrupted = false;
        };
        let mut delta = Delta { vanished: matches.vanished, ..Delta::default() };
        for mut found in matches.found {
            // A process that got a named process ID later is not the one that was named.
            let is_named = self.plan.selected_by_pid && found.reason == Reason::Matched;
            if is_named && found.start_time >= Some(self.plan.snapshot_time) {
                continue;
            }
            self.process.select(found.pid);
            let Ok(id) = self.identify(&mut found) else {
                delta.vanished = true;
                continue;
            };
            let known = self.targets.find(id);
            let is_held = known.is_some_and(|at| self.targets[at].is_open());
            let has_ended = match found.run_state {
                // Enough for a target that is held, and for what has stopped; else it is read once more.
                Some(run_state) if is_held || run_state == RunState::Stopped => run_state == RunState::Ended,
                _ => self.process.has_ended() != Ok(false),
            };
            if has_ended {
                // Once: a process that exited may have left a child that this scan missed.
                delta.vanished |= known.is_none() && self.targets.ignore(id);
                continue;
            }
            match known.map(|at| (at, &self.targets[at])) {
                None => delta.new.push(found),
                Some((_, target)) if target.is_lost() => delta.new.push(found),
                Some((at, target)) if target.is_open() => {
                    // A child that has executed another program than its parent is no match any more.
                    (self.targets[at].found.reason, self.targets[at].found.below) =
                        (found.reason, found.below);
                    delta.remaining += 1;
                    // What was signalled in an earlier round of --until-none has been continued to handle its signal.
                    let should_be_stopped =
                        self.request.freezes() && matches!(self.targets[at].state, State::Pinned(_));
                    let was_stopped = found.run_state == Some(RunState::Stopped);
                    if should_be_stopped && !was_stopped && self.process.may_run() == Ok(true) {
                        delta.running.push(at);
                    }
                }
                Some(_) => {}
            }
        }
        Ok(delta)
    }
}

//! Who is signalled together: all of them are pinned, and with `--freeze` stopped, before the first one is signalled.
//! So nobody can start another who escapes, and a child is found before its parent's death makes it an orphan.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::vigil::Until;
use super::{Audience, Delivery, failure, group, look_again, outcome, send, target, told};
use crate::error::Error;
use crate::proc::Facts as _;
use crate::report::{Outcome, Target};
use crate::request::{Action, Mode};
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::View;

/// So many looks are given to those that are to stop before they are signalled as they are, or for less than a second:
/// the init of a PID namespace never stops, nor does a kernel thread.
const PATIENCE: u32 = 20;

/// So long are those chased who are always gone before they can be stopped, since somebody was stopped last. On a busy
/// machine there are such who are no successors of anybody.
const CHASE: Duration = Duration::from_secs(1);

/// One who is pinned.
pub struct Held {
    /// Its place among those that the vigil holds.
    pub at: usize,
    /// What was found.
    pub found: Match,
    /// Its place among the targets.
    target: usize,
    /// It was stopped before we came.
    was_stopped: bool,
}

impl Delivery<'_> {
    /// Whether nobody is signalled before all are pinned.
    pub(super) fn gathers(&self) -> bool {
        let signals = matches!(self.request.action, Action::Signal(_)) && self.mode != Mode::Rehearse;
        signals && (self.plan.kin.is_some() || self.request.freezes())
    }

    /// Whether the time to signal has not come yet.
    pub(super) fn is_gathering(&self) -> bool {
        !self.gathered.is_empty() || self.chases()
    }

    fn chases(&self) -> bool {
        self.elusive && self.last_caught.elapsed() < CHASE
    }

    /// Pin it, and stop it if it is to be frozen. True if it will be signalled.
    pub(super) fn gather(&mut self, mut found: Match) -> Result<bool, Error> {
        let pinned = self.pin(&mut found);
        let was_stopped = pinned.is_ok() && self.request.freezes() && self.process.state() == Ok(b'T');
        let vigil = self.vigil.as_mut().expect("one to hold them");
        let held = match pinned {
            Ok(handle) if self.request.freezes() => {
                // From here on nothing but the wait ends us: nobody is left stopped.
                vigil.catch_interrupts()?;
                match outcome(handle.send(Signal::STOP, None), &found) {
                    Outcome::Signalled { .. } => Ok(handle),
                    other => Err(other),
                }
            }
            pinned => pinned,
        };
        let is_held = held.is_ok();
        self.elusive |= self.request.freezes() && matches!(held, Err(Outcome::Gone | Outcome::Changed));
        if is_held {
            self.last_caught = Instant::now();
        }
        let (pid, why) = (found.pid, found.why);
        let key = (pid, found.start_time);
        let place = self.lost.remove(&key).unwrap_or(self.targets.len());
        match held {
            // Whoever comes and goes between two looks is nobody's business.
            Err(Outcome::Gone) if self.looks_again => return Ok(false),
            Err(Outcome::Gone | Outcome::Changed) => drop(self.lost.insert(key, place)),
            _ => drop(self.known.insert(key, is_held)),
        }
        let told = match held {
            Err(outcome) => target(found, outcome),
            Ok(handle) => {
                let start_time = found.start_time.expect("the plan asks for it where all are pinned");
                let at = vigil.add(place, pid, start_time, None, handle);
                self.gathered.push_back(Held { at, found, target: place, was_stopped });
                // Until it is known what becomes of it.
                Target { pid, view: View::Id, why, outcome: Outcome::Untouched, end: None }
            }
        };
        match self.targets.get_mut(place) {
            Some(before) => *before = told,
            None => self.targets.push(told),
        }
        Ok(is_held)
    }

    /// Whether the time has come to signal them. Without freezing, one look more than the first has to do. A fork that
    /// has begun when its process is told to stop is completed (since Linux 4.19), so it is the look that begins when
    /// all have stopped that must find nobody new.
    pub(super) fn is_complete(&self, gathered_before: bool, any_new: bool) -> bool {
        match self.request.freezes() {
            true => !any_new && !self.chases() && (self.still || self.looks >= PATIENCE),
            false => gathered_before,
        }
    }

    /// Between two looks. When there is no other, whether the time ran out or we were told to stop, the stopped get
    /// what they were stopped for.
    pub(super) fn see_to_interrupts(&mut self, audience: &mut dyn Audience) -> Result<(), Error> {
        if self.request.freezes()
            && let Some(vigil) = &mut self.vigil
        {
            // Who is slow to stop gets time, where there is nothing else to be done.
            let until = if self.elusive || self.looks < PATIENCE / 4 { Until::Now } else { Until::Pause };
            self.over = Some(vigil.keep(until, audience)?);
        }
        if self.wants_another_look() { Ok(()) } else { self.release(audience) }
    }

    /// Signal them all, and continue who was stopped for that.
    pub(super) fn release(&mut self, audience: &mut dyn Audience) -> Result<(), Error> {
        if let Some(vigil) = self.vigil.as_mut().filter(|_| !self.released) {
            vigil.signals_begin();
        }
        self.released = true;
        while let Some(mut batch) = self.next_batch() {
            let outcomes = match self.consent(&mut batch, audience)? {
                true => self.send_to(&mut batch),
                false => batch.iter().map(|_| Outcome::Untouched).collect(),
            };
            for (held, outcome) in batch.into_iter().zip(outcomes) {
                if matches!(outcome, Outcome::Signalled { .. }) {
                    audience.dealt_with(&held.found)?;
                }
                self.settle(held, outcome);
            }
        }
        Ok(())
    }

    /// Nobody is signalled after all.
    pub(super) fn let_go(&mut self) {
        for held in std::mem::take(&mut self.gathered) {
            self.thaw(&held, Outcome::Untouched);
            self.settle(held, Outcome::Untouched);
        }
    }

    /// One process, or those of a group that is signalled as one.
    fn next_batch(&mut self) -> Option<Vec<Held>> {
        let first = self.gathered.pop_front()?;
        let Some(group) = first.found.group.filter(|&group| self.is_signalled_as_one(group)) else {
            return Some(vec![first]);
        };
        let others = std::mem::take(&mut self.gathered).into_iter();
        let (members, others) = others.partition::<VecDeque<_>, _>(|held| held.found.group == Some(group));
        self.gathered = others;
        Some([first].into_iter().chain(members).collect())
    }

    /// `--interactive`: what the user says. The answer may have taken long enough for a process to have become
    /// another program.
    fn consent(&mut self, batch: &mut Vec<Held>, audience: &mut dyn Audience) -> Result<bool, Error> {
        if self.quit {
            return Ok(false);
        }
        if self.mode != Mode::Ask {
            return Ok(true);
        }
        let found: Vec<&Match> = batch.iter().map(|held| &held.found).collect();
        if !self.may_signal(&found, audience)? {
            return Ok(false);
        }
        for mut held in std::mem::take(batch) {
            let Delivery { vigil, plan, process, .. } = self;
            let vigil = vigil.as_ref().expect("one to hold them");
            let looked =
                vigil.with(held.at, |handle| Ok(look_again(plan, process, None, handle, &mut held.found)));
            match looked.map_err(failure).and_then(|looked| looked) {
                Ok(()) => batch.push(held),
                Err(outcome) => self.settle(held, outcome),
            }
        }
        Ok(true)
    }

    fn send_to(&mut self, batch: &mut [Held]) -> Vec<Outcome> {
        let Action::Signal(sending) = &self.request.action else { return vec![] };
        let vigil = self.vigil.as_ref().expect("one to hold them");
        let together = match batch {
            [Held { found: Match { group: Some(group), .. }, .. }, ..]
                if self.is_signalled_as_one(*group) =>
            {
                group::send(vigil, sending, *group, batch)
            }
            _ => None,
        };
        let one_by_one = |held: &Held| vigil.with(held.at, |handle| Ok(send(sending, handle, &held.found)));
        let outcomes = together
            .unwrap_or_else(|| batch.iter().map(|held| one_by_one(held).unwrap_or_else(failure)).collect());
        for (held, outcome) in batch.iter().zip(&outcomes) {
            self.thaw(held, *outcome);
        }
        outcomes
    }

    /// Continue it if we have stopped it, unless that is what was asked for; and who was stopped before, if that was.
    fn thaw(&mut self, held: &Held, outcome: Outcome) {
        let Action::Signal(sending) = &self.request.action else { return };
        let signalled = matches!(outcome, Outcome::Signalled { .. });
        let stopped = match self.request.freezes() {
            true if signalled && matches!(sending.signal, Signal::KILL | Signal::STOP) => return,
            true => held.was_stopped && signalled,
            false => signalled && self.minds_being_stopped(sending, held.found.pid),
        };
        let vigil = self.vigil.as_ref().expect("one to hold them");
        let frozen_by_us = self.request.freezes() && !held.was_stopped;
        if (frozen_by_us || stopped && sending.resume)
            && vigil.with(held.at, |handle| handle.send(Signal::CONT, None)).is_ok()
        {
            return;
        }
        self.stopped += usize::from(stopped && sending.signal != Signal::CONT);
    }

    /// What became of it is known.
    fn settle(&mut self, held: Held, outcome: Outcome) {
        let Action::Signal(sending) = &self.request.action else { return };
        let vigil = self.vigil.as_mut().expect("one to hold them");
        match (outcome, told(sending)) {
            (Outcome::Signalled { .. }, Some(signal)) => vigil.sent(held.at, signal),
            (Outcome::Signalled { .. }, None) => {}
            _ => {
                vigil.forget(held.at);
                self.known.insert((held.found.pid, held.found.start_time), false);
            }
        }
        self.targets[held.target] = target(held.found, outcome);
    }
}

impl Drop for Delivery<'_> {
    /// An error may have ended the work too early.
    fn drop(&mut self) {
        while self.request.freezes()
            && let Some(mut batch) = self.next_batch()
        {
            self.send_to(&mut batch);
        }
    }
}

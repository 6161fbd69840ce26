//! Who is signalled together: all of them are pinned, and with `--freeze` stopped, before the first one is signalled.
//! So nobody can start another who escapes, and a child is found before its parent's death makes it an orphan.

use std::collections::{BTreeMap, VecDeque};

use super::freeze::Freeze;
use super::look::look_again;
use super::send::{failure, outcome, send, told};
use super::{Audience, Delivery, News, Who, group, target};
use crate::error::Error;
use crate::proc::Facts as _;
use crate::report::{Outcome, Target};
use crate::request::{Action, Mode};
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::View;

/// Those who are signalled together. Nobody is, and nothing is known, where each is signalled as it is found.
pub struct Gathering {
    stage: Stage,
    /// Who is pinned, and not signalled yet.
    held: VecDeque<Held>,
    /// Who had gone or was no longer what was asked for, and where it is among the targets: if another look finds it,
    /// as a child that has become another program than its parent, that counts.
    lost: BTreeMap<Who, usize>,
    /// Where they are stopped before.
    freeze: Option<Freeze>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Nobody has been looked for but by the first scan.
    FirstLook,
    /// Nobody has been signalled.
    LaterLook,
    /// Some have been signalled.
    Released,
}

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

impl Gathering {
    /// With nobody yet.
    pub fn new(freezes: bool) -> Self {
        let freeze = freezes.then(Freeze::new);
        Gathering { stage: Stage::FirstLook, held: VecDeque::new(), lost: BTreeMap::new(), freeze }
    }

    /// Whether the time to signal has not come yet.
    pub fn is_under_way(&self) -> bool {
        !self.held.is_empty() || self.freeze.as_ref().is_some_and(Freeze::chases)
    }

    /// A look begins; its scan may have missed somebody.
    pub fn begin_look(&mut self, missed: bool) {
        if let Some(freeze) = &mut self.freeze {
            freeze.begin_look(missed);
        }
    }

    /// The same for each after the first one. Whether somebody was held before.
    pub fn begin_another_look(&mut self, missed: bool) -> bool {
        self.stage = self.stage.max(Stage::LaterLook);
        self.begin_look(missed);
        !self.held.is_empty()
    }

    /// Somebody had gone before it could be looked at.
    pub fn missed(&mut self) {
        if let Some(freeze) = &mut self.freeze {
            freeze.missed();
        }
    }
}

impl Delivery<'_> {
    /// Whether nobody is signalled before all are pinned.
    pub(super) fn gathers(&self) -> bool {
        let signals = matches!(self.request.action, Action::Signal(_)) && self.mode != Mode::DryRun;
        signals && (self.plan.kin.is_some() || self.request.freezes())
    }

    /// Pin it, and stop it if it is to be frozen. True if it will be signalled.
    pub(super) fn gather(&mut self, mut found: Match) -> Result<bool, Error> {
        let mut pinned = self.pin(&mut found);
        let mut was_stopped = false;
        let vigil = self.vigil.as_mut().expect("one to hold them");
        if let Some(freeze) = &mut self.gathering.freeze {
            if let Ok(handle) = &pinned {
                was_stopped = self.process.state() == Ok(b'T');
                // From here on nothing but the wait ends us: nobody is left stopped.
                vigil.catch_interrupts()?;
                match outcome(handle.send(Signal::STOP, None), &found) {
                    Outcome::Signalled { .. } => freeze.caught(),
                    other => pinned = Err(other),
                }
            }
            if matches!(pinned, Err(Outcome::Gone | Outcome::Changed)) {
                freeze.missed();
            }
        }
        let is_held = pinned.is_ok();
        let (pid, why) = (found.pid, found.why);
        let who = (pid, found.start_time);
        let place = self.gathering.lost.remove(&who).unwrap_or(self.targets.len());
        match pinned {
            // Whoever comes and goes between two looks is nobody's business.
            Err(Outcome::Gone) if self.gathering.stage > Stage::FirstLook => return Ok(false),
            Err(Outcome::Gone | Outcome::Changed) => drop(self.gathering.lost.insert(who, place)),
            _ => drop(self.known.insert(who, is_held)),
        }
        let told = match pinned {
            Err(outcome) => target(found, outcome),
            Ok(handle) => {
                let start_time = found.start_time.expect("the plan asks for it where all are pinned");
                let at = vigil.add(place, pid, start_time, None, handle);
                self.gathering.held.push_back(Held { at, found, target: place, was_stopped });
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

    /// After another look: signal those who are held, if the time has come. False if nobody is gathered any more.
    pub(super) fn end_look(
        &mut self,
        held_some: bool,
        news: News,
        audience: &mut dyn Audience,
    ) -> Result<bool, Error> {
        let is_complete = match &mut self.gathering.freeze {
            Some(freeze) => freeze.end_look(news),
            // Who is not stopped may fork on: one look more than the first has to do.
            None => held_some,
        };
        let may_let_go = held_some && self.gathering.stage < Stage::Released;
        if may_let_go && self.forbids(self.targets.len()) {
            self.let_go();
        } else if !self.gathering.is_under_way() {
            return Ok(false);
        } else if is_complete {
            self.release(audience)?;
            self.wait(audience)?;
        } else {
            self.see_to_interrupts(audience)?;
        }
        Ok(true)
    }

    /// Between two looks. When there is no other, whether the time ran out or we were told to stop, the stopped get
    /// what they were stopped for.
    pub(super) fn see_to_interrupts(&mut self, audience: &mut dyn Audience) -> Result<(), Error> {
        if let (Some(freeze), Some(vigil)) = (&self.gathering.freeze, &mut self.vigil) {
            self.over = Some(vigil.keep(freeze.rest(), audience)?);
        }
        if self.wants_another_look() { Ok(()) } else { self.release(audience) }
    }

    /// Signal them all, and continue who was stopped for that.
    fn release(&mut self, audience: &mut dyn Audience) -> Result<(), Error> {
        if let Some(vigil) = self.vigil.as_mut().filter(|_| self.gathering.stage < Stage::Released) {
            vigil.signals_begin();
        }
        self.gathering.stage = Stage::Released;
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
    fn let_go(&mut self) {
        for held in std::mem::take(&mut self.gathering.held) {
            self.thaw(&held, Outcome::Untouched);
            self.settle(held, Outcome::Untouched);
        }
    }

    /// One process, or those of a group that is signalled as one.
    fn next_batch(&mut self) -> Option<Vec<Held>> {
        let first = self.gathering.held.pop_front()?;
        let Some(group) = first.found.group.filter(|&group| self.is_signalled_as_one(group)) else {
            return Some(vec![first]);
        };
        let others = std::mem::take(&mut self.gathering.held).into_iter();
        let (members, others) = others.partition::<VecDeque<_>, _>(|held| held.found.group == Some(group));
        self.gathering.held = others;
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

//! [`Matches`] → [`Report`]: one process, one handle. The handle is opened first; then the process is looked at
//! again, with the whole predicate; then it is signalled, or waited for, through the handle. If the process ID
//! has passed to another process since the scan, either the second look sees that other process, or the handle
//! still belongs to the one that ended: in no case is a bystander signalled.

mod freeze;
mod gather;
mod group;
mod handle;
mod look;
mod rehearse;
mod send;
mod vigil;

use std::collections::BTreeMap;

use rustix::io::Errno;

use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{Facts, ProcDir, Process};
use crate::report::{End, Outcome, Report, Target};
use crate::request::{Action, Mode, Pid, Request, Sending};
use crate::scan::{Match, Matches};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::Detail;
use gather::Gathering;
use handle::Handle;
use look::{Pinned, look_again};
use send::{failure, send, sender, told};
use vigil::{Over, Until, Vigil};

pub use vigil::Progress;

/// Who is told, and asked, while processes are dealt with.
pub trait Audience {
    /// A process was signalled, or is about to be waited for.
    fn dealt_with(&mut self, found: &Match) -> Result<(), Error>;
    /// Now they are all waited for; so many of them are stopped and will not act on the signal.
    fn will_wait(&mut self, stopped: usize) -> Result<(), Error>;
    /// Shall these processes be signalled? They are one, or a process group.
    fn ask(&mut self, found: &[&Match], signal: Signal) -> Result<Answer, Error>;
    /// Whether it wants to hear how a wait goes on.
    fn follows_progress(&self) -> bool;
    /// How it goes on.
    fn progress(&mut self, progress: &Progress);
    /// A later signal could not be sent.
    fn could_not_escalate(&mut self, pid: Pid, signal: Signal, errno: Errno);
}

/// What the user says about one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This one.
    Yes,
    /// Not this one.
    No,
    /// This one and all others.
    All,
    /// Neither this one nor any other.
    Quit,
}

/// A process ID and its start time, where that is known.
type Who = (Pid, Option<u64>);

/// What another look finds, at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    /// Nobody whom a signal may still end.
    Nobody,
    /// Some who have been dealt with.
    Left,
    /// One of those who should have stopped and has not yet.
    Moving,
    /// Somebody new.
    New,
}

/// The work on the matches, which may come in more than one go (`--until-none`, or where all are pinned before the
/// first one is signalled).
pub struct Delivery<'a> {
    request: &'a Request,
    plan: Plan,
    process: Process<'a>,
    targets: Vec<Target>,
    vigil: Option<Vigil>,
    /// Where the scan is repeated: who has been dealt with, and whether that may bring its end.
    known: BTreeMap<Who, bool>,
    /// For whose sake others are selected: the matches that are pinned, and the groups of all who are.
    pinned: Pinned<'a>,
    /// Those who are signalled together.
    gathering: Gathering,
    /// How many are stopped and wait for somebody to continue them.
    stopped: usize,
    /// `--interactive` becomes `Send` with the answer "all".
    mode: Mode,
    too_many: bool,
    undecided: usize,
    quit: bool,
    over: Option<Over>,
}

impl<'a> Delivery<'a> {
    /// With nobody dealt with yet.
    pub fn new(request: &'a Request, plan: Plan, proc: &'a ProcDir) -> Result<Self, Error> {
        if !matches!(request.action, Action::List(_)) {
            proc.require_same_pid_namespace()?;
        }
        let (mode, steps) = match &request.action {
            Action::Signal(sending) => (sending.mode, sending.escalation.clone()),
            Action::List(_) | Action::Wait { .. } => (Mode::Send, vec![]),
        };
        let mut delivery = Delivery {
            request,
            plan,
            process: Process::new(proc),
            targets: vec![],
            vigil: None,
            known: BTreeMap::new(),
            pinned: Pinned::new(proc),
            gathering: Gathering::new(request.freezes()),
            stopped: 0,
            mode,
            too_many: false,
            undecided: 0,
            quit: false,
            over: None,
        };
        let wait = request.wait();
        if wait.is_some() || delivery.gathers() {
            let tells_how = wait.is_some() && delivery.plan.detail == Detail::Full;
            delivery.vigil = Some(Vigil::new(wait.unwrap_or_default(), steps, tells_how)?);
        }
        Ok(delivery)
    }

    /// Do what was asked with each match, and wait for their end if that was asked too.
    pub fn deliver(&mut self, matches: Matches, audience: &mut dyn Audience) -> Result<(), Error> {
        self.undecided = matches.undecided;
        if self.forbids(matches.found.len()) {
            self.targets = matches.found.into_iter().map(|found| target(found, Outcome::Untouched)).collect();
            return Ok(());
        }
        self.gathering.begin_look(matches.missed);
        for found in matches.found {
            self.deal_with(found, audience)?;
        }
        if self.gathering.is_under_way() { self.see_to_interrupts(audience) } else { self.wait(audience) }
    }

    /// Whether all processes should be looked at again.
    pub fn wants_another_look(&self) -> bool {
        let over = matches!(self.over, Some(Over::TimeRanOut | Over::Interrupted(_) | Over::NoneLeft));
        (self.repeats() || self.gathering.is_under_way()) && !over && !self.too_many && !self.quit
    }

    /// The plan, for another look: who opens a port anew has another socket.
    pub fn renewed_plan(&mut self) -> Result<&Plan, Error> {
        self.plan.renew()?;
        Ok(&self.plan)
    }

    /// What another look has found. Where it is repeated until nobody matches, only those count whom a signal may
    /// still end: a scan that finds nobody else is the last one.
    pub fn deliver_again(&mut self, matches: Matches, audience: &mut dyn Audience) -> Result<(), Error> {
        let held_some = self.gathering.begin_another_look(matches.missed);
        let mut news = News::Nobody;
        for found in matches.found {
            news = news.max(self.meet(found, audience)?);
        }
        if !self.end_look(held_some, news, audience)?
            && let Some(vigil) = &mut self.vigil
        {
            self.over = Some(match news {
                // Who is new may have children by now, so there is no time to lose.
                News::New => vigil.keep(Until::Now, audience)?,
                News::Left | News::Moving => vigil.keep(Until::NextLook, audience)?,
                News::Nobody => {
                    let left = vigil.left();
                    match vigil.keep(Until::Now, audience)? {
                        Over::LookAgain if vigil.left() == left => Over::NoneLeft,
                        // Whoever ended during the look may have a successor that the look came too early for.
                        over => over,
                    }
                }
            });
        }
        Ok(())
    }

    /// One whom another look has found.
    fn meet(&mut self, found: Match, audience: &mut dyn Audience) -> Result<News, Error> {
        // Whoever got a process ID that was named after the question was asked is not meant.
        let names_it = self.plan.by_id && found.why == Reason::Matched;
        if names_it && found.start_time >= Some(self.plan.snapshot_time) {
            return Ok(News::Nobody);
        }
        self.process.select(found.pid);
        let who = (found.pid, found.start_time);
        let known = self.known.get(&who).copied();
        if self.process.has_ended() != Ok(false) {
            if known.is_none() {
                self.gathering.missed();
                self.known.insert(who, false);
            }
            return Ok(News::Nobody);
        }
        Ok(match known {
            Some(false) => News::Nobody,
            Some(true) if self.request.freezes() && self.process.may_run() == Ok(true) => News::Moving,
            Some(true) => News::Left,
            None if self.deal_with(found, audience)? => News::New,
            None => News::Nobody,
        })
    }

    fn forbids(&mut self, so_many: usize) -> bool {
        self.too_many = self.request.at_most.is_some_and(|most| so_many > most);
        self.too_many
    }

    /// If that was asked for: until the time for another look has come, or until the end.
    fn wait(&mut self, audience: &mut dyn Audience) -> Result<(), Error> {
        let until = if self.repeats() { Until::NextLook } else { Until::Over };
        if let Some(vigil) = self.vigil.as_mut().filter(|_| self.request.wait().is_some()) {
            audience.will_wait(std::mem::take(&mut self.stopped))?;
            self.over = Some(vigil.keep(until, audience)?);
        }
        Ok(())
    }

    /// What has become of everybody.
    pub fn report(mut self) -> Report {
        if let Some(vigil) = self.vigil.as_mut().filter(|_| self.request.wait().is_some()) {
            vigil.close();
            for member in vigil.members().iter().filter(|member| !member.forgotten) {
                self.targets[member.target].end = match (member.ended, self.over) {
                    (Some(ended), _) => Some(End::Ended(ended)),
                    (None, Some(Over::TimeRanOut | Over::Interrupted(_))) => {
                        Some(End::StillThere { signal: member.signal })
                    }
                    (None, _) => None,
                };
            }
        }
        Report {
            pattern_too_long: self.plan.pattern_too_long && self.targets.is_empty(),
            too_many: self.too_many,
            undecided: self.undecided,
            interrupted: match self.over {
                Some(Over::Interrupted(signal)) => Some(signal),
                _ => None,
            },
            targets: std::mem::take(&mut self.targets),
        }
    }

    fn repeats(&self) -> bool {
        matches!(&self.request.action, Action::Signal(sending) if sending.until_none) && self.vigil.is_some()
    }

    /// True if that may bring its end.
    fn deal_with(&mut self, mut found: Match, audience: &mut dyn Audience) -> Result<bool, Error> {
        if self.gathers() {
            return self.gather(found);
        }
        let outcome = match &self.request.action {
            Action::List(_) => Outcome::Listed,
            _ if self.quit => Outcome::Untouched,
            action => match (self.pin(&mut found), action) {
                (Err(outcome), _) => outcome,
                (Ok(handle), Action::Signal(sending)) => {
                    self.signal(sending, handle, &mut found, audience)?
                }
                (Ok(handle), _) => {
                    audience.dealt_with(&found)?;
                    self.watch(&found, None, handle);
                    Outcome::Awaited
                }
            },
        };
        let signalled = matches!(outcome, Outcome::Signalled { .. });
        if self.repeats() {
            self.known.insert((found.pid, found.start_time), signalled);
        }
        self.targets.push(target(found, outcome));
        Ok(signalled)
    }

    fn signal(
        &mut self,
        sending: &Sending,
        handle: Handle,
        found: &mut Match,
        audience: &mut dyn Audience,
    ) -> Result<Outcome, Error> {
        match self.mode {
            Mode::Send => {}
            Mode::DryRun => return Ok(rehearse::rehearse(sending.signal, &sender(), &handle, found)),
            Mode::Ask => {
                if !self.may_signal(&[&*found], audience)? {
                    return Ok(Outcome::Untouched);
                }
                // The answer may have taken long enough for the process to have become another program.
                if let Err(outcome) = look_again(&self.plan, &mut self.process, None, &handle, found) {
                    return Ok(outcome);
                }
            }
        }
        let outcome = send(sending, &handle, found);
        if matches!(outcome, Outcome::Signalled { .. }) {
            audience.dealt_with(found)?;
            // If it cannot be continued, it has ended or changed its user since the signal before: nothing to continue.
            if self.minds_being_stopped(sending, found.pid)
                && (!sending.resume || handle.send(Signal::CONT, None).is_err())
            {
                self.stopped += 1;
            }
            self.watch(found, told(sending), handle);
        }
        Ok(outcome)
    }

    /// `--interactive`: what the user says about these, who are signalled together.
    fn may_signal(&mut self, found: &[&Match], audience: &mut dyn Audience) -> Result<bool, Error> {
        let Action::Signal(sending) = &self.request.action else { return Ok(true) };
        let answer = audience.ask(found, sending.signal)?;
        match answer {
            Answer::Yes | Answer::No => {}
            Answer::All => self.mode = Mode::Send,
            Answer::Quit => self.quit = true,
        }
        Ok(matches!(answer, Answer::Yes | Answer::All))
    }

    /// Whether it is stopped although it should act on the signal: only KILL and CONT reach a stopped process.
    fn minds_being_stopped(&mut self, sending: &Sending, pid: Pid) -> bool {
        let matters = sending.resume || self.request.wait().is_some();
        if !matters || matches!(sending.signal, Signal::KILL | Signal::CONT) {
            return false;
        }
        self.process.select(pid);
        self.process.state() == Ok(b'T')
    }

    fn watch(&mut self, found: &Match, signal: Option<Signal>, handle: Handle) {
        if let Some(vigil) = &mut self.vigil {
            let start_time = found.start_time.expect("the plan asks for it where it is waited");
            vigil.add(self.targets.len(), found.pid, start_time, signal, handle);
        }
    }

    /// A handle on the process that was found, if it is there and still what was asked for.
    fn pin(&mut self, found: &mut Match) -> Result<Handle, Outcome> {
        loop {
            let handle = match self.plan.held.pidfd(found.pid) {
                Some(pidfd) => Handle::of_named(found.pid, pidfd),
                None => Handle::open(found.pid),
            };
            let pinned = handle.map_err(failure).and_then(|handle| {
                look_again(&self.plan, &mut self.process, Some(&mut self.pinned), &handle, found)?;
                Ok(handle)
            });
            let out_of_descriptors = matches!(pinned, Err(Outcome::Failed(Errno::MFILE | Errno::NFILE)));
            // Those who are waited for may hold too many.
            if !out_of_descriptors || !self.vigil.as_mut().is_some_and(Vigil::make_room) {
                if pinned.is_ok() && self.plan.kin.is_some() {
                    self.pinned.add(found);
                }
                return pinned;
            }
        }
    }
}

/// The name of the process that has this ID now, for the message about processes that are still running; empty if there
/// is none.
pub fn current_name(pid: Pid) -> Vec<u8> {
    let Ok(proc) = ProcDir::named() else { return vec![] };
    let mut process = Process::new(&proc);
    process.select(pid);
    process.name().map(<[u8]>::to_vec).unwrap_or_default()
}

fn target(found: Match, outcome: Outcome) -> Target {
    Target { pid: found.pid, view: found.view, why: found.why, outcome, end: None }
}

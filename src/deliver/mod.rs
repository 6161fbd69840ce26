//! [`Matches`] → [`Report`]: one process, one handle. The handle is opened first; then the process is looked at
//! again, with the whole predicate; then it is signalled, or waited for, through the handle. If the process ID
//! has passed to another process since the scan, either the second look sees that other process, or the handle
//! still belongs to the one that ended: in no case is a bystander signalled.

mod handle;
mod rehearse;
mod vigil;

use std::collections::BTreeMap;

use rustix::io::Errno;

use crate::error::Error;
use crate::permission::{Refusal, Sender};
use crate::plan::Plan;
use crate::proc::{Facts, ProcDir, Process, Unknown, is_anonymous};
use crate::report::{End, Outcome, Report, Target};
use crate::request::{Action, Delivery as Sending, Mode, Pid, Request};
use crate::scan::{Match, Matches};
use crate::select::NoAnswer;
use crate::signal::Signal;
use crate::view::{Detail, View, view};
use handle::{Handle, Sent};
use vigil::{Over, Until, Vigil};

pub use vigil::Progress;

/// Who is told, and asked, while processes are dealt with.
pub trait Audience {
    /// A process was signalled, or is about to be waited for.
    fn dealt_with(&mut self, found: &Match) -> Result<(), Error>;
    /// Now they are all waited for; so many of them are stopped and will not act on the signal.
    fn will_wait(&mut self, stopped: usize) -> Result<(), Error>;
    /// Shall this process be signalled?
    fn ask(&mut self, found: &Match, signal: Signal) -> Result<Answer, Error>;
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

/// So many scans are given to those that are to stop before they are killed as they are.
const PATIENCE: u32 = 20;

/// The work on the matches, which may come in more than one go (`--until-none`).
pub struct Delivery<'a> {
    request: &'a Request,
    plan: &'a Plan,
    process: Process<'a>,
    targets: Vec<Target>,
    vigil: Option<Vigil>,
    /// Where the scan is repeated: who has been dealt with, by process ID and start time, and whether that may
    /// bring its end.
    known: BTreeMap<(Pid, Option<u64>), bool>,
    /// How many are stopped and wait for somebody to continue them.
    stopped: usize,
    /// Stopped, and to be killed when a scan finds nobody else: who is killed one by one while others fork is replaced
    /// as fast, but who is stopped first keeps its place in the process table and has no more children.
    frozen: bool,
    /// How often nobody new was found while some had yet to stop.
    patience: u32,
    /// `--interactive` becomes `Send` with the answer "all".
    mode: Mode,
    too_many: bool,
    undecided: usize,
    quit: bool,
    over: Option<Over>,
}

impl<'a> Delivery<'a> {
    /// With nobody dealt with yet.
    pub fn new(request: &'a Request, plan: &'a Plan, proc: &'a ProcDir) -> Result<Self, Error> {
        if !matches!(request.action, Action::List(_)) && !proc.numbers_are_ours() {
            let why = "/proc is that of another PID namespace, where process IDs mean other processes";
            return Err(Error::fatal(why));
        }
        let (mode, steps) = match &request.action {
            Action::Signal(sending) => (sending.mode, sending.escalation.clone()),
            Action::List(_) | Action::Wait { .. } => (Mode::Send, vec![]),
        };
        let tells_how = plan.detail == Detail::Full;
        let vigil = request.wait().map(|wait| Vigil::new(wait, steps, tells_how)).transpose()?;
        Ok(Delivery {
            request,
            plan,
            process: Process::new(proc),
            targets: vec![],
            vigil,
            known: BTreeMap::new(),
            stopped: 0,
            frozen: false,
            patience: 0,
            mode,
            too_many: false,
            undecided: 0,
            quit: false,
            over: None,
        })
    }

    /// Do what was asked with each match, and wait for their end if that was asked too.
    pub fn deliver(&mut self, matches: Matches, audience: &mut dyn Audience) -> Result<(), Error> {
        self.undecided = matches.undecided;
        self.too_many = self.request.at_most.is_some_and(|most| matches.found.len() > most);
        if self.too_many {
            self.targets = matches.found.into_iter().map(|found| target(found, Outcome::Untouched)).collect();
            return Ok(());
        }
        for found in matches.found {
            self.deal_with(found, audience)?;
        }
        let until = if self.repeats() { Until::NextLook } else { Until::Over };
        if let Some(vigil) = &mut self.vigil {
            audience.will_wait(self.stopped)?;
            self.over = Some(vigil.keep(until, audience)?);
        }
        self.leave_nobody_frozen(audience);
        Ok(())
    }

    /// `--until-none`: whether all processes should be looked at again.
    pub fn wants_another_look(&self) -> bool {
        let over = matches!(self.over, Some(Over::TimeRanOut | Over::Interrupted(_) | Over::NoneLeft));
        self.repeats() && !over && !self.too_many && !self.quit
    }

    /// What another look has found. Only those count whom a signal may still end: a scan that finds nobody else is
    /// the last one.
    pub fn deliver_again(&mut self, matches: Matches, audience: &mut dyn Audience) -> Result<(), Error> {
        let (mut any_new, mut any_moving, mut any_left) = (false, false, false);
        for found in matches.found {
            self.process.look_at(found.pid);
            let Ok(state) = self.process.state() else { continue };
            if self.process.has_ended() == Ok(true) {
                continue;
            }
            match self.known.get(&(found.pid, found.start_time)) {
                // Who is to stop and has not yet may still have children.
                Some(true) if self.frozen && matches!(state, b'R' | b'S') => any_moving = true,
                Some(hopeful) => any_left |= hopeful,
                None => any_new |= self.deal_with(found, audience)?,
            }
        }
        // The init of a PID namespace never stops.
        self.patience = if any_new { 0 } else { self.patience + 1 };
        any_left |= any_moving;
        any_new |= any_moving && self.patience < PATIENCE;
        let Some(vigil) = &mut self.vigil else { return Ok(()) };
        if any_new {
            // Who is new may have children by now, so there is no time to lose.
            self.over = Some(vigil.keep(Until::Now, audience)?);
            self.leave_nobody_frozen(audience);
        } else if any_left {
            if std::mem::take(&mut self.frozen) {
                let failed = |pid, errno| audience.could_not_escalate(pid, Signal::KILL, errno);
                vigil.send_to_all(Signal::KILL, failed);
            }
            self.over = Some(vigil.keep(Until::NextLook, audience)?);
        } else {
            self.over = Some(Over::NoneLeft);
        }
        Ok(())
    }

    /// When there is no further look, whether the time ran out or we were told to stop, the stopped get what they
    /// were stopped for.
    fn leave_nobody_frozen(&mut self, audience: &mut dyn Audience) {
        if !self.wants_another_look() {
            self.kill_frozen(|pid, errno| audience.could_not_escalate(pid, Signal::KILL, errno));
        }
    }

    fn kill_frozen(&mut self, failed: impl FnMut(Pid, Errno)) {
        if let Some(vigil) = &mut self.vigil
            && std::mem::take(&mut self.frozen)
        {
            vigil.send_to_all(Signal::KILL, failed);
        }
    }

    /// What has become of everybody.
    pub fn report(mut self) -> Report {
        if let Some(vigil) = &mut self.vigil {
            vigil.close();
            for member in vigil.members() {
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
        let asked = self.mode == Mode::Ask;
        match self.mode {
            Mode::Send => {}
            Mode::Rehearse => return Ok(rehearse::rehearse(sending.signal, &ourselves(), &handle, found)),
            Mode::Ask => match audience.ask(found, sending.signal)? {
                Answer::Yes => {}
                Answer::All => self.mode = Mode::Send,
                Answer::No => return Ok(Outcome::Untouched),
                Answer::Quit => {
                    self.quit = true;
                    return Ok(Outcome::Untouched);
                }
            },
        }
        // The answer may have taken long enough for the process to have become another program.
        if asked && let Err(outcome) = look_again(self.plan, &mut self.process, &handle, found) {
            return Ok(outcome);
        }
        let freezes = self.repeats() && self.mode == Mode::Send && sending.signal == Signal::KILL;
        if freezes && let Some(vigil) = &mut self.vigil {
            // From here on nothing but the wait ends us: nobody is left stopped.
            vigil.catch_interrupts()?;
        }
        let stop =
            freezes.then(|| Sending { signal: Signal::STOP, release_memory: false, ..sending.clone() });
        self.frozen |= freezes;
        let outcome = send(stop.as_ref().unwrap_or(sending), &handle, found);
        if matches!(outcome, Outcome::Signalled { .. }) {
            audience.dealt_with(found)?;
            self.mind_stopped(sending, &handle, found);
            self.watch(found, Some(sending.signal).filter(|&signal| signal != Signal::NONE), handle);
        }
        Ok(outcome)
    }

    /// A stopped process acts on nothing but KILL and CONT until it is continued.
    fn mind_stopped(&mut self, sending: &Sending, handle: &Handle, found: &Match) {
        let matters = sending.resume || self.vigil.is_some();
        if !matters || matches!(sending.signal, Signal::KILL | Signal::CONT) {
            return;
        }
        self.process.look_at(found.pid);
        if self.process.state() == Ok(b'T') {
            // If it fails, the process has ended or changed its user since the signal before: nothing to continue.
            if !sending.resume || handle.send(Signal::CONT, None).is_err() {
                self.stopped += 1;
            }
        }
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
            let pinned = Handle::open(found.pid).map_err(failure).and_then(|handle| {
                look_again(self.plan, &mut self.process, &handle, found)?;
                Ok(handle)
            });
            let out_of_descriptors = matches!(pinned, Err(Outcome::Failed(Errno::MFILE | Errno::NFILE)));
            // Those who are waited for may hold too many.
            if !out_of_descriptors || !self.vigil.as_mut().is_some_and(Vigil::make_room) {
                return pinned;
            }
        }
    }
}

impl Drop for Delivery<'_> {
    /// An error may have ended the work too early.
    fn drop(&mut self) {
        self.kill_frozen(|_, _| {});
    }
}

fn target(found: Match, outcome: Outcome) -> Target {
    Target { pid: found.pid, view: found.view, outcome, end: None }
}

fn send(sending: &Sending, handle: &Handle, found: &Match) -> Outcome {
    match handle.send(sending.signal, sending.value) {
        Ok(sent) => {
            let release = sending.release_memory.then(|| handle.release_memory());
            let release = release.and_then(Result::err).filter(|&errno| errno != Errno::SRCH);
            Outcome::Signalled { pinned: sent == Sent::Pinned, release }
        }
        Err(Errno::PERM) => Outcome::Refused {
            // Only where somebody will read it: it takes a look at the target.
            why: match &found.view {
                View::Full(target) => Some(Refusal::new(&ourselves(), target)),
                View::Id | View::Text(_) => None,
            },
        },
        Err(errno) => failure(errno),
    }
}

/// What counts about us as a sender.
fn ourselves() -> Sender {
    let capabilities = rustix::thread::capabilities(None);
    let kill = rustix::thread::CapabilitySet::KILL;
    let real_uid = rustix::process::getuid().as_raw();
    let effective_uid = rustix::process::geteuid().as_raw();
    Sender {
        real_uid,
        effective_uid,
        session: nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw),
        may_kill: capabilities.is_ok_and(|sets| sets.effective.contains(kill)),
        is_anonymous: is_anonymous(real_uid) || is_anonymous(effective_uid),
    }
}

/// Whether the process that now has the ID is the one that was found, and still what was asked for.
fn look_again(
    plan: &Plan,
    process: &mut Process<'_>,
    handle: &Handle,
    found: &mut Match,
) -> Result<(), Outcome> {
    process.look_at(found.pid);
    match still_meant(plan, process, found) {
        Ok(true) => Ok(()),
        // If it has ended, what was seen may be its successor's.
        Ok(false) => match handle.check_alive().map_err(failure).and(Ok(process.start_time())) {
            Err(ended) => Err(ended),
            // What started after the question was asked cannot be what was found: the ID had passed on before.
            Ok(Ok(start_time)) if start_time < plan.asked_at => Err(Outcome::Changed),
            Ok(Ok(_) | Err(Unknown::Gone | Unknown::Denied)) => Err(Outcome::Gone),
            Ok(Err(Unknown::Unreadable(errno))) => Err(Outcome::Failed(errno)),
        },
        Err(NoAnswer::Unknown(Unknown::Gone)) => Err(Outcome::Gone),
        // It was told at the first look, so it has changed since: by the exec of a set-user-ID program, for instance.
        Err(NoAnswer::Unknown(Unknown::Denied)) => Err(Outcome::Changed),
        Err(NoAnswer::Unknown(Unknown::Unreadable(errno))) => Err(Outcome::Failed(errno)),
        // The pattern compiled for the first look, and this subject needs a form of it that is too big.
        Err(NoAnswer::Pattern(_)) => Err(Outcome::Changed),
    }
}

/// What picked the process is part of the question: for `-n` and `-o`, and where it was named by its ID, its start
/// time.
fn still_meant(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<bool, NoAnswer> {
    if let Some(start_time) = found.start_time
        && process.start_time()? != start_time
    {
        return Ok(false);
    }
    if !plan.predicate.admits(process)? {
        return Ok(false);
    }
    found.view = view(plan.detail, process)?;
    Ok(true)
}

fn failure(errno: Errno) -> Outcome {
    match errno {
        Errno::SRCH => Outcome::Gone,
        errno => Outcome::Failed(errno),
    }
}

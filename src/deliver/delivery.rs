//! What all strategies of delivery share: the plan, the table of targets, and the steps that each process goes through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::delta::Delta;
use super::interrupt::{Caught, Interrupts};
use super::observer::{Answer, Observer};
use super::pidfd::PidFd;
use super::refused;
use super::schedule::Due;
use super::send::failure;
use super::target::{Pin, ProcessId, Remaining, Signals, State, TargetIndex, Targets};
use super::verify::{Scope, verify};
use super::waiter::{Until, WaitResult, Waiter};
use crate::error::Error;
use crate::plan::{Plan, Tokens};
use crate::proc::{Facts as _, LookupError, ProcDir, Process, Unread};
use crate::report::{Outcome, Reappeared, Report};
use crate::request::{Instance, Mode, Pid, Request, Sending, Token};
use crate::scan::{Match, Matches};
use crate::signal::Signal;
use crate::view::Mention;

/// A delivery under way.
pub(super) struct Delivery<'a> {
    pub request: &'a Request,
    pub plan: Arc<Plan>,
    pub proc: &'a ProcDir,
    pub process: Process<'a>,
    pub targets: Targets,
    pub observer: &'a mut dyn Observer,
    pub after_send: AfterSend,
    pub finish: Option<Finish>,
    pub consent: Consent,
    /// `--choose-signal`.
    pub chosen_signal: Option<Signal>,
    spared: Vec<Mention>,
    undecided: usize,
    /// Processes that could not be read completely, in the first scan and in later ones.
    pub(super) unread: Vec<Unread>,
    pub(super) unread_later: Vec<Unread>,
    /// Signalled targets that are stopped and were not continued.
    left_stopped: usize,
    /// Matches that have started since the first scan.
    pub(super) reappeared: Vec<Reappeared>,
    /// `--until-none`: the settling time, if the timeout has expired before it was over.
    pub(super) unsettled: Option<Duration>,
}

/// What follows when a signal has been sent.
pub(super) enum AfterSend {
    /// Nothing.
    Settle(Option<Interrupts>),
    /// The exit of the process is waited for.
    Await(Box<Waiter>),
}

/// Why no further process is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// More match, or were chosen, than `--max` allows.
    TooMany,
    /// The user has chosen none.
    NoneChosen,
    /// The user's answer was to quit.
    Quit,
    /// The timeout has expired.
    TimedOut,
    /// This signal was sent to pkill.
    Interrupted(i32),
}

/// `--interactive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// The user is asked about each process.
    Ask,
    /// Not needed, or given for all.
    Given,
}

impl AfterSend {
    /// Whether the timeout has expired, or a signal was sent to pkill.
    pub(super) fn is_over(&self) -> bool {
        match self {
            AfterSend::Settle(interrupts) => interrupts.as_ref().is_some_and(Interrupts::is_pending),
            AfterSend::Await(waiter) => waiter.is_over(),
        }
    }
}

impl<'a> Delivery<'a> {
    /// A delivery without targets.
    pub(super) fn new(
        request: &'a Request,
        plan: Arc<Plan>,
        proc: &'a ProcDir,
        observer: &'a mut dyn Observer,
        after_send: AfterSend,
    ) -> Self {
        let asks = |sending: &Sending| sending.mode == Mode::Ask;
        let consent = if request.sending().is_some_and(asks) { Consent::Ask } else { Consent::Given };
        Delivery {
            request,
            plan,
            proc,
            process: Process::new(proc),
            targets: Targets::default(),
            observer,
            after_send,
            finish: None,
            consent,
            chosen_signal: None,
            spared: vec![],
            undecided: 0,
            unread: vec![],
            unread_later: vec![],
            left_stopped: 0,
            reappeared: vec![],
            unsettled: None,
        }
    }

    /// What the first scan has found: every match is new.
    pub(super) fn first(&mut self, matches: Matches) -> Delta {
        self.spared = matches.notes.spared;
        self.undecided = matches.undecided;
        self.unread = matches.unread;
        Delta { new: matches.found, vanished: matches.vanished, ..Delta::default() }
    }

    /// The identity of a selected process. The start time is read now if the scan did not need it.
    pub(super) fn identify(&mut self, found: &mut Match) -> Result<ProcessId, LookupError> {
        let start_time = match found.start_time {
            Some(start_time) => start_time,
            None => self.process.start_time()?,
        };
        found.start_time = Some(start_time);
        Ok(ProcessId { pid: found.pid, start_time })
    }

    /// Whether `--max`, which counts the matches of all scans, permits the new ones. If not, they are not signalled.
    pub(super) fn permits(&mut self, delta: &mut Delta) -> bool {
        let total = self.targets.len() + delta.new.len();
        let permits = self.request.at_most.is_none_or(|most| total <= most);
        if !permits {
            self.finish = Some(Finish::TooMany);
            refused::describe(self.request, &self.plan, &self.targets, &mut delta.new);
            for found in delta.new.drain(..) {
                self.targets.push(found, State::Settled(Outcome::Untouched));
            }
        }
        permits
    }

    /// A pidfd of the process that was found, if that still exists and matches.
    pub(super) fn pin(&mut self, found: &mut Match) -> Result<PidFd, Outcome> {
        loop {
            let pidfd = match self.plan.held.pidfd(found.pid) {
                Some(pidfd) => PidFd::of_named(found.pid, pidfd),
                None => PidFd::open(found.pid),
            };
            let pinned = pidfd.map_err(failure).and_then(|pidfd| {
                verify(&self.plan, &mut self.process, &self.targets, &pidfd, found, Scope::All)?;
                found.token = self.token(&pidfd)?;
                Ok(pidfd)
            });
            let out_of_descriptors = matches!(pinned, Err(Outcome::Failed(Errno::MFILE | Errno::NFILE)));
            // The targets that are held may have taken all descriptors.
            if !out_of_descriptors || !self.give_back_pidfds() {
                return pinned;
            }
        }
    }

    /// The identity token of the process that was verified just now, where it is shown.
    fn token(&mut self, pidfd: &PidFd) -> Result<Option<Token>, Outcome> {
        if self.plan.tokens != Tokens::AtDelivery {
            return Ok(None);
        }
        let (pid, process) = (self.process.pid(), &mut self.process);
        let started = |start_time| Token { pid, instance: Instance::StartTime(start_time) };
        Ok(match pidfd.token().map_err(failure)? {
            Some(token) => Some(token),
            None => process.start_time().ok().map(started),
        })
    }

    /// Pin the process and record it. None if it is not to be signalled. A process that has started and exited between
    /// two later scans is not reported.
    pub(super) fn hold(&mut self, mut found: Match, is_first: bool) -> Option<TargetIndex> {
        let pinned = self.pin(&mut found);
        let id = match self.identify(&mut found) {
            Ok(id) => id,
            Err(_) if !is_first => return None,
            Err(_) => {
                self.targets.push(found, State::Settled(Outcome::Gone));
                return None;
            }
        };
        let state = match pinned {
            Ok(pidfd) => State::Pinned(Pin::new(id, pidfd, &self.targets.budget)),
            Err(Outcome::Gone) if !is_first => return None,
            Err(outcome) => State::Settled(outcome),
        };
        let is_held = matches!(state, State::Pinned(_));
        let at = self.targets.insert(id, found, state);
        if let (AfterSend::Await(waiter), true) = (&mut self.after_send, is_held) {
            waiter.schedule.start(Instant::now());
        }
        is_held.then_some(at)
    }

    /// Check once more, immediately before the signal, that it is still what was selected.
    pub(super) fn verify(&mut self, pidfd: &PidFd, found: &mut Match, scope: Scope) -> Result<(), Outcome> {
        verify(&self.plan, &mut self.process, &self.targets, pidfd, found, scope)
    }

    /// The same for a held target, with its current pidfd.
    pub(super) fn verify_held(&mut self, at: TargetIndex, scope: Scope) -> Result<(), Outcome> {
        loop {
            let mut found = self.targets[at].found.clone();
            let verified = match self.targets[at].pin() {
                Some(pin) => {
                    let (plan, process, targets) = (&self.plan, &mut self.process, &self.targets);
                    let check = |pidfd: &PidFd| Ok(verify(plan, process, targets, pidfd, &mut found, scope));
                    pin.with(self.proc, check).unwrap_or_else(|errno| Err(failure(errno)))
                }
                None => return Err(Outcome::Gone),
            };
            match verified {
                Err(Outcome::Failed(Errno::MFILE | Errno::NFILE)) if self.give_back_pidfds() => {}
                Err(outcome) => return Err(outcome),
                Ok(()) => {
                    self.targets[at].found = found;
                    return Ok(());
                }
            }
        }
    }

    /// Call `act` with the pidfd of a held target. Where descriptors have run out, pidfds of other targets are closed.
    pub(super) fn with_pidfd<T>(
        &mut self,
        at: TargetIndex,
        act: impl Fn(&PidFd) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        loop {
            let Some(pin) = self.targets[at].pin() else { return Err(Errno::SRCH) };
            match pin.with(self.proc, &act) {
                Err(Errno::MFILE | Errno::NFILE) if self.give_back_pidfds() => {}
                result => return result,
            }
        }
    }

    /// Whether the user is asked about each process.
    pub(super) fn asks(&self) -> bool {
        self.consent == Consent::Ask
    }

    /// `--interactive`: the user's answer for these processes, which are signalled together.
    pub(super) fn confirm(&mut self, found: &[&Match], signal: Signal) -> Result<bool, Error> {
        if self.consent == Consent::Given {
            return Ok(true);
        }
        let answer = self.observer.confirm(found, signal)?;
        match answer {
            Answer::Yes | Answer::No => {}
            Answer::All => self.consent = Consent::Given,
            Answer::Quit => self.finish = Some(Finish::Quit),
        }
        Ok(matches!(answer, Answer::Yes | Answer::All))
    }

    /// Record that the process was signalled, or is to be waited for; its exit is awaited if the request says so.
    pub(super) fn signalled(&mut self, at: TargetIndex, outcome: Outcome, signals: Option<Signals>) {
        let state = std::mem::replace(&mut self.targets[at].state, State::Settled(outcome));
        if let (AfterSend::Await(waiter), State::Pinned(pin)) = (&mut self.after_send, state) {
            self.targets[at].state = State::Awaited { pin, outcome, signals };
            waiter.watch(&mut self.targets, at);
        }
    }

    /// A stopped process handles no signal but KILL and CONT. With `--cont` it is to be continued after the signal;
    /// else it is counted, for the note before a wait.
    pub(super) fn must_continue(&mut self, sending: &Sending, pid: Pid) -> bool {
        let matters = sending.resume || matches!(self.after_send, AfterSend::Await(_));
        if !matters || matches!(sending.signal, Signal::KILL | Signal::CONT) {
            return false;
        }
        self.process.select(pid);
        let is_stopped = self.process.is_stopped() == Ok(true);
        self.left_stopped += usize::from(is_stopped && !sending.resume);
        is_stopped && sending.resume
    }

    /// A target remains stopped although it was signalled.
    pub(super) fn remains_stopped(&mut self) {
        self.left_stopped += 1;
    }

    /// Pause between two scans. `Until::Now` only checks for the deadline and signals to pkill.
    pub(super) fn pause(&mut self, until: Until) -> Result<WaitResult, Error> {
        match &mut self.after_send {
            AfterSend::Await(waiter) => waiter.wait(&mut self.targets, until, self.observer),
            AfterSend::Settle(interrupts) => {
                let interrupts = match interrupts {
                    Some(interrupts) => interrupts,
                    none => none.insert(Interrupts::catch(Caught::Interrupts, self.proc)?),
                };
                let time = match until {
                    Until::Pause(time) => time,
                    Until::Now | Until::NextScan | Until::Time(_) | Until::Exit => Duration::ZERO,
                };
                Ok(interrupts.wait(time)?.map_or(WaitResult::Rescan, WaitResult::Interrupted))
            }
        }
    }

    /// Catch these signals to pkill itself from now on.
    pub(super) fn catch(&mut self, caught: Caught) -> Result<(), Error> {
        match &mut self.after_send {
            AfterSend::Await(waiter) => waiter.catch(caught),
            AfterSend::Settle(Some(interrupts)) => interrupts.change(caught),
            AfterSend::Settle(none) => {
                *none = Some(Interrupts::catch(caught, self.proc)?);
                Ok(())
            }
        }
    }

    /// Wait as requested, until `until` or the end of the wait.
    pub(super) fn wait(&mut self, until: Until) -> Result<WaitResult, Error> {
        let AfterSend::Await(waiter) = &mut self.after_send else { return Ok(WaitResult::Exited) };
        self.observer.on_wait_start(std::mem::take(&mut self.left_stopped));
        waiter.wait(&mut self.targets, until, self.observer)
    }

    /// Targets that are waited for and still running.
    pub(super) fn running(&self) -> usize {
        match &self.after_send {
            AfterSend::Await(waiter) => waiter.running(),
            AfterSend::Settle(_) => 0,
        }
    }

    /// Whether the timeout has expired, also where nothing that is waited for is running.
    pub(super) fn has_expired(&self) -> bool {
        match &self.after_send {
            AfterSend::Await(waiter) => waiter.schedule.due(Instant::now(), true) == Due::Expired,
            AfterSend::Settle(_) => false,
        }
    }

    /// Whether a result of a wait ends the work; it is remembered for the report.
    pub(super) fn ends(&mut self, result: WaitResult) -> bool {
        match result {
            WaitResult::TimedOut => self.finish = Some(Finish::TimedOut),
            WaitResult::Interrupted(signal) => self.finish = Some(Finish::Interrupted(signal)),
            WaitResult::Exited | WaitResult::Rescan => {}
        }
        self.finish.is_some()
    }

    /// What has become of every target.
    pub(super) fn into_report(mut self) -> Report {
        let mut waited = None;
        if let AfterSend::Await(waiter) = &mut self.after_send {
            waiter.finish(&mut self.targets, self.finish == Some(Finish::TimedOut));
            let is_over = matches!(self.finish, Some(Finish::TimedOut | Finish::Interrupted(_)));
            waited = is_over.then(|| waiter.schedule.elapsed(Instant::now()));
        }
        Report {
            spared: self.spared,
            pattern_too_long: self.plan.pattern_too_long && self.targets.len() == 0,
            too_many: self.finish == Some(Finish::TooMany),
            none_chosen: self.finish == Some(Finish::NoneChosen),
            chosen_signal: self.chosen_signal,
            undecided: self.undecided,
            reads_failed: self.unread.iter().chain(&self.unread_later).any(Unread::is_undecided),
            unread_later: self.unread_later,
            reappeared: self.reappeared,
            unsettled: self.unsettled,
            interrupted: match self.finish {
                Some(Finish::Interrupted(signal)) => Some(signal),
                _ => None,
            },
            targets: self.targets.into_report(waited, |id| remaining(&mut self.process, id)),
        }
    }

    fn give_back_pidfds(&mut self) -> bool {
        match &mut self.after_send {
            AfterSend::Await(waiter) => waiter.give_back_some(&mut self.targets),
            AfterSend::Settle(_) => self.targets.give_back_some().1 > 0,
        }
    }
}

/// Send SIGCONT. Returns why that was not possible; a process that has exited is not stopped.
pub(super) fn continue_process(pidfd: &PidFd) -> Option<Errno> {
    pidfd.send(Signal::CONT, None).err().filter(|&errno| errno != Errno::SRCH)
}

/// The state of a process that has not been reported to have exited. None if it has exited; not if that cannot be read.
fn remaining(process: &mut Process<'_>, id: ProcessId) -> Option<Remaining> {
    process.select(id.pid);
    match (process.has_ended(), process.start_time()) {
        (Ok(true) | Err(LookupError::Gone), _) | (_, Err(LookupError::Gone)) => return None,
        (_, Ok(start_time)) if start_time != id.start_time => return None,
        _ => {}
    }
    Some(Remaining {
        name: process.name().map(<[u8]>::to_vec).unwrap_or_default(),
        state: process.state().unwrap_or(b'?'),
        is_exiting: process.is_exiting() == Ok(true),
    })
}

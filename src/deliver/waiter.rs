//! Waiting for processes to exit, on the pidfds that they are held by: nothing is polled, and the exit of another
//! process is never mistaken for theirs.
//!
//! Where there are more processes than descriptors, the others are known by process ID and start time, and get a pidfd
//! as soon as one is free.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;

use super::interrupt::{Caught, Interrupts};
use super::observer::{Observer, Progress};
use super::pidfd::PidFd;
use super::schedule::{Due, Schedule};
use super::target::{Signals, State, TargetIndex, Targets};
use crate::error::{Error, errno_text};
use crate::proc::{Facts as _, ProcDir, Process};
use crate::report::{Exited, Outcome};
use crate::request::{Step, Wait};
use crate::sys;
use crate::view::Mention;

/// The interval at which processes without an exit event are polled: they have no pidfd, or one that is not pollable.
/// It is also the longest pause between two scans.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// At most this many of the processes that are still running are named to the observer.
const NAMED_MAX: usize = 3;

/// How often the observer hears of the wait's progress, if it wants to.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How long parents get to reap their exited children, in all, before the wait statuses are reported.
pub(crate) const REAPING: Duration = Duration::from_millis(3);

/// How long after KILL an exit is waited for although the timeout has expired: it is certain, so the process should not
/// be reported as still running.
const EXIT_AFTER_KILL: Duration = Duration::from_millis(250);

/// The event of a signal to pkill itself; no target has this index.
const SIGNAL_EVENT: u64 = u64::MAX;

/// Waits for targets that are [awaited](State::Awaited).
pub(super) struct Waiter {
    epoll: OwnedFd,
    /// From the first wait on.
    interrupts: Option<Interrupts>,
    proc: ProcDir,
    /// Awaited targets without an exit event.
    unwatched: VecDeque<TargetIndex>,
    /// Awaited targets that have not exited, as far as is known.
    running: usize,
    /// All targets that were ever awaited.
    awaited: usize,
    /// Whether the unwatched have to be polled.
    needs_polling: bool,
    report_exit_status: bool,
    any: bool,
    pub schedule: Schedule,
}

/// How a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitResult {
    /// All have exited, or with `--any` one.
    Exited,
    /// The timeout has expired.
    TimedOut,
    /// This signal was sent to pkill.
    Interrupted(i32),
    /// It is time for another scan.
    Rescan,
}

/// How long to wait at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until all have exited.
    Exit,
    /// Until the next scan is due, or all have exited.
    NextScan,
    /// Until this time, also where nothing is running.
    Time(Instant),
    /// For this time, while targets are collected: later signals are not sent.
    Pause(Duration),
    /// Only what has happened by now is recorded.
    Now,
}

impl Waiter {
    /// The time counts from the first target on.
    pub(super) fn new(wait: Wait, steps: &[Step], report_exit_status: bool) -> Result<Self, Error> {
        sys::raise_descriptor_limit();
        let proc = ProcDir::named()?;
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(cannot_wait)?;
        Ok(Waiter {
            epoll,
            interrupts: None,
            proc,
            unwatched: VecDeque::new(),
            running: 0,
            awaited: 0,
            needs_polling: wait.any,
            report_exit_status,
            any: wait.any,
            schedule: Schedule::new(wait, steps, Instant::now()),
        })
    }

    /// Catch these signals to pkill itself from now on.
    pub(super) fn catch(&mut self, caught: Caught) -> Result<(), Error> {
        if let Some(interrupts) = &mut self.interrupts {
            return interrupts.change(caught);
        }
        let interrupts = Interrupts::catch(caught, &self.proc)?;
        let data = EventData::new_u64(SIGNAL_EVENT);
        epoll::add(&self.epoll, &interrupts, data, EventFlags::IN).map_err(cannot_wait)?;
        self.interrupts = Some(interrupts);
        Ok(())
    }

    /// Whether the timeout has expired, or a signal may have been sent to pkill.
    pub(super) fn is_over(&self) -> bool {
        let is_pending = self.interrupts.as_ref().is_some_and(Interrupts::is_pending);
        is_pending || self.schedule.due(Instant::now(), true) == Due::Expired
    }

    /// Wait for this target, which has just become awaited.
    pub(super) fn watch(&mut self, targets: &mut Targets, at: TargetIndex) {
        if self.awaited == 0 {
            let now = Instant::now();
            self.schedule.start(now);
            self.schedule.first_signal(now);
        }
        self.running += 1;
        self.awaited += 1;
        self.register(targets, at);
    }

    /// Targets that have not exited, as far as the last wait has seen.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Descriptors have run out: close some pidfds, so that files can be read and other processes be pinned.
    /// False if there are none.
    pub(super) fn give_back_some(&mut self, targets: &mut Targets) -> bool {
        let (unwatched, closed) = targets.give_back_some();
        self.unwatched.extend(unwatched);
        closed > 0
    }

    /// Wait until then, or until the wait is over.
    pub(super) fn wait(
        &mut self,
        targets: &mut Targets,
        until: Until,
        observer: &mut dyn Observer,
    ) -> Result<WaitResult, Error> {
        if self.interrupts.is_none() {
            self.catch(Caught::Interrupts)?;
        }
        let began = Instant::now();
        let scan_at = match until {
            Until::Exit => None,
            Until::NextScan => Some(began + POLL_INTERVAL),
            Until::Pause(time) => Some(began + time),
            Until::Time(at) => Some(at),
            Until::Now => Some(began),
        };
        // Without room for a single pidfd, no event reports an exit.
        self.needs_polling |= targets.budget.is_zero();
        let mut poll_at = began;
        let result = loop {
            let now = Instant::now();
            if self.needs_polling && now >= poll_at {
                self.poll_unwatched(targets, self.unwatched.len());
                poll_at = now + POLL_INTERVAL;
            } else {
                self.watch_more(targets);
            }
            let any = self.any && self.running < self.awaited;
            let due = self.schedule.due(now, matches!(until, Until::Pause(_)));
            if until == Until::Exit && (self.running == 0 || any) {
                break WaitResult::Exited;
            } else if due == Due::Expired {
                break WaitResult::TimedOut;
            } else if scan_at.is_some_and(|at| now >= at) || until == Until::NextScan && self.running == 0 {
                // What has happened in the meantime is recorded before the scan.
                let interrupted = self.wait_for_events(targets, Some(Duration::ZERO))?;
                return Ok(interrupted.map_or(WaitResult::Rescan, WaitResult::Interrupted));
            }
            let due_at = match due {
                Due::Signal => {
                    self.escalate(targets, observer);
                    continue;
                }
                Due::Nothing(at) => at,
                Due::Expired => Some(now),
            };
            let progress_at = observer.wants_progress().then(|| {
                observer.on_progress(&self.progress(targets, now));
                now + PROGRESS_INTERVAL
            });
            let poll_at = (self.needs_polling && !self.unwatched.is_empty()).then_some(poll_at);
            let wake_at = [due_at, scan_at, progress_at, poll_at].into_iter().flatten().min();
            if let Some(signal) = self.wait_for_events(targets, wake_at.map(|at| at - now))? {
                break WaitResult::Interrupted(signal);
            }
        };
        self.poll_unwatched(targets, self.unwatched.len());
        let all_exited = self.running == 0 && result == WaitResult::TimedOut;
        Ok(if all_exited { WaitResult::Exited } else { result })
    }

    /// At the end of the wait, read what can still be read about targets that have exited.
    pub(super) fn finish(&mut self, targets: &mut Targets, has_timed_out: bool) {
        self.take_events(targets);
        if has_timed_out {
            self.wait_for_killed(targets);
        }
        if self.report_exit_status {
            read_exit_statuses(targets);
        }
    }

    /// Record all exits up to now.
    fn take_events(&mut self, targets: &mut Targets) {
        loop {
            let before = self.running;
            let _ = self.wait_for_events(targets, Some(Duration::ZERO));
            if self.running == before {
                break;
            }
        }
    }

    /// Wait a moment for those that KILL was sent to last, unless they are in uninterruptible sleep.
    fn wait_for_killed(&mut self, targets: &mut Targets) {
        let killed_at = |at: &TargetIndex| match &targets[*at].state {
            State::Awaited { signals, .. } => signals.and_then(|signals| signals.killed_at()),
            _ => None,
        };
        let mut killed: Vec<TargetIndex> = targets.indices().filter(|at| killed_at(at).is_some()).collect();
        let Some(last) = killed.iter().filter_map(killed_at).max() else { return };
        let until = last + EXIT_AFTER_KILL;
        let mut process = Process::new(&self.proc);
        killed.retain(|&at| {
            let Some(pin) = targets[at].pin() else { return false };
            process.select(pin.id.pid);
            process.state() != Ok(b'D')
        });
        drop(process);
        loop {
            self.poll_unwatched(targets, self.unwatched.len());
            killed.retain(|&at| targets[at].is_open());
            let now = Instant::now();
            if killed.is_empty() || now >= until {
                return;
            }
            let time =
                if self.unwatched.is_empty() { until - now } else { (until - now).min(POLL_INTERVAL / 10) };
            if self.wait_for_events(targets, Some(time)).is_err() {
                return;
            }
        }
    }

    fn progress(&self, targets: &Targets, now: Instant) -> Progress {
        let mut named = vec![];
        if self.running <= NAMED_MAX {
            let mut process = Process::new(&self.proc);
            named.extend(targets.awaited().map(|pid| {
                process.select(pid);
                Mention { pid, name: process.name().map(<[u8]>::to_vec).unwrap_or_default() }
            }));
        }
        Progress {
            running: self.running,
            named,
            of: self.awaited,
            elapsed: self.schedule.elapsed(now),
            next: self.schedule.next_step().map(|(signal, at)| (signal, at.saturating_duration_since(now))),
        }
    }

    /// The signal that was sent to pkill, if one was.
    fn wait_for_events(
        &mut self,
        targets: &mut Targets,
        timeout: Option<Duration>,
    ) -> Result<Option<i32>, Error> {
        let timeout =
            timeout.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: t.subsec_nanos().into() });
        let mut events = Vec::with_capacity(self.running.clamp(1, 1024));
        match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(cannot_wait(errno)),
        }
        let mut interrupted = None;
        for event in events {
            match event.data.u64() {
                SIGNAL_EVENT => interrupted = self.interrupts.as_ref().and_then(Interrupts::take),
                at => self.has_exited(targets, TargetIndex::from_u64(at)),
            }
        }
        Ok(interrupted)
    }

    fn register(&mut self, targets: &mut Targets, at: TargetIndex) {
        // A pidfd becomes readable when the last thread of the process has exited, reaped or not (pidfd_open(2)).
        let flags = EventFlags::IN | EventFlags::ONESHOT;
        let Some(pin) = targets[at].pin_mut() else { return };
        let is_pollable = pin.pidfd().map(PidFd::is_pollable);
        let data = EventData::new_u64(at.to_u64());
        let watched = match pin.pidfd() {
            Some(pidfd) if pidfd.is_pollable() => epoll::add(&self.epoll, pidfd, data, flags).is_ok(),
            Some(_) | None => false,
        };
        if !watched {
            pin.give_back();
            self.unwatched.push_back(at);
        }
        // Another pidfd would be of no more use.
        if is_pollable == Some(false) {
            targets.budget.limit();
            self.needs_polling = true;
        }
    }

    fn has_exited(&mut self, targets: &mut Targets, at: TargetIndex) {
        let is_limited = targets.budget.is_limited();
        let target = &mut targets[at];
        let state = std::mem::replace(&mut target.state, State::Settled(Outcome::Untouched));
        let State::Awaited { pin, outcome, signals } = state else {
            target.state = state;
            return;
        };
        self.running -= 1;
        let now = Instant::now();
        let after = self.schedule.elapsed(now);
        let sent = signals.map(|signals| signals.until(now));
        let pidfd = pin.into_pidfd();
        let status = pidfd.as_ref().and_then(|(pidfd, _)| pidfd.wait_status());
        // Kept where there is room: the kernel reports more once the parent has reaped the process.
        let keep = self.report_exit_status && status.is_none() && !is_limited;
        let exit = Exited { after, sent, status };
        target.state = State::Exited { outcome, exit, pidfd: pidfd.filter(|_| keep) };
    }

    /// Open pidfds for unwatched targets while there is room. Exited targets need none.
    fn watch_more(&mut self, targets: &mut Targets) {
        for _ in 0..self.unwatched.len() {
            if !targets.budget.has_room() {
                break;
            }
            self.poll_unwatched(targets, 1);
        }
    }

    /// Open pidfds for the next unwatched targets, and see which of them have exited.
    fn poll_unwatched(&mut self, targets: &mut Targets, number: usize) {
        for _ in 0..number.min(self.unwatched.len()) {
            let Some(at) = self.unwatched.pop_front() else { break };
            let Some(pin) = targets[at].pin() else { continue };
            let (id, reopened) = (pin.id, pin.reopen(&self.proc));
            match reopened {
                Ok(pidfd) => {
                    targets.keep(at, pidfd);
                    self.register(targets, at);
                }
                // To see that it has exited may take one descriptor less.
                Err(errno) if errno == Errno::SRCH || id.is_running(&self.proc) == Ok(false) => {
                    self.has_exited(targets, at);
                }
                // No event will report its exit.
                Err(_) => {
                    self.unwatched.push_back(at);
                    self.needs_polling = true;
                }
            }
        }
    }

    /// Send the next signal to all that are still running.
    fn escalate(&mut self, targets: &mut Targets, observer: &mut dyn Observer) {
        let Some(next) = self.schedule.take_step(Instant::now()) else { return };
        for at in targets.indices() {
            let State::Awaited { pin, signals, .. } = &mut targets[at].state else { continue };
            match pin.with(&self.proc, |pidfd| pidfd.send(next, None)) {
                Ok(_) => match signals {
                    Some(signals) => signals.add(next),
                    none => *none = Some(Signals::new(next)),
                },
                Err(Errno::SRCH) => {} // its exit is known, or about to be reported
                Err(errno) => observer.on_escalation_error(pin.id.pid, next, errno),
            }
        }
    }
}

/// How those that have exited did so, where their parents reap them in time.
fn read_exit_statuses(targets: &mut Targets) {
    let until = Instant::now() + REAPING;
    for at in targets.indices() {
        if let State::Exited { exit, pidfd, .. } = &mut targets[at].state
            && let Some((pidfd, _share)) = pidfd.take()
        {
            pidfd.wait_until_reaped(until.saturating_duration_since(Instant::now()));
            exit.status = pidfd.wait_status();
        }
    }
}

fn cannot_wait(errno: Errno) -> Error {
    Error::fatal(format!("cannot wait: {}", errno_text(errno)))
}

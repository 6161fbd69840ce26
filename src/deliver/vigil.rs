//! Waiting for the end of processes, on the handles that they were pinned with: nothing is polled, and nobody
//! else's end is mistaken for theirs.
//!
//! Where there are more processes than descriptors, the rest is known by process ID and start time, and gets a
//! handle as soon as one is free.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal as RawSignal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Audience;
use super::handle::Handle;
use crate::error::{Error, errno_text};
use crate::proc::{Facts, LookupError, ProcDir, Process, own_pid};
use crate::report::Ended;
use crate::request::{Pid, Step, Wait};
use crate::signal::Signal;

/// How often those are looked at that no event tells of: they have no handle, or one that cannot be waited on.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// How often the audience hears how the wait goes on, if it wants to.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How long the parents of those who have ended get to reap them, in all, before we tell how they ended.
const REAPING: Duration = Duration::from_millis(3);

/// The event that says that a signal has come in for us.
const SIGNALLED: u64 = u64::MAX;

/// The processes that are waited for.
pub struct Vigil {
    epoll: OwnedFd,
    /// From the first wait on.
    interrupt: Option<SignalFd>,
    proc: ProcDir,
    members: Vec<Member>,
    /// Those without a handle that can be waited on.
    unheld: VecDeque<usize>,
    left: usize,
    /// No more handles than this can be held; known once that many are.
    room: usize,
    held: usize,
    /// Whether those without a handle have to be looked at now and then.
    looks: bool,
    /// Whether it will be told how they ended.
    tells_how: bool,
    steps: VecDeque<Step>,
    wait: Wait,
    began: Instant,
    /// From the first member on.
    deadline: Option<Instant>,
    last_step: Instant,
}

/// One of them.
pub struct Member {
    /// Which target of the report it is.
    pub target: usize,
    /// Its process ID.
    pub pid: Pid,
    /// When it started, in clock ticks since boot; with the ID, who it is.
    pub start_time: u64,
    /// The signal that was sent last.
    pub signal: Option<Signal>,
    /// That it has ended, and how.
    pub ended: Option<Ended>,
    /// That it is not waited for any more.
    pub forgotten: bool,
    handle: Option<Handle>,
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// As many have ended as were to.
    Ended,
    /// The time ran out.
    TimeRanOut,
    /// We were told to stop, by this signal.
    Interrupted(i32),
    /// Not yet: the time for another look at all processes has come.
    LookAgain,
    /// The last look at all processes has found nobody who is left.
    NoneLeft,
}

/// How long to wait at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it is over.
    Over,
    /// Until all processes should be looked at again.
    NextLook,
    /// The same, but no later signal is sent meanwhile.
    Pause,
    /// Not at all: only what has happened is seen to.
    Now,
}

/// How a wait goes on.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// So many are still there.
    pub left: usize,
    /// Of so many.
    pub of: usize,
    /// Since the wait began.
    pub elapsed: Duration,
    /// What is sent next, and in what time.
    pub next: Option<(Signal, Duration)>,
}

impl Vigil {
    /// For nobody yet. The time counts from the first one on.
    pub fn new(wait: Wait, steps: Vec<Step>, tells_how: bool) -> Result<Self, Error> {
        raise_descriptor_limit();
        let proc = ProcDir::named()?;
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(cannot_wait)?;
        let now = Instant::now();
        Ok(Vigil {
            epoll,
            interrupt: None,
            proc,
            members: vec![],
            unheld: VecDeque::new(),
            left: 0,
            room: usize::MAX,
            held: 0,
            looks: wait.any,
            tells_how,
            steps: steps.into(),
            wait,
            began: now,
            deadline: None,
            last_step: now,
        })
    }

    /// Wait for this one too. What is returned is its place among the members.
    pub fn add(
        &mut self,
        target: usize,
        pid: Pid,
        start_time: u64,
        signal: Option<Signal>,
        handle: Handle,
    ) -> usize {
        if self.members.is_empty() {
            self.signals_begin();
            self.deadline = self.wait.limit.and_then(|limit| self.began.checked_add(limit));
        }
        let at = self.members.len();
        self.members.push(Member {
            target,
            pid,
            start_time,
            signal,
            ended: None,
            forgotten: false,
            handle: None,
        });
        self.left += 1;
        self.hold(at, handle);
        at
    }

    /// From now on time is told, and counts to the next signal.
    pub fn signals_begin(&mut self) {
        self.began = Instant::now();
        self.last_step = self.began;
    }

    /// Wait for this one no more.
    pub fn forget(&mut self, at: usize) {
        if self.members[at].ended.is_none() {
            if self.release(at).is_none() {
                self.unheld.retain(|&other| other != at);
            }
            self.left -= 1;
        }
        self.members[at].handle = None;
        self.members[at].forgotten = true;
    }

    /// Do this with the handle of a member, or with a new one if it had to be given back. ESRCH if the member has
    /// ended.
    pub fn with<T>(&self, at: usize, act: impl FnOnce(&Handle) -> Result<T, Errno>) -> Result<T, Errno> {
        let member = &self.members[at];
        match &member.handle {
            _ if member.ended.is_some() || member.forgotten => Err(Errno::SRCH),
            Some(handle) => act(handle),
            None => self.pin(at).and_then(|handle| act(&handle)),
        }
    }

    /// This signal has been sent to the member.
    pub fn sent(&mut self, at: usize, signal: Signal) {
        self.members[at].signal = Some(signal);
    }

    /// Descriptors have run out: give some back, so that files can be read and others pinned for a moment.
    pub fn make_room(&mut self) -> bool {
        const SPARE: usize = 4;
        for member in self.members.iter_mut().filter(|member| member.ended.is_some()) {
            member.handle = None;
        }
        let held = (0..self.members.len()).rev().filter(|&at| self.members[at].handle.is_some());
        let released: Vec<usize> = held.take(SPARE).collect();
        for &at in &released {
            self.release(at);
            self.unheld.push_back(at);
        }
        self.room = self.held;
        !released.is_empty()
    }

    /// How many of them have not ended, as far as the last wait has seen.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Who was waited for, and what became of them.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Until all have ended, or as the request says, or not so long.
    pub fn keep(&mut self, until: Until, audience: &mut dyn Audience) -> Result<Over, Error> {
        self.catch_interrupts()?;
        let now = Instant::now();
        let select = match until {
            Until::Over => None,
            Until::NextLook | Until::Pause => Some(now + LOOK_INTERVAL),
            Until::Now => Some(now),
        };
        let mut look = Instant::now();
        let over = loop {
            let now = Instant::now();
            if self.looks && now >= look {
                self.look_at_unheld(self.unheld.len());
                look = now + LOOK_INTERVAL;
            } else {
                self.fill_room();
            }
            let any = self.wait.any && self.left < self.members.len();
            let deadline = self.deadline;
            if until == Until::Over && (self.left == 0 || any) {
                break Over::Ended;
            } else if deadline.is_some_and(|deadline| now >= deadline) {
                break Over::TimeRanOut;
            } else if select.is_some_and(|at| now >= at) || until == Until::NextLook && self.left == 0 {
                // Whatever has happened meanwhile is known before that.
                let interrupted = self.wait_for_events(Some(Duration::ZERO))?;
                return Ok(interrupted.map_or(Over::LookAgain, Over::Interrupted));
            }
            let step = self.steps.front().filter(|_| until != Until::Pause);
            let step = step.and_then(|step| self.last_step.checked_add(step.after));
            if step.is_some_and(|step| now >= step) {
                self.escalate(audience);
                continue;
            }
            let progress = audience.follows_progress().then(|| {
                let next = self.steps.front().zip(step).map(|(next, at)| (next.signal, at - now));
                let (left, of) = (self.left, self.members.len());
                audience.progress(&Progress { left, of, elapsed: now - self.began, next });
                now + PROGRESS_INTERVAL
            });
            let look = (self.looks && !self.unheld.is_empty()).then_some(look);
            let until = [deadline, step, select, progress, look].into_iter().flatten().min();
            if let Some(signal) = self.wait_for_events(until.map(|until| until - now))? {
                break Over::Interrupted(signal);
            }
        };
        self.look_at_unheld(self.unheld.len());
        Ok(if self.left == 0 && !matches!(over, Over::Interrupted(_)) { Over::Ended } else { over })
    }

    /// The wait is over: what can still be learned about those who have ended is.
    pub fn close(&mut self) {
        let _ = self.wait_for_events(Some(Duration::ZERO));
        if self.tells_how {
            self.ask_how_they_ended();
        }
    }

    /// The signal that interrupts the wait, if one came.
    fn wait_for_events(&mut self, timeout: Option<Duration>) -> Result<Option<i32>, Error> {
        let timeout =
            timeout.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: t.subsec_nanos().into() });
        let mut events = Vec::with_capacity(self.left.clamp(1, 1024));
        match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(cannot_wait(errno)),
        }
        for event in events {
            match event.data.u64() {
                SIGNALLED => {
                    let info = self.interrupt.as_ref().map(SignalFd::read_signal);
                    if let Some(Ok(Some(info))) = info {
                        return Ok(Some(info.ssi_signo as i32));
                    }
                }
                at => self.has_ended(at as usize),
            }
        }
        Ok(None)
    }

    /// SIGINT and SIGTERM end the wait in good order, unless we were started with them ignored, as by nohup(1).
    pub fn catch_interrupts(&mut self) -> Result<(), Error> {
        if self.interrupt.is_some() {
            return Ok(());
        }
        let mut process = Process::new(&self.proc);
        process.select(own_pid());
        let ignored = process.ignored_signals().unwrap_or_default();
        let mut caught = SigSet::empty();
        for signal in [RawSignal::SIGINT, RawSignal::SIGTERM] {
            if ignored & (1 << (signal as u64 - 1)) == 0 {
                caught.add(signal);
            }
        }
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let interrupt = caught.thread_block().and_then(|()| SignalFd::with_flags(&caught, flags));
        let interrupt = interrupt.map_err(|errno| cannot_wait(Errno::from_raw_os_error(errno as i32)))?;
        epoll::add(&self.epoll, &interrupt, EventData::new_u64(SIGNALLED), EventFlags::IN)
            .map_err(cannot_wait)?;
        self.interrupt = Some(interrupt);
        Ok(())
    }

    fn hold(&mut self, at: usize, handle: Handle) {
        // A pidfd becomes readable when the last thread of the process has ended, reaped or not (pidfd_open(2)).
        let flags = EventFlags::IN | EventFlags::ONESHOT;
        if !handle.is_pollable() {
            (self.room, self.looks) = (self.held, true);
        }
        let waitable = self.held < self.room
            && epoll::add(&self.epoll, &handle, EventData::new_u64(at as u64), flags).is_ok();
        if waitable {
            self.held += 1;
            self.members[at].handle = Some(handle);
        } else {
            self.unheld.push_back(at);
        }
    }

    fn release(&mut self, at: usize) -> Option<Handle> {
        let handle = self.members[at].handle.take();
        self.held -= usize::from(handle.is_some());
        handle
    }

    fn has_ended(&mut self, at: usize) {
        let after = self.began.elapsed();
        let handle = self.release(at);
        let member = &mut self.members[at];
        if member.ended.is_none() {
            self.left -= 1;
            let status = handle.as_ref().and_then(Handle::wait_status);
            member.ended = Some(Ended { after, signal: member.signal, status });
            // Kept where there is room: the kernel tells more when the parent has reaped it.
            if self.tells_how && status.is_none() && self.room == usize::MAX {
                member.handle = handle;
            }
        }
    }

    fn ask_how_they_ended(&mut self) {
        let until = Instant::now() + REAPING;
        for member in &mut self.members {
            if let (Some(ended), Some(handle)) = (&mut member.ended, member.handle.take()) {
                handle.wait_until_reaped(until.saturating_duration_since(Instant::now()));
                ended.status = handle.wait_status();
            }
        }
    }

    /// Give handles to those who have none, as long as there is room. Whoever has ended takes none.
    fn fill_room(&mut self) {
        for _ in 0..self.unheld.len() {
            if self.held >= self.room {
                break;
            }
            self.look_at_unheld(1);
        }
    }

    /// Give handles to so many of those who have none, and see who of them has gone.
    fn look_at_unheld(&mut self, so_many: usize) {
        for _ in 0..so_many.min(self.unheld.len()) {
            let Some(at) = self.unheld.pop_front() else { break };
            match self.pin(at) {
                Ok(handle) => self.hold(at, handle),
                // To see that it has gone may take one descriptor less.
                Err(errno) if errno == Errno::SRCH || self.is_there(at) == Ok(false) => self.has_ended(at),
                // No event will tell of it.
                Err(_) => {
                    self.unheld.push_back(at);
                    self.looks = true;
                }
            }
        }
    }

    /// A handle on the member. ESRCH if it has ended; any other error means that it may still be there.
    fn pin(&self, at: usize) -> Result<Handle, Errno> {
        let handle = Handle::open(self.members[at].pid)?;
        if self.is_there(at)? { Ok(handle) } else { Err(Errno::SRCH) }
    }

    /// Whether the process with this ID is the member and has not ended.
    fn is_there(&self, at: usize) -> Result<bool, Errno> {
        let member = &self.members[at];
        let mut process = Process::new(&self.proc);
        process.select(member.pid);
        match process.has_ended().and_then(|ended| Ok(!ended && process.start_time()? == member.start_time)) {
            Err(LookupError::Gone | LookupError::Denied) => Ok(false),
            Err(LookupError::Io(errno)) => Err(errno),
            Ok(there) => Ok(there),
        }
    }

    /// The next signal, to everybody who is left.
    fn escalate(&mut self, audience: &mut dyn Audience) {
        let Some(Step { signal, .. }) = self.steps.pop_front() else { return };
        self.last_step = Instant::now();
        for at in 0..self.members.len() {
            match self.with(at, |handle| handle.send(signal, None)) {
                Ok(_) => self.sent(at, signal),
                Err(Errno::SRCH) => {} // its end is known, or about to be told
                Err(errno) => audience.could_not_escalate(self.members[at].pid, signal, errno),
            }
        }
    }
}

/// As far as the hard limit, silently: where that is low, fewer are held at a time.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn cannot_wait(errno: Errno) -> Error {
    Error::fatal(format!("cannot wait: {}", errno_text(errno)))
}

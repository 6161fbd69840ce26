//! One record per process: what it is, why it was selected, and how far the work on it has come.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Index, IndexMut};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::budget::{Budget, Share};
use super::pidfd::PidFd;
use crate::proc::{Facts as _, LookupError, ProcDir, Process};
use crate::report::{self, End, Exited, Outcome, Sent, SentSignal, StillRunning};
use crate::request::Pid;
use crate::scan::Match;
use crate::select::Reason;
use crate::signal::Signal;
use crate::sys::emergency;

/// Identifies a process: its ID and its start time, in clock ticks since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ProcessId {
    pub pid: Pid,
    pub start_time: u64,
}

/// A selected process.
#[derive(Debug)]
pub(crate) struct Target {
    /// What the scan has found, as it was when it was verified last.
    pub found: Match,
    /// How far the work on it has come.
    pub state: State,
    /// Why it could not be continued after it was stopped.
    pub left_stopped: Option<Errno>,
}

/// How far the work on a process has come. A process that is not settled has a [`Pin`].
#[derive(Debug)]
pub(crate) enum State {
    /// It is held, and the signal was not sent yet.
    Pinned(Pin),
    /// It was signalled, or is only waited for, and has not exited as far as is known.
    Awaited { pin: Pin, outcome: Outcome, signals: Option<Signals> },
    /// It was waited for, and has exited. The pidfd is kept where it will report the wait status.
    Exited { outcome: Outcome, exit: Exited, pidfd: Option<(PidFd, Share)> },
    /// Nothing more is done to it.
    Settled(Outcome),
    /// `--choose`: it was not chosen, and is not reported.
    Unchosen,
}

/// The first and the last signal that were sent to a process, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals {
    first: (Signal, Instant),
    last: (Signal, Instant),
}

impl Signals {
    /// This signal was sent now.
    pub(crate) fn new(signal: Signal) -> Self {
        let first = (signal, Instant::now());
        Signals { first, last: first }
    }

    /// Another signal was sent now.
    pub(crate) fn add(&mut self, signal: Signal) {
        self.last = (signal, Instant::now());
    }

    /// When KILL was sent, if it was the last one.
    pub(crate) fn killed_at(&self) -> Option<Instant> {
        (self.last.0 == Signal::KILL).then_some(self.last.1)
    }

    /// The times before `now`.
    pub(crate) fn until(&self, now: Instant) -> Sent {
        let [first, last] = [self.first, self.last]
            .map(|(signal, at)| SentSignal { signal, ago: now.saturating_duration_since(at) });
        Sent { first, last }
    }
}

/// The state of a process that is still running.
#[derive(Debug)]
pub(crate) struct Remaining {
    pub name: Vec<u8>,
    pub state: u8,
    /// Whether it is exiting.
    pub is_exiting: bool,
}

/// Holds a process that is not settled.
#[derive(Debug)]
pub(crate) struct Pin {
    pub id: ProcessId,
    /// None: given back, because descriptors had run out; another one is opened and checked when it is needed.
    pidfd: Option<(PidFd, Share)>,
    pub stop: Stop,
}

/// Whether a held process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// STOP was not sent to it.
    No,
    /// STOP was sent to it, and it is continued later.
    ByUs,
    /// It was stopped before.
    Before,
}

impl Pin {
    /// The pidfd is kept if the budget allows it.
    pub(crate) fn new(id: ProcessId, pidfd: PidFd, budget: &Budget) -> Self {
        Pin { id, pidfd: budget.take().map(|share| (pidfd, share)), stop: Stop::No }
    }

    pub(crate) fn pidfd(&self) -> Option<&PidFd> {
        self.pidfd.as_ref().map(|(pidfd, _)| pidfd)
    }

    /// Call `act` with the pidfd, or with a new one if it was given back. ESRCH if the process no longer exists.
    pub(crate) fn with<T>(
        &self,
        proc: &ProcDir,
        act: impl FnOnce(&PidFd) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        match &self.pidfd {
            Some((pidfd, _)) => act(pidfd),
            None => act(&self.reopen(proc)?),
        }
    }

    /// Whether the process has not exited.
    pub(crate) fn is_running(&self, proc: &ProcDir) -> Result<bool, Errno> {
        match self.pidfd().filter(|pidfd| pidfd.is_pollable()).map(PidFd::check_alive) {
            Some(Ok(())) => Ok(true),
            Some(Err(Errno::SRCH)) => Ok(false),
            Some(Err(errno)) => Err(errno),
            None => self.id.is_running(proc),
        }
    }

    /// Another pidfd. ESRCH if the process has exited; any other error leaves that open.
    pub(crate) fn reopen(&self, proc: &ProcDir) -> Result<PidFd, Errno> {
        let pidfd = PidFd::open(self.id.pid)?;
        if self.id.is_running(proc)? { Ok(pidfd) } else { Err(Errno::SRCH) }
    }

    /// Keep this pidfd if the budget allows it.
    pub(crate) fn keep(&mut self, pidfd: PidFd, budget: &Budget) {
        self.pidfd = budget.take().map(|share| (pidfd, share));
    }

    /// STOP is about to be sent to it, and it has to be continued even if pkill dies.
    pub(crate) fn stopping(&mut self) {
        self.stop = Stop::ByUs;
        if let Some((pidfd, _)) = &self.pidfd {
            emergency::mark(pidfd.number());
        }
    }

    /// It has been continued, or need not be.
    pub(crate) fn released(&mut self) {
        self.stop = Stop::No;
        if let Some((pidfd, _)) = &self.pidfd {
            emergency::unmark(pidfd.number());
        }
    }

    /// Close the pidfd for now. False if it has none.
    pub(crate) fn give_back(&mut self) -> bool {
        let Some((pidfd, _share)) = self.pidfd.take() else { return false };
        emergency::unmark(pidfd.number());
        true
    }

    pub(crate) fn into_pidfd(self) -> Option<(PidFd, Share)> {
        self.pidfd
    }
}

impl ProcessId {
    /// Whether the process with this ID is this one and has not exited.
    pub(crate) fn is_running(self, proc: &ProcDir) -> Result<bool, Errno> {
        let mut process = Process::new(proc);
        process.select(self.pid);
        let is_it =
            process.has_ended().and_then(|ended| Ok(!ended && process.start_time()? == self.start_time));
        match is_it {
            Err(LookupError::Gone | LookupError::Denied) => Ok(false),
            Err(why) => Err(why.errno()),
            Ok(is_it) => Ok(is_it),
        }
    }
}

/// The place of a target in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetIndex(usize);

impl TargetIndex {
    /// As the data of an event (epoll_event(3type)).
    pub(crate) fn to_u64(self) -> u64 {
        self.0 as u64
    }

    pub(crate) fn from_u64(number: u64) -> Self {
        TargetIndex(number as usize)
    }
}

/// The table of all targets, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    records: Vec<Target>,
    pub budget: Budget,
    by_id: BTreeMap<ProcessId, TargetIndex>,
    ignored: BTreeSet<ProcessId>,
    /// The matches that are or were held, by process ID.
    matches: BTreeMap<Pid, TargetIndex>,
    /// The targets that each process group was selected for.
    groups: BTreeMap<Pid, Vec<TargetIndex>>,
}

impl Index<TargetIndex> for Targets {
    type Output = Target;

    fn index(&self, at: TargetIndex) -> &Target {
        &self.records[at.0]
    }
}

impl IndexMut<TargetIndex> for Targets {
    fn index_mut(&mut self, at: TargetIndex) -> &mut Target {
        &mut self.records[at.0]
    }
}

impl Targets {
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn indices(&self) -> impl DoubleEndedIterator<Item = TargetIndex> + use<> {
        (0..self.records.len()).map(TargetIndex)
    }

    /// Add a target that no later scan has to recognise.
    pub(crate) fn push(&mut self, found: Match, state: State) -> TargetIndex {
        self.records.push(Target { found, state, left_stopped: None });
        TargetIndex(self.records.len() - 1)
    }

    /// Add a target, or start anew with one that was [lost](Target::is_lost).
    pub(crate) fn insert(&mut self, id: ProcessId, found: Match, state: State) -> TargetIndex {
        let target = Target { found, state, left_stopped: None };
        let at = match self.by_id.get(&id) {
            Some(&at) => {
                self[at] = target;
                at
            }
            None => {
                let at = self.push(target.found, target.state);
                self.by_id.insert(id, at);
                at
            }
        };
        if let State::Pinned(_) | State::Awaited { .. } = self[at].state {
            let (pid, reason, group) = (self[at].found.pid, self[at].found.reason, self[at].found.group);
            if reason == Reason::Matched {
                self.matches.insert(pid, at);
            }
            if let (Reason::Matched | Reason::Descendant(_), Some(group)) = (reason, group) {
                self.groups.entry(group).or_default().push(at);
            }
        }
        at
    }

    /// Another pidfd for a target that had given its own back.
    pub(crate) fn keep(&mut self, at: TargetIndex, pidfd: PidFd) {
        if let State::Pinned(pin) | State::Awaited { pin, .. } = &mut self.records[at.0].state {
            pin.keep(pidfd, &self.budget);
        }
    }

    /// A process that exited before it could be pinned, so that it is no target. True if that was not known.
    pub(crate) fn ignore(&mut self, id: ProcessId) -> bool {
        self.ignored.insert(id)
    }

    pub(crate) fn find(&self, id: ProcessId) -> Option<TargetIndex> {
        self.by_id.get(&id).copied()
    }

    /// Those that have, or had, this process ID.
    pub(crate) fn with_pid(&self, pid: Pid) -> impl Iterator<Item = &Target> {
        let ids = ProcessId { pid, start_time: 0 }..=ProcessId { pid, start_time: u64::MAX };
        self.by_id.range(ids).map(|(_, &at)| &self[at])
    }

    /// The match that had this process ID when it was pinned.
    pub(crate) fn matched(&self, pid: Pid) -> Option<&Target> {
        self.matches.get(&pid).map(|&at| &self[at])
    }

    /// Those that the process group was selected for: matches, and with `--tree` their descendants.
    pub(crate) fn in_group(&self, group: Pid) -> impl Iterator<Item = &Target> {
        self.groups.get(&group).into_iter().flatten().map(|&at| &self[at])
    }

    /// Descriptors have run out: close some pidfds, so that files can be read and other processes be pinned. Those of
    /// exited processes go first, then those that were pinned last. Returns which of those that are waited for have
    /// none any more, and how many were closed.
    pub(crate) fn give_back_some(&mut self) -> (Vec<TargetIndex>, usize) {
        /// As many as a scan by one thread, a verification and a new pidfd take.
        const SPARE: usize = 4;
        let mut closed = 0;
        for target in &mut self.records {
            if let State::Exited { pidfd, .. } = &mut target.state {
                closed += usize::from(pidfd.take().is_some());
            }
        }
        let mut unwatched = vec![];
        for at in self.indices().rev() {
            if closed >= SPARE {
                break;
            }
            let is_awaited = matches!(self[at].state, State::Awaited { .. });
            if self[at].pin_mut().is_some_and(Pin::give_back) {
                closed += 1;
                unwatched.extend(is_awaited.then_some(at));
            }
        }
        self.budget.limit();
        (unwatched, closed)
    }

    /// Those that are waited for and have not exited as far as is known.
    pub(crate) fn awaited(&self) -> impl Iterator<Item = Pid> {
        self.records.iter().filter_map(|target| match &target.state {
            State::Awaited { pin, .. } => Some(pin.id.pid),
            State::Pinned(_) | State::Exited { .. } | State::Settled(_) | State::Unchosen => None,
        })
    }

    /// Their outcomes. `waited`: the wait has ended, after this time, before all had exited; `read` examines
    /// one that has not, as far as is known: None if it has.
    pub(crate) fn into_report(
        self,
        waited: Option<Duration>,
        mut read: impl FnMut(ProcessId) -> Option<Remaining>,
    ) -> Vec<report::Target> {
        self.records.into_iter().filter_map(|target| target.into_report(waited, &mut read)).collect()
    }
}

impl Target {
    /// What holds it, unless it is settled.
    pub(crate) fn pin(&self) -> Option<&Pin> {
        match &self.state {
            State::Pinned(pin) | State::Awaited { pin, .. } => Some(pin),
            State::Exited { .. } | State::Settled(_) | State::Unchosen => None,
        }
    }

    pub(crate) fn pin_mut(&mut self) -> Option<&mut Pin> {
        match &mut self.state {
            State::Pinned(pin) | State::Awaited { pin, .. } => Some(pin),
            State::Exited { .. } | State::Settled(_) | State::Unchosen => None,
        }
    }

    /// Whether a signal may still end it: it was signalled or will be, and has not exited.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Pinned(_) | State::Awaited { .. })
    }

    /// Whether it no longer existed or no longer matched when it was verified: if a later scan finds it again, as a
    /// child that has executed another program, it is dealt with anew.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.state, State::Settled(Outcome::Gone | Outcome::Changed))
    }

    fn into_report(
        self,
        waited: Option<Duration>,
        read: &mut impl FnMut(ProcessId) -> Option<Remaining>,
    ) -> Option<report::Target> {
        let (outcome, end) = match self.state {
            // Nothing was sent to it.
            State::Pinned(_) => (Outcome::Untouched, None),
            State::Awaited { outcome, signals, pin } => {
                (outcome, waited.map(|after| end_of_wait(after, signals, read(pin.id))))
            }
            State::Exited { outcome, exit, .. } => (outcome, Some(End::Exited(exit))),
            State::Settled(outcome) => (outcome, None),
            State::Unchosen => return None,
        };
        let Match { pid, token, view, reason, parent, .. } = self.found;
        let left_stopped = self.left_stopped;
        Some(report::Target { pid, token, view, reason, parent, outcome, left_stopped, end })
    }
}

/// How the wait ended for a process that was not seen to exit.
fn end_of_wait(after: Duration, signals: Option<Signals>, remaining: Option<Remaining>) -> End {
    let sent = signals.map(|signals| signals.until(Instant::now()));
    match remaining {
        None => End::Exited(Exited { after, sent, status: None }),
        Some(Remaining { name, state, is_exiting }) => {
            // KILL takes effect when the process leaves the kernel, which a state other than D does not delay.
            let is_killed = signals.is_some_and(|signals| signals.killed_at().is_some()) && state != b'D';
            End::StillRunning(StillRunning { after, sent, name, state, is_exiting: is_exiting || is_killed })
        }
    }
}

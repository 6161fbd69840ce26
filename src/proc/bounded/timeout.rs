//! The time limit of reads, and the processes that exceeded it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::stat::Stat;
use crate::request::Pid;

/// The time limit of a single read, and the processes with reads that took longer, which are not repeated in this run.
#[derive(Debug)]
pub(crate) struct ReadTimeout {
    pub(crate) limit: Duration,
    /// Whether there are any such processes: without them, no lock is taken.
    has_unanswered: AtomicBool,
    unanswered: Mutex<BTreeMap<Pid, Unanswered>>,
}

/// What a read waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReadOf {
    /// The lock of the memory map: the arguments, the environment.
    Memory,
    /// A file system: the file that a link leads to.
    File,
}

/// A process of which a read was not answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unanswered {
    /// What was read.
    pub what: ReadOf,
    /// The state letter that the process had then (proc_pid_stat(5)).
    pub state: Option<u8>,
    start_time: Option<u64>,
}

impl ReadTimeout {
    /// Without any such process.
    pub(crate) fn new(limit: Duration) -> Arc<Self> {
        Arc::new(ReadTimeout { limit, has_unanswered: AtomicBool::new(false), unanswered: Mutex::default() })
    }

    /// The read of this process that was given up, if one was.
    pub(crate) fn unanswered(&self, pid: Pid) -> Option<Unanswered> {
        lock(&self.unanswered).get(&pid).copied()
    }

    /// Whether a read of this process was given up before. A successor has another start time.
    pub(crate) fn is_unanswered(&self, pid: Pid) -> bool {
        if !self.has_unanswered.load(Ordering::Acquire) {
            return false;
        }
        let Some(known) = self.unanswered(pid) else { return false };
        known.start_time == stat_of(pid).map(|stat| stat.0)
    }

    pub(crate) fn give_up(&self, pid: Pid, what: ReadOf) {
        let (start_time, state) = stat_of(pid).unzip();
        lock(&self.unanswered).insert(pid, Unanswered { what, state, start_time });
        self.has_unanswered.store(true, Ordering::Release);
    }
}

/// The start time and the state of a process.
fn stat_of(pid: Pid) -> Option<(u64, u8)> {
    let stat = read_stat(&format!("/proc/{pid}/stat"))?;
    Some((stat.start_time, stat.state))
}

pub(crate) fn read_stat(path: &str) -> Option<Stat> {
    Stat::parse(&std::fs::read(path).ok()?)
}

/// A panic of another thread leaves valid data: all changes are made in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

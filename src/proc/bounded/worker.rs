//! A thread that may be abandoned, and what watches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rustix::io::Errno;

use super::timeout::{ReadOf, ReadTimeout, read_stat};
use crate::request::Pid;

/// How often a read under way is checked. Time during which pkill itself is stopped or suspended is one tick, whatever
/// its length.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// In [`Worker::reading`]; the kernel's process IDs have 22 bits.
const FILE: u64 = 1 << 31;

/// A thread that may be abandoned.
#[derive(Debug)]
pub(crate) struct Worker {
    timeout: Arc<ReadTimeout>,
    /// Its thread ID.
    thread: AtomicU32,
    /// The read under way: the process ID, the bit [`FILE`], and above these a number that no other read of this thread
    /// has. 0: none.
    reading: AtomicU64,
    reads: AtomicU32,
    abandoned: AtomicBool,
}

impl Worker {
    pub(crate) fn new(timeout: &Arc<ReadTimeout>) -> Arc<Self> {
        Arc::new(Worker {
            timeout: Arc::clone(timeout),
            thread: AtomicU32::new(0),
            reading: AtomicU64::new(0),
            reads: AtomicU32::new(0),
            abandoned: AtomicBool::new(false),
        })
    }

    /// Called by the thread itself.
    pub(crate) fn begin(&self) {
        self.thread.store(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs(), Ordering::Release);
    }

    /// Read something of a process. ETIMEDOUT if a read of it was given up before.
    pub(crate) fn attempt<T>(
        &self,
        pid: Pid,
        what: ReadOf,
        read: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if self.timeout.is_unanswered(pid) {
            return Err(Errno::TIMEDOUT);
        }
        let number = self.reads.fetch_add(1, Ordering::Relaxed);
        let of = if what == ReadOf::File { FILE } else { 0 };
        self.reading.store(u64::from(number) << 32 | of | u64::from(pid.unsigned_abs()), Ordering::Release);
        let result = read();
        self.reading.store(0, Ordering::Release);
        result
    }

    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Whether the thread waits for something, as far as /proc shows. One that is runnable only lacks CPU time.
    fn is_blocked(&self) -> bool {
        let id = self.thread.load(Ordering::Acquire);
        read_stat(&format!("/proc/self/task/{id}/stat")).is_none_or(|stat| stat.state != b'R')
    }
}

/// Watches one worker from another thread.
pub(crate) struct Watch {
    pub worker: Arc<Worker>,
    last_seen: u64,
    ticks: u32,
}

/// What the worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observation {
    Works,
    /// The read takes longer than usual; reported once for each read.
    IsSlow,
    /// The read takes too long.
    IsStuck(Pid, ReadOf),
}

impl Watch {
    pub(crate) fn new(worker: Arc<Worker>) -> Self {
        Watch { worker, last_seen: 0, ticks: 0 }
    }

    /// Whether the last observed read is still under way.
    pub(crate) fn is_at_it(&self) -> bool {
        self.worker.reading.load(Ordering::Acquire) == self.last_seen
    }

    /// To be called once a tick.
    pub(crate) fn observe(&mut self) -> Observation {
        if !self.is_at_it() || self.last_seen == 0 {
            (self.last_seen, self.ticks) = (self.worker.reading.load(Ordering::Acquire), 0);
            return Observation::Works;
        }
        self.ticks += 1;
        let is_over = TICK * self.ticks >= self.worker.timeout.limit;
        if self.ticks > 1 && !is_over || !self.worker.is_blocked() {
            return Observation::Works;
        }
        if !is_over {
            return Observation::IsSlow;
        }
        let what = if self.last_seen & FILE == 0 { ReadOf::Memory } else { ReadOf::File };
        Observation::IsStuck((self.last_seen & (FILE - 1)) as Pid, what)
    }
}

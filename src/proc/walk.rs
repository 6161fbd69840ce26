//! The walk through all processes, by several threads where there are many.

use std::thread;

use rustix::process::{Resource, getrlimit};

use super::ProcDir;
use crate::error::Error;
use crate::request::Pid;

/// With fewer processes than this, a second thread costs more to start than it saves.
pub(super) const MANY: usize = 256;

/// Descriptors per thread of a walk: its own /proc and one file, and as many again in reserve.
const DESCRIPTORS_PER_THREAD: u64 = 4;

/// Descriptors that are reserved for the first thread: the standard ones, those of a wait, and what is held open.
const DESCRIPTORS_IN_USE: u64 = 12;

/// The process IDs that one thread gets: a part of the list, and as soon as it is done with that the next one, so that
/// none waits for another.
pub(crate) struct Pids<'w> {
    walk: &'w ProcDir,
    part: Vec<Pid>,
    next: usize,
}

impl<'w> Pids<'w> {
    fn new(walk: &'w ProcDir, part: Vec<Pid>) -> Self {
        Pids { walk, part, next: 0 }
    }
}

impl Iterator for Pids<'_> {
    type Item = Result<Pid, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next == self.part.len() {
            self.part.clear();
            self.next = 0;
            match self.walk.next_processes(&mut self.part) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let pid = self.part[self.next];
        self.next += 1;
        Some(Ok(pid))
    }
}

/// All processes that /proc lists, in no order, by as many threads as there are CPUs and parts of the list. Each
/// reads through a descriptor of its own: reference counting of a shared one would slow them down.
pub(crate) fn walk<T: Send>(
    look: impl Fn(&ProcDir, Pids<'_>) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let proc = ProcDir::open()?;
    let mut first = vec![];
    while first.len() < MANY && proc.next_processes(&mut first)? {}
    let most = if first.len() < MANY { 1 } else { most_threads() };
    thread::scope(|scope| {
        let mut helpers = vec![];
        let mut part = vec![];
        while helpers.len() + 1 < most && proc.next_processes(&mut part)? {
            let (look, proc, part) = (&look, &proc, std::mem::take(&mut part));
            let own_part = part.clone();
            let help = move || look(&ProcDir::open()?, Pids::new(proc, own_part));
            match thread::Builder::new().spawn_scoped(scope, help) {
                Ok(helper) => helpers.push(helper),
                Err(_) => {
                    first.extend(part); // with fewer threads, it only takes longer
                    break;
                }
            }
        }
        let mut all = vec![look(&proc, Pids::new(&proc, first))?];
        for helper in helpers {
            all.push(helper.join().expect("a helper does not panic")?);
        }
        Ok(all)
    })
}

/// As many as there are CPUs and descriptors.
pub(super) fn most_threads() -> usize {
    let cpus = thread::available_parallelism().map_or(1, |n| n.get());
    cpus.min(threads_for_descriptors())
}

/// As many as there are descriptors.
pub(super) fn threads_for_descriptors() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let descriptors = descriptors.saturating_sub(DESCRIPTORS_IN_USE);
    (descriptors / DESCRIPTORS_PER_THREAD).try_into().unwrap_or(usize::MAX).max(1)
}

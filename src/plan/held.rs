//! The processes that `-p` and `-F` name, held by pidfds.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use crate::proc::{NamedProcess, NamedProcesses};
use crate::request::Pid;

/// The processes that were named by ID, each opened before it was examined for the first time. So the handle that
/// signals a process is older than everything that was read of it, and a successor cannot be mistaken for it, even one
/// that started within the same clock tick.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldProcesses {
    processes: BTreeMap<Pid, NamedProcess>,
}

impl HeldProcesses {
    pub(super) fn extend(&mut self, processes: &NamedProcesses) {
        self.processes.extend(processes.iter().map(|process| (process.pid(), process.clone())));
    }

    /// The pidfd of a process that was named. None if it was not, or had exited, or no pidfd could be opened: then its
    /// start time has to be compared.
    pub(crate) fn pidfd(&self, pid: Pid) -> Option<BorrowedFd<'_>> {
        self.processes.get(&pid)?.pidfd()
    }
}

//! The ancestors of a process.

use std::collections::HashSet;

use super::{Facts, LookupError, ProcDir, Process, own_pid, unreadable};
use crate::error::Error;
use crate::request::Pid;

/// Those of this process.
pub(crate) fn ancestors(proc: &ProcDir) -> Result<Vec<Pid>, Error> {
    ancestors_of(proc, own_pid())
}

/// The parent, its parent, and so on, as far as /proc shows them.
pub(crate) fn ancestors_of(proc: &ProcDir, mut pid: Pid) -> Result<Vec<Pid>, Error> {
    let mut chain = vec![];
    // A process ID that is reused meanwhile can lead back.
    let mut known = HashSet::new();
    let mut process = Process::new(proc);
    loop {
        process.select(pid);
        match process.parent() {
            // 0: the parent is outside of our PID namespace, or there is none
            Ok(parent) if parent > 0 && known.insert(parent) => chain.push(parent),
            Ok(_) | Err(LookupError::Gone | LookupError::Denied) => return Ok(chain),
            Err(why) => return Err(unreadable(pid, why.errno())),
        }
        pid = chain[chain.len() - 1];
    }
}

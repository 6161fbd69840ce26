//! The facts in the notes before the first signal.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{self, Facts, LookupError, ProcDir, Process, Socket, Sockets, unreadable};
use crate::request::{Pid, Protocol};
use crate::view::Mention;

/// What deserves a note about the matches. Read only where the plan asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The ancestors of this program that match, nearest first; also those that `-n` and `-o` do not pick.
    pub ancestors: Vec<MatchedAncestor>,
    /// The callers that match and are spared, nearest first.
    pub spared: Vec<Mention>,
    /// The ports of `--port` that are in use, but by none of the processes with readable descriptors.
    pub unowned_ports: Vec<(Protocol, u16)>,
    /// By process ID, the processes that `--port` does not select although they hold this socket: another user created
    /// it.
    pub foreign_sockets: Vec<(Pid, Socket)>,
}

/// A match that is an ancestor of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatchedAncestor {
    pub process: Mention,
    /// Whether it has the command that started this program in its arguments.
    pub is_caller: bool,
}

impl Notes {
    /// Read the facts that are not read during the scan.
    pub(super) fn complete(&mut self, plan: &Plan, matches: Vec<Pid>) -> Result<(), Error> {
        if let Some(sockets) = plan.predicate.sockets().filter(|_| plan.notes_unowned_ports) {
            self.unowned_ports = unowned_ports(sockets, matches)?;
        }
        Ok(())
    }
}

/// The `likely` owners are examined first; with luck, no other process has to be. Any number of processes can hold a
/// socket, so nothing less than its descriptors shows that a process holds none.
fn unowned_ports(sockets: &Sockets, likely: Vec<Pid>) -> Result<Vec<(Protocol, u16)>, Error> {
    let mut unowned: HashMap<u64, Socket> =
        sockets.all().iter().map(|socket| (socket.inode, *socket)).collect();
    if unowned.is_empty() {
        return Ok(vec![]);
    }
    let held = held_by(&ProcDir::open()?, likely.into_iter().map(Ok), &unowned)?;
    unowned.retain(|inode, _| !held.contains(inode));
    if !unowned.is_empty() {
        let held = proc::walk(|proc, pids| held_by(proc, pids, &unowned))?;
        unowned.retain(|inode, _| held.iter().all(|held| !held.contains(inode)));
    }
    let mut ports: Vec<_> = unowned.values().map(|socket| (socket.protocol, socket.port)).collect();
    ports.sort_unstable_by_key(|(protocol, port)| (protocol.name(), *port));
    ports.dedup();
    Ok(ports)
}

/// Those of the sockets, by inode number, that one of the processes holds.
fn held_by(
    proc: &ProcDir,
    pids: impl Iterator<Item = Result<Pid, Error>>,
    sockets: &HashMap<u64, Socket>,
) -> Result<HashSet<u64>, Error> {
    let mut process = Process::new(proc);
    let mut held = HashSet::new();
    for pid in pids {
        if held.len() == sockets.len() {
            break;
        }
        let pid = pid?;
        process.select(pid);
        match process.sockets() {
            Ok(all) => held.extend(all.iter().map(|one| one.inode).filter(|one| sockets.contains_key(one))),
            Err(LookupError::Io(errno)) => return Err(unreadable(pid, errno)),
            Err(_) => {}
        }
    }
    Ok(held)
}

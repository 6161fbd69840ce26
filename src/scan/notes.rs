//! The facts in the notes before the first signal.

use std::collections::HashMap;

use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{Facts, LookupError, ProcDir, Process, Socket, Sockets, unreadable};
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

/// The `likely` owners are examined first; with luck, no other process has to be.
fn unowned_ports(sockets: &Sockets, likely: Vec<Pid>) -> Result<Vec<(Protocol, u16)>, Error> {
    let mut unowned: HashMap<u64, Socket> =
        sockets.all().iter().map(|socket| (socket.inode, *socket)).collect();
    let mut pids = likely;
    if !unowned.is_empty() {
        let proc = ProcDir::open()?;
        let mut process = Process::new(&proc);
        loop {
            for pid in pids.drain(..) {
                process.select(pid);
                match process.sockets() {
                    Ok(held) => {
                        for one in held {
                            unowned.remove(&one.inode);
                        }
                    }
                    Err(LookupError::Io(errno)) => return Err(unreadable(pid, errno)),
                    Err(_) => {}
                }
                if unowned.is_empty() {
                    return Ok(vec![]);
                }
            }
            if !proc.next_processes(&mut pids)? {
                break;
            }
        }
    }
    let mut ports: Vec<_> = unowned.values().map(|socket| (socket.protocol, socket.port)).collect();
    ports.sort_unstable_by_key(|(protocol, port)| (protocol.name(), *port));
    ports.dedup();
    Ok(ports)
}

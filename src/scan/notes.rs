//! What the notes before the first signal say about the matches.

use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{Facts, LookupError, ProcDir, Process, Socket, Sockets, unreadable};
use crate::request::{Pid, Protocol};

/// What deserves a note about the matches. Read only where the plan asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The matches that are ancestors of this program, with their names.
    pub ancestors: Vec<(Pid, Vec<u8>)>,
    /// The ports of `--port` that are in use, but by none of the processes with readable descriptors.
    pub unowned_ports: Vec<(Protocol, u16)>,
    /// By process ID, the processes that `--port` does not select although they hold this socket: another user created it.
    pub foreign_sockets: Vec<(Pid, Socket)>,
}

impl Notes {
    /// About these matches.
    pub(super) fn read(plan: &Plan, matches: Vec<Pid>) -> Result<Notes, Error> {
        let is_ancestor = |pid: &Pid| plan.self_match_candidates.contains(pid);
        let ancestors = with_names(matches.iter().copied().filter(is_ancestor).collect())?;
        let unowned_ports = match plan.sockets() {
            Some(sockets) if plan.notes_unowned_ports => unowned_ports(sockets, matches)?,
            _ => vec![],
        };
        Ok(Notes { ancestors, unowned_ports, foreign_sockets: vec![] })
    }
}

/// The names are empty where the process has exited.
fn with_names(pids: Vec<Pid>) -> Result<Vec<(Pid, Vec<u8>)>, Error> {
    if pids.is_empty() {
        return Ok(vec![]);
    }
    let proc = ProcDir::named()?;
    let mut process = Process::new(&proc);
    let named = pids.into_iter().map(|pid| {
        process.select(pid);
        (pid, process.name().map(<[u8]>::to_vec).unwrap_or_default())
    });
    Ok(named.collect())
}

/// The `likely` owners are examined first; with luck, no other process has to be.
fn unowned_ports(sockets: &Sockets, likely: Vec<Pid>) -> Result<Vec<(Protocol, u16)>, Error> {
    let mut unowned = sockets.all().to_vec();
    let mut pids = likely;
    if !unowned.is_empty() {
        let proc = ProcDir::open()?;
        let mut process = Process::new(&proc);
        loop {
            for pid in pids.drain(..) {
                process.select(pid);
                match process.sockets() {
                    Ok(held) => unowned.retain(|socket| !held.contains(&socket.inode)),
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
    let mut ports: Vec<_> = unowned.iter().map(|socket| (socket.protocol, socket.port)).collect();
    ports.sort_unstable_by_key(|(protocol, port)| (protocol.name(), *port));
    ports.dedup();
    Ok(ports)
}

//! Candidates that are read from the processes.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

use super::candidate::Candidate;
use crate::accounts;
use crate::error::Error;
use crate::proc::{
    self, Facts, Lookup, LookupError, Membership, ProcDir, Process, ReadTimeout, Sockets, Terminals,
    memberships, own_pid,
};
use crate::request::{Pid, Ports, Protocol};
use crate::select::units_of;

/// How long a read may take that another process can hold up, while the user waits for candidates.
const READ_TIMEOUT: Duration = Duration::from_millis(200);

/// Read a value from each process, in order of process ID. A process that has exited or cannot be read is skipped, and
/// so is this one.
pub(super) fn gather<T: Send + 'static>(
    read: impl Fn(&mut Process<'_>) -> Lookup<T> + Send + Sync + 'static,
) -> Result<Vec<T>, Error> {
    let timeout = ReadTimeout::new(READ_TIMEOUT);
    let walked = proc::walk_bounded(&timeout, None, &mut || false, move |proc, share| {
        let mut process = Process::new(proc);
        while let Some(pid) = share.next()? {
            process.select(pid);
            if pid != own_pid()
                && let Ok(value) = read(&mut process)
            {
                share.publish((pid, value));
            }
        }
        Ok(())
    })?;
    let mut values = walked.results;
    values.sort_unstable_by_key(|(pid, _)| *pid);
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

/// Process IDs, described by the command line.
pub(super) fn pids() -> Result<Vec<Candidate>, Error> {
    let all = gather(|process| Ok((process.pid(), process.command_line()?.to_vec())))?;
    Ok(all.into_iter().map(|(pid, line)| Candidate::new(pid.to_string(), line)).collect())
}

/// Processes that have children.
pub(super) fn parents() -> Result<Vec<Candidate>, Error> {
    let parents = gather(|process| process.parent())?;
    named(parents.into_iter().filter(|&parent| parent > 0), None)
}

/// Process groups, described by the name of the leader.
pub(super) fn process_groups() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.process_group())?, Some("our own process group"))
}

/// Sessions, described by the name of the leader.
pub(super) fn sessions() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.session())?, Some("our own session"))
}

/// IDs described by the name of the process that has the ID, which may have exited, and optionally 0 with its meaning.
fn named(ids: impl IntoIterator<Item = Pid>, zero: Option<&str>) -> Result<Vec<Candidate>, Error> {
    let proc = ProcDir::open()?;
    let mut process = Process::new(&proc);
    let ids: BTreeSet<Pid> = ids.into_iter().filter(|&id| id > 0).collect();
    let candidate = |id: Pid| {
        process.select(id);
        let name = process.name().unwrap_or(b"its leader has ended");
        Candidate::new(id.to_string(), name)
    };
    let zero = zero.map(|about| Candidate::new("0", about));
    Ok(zero.into_iter().chain(ids.into_iter().map(candidate)).collect())
}

/// Controlling terminals, described by a process on each.
pub(super) fn terminals() -> Result<Vec<Candidate>, Error> {
    let all = gather(|process| match process.terminal()? {
        0 => Err(LookupError::Gone),
        terminal => Ok((terminal, process.session()?, process.name()?.to_vec())),
    })?;
    let known = Terminals::read();
    let mut leaders = BTreeMap::new();
    for (terminal, session, name) in all {
        leaders.entry(terminal).or_insert((session, name)); // the first in the order of PIDs
    }
    let candidate = |(terminal, (session, name)): (u32, (Pid, Vec<u8>))| {
        Some(Candidate::new(
            known.name(terminal)?,
            [format!("session {session}, ").as_bytes(), &name].concat(),
        ))
    };
    let none = Candidate::new("?", "no terminal");
    Ok(leaders.into_iter().filter_map(candidate).chain([none]).collect())
}

/// Real and effective users of processes.
pub(super) fn users() -> Result<Vec<Candidate>, Error> {
    let uids = gather(|process| Ok(BTreeSet::from([process.effective_uid()?, process.real_uid()?])))?;
    let mut known = BTreeMap::new();
    Ok(counted(
        uids.into_iter()
            .flatten()
            .map(|uid| known.entry(uid).or_insert_with(|| accounts::user_name(uid).into_vec()).clone()),
    ))
}

/// Real groups of processes.
pub(super) fn groups() -> Result<Vec<Candidate>, Error> {
    let gids = gather(|process| process.real_gid())?;
    let mut known = BTreeMap::new();
    let name = |gid| accounts::group_name(gid).into_vec();
    Ok(counted(gids.into_iter().map(|gid| known.entry(gid).or_insert_with(|| name(gid)).clone())))
}

/// Control groups of processes, in the v2 hierarchy.
pub(super) fn cgroups() -> Result<Vec<Candidate>, Error> {
    let path = |process: &mut Process<'_>| {
        let v2 = memberships(process.cgroups()?).find(Membership::is_v2).ok_or(LookupError::Gone)?;
        Ok(v2.lasting_path().to_vec())
    };
    Ok(counted(gather(path)?))
}

/// The systemd units that processes are in.
pub(super) fn units() -> Result<Vec<Candidate>, Error> {
    let units =
        gather(|process| Ok(units_of(process.cgroups()?).map(<[u8]>::to_vec).collect::<BTreeSet<_>>()))?;
    Ok(counted(units.into_iter().flatten()))
}

/// Bound ports; after `tcp:` or `udp:`, those of that protocol. Finding their owners would take too long.
pub(super) fn ports(typed: &[u8]) -> Result<Vec<Candidate>, Error> {
    let names = [(Protocol::Tcp, "tcp:", "TCP"), (Protocol::Udp, "udp:", "UDP")];
    let asked = names.iter().find(|(_, prefix, _)| typed.starts_with(prefix.as_bytes()));
    let (protocol, prefix) = asked.map_or((None, ""), |&(protocol, prefix, _)| (Some(protocol), prefix));
    let mut ports: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for socket in Sockets::new(&[Ports { protocol, first: 1, last: u16::MAX }])?.all() {
        let name = names.iter().find(|(protocol, ..)| *protocol == socket.protocol);
        ports.entry(socket.port).or_default().extend(name.map(|(.., name)| name));
    }
    let candidate = |(port, by): (u16, BTreeSet<&str>)| {
        Candidate::new(format!("{prefix}{port}"), by.into_iter().collect::<Vec<_>>().join(", "))
    };
    Ok(ports.into_iter().map(candidate).collect())
}

/// Executables by path, including deleted ones.
pub(super) fn executables() -> Result<Vec<Candidate>, Error> {
    let path = |process: &mut Process<'_>| Ok(process.executable()?.ok_or(LookupError::Gone)?.path.clone());
    Ok(counted(gather(path)?))
}

/// Scripts as given in the arguments.
pub(super) fn scripts() -> Result<Vec<Candidate>, Error> {
    Ok(counted(gather(|process| process.scripts())?.into_iter().flatten()))
}

/// Working directories of processes.
pub(super) fn working_directories() -> Result<Vec<Candidate>, Error> {
    Ok(counted(gather(|process| Ok(process.working_directory()?.ok_or(LookupError::Gone)?.path))?))
}

/// The names of the variables in all readable environments. Values are not listed: they may be secrets.
pub(super) fn variables() -> Result<Vec<Candidate>, Error> {
    let mut environments: BTreeMap<Vec<u8>, usize> = BTreeMap::new(); // most are equal: they are inherited
    for environment in gather(|process| Ok(process.environment()?.unwrap_or_default().to_vec()))? {
        *environments.entry(environment).or_default() += 1;
    }
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (environment, processes) in &environments {
        let variables = environment.split(|&b| b == 0);
        let names = variables.filter_map(|variable| variable.split(|&b| b == b'=').next());
        let names: BTreeSet<&[u8]> = names.filter(|name| !name.is_empty()).collect();
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += processes);
    }
    Ok(counts.into_iter().map(|(name, count)| Candidate::new(name, processes(count))).collect())
}

/// Each distinct text, described by the number of processes that have it.
fn counted(texts: impl IntoIterator<Item = Vec<u8>>) -> Vec<Candidate> {
    let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    texts.into_iter().for_each(|text| *counts.entry(text).or_default() += 1);
    counts.into_iter().map(|(text, count)| Candidate::new(text, processes(count))).collect()
}

fn processes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "process" } else { "processes" })
}

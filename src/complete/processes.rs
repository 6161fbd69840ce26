//! Candidates that are read from the processes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStringExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::candidate::Candidate;
use super::inert;
use crate::accounts;
use crate::error::Error;
use crate::proc::{
    self, Facts, Lookup, LookupError, Membership, ProcDir, Process, ReadTimeout, Sockets, Terminals,
    memberships, own_pid,
};
use crate::request::{Pid, Ports, Protocol, is_service_name};
use crate::select::{units_of, user_units_of};
use crate::services;
use crate::sys;

/// How much is read of the arguments of a process for its description, for the scripts in them, and of its environment.
/// A process can claim any amount of memory for them (PR_SET_MM_MAP of prctl(2)).
const DESCRIPTION_MAX: usize = 256;
const SCRIPT_ARGUMENTS_MAX: usize = 4096;
const ENVIRONMENT_MAX: usize = 128 * 1024;

/// The bytes of all names of variables that are kept.
const VARIABLES_MAX: usize = 1024 * 1024;

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
    let all = gather(|process| {
        process.limit_arguments(DESCRIPTION_MAX)?;
        Ok((process.pid(), process.command_line()?.to_vec()))
    })?;
    Ok(all.into_iter().map(|(pid, line)| Candidate::own(pid.to_string(), line)).collect())
}

/// Processes that have children.
pub(super) fn parents() -> Result<Vec<Candidate>, Error> {
    let parents = gather(|process| process.parent())?;
    named(parents.into_iter().filter(|&parent| parent > 0), None)
}

/// Process groups, described by the name of the leader.
pub(super) fn process_groups() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.process_group())?, Some("the program's own process group"))
}

/// Sessions, described by the name of the leader.
pub(super) fn sessions() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.session())?, Some("the program's own session"))
}

/// IDs described by the name of the process that has the ID, which may have exited, and optionally 0 with its meaning.
fn named(ids: impl IntoIterator<Item = Pid>, zero: Option<&str>) -> Result<Vec<Candidate>, Error> {
    let proc = ProcDir::open()?;
    let mut process = Process::new(&proc);
    let ids: BTreeSet<Pid> = ids.into_iter().filter(|&id| id > 0).collect();
    let candidate = |id: Pid| {
        process.select(id);
        let name = process.name().unwrap_or(b"its leader has exited");
        Candidate::own(id.to_string(), name)
    };
    let zero = zero.map(|about| Candidate::own("0", about));
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
        let about = [format!("session {session}, ").as_bytes(), &name].concat();
        Candidate::value(known.name(terminal)?.into(), about)
    };
    let none = Candidate::own("?", "no terminal");
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

/// The system's units that processes are in.
pub(super) fn units() -> Result<Vec<Candidate>, Error> {
    let units = gather(|process| Ok(units_of(process.cgroups()?)))?;
    Ok(counted(units.into_iter().flatten()))
}

/// The units of users' managers that processes are in.
pub(super) fn user_units() -> Result<Vec<Candidate>, Error> {
    let uid = accounts::user_of_units();
    let units = gather(move |process| Ok(user_units_of(process.cgroups()?, uid)))?;
    Ok(counted(units.into_iter().flatten()))
}

/// Bound ports; after `tcp:` or `udp:`, those of that protocol, and where a name is being typed their services. Finding
/// their owners would take too long.
pub(super) fn ports(typed: &[u8]) -> Result<Vec<Candidate>, Error> {
    let names = [(Protocol::Tcp, "tcp:", "TCP"), (Protocol::Udp, "udp:", "UDP")];
    let asked = names.iter().find(|(_, prefix, _)| typed.starts_with(prefix.as_bytes()));
    let (protocol, prefix) = asked.map_or((None, ""), |&(protocol, prefix, _)| (Some(protocol), prefix));
    let sockets = Sockets::new(&[Ports { protocol, first: 1, last: u16::MAX }])?;
    if std::str::from_utf8(&typed[prefix.len()..]).is_ok_and(is_service_name) {
        return Ok(services_of(&sockets, prefix));
    }
    let mut ports: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for socket in sockets.all() {
        let name = names.iter().find(|(protocol, ..)| *protocol == socket.protocol);
        ports.entry(socket.port).or_default().extend(name.map(|(.., name)| name));
    }
    let candidate = |(port, by): (u16, BTreeSet<&str>)| {
        Candidate::own(format!("{prefix}{port}"), by.into_iter().collect::<Vec<_>>().join(", "))
    };
    Ok(ports.into_iter().map(candidate).collect())
}

/// The services that have a bound port as their own.
fn services_of(sockets: &Sockets, prefix: &str) -> Vec<Candidate> {
    let bound: BTreeSet<_> = sockets.all().iter().map(|socket| (socket.port, socket.protocol)).collect();
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (port, protocol) in bound {
        if let Some(name) = services::name(port, protocol) {
            names.entry(name).or_default().push(format!("{}:{port}", protocol.name()));
        }
    }
    let candidate =
        |(name, ports): (String, Vec<String>)| Candidate::own(format!("{prefix}{name}"), ports.join(", "));
    names.into_iter().map(candidate).collect()
}

/// Executables by path, including deleted ones.
pub(super) fn executables() -> Result<Vec<Candidate>, Error> {
    let path = |process: &mut Process<'_>| Ok(process.executable()?.ok_or(LookupError::Gone)?.path.clone());
    Ok(counted(gather(path)?))
}

/// Scripts as given in the arguments.
pub(super) fn scripts() -> Result<Vec<Candidate>, Error> {
    let scripts = |process: &mut Process<'_>| match process.limit_arguments(SCRIPT_ARGUMENTS_MAX)? {
        false => process.scripts(),
        true => Ok(vec![]), // its name may be incomplete
    };
    Ok(counted(gather(scripts)?.into_iter().flatten()))
}

/// Working directories of processes.
pub(super) fn working_directories() -> Result<Vec<Candidate>, Error> {
    Ok(counted(gather(|process| Ok(process.working_directory()?.ok_or(LookupError::Gone)?.path))?))
}

/// The names of the variables in all readable environments. Values are not listed: they may be secrets.
pub(super) fn variables() -> Result<Vec<Candidate>, Error> {
    /// The names in environments, most of which are equal: they are inherited.
    #[derive(Default)]
    struct Known {
        environments: HashMap<u64, (BTreeSet<Vec<u8>>, usize)>,
        len: usize,
    }
    fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
        known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    let (all, hash) = (Arc::<Mutex<Known>>::default(), RandomState::new());
    let known = Arc::clone(&all);
    gather(move |process| {
        let bytes = process.environment_start(ENVIRONMENT_MAX)?;
        let key = hash.hash_one(&bytes);
        if let Some((_, processes)) = lock(&known).environments.get_mut(&key) {
            *processes += 1;
            return Ok(());
        }
        let is_cut = bytes.len() == ENVIRONMENT_MAX;
        let complete = if is_cut { memchr::memrchr(0, &bytes).unwrap_or(0) } else { bytes.len() };
        let variables = bytes[..complete].split(|&b| b == 0);
        let names = variables.filter_map(|variable| variable.split(|&b| b == b'=').next());
        let names = names.filter(|name| inert::is_inert_value(name, sys::locale_is_utf8()));
        let names: BTreeSet<_> = names.map(<[u8]>::to_vec).collect();
        let len = names.iter().map(Vec::len).sum::<usize>();
        let mut known = lock(&known);
        if known.len + len <= VARIABLES_MAX {
            known.len += len;
            known.environments.entry(key).or_insert((names, 0)).1 += 1;
        }
        Ok(())
    })?;
    let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (names, processes) in std::mem::take(&mut *lock(&all)).environments.into_values() {
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += processes);
    }
    Ok(counts.into_iter().map(|(name, count)| Candidate::own(name, processes(count))).collect())
}

/// Each distinct text, described by the number of processes that have it.
fn counted(texts: impl IntoIterator<Item = Vec<u8>>) -> Vec<Candidate> {
    let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    texts.into_iter().for_each(|text| *counts.entry(text).or_default() += 1);
    counts.into_iter().filter_map(|(text, count)| Candidate::value(text, processes(count))).collect()
}

fn processes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "process" } else { "processes" })
}

//! Candidates that processes are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use super::Candidate;
use crate::error::Error;
use crate::proc::{Fact, Facts, ProcDir, Process, Terminals, Unknown, ourselves};
use crate::request::Pid;

/// With fewer processes than this, a second thread costs more to start than it saves.
const MANY: usize = 256;

/// What each process answers. One that has gone or cannot be looked at is no candidate; nor are we, who will have gone.
pub fn gather<T: Send>(ask: impl Fn(&mut Process<'_>) -> Fact<T> + Sync) -> Result<Vec<T>, Error> {
    let walk = ProcDir::open()?;
    let mut pids = vec![];
    while walk.next_processes(&mut pids)? {}
    pids.retain(|&pid| pid != ourselves());
    let answers = |pids: &[Pid]| -> Result<Vec<T>, Error> {
        let proc = ProcDir::open()?;
        let mut process = Process::new(&proc);
        let answer = |&pid: &Pid| {
            process.look_at(pid);
            ask(&mut process).ok()
        };
        Ok(pids.iter().filter_map(answer).collect())
    };
    let threads = if pids.len() < MANY { 1 } else { thread::available_parallelism().map_or(1, |n| n.get()) };
    let (ours, theirs) = pids.split_at(pids.len().div_ceil(threads));
    thread::scope(|scope| {
        let answers = &answers;
        let help = |part| (part, thread::Builder::new().spawn_scoped(scope, move || answers(part)));
        let helpers: Vec<_> = theirs.chunks(ours.len().max(1)).map(help).collect();
        let mut all = answers(ours)?;
        for (part, helper) in helpers {
            all.extend(match helper {
                Ok(helper) => helper.join().expect("a helper does not panic")?,
                Err(_) => answers(part)?, // without a thread, it only takes longer
            });
        }
        Ok(all)
    })
}

/// Each by its command line.
pub fn pids() -> Result<Vec<Candidate>, Error> {
    let all = gather(|process| Ok((process.pid(), process.command_line()?.to_vec())))?;
    Ok(all.into_iter().map(|(pid, line)| Candidate::new(pid.to_string(), line)).collect())
}

/// Those that have children.
pub fn parents() -> Result<Vec<Candidate>, Error> {
    let parents = gather(|process| process.parent())?;
    named(parents.into_iter().filter(|&parent| parent > 0), None)
}

/// By the name of the leader.
pub fn process_groups() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.process_group())?, Some("our own process group"))
}

/// By the name of the leader.
pub fn sessions() -> Result<Vec<Candidate>, Error> {
    named(gather(|process| process.session())?, Some("our own session"))
}

/// IDs by the name of the process that has them, which may have gone; and what 0 means.
fn named(ids: impl IntoIterator<Item = Pid>, zero: Option<&str>) -> Result<Vec<Candidate>, Error> {
    let proc = ProcDir::open()?;
    let mut process = Process::new(&proc);
    let ids: BTreeSet<Pid> = ids.into_iter().filter(|&id| id > 0).collect();
    let candidate = |id: Pid| {
        process.look_at(id);
        let name = process.name().unwrap_or(b"its leader has ended");
        Candidate::new(id.to_string(), name)
    };
    let zero = zero.map(|about| Candidate::new("0", about));
    Ok(zero.into_iter().chain(ids.into_iter().map(candidate)).collect())
}

/// Those that control processes, with the name of a process on each.
pub fn terminals() -> Result<Vec<Candidate>, Error> {
    let all = gather(|process| match process.terminal()? {
        0 => Err(Unknown::Gone),
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

/// Those that processes run as, really or effectively.
pub fn users() -> Result<Vec<Candidate>, Error> {
    let uids = gather(|process| Ok(BTreeSet::from([process.effective_uid()?, process.real_uid()?])))?;
    let mut known = BTreeMap::new();
    let names = uids.into_iter().flatten().map(|uid| known.entry(uid).or_insert_with(|| user(uid)).clone());
    Ok(counted(names.map(String::into_bytes)))
}

/// Those that processes belong to.
pub fn groups() -> Result<Vec<Candidate>, Error> {
    let name = |gid: u32| match users::get_group_by_gid(gid) {
        Some(group) => group.name().to_string_lossy().into_owned(),
        None => gid.to_string(),
    };
    let mut known = BTreeMap::new();
    let names = gather(|process| process.real_gid())?.into_iter();
    let names = names.map(|gid| known.entry(gid).or_insert_with(|| name(gid)).clone());
    Ok(counted(names.map(String::into_bytes)))
}

/// Of the v2 hierarchy (cgroups(7)).
pub fn cgroups() -> Result<Vec<Candidate>, Error> {
    let path = |process: &mut Process<'_>| {
        let mut lines = process.cgroups()?.split(|&b| b == b'\n');
        lines.find_map(|line| line.strip_prefix(b"0::")).map(<[u8]>::to_vec).ok_or(Unknown::Gone)
    };
    Ok(counted(gather(path)?))
}

/// By path, as it is or was.
pub fn executables() -> Result<Vec<Candidate>, Error> {
    let path = |process: &mut Process<'_>| Ok(process.executable()?.ok_or(Unknown::Gone)?.path.clone());
    Ok(counted(gather(path)?))
}

/// As they stand in the arguments.
pub fn scripts() -> Result<Vec<Candidate>, Error> {
    Ok(counted(gather(|process| process.scripts())?.into_iter().flatten()))
}

/// Those that processes work in.
pub fn working_directories() -> Result<Vec<Candidate>, Error> {
    Ok(counted(gather(|process| Ok(process.working_directory()?.ok_or(Unknown::Gone)?.path))?))
}

/// The names in all environments that we may read. Values are nobody's business: they may be secrets.
pub fn variables() -> Result<Vec<Candidate>, Error> {
    let names = gather(|process| {
        let variables = process.environment()?.unwrap_or_default().split(|&b| b == 0);
        let names = variables.filter_map(|variable| memchr::memchr(b'=', variable).map(|at| &variable[..at]));
        Ok(names.filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect::<BTreeSet<_>>())
    })?;
    Ok(counted(names.into_iter().flatten()))
}

/// The user's name, or the UID where nobody has it.
pub fn user(uid: u32) -> String {
    match users::get_user_by_uid(uid) {
        Some(user) => user.name().to_string_lossy().into_owned(),
        None => uid.to_string(),
    }
}

/// Each text once, by the number of processes that gave it.
fn counted(texts: impl IntoIterator<Item = Vec<u8>>) -> Vec<Candidate> {
    let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    texts.into_iter().for_each(|text| *counts.entry(text).or_default() += 1);
    counts.into_iter().map(|(text, count)| Candidate::new(text, processes(count))).collect()
}

fn processes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "process" } else { "processes" })
}

//! [`Plan`] → [`Matches`]: every candidate is looked at, as cheaply as the tests allow.

use std::thread;

use rustix::process::{Resource, getrlimit};

use crate::error::Error;
use crate::plan::{Candidates, Plan};
use crate::proc::{Fact, Facts, ProcDir, Process, Unknown, unreadable};
use crate::request::Pid;
use crate::select::{NoAnswer, Predicate, pick};
use crate::view::{View, view};

/// With fewer processes than this, a second thread costs more to start than it saves.
const MANY: usize = 256;

/// What each thread of a walk may take of the descriptors: its own /proc and one file, and as much again for those
/// that were open before.
const DESCRIPTORS_PER_THREAD: u64 = 4;

/// A process that was selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its process ID, or the thread's ID where threads were asked for.
    pub pid: Pid,
    /// When it started, in clock ticks since boot; read where that is part of the question.
    pub start_time: Option<u64>,
    /// What is seen of it.
    pub view: View,
}

/// What a scan has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Who was selected, in ascending order of process ID.
    pub found: Vec<Match>,
    /// How many others may be meant too: the kernel does not tell us what decides ([`Unknown::Denied`]).
    pub undecided: usize,
}

/// Look at the candidates.
pub fn scan(plan: &Plan) -> Result<Matches, Error> {
    let Seen { mut found, undecided } = match &plan.candidates {
        Candidates::Listed(pids) => {
            let proc = ProcDir::named()?;
            let mut look = Look::new(plan, &proc);
            for &pid in pids {
                look.process.look_at(pid);
                match is_there(plan, &mut look.process) {
                    Ok(true) => look.examine()?,
                    Ok(false) => {}
                    Err(why) => unknown(pid, why)?,
                }
            }
            look.seen
        }
        Candidates::All | Candidates::Threads => walk(plan)?,
    };
    found.sort_by_key(|(process, _)| *process); // stable: threads stay in the kernel's order
    let found = found.into_iter().map(|(_, found)| found).collect();
    let found = pick(plan.pick, found, |m: &Match| (m.start_time.unwrap_or_default(), m.pid));
    Ok(Matches { found, undecided })
}

/// Whether a listed ID is that of a process. The start time is read first: it is all that a process which is named by
/// its ID differs in from a successor.
fn is_there(plan: &Plan, process: &mut Process<'_>) -> Fact<bool> {
    if plan.start_time_counts {
        process.start_time()?;
    }
    process.is_process()
}

/// All processes, by as many threads as there are CPUs for us and parts of the list. Each takes the next part as soon
/// as it is done with one, so that none waits for another.
fn walk(plan: &Plan) -> Result<Seen, Error> {
    let proc = ProcDir::open()?;
    let mut first = vec![];
    while first.len() < MANY && proc.next_processes(&mut first)? {}
    let most = if first.len() < MANY { 1 } else { most_threads() };
    thread::scope(|scope| {
        let mut helpers = vec![];
        let mut part = vec![];
        while helpers.len() + 1 < most && proc.next_processes(&mut part)? {
            let (proc, part) = (&proc, std::mem::take(&mut part));
            let theirs = part.clone();
            let help = move || look_at_all(plan, proc, &ProcDir::open()?, theirs);
            match thread::Builder::new().spawn_scoped(scope, help) {
                Ok(helper) => helpers.push(helper),
                Err(_) => {
                    first.extend(part); // with fewer threads, it only takes longer
                    break;
                }
            }
        }
        let mut seen = look_at_all(plan, &proc, &proc, first)?;
        for helper in helpers {
            let mut theirs = helper.join().expect("a helper does not panic")?;
            seen.found.append(&mut theirs.found);
            seen.undecided += theirs.undecided;
        }
        Ok(seen)
    })
}

/// As many as there are CPUs for us and descriptors to look through.
fn most_threads() -> usize {
    let cpus = thread::available_parallelism().map_or(1, |n| n.get());
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    cpus.min((descriptors / DESCRIPTORS_PER_THREAD).try_into().unwrap_or(usize::MAX)).max(1)
}

/// These processes and then what is left of the walk. Looking through a descriptor of one's own saves threads
/// from counting the users of a shared one.
fn look_at_all(plan: &Plan, walk: &ProcDir, proc: &ProcDir, mut pids: Vec<Pid>) -> Result<Seen, Error> {
    let mut look = Look::new(plan, proc);
    loop {
        for &pid in &pids {
            look.at(pid)?;
        }
        pids.clear();
        if !walk.next_processes(&mut pids)? {
            return Ok(look.seen);
        }
    }
}

/// What one thread has seen.
#[derive(Default)]
struct Seen {
    /// Each with the process that it is or belongs to.
    found: Vec<(Pid, Match)>,
    undecided: usize,
}

/// One thread's work.
struct Look<'p> {
    plan: &'p Plan,
    /// A copy: patterns are faster when threads share nothing.
    predicate: Predicate,
    proc: &'p ProcDir,
    process: Process<'p>,
    seen: Seen,
}

impl<'p> Look<'p> {
    fn new(plan: &'p Plan, proc: &'p ProcDir) -> Self {
        Look {
            plan,
            predicate: plan.predicate.clone(),
            proc,
            process: Process::new(proc),
            seen: Seen::default(),
        }
    }

    fn at(&mut self, pid: Pid) -> Result<(), Error> {
        if self.plan.candidates != Candidates::Threads {
            self.process.look_at(pid);
            return self.examine();
        }
        match self.proc.threads(pid) {
            Err(why) => unknown(pid, why),
            Ok(threads) => threads.into_iter().try_for_each(|thread| {
                self.process.look_at_thread(pid, thread);
                self.examine()
            }),
        }
    }

    /// Keep the process if the predicate admits it and it has not gone before all that is needed of it was read.
    fn examine(&mut self) -> Result<(), Error> {
        let process = &mut self.process;
        match self.predicate.admits(process) {
            Ok(true) => match describe(self.plan, process) {
                Ok(found) => self.seen.found.push((process.thread_group(), found)),
                Err(why) => unknown(process.pid(), why)?,
            },
            Ok(false) => {}
            Err(NoAnswer::Unknown(Unknown::Denied)) => self.seen.undecided += 1,
            Err(NoAnswer::Unknown(why)) => unknown(process.pid(), why)?,
            Err(NoAnswer::Pattern(error)) => return Err(Error::usage(format!("regex error: {error}"))),
        }
        Ok(())
    }
}

/// That a process has gone is no matter; that we could not look is one, as it may have been meant.
fn unknown(pid: Pid, why: Unknown) -> Result<(), Error> {
    match why {
        Unknown::Gone | Unknown::Denied => Ok(()),
        Unknown::Unreadable(errno) => Err(unreadable(pid, errno)),
    }
}

fn describe(plan: &Plan, process: &mut Process<'_>) -> Fact<Match> {
    Ok(Match {
        pid: process.pid(),
        start_time: if plan.start_time_counts { Some(process.start_time()?) } else { None },
        view: view(plan.detail, process)?,
    })
}

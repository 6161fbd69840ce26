//! [`Plan`] → [`Matches`]: every candidate is looked at, as cheaply as the tests allow.

mod kin;

use crate::error::Error;
use crate::plan::{Candidates, Plan};
use crate::proc::{self, Facts, Lookup, LookupError, ProcDir, Process, Relation, unreadable};
use crate::request::Pid;
use crate::select::{MatchError, Predicate, Reason, pick};
use crate::view::{View, view};

/// A process that was selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its process ID, or the thread's ID where threads were asked for.
    pub pid: Pid,
    /// When it started, in clock ticks since boot; read where that is part of the question.
    pub start_time: Option<u64>,
    /// What is seen of it.
    pub view: View,
    /// Why it was.
    pub reason: Reason,
    /// Its process group; looked at where that is to be signalled.
    pub group: Option<Pid>,
}

/// What a scan has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Who was selected, in ascending order of process ID; where kin is selected too and something is done with it,
    /// parents come before their children.
    pub found: Vec<Match>,
    /// How many others may be meant too: the kernel does not tell us what decides ([`LookupError::Denied`]).
    pub undecided: usize,
    /// Whether somebody had gone before it could be looked at, perhaps not without a successor.
    pub vanished: bool,
}

/// Look at the candidates.
pub fn scan(plan: &Plan) -> Result<Matches, Error> {
    let ScanResult { mut found, undecided, relations, vanished } = match &plan.candidates {
        Candidates::Listed(pids) => {
            let proc = ProcDir::named()?;
            let mut look = Scanner::new(plan, &proc);
            for &pid in pids {
                look.process.select(pid);
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
    let found = match &plan.kin {
        None => found,
        Some(kin) => kin::add(plan, kin, found, relations)?,
    };
    Ok(Matches { found, undecided, vanished })
}

/// Whether a listed ID is that of a process. The start time is read first: it is all that a process which is named by
/// its ID differs in from a successor.
fn is_there(plan: &Plan, process: &mut Process<'_>) -> Lookup<bool> {
    if plan.verify_start_time {
        process.start_time()?;
    }
    process.is_process()
}

/// All processes.
fn walk(plan: &Plan) -> Result<ScanResult, Error> {
    let seen = proc::walk(|proc, pids| {
        let mut look = Scanner::new(plan, proc);
        for pid in pids {
            look.at(pid?)?;
        }
        Ok(look.seen)
    })?;
    Ok(seen.into_iter().fold(ScanResult::default(), ScanResult::and))
}

/// What one thread has seen.
#[derive(Default)]
struct ScanResult {
    /// Each with the process that it is or belongs to.
    found: Vec<(Pid, Match)>,
    undecided: usize,
    /// Of all processes, where kin is wanted.
    relations: Vec<Relation>,
    vanished: bool,
}

impl ScanResult {
    /// What two threads have seen.
    fn and(mut self, mut other: ScanResult) -> ScanResult {
        self.found.append(&mut other.found);
        self.relations.append(&mut other.relations);
        self.undecided += other.undecided;
        self.vanished |= other.vanished;
        self
    }
}

/// One thread's work.
struct Scanner<'p> {
    plan: &'p Plan,
    /// A copy: patterns are faster when threads share nothing.
    predicate: Predicate,
    proc: &'p ProcDir,
    process: Process<'p>,
    seen: ScanResult,
}

impl<'p> Scanner<'p> {
    fn new(plan: &'p Plan, proc: &'p ProcDir) -> Self {
        let process = Process::new(proc).with_parent_cache();
        Scanner { plan, predicate: plan.predicate.clone(), proc, process, seen: ScanResult::default() }
    }

    fn at(&mut self, pid: Pid) -> Result<(), Error> {
        if self.plan.candidates != Candidates::Threads {
            self.process.select(pid);
            self.examine()?;
            if self.plan.kin.is_some() {
                self.seen.relations.extend(self.process.relation());
            }
            return Ok(());
        }
        match self.proc.threads(pid) {
            Err(why) => unknown(pid, why),
            Ok(threads) => threads.into_iter().try_for_each(|thread| {
                self.process.select_thread(pid, thread);
                self.examine()
            }),
        }
    }

    /// Keep the process if the predicate matches it and it has not gone before all that is needed of it was read.
    fn examine(&mut self) -> Result<(), Error> {
        let process = &mut self.process;
        match self.predicate.matches(process) {
            Ok(true) => match describe(self.plan, process) {
                Ok(found) => self.seen.found.push((process.thread_group(), found)),
                Err(why) => self.has_vanished(why)?,
            },
            Ok(false) => {}
            Err(MatchError::Lookup(LookupError::Denied)) => self.seen.undecided += 1,
            Err(MatchError::Lookup(why)) => self.has_vanished(why)?,
            Err(MatchError::Pattern(error)) => return Err(Error::usage(format!("regex error: {error}"))),
        }
        Ok(())
    }

    fn has_vanished(&mut self, why: LookupError) -> Result<(), Error> {
        self.seen.vanished = true;
        unknown(self.process.pid(), why)
    }
}

/// That a process has gone is no matter; that we could not look is one, as it may have been meant.
fn unknown(pid: Pid, why: LookupError) -> Result<(), Error> {
    match why {
        LookupError::Gone | LookupError::Denied => Ok(()),
        LookupError::Io(errno) => Err(unreadable(pid, errno)),
    }
}

fn describe(plan: &Plan, process: &mut Process<'_>) -> Lookup<Match> {
    Ok(Match {
        pid: process.pid(),
        start_time: if plan.verify_start_time { Some(process.start_time()?) } else { None },
        view: view(plan.detail, process)?,
        reason: Reason::Matched,
        group: None,
    })
}

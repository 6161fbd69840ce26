//! [`Plan`] → [`Matches`]: every candidate is examined, as cheaply as the tests allow.

mod expansion;
mod matches;
mod notes;

pub(crate) use matches::{Match, Matches};
pub(crate) use notes::Notes;

use crate::error::Error;
use crate::plan::{Candidates, Plan};
use crate::proc::{self, Facts, Lookup, LookupError, ProcDir, Process, Relation, Socket};
use crate::request::Pid;
use crate::select::{MatchError, Predicate, pick};
use crate::view::{TRIES, is_of_one_program};
use matches::unknown;

/// Examine the candidates, and read what the notes about the matches say.
pub(crate) fn scan(plan: &Plan) -> Result<Matches, Error> {
    let matches = rescan(plan)?;
    let notes = Notes::read(plan, matches.found.iter().map(|found| found.pid).collect())?;
    let foreign_sockets = matches.notes.foreign_sockets;
    Ok(Matches { notes: Notes { foreign_sockets, ..notes }, ..matches })
}

/// Examine the candidates once more, when the notes have been written.
pub(crate) fn rescan(plan: &Plan) -> Result<Matches, Error> {
    let ScanResult { mut found, undecided, relations, vanished, mut foreign_sockets } = match &plan.candidates
    {
        Candidates::Listed(pids) => {
            let proc = ProcDir::named()?;
            let mut scanner = Scanner::new(plan, &proc);
            for &pid in pids {
                scanner.process.select(pid);
                match is_there(plan, &mut scanner.process) {
                    Ok(true) => scanner.examine()?,
                    Ok(false) => {}
                    Err(why) => unknown(pid, why)?,
                }
            }
            scanner.seen
        }
        Candidates::All | Candidates::Threads => walk(plan)?,
    };
    found.sort_by_key(|(process, _)| *process); // stable: threads stay in the kernel's order
    let found = found.into_iter().map(|(_, found)| found).collect();
    let found = pick(plan.pick, found, |m: &Match| (m.start_time.unwrap_or_default(), m.pid));
    let found = match &plan.expansion {
        None => found,
        Some(expansion) => expansion::add(plan, expansion, found, relations)?,
    };
    foreign_sockets.sort_unstable_by_key(|&(pid, _)| pid);
    foreign_sockets.dedup_by_key(|&mut (pid, _)| pid); // found by thread under -w
    Ok(Matches { found, undecided, vanished, notes: Notes { foreign_sockets, ..Notes::default() } })
}

/// Whether a listed ID is that of a process. The start time is read first: nothing else tells a process that is named by
/// its ID from a successor.
fn is_there(plan: &Plan, process: &mut Process<'_>) -> Lookup<bool> {
    if plan.verify_start_time {
        process.start_time()?;
    }
    process.is_process()
}

/// All processes.
fn walk(plan: &Plan) -> Result<ScanResult, Error> {
    let seen = proc::walk(|proc, pids| {
        let mut scanner = Scanner::new(plan, proc);
        for pid in pids {
            scanner.at(pid?)?;
        }
        Ok(scanner.seen)
    })?;
    Ok(seen.into_iter().fold(ScanResult::default(), ScanResult::and))
}

/// What one thread has found.
#[derive(Default)]
struct ScanResult {
    /// Each with the process that it is or belongs to.
    found: Vec<(Pid, Match)>,
    undecided: usize,
    /// Of all processes, where descendants or group members are selected too.
    relations: Vec<Relation>,
    vanished: bool,
    /// Processes that are not selected because the socket that they hold is not their own.
    foreign_sockets: Vec<(Pid, Socket)>,
}

impl ScanResult {
    /// What two threads have found.
    fn and(mut self, mut other: ScanResult) -> ScanResult {
        self.found.append(&mut other.found);
        self.relations.append(&mut other.relations);
        self.foreign_sockets.append(&mut other.foreign_sockets);
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
            if self.plan.expansion.is_some() {
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

    /// Keep the process if the predicate matches it and all that is needed of it can be read.
    fn examine(&mut self) -> Result<(), Error> {
        match self.read_match() {
            Ok(Some(found)) => self.seen.found.push((self.process.thread_group(), found)),
            Ok(None) => {}
            Err(MatchError::Lookup(LookupError::Denied)) => self.seen.undecided += 1,
            Err(MatchError::ForeignSocket(socket)) => {
                self.seen.foreign_sockets.push((self.process.thread_group(), socket));
            }
            Err(MatchError::Lookup(why)) => self.has_vanished(why)?,
            Err(MatchError::Pattern(error)) => return Err(Error::usage(format!("regex error: {error}"))),
        }
        Ok(())
    }

    /// The process if it matches. What is read of it is of one program.
    fn read_match(&mut self) -> Result<Option<Match>, MatchError> {
        let process = &mut self.process;
        for _ in 1..TRIES {
            if !self.predicate.matches(process)? {
                return Ok(None);
            }
            let found = Match::read(self.plan, process).map_err(unless_denied)?;
            if is_of_one_program(self.plan.detail, process) != Ok(false) {
                return Ok(Some(found));
            }
            // Another name may also be that of a successor.
            let start_time = process.start_time()?;
            process.forget();
            if process.start_time()? != start_time {
                return Err(LookupError::Gone.into());
            }
        }
        match self.predicate.matches(process)? {
            true => Ok(Some(Match::read(self.plan, process).map_err(unless_denied)?)),
            false => Ok(None),
        }
    }

    fn has_vanished(&mut self, why: LookupError) -> Result<(), Error> {
        self.seen.vanished = true;
        unknown(self.process.pid(), why)
    }
}

/// What matches was examined: that something else of it cannot be read means that it has changed.
fn unless_denied(why: LookupError) -> LookupError {
    match why {
        LookupError::Denied => LookupError::Gone,
        why => why,
    }
}

//! [`Plan`] → [`Matches`]: every candidate is examined, as cheaply as the tests allow.

mod ancestors;
mod expansion;
mod matches;
mod notes;

pub(crate) use matches::{Match, Matches};
pub(crate) use notes::{MatchedAncestor, Notes};

use std::sync::Arc;

use crate::error::Error;
use crate::plan::{Candidates, Plan, Tokens};
use crate::proc::{
    self, Facts, Failure, Lookup, LookupError, ProcDir, Process, ReadTimeout, Relation, Share, Socket,
    Unread, UnreadBecause,
};
use crate::request::Pid;
use crate::select::{MatchError, Predicate, pick};
use crate::view::{TRIES, is_of_one_program};
use matches::{unknown, with_token};

/// Examine the candidates, and read what the notes about the matches need.
pub(crate) fn scan(plan: &Arc<Plan>) -> Result<Matches, Error> {
    let mut matches = rescan(plan, &mut || false)?;
    matches.notes.complete(plan, matches.found.iter().map(|found| found.pid).collect())?;
    Ok(matches)
}

/// Examine the candidates once more, when the notes have been written. Callers of this program are spared again. Where
/// that may take long, `is_over` is asked now and then whether to end it.
pub(crate) fn rescan(plan: &Arc<Plan>, is_over: &mut dyn FnMut() -> bool) -> Result<Matches, Error> {
    let (seen, interrupted) = match (&plan.read_timeout, &plan.candidates) {
        (Some(timeout), _) => walk_bounded(plan, timeout, is_over)?,
        (None, Candidates::Listed(pids)) => (examine_listed(plan, pids)?, false),
        (None, Candidates::All | Candidates::Threads) => (walk(plan)?, false),
    };
    let ScanResult { mut found, undecided, mut unread, relations, vanished, mut foreign_sockets } = seen;
    found.sort_by_key(|(process, _)| *process); // stable: threads stay in the kernel's order
    unread.sort_unstable();
    unread.dedup();
    let (ancestors, spared) = ancestors::spare_callers(plan, &mut found)?;
    let found = found.into_iter().map(|(_, found)| found).collect();
    let found = pick(plan.pick, found, |m: &Match| (m.start_time.unwrap_or_default(), m.pid));
    let found = match &plan.expansion {
        None => found,
        Some(expansion) => expansion::add(plan, expansion, found, relations)?,
    };
    foreign_sockets.sort_unstable_by_key(|&(pid, _)| pid);
    foreign_sockets.dedup_by_key(|&mut (pid, _)| pid); // found by thread under -w
    let notes = Notes { ancestors, spared, foreign_sockets, ..Notes::default() };
    Ok(Matches { found, undecided, unread, interrupted, vanished, notes })
}

fn examine_listed(plan: &Plan, pids: &[Pid]) -> Result<ScanResult, Error> {
    let proc = ProcDir::named()?;
    let mut scanner = Scanner::new(plan, &proc);
    for &pid in pids {
        scanner.listed(pid)?;
    }
    Ok(scanner.seen)
}

/// Whether a listed ID is that of a process. The start time is read first: nothing else distinguishes a process that is
/// named by its ID from a successor.
fn is_there(plan: &Plan, process: &mut Process<'_>) -> Lookup<bool> {
    if plan.verify_start_time {
        process.start_time()?;
    }
    process.is_process()
}

/// Examine the candidates where a process can hold up reads.
fn walk_bounded(
    plan: &Arc<Plan>,
    timeout: &Arc<ReadTimeout>,
    is_over: &mut dyn FnMut() -> bool,
) -> Result<(ScanResult, bool), Error> {
    let listed = match &plan.candidates {
        Candidates::Listed(pids) => Some(pids.clone()),
        Candidates::All | Candidates::Threads => None,
    };
    let is_listed = listed.is_some();
    let plan = Arc::clone(plan);
    let walked = proc::walk_bounded(timeout, listed, is_over, move |proc, share: &Share<ScanResult>| {
        let mut scanner = Scanner::new(&plan, proc);
        while let Some(pid) = share.next()? {
            if is_listed {
                scanner.listed(pid)?
            } else {
                scanner.at(pid)?
            }
            let seen = std::mem::take(&mut scanner.seen);
            if seen != ScanResult::default() {
                share.publish(seen);
            }
        }
        Ok(())
    })?;
    let seen = walked.results.into_iter().fold(ScanResult::default(), ScanResult::and);
    Ok((seen, walked.interrupted))
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
#[derive(Default, PartialEq, Eq)]
struct ScanResult {
    /// Each with the process that it is or belongs to.
    found: Vec<(Pid, Match)>,
    undecided: usize,
    unread: Vec<Unread>,
    /// Of all processes, where descendants or group members are selected too.
    relations: Vec<Relation>,
    vanished: bool,
    /// Processes that are not selected because the socket that they hold is not their own.
    foreign_sockets: Vec<(Pid, Socket)>,
}

impl ScanResult {
    /// Combine the results of two threads.
    fn and(mut self, mut other: ScanResult) -> ScanResult {
        self.found.append(&mut other.found);
        self.relations.append(&mut other.relations);
        self.foreign_sockets.append(&mut other.foreign_sockets);
        self.undecided += other.undecided;
        self.unread.append(&mut other.unread);
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

    /// Examine a process that was named by its ID.
    fn listed(&mut self, pid: Pid) -> Result<(), Error> {
        self.process.select(pid);
        match is_there(self.plan, &mut self.process) {
            Ok(true) => self.examine(),
            Ok(false) => Ok(()),
            Err(why) => self.undecided(why),
        }
    }

    /// Examine a process that /proc lists.
    fn at(&mut self, pid: Pid) -> Result<(), Error> {
        if self.plan.candidates != Candidates::Threads {
            self.process.select(pid);
            if self.plan.expansion.is_some() {
                self.seen.relations.extend(self.process.relation());
            }
            return self.examine();
        }
        match self.proc.threads(pid) {
            Err(why) => {
                self.process.select(pid);
                self.undecided(why)
            }
            Ok(threads) => threads.into_iter().try_for_each(|thread| {
                self.process.select_thread(pid, thread);
                self.examine()
            }),
        }
    }

    /// Keep the process if the predicate matches it and all that is needed of it can be read.
    fn examine(&mut self) -> Result<(), Error> {
        match self.read_match() {
            Ok(Some(found)) => {
                self.seen.found.push((self.process.thread_group(), found));
                let failure = self.process.failure();
                self.note(failure, UnreadBecause::Unseen);
            }
            Ok(None) => {}
            Err(MatchError::Lookup(LookupError::Gone)) => self.seen.vanished = true,
            Err(MatchError::ForeignSocket(socket)) => {
                self.seen.foreign_sockets.push((self.process.thread_group(), socket));
            }
            Err(MatchError::Lookup(why)) => self.undecided(why)?,
            Err(MatchError::Pattern(error)) => return Err(Error::usage(format!("regex error: {error}"))),
        }
        if self.process.is_cut() {
            self.seen.unread.push(Unread { pid: self.process.thread_group(), why: UnreadBecause::Cut });
        }
        Ok(())
    }

    /// The process if it matches.
    fn read_match(&mut self) -> Result<Option<Match>, MatchError> {
        let (plan, predicate) = (self.plan, &self.predicate);
        // A pidfd for its token is opened if it matches, and then it is asked again.
        if plan.tokens == Tokens::AtScan && !predicate.matches(&mut self.process)? {
            return Ok(None);
        }
        with_token(plan, &mut self.process, |process| read_match(plan, predicate, process))
    }

    /// Record that it is not known whether the process matches.
    fn undecided(&mut self, why: LookupError) -> Result<(), Error> {
        self.seen.undecided += usize::from(why.is_undecided());
        self.note(Some(why), UnreadBecause::Undecided);
        unknown(self.process.thread_group(), why)
    }

    fn note(&mut self, why: Option<LookupError>, because: fn(Failure) -> UnreadBecause) {
        let pid = self.process.thread_group();
        let failure = why.and_then(|why| Failure::new(self.plan.read_timeout.as_deref(), pid, why));
        self.seen.unread.extend(failure.map(|failure| Unread { pid, why: because(failure) }));
    }
}

/// The process if it matches. What is read of it is of one program.
fn read_match(
    plan: &Plan,
    predicate: &Predicate,
    process: &mut Process<'_>,
) -> Result<Option<Match>, MatchError> {
    for _ in 1..TRIES {
        if !predicate.matches(process)? {
            return Ok(None);
        }
        let found = Match::read(plan, process).map_err(unless_denied)?;
        let is_of_one_program = match &plan.columns {
            Some(columns) if columns.is_of_program() => process.is_still_named(),
            _ => is_of_one_program(plan.detail, process),
        };
        if is_of_one_program != Ok(false) {
            return Ok(Some(found));
        }
        // Another name may also be that of a successor.
        let start_time = process.start_time()?;
        process.forget();
        if process.start_time()? != start_time {
            return Err(LookupError::Gone.into());
        }
    }
    match predicate.matches(process)? {
        true => Ok(Some(Match::read(plan, process).map_err(unless_denied)?)),
        false => Ok(None),
    }
}

/// A match could be examined: if the rest of it must not be read, it has changed since.
fn unless_denied(why: LookupError) -> LookupError {
    match why {
        LookupError::Denied => LookupError::Gone,
        why => why,
    }
}

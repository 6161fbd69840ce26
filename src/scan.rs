//! [`Plan`] → [`Matches`]: every candidate is looked at, as cheaply as the tests allow.

use std::thread;

use crate::error::{Error, errno_text};
use crate::plan::{Candidates, Plan};
use crate::proc::{Fact, Facts, ProcDir, Process, Unknown};
use crate::request::Pid;
use crate::select::{NoAnswer, pick};
use crate::view::{View, view};

/// Below this many processes a second thread costs more to start than it saves.
const PER_THREAD: usize = 400;

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

/// Who was selected, in ascending order of process ID.
pub type Matches = Vec<Match>;

/// Look at the candidates.
pub fn scan(plan: &Plan) -> Result<Matches, Error> {
    let found = match &plan.candidates {
        Candidates::Listed(pids) => {
            let proc = ProcDir::named()?;
            let mut process = Process::new(&proc);
            let mut found = vec![];
            for &pid in pids {
                process.look_at(pid);
                if process.is_process() == Ok(true) {
                    examine(plan, &mut process, &mut found)?;
                }
            }
            found
        }
        Candidates::All | Candidates::Threads => walk(plan)?,
    };
    Ok(pick(plan.pick, found, |m| (m.start_time.unwrap_or_default(), m.pid)))
}

fn walk(plan: &Plan) -> Result<Matches, Error> {
    let proc = ProcDir::open()?;
    let pids = proc.processes()?;
    let threads = thread::available_parallelism().map_or(1, |n| n.get()).min(pids.len() / PER_THREAD).max(1);
    if threads == 1 {
        return look_at_each(plan, &proc, &pids);
    }
    let chunks = pids.chunks(pids.len().div_ceil(threads));
    thread::scope(|scope| {
        let look = |chunk| move || look_at_each(plan, &ProcDir::open()?, chunk);
        let workers: Vec<_> = chunks.map(|chunk| scope.spawn(look(chunk))).collect();
        let results = workers.into_iter().map(|worker| worker.join().expect("a worker does not panic"));
        results.collect::<Result<Vec<_>, _>>().map(|found| found.concat())
    })
}

fn look_at_each(plan: &Plan, proc: &ProcDir, pids: &[Pid]) -> Result<Matches, Error> {
    let mut process = Process::new(proc);
    let mut found = vec![];
    for &pid in pids {
        if plan.candidates == Candidates::Threads {
            match proc.threads(pid) {
                Err(why) => unknown(pid, why)?,
                Ok(threads) => {
                    for thread in threads {
                        process.look_at_thread(pid, thread);
                        examine(plan, &mut process, &mut found)?;
                    }
                }
            }
        } else {
            process.look_at(pid);
            examine(plan, &mut process, &mut found)?;
        }
    }
    Ok(found)
}

/// Keep the process if the predicate admits it and it has not gone before all that is needed of it was read.
fn examine(plan: &Plan, process: &mut Process<'_>, found: &mut Matches) -> Result<(), Error> {
    match plan.predicate.admits(process) {
        Ok(true) => match describe(plan, process) {
            Ok(found_now) => found.push(found_now),
            Err(why) => unknown(process.pid(), why)?,
        },
        Ok(false) => {}
        Err(NoAnswer::Unknown(why)) => unknown(process.pid(), why)?,
        Err(NoAnswer::Pattern(error)) => return Err(Error::usage(format!("regex error: {error}"))),
    }
    Ok(())
}

/// That a process has gone is no matter; that we could not look is one, as it may have been meant.
fn unknown(pid: Pid, why: Unknown) -> Result<(), Error> {
    match why {
        Unknown::Gone => Ok(()),
        Unknown::Unreadable(errno) => {
            Err(Error::fatal(format!("cannot read /proc/{pid}: {}", errno_text(errno))))
        }
    }
}

fn describe(plan: &Plan, process: &mut Process<'_>) -> Fact<Match> {
    Ok(Match {
        pid: process.pid(),
        start_time: if plan.start_time_counts { Some(process.start_time()?) } else { None },
        view: view(plan.detail, process)?,
    })
}

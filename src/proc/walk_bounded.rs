//! A walk by threads that can be abandoned.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::ProcDir;
use super::bounded::{self, Observation, ReadTimeout, Reads, TICK, Watch, Worker, lock};
use super::walk::{MANY, most_threads, threads_for_descriptors};
use crate::error::Error;
use crate::request::Pid;
use crate::sys;

/// How many threads there may be in all, at work or stuck, if descriptors last.
const WORKERS_MAX: usize = 1024;

/// What a walk has found.
pub(crate) struct Walked<T> {
    /// In no order.
    pub results: Vec<T>,
    /// Whether it was ended before all processes were examined.
    pub interrupted: bool,
}

/// What the threads of a walk share.
struct Shared<T> {
    timeout: Arc<ReadTimeout>,
    source: Mutex<Source>,
    progress: Mutex<Progress<T>>,
    /// A thread has finished.
    changed: Condvar,
}

/// The processes that no thread has taken yet.
struct Source {
    /// The others that /proc lists.
    walk: Option<ProcDir>,
    left: VecDeque<Pid>,
}

struct Progress<T> {
    results: Vec<T>,
    error: Option<Error>,
    /// Threads that are at work and not abandoned.
    running: usize,
}

/// The processes that one thread has taken, and its results.
pub(crate) struct Share<T> {
    shared: Arc<Shared<T>>,
    worker: Arc<Worker>,
    /// The others take them back if this thread is slow.
    taken: Arc<Mutex<VecDeque<Pid>>>,
    is_at_work: bool,
}

impl<T> Share<T> {
    /// The next process, until all are taken.
    pub(crate) fn next(&self) -> Result<Option<Pid>, Error> {
        loop {
            if self.worker.is_abandoned() {
                return Ok(None);
            }
            if let Some(pid) = lock(&self.taken).pop_front() {
                return Ok(Some(pid));
            }
            let Some(part) = lock(&self.shared.source).take()? else { return Ok(None) };
            *lock(&self.taken) = part;
        }
    }

    /// Hand over the result for the last process. A result of an abandoned thread is dropped: another one examines that
    /// process.
    pub(crate) fn publish(&self, result: T) {
        let mut progress = lock(&self.shared.progress);
        if !self.worker.is_abandoned() {
            progress.results.push(result);
        }
    }

    fn finish(&mut self, result: Result<(), Error>) {
        self.is_at_work = false;
        let mut progress = lock(&self.shared.progress);
        if !self.worker.is_abandoned() {
            progress.running -= 1;
            progress.error = progress.error.take().or(result.err());
            self.shared.changed.notify_one();
        }
    }
}

impl<T> Drop for Share<T> {
    fn drop(&mut self) {
        // If the thread could not be started, it has nothing to finish.
        if self.is_at_work {
            self.finish(Err(Error::fatal("internal error: a thread of the scan panicked")));
        }
    }
}

impl Source {
    fn take(&mut self) -> Result<Option<VecDeque<Pid>>, Error> {
        if !self.left.is_empty() {
            return Ok(Some(std::mem::take(&mut self.left)));
        }
        let Some(walk) = &self.walk else { return Ok(None) };
        let mut part = vec![];
        if walk.next_processes(&mut part)? {
            return Ok(Some(part.into()));
        }
        self.walk = None;
        Ok(None)
    }

    fn is_empty(&self) -> bool {
        self.walk.is_none() && self.left.is_empty()
    }
}

/// Examine all processes, or those that are listed, by as many threads as [`super::walk()`]. If a read of a
/// process takes longer than the timeout, the process is examined again, without such reads. The walk ends when
/// `is_over`, which is called now and then, returns true.
pub(crate) fn walk_bounded<T: Send + 'static>(
    timeout: &Arc<ReadTimeout>,
    listed: Option<Vec<Pid>>,
    is_over: &mut dyn FnMut() -> bool,
    examine: impl Fn(&ProcDir, &Share<T>) -> Result<(), Error> + Send + Sync + 'static,
) -> Result<Walked<T>, Error> {
    let mut source = Source { walk: None, left: VecDeque::new() };
    let mut workers = 1;
    match listed {
        Some(listed) => source.left.extend(listed),
        None => {
            let proc = ProcDir::open()?;
            let mut first = vec![];
            while first.len() < MANY && proc.next_processes(&mut first)? {}
            workers = if first.len() < MANY { 1 } else { most_threads() };
            source = Source { walk: Some(proc), left: first.into() };
        }
    }
    let progress = Progress { results: vec![], error: None, running: 0 };
    let shared = Arc::new(Shared {
        timeout: Arc::clone(timeout),
        source: Mutex::new(source),
        progress: Mutex::new(progress),
        changed: Condvar::new(),
    });
    let mut crew = Crew { shared, examine: Arc::new(examine), members: vec![], abandoned: 0 };
    for _ in 0..workers {
        if !crew.grow() {
            break; // with fewer threads, it only takes longer
        }
    }
    if crew.members.is_empty() {
        // No thread can be started: walk without a limit.
        crew.work(Reads::Unbounded);
    }
    crew.supervise(is_over)
}

/// The threads that work off a walk.
struct Crew<T, E> {
    shared: Arc<Shared<T>>,
    examine: Arc<E>,
    members: Vec<Member>,
    /// Each still holds its descriptors.
    abandoned: usize,
}

struct Member {
    watch: Watch,
    taken: Arc<Mutex<VecDeque<Pid>>>,
}

impl<T: Send + 'static, E: Fn(&ProcDir, &Share<T>) -> Result<(), Error> + Send + Sync + 'static> Crew<T, E> {
    /// One thread more; false if none can be started.
    fn grow(&mut self) -> bool {
        let all = self.members.len() + self.abandoned;
        if all >= threads_for_descriptors() {
            sys::raise_descriptor_limit();
        }
        if all >= threads_for_descriptors().min(WORKERS_MAX) {
            return false;
        }
        let mut share = self.share();
        let member = Member { watch: Watch::new(Arc::clone(&share.worker)), taken: Arc::clone(&share.taken) };
        let examine = Arc::clone(&self.examine);
        lock(&self.shared.progress).running += 1;
        let started = bounded::start(move || {
            share.is_at_work = true;
            share.worker.begin();
            let reads = Reads::Worker(Arc::clone(&share.worker));
            let result = ProcDir::open().and_then(|proc| examine(&proc.with_reads(reads), &share));
            share.finish(result);
        });
        match started {
            Ok(()) => self.members.push(member),
            Err(_) => lock(&self.shared.progress).running -= 1,
        }
        started.is_ok()
    }

    /// Work in this thread.
    fn work(&self, reads: Reads) {
        let mut share = self.share();
        share.is_at_work = true;
        lock(&self.shared.progress).running += 1;
        let result = ProcDir::open().and_then(|proc| (self.examine)(&proc.with_reads(reads), &share));
        share.finish(result);
    }

    fn share(&self) -> Share<T> {
        let worker = Worker::new(&self.shared.timeout);
        Share { shared: Arc::clone(&self.shared), worker, taken: Arc::default(), is_at_work: false }
    }

    /// Watch the threads until the walk is complete or over.
    fn supervise(mut self, is_over: &mut dyn FnMut() -> bool) -> Result<Walked<T>, Error> {
        let mut interrupted = false;
        while !interrupted {
            match self.shared.wait() {
                Event::Failed => break,
                Event::AllFinished if lock(&self.shared.source).is_empty() => break,
                // An abandoned thread has left something.
                Event::AllFinished => {
                    if !self.grow() {
                        self.work(Reads::Refused(Arc::clone(&self.shared.timeout)));
                    }
                }
                Event::OneFinished => {}
                Event::Tick => {
                    interrupted = is_over();
                    self.relieve();
                }
            }
        }
        let mut progress = lock(&self.shared.progress);
        self.members.iter().for_each(|member| member.watch.worker.abandon());
        let results = std::mem::take(&mut progress.results);
        progress.error.take().map_or(Ok(Walked { results, interrupted }), Err)
    }

    /// Take from threads that are slow what they have not begun, and abandon those that are stuck.
    fn relieve(&mut self) {
        let shared = &self.shared;
        let (mut missing, mut abandoned) = (0, 0);
        self.members.retain_mut(|member| {
            let observation = member.watch.observe();
            if observation == Observation::Works {
                return true;
            }
            lock(&shared.source).left.append(&mut lock(&member.taken));
            let Observation::IsStuck(pid, what) = observation else {
                // Threads that are as slow as this one are detected at the same time.
                missing += 2;
                return true;
            };
            let mut progress = lock(&shared.progress);
            if !member.watch.is_at_it() {
                return true;
            }
            member.watch.worker.abandon();
            progress.running -= 1;
            shared.timeout.give_up(pid, what);
            lock(&shared.source).left.push_back(pid);
            (missing, abandoned) = (missing + 1, abandoned + 1);
            false
        });
        self.abandoned += abandoned;
        for _ in 0..missing {
            if lock(&self.shared.source).is_empty() || !self.grow() {
                break;
            }
        }
    }
}

/// What has happened.
enum Event {
    /// A thread has failed.
    Failed,
    /// No thread is at work.
    AllFinished,
    /// A thread has finished, others are at work.
    OneFinished,
    /// Nothing.
    Tick,
}

impl<T> Shared<T> {
    /// Wait for an event for a tick.
    fn wait(&self) -> Event {
        let is_over = |progress: &Progress<T>| progress.error.is_some() || progress.running == 0;
        let mut progress = lock(&self.progress);
        let mut timed_out = false;
        if !is_over(&progress) {
            let waited = self.changed.wait_timeout(progress, TICK).unwrap_or_else(PoisonError::into_inner);
            (progress, timed_out) = (waited.0, waited.1.timed_out());
        }
        match &*progress {
            Progress { error: Some(_), .. } => Event::Failed,
            Progress { running: 0, .. } => Event::AllFinished,
            _ if timed_out => Event::Tick,
            _ => Event::OneFinished,
        }
    }
}

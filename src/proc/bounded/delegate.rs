//! Single reads by a thread that is abandoned if the read does not return.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::thread;
use super::timeout::{ReadOf, ReadTimeout, lock};
use super::worker::{Observation, TICK, Watch, Worker};
use crate::request::Pid;

type Job = Box<dyn FnOnce() + Send>;

/// Reads on behalf of the threads that call it, one after the other.
pub(crate) struct Delegate {
    timeout: Arc<ReadTimeout>,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    worker: Arc<Worker>,
    jobs: Sender<Job>,
    spins: bool,
}

/// How long each side polls before it sleeps, where there is more than one CPU: waking a sleeper takes longer than a
/// read.
const SPIN: Duration = Duration::from_micros(50);

impl Delegate {
    /// Its thread is started with the first read.
    pub(crate) fn new(timeout: &Arc<ReadTimeout>) -> Self {
        Delegate { timeout: Arc::clone(timeout), thread: Mutex::default() }
    }

    /// Read something of a process. ETIMEDOUT if that took too long, now or before.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        pid: Pid,
        what: ReadOf,
        read: impl FnOnce() -> Result<T, Errno> + Send + 'static,
    ) -> Result<T, Errno> {
        if self.timeout.is_unanswered(pid) {
            return Err(Errno::TIMEDOUT);
        }
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            *thread = Thread::start(&self.timeout).ok();
        }
        // No thread can be started: read without a limit.
        let Some(Thread { worker, jobs, spins }) = &*thread else { return read() };
        let (sender, receiver) = channel();
        let reader = Arc::clone(worker);
        let job: Job = Box::new(move || drop(sender.send(reader.attempt(pid, what, read))));
        if jobs.send(job).is_err() {
            *thread = None;
            return Err(Errno::TIMEDOUT);
        }
        let early = spin(*spins, || receiver.try_recv());
        let answer = early.or_else(|| wait(&receiver, Watch::new(Arc::clone(worker))));
        if answer.is_none() {
            self.timeout.give_up(pid, what);
            *thread = None;
        }
        answer.unwrap_or(Err(Errno::TIMEDOUT))
    }
}

/// What arrives within [`SPIN`].
fn spin<T>(spins: bool, attempt: impl Fn() -> Result<T, TryRecvError>) -> Option<T> {
    let until = Instant::now() + SPIN;
    loop {
        match attempt() {
            Ok(received) => return Some(received),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if !spins || Instant::now() >= until => return None,
            Err(TryRecvError::Empty) => std::hint::spin_loop(),
        }
    }
}

/// None if the read is stuck.
fn wait<T>(answer: &Receiver<Result<T, Errno>>, mut watch: Watch) -> Option<Result<T, Errno>> {
    loop {
        match answer.recv_timeout(TICK) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                if let Observation::IsStuck(..) = watch.observe() {
                    return None;
                }
            }
        }
    }
}

impl Thread {
    fn start(timeout: &Arc<ReadTimeout>) -> std::io::Result<Thread> {
        let worker = Worker::new(timeout);
        let (jobs, receiver) = channel::<Job>();
        let own = Arc::clone(&worker);
        let spins = available_parallelism().is_ok_and(|cpus| cpus.get() > 1);
        thread::start(move || {
            own.begin();
            // Until the delegate is dropped, or has abandoned this thread.
            while let Some(job) = spin(spins, || receiver.try_recv()).or_else(|| receiver.recv().ok()) {
                job();
            }
        })?;
        Ok(Thread { worker, jobs, spins })
    }
}

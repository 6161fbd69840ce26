//! One process in full, for the output and for the effect of a signal.

use super::{Facts, Lookup, LookupError, Process};
use crate::request::Pid;

/// What a description holds besides the identity of the process: only what is printed is read and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// Whether the arguments are.
    pub arguments: bool,
    /// Whether the state and the masks are those of all threads together, by which the effect of a signal is predicted. If
    /// not, they are those of the main thread: reading the files of 10,000 threads for each of them takes a minute.
    pub all_threads: bool,
}

/// What is reported about a process, and what decides the effect of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// The process ID, or the thread ID where threads are examined.
    pub pid: Pid,
    pub parent: Pid,
    /// The session ID; 0 if the session leader is outside of our PID namespace.
    pub session: Pid,
    pub real_uid: u32,
    pub effective_uid: u32,
    pub saved_uid: u32,
    /// The name, at most 15 bytes except for kernel workers.
    pub name: Vec<u8>,
    /// The arguments, each ended by a NUL. None if they were not read, or cannot be.
    pub arguments: Option<Vec<u8>>,
    /// When it started, in clock ticks since boot.
    pub start_time: u64,
    /// The state letter of proc_pid_stat(5): the main thread's, or another's if that one has exited before the others.
    pub state: u8,
    /// Whether it is a thread of the kernel.
    pub is_kernel_thread: bool,
    /// Its process IDs, from our PID namespace down to its own.
    pub namespace_pids: Vec<Pid>,
    /// The signals that every one of its living threads blocks, signal N as bit N-1.
    pub blocked: u64,
    /// The signals that its main thread blocks or, if it has exited, blocked.
    pub blocked_by_main: u64,
    /// The signals that no living thread can take now: it blocks them, or is stopped (state T) or in a ptrace stop (t).
    pub undeliverable: u64,
    pub ignored: u64,
    /// The signals that it has handlers for.
    pub caught: u64,
}

impl Process<'_> {
    /// Read what is reported about the process.
    pub(crate) fn describe(&mut self, what: Described) -> Lookup<Description> {
        let stat = self.stat()?;
        let name = self.name()?.to_vec();
        let arguments = if what.arguments { Some(self.arguments()) } else { None };
        let arguments = match arguments {
            // They are only shown; whether the process is selected is decided.
            Some(Err(why)) if why.is_undecided() => None,
            all => all.transpose()?.map(<[u8]>::to_vec),
        };
        let (state, blocked, undeliverable) = match what.all_threads {
            true => self.as_a_whole()?,
            false => of_thread(stat.state, self.status()?.blocked),
        };
        let pid = self.pid();
        let status = self.status()?;
        Ok(Description {
            pid,
            parent: stat.parent,
            session: stat.session,
            real_uid: status.real_uid,
            effective_uid: status.effective_uid,
            saved_uid: status.saved_uid,
            name,
            arguments,
            start_time: stat.start_time,
            state,
            is_kernel_thread: stat.is_kernel_thread(),
            namespace_pids: status.namespace_pids.clone(),
            blocked,
            blocked_by_main: status.blocked,
            undeliverable,
            ignored: status.ignored,
            caught: status.caught,
        })
    }

    /// The state, the blocked and the undeliverable signals that decide: a signal to the process goes to any living
    /// thread that does not block it (signal(7)) and is not stopped (`wants_signal`, kernel/signal.c).
    fn as_a_whole(&mut self) -> Lookup<(u8, u64, u64)> {
        let is_thread = self.is_thread();
        let main_state = self.stat()?.state;
        let main = self.status()?;
        let main_facts = of_thread(main_state, main.blocked);
        let mut decisive = is_alive(main_state).then_some(main_facts);
        // A thread is listed for itself: to read all threads for each of them would take quadratic time.
        if is_thread || main.threads <= 1 || matches!(decisive, Some((state, 0, _)) if state != b't') {
            return Ok(main_facts);
        }
        let mut thread = Process::new(self.dir());
        for id in self.dir().threads(self.pid())? {
            thread.select_thread(self.pid(), id);
            let read = thread.stat().and_then(|stat| Ok(of_thread(stat.state, thread.status()?.blocked)));
            match (read, &mut decisive) {
                (Ok((state, ..)), _) if !is_alive(state) => {}
                (Ok((_, blocked, undeliverable)), Some(decisive)) => {
                    decisive.1 &= blocked;
                    decisive.2 &= undeliverable;
                }
                (Ok(first), None) => decisive = Some(first),
                (Err(LookupError::Gone | LookupError::Denied), _) => {}
                (Err(why), _) => return Err(why),
            }
        }
        Ok(decisive.unwrap_or((main_state, 0, 0)))
    }
}

/// The state, the blocked and the undeliverable signals of one thread.
fn of_thread(state: u8, blocked: u64) -> (u8, u64, u64) {
    (state, blocked, if matches!(state, b'T' | b't') { !0 } else { blocked })
}

fn is_alive(state: u8) -> bool {
    !matches!(state, b'Z' | b'X' | b'x')
}

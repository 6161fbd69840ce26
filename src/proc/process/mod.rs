//! One process, read lazily: a file is read when it is first needed, and only once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use nix::unistd;
use rustix::fs::{self, AtFlags};
use rustix::io::Errno;
use rustix::path::DecInt;
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

mod displayed;
mod exec;
mod facts;
mod read;
mod shown;
mod start;

use displayed::Displayed;

use super::lineage::{self, Lineage, Relation};
use super::sockets::OpenSockets;
use super::stat::Stat;
use super::status::Status;
use super::user_namespace::root_of_map;
use super::{Facts, Link, Lookup, LookupError, ProcDir};
use crate::request::Pid;
use crate::sys::{PidfdInfo, pidfd_info};

/// The kernel cuts names at 15 bytes (`TASK_COMM_LEN` less the NUL, linux/sched.h), except those of its own workers.
pub(crate) const NAME_MAX: usize = 15;

/// As much of a process's arguments, and of its environment, as is read: more than execve(2) accepts of both together
/// since Linux 4.13 (`_STK_LIM / 4 * 3`, fs/exec.c). A process can claim any part of its address space to be one of
/// them (PR_SET_MM(2const)).
pub(crate) const MEMORY_MAX: usize = 6 << 20;

/// Buffers that have grown beyond this are not kept.
const LARGE: usize = 128 << 10;

/// The process that is examined now. Its buffers serve the next one too, so a scan allocates nothing per process.
pub(crate) struct Process<'p> {
    proc: &'p ProcDir,
    pid: Pid,
    thread_group: Pid,
    /// Whether a thread is examined, be it the main one, and not the process.
    is_thread: bool,
    /// Its ancestors, read when they are first needed.
    ancestors: Option<Box<Ancestors<'p>>>,
    remembers_parents: bool,
    /// `/proc/PID/` or `/proc/PID/task/TID/`, and room for a file name after it.
    path: Vec<u8>,
    dir_len: usize,
    scratch: Vec<u8>,
    owner: Option<u32>,
    info: Option<PidfdInfo>,
    /// Whether the kernel may report it: no attempt has failed yet.
    has_info: bool,
    stat: Option<Stat>,
    status: Option<Status>,
    executable: Option<Option<Link>>,
    name: Text,
    full_name: Text,
    arguments: Text,
    command_line: Text,
    displayed: Displayed,
    environment: Text,
    cgroups: Text,
    sockets: OpenSockets,
    /// Why its arguments, environment or a file could not be read although it exists.
    failure: Option<LookupError>,
    /// Whether its arguments or environment are longer than [`MEMORY_MAX`].
    is_cut: bool,
    exec_patience: exec::Patience,
}

/// The ancestors of the processes that are examined one after the other.
struct Ancestors<'p> {
    lineage: Lineage,
    /// Reads one of them.
    process: Process<'p>,
    /// Whether the process, or an ancestor of it, is what [`Facts::has_ancestor`] asks for.
    like_this: HashMap<Pid, LikeThis>,
    /// In rechecks: when to forget that.
    until: Option<Instant>,
}

#[derive(Clone, Copy)]
struct LikeThis {
    answer: bool,
    /// Of the process; compared in rechecks.
    start_time: u64,
}

/// How long rechecks remember what they found of ancestors, at least. A long chain takes longer to read than this, so
/// what was read of its top is that old anyway when the process is signalled.
const MEMORY_TIME: Duration = Duration::from_millis(50);

/// And at least this many times as long as it took to find out, so that reading again costs a fraction.
const MEMORY_FACTOR: u32 = 8;

impl lineage::Parents for Process<'_> {
    fn parent(&mut self, pid: Pid) -> Lookup<Pid> {
        self.select(pid);
        Facts::parent(self)
    }

    fn start_time_and_parent(&mut self, pid: Pid) -> Lookup<(u64, Pid)> {
        self.select(pid);
        let stat = self.stat()?;
        Ok((stat.start_time, stat.parent))
    }
}

/// Bytes that were read once.
#[derive(Default)]
struct Text {
    known: bool,
    bytes: Vec<u8>,
}

impl<'p> Process<'p> {
    /// No process is selected yet.
    pub(crate) fn new(proc: &'p ProcDir) -> Self {
        Process {
            proc,
            pid: 0,
            thread_group: 0,
            is_thread: false,
            ancestors: None,
            remembers_parents: false,
            path: Vec::with_capacity(64),
            dir_len: 0,
            scratch: Vec::new(),
            owner: None,
            info: None,
            has_info: true,
            stat: None,
            status: None,
            executable: None,
            name: Text::default(),
            full_name: Text::default(),
            arguments: Text::default(),
            command_line: Text::default(),
            displayed: Displayed::default(),
            environment: Text::default(),
            cgroups: Text::default(),
            sockets: OpenSockets::default(),
            failure: None,
            is_cut: false,
            exec_patience: exec::Patience::default(),
        }
    }

    /// For a scan: what is read of ancestors is read once, and has to be rechecked.
    pub(crate) fn with_parent_cache(mut self) -> Self {
        self.remembers_parents = true;
        self
    }

    /// All of it from one file.
    pub(crate) fn relation(&mut self) -> Lookup<Relation> {
        let stat = self.stat()?;
        Ok(Relation {
            pid: self.thread_group(),
            parent: stat.parent,
            group: stat.process_group,
            start_time: stat.start_time,
            run_state: stat.run_state(),
        })
    }

    fn ancestors(&mut self) -> &mut Ancestors<'p> {
        let (proc, once) = (self.proc, self.remembers_parents);
        self.ancestors.get_or_insert_with(|| {
            let (lineage, process) = (Lineage::new(once), Process::new(proc));
            Box::new(Ancestors { lineage, process, like_this: HashMap::new(), until: None })
        })
    }

    /// Forget what is known and examine this process. Whether it exists shows with the first fact.
    pub(crate) fn select(&mut self, pid: Pid) {
        self.reset(pid, pid);
        self.path.clear();
        self.path.extend_from_slice(self.proc.prefix());
        self.enter(pid);
    }

    /// The same for one of its threads.
    pub(crate) fn select_thread(&mut self, pid: Pid, thread: Pid) {
        self.select(pid);
        self.reset(thread, pid);
        self.is_thread = true;
        self.path.extend_from_slice(b"task/");
        self.enter(thread);
    }

    /// Forget what is known of the same process.
    pub(crate) fn forget(&mut self) {
        self.reset(self.pid, self.thread_group);
    }

    /// Whether its name is what was read before. If not, it may have executed another program (execve(2)) meanwhile,
    /// and what else was read is no longer of one program.
    pub(crate) fn is_still_named(&mut self) -> Lookup<bool> {
        if !self.name.known {
            return Ok(true);
        }
        let mut name = std::mem::take(&mut self.scratch);
        let result = self.read("comm", &mut name);
        let is_same = name == self.name.bytes;
        self.scratch = name;
        result?;
        Ok(is_same)
    }

    fn enter(&mut self, directory: Pid) {
        self.path.extend_from_slice(DecInt::new(directory).as_bytes());
        self.path.push(b'/');
        self.dir_len = self.path.len();
    }

    fn reset(&mut self, pid: Pid, thread_group: Pid) {
        self.pid = pid;
        self.thread_group = thread_group;
        self.is_thread = false;
        self.owner = None;
        self.info = None;
        self.stat = None;
        self.status = None;
        self.sockets.known = false;
        self.executable = None;
        self.failure = None;
        self.is_cut = false;
        self.displayed.forget(LARGE);
        for text in [
            &mut self.name,
            &mut self.full_name,
            &mut self.arguments,
            &mut self.command_line,
            &mut self.environment,
            &mut self.cgroups,
        ] {
            text.known = false;
            // The memory that one process needed is not kept for the others.
            text.bytes.clear();
            text.bytes.shrink_to(LARGE);
        }
    }

    /// Why something of it could not be read that another process, or it itself, can hold up or make fail.
    pub(crate) fn failure(&self) -> Option<LookupError> {
        self.failure
    }

    /// Whether its arguments or environment are longer than what was read.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether one thread is examined, and not the process.
    pub(crate) fn is_thread(&self) -> bool {
        self.is_thread
    }

    /// Whether the ID is that of a process. /proc/TID exists for every thread, although no listing shows it.
    pub(crate) fn is_process(&mut self) -> Lookup<bool> {
        let pid = self.pid;
        Ok(self.status()?.thread_group == pid)
    }

    /// Whether a thread of it may still run, and fork: not all have stopped or exited.
    pub(crate) fn may_run(&mut self) -> Lookup<bool> {
        let runs = |stat: Stat| !stat.thread_has_exited() && !stat.thread_has_stopped();
        let main = self.stat()?;
        Ok(runs(main) || main.threads > 1 && self.has_thread(runs)?)
    }

    /// Whether a signal has stopped it (state T). Such a stop is one of the whole process, so one thread is enough: the
    /// main thread, or another where the main thread has exited or is in a ptrace stop (state t). A process in ptrace
    /// stops alone is not stopped by a signal: CONT does not continue it.
    pub(crate) fn is_stopped(&mut self) -> Lookup<bool> {
        let is_stopped = |stat: Stat| stat.state == b'T';
        let main = self.stat()?;
        let others_decide = main.threads > 1 && (main.thread_has_exited() || main.state == b't');
        Ok(is_stopped(main) || others_decide && self.has_thread(is_stopped)?)
    }

    /// Whether its main thread is exiting or has exited.
    pub(crate) fn is_exiting(&mut self) -> Lookup<bool> {
        Ok(self.stat()?.is_exiting())
    }

    fn has_thread(&self, is_like_this: impl Fn(Stat) -> bool) -> Lookup<bool> {
        let mut thread = Process::new(self.dir());
        let ids = self.dir().threads(self.pid)?;
        Ok(ids.into_iter().any(|id| {
            thread.select_thread(self.pid, id);
            thread.stat().is_ok_and(&is_like_this)
        }))
    }

    /// The signals that it ignores, signal N as bit N-1.
    pub(crate) fn ignored_signals(&mut self) -> Lookup<u64> {
        Ok(self.status()?.ignored)
    }

    /// Where the files of processes are found.
    pub(crate) fn dir(&self) -> &'p ProcDir {
        self.proc
    }

    /// The path of one of its files.
    pub(super) fn file(&mut self, name: &str) -> &[u8] {
        self.path.truncate(self.dir_len);
        self.path.extend_from_slice(name.as_bytes());
        &self.path
    }

    fn resident_pages(&mut self) -> Lookup<u64> {
        self.pages(1)
    }

    /// A field of proc_pid_statm(5), counted from 0.
    fn pages(&mut self, field: usize) -> Lookup<u64> {
        self.parsed("statm", |text| {
            let text = std::str::from_utf8(text).ok()?;
            text.split_ascii_whitespace().nth(field)?.parse().ok()
        })
    }

    /// The UID that is root in its user namespace. None if root is not mapped there.
    fn root_of_user_namespace(&mut self) -> Lookup<Option<u32>> {
        self.parsed("uid_map", |text| Some(root_of_map(text)))
    }

    /// The answer of another thread, to be asked for where the process has none itself: the files of a process are
    /// those of its main thread, and empty or missing where that has exited before the others. None if it has not.
    pub(super) fn of_another_thread<T>(
        &mut self,
        read: impl Fn(&mut Process<'p>) -> Lookup<Option<T>>,
    ) -> Lookup<Option<T>> {
        if self.is_thread || !self.main_thread_has_exited()? {
            return Ok(None);
        }
        let mut thread = Process::new(self.proc);
        for id in self.proc.threads(self.pid)? {
            thread.select_thread(self.pid, id);
            match read(&mut thread) {
                Ok(None) | Err(LookupError::Gone) => {}
                answer => return answer,
            }
        }
        Ok(None)
    }

    /// Whether the main thread has exited and others have not. Most often one system call: its directory `task` has
    /// a link for each thread (`proc_task_getattr`, fs/proc/base.c) besides the two of every directory.
    fn main_thread_has_exited(&mut self) -> Lookup<bool> {
        if self.stat.is_none() {
            let base = self.proc;
            let tasks = fs::statat(base.base(), self.file("task"), AtFlags::empty())?;
            if tasks.st_nlink <= 3 {
                return Ok(false);
            }
        }
        let stat = self.stat()?;
        Ok(stat.thread_has_exited() && stat.threads > 1)
    }

    /// What the pidfd reports; None where only the files do: from older kernels, and about threads.
    fn info(&mut self) -> Lookup<Option<PidfdInfo>> {
        if self.info.is_none() && self.has_info && self.pid == self.thread_group {
            if !self.proc.same_pid_namespace() {
                self.has_info = false;
                return Ok(None);
            }
            let pid = RawPid::from_raw(self.pid).ok_or(LookupError::Gone)?;
            match pidfd_open(pid, PidfdFlags::empty()).and_then(pidfd_info) {
                Ok(info) => self.info = Some(info),
                Err(Errno::SRCH) => return Err(LookupError::Gone),
                // No such call (Linux 5.3), no such request (6.13), or a seccomp filter that knows neither.
                Err(_) => self.has_info = false,
            }
        }
        Ok(self.info)
    }

    /// The answer of a system call that takes the process ID, or the file's.
    fn by_syscall(
        &mut self,
        call: impl FnOnce(Option<unistd::Pid>) -> nix::Result<unistd::Pid>,
        file: impl FnOnce(Stat) -> Pid,
    ) -> Lookup<Pid> {
        if self.proc.same_pid_namespace() {
            // nix's calls, not rustix's: an ID outside of our PID namespace is 0, which rustix's type cannot hold.
            match call(Some(unistd::Pid::from_raw(self.pid))) {
                Ok(id) => return Ok(id.as_raw()),
                Err(nix::errno::Errno::ESRCH) => return Err(LookupError::Gone),
                Err(_) => {} // a security module's
            }
        }
        self.stat().map(file)
    }
}

/// A copy; None if there is nothing.
fn not_empty<T: Copy>(all: &[T]) -> Option<Vec<T>> {
    (!all.is_empty()).then(|| all.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The buffers still hold what was read before.
    #[test]
    fn nothing_is_known_of_a_process_that_has_exited() {
        let proc = ProcDir::named().expect("/proc");
        let mut process = Process::new(&proc);
        process.select(crate::proc::own_pid());
        assert!(process.start_time().is_ok() && process.is_process() == Ok(true) && process.name().is_ok());
        process.select(Pid::MAX); // beyond every pid_max
        for _ in 0..2 {
            assert_eq!(process.start_time(), Err(LookupError::Gone));
            assert_eq!(process.is_process(), Err(LookupError::Gone));
            assert_eq!(process.name(), Err(LookupError::Gone));
        }
    }
}

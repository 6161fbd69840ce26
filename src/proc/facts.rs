//! The facts about a process: the only interface to processes that the tests of [`crate::select`] have.

use std::sync::Arc;

use super::{FileId, Link};
use crate::request::{Namespace, Pid};
use rustix::io::Errno;

/// Why a fact cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// The process has exited, or is hidden (`hidepid` of proc(5)): nothing is known about it.
    Gone,
    /// The process exists, but access is denied: it belongs to another user, or may not be inspected
    /// (ptrace(2), "Ptrace access mode checking"). It may match.
    Denied,
    /// No answer came within the read timeout ([`super::ReadTimeout`]). It may match.
    TimedOut,
    /// The process exists, but this fact cannot be read: its cgroup, executable or working directory is on a file
    /// system with an error, for instance. It may match.
    Unreadable(Errno),
    /// Nothing could be read of any process, for instance because no descriptor was left for the file.
    Io(Errno),
}

impl LookupError {
    /// The kernel's error, for a message.
    pub(crate) fn errno(self) -> Errno {
        match self {
            LookupError::Gone => Errno::SRCH,
            LookupError::Denied => Errno::ACCESS,
            LookupError::TimedOut => Errno::TIMEDOUT,
            LookupError::Unreadable(errno) | LookupError::Io(errno) => errno,
        }
    }

    /// Whether the process exists and may match, but the fact that decides cannot be read.
    pub(crate) fn is_undecided(self) -> bool {
        matches!(self, LookupError::Denied | LookupError::TimedOut | LookupError::Unreadable(_))
    }
}

impl From<Errno> for LookupError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::SRCH | Errno::ACCESS | Errno::PERM => LookupError::Gone,
            Errno::MFILE | Errno::NFILE => LookupError::Io(errno),
            Errno::TIMEDOUT => LookupError::TimedOut,
            errno => LookupError::Unreadable(errno),
        }
    }
}

/// A fact about a process that may have exited by now.
pub(crate) type Lookup<T> = Result<T, LookupError>;

/// A text of a process that patterns are matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessText {
    /// [`Facts::name`].
    Name,
    /// [`Facts::full_name`].
    FullName,
    /// [`Facts::command_line`].
    CommandLine,
}

/// A socket that a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldSocket {
    pub descriptor: i32,
    /// The inode number of the socket.
    pub inode: u64,
}

/// The facts about one process or thread; each is read when it is first asked for, and only once.
pub(crate) trait Facts {
    /// The process ID, or the thread ID where threads are examined.
    fn pid(&self) -> Pid;
    /// The process ID of the process that the thread belongs to.
    fn thread_group(&self) -> Pid;
    /// getsid(2), or field 6 of proc_pid_stat(5).
    fn session(&mut self) -> Lookup<Pid>;
    /// getpgid(2), or field 5 of proc_pid_stat(5).
    fn process_group(&mut self) -> Lookup<Pid>;
    /// The effective UID: the owner of the directory /proc/PID (proc_pid(5)).
    fn effective_uid(&mut self) -> Lookup<u32>;
    /// The real UID (`PIDFD_GET_INFO`, Linux 6.13, or `Uid:` of proc_pid_status(5)).
    fn real_uid(&mut self) -> Lookup<u32>;
    /// The real GID (from the same).
    fn real_gid(&mut self) -> Lookup<u32>;
    /// The signals that have a handler, signal N as bit N-1 (`SigCgt:` of proc_pid_status(5)).
    fn caught_signals(&mut self) -> Lookup<u64>;
    /// The parent's process ID; 0 if that is outside of our PID namespace (`PIDFD_GET_INFO` or proc_pid_stat(5)).
    fn parent(&mut self) -> Lookup<Pid>;
    /// The nearest of these that is its parent, its parent's parent, and so on. An orphan gets another parent: a
    /// subreaper among its ancestors, or init (PR_SET_CHILD_SUBREAPER(2const)). 0 is the ancestor of all processes.
    /// `wanted` is in ascending order.
    fn ancestor_among(&mut self, wanted: &Arc<[Pid]>) -> Lookup<Option<Pid>>;
    /// Whether one of those ancestors, from the parent upwards, satisfies the condition. `is_like_this` must be the
    /// same for all processes that are examined one after the other: answers are remembered, in rechecks for a moment
    /// only.
    fn has_ancestor<E: From<LookupError>>(
        &mut self,
        is_like_this: impl FnMut(&mut Self) -> Result<bool, E>,
    ) -> Result<bool, E>;
    /// The device number of the controlling terminal as proc_pid_stat(5) encodes it; 0: none.
    fn terminal(&mut self) -> Lookup<u32>;
    /// The state letter of proc_pid_stat(5).
    fn state(&mut self) -> Lookup<u8>;
    /// Whether all of its threads have exited and it has not been reaped.
    fn has_ended(&mut self) -> Lookup<bool>;
    /// Whether it is a thread of the kernel (`PF_KTHREAD` among the flags of proc_pid_stat(5)).
    fn is_kernel_thread(&mut self) -> Lookup<bool>;
    /// The CPU time of its threads, including exited ones, but not of its children; in clock ticks
    /// (fields 14 and 15 of proc_pid_stat(5)).
    fn cpu_time(&mut self) -> Lookup<u64>;
    /// Resident set size in bytes (proc_pid_statm(5)), from the same counters as `VmRSS:` of proc_pid_status(5) at half
    /// the cost. It may lag behind by some pages for each thread.
    fn resident_memory(&mut self) -> Lookup<u64>;
    /// The file that it executes (proc_pid_exe(5)). None: it has none, as kernel threads and zombies.
    fn executable(&mut self) -> Lookup<Option<&Link>>;
    /// The same, under any path.
    fn executable_file(&mut self) -> Lookup<Option<FileId>>;
    /// The working directory (proc_pid_cwd(5)). None: it has none, as zombies.
    fn working_directory(&mut self) -> Lookup<Option<Link>>;
    /// What an interpreter runs, as given in its arguments: a script, or the name of a module or class. More than
    /// one where a script is the interpreter of another.
    fn scripts(&mut self) -> Lookup<Vec<Vec<u8>>>;
    /// The start time since boot, in clock ticks ([`super::CLOCK_TICKS`] per second).
    fn start_time(&mut self) -> Lookup<u64>;
    /// The name (`comm`): at most 15 bytes, except for kernel workers.
    fn name(&mut self) -> Lookup<&[u8]>;
    /// The name before the kernel cut it at 15 bytes: the base name of argv\[0\], or of the executable, if it
    /// begins with the name. None where it was not cut, or neither does.
    fn full_name(&mut self) -> Lookup<Option<&[u8]>>;
    /// The arguments joined by one space; `[name]` where there are none, followed by ` <defunct>` for a zombie.
    fn command_line(&mut self) -> Lookup<&[u8]>;
    /// The same text as it is displayed ([`crate::display`]). None where that is the text itself, or there is none.
    fn displayed(&mut self, text: ProcessText) -> Lookup<Option<&[u8]>>;
    /// The arguments, each ended by a NUL; empty for kernel threads and zombies (proc_pid_cmdline(5)).
    fn arguments(&mut self) -> Lookup<&[u8]>;
    /// The initial environment, each variable ended by a NUL; None if we may not read it (proc_pid_environ(5)).
    fn environment(&mut self) -> Lookup<Option<&[u8]>>;
    /// Whether it is in the PID namespace that /proc shows, and not in one within (`NSpid:` of proc_pid_status(5)).
    fn is_local(&mut self) -> Lookup<bool>;
    /// The sockets that it holds; [`LookupError::Denied`] if we may not read its descriptors
    /// (proc_pid_fd(5)). Threads with their own table of descriptors (clone(2)) are ignored.
    fn sockets(&mut self) -> Lookup<&[HeldSocket]>;
    /// Whether a socket that this UID created is the process's own: the UID is root, root of the process's user
    /// namespace (user_namespaces(7)), or the process's real or saved UID. A user with one of these may signal it
    /// anyway (kill(2)).
    fn owns_sockets_of(&mut self, creator: u32) -> Lookup<bool>;
    /// The lines of /proc/PID/cgroup (cgroups(7)).
    fn cgroups(&mut self) -> Lookup<&[u8]>;
    /// What identifies the namespace; None if we may not read it (namespaces(7)).
    fn namespace(&mut self, kind: Namespace) -> Lookup<Option<FileId>>;
}

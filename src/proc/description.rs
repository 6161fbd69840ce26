//! One process in full, for a reader, a prediction or a document.

use super::{Fact, Facts, Process, Unknown};
use crate::request::Pid;

/// `PF_KTHREAD` of a process's flags (linux/sched.h; field 9 of proc_pid_stat(5)).
const KERNEL_THREAD: u32 = 0x0020_0000;

/// What is told about a process, and what decides what a signal does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The process ID, or the thread ID where threads are looked at.
    pub pid: Pid,
    /// The parent's process ID.
    pub parent: Pid,
    /// The session ID; 0 if the session leader is outside of our PID namespace.
    pub session: Pid,
    /// The real UID.
    pub real_uid: u32,
    /// The effective UID.
    pub effective_uid: u32,
    /// The saved set-user-ID.
    pub saved_uid: u32,
    /// The name, at most 15 bytes but for kernel workers.
    pub name: Vec<u8>,
    /// The arguments, each ended by a NUL.
    pub arguments: Vec<u8>,
    /// When it started, in clock ticks since boot.
    pub start_time: u64,
    /// The state letter of proc_pid_stat(5).
    pub state: u8,
    /// Whether all of its threads have ended, so that only its parent still keeps it. The main thread may end first.
    pub has_ended: bool,
    /// Whether it is a thread of the kernel.
    pub is_kernel_thread: bool,
    /// Its process IDs, from our PID namespace down to its own.
    pub namespace_pids: Vec<Pid>,
    /// The signals that every one of its threads blocks, signal N as bit N-1.
    pub blocked: u64,
    /// The signals that it ignores.
    pub ignored: u64,
    /// The signals that it has handlers for.
    pub caught: u64,
}

impl Process<'_> {
    /// Everything that is told about the process.
    pub fn describe(&mut self) -> Fact<Description> {
        let stat = self.stat()?;
        let name = self.name()?.to_vec();
        let arguments = self.arguments()?.to_vec();
        let blocked = self.blocked_by_all()?;
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
            state: stat.state,
            has_ended: stat.has_ended(),
            is_kernel_thread: stat.flags & KERNEL_THREAD != 0,
            namespace_pids: status.namespace_pids.clone(),
            blocked,
            ignored: status.ignored,
            caught: status.caught,
        })
    }

    /// A signal to the process goes to any thread that does not block it (signal(7)).
    fn blocked_by_all(&mut self) -> Fact<u64> {
        let status = self.status()?;
        let mut blocked = status.blocked;
        if blocked == 0 || status.threads <= 1 {
            return Ok(blocked);
        }
        let mut thread = Process::new(self.dir());
        for id in self.dir().threads(self.pid())? {
            thread.look_at_thread(self.pid(), id);
            match thread.status() {
                Ok(status) => blocked &= status.blocked,
                Err(Unknown::Gone) => {} // a thread that has ended blocks nothing
                Err(why) => return Err(why),
            }
        }
        Ok(blocked)
    }
}

//! Processes with chosen PIDs. Only inside a [`namespace`](super::namespace): no other process starts there meanwhile.

use super::{Spec, Victim, eventually};

/// The PID that was allocated last in this namespace: proc_sys_kernel(5), a kernel with CONFIG_CHECKPOINT_RESTORE.
pub const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// The next process gets this PID, if it is free.
pub fn next_is(pid: u32) {
    std::fs::write(LAST_PID, (pid - 1).to_string()).expect("ns_last_pid");
}

/// A victim with this PID.
pub fn with_pid(pid: u32, part: Spec) -> Victim {
    next_is(pid);
    let victim = part.spawn();
    assert_eq!(victim.pid(), pid, "the PID was taken");
    victim
}

/// A victim with the PID of a process that was just reaped: the kernel frees the PID a moment after the process has
/// disappeared from /proc.
pub fn successor(pid: u32, part: impl Fn() -> Spec) -> Victim {
    let mut got = None;
    eventually("the PID is free", || {
        next_is(pid);
        got = Some(part().spawn()).filter(|victim| victim.pid() == pid);
        got.is_some()
    });
    got.expect("it has the PID")
}

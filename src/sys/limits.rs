//! Resources of the process: scheduling (sched(7)) and descriptors (getrlimit(2)).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Run this thread, and those that it starts, before all ordinary ones: with a real-time policy, else with the lowest
/// nice value, as with musl, whose sched_setscheduler(3) always fails. Without the privilege for either (CAP_SYS_NICE, or
/// RLIMIT_RTPRIO or RLIMIT_NICE), nothing changes.
pub(crate) fn raise_priority() {
    // SAFETY: the structure consists of integers, of which musl has more than glibc.
    let mut lowest: libc::sched_param = unsafe { std::mem::zeroed() };
    lowest.sched_priority = 1;
    // SAFETY: the structure is read during the call only; 0 is the calling thread.
    let raised = unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const lowest) } == 0;
    if !raised {
        let _ = rustix::process::setpriority_process(None, -20);
    }
}

/// As far as the hard limit, silently: where that is low, fewer processes are held at a time.
pub(crate) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Whether there are so few descriptors that each one which is kept open is missing for a scan: it takes two, beside the
/// standard ones and those of a wait.
pub(crate) fn has_few_descriptors() -> bool {
    getrlimit(Resource::Nofile).current.is_some_and(|limit| limit < 12)
}

//! Scheduling (sched(7)).

/// Run this thread, and those that it starts, before all ordinary ones: with a real-time policy, else with the lowest
/// nice value. Without the privilege for either (CAP_SYS_NICE, or RLIMIT_RTPRIO or RLIMIT_NICE), nothing changes.
pub(crate) fn raise_priority() {
    let lowest = libc::sched_param { sched_priority: 1 };
    // SAFETY: the structure is read during the call only; 0 is the calling thread.
    let raised = unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const lowest) } == 0;
    if !raised {
        let _ = rustix::process::setpriority_process(None, -20);
    }
}

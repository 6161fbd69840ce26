//! The clock of start times: proc_pid_stat(5), field 22.

use nix::time::{ClockId, clock_gettime};

use super::{eventually, stat_field};

/// The time since boot in clock ticks of 10 ms.
pub fn ticks() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).expect("the clock");
    now.tv_sec() as u64 * 100 + now.tv_nsec() as u64 / 10_000_000
}

/// When the process started, in clock ticks since boot.
pub fn start_time(pid: u32) -> u64 {
    stat_field(pid, 22).parse().expect("a number")
}

/// Waits until a process that started now has a later start time than this one.
pub fn until_older_than_now(pid: u32) {
    let started = start_time(pid);
    eventually(&format!("process {pid} is two clock ticks old"), || ticks() >= started + 2);
}

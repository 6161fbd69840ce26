//! Whether AppArmor confines a process (/proc/PID/attr/, proc_pid_attr(5)). Its rules decide about each signal by
//! number, so that signal 0, which only checks, may be allowed where others are refused.

use std::fs;

use crate::request::Pid;

/// Whether an enforced AppArmor profile applies to the process. False where that cannot be read.
pub(crate) fn is_confined(pid: Pid) -> bool {
    // The first one is AppArmor's own, from Linux 5.8 on; the other one belongs to the first security module.
    ["apparmor/current", "current"]
        .into_iter()
        .find_map(|file| fs::read(format!("/proc/{pid}/attr/{file}")).ok())
        .is_some_and(|label| label.trim_ascii_end().ends_with(b" (enforce)"))
}

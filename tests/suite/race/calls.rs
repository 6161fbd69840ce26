//! What a system call reads of a process, or does to it.

use crate::support::tracer::{Call, Traced};

impl Call {
    /// A swap before a call that sees no process is the swap before the next call that may see one.
    pub(super) fn may_see_a_process(&self) -> bool {
        let reads_flags = self.number == libc::SYS_fcntl && self.args[1] == libc::F_GETFD as u64;
        let concerns_own_state = matches!(
            self.number,
            // its memory
            libc::SYS_mmap
                | libc::SYS_munmap
                | libc::SYS_mremap
                | libc::SYS_mprotect
                | libc::SYS_madvise
                | libc::SYS_brk
                | libc::SYS_futex
                // its descriptors
                | libc::SYS_close
                | libc::SYS_fstat
                | libc::SYS_fstatfs
                | libc::SYS_lseek
                // other
                | libc::SYS_getpid
                | libc::SYS_gettid
                | libc::SYS_prlimit64
                | libc::SYS_rt_sigaction
                | libc::SYS_rt_sigprocmask
                | libc::SYS_getrandom
        );
        !reads_flags && !concerns_own_state
    }

    pub(super) fn is_by_id(&self) -> bool {
        [libc::SYS_kill, libc::SYS_rt_sigqueueinfo].contains(&self.number)
    }
}

pub(super) fn opens_proc(program: &Traced, call: Call) -> bool {
    call.number == libc::SYS_openat && program.string(call.args[1]).starts_with(b"/proc")
}

/// Whether the call concerns this PID: by a path in /proc, or by number.
pub(crate) fn is_look(program: &Traced, call: Call, pid: u32) -> bool {
    let by_path = [libc::SYS_openat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_readlinkat];
    let by_number = [libc::SYS_getsid, libc::SYS_getpgid, libc::SYS_pidfd_open, libc::SYS_kill];
    if by_path.contains(&call.number) {
        let path = program.string(call.args[1]);
        let path = path.strip_prefix(b"/proc/").unwrap_or(&path);
        path.split(|&b| b == b'/').next() == Some(pid.to_string().as_bytes())
    } else {
        by_number.contains(&call.number) && call.args[0] == u64::from(pid)
    }
}

/// Whether the call sends a signal: signal 0 is none, and STOP and CONT of `--freeze` are not the user's.
pub(crate) fn is_signal(call: Call) -> bool {
    let sends = [libc::SYS_kill, libc::SYS_rt_sigqueueinfo, libc::SYS_pidfd_send_signal];
    let none = [0, libc::SIGSTOP as u64, libc::SIGCONT as u64];
    sends.contains(&call.number) && !none.contains(&call.args[1])
}

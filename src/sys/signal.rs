//! Sending a signal by process ID, the siginfo_t of a queued signal, and ignoring the keyboard's signals.

use rustix::io::Errno;

use super::check;

/// kill(2) or, with a value, rt_sigqueueinfo(2), to a process ID or to the negated ID of a process group. For targets
/// without a handle only. `last_check` runs immediately before it, with no system call in between.
pub(crate) fn signal_by_id(
    pid: i32,
    signal: i32,
    value: Option<i32>,
    last_check: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Errno> {
    let info = value.map(|value| queued_siginfo(signal, value));
    last_check()?;
    check(match &info {
        // SAFETY: no memory is involved.
        None => unsafe { libc::kill(pid, signal) }.into(),
        // SAFETY: the kernel reads a siginfo_t from the pointer.
        Some(info) => unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, pid, signal, info) },
    })
}

/// The siginfo_t that sigqueue(3) passes to rt_sigqueueinfo(2). The kernel requires that the sender fills it in.
pub(super) fn queued_siginfo(signal: i32, value: i32) -> libc::siginfo_t {
    /// The start of the kernel's siginfo_t in its variant for queued signals (asm-generic/siginfo.h).
    #[repr(C)]
    struct Queued {
        /// si_signo, si_errno and si_code; their order depends on the architecture (mips).
        _header: [libc::c_int; 3],
        /// The union after it has the alignment of a pointer.
        fields: Fields,
    }
    #[repr(C)]
    struct Fields {
        pid: libc::pid_t,
        uid: libc::uid_t,
        value: Value,
    }
    #[repr(C)]
    union Value {
        int: libc::c_int,
        _pointer: *mut libc::c_void,
    }
    // SAFETY: siginfo_t is plain data for which all zeros is a valid value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let fields = Fields {
        pid: std::process::id() as libc::pid_t,
        uid: rustix::process::getuid().as_raw(),
        value: Value { int: value },
    };
    let queued = Queued { _header: [0; 3], fields };
    const { assert!(size_of::<Queued>() <= size_of::<libc::siginfo_t>()) };
    const { assert!(align_of::<Queued>() <= align_of::<libc::siginfo_t>()) };
    // SAFETY: `Queued` has the layout of the beginning of siginfo_t and fits into it.
    unsafe { std::ptr::from_mut(&mut info).cast::<Queued>().write(queued) };
    info.si_signo = signal;
    info.si_code = libc::SI_QUEUE;
    info
}

/// Let a write beyond the file size limit (RLIMIT_FSIZE) fail with EFBIG, where it would terminate the program.
pub(crate) fn ignore_file_size_limit() {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Ignores SIGINT and SIGQUIT until it is dropped, as system(3) does: they are for a child that was started before.
pub(crate) struct InterruptsIgnored([(libc::c_int, libc::sighandler_t); 2]);

/// Ignore SIGINT and SIGQUIT from now on.
pub(crate) fn ignore_interrupts() -> InterruptsIgnored {
    // SAFETY: no handler is installed.
    InterruptsIgnored([libc::SIGINT, libc::SIGQUIT].map(|n| (n, unsafe { libc::signal(n, libc::SIG_IGN) })))
}

impl Drop for InterruptsIgnored {
    fn drop(&mut self) {
        for (number, before) in self.0 {
            // SAFETY: this is what was set before: the default, or that it is ignored.
            unsafe { libc::signal(number, before) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_siginfo_reads_back() {
        let info = queued_siginfo(libc::SIGUSR1, -7);
        assert_eq!((info.si_signo, info.si_errno, info.si_code), (libc::SIGUSR1, 0, libc::SI_QUEUE));
        // SAFETY: these are the fields of a siginfo_t with SI_QUEUE.
        let (pid, uid, value) = unsafe { (info.si_pid(), info.si_uid(), info.si_value()) };
        assert_eq!(pid, std::process::id() as i32);
        assert_eq!(uid, rustix::process::getuid().as_raw());
        let int = if cfg!(target_endian = "little") {
            value.sival_ptr.addr() as i32
        } else {
            (value.sival_ptr.addr() >> (usize::BITS - 32)) as i32
        };
        assert_eq!(int, -7);
    }

    #[test]
    fn a_failed_last_check_sends_nothing() {
        let own = std::process::id() as i32;
        for value in [None, Some(1)] {
            assert_eq!(signal_by_id(own, libc::SIGKILL, value, || Err(Errno::SRCH)), Err(Errno::SRCH));
            assert_eq!(signal_by_id(own, 0, value, || Ok(())), Ok(()));
            assert_eq!(signal_by_id(own, -1, value, || Ok(())), Err(Errno::INVAL));
        }
    }
}

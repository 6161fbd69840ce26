//! Features of the running kernel, by trying them: a version number says little where changes were backported, and
//! nothing about the filter of a container.
#![allow(unsafe_code)] // system calls that no crate wraps

use std::io::Error;
use std::os::fd::{AsFd, AsRawFd as _};

use rustix::fs::{fstat, fstatfs};
use rustix::process::{PidfdFlags, getpid, pidfd_open};

use super::skipped;

/// Whether a process group can be signalled through a pidfd (`PIDFD_SIGNAL_PROCESS_GROUP`, Linux 6.9; EINVAL before).
pub fn signals_groups() -> bool {
    const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2; // linux/pidfd.h
    let pidfd = pidfd_open(getpid(), PidfdFlags::empty()).expect("a pidfd");
    let (none, info) = (0, std::ptr::null::<libc::siginfo_t>());
    // SAFETY: the descriptor is open, no siginfo_t is passed, and signal 0 only checks.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), none, info, PIDFD_SIGNAL_PROCESS_GROUP)
    };
    result == 0 || Error::last_os_error().raw_os_error() == Some(libc::ESRCH) // it leads no group
}

/// The inode number of the process's pidfd, which no other process has (pidfs, Linux 6.9). None before: all pidfds have the
/// same one.
pub fn pidfd_inode(pidfd: impl AsFd) -> Option<u64> {
    const PIDFS_MAGIC: i64 = 0x5049_4446; // linux/magic.h
    let file_system = fstatfs(&pidfd).expect("fstatfs").f_type;
    (file_system == PIDFS_MAGIC).then(|| fstat(pidfd).expect("fstat").st_ino)
}

/// Whether the memory of a dying process can be released (process_mrelease(2), Linux 5.15; ENOSYS before).
pub fn releases_memory() -> bool {
    let pidfd = pidfd_open(getpid(), PidfdFlags::empty()).expect("a pidfd");
    // SAFETY: the descriptor is open. The kernel refuses (EINVAL): this process is not dying.
    let result = unsafe { libc::syscall(libc::SYS_process_mrelease, pidfd.as_raw_fd(), 0u32) };
    result != 0 && Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
}

/// True if the kernel [releases memory](releases_memory). Skips elsewhere, in CI too: a container has the kernel of its
/// host.
#[must_use]
pub fn need_memory_release() -> bool {
    let able = releases_memory();
    if !able {
        skipped("process_mrelease");
    }
    able
}

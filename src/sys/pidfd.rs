//! System calls on a pidfd (pidfd_open(2)).

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

use rustix::io::Errno;

use super::check;
use super::signal::queued_siginfo;

/// The target of a signal that is sent through a pidfd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The process.
    Process,
    /// The process group with the ID of the process: `PIDFD_SIGNAL_PROCESS_GROUP`, Linux 6.9. EINVAL before.
    Group,
}

/// Send a signal through a pidfd (pidfd_send_signal(2), Linux 5.1), with an integer as sigqueue(3) does.
pub(crate) fn pidfd_send_signal(
    pidfd: BorrowedFd<'_>,
    signal: i32,
    value: Option<i32>,
    scope: Scope,
) -> Result<(), Errno> {
    const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2; // linux/pidfd.h
    let flags = match scope {
        Scope::Process => 0,
        Scope::Group => PIDFD_SIGNAL_PROCESS_GROUP,
    };
    let info = value.map(|value| queued_siginfo(signal, value));
    let info = info.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the descriptor is open, and the kernel reads a siginfo_t from the pointer, or nothing from a null one.
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, info, flags) })
}

/// Free the memory of a dying process (process_mrelease(2), Linux 5.15).
pub(crate) fn process_mrelease(pidfd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: the descriptor is open; no memory of this process is involved.
    check(unsafe { libc::syscall(libc::SYS_process_mrelease, pidfd.as_raw_fd(), 0u32) })
}

/// What the kernel reports about the process of a pidfd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PidfdInfo {
    /// 0 if it is outside of the caller's PID namespace.
    pub parent: i32,
    pub real_uid: u32,
    pub real_gid: u32,
}

/// `PIDFD_GET_INFO` (Linux 6.13). ENOTTY where the kernel does not know it, ESRCH if the process no longer exists.
pub(crate) fn pidfd_info(pidfd: impl AsFd) -> Result<PidfdInfo, Errno> {
    /// `PIDFD_INFO_PID | PIDFD_INFO_CREDS`
    const PID_AND_CREDS: u64 = 0b11;
    let raw = get_info(pidfd.as_fd(), PID_AND_CREDS)?;
    Ok(PidfdInfo { parent: raw.ppid as i32, real_uid: raw.ruid, real_gid: raw.rgid })
}

/// The wait status (waitpid(2)) of a process that was reaped (`PIDFD_INFO_EXIT`, Linux 6.15). ESRCH if it was not yet.
pub(crate) fn pidfd_wait_status(pidfd: impl AsFd) -> Result<i32, Errno> {
    const EXIT: u64 = 0b1000;
    get_info(pidfd.as_fd(), EXIT).map(|raw| raw.exit_code)
}

/// The first version of the kernel's `struct pidfd_info` (linux/pidfd.h). The kernel accepts and fills any size from
/// this one on.
#[repr(C)]
#[derive(Default)]
struct RawPidfdInfo {
    mask: u64,
    cgroupid: u64,
    pid: u32,
    tgid: u32,
    ppid: u32,
    ruid: u32,
    rgid: u32,
    euid: u32,
    egid: u32,
    suid: u32,
    sgid: u32,
    fsuid: u32,
    fsgid: u32,
    exit_code: i32,
}

/// ESRCH where the kernel does not report all that `mask` requests.
fn get_info(pidfd: BorrowedFd<'_>, mask: u64) -> Result<RawPidfdInfo, Errno> {
    /// `_IOWR(0xFF, 11, struct pidfd_info)`
    const PIDFD_GET_INFO: libc::Ioctl = libc::_IOWR::<RawPidfdInfo>(0xff, 11);
    let mut raw = RawPidfdInfo { mask, ..RawPidfdInfo::default() };
    // SAFETY: the descriptor is open; the kernel fills in a structure of the size that is part of the request.
    check(unsafe { libc::ioctl(pidfd.as_raw_fd(), PIDFD_GET_INFO, &raw mut raw) }.into())?;
    if raw.mask & mask == mask { Ok(raw) } else { Err(Errno::SRCH) }
}

//! A handle on one process: as long as it is held, what is sent through it reaches that process or nobody.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use crate::request::Pid;
use crate::signal::Signal;
use crate::sys;

/// A pidfd (pidfd_open(2), Linux 5.3).
pub struct Handle(OwnedFd);

impl Handle {
    /// ESRCH if there is no such process.
    pub fn open(pid: Pid) -> Result<Handle, Errno> {
        let pid = RawPid::from_raw(pid).ok_or(Errno::SRCH)?;
        pidfd_open(pid, PidfdFlags::empty()).map(Handle)
    }

    /// Send the signal, with an integer if there is one (sigqueue(3)). ESRCH if the process has ended and was
    /// reaped, EPERM if we may not signal it.
    pub fn send(&self, signal: Signal, value: Option<i32>) -> Result<(), Errno> {
        sys::pidfd_send_signal(self.0.as_fd(), signal.number(), value)
    }

    /// Free its memory now that it is dying (process_mrelease(2), Linux 5.15).
    pub fn release_memory(&self) -> Result<(), Errno> {
        sys::process_mrelease(self.0.as_fd())
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

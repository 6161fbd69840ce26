//! A handle on one process: as long as it is held, what is sent through it reaches that process or nobody.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use crate::proc::own_pid;
use crate::request::Pid;
use crate::signal::Signal;
use crate::sys::{self, Scope};

/// What holds a process.
pub struct Handle {
    pid: Pid,
    kind: Kind,
}

enum Kind {
    /// pidfd_open(2), Linux 5.3.
    Pidfd(OwnedFd),
    /// The directory /proc/PID, where the kernel or a seccomp filter has no pidfd_open.
    Directory(OwnedFd),
}

/// How a signal was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Through the handle.
    Pinned,
    /// By process ID, right after a look at the handle: all that is left where pidfd_send_signal(2) is missing.
    ById,
}

impl Handle {
    /// ESRCH if there is no such process.
    pub fn open(pid: Pid) -> Result<Handle, Errno> {
        let raw = RawPid::from_raw(pid).ok_or(Errno::SRCH)?;
        let kind = match pidfd_open(raw, PidfdFlags::empty()) {
            Ok(pidfd) => Kind::Pidfd(pidfd),
            // An older kernel; a filter says one or the other. Nothing else makes the call fail like this.
            Err(Errno::NOSYS | Errno::PERM) => Kind::Directory(open_directory(pid)?),
            Err(errno) => return Err(errno),
        };
        Ok(Handle { pid, kind })
    }

    /// The process whose pidfd was opened before it was examined.
    pub fn of_named(pid: Pid, pidfd: BorrowedFd<'_>) -> Result<Handle, Errno> {
        Ok(Handle { pid, kind: Kind::Pidfd(rustix::io::fcntl_dupfd_cloexec(pidfd, 0)?) })
    }

    /// Send the signal, with an integer if there is one (sigqueue(3)). ESRCH if the process has ended and was
    /// reaped, EPERM if we may not signal it.
    pub fn send(&self, signal: Signal, value: Option<i32>) -> Result<Sent, Errno> {
        let number = signal.number();
        match sys::pidfd_send_signal(self.as_fd(), number, value, Scope::Process) {
            Ok(()) => Ok(Sent::Pinned),
            Err(Errno::NOSYS | Errno::PERM) if handles_cannot_send() => {
                sys::signal_by_id(self.pid, number, value, || self.check_alive()).map(|()| Sent::ById)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Send the signal to the process group whose ID is that of the process, be it in that group or not. EINVAL where
    /// the kernel cannot (before Linux 6.9), ESRCH if there is no such group, EPERM if we may signal none of it.
    pub fn send_to_group(&self, signal: Signal, value: Option<i32>) -> Result<(), Errno> {
        match sys::pidfd_send_signal(self.as_fd(), signal.number(), value, Scope::Group) {
            Err(Errno::PERM) if handles_cannot_send() => Err(Errno::NOSYS),
            other => other,
        }
    }

    /// Whether it becomes readable when the process ends.
    pub fn is_pollable(&self) -> bool {
        matches!(self.kind, Kind::Pidfd(_))
    }

    /// How the process ended (waitpid(2)), if it was reaped and the kernel tells (Linux 6.15).
    pub fn wait_status(&self) -> Option<i32> {
        sys::pidfd_wait_status(self.as_fd()).ok()
    }

    /// Until the parent of a process that has ended has reaped it, which the kernel tells from 6.15 on; no longer
    /// than that.
    pub fn wait_until_reaped(&self, limit: Duration) {
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: limit.subsec_nanos().into() };
        let _ = poll(&mut [PollFd::new(self, PollFlags::empty())], Some(&limit));
    }

    /// Free its memory now that it is dying (process_mrelease(2), Linux 5.15).
    pub fn release_memory(&self) -> Result<(), Errno> {
        sys::process_mrelease(self.as_fd())
    }

    /// ESRCH if the process has ended.
    pub fn check_alive(&self) -> Result<(), Errno> {
        match &self.kind {
            Kind::Pidfd(pidfd) => {
                let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
                let ended = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0;
                if ended { Err(Errno::SRCH) } else { Ok(()) }
            }
            Kind::Directory(directory) => match fs::statat(directory, "stat", fs::AtFlags::empty()) {
                Ok(_) => Ok(()),
                Err(Errno::NOENT) => Err(Errno::SRCH),
                Err(errno) => Err(errno),
            },
        }
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.kind {
            Kind::Pidfd(fd) | Kind::Directory(fd) => fd.as_fd(),
        }
    }
}

/// pidfd_send_signal(2) takes it in place of a pidfd.
fn open_directory(pid: Pid) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::openat(CWD, format!("/proc/{pid}"), flags, Mode::empty()) {
        Err(Errno::NOENT) => Err(Errno::SRCH),
        other => other,
    }
}

/// Whether EPERM is a seccomp filter's word on the call, and not the kernel's on a target: nobody is refused signal 0
/// to himself. Where we cannot find out, for want of a descriptor, handles are trusted.
fn handles_cannot_send() -> bool {
    let send = |handle: Handle| sys::pidfd_send_signal(handle.as_fd(), 0, None, Scope::Process);
    matches!(Handle::open(own_pid()).map(send), Ok(Err(Errno::NOSYS | Errno::PERM)))
}

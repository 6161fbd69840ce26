//! A pidfd: what is sent through it reaches the process that it was opened for, or no process at all.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use crate::proc::{self, own_pid};
use crate::report::{NoHandle, Via};
use crate::request::{Pid, Token};
use crate::signal::Signal;
use crate::sys::{self, Scope};

/// A process, held by a descriptor.
#[derive(Debug)]
pub(crate) struct PidFd {
    pid: Pid,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// pidfd_open(2), Linux 5.3.
    Pidfd(OwnedFd),
    /// The directory /proc/PID, which pidfd_send_signal(2) takes as well, where the kernel or a seccomp filter has no
    /// pidfd_open. It is not pollable.
    Directory(OwnedFd),
}

impl PidFd {
    /// ESRCH if there is no such process.
    pub(crate) fn open(pid: Pid) -> Result<PidFd, Errno> {
        let raw = RawPid::from_raw(pid).ok_or(Errno::SRCH)?;
        let kind = match pidfd_open(raw, PidfdFlags::empty()) {
            Ok(pidfd) => Kind::Pidfd(pidfd),
            // An older kernel, or a seccomp filter: it returns either. Nothing else makes the call fail like this.
            Err(Errno::NOSYS | Errno::PERM) => Kind::Directory(open_directory(pid)?),
            Err(errno) => return Err(errno),
        };
        Ok(PidFd { pid, kind })
    }

    /// The same process, by a pidfd that was opened before it was examined.
    pub(crate) fn of_named(pid: Pid, pidfd: BorrowedFd<'_>) -> Result<PidFd, Errno> {
        Ok(PidFd { pid, kind: Kind::Pidfd(rustix::io::fcntl_dupfd_cloexec(pidfd, 0)?) })
    }

    /// The identity token of the process. None where the kernel has no inode numbers for pidfds, or there is no pidfd.
    pub(crate) fn token(&self) -> Result<Option<Token>, Errno> {
        match &self.kind {
            Kind::Pidfd(pidfd) => proc::token(self.pid, pidfd),
            Kind::Directory(_) => Ok(None),
        }
    }

    /// Send the signal, with an integer if there is one (sigqueue(3)). ESRCH if the process has exited and was
    /// reaped, EPERM if the caller may not signal it.
    pub(crate) fn send(&self, signal: Signal, value: Option<i32>) -> Result<Via, Errno> {
        let number = signal.number();
        match sys::pidfd_send_signal(self.as_fd(), number, value, Scope::Process) {
            Ok(()) => Ok(Via::Handle),
            Err(Errno::NOSYS | Errno::PERM) if pidfd_signal_blocked() => {
                // All that remains.
                sys::signal_by_id(self.pid, number, value, || self.check_alive())
                    .map(|()| Via::Id(NoHandle::CallMissing))
            }
            Err(errno) => Err(errno),
        }
    }

    /// Send the signal to the process group with the ID of the process, whether the process is a member or not.
    /// EINVAL where the kernel cannot (before Linux 6.9), ESRCH if there is no such group, EPERM if the caller may
    /// signal no member.
    pub(crate) fn send_to_group(&self, signal: Signal, value: Option<i32>) -> Result<(), Errno> {
        match sys::pidfd_send_signal(self.as_fd(), signal.number(), value, Scope::Group) {
            Err(Errno::PERM) if pidfd_signal_blocked() => Err(Errno::NOSYS),
            other => other,
        }
    }

    /// Whether it becomes readable when the process exits.
    pub(crate) fn is_pollable(&self) -> bool {
        matches!(self.kind, Kind::Pidfd(_))
    }

    /// The wait status of the process (waitpid(2)), if it was reaped and the kernel reports it (Linux 6.15).
    pub(crate) fn wait_status(&self) -> Option<i32> {
        sys::pidfd_wait_status(self.as_fd()).ok()
    }

    /// Wait until the parent of an exited process has reaped it, at most `limit`. Reported from Linux 6.15 on.
    pub(crate) fn wait_until_reaped(&self, limit: Duration) {
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: limit.subsec_nanos().into() };
        let _ = poll(&mut [PollFd::new(self, PollFlags::empty())], Some(&limit));
    }

    /// Release the memory of a dying process (process_mrelease(2), Linux 5.15).
    pub(crate) fn release_memory(&self) -> Result<(), Errno> {
        sys::process_mrelease(self.as_fd())
    }

    /// ESRCH if the process has exited, reaped or not.
    pub(crate) fn check_alive(&self) -> Result<(), Errno> {
        match &self.kind {
            Kind::Pidfd(pidfd) => {
                let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
                let exited = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0;
                if exited { Err(Errno::SRCH) } else { Ok(()) }
            }
            Kind::Directory(directory) => match fs::statat(directory, "stat", fs::AtFlags::empty()) {
                Ok(_) => Ok(()),
                Err(Errno::NOENT) => Err(Errno::SRCH),
                Err(errno) => Err(errno),
            },
        }
    }

    /// Whether it has exited and was reaped, so that its ID may be another's now.
    pub(crate) fn is_reaped(&self) -> bool {
        self.check_alive().is_err() && self.send(Signal::NONE, None).err() == Some(Errno::SRCH)
    }

    /// The descriptor's number.
    pub(crate) fn number(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.kind {
            Kind::Pidfd(fd) | Kind::Directory(fd) => fd.as_fd(),
        }
    }
}

fn open_directory(pid: Pid) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match fs::openat(CWD, format!("/proc/{pid}"), flags, Mode::empty()) {
        Err(Errno::NOENT) => Err(Errno::SRCH),
        other => other,
    }
}

/// Whether EPERM comes from a seccomp filter on the call and not from the kernel's check of a target: signal 0 to
/// oneself is never refused. If that cannot be determined because no descriptor is left, pidfds are trusted.
fn pidfd_signal_blocked() -> bool {
    let send = |pidfd: PidFd| sys::pidfd_send_signal(pidfd.as_fd(), 0, None, Scope::Process);
    matches!(PidFd::open(own_pid()).map(send), Ok(Err(Errno::NOSYS | Errno::PERM)))
}

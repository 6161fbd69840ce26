//! One process, held by its pidfd: what is sent through it reaches the process that was found, or no process at all.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::Error;
use crate::deliver::{POLL_INTERVAL, PidFd, ProcessId, REAPING, Scope, Targets, verify};
use crate::plan::Plan;
use crate::proc::{ProcDir, Process};
use crate::report::Outcome;
use crate::request::{Instance, Token};
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::View;

/// A process that matches a [`Query`](crate::Query), held by a descriptor (pidfd_open(2)) until the value is dropped.
///
/// Its process ID may be reused when it has exited; the descriptor is never that of another process. Dropping the value
/// neither signals the process nor waits for it.
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
/// # let mut child = doc::start("nightly-backup")?;
/// use std::os::unix::process::ExitStatusExt as _;
/// use std::time::Duration;
///
/// use pkill::{Query, Signal, WaitOutcome};
///
/// for process in Query::new().pid(child.id()).name("nightly-backup").exact().find()? {
///     process.signal(Signal::TERM)?; // verified again immediately before the signal
///     match process.wait(Some(Duration::from_secs(5)))? {
///         WaitOutcome::Exited(status) => assert_eq!(status.and_then(|status| status.signal()), Some(15)),
///         _ => panic!("it is still running"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PinnedProcess {
    pidfd: PidFd,
    /// The match as it was found, with its start time.
    found: Match,
    /// The plan that selected it.
    plan: Arc<Plan>,
}

/// How a wait for a process has ended.
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
/// # let mut child = doc::start("nightly-backup")?;
/// use std::time::Duration;
///
/// use pkill::{Query, WaitOutcome};
///
/// let found = Query::new().pid(child.id()).find()?;
/// assert_eq!(found[0].wait(Some(Duration::ZERO))?, WaitOutcome::TimedOut);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitOutcome {
    /// The process has exited. Its wait status is known if it is a child of the calling process that was not reaped
    /// yet, or if its parent has reaped it and the kernel reports it (Linux 6.15).
    Exited(Option<ExitStatus>),
    /// The timeout has expired.
    TimedOut,
}

impl PinnedProcess {
    /// Pin a process that a scan has found. None if it has exited or no longer matches.
    pub(super) fn pin(plan: &Arc<Plan>, mut found: Match) -> Result<Option<Self>, Error> {
        let pid = found.pid;
        let pidfd = match PidFd::open(pid) {
            Ok(pidfd) => pidfd,
            Err(Errno::SRCH) => return Ok(None),
            Err(errno) => return Err(io(pid, errno)),
        };
        match verify_match(plan, &pidfd, &mut found) {
            Ok(()) => {}
            Err(Error::Exited { .. } | Error::Changed { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(PinnedProcess { pidfd, found, plan: Arc::clone(plan) }))
    }

    /// Its process ID. To be displayed: a call that takes it may reach another process.
    pub fn pid(&self) -> u32 {
        self.found.pid.unsigned_abs()
    }

    /// Its identity token, which no other process has until the system is rebooted: to be stored or displayed, and to find
    /// it [again](crate::Query::token).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the kernel refuses to report it.
    pub fn token(&self) -> Result<Token, Error> {
        let token = self.pidfd.token().map_err(|errno| io(self.found.pid, errno))?;
        let started = Instance::StartTime(self.found.start_time.unwrap_or_default());
        Ok(token.unwrap_or(Token { pid: self.found.pid, instance: started }))
    }

    /// The name (`comm`) that it had when it was found.
    pub fn name(&self) -> &OsStr {
        match &self.found.view {
            View::Text(_, name) => OsStr::from_bytes(name),
            View::Id | View::Words(..) | View::Full(_) | View::Row(_) => OsStr::new(""),
        }
    }

    /// Check that it is still running and still matches the query that found it. (Whether it is
    /// the newest or the oldest match is not checked again.)
    ///
    /// # Errors
    ///
    /// [`Error::Exited`], [`Error::Changed`], or [`Error::Io`] if that could not be checked.
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
    /// # let mut child = doc::start("nightly-backup")?;
    /// use pkill::{Error, Query};
    ///
    /// let found = Query::new().pid(child.id()).find()?;
    /// found[0].verify()?;
    /// child.kill()?;
    /// child.wait()?;
    /// assert!(matches!(found[0].verify(), Err(Error::Exited { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self) -> Result<(), Error> {
        verify_match(&self.plan, &self.pidfd, &mut self.found.clone())
    }

    /// [Verify](Self::verify) the process, then send it a signal. [`Signal::NONE`] only checks whether the caller may
    /// signal it.
    ///
    /// The signal is sent through the descriptor, so that it cannot reach a process that has the same ID later. (Where
    /// pidfd_send_signal(2) is missing, before Linux 5.1 or behind a seccomp filter, it is sent to the process ID right
    /// after a check that the process still exists.)
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and [`Error::NotPermitted`]. Nothing was sent then.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        self.verify()?;
        let pid = self.pid();
        self.pidfd.send(signal, None).map(drop).map_err(|errno| match errno {
            Errno::SRCH => Error::Exited { pid },
            Errno::PERM => Error::NotPermitted { pid },
            errno => io(self.found.pid, errno),
        })
    }

    /// Wait for the process to exit, for at most `timeout` if there is one. The process need not match any more and
    /// need not be a child, and the caller needs no permission. A child is not reaped.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the kernel refuses the wait.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<WaitOutcome, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        while !self.has_exited(Duration::ZERO)? {
            let remaining = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if remaining == Some(Duration::ZERO) {
                return Ok(WaitOutcome::TimedOut);
            }
            self.has_exited(remaining.unwrap_or(Duration::MAX))?;
        }
        Ok(WaitOutcome::Exited(self.exit_status()))
    }

    /// Wait for the exit for at most `limit`, and return whether the process has exited. Where the descriptor does not
    /// report it, the wait is shorter: the caller polls.
    fn has_exited(&self, limit: Duration) -> Result<bool, Error> {
        let result = match self.pidfd.is_pollable() {
            true => poll_for(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], limit).map(|ready| ready > 0),
            false => poll_for(&mut [], limit.min(POLL_INTERVAL)).and_then(|_| self.has_exited_by_proc()),
        };
        result.map_err(|errno| io(self.found.pid, errno))
    }

    fn has_exited_by_proc(&self) -> Result<bool, Errno> {
        let Some(start_time) = self.found.start_time else { return Ok(false) };
        let proc = ProcDir::named().map_err(|_| Errno::NOSYS)?;
        ProcessId { pid: self.found.pid, start_time }.is_running(&proc).map(|is_running| !is_running)
    }

    /// The exit status. A parent other than the caller needs a moment to reap the process.
    fn exit_status(&self) -> Option<ExitStatus> {
        if let Some(status) = self.child_status() {
            return Some(status);
        }
        if self.pidfd.is_pollable() {
            self.pidfd.wait_until_reaped(REAPING);
        }
        self.pidfd.wait_status().map(ExitStatus::from_raw)
    }

    /// The exit status of a child, without reaping it (`P_PIDFD` and `WNOWAIT` of waitid(2), Linux 5.4).
    fn child_status(&self) -> Option<ExitStatus> {
        const CORE_DUMPED: i32 = 0x80; // wait(2), WCOREDUMP
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let status = waitid(WaitId::PidFd(self.pidfd.as_fd()), options).ok()??;
        let signal = status.terminating_signal();
        let raw = match status.exit_status() {
            Some(code) => (code & 0xff) << 8,
            None if status.dumped() => signal? | CORE_DUMPED,
            None => signal?,
        };
        Some(ExitStatus::from_raw(raw))
    }
}

/// The descriptor becomes readable when the process exits, except on kernels and behind seccomp filters without
/// pidfd_open(2), where it is that of the directory /proc/PID.
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
/// # let mut child = doc::start("nightly-backup")?;
/// use std::os::fd::{AsFd as _, OwnedFd};
///
/// use pkill::Query;
///
/// for process in Query::new().pid(child.id()).find()? {
///     let pidfd: OwnedFd = process.as_fd().try_clone_to_owned()?;
/// #   drop(pidfd);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl AsFd for PinnedProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// The process ID and the name.
impl fmt::Debug for PinnedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedProcess")
            .field("pid", &self.pid())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// Check that the process of the pidfd has not exited and still matches.
fn verify_match(plan: &Plan, pidfd: &PidFd, found: &mut Match) -> Result<(), Error> {
    let pid = found.pid.unsigned_abs();
    let check_alive = || match pidfd.check_alive() {
        Ok(()) => Ok(()),
        Err(Errno::SRCH) => Err(Error::Exited { pid }),
        Err(errno) => Err(io(pid.cast_signed(), errno)),
    };
    let proc = ProcDir::named().map_err(Error::from_scan)?;
    let mut process = Process::new(&proc);
    // Targets matter only where one process is selected because of another.
    match verify(plan, &mut process, &Targets::default(), pidfd, found, Scope::All) {
        // A signal to a zombie would succeed and do nothing.
        Ok(()) => check_alive(),
        // If the process is still running, a file of it could not be read.
        Err(Outcome::Gone) => check_alive().and(Err(Error::Changed { pid })),
        Err(Outcome::Failed(errno)) => Err(io(found.pid, errno)),
        Err(_) => Err(Error::Changed { pid }),
    }
}

/// poll(2) with a time limit. An interrupted call reports nothing.
fn poll_for(fds: &mut [PollFd<'_>], limit: Duration) -> Result<usize, Errno> {
    // A limit beyond the kernel's range is none.
    let limit = Timespec::try_from(limit).ok();
    match poll(fds, limit.as_ref()) {
        Err(Errno::INTR) => Ok(0),
        other => other,
    }
}

fn io(pid: crate::request::Pid, errno: Errno) -> Error {
    Error::Io { pid: pid.unsigned_abs(), source: errno.into() }
}

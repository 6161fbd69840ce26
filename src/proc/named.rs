//! Processes and groups that the user named by ID, held open for the whole run: after a reuse of the ID, another
//! process or group must not match.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, Resource, getrlimit, pidfd_open};

use super::token::inode;
use super::{Facts as _, Lookup, LookupError, ProcDir, Process};
use crate::request::{Instance, Pid, Token};
use crate::sys::{self, Scope};

/// The part of the descriptors that may be held; the others are needed for the scan and the wait.
const HELD_PART: u64 = 4;

/// How an ID is kept from being reused unnoticed.
#[derive(Clone, Debug)]
enum Hold {
    /// Not at all: the number is compared as it is.
    Nothing,
    /// No process had the ID.
    Missing,
    /// By the process itself.
    Pidfd(Arc<OwnedFd>),
    /// By its start time, in clock ticks since boot: there was no pidfd.
    StartTime(u64),
    /// By the inode number of its pidfd, which is opened each time: there are too many to hold.
    Inode(u64),
}

/// A process that was named by its ID.
#[derive(Clone, Debug)]
pub(crate) struct NamedProcess {
    pid: Pid,
    hold: Hold,
}

/// Why no process has a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// No process has the ID.
    Exited,
    /// Another process has the ID.
    Reused,
}

impl Stale {
    /// The same in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Stale::Exited => "it has exited",
            Stale::Reused => "its PID was reused",
        }
    }
}

/// Processes that were named, in ascending order of ID.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamedProcesses {
    all: Arc<[NamedProcess]>,
    pids: Arc<[Pid]>,
}

/// A process group or session that was named by its ID, which is that of its leader.
#[derive(Clone, Debug)]
pub(crate) struct NamedGroup {
    id: Pid,
    leader: Hold,
}

/// Opens processes and groups that are named, within the limit of descriptors.
pub(crate) struct Holder {
    room: u64,
}

impl Default for Holder {
    /// /proc must belong to the caller's PID namespace.
    fn default() -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Holder { room: if sys::has_few_descriptors() { 0 } else { limit / HELD_PART } }
    }
}

impl NamedProcess {
    /// The ID means whichever process has it; 0 is no process, but the parent of those without one.
    pub(crate) fn number(pid: Pid) -> Self {
        NamedProcess { pid, hold: Hold::Nothing }
    }

    /// The process that has the ID now.
    pub(crate) fn hold(pid: Pid, holder: &mut Holder) -> Lookup<Self> {
        Ok(NamedProcess { pid, hold: holder.hold(pid)? })
    }

    /// The process that has the ID now, however many others are held.
    pub(crate) fn open(pid: Pid) -> Lookup<Self> {
        NamedProcess::hold(pid, &mut Holder { room: 1 })
    }

    /// The process that has the token, if there is one.
    pub(crate) fn with_token(token: Token, holder: &mut Holder) -> Lookup<Result<Self, Stale>> {
        Ok(holder.hold_token(token)?.map(|hold| NamedProcess { pid: token.pid, hold }))
    }

    /// The ID means no process.
    pub(crate) fn missing(pid: Pid) -> Self {
        NamedProcess { pid, hold: Hold::Missing }
    }

    /// Its ID.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Its token, if it [has its ID](Self::has_its_id) still. None if it was missing.
    pub(crate) fn token(&self) -> Lookup<Option<Token>> {
        let instance = match &self.hold {
            Hold::Nothing | Hold::Missing => None,
            Hold::Pidfd(pidfd) => match inode(pidfd).map_err(LookupError::Io)? {
                Some(inode) => Some(Instance::Inode(inode)),
                None => start_time_of(self.pid)?.map(Instance::StartTime),
            },
            Hold::StartTime(start_time) => Some(Instance::StartTime(*start_time)),
            Hold::Inode(inode) => Some(Instance::Inode(*inode)),
        };
        Ok(instance.map(|instance| Token { pid: self.pid, instance }))
    }

    /// The pidfd, where there is one.
    pub(crate) fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        match &self.hold {
            Hold::Pidfd(pidfd) => Some(pidfd.as_fd()),
            Hold::Nothing | Hold::Missing | Hold::StartTime(_) | Hold::Inode(_) => None,
        }
    }

    /// Whether the process has not exited. Asked after its ID was read somewhere, this proves that the ID was that of
    /// this process at that time.
    pub(crate) fn is_alive(&self) -> Lookup<bool> {
        match &self.hold {
            Hold::Nothing => Ok(true),
            Hold::Missing => Ok(false),
            Hold::Pidfd(pidfd) => Ok(!has_exited(pidfd)?),
            Hold::StartTime(start_time) => Ok(start_time_of(self.pid)? == Some(*start_time)),
            Hold::Inode(inode) => match open_instance(self.pid, *inode)? {
                Ok(pidfd) => Ok(!has_exited(&pidfd)?),
                Err(_) => Ok(false),
            },
        }
    }

    /// Whether the process has not been reaped, so that the ID is still its own.
    pub(crate) fn has_its_id(&self) -> Lookup<bool> {
        match &self.hold {
            Hold::Nothing => Ok(true),
            Hold::Missing => Ok(false),
            // Other errors are those of other users' processes, which exist, or of a seccomp filter.
            Hold::Pidfd(pidfd) => {
                if !has_exited(pidfd)? {
                    return Ok(true);
                }
                let sent = sys::pidfd_send_signal(pidfd.as_fd(), 0, None, Scope::Process);
                Ok(sent != Err(Errno::SRCH))
            }
            Hold::StartTime(start_time) => Ok(start_time_of(self.pid)? == Some(*start_time)),
            Hold::Inode(inode) => Ok(open_instance(self.pid, *inode)?.is_ok()),
        }
    }
}

impl FromIterator<NamedProcess> for NamedProcesses {
    fn from_iter<I: IntoIterator<Item = NamedProcess>>(processes: I) -> Self {
        let mut processes: Vec<NamedProcess> = processes.into_iter().collect();
        processes.sort_by_key(NamedProcess::pid);
        let pids = processes.iter().map(NamedProcess::pid).collect();
        NamedProcesses { all: processes.into(), pids }
    }
}

impl NamedProcesses {
    /// All of them. A process that was named twice is there twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &NamedProcess> {
        self.all.iter()
    }

    /// Their IDs, in ascending order.
    pub(crate) fn pids(&self) -> &Arc<[Pid]> {
        &self.pids
    }

    /// Whether this holds for one of those that were named by this ID, or by a token with it.
    pub(crate) fn any(&self, pid: Pid, holds: impl Fn(&NamedProcess) -> Lookup<bool>) -> Lookup<bool> {
        let first = self.all.partition_point(|one| one.pid < pid);
        for one in self.all[first..].iter().take_while(|one| one.pid == pid) {
            if holds(one)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl NamedGroup {
    /// The ID means whichever group has it; 0 is the group of kernel threads, and of all from outside of our PID
    /// namespace.
    pub(crate) fn number(id: Pid) -> Self {
        NamedGroup { id, leader: Hold::Nothing }
    }

    /// The group that has the ID now.
    pub(crate) fn hold(id: Pid, holder: &mut Holder) -> Lookup<Self> {
        Ok(NamedGroup { id, leader: holder.hold(id)? })
    }

    /// Whether the ID cannot have been reused. The kernel gives it to no other process while the leader is not
    /// reaped or the group has a member (`free_pid`, kernel/pid.c), so once the leader is gone, a process with that ID
    /// proves that the group is gone too. Asked after the ID was read somewhere, as [`NamedProcess::is_alive`].
    pub(crate) fn is_unchanged(&self) -> Lookup<bool> {
        match &self.leader {
            Hold::Nothing | Hold::Inode(_) => Ok(true), // a group has no token
            Hold::Missing => Ok(start_time_of(self.id)?.is_none()),
            Hold::Pidfd(pidfd) => match sys::pidfd_send_signal(pidfd.as_fd(), 0, None, Scope::Process) {
                Err(Errno::SRCH) => Ok(start_time_of(self.id)?.is_none()),
                // Another user's process, or a seccomp filter that forbids the call: a zombie cannot be distinguished
                // from a reaped process.
                Err(_) if has_exited(pidfd)? => Ok(start_time_of(self.id)?.is_none()),
                Ok(()) | Err(_) => Ok(true),
            },
            Hold::StartTime(before) => Ok(start_time_of(self.id)?.is_none_or(|now| now == *before)),
        }
    }
}

impl Holder {
    fn hold(&mut self, pid: Pid) -> Lookup<Hold> {
        let Some(raw) = RawPid::from_raw(pid.max(0)) else { return Ok(Hold::Nothing) };
        let opened = if self.room > 0 { pidfd_open(raw, PidfdFlags::empty()) } else { Err(Errno::MFILE) };
        match opened {
            Ok(pidfd) => {
                self.room -= 1;
                Ok(Hold::Pidfd(Arc::new(pidfd)))
            }
            // No process, or the ID of a thread (the error differs between kernels).
            Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => Ok(Hold::Missing),
            // No descriptors, an older kernel, or a seccomp filter.
            Err(_) => Ok(start_time_of(pid)?.map_or(Hold::Missing, Hold::StartTime)),
        }
    }

    fn hold_token(&mut self, token: Token) -> Lookup<Result<Hold, Stale>> {
        let hold = match token.instance {
            Instance::Inode(inode) => match open_instance(token.pid, inode)? {
                Ok(pidfd) if self.room > 0 => {
                    self.room -= 1;
                    Hold::Pidfd(Arc::new(pidfd))
                }
                Ok(_) => Hold::Inode(inode),
                Err(why) => return Ok(Err(why)),
            },
            Instance::StartTime(start_time) => {
                // Before its start time is read: the pidfd is not that of a successor with the same one.
                let hold = self.hold(token.pid)?;
                match start_time_of(token.pid)? {
                    None => return Ok(Err(Stale::Exited)),
                    Some(now) if now != start_time => return Ok(Err(Stale::Reused)),
                    Some(_) => hold,
                }
            }
        };
        Ok(Ok(hold))
    }
}

/// A pidfd of the process with this ID and inode number.
fn open_instance(pid: Pid, wanted: u64) -> Lookup<Result<OwnedFd, Stale>> {
    let raw = RawPid::from_raw(pid).ok_or(LookupError::Gone)?;
    let pidfd = match pidfd_open(raw, PidfdFlags::empty()) {
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return Ok(Err(Stale::Exited)),
        pidfd => pidfd.map_err(LookupError::Io)?,
    };
    match inode(&pidfd).map_err(LookupError::Io)? {
        None => Err(LookupError::Io(Errno::NOTSUP)),
        Some(inode) if inode != wanted => Ok(Err(Stale::Reused)),
        Some(_) => Ok(Ok(pidfd)),
    }
}

/// Whether all its threads have exited; it may not be reaped yet.
fn has_exited(pidfd: &OwnedFd) -> Lookup<bool> {
    let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
    Ok(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0)
}

/// None if no process has the ID.
fn start_time_of(pid: Pid) -> Lookup<Option<u64>> {
    let proc = ProcDir::assumed();
    let mut process = Process::new(&proc);
    process.select(pid);
    match process.start_time() {
        Ok(start_time) => Ok(Some(start_time)),
        Err(LookupError::Gone | LookupError::Denied) => Ok(None),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};

    use super::super::{own_pid, token::token};
    use super::*;

    /// Where more are named than there are descriptors, the process of a token is opened each time.
    #[test]
    fn the_process_of_a_token_is_alive_until_it_exits_and_has_its_id_until_it_is_reaped() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("sleep");
        let pid = RawPid::from_child(&child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("a child");
        let number = pid.as_raw_nonzero().get();
        // Before Linux 6.9 there is no token with an inode number.
        let token = token(number, &pidfd).expect("a child");
        let held: Vec<NamedProcess> = token
            .into_iter()
            .flat_map(|token| {
                [0, 1].map(|room| {
                    let named = NamedProcess::with_token(token, &mut Holder { room });
                    let process = named.expect("a child").expect("its token");
                    assert_eq!(process.pidfd().is_some(), room > 0);
                    process
                })
            })
            .collect();
        let check = |expected| {
            for process in &held {
                assert_eq!((process.is_alive(), process.has_its_id()), expected, "{process:?}");
            }
        };
        check((Ok(true), Ok(true)));
        child.kill().expect("a child");
        let exited = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(nix::unistd::Pid::from_raw(number)), exited).expect("its exit");
        check((Ok(false), Ok(true)));
        child.wait().expect("a child");
        check((Ok(false), Ok(false)));
    }

    /// A group that has no leader any more is the same as long as no process has its ID.
    #[test]
    fn a_group_is_unchanged_until_another_process_has_its_id() {
        let own = own_pid();
        let start_time = start_time_of(own).expect("/proc").expect("our own");
        for (id, leader, expected) in [
            (own, Hold::StartTime(start_time), true),
            (own, Hold::StartTime(start_time + 1), false),
            (Pid::MAX, Hold::StartTime(start_time), true),
            (own, Hold::Missing, false),
            (Pid::MAX, Hold::Missing, true),
            (own, Hold::Nothing, true),
        ] {
            let group = NamedGroup { id, leader };
            assert_eq!(group.is_unchanged(), Ok(expected), "{group:?}");
        }
    }
}

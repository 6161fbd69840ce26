//! The directory /proc: opened for a walk, or only named where single processes are examined.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};

use rustix::fs::{self, CWD, Mode, OFlags, PROC_SUPER_MAGIC, RawDir};
use rustix::io::Errno;

use super::bounded::{Delegate, ReadTimeout, Reads};
use super::status::Status;
use super::{Lookup, own_pid};
use crate::error::{Error, errno_text};
use crate::request::Pid;

/// Room for more than 100 entries per getdents64(2): by then the call costs next to nothing, and threads that share
/// a walk end at about the same time.
const WALK_BUFFER: usize = 4 * 1024;

/// Where the files of processes are found.
pub(crate) struct ProcDir {
    fd: Option<OwnedFd>,
    /// Read when it is first needed: a scan by name does not need it.
    same_pid_namespace: OnceLock<Result<bool, Errno>>,
    reads: Reads,
}

impl ProcDir {
    /// For walks and for reading many processes: /proc is opened, and paths start from the descriptor.
    pub(crate) fn open() -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open("/proc", flags, Mode::empty()).map_err(|errno| unusable(&errno_text(errno)))?;
        check(fs::fstatfs(&fd))?;
        Ok(ProcDir { fd: Some(fd), same_pid_namespace: OnceLock::new(), reads: Reads::Unbounded })
    }

    /// For a few processes with known IDs: paths are absolute, the directory itself is never opened.
    pub(crate) fn named() -> Result<Self, Error> {
        check(fs::statfs("/proc"))?;
        Ok(ProcDir { fd: None, same_pid_namespace: OnceLock::new(), reads: Reads::Unbounded })
    }

    /// The same, where /proc has been found to be usable before.
    pub(super) fn assumed() -> Self {
        ProcDir { fd: None, same_pid_namespace: OnceLock::new(), reads: Reads::Unbounded }
    }

    /// Reads that another process can hold up are given up after this time. They are made by another thread, which
    /// costs some 10 µs each; [`super::walk_bounded`] is for many.
    pub(crate) fn with_timeout(self, timeout: Option<&Arc<ReadTimeout>>) -> Self {
        match timeout {
            Some(timeout) => self.with_reads(Reads::Delegated(Delegate::new(timeout))),
            None => self,
        }
    }

    pub(super) fn with_reads(self, reads: Reads) -> Self {
        ProcDir { reads, ..self }
    }

    /// How files are read that another process can hold up.
    pub(super) fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Whether a number means the same process to system calls and in /proc. It does not where a PID namespace was
    /// entered and the /proc of the outer one is still mounted: then processes can only be read from files. Where that
    /// cannot be determined, files are right too.
    pub(crate) fn same_pid_namespace(&self) -> bool {
        self.find_pid_namespace().unwrap_or(false)
    }

    /// An error where [`Self::same_pid_namespace`] is false: no process can be signalled or waited for then.
    pub(crate) fn require_same_pid_namespace(&self) -> Result<(), Error> {
        match self.is_of_same_pid_namespace()? {
            true => Ok(()),
            false => {
                let why = "/proc belongs to another PID namespace, so its process IDs are not valid here";
                Err(Error::fatal(why))
            }
        }
    }

    /// The same as a question, with an error where it has no answer.
    pub(crate) fn is_of_same_pid_namespace(&self) -> Result<bool, Error> {
        self.find_pid_namespace().map_err(|errno| unusable(&errno_text(errno)))
    }

    fn find_pid_namespace(&self) -> Result<bool, Errno> {
        *self.same_pid_namespace.get_or_init(|| Ok(self.names_own_process()? && self.is_innermost()?))
    }

    /// Whether the link `self` is the ID of this process. Outside of the PID namespace of this /proc it leads nowhere
    /// (ENOENT). In an outer PID namespace this process may have the same ID by chance.
    fn names_own_process(&self) -> Result<bool, Errno> {
        let path = [self.prefix(), b"self"].concat();
        let mut target = [MaybeUninit::uninit(); 16];
        match fs::readlinkat_raw(self.base(), path, &mut target) {
            Ok((target, _)) => Ok(parse_pid(target) == Some(own_pid())),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Whether we have no other process ID below the PID namespace of this /proc (`NSpid:` of proc_pid_status(5)).
    /// Linux before 4.1 does not report that.
    fn is_innermost(&self) -> Result<bool, Errno> {
        let path = [self.prefix(), b"self/status"].concat();
        let file = fs::openat(self.base(), path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut text = Vec::with_capacity(4096);
        loop {
            match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut text)) {
                Ok(0) => break,
                Ok(_) => text.reserve(1024),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        let status = Status::parse(&text).ok_or(Errno::BADMSG)?;
        Ok(status.namespace_pids.len() <= 1)
    }

    /// The directory descriptor for openat(2) and similar calls.
    pub(super) fn base(&self) -> BorrowedFd<'_> {
        self.fd.as_ref().map_or(CWD, AsFd::as_fd)
    }

    /// The prefix of paths.
    pub(super) fn prefix(&self) -> &'static [u8] {
        if self.fd.is_some() { b"" } else { b"/proc/" }
    }

    /// Adds the next processes of the walk, as many as one getdents64(2) lists; false at its end. They come in
    /// ascending order, and each comes once, also where threads share the walk: the kernel serves one at a time.
    pub(crate) fn next_processes(&self, pids: &mut Vec<Pid>) -> Result<bool, Error> {
        let fd = self.fd.as_ref().expect("a walk needs the opened directory");
        next_numbers(fd.as_fd(), pids).map_err(|errno| unusable(&errno_text(errno)))
    }

    /// The IDs of the threads of a process.
    pub(crate) fn threads(&self, pid: Pid) -> Lookup<Vec<Pid>> {
        let path = [self.prefix(), pid.to_string().as_bytes(), b"/task"].concat();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let tasks = fs::openat(self.base(), &path[..], flags, Mode::empty())?;
        let mut threads = vec![];
        while next_numbers(tasks.as_fd(), &mut threads)? {}
        Ok(threads)
    }
}

fn check(statfs: rustix::io::Result<fs::StatFs>) -> Result<(), Error> {
    match statfs {
        Err(errno) => Err(unusable(&errno_text(errno))),
        Ok(statfs) if statfs.f_type != PROC_SUPER_MAGIC => Err(unusable("it is not a proc file system")),
        Ok(_) => Ok(()),
    }
}

fn unusable(why: &str) -> Error {
    Error::fatal(format!("cannot read /proc: {why}"))
}

/// The error for a process that cannot be read although it may match.
pub(crate) fn unreadable(pid: Pid, errno: Errno) -> Error {
    Error::fatal(format!("cannot read /proc/{pid}: {}", errno_text(errno)))
}

/// Adds the numbers among the next entries; false if there were no more.
pub(super) fn next_numbers(dir: BorrowedFd<'_>, numbers: &mut Vec<Pid>) -> Result<bool, Errno> {
    let mut buffer = [MaybeUninit::uninit(); WALK_BUFFER];
    let mut entries = RawDir::new(dir, &mut buffer);
    let before = numbers.len();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => numbers.extend(parse_pid(entry.file_name().to_bytes())),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        if entries.is_buffer_empty() && numbers.len() > before {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parse_pid(name: &[u8]) -> Option<Pid> {
    name.iter().try_fold(0, |number: Pid, &byte| {
        let digit = byte.is_ascii_digit().then(|| Pid::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

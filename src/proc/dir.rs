//! The directory /proc: opened once for a walk, or only named where single processes are looked up.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{self, CWD, Mode, OFlags, PROC_SUPER_MAGIC, RawDir};
use rustix::io::Errno;

use super::Fact;
use crate::error::{Error, errno_text};
use crate::request::Pid;

/// Room for about 1,000 entries per getdents64(2).
const WALK_BUFFER: usize = 32 * 1024;

/// Where the files of processes are found.
pub struct ProcDir {
    fd: Option<OwnedFd>,
}

impl ProcDir {
    /// For walks and for looking at many processes: /proc is opened, and paths start from the descriptor.
    pub fn open() -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open("/proc", flags, Mode::empty()).map_err(|errno| unusable(&errno_text(errno)))?;
        check(fs::fstatfs(&fd))?;
        Ok(ProcDir { fd: Some(fd) })
    }

    /// For a few processes whose IDs are known: paths are absolute, the directory itself is never opened.
    pub fn named() -> Result<Self, Error> {
        check(fs::statfs("/proc"))?;
        Ok(ProcDir { fd: None })
    }

    /// What openat(2) and its like get as their directory.
    pub(super) fn base(&self) -> BorrowedFd<'_> {
        self.fd.as_ref().map_or(CWD, AsFd::as_fd)
    }

    /// What paths begin with.
    pub(super) fn prefix(&self) -> &'static [u8] {
        if self.fd.is_some() { b"" } else { b"/proc/" }
    }

    /// The IDs of all processes, in the kernel's order, which is ascending.
    pub fn processes(&self) -> Result<Vec<Pid>, Error> {
        let fd = self.fd.as_ref().expect("a walk needs the opened directory");
        numbers_in(fd.as_fd()).map_err(|errno| unusable(&errno_text(errno)))
    }

    /// The IDs of the threads of a process.
    pub fn threads(&self, pid: Pid) -> Fact<Vec<Pid>> {
        let path = [self.prefix(), pid.to_string().as_bytes(), b"/task"].concat();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let tasks = fs::openat(self.base(), &path[..], flags, Mode::empty())?;
        Ok(numbers_in(tasks.as_fd())?)
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

fn numbers_in(dir: BorrowedFd<'_>) -> Result<Vec<Pid>, Errno> {
    let mut buffer = [MaybeUninit::uninit(); WALK_BUFFER];
    let mut entries = RawDir::new(dir, &mut buffer);
    let mut numbers = vec![];
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => numbers.extend(parse_pid(entry.file_name().to_bytes())),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(numbers)
}

fn parse_pid(name: &[u8]) -> Option<Pid> {
    let digits = name.first()?.is_ascii_digit();
    digits.then(|| std::str::from_utf8(name).ok()?.parse().ok()).flatten()
}

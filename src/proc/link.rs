//! The links of a process: /proc/PID/exe and /proc/PID/cwd (proc_pid_exe(5), proc_pid_cwd(5)).

use std::os::fd::BorrowedFd;

use rustix::fs::{self, AtFlags, CWD, StatxFlags};
use rustix::io::Errno;

use super::{Facts as _, Lookup, LookupError, Process};

/// What the kernel puts behind the path of a file that has no name any more.
const DELETED: &[u8] = b" (deleted)";

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The path of the file as it is now, or as it was when it was deleted or replaced.
    pub path: Vec<u8>,
    /// Whether it was.
    pub deleted: bool,
}

/// What makes a file the same file, under whatever path: the device and the inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The device that its file system is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl FileId {
    /// What is known of the file by now is enough: a file system that does not answer must not hold us up
    /// (`AT_STATX_DONT_SYNC` of statx(2)).
    fn of(base: BorrowedFd<'_>, path: &[u8]) -> Result<FileId, Errno> {
        match fs::statx(base, path, AtFlags::STATX_DONT_SYNC, StatxFlags::INO) {
            Ok(file) => {
                let device = fs::makedev(file.stx_dev_major, file.stx_dev_minor);
                Ok(FileId { device, inode: file.stx_ino })
            }
            // Before Linux 4.11, or a seccomp filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {
                let file = fs::statat(base, path, AtFlags::empty())?;
                Ok(FileId { device: file.st_dev, inode: file.st_ino })
            }
            Err(errno) => Err(errno),
        }
    }
}

impl Process<'_> {
    /// None: the process has none, as kernel threads and those that have ended.
    pub(super) fn link(&mut self, name: &str) -> Lookup<Option<Link>> {
        let path = self.read_link(name);
        let Some(path) = self.optional_link(path)? else { return Ok(None) };
        let Some(before) = path.strip_suffix(DELETED) else { return Ok(Some(Link { path, deleted: false })) };
        if before.starts_with(b"/memfd:") {
            // It never had a name (memfd_create(2)), and was not replaced.
            return Ok(Some(Link { path: before.to_vec(), deleted: false }));
        }
        if self.is_named(name, &path) {
            return Ok(Some(Link { path, deleted: false }));
        }
        Ok(Some(Link { path: before.to_vec(), deleted: true }))
    }

    /// The file that the link leads to, which need not have a path in our mount namespace, or any.
    pub(super) fn linked_file(&mut self, name: &str) -> Lookup<Option<FileId>> {
        let base = self.dir();
        let file = FileId::of(base.base(), self.file(name));
        self.optional_link(file)
    }

    /// What the link says.
    pub(super) fn read_link(&mut self, name: &str) -> Result<Vec<u8>, Errno> {
        let base = self.dir();
        fs::readlinkat(base.base(), self.file(name), vec![]).map(Into::into)
    }

    /// Whether the file really has this path, in our mount namespace or in its own: a name may end in ` (deleted)`.
    fn is_named(&mut self, name: &str, path: &[u8]) -> bool {
        let Ok(Some(file)) = self.linked_file(name) else { return false };
        let base = self.dir();
        let theirs = [self.file("root"), path].concat();
        [FileId::of(CWD, path), FileId::of(base.base(), &theirs)].contains(&Ok(file))
    }

    /// Tells a link that leads nowhere from one that we may not follow. To those who may not, the kernel says nothing
    /// else about kernel threads and those that have ended, which have neither link, and hold no descriptors.
    pub(super) fn optional_link<T>(&mut self, read: Result<T, Errno>) -> Lookup<Option<T>> {
        match read {
            Ok(answer) => Ok(Some(answer)),
            Err(Errno::NOENT) => self.effective_uid().map(|_| None), // if it is there
            Err(Errno::ACCESS | Errno::PERM) => {
                let stat = self.stat()?;
                if stat.is_kernel_thread() || stat.has_ended() { Ok(None) } else { Err(LookupError::Denied) }
            }
            // A path of a page or more. Everybody can make one, so it must not stop the run.
            Err(Errno::NAMETOOLONG) => Err(LookupError::Denied),
            Err(errno) => Err(errno.into()),
        }
    }
}

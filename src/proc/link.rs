//! What the links of a process lead to.

use std::os::fd::BorrowedFd;

use rustix::fs::{self, AtFlags, StatxFlags};
use rustix::io::Errno;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The path of the file as it is now, or as it was when it was deleted or replaced.
    pub path: Vec<u8>,
    /// Whether the file was deleted or replaced.
    pub deleted: bool,
}

/// What identifies a file under any path: the device and the inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    /// The device that its file system is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl FileId {
    /// From what is cached, so that a file system that does not answer cannot block us (`AT_STATX_DONT_SYNC` of
    /// statx(2)).
    pub(super) fn of(base: BorrowedFd<'_>, path: &[u8]) -> Result<FileId, Errno> {
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

/// What follows the last slash of a path.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

//! Targets of the links of a process.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;

/// The target of a link.
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
    /// The ID of the file at a path.
    pub(super) fn of(base: BorrowedFd<'_>, path: &[u8]) -> Result<FileId, Errno> {
        Ok(Inode::of(base, path, AtFlags::empty())?.id)
    }
}

/// An inode, and how many names it has.
pub(super) struct Inode {
    /// The file.
    pub id: FileId,
    /// How many names the file has.
    pub links: u64,
}

impl Inode {
    /// From what is cached, so that a file system that does not respond cannot block us (`AT_STATX_DONT_SYNC` of
    /// statx(2)).
    pub(super) fn of(base: BorrowedFd<'_>, path: &[u8], flags: AtFlags) -> Result<Inode, Errno> {
        match fs::statx(base, path, flags | AtFlags::STATX_DONT_SYNC, StatxFlags::INO | StatxFlags::NLINK) {
            Ok(file) => {
                let device = fs::makedev(file.stx_dev_major, file.stx_dev_minor);
                Ok(Inode { id: FileId { device, inode: file.stx_ino }, links: file.stx_nlink.into() })
            }
            // Before Linux 4.11, or a seccomp filter that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {
                let file = fs::statat(base, path, flags)?;
                let id = FileId { device: file.st_dev, inode: file.st_ino };
                // Its type depends on the architecture.
                #[allow(clippy::useless_conversion)]
                let links = file.st_nlink.into();
                Ok(Inode { id, links })
            }
            Err(errno) => Err(errno),
        }
    }
}

/// How often a lookup is repeated if a concurrent rename or mount has disturbed it.
const TRIES: usize = 16;

/// The file at an absolute path below this root, if the kernel has the whole path in its cache (`RESOLVE_CACHED` of
/// openat2(2), Linux 5.12). It never asks a file system, which may not answer.
pub(super) fn cached_file(root: BorrowedFd<'_>, path: &[u8]) -> Result<FileId, Errno> {
    let resolve = ResolveFlags::CACHED | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut tries = 0..TRIES;
    loop {
        match fs::openat2(root, path, flags, Mode::empty(), resolve) {
            Ok(file) => return Ok(Inode::of(file.as_fd(), b"", AtFlags::EMPTY_PATH)?.id),
            Err(Errno::AGAIN | Errno::INTR) if tries.next().is_some() => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// What follows the last slash of a path.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

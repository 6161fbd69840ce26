//! The links of a process: /proc/PID/exe and /proc/PID/cwd (proc_pid_exe(5), proc_pid_cwd(5)).

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::link::{Inode, cached_file};
use super::{Facts as _, FileId, Link, Lookup, LookupError, Process};

/// What the kernel appends to the path of a file that has no name any more.
const DELETED: &[u8] = b" (deleted)";

impl Process<'_> {
    /// None: the process has none, as kernel threads and zombies.
    pub(super) fn link(&mut self, name: &str) -> Lookup<Option<Link>> {
        let path = self.read_own_link(name);
        let Some(path) = self.optional(path)? else {
            return self.of_another_thread(|thread| thread.link(name));
        };
        let Some(before) = path.strip_suffix(DELETED) else { return Ok(Some(Link { path, deleted: false })) };
        if before.starts_with(b"/memfd:") {
            // It never had a name (memfd_create(2)), and was not replaced.
            return Ok(Some(Link { path: before.to_vec(), deleted: false }));
        }
        if self.is_named(name, &path)? {
            return Ok(Some(Link { path, deleted: false }));
        }
        Ok(Some(Link { path: before.to_vec(), deleted: true }))
    }

    /// The file that the link leads to, which need not have a path in our mount namespace, or any.
    pub(super) fn linked_file(&mut self, name: &str) -> Lookup<Option<FileId>> {
        let file = self.ask_file_system(name, FileId::of);
        match self.optional(file)? {
            None => self.of_another_thread(|thread| thread.linked_file(name)),
            file => Ok(file),
        }
    }

    /// The link's text.
    pub(super) fn read_link(&mut self, name: &str) -> Result<Vec<u8>, Errno> {
        match self.read_own_link(name) {
            Err(Errno::NOENT) => {
                let other = self.of_another_thread(|thread| Ok(thread.read_own_link(name).ok()));
                other.ok().flatten().ok_or(Errno::NOENT)
            }
            read => read,
        }
    }

    fn read_own_link(&mut self, name: &str) -> Result<Vec<u8>, Errno> {
        let base = self.dir();
        fs::readlinkat(base.base(), self.file(name), vec![]).map(Into::into)
    }

    /// Whether the path really ends in ` (deleted)`. The kernel appends the same text to the path of a file that was
    /// deleted or replaced (d_path, fs/d_path.c).
    ///
    /// The path was chosen by another user, so no file system is accessed: one that does not respond would block the
    /// caller indefinitely (state D). A file without names has been deleted. A file with names either exists under this
    /// path, or was deleted and has another name (a hard link): then the cached path decides, in the caller's root
    /// directory or in that of the process. If there is none (a path that is not cached, Linux before 5.12, a seccomp
    /// filter), the file is considered deleted: remaining hard links are more common than such names.
    ///
    /// Following `exe`, `cwd` or `root` itself can still block on NFS (`d_weak_revalidate`): then there is no answer.
    fn is_named(&mut self, name: &str, path: &[u8]) -> Lookup<bool> {
        let inode = self.ask_file_system(name, |base, link| Inode::of(base, link, AtFlags::empty()));
        let inode = match inode {
            Ok(inode) if inode.links > 0 => inode,
            Err(Errno::TIMEDOUT) => return Err(Errno::TIMEDOUT.into()),
            Ok(_) | Err(_) => return Ok(false),
        };
        let is_in = |root: Result<OwnedFd, Errno>| {
            root.and_then(|root| cached_file(root.as_fd(), path)).is_ok_and(|file| file == inode.id)
        };
        Ok(is_in(open_directory(CWD, b"/")) || is_in(self.ask_file_system("root", open_directory)))
    }

    /// Distinguishes a link that leads nowhere from one that may not be followed. Without permission, the kernel
    /// returns the same error for kernel threads and zombies, which have neither link, and hold no descriptors.
    pub(super) fn optional<T>(&mut self, read: Result<T, Errno>) -> Lookup<Option<T>> {
        match read {
            Ok(answer) => Ok(Some(answer)),
            Err(Errno::NOENT) if self.is_thread() => self.effective_uid().map(|_| None), // if it is there
            Err(Errno::NOENT) => Ok(None), // the same is found out by `of_another_thread`
            Err(Errno::ACCESS | Errno::PERM) => {
                let stat = self.stat()?;
                if stat.is_kernel_thread() || stat.has_ended() { Ok(None) } else { Err(LookupError::Denied) }
            }
            // A path of a page or more. Any user can make one, so it must not end the run.
            Err(Errno::NAMETOOLONG) => Err(LookupError::Denied),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// To look up paths below it.
fn open_directory(base: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd, Errno> {
    fs::openat(base, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

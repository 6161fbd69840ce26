//! The namespaces of a process (namespaces(7)).

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::{FileId, Lookup, LookupError, ProcDir, Process};
use crate::request::{Namespace, Pid};

/// A namespace, held open: the kernel reuses inode numbers.
#[derive(Clone, Debug)]
pub(crate) struct HeldNamespace {
    pub kind: Namespace,
    /// What identifies it.
    pub id: FileId,
    /// None where no descriptor was left.
    _file: Option<Arc<OwnedFd>>,
}

/// The namespaces of these kinds that the process is in. A kind that the kernel does not have is skipped, because it
/// separates no processes. ESRCH if there is no such process, or a zombie, which is in no namespace.
pub(crate) fn namespaces(proc: &ProcDir, pid: Pid, kinds: &[Namespace]) -> Result<Vec<HeldNamespace>, Errno> {
    let mut process = Process::new(proc);
    process.select(pid);
    let mut held = vec![];
    for &kind in kinds {
        match process.hold_namespace(kind) {
            Ok(namespace) => held.push(namespace),
            Err(Errno::NOENT) if process.exists()? && !process.has_namespace_file(kind)? => {}
            Err(Errno::NOENT | Errno::SRCH) => return Err(Errno::SRCH),
            Err(errno) => return Err(errno),
        }
    }
    Ok(held)
}

impl Process<'_> {
    /// See [`super::Facts::namespace`].
    pub(super) fn read_namespace(&mut self, kind: Namespace) -> Lookup<Option<FileId>> {
        let base = self.dir();
        match fs::statat(base.base(), self.file(&path(kind)), AtFlags::empty()) {
            Ok(file) => Ok(Some(FileId { device: file.st_dev, inode: file.st_ino })),
            // A zombie is in no namespace.
            Err(Errno::NOENT) => self.of_another_thread(|thread| thread.read_namespace(kind)),
            Err(Errno::ACCESS | Errno::PERM) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    fn hold_namespace(&mut self, kind: Namespace) -> Result<HeldNamespace, Errno> {
        let base = self.dir();
        let path = self.file(&path(kind));
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let (file, stat) = match fs::openat(base.base(), path, flags, Mode::empty()) {
            Ok(file) => {
                let stat = fs::fstat(&file)?;
                (Some(Arc::new(file)), stat)
            }
            Err(Errno::MFILE | Errno::NFILE) => (None, fs::statat(base.base(), path, AtFlags::empty())?),
            Err(Errno::NOENT) => {
                let other = self.of_another_thread(|thread| match thread.hold_namespace(kind) {
                    Err(Errno::NOENT) => Ok(None),
                    held => Ok(Some(held?)),
                });
                return other.map_err(LookupError::errno)?.ok_or(Errno::NOENT);
            }
            Err(errno) => return Err(errno),
        };
        Ok(HeldNamespace { kind, id: FileId { device: stat.st_dev, inode: stat.st_ino }, _file: file })
    }

    /// Whether it still exists.
    pub(crate) fn exists(&mut self) -> Result<bool, Errno> {
        self.has("")
    }

    /// Whether the kernel has namespaces of this kind; the process need not be in one.
    fn has_namespace_file(&mut self, kind: Namespace) -> Result<bool, Errno> {
        self.has(&path(kind))
    }

    fn has(&mut self, file: &str) -> Result<bool, Errno> {
        let base = self.dir();
        match fs::statat(base.base(), self.file(file), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::SRCH) => Ok(false),
            Err(errno) => Err(errno),
        }
    }
}

fn path(kind: Namespace) -> String {
    format!("ns/{}", kind.name())
}

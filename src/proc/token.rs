//! The identity token of a process that is held by a pidfd.

use std::os::fd::AsFd;
use std::sync::OnceLock;

use rustix::fs::{fstat, fstatfs};
use rustix::io::Errno;

use crate::request::{Instance, Pid, Token};

/// The file system of pidfds since Linux 6.9 (linux/magic.h). Before, all pidfds have the same inode.
const PIDFS_MAGIC: u32 = 0x5049_4446;

/// The token of the process with this ID. None where a pidfd has no inode of its own.
pub(crate) fn token(pid: Pid, pidfd: impl AsFd) -> Result<Option<Token>, Errno> {
    Ok(inode(pidfd)?.map(|inode| Token { pid, instance: Instance::Inode(inode) }))
}

/// The inode number of a pidfd, which no other process has until the system is rebooted.
pub(super) fn inode(pidfd: impl AsFd) -> Result<Option<u64>, Errno> {
    static HAS_PIDFS: OnceLock<bool> = OnceLock::new();
    // The type of the number depends on the architecture; it has 32 bits.
    let is_pidfs = || fstatfs(&pidfd).is_ok_and(|file_system| file_system.f_type as u32 == PIDFS_MAGIC);
    let has_pidfs = *HAS_PIDFS.get_or_init(is_pidfs);
    Ok(if has_pidfs { Some(fstat(pidfd)?.st_ino) } else { None })
}

#[cfg(test)]
mod tests {
    use rustix::process::{PidfdFlags, getpid, pidfd_open};

    use super::*;

    #[test]
    fn two_pidfds_of_a_process_have_one_token() {
        let own = || pidfd_open(getpid(), PidfdFlags::empty()).expect("a pidfd");
        let pid = getpid().as_raw_nonzero().get();
        let (one, other) = (token(pid, own()), token(pid, own()));
        assert_eq!(one, other);
        assert!(one.is_ok());
    }
}

//! How the user namespace of a process relates to this process's own (user_namespaces(7), ioctl_nsfs(2)).

use std::os::fd::OwnedFd;

use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

use crate::request::Pid;
use crate::sys;

/// Whether the capabilities of this process in its own user namespace are effective in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserNamespace {
    /// The same namespace: they are.
    Ours,
    /// A descendant: they are, and the owner of the topmost namespace in between has all capabilities.
    Below {
        /// The owner's UID in the caller's user namespace.
        owner: u32,
    },
    /// An ancestor or an unrelated one: they are not.
    Elsewhere,
    /// Access is denied.
    Hidden,
}

impl UserNamespace {
    /// The relation to the user namespace of a process.
    pub(crate) fn of(pid: Pid) -> UserNamespace {
        relation(pid).unwrap_or(UserNamespace::Hidden)
    }
}

/// The UID that stands for each one that a user namespace does not map (`overflowuid`, user_namespaces(7)).
const OVERFLOW_UID: u32 = 65534;

/// Whether this UID may be the one for all UIDs that the user namespace does not map.
pub(crate) fn is_overflow_uid(uid: u32) -> bool {
    if uid != OVERFLOW_UID {
        return false;
    }
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let lengths = map.split_ascii_whitespace().skip(2).step_by(3);
    let mapped: u64 = lengths.filter_map(|length| length.parse::<u64>().ok()).sum();
    mapped < u64::from(u32::MAX) // that one itself is no UID
}

/// The UID that is root in the user namespace with this /proc/PID/uid_map, as the reader's user namespace maps it
/// (user_namespaces(7), "User and group ID mappings").
pub(super) fn root_of_map(map: &[u8]) -> Option<u32> {
    let map = std::str::from_utf8(map).ok()?;
    let root = map.lines().map(str::split_ascii_whitespace).find_map(|mut range| match range.next() {
        Some("0") => range.next(),
        _ => None,
    });
    root?.parse().ok()
}

fn relation(pid: Pid) -> Result<UserNamespace, Errno> {
    let ours = inode(&open("/proc/self/ns/user")?)?;
    let mut namespace = open(&format!("/proc/{pid}/ns/user"))?;
    if inode(&namespace)? == ours {
        return Ok(UserNamespace::Ours);
    }
    loop {
        let parent = match sys::parent_namespace(&namespace) {
            Ok(parent) => parent,
            // The parent is an ancestor of the caller's namespace, which was not found on the way.
            Err(Errno::PERM) => return Ok(UserNamespace::Elsewhere),
            Err(errno) => return Err(errno),
        };
        if inode(&parent)? == ours {
            return Ok(UserNamespace::Below { owner: sys::namespace_owner(&namespace)? });
        }
        namespace = parent;
    }
}

fn open(path: &str) -> Result<OwnedFd, Errno> {
    fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn inode(namespace: &OwnedFd) -> Result<u64, Errno> {
    Ok(fs::fstat(namespace)?.st_ino)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_the_uid_that_0_is_mapped_to() {
        for (map, root) in [
            ("         0          0 4294967295\n", Some(0)),
            ("         0       1000          1\n         1     100000      65536\n", Some(1000)),
            ("         1     100000      65536\n         0       1000          1\n", Some(1000)),
            ("      1000          0          1\n", None),
            ("", None),
        ] {
            assert_eq!(root_of_map(map.as_bytes()), root, "{map}");
        }
    }
}

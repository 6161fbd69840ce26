//! Relations between namespaces (ioctl_nsfs(2)).

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use super::check;

/// `NSIO` of linux/nsfs.h.
const NSIO: u32 = 0xb7;

/// The parent of a user or PID namespace (`NS_GET_PARENT`, Linux 4.9). EPERM if it is an ancestor of the caller's own
/// namespace.
pub(crate) fn parent_namespace(namespace: &OwnedFd) -> Result<OwnedFd, Errno> {
    const NS_GET_PARENT: libc::Ioctl = libc::_IO(NSIO, 0x2);
    // SAFETY: this ioctl takes no argument and returns a new descriptor, which nothing else owns.
    unsafe {
        let fd = libc::ioctl(namespace.as_raw_fd(), NS_GET_PARENT);
        check(fd.into())?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// The UID that owns a user namespace (`NS_GET_OWNER_UID`, Linux 4.11).
pub(crate) fn namespace_owner(namespace: &OwnedFd) -> Result<u32, Errno> {
    const NS_GET_OWNER_UID: libc::Ioctl = libc::_IO(NSIO, 0x4);
    let mut uid: libc::uid_t = 0;
    // SAFETY: the kernel writes a uid_t to the pointer.
    let result = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_OWNER_UID, &raw mut uid) };
    check(result.into()).map(|()| uid)
}

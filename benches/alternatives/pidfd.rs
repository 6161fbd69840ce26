//! What a pidfd reports of its process, with the ioctl PIDFD_GET_INFO (Linux 6.13).
#![allow(unsafe_code)] // pidfd_open(2) and the ioctl by their numbers

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

/// struct pidfd_info of Linux 6.13.
#[repr(C)]
#[derive(Default)]
struct Info {
    mask: u64,
    cgroup: u64,
    ids: [u32; 11],
    spare: u32,
}

const PIDFD_INFO_CREDS: u64 = 1 << 1;
/// _IOWR(0xFF, 11, struct pidfd_info)
const PIDFD_GET_INFO: libc::c_ulong = 3 << 30 | (size_of::<Info>() as libc::c_ulong) << 16 | 0xff << 8 | 11;

pub fn user_ids() -> Result<usize, String> {
    let mut read = 0;
    for pid in super::pids() {
        // SAFETY: numbers only; the descriptor is new and owned here.
        let pidfd = unsafe {
            let pidfd = libc::syscall(libc::SYS_pidfd_open, super::number(&pid), 0);
            if pidfd < 0 {
                continue; // it has exited
            }
            OwnedFd::from_raw_fd(pidfd as i32)
        };
        let mut info = Info { mask: PIDFD_INFO_CREDS, ..Info::default() };
        // SAFETY: the structure has the size that the number of the ioctl names.
        if unsafe { libc::ioctl(pidfd.as_raw_fd(), PIDFD_GET_INFO, &raw mut info) } != 0 {
            return Err(format!("PIDFD_GET_INFO: {}", std::io::Error::last_os_error()));
        }
        read += 1;
    }
    Ok(read)
}

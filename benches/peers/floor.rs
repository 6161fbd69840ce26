//! The floors: the least that a program has to do which answers the same question by the same files, and nothing else.

use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags, openat, readlinkat_raw, statx};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::names::{self, Path, each_number, read_name, walk};

/// Everything that one of them takes.
pub fn floor(which: &str) {
    match which {
        "names" => names::floor(),
        "descriptors" => walk(|proc, pid| {
            let _ = open_descriptors(proc, pid).and_then(|dir| each_number(dir, |_| ()));
        }),
        "links" => walk(|proc, pid| {
            let _ = open_descriptors(proc, pid).and_then(read_links);
        }),
        // The file can have other paths, and a replaced one, or one of a container, has the same path.
        "executables" => walk(|proc, pid| {
            let (link, mut target) = (Path::new(pid, b"/exe"), [MaybeUninit::uninit(); 256]);
            let _ = readlinkat_raw(proc, link.as_c_str(), &mut target);
            let _ = statx(proc, link.as_c_str(), AtFlags::STATX_DONT_SYNC, StatxFlags::INO);
        }),
        name => walk(|proc, pid| {
            if has_name(proc, pid, name) {
                signal(proc, pid, name);
            }
        }),
    };
}

fn open_descriptors(proc: BorrowedFd<'_>, pid: &[u8]) -> rustix::io::Result<OwnedFd> {
    openat(proc, Path::new(pid, b"/fd").as_c_str(), OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn read_links(dir: OwnedFd) -> rustix::io::Result<usize> {
    each_number(&dir, |name| {
        let mut target = [MaybeUninit::uninit(); 32];
        let _ = readlinkat_raw(&dir, name, &mut target);
    })
}

fn has_name(proc: BorrowedFd<'_>, pid: &[u8], name: &str) -> bool {
    read_name(proc, pid, &mut [0; 64]) == Some(name.as_bytes())
}

/// A PID can be reused after the name was read, so it is read once more when the process is held.
fn signal(proc: BorrowedFd<'_>, pid: &[u8], name: &str) {
    let number = std::str::from_utf8(pid).ok().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
    let Some(Ok(pidfd)) = number.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else { return };
    if has_name(proc, pid, name) {
        let _ = pidfd_send_signal(pidfd, Signal::HUP);
    }
}

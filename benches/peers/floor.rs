//! The floors: the least that a program has to do which answers the same question by the same files, and nothing else.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;

use rustix::fs::{AtFlags, Mode, OFlags, RawDir, StatxFlags, openat, readlinkat_raw, statx};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Everything that one of them takes.
pub fn floor(which: &str) {
    match which {
        "descriptors" => walk(|proc, pid| {
            let _ = open_descriptors(proc, pid).map(|dir| list(&dir, |_| ()));
        }),
        "links" => walk(|proc, pid| {
            let _ = open_descriptors(proc, pid).map(|dir| read_links(&dir));
        }),
        // The file can have other paths, and a replaced one, or one of a container, has the same path.
        "executables" => walk(|proc, pid| {
            let (link, mut target) = (path(pid, b"/exe"), [MaybeUninit::uninit(); 256]);
            let _ = readlinkat_raw(proc, &link[..], &mut target);
            let _ = statx(proc, link, AtFlags::STATX_DONT_SYNC, StatxFlags::INO);
        }),
        name => walk(|proc, pid| {
            if read_name(proc, pid).as_deref() == Some(name.as_bytes()) {
                signal(proc, pid, name);
            }
        }),
    }
}

/// Each process, by as many threads as a scan may use. They share the list.
fn walk(act: impl Fn(BorrowedFd<'_>, &[u8]) + Sync) {
    let list_of_all = File::open("/proc").expect("open /proc");
    let rest = || {
        let proc = File::open("/proc").expect("open /proc");
        list(&list_of_all, |name| {
            if name[0].is_ascii_digit() {
                act(proc.as_fd(), name);
            }
        });
    };
    thread::scope(|scope| {
        for _ in 1..thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(rest);
        }
        rest();
    });
}

/// The names in a directory.
fn list(dir: impl AsFd, mut act: impl FnMut(&[u8])) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(dir, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        act(entry.file_name().to_bytes());
    }
}

fn path(pid: &[u8], file: &[u8]) -> Vec<u8> {
    [pid, file].concat()
}

fn open_descriptors(proc: BorrowedFd<'_>, pid: &[u8]) -> rustix::io::Result<OwnedFd> {
    openat(proc, path(pid, b"/fd"), OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn read_links(dir: &OwnedFd) {
    list(dir, |name| {
        if name[0].is_ascii_digit() {
            let mut target = [MaybeUninit::uninit(); 32];
            let _ = readlinkat_raw(dir, name, &mut target);
        }
    });
}

fn read_name(proc: BorrowedFd<'_>, pid: &[u8]) -> Option<Vec<u8>> {
    let file = openat(proc, path(pid, b"/comm"), OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut name = vec![0; 64];
    let length = rustix::io::read(file, &mut name).ok()?;
    name.truncate(length.checked_sub(1)?);
    Some(name)
}

/// A PID can be reused after the name was read, so it is read once more when the process is held.
fn signal(proc: BorrowedFd<'_>, pid: &[u8], name: &str) {
    let number = std::str::from_utf8(pid).ok().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
    let Some(Ok(pidfd)) = number.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else { return };
    if read_name(proc, pid).as_deref() == Some(name.as_bytes()) {
        let _ = pidfd_send_signal(pidfd, Signal::HUP);
    }
}

//! The floor: what every tool that matches names has to do. /proc is listed, and each process's `comm` is
//! opened, read and closed, by as many threads as the scan may use.

use std::ffi::CStr;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;

use rustix::fs::{Mode, OFlags, RawDir, openat};

/// Returns how many processes there were.
pub fn floor() -> usize {
    walk(|proc, pid| {
        read_name(proc, pid, &mut [0; 64]);
    })
}

/// Calls `act` with /proc and the PID of each process, and counts them. The threads share the list.
pub fn walk(act: impl Fn(BorrowedFd<'_>, &[u8]) + Sync) -> usize {
    let list = File::open("/proc").expect("open /proc");
    let rest = || {
        let proc = File::open("/proc").expect("open /proc");
        each_number(&list, |pid| act(proc.as_fd(), pid)).expect("list /proc")
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, |n| n.get());
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(rest)).collect();
        rest() + others.into_iter().map(|other| other.join().expect("no panic")).sum::<usize>()
    })
}

/// Calls `act` with each entry of the directory that is a number, and counts them.
pub fn each_number(dir: impl AsFd, mut act: impl FnMut(&[u8])) -> rustix::io::Result<usize> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(dir, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name[0].is_ascii_digit() {
            act(name);
            count += 1;
        }
    }
    Ok(count)
}

/// The name without its newline, in the buffer.
pub fn read_name<'a>(proc: BorrowedFd<'_>, pid: &[u8], buffer: &'a mut [u8; 64]) -> Option<&'a [u8]> {
    let file =
        openat(proc, Path::new(pid, b"/comm").as_c_str(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .ok()?;
    let length = rustix::io::read(file, &mut *buffer).ok()?;
    buffer.get(..length.checked_sub(1)?)
}

/// Relative to /proc, and ended by a NUL, so that it need not be copied for the call.
pub struct Path([u8; 32]);

impl Path {
    pub fn new(pid: &[u8], file: &[u8]) -> Self {
        let mut path = [0; 32];
        path[..pid.len()].copy_from_slice(pid);
        path[pid.len()..][..file.len()].copy_from_slice(file);
        Path(path)
    }

    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).expect("a PID and a file are shorter")
    }
}

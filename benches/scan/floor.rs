//! The floor: what every tool that matches names has to do. /proc is listed, and each process's `comm` is
//! opened, read and closed, by as many threads as the scan may use.

use std::fs::File;
use std::mem::MaybeUninit;
use std::thread;

use rustix::fs::{Mode, OFlags, RawDir, openat};

/// Returns how many processes there were.
pub fn floor() -> usize {
    let walk = File::open("/proc").expect("open /proc");
    let threads = thread::available_parallelism().map_or(1, |n| n.get());
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| read_names(&walk))).collect();
        read_names(&walk) + others.into_iter().map(|other| other.join().expect("no panic")).sum::<usize>()
    })
}

/// Reads the rest of the walk, which the threads share.
fn read_names(walk: &File) -> usize {
    let proc = File::open("/proc").expect("open /proc");
    let (mut list, mut text, mut path) = ([MaybeUninit::uninit(); 4096], [0; 64], Vec::with_capacity(64));
    let mut entries = RawDir::new(walk, &mut list);
    let mut read = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.expect("list /proc");
        let name = entry.file_name().to_bytes();
        if name[0].is_ascii_digit() {
            path.clear();
            path.extend_from_slice(name);
            path.extend_from_slice(b"/comm");
            let file = openat(&proc, &path[..], OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
            read += usize::from(file.and_then(|file| rustix::io::read(file, &mut text)).is_ok());
        }
    }
    read
}

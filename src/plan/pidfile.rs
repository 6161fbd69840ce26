//! The process ID in a file, and the lock that its daemon should hold on it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::path::Path;

use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};

use crate::error::{Error, io_error_text};
use crate::request::{Pid, Pidfile};

/// More than any valid first line.
const FIRST_LINE_MAX: u64 = 255;

/// The number at the start of the file's first line.
pub(super) fn read(pidfile: &Pidfile) -> Result<Pid, Error> {
    let file = open(&pidfile.path).map_err(|error| {
        Error::nothing_to_match(format!("Unable to open pidfile: {}", io_error_text(&error)))
    })?;
    if pidfile.must_be_locked && !is_locked(&file) {
        return Err(Error::nothing_to_match("Locking check for pidfile failed"));
    }
    let mut text = vec![];
    let read = file.take(FIRST_LINE_MAX).read_to_end(&mut text);
    read.ok().and_then(|_| first_number(&text)).ok_or_else(|| Error::nothing_to_match("pidfile not valid"))
}

fn open(path: &Path) -> io::Result<File> {
    if path == Path::new("-") {
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    }
}

/// White space may precede the number. Anything that follows it must be separated by white space.
fn first_number(text: &[u8]) -> Option<Pid> {
    let line = text.split(|&b| b == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.split_ascii_whitespace().next()?.parse().ok().filter(|&pid| pid > 0)
}

/// Whether a lock of either kind is held, flock(2) or fcntl(2). The first can only be tried; it is released
/// immediately.
fn is_locked(file: &File) -> bool {
    let Ok(copy) = file.try_clone() else { return false };
    match Flock::lock(copy, FlockArg::LockSharedNonblock) {
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => return true,
        Err(_) => {}
        Ok(lock) => drop(lock),
    }
    let mut lock = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short, // conflicts with every lock
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_GETLK(&mut lock)).is_ok() && lock.l_type != libc::F_UNLCK as libc::c_short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_the_first_line() {
        for (text, pid) in [
            ("123", Some(123)),
            ("123\n", Some(123)),
            ("  123 rest of the line\n456\n", Some(123)),
            ("123\t\n", Some(123)),
            ("\n123\n", None),
            ("", None),
            ("123x", None),
            ("-1", None),
            ("0", None),
            ("99999999999", None),
            ("pid 123", None),
        ] {
            assert_eq!(first_number(text.as_bytes()), pid, "{text:?}");
        }
    }
}

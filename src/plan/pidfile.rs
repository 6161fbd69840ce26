//! The process ID in a file, and the lock that its daemon should hold on it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};

use super::trust::{self, Distrust};
use crate::error::{Error, io_error_text};
use crate::request::{Pidfile, ProcessRef};

/// More than any valid first line.
const FIRST_LINE_MAX: u64 = 255;

/// The content of a pidfile, and whether it can be trusted.
pub(super) struct Content {
    /// The process at the start of the file's first line.
    pub process: ProcessRef,
    /// Why other users may decide it. None: they may not, or it comes from standard input.
    pub distrust: Option<Distrust>,
}

/// Read the file.
pub(super) fn read(pidfile: &Pidfile) -> Result<Content, Error> {
    let is_stdin = pidfile.is_stdin();
    let file = if is_stdin { stdin() } else { open(&pidfile.path) };
    let file = file.map_err(|error| {
        Error::nothing_to_match(format!("Unable to open pidfile: {}", io_error_text(&error)))
    })?;
    if !is_stdin {
        check_regular(&file, &pidfile.path)?;
    }
    if pidfile.must_be_locked && !is_locked(&file) {
        return Err(Error::nothing_to_match("Locking check for pidfile failed"));
    }
    let mut text = vec![];
    let read = (&file).take(FIRST_LINE_MAX).read_to_end(&mut text);
    let process = read.ok().and_then(|_| first_word(&text));
    let process = process.ok_or_else(|| Error::nothing_to_match("pidfile not valid"))?;
    let distrust = if is_stdin { None } else { trust::distrust(&pidfile.path, &file) };
    Ok(Content { process, distrust })
}

fn stdin() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// `O_NONBLOCK`: a FIFO is opened without a writer. `O_NOCTTY`: a terminal does not become the controlling terminal of
/// a session leader (open(2)).
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

/// A read of anything but a regular file may block or take data away from another reader.
fn check_regular(file: &File, path: &Path) -> Result<(), Error> {
    let is = match file.metadata().map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_file() => return Ok(()),
        Ok(kind) if kind.is_dir() => "a directory",
        Ok(kind) if kind.is_fifo() => "a FIFO or pipe",
        Ok(kind) if kind.is_char_device() => "a character device",
        Ok(kind) if kind.is_block_device() => "a block device",
        _ => "something else",
    };
    let path = path.display();
    Err(Error::nothing_to_match(format!("pidfile not valid: {path} is {is}, not a regular file")))
}

/// White space may precede the process ID or token. Anything that follows it must be separated by white space, or by a
/// NUL, which ends a text in C.
fn first_word(text: &[u8]) -> Option<ProcessRef> {
    let line = text.split(|&b| b == b'\n' || b == 0).next()?;
    let line = std::str::from_utf8(line).ok()?;
    ProcessRef::parse(line.split_ascii_whitespace().next()?).filter(|process| process.pid() > 0)
}

/// Whether a lock of either kind is held, flock(2) or fcntl(2), by any process. The first can only be tried; it is
/// released immediately.
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
    fn the_first_word_of_the_first_line() {
        for (text, process) in [
            ("123", Some("123")),
            ("123\n", Some("123")),
            ("  123 rest of the line\n456\n", Some("123")),
            ("123\t\n", Some("123")),
            ("123\0", Some("123")),
            ("123 \0 456", Some("123")),
            ("\n123\n", None),
            ("\x00123\n", None),
            ("", None),
            ("123x", None),
            ("-1", None),
            ("0", None),
            ("99999999999", None),
            ("pid 123", None),
            ("123:456\n", Some("123:456")),
            ("123@456 x\n", Some("123@456")),
            ("123:\n", None),
            ("0:456\n", None),
        ] {
            let found = first_word(text.as_bytes()).map(|process| process.to_string());
            assert_eq!(found.as_deref(), process, "{text:?}");
        }
    }
}

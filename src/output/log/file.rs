//! A log in a file: a line of JSON for each record, appended by one write(2), so that lines of runs at the same time do
//! not mix.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::io::Errno;

use crate::error::io_error_text;
use crate::plan::{Distrust, distrust_log, distrust_log_directory};
use crate::sys;

/// A file that was found to be a log.
pub(super) struct LogFile {
    file: File,
    /// The last line of the file has no end, since the disk was full.
    is_torn: bool,
}

impl LogFile {
    /// Open the file, or make it. Err: why that is not possible, or dangerous.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let file = match open(path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                check_directory(path)?;
                match open(path, true) {
                    // Another run has made it.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(path, false),
                    result => result,
                }
            }
            result => result,
        };
        let file = file.map_err(|error| match error.raw_os_error() {
            Some(libc::ELOOP) => "it is a symbolic link".to_owned(),
            _ => io_error_text(&error),
        })?;
        let metadata = file.metadata().map_err(|error| io_error_text(&error))?;
        if !metadata.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if metadata.nlink() > 1 {
            return Err("it has another name (a hard link)".to_owned());
        }
        trusted(distrust_log(path, &file))?;
        let byte = |at| {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).map(|()| byte[0])
        };
        // A value that is wrong must not damage another file.
        if metadata.len() > 0 && byte(0).ok() != Some(b'{') {
            return Err("it has something else than lines of JSON".to_owned());
        }
        let is_torn = metadata.len() > 0 && byte(metadata.len() - 1).ok() != Some(b'\n');
        sys::ignore_file_size_limit();
        Ok(LogFile { file, is_torn })
    }

    /// Append a line. Part of one is an error too.
    pub(super) fn append(&mut self, mut line: Vec<u8>) -> Result<(), Errno> {
        if std::mem::take(&mut self.is_torn) {
            line.insert(0, b'\n');
        }
        match rustix::io::write(&self.file, &line)? {
            written if written < line.len() => Err(Errno::NOSPC),
            _ => Ok(()),
        }
    }
}

/// `O_NOFOLLOW`: a link may have been put there for another file to be written. `O_NONBLOCK` and `O_NOCTTY`: as with
/// pidfiles, opening anything else than a regular file has no effect.
fn open(path: &Path, new: bool) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(true).append(true).create_new(new).mode(0o600).custom_flags(flags).open(path)
}

fn check_directory(path: &Path) -> Result<(), String> {
    let directory = std::path::absolute(path).map_err(|error| io_error_text(&error))?;
    let directory = directory.parent().unwrap_or(Path::new("/"));
    trusted(distrust_log_directory(directory))
}

fn trusted(distrust: io::Result<Option<Distrust>>) -> Result<(), String> {
    match distrust {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(why.to_string()),
        Err(error) => Err(io_error_text(&error)),
    }
}

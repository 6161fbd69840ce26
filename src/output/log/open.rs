//! A log that is open, and where it is.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::file::LogFile;
use super::socket::{JOURNAL, SYSLOG, Socket};
use crate::error::errno_text;
use crate::output::json::Json;
use crate::request::LogTo;

/// An open log.
pub(in crate::output) struct RunLog {
    pub(super) json: Json,
    pub(super) place: Place,
    /// Whether nothing may be sent if it cannot be written.
    pub(super) is_required: bool,
    pub(super) records: usize,
    /// How many of them were not written, and why the first one was not. No other is tried after it.
    pub(super) lost: Option<(usize, Errno)>,
}

pub(super) enum Place {
    Journal(Socket),
    Syslog(Socket),
    File(PathBuf, LogFile),
}

impl Place {
    pub(super) fn open(to: &LogTo) -> Result<Self, String> {
        let connect = |path| Socket::connect(path).map_err(|errno| format!("{path}: {}", errno_text(errno)));
        Ok(match to {
            LogTo::System if Path::new(JOURNAL).exists() => Place::Journal(connect(JOURNAL)?),
            LogTo::Journal => Place::Journal(connect(JOURNAL)?),
            LogTo::System | LogTo::Syslog => Place::Syslog(connect(SYSLOG)?),
            LogTo::File(path) => Place::File(path.clone(), LogFile::open(path)?),
        })
    }
}

impl RunLog {
    pub(super) fn name(&self) -> String {
        match &self.place {
            Place::Journal(_) => name(&LogTo::Journal),
            Place::Syslog(_) => name(&LogTo::Syslog),
            Place::File(path, _) => name(&LogTo::File(path.clone())),
        }
    }
}

/// The log in a message.
pub(super) fn name(to: &LogTo) -> String {
    match to {
        LogTo::System => "the system's log".to_owned(),
        LogTo::Journal => "the journal".to_owned(),
        LogTo::Syslog => "syslog".to_owned(),
        LogTo::File(path) => path.display().to_string(),
    }
}

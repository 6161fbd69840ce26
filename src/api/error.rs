//! What can go wrong for a program that uses the library.

use std::ffi::OsString;
use std::{fmt, io};

use crate::error::{self, ErrorKind};

/// Why a query failed, or why a process could not be signalled or waited for.
///
/// ```
/// use pkill::{Error, Query};
///
/// assert!(matches!(Query::new().find(), Err(Error::NoCriteria)));
/// assert!(matches!(Query::new().name("(").find(), Err(Error::InvalidPattern(_))));
/// assert!(matches!(Query::new().user("no-such-user").find(), Err(Error::UnknownUser(_))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The query has no criterion, so that it would match every process.
    NoCriteria,
    /// The pattern is no extended regular expression; the message is that of regcomp(3).
    InvalidPattern(String),
    /// No user has this name.
    UnknownUser(OsString),
    /// No group has this name.
    UnknownGroup(OsString),
    /// /proc cannot be read, or belongs to another PID namespace; the message says which.
    Proc(String),
    /// The process has exited. Its process ID may have been reused: nothing was sent to the new process.
    Exited {
        /// The process ID that it had.
        pid: u32,
    },
    /// The process is still running but no longer matches the query, for instance because it has executed another
    /// program, or may no longer be examined. Nothing was sent to it.
    Changed {
        /// Its process ID.
        pid: u32,
    },
    /// The caller may not signal the process (EPERM, kill(2)).
    NotPermitted {
        /// Its process ID.
        pid: u32,
    },
    /// A system call on the process failed in another way, for instance because no file descriptor was available.
    Io {
        /// Its process ID.
        pid: u32,
        /// The error of the system call.
        source: io::Error,
    },
}

impl Error {
    /// The error of a scan. Users and groups were resolved before, so a usage error can only be about the pattern.
    pub(super) fn from_scan(error: error::Error) -> Self {
        match error.kind {
            ErrorKind::Usage => {
                let reason = error.message.strip_prefix("regex error: ").unwrap_or(&error.message);
                Error::InvalidPattern(reason.to_owned())
            }
            ErrorKind::NothingToMatch | ErrorKind::Forbidden | ErrorKind::Fatal => Error::Proc(error.message),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoCriteria => f.write_str("no matching criteria specified"),
            Error::InvalidPattern(reason) => write!(f, "invalid pattern: {reason}"),
            Error::UnknownUser(name) => write!(f, "invalid user name: {}", name.display()),
            Error::UnknownGroup(name) => write!(f, "invalid group name: {}", name.display()),
            Error::Proc(reason) => f.write_str(reason),
            Error::Exited { pid } => write!(f, "pid {pid}: no longer exists"),
            Error::Changed { pid } => write!(f, "pid {pid}: no longer matches"),
            Error::NotPermitted { pid } => write!(f, "pid {pid}: operation not permitted"),
            Error::Io { pid, source } => write!(f, "pid {pid}: {}", error::io_error_text(source)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

//! Processes that cannot be read completely.

use super::{LookupError, ReadTimeout, Unanswered};
use crate::request::Pid;

/// A process that could not be read completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unread {
    pub pid: Pid,
    pub why: UnreadBecause,
}

impl Unread {
    /// Whether it may match.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.why, UnreadBecause::Undecided(_))
    }
}

/// Why a process could not be read completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnreadBecause {
    /// It may match, and this error kept that from being decided.
    Undecided(Failure),
    /// It matches, and is shown without its arguments.
    Unseen(Failure),
    /// It has more arguments, or a larger environment, than are read.
    Cut,
}

/// What has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// A read that was not answered in time.
    TimedOut(Option<Unanswered>),
    /// An errno.
    Errno(i32),
}

impl Failure {
    /// None for an error that has nothing to do with the process.
    pub(crate) fn new(timeout: Option<&ReadTimeout>, pid: Pid, why: LookupError) -> Option<Failure> {
        match why {
            LookupError::TimedOut => {
                Some(Failure::TimedOut(timeout.and_then(|timeout| timeout.unanswered(pid))))
            }
            LookupError::Unreadable(errno) => Some(Failure::Errno(errno.raw_os_error())),
            LookupError::Gone | LookupError::Denied | LookupError::Io(_) => None,
        }
    }
}

//! Processes that cannot be read as they should.

use super::{LookupError, ReadTimeout, Unanswered};
use crate::request::Pid;

/// A process of which not all could be read that was needed, or should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unread {
    /// Its process ID.
    pub pid: Pid,
    /// Why.
    pub why: UnreadBecause,
}

impl Unread {
    /// Whether it may match.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.why, UnreadBecause::Undecided(_))
    }
}

/// Why that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnreadBecause {
    /// It may match, and this error kept that from being decided.
    Undecided(Failure),
    /// It matches, and is shown without its arguments.
    Unseen(Failure),
    /// It claims more arguments, or a larger environment, than are read.
    Cut,
}

/// What has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// A read that was not answered in time.
    TimedOut(Option<Unanswered>),
    /// An error of the kernel's, by its number.
    Errno(i32),
}

impl Failure {
    /// None for what is not the process's fault.
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

//! What became of each process, and the exit status, which is a fold over that.

use rustix::io::Errno;

use crate::error::{Error, ErrorKind};
use crate::request::Pid;

/// The status that a program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Something matched; pkill: and at least one process was signalled.
    Success = 0,
    /// Nothing matched, or nobody could be signalled.
    Nothing = 1,
    /// The command line asks for something impossible.
    Usage = 2,
    /// The run could not go on.
    Fatal = 3,
}

impl From<&Error> for ExitStatus {
    fn from(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Usage => ExitStatus::Usage,
            ErrorKind::NothingToMatch => ExitStatus::Nothing,
            ErrorKind::Fatal => ExitStatus::Fatal,
        }
    }
}

/// What became of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// pgrep: it was found, and nothing more was to be done.
    Listed,
    /// pkill: the signal was sent; releasing its memory afterwards may have failed.
    Signalled {
        /// What process_mrelease(2) said.
        release: Option<Errno>,
    },
    /// pidwait: it has ended while we waited.
    Ended,
    /// EPERM: we may not signal it.
    Refused,
    /// It ended before it could be signalled or waited for, or its ID has passed on to another process.
    Gone,
    /// It is still there, but is no longer what was asked for.
    Changed,
    /// Something else went wrong.
    Failed(Errno),
}

/// A selected process and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The process ID (thread ID for `pgrep -w`).
    pub pid: Pid,
    /// What the output shows of it.
    pub shown: Option<Vec<u8>>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In ascending order of process ID.
    pub targets: Vec<Target>,
    /// No name is long enough for the pattern, and nothing matched.
    pub pattern_too_long: bool,
}

impl Report {
    /// 0 where anything was listed, signalled or waited for; releasing memory must not have failed.
    pub fn exit_status(&self) -> ExitStatus {
        let mut status = ExitStatus::Nothing;
        for target in &self.targets {
            match target.outcome {
                Outcome::Signalled { release: Some(_) } => return ExitStatus::Nothing,
                Outcome::Listed | Outcome::Signalled { release: None } | Outcome::Ended => {
                    status = ExitStatus::Success
                }
                Outcome::Refused | Outcome::Gone | Outcome::Changed | Outcome::Failed(_) => {}
            }
        }
        status
    }
}

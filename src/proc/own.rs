//! The calling process.

use crate::request::Pid;

/// Our own process ID.
pub(crate) fn own_pid() -> Pid {
    rustix::process::getpid().as_raw_nonzero().get()
}

//! The only reader of /proc: its directory, the walk, one lazily read process, and the parsers of its files.
//!
//! A process may end between any two reads. That is a value here ([`Unknown::Gone`]), not an error.

mod description;
mod dir;
mod facts;
mod process;
mod stat;
mod status;
mod terminal;
mod user_namespace;

pub use description::Description;
pub use dir::{ProcDir, unreadable};
pub use facts::{Fact, Facts, Unknown};
pub use process::Process;
pub use stat::CLOCK_TICKS;
pub use terminal::Terminals;
pub use user_namespace::{UserNamespace, is_anonymous};

use rustix::fs;
use rustix::io::Errno;

use crate::error::Error;
use crate::request::{Namespace, Pid};

/// Our own process ID.
pub fn ourselves() -> Pid {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// Our parent, its parent, and so on, as far as /proc shows them.
pub fn ancestors(proc: &ProcDir) -> Result<Vec<Pid>, Error> {
    let mut chain = vec![];
    let mut process = Process::new(proc);
    let mut pid = ourselves();
    loop {
        process.look_at(pid);
        match process.parent() {
            // 0: the parent is outside of our PID namespace, or there is none
            Ok(parent) if parent > 0 && !chain.contains(&parent) => chain.push(parent),
            Ok(_) | Err(Unknown::Gone) => return Ok(chain),
            Err(Unknown::Unreadable(errno)) => return Err(unreadable(pid, errno)),
        }
        pid = chain[chain.len() - 1];
    }
}

/// The inode number that identifies the process's namespace of this kind (namespaces(7)); None where the kernel has
/// none of this kind, so that it divides nobody. A zombie is in no namespace any more: ESRCH.
pub fn namespace(pid: Pid, kind: Namespace) -> Result<Option<u64>, Errno> {
    let inode = |pid: &str| Ok(fs::stat(format!("/proc/{pid}/ns/{}", kind.name()))?.st_ino);
    match inode(&pid.to_string()) {
        Err(Errno::NOENT) => match inode("self") {
            Err(Errno::NOENT) => Ok(None),
            _ => Err(Errno::SRCH),
        },
        result => result.map(Some),
    }
}

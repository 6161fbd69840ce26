//! The only reader of /proc: its directory, the walk, one lazily read process, and the parsers of its files.
//!
//! A process may end between any two reads. That is a value here ([`Unknown::Gone`]), not an error.

mod dir;
mod facts;
mod process;
mod stat;
mod status;
mod terminal;

pub use dir::ProcDir;
pub use facts::{Fact, Facts, Unknown};
pub use process::Process;
pub use stat::CLOCK_TICKS;
pub use terminal::Terminals;

use crate::request::Pid;

/// Our own process ID.
pub fn ourselves() -> Pid {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// Our parent, its parent, and so on, as far as /proc shows them.
pub fn ancestors(proc: &ProcDir) -> Vec<Pid> {
    let mut chain = vec![];
    let mut process = Process::new(proc);
    let mut pid = ourselves();
    loop {
        process.look_at(pid);
        match process.parent() {
            // 0: the parent is outside of our PID namespace, or there is none
            Ok(parent) if parent > 0 && !chain.contains(&parent) => chain.push(parent),
            _ => return chain,
        }
        pid = chain[chain.len() - 1];
    }
}

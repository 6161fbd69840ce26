//! The only reader of /proc: its directory, the walk, one lazily read process, and the parsers of its files.
//!
//! A process may end between any two reads. That is a value here ([`LookupError::Gone`]), not an error.

mod ancestors;
mod cgroup;
mod description;
mod dir;
mod facts;
mod lineage;
mod link;
mod links;
mod orphaned;
mod own;
mod process;
mod script;
mod sockets;
mod stat;
mod status;
mod terminal;
mod user_namespace;
mod walk;

pub use ancestors::ancestors;
pub use cgroup::{Membership, memberships};
pub use description::Description;
pub use dir::{ProcDir, unreadable};
pub use facts::{Facts, Lookup, LookupError};
pub use lineage::Relation;
pub use link::{FileId, Link, base_name};
pub use orphaned::ProcessGroups;
pub use own::own_pid;
pub use process::{NAME_MAX, Process};
pub use sockets::{Socket, Sockets};
pub use stat::CLOCK_TICKS;
pub use terminal::Terminals;
pub use user_namespace::{UserNamespace, is_overflow_uid};
pub use walk::{Pids, walk};

use std::collections::HashMap;
use std::ffi::OsString;

use procfs::ProcError;

use crate::request::Pid;

/// The inode numbers that identify the namespaces of a process, by the names of their files in /proc/PID/ns
/// (namespaces(7)); a kind that the kernel does not have divides nobody and is not among them. The error says why we
/// may not know; a zombie is in no namespace any more.
pub fn namespaces(pid: Pid) -> Result<HashMap<OsString, u64>, &'static str> {
    let namespaces = procfs::process::Process::new(pid).and_then(|process| process.namespaces());
    match namespaces {
        Ok(all) if !all.0.is_empty() => {
            Ok(all.0.into_iter().map(|(kind, one)| (kind, one.identifier)).collect())
        }
        Ok(_) | Err(ProcError::NotFound(_)) => Err("No such process"),
        Err(ProcError::PermissionDenied(_)) => Err("Permission denied"),
        Err(_) => Err("unreadable"),
    }
}

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
mod named;
mod namespace;
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
pub use named::{Holder, NamedGroup, NamedProcess};
pub use namespace::{HeldNamespace, namespaces};
pub use orphaned::ProcessGroups;
pub use own::own_pid;
pub use process::{NAME_MAX, Process};
pub use sockets::{Socket, Sockets};
pub use stat::CLOCK_TICKS;
pub use terminal::Terminals;
pub use user_namespace::{UserNamespace, is_overflow_uid};
pub use walk::{Pids, walk};

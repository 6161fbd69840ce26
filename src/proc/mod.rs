//! The only reader of /proc: its directory, the walk, one lazily read process, and the parsers of its files.
//!
//! A process may exit between any two reads. That is a value here ([`LookupError::Gone`]), not an error.

mod ancestors;
mod bounded;
mod cgroup;
mod confinement;
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
mod run;
mod script;
mod sockets;
mod stat;
mod status;
mod terminal;
mod token;
mod unread;
mod user_namespace;
mod walk;
mod walk_bounded;

pub(crate) use ancestors::{ancestors, ancestors_of};
pub(crate) use bounded::{ReadOf, ReadTimeout, Unanswered};
pub(crate) use cgroup::{Membership, memberships};
pub(crate) use confinement::is_confined;
pub(crate) use description::{Described, Description};
pub(crate) use dir::{ProcDir, unreadable};
pub(crate) use facts::{Facts, HeldSocket, Lookup, LookupError, ProcessText};
pub(crate) use lineage::Relation;
pub(crate) use link::{FileId, Link, base_name};
pub(crate) use named::{Holder, NamedGroup, NamedProcess, NamedProcesses, Stale};
pub(crate) use namespace::{HeldNamespace, namespaces};
pub(crate) use orphaned::ProcessGroups;
pub(crate) use own::own_pid;
pub(crate) use process::{MEMORY_MAX, NAME_MAX, Process};
pub(crate) use run::{Invoker, Run};
pub(crate) use sockets::{Socket, Sockets};
pub(crate) use stat::{CLOCK_TICKS, RunState};
pub(crate) use terminal::Terminals;
pub(crate) use token::token;
pub(crate) use unread::{Failure, Unread, UnreadBecause};
pub(crate) use user_namespace::{UserNamespace, is_overflow_uid};
pub(crate) use walk::walk;
pub(crate) use walk_bounded::{Share, walk_bounded};

//! Reads that another process can hold up, bounded in time.
//!
//! /proc/PID/cmdline and /proc/PID/environ wait for the lock of the process's memory map (`mmap_lock`, killable only).
//! A page fault on a file system that does not respond, FUSE or NFS, can hold it indefinitely; any user can arrange it.
//! The links exe and cwd ask the file system when they are followed. Such a read cannot be cancelled, so it is made by
//! a thread that is abandoned if it does not come back: a [`Delegate`] reads for a thread that waits, and under
//! [`walk_bounded`](super::walk_bounded) such threads work off the shares of a scan. exit_group(2) ends them all.

mod delegate;
mod thread;
mod timeout;
mod worker;

pub(super) use delegate::Delegate;
pub(super) use thread::start;
pub(super) use timeout::lock;
pub(crate) use timeout::{ReadOf, ReadTimeout, Unanswered};
pub(super) use worker::{Observation, TICK, Watch, Worker};

use std::sync::Arc;

/// How the files of a directory are read that another process can hold up.
pub(super) enum Reads {
    /// However long it takes.
    Unbounded,
    /// By this thread, which may be abandoned.
    Worker(Arc<Worker>),
    /// By another thread, which may be abandoned.
    Delegated(Delegate),
    /// Not at all: there is no thread for it. A read that was given up before keeps its reason.
    Refused(Arc<ReadTimeout>),
}

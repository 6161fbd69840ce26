//! Threads that may be abandoned.

use std::io;
use std::thread::Builder;

use nix::sys::signal::{SigSet, SigmaskHow};

/// Start a thread that nothing joins. It takes no signals: one that is stuck would otherwise let through what the
/// others block while targets are stopped.
pub(crate) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let started = Builder::new().spawn(work);
    before.thread_set_mask()?;
    started.map(drop)
}

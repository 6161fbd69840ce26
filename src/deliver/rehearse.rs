//! `--dry-run`: what would become of a process, told from its facts and checked with the kernel.

use rustix::io::Errno;

use super::handle::Handle;
use super::send::failure;
use crate::permission::{Effect, Permission, Refusal, Sender};
use crate::proc::{ProcessGroups, UserNamespace};
use crate::report::{Outcome, Prediction};
use crate::scan::Match;
use crate::signal::Signal;
use crate::view::View;

/// Nothing is sent but signal 0, which asks the kernel whether a signal might be.
pub fn rehearse(
    signal: Signal,
    sender: &Sender,
    groups: &ProcessGroups,
    handle: &Handle,
    found: &Match,
) -> Outcome {
    let View::Full(target) = &found.view else { unreachable!("a rehearsal sees all of each process") };
    let rule = Permission::to_signal(sender, target, UserNamespace::of(found.pid), signal);
    let kernel_allows = match handle.send(Signal::NONE, None) {
        Ok(_) => true,
        // The kernel was asked about signal 0: it does not know that SIGCONT is meant, which may stay in the session.
        Err(Errno::PERM) => rule == Permission::SameSession,
        Err(errno) => return failure(errno),
    };
    let rule_allows = match rule {
        Permission::LookupError => kernel_allows,
        rule => rule != Permission::None,
    };
    Outcome::Predicted(Prediction {
        refusal: (!kernel_allows).then(|| Refusal::new(sender, target)),
        effect: Effect::of(signal, target, || groups.is_orphaned(found.pid) == Some(true)),
        differs_from_model: kernel_allows != rule_allows,
    })
}

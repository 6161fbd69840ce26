//! `--dry-run`: what would become of each process, predicted from its state and checked with the kernel.

use rustix::io::Errno;

use super::delivery::Delivery;
use super::delta::Delta;
use super::pidfd::PidFd;
use super::send::{failure, sender};
use super::target::State;
use crate::permission::{Effect, Permission, Refusal, Sender};
use crate::proc::{Description, ProcessGroups, UserNamespace, is_confined, own_pid};
use crate::report::{Outcome, Prediction};
use crate::request::Pid;
use crate::signal::Signal;
use crate::view::View;

/// Predict the outcome for each. They are pinned first: a process that is selected because of
/// another is verified against that.
pub(super) fn predict_all(delivery: &mut Delivery<'_>, signal: Signal, delta: Delta) {
    let sender = sender();
    let groups = ProcessGroups::default();
    for found in delta.new {
        delivery.hold(found, true);
    }
    for at in delivery.targets.indices() {
        let target = &delivery.targets[at];
        let (State::Pinned(pin), View::Full(full)) = (&target.state, &target.found.view) else { continue };
        let predicted = pin.with(delivery.proc, |pidfd| {
            Ok(predict(signal, &sender, &groups, pidfd, pin.id.pid, &full.about))
        });
        let outcome = predicted.unwrap_or_else(failure);
        delivery.targets[at].state = State::Settled(outcome);
    }
}

/// Only signal 0 is sent, which checks whether a signal would be permitted (kill(2)).
fn predict(
    signal: Signal,
    sender: &Sender,
    groups: &ProcessGroups,
    pidfd: &PidFd,
    pid: Pid,
    target: &Description,
) -> Outcome {
    let rule = Permission::to_signal(sender, target, UserNamespace::of(pid), signal);
    let mut by_module = false;
    let kernel_allows = match pidfd.send(Signal::NONE, None) {
        Ok(_) => true,
        // The kernel was asked about signal 0: it does not know that the signal is SIGCONT, which may be sent to every
        // process of the caller's session.
        Err(Errno::PERM) => rule == Permission::SameSession,
        Err(Errno::ACCESS) => {
            by_module = true;
            false
        }
        Err(errno) => return failure(errno),
    };
    let rule_allows = match rule {
        Permission::Unknown => kernel_allows,
        rule => rule != Permission::None,
    };
    Outcome::Predicted(Prediction {
        refusal: (!kernel_allows).then(|| Refusal::new(sender, target)),
        effect: Effect::of(signal, target, || groups.is_orphaned(pid) == Some(true)),
        differs_from_model: by_module || kernel_allows != rule_allows,
        is_confined: signal != Signal::NONE && (is_confined(own_pid()) || is_confined(pid)),
    })
}

//! `--choose`: what becomes of what was chosen.

use super::super::target::Pin;
use super::made_up_scans::{Sleeper, request};
use super::rescan::with_delivery;
use super::*;
use crate::deliver::choose::settle_chosen;

/// A successor from the same clock tick has the ID and the start time, and matches. Only the pidfd shows that it is not
/// what was chosen.
#[test]
fn what_is_held_decides_and_not_what_has_its_id() {
    let child = Sleeper::spawn();
    let exited = PidFd::open(Sleeper::spawn().pid()).expect("a child"); // which is killed and reaped here
    let held = PidFd::open(child.pid()).expect("a child");
    for (pidfd, expected) in [(exited, Outcome::Gone), (held, Outcome::Listed)] {
        with_delivery(&request(|_| ()), |delivery| {
            let found = child.found();
            let id = ProcessId { pid: found.pid, start_time: found.start_time.expect("it was read") };
            let pin = Pin::new(id, pidfd, &delivery.targets.budget);
            let at = delivery.targets.insert(id, found, State::Pinned(pin));
            settle_chosen(delivery, Outcome::Listed);
            let state = &delivery.targets[at].state;
            assert!(matches!(state, State::Settled(outcome) if *outcome == expected), "{state:?}");
        });
    }
}

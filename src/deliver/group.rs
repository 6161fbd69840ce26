//! `--whole-group`: a process group is signalled as one, so that no member that forks at that moment is missed.

use nix::unistd::{self, Pid as RawPid};
use rustix::io::Errno;

use super::delivery::Delivery;
use super::pidfd::PidFd;
use super::send::{failure, outcome, release_memory};
use super::target::{Target, TargetIndex};
use crate::report::{NoHandle, Outcome, Via};
use crate::request::{Pid, Sending};
use crate::signal::Signal;
use crate::sys;

/// Whether the whole group may be signalled: not where the signal would reach a process of `--exclude`, or pkill itself or
/// an ancestor that does not match. Its targets are signalled one by one then.
pub(super) fn is_signalled_as_one(delivery: &Delivery<'_>, group: Pid) -> bool {
    let mut protected = delivery.plan.expansion.iter().flat_map(|expansion| &expansion.protected);
    let is_in = |pid: Pid| group_of(pid) == Ok(group);
    let is_hit = |pid: &Pid| delivery.targets.matched(*pid).is_none() && is_in(*pid);
    is_group(group)
        && !protected.any(is_hit)
        // Also where the ID was reused, which costs no more than the single call.
        && !delivery.plan.predicate.excluded_pids().any(is_in)
}

/// 0 is the group of kernel threads, and every group from outside of this PID namespace; to kill(2) it is the
/// caller's own group.
fn is_group(group: Pid) -> bool {
    group > 0
}

/// kill(2) takes the ID of a group negated, and -1 means every process, so group 1 cannot be signalled by its ID.
fn can_be_negated(group: Pid) -> bool {
    group > 1
}

/// Signal the group, and return the outcome of each target; None if they can only be signalled one by one. The kernel
/// reports no more than whether it could signal any member, so each one is checked before.
pub(super) fn send(
    delivery: &Delivery<'_>,
    sending: &Sending,
    group: Pid,
    members: &[TargetIndex],
) -> Option<Vec<Outcome>> {
    let members: Vec<&Target> = members.iter().map(|&at| &delivery.targets[at]).collect();
    let with = |target: &Target, act: &mut dyn FnMut(&PidFd) -> Result<(), Outcome>| match target.pin() {
        Some(pin) => {
            pin.with(delivery.proc, |pidfd| Ok(act(pidfd))).unwrap_or_else(|errno| Err(failure(errno)))
        }
        None => Err(Outcome::Gone),
    };
    let check = |target: &&Target| with(target, &mut |pidfd| check(pidfd, target, group, sending.signal));
    let checked: Vec<Result<(), Outcome>> = members.iter().map(check).collect();
    let lives = |target: &Target| with(target, &mut |pidfd| pidfd.check_alive().map_err(failure)).is_ok();
    let mut reachable = members.iter().zip(&checked).filter(|(_, checked)| checked.is_ok());
    // While the target is a member, the ID of the group cannot be reused.
    let (anchor, _) = reachable.find(|(target, _)| lives(target))?;
    let anchor_pin = anchor.pin()?;
    let sent = anchor_pin.with(delivery.proc, |pidfd| signal_group(pidfd, anchor.found.pid, group, sending));
    let sent = sent.transpose()?;
    let outcomes = members.iter().zip(checked).map(|(target, checked)| {
        let mut release = None;
        if checked.is_ok() && sent.is_ok() {
            let _ = with(target, &mut |pidfd| {
                release = release_memory(sending, pidfd);
                Ok(())
            });
        }
        match checked.map(|()| outcome(sent, &target.found.view)) {
            Ok(Outcome::Signalled { via, .. }) => Outcome::Signalled { via, release },
            Ok(outcome) | Err(outcome) => outcome,
        }
    });
    Some(outcomes.collect())
}

/// Whether the signal will reach this member.
fn check(pidfd: &PidFd, target: &Target, group: Pid, signal: Signal) -> Result<(), Outcome> {
    let pid = target.found.pid;
    let group_now = group_of(pid);
    let session = |pid| unistd::getsid(pid).map_err(|_| ());
    match pidfd.send(Signal::NONE, None) {
        // Signal 0 does not reveal that SIGCONT may be sent to every process of the caller's session (kill(2)).
        Err(Errno::PERM)
            if signal == Signal::CONT && session(Some(RawPid::from_raw(pid))) == session(None) => {}
        Err(errno) => return Err(outcome(Err(errno), &target.found.view)),
        Ok(_) => {}
    }
    if group_now == Ok(group) { Ok(()) } else { Err(Outcome::Changed) }
}

/// None if the group cannot be signalled as one.
fn signal_group(anchor: &PidFd, pid: Pid, group: Pid, sending: &Sending) -> Result<Option<Via>, Errno> {
    let check = || match group_of(pid) {
        Ok(now) if now == group => anchor.check_alive(),
        _ => Err(Errno::SRCH),
    };
    // The leader, which may have exited or left for another group: its ID remains that of the group.
    let no_handle = match PidFd::open(group) {
        Ok(leader) => {
            check()?;
            match leader.send_to_group(sending.signal, sending.value) {
                Err(Errno::INVAL) => NoHandle::GroupFlagMissing,
                Err(Errno::NOSYS) => NoHandle::CallMissing,
                sent => return sent.map(|()| Some(Via::Handle)),
            }
        }
        Err(Errno::MFILE | Errno::NFILE) => return Ok(None),
        Err(_) => NoHandle::LeaderExited,
    };
    // An integer can be queued to single processes only (rt_sigqueueinfo(2)).
    if !can_be_negated(group) || sending.value.is_some() {
        return Ok(None);
    }
    sys::signal_by_id(-group, sending.signal.number(), None, check)?;
    Ok(Some(Via::Id(no_handle)))
}

fn group_of(pid: Pid) -> nix::Result<Pid> {
    unistd::getpgid(Some(RawPid::from_raw(pid))).map(RawPid::as_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// kill(0) signals pkill's own group, kill(-1) every process that it may signal.
    #[test]
    fn neither_the_own_group_nor_every_process_is_signalled_by_number() {
        for (group, as_one, negated) in [
            (Pid::MIN, false, false),
            (-1, false, false),
            (0, false, false),
            (1, true, false),
            (2, true, true),
        ] {
            assert_eq!((is_group(group), can_be_negated(group)), (as_one, negated), "{group}");
        }
    }

    /// The anchor has left the group since it was checked, so that the ID may be that of another group by now.
    #[test]
    fn a_group_is_signalled_only_while_a_target_is_in_it() {
        use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
        let spawn = || std::process::Command::new("sleep").arg("1000").process_group(0).spawn();
        let [mut member, mut other] = [(); 2].map(|()| spawn().expect("sleep"));
        let [group, other_group] = [&member, &other].map(|leader| leader.id() as Pid);
        let anchor = PidFd::open(group).expect("a child");
        let sending = Sending { signal: Signal::TERM, ..crate::deliver::tests::sending() };
        assert_eq!(signal_group(&anchor, group, other_group, &sending), Err(Errno::SRCH));
        assert!(matches!(signal_group(&anchor, group, group, &sending), Ok(Some(_))));
        other.kill().expect("a child");
        let ended = [&mut member, &mut other].map(|child| child.wait().expect("a child").signal());
        assert_eq!(ended, [Some(libc::SIGTERM), Some(libc::SIGKILL)]);
        assert_eq!(signal_group(&anchor, group, group, &sending), Err(Errno::SRCH));
    }
}

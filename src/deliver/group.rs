//! `--whole-group`: a process group is signalled as one, so that no member who forks at that moment is missed.

use nix::unistd::{self, Pid as RawPid};
use rustix::io::Errno;

use super::Delivery;
use super::gather::Held;
use super::handle::{Handle, Sent};
use super::send::{failure, outcome, released};
use super::vigil::Vigil;
use crate::report::Outcome;
use crate::request::{Pid, Sending};
use crate::signal::Signal;
use crate::sys;

impl Delivery<'_> {
    /// Not where the signal would reach own_pid, or an ancestor of ours that is no match itself: those who are
    /// meant are signalled one by one then. 0 is the group of kernel threads, and all groups from outside of our PID
    /// namespace.
    pub(super) fn is_signalled_as_one(&self, group: Pid) -> bool {
        let protected = self.plan.kin.as_ref().map_or(&[][..], |kin| &kin.protected);
        let hit = |pid: &Pid| !self.pinned.contains(*pid) && group_of(*pid) == Ok(group);
        group > 0 && !protected.iter().any(hit)
    }
}

/// Signal the group. What became of each of those whom we know in it; None if they can only be signalled one by one.
/// The kernel tells no more than whether it could signal anybody, so each is asked for before.
pub fn send(vigil: &Vigil, sending: &Sending, group: Pid, members: &[Held]) -> Option<Vec<Outcome>> {
    let check = |held: &Held| {
        let checked = vigil.with(held.at, |handle| Ok(check(handle, held, group, sending.signal)));
        checked.map_err(failure).and_then(|checked| checked)
    };
    let checked: Vec<Result<(), Outcome>> = members.iter().map(check).collect();
    let lives = |held: &&Held| vigil.with(held.at, Handle::check_alive).is_ok();
    let alive = members.iter().zip(&checked).filter(|(_, checked)| checked.is_ok()).map(|(held, _)| held);
    let anchor = alive.clone().find(lives)?;
    let sent = vigil.with(anchor.at, |handle| signal_group(handle, anchor.found.pid, group, sending));
    let sent = sent.transpose()?;
    let outcomes = members.iter().zip(checked).map(|(held, checked)| {
        let release = || vigil.with(held.at, |handle| Ok(released(sending, handle))).unwrap_or_default();
        match checked.map(|()| outcome(sent, &held.found)) {
            Ok(Outcome::Signalled { pinned, .. }) => Outcome::Signalled { pinned, release: release() },
            Ok(outcome) | Err(outcome) => outcome,
        }
    });
    Some(outcomes.collect())
}

/// Whether the signal will reach this member.
fn check(handle: &Handle, held: &Held, group: Pid, signal: Signal) -> Result<(), Outcome> {
    let pid = held.found.pid;
    let now_in = group_of(pid);
    let session = |pid| unistd::getsid(pid).map_err(|_| ());
    match handle.send(Signal::NONE, None) {
        // Signal 0 does not tell that SIGCONT may go to all of one's own session (kill(2)).
        Err(Errno::PERM)
            if signal == Signal::CONT && session(Some(RawPid::from_raw(pid))) == session(None) => {}
        Err(errno) => return Err(outcome(Err(errno), &held.found)),
        Ok(_) => {}
    }
    if now_in == Ok(group) { Ok(()) } else { Err(Outcome::Changed) }
}

/// None if that is not possible. The anchor is a member who is held: as long as it is one, the group is the same.
fn signal_group(anchor: &Handle, pid: Pid, group: Pid, sending: &Sending) -> Result<Option<Sent>, Errno> {
    let look = || match group_of(pid) {
        Ok(now) if now == group => anchor.check_alive(),
        _ => Err(Errno::SRCH),
    };
    // The leader, which may have ended, or left for another group: its ID stays that of the group.
    if let Ok(leader) = Handle::open(group) {
        look()?;
        match leader.send_to_group(sending.signal, sending.value) {
            Err(Errno::INVAL | Errno::NOSYS) => {}
            sent => return sent.map(|()| Some(Sent::Pinned)),
        }
    }
    // An integer goes to single processes only (rt_sigqueueinfo(2)), and -1 means everybody (kill(2)).
    if group <= 1 || sending.value.is_some() {
        return Ok(None);
    }
    sys::signal_by_id(-group, sending.signal.number(), None, look)?;
    Ok(Some(Sent::ById))
}

fn group_of(pid: Pid) -> nix::Result<Pid> {
    unistd::getpgid(Some(RawPid::from_raw(pid))).map(RawPid::as_raw)
}

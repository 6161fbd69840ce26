//! [`verify`]: whether a process is still what was selected, and for whose sake.

use super::super::{Scope, verify};
use super::made_up_scans::{Sleeper, request};
use super::*;
use crate::plan::Plan;
use crate::proc::{Facts as _, ProcDir, Process};
use crate::request::{Criterion, ProcessRef, Request};

/// The child as it is now, or why it is left alone. The children of the test match.
fn verified(targets: &Targets, child: &Sleeper, found: &Match, scope: Scope) -> Result<Match, Outcome> {
    verified_by(&request(|_| ()), targets, child, found, scope)
}

fn verified_by(
    request: &Request,
    targets: &Targets,
    child: &Sleeper,
    found: &Match,
    scope: Scope,
) -> Result<Match, Outcome> {
    let pidfd = PidFd::open(child.pid()).expect("a child");
    verified_through(&pidfd, request, targets, child, found, scope)
}

fn verified_through(
    pidfd: &PidFd,
    request: &Request,
    targets: &Targets,
    child: &Sleeper,
    found: &Match,
    scope: Scope,
) -> Result<Match, Outcome> {
    let mut plan = Plan::new(request).expect("a plan");
    while Some(plan.scanned_at) <= child.found().start_time {
        plan.renew().expect("a plan");
    }
    let proc = ProcDir::named().expect("/proc");
    let mut found = found.clone();
    verify(&plan, &mut Process::new(&proc), targets, pidfd, &mut found, scope)?;
    Ok(found)
}

fn itself() -> Match {
    let proc = ProcDir::named().expect("/proc");
    let mut process = Process::new(&proc);
    process.select(own_pid());
    Match { start_time: process.start_time().ok(), ..matched(own_pid()) }
}

/// Held by its real identity, with this reason.
fn held(targets: &mut Targets, found: Match) -> TargetIndex {
    let id = ProcessId { pid: found.pid, start_time: found.start_time.expect("it was read") };
    let pin = Pin::new(id, PidFd::open(found.pid).expect("a pidfd"), &targets.budget);
    targets.insert(id, found, State::Pinned(pin))
}

#[test]
fn a_match_has_the_start_time_and_the_group_that_the_scan_has_read() {
    let child = Sleeper::spawn();
    let found = child.found();
    let group = nix::unistd::getpgrp().as_raw();
    let start_time = found.start_time.map(|time| time + 1);
    for (found, expected) in [
        (found.clone(), Ok(())),
        (Match { start_time: None, ..found.clone() }, Ok(())),
        (Match { group: Some(group), ..found.clone() }, Ok(())),
        (Match { group: Some(group + 1), ..found.clone() }, Err(Outcome::Changed)),
        // Another process has its ID.
        (Match { start_time, ..found.clone() }, Err(Outcome::Gone)),
        (Match { start_time, group: Some(group + 1), ..found.clone() }, Err(Outcome::Gone)),
    ] {
        let verified = verified(&Targets::default(), &child, &found, Scope::All);
        assert_eq!(verified.map(drop), expected, "{found:?}");
    }
}

/// What was read was read of the process that is held if that was not reaped by then.
#[test]
fn what_is_held_has_its_id_until_it_is_reaped() {
    let [child, other] = [(); 2].map(|()| Sleeper::spawn());
    let open = |child: &Sleeper| PidFd::open(child.pid()).expect("a child");
    let (pidfd, reaped) = (open(&child), open(&other));
    drop(other);
    let group = Some(nix::unistd::getpgrp().as_raw());
    let check = |pidfd: &PidFd, child: &Sleeper, group| {
        let found = Match { group, ..child.found() };
        let request = request(|_| ());
        verified_through(pidfd, &request, &Targets::default(), child, &found, Scope::Itself).map(drop)
    };
    for (group, expected) in
        [(None, Ok(())), (group, Ok(())), (group.map(|group| group + 1), Err(Outcome::Changed))]
    {
        assert_eq!(check(&pidfd, &child, group), expected, "{group:?}");
        assert_eq!(check(&reaped, &child, group), Err(Outcome::Gone), "a successor, {group:?}");
    }
    let zombie = child.zombie();
    assert_eq!(check(&pidfd, &zombie, None), Ok(()), "a zombie can be signalled");
}

/// Descent is asked once: the ancestors may have been ended by what was sent since.
#[test]
fn a_descendant_is_one_of_a_match_that_is_held() {
    let child = Sleeper::spawn();
    let of = |pid| Match { reason: Reason::Descendant(pid), ..child.found() };
    let check = |targets: &Targets, of: &Match| {
        [Scope::All, Scope::Itself].map(|scope| verified(targets, &child, of, scope).map(drop))
    };
    let changed = Err(Outcome::Changed);
    let mut targets = Targets::default();
    assert_eq!(check(&targets, &of(own_pid())), [changed, changed], "no such match");

    let other = Sleeper::spawn();
    held(&mut targets, other.found());
    assert_eq!(check(&targets, &of(other.pid())), [changed, Ok(())], "it does not descend from it");

    let at = held(&mut targets, itself());
    assert_eq!(check(&targets, &of(own_pid())), [Ok(()), Ok(())]);
    assert_eq!(check(&targets, &of(other.pid())), [changed, Ok(())], "its parent is another match");
    for (outcome, itself) in [(Outcome::Changed, changed), (SIGNALLED, Ok(())), (Outcome::Gone, Ok(()))] {
        targets[at].state = State::Settled(outcome);
        assert_eq!(check(&targets, &of(own_pid())), [changed, itself], "{outcome:?}");
    }
}

/// Its parent may descend from a match; that one is another.
#[test]
fn a_descendant_of_one_match_is_none_of_another() {
    let [child, other, third] = [(); 3].map(|()| Sleeper::spawn());
    let mut targets = Targets::default();
    held(&mut targets, other.found());
    held(&mut targets, third.found());
    let parent = Match { reason: Reason::Descendant(other.pid()), ..itself() };
    held(&mut targets, parent);
    let changed = Err(Outcome::Changed);
    for (of, expected) in [(other.pid(), Ok(())), (third.pid(), changed), (own_pid(), changed)] {
        let found = Match { reason: Reason::Descendant(of), ..child.found() };
        assert_eq!(verified(&targets, &child, &found, Scope::All).map(drop), expected, "of {of}");
    }
}

/// The parent's ID may have been the one of a descendant that has exited.
#[test]
fn a_child_of_a_descendant_s_successor_is_no_descendant() {
    let [child, other, exited] = [(); 3].map(|()| Sleeper::spawn());
    let mut targets = Targets::default();
    held(&mut targets, other.found());
    let parent = Match { reason: Reason::Descendant(other.pid()), ..itself() };
    let before = ProcessId { pid: own_pid(), start_time: 1 };
    let pidfd = PidFd::open(exited.pid()).expect("a child");
    let exited = exited.zombie();
    let pin = Pin::new(before, pidfd, &targets.budget);
    let at = targets.insert(before, parent.clone(), State::Pinned(pin));
    let found = Match { reason: Reason::Descendant(other.pid()), ..child.found() };
    let check = |targets: &Targets| verified(targets, &child, &found, Scope::All).map(drop);
    assert_eq!(check(&targets), Err(Outcome::Changed), "it is a zombie");
    drop(exited);
    assert_eq!(check(&targets), Err(Outcome::Changed), "it was reaped");
    assert!(targets[at].pin_mut().expect("it is held").give_back());
    assert_eq!(check(&targets), Err(Outcome::Changed), "its pidfd was given back");
    let at = held(&mut targets, parent);
    assert_eq!(check(&targets), Ok(()), "the parent is a descendant too");
    assert!(targets[at].pin_mut().expect("it is held").give_back());
    assert_eq!(check(&targets), Ok(()), "its pidfd was given back");
}

/// A child that the scan took for a match may have executed another program since, while its parent matches.
#[test]
fn what_no_longer_matches_may_still_descend_from_a_match() {
    let child = Sleeper::spawn();
    let mut targets = Targets::default();
    held(&mut targets, itself());
    let mut no_child = request(|_| ());
    no_child.selection.criteria = vec![Criterion::Parents(vec![ProcessRef::Pid(child.pid())])];
    for (below, expected) in [
        (None, Err(Outcome::Changed)),
        (Some(own_pid()), Ok(Reason::Descendant(own_pid()))),
        (Some(Pid::MAX), Err(Outcome::Changed)),
    ] {
        let found = Match { below, ..child.found() };
        let verified = verified_by(&no_child, &targets, &child, &found, Scope::All);
        assert_eq!(verified.map(|found| found.reason), expected, "{below:?}");
    }
    let found = Match { below: Some(own_pid()), ..child.found() };
    let kept = verified(&targets, &child, &found, Scope::All).expect("a match");
    assert_eq!(kept.reason, Reason::Matched, "it still matches itself");
}

/// A member is selected for another one, which must still be a member, and the process that it was.
#[test]
fn a_member_of_a_group_has_one_that_matches_beside_it() {
    let [child, other] = [(); 2].map(|()| Sleeper::spawn());
    let group = nix::unistd::getpgrp().as_raw();
    let member = Match { reason: Reason::GroupMember(group), group: Some(group), ..child.found() };
    let check = |targets: &Targets| {
        [Scope::All, Scope::Itself].map(|scope| verified(targets, &child, &member, scope).map(drop))
    };
    let changed = Err(Outcome::Changed);
    assert_eq!(check(&Targets::default()), [changed, changed], "none was selected");
    for (start_time, of, expected) in [
        (other.found().start_time, group, [Ok(()), Ok(())]),
        (other.found().start_time.map(|time| time + 1), group, [changed, Ok(())]),
        (other.found().start_time, group + 1, [changed, changed]),
    ] {
        let mut targets = Targets::default();
        let at = held(&mut targets, Match { start_time, group: Some(of), ..other.found() });
        assert_eq!(check(&targets), expected, "{start_time:?} {of}");
        if of == group {
            targets[at].state = State::Settled(SIGNALLED);
            assert_eq!(check(&targets), [changed, Ok(())], "it is not held");
            targets[at].state = State::Settled(Outcome::Changed);
            assert_eq!(check(&targets), [changed, changed], "it does not match any more");
        }
    }
}

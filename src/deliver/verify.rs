//! Whether the process of a pidfd is the one that was selected, and still matches. What is read by process ID
//! while the pidfd is held is the process's own if a signal through the pidfd succeeds afterwards: the ID cannot have
//! been reused in between.

use super::pidfd::PidFd;
use super::send::failure;
use super::target::{Pin, State, Target, Targets};
use crate::plan::Plan;
use crate::proc::{Facts, Lookup, LookupError, Process};
use crate::report::Outcome;
use crate::request::Pid;
use crate::scan::Match;
use crate::select::{MatchError, Reason};
use crate::view::{TRIES, is_of_one_program, view};

/// How much is checked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything: what the process was selected because of has not been signalled yet.
    All,
    /// What the process itself can change, such as its name by execve(2). Its ancestors were verified when it was
    /// pinned; the signals that were sent since may have ended them. That it is the process that was found was verified
    /// then too, and it is as long as it was not reaped.
    Itself,
}

/// The process as it is now, or the outcome where it is not signalled. A process that no longer matches may still be a
/// descendant of another match.
pub(crate) fn verify(
    plan: &Plan,
    process: &mut Process<'_>,
    targets: &Targets,
    pidfd: &PidFd,
    found: &mut Match,
    scope: Scope,
) -> Result<(), Outcome> {
    let verified = verify_reason(plan, process, targets, pidfd, found, scope);
    match (verified, found.reason, found.below) {
        // A child that was forked after the scan began cannot be distinguished from a successor of what was found.
        (Err(Outcome::Changed | Outcome::Gone), Reason::Matched, Some(of)) => {
            found.reason = Reason::Descendant(of);
            verify_reason(plan, process, targets, pidfd, found, scope)
        }
        _ => verified,
    }
}

/// The same for one reason of the selection.
fn verify_reason(
    plan: &Plan,
    process: &mut Process<'_>,
    targets: &Targets,
    pidfd: &PidFd,
    found: &mut Match,
    scope: Scope,
) -> Result<(), Outcome> {
    let is_gone_or_changed = |process: &mut Process<'_>| match pidfd.check_alive() {
        Err(errno) => failure(errno),
        Ok(()) => match (process.start_time(), found.start_time) {
            // A process that started after the scan began may be a successor that the scan took for what it had found.
            (Ok(now), then) if now < plan.scanned_at && then.is_none_or(|then| now == then) => {
                Outcome::Changed
            }
            (Ok(_) | Err(LookupError::Gone | LookupError::Denied), _) => Outcome::Gone,
            (Err(why), _) => Outcome::Failed(why.errno()),
        },
    };
    let mut tries = 1;
    let view = loop {
        process.select(found.pid);
        match still_matches(plan, process, targets, found, scope) {
            Ok(true) => {}
            Ok(false) => return Err(is_gone_or_changed(process)),
            // A file that is gone while the process is not: it is executing another program, or may no longer be read,
            // as after the execve(2) of a set-user-ID program.
            Err(MatchError::Lookup(LookupError::Gone)) => return Err(is_gone_or_changed(process)),
            Err(MatchError::Lookup(LookupError::Denied)) => return Err(Outcome::Changed),
            Err(MatchError::Lookup(why)) => return Err(Outcome::Failed(why.errno())),
            Err(MatchError::ForeignSocket(_)) => return Err(is_gone_or_changed(process)),
            // The pattern compiled for the scan, and this subject needs a form of it that is too big.
            Err(MatchError::Pattern(_)) => return Err(Outcome::Changed),
        }
        let view = view(plan.detail, &plan.predicate, process);
        if view.is_err() || tries == TRIES || is_of_one_program(plan.detail, process) != Ok(false) {
            break view;
        }
        tries += 1;
    };
    match view {
        Ok(_) if scope == Scope::Itself && pidfd.is_reaped() => Err(Outcome::Gone),
        Ok(view) => {
            found.view = view;
            Ok(())
        }
        Err(LookupError::Gone) => Err(is_gone_or_changed(process)),
        Err(LookupError::Denied) => Err(Outcome::Changed),
        Err(why) => Err(Outcome::Failed(why.errno())),
    }
}

/// What selected the process is checked too: for `-n` and `-o`, and where it was named by its ID, its start time, which
/// does not change while it is held; for descendants and members of a group, the match that they were selected for.
fn still_matches(
    plan: &Plan,
    process: &mut Process<'_>,
    targets: &Targets,
    found: &Match,
    scope: Scope,
) -> Result<bool, MatchError> {
    if scope == Scope::All
        && let Some(start_time) = found.start_time
        && process.start_time()? != start_time
    {
        return Ok(false);
    }
    if let Some(group) = found.group
        && process.process_group()? != group
    {
        return Ok(false);
    }
    match (found.reason, scope) {
        (Reason::Matched, Scope::All) => plan.predicate.matches(process),
        (Reason::Matched, Scope::Itself) => plan.predicate.still_matches(process),
        (Reason::Descendant(of), Scope::All) => {
            let descends = is_child_of_descendant(targets, of, process)?
                || process.ancestor_among(&[of].into())?.is_some();
            Ok(descends && is_held(targets, of, process)?)
        }
        // A descendant remains one after its ancestors have exited, unless its match no longer matches.
        (Reason::Descendant(of), Scope::Itself) => {
            Ok(targets.matched(of).is_some_and(|root| !is_changed(root)))
        }
        (Reason::GroupMember(group), Scope::All) => has_member(targets, group, process),
        (Reason::GroupMember(group), Scope::Itself) => {
            Ok(targets.in_group(group).any(|one| !is_changed(one)))
        }
    }
}

/// Whether the parent is the match or a descendant of it that was verified before and is held. So each process costs a
/// constant, where parents come first; the walk through all ancestors is for the others.
fn is_child_of_descendant(targets: &Targets, of: Pid, process: &mut Process<'_>) -> Lookup<bool> {
    let parent = process.parent()?;
    for target in targets.with_pid(parent) {
        let is_in_tree = match target.found.reason {
            Reason::Matched => parent == of,
            Reason::Descendant(other) => other == of,
            Reason::GroupMember(_) => false,
        };
        // The parent's ID was read before: the one that has it now had it then.
        if is_in_tree && is_pinned(target, process)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_changed(target: &Target) -> bool {
    matches!(target.state, State::Settled(Outcome::Changed))
}

/// Whether the match with this ID still exists. If it does after the links of its descendants were read, its ID had not
/// been reused by then.
fn is_held(targets: &Targets, pid: Pid, process: &Process<'_>) -> Lookup<bool> {
    targets.matched(pid).map_or(Ok(false), |target| is_pinned(target, process))
}

/// Whether something is still to be done to the target, and it has not exited.
fn is_pinned(target: &Target, process: &Process<'_>) -> Lookup<bool> {
    let is_running = |pin: &Pin| pin.is_running(process.dir()).map_err(LookupError::Io);
    target.pin().map_or(Ok(false), is_running)
}

/// Whether one of those that the group was selected for is still in it.
fn has_member(targets: &Targets, group: Pid, process: &Process<'_>) -> Result<bool, MatchError> {
    let mut member = Process::new(process.dir());
    for target in targets.in_group(group) {
        let Some(pin) = target.pin() else { continue };
        member.select(pin.id.pid);
        let is_in = member.process_group() == Ok(group);
        match member.start_time() {
            Ok(now) if is_in && now == pin.id.start_time => return Ok(true),
            Ok(_) | Err(LookupError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

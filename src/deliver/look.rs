//! The second look: whether the process that is held is the one that was found, and still what was asked for.

use std::collections::BTreeMap;

use super::handle::Handle;
use super::send::failure;
use crate::plan::Plan;
use crate::proc::{Facts, Lookup, LookupError, ProcDir, Process};
use crate::report::Outcome;
use crate::request::Pid;
use crate::scan::Match;
use crate::select::{MatchError, Reason};
use crate::view::view;

/// What the second look at a match's kin is held against.
pub struct Pinned<'a> {
    process: Process<'a>,
    /// By process ID, with their start times.
    matches: BTreeMap<Pid, u64>,
    /// By group: those who are in it, and no mere members.
    groups: BTreeMap<Pid, Vec<(Pid, u64)>>,
}

impl<'a> Pinned<'a> {
    /// Nobody yet.
    pub fn new(proc: &'a ProcDir) -> Self {
        Pinned { process: Process::new(proc), matches: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// One more.
    pub fn add(&mut self, found: &Match) {
        let Some(start_time) = found.start_time else { return };
        match found.why {
            Reason::Matched => drop(self.matches.insert(found.pid, start_time)),
            Reason::Descendant(_) => {}
            Reason::GroupMember(_) => return,
        }
        if let Some(group) = found.group {
            self.groups.entry(group).or_default().push((found.pid, start_time));
        }
    }

    /// Whether it is one of the matches.
    pub fn contains(&self, pid: Pid) -> bool {
        self.matches.contains_key(&pid)
    }

    /// Whether the match is there still. Asked after what hangs on it, it tells that its ID had not passed on by then.
    fn has_match(&mut self, pid: Pid) -> Lookup<bool> {
        let Some(&start_time) = self.matches.get(&pid) else { return Ok(false) };
        self.process.select(pid);
        Ok(self.process.start_time()? == start_time)
    }

    /// Whether one for whose sake the group was selected is in it still.
    fn has_one_in(&mut self, group: Pid) -> Lookup<bool> {
        for &(pid, start_time) in self.groups.get(&group).into_iter().flatten() {
            self.process.select(pid);
            let is_in = self.process.process_group() == Ok(group);
            match self.process.start_time() {
                Ok(now) if is_in && now == start_time => return Ok(true),
                Ok(_) | Err(LookupError::Gone) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(false)
    }
}

/// Whether the process that now has the ID is the one that was found, and still what was asked for.
pub fn look_again(
    plan: &Plan,
    process: &mut Process<'_>,
    pinned: Option<&mut Pinned<'_>>,
    handle: &Handle,
    found: &mut Match,
) -> Result<(), Outcome> {
    process.select(found.pid);
    match still_meant(plan, process, pinned, found) {
        Ok(true) => Ok(()),
        // If it has ended, what was seen may be its successor's.
        Ok(false) => match handle.check_alive().map_err(failure).and(Ok(process.start_time())) {
            Err(ended) => Err(ended),
            // What started after the question was asked cannot be what was found: the ID had passed on before.
            Ok(Ok(start_time)) if start_time < plan.snapshot_time => Err(Outcome::Changed),
            Ok(Ok(_) | Err(LookupError::Gone | LookupError::Denied)) => Err(Outcome::Gone),
            Ok(Err(LookupError::Io(errno))) => Err(Outcome::Failed(errno)),
        },
        Err(MatchError::LookupError(LookupError::Gone)) => Err(Outcome::Gone),
        // It was told at the first look, so it has changed since: by the exec of a set-user-ID program, for instance.
        Err(MatchError::LookupError(LookupError::Denied)) => Err(Outcome::Changed),
        Err(MatchError::LookupError(LookupError::Io(errno))) => Err(Outcome::Failed(errno)),
        // The pattern compiled for the first look, and this subject needs a form of it that is too big.
        Err(MatchError::Pattern(_)) => Err(Outcome::Changed),
    }
}

/// What picked the process is part of the question: for `-n` and `-o`, and where it was named by its ID, its start
/// time; for kin, the one for whose sake it was selected, as long as nobody has been signalled: the death of a parent
/// makes orphans.
fn still_meant(
    plan: &Plan,
    process: &mut Process<'_>,
    pinned: Option<&mut Pinned<'_>>,
    found: &mut Match,
) -> Result<bool, MatchError> {
    if let Some(start_time) = found.start_time
        && process.start_time()? != start_time
    {
        return Ok(false);
    }
    if let Some(group) = found.group
        && process.process_group()? != group
    {
        return Ok(false);
    }
    let meant = match (found.why, pinned) {
        (Reason::Matched, _) => plan.predicate.matches(process)?,
        (Reason::Descendant(of), Some(pinned)) => {
            process.ancestor_among(&[of])?.is_some() && pinned.has_match(of)?
        }
        (Reason::GroupMember(group), Some(pinned)) => pinned.has_one_in(group)?,
        (Reason::Descendant(_) | Reason::GroupMember(_), None) => true,
    };
    if meant {
        found.view = view(plan.detail, process)?;
    }
    Ok(meant)
}

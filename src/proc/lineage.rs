//! Who descends from whom, by the parent links as they are at the time of the look.

use std::collections::HashMap;

use super::{Facts, Lookup, LookupError, Process};
use crate::request::Pid;

/// So often a chain of parents is walked again that changed meanwhile.
const TRIES: usize = 16;

/// So many parents are remembered at most.
const MEMORY: usize = 1 << 16;

/// What relates a process to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The process ID.
    pub pid: Pid,
    /// The parent's; 0 if that is outside of our PID namespace.
    pub parent: Pid,
    /// The process group's ID.
    pub group: Pid,
    /// When it started, in clock ticks since boot.
    pub start_time: u64,
}

/// Looks at ancestors.
pub(super) struct AncestorWalk<'p> {
    ancestor: Process<'p>,
    /// Many processes of a scan have ancestors in common.
    known: Option<HashMap<Pid, Pid>>,
}

impl<'p> Process<'p> {
    /// For a scan: the parents of ancestors are read once, by whichever process asks first. What is found so is true
    /// of the time of the scan at best, and has to be looked at again.
    pub fn with_parent_cache(mut self) -> Self {
        self.remembers_parents = true;
        self
    }

    /// All of it from one file.
    pub fn relation(&mut self) -> Lookup<Relation> {
        let stat = self.stat()?;
        let (parent, group, start_time) = (stat.parent, stat.process_group, stat.start_time);
        Ok(Relation { pid: self.thread_group(), parent, group, start_time })
    }

    /// The process and its ancestors up to the first that is wanted, or up to 0; and whether one was.
    pub(super) fn walk_up(&mut self, wanted: &[Pid]) -> Lookup<(Vec<Pid>, bool)> {
        let parent = self.parent()?;
        let (pid, dir, remembers) = (self.thread_group(), self.dir(), self.remembers_parents);
        let lineage = self.lineage.get_or_insert_with(|| {
            Box::new(AncestorWalk { ancestor: Process::new(dir), known: remembers.then(HashMap::new) })
        });
        lineage.walk_up(wanted, pid, parent)
    }
}

impl AncestorWalk<'_> {
    fn walk_up(&mut self, wanted: &[Pid], pid: Pid, mut parent: Pid) -> Lookup<(Vec<Pid>, bool)> {
        for _ in 0..TRIES {
            if let Some((chain, found)) = self.climb(wanted, pid, parent)?
                && (self.known.is_some() || self.recheck(&chain)?)
            {
                return Ok((chain, found));
            }
            parent = self.look(pid)?;
        }
        // Its ancestors are hidden from us (`hidepid` of proc(5)), or end as fast as we look.
        Err(LookupError::Denied)
    }

    /// The chain of parents, from the process up to the one that is wanted or to the top; None if it is torn: an
    /// ancestor has ended meanwhile, so its children have another parent by now.
    fn climb(&mut self, wanted: &[Pid], pid: Pid, parent: Pid) -> Lookup<Option<(Vec<Pid>, bool)>> {
        let mut chain = vec![pid];
        let mut next = parent;
        loop {
            let found = wanted.contains(&next);
            // A process ID that has passed on in the middle of the walk can lead back. In a circle, one comes to be
            // twice as far as when one was here before, and there is no need to look at each step.
            if chain[chain.len() / 2] == next {
                return Ok(None);
            }
            chain.push(next);
            if found || next == 0 {
                return Ok(Some((chain, found)));
            }
            next = match self.parent_of(next) {
                Ok(parent) => parent,
                Err(LookupError::Gone) => return Ok(None),
                Err(why) => return Err(why),
            };
        }
    }

    /// Each link once more, from the top down. A process never gets a parent that is younger than itself, so one that
    /// names the same parent twice had it all the time, and the parent's own link, read in between, was that parent's.
    fn recheck(&mut self, chain: &[Pid]) -> Lookup<bool> {
        for link in chain.windows(2).rev() {
            match self.look(link[0]) {
                Ok(parent) if parent == link[1] => {}
                Ok(_) | Err(LookupError::Gone) => return Ok(false),
                Err(why) => return Err(why),
            }
        }
        Ok(true)
    }

    fn parent_of(&mut self, pid: Pid) -> Lookup<Pid> {
        if let Some(&parent) = self.known.as_ref().and_then(|known| known.get(&pid)) {
            return Ok(parent);
        }
        let parent = self.look(pid)?;
        if let Some(known) = &mut self.known {
            if known.len() >= MEMORY {
                known.clear();
            }
            known.insert(pid, parent);
        }
        Ok(parent)
    }

    fn look(&mut self, pid: Pid) -> Lookup<Pid> {
        self.ancestor.select(pid);
        self.ancestor.parent()
    }
}

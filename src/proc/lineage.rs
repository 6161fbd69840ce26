//! Ancestors, by the parent links at the time of reading.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Lookup, LookupError, RunState};
use crate::request::Pid;

/// How often a chain of parents is read again if it has changed in the meantime.
const TRIES: usize = 16;

/// How many processes are remembered at most.
const MEMORY: usize = 1 << 16;

/// The relation of a process to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub pid: Pid,
    /// The parent's; 0 if that is outside of our PID namespace.
    pub parent: Pid,
    /// The process group's ID.
    pub group: Pid,
    /// When it started, in clock ticks since boot.
    pub start_time: u64,
    pub run_state: RunState,
}

/// What is read of ancestors.
pub(super) trait Parents {
    /// The parent of a process; 0 if that is outside of our PID namespace.
    fn parent(&mut self, pid: Pid) -> Lookup<Pid>;
    /// When the process started, in clock ticks since boot, and its parent, by one reading.
    fn start_time_and_parent(&mut self, pid: Pid) -> Lookup<(u64, Pid)>;

    /// Whether the process with this ID started then.
    fn started_at(&mut self, pid: Pid, start_time: u64) -> bool {
        self.start_time_and_parent(pid).is_ok_and(|(found, _)| found == start_time)
    }
}

/// Walks up from processes to their ancestors, and remembers what it found: processes have most ancestors in common.
pub(super) struct Lineage {
    /// In a scan, the parents of ancestors are read once, and not again. None: each link is read twice.
    parents: Option<HashMap<Pid, Pid>>,
    /// The ancestors that were wanted last, in ascending order; `nearest` is about them.
    wanted: Arc<[Pid]>,
    nearest: HashMap<Pid, Nearest>,
}

/// The nearest wanted ancestor of a process.
#[derive(Clone, Copy)]
struct Nearest {
    ancestor: Option<Pid>,
    /// Of the process; it is compared where links are read twice.
    start_time: u64,
}

impl Lineage {
    /// `once`: what is found is true of the time of the scan at best, and has to be rechecked.
    pub(super) fn new(once: bool) -> Self {
        Lineage { parents: once.then(HashMap::new), wanted: Arc::default(), nearest: HashMap::new() }
    }

    /// The nearest of the wanted ancestors of a process with this parent. The walk ends at the first process
    /// with a known answer and the same start time as then: it was the same process all the time, so it was the parent
    /// that was read just now.
    pub(super) fn nearest(
        &mut self,
        read: &mut impl Parents,
        wanted: &Arc<[Pid]>,
        pid: Pid,
        parent: Pid,
    ) -> Lookup<Option<Pid>> {
        // Most often it is the same list, which need not be compared then.
        let is_same = Arc::ptr_eq(&self.wanted, wanted) || self.wanted == *wanted;
        if !is_same || self.nearest.len() >= MEMORY {
            self.nearest.clear();
            self.wanted = Arc::clone(wanted);
        }
        let is_wanted = |pid: Pid| wanted.binary_search(&pid).is_ok();
        let once = self.parents.is_some();
        let nearest = std::mem::take(&mut self.nearest);
        let known = |read: &mut _, pid| match nearest.get(&pid) {
            Some(known) => once || Parents::started_at(read, pid, known.start_time),
            None => false,
        };
        let walked = self.walk_up(read, pid, parent, |read, pid| is_wanted(pid) || known(read, pid));
        let last = walked.as_ref().ok().and_then(|(chain, _)| chain.last().copied());
        let known = last.and_then(|last| nearest.get(&last).copied());
        self.nearest = nearest;
        let (chain, start_times) = walked?;
        let last = chain[chain.len() - 1];
        let ancestor = if is_wanted(last) { Some(last) } else { known.and_then(|known| known.ancestor) };
        let below = chain[..chain.len() - 1].iter();
        let starts = start_times.into_iter().map(Some).chain(std::iter::repeat(None));
        for (&pid, start_time) in below.zip(starts) {
            if let Some(start_time) = start_time.or(once.then_some(0)) {
                self.nearest.insert(pid, Nearest { ancestor, start_time });
            }
        }
        Ok(ancestor)
    }

    /// The process and its ancestors up to the first at which the walk may stop, or up to 0; and, where links are read
    /// twice, the start times of all but the last.
    pub(super) fn walk_up<R: Parents>(
        &mut self,
        read: &mut R,
        pid: Pid,
        mut parent: Pid,
        mut stops_at: impl FnMut(&mut R, Pid) -> bool,
    ) -> Lookup<(Vec<Pid>, Vec<u64>)> {
        for _ in 0..TRIES {
            if let Some(chain) = self.climb(read, pid, parent, &mut stops_at)? {
                if self.parents.is_some() {
                    return Ok((chain, vec![]));
                }
                if let Some(start_times) = recheck(read, &chain)? {
                    return Ok((chain, start_times));
                }
            }
            parent = read.parent(pid)?;
        }
        // Its ancestors are hidden from us (`hidepid` of proc(5)), or exit as fast as they are read.
        Err(LookupError::Denied)
    }

    /// None if the chain is inconsistent: an ancestor has exited meanwhile, so its children have another parent by now.
    fn climb<R: Parents>(
        &mut self,
        read: &mut R,
        pid: Pid,
        parent: Pid,
        stops_at: &mut impl FnMut(&mut R, Pid) -> bool,
    ) -> Lookup<Option<Vec<Pid>>> {
        let mut chain = vec![pid];
        let mut next = parent;
        loop {
            // A process ID that is reused during the walk can lead back. In a circle, a process comes again when the
            // chain has twice the length of the first time, so that not every step has to be compared with all others.
            if chain[chain.len() / 2] == next {
                return Ok(None);
            }
            chain.push(next);
            if next == 0 || stops_at(read, next) {
                return Ok(Some(chain));
            }
            next = match self.parent_of(read, next) {
                Ok(parent) => parent,
                Err(LookupError::Gone) => return Ok(None),
                Err(why) => return Err(why),
            };
        }
    }

    fn parent_of(&mut self, read: &mut impl Parents, pid: Pid) -> Lookup<Pid> {
        if let Some(&parent) = self.parents.as_ref().and_then(|parents| parents.get(&pid)) {
            return Ok(parent);
        }
        let parent = read.parent(pid)?;
        if let Some(parents) = &mut self.parents {
            if parents.len() >= MEMORY {
                parents.clear();
            }
            parents.insert(pid, parent);
        }
        Ok(parent)
    }
}

/// Each link once more, from the top down, and the start times of all but the last. A process never gets a parent that
/// is younger than itself, so one that names the same parent twice had it all the time, and what was read of the parent
/// in between was that parent's.
fn recheck(read: &mut impl Parents, chain: &[Pid]) -> Lookup<Option<Vec<u64>>> {
    let mut start_times = vec![];
    for link in chain.windows(2).rev() {
        match read.start_time_and_parent(link[0]) {
            Ok((start_time, parent)) if parent == link[1] => start_times.push(start_time),
            Ok(_) | Err(LookupError::Gone) => return Ok(None),
            Err(why) => return Err(why),
        }
    }
    start_times.reverse();
    Ok(Some(start_times))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Processes in a chain: 1 is the child of 0, 2 that of 1, and so on. Counts what is read.
    struct Chain {
        parents: Vec<Pid>,
        start_times: Vec<u64>,
        reads: usize,
        /// After that many reads, this process has that parent.
        later: Option<(usize, Pid, Pid)>,
    }

    impl Chain {
        fn new(length: usize) -> Self {
            let parents = (0..=length).map(|pid| (pid as Pid - 1).max(0)).collect();
            Chain { parents, start_times: vec![7; length + 1], reads: 0, later: None }
        }

        fn read(&mut self) {
            self.reads += 1;
            if let Some((at, pid, parent)) = self.later
                && self.reads > at
            {
                self.parents[pid as usize] = parent;
            }
        }
    }

    impl Parents for Chain {
        fn parent(&mut self, pid: Pid) -> Lookup<Pid> {
            self.read();
            self.parents.get(pid as usize).copied().ok_or(LookupError::Gone)
        }

        fn start_time_and_parent(&mut self, pid: Pid) -> Lookup<(u64, Pid)> {
            let parent = self.parent(pid)?;
            Ok((self.start_times[pid as usize], parent))
        }
    }

    fn nearest(lineage: &mut Lineage, chain: &mut Chain, wanted: &[Pid], pid: Pid) -> Lookup<Option<Pid>> {
        let parent = chain.parent(pid)?;
        lineage.nearest(chain, &wanted.into(), pid, parent)
    }

    #[test]
    fn all_processes_of_a_chain_cost_a_constant_each() {
        for once in [true, false] {
            let reads = |length: usize| {
                let (mut chain, mut lineage) = (Chain::new(length), Lineage::new(once));
                for pid in 2..=length as Pid {
                    assert_eq!(nearest(&mut lineage, &mut chain, &[1], pid), Ok(Some(1)), "{pid}");
                }
                chain.reads
            };
            assert!(reads(2000) <= 2 * reads(1000) + 100 && reads(1000) <= 3 * 1000, "{}", reads(1000));
        }
    }

    #[test]
    fn the_nearest_wanted_ancestor_is_found() {
        for once in [true, false] {
            let (mut chain, mut lineage) = (Chain::new(9), Lineage::new(once));
            for (wanted, pid, expected) in [
                (&[3, 5][..], 9, Some(5)),
                (&[3, 5], 5, Some(3)),
                (&[3, 5], 3, None),
                (&[3], 9, Some(3)),
                (&[0], 9, Some(0)),
                (&[9], 9, None),
                (&[], 9, None),
            ] {
                for _ in 0..2 {
                    let found = nearest(&mut lineage, &mut chain, wanted, pid);
                    assert_eq!(found, Ok(expected), "{once} {wanted:?} {pid}");
                }
            }
        }
    }

    /// A parent that has another start time than before is another process.
    #[test]
    fn what_is_known_of_a_process_is_not_true_of_its_successor() {
        let (mut chain, mut lineage) = (Chain::new(9), Lineage::new(false));
        assert_eq!(nearest(&mut lineage, &mut chain, &[3], 6), Ok(Some(3)));
        (chain.parents[6], chain.start_times[6]) = (1, 8);
        assert_eq!(nearest(&mut lineage, &mut chain, &[3], 7), Ok(None));
    }

    /// A link that changes while the chain is walked is seen when it is read again, but not in a scan.
    #[test]
    fn links_are_read_twice_where_it_matters() {
        for (once, expected) in [(true, Some(3)), (false, None)] {
            let (mut chain, mut lineage) = (Chain::new(9), Lineage::new(once));
            // The parents of 9 and 8 are read; then 8 becomes an orphan.
            chain.later = Some((2, 8, 1));
            assert_eq!(nearest(&mut lineage, &mut chain, &[3], 9), Ok(expected), "{once}");
        }
    }

    #[test]
    fn a_circle_is_no_chain() {
        let (mut chain, mut lineage) = (Chain::new(9), Lineage::new(false));
        chain.parents[4] = 6;
        assert_eq!(nearest(&mut lineage, &mut chain, &[1], 9), Err(LookupError::Denied));
    }
}

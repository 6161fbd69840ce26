//! What is selected because of a match: its descendants, and the members of its process group.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::proc::Relation;
use crate::request::Pid;

/// Why a process is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It matches all criteria.
    Matched,
    /// `--tree`: it descends from this match, the nearest one.
    Descendant(Pid),
    /// `--whole-group`: it is in this process group, which has another selected process.
    GroupMember(Pid),
}

/// A process that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    /// What relates it to others.
    pub relation: Relation,
    /// Why it is selected.
    pub reason: Reason,
    /// `--tree`: the nearest match above it, also where it matches itself. It remains selected when it no
    /// longer matches.
    pub below: Option<Pid>,
}

/// The matches and what is selected because of them. Parents come before their children, and mere members of a group
/// last. A match that descends from another remains a match. `tree` and `whole_group` are the options.
pub(crate) fn expand(
    relations: &[Relation],
    matches: &BTreeMap<Pid, u64>,
    tree: bool,
    whole_group: bool,
) -> Vec<Selected> {
    let ordered = top_down(relations);
    let mut why = HashMap::new();
    let mut nearest = HashMap::new();
    for relation in &ordered {
        let above = match why.get(&relation.parent) {
            Some(Reason::Matched) => Some(relation.parent),
            Some(&Reason::Descendant(of)) => Some(of),
            _ => None,
        }
        .filter(|_| tree);
        nearest.extend(above.map(|of| (relation.pid, of)));
        if matches.get(&relation.pid) == Some(&relation.start_time) {
            why.insert(relation.pid, Reason::Matched);
        } else if let Some(of) = above {
            why.insert(relation.pid, Reason::Descendant(of));
        }
    }
    if whole_group {
        let selected = ordered.iter().filter(|relation| why.contains_key(&relation.pid));
        // 0 is the group of kernel threads, and all groups from outside of our PID namespace.
        let groups: BTreeSet<Pid> =
            selected.map(|relation| relation.group).filter(|&group| group > 0).collect();
        for relation in ordered.iter().filter(|relation| groups.contains(&relation.group)) {
            why.entry(relation.pid).or_insert(Reason::GroupMember(relation.group));
        }
    }
    let selected = ordered.into_iter().filter_map(|relation| {
        let (pid, reason) = (relation.pid, *why.get(&relation.pid)?);
        Some(Selected { relation, reason, below: nearest.get(&pid).copied() })
    });
    let (members, trees): (Vec<_>, Vec<_>) =
        selected.partition(|one| matches!(one.reason, Reason::GroupMember(_)));
    [trees, members].concat()
}

/// Parents before their children, and else by process ID. The relations were not read at one instant, so an ID
/// may have been reused in between: a process that is older than its parent is not a child of it.
fn top_down(relations: &[Relation]) -> Vec<Relation> {
    let by_pid: BTreeMap<Pid, &Relation> =
        relations.iter().map(|relation| (relation.pid, relation)).collect();
    let mut children = HashMap::<Pid, Vec<Relation>>::new();
    let mut queue = VecDeque::new();
    for relation in by_pid.values() {
        match by_pid.get(&relation.parent) {
            Some(parent) if parent.start_time <= relation.start_time => {
                children.entry(relation.parent).or_default().push(**relation);
            }
            _ => queue.push_back(Relation { parent: 0, ..**relation }),
        }
    }
    let mut ordered = vec![];
    while let Some(relation) = queue.pop_front() {
        queue.extend(children.remove(&relation.pid).unwrap_or_default());
        ordered.push(relation);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::RunState;

    /// PID, parent, group, start time.
    fn selected(
        relations: &[[i32; 4]],
        matches: &[i32],
        tree: bool,
        whole_group: bool,
    ) -> Vec<(Pid, Reason)> {
        let relations: Vec<Relation> = relations
            .iter()
            .map(|&[pid, parent, group, start]| Relation {
                pid,
                parent,
                group,
                start_time: start as u64,
                run_state: RunState::MayRun,
            })
            .collect();
        let of = |pid| {
            relations.iter().find(|relation| relation.pid == pid).map_or(0, |relation| relation.start_time)
        };
        let matches = matches.iter().map(|&pid| (pid, of(pid))).collect();
        let selected = expand(&relations, &matches, tree, whole_group);
        selected.into_iter().map(|one| (one.relation.pid, one.reason)).collect()
    }

    use Reason::{Descendant, GroupMember, Matched};

    #[test]
    fn parents_come_before_children_and_each_comes_once() {
        // 30 -> 20 -> 10 and 25; the process IDs have wrapped around.
        let relations =
            [[1, 0, 1, 0], [10, 20, 1, 9], [20, 30, 1, 8], [25, 20, 1, 8], [30, 1, 1, 7], [40, 1, 1, 7]];
        let tree = |matches: &[i32]| selected(&relations, matches, true, false);
        assert_eq!(tree(&[20]), [(20, Matched), (10, Descendant(20)), (25, Descendant(20))]);
        let nested = [(30, Matched), (20, Descendant(30)), (10, Matched), (25, Descendant(30))];
        assert_eq!(tree(&[30, 10]), nested);
        assert_eq!(tree(&[40]), [(40, Matched)]);
        assert_eq!(tree(&[]), []);
        assert_eq!(selected(&relations, &[20, 10], false, false), [(20, Matched), (10, Matched)]);
    }

    #[test]
    fn torn_relations_select_no_descendants() {
        // A cycle, as two process IDs were reused; a child that is older than its parent.
        let cycle = [[5, 6, 1, 1], [6, 5, 1, 1], [7, 1, 1, 9], [8, 7, 1, 3], [9, 7, 1, 9]];
        assert_eq!(selected(&cycle, &[7], true, false), [(7, Matched), (9, Descendant(7))]);
        assert_eq!(selected(&cycle, &[5], true, false), []);
    }

    #[test]
    fn groups_are_whole_and_kernel_threads_are_none() {
        let relations =
            [[2, 0, 0, 0], [3, 2, 0, 0], [10, 1, 10, 1], [11, 10, 10, 2], [12, 10, 12, 2], [13, 1, 10, 5]];
        let group = |matches: &[i32], tree| selected(&relations, matches, tree, true);
        assert_eq!(group(&[11], false), [(11, Matched), (10, GroupMember(10)), (13, GroupMember(10))]);
        assert_eq!(group(&[2], false), [(2, Matched)]);
        let two = [(13, Matched), (12, Matched), (10, GroupMember(10)), (11, GroupMember(10))];
        assert_eq!(group(&[13, 12], false), two);
        let both = [(10, Matched), (11, Descendant(10)), (12, Descendant(10)), (13, GroupMember(10))];
        assert_eq!(group(&[10], true), both);
    }
}

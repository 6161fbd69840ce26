//! The matches, and the processes that are selected because of them.

use std::collections::{BTreeMap, BTreeSet};

use super::matches::{Match, unknown, with_token};
use crate::error::Error;
use crate::plan::{Expansion, Plan};
use crate::proc::{Facts, ProcDir, Process, Relation, RunState};
use crate::request::Pid;
use crate::select::{Selected, expand};

/// `relations` are those of all processes that are visible.
pub(super) fn add(
    plan: &Plan,
    expansion: &Expansion,
    matches: Vec<Match>,
    mut relations: Vec<Relation>,
) -> Result<Vec<Match>, Error> {
    let proc = ProcDir::named()?.with_timeout(plan.read_timeout.as_ref());
    let mut process = Process::new(&proc);
    add_hidden(&mut relations, &mut process);
    let ids = matches.iter().filter_map(|found| Some((found.pid, found.start_time?))).collect();
    let selected = expand(&relations, &ids, expansion.tree, expansion.whole_group);
    let mut selected = merge(expansion, matches, selected, |relation| {
        process.select(relation.pid);
        let read = |process: &mut Process<'_>| match plan.predicate.excludes(relation.pid)? {
            true => Ok(None),
            false if plan.shows_only_ids() => Ok(Some(Match::related(relation))),
            false => Match::read(plan, process).map(Some),
        };
        match with_token(plan, &mut process, read) {
            Ok(found) => Ok(found),
            Err(why) => unknown(relation.pid, why).map(|()| None),
        }
    })?;
    if !expansion.top_down {
        selected.sort_by_key(|found| found.pid);
    }
    Ok(selected)
}

/// The matches, and what else was selected. `read` reads a process that did not match; None if it has
/// exited or is excluded.
fn merge(
    expansion: &Expansion,
    matches: Vec<Match>,
    selected: Vec<Selected>,
    mut read: impl FnMut(&Relation) -> Result<Option<Match>, Error>,
) -> Result<Vec<Match>, Error> {
    let mut matches: BTreeMap<Pid, Match> = matches.into_iter().map(|found| (found.pid, found)).collect();
    let mut all = vec![];
    for Selected { relation, reason, below } in selected {
        let found = match matches.remove(&relation.pid) {
            Some(found) => found,
            None if expansion.protected.contains(&relation.pid) => continue,
            // The process was read after its relation: with another start time it is another one.
            None => match read(&relation)? {
                Some(found) if found.start_time == Some(relation.start_time) => Match { reason, ..found },
                Some(_) | None => continue,
            },
        };
        let parent = expansion.tree.then_some(relation.parent);
        all.push(Match { parent, below, group: expansion.whole_group.then_some(relation.group), ..found });
    }
    // Matches that exited before their relation was read.
    all.extend(matches.into_values());
    Ok(all)
}

/// A hidden process (`hidepid` of proc(5)) may have descendants that are not hidden. Its pidfd still reports
/// the parent (Linux 6.13).
fn add_hidden(relations: &mut Vec<Relation>, process: &mut Process<'_>) {
    let mut known: BTreeSet<Pid> = relations.iter().map(|relation| relation.pid).collect();
    let mut missing: Vec<Pid> = relations.iter().map(|relation| relation.parent).collect();
    while let Some(pid) = missing.pop() {
        if pid == 0 || !known.insert(pid) {
            continue;
        }
        process.select(pid);
        if let Ok(parent) = process.parent() {
            // Nothing else of it can be read, so it is never selected itself: no process starts at boot time 0.
            relations.push(Relation { pid, parent, group: 0, start_time: 0, run_state: RunState::MayRun });
            missing.push(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::Reason::{self, Descendant, Matched};
    use crate::view::View;

    fn found(pid: Pid, start_time: u64, reason: Reason) -> Match {
        Match {
            pid,
            start_time: Some(start_time),
            run_state: None,
            token: None,
            view: View::Id,
            reason,
            parent: None,
            below: None,
            group: None,
        }
    }

    fn selected(pid: Pid, start_time: u64, reason: Reason) -> Selected {
        let below = match reason {
            Descendant(of) => Some(of),
            _ => None,
        };
        Selected {
            relation: Relation { pid, parent: 1, group: 9, start_time, run_state: RunState::MayRun },
            reason,
            below,
        }
    }

    /// A process that is not listed, here this one, still links its descendants to its ancestors.
    #[test]
    fn hidden_processes_are_links_and_no_more() {
        let proc = ProcDir::named().expect("/proc");
        let mut process = Process::new(&proc);
        process.select(crate::proc::own_pid());
        let (own, parent) = (crate::proc::own_pid(), process.parent().expect("our parent"));
        let child =
            Relation { pid: Pid::MAX, parent: own, group: 9, start_time: 5, run_state: RunState::MayRun };
        let mut relations = vec![child];
        add_hidden(&mut relations, &mut process);
        assert_eq!(
            relations[..2],
            [child, Relation { pid: own, parent, group: 0, start_time: 0, run_state: RunState::MayRun }]
        );
        assert!(relations.iter().all(|relation| relation.pid > 0), "{relations:?}");
        // Up to the first process of this PID namespace, or the one with a parent outside.
        let known: Vec<Pid> = relations.iter().map(|relation| relation.pid).collect();
        assert!(relations.iter().all(|one| one.parent == 0 || known.contains(&one.parent)), "{relations:?}");
    }

    /// 10 matches, and 20 descends from it, started at 5.
    #[test]
    fn a_descendant_is_selected_if_it_is_still_the_same_process() {
        for (what, protected, read, expected) in [
            ("the same process", BTreeSet::new(), Some(found(20, 5, Matched)), true),
            ("its ID was reused", BTreeSet::new(), Some(found(20, 6, Matched)), false),
            ("an ID was reused, and /proc is older", BTreeSet::new(), Some(found(20, 4, Matched)), false),
            ("it has exited", BTreeSet::new(), None, false),
            ("it is protected", [20].into(), Some(found(20, 5, Matched)), false),
        ] {
            let expansion = Expansion { tree: true, whole_group: false, protected, top_down: true };
            let all = vec![selected(10, 3, Matched), selected(20, 5, Descendant(10))];
            let in_tree = |found: Match| Match { parent: Some(1), ..found };
            let descendant = in_tree(Match { below: Some(10), ..found(20, 5, Descendant(10)) });
            let merged = merge(&expansion, vec![found(10, 3, Matched)], all, |relation| {
                assert_eq!(relation.pid, 20, "{what}: 10 has been read");
                Ok(read.clone())
            });
            let expected =
                [vec![in_tree(found(10, 3, Matched))], vec![descendant.clone(); usize::from(expected)]];
            assert_eq!(merged.expect("it can be read"), expected.concat(), "{what}");
        }
    }

    #[test]
    fn a_match_without_a_relation_is_kept_and_groups_are_noted() {
        let expansion =
            Expansion { tree: false, whole_group: true, protected: [10, 30].into(), top_down: true };
        let matches = vec![found(10, 3, Matched), found(30, 4, Matched)];
        let merged =
            merge(&expansion, matches, vec![selected(10, 3, Matched)], |_| unreachable!("nothing to read"));
        let expected = vec![Match { group: Some(9), ..found(10, 3, Matched) }, found(30, 4, Matched)];
        assert_eq!(merged.expect("nothing is read"), expected);
    }
}

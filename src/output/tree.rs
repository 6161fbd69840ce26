//! Processes as a tree: the order of the rows, and the branches that are drawn before each.

use std::collections::HashMap;

use super::screen::Screen;
use crate::request::Pid;

/// What is deeper is drawn at this depth: a chain of thousands of generations is not wider than a screen.
const DEPTH_MAX: usize = 24;

/// A place in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Branch {
    /// Which of the processes stands here.
    pub at: usize,
    /// What is drawn before it.
    pub drawn: String,
}

/// Each with its ID and its parent's: below its parent if that is among them. The order of siblings stays.
pub(super) fn draw(processes: &[(Pid, Option<Pid>)], screen: Screen) -> Vec<Branch> {
    let [fork, last, line, space] = match screen.is_utf8 {
        true => ["├─ ", "└─ ", "│  ", "   "],
        false => ["|- ", "`- ", "|  ", "   "],
    };
    let index: HashMap<Pid, usize> = processes.iter().enumerate().map(|(at, (pid, _))| (*pid, at)).collect();
    let parents = processes.iter().map(|(_, parent)| parent.and_then(|parent| index.get(&parent).copied()));
    let parents = without_circles(parents.collect());
    let mut children = vec![vec![]; processes.len()];
    let mut roots = vec![];
    for (at, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => children[parent].push(at),
            None => roots.push(at),
        }
    }
    let mut branches = Vec::with_capacity(processes.len());
    // Each with what is drawn before it, and before what is below it.
    let mut stack: Vec<(usize, String, String)> =
        roots.into_iter().rev().map(|at| (at, String::new(), String::new())).collect();
    while let Some((at, drawn, before)) = stack.pop() {
        branches.push(Branch { at, drawn });
        let below = std::mem::take(&mut children[at]);
        let is_deepest = before.chars().count() >= DEPTH_MAX * space.len();
        for (place, child) in below.into_iter().rev().enumerate() {
            let (branch, beside) = if place == 0 { (last, space) } else { (fork, line) };
            let beside = if is_deepest { "" } else { beside };
            stack.push((child, format!("{before}{branch}"), format!("{before}{beside}")));
        }
    }
    branches
}

/// The parents as a forest. Later scans may find IDs that were reused, so that a process is its own ancestor: the first
/// process of such a circle becomes a root.
fn without_circles(mut parents: Vec<Option<usize>>) -> Vec<Option<usize>> {
    // The process from which each was first reached.
    let mut reached_from = vec![None; parents.len()];
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| reached_from[at].is_none()) {
            reached_from[at] = Some(start);
            next = parents[at];
        }
        let Some(again) = next.filter(|&at| reached_from[at] == Some(start)) else { continue };
        let above = |at: &usize| parents[*at].filter(|&parent| parent != again);
        let first = std::iter::successors(Some(again), above).min().unwrap_or(again);
        parents[first] = None;
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Screen = Screen { width: None, has_colour: false, is_utf8: false };

    fn drawn(processes: &[(Pid, Pid)], screen: Screen) -> Vec<String> {
        let processes: Vec<_> = processes.iter().map(|&(pid, parent)| (pid, Some(parent))).collect();
        let branches = draw(&processes, screen);
        branches.iter().map(|branch| format!("{}{}", branch.drawn, processes[branch.at].0)).collect()
    }

    #[test]
    fn children_are_below_their_parents() {
        let processes = [(1, 0), (5, 3), (2, 1), (3, 1), (4, 2), (9, 7), (6, 3)];
        assert_eq!(drawn(&processes, ASCII), ["1", "|- 2", "|  `- 4", "`- 3", "   |- 5", "   `- 6", "9"]);
        let utf8 = Screen { is_utf8: true, ..ASCII };
        assert_eq!(drawn(&processes, utf8), ["1", "├─ 2", "│  └─ 4", "└─ 3", "   ├─ 5", "   └─ 6", "9"]);
    }

    #[test]
    fn a_circle_begins_with_its_first_process() {
        for (processes, expected) in [
            (&[(1, 1), (2, 1)][..], &["1", "`- 2"][..]),
            (&[(1, 2), (2, 1), (3, 0)], &["1", "`- 2", "3"]),
            (&[(3, 0), (5, 4), (4, 6), (6, 5)], &["3", "5", "`- 6", "   `- 4"]),
            // What descends from a circle.
            (&[(9, 8), (8, 7), (7, 8), (6, 9)], &["8", "|- 9", "|  `- 6", "`- 7"]),
            // An ID that two had, one after the other.
            (&[(1, 2), (2, 0), (2, 1)], &["1", "`- 2", "2"]),
        ] {
            assert_eq!(drawn(processes, ASCII), expected);
        }
    }

    #[test]
    fn each_process_is_drawn_once() {
        const COUNT: Pid = 5;
        for case in 0..(COUNT + 1).pow(COUNT as u32) {
            let parent = |at: Pid| Some(case / (COUNT + 1).pow(at as u32) % (COUNT + 1)); // 0 is not among them
            let processes: Vec<_> = (0..COUNT).map(|at| (at + 1, parent(at))).collect();
            let mut order: Vec<usize> = draw(&processes, ASCII).iter().map(|branch| branch.at).collect();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..COUNT as usize), "{processes:?}");
        }
    }

    #[test]
    fn a_long_chain_stays_narrow() {
        let chain: Vec<(Pid, Pid)> = (1..20_000).map(|pid| (pid, pid - 1)).collect();
        let lines = drawn(&chain, ASCII);
        assert_eq!(lines.len(), chain.len());
        assert!(lines.iter().all(|line| line.len() < 100));
    }
}

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
    let mut children = vec![vec![]; processes.len()];
    let mut roots = vec![];
    for (at, (_, parent)) in processes.iter().enumerate() {
        match parent.and_then(|parent| index.get(&parent)) {
            Some(&parent) if parent != at => children[parent].push(at),
            _ => roots.push(at),
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

    /// IDs may have been reused between two reads, so that a process is its own ancestor.
    #[test]
    fn each_process_is_drawn_once_at_most() {
        assert_eq!(drawn(&[(1, 1), (2, 1)], ASCII), ["1", "`- 2"]);
        let circle = [(1, 2), (2, 1), (3, 0)];
        assert_eq!(drawn(&circle, ASCII), ["3"]);
    }

    #[test]
    fn a_long_chain_stays_narrow() {
        let chain: Vec<(Pid, Pid)> = (1..20_000).map(|pid| (pid, pid - 1)).collect();
        let lines = drawn(&chain, ASCII);
        assert_eq!(lines.len(), chain.len());
        assert!(lines.iter().all(|line| line.len() < 100));
    }
}

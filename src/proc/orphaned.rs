//! Orphaned process groups: stop signals from a terminal do not stop their members.
//!
//! A group is orphaned if no member has a parent in another group of the same session (setpgid(2);
//! `will_become_orphaned_pgrp`, kernel/exit.c).

use std::cell::OnceCell;
use std::collections::HashMap;

use super::{Process, stat::Stat, walk};
use crate::request::Pid;

/// The process groups of the system. All processes are read on the first question, and only then.
#[derive(Debug, Default)]
pub(crate) struct ProcessGroups {
    snapshot: OnceCell<Snapshot>,
}

#[derive(Debug, Default)]
struct Snapshot {
    /// Process to process group.
    group: HashMap<Pid, Pid>,
    /// Whether a process group is orphaned.
    orphaned: HashMap<Pid, Option<bool>>,
}

impl ProcessGroups {
    /// Whether the group of a process is orphaned. None if that cannot be known: /proc cannot be read, the process did
    /// not exist when it was, or members or parents are outside of the PID namespace.
    ///
    /// Where /proc hides members (`hidepid`, proc(5)), a group can wrongly appear to be orphaned.
    pub(crate) fn is_orphaned(&self, pid: Pid) -> Option<bool> {
        let snapshot = self.snapshot.get_or_init(Snapshot::read);
        let group = snapshot.group.get(&pid)?;
        *snapshot.orphaned.get(group)?
    }
}

impl Snapshot {
    fn read() -> Snapshot {
        let stats = walk(|proc, pids| {
            let mut process = Process::new(proc);
            let mut stats = vec![];
            for pid in pids {
                let pid = pid?;
                process.select(pid);
                // A process that exits during the scan is no member any more.
                stats.extend(process.stat().ok().map(|stat| (pid, stat)));
            }
            Ok(stats)
        });
        let processes = stats.unwrap_or_default().into_iter().flatten().collect();
        Snapshot {
            orphaned: orphaned(&processes, is_initial_pid_namespace()),
            group: processes.into_iter().map(|(pid, stat)| (pid, stat.process_group)).collect(),
        }
    }
}

/// Whether each process group is orphaned, or None if that depends on processes outside of the PID namespace.
fn orphaned(processes: &HashMap<Pid, Stat>, initial_namespace: bool) -> HashMap<Pid, Option<bool>> {
    let mut groups = HashMap::new();
    for process in processes.values() {
        let orphaned = groups.entry(process.process_group).or_insert(Some(true));
        if *orphaned == Some(false) {
            continue;
        }
        match has_parent_in_session(process, processes, initial_namespace) {
            Some(true) => *orphaned = Some(false),
            Some(false) => {}
            None => *orphaned = None,
        }
    }
    groups
}

/// Whether a member's parent is in another process group of the same session.
fn has_parent_in_session(
    member: &Stat,
    processes: &HashMap<Pid, Stat>,
    initial_namespace: bool,
) -> Option<bool> {
    if member.has_ended() || (initial_namespace && member.parent == 1) {
        return Some(false);
    }
    // The ID of a group or session is 0 if its leader is outside, and so may be other members.
    if member.process_group == 0 || member.session == 0 {
        return None;
    }
    match processes.get(&member.parent) {
        Some(parent) => {
            Some(parent.process_group != member.process_group && parent.session == member.session)
        }
        // A process outside cannot be in a session with a leader inside.
        None if member.parent == 0 => Some(false),
        None => None,
    }
}

/// Only in the initial PID namespace, children of its first process are not considered (`is_global_init`,
/// linux/sched.h).
fn is_initial_pid_namespace() -> bool {
    /// `PID_NS_INIT_INO` (linux/nsfs.h)
    const INITIAL: u64 = 0xEFFF_FFFC;
    rustix::fs::stat("/proc/self/ns/pid").is_ok_and(|stat| stat.st_ino == INITIAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(parent: Pid, process_group: Pid, session: Pid, state: u8) -> Stat {
        let unused = Stat::parse(b"1 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0").expect("a stat");
        Stat { state, parent, process_group, session, ..unused }
    }

    #[test]
    fn a_group_is_orphaned_without_a_parent_in_its_session() {
        const LIVE: u8 = b'S';
        /// init, session 1; a shell, session 10; a daemon, session 20.
        const OTHERS: &[(Pid, [Pid; 3])] = &[(1, [0, 1, 1]), (10, [1, 10, 10]), (20, [1, 20, 20])];
        for (what, members, expected) in [
            ("a shell's job", &[(30, [10, 30, 10], LIVE)][..], Some(false)),
            ("a pipeline of two", &[(30, [10, 30, 10], LIVE), (31, [30, 30, 10], LIVE)], Some(false)),
            (
                "the shell is the parent of one only",
                &[(31, [30, 30, 10], LIVE), (32, [10, 30, 10], LIVE)],
                Some(false),
            ),
            (
                "the shell's child is a zombie",
                &[(30, [10, 30, 10], b'Z'), (31, [30, 30, 10], LIVE)],
                Some(true),
            ),
            ("the shell has exited", &[(30, [1, 30, 9], LIVE)], Some(true)),
            ("a child of init in init's session", &[(30, [1, 30, 1], LIVE)], Some(true)),
            ("a session leader", &[(30, [20, 30, 30], LIVE)], Some(true)),
            ("its child in its group", &[(31, [30, 30, 30], LIVE), (30, [20, 30, 30], LIVE)], Some(true)),
            ("a parent outside, session inside", &[(30, [0, 30, 30], LIVE)], Some(true)),
            ("a parent and session outside", &[(30, [0, 30, 0], LIVE)], None),
            ("a hidden parent", &[(30, [77, 30, 10], LIVE)], None),
            (
                "a hidden parent, and a shell",
                &[(30, [77, 30, 10], LIVE), (31, [10, 30, 10], LIVE)],
                Some(false),
            ),
            ("a group led from outside", &[(30, [10, 0, 10], LIVE)], None),
            ("a session led from outside", &[(30, [10, 30, 0], LIVE)], None),
        ] {
            let all = OTHERS.iter().map(|&(pid, ids)| (pid, ids, LIVE)).chain(members.iter().copied());
            let processes =
                all.map(|(pid, [parent, group, session], state)| (pid, stat(parent, group, session, state)));
            let processes = processes.collect();
            let group = members[0].1[1];
            assert_eq!(orphaned(&processes, true)[&group], expected, "{what}");
        }
    }

    #[test]
    fn only_the_first_init_never_counts() {
        let processes = HashMap::from([(1, stat(0, 1, 1, b'S')), (30, stat(1, 30, 1, b'S'))]);
        assert_eq!(orphaned(&processes, false)[&30], Some(false));
        assert_eq!(orphaned(&processes, true)[&30], Some(true));
    }
}

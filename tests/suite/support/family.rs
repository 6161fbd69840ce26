//! A tree of processes: shell scripts that start each other, each under a name that the test chooses.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::victim::readable;
use super::{Dir, eventually, stat_field_of};

/// All of them are killed through pidfds when dropped, and have exited then: the next one may have the same names. Only
/// inside a PID namespace.
pub struct Family {
    _dir: Dir,
    root: Child,
    members: Vec<OwnedFd>,
}

impl Family {
    /// `["top a b", "a leaf"]`: `top` starts `a` and `b`, `a` starts `leaf`. The first one is a child of the test and
    /// leads a process group. A process without children sleeps, and so does the child of one
    /// that has the same name.
    pub fn start(plan: &[&str]) -> Self {
        Self::with(plan, |_| {})
    }

    /// The same; `prepare` changes the command that starts the first one.
    pub fn with(plan: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        assert_eq!(std::process::id(), 1, "outside of a namespace the names may be those of other processes");
        let dir = Dir::new();
        let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
        let parents: Vec<&str> = plan.iter().map(|line| line.split(' ').next().expect("a name")).collect();
        let mut all = vec![parents[0]];
        for line in plan {
            let (parent, children) = line.split_once(' ').expect("a parent and its children");
            let inner = format!("in-{parent}");
            let start = |child: &str| match child == parent {
                true => format!("{} 1000000 &\n", path(&format!("{inner}/{child}"))),
                false => format!("{} 1000000 &\n", path(child)),
            };
            let script: String = children.split(' ').map(start).collect();
            if children.split(' ').any(|child| child == parent) {
                std::fs::create_dir(path(&inner)).expect("a directory");
                dir.copy("/usr/bin/sleep".as_ref(), &format!("{inner}/{parent}"));
            }
            dir.script(parent, &format!("#!/bin/sh\n{script}wait\n"));
            all.extend(children.split(' '));
            for leaf in children.split(' ').filter(|child| !parents.contains(child)) {
                dir.copy("/usr/bin/sleep".as_ref(), leaf);
            }
        }
        let mut command = Command::new(dir.path().join(parents[0]));
        command.stdin(Stdio::null()).process_group(0);
        prepare(&mut command);
        let root = command.spawn().expect("start a script");
        all.sort_unstable();
        let mut members = vec![];
        eventually(&format!("the processes {all:?} below {}", root.id()), || {
            members = descendants(root.id());
            let mut names: Vec<_> = members.iter().filter_map(|pid| name_of(*pid)).collect();
            names.sort_unstable();
            names == all
        });
        let handle = |pid: &u32| {
            let pid = Pid::from_raw(*pid as i32).expect("a PID");
            pidfd_open(pid, PidfdFlags::empty()).expect("a pidfd")
        };
        Family { _dir: dir, members: members.iter().map(handle).collect(), root }
    }

    /// The PID of the first one.
    pub fn root(&self) -> u32 {
        self.root.id()
    }

    /// Waits for the first one, and reaps it and the orphans that the test has inherited.
    pub fn wait(&mut self) {
        self.root.wait().expect("wait");
        reap_orphans();
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for member in &self.members {
            let _ = pidfd_send_signal(member, Signal::KILL); // ESRCH: it has exited
        }
        let _ = self.root.wait();
        let ended = self.members.iter().all(readable);
        assert!(ended || std::thread::panicking(), "a process that was killed has not exited");
    }
}

/// The process and its descendants that have not exited.
fn descendants(root: u32) -> Vec<u32> {
    let parent = |pid: u32| stat_field_of(&pid.to_string(), 4)?.parse::<u32>().ok();
    let below = |pid: &u32| std::iter::successors(Some(*pid), |pid| parent(*pid)).any(|pid| pid == root);
    all_pids().filter(|pid| name_of(*pid).is_some()).filter(below).collect()
}

fn all_pids() -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The name of a process that has not exited.
fn name_of(pid: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned();
    stat_field_of(&pid.to_string(), 3).filter(|state| state != "Z").map(|_| name)
}

/// Reaps the orphans: the test is the init of its PID namespace. Its other children must have been reaped.
pub fn reap_orphans() {
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
}

/// The processes with this name that have not exited, in ascending order.
pub fn pids(name: &str) -> Vec<u32> {
    let mut pids: Vec<u32> =
        all_pids().filter(|pid| name_of(*pid).is_some_and(|found| found == name)).collect();
    pids.sort_unstable();
    pids
}

/// The only process with this name.
pub fn pid(name: &str) -> u32 {
    let pids = pids(name);
    assert_eq!(pids.len(), 1, "the processes with the name {name}: {pids:?}");
    pids[0]
}

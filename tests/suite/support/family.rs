//! A family of processes: shell scripts that start each other, each under a name that the test chooses.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use super::{Dir, eventually, stat_field_of};

/// Only inside a PID namespace, whose end is theirs.
pub struct Family {
    _dir: Dir,
    root: Child,
}

impl Family {
    /// `["top a b", "a leaf"]`: `top` starts `a` and `b`, `a` starts `leaf`. The first one is our child and leads a
    /// process group. Who starts nobody sleeps, and so does the child of
    /// one that has the same name.
    pub fn start(plan: &[&str]) -> Self {
        Self::with(plan, |_| {})
    }

    /// The same, with something else to be done with the command that starts the first one.
    pub fn with(plan: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        assert_eq!(std::process::id(), 1, "outside of a namespace nobody would end it");
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
        for name in &all {
            let count = all.iter().filter(|other| *other == name).count();
            eventually("the family is there", || pids(name).len() == count);
        }
        Family { _dir: dir, root }
    }

    /// The first one's PID.
    pub fn root(&self) -> u32 {
        self.root.id()
    }

    /// Reaps the first one, waiting for its end, and the orphans that are ours.
    pub fn wait(&mut self) {
        self.root.wait().expect("wait");
        reap_orphans();
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        let _ = self.root.kill();
        let _ = self.root.wait();
    }
}

/// We are the init of our PID namespace. Whoever else is our child must have been waited for.
pub fn reap_orphans() {
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
}

/// Who has this name and has not ended, in ascending order.
pub fn pids(name: &str) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let named = |pid: &u32| {
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        comm.trim_end() == name && stat_field_of(&pid.to_string(), 3).is_some_and(|state| state != "Z")
    };
    let mut pids: Vec<u32> = numbers.filter(named).collect();
    pids.sort_unstable();
    pids
}

/// The only one of this name.
pub fn pid(name: &str) -> u32 {
    let pids = pids(name);
    assert_eq!(pids.len(), 1, "{name}");
    pids[0]
}

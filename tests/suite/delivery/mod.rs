//! Delivery under attack: processes that become others, that continue each other, that fork without end; and pkill
//! itself signalled, starved of memory and descriptors, and failing. Whatever happens, no process is signalled as what
//! it no longer is, and none is left stopped.

mod bombs;
mod exec;
mod frozen;
mod guards;

use std::path::Path;
use std::process::Command;

use crate::support::{Dir, Run};

fn pkill(args: &str) -> Run {
    Run::ours("pkill").args(args.split(' '))
}

/// Scripts with these names, each of which executes the next one, as the line `between` lets it.
fn cycle(dir: &Dir, names: &[&str], between: &str) {
    for (at, name) in names.iter().enumerate() {
        let next = dir.path().join(names[(at + 1) % names.len()]);
        dir.script(name, &format!("#!/bin/sh\n{between}\nexec {} \"$@\"\n", next.display()));
    }
}

/// The name of a process, also of one that has exited and was not reaped: what it was then.
fn name_of(pid: u32) -> String {
    let path = format!("/proc/{pid}/comm");
    std::fs::read_to_string(path).expect("a child that was not reaped").trim_end().to_owned()
}

fn script(dir: &Dir, name: &str) -> Command {
    Command::new(Path::new(dir.path()).join(name))
}

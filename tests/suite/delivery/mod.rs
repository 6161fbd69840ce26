//! Delivery under attack: processes that execute other programs, continue each other or fork without end; and pkill
//! itself signalled, without memory and descriptors, and with failing calls. No process is signalled that no
//! longer matches, and none is left stopped.

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

/// Scripts with these names. Each runs the line `between` and executes the next one.
fn cycle(dir: &Dir, names: &[&str], between: &str) {
    for (at, name) in names.iter().enumerate() {
        let next = dir.path().join(names[(at + 1) % names.len()]);
        dir.script(name, &format!("#!/bin/sh\n{between}\nexec {} \"$@\"\n", next.display()));
    }
}

/// The name of a process. A zombie keeps the name that it had.
fn name_of(pid: u32) -> String {
    let path = format!("/proc/{pid}/comm");
    std::fs::read_to_string(path).expect("a child that was not reaped").trim_end().to_owned()
}

fn script(dir: &Dir, name: &str) -> Command {
    Command::new(Path::new(dir.path()).join(name))
}

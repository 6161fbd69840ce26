//! Attacks by the processes of an ordinary user on root's programs. Each has an attacker of its own (`attackers/`,
//! built by the test), in a PID namespace.
//!
//! They are an executable of their own, which runs while no other test does: a process with a locked memory map is
//! visible from outside of its PID namespace too, and hangs the installed procps that other tests compare with.

#[allow(dead_code, unused_imports)] // most of it is for tests/suite
#[path = "../suite/support/mod.rs"]
mod support;

mod claims;
mod dead_mounts;
mod errors;
mod locked_maps;
mod peers;
mod storms;

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Dir, Helper, Run, Victim, need, skipped, succeed};

/// Whether there can be a file system in user space. Skips elsewhere, in CI too: a container may have no such device.
fn has_fuse() -> bool {
    let exists = std::path::Path::new("/dev/fuse").exists();
    if !exists {
        skipped("/dev/fuse");
    }
    exists && need("gcc")
}

/// Builds an attacker from its source.
fn build(dir: &Dir, name: &str) -> PathBuf {
    let source = format!("{}/tests/hostile/attackers/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let program = dir.path().join(name);
    succeed(Command::new("gcc").args(["-O1", "-w", "-pthread", "-o"]).arg(&program).arg(source));
    program
}

/// A file system that does not respond, and the processes that use it. Its termination unblocks them.
struct DeadMount {
    _server: Helper,
    dir: Dir,
    pids: Vec<u32>,
}

impl DeadMount {
    /// `args` are those of `attackers/fuse.c`; `count` processes report that they are ready.
    fn new(args: &[&str], count: usize) -> Self {
        let dir = Dir::new();
        let mountpoint = dir.path().join("mount");
        std::fs::create_dir(&mountpoint).expect("a directory");
        let server = build(&dir, "fuse");
        let mut server = Helper::start(Command::new(server).arg(&mountpoint).args(args));
        let mut pid = || server.hear().trim().parse().expect("a PID");
        let pids = (0..count).map(|_| pid()).collect();
        DeadMount { _server: server, dir, pids }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join("mount").join(name).display().to_string()
    }
}

/// A process that is not the attacker's, and must be found nevertheless.
fn bystander() -> Victim {
    Victim::named("bystander").catch(libc::SIGUSR1).arg("wanted-argument").env("WANTED", "yes").spawn()
}

fn ours(program: &str, args: &str) -> Run {
    Run::ours(program).args(args.split_ascii_whitespace())
}

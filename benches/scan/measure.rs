//! How long a program takes, from its start to its exit, and what it costs.
#![allow(unsafe_code)] // wait4(2) has no safe wrapper

use std::env;
use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run, or the medians of many.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// From fork to reaping.
    pub wall: Duration,
    /// In user and kernel mode, all threads together.
    pub cpu: Duration,
    /// The largest resident set, in KiB.
    pub peak: i64,
}

/// Runs this benchmark with these arguments as PID 1 of a PID namespace of its own, where that is possible.
pub fn in_namespace(args: &[&str]) {
    if !crate::support::need_root() || !crate::support::need("unshare") {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    let status = command.arg(env::current_exe().expect("our own executable")).args(args).status();
    assert!(status.expect("start unshare").success());
}

/// The number that an environment variable has for the user to change.
#[allow(dead_code)] // not every benchmark has one
pub fn knob(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// Runs it until it exits; its output is discarded.
#[allow(clippy::zombie_processes)] // reaped by wait4
#[allow(dead_code)] // benches/alternatives measures in its own process
pub fn run(program: &str, args: &[&str]) -> Cost {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (start, child) = loop {
        let start = Instant::now();
        match command.spawn() {
            Ok(child) => break (start, child),
            // kernel.pid_max: another test run on this machine has a crowd too.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("start {program}: {error}"),
        }
    };
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: it is a child of this process and nothing else waits for it; the kernel fills in the structure.
    let usage = unsafe {
        let reaped = libc::wait4(child.id() as i32, std::ptr::null_mut(), 0, usage.as_mut_ptr());
        assert_eq!(reaped, child.id() as i32);
        usage.assume_init()
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    Cost { wall: start.elapsed(), cpu: time(usage.ru_utime) + time(usage.ru_stime), peak: usage.ru_maxrss }
}

/// The median of each figure by itself.
pub fn median(costs: &[Cost]) -> Cost {
    fn middle<T: Ord + Copy>(costs: &[Cost], of: impl Fn(&Cost) -> T) -> T {
        let mut values: Vec<T> = costs.iter().map(of).collect();
        values.sort_unstable();
        values[values.len() / 2]
    }
    Cost { wall: middle(costs, |c| c.wall), cpu: middle(costs, |c| c.cpu), peak: middle(costs, |c| c.peak) }
}

//! The support of the tests: real processes that are started, queried and killed by handle.
//!
//! - [`Victim`]: a process with a chosen name, arguments, identity, session, terminal and signal dispositions.
//! - [`Helper`]: any other program, an interpreter for example.
//! - [`executable`], [`Run`]: one of the programs of this crate, or the installed procps program of the same name.
//! - [`namespace`]: runs the test inside a PID namespace of its own, where any pattern may be signalled.
//! - [`need`], [`need_root`], [`need_file`]: skip on a user's machine, fail in CI.
//! - [`kernel`]: features of the running kernel.
//! - [`Dir`]: a temporary directory; [`Root`]: one to change root into.

mod actor;
pub mod asked;
pub mod bomb;
pub mod clock;
pub mod count;
pub mod crowd;
mod dir;
mod executable;
pub mod family;
mod helper;
mod json;
pub mod kernel;
pub mod limits;
mod namespace;
mod on_terminal;
pub mod pids;
mod random;
pub mod rerun;
mod root;
mod run;
mod table;
pub mod tracer;
mod victim;

pub use dir::Dir;
pub use executable::executable;
pub use helper::Helper;
pub use json::{breach, check_schema, document, lines, rejection, violation};
pub use namespace::{hide_processes, namespace};
pub use on_terminal::{on_terminal, on_terminal_of};
pub use random::Random;
pub use root::{Root, cargo, packages, succeed};
pub use run::{Output, Program, Run, Running, installed_version};
pub use table::{Case, Expect, Scene, case, check, one_of_two_may_be_signalled, programs, reference, shell};
pub use victim::{Reaction, Received, Spec, Victim};

use std::time::Duration;

/// A user without privileges.
pub const NOBODY: u32 = 65_534;

/// How long a test waits for a state before it gives up. Never a way to synchronise: a test that passes does
/// not wait for it. Long, for virtual machines in which fork(2) and execve(2) take ten times as long as elsewhere.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// True if `tool` is in `PATH`. If not, it prints `skipped: TEST needs TOOL`; where `CI` is set, it panics, because
/// there everything is installed.
#[must_use]
pub fn need(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    available(std::env::split_paths(&path).any(|dir| dir.join(tool).is_file()), tool)
}

/// True if the test runs as root (same rule as [`need`]).
#[must_use]
pub fn need_root() -> bool {
    available(rustix::process::geteuid().is_root(), "root")
}

/// True if the kernel has this file (same rule as [`need`]).
#[must_use]
pub fn need_file(path: &str) -> bool {
    available(std::path::Path::new(path).exists(), path)
}

/// True if kernel threads are visible: in the initial PID namespace only, where they descend from PID 2. Skips
/// elsewhere, in CI too: a container has none.
#[must_use]
pub fn need_kernel_threads() -> bool {
    const PF_KTHREAD: u64 = 0x0020_0000; // include/linux/sched.h
    let flags = stat_field_of("2", 9).and_then(|flags| flags.parse::<u64>().ok());
    let visible = flags.is_some_and(|flags| flags & PF_KTHREAD != 0);
    if !visible {
        skipped("kernel threads");
    }
    visible
}

/// Reports that a test was skipped and what it needs: not through the harness, which shows what a test prints only
/// where it fails.
pub fn skipped(what: &str) {
    use std::io::Write;
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {name} needs {what}");
}

pub fn available(yes: bool, what: &str) -> bool {
    if !yes {
        skipped(what);
        assert!(std::env::var_os("CI").is_none(), "CI has no {what}");
    }
    yes
}

/// Checks that a rendered file has this text. Where `RENDER_WRITE` is set, it is written.
pub fn check_rendered(file: &str, text: &str, test: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("RENDER_WRITE").is_some() {
        std::fs::write(&path, text).expect("write what is rendered");
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == text, "{file} is out of date: RENDER_WRITE=1 cargo test --test suite {test}");
}

/// The cgroup v2 path of a process (`self` is one too).
pub fn cgroup(pid: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::").map(str::to_owned))
}

/// Where the cgroup v2 hierarchy is mounted.
pub fn cgroup_mount() -> Option<std::path::PathBuf> {
    let text = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let mount = text.lines().find(|line| line.contains(" - cgroup2 "));
    mount.and_then(|line| line.split(' ').nth(4)).map(Into::into)
}

/// The PID of the test as text, for `-P`.
pub fn own_pid() -> String {
    std::process::id().to_string()
}

/// Polls a state until it holds; fails the test at the deadline. Between two polls it leaves the CPU to the processes
/// that have to reach it. The pause does not matter: a test that passes does so with any pause.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    const LONGEST: Duration = Duration::from_millis(20);
    let start = std::time::Instant::now();
    let mut pause = Duration::from_micros(100);
    while !holds() {
        assert!(start.elapsed() < DEADLINE, "never happened: {what}");
        let timeout = pause.try_into().expect("a timeout");
        let _ = rustix::event::poll(&mut [], Some(&timeout)); // EINTR only makes it shorter
        pause = LONGEST.min(pause * 2);
    }
}

/// Field `number` of `/proc/PID/stat`, counted as in proc_pid_stat(5), from the state (3) on.
pub fn stat_field(pid: u32, number: usize) -> String {
    stat_field_of(&pid.to_string(), number).expect("stat of a live process")
}

/// The same for a path below `/proc` such as `12/task/13`; `None` if there is no such process or thread any more.
pub fn stat_field_of(path: &str, number: usize) -> Option<String> {
    let stat = std::fs::read(format!("/proc/{path}/stat")).ok()?;
    let name_end = stat.iter().rposition(|&byte| byte == b')').expect("a name in parentheses");
    let rest = String::from_utf8_lossy(&stat[name_end + 2..]).into_owned();
    Some(rest.split_ascii_whitespace().nth(number - 3).expect("field").to_owned())
}

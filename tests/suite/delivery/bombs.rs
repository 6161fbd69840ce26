//! Processes that are never all stopped under `--freeze`: the search for more of them is bounded, and they get the
//! signal.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::support::family::{self, pids};
use crate::support::{Dir, Run, Victim, document, eventually, namespace};

use super::pkill;

/// A process that forks, and another one that continues all of them. The forked processes are signalled too.
#[test]
fn processes_that_are_continued_by_another() {
    namespace(|| {
        let dir = Dir::new();
        let leaf = dir.copy("/usr/bin/sleep".as_ref(), "leaf").display().to_string();
        // Bounded in number, in case they escape.
        let root = format!(
            "#!/bin/bash\nulimit -u 3000\nfor i in {{1..2000}}; do {leaf} 1000 & sleep 0.005; done\nwait\n"
        );
        let root = dir.script("forking", &root);
        let mut root = Command::new(root).stdin(Stdio::null()).process_group(0).spawn().expect("start");
        eventually("it forks", || pids("leaf").len() > 3);
        let continues = format!("while kill -CONT -{}; do :; done 2>/dev/null", root.id());
        let mut other = Command::new("sh").args(["-c", &continues]).spawn().expect("start a shell");
        // The timeout is far beyond the bound of the search.
        let output = pkill("-TERM --tree --freeze --timeout 600 --json -x forking").run();
        let report = document(&output);
        assert!(report["summary"]["exited"].as_u64().expect("a number") > 3, "{report}");
        root.wait().expect("wait");
        let _ = other.kill();
        other.wait().expect("wait");
        let _ = pkill("-KILL -x leaf").run(); // what was started during the signals
        eventually("all have exited", || pids("leaf").is_empty());
        family::reap_orphans();
    });
}

/// A tracer gets each STOP first, and can suppress it (ptrace(2)).
#[test]
fn a_process_that_a_tracer_keeps_from_stopping() {
    let victim = Victim::spec().spawn();
    let pid = Pid::from_raw(victim.pid() as i32);
    ptrace::seize(pid, ptrace::Options::empty()).expect("PTRACE_SEIZE");
    let run = Run::ours("pkill").args(["-TERM", "--freeze", "--timeout", "600", "-x", victim.name()]);
    let run = run.start();
    let (mut swallowed, mut passed) = (0, false);
    loop {
        match waitpid(pid, Some(WaitPidFlag::__WALL)).expect("waitpid") {
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {
                swallowed += 1;
                ptrace::cont(pid, None).expect("PTRACE_CONT");
            }
            WaitStatus::Stopped(_, signal) => {
                passed |= signal == Signal::SIGTERM;
                ptrace::cont(pid, signal).expect("PTRACE_CONT");
            }
            WaitStatus::Signaled(_, signal, _) => {
                assert_eq!(signal, Signal::SIGTERM);
                break;
            }
            WaitStatus::PtraceEvent(..) | WaitStatus::Continued(_) => {
                ptrace::cont(pid, None).expect("PTRACE_CONT")
            }
            other => panic!("unexpected: {other:?}"),
        }
    }
    let output = run.wait();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    assert!(passed && (1..1000).contains(&swallowed), "{swallowed} STOPs");
}

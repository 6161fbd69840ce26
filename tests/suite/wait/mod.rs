//! Waiting for exits, and escalation: `pkill --wait` and the options that imply it, `pidwait --timeout` and
//! `--any`. The effect of suspending the machine on a wait cannot be tested here.

mod escalation;
mod exits;
mod interruption;
mod pidwait;
mod progress;
mod refusals;
mod until_none;

use libc::{SIGINT, SIGTERM};
use serde_json::Value;

use crate::support::{Output, Run, Victim, eventually, own_pid, tracer};

/// A run on these victims only. The arguments are separated by spaces.
fn run(program: &str, args: &str, victims: &[&Victim]) -> Run {
    let names: Vec<&str> = victims.iter().map(|victim| victim.name()).collect();
    let parent = own_pid();
    let run = Run::ours(program).args(args.split(' ').filter(|arg| !arg.is_empty()));
    run.args(["-P", &parent, &names.join("|")])
}

/// The target of a document with this PID.
fn target<'a>(document: &'a Value, victim: &Victim) -> &'a Value {
    let targets = document["targets"].as_array().expect("targets");
    targets.iter().find(|target| target["pid"] == victim.pid()).expect("a target")
}

#[track_caller]
fn ends(output: &Output, status: i32, out: &str, err: &str) {
    assert_eq!((output.out().as_str(), output.err().as_str(), output.status), (out, err, status));
}

/// How an exit is noticed: by a pidfd; without pidfds in the kernel; with a filter that forbids to send by pidfd.
const HANDLES: [&[(i64, i32)]; 3] = [
    &[],
    &[(libc::SYS_pidfd_open, libc::ENOSYS)],
    &[(libc::SYS_pidfd_open, libc::EPERM), (libc::SYS_pidfd_send_signal, libc::EPERM)],
];

fn with(handles: &'static [(i64, i32)], run: Run) -> Run {
    run.prepare(move |command| tracer::forbid(command, handles))
}

/// The blocked signals of the process: a waiting program reads them from a descriptor.
fn blocked(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("a mask");
    u64::from_str_radix(mask.trim(), 16).expect("hex")
}

/// Waits until the program waits: all signals are sent, and SIGTERM is handled.
fn until_it_waits(pid: u32) {
    eventually("it waits", || blocked(pid) == bit(SIGINT) | bit(SIGTERM));
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Waits until the victim has caught these, and no others.
fn until_caught(victim: &mut Victim, signals: &[i32]) {
    let mut caught = vec![];
    eventually("the signals", || {
        caught.extend(victim.received().expect("it lives").iter().map(|one| one.signal));
        caught.len() >= signals.len()
    });
    caught.sort_unstable();
    let mut signals = signals.to_vec();
    signals.sort_unstable();
    assert_eq!(caught, signals);
}

#[test]
fn nonsense() {
    let mut victim = Victim::spec().catch(SIGTERM).spawn();
    let durations = ["x", "-1", "+1", "1x", "1e3", "inf", "1 s", "5,", "1ms"];
    let invalid = ["--timeout=", "--wait=", "--kill-after=", "--escalate="]
        .iter()
        .flat_map(|option| durations.map(|value| (vec![format!("{option}{value}")], "invalid")));
    let others = [
        (&["--timeout="][..], "invalid"),
        (&["--wait="], "invalid"),
        (&["--kill-after="], "invalid"),
        (&["--escalate="], "invalid"),
        (&["--escalate=1"], "invalid"),
        (&["--escalate=:KILL"], "invalid"),
        (&["--escalate=x:KILL"], "invalid"),
        (&["--escalate=1:NOSUCH"], "Unknown signal"),
        (&["--kill-after=1", "--escalate=2:KILL"], "cannot be used together"),
        (&["--wait=1", "--timeout=1"], "cannot be used together"),
        (&["--until-none", "--mrelease"], "--mrelease"),
        (&["--any"], "--any"),
    ];
    let others = others.map(|(args, why)| (args.iter().map(|&arg| arg.to_owned()).collect(), why));
    for (args, why) in invalid.chain(others) {
        let output = Run::ours("pkill").args(&args).args(["-P", &own_pid(), victim.name()]).run();
        let err = output.err();
        assert_eq!((output.out(), output.status), (String::new(), 2), "{args:?}");
        assert!(err.starts_with("pkill: ") && err.contains(why) && err.contains("--help"), "{args:?}: {err}");
    }
    assert_eq!(victim.received(), Some(vec![]));
    for (program, option) in [("pidwait", "--timeout=x"), ("pgrep", "--timeout=x"), ("pgrep", "--any")] {
        assert_eq!(Run::ours(program).args([option, victim.name()]).run().status, 2, "{program} {option}");
    }
}

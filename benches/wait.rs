//! What waiting costs, and how soon it is over: pidwait on 1,000 processes in a PID namespace of their own (which needs
//! root).
//!
//! `cargo bench --bench wait`. `WAIT_ROUNDS`: how often the last exit is measured (9).

#[path = "scan/measure.rs"]
mod measure;
#[allow(dead_code, unused_imports)]
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::env;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use measure::{in_namespace, knob, median, run};
use rustix::process::{Pid, Signal, kill_process};
use support::crowd::Crowd;
use support::{eventually, executable, stat_field};

const TARGETS: usize = 1000;

/// CPU time of two seconds of waiting, and the time between the last exit and that of pidwait.
const GOALS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(1)];

fn main() {
    if env::args().nth(1).as_deref() == Some("inside") {
        return measure_both();
    }
    in_namespace(&["inside"]);
}

fn measure_both() {
    let rounds = knob("WAIT_ROUNDS", 9);
    let crowd = Crowd::spawn(c"multitude", TARGETS);
    // The same work before and after the wait: each process is found, pinned, and reported as still running.
    let waits = |seconds| run(&executable("pidwait"), &[&format!("--timeout={seconds}"), "multitude"]);
    let (mut short, mut long) = (vec![], vec![]);
    for _ in 0..rounds {
        short.push(waits("0.5"));
        long.push(waits("2.5"));
    }
    let [short, long] = [short, long].map(|costs| median(&costs).cpu);
    let mut ends = vec![last_exit(crowd)];
    ends.extend((1..rounds).map(|_| last_exit(Crowd::spawn(c"multitude", TARGETS))));
    ends.sort_unstable();
    for (what, took, goal) in [
        ("CPU time of pidwait on 1,000 processes for 2 s more", long.saturating_sub(short), GOALS[0]),
        ("from the last end to the end of pidwait, median", ends[ends.len() / 2], GOALS[1]),
        ("the same, at worst", ends[ends.len() - 1], GOALS[1]),
    ] {
        let verdict = if took < goal { "ok    " } else { "MISSED" };
        println!("{what:50} {:>8.2} ms   {verdict} < {:?}", took.as_secs_f64() * 1e3, goal);
    }
}

/// The time from the exit of the last process of the crowd to that of pidwait. All others have exited before.
fn last_exit(crowd: Crowd) -> Duration {
    let command = &mut Command::new(executable("pidwait"));
    let mut waiting = command.arg("multitude").stdin(Stdio::null()).spawn().expect("start pidwait");
    let (last, others) = crowd.pids.split_last().expect("many");
    until_idle(&waiting);
    others.iter().for_each(|&pid| kill(pid));
    eventually("all except one have exited", || others.iter().all(|&pid| stat_field(pid, 3) == "Z"));
    until_idle(&waiting);
    kill(*last);
    eventually("the last one has exited", || stat_field(*last, 3) == "Z");
    let end = Instant::now();
    assert!(waiting.wait().expect("wait").success());
    let took = end.elapsed();
    crowd.reap();
    took
}

/// Until pidwait has blocked the signals that interrupt a wait, and sleeps.
fn until_idle(pidwait: &Child) {
    let file = |name| std::fs::read_to_string(format!("/proc/{}/{name}", pidwait.id())).expect("it lives");
    let waits = || file("status").lines().any(|line| line == "SigBlk:\t0000000000004002");
    eventually("it waits", || waits() && stat_field(pidwait.id(), 3) == "S");
}

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid as i32).expect("a PID"), Signal::KILL).expect("kill");
}

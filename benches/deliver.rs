//! What delivery costs over the scan: pkill, which opens a pidfd for each target, rechecks it and sends, against
//! pgrep, which finds the same processes; whole programs, over 10,000 targets in a PID namespace of their own (so it
//! needs root).
//!
//! `cargo bench --bench deliver`; the runs are interleaved, and medians are compared. `DELIVER_ROUNDS`: the number of
//! rounds (15).

#[path = "scan/measure.rs"]
mod measure;
#[allow(dead_code, unused_imports)]
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::env;

use measure::{Cost, in_namespace, knob, median, run};
use support::crowd::{COUNTED, Crowd};
use support::executable;

const TARGETS: usize = 10_000;

/// Microseconds of CPU time for each target.
const GOAL: f64 = 15.0;

/// What is compared with its scan.
const DELIVERIES: &[(&[&str], &[&str])] = &[
    (&["-0", "multitude"], &["multitude"]),
    (&["-HUP", "multitude"], &["multitude"]),
    (&["-HUP", "-x", "multitude"], &["-x", "multitude"]),
    (&["-HUP", "-f", "."], &["-f", "."]),
    (&["-q", "5", "--signal", "RTMIN+2", "multitude"], &["multitude"]),
];

fn main() {
    if env::args().nth(1).as_deref() == Some("inside") {
        return compare();
    }
    in_namespace(&["inside"]);
}

/// Runs as PID 1, which gets no signal without a handler for it: pid_namespaces(7).
fn compare() {
    let rounds = knob("DELIVER_ROUNDS", 15);
    let (_crowd, _counts) = Crowd::counting(c"multitude", TARGETS);
    assert_eq!(libc::SIGRTMIN() + 2, COUNTED, "a signal that they handle");
    println!(
        "{:36} {:>10} {:>10} {:>16}   goal",
        "CPU time for 10,000 targets", "pkill ms", "pgrep ms", "us per target"
    );
    for (delivery, scan) in DELIVERIES {
        let (mut delivered, mut scanned): (Vec<Cost>, Vec<Cost>) = (vec![], vec![]);
        for _ in 0..rounds {
            delivered.push(run(&executable("pkill"), delivery));
            scanned.push(run(&executable("pgrep"), scan));
        }
        let [delivered, scanned] = [delivered, scanned].map(|costs| median(&costs).cpu.as_secs_f64());
        let each = (delivered - scanned) / TARGETS as f64 * 1e6;
        println!(
            "{:36} {:>10.1} {:>10.1} {each:>16.2}   {} <= {GOAL}",
            format!("pkill {}", delivery.join(" ")),
            delivered * 1e3,
            scanned * 1e3,
            if each <= GOAL { "ok    " } else { "MISSED" },
        );
    }
}

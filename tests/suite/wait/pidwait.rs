//! `pidwait --any`, and what pidwait reports.

use libc::SIGTERM;
use rustix::process::Signal;
use serde_json::Value;

use super::{HANDLES, ends, run, target, until_it_waits, with};
use crate::report::without_times;
use crate::support::{self, Victim, document};

#[test]
fn one_exit_is_enough_with_any() {
    for handles in HANDLES {
        let mut victims = [Victim::spec().spawn(), Victim::spec().spawn()];
        let waiting = with(handles, run("pidwait", "--any --json", &victims.each_ref())).start();
        until_it_waits(waiting.pid());
        victims[1].finish();
        let output = waiting.wait();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let report = document(&output);
        let outcomes = victims.each_ref().map(|victim| &target(&report, victim)["outcome"]);
        assert_eq!(outcomes, ["waited_for", "exited"]);
        // A process that has exited before is included.
        ends(&with(handles, run("pidwait", "--any", &victims.each_ref())).run(), 0, "", "");
        let output = with(handles, run("pidwait", "--any --timeout 0.05", &[&victims[0]])).run();
        assert_eq!(output.status, 5);
    }
}

/// Since Linux 6.15 the kernel reports how a process has exited after it was reaped: while the last one runs, the
/// parent has the time to reap the others.
#[test]
fn pidwait_reports_how_they_exited() {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("a version");
    let mut version = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    if (version.next(), version.next()) < (Some(6), Some(15)) {
        return support::skipped("Linux 6.15");
    }
    for style in ["--json", "--verbose"] {
        let mut victims = [(); 3].map(|()| Victim::spec().spawn());
        let waiting = run("pidwait", style, &victims.each_ref()).start();
        until_it_waits(waiting.pid());
        victims[0].finish();
        assert!(victims[0].wait().success());
        victims[1].send(Signal::TERM);
        assert_eq!(victims[1].killed_by(), Some(SIGTERM));
        victims[2].finish();
        let output = waiting.wait();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        if style == "--json" {
            let report = document(&output);
            let [zero, term, _] = victims.each_ref().map(|victim| &target(&report, victim)["end"]);
            assert_eq!((&zero["exit_status"], &zero["killed_by"]), (&0.into(), &Value::Null));
            assert_eq!((&term["exit_status"], &term["killed_by"]), (&Value::Null, &"TERM".into()));
        } else {
            let rows = output.rows();
            let ends = victims.each_ref().map(|victim| {
                let row = rows.iter().find(|row| row[2] == victim.name()).expect("a row");
                without_times(&row[3])
            });
            let expected =
                ["exited after SECONDS s, exit status 0", "exited after SECONDS s, killed by TERM"];
            assert_eq!(ends[..2], expected, "{rows:?}");
        }
    }
}

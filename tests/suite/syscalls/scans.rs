//! The number of scans in a run that waits or stops processes, and what they read.

use super::Trace;
use crate::support::crowd::{Crowd, chain};
use crate::support::{Victim, namespace, need};

/// A process that survives the signal does not cause scans without a pause: `--until-none` scans every 50 ms.
#[test]
fn scans_for_what_remains_have_pauses() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let victim = Victim::spec().ignore(libc::SIGTERM).spawn();
        let trace = Trace::new("pkill", &["--until-none", "--timeout", "0.5", victim.name()], &[]);
        assert_eq!(trace.output.status, 5, "{}", trace.output.err());
        // A scan reads the name of each process, and so does the check before the signal.
        let scans = trace.files()[&victim.pid()].iter().filter(|file| *file == "comm").count();
        assert!((3..=13).contains(&scans), "{scans} scans in half a second");
    });
}

/// The scan for restarted processes is made where its result is reported, and nowhere else.
#[test]
fn a_wait_in_a_script_scans_once() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        for (args, scans) in [
            ("--wait", 1),
            ("--kill-after 60", 1),
            ("--wait --quiet", 1),
            ("--wait --verbose --settle 0", 1),
            ("--wait --verbose", 2),
            ("--wait --json", 2),
            ("--wait --summary", 2),
            ("--wait --strict", 2),
            ("--wait --settle 0.01", 2),
        ] {
            let victim = Victim::spec().spawn();
            let args: Vec<&str> = args.split(' ').chain(["-x", victim.name()]).collect();
            let trace = Trace::new("pkill", &args, &[]);
            assert_eq!(trace.output.status, 0, "{args:?}: {}", trace.output.err());
            let asked = trace.calls.iter().filter(|call| call.starts_with("ioctl(2,")).count();
            assert!(asked <= 1, "{args:?}: whether standard error is a terminal");
            let of_init = trace.files().remove(&1).unwrap_or_default();
            assert_eq!(of_init.iter().filter(|file| *file == "comm").count(), scans, "{args:?}");
        }
    });
}

/// A scan reads the start time of each target and its state with it. A stopped one is not read once more for that.
#[test]
fn what_has_stopped_costs_no_further_read() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let mut victim = Victim::spec().spawn();
        victim.stop();
        let trace = Trace::new("pkill", &["--freeze", "-x", victim.name()], &[]);
        assert_eq!(trace.output.status, 0, "{}", trace.output.err());
        let files = trace.files().remove(&victim.pid()).unwrap_or_default();
        let looks = [
            &["comm", "stat"][..], // the first scan
            &["stat"],             // it is pinned
            &["comm", "stat"],
            &["comm", "stat"],
            &["comm"], // it is verified
        ];
        assert_eq!(files, looks.concat());
    });
}

/// Both scans read each descendant, and so does the check when it is pinned. For none of them, its parent or the match is
/// read once more: pidfds of them are held.
#[test]
fn a_descendant_costs_a_read_by_each_scan_and_one_more() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let crowd = Crowd::forest(c"generation", &chain(6), false);
        let first = crowd.pids[0].to_string();
        let trace = Trace::new("pkill", &["-0", "--tree", "-p", &first], &[]);
        assert_eq!(trace.output.status, 0, "{}", trace.output.err());
        let files = trace.files();
        let of_descendants: Vec<_> = crowd.pids[1..].iter().map(|pid| &files[pid]).collect();
        assert_eq!(of_descendants, [&["stat"; 3]; 5]);
        let opened = |pid: &u32| {
            let call = format!("pidfd_open({pid},");
            trace.calls.iter().filter(|one| one.starts_with(&call)).count()
        };
        assert_eq!(crowd.pids[1..].iter().map(opened).collect::<Vec<_>>(), [1; 5]);
    });
}

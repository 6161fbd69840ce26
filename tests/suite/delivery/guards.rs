//! Rare cases of delivery: no target is missed, and nothing else is signalled.

use std::fs::File;

use serde_json::Value;

use crate::race::is_signal;
use crate::support::clock::until_older_than_now;
use crate::support::crowd::Crowd;
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{Dir, Helper, Output, Victim, document, eventually, family, namespace, need};

use super::{pkill, script};

/// The PIDs and outcomes of a report, ascending.
fn outcomes(report: &Value) -> Vec<(u32, String)> {
    let targets = report["targets"].as_array().expect("targets").iter();
    let pid = |target: &Value| target["pid"].as_u64().expect("a PID") as u32;
    let outcome = |target: &Value| target["outcome"].as_str().expect("a word").to_owned();
    let mut outcomes: Vec<_> = targets.map(|target| (pid(target), outcome(target))).collect();
    outcomes.sort_unstable();
    outcomes
}

/// `--max` limits the number of all signalled processes, over all scans.
#[test]
fn max_counts_over_all_scans() {
    namespace(|| {
        for (args, count, which) in [
            ("-TERM", 1, ""),
            ("-TERM", 25, "; 20 of the others"),
            ("-KILL", 1, ""),
            ("-TERM --freeze", 1, ""),
        ] {
            let mut first = Victim::spec().session().spawn();
            let name = first.name().to_owned();
            let mut command = tracer::ours("pkill");
            let until_none = "--until-none --timeout 100 --max 1 -x";
            command.args(args.split(' ')).args(until_none.split(' ')).arg(&name);
            let mut program = Traced::start(command);
            let mut others: Vec<Victim> = vec![];
            let status = loop {
                match program.next() {
                    // Like a process that a supervisor restarts.
                    Stop::Exit(call, 0) if is_signal(call) && others.is_empty() => {
                        let other = || Victim::named(&name).catch(libc::SIGTERM).spawn();
                        others = std::iter::repeat_with(other).take(count).collect();
                    }
                    Stop::Entry(_) | Stop::Exit(..) => {}
                    Stop::Ended(status) => break status,
                }
            };
            let (_, err) = program.written();
            let all = count + 1;
            let message = format!(
                "pkill: {all} processes match, more than --max 1, so no other is signalled{which}:\n"
            );
            assert!(status == 4 && err.starts_with(&message), "{args}: {status} {err}");
            assert!(first.killed_by().is_some(), "{args}");
            assert_eq!(others.len(), count, "{args}");
            for mut other in others {
                assert_eq!(other.received(), Some(vec![]), "{args}");
            }
        }
    });
}

/// Signals are sent whether or not the output has a reader.
#[test]
fn an_escalation_goes_on_without_a_reader() {
    let mut victim = Victim::spec().ignore(libc::SIGTERM).spawn();
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let run = pkill("-e --escalate 0.1:USR2 --timeout 100 -x").args([victim.name()]).stdout(full);
    let Output { status, stderr, .. } = run.run();
    let err = String::from_utf8_lossy(&stderr);
    assert!(status == 3 && err.starts_with("pkill: write error: "), "{status} {err}");
    assert_eq!(victim.killed_by(), Some(libc::SIGUSR2));
}

/// Runs pkill, and calls `meanwhile` when it opens a pidfd for this process: after the first scan.
fn run(args: &str, pid: u32, mut meanwhile: impl FnMut()) -> Value {
    let mut command = tracer::ours("pkill");
    command.args(args.split(' '));
    let mut program = Traced::start(command);
    let mut is_pinned = false;
    loop {
        match program.next() {
            Stop::Entry(call) if call.number == libc::SYS_pidfd_open && call.args[0] == u64::from(pid) => {
                if !std::mem::replace(&mut is_pinned, true) {
                    meanwhile();
                }
            }
            Stop::Entry(_) | Stop::Exit(..) => {}
            Stop::Ended(_) => break,
        }
    }
    assert!(is_pinned, "{args}");
    serde_json::from_str(&program.written().0).expect("a document")
}

/// Runs pkill on a process named `parent`, which starts a child named `late` after the first scan and then waits for a
/// line. Returns the parent, the child's PID, and the report.
fn run_with_a_late_child(args: &str) -> (Helper, u32, Value) {
    let dir = Dir::new();
    dir.copy("/usr/bin/sleep".as_ref(), "late");
    let late = dir.path().join("late");
    let text = "echo ready; read line; $1 1000 & echo $!; read line; echo goes on; wait";
    dir.script("parent", &format!("#!/bin/sh\nset {}\n{text}\n", late.display()));
    let mut parent = Helper::ready(&mut script(&dir, "parent"));
    until_older_than_now(parent.pid());
    let mut child = 0;
    let report = run(args, parent.pid(), || {
        parent.tell("");
        child = parent.hear().trim_end().parse().expect("a PID");
        eventually("it has executed its file, which is removed soon", || family::pids("late") == [child]);
    });
    (parent, child, report)
}

/// A child that is started after the scan is found by another scan before the signal.
#[test]
fn a_child_that_is_started_after_the_scan() {
    namespace(|| {
        for args in ["--json --tree -x parent", "--json --tree --freeze -x parent"] {
            let (mut parent, child, report) = run_with_a_late_child(args);
            let expected = [(parent.pid(), "signalled".to_owned()), (child, "signalled".to_owned())];
            assert_eq!(outcomes(&report), expected, "{args}");
            eventually("both have exited", || !parent.lives() && family::pids("late").is_empty());
            family::reap_orphans();
        }
    });
}

/// `--max` counts what a later scan finds, too: then nothing is signalled, and what was stopped goes on.
#[test]
fn max_counts_what_is_found_while_others_are_held() {
    namespace(|| {
        for args in ["--json --max 1 --tree -x parent", "--json --max 1 --tree --freeze -x parent"] {
            let (mut parent, child, report) = run_with_a_late_child(args);
            let expected = [(parent.pid(), "skipped".to_owned()), (child, "skipped".to_owned())];
            assert_eq!(outcomes(&report), expected, "{args}");
            assert_eq!(report["summary"]["exit_status"], 4, "{args}");
            parent.tell("");
            assert_eq!(parent.hear(), "goes on\n", "{args}");
            eventually("the child goes on", || family::pids("late") == [child]);
            assert_eq!(pkill("-KILL -x late").run().status, 0);
            eventually("it has exited", || family::pids("late").is_empty());
            drop(parent);
            family::reap_orphans();
        }
    });
}

/// A process that is selected as a descendant is skipped if its ancestor no longer matches, and a dry run reports that.
#[test]
fn a_descendant_of_what_no_longer_matches() {
    namespace(|| {
        let dir = Dir::new();
        dir.copy("/usr/bin/sleep".as_ref(), "child");
        let (child, other) = (dir.path().join("child"), dir.path().join("other"));
        let text =
            format!("#!/bin/sh\n{} 1000 &\necho $!\nread line\nexec {}\n", child.display(), other.display());
        dir.script("matching", &text);
        dir.script("other", "#!/bin/sh\necho other\nread line\n");
        for args in ["--dry-run", "-TERM", "-TERM --freeze"] {
            let mut parent = Helper::start(&mut script(&dir, "matching"));
            let pid = parent.pid();
            let child: u32 = parent.hear().trim_end().parse().expect("a PID");
            until_older_than_now(pid);
            eventually("the child is there", || family::pids("child") == [child]);
            let report = run(&format!("--json {args} --tree -x matching"), pid, || {
                parent.tell("");
                assert_eq!(parent.hear(), "other\n");
            });
            let changed = || "no_longer_matches".to_owned();
            assert_eq!(outcomes(&report), [(pid, changed()), (child, changed())], "{args}");
            assert!(parent.lives() && family::pids("child") == [child], "{args}");
            assert_eq!(pkill("-KILL -x child").run().status, 0);
            eventually("it has exited", || family::pids("child").is_empty());
            drop(parent);
            family::reap_orphans();
        }
    });
}

/// Process group 1 is that of the init process of a PID namespace, and kill(-1) signals every process: where the group
/// cannot be signalled through a pidfd, its members are signalled one by one. As an ancestor that matches, the init
/// process does not prevent that the group is signalled as one.
#[test]
fn the_group_of_the_init_process() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let mut bystander = Victim::spec().catch(libc::SIGUSR1).session().spawn();
        nix::unistd::setpgid(nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(0)).expect("setpgid");
        let mut member = Victim::spec().catch(libc::SIGUSR1).spawn();
        let dir = Dir::new();
        let trace = dir.path().join("trace");
        let traced = "trace=pidfd_send_signal,kill";
        for (inject, as_one) in [
            ("inject=rt_sigqueueinfo:error=EINVAL", true),
            // Signal 0 asks for both members before; then the group is signalled.
            ("inject=pidfd_send_signal:error=EINVAL:when=3", false),
        ] {
            let file = trace.to_str().expect("UTF-8");
            let wrapper = ["setsid", "-w", "strace", "-f", "-qq", "-e", traced, "-e", inject, "-o", file];
            let args = format!("-USR1 --whole-group --json -p 1,{}", member.pid());
            let output = pkill(&args).through(wrapper).run();
            let report = document(&output);
            assert_eq!(report["summary"]["signalled"], 2, "{inject}: {report}");
            let calls = std::fs::read_to_string(&trace).expect("a trace");
            assert!(!calls.contains("kill(-1") && !calls.contains("kill(0"), "{calls}");
            let sent = calls.lines().filter(|call| call.contains("SIGUSR1") && !call.contains("INJECTED"));
            assert_eq!(sent.count(), if as_one { 1 } else { 2 }, "{inject}: {calls}");
            assert_eq!(member.received().expect("it lives").len(), 1, "{inject}");
            assert_eq!(bystander.received(), Some(vec![]), "{inject}: {calls}");
        }
    });
}

/// More processes than descriptors, and a parent that does not reap them: exited processes free their descriptors.
#[test]
fn exited_processes_free_their_descriptors() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let crowd = Crowd::spawn(c"unreaped", 60);
        let run = pkill("--wait --json --timeout 100 -x unreaped").through(["prlimit", "--nofile=14:14"]);
        let output = run.run();
        let report = document(&output);
        assert_eq!(report["summary"]["exited"], 60, "{output:?}");
        let after = |target: &Value| target["end"]["after"].as_f64().expect("a time");
        let last = report["targets"].as_array().expect("targets").iter().map(after).fold(0.0, f64::max);
        assert!(last < 20.0, "their exits were seen when the timeout expired: {last} s");
        crowd.reap();
    });
}

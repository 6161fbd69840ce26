//! Processes that exit immediately, late, never, or in an unusual way.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use libc::{SIGKILL, SIGTERM};
use nix::sys::wait::WaitStatus;
use serde_json::Value;

use super::{HANDLES, ends, run, target, until_caught, until_it_waits, with};
use crate::report::without_times;
use crate::support::crowd::Crowd;
use crate::support::{Dir, Helper, Run, Victim, document, eventually, namespace, need, own_pid, stat_field};

#[test]
fn a_process_that_exits_immediately() {
    for handles in HANDLES {
        for args in [
            "--wait",
            "--wait=1d",
            "--timeout 1.5h",
            "--kill-after 2m",
            "--escalate 60s:KILL",
            "--until-none",
        ] {
            let victims = [Victim::spec().spawn(), Victim::spec().spawn()];
            let output = with(handles, run("pkill", args, &victims.each_ref())).run();
            ends(&output, 0, "", "");
            for mut victim in victims {
                assert_eq!(stat_field(victim.pid(), 3), "Z", "{args}: it returned before the end");
                assert_eq!(victim.killed_by(), Some(SIGTERM), "{args}");
            }
        }
    }
}

#[test]
fn a_process_that_ignores_the_signal() {
    for handles in HANDLES {
        let mut victim = Victim::spec().ignore(SIGTERM).spawn();
        let (pid, name) = (victim.pid(), victim.name().to_owned());
        for args in ["--wait=0.05", "--timeout 0", "--timeout 0.05 --cont"] {
            let output = with(handles, run("pkill", args, &[&victim])).run();
            ends(&output, 5, "", &format!("pkill: 1 process is still running: {pid} {name}\n"));
        }
        let output = with(handles, run("pidwait", "--timeout .05", &[&victim])).run();
        ends(&output, 5, "", &format!("pidwait: 1 process is still running: {pid} {name}\n"));

        let output = with(handles, run("pkill", "--timeout 0.05 --json", &[&victim])).run();
        assert_eq!(output.status, 5);
        let report = document(&output);
        assert_eq!(target(&report, &victim)["outcome"], "still_running");
        assert_eq!(target(&report, &victim)["end"]["signal"], "TERM");
        assert_eq!(report["summary"]["still_running"], 1);
        assert_eq!(report["summary"]["exit_status"], 5);

        let start = Instant::now();
        let output = with(handles, run("pkill", "--kill-after 0.1 --json", &[&victim])).run();
        assert_eq!((output.status, victim.killed_by()), (0, Some(SIGKILL)));
        let report = document(&output);
        let end = &target(&report, &victim)["end"];
        assert_eq!((&end["ended"], &end["signal"]), (&true.into(), &"KILL".into()));
        let after = end["after"].as_f64().expect("seconds");
        assert!((0.1..=start.elapsed().as_secs_f64()).contains(&after), "{after}");
        // KILL followed TERM after 0.1 s.
        assert_eq!(end["first_signal"], "TERM");
        let [first, last] =
            ["after_first_signal", "after_signal"].map(|name| end[name].as_f64().expect("seconds"));
        assert!(last >= 0.0 && first - last >= 0.1 && first <= start.elapsed().as_secs_f64(), "{end}");

        // The same in words. Without pidfds, the exit is reported as well as the manner of sending.
        let mut victim = Victim::spec().ignore(SIGTERM).spawn();
        let output = with(handles, run("pkill", "--kill-after 0.1 --verbose", &[&victim])).run();
        assert_eq!((output.status, victim.killed_by()), (0, Some(SIGKILL)));
        let by_id = handles.len() > 1;
        let manner = if by_id { "; by process ID, as the system has no pidfd_send_signal" } else { "" };
        let expected = format!("exited SECONDS s after KILL (SECONDS s after TERM){manner}");
        assert_eq!(without_times(&output.rows()[0][3]), expected, "{}", output.out());
    }
}

#[test]
fn a_process_that_exits_late() {
    for handles in HANDLES {
        let mut victim = Victim::spec().catch(SIGTERM).spawn();
        let waiting = with(handles, run("pkill", "--wait", &[&victim])).start();
        until_caught(&mut victim, &[SIGTERM]);
        until_it_waits(waiting.pid());
        assert!(!waiting.has_ended());
        victim.finish();
        ends(&waiting.wait(), 0, "", "");
        assert!(victim.wait().success());
    }
}

/// The end that KILL brings is certain, but memory takes time to be freed: it is waited for beyond the timeout.
#[test]
fn what_was_killed_has_exited_although_the_timeout_has_expired() {
    if !need("perl") {
        return;
    }
    // A machine may be slower than the wait: another try.
    let exited = (0..20).any(|_| {
        let uses_memory = "$| = 1; $_ = 'x' x (128 << 20); print qq(\n); sleep";
        let perl = Helper::ready(Command::new("perl").args(["-e", uses_memory]));
        let run = Run::ours("pkill").args(["-KILL", "--timeout", "0", "-P", &own_pid()]);
        run.args(["--pid", &perl.pid().to_string()]).run().status == 0
    });
    assert!(exited);
}

#[test]
fn a_stopped_process() {
    let note = "pkill: note: 1 process is stopped; it acts on the signal only when continued (--cont)\n";
    let mut victim = Victim::spec().spawn();
    victim.stop();
    let still = format!("pkill: 1 process is still running: {} {} (stopped)\n", victim.pid(), victim.name());
    ends(&run("pkill", "--timeout 0.05", &[&victim]).run(), 5, "", &(note.to_owned() + &still));
    ends(&run("pkill", "--wait --cont", &[&victim]).run(), 0, "", "");
    assert_eq!(victim.killed_by(), Some(SIGTERM));

    let mut victim = Victim::spec().spawn();
    victim.stop();
    ends(&run("pkill", "--kill-after 0.05", &[&victim]).run(), 0, "", note);
    assert_eq!(victim.killed_by(), Some(SIGKILL));

    // No note where pkill does not wait, and with KILL, which also kills a stopped process.
    let victims = [(); 2].map(|()| Victim::spec().spawn()).map(|mut victim| {
        victim.stop();
        victim
    });
    ends(&run("pkill", "", &[&victims[0]]).run(), 0, "", "");
    ends(&run("pkill", "-KILL --wait", &[&victims[1]]).run(), 0, "", "");
}

/// The test is its parent, and does not reap it.
#[test]
fn a_zombie_has_exited() {
    for handles in HANDLES {
        let mut victim = Victim::spec().spawn();
        victim.make_zombie();
        ends(&with(handles, run("pkill", "--wait", &[&victim])).run(), 0, "", "");
        ends(&with(handles, run("pidwait", "", &[&victim])).run(), 0, "", "");
        assert_eq!(stat_field(victim.pid(), 3), "Z");
    }
}

#[test]
fn a_leader_that_exits_before_its_threads_is_still_running() {
    for handles in HANDLES {
        let mut victim = Victim::spec().main_ends(&[]).spawn();
        assert_eq!(stat_field(victim.pid(), 3), "Z", "the leader's state");
        assert_eq!(with(handles, run("pkill", "-0 --timeout 0.05", &[&victim])).run().status, 5);
        let waiting = with(handles, run("pidwait", "", &[&victim])).start();
        until_it_waits(waiting.pid());
        assert!(!waiting.has_ended());
        victim.finish();
        ends(&waiting.wait(), 0, "", "");
    }
}

#[test]
fn a_process_that_executes_another_program_is_still_awaited() {
    for handles in HANDLES {
        for args in ["--wait", "--kill-after 1"] {
            let dir = Dir::new();
            let name = Victim::spec().tag();
            let script = dir.script(&name, "#!/bin/sh\ntrap '' TERM\necho\nread line && exec cat\n");
            let mut process = Command::new(script);
            let mut process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a script");
            process.stdout.as_mut().expect("a pipe").read_exact(&mut [0]).expect("that it ignores TERM");
            let run = Run::ours("pkill").args(args.split(' ')).args(["-P", &own_pid(), "-x", &name]);
            let waiting = with(handles, run).start();
            until_it_waits(waiting.pid());
            let mut stdin = process.stdin.take().expect("a pipe");
            stdin.write_all(b"go on\n").expect("write");
            let comm = format!("/proc/{}/comm", process.id());
            eventually("another program", || std::fs::read(&comm).expect("it lives") == b"cat\n");
            if args == "--wait" {
                assert!(!waiting.has_ended());
                drop(stdin); // the end of cat
            }
            ends(&waiting.wait(), 0, "", "");
            let status = process.wait().expect("wait");
            assert_eq!(status.success(), args == "--wait", "{status}");
        }
    }
}

const TARGETS: usize = 5_000;

#[test]
fn five_thousand_with_sixty_four_descriptors() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let few = |program, args: &str| {
            Run::ours(program)
                .args(args.split(' '))
                .args(["multitude"])
                .through(["prlimit", "--nofile=64:64"])
        };
        let crowd = Crowd::spawn(c"multitude", TARGETS);
        let output = few("pkill", "--timeout 0 -0").run();
        let list = format!("pkill: {TARGETS} processes are still running: {} multitude, ", crowd.pids[0]);
        assert!(output.status == 5 && output.err().starts_with(&list), "{output:?}");
        let waiting = few("pidwait", "--timeout 60").start();
        until_it_waits(waiting.pid());
        ends(&few("pkill", "--wait").run(), 0, "", "");
        ends(&waiting.wait(), 0, "", "");
        crowd.reap();

        let crowd = Crowd::spawn(c"multitude", TARGETS);
        let output = few("pkill", "-WINCH --escalate 0.01:HUP --json").run();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let report: Value = serde_json::from_slice(&output.stdout).expect("a document");
        let targets = report["targets"].as_array().expect("targets");
        assert_eq!(targets.len(), TARGETS);
        assert!(targets.iter().all(|one| one["outcome"] == "exited" && one["end"]["signal"] == "HUP"));
        for status in crowd.reap() {
            assert!(
                matches!(status, WaitStatus::Signaled(_, nix::sys::signal::Signal::SIGHUP, _)),
                "{status:?}"
            );
        }
    });
}

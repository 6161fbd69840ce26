//! Waiting for exits, and escalation: `pkill --wait` and the options that imply it, `pidwait --timeout` and
//! `--any`. The effect of suspending the machine on a wait cannot be tested here.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libc::{SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH};
use nix::sys::wait::WaitStatus;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::report::without_times;
use crate::support;
use crate::support::clock::until_older_than_now;
use crate::support::crowd::Crowd;
use crate::support::pids::{LAST_PID, with_pid};
use crate::support::tracer::{self, Stop};
use crate::support::{
    Dir, NOBODY, Output, Run, Spec, Victim, document, eventually, namespace, need, need_file, need_root,
    own_pid, stat_field,
};

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

/// A security module refuses with EACCES, where kill(2) has EPERM. The dry run reports it if signal 0 is refused too.
#[test]
fn a_security_module_refuses() {
    let refuses: &[(i64, i32)] = &[(libc::SYS_pidfd_send_signal, libc::EACCES)];
    let mut victim = Victim::spec().spawn();
    let pid = victim.pid();
    for (args, status) in [("", 1), ("--strict", 4), ("--wait --tree", 1), ("--freeze", 1)] {
        let output = with(refuses, run("pkill", args, &[&victim])).run();
        let why = "by a security module such as AppArmor or SELinux; see its log";
        ends(&output, status, "", &format!("pkill: killing pid {pid} failed: Permission denied ({why})\n"));
    }
    for (args, outcome, errno) in [
        ("--json", "refused", Value::from(libc::EACCES)),
        ("--json --dry-run", "would_be_refused", Value::Null),
    ] {
        let output = with(refuses, run("pkill", args, &[&victim])).run();
        let report = document(&output);
        let target = target(&report, &victim);
        assert_eq!((&target["outcome"], &target["errno"]), (&outcome.into(), &errno), "{report:#}");
        let why = target["explanation"].as_str().expect("a sentence");
        assert!(why.contains("a security module"), "{why}");
    }
    assert_eq!(victim.received(), Some(vec![]));
}

/// AppArmor cannot be asked about a signal, only whether there is a profile.
#[test]
fn the_dry_run_reports_a_security_profile() {
    if !support::need_root() || !support::need("unshare") {
        return;
    }
    let victim = Victim::spec().spawn();
    for (label, is_confined) in
        [("daemon (enforce)", true), ("daemon (complain)", false), ("unconfined", false)]
    {
        let line = format!(
            "mount -t tmpfs none /mnt && echo '{label}' > /mnt/label && \
             mount --bind /mnt/label /proc/{pid}/attr/current && exec {} --dry-run -p {pid}",
            env!("CARGO_BIN_EXE_pkill"),
            pid = victim.pid()
        );
        let output = Run::shell(&line).through(["unshare", "--mount"]).run();
        assert_eq!(output.err(), "");
        let hint = "terminate (unless AppArmor, which confines pkill or the process, refuses it)";
        assert_eq!(output.out().contains(hint), is_confined, "{label}: {}", output.out());
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

/// The successor has the same properties as the victim, except its start time.
#[test]
fn a_pid_that_is_reused_during_the_wait() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        for (at, handles) in HANDLES.into_iter().enumerate() {
            let name = Victim::spec().tag();
            let part = || [SIGWINCH, SIGUSR1].into_iter().fold(Victim::named(&name), Spec::catch);
            let pid = 20_000 + 100 * at as u32;
            let predecessor = with_pid(pid, part());
            let mut other = part().spawn();
            until_older_than_now(pid);
            let args = ["-WINCH", "--escalate", "1:USR1", "--json", &name];
            let waiting = with(handles, Run::ours("pkill").args(args)).start();
            until_caught(&mut other, &[SIGWINCH]);
            until_it_waits(waiting.pid());
            drop(predecessor);
            let mut successor = with_pid(pid, part());
            assert_eq!(other.received(), Some(vec![]), "the PID was reused too late");
            until_caught(&mut other, &[SIGUSR1]);
            other.finish();
            let output = waiting.wait();
            assert_eq!((output.err(), output.status), (String::new(), 0), "it waits for the successor");
            assert_eq!(successor.received(), Some(vec![]), "{handles:?}");
            let report = document(&output);
            let signals = [&successor, &other].map(|one| &target(&report, one)["end"]["signal"]);
            assert_eq!(signals, ["WINCH", "USR1"]);
        }
    });
}

/// A wait only sleeps: the timeout of epoll_wait(2) uses CLOCK_MONOTONIC, so changes of the
/// time of day do not matter. No call sets a timer.
#[test]
fn the_time_of_day_does_not_matter() {
    let victim = Victim::spec().spawn();
    let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
    command.args(["-0", "--timeout", "0.3", "--escalate", "0.1:0", "-P", &own_pid(), victim.name()]);
    let mut traced = tracer::Traced::start(command);
    let mut waits = 0;
    let status = loop {
        match traced.next() {
            Stop::Entry(call) => match call.number {
                libc::SYS_epoll_wait | libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2 => waits += 1,
                libc::SYS_timerfd_create
                | libc::SYS_timer_create
                | libc::SYS_setitimer
                | libc::SYS_nanosleep
                | libc::SYS_clock_nanosleep
                | libc::SYS_gettimeofday => panic!("another way to wait: {call:?}"),
                _ => {}
            },
            Stop::Exit(..) => {}
            Stop::Ended(status) => break status,
        }
    };
    assert_eq!(status, 5);
    assert!((2..10).contains(&waits), "{waits} waits, for two events");
    for source in [include_str!("../../src/deliver/waiter.rs"), include_str!("../../src/deliver/schedule.rs")]
    {
        assert!(!source.contains("SystemTime") && !source.contains("Realtime"));
    }
}

#[test]
fn a_chain_of_signals() {
    let mut victims = [
        Victim::spec().spawn(),
        Victim::spec().ignore(SIGQUIT).spawn(),
        Victim::spec().catch(SIGQUIT).catch(SIGTERM).catch(SIGUSR1).spawn(),
    ];
    let args = "-QUIT --escalate 1:TERM,1s:USR1 --json";
    let waiting = run("pkill", args, &victims.each_ref()).start();
    // On a busy machine several may be pending, delivered in any order. The signals that killed the others prove it.
    until_caught(&mut victims[2], &[SIGUSR1, SIGQUIT, SIGTERM]);
    victims[2].finish();
    let output = waiting.wait();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    let report = document(&output);
    let mut least = 0.0;
    for (victim, signal) in victims.iter().zip(["QUIT", "TERM", "USR1"]) {
        let end = &target(&report, victim)["end"];
        assert_eq!(end["signal"], signal);
        let after = end["after"].as_f64().expect("seconds");
        assert!(after >= least, "{signal} after {after} s");
        least += 1.0;
    }
    assert_eq!(victims[0].killed_by(), Some(SIGQUIT));
    assert_eq!(victims[1].killed_by(), Some(SIGTERM));

    let mut ignoring = Victim::spec().ignore(SIGQUIT).ignore(SIGTERM).spawn();
    let output = run("pkill", "--verbose -QUIT --escalate 0.05:TERM,0.05:KILL", &[&ignoring]).run();
    assert!(output.status == 0 && output.out().contains("s after KILL"), "{output:?}");
    assert_eq!(ignoring.killed_by(), Some(SIGKILL));

    // The overall limit comes first.
    let mut ignoring = Victim::spec().ignore(SIGTERM).spawn();
    assert_eq!(run("pkill", "--timeout 0.05 --kill-after 60", &[&ignoring]).run().status, 5);
    assert_eq!(ignoring.received(), Some(vec![]));
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

/// Each exits when the next one has started. Only processes that catch the signal match, so each is ready.
#[test]
fn until_no_process_remains() {
    let name = Victim::spec().tag();
    let mut all = vec![Victim::named(&name).catch(SIGTERM).spawn()];
    let waiting = run("pkill", "--until-none --require-handler --json", &[&all[0]]).start();
    for number in 0..=5 {
        until_caught(&mut all[number], &[SIGTERM]);
        if number < 5 {
            all.push(Victim::named(&name).catch(SIGTERM).spawn());
        }
        all[number].finish();
    }
    let output = waiting.wait();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    let report = document(&output);
    assert_eq!(report["summary"]["matched"], 6);
    assert!(all.iter().all(|one| target(&report, one)["outcome"] == "exited"), "{report:#}");

    // A process that ignores the signal also gets it once.
    let ignoring = Victim::spec().ignore(SIGTERM).spawn();
    let output = run("pkill", "--until-none --timeout 0.2", &[&ignoring]).run();
    assert_eq!(output.status, 5, "{output:?}");
}

/// A scan takes time: a process that exits meanwhile may have a successor that started after the processes were listed.
#[test]
fn a_process_that_one_scan_misses_is_found_by_the_next() {
    namespace(|| {
        for reaped in [true, false] {
            let name = Victim::spec().tag();
            let spawn = || Victim::named(&name).catch(SIGTERM).spawn();
            let mut first = spawn();
            let mut successor = None;
            let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
            command.args(["--until-none", "--json", "-P", &own_pid(), "-x", &name]);
            let mut traced = tracer::Traced::start(command);
            let mut sent = 0;
            let status = loop {
                match traced.next() {
                    Stop::Exit(call, 0) if call.number == libc::SYS_pidfd_send_signal => sent += 1,
                    // /proc has been listed, and no process read yet.
                    Stop::Exit(call, 0) if call.number == libc::SYS_getdents64 => match &mut successor {
                        None if sent == 1 => {
                            successor = Some(spawn());
                            first.make_zombie();
                            if reaped {
                                first.wait();
                            }
                        }
                        Some(successor) if sent == 2 => successor.finish(),
                        _ => {}
                    },
                    Stop::Ended(status) => break status,
                    Stop::Entry(_) | Stop::Exit(..) => {}
                }
            };
            assert_eq!(status, 0);
            let report: serde_json::Value = serde_json::from_str(&traced.written().0).expect("a report");
            assert_eq!(report["summary"]["matched"], 2, "reaped: {reaped}: {report:#}");
        }
    });
}

#[test]
fn interrupted_by_a_signal() {
    for (signal, number) in [(Signal::INT, SIGINT), (Signal::TERM, SIGTERM)] {
        for args in ["--json --kill-after 60", "--json --until-none --timeout 60"] {
            let mut victim = Victim::spec().catch(SIGTERM).spawn();
            let waiting = run("pkill", args, &[&victim]).start();
            until_caught(&mut victim, &[SIGTERM]);
            until_it_waits(waiting.pid());
            send(waiting.pid(), signal);
            let output = waiting.wait();
            let still = format!("pkill: 1 process is still running: {} {}\n", victim.pid(), victim.name());
            assert_eq!((output.err(), output.status), (still, 128 + number));
            assert_eq!(target(&document(&output), &victim)["outcome"], "still_running");
            assert_eq!(victim.received(), Some(vec![]), "nothing more is sent");
        }
        let victim = Victim::spec().spawn();
        let waiting = run("pidwait", "--verbose", &[&victim]).start();
        until_it_waits(waiting.pid());
        send(waiting.pid(), signal);
        let output = waiting.wait();
        assert!(output.status == 128 + number && output.out().contains("still running"), "{output:?}");
    }
}

fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).expect("a PID"), signal).expect("kill");
}

/// `--until-none` stops the processes that it will kill: none stays stopped, whenever pkill is interrupted.
#[test]
fn no_process_is_left_stopped() {
    let name = Victim::spec().tag();
    for sent in 1..=3 {
        let mut victims = [(); 2].map(|()| Victim::named(&name).spawn());
        let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
        command.args(["-KILL", "--until-none", "--json", "-P", &own_pid(), &name]);
        let mut traced = tracer::Traced::start(command);
        let (signals, status) = traced.interrupted_after(sent);
        assert!(signals >= sent && status == 128 + SIGINT, "{sent} of {signals} signals, status {status}");
        let (out, err) = traced.written();
        assert!(out.contains("\"exit_status\": 130"), "{sent}: {out}{err}");
        for victim in &mut victims {
            eventually("not stopped", || victim.state() != "T");
        }
    }
}

/// The run may also end with an error.
#[test]
fn no_process_is_left_stopped_by_an_error() {
    let mut victim = Victim::spec().spawn();
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = run("pkill", "-KILL --until-none --echo", &[&victim]).stdout(full).run();
    assert!(output.status == 3 && output.err().starts_with("pkill: write error: "), "{output:?}");
    assert_eq!(victim.killed_by(), Some(SIGKILL));
}

/// As by nohup(1), or for a shell's background job.
#[test]
fn what_was_ignored_before_is_ignored() {
    let victim = Victim::spec().spawn();
    let ignoring = ["sh", "-c", r#"trap "" INT; exec "$@""#, "sh"];
    let waiting = run("pidwait", "", &[&victim]).through(ignoring).start();
    eventually("it waits", || blocked(waiting.pid()) == bit(SIGTERM));
    send(waiting.pid(), Signal::INT);
    send(waiting.pid(), Signal::TERM);
    assert_eq!(waiting.wait().status, 128 + SIGTERM);
}

/// Runs it with standard error on a terminal: what is written there, and the result.
fn on_terminal(run: Run) -> (String, Output) {
    let (master, stderr) = tracer::terminal();
    let running = run
        .prepare(move |command| {
            command.stderr(stderr);
        })
        .start();
    let reader = std::thread::spawn(move || {
        let mut text = vec![];
        let _ = File::from(master).read_to_end(&mut text); // EIO when it is closed on the other side
        String::from_utf8(text).expect("UTF-8")
    });
    let output = running.wait();
    (reader.join().expect("text"), output)
}

#[test]
fn progress_is_shown_unless_it_is_unwanted() {
    let victim = Victim::spec().ignore(SIGTERM).spawn();
    let named = &*format!(" s: {} {}", victim.pid(), victim.name());
    let cases = [
        ("pkill", "--timeout 1.2 --escalate 60:KILL", &[("TERM", "xterm")][..], ", KILL in 5"),
        ("pidwait", "--timeout 1.2", &[("TERM", "xterm"), ("NO_COLOR", "1")], named),
        ("pidwait", "--timeout 0.1", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7 --quiet", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7 --no-progress", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7", &[("TERM", "dumb")], ""),
        ("pidwait", "--timeout 0.7", &[], ""),
    ];
    let still =
        |program| format!("{program}: 1 process is still running: {} {}\r\n", victim.pid(), victim.name());
    for (program, args, env, progress) in cases {
        let run = env.iter().fold(run(program, args, &[&victim]), |run, (name, value)| run.env(name, value));
        let start = Instant::now();
        let (text, output) = on_terminal(run);
        let was_short = start.elapsed() < Duration::from_millis(500);
        assert_eq!((output.out(), output.status), (String::new(), 5), "{args}");
        if args == "--timeout 0.1" && !was_short {
            continue; // the line is for waits that take longer than expected
        }
        if progress.is_empty() {
            assert_eq!(text, still(program), "{args} {env:?}");
        } else {
            assert!(text.contains(progress), "{args} {env:?}: {text:?}");
            assert!(text.ends_with(&format!("\r\x1b[K{}", still(program))), "it stays: {text:?}");
        }
    }
    let output = run("pidwait", "--timeout 0.7", &[&victim]).env("TERM", "xterm").run();
    assert!(!output.err().contains("1 of 1"), "no terminal: {output:?}");
}

/// A refusal does not change the status if another process was signalled; a process that is still running does.
#[test]
fn refusals_and_timeouts_in_the_exit_status() {
    if !need_root() {
        return;
    }
    const UID: u32 = 54_321;
    let part = || Victim::spec().owned_by(UID);
    let others = Victim::spec().spawn();
    let refused = format!("pkill: killing pid {} failed: Operation not permitted\n", others.pid());
    for (own, args, status) in [
        (part(), "--wait", 0),
        (part(), "--wait --strict", 4),
        (part().ignore(SIGTERM), "--timeout 0.05", 5),
        (part().ignore(SIGTERM), "--timeout 0.05 --strict", 5),
    ] {
        let own = own.spawn();
        let output = run("pkill", args, &[&own, &others]).user(UID, UID).run();
        let still = format!("pkill: 1 process is still running: {} {}\n", own.pid(), own.name());
        ends(&output, status, "", &(refused.clone() + if status == 5 { &still } else { "" }));
    }
    ends(&run("pkill", "--wait", &[&others]).user(UID, UID).run(), 1, "", &refused);
    // Without matches there is nothing to wait for.
    for (args, status) in
        [("--wait", 1), ("--wait --allow-none", 0), ("--until-none", 1), ("--timeout 60", 1)]
    {
        let output = Run::ours("pkill").args(args.split(' ')).args(["-x", &Victim::spec().tag()]).run();
        ends(&output, status, "", "");
    }
}

/// A process that pkill may not signal is reported, and not waited for.
#[test]
fn until_none_ends_without_what_may_not_be_signalled() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().spawn();
    let output = run("pkill", "--until-none --timeout 100", &[&victim]).user(NOBODY, NOBODY).run();
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.err().contains("not permitted"), "{output:?}");
}

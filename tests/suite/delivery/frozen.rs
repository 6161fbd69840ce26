//! No process is left stopped when pkill is signalled or fails. KILL and STOP to pkill are the exceptions.

use std::ffi::CStr;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::crowd::Crowd;
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{
    Dir, Output, Run, Victim, document, eventually, namespace, need, own_pid, stat_field_of,
};

use super::pkill;

const NAME: &CStr = c"freezable";

/// A pending signal with the default action terminates the process or, if ignored, does not matter.
const SENT_TO_PKILL: [i32; 9] = [
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGALRM,
    libc::SIGUSR1,
    libc::SIGXCPU,
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGTSTP,
    libc::SIGVTALRM,
];

fn state(pid: &u32) -> Option<String> {
    stat_field_of(&pid.to_string(), 3)
}

fn is_dead(pid: &&u32) -> bool {
    state(pid).is_none_or(|state| state == "Z" || state == "X")
}

/// Waits until none of them is stopped, and `is_right` accepts the number of those that exited. The others are killed.
#[track_caller]
fn end(crowd: &Crowd, what: &str, is_right: impl Fn(usize) -> bool) {
    // A signal takes effect a moment after it was sent.
    eventually(&format!("none is left stopped: {what}"), || {
        crowd.pids.iter().all(|pid| state(pid).as_deref() != Some("T"))
    });
    eventually(&format!("as many have died as were signalled: {what}"), || {
        is_right(crowd.pids.iter().filter(is_dead).count())
    });
    crowd.send(libc::SIGKILL);
    crowd.reap();
}

/// Runs pkill under ptrace. `at` is called before each of its system calls from the first STOP that it sends on.
/// Returns how many there were up to the last signal that it sent, and its exit status.
fn trace(args: &str, mut at: impl FnMut(usize, Pid)) -> (usize, i32) {
    let mut command = tracer::ours("pkill");
    command.args(args.split(' '));
    let mut program = Traced::start(command);
    let pid = Pid::from_raw(program.pid() as i32);
    let (mut calls, mut last) = (None, 0);
    loop {
        match program.next() {
            Stop::Entry(call) => {
                let sends = call.number == libc::SYS_pidfd_send_signal && call.args[1] != 0;
                if sends && calls.is_none() {
                    assert_eq!(call.args[1] as i32, libc::SIGSTOP, "{args}");
                    calls = Some(0);
                }
                if let Some(calls) = &mut calls {
                    at(*calls, pid);
                    *calls += 1;
                    last = if sends { *calls } else { last };
                }
            }
            Stop::Exit(..) => {}
            Stop::Ended(status) => return (last, status),
        }
    }
}

#[test]
fn a_signal_to_pkill_at_each_call() {
    namespace(|| {
        for args in ["-USR1 --freeze -x freezable", "-KILL --until-none --timeout 100 -x freezable"] {
            let crowd = Crowd::spawn(NAME, 3);
            let (calls, status) = trace(args, |_, _| {});
            assert_eq!(status, 0, "{args}");
            end(&crowd, args, |dead| dead == 3);
            for call in 0..calls {
                // HUP, which a terminal sends when it closes, at each call; and the others at some.
                for number in [libc::SIGHUP, SENT_TO_PKILL[call % SENT_TO_PKILL.len()]] {
                    let crowd = Crowd::spawn(NAME, 3);
                    let (_, status) = trace(args, |now, pid| {
                        if now == call {
                            kill(pid, Signal::try_from(number).expect("a signal")).expect("kill");
                        }
                    });
                    let what = format!("{args}: {number} at {call} of {calls}: status {status}");
                    end(&crowd, &what, |dead| dead == 3);
                    let delayed = number == libc::SIGTSTP;
                    assert!(status == 0 || !delayed && status == 128 + number, "{what}");
                }
            }
        }
    });
}

/// pkill cannot continue without memory, but it can send CONT.
#[test]
fn out_of_memory() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let crowd = Crowd::spawn(NAME, 800);
        let run = |kib: u64, args: &str| {
            let limit = format!("--as={}", kib * 1024);
            pkill(args).through(["prlimit", &limit]).env("MALLOC_ARENA_MAX", "1").run()
        };
        // The smallest limit that is enough, for CONT, which a running process ignores.
        let args = "-CONT --freeze -x freezable";
        let is_enough = |kib: u64| run(kib, args).status == 0;
        let (mut low, mut high) = (0, 1 << 20);
        while high - low > 64 {
            let middle = (low + high) / 2;
            (low, high) = if is_enough(middle) { (low, middle) } else { (middle, high) };
        }
        let mut failures = 0;
        for step in 1..=24 {
            let Output { status, stderr, .. } = run(high - step * 40, args);
            failures += usize::from(stderr.starts_with(b"out of memory"));
            let what =
                format!("{} KiB of {high}: {status} {}", high - step * 40, String::from_utf8_lossy(&stderr));
            let is_stopped = |pid: &&u32| state(pid).as_deref() == Some("T");
            eventually(&what, || crowd.pids.iter().filter(is_stopped).count() == 0);
        }
        assert!(failures > 6, "memory ran out {failures} times only, below {high} KiB");
        crowd.send(libc::SIGKILL);
        crowd.reap();
    });
}

#[test]
fn out_of_descriptors() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        for args in [
            "-TERM --freeze -x freezable",
            "-TERM --freeze --wait --timeout 100 -x freezable",
            "-TERM --tree --freeze -x freezable",
            "-KILL --until-none --timeout 100 -x freezable",
        ] {
            for limit in 4..=16 {
                let crowd = Crowd::spawn(NAME, 20);
                let run = pkill(args).through(["prlimit", &format!("--nofile={limit}:{limit}")]);
                let output = run.run();
                let what = format!("{args} with {limit} descriptors: {} {}", output.status, output.err());
                println!("{what}");
                assert!(matches!((output.status, output.err().is_empty()), (0, true) | (3, false)), "{what}");
                end(&crowd, &what, |dead| dead == 20 || output.status == 3 && dead == 0);
                assert!(output.status == 0 || limit < 12, "the limit is enough: {what}");
            }
        }
    });
}

/// Runs pkill with calls that fail as strace(1) injects it. Returns whether any did.
fn inject(run: Run, calls: &str, fault: &str, dir: &Dir) -> (Output, bool) {
    let trace = dir.path().join("trace");
    let (traced, injected) = (format!("trace={calls}"), format!("inject={calls}:{fault}"));
    let strace =
        ["strace", "-f", "-qq", "-e", &traced, "-e", &injected, "-o", trace.to_str().expect("UTF-8")];
    let output = run.through(strace).run();
    let injected = std::fs::read_to_string(trace).is_ok_and(|trace| trace.contains("(INJECTED)"));
    (output, injected)
}

/// Each call fails once, at each place. If that ends the run, all stopped processes have got the signal.
#[test]
fn an_error_at_each_call() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        for (calls, errno) in [
            ("openat", "EMFILE"),
            ("read", "EIO"),
            ("getdents64", "EIO"),
            ("pidfd_open", "EMFILE"),
            ("poll,ppoll", "ENOMEM"),
            ("epoll_wait,epoll_pwait,epoll_pwait2", "EINVAL"),
            ("epoll_ctl", "ENOSPC"),
            ("signalfd4", "EMFILE"),
            ("rt_sigprocmask", "EINVAL"),
        ] {
            for when in 1.. {
                let crowd = Crowd::spawn(NAME, 2);
                let run = pkill("-USR1 --freeze --wait --timeout 100 -x freezable");
                let (output, injected) = inject(run, calls, &format!("error={errno}:when={when}"), &dir);
                let what = format!("{calls} {when}: {} {}", output.status, output.err());
                println!("{what}");
                // 127: the dynamic linker failed. Otherwise a process may be reported as failed.
                assert!([0, 1, 3, 127].contains(&output.status), "{what}");
                assert!(injected || output.status == 0, "{what}");
                end(&crowd, &what, |dead| match output.status {
                    0 if !injected => dead == 2,
                    3 => dead != 1,
                    _ => true,
                });
                if !injected {
                    break;
                }
            }
        }
    });
}

/// CONT may fail, for example if the process belongs to another user by then.
#[test]
fn what_cannot_be_continued_is_reported() {
    let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    for (args, is_stopped) in
        [("-USR1 --freeze", false), ("-USR1 --cont", true), ("-USR1 --freeze --cont", true)]
    {
        for json in [false, true] {
            if is_stopped {
                victim.stop();
            }
            let run = pkill(args).args(["-P", &own_pid(), victim.name()]);
            let run = if json { run.args(["--json"]) } else { run };
            let output = run.prepare(|command| tracer::forbid_signal(command, Signal::SIGCONT)).run();
            let reason = "could not be continued: Operation not permitted";
            let message = format!("pkill: pid {} {reason}\n", victim.pid());
            assert_eq!((output.err(), output.status), (message, 1), "{args}");
            if json {
                let target = &document(&output)["targets"][0];
                assert_eq!(target["outcome"], "signalled", "{args}: {target}");
                assert_eq!(target["explanation"], reason, "{args}: {target}");
            }
            victim.wait_stopped();
            victim.send(rustix::process::Signal::CONT);
            victim.wait_continued();
            assert_eq!(victim.received().expect("it lives").len(), 1, "{args}");
        }
    }
}

/// The timeout expires while they are collected. Then they are killed, and are reported as exiting, not as running.
#[test]
fn what_was_killed_last_is_exiting() {
    namespace(|| {
        for args in ["-KILL --freeze --timeout 0.01 --json", "-KILL --timeout 0 --json"] {
            let crowd = Crowd::spawn(NAME, 300);
            let output = pkill(&format!("{args} -x freezable")).run();
            let report = document(&output);
            let targets = report["targets"].as_array().expect("targets");
            assert_eq!(targets.len(), 300, "{args}");
            let mut remaining = 0;
            for target in targets {
                let end = &target["end"];
                match target["outcome"].as_str() {
                    Some("exited") => {
                        assert!(end["signal"] == "KILL" && end["after_signal"].is_f64(), "{target}")
                    }
                    _ => {
                        remaining += 1;
                        let why = target["explanation"].as_str().expect("a sentence");
                        assert!(
                            end["exiting"] == true && why.ends_with(" s after KILL, exiting"),
                            "{target}"
                        );
                    }
                }
            }
            assert_eq!(output.status, if remaining == 0 { 0 } else { 5 }, "{args}: {}", output.err());
            assert_eq!(output.err().is_empty(), remaining == 0, "{args}: {}", output.err());
            crowd.reap();
        }
    });
}

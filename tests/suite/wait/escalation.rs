//! `--escalate` and `--kill-after`: one signal after another, to the process that got the first one.

use libc::{SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH};

use super::{HANDLES, run, target, until_caught, until_it_waits, with};
use crate::support::clock::until_older_than_now;
use crate::support::pids::{LAST_PID, with_pid};
use crate::support::tracer::{self, Stop};
use crate::support::{Run, Spec, Victim, document, namespace, need_file, own_pid};

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
    let mut command = tracer::ours("pkill");
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
    for source in
        [include_str!("../../../src/deliver/waiter.rs"), include_str!("../../../src/deliver/schedule.rs")]
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

//! A signal to the program ends the wait.

use libc::{SIGINT, SIGTERM};
use rustix::process::{Pid, Signal, kill_process};

use super::{bit, blocked, run, target, until_caught, until_it_waits};
use crate::support::{Victim, document, eventually};

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

//! `--until-none`: scans and signals again until no process matches.

use std::fs::File;

use libc::{SIGINT, SIGKILL, SIGTERM};

use super::{run, target, until_caught};
use crate::support::tracer::{self, Stop};
use crate::support::{NOBODY, Victim, document, eventually, namespace, need_root, own_pid};

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
            let mut command = tracer::ours("pkill");
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

/// `--until-none` stops the processes that it will kill: none stays stopped, whenever pkill is interrupted.
#[test]
fn no_process_is_left_stopped() {
    let name = Victim::spec().tag();
    for sent in 1..=3 {
        let mut victims = [(); 2].map(|()| Victim::named(&name).spawn());
        let mut command = tracer::ours("pkill");
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

//! `--freeze`: no process escapes by forking between the scan and the signal, and none is left stopped.

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::family::{self, Family, pid, pids};
use crate::support::{self, tracer};
use crate::support::{Dir, Run, Victim, document, eventually, namespace, own_pid, stat_field};

fn pkill(args: &str) -> Run {
    Run::ours("pkill").args(args.split(' '))
}

/// A process that starts children in a tight loop, and processes that start a successor and exit.
#[test]
fn no_process_escapes_by_forking() {
    namespace(|| {
        let dir = Dir::new();
        let child = dir.copy("/usr/bin/sleep".as_ref(), "spawned").display().to_string();
        // Bounded, so that the machine survives a defect: at most 400 processes at a time, and 1,000 steps in all.
        let spawner = format!(
            "#!/bin/bash\nulimit -u 400\nfor i in {{1..300}}; do {child} 1000 & done 2>/dev/null\nwait\n"
        );
        let spawner = dir.script("spawner", &spawner);
        // Each runs for some milliseconds: one that exits before a scan is over is caught only by chance.
        let hopper = "#!/bin/bash\nsleep 0.01\n[ $1 -gt 1000 ] || \"$0\" $(($1 + 1)) &\n";
        let hopper = dir.script("hopper", hopper);
        for round in 0..8 {
            let mut spawning = Command::new(&spawner).stdin(Stdio::null()).spawn().expect("start a script");
            eventually("it spawns", || pids("spawned").len() > 3 + round * 5);
            let output = pkill("-KILL --tree --freeze --timeout 100 -x spawner").run();
            assert_eq!((output.out(), output.err(), output.status), Default::default(), "round {round}");
            assert!(pids("spawned").is_empty(), "round {round}");
            spawning.wait().expect("wait");

            let mut hopping = Command::new(&hopper).arg("0").spawn().expect("start a script");
            eventually("it hops", || pids("hopper").first().is_some_and(|pid| *pid != hopping.id()));
            hopping.wait().expect("wait");
            let output = pkill("-KILL --tree --freeze --allow-none --timeout 100 -x hopper").run();
            assert_eq!((output.out(), output.err(), output.status), Default::default(), "round {round}");
            assert!(pids("hopper").is_empty(), "round {round}");
            family::reap_orphans();
        }
    });
}

#[test]
fn each_acts_on_the_signal_and_goes_on() {
    let part = || Victim::spec().catch(libc::SIGUSR1);
    let mut victim = part().spawn();
    let mut stopped = Victim::named(victim.name()).catch(libc::SIGUSR1).spawn();
    stopped.stop();
    let ours = own_pid();
    let run = |args: &str| pkill(args).args(["-P", &ours, victim.name()]);
    let output = run("-USR1 --freeze").run();
    assert_eq!((output.out(), output.err(), output.status), Default::default());
    assert_eq!(stopped.state(), "T", "a process that was stopped before stays stopped");
    let effects = run("-USR1 --freeze --dry-run").run().rows().into_iter().map(|row| row[3].clone());
    assert_eq!(
        effects.collect::<Vec<_>>(),
        ["its handler runs", "stays pending until the process is continued"]
    );
    let echo = run("-USR1 --freeze --cont --echo").run();
    assert_eq!(echo.out().matches(" killed (pid ").count(), 2, "{echo:?}");
    stopped.wait_continued();
    let queued = run("-USR1 --freeze -q 7 --json").run();
    assert_eq!(document(&queued)["summary"]["signalled"], 2);
    let signals = |victim: &mut Victim| victim.received().expect("it lives").len();
    assert_eq!((signals(&mut victim) >= 3, signals(&mut stopped) >= 2), (true, true));
}

#[test]
fn stop_stays_and_what_makes_no_sense_is_refused() {
    let mut victim = Victim::spec().spawn();
    assert_eq!(pkill("-STOP --freeze -x").args([victim.name()]).run().status, 0);
    victim.wait_stopped();
    assert_eq!(pkill("-CONT --freeze -x").args([victim.name()]).run().status, 0);
    victim.wait_continued();
    for (args, says) in [
        ("-0 --freeze", "--freeze cannot be used with 0"),
        ("-TSTP --freeze", "--freeze cannot be used with TSTP"),
        ("--freeze -I", "--freeze"),
    ] {
        let output = pkill(args).args([victim.name()]).run();
        assert!(output.status == 2 && output.err().contains(says), "{args}: {output:?}");
    }
    for program in ["pgrep", "pidwait"] {
        let output = Run::ours(program).args(["--freeze", victim.name()]).run();
        assert!(output.status == 2 && output.err().contains("is an option of pkill only"), "{output:?}");
    }
    assert_eq!(victim.received(), Some(vec![]));
}

/// Whenever pkill is interrupted, a frozen process gets its signal and is continued.
#[test]
fn no_process_is_left_frozen() {
    for sent in 1..=6 {
        let name = Victim::spec().tag();
        let mut victims = [(); 2].map(|()| Victim::named(&name).catch(libc::SIGUSR1).spawn());
        let mut command = tracer::ours("pkill");
        command.args(["-USR1", "--freeze", "--json", "-P", &own_pid(), &name]);
        let mut traced = tracer::Traced::start(command);
        let (signals, status) = traced.interrupted_after(sent);
        // Two are stopped, signalled and continued. After the last scan, an interrupt comes too late to matter.
        // Under load, a process may be stopped once more, because it takes long to act on the first STOP.
        let expected = if sent <= 2 { 130 } else { 0 };
        assert!(
            signals >= 6 && (signals > 6 || status == expected),
            "INT after {sent} of {signals} signals, of 6 at least: status {status}"
        );
        let report: Value = serde_json::from_str(&traced.written().0).expect("a document");
        assert_eq!(report["summary"]["signalled"], 2, "{sent}: {report}");
        for victim in &mut victims {
            eventually("not stopped", || victim.state() != "T");
            assert_eq!(victim.received().expect("it lives").len(), 1, "{sent}");
        }
    }
}

/// The run may also end with an error, or the timeout expire.
#[test]
fn no_process_is_left_frozen_by_an_error() {
    let mut victims = [(); 2].map(|()| Victim::spec().spawn());
    let both = victims.each_ref().map(Victim::name).join("|");
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = pkill("--freeze --echo --wait -x").args([&both]).stdout(full).run();
    assert!(output.status == 3 && output.err().starts_with("pkill: write error: "), "{output:?}");
    for victim in &mut victims {
        assert_eq!(victim.killed_by(), Some(libc::SIGTERM));
    }
}

/// A process that may not be stopped may not be signalled either.
#[test]
fn a_process_that_may_not_be_frozen_is_refused() {
    if !support::need_root() {
        return;
    }
    const UID: u32 = 54_321;
    let mut own = Victim::spec().owned_by(UID).spawn();
    let other = Victim::spec().spawn();
    let both = format!("{}|{}", own.name(), other.name());
    let output = pkill("--freeze --wait --json -x").args([&both]).user(UID, UID).run();
    let report: Value = serde_json::from_str(&output.out()).expect("a document");
    let summary = &report["summary"];
    assert_eq!(
        (&summary["refused"], &summary["exited"], output.status),
        (&1.into(), &1.into(), 0),
        "{report}"
    );
    let message = format!("pkill: killing pid {} failed: Operation not permitted (", other.pid());
    assert!(output.err().starts_with(&message), "{output:?}");
    assert_eq!(own.killed_by(), Some(libc::SIGTERM));
    assert_ne!(other.state(), "T");
}

/// The init of a PID namespace cannot be stopped, so it is signalled without being stopped.
#[test]
fn a_process_that_cannot_be_stopped_causes_no_long_delay() {
    namespace(|| {
        let mut family = Family::start(&["top leaf"]);
        let output = pkill("-CONT --tree --freeze --json -p 1").run();
        assert_eq!(document(&output)["summary"]["signalled"], 3, "{output:?}");
        assert_ne!(stat_field(pid("leaf"), 3), "T");
        let output = pkill("--tree --freeze --kill-after 20 --until-none --json -x top").run();
        assert_eq!(document(&output)["summary"]["exited"], 2, "{output:?}");
        family.wait();
    });
}

/// More than `--max` may appear when others are already stopped.
#[test]
fn too_many() {
    let mut victims = [(); 2].map(|()| Victim::spec().spawn());
    let both = victims.each_ref().map(Victim::name).join("|");
    let output = pkill("--freeze --max 1 -x").args([&both]).run();
    assert!(output.status == 4 && output.err().contains("more than --max 1"), "{output:?}");
    for victim in &mut victims {
        assert_eq!(victim.received(), Some(vec![]));
    }
}

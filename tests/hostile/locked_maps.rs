//! Processes with memory maps that stay locked: a thread reads a page that never arrives, another one waits to change
//! the map. Then each read of their arguments or environment blocks (`mmap_read_lock_killable`, mm/memory.c).

use std::time::Instant;

use crate::support::{DEADLINE, Victim, document, eventually, namespace, stat_field_of};

use super::{DeadMount, bystander, has_fuse, ours};

fn locked(count: usize) -> DeadMount {
    let mount = DeadMount::new(&["lock", &count.to_string()], count);
    eventually("the maps are locked", || mount.pids.iter().all(has_waiting_thread));
    mount
}

/// Whether a thread waits for a lock of a memory map (state D: `mmap_read_lock_killable`, `mmap_write_lock_killable`).
fn has_waiting_thread(pid: &u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("threads").flatten();
    let state = |id: String| stat_field_of(&format!("{pid}/task/{id}"), 3);
    threads.filter_map(|thread| state(thread.file_name().into_string().ok()?)).any(|state| state == "D")
}

fn was_signalled(victim: &mut Victim) -> usize {
    victim.received().expect("it lives").len()
}

#[test]
fn what_does_not_read_the_map_is_not_affected() {
    namespace(|| {
        if !has_fuse() {
            return;
        }
        let mount = locked(1);
        let mut victim = bystander();
        for args in
            ["-x bystander", "-u 0 bystander", "-P 1 bystander", "--exe / -x bystander", "-r S -x bystander"]
        {
            let output = ours("pgrep", args).run();
            assert!(output.err().is_empty(), "{args}: {output:?}");
        }
        let output = ours("pkill", "-USR1 -x bystander").run();
        assert_eq!((output.err(), output.status, was_signalled(&mut victim)), (String::new(), 0, 1));
        drop(mount);
    });
}

#[test]
fn a_locked_map_does_not_hang_a_scan() {
    namespace(|| {
        if !has_fuse() {
            return;
        }
        let mount = locked(1);
        let stuck = mount.pids[0].to_string();
        let mut victim = bystander();
        for args in
            ["-f wanted-argument", "--env WANTED=yes", "--json -f wanted-argument", "-af wanted-argument"]
        {
            let output = ours("pgrep", args).run();
            assert!(output.out().contains(&victim.pid().to_string()), "{args}: {output:?}");
            assert_eq!(output.status, 0, "{args}: {output:?}");
            assert!(output.err().contains(&stuck), "a note names it: {args}: {output:?}");
        }
        let soon = ["--read-timeout", "0.1"];
        // It matches itself.
        for (program, args) in [
            ("pgrep", "-a stuck"),
            ("pgrep", "--json stuck"),
            ("pkill", "-USR2 --dry-run stuck"),
            ("pgrep", "--script nosuch"),
            ("pgrep", "--complete script"),
            ("pgrep", "--complete env"),
            ("pgrep", "--complete pattern"),
            ("pgrep", "-f --complete pattern"),
        ] {
            let output = ours(program, args).args(soon).run();
            assert!(output.status <= 2, "{args}: {output:?}");
        }
        let output = ours("pgrep", &format!("--json -p {stuck}")).args(soon).run();
        assert_eq!(document(&output)["targets"][0]["arguments"], serde_json::Value::Null, "{output:?}");
        for (args, times) in [("-USR1 -f wanted-argument", 1), ("-USR1 --verbose -f wanted-argument", 1)] {
            let output = ours("pkill", args).args(soon).run();
            assert_eq!((output.status, was_signalled(&mut victim)), (0, times), "{args}: {output:?}");
        }
    });
}

/// Deadlines and signals to pkill take effect during its later scans too, and no process is left stopped.
#[test]
fn a_locked_map_does_not_hang_what_repeats_the_scan() {
    namespace(|| {
        if !has_fuse() {
            return;
        }
        let mut victim = bystander();
        let mount = locked(1);
        for (args, status) in [
            ("-USR1 --read-timeout 0.1 --freeze --timeout 2 -f wanted-argument", 5),
            ("-USR1 --until-none --timeout 2 -f wanted-argument", 5),
            ("-USR1 --read-timeout 0.1 --tree --freeze -f wanted-argument", 0),
        ] {
            let output = ours("pkill", args).run();
            assert_eq!(output.status, status, "{args}: {output:?}");
            assert_ne!(victim.state(), "T", "{args}: {output:?}");
            assert!(was_signalled(&mut victim) > 0, "{args}: {output:?}");
        }
        let output = ours("pkill", "-KILL --until-none --timeout 5 --json -f wanted-argument").run();
        assert_eq!(document(&output)["summary"]["exited"], 1, "{output:?}");
        assert_eq!(victim.killed_by(), Some(libc::SIGKILL));
        drop(mount);
    });
}

/// `--read-timeout 0` never gives up; a signal still terminates the program.
#[test]
fn int_and_term_end_a_scan_that_hangs() {
    use rustix::process::{Pid, Signal, kill_process};
    namespace(|| {
        if !has_fuse() {
            return;
        }
        let mut victim = bystander();
        let mount = locked(1);
        for args in ["-f", "--freeze -f", "--until-none -f"] {
            for (signal, number) in [(Signal::INT, libc::SIGINT), (Signal::TERM, libc::SIGTERM)] {
                let line = format!("-USR1 --read-timeout 0 {args} wanted-argument");
                let run = ours("pkill", &line).start();
                let reader = run.pid();
                eventually("it reads what is locked", || has_waiting_thread(&reader));
                let pid = Pid::from_raw(run.pid() as i32).expect("a PID");
                kill_process(pid, signal).expect("a signal");
                let output = run.wait();
                assert_eq!(output.status, 128 + number, "{line}: {output:?}");
                assert_ne!(victim.state(), "T", "{line}: {output:?}");
            }
        }
        victim.received();
        drop(mount);
    });
}

/// The reads time out in parallel, not one after the other.
#[test]
fn a_hundred_locked_maps() {
    namespace(|| {
        if !has_fuse() {
            return;
        }
        let mount = locked(100);
        let mut victim = bystander();
        let start = Instant::now();
        let output = ours("pkill", "-USR1 -f wanted-argument").run();
        assert_eq!((output.status, was_signalled(&mut victim)), (0, 1), "{output:?}");
        assert!(start.elapsed() < DEADLINE, "{output:?}");
        drop(mount);
    });
}

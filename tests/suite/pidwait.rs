//! pidwait: it exits when all processes that it matched have exited.

use crate::support::{self, Run, Scene, Victim, case, check, eventually, programs, stat_field};

/// True if the process has that many pidfds open.
fn handles(pid: u32, count: usize) -> bool {
    let Ok(dir) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let links = dir.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.filter(|link| link.to_string_lossy().contains("pidfd")).count() == count
}

#[test]
fn it_waits_for_all_of_them() {
    for program in programs() {
        let mut victims = [Victim::spec().spawn(), Victim::spec().spawn()];
        let pattern = format!("{}|{}", victims[0].name(), victims[1].name());
        let waiter = Run::of(program, "pidwait").args(["-e", &pattern]).start();
        eventually("two handles", || handles(waiter.pid(), 2));
        victims[0].make_zombie(); // reaped here, the reference would count it twice
        assert!(!waiter.has_ended(), "{program:?}: one still lives");
        victims[1].finish();
        let output = waiter.wait();
        let mut lines: Vec<String> =
            victims.iter().map(|one| format!("waiting for {} (pid {})\n", one.name(), one.pid())).collect();
        lines.sort();
        assert_eq!((output.out(), output.err(), output.status), (lines.concat(), String::new(), 0));
        victims[1].wait();
    }
}

/// A pidfd reports the exit and, since Linux 6.15, the reaping too. The reference counts both, and exits
/// when half of the processes have exited.
#[test]
fn a_process_that_is_reaped_counts_once() {
    let mut victims = [Victim::spec().spawn(), Victim::spec().spawn()];
    let pattern = format!("{}|{}", victims[0].name(), victims[1].name());
    let waiter = Run::ours("pidwait").args([&pattern]).start();
    eventually("two handles", || handles(waiter.pid(), 2));
    victims[0].finish();
    victims[0].wait();
    // It has handled the event when it sleeps again, or has closed that pidfd.
    eventually("asleep", || stat_field(waiter.pid(), 3) == "S");
    assert!(!waiter.has_ended(), "one still lives");
    victims[1].finish();
    assert_eq!(waiter.wait().status, 0);
}

/// The wait ends at the exit, before the parent reaps the process.
#[test]
fn it_does_not_wait_for_the_reaping() {
    for program in programs() {
        let mut victim = Victim::spec().spawn();
        let waiter = Run::of(program, "pidwait").args([victim.name()]).start();
        eventually("a handle", || handles(waiter.pid(), 1));
        victim.make_zombie();
        let output = waiter.wait();
        assert_eq!(
            (output.out(), output.err(), output.status),
            (String::new(), String::new(), 0),
            "{program:?}"
        );
    }
}

#[test]
fn without_a_running_match_there_is_no_wait() {
    check(
        |scene: &mut Scene| {
            scene.add("z", |part| part).make_zombie();
        },
        &[
            case("pidwait {tag}x").nothing(),
            case("pidwait -e {tag}x").nothing(),
            case("pidwait --count {tag}x").prints("0\n").status(1),
            // A zombie has exited.
            case("pidwait {z}"),
            case("pidwait -ce {z}").prints_with("waiting for {z} (pid {z.pid})\n"),
            case("pidwait -c {z}").prints("1\n"),
            case("pidwait --signal HUP {tag}x").nothing(),
        ],
    );
}

/// The reference documents `--inverse` in all three.
#[test]
fn inverse_is_accepted() {
    support::namespace(|| {
        check(
            |scene| {
                scene.add("z", |part| part).make_zombie();
            },
            &[case("pidwait --inverse -A {tag}").nothing(), case("pidwait --inverse -A -r RSTDI")],
        );
    });
}

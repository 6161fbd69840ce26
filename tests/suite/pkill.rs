//! How pkill sends: `-q -m`, its messages where it cannot, and its exit status.

use crate::support::kernel::need_memory_release;
use crate::support::{Run, Scene, Victim, case, check, need_root, programs, reference};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.catch(libc::SIGUSR1).catch(libc::SIGRTMIN()));
    scene.add("b", |part| part.catch(libc::SIGUSR1));
}

#[test]
fn a_queued_value() {
    let zero = || reference().fate("a", "USR1=0");
    check(
        cast,
        &[
            case("pkill -q 42 -USR1 {a}").fate("a", "USR1=42"),
            case("pkill --queue=42 -USR1 {tag}").fate("a", "USR1=42").fate("b", "USR1=42"),
            case("pkill -USR1 -q 0 {a}").fate("a", "USR1=0"),
            case("pkill -q -7 --signal USR1 {a}")
                .fate("a", "USR1=-7")
                .differs("signal-word-place", reference().usage("")),
            case("pkill --queue=-7 -USR1 {a}").fate("a", "USR1=-7"),
            case("pkill -q 2147483647 -RTMIN {a}").fate("a", "RTMIN+0=2147483647"),
            case("pkill --queue=-2147483648 -RTMIN {a}").fate("a", "RTMIN+0=-2147483648"),
            // docs/COMPATIBILITY.md, `numbers`.
            case("pkill -q abc -USR1 {a}").usage("abc").differs("numbers", zero()),
            case("pkill -q 5x -USR1 {a}").usage("5x").differs("numbers", reference().fate("a", "USR1=5")),
            case("pkill -q '' -USR1 {a}").usage("").differs("numbers", zero()),
            case("pkill -q 2147483648 -USR1 {a}")
                .usage("2147483648")
                .differs("numbers", reference().fate("a", "USR1=-2147483648")),
        ],
    );
}

#[test]
fn memory_is_released_under_m() {
    if !need_memory_release() {
        return;
    }
    check(
        cast,
        &[
            case("pkill -KILL -m -x {a}").fate("a", "killed by KILL").since([4, 0, 6]),
            case("pkill -KILL --mrelease {tag}")
                .fate("a", "killed by KILL")
                .fate("b", "killed by KILL")
                .since([4, 0, 6]),
            case("pkill -m -KILL {tag}x").nothing().since([4, 0, 6]),
        ],
    );
}

#[test]
fn the_exit_status_of_pkill() {
    check(
        cast,
        &[
            case("pkill -USR1 {tag}").fate("a", "USR1").fate("b", "USR1"),
            case("pkill -USR1 {tag}x").nothing(),
            case("pkill {b}").fate("b", "killed by TERM"),
            case("pkill -USR1 -u no-such-user {tag}").usage("{program}: invalid user name: no-such-user"),
        ],
    );
}

/// A signal to a zombie succeeds, without effect.
#[test]
fn a_zombie_counts_as_signalled() {
    check(
        |scene| {
            scene.add("z", |part| part).make_zombie();
        },
        &[case("pkill -KILL -e {tag}").prints("{z} killed (pid {z.pid})\n"), case("pkill -0 {tag}")],
    );
}

/// Runs as a user without the permission.
#[test]
fn a_signal_that_is_not_permitted() {
    if !need_root() {
        return;
    }
    let mut ours = Victim::spec().gids(65534, 65534, 65534).uids(65534, 65534, 65534).spawn();
    let mut other = Victim::spec().spawn();
    let both = format!("{}|{}", ours.name(), other.name());
    let refused = format!("pkill: killing pid {} failed: Operation not permitted\n", other.pid());
    for program in programs() {
        let run = || Run::of(program, "pkill");
        // No process could be signalled: 1.
        let output = run().args(["-HUP", "-e", other.name()]).user(65534, 65534).run();
        assert_eq!((output.out(), output.err(), output.status), (String::new(), refused.clone(), 1));
        // One was: 0.
        let output = run().args(["-0", "-c", &both]).user(65534, 65534).run();
        assert_eq!((output.out(), output.err(), output.status), ("2\n".into(), refused.clone(), 0));
    }
    assert_eq!((ours.received(), other.received()), (Some(vec![]), Some(vec![])));
}

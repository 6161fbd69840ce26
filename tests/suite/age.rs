//! `-n -o -O --younger`: newest, oldest, older or younger than.

use crate::support::clock::{start_time, ticks};
use crate::support::{Run, Scene, Victim, case, check, eventually, reference};

fn three(scene: &mut Scene) {
    for label in ["a", "b", "c"] {
        scene.add(label, |part| part);
    }
}

#[test]
fn newest_and_oldest() {
    check(
        three,
        &[
            case("pgrep -n {tag}").pids("c"),
            case("pgrep --newest {tag}").pids("c"),
            case("pgrep -o {tag}").pids("a"),
            case("pgrep --oldest {tag}").pids("a"),
            case("pgrep -n {tag}[ab]").pids("b"),
            case("pgrep -o {tag}[bc]").pids("b"),
            case("pgrep -nl {tag}").prints("{c.pid} {c}\n"),
            case("pgrep -nc {tag}").prints("1\n"),
            case("pkill -KILL -n {tag}").fate("c", "killed by KILL"),
            case("pkill -KILL -o {tag}").fate("a", "killed by KILL"),
            // It is a criterion, so no pattern is needed. PID 1 is the oldest.
            case("pgrep -o").prints("1\n"),
            case("pgrep -n").prints_with("\n"),
        ],
    );
}

#[test]
fn newest_and_oldest_exclude_each_other_and_inverse() {
    check(
        three,
        &[
            case("pgrep -n -o {tag}").usage(""),
            case("pgrep -on {tag}").usage(""),
            case("pgrep -n -v {tag}").usage(""),
            case("pgrep -v -n {tag}").usage(""),
            case("pgrep -o --inverse {tag}").usage(""),
            case("pgrep --inverse -o {tag}").usage(""),
            case("pkill -0 --inverse -n {tag}").usage(""),
        ],
    );
}

#[test]
fn older_than() {
    // PID 1 is younger where it is the test itself, or the init of a container.
    let first = start_time(1);
    eventually("PID 1 has run for more than a second", || ticks() > first + 110);
    let numbers = || reference().pids("a b c");
    check(
        three,
        &[
            case("pgrep -O 0 {tag}").pids("a b c"),
            case("pgrep --older 0 -x {a}").pids("a"),
            case("pgrep -O 100000 {tag}").nothing(),
            case("pkill -0 -O 100000 {tag}").nothing(),
            case("pgrep -O 1 -P 0 -o").prints("1\n"),
            // docs/COMPATIBILITY.md, `numbers`: the reference reads these as 0, or truncated.
            case("pgrep -O abc {tag}").usage("abc").differs("numbers", numbers()),
            // (Below 0 the reference finds some or none of the youngest, depending on the fraction of a second.)
            case("pgrep -O -1 {tag}").usage("-1").ours_only(),
            case("pgrep -O 100000x {tag}").usage("100000x").differs("numbers", reference().status(1)),
            case("pgrep -O '' {tag}").usage("").differs("numbers", numbers()),
            case("pgrep -O 99999999999999999999 {tag}").usage("").ours_only(),
        ],
    );
}

#[test]
fn ages_are_durations() {
    let units_are_dropped = || reference().pids("a b c");
    check(
        three,
        &[
            case("pgrep -O 0d {tag}").pids("a b c").differs("durations", units_are_dropped()),
            case("pgrep --older 0d1m {tag}").nothing().differs("durations", units_are_dropped()),
            case("pgrep -O 0.0 {tag}").pids("a b c").differs("durations", units_are_dropped()),
            case("pgrep -O +0 {tag}").pids("a b c"),
            case("pgrep -O 1000d {tag}").nothing(),
            case("pgrep --younger 0 {tag}").nothing().ours_only(),
            case("pgrep --younger 1d {tag}").pids("a b c").ours_only(),
            case("pgrep --younger 2h30m {tag}").pids("a b c").ours_only(),
            case("pgrep --younger 18446744073709551615 {tag}").pids("a b c").ours_only(),
            case("pgrep --older 0 --younger 1h {tag}").pids("a b c").ours_only(),
            case("pgrep --older 1h --younger 1d {tag}").nothing().ours_only(),
            case("pgrep --older 0.01 --younger 0.01 {tag}").nothing().ours_only(),
            case("pkill -KILL --younger 1d {b}").fate("b", "killed by KILL").ours_only(),
            // It is a criterion, so no pattern is needed.
            case("pgrep --younger 0").nothing().ours_only(),
            case("pgrep --younger 1w --older 0sec {tag}").pids("a b c").ours_only(),
            case("pgrep --younger 5min {tag}").pids("a b c").ours_only(),
            case("pgrep --older 30seconds {tag}").nothing().ours_only(),
            case("pgrep --younger 1y {tag}")
                .usage("valid durations: a number with s, m, h, d or w: ")
                .ours_only(),
            case("pgrep --younger x {tag}").usage("{program}: invalid duration: x").ours_only(),
            case("pgrep --younger 30m2h {tag}").usage("{program}: invalid duration: 30m2h").ours_only(),
            case("pgrep --younger -1 {tag}").usage("{program}: invalid duration: -1").ours_only(),
            case("pgrep --older '' {tag}").usage("{program}: invalid duration:").ours_only(),
        ],
    );
}

/// To the clock tick: at any age, a process is one of the two, and never both.
#[test]
fn older_and_younger_are_complements() {
    let victim = Victim::spec().spawn();
    let started = start_time(victim.pid());
    let (mut older, mut younger) = (0, 0);
    while older < 50 || younger < 50 {
        for ahead in [0, 1, 2, 50] {
            let least = ticks() - started + ahead;
            let age = format!("{}.{:02}", least / 100, least % 100);
            for (option, is_older) in [("--older", true), ("--younger", false)] {
                let before = ticks() - started;
                let found = Run::ours("pgrep").args([option, &age, "-x", victim.name()]).run();
                let after = ticks() - started;
                if before >= least {
                    older += 1;
                    assert_eq!(found.status == 0, is_older, "{option} {age} at {before} to {after}");
                } else if after < least {
                    younger += 1;
                    assert_eq!(found.status == 0, !is_older, "{option} {age} at {before} to {after}");
                }
            }
        }
    }
}

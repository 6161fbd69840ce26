//! `-n -o -O`: newest, oldest, older than.

mod support;

use support::{Scene, case, check, reference};

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
            // A criterion, so no pattern is needed. PID 1 is the oldest.
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
    let numbers = || reference().pids("a b c");
    check(
        three,
        &[
            case("pgrep -O 0 {tag}").pids("a b c"),
            case("pgrep --older 0 -x {a}").pids("a"),
            case("pgrep -O 100000 {tag}").nothing(),
            case("pkill -0 -O 100000 {tag}").nothing(),
            // PID 1 has run for more than a second.
            case("pgrep -O 1 -P 0 -o").prints("1\n"),
            // Decision 2: the reference takes these as 0, or what fits.
            case("pgrep -O abc {tag}").usage("abc").differs("numbers", numbers()),
            // (Below 0 the reference finds some or none of the youngest, by the fraction of a second.)
            case("pgrep -O -1 {tag}").usage("-1").ours_only(),
            case("pgrep -O 100000x {tag}").usage("100000x").differs("numbers", reference().status(1)),
            case("pgrep -O '' {tag}").usage("").differs("numbers", numbers()),
            case("pgrep -O 99999999999999999999 {tag}").usage("").ours_only(),
        ],
    );
}

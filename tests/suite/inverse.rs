//! `--inverse`, `-v`: the negation of all criteria together. It matches nearly everything, so every test
//! here runs in a namespace of its own, where the test is PID 1.

use crate::support::{Scene, case, check, namespace, shell};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.session());
    scene.add("b", |part| part.session());
    scene.add("u", |part| part.session().uids(1, 1, 1));
}

#[test]
fn the_opposite_of_all_criteria_together() {
    namespace(|| {
        check(
            cast,
            &[
                case("pgrep -v {a}").prints("1\n{b.pid}\n{u.pid}\n"),
                case("pgrep --inverse {a}").prints("1\n{b.pid}\n{u.pid}\n"),
                case("pgrep --inv {a}").prints("1\n{b.pid}\n{u.pid}\n"),
                case("pgrep -v -s {a.pid} {a}").prints("1\n{b.pid}\n{u.pid}\n"),
                // Not (session of b, and name of a): everything.
                case("pgrep -v -s {b.pid} {a}").prints("1\n{a.pid}\n{b.pid}\n{u.pid}\n"),
                case("pgrep -vc {tag}").prints("1\n"),
                // Not (any victim, and not a).
                case("pgrep -v {tag} --not {a}").prints("1\n{a.pid}\n").ours_only(),
                case("pgrep -v --and {tag} --and {a}").prints("1\n{b.pid}\n{u.pid}\n").ours_only(),
                case("pgrep -v --younger 1000d").nothing().ours_only(),
                case("pgrep -v --cwd /nonexistent {tag}")
                    .prints("1\n{a.pid}\n{b.pid}\n{u.pid}\n")
                    .ours_only(),
                case("pgrep -vl -u 0").prints("{u.pid} {u}\n"),
                case("pgrep -v ''").status(1),
                // Neither the program nor, with -A, its ancestors.
                case("pgrep -vA {a}").pids("b u"),
                case("pgrep -A -v {tag}").nothing(),
                case("pgrep --inverse -x pgrep").prints("1\n{a.pid}\n{b.pid}\n{u.pid}\n"),
                // The shell that starts it is an ancestor, the test another.
                shell("pgrep -vA {tag}; exit $?").status(1),
                shell("test $(pgrep -vc {tag}) -ge 2"),
                shell("pgrep -vf {tag} >/dev/null"),
                shell("pgrep --verbose -vf {tag} >/dev/null")
                    .says("note: the selection includes an ancestor of pgrep: ")
                    .ours_only(),
            ],
        );
    });
}

/// A process that has exited has no environment.
#[test]
fn a_zombie_does_not_have_the_variable() {
    namespace(|| {
        check(
            |scene| {
                scene.add("e", |part| part.env("COLOUR", "red"));
                scene.add("z", |part| part.env("COLOUR", "red")).make_zombie();
            },
            &[case("pgrep -v --env COLOUR").prints("1\n{z.pid}\n").since([4, 0, 5])],
        );
    });
}

#[test]
fn pkill_knows_inverse_by_its_long_name() {
    namespace(|| {
        check(
            cast,
            &[
                case("pkill -KILL --inverse -A {a}").fate("b", "killed by KILL").fate("u", "killed by KILL"),
                // All except root's: the test, PID 1, is root's too.
                case("pkill -STOP --inverse -u 0").fate("u", "stopped"),
                case("pkill -KILL --inverse -u 0,1").nothing(),
                case("pkill -KILL -v {a}").usage("{program}: invalid option -- 'v'"),
                case("pidwait -v {a}").usage("{program}: invalid option -- 'v'"),
                case("pkill -KILL -u 0 -A {tag}").fate("a", "killed by KILL").fate("b", "killed by KILL"),
            ],
        );
    });
}

//! `--exclude`: never these processes, whatever else the options say.

use std::os::unix::process::CommandExt as _;

use crate::support::family::{Family, pid, reap_orphans};
use crate::support::pids::{LAST_PID, successor, with_pid};
use crate::support::{
    Run, Scene, Victim, case, check, document, eventually, namespace, need_file, stat_field,
};

fn three(scene: &mut Scene) {
    for label in ["a", "b", "c"] {
        scene.add(label, |part| part.catch(libc::SIGHUP));
    }
}

#[test]
fn excluded_processes_are_not_selected() {
    check(
        three,
        &[
            case("pgrep --exclude {a.pid} {tag}").pids("b c").ours_only(),
            case("pgrep --exclude {a.pid},{b.pid} {tag}").pids("c").ours_only(),
            case("pgrep --exclude {a.pid} --exclude={b.pid} {tag}").pids("c").ours_only(),
            case("pgrep -p {a.pid},{b.pid} --exclude {a.pid}").pids("b").ours_only(),
            case("pgrep -p {a.pid} --exclude {a.pid}").nothing().ours_only(),
            // They are excluded before one is picked.
            case("pgrep -n --exclude {c.pid} {tag}").pids("b").ours_only(),
            case("pgrep -o --exclude {a.pid} {tag}").pids("b").ours_only(),
            case("pgrep -c --exclude {a.pid} {tag}").prints("2\n").ours_only(),
            case("pgrep -w --exclude {a.pid} {tag}").prints("{b.pid}\n{c.pid}\n").ours_only(),
            case("pkill -HUP --exclude {a.pid} {tag}").fate("b", "HUP").fate("c", "HUP").ours_only(),
            case("pkill -HUP --max 2 --exclude {a.pid} {tag}").fate("b", "HUP").fate("c", "HUP").ours_only(),
            case("pkill -KILL --until-none --exclude {a.pid} {tag}")
                .fate("b", "killed by KILL")
                .fate("c", "killed by KILL")
                .ours_only(),
            case("pidwait --timeout 0 --exclude {a.pid} {a}").nothing().ours_only(),
            // Nothing to exclude is no error.
            case("pgrep --exclude 4194305,0 {a}").pids("a").ours_only(),
            case("pgrep --exclude 4194305:1,4194305@1 {a}").pids("a").ours_only(),
            // Alone it is no criterion.
            case("pgrep --exclude {a.pid}").usage("{program}: no matching criteria specified").ours_only(),
            case("pkill -KILL --exclude {a.pid} --no-zombies")
                .usage("no matching criteria specified")
                .ours_only(),
            case("pgrep --exclude , {a}").usage("{program}: invalid empty list").ours_only(),
            case("pgrep --exclude '' {a}").usage("{program}: invalid empty list").ours_only(),
            case("pgrep --exclude x {a}").usage("{program}: not a number: x").ours_only(),
        ],
    );
}

#[test]
fn inverted_they_are_still_excluded() {
    namespace(|| {
        check(
            three,
            &[
                case("pgrep --inverse -A --exclude {a.pid} {b}").pids("c").ours_only(),
                case("pgrep --inverse -A --tree --exclude {a.pid} {b}").pids("c").ours_only(),
                case("pgrep --inverse -A --exclude {a.pid} -p {b.pid}").pids("c").ours_only(),
                case("pkill -KILL --inverse -A --exclude {a.pid} {b}")
                    .fate("c", "killed by KILL")
                    .ours_only(),
            ],
        );
    });
}

#[test]
fn of_a_tree_only_the_process_itself_is_excluded() {
    namespace(|| {
        let names = ["top", "mid", "leaf", "other"];
        // Of each: whether it is selected.
        for (args, expected) in [
            ("--tree -x top --exclude {mid}", &["top", "leaf", "other"][..]),
            ("--tree -x top --exclude {leaf},{other}", &["top", "mid"]),
            ("--tree -x top --exclude {top}", &[]),
            ("--tree -x top|mid --exclude {top}", &["mid", "leaf"]),
            ("--tree -p {top} --exclude {mid}", &["top", "leaf", "other"]),
            // A process that is the root of a spared tree is so, excluded or not.
            ("--inverse --tree -A -x mid --exclude {mid}", &["top", "other"]),
            ("--inverse --tree -A -x mid --exclude {top}", &["other"]),
        ] {
            for program in ["pgrep", "pkill -0", "pkill --dry-run", "pkill -STOP", "pkill -STOP --freeze"] {
                let family = Family::start(&["top mid other", "mid leaf"]);
                let members = names.map(|name| (name, pid(name)));
                let args = members.iter().fold(args.to_owned(), |args, (name, pid)| {
                    args.replace(&format!("{{{name}}}"), &pid.to_string())
                });
                let mut words = program.split(' ').chain(["--json"]).chain(args.split(' '));
                let output = Run::ours(words.next().expect("a program")).args(words).run();
                let report = document(&output);
                let targets = report["targets"].as_array().expect("targets");
                for (name, pid) in members {
                    let is_expected = expected.contains(&name);
                    let is_target = targets.iter().any(|target| target["pid"] == pid);
                    assert_eq!(is_target, is_expected, "{program} {args}: {name}: {output:?}");
                    let is_stopped = || stat_field(pid, 3) == "T";
                    if is_expected && program.contains("STOP") {
                        eventually("it is stopped", is_stopped);
                    } else {
                        assert!(!is_stopped(), "{program} {args}: {name} is stopped");
                    }
                }
                drop(family);
                reap_orphans();
            }
        }
    });
}

/// The signal to the group would reach the excluded process, so that its other members get one each.
#[test]
fn a_group_with_an_excluded_process_is_not_signalled_as_one() {
    namespace(|| {
        for (excluded, pattern) in [("leaf", "top"), ("top", "other")] {
            let family = Family::start(&["top leaf other"]);
            let members = ["top", "leaf", "other"].map(|name| (name, pid(name)));
            let kept = pid(excluded).to_string();
            let args = ["--whole-group", "--json", "-STOP", "-x", pattern, "--exclude", &kept];
            let output = Run::ours("pkill").args(args).run();
            assert_eq!(document(&output)["targets"].as_array().map(Vec::len), Some(2), "{output:?}");
            let is_stopped = |pid: u32| stat_field(pid, 3) == "T";
            for (name, pid) in members.iter().filter(|(name, _)| *name != excluded) {
                eventually(&format!("{name} is stopped"), || is_stopped(*pid));
            }
            assert!(!is_stopped(pid(excluded)), "{excluded} is stopped: {output:?}");
            drop(family);
            reap_orphans();
        }
    });
}

/// A process that gets the PID of an excluded one during the run is not the one that was excluded.
#[test]
fn a_successor_is_not_excluded() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        let pid = 5000;
        let mut excluded = with_pid(pid, Victim::named("excluded"));
        let first = Victim::named("match").ignore(libc::SIGTERM).spawn();
        let waiting = Run::ours("pkill")
            .args(["--until-none", "--kill-after", "60", "-x", "match|excluded", "--exclude", "5000"])
            .prepare(|command| _ = command.process_group(0))
            .start();
        // It has begun when its signal is there.
        eventually("it waits", || stat_field(waiting.pid(), 3) == "S");
        excluded.finish();
        drop(excluded);
        let mut second = successor(pid, || Victim::named("match"));
        assert_eq!(second.killed_by(), Some(libc::SIGTERM));
        drop(first);
        assert_eq!(waiting.wait().status, 0);
    });
}

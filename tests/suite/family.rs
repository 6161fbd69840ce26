//! `--ancestor` and `--tree`: descendants.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::family::{Family, pid, pids};
use crate::support::{
    Dir, Output, Run, Running, document, eventually, hide_processes, namespace, need, stat_field,
};

/// `top` starts two processes that have children of their own; another process is unrelated.
const PLAN: [&str; 3] = ["top left right", "left one two", "right three"];

fn run(program: &str, args: &str) -> Run {
    Run::ours(program).args(args.split(' ').filter(|arg| !arg.is_empty()))
}

fn pids_of(names: &str) -> Vec<u32> {
    let mut all: Vec<u32> = names.split_whitespace().flat_map(pids).collect();
    all.sort_unstable();
    all
}

/// Waits until it has written `count` lines.
fn read_lines(running: &mut Running, count: usize) {
    assert_eq!(BufReader::new(running.stdout()).lines().take(count).count(), count);
}

/// Replaces the names in braces by PIDs.
fn fill(args: &str) -> String {
    let mut parts = args.split(['{', '}']);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (at, part)| match at % 2 {
        0 => text + &pid(part).to_string(),
        _ => text + part,
    })
}

#[test]
fn descendants_are_found_at_any_depth() {
    namespace(|| {
        let _family = Family::start(&PLAN);
        let _other = Family::start(&["stranger lone"]);
        let all = "left one two right three";
        for (args, expected) in [
            ("--ancestor {top}", all),
            ("--ancestor {left}", "one two"),
            ("--ancestor {left},{right}", "one two three"),
            ("--ancestor {right},{top},1", "top left one two right three stranger lone"),
            ("--ancestor {one}", ""),
            ("--ancestor {top} one", "one"),
            ("--ancestor {top} --parent {top}", "left right"),
            ("--ancestor {top} -o", "left"),
            ("--ancestor {left} -u 0", "one two"),
            ("--ancestor {left} -u 1", ""),
            ("--ancestor {left} -p {three},{two}", "two"),
            // All of them descend from 0, the parent of the first process.
            ("--ancestor 0 -x 'top|lone'", ""),
            ("--ancestor 0 -x one", "one"),
            ("--ancestor 4000000", ""),
            ("--inverse --ancestor 1 -A", ""),
        ] {
            let output = run("pgrep", &fill(args)).run();
            assert_eq!(output.pids(), pids_of(expected), "{args}: {output:?}");
            assert_eq!(output.status, i32::from(expected.is_empty()), "{args}");
        }
        let inverse = run("pgrep", &fill("--inverse --ancestor {top}")).run().pids();
        assert_eq!(inverse, [&[1][..], &pids_of("top stranger lone")].concat());
        for value in ["x", "-1", "", "1,x"] {
            let output = Run::ours("pgrep").args([&format!("--ancestor={value}")]).run();
            assert_eq!((output.status, output.out()), (2, String::new()), "{value}");
        }
        let criteria = document(&run("pgrep", &fill("--json --ancestor {top}")).run())["criteria"].clone();
        assert_eq!(criteria, json!({"ancestor": pid("top").to_string()}));
        // Rechecked, and with all programs.
        let output = run("pkill", &fill("-KILL --ancestor {left} --verbose two")).run();
        assert!(output.status == 0 && output.out().contains("signalled"), "{output:?}");
        let mut waiting = run("pidwait", &fill("-e --ancestor {left}")).start();
        read_lines(&mut waiting, 1);
        assert_eq!(run("pkill", &fill("-KILL --ancestor {left} one")).run().status, 0);
        assert_eq!(waiting.wait().status, 0);
    });
}

/// A process that loses its parent gets another: init, or a subreaper.
#[test]
fn an_orphan_descends_from_its_new_parents() {
    namespace(|| {
        let _family = Family::start(&PLAN);
        assert_eq!(run("pgrep", &fill("--ancestor {top} three")).run().pids(), pids("three"));
        let right = pid("right");
        assert_eq!(run("pkill", "-KILL right").run().status, 0);
        eventually("its parent has reaped it", || !Path::new(&format!("/proc/{right}")).exists());
        assert_eq!(stat_field(pid("three"), 4), "1");
        assert_eq!(run("pgrep", &fill("--ancestor {top} three")).run().status, 1);
        assert_eq!(run("pgrep", "--tree -x top").run().pids(), pids_of("top left one two"));
        assert_eq!(run("pgrep", "--ancestor 1 three").run().pids(), pids("three"));
    });
}

#[test]
fn the_descendants_of_each_match_are_added() {
    namespace(|| {
        let _family = Family::start(&PLAN);
        let _other = Family::start(&["stranger lone"]);
        let all = "top left one two right three";
        for (args, expected) in [
            ("--tree -x top", all),
            ("--tree top", all),
            ("--tree -x left", "left one two"),
            ("--tree -x left|two|right", "left one two right three"),
            ("--tree -x one", "one"),
            ("--tree -p {right}", "right three"),
            ("--tree -n -P {top}", "right three"),
            ("--tree -o -P {top}", "left one two"),
            ("--tree --ancestor {top} right", "right three"),
            ("--tree no-such-name", ""),
        ] {
            let args = fill(args);
            let output = run("pgrep", &args).run();
            assert_eq!((output.pids(), output.err()), (pids_of(expected), String::new()), "{args}");
            let count = format!("{}\n", pids_of(expected).len());
            assert_eq!(run("pgrep", &args).args(["-c"]).run().out(), count, "{args}");
        }
        let targets = document(&run("pgrep", "--json --tree -x left").run())["targets"].clone();
        let left = pid("left");
        assert_eq!(targets[0].get("descendant_of"), None);
        assert_eq!([&targets[1]["descendant_of"], &targets[2]["descendant_of"]], [left, left]);
        let max = run("pgrep", "--max 2 --tree -x left").run();
        assert!(max.status == 4 && max.err().contains("3 processes match"), "{max:?}");
        let threads = run("pgrep", "--tree -w left").run();
        assert!(threads.status == 2 && threads.err().contains("--lightweight"), "{threads:?}");
        assert_eq!(run("pgrep", "--tree").run().status, 2, "no criterion");
    });
}

/// Inverted, the others are selected: processes that neither match nor descend from a match.
#[test]
fn inverse_tree_selects_what_is_outside_of_all_trees() {
    namespace(|| {
        let mut family = Family::start(&PLAN);
        for (args, expected) in [
            ("--inverse --tree -x left", "top right three"),
            ("--inverse --tree -x left|three", "top right"),
            ("--inverse --tree -x one|two|three", "top left right"),
            ("--inverse --tree -p {top}", ""),
            ("--inverse --tree -x no-such-name", "top left one two right three"),
            ("--inverse --tree --ancestor {top} -x left", "top right three"),
        ] {
            let output = run("pgrep", &fill(args)).args(["-A"]).run();
            assert_eq!((output.pids(), output.err()), (pids_of(expected), String::new()), "{args}");
        }
        let output = run("pkill", "-KILL --inverse --tree -A --verbose -x left").run();
        let signalled = output.rows().iter().filter(|row| row[3] == "signalled").count();
        assert_eq!((output.status, signalled), (0, 3), "{output:?}");
        family.wait();
        assert_eq!(["left", "one", "two"].map(|name| pids(name).len()), [1, 1, 1]);
        eventually("the others have exited", || {
            ["top", "right", "three"].iter().all(|name| pids(name).is_empty())
        });
    });
}

#[test]
fn a_child_that_also_matches_is_listed_once() {
    namespace(|| {
        let mut family = Family::start(&["same same"]);
        let both = pids("same");
        assert_eq!(both.len(), 2);
        assert_eq!(run("pgrep", "--tree same").run().pids(), both);
        assert_eq!(run("pgrep", "--tree -o same").run().pids(), both);
        assert_eq!(run("pgrep", "--tree -c same").run().out(), "2\n");
        let report = document(&run("pkill", "--tree --json same").run());
        let outcomes = outcomes(&report);
        assert_eq!(outcomes, [(both[0], "signalled".into()), (both[1], "signalled".into())]);
        family.wait();
    });
}

fn outcomes(report: &Value) -> Vec<(u32, String)> {
    let targets = report["targets"].as_array().expect("targets").iter();
    let outcome = |target: &Value| {
        (
            target["pid"].as_u64().expect("a PID") as u32,
            target["outcome"].as_str().expect("a word").to_owned(),
        )
    };
    targets.map(outcome).collect()
}

/// The calls in strace's output, without the thread ID.
fn traced(run: Run, what: &str) -> (Output, Vec<String>) {
    let dir = Dir::new();
    let file = dir.path().join("trace");
    let strace = ["strace", "-f", "-qq", "-e", what, "-o", file.to_str().expect("UTF-8")];
    let output = run.through(strace).run();
    let text = std::fs::read_to_string(&file).expect("a trace");
    let calls = text.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim_start().to_owned()));
    (output, calls.collect())
}

/// All are pinned before the first one is signalled, parents before their children.
#[test]
fn parents_are_signalled_before_their_children() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let mut family = Family::start(&PLAN);
        let order: Vec<u32> = ["top", "left", "right", "one", "two", "three"].map(pid).to_vec();
        let pkill = run("pkill", "--tree --json --wait -x top");
        let (output, calls) = traced(pkill, "trace=pidfd_open,pidfd_send_signal,kill,tkill,tgkill");
        let calls: Vec<&String> = calls.iter().filter(|call| !call.contains("ENOSYS")).collect();
        let first_signal = calls.iter().position(|call| call.starts_with("pidfd_send")).expect("a signal");
        for pid in &order {
            let pinned = calls.iter().position(|call| call.starts_with(&format!("pidfd_open({pid},")));
            assert!(pinned.is_some_and(|at| at < first_signal), "{pid}: {calls:?}");
        }
        assert!(calls.iter().all(|call| call.starts_with("pidfd_")), "{calls:?}");
        let report = document(&output);
        let mut reported: Vec<u32> = outcomes(&report).into_iter().map(|(pid, _)| pid).collect();
        assert_eq!(reported[0], order[0], "{reported:?}");
        let generations = |reported: &[u32]| {
            let at = |pid: u32| reported.iter().position(|&other| other == pid).expect("reported");
            assert!(at(order[1]) < at(order[3]) && at(order[1]) < at(order[4]), "{reported:?}");
            assert!(at(order[2]) < at(order[5]), "{reported:?}");
        };
        generations(&reported);
        assert!(outcomes(&report).iter().all(|(_, outcome)| outcome == "exited"), "{report}");
        reported.sort_unstable();
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(reported, all);
        family.wait();
    });
}

/// More descendants than descriptors: each is recognized by its start time, and none is signalled by PID alone.
#[test]
fn few_descriptors() {
    namespace(|| {
        if !need("strace") || !need("prlimit") {
            return;
        }
        let leaves: Vec<String> = (0..150).map(|at| format!("leaf{at:03}")).collect();
        let mut family = Family::start(&[&format!("top {}", leaves.join(" "))]);
        for args in ["-0 --tree --json top", "--tree --json top"] {
            let pkill = run("pkill", args).through(["prlimit", "--nofile=64:64"]);
            let (output, calls) = traced(pkill, "trace=kill,tkill,tgkill,rt_sigqueueinfo");
            assert_eq!((output.status, output.err(), calls), (0, String::new(), vec![]), "{args}");
            let report = document(&output);
            assert_eq!(report["summary"]["signalled"], 151, "{args}");
            let pinned =
                report["targets"].as_array().expect("targets").iter().all(|one| one["pinned"] == true);
            assert!(pinned, "{args}");
        }
        family.wait();
        eventually("none remains", || leaves.iter().all(|leaf| pids(leaf).is_empty()));
    });
}

/// The descendants of a match are signalled too, except pkill and its ancestors.
#[test]
fn pkill_and_its_ancestors_are_spared() {
    namespace(|| {
        let dir = Dir::new();
        let pkill = Run::ours("pkill").program().display().to_string();
        let leaf = dir.copy("/usr/bin/sleep".as_ref(), "bystand").display().to_string();
        for (name, option, status) in [("uncle", "", 128 + libc::SIGKILL), ("aunt", "-A", 7)] {
            // The match starts a shell, which runs pkill; another child of the shell is no ancestor of it.
            let inner = format!(
                "{leaf} 1000 >/dev/null 2>&1 &\n{pkill} -KILL --tree --json {option} -x {name}; exit 7\n"
            );
            let inner = dir.script(&format!("in{name}"), &format!("#!/bin/sh\n{inner}"));
            // Until it executes its program, a child of the shell has the shell's name.
            let executed = "until [ \"$(cat /proc/$!/comm)\" = bystand ]; do :; done";
            let inner = inner.display();
            let outer = format!("#!/bin/sh\n{leaf} 1000 >/dev/null 2>&1 &\n{executed}\n{inner}\nexit 7\n");
            let outer = dir.script(name, &outer);
            let output = Run::shell(&format!("{}; exit $?", outer.display())).run();
            let report = document_of(&output);
            let all = outcomes(&report);
            // With -A, no process matches, so no descendants are selected.
            let expected = if option.is_empty() { 3 } else { 0 };
            assert_eq!((all.len(), output.status), (expected, status), "{name}: {report}");
            assert!(all.iter().all(|(_, outcome)| outcome == "signalled"), "{name}: {report}");
            let left = if option.is_empty() { 0 } else { 2 };
            eventually("the selected processes have exited", || pids("bystand").len() == left);
        }
    });
}

/// The document of a run with any status.
fn document_of(output: &Output) -> Value {
    serde_json::from_str(&output.out()).unwrap_or_else(|why| panic!("{why}: {output:?}"))
}

#[test]
fn a_tree_with_dry_run_interactive_and_wait() {
    namespace(|| {
        let mut family = Family::start(&PLAN);
        let left = pid("left");
        let rows = run("pkill", "--dry-run --tree -x left").run().rows();
        let names_and_reasons: Vec<_> = rows.iter().map(|row| (&*row[2], &*row[3], &*row[4])).collect();
        let why = format!("descendant of {left}");
        let expected =
            [("left", "terminate", "name"), ("|- one", "terminate", &why), ("`- two", "terminate", &why)];
        assert_eq!(names_and_reasons, expected);
        let echo = run("pkill", "-0 -e --tree -x left").run();
        assert_eq!(echo.out().matches(" killed (pid ").count(), 3, "{echo:?}");

        // pidwait waits for all of them.
        let mut waiting = run("pidwait", "--tree -e -x left").start();
        read_lines(&mut waiting, 3);
        for name in ["one", "left", "two"] {
            assert!(!waiting.has_ended(), "{name}");
            assert_eq!(run("pkill", &format!("-KILL -x {name}")).run().status, 0);
        }
        assert_eq!(waiting.wait().status, 0);

        let deaf = Family::with(&["deaf child"], |command| {
            use std::os::unix::process::CommandExt as _;
            let program = command.get_program().to_owned();
            *command = std::process::Command::new("sh");
            command.args(["-c", "trap '' TERM; exec \"$0\""]).arg(program).process_group(0);
        });
        let output = run("pkill", "--tree --kill-after 0.05 --timeout 100 --json -x deaf").run();
        let report = document(&output);
        let killers: Vec<&Value> =
            report["targets"].as_array().expect("targets").iter().map(|one| &one["end"]["signal"]).collect();
        assert_eq!(output.status, 0, "{report}");
        assert_eq!(killers, [&json!("KILL"); 2], "{report}");
        drop(deaf);
        assert_eq!(run("pkill", "--tree --until-none --timeout 100 -x top").run().status, 0);
        assert!(pids_of("top right three").is_empty());
        family.wait();
    });
}

/// An ordinary user gets the same answers about its own processes, also where it sees no others.
#[test]
fn an_ordinary_user_gets_the_same_answers() {
    namespace(|| {
        if !need("setpriv") {
            return;
        }
        const UID: u32 = 54_321;
        use std::os::unix::process::CommandExt as _;
        let mut family = Family::with(&PLAN, |command| {
            command.uid(UID).gid(UID);
        });
        let ask = |args: &str| {
            let both = [None, Some(UID)].map(|user| {
                let run = run("pgrep", args);
                let run = user.map_or(run, |uid| Run::ours("pgrep").args(args.split(' ')).user(uid, uid));
                run.run().pids()
            });
            assert_eq!(both[0], both[1], "{args}");
            both[0].clone()
        };
        let top = pid("top");
        for hidden in [false, true] {
            if hidden {
                hide_processes();
            }
            assert_eq!(ask(&format!("--ancestor {top}")), pids_of("left one two right three"));
            assert_eq!(ask("--tree -x left"), pids_of("left one two"));
            // The chain leads through the test, which is root's and hidden.
            assert_eq!(ask("--ancestor 1 -x three"), pids_of("three"));
        }
        let output = run("pkill", "--tree --json -x top").user(UID, UID).run();
        assert_eq!(document(&output)["summary"]["signalled"], 6, "{output:?}");
        family.wait();
    });
}

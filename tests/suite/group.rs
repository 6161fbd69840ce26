//! `--whole-group`: the process group of each match is signalled once, in one call.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;

use serde_json::{Value, json};

use crate::support::asked::next_question;
use crate::support::family::{self, Family, pid, pids};
use crate::support::kernel::signals_groups;
use crate::support::{self, tracer};
use crate::support::{Dir, Output, Run, document, eventually, namespace, need, stat_field};

const PLAN: [&str; 2] = ["lead one two", "two three"];
const ALL: [&str; 4] = ["lead", "one", "two", "three"];

fn pkill(args: &str) -> Run {
    Run::ours("pkill").args(args.split(' '))
}

fn gone(names: &[&str]) {
    eventually("they have exited", || names.iter().all(|name| pids(name).is_empty()));
    family::reap_orphans();
}

fn members(report: &Value) -> Vec<(u32, &str, Option<u64>)> {
    let targets = report["targets"].as_array().expect("targets").iter();
    let member = |target: &'_ Value| {
        let pid = target["pid"].as_u64().expect("a PID") as u32;
        (pid, target["member_of"].as_u64())
    };
    targets.map(|one| (member(one).0, one["outcome"].as_str().expect("a word"), member(one).1)).collect()
}

/// The calls that send, as strace prints them; `inject` are its other options.
fn traced(run: Run, inject: &str) -> (Output, Vec<String>) {
    let dir = Dir::new();
    let file = dir.path().join("trace");
    let what = "trace=pidfd_send_signal,pidfd_open,kill,rt_sigqueueinfo";
    let mut strace = vec!["strace", "-f", "-qq", "-e", what, "-o", file.to_str().expect("UTF-8")];
    strace.extend(if inject.is_empty() { vec![] } else { vec!["-e", inject] });
    let output = run.through(strace).run();
    let text = std::fs::read_to_string(&file).expect("a trace");
    let calls = text.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim_start().to_owned()));
    // Signal 0 only checks.
    (output, calls.filter(|call| call.contains(", SIG")).collect())
}

#[test]
fn a_group_is_signalled_once() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        // Before Linux 6.9, kill(2) signals the group.
        let by_pidfd = signals_groups();
        let sends = if by_pidfd { ", 0x4" } else { "kill(-" };
        for (args, by_group, inject, pinned) in [
            ("--whole-group --json -x one|two", sends, "", by_pidfd),
            ("--whole-group --json -x lead", sends, "", by_pidfd),
            // The same on any kernel: each of the four members was checked with signal 0 before.
            ("--whole-group --json -x one", "kill(-", "inject=pidfd_send_signal:error=EINVAL:when=5", false),
        ] {
            let mut family = Family::start(&PLAN);
            let group = family.root();
            assert_eq!(stat_field(pid("three"), 5), group.to_string());
            let order = ALL.map(pid);
            let (output, calls) = traced(pkill(args), inject);
            let report = document(&output);
            let sent: Vec<&String> = calls.iter().filter(|call| !call.contains(" EINVAL ")).collect();
            assert!(
                sent.len() == 1 && sent[0].replace("PIDFD_SIGNAL_PROCESS_GROUP", "0x4").contains(by_group),
                "{args}: {calls:?}"
            );
            let reported = members(&report);
            assert!(reported.iter().all(|(_, outcome, _)| *outcome == "signalled"), "{args}: {report}");
            let mut all: Vec<u32> = reported.iter().map(|one| one.0).collect();
            all.sort_unstable();
            assert_eq!(
                all,
                {
                    let mut order = order;
                    order.sort_unstable();
                    order
                },
                "{args}"
            );
            let mere = reported.iter().filter(|one| one.2 == Some(group.into())).count();
            assert_eq!(mere, if args.contains("one|two") { 2 } else { 3 }, "{args}: {report}");
            let pins = report["targets"].as_array().expect("targets").iter().map(|one| &one["pinned"]);
            assert!(pins.into_iter().all(|one| *one == pinned), "{args}: {report}");
            let why = &report["targets"][0]["explanation"];
            let reason = "by process group ID, as pidfd_send_signal takes no group before Linux 6.9";
            assert_eq!(*why, if pinned { Value::Null } else { reason.into() }, "{args}");
            family.wait();
            gone(&ALL);
        }
    });
}

/// A group continues to exist without its leader, and its ID is not reused.
#[test]
fn a_group_without_its_leader() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        for (args, sends) in [
            ("--whole-group --wait --json -x three", "kill(-"),
            // An integer cannot be sent to a group.
            ("-RTMIN --whole-group -q 7 --wait --json -x three", "pidfd_send_signal("),
        ] {
            let mut family = Family::start(&PLAN);
            assert_eq!(pkill("-KILL -x lead").run().status, 0);
            family.wait();
            let (output, calls) = traced(pkill(args), "");
            let report = document(&output);
            assert_eq!(report["summary"]["exited"], 3, "{report}");
            assert!(calls.iter().all(|call| call.starts_with(sends)) && !calls.is_empty(), "{calls:?}");
            let why = report["targets"][0]["explanation"].as_str().expect("a sentence");
            let reason = "; by process group ID, as the leader of the group has exited";
            assert_eq!(why.ends_with(reason), sends == "kill(-", "{args}: {why}");
            gone(&ALL);
        }
    });
}

/// pkill's own group contains pkill, and often the script that runs it: matches in it are signalled one by one.
#[test]
fn the_group_of_pkill_itself() {
    namespace(|| {
        let dir = Dir::new();
        let pkill = Run::ours("pkill").program().display().to_string();
        let leaf = dir.copy("/usr/bin/sleep".as_ref(), "companion").display().to_string();
        let other = dir.copy("/usr/bin/sleep".as_ref(), "fellow").display().to_string();
        let script = format!(
            "#!/bin/sh\n{leaf} 1000 >/dev/null 2>&1 &\n\
             until [ \"$(cat /proc/$!/comm)\" = companion ]; do :; done\n\
             {other} 1000 >/dev/null 2>&1 &\n\
             until [ \"$(cat /proc/$!/comm)\" = fellow ]; do :; done\n\
             {pkill} --whole-group --json -x companion; echo $? >&2\n"
        );
        let script = dir.script("script", &script);
        let output = Run::shell(&format!("exec {}", script.display())).run();
        assert_eq!((output.status, output.err()), (0, "0\n".into()), "the script goes on");
        let report: Value = serde_json::from_str(&output.out()).expect("a document");
        assert_eq!(members(&report).len(), 2, "{report}");
        assert_eq!(report["summary"]["signalled"], 2, "{report}");
        gone(&["companion", "fellow"]);
    });
}

/// With `--tree`, a group is selected for a descendant too, in which no process matches.
#[test]
fn a_descendant_in_a_group_of_its_own() {
    namespace(|| {
        let dir = Dir::new();
        let apart = dir.copy("/usr/bin/sleep".as_ref(), "apart").display().to_string();
        let script = dir.script("leading", &format!("#!/bin/sh\nsetsid {apart} 1000 &\nwait\n"));
        let mut leading =
            std::process::Command::new(script).process_group(0).spawn().expect("start a script");
        eventually("a child", || pids("apart").len() == 1);
        let group = stat_field(pids("apart")[0], 5);
        assert_ne!(group, leading.id().to_string(), "it is in a group of its own");
        let output = pkill("--tree --whole-group --wait --timeout 100 --json -x leading").run();
        assert_eq!(document(&output)["summary"]["exited"], 2, "{output:?}");
        leading.wait().expect("wait");
        gone(&["leading", "apart"]);
    });
}

/// The kernel signals the members that it permits, and reports only that there was one: pkill reports the others.
#[test]
fn members_that_may_not_be_signalled_are_reported() {
    namespace(|| {
        const UID: u32 = 54_321;
        let part = |uid: u32| {
            let spec = support::Victim::spec().catch(libc::SIGUSR1).group();
            spec.owned_by(uid).spawn()
        };
        let mut own = part(UID);
        let output = pkill("-USR1 --whole-group --json -x").args([own.name()]).user(UID, UID).run();
        assert_eq!(document(&output)["summary"]["signalled"], 1);
        assert_eq!(own.received().expect("it lives").len(), 1);
        let roots = part(0);
        let output = pkill("-USR1 --whole-group --json -x").args([roots.name()]).user(UID, UID).run();
        let report: Value = serde_json::from_str(&output.out()).expect("a document");
        assert_eq!((output.status, &report["summary"]["refused"]), (1, &json!(1)), "{output:?}");
        // A group of both: the shell that leads it is the user's, one of its children is root's by set-user-ID.
        let dir = Dir::new();
        let spawn = format!(
            "#!/bin/sh\nsetpriv --reuid={UID} --regid={UID} --clear-groups {0} 1000 &\n{1} 1000 &\nwait\n",
            dir.copy("/usr/bin/sleep".as_ref(), "users").display(),
            dir.copy("/usr/bin/sleep".as_ref(), "roots").display(),
        );
        let mut command = std::process::Command::new(dir.script("mixed", &spawn));
        let mut child = command.process_group(0).spawn().expect("start a script");
        eventually("both", || ["users", "roots"].iter().all(|name| pids(name).len() == 1));
        // CONT may be sent to every process of the caller's session (kill(2)), to which signal 0 may not.
        let output = pkill("-CONT --whole-group --json -x users").user(UID, UID).run();
        assert_eq!(document(&output)["summary"]["signalled"], 3, "{output:?}");
        let output = pkill("--whole-group --wait --json -x users").user(UID, UID).run();
        let report: Value = serde_json::from_str(&output.out()).expect("a document");
        let summary = &report["summary"];
        assert_eq!((&summary["exited"], &summary["refused"]), (&json!(1), &json!(2)), "{report}");
        assert_eq!(output.err().matches("failed: Operation not permitted (").count(), 2, "{output:?}");
        child.kill().expect("kill");
        child.wait().expect("wait");
    });
}

#[test]
fn a_group_with_wait_dry_run_and_other_options() {
    namespace(|| {
        let mut family = Family::start(&PLAN);
        let group = family.root();
        let rows = pkill("--dry-run --whole-group -x three").run().rows();
        let why = format!("in process group {group}");
        assert_eq!(rows.iter().filter(|row| row[3] == "terminate" && row[4] == why).count(), 3, "{rows:?}");
        let output = pkill("--max 3 --whole-group -x three").run();
        assert!(output.status == 4 && output.err().contains("4 processes match"), "{output:?}");
        for program in ["pgrep", "pidwait"] {
            let output = Run::ours(program).args(["--whole-group", "-x", "three"]).run();
            assert!(output.status == 2 && output.err().contains("is an option of pkill only"), "{output:?}");
        }
        let report = document(&pkill("-STOP --whole-group --json -x three").run());
        assert_eq!(report["summary"]["signalled"], 4);
        eventually("all have stopped", || ALL.iter().all(|name| stat_field(pid(name), 3) == "T"));
        let report = document(&pkill("-CONT --whole-group --tree --freeze --json -x two").run());
        assert_eq!(report["summary"]["signalled"], 4);
        eventually("all go on", || ALL.iter().all(|name| stat_field(pid(name), 3) == "S"));
        let report = document(&pkill("--whole-group --tree --freeze --wait --json -x two").run());
        assert_eq!(report["summary"]["exited"], 4, "{report}");
        family.wait();
        gone(&ALL);
    });
}

/// `--interactive` asks once for a group, and names a match in it.
#[test]
fn one_question_for_a_group() {
    namespace(|| {
        for (answer, outcome, status) in [(&b"n\n"[..], "skipped", 1), (b"y\n", "signalled", 0)] {
            let mut family = Family::start(&PLAN);
            let (group, one) = (family.root(), pid("one"));
            let mut command = tracer::ours("pkill");
            command.args(["--json", "--interactive", "--whole-group", "-KILL", "-x", "one"]);
            let mut terminal = tracer::on_terminal(&mut command);
            let child = command.spawn().expect("start pkill");
            let said = next_question(&mut terminal);
            let expected = format!("send KILL to process group {group}: {one} root ");
            assert!(said.starts_with(&expected) && said.contains(", and 3 more?"), "{said}");
            terminal.write_all(answer).expect("answer");
            let output = child.wait_with_output().expect("wait");
            let report: Value = serde_json::from_slice(&output.stdout).expect("a document");
            let targets = report["targets"].as_array().expect("targets");
            assert!(targets.len() == 4 && targets.iter().all(|one| one["outcome"] == outcome), "{report}");
            assert_eq!(output.status.code(), Some(status));
            if outcome == "skipped" {
                assert!(ALL.iter().all(|name| pids(name).len() == 1));
                assert_eq!(pkill("-KILL --whole-group one").run().status, 0);
            }
            family.wait();
            gone(&ALL);
        }
    });
}

//! A PID is reused while pkill runs. pkill is stopped at each system call that it makes after it has first read
//! the victim; there the victim is killed and reaped, and a bystander gets its PID. At every call, the
//! bystander gets no signal, and pkill's report of the victim is true. `RACE_EVERY=N` tries one schedule of N.

mod calls;
mod questions;
mod schedule;

use std::path::Path;

use serde_json::Value;

use self::calls::opens_proc;
pub(crate) use self::calls::{is_look, is_signal};
use self::schedule::{Case, Stage, bystander_part, case, inode, swaps};
use crate::support::kernel::signals_groups;
use crate::support::pids::{LAST_PID, next_is, successor, with_pid};
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{eventually, family, namespace, need, need_file, stat_field};

/// A case in which no pidfd can send.
fn by_id(args: &'static str, forbidden: &'static [(i64, i32)]) -> Case {
    Case { forbidden, by_id: true, ..case(args) }
}

fn all_hold(cases: &[Case]) {
    let Some(mut stage) = Stage::new() else { return };
    cases.iter().for_each(|case| case.hold(&mut stage));
}

#[test]
fn found_by_pattern() {
    namespace(|| {
        all_hold(&[
            case("--json -USR1 {name}"),
            case("--json -USR1 -x {name}"),
            case("--json -USR1 -f {name}"),
            case("--json -USR1 -q 5 {name}"),
            case("--json -USR1 {name} --cwd / --rss 1 --younger 1d --no-zombies --not bystander"),
            case("--json -USR1 --dry-run {name}"),
        ]);
    });
}

#[test]
fn found_by_age_or_owner() {
    namespace(|| {
        all_hold(&[
            case("--json -USR1 -n {name}"),
            case("--json -USR1 -o {name}"),
            case("--json -USR1 -u {uid}"),
            case("--json -USR1 -U {uid}"),
            case("--json -USR1 -s {session}"),
            case("--json -USR1 -g {session}"),
        ]);
    });
}

#[test]
fn named_by_pid() {
    namespace(|| all_hold(&[case("--json -USR1 -p {pid}"), case("--json -USR1 -F {pidfile}")]));
}

/// The token is older than pkill, so that the process that it names is none but the victim.
#[test]
fn named_by_token() {
    namespace(|| {
        all_hold(&[
            case("--json -USR1 -p {pid}@{start}"),
            case("--json -USR1 -p {pid}{inode}"),
            case("--json -USR1 --tree -p {pid}{inode}"),
        ]);
    });
}

/// What pgrep prints is the token of the victim, which matches, with what was read of the victim; or nothing.
#[test]
fn a_printed_token() {
    namespace(|| {
        let Some(mut stage) = Stage::new() else { return };
        for args in ["--id -x {name}", "--id -n --tree {name}", "--id -a --read-timeout 0 {name}"] {
            for (tried, swap) in swaps(0).enumerate() {
                let mut victim = Some(stage.victim());
                let found = victim.as_ref().expect("a victim");
                let label = if args.contains("-a") { format!(" {}", found.name()) } else { String::new() };
                let (pid, line) = (found.pid(), format!("{}{}{label}\n", found.pid(), inode(found)));
                let mut command = tracer::ours("pgrep");
                command.args(args.replace("{name}", found.name()).split(' '));
                next_is(30_000);
                let mut program = Traced::start(command);
                let (mut looks, mut bystander) = (None, None);
                let status = loop {
                    match program.next() {
                        Stop::Entry(call) if !call.may_see_a_process() => {}
                        Stop::Entry(call) => {
                            if looks.is_none() && is_look(&program, call, pid) {
                                looks = Some(0);
                            }
                            if looks == Some(swap) {
                                drop(victim.take());
                                bystander = Some(with_pid(pid, bystander_part()));
                            }
                            looks = looks.map(|looks| looks + 1);
                        }
                        Stop::Exit(..) => {}
                        Stop::Ended(status) => break status,
                    }
                };
                let (out, err) = program.written();
                assert!(out.is_empty() || out == line, "{args} at {swap}: {out}, not {line}");
                assert_eq!(
                    (status, err.as_str()),
                    (i32::from(out.is_empty()), ""),
                    "{args} at {swap}: {out}"
                );
                if bystander.is_none() {
                    assert_eq!(out, line, "{args}");
                    println!("{args}: {tried} schedules");
                    break;
                }
            }
        }
    });
}

/// The start time cannot distinguish a successor from a process that was named by its ID. The pidfd that was opened
/// before the process was examined can.
#[test]
fn a_successor_from_the_same_clock_tick() {
    namespace(|| {
        let same_tick = |args| Case { same_tick: true, ..case(args) };
        all_hold(&[
            same_tick("--json -USR1 -p {pid}"),
            same_tick("--json -USR1 -F {pidfile}"),
            same_tick("--json -USR1 --timeout 0.02 -p {pid}"),
        ]);
    });
}

/// Where all are pinned before the first one is signalled, each is read several times.
#[test]
fn one_of_a_family_or_group() {
    namespace(|| {
        // Before Linux 6.9, no pidfd can send to a group.
        let group = |args| Case { leads: true, by_id: !signals_groups(), ..case(args) };
        all_hold(&[
            case("--json -USR1 --ancestor 1 {name}"),
            case("--json -USR1 --tree {name}"),
            case("--json -USR1 --freeze {name}"),
            case("--json -USR1 --tree --freeze -p {pid}"),
            Case { starved: true, ..case("--json -USR1 --tree {name}") },
            group("--json -USR1 --whole-group {name}"),
            // Nor can kill(2) with a value, so that each member gets it through its own pidfd.
            Case { by_id: false, ..group("--json -USR1 --whole-group --freeze -q 5 -f {name}") },
        ]);
    });
}

/// The PID of a descendant is reused by a process that does not descend from a match, at each call from the first
/// one on that opens a file in /proc.
#[test]
fn a_descendant() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        for args in ["-USR1 --tree --json -x top", "-USR1 --tree --freeze --json -x top"] {
            for (tried, swap) in swaps(0).enumerate() {
                let mut family = family::Family::start(&["top leaf other"]);
                let leaf = family::pid("leaf");
                let mut command = tracer::ours("pkill");
                command.args(args.split(' '));
                let mut program = Traced::start(command);
                let (mut calls, mut swapped, mut sent, mut bystander) = (None, false, false, None);
                let status = loop {
                    match program.next() {
                        Stop::Entry(call) if !call.may_see_a_process() => {}
                        Stop::Entry(call) => {
                            if calls.is_none() && opens_proc(&program, call) {
                                calls = Some(0);
                            }
                            if calls == Some(swap) {
                                let pid = rustix::process::Pid::from_raw(leaf as i32).expect("a PID");
                                // A parent that is stopped, or has exited, does not reap.
                                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                                let there = || Path::new(&format!("/proc/{leaf}")).exists();
                                let stopped = || ["T", "Z"].contains(&stat_field(family.root(), 3).as_str());
                                eventually("reaped", || !there() || stopped());
                                if !there() {
                                    bystander = Some((successor(leaf, bystander_part), sent));
                                }
                                swapped = true;
                                program.run_free();
                            }
                            sent |= is_signal(call);
                            calls = calls.map(|calls| calls + 1);
                        }
                        Stop::Exit(..) => {}
                        Stop::Ended(status) => break status,
                    }
                };
                let (out, err) = program.written();
                let what = format!("{args} at {swap}: {out}{err}");
                assert!(status == 0 && err.is_empty(), "{what}");
                if let Some((mut bystander, sent)) = bystander {
                    assert_eq!(bystander.received(), Some(vec![]), "{what}");
                    let report: Value = serde_json::from_str(&out).expect("a document");
                    let mut targets = report["targets"].as_array().expect("targets").iter();
                    let reported = targets.find(|target| target["pid"] == leaf);
                    let gone = reported
                        .is_none_or(|one| one["outcome"] == "gone" || one["outcome"] == "no_longer_matches");
                    assert!(gone || sent, "{what}");
                }
                family.wait();
                if !swapped {
                    println!("{args}: {tried} schedules");
                    break;
                }
            }
        }
    });
}

/// For a later signal, targets without a pidfd are found by PID and start time.
const ESCALATION: &str = "--json -USR1 --escalate 0.01:WINCH --timeout 0.02 {name}";

#[test]
fn signalled_twice() {
    const OPEN: i64 = libc::SYS_pidfd_open;
    namespace(|| {
        all_hold(&[
            case(ESCALATION),
            Case { forbidden: &[(OPEN, libc::ENOSYS)], ..case(ESCALATION) },
            Case { forbidden: &[(OPEN, libc::ENOSYS)], starved: true, ..case(ESCALATION) },
            Case { starved: true, ..case("--json -USR1 {name}") },
        ]);
    });
}

#[test]
fn asked_about() {
    namespace(|| all_hold(&[case("--json -USR1 --interactive {name}")]));
}

/// What is on the list is held from before that is shown.
#[test]
fn chosen() {
    namespace(|| {
        all_hold(&[
            case("--json -USR1 --choose {name}"),
            Case { same_tick: true, ..case("--json -USR1 --choose -p {pid}") },
            case("--json -USR1 --choose --wait --timeout 0 {name}"),
            Case { starved: true, ..case("--json -USR1 --choose {name}") },
            Case {
                forbidden: &[(libc::SYS_pidfd_open, libc::ENOSYS)],
                ..case("--json -USR1 --choose {name}")
            },
        ]);
    });
}

/// Older kernels, and the filters of containers.
#[test]
fn without_pidfds() {
    const OPEN: i64 = libc::SYS_pidfd_open;
    const SEND: i64 = libc::SYS_pidfd_send_signal;
    namespace(|| {
        let args = "--json -USR1 {name}";
        all_hold(&[
            Case { forbidden: &[(OPEN, libc::ENOSYS)], ..case(args) },
            Case { forbidden: &[(OPEN, libc::EPERM)], ..case("--json -USR1 -p {pid}") },
            by_id(args, &[(SEND, libc::ENOSYS)]),
            by_id("--json -USR1 -q 5 {name}", &[(SEND, libc::EPERM)]),
            by_id(args, &[(OPEN, libc::ENOSYS), (SEND, libc::ENOSYS)]),
        ]);
    });
}

/// The same schedules hit the bystander if the signal is sent to the PID.
#[test]
fn a_program_without_handles_hits_the_bystander() {
    namespace(|| {
        if !need("pkill") {
            return;
        }
        let Some(mut stage) = Stage::new() else { return };
        for args in ["-USR1 {name}", "-USR1 -f {name}"] {
            let hit = (0..).map(|swap| case(args).run(Path::new("/usr/bin/pkill"), &mut stage, swap));
            let hit = hit.take_while(|seen| seen.swapped_at.is_some()).find(|seen| !seen.received.is_empty());
            assert!(hit.is_some(), "{args}: no schedule shows the race, so the others prove nothing");
        }
    });
}

//! A PID is reused while pkill runs. pkill is stopped at each system call that it makes after it has first read
//! the victim; there the victim is killed and reaped, and a bystander gets its PID. At every call, the
//! bystander gets no signal, and pkill's report of the victim is true.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::asked::Asked;
use crate::support::clock::until_older_than_now;
use crate::support::family;
use crate::support::kernel::pidfd_inode;
use crate::support::pids::{LAST_PID, next_is, successor, with_pid};
use crate::support::tracer::{self, Call, Stop, Traced};
use crate::support::{Dir, Spec, Victim, eventually, namespace, need, need_file, stat_field};

/// The signal of all cases that name no other: the process that gets it records it.
const SIGNAL: i32 = libc::SIGUSR1;

/// A command line, and the conditions of its run.
struct Case {
    /// `{name}`, `{pid}` and `{uid}` are the victim's; so are `{session}`, which it leads, and `{pidfile}`.
    args: &'static str,
    /// Calls that fail.
    forbidden: &'static [(i64, i32)],
    /// No pidfd can send, so the last step is kill(2), by PID.
    by_id: bool,
    /// From the swap on, only one descriptor is free.
    starved: bool,
    /// The bystander leads a session and a process group, like the victim: their IDs are reused too.
    leads: bool,
    /// In /proc, the bystander started in the same clock tick as the victim.
    same_tick: bool,
}

fn case(args: &'static str) -> Case {
    Case { args, forbidden: &[], by_id: false, starved: false, leads: false, same_tick: false }
}

/// A supply of victims, which age while others are used.
struct Stage {
    victims: VecDeque<Victim>,
    next_pid: u32,
    dir: Dir,
}

impl Stage {
    /// None if PIDs cannot be chosen.
    fn new() -> Option<Self> {
        need_file(LAST_PID).then(|| Stage { victims: VecDeque::new(), next_pid: 20_000, dir: Dir::new() })
    }

    /// A victim that differs from its successor in its start time, which is in clock ticks of 10 ms.
    fn victim(&mut self) -> Victim {
        while self.victims.len() < 6 {
            // Below the PIDs before it: the scan has read the remaining ones when it reaches the victim.
            self.next_pid -= 1;
            let uid = uid(self.next_pid);
            let part = Victim::spec().catch(SIGNAL).session().uids(uid, uid, uid);
            self.victims.push_back(with_pid(self.next_pid, part));
        }
        let victim = self.victims.pop_front().expect("one of six");
        until_older_than_now(victim.pid());
        victim
    }
}

/// Each waiting victim has a different one. These are system users: looking up the names of others takes long.
fn uid(pid: u32) -> u32 {
    1 + pid % 9
}

/// Another name, session, group and user; catches all signals that can be caught.
fn bystander_part() -> Spec {
    (1..=64).fold(Victim::named("bystander"), Spec::catch)
}

/// The result of one schedule.
#[derive(Debug)]
struct Seen {
    /// The call at the entry of which the PID was reused; none if the program exited before.
    swapped_at: Option<Call>,
    /// The scan was over by then: pkill had called pidfd_open(2) for the victim.
    matched_before: bool,
    /// A signal had been sent by then.
    sent_before: bool,
    /// The number of signals that were sent; signal 0 is not counted.
    sent: usize,
    status: i32,
    out: String,
    err: String,
    /// The signals that the bystander got, or the victim if its PID was not reused.
    received: Vec<i32>,
}

impl Case {
    fn program(&self, path: &Path, victim: &Victim, dir: &Dir) -> Traced {
        let pid = victim.pid().to_string();
        let pidfile = dir.file("pidfile", &pid);
        let args = self
            .args
            .replace("{name}", victim.name())
            .replace("{pid}", &pid)
            .replace("{uid}", &uid(victim.pid()).to_string())
            .replace("{session}", &pid)
            .replace("{inode}", &inode(victim))
            .replace("{start}", &stat_field(victim.pid(), 22))
            .replace("{pidfile}", pidfile.to_str().expect("UTF-8"));
        let mut command = tracer::command(path);
        command.args(args.split(' '));
        tracer::forbid(&mut command, self.forbidden);
        let terminal = tracer::on_terminal(&mut command);
        next_is(30_000);
        let mut traced = Traced::start(command);
        traced.keep(terminal);
        traced
    }

    /// Makes the PID be reused at call number `swap` after the victim was first read.
    fn run(&self, path: &Path, stage: &mut Stage, swap: usize) -> Seen {
        let mut victim = Some(stage.victim());
        let pid = victim.as_ref().expect("a victim").pid();
        let start_time = stat_field(pid, 22);
        let mut bystander = None;
        let mut program = self.program(path, victim.as_ref().expect("a victim"), &stage.dir);
        let (mut looks, mut matched, mut sent) = (None, false, 0);
        let (mut swapped_at, mut matched_before, mut sent_before) = (None, false, false);
        let mut named = usize::from(["{pid", "{session"].iter().any(|id| self.args.contains(id)));
        let status = loop {
            match program.next() {
                Stop::Entry(call) if !call.may_see_a_process() => {}
                Stop::Entry(call) => {
                    if call.number == libc::SYS_read && program.is_terminal(call.args[0]) {
                        let answer: &[u8] = if self.args.contains("--choose") { b"1\n" } else { b"y\n" };
                        program.terminal().write_all(answer).expect("an answer");
                    }
                    if looks.is_none() && is_look(&program, call, pid) {
                        looks = Some(0);
                    }
                    // A process that is named by an ID is opened before the scan, and then pinned by a
                    // copy of that descriptor. Under -U and --ancestor, a pidfd reports the UID and the parent.
                    let opens = call.number == libc::SYS_pidfd_open && call.args[0] == u64::from(pid);
                    let copies = self.args.contains("{pid")
                        && call.number == libc::SYS_fcntl
                        && call.args[1] == libc::F_DUPFD_CLOEXEC as u64
                        && !program.is_terminal(call.args[0]);
                    let is_held = opens && named > 0;
                    named -= usize::from(is_held);
                    let pins = opens && !is_held || copies;
                    matched |=
                        pins && !["-U ", "--ancestor "].iter().any(|option| self.args.contains(option));
                    if let Some(looks) = &mut looks {
                        if *looks == swap {
                            drop(victim.take());
                            let part = bystander_part();
                            let part = if self.leads { part.session() } else { part };
                            bystander = Some(with_pid(pid, part));
                            if self.starved {
                                program.leave_one_descriptor();
                            }
                            (swapped_at, matched_before, sent_before) = (Some(call), matched, sent > 0);
                        }
                        *looks += 1;
                    }
                }
                Stop::Exit(call, 0) if is_signal(call) => sent += 1,
                Stop::Exit(call, result) if self.same_tick && bystander.is_some() => {
                    replace_start_time(&program, call, result, pid, &start_time);
                }
                Stop::Exit(..) => {}
                Stop::Ended(status) => break status,
            }
        };
        assert!(looks.is_some(), "{}: it never read the victim: {:?}", self.args, program.written());
        let (out, err) = program.written();
        let mut target = bystander.or(victim).expect("one of them");
        let received = target.received().expect("it lives, for it catches the signal");
        let received = received.iter().map(|one| one.signal).collect();
        Seen { swapped_at, matched_before, sent_before, sent, status, out, err, received }
    }

    /// Every schedule.
    fn hold(&self, stage: &mut Stage) {
        let ours = Path::new(env!("CARGO_BIN_EXE_pkill"));
        let dry = self.args.contains("--dry-run");
        for swap in self.first_swap().. {
            let seen = self.run(ours, stage, swap);
            let what = format!("{} at {swap}: {seen:?}", self.args);
            if self.starved && seen.swapped_at.is_some() {
                assert!(seen.received.is_empty(), "the bystander was hit: {what}");
                continue;
            }
            let report: Value = serde_json::from_str(&seen.out).unwrap_or_else(|why| panic!("{why}: {what}"));
            let targets = report["targets"].as_array().expect("targets");
            let outcome = targets.first().map(|target| target["outcome"].as_str().expect("a word"));
            let last_step = seen.swapped_at.is_some_and(|call| call.is_by_id());
            let may_explain = seen.status == 5 || self.args.contains("--choose");
            assert!(targets.len() <= 1 && (seen.err.is_empty() || may_explain), "{what}");
            assert!(!dry || seen.sent == 0, "sent in a dry run: {what}");
            match seen.swapped_at {
                // kill(2) itself: the two cannot be distinguished any more, and the report has the manner of sending.
                Some(_) if self.by_id && last_step => {}
                Some(_) => assert!(seen.received.is_empty(), "the bystander was hit: {what}"),
                None => assert_eq!(seen.received, if dry { vec![] } else { vec![SIGNAL] }, "{what}"),
            }
            let undisturbed = seen.swapped_at.is_none();
            let done = match outcome {
                None => {
                    assert!(!seen.matched_before, "not reported: {what}");
                    false
                }
                Some("gone") => false,
                Some("signalled" | "exited" | "still_running") => {
                    assert_eq!(targets[0]["pinned"], !self.by_id, "{what}");
                    assert!(seen.sent_before || undisturbed || last_step, "not sent to it: {what}");
                    true
                }
                Some("would_be_signalled") => {
                    assert!(dry, "{what}");
                    true
                }
                Some(_) => panic!("a wrong outcome: {what}"),
            };
            assert!(done || !seen.sent_before && !undisturbed, "it was sent: {what}");
            // A wait for the victim ends with its exit or with the timeout.
            let waited = done && self.args.contains("--timeout");
            let right = if waited { [0, 5].contains(&seen.status) } else { seen.status == i32::from(!done) };
            assert!(right, "{what}");
            if undisturbed {
                println!("{}: {swap} schedules", self.args);
                return;
            }
        }
    }

    /// If the victim is named by its PID, the process that has the PID when it is first opened is selected: by a
    /// pidfd, or by the file that is read without pidfds. Otherwise the scan reads the bystander and finds no
    /// match.
    fn first_swap(&self) -> usize {
        let names_it = self.args.contains("{pid");
        let looks = if self.forbidden.iter().any(|(call, _)| *call == libc::SYS_pidfd_open) { 2 } else { 1 };
        if names_it { looks } else { 0 }
    }
}

impl Call {
    /// A swap before a call that sees no process is the swap before the next call that may see one.
    fn may_see_a_process(&self) -> bool {
        const OWN_MEMORY: [i64; 7] = [
            libc::SYS_mmap,
            libc::SYS_munmap,
            libc::SYS_mremap,
            libc::SYS_mprotect,
            libc::SYS_madvise,
            libc::SYS_brk,
            libc::SYS_futex,
        ];
        const OWN_DESCRIPTORS: [i64; 4] =
            [libc::SYS_close, libc::SYS_fstat, libc::SYS_fstatfs, libc::SYS_lseek];
        const OWN_STATE: [i64; 6] = [
            libc::SYS_getpid,
            libc::SYS_gettid,
            libc::SYS_prlimit64,
            libc::SYS_rt_sigaction,
            libc::SYS_rt_sigprocmask,
            libc::SYS_getrandom,
        ];
        let flags = self.number == libc::SYS_fcntl && self.args[1] == libc::F_GETFD as u64;
        let own = [&OWN_MEMORY[..], &OWN_DESCRIPTORS, &OWN_STATE].concat();
        !flags && !own.contains(&self.number)
    }

    fn is_by_id(&self) -> bool {
        [libc::SYS_kill, libc::SYS_rt_sigqueueinfo].contains(&self.number)
    }
}

fn opens_proc(program: &Traced, call: Call) -> bool {
    call.number == libc::SYS_openat && program.string(call.args[1]).starts_with(b"/proc")
}

/// Whether the call concerns this PID: by a path in /proc, or by number.
pub(crate) fn is_look(program: &Traced, call: Call, pid: u32) -> bool {
    let by_path = [libc::SYS_openat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_readlinkat];
    let by_number = [libc::SYS_getsid, libc::SYS_getpgid, libc::SYS_pidfd_open, libc::SYS_kill];
    if by_path.contains(&call.number) {
        let path = program.string(call.args[1]);
        let path = path.strip_prefix(b"/proc/").unwrap_or(&path);
        path.split(|&b| b == b'/').next() == Some(pid.to_string().as_bytes())
    } else {
        by_number.contains(&call.number) && call.args[0] == u64::from(pid)
    }
}

/// If the call has read /proc/PID/stat of this process, replaces the start time in it (field 22 of proc_pid_stat(5)).
/// Starting two processes within a clock tick cannot be forced.
fn replace_start_time(program: &Traced, call: Call, result: i64, pid: u32, start_time: &str) {
    let length = usize::try_from(result).unwrap_or(0);
    if ![libc::SYS_read, libc::SYS_pread64].contains(&call.number) || length == 0 {
        return;
    }
    let text = program.bytes(call.args[1], length);
    if !text.starts_with(format!("{pid} (").as_bytes()) {
        return;
    }
    let name_end = text.iter().rposition(|&byte| byte == b')').expect("a name in parentheses");
    let spaces = (name_end..length).filter(|&at| text[at] == b' ');
    let [start, end] = spaces.skip(22 - 3).take(2).collect::<Vec<_>>()[..] else {
        panic!("22 fields: {text:?}")
    };
    assert_eq!(end - start - 1, start_time.len(), "{start_time} does not fit");
    program.overwrite(call.args[1] + start as u64 + 1, start_time.as_bytes());
}

/// Whether the call sends a signal: signal 0 is none, and STOP and CONT of `--freeze` are not the user's.
pub(crate) fn is_signal(call: Call) -> bool {
    let sends = [libc::SYS_kill, libc::SYS_rt_sigqueueinfo, libc::SYS_pidfd_send_signal];
    let none = [0, libc::SIGSTOP as u64, libc::SIGCONT as u64];
    sends.contains(&call.number) && !none.contains(&call.args[1])
}

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
            for swap in 0.. {
                let mut victim = Some(stage.victim());
                let found = victim.as_ref().expect("a victim");
                let label = if args.contains("-a") { format!(" {}", found.name()) } else { String::new() };
                let (pid, line) = (found.pid(), format!("{}{}{label}\n", found.pid(), inode(found)));
                let mut command = tracer::command(env!("CARGO_BIN_EXE_pgrep"));
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
                    println!("{args}: {swap} schedules");
                    break;
                }
            }
        }
    });
}

/// What follows the PID in the token of the process.
fn inode(victim: &Victim) -> String {
    match pidfd_inode(victim.pidfd()) {
        Some(inode) => format!(":{inode}"),
        None => format!("@{}", stat_field(victim.pid(), 22)),
    }
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
        all_hold(&[
            case("--json -USR1 --ancestor 1 {name}"),
            case("--json -USR1 --tree {name}"),
            case("--json -USR1 --freeze {name}"),
            case("--json -USR1 --tree --freeze -p {pid}"),
            Case { starved: true, ..case("--json -USR1 --tree {name}") },
            Case { leads: true, ..case("--json -USR1 --whole-group {name}") },
            Case { leads: true, ..case("--json -USR1 --whole-group --freeze -q 5 -f {name}") },
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
            for swap in 0.. {
                let mut family = family::Family::start(&["top leaf other"]);
                let leaf = family::pid("leaf");
                let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
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
                    println!("{args}: {swap} schedules");
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

/// While a question is asked, anything may happen to the process in it.
#[test]
fn an_answer_that_comes_too_late() {
    namespace(|| {
        let Some(mut stage) = Stage::new() else { return };
        let victim = stage.victim();
        let pid = victim.pid();
        let mut asked = Asked::start(&[victim.name()]);
        asked.question();
        drop(victim);
        let mut bystander = with_pid(pid, bystander_part());
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["gone".into()], 1));
        assert_eq!(bystander.received(), Some(vec![]));

        // It becomes another program.
        let script = stage.dir.script("becomes", "#!/bin/sh\nread line && exec cat\n");
        let mut process = Command::new(script).stdin(Stdio::piped()).spawn().expect("start a script");
        let comm = format!("/proc/{}/comm", process.id());
        let is = |name: &str| std::fs::read_to_string(&comm).is_ok_and(|comm| comm.trim_end() == name);
        until_older_than_now(process.id());
        let mut asked = Asked::start(&["becomes"]);
        asked.question();
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(b"go on\n").expect("write");
        eventually("it has become another", || is("cat"));
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["no_longer_matches".into()], 1));
        drop(stdin);
        assert_eq!(process.wait().expect("wait").code(), Some(0), "it was not signalled");

        // It closes the port.
        let script = stage.dir.script("gives-up", "#!/bin/sh\nread line && exec >/dev/null; read line\n");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port().to_string();
        let mut command = Command::new(script);
        command.stdin(Stdio::piped()).stdout(std::os::fd::OwnedFd::from(socket));
        let mut process = command.spawn().expect("start a script");
        drop(command);
        until_older_than_now(process.id());
        let mut asked = Asked::start(&["--port", &port]);
        asked.question();
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(b"go on\n").expect("write");
        let stdout = format!("/proc/{}/fd/1", process.id());
        let leads_to = |path: &str| std::fs::read_link(&stdout).is_ok_and(|target| target == Path::new(path));
        eventually("it has given up the port", || leads_to("/dev/null"));
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["no_longer_matches".into()], 1));
        drop(stdin);
        assert_eq!(process.wait().expect("wait").code(), Some(1), "it was not signalled");
    });
}

#[test]
fn every_answer() {
    namespace(|| {
        let Some(mut stage) = Stage::new() else { return };
        // To three targets; the end of the input (^D at the beginning of a line) is like q.
        for (answers, fates, status) in [
            ("y\nn\ny\n", [true, false, true], 0),
            ("n\nn\nn\n", [false, false, false], 1),
            ("n\na\n", [false, true, true], 0),
            ("YES\nAll\n", [true, true, true], 0),
            ("y\nq\n", [true, false, false], 0),
            ("q\n", [false, false, false], 1),
            ("\x04", [false, false, false], 1),
            ("y\n\x04", [true, false, false], 0),
            ("yess\nwhat?\n\u{fc}\ny\n\nno\n", [true, false, false], 0),
        ] {
            let first = stage.victim();
            let name = first.name().to_owned();
            let like = || Victim::named(&name).catch(SIGNAL).spawn();
            let mut victims = [first, like(), like()];
            victims.sort_by_key(Victim::pid);
            let mut asked = Asked::start(&["-x", &name]);
            let question = asked.question();
            let parts = [name.as_str(), &victims[0].pid().to_string(), "USR1"];
            assert!(parts.iter().all(|word| question.contains(word)), "{question:?}");
            for (at, answer) in answers.split_inclusive(['\n', '\x04']).enumerate() {
                if at > 0 {
                    asked.question();
                }
                asked.answer(answer);
            }
            let wanted = |signalled| if signalled { "signalled" } else { "skipped" }.to_owned();
            assert_eq!(asked.end(), (fates.map(wanted).to_vec(), status), "{answers:?}");
            let received = victims.each_mut().map(|victim| victim.received().expect("it lives").len());
            assert_eq!(received, fates.map(usize::from), "{answers:?}");
        }
    });
}

#[test]
fn a_question_needs_a_terminal() {
    let mut victim = Victim::spec().catch(SIGNAL).spawn();
    let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
    command.args(["-USR1", "--interactive", "-x", victim.name()]);
    tracer::without_terminal(&mut command);
    let output = command.output().expect("run pkill");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("pkill: ") && err.contains("terminal") && err.contains("--help"), "{err}");
    assert_eq!((output.stdout.len(), victim.received()), (0, Some(vec![])));
}

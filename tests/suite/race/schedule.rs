//! One run with a PID that is reused at one system call, and all of them for a command line.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::calls::{is_look, is_signal};
use crate::support::clock::until_older_than_now;
use crate::support::kernel::pidfd_inode;
use crate::support::pids::{LAST_PID, next_is, with_pid};
use crate::support::tracer::{self, Call, Stop, Traced};
use crate::support::{Dir, Spec, Victim, executable, need_file, stat_field};

/// The signal of all cases that name no other: the process that gets it records it.
pub(super) const SIGNAL: i32 = libc::SIGUSR1;

/// A command line, and the conditions of its run.
pub(super) struct Case {
    /// `{name}`, `{pid}` and `{uid}` are the victim's; so are `{session}`, which it leads, and `{pidfile}`.
    pub(super) args: &'static str,
    /// Calls that fail.
    pub(super) forbidden: &'static [(i64, i32)],
    /// No pidfd can send, so the last step is kill(2), by PID.
    pub(super) by_id: bool,
    /// From the swap on, only one descriptor is free.
    pub(super) starved: bool,
    /// The bystander leads a session and a process group, like the victim: their IDs are reused too.
    pub(super) leads: bool,
    /// In /proc, the bystander started in the same clock tick as the victim.
    pub(super) same_tick: bool,
}

pub(super) fn case(args: &'static str) -> Case {
    Case { args, forbidden: &[], by_id: false, starved: false, leads: false, same_tick: false }
}

/// A supply of victims, which age while others are used.
pub(super) struct Stage {
    victims: VecDeque<Victim>,
    next_pid: u32,
    pub(super) dir: Dir,
}

impl Stage {
    /// None if PIDs cannot be chosen.
    pub(super) fn new() -> Option<Self> {
        need_file(LAST_PID).then(|| Stage { victims: VecDeque::new(), next_pid: 20_000, dir: Dir::new() })
    }

    /// A victim that differs from its successor in its start time, which is in clock ticks of 10 ms.
    pub(super) fn victim(&mut self) -> Victim {
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
pub(super) fn bystander_part() -> Spec {
    (1..=64).fold(Victim::named("bystander"), Spec::catch)
}

/// The result of one schedule.
#[derive(Debug)]
pub(super) struct Seen {
    /// The call at the entry of which the PID was reused; none if the program exited before.
    pub(super) swapped_at: Option<Call>,
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
    pub(super) received: Vec<i32>,
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
    pub(super) fn run(&self, path: &Path, stage: &mut Stage, swap: usize) -> Seen {
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
    pub(super) fn hold(&self, stage: &mut Stage) {
        let ours = executable("pkill");
        let dry = self.args.contains("--dry-run");
        for (tried, swap) in swaps(self.first_swap()).enumerate() {
            let seen = self.run(Path::new(&ours), stage, swap);
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
                println!("{}: {tried} schedules", self.args);
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

/// The calls at which the PID is reused: every one, or with `RACE_EVERY=N` in the environment one of N, for machines on
/// which all take too long.
pub(super) fn swaps(first: usize) -> impl Iterator<Item = usize> {
    let every = std::env::var("RACE_EVERY").map_or(1, |text| text.parse().expect("RACE_EVERY is a number"));
    (first..).step_by(every)
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
    // The successor's may have one digit more, such as 1,000 seconds after the boot.
    let padded = format!("{start_time:0>width$}", width = end - start - 1);
    assert_eq!(end - start - 1, padded.len(), "{start_time} does not fit");
    program.overwrite(call.args[1] + start as u64 + 1, padded.as_bytes());
}

/// What follows the PID in the token of the process.
pub(super) fn inode(victim: &Victim) -> String {
    match pidfd_inode(victim.pidfd()) {
        Some(inode) => format!(":{inode}"),
        None => format!("@{}", stat_field(victim.pid(), 22)),
    }
}

//! The processes that the lines are run among. Each has a PID of its own, always the same, so that what both programs
//! print can be compared byte by byte.

use std::fs::File;

use rustix::process::Signal;

use crate::support::{Dir, NOBODY, Reaction, Spec, Victim, cgroup, eventually, pids, stat_field};

/// The PID of the process with this place. Between two there is room for threads.
const fn pid(at: u32) -> u32 {
    100 + 10 * at
}

/// The PID of the program itself.
pub const PROGRAM: u32 = 1000;

pub struct Scene {
    victims: Vec<Victim>,
    dir: Dir,
    _locked: File,
    cgroup: String,
}

/// What has to be done to a process when it has started.
#[derive(PartialEq)]
enum Then {
    Nothing,
    End,
    Stop,
}

const COUNT: u32 = 15;

/// The process with this place in the order of PIDs.
fn part(at: u32) -> (Spec, Then) {
    let named = Victim::named;
    let spec = match at {
        0 => catches_all(named("alpha").arg("one two").arg("three")),
        1 => named("alpha"),
        2 => catches_all(named("beta").arg("x\ny").arg("a\tb").arg("z\x01w")).owned_by(NOBODY),
        3 => catches_all(named("gam\x1bma").arg("caf").arg("it's $HOME")),
        4 => catches_all(named("thready").thread("worker").thread("alpha")),
        5 => return (named("zed"), Then::End),
        6 => catches_all(named("leader").arg("--").arg("")).terminal(),
        7 => catches_all(named("overwrit").arg("overwritten").arguments_of_nul()),
        8 => return (named("stopped").catch(libc::SIGHUP).catch(libc::SIGCONT), Then::Stop),
        9 => catches_all(named("(sd) x").arg("-")),
        10 => catches_all(named("a-very-long-name-of-it")),
        11 => catches_all(named("envy").env("FOO", "bar").env("EMPTY", "")),
        12 => catches_all(named("apart").group().unshare(&["uts"])),
        13 => named("setuid").ignore(libc::SIGTERM).gids(NOBODY, 0, 0).uids(NOBODY, 0, 0).dumpable(),
        14 => catches_all(named("bare").without_arguments()),
        _ => unreachable!("there are {COUNT}"),
    };
    (spec, Then::Nothing)
}

fn catches_all(spec: Spec) -> Spec {
    let can_be_caught = |signal: &i32| ![libc::SIGKILL, libc::SIGSTOP, 32, 33].contains(signal);
    (1..=64).filter(can_be_caught).fold(spec, Spec::catch)
}

fn start(at: u32) -> Victim {
    let (spec, then) = part(at);
    let mut victim = pids::with_pid(pid(at), spec);
    match then {
        Then::Nothing => {}
        Then::End => victim.make_zombie(),
        Then::Stop => victim.stop(),
    }
    victim
}

impl Scene {
    pub fn new() -> Self {
        let dir = Dir::new();
        for (name, text) in [
            ("good", "120\n"),
            ("bad", "no number\n"),
            ("nul", "130\0\0\0"),
            ("lines", "100\n110\n"),
            ("negative", "-120\n"),
            ("zero", "0\n"),
            ("empty", ""),
            ("locked", "  210 and more\n"),
            ("blank", "\n\n"),
            ("second", "\n100\n"),
            ("huge", "99999999999999999999\n"),
            ("glued", "120x\n"),
            ("stdin", "100\n"),
        ] {
            dir.file(name, text);
        }
        let locked = File::open(dir.path().join("locked")).expect("the file");
        rustix::fs::flock(&locked, rustix::fs::FlockOperation::LockExclusive).expect("flock");
        let victims = (0..COUNT).map(start).collect();
        Scene { victims, dir, _locked: locked, cgroup: cgroup("self").unwrap_or_default() }
    }

    /// The word with what is only known here.
    pub fn fill(&self, word: &str) -> String {
        let terminal = self.victims.iter().find_map(Victim::terminal_name).expect("the leader's");
        let dir = self.dir.path().to_str().expect("UTF-8");
        word.replace("{dir}", dir).replace("{tty}", terminal).replace("{cgroup}", &self.cgroup)
    }

    /// The standard input of a program.
    pub fn stdin(&self) -> File {
        File::open(self.dir.path().join("stdin")).expect("the file")
    }

    /// The process with this PID, unless it has exited.
    pub fn victim(&mut self, pid: u32) -> Option<&mut Victim> {
        self.victims.iter_mut().find(|victim| victim.pid() == pid && !victim.is_zombie())
    }

    /// Makes the order of start times that of the PIDs.
    pub fn sort_by_age(&mut self) {
        let ticks = |victim: &Victim| stat_field(victim.pid(), 22).parse::<u64>().expect("a start time");
        if !self.victims.is_sorted_by_key(ticks) {
            self.victims.clear();
            self.victims = (0..COUNT).map(start).collect();
        }
    }

    /// Waits until none runs.
    pub fn wait_until_idle(&self) {
        eventually("all sleep", || self.victims.iter().all(|victim| stat_field(victim.pid(), 3) != "R"));
    }

    /// What the signals have done to each, as far as they have; afterwards all are as they were.
    pub fn restore(&mut self) -> Vec<String> {
        let mut fates = vec![];
        for (at, victim) in (0..).zip(&mut self.victims) {
            if victim.is_zombie() {
                continue;
            }
            let was_stopped = part(at).1 == Then::Stop;
            let fate = match victim.react() {
                Reaction::Ended(signal) => format!("killed by {signal}"),
                Reaction::Stopped if was_stopped => match pending(victim.pid()) {
                    signals if signals.is_empty() => String::new(),
                    signals => format!("has pending {signals}"),
                },
                Reaction::Stopped => "stopped".into(),
                Reaction::Caught(received) if received.is_empty() && !was_stopped => String::new(),
                Reaction::Caught(received) => {
                    let signals = received.iter().map(|one| match one.code {
                        libc::SI_QUEUE => format!("{}={}", one.signal, one.value),
                        _ => one.signal.to_string(),
                    });
                    format!("caught {}", signals.collect::<Vec<_>>().join(" "))
                }
            };
            if fate.is_empty() {
                continue;
            }
            match was_stopped || fate.starts_with("killed") {
                true => {
                    // The old one is reaped first, so that its PID is free.
                    victim.end();
                    *victim = start(at);
                }
                false if fate == "stopped" => {
                    victim.send(Signal::CONT);
                    victim.wait_continued();
                    victim.react();
                }
                false => {}
            }
            fates.push(format!("{} {fate}", pid(at)));
        }
        fates
    }
}

/// The signals that are pending for a process, as in proc_pid_status(5).
fn pending(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let masks = status.lines().filter(|line| line.starts_with("SigPnd") || line.starts_with("ShdPnd"));
    let masks = masks.filter(|line| !line.ends_with("\t0000000000000000"));
    masks.collect::<Vec<_>>().join(" ")
}

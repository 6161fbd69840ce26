//! One cell of the tables: a sender, a target and a signal.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{self, Reaction, Run, Spec, Victim, document, eventually, stat_field};

/// A way to start pkill.
pub(super) struct Sender {
    name: &'static str,
    wrapper: Vec<String>,
    file: PathBuf,
}

impl Sender {
    /// `wrapper` is a command that starts the program, as words separated by spaces.
    pub(super) fn new(name: &'static str, wrapper: &str, file: &Path) -> Self {
        Sender { name, wrapper: wrapper.split_whitespace().map(str::to_owned).collect(), file: file.into() }
    }

    pub(super) fn send(&self, signal: &str, pid: u32, dry_run: bool) -> Value {
        let mut run = Run::ours("pkill").file(&self.file).args(["--json", "--signal", signal, "-p"]);
        run = run.args([pid.to_string()]);
        if dry_run {
            run = run.args(["--dry-run"]);
        }
        if !self.wrapper.is_empty() {
            run = run.through(&self.wrapper);
        }
        document(&run.run())
    }
}

/// The state of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Running,
    Stopped,
    Traced,
    /// The main thread is in a ptrace stop, the other thread is not.
    MainTraced,
    /// The other thread is in a ptrace stop, the main thread is not.
    OtherTraced,
    Zombie,
}

type Part = Box<dyn Fn(Spec) -> Spec>;

/// A kind of target: its name in the table, its part, and its state.
pub(super) struct Kind(&'static str, State, Part);

pub(super) fn kind(name: &'static str, state: State, part: impl Fn(Spec) -> Spec + 'static) -> Kind {
    Kind(name, state, Box::new(part))
}

impl Kind {
    fn start(&self) -> Victim {
        let mut victim = (self.2)(Victim::spec()).spawn();
        match self.1 {
            State::Running => {}
            State::Stopped => victim.stop(),
            State::Traced | State::MainTraced => victim.trace(),
            State::OtherTraced => {
                let threads = victim.threads();
                trace(threads.iter().find(|id| **id != victim.pid().to_string()).expect("another thread"));
            }
            State::Zombie => victim.make_zombie(),
        }
        victim
    }
}

/// Stops a thread as a debugger does.
fn trace(thread: &str) {
    let thread = nix::unistd::Pid::from_raw(thread.parse().expect("a thread ID"));
    nix::sys::ptrace::seize(thread, nix::sys::ptrace::Options::empty()).expect("PTRACE_SEIZE");
    nix::sys::ptrace::interrupt(thread).expect("PTRACE_INTERRUPT");
    nix::sys::wait::waitpid(thread, Some(nix::sys::wait::WaitPidFlag::__WALL)).expect("the stop");
}

/// Reaps the threads of a dying process that this thread traces: without, the process stays a zombie.
fn reap_traced_threads(victim: &Victim) {
    let task = std::fs::read_dir(format!("/proc/{}/task", victim.pid()));
    for entry in task.into_iter().flatten().flatten() {
        let id: i32 = entry.file_name().to_str().and_then(|id| id.parse().ok()).expect("a thread ID");
        if id != victim.pid() as i32 {
            let thread = nix::unistd::Pid::from_raw(id);
            // ECHILD: not traced, or reaped.
            while nix::sys::wait::waitpid(thread, Some(nix::sys::wait::WaitPidFlag::__WALL)).is_ok() {}
        }
    }
}

/// A victim that is killed and reaped when dropped, also where this thread traces one of its threads.
struct Target(Victim);

impl Drop for Target {
    fn drop(&mut self) {
        let _ = rustix::process::pidfd_send_signal(self.0.pidfd(), Signal::KILL);
        reap_traced_threads(&self.0);
    }
}

/// Whether the signal is in a set of /proc/PID/status, for each thread that still exists.
fn in_set<'v>(victim: &'v Victim, set: &'v str, signal: i32) -> impl Iterator<Item = bool> + 'v {
    victim.threads().into_iter().filter_map(move |id| {
        let status = std::fs::read_to_string(format!("/proc/{}/task/{id}/status", victim.pid())).ok()?;
        let value = |field| status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t"));
        let ended = matches!(value("State")?.chars().next(), Some('Z' | 'X'));
        let mask = u64::from_str_radix(value(set)?, 16).expect("a mask");
        (!ended).then_some(signal != 0 && mask & 1 << (signal - 1) != 0)
    })
}

fn is_pending(victim: &Victim, signal: i32) -> bool {
    in_set(victim, "ShdPnd", signal).any(|pending| pending)
}

fn is_blocked(victim: &Victim, signal: i32) -> bool {
    in_set(victim, "SigBlk", signal).all(|blocked| blocked)
}

/// The effect of the signal on the target.
fn effect(victim: &mut Victim, state: State, signal: i32) -> String {
    let ends = |signal_of_end| {
        if signal_of_end == signal { "end".into() } else { format!("end by {signal_of_end}") }
    };
    let caught = |received: &[support::Received]| received.iter().any(|one| one.signal == signal);
    let waits = |victim: &Victim| if is_blocked(victim, signal) { "blocked" } else { "pending" }.to_owned();
    match state {
        State::Zombie => return if stat_field(victim.pid(), 3) == "Z" { "nothing" } else { "?" }.into(),
        State::Running | State::MainTraced => {}
        State::Stopped | State::Traced | State::OtherTraced => {
            // The only one of these signals that kills such a target immediately. While it exits, its threads show
            // neither this signal nor their former state.
            if signal == libc::SIGKILL {
                reap_traced_threads(victim);
                return ends(victim.killed_by().unwrap_or_default());
            }
            match state {
                State::Traced | State::OtherTraced if is_pending(victim, signal) => return waits(victim),
                State::OtherTraced => return if victim.state() == "S" { "nothing" } else { "?" }.into(),
                State::Traced => return if victim.state() == "t" { "nothing" } else { "?" }.into(),
                // Between its last instructions in the kernel and its exit, a thread has no KILL pending any more.
                _ if victim.state() != "T" => {
                    return match victim.react() {
                        Reaction::Ended(signal_of_end) => ends(signal_of_end),
                        Reaction::Stopped | Reaction::Caught(_) => "continue".into(),
                    };
                }
                _ => {}
            }
            // Whether it was only pending until now.
            victim.send(Signal::CONT);
            return match victim.react() {
                Reaction::Caught(received) if caught(&received) => "pending".into(),
                Reaction::Caught(_) if is_pending(victim, signal) => waits(victim),
                Reaction::Caught(_) => "nothing".into(),
                Reaction::Ended(_) | Reaction::Stopped => "pending".into(),
            };
        }
    }
    match victim.react() {
        Reaction::Ended(signal) => ends(signal),
        Reaction::Stopped => "stop".into(),
        Reaction::Caught(received) if caught(&received) => "handled".into(),
        Reaction::Caught(received) if !received.is_empty() => format!("{received:?}"),
        Reaction::Caught(_) if is_pending(victim, signal) => waits(victim),
        Reaction::Caught(_) => "nothing".into(),
    }
}

/// The words of `--dry-run`, as far as they can be distinguished from outside.
fn visible(predicted: &str, signal: i32) -> &str {
    match predicted {
        "core" if signal == libc::SIGQUIT => "end",
        "terminate" if signal != libc::SIGQUIT => "end",
        "ignored" | "none" => "nothing",
        other => other,
    }
}

/// Every sender, every kind, every signal. A target without an effect is used for the next cell too.
pub(super) fn check(senders: &[Sender], kinds: &[Kind], signals: &[(&str, i32)]) {
    let mut wrong = vec![];
    let mut refused = 0;
    for kind in kinds {
        let mut target: Option<Target> = None;
        for sender in senders {
            for &(name, signal) in signals {
                let victim = &mut target.get_or_insert_with(|| Target(kind.start())).0;
                let predicted = sender.send(name, victim.pid(), true)["targets"][0].clone();
                let sent = sender.send(name, victim.pid(), false)["targets"][0].clone();
                let expected = match predicted["outcome"].as_str() {
                    Some("would_be_signalled") => "signalled",
                    Some("would_be_refused") => "refused",
                    _ => "no prediction",
                };
                // A prediction also asks the kernel, and reports if that contradicts the rule.
                let why = predicted["explanation"].as_str().expect("an explanation");
                let explained = !why.contains("kill(2)")
                    && (expected == "signalled" || predicted["explanation"] == sent["explanation"]);
                let touched = sent["outcome"] == "signalled" && signal != 0;
                // The answering thread may execute its last instructions before it stops, so it is not asked.
                if touched && kind.1 == State::Running && predicted["effect"] == "stop" {
                    eventually("it stops, as predicted", || victim.state() == "T");
                }
                let became = match (touched, kind.1) {
                    (false, State::Stopped) if victim.state() == "T" && !is_pending(victim, signal) => {
                        "nothing".into()
                    }
                    _ => effect(victim, kind.1, signal),
                };
                let effect = if touched {
                    visible(predicted["effect"].as_str().unwrap_or("?"), signal)
                } else {
                    "nothing"
                };
                if sent["outcome"] != expected || became != effect || !explained {
                    let (predicted, sent) = [&predicted, &sent]
                        .map(|one| format!("{} {} {}", one["outcome"], one["effect"], one["explanation"]))
                        .into();
                    wrong.push(format!(
                        "{:24} | {:28} | {name:8} | {predicted} | {sent}, {became}",
                        sender.name, kind.0
                    ));
                }
                refused += usize::from(sent["outcome"] == "refused");
                if touched && kind.1 != State::Zombie {
                    target = None;
                }
            }
        }
    }
    let cells = senders.len() * kinds.len() * signals.len();
    println!("{cells} cells, {refused} refused");
    let heading = "sender | target | signal | predicted | happened";
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{heading}\n{}", wrong.len(), wrong.join("\n"));
}

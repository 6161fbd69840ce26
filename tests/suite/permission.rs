//! Permissions and effects of signals: each cell of the tables is predicted by `--dry-run`, then sent for real,
//! and the kernel is the judge of both.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{
    self, Dir, Reaction, Run, Spec, Victim, document, eventually, namespace, need, need_kernel_threads,
    need_root, stat_field,
};

const ROOT: u32 = 0;
/// Two users without an entry in the user database.
const A: u32 = 60_001;
const B: u32 = 60_002;

/// The signals of the cells.
fn signals() -> [(&'static str, i32); 7] {
    [
        ("0", 0),
        ("TERM", libc::SIGTERM),
        ("CONT", libc::SIGCONT),
        ("KILL", libc::SIGKILL),
        ("STOP", libc::SIGSTOP),
        ("RTMIN+3", libc::SIGRTMIN() + 3),
        ("CHLD", libc::SIGCHLD),
    ]
}

/// A way to start pkill.
struct Sender {
    name: &'static str,
    wrapper: Vec<String>,
    file: PathBuf,
}

impl Sender {
    /// `wrapper` is a command that starts the program, as words separated by spaces.
    fn new(name: &'static str, wrapper: &str, file: &Path) -> Self {
        Sender { name, wrapper: wrapper.split_whitespace().map(str::to_owned).collect(), file: file.into() }
    }

    fn send(&self, signal: &str, pid: u32, dry_run: bool) -> Value {
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
enum State {
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
struct Kind(&'static str, State, Part);

fn kind(name: &'static str, state: State, part: impl Fn(Spec) -> Spec + 'static) -> Kind {
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
fn check(senders: &[Sender], kinds: &[Kind], signals: &[(&str, i32)]) {
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

/// Targets that differ in properties on which the permission depends.
fn identities() -> Vec<Kind> {
    use State::*;
    let with = |name, [r, e, s]: [u32; 3]| kind(name, Running, move |part| part.uids(r, e, s));
    let owned =
        |name, owner, uid| kind(name, Running, move |part| part.user_namespace(owner).uids(uid, uid, uid));
    vec![
        with("root", [ROOT; 3]),
        with("A", [A; 3]),
        with("B", [B; 3]),
        with("A runs a setuid-root file", [A, ROOT, ROOT]),
        with("that, with dropped rights", [A, A, ROOT]),
        with("root as effective A", [ROOT, A, ROOT]),
        with("only saved A", [ROOT, ROOT, A]),
        with("only effective A", [B, A, B]),
        with("B, saved A", [B, B, A]),
        with("A runs a setuid-B file", [A, B, B]),
        owned("A in A's user namespace", A, A),
        owned("B in A's user namespace", A, B),
        owned("B in B's user namespace", B, B),
        owned("root in A's user namespace", A, ROOT),
        owned("A in root's user namespace", ROOT, A),
        kind("A in a session of its own", Running, |part| part.session().uids(A, A, A)),
        kind("B in a session of its own", Running, |part| part.session().uids(B, B, B)),
        kind("B, stopped", Stopped, |part| part.uids(B, B, B)),
        kind("B's session, stopped", Stopped, |part| part.session().uids(B, B, B)),
        kind("A, zombie", Zombie, |part| part.uids(A, A, A)),
        kind("B, zombie", Zombie, |part| part.uids(B, B, B)),
        kind("A, init of a namespace", Running, |part| part.init().uids(A, A, A)),
        kind("root, init of a namespace", Running, Spec::init),
    ]
}

/// Sends all signals to all targets in this way.
fn sent_by(name: &'static str, wrapper: &str) {
    if !need("setpriv") {
        return;
    }
    let dir = Dir::new();
    let file = dir.executable(Run::ours("pkill").program());
    check(&[Sender::new(name, wrapper, &file)], &identities(), &signals());
    if wrapper.is_empty() {
        // PID 1 of this namespace is the test: from inside, it gets only signals that it handles.
        let sender = Sender::new(name, wrapper, &file);
        for (name, _) in signals() {
            let predicted = sender.send(name, 1, true)["targets"][0].clone();
            assert_eq!(predicted["effect"], "none", "{name}: {predicted}");
            let sent = sender.send(name, 1, false)["targets"][0].clone();
            assert_eq!(sent["outcome"], "signalled", "{name}: {sent}");
        }
    }
}

/// What `setcap cap_kill=ep` does: a version 2 `vfs_cap_data`, effective, with the bit in the permitted set
/// (linux/capability.h).
fn grant_cap_kill(file: &Path) {
    const CAP_KILL: u32 = 5;
    let words = [0x0200_0001, 1 << CAP_KILL, 0, 0, 0];
    let value: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    rustix::fs::setxattr(file, "security.capability", &value, rustix::fs::XattrFlags::empty())
        .expect("a file system with capabilities");
}

#[test]
fn sent_by_root() {
    namespace(|| sent_by("root", ""));
}

#[test]
fn sent_by_root_without_cap_kill() {
    namespace(|| sent_by("root without CAP_KILL", "setpriv --inh-caps=-kill --bounding-set=-kill"));
}

#[test]
fn sent_by_a_user() {
    namespace(|| sent_by("A", "setpriv --reuid 60001 --regid 60001 --clear-groups"));
}

#[test]
fn sent_by_another_user() {
    namespace(|| sent_by("B", "setpriv --reuid 60002 --regid 60002 --clear-groups"));
}

#[test]
fn sent_by_a_user_with_cap_kill() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups --inh-caps=+kill --ambient-caps=+kill";
        sent_by("A with CAP_KILL", user);
    });
}

/// The set-user-ID bit, the set-group-ID bit, capabilities of the file, or the IDs of a set-user-ID program that starts
/// it. It is refused before anything else is read.
#[test]
fn privileges_that_the_user_lacks_are_refused() {
    if !need_root() || !need("setpriv") {
        return;
    }
    let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
    let mut victim = Victim::spec().owned_by(A).spawn();
    let pid = victim.pid().to_string();
    for name in ["pgrep", "pkill", "pidwait"] {
        let dir = Dir::new();
        let file = dir.executable(Run::ours(name).program());
        let run = |wrapper: &str, args: &[&str]| {
            Run::ours(name).file(&file).through(wrapper.split(' ')).args(args).run()
        };
        let mode =
            |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("chmod");
        let refused = |wrapper: &str| {
            for args in [&["-p", &pid][..], &["--help"], &["--complete", "pid"], &["--unknown"]] {
                let output = run(wrapper, args);
                let message = format!("{name}: refusing to run with privileges that the user lacks (");
                assert!(
                    output.status == 3 && output.err().starts_with(&message),
                    "{wrapper} {args:?}: {output:?}"
                );
                assert_eq!(output.out(), "", "{wrapper} {args:?}");
            }
        };
        refused("setpriv --ruid 60001 --euid 0 --regid 60001 --clear-groups");
        refused("setpriv --reuid 60001 --rgid 60001 --egid 0 --clear-groups");
        for bit in [0o4755, 0o2755] {
            mode(bit);
            refused(user);
            assert_eq!(run("setpriv --reuid 0", &["--version"]).status, 0, "the real user is root too");
        }
        mode(0o755);
        assert_eq!(run(user, &["--version"]).status, 0);
        grant_cap_kill(&file);
        refused(user);
    }
    assert_eq!(victim.received(), Some(vec![]));
}

#[test]
fn sent_by_the_root_of_a_user_namespace() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
        sent_by("root of A's namespace", &format!("{user} unshare --user --map-root-user"));
    });
}

#[test]
fn sent_from_a_user_namespace_that_maps_no_id() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
        sent_by("A, unmapped", &format!("{user} unshare --user"));
    });
}

/// Targets that differ in what a signal does to them, by dispositions, states and threads.
fn dispositions() -> Vec<Kind> {
    use State::*;
    fn each(part: Spec, how: fn(Spec, i32) -> Spec) -> Spec {
        more_signals()
            .iter()
            .filter(|(_, number)| *number != 0)
            .fold(part, |part, (_, number)| how(part, *number))
    }
    fn all() -> Vec<i32> {
        more_signals().iter().map(|(_, number)| *number).filter(|number| *number != 0).collect()
    }
    let caught = |part| each(part, Spec::catch);
    let ignored = |part| each(part, Spec::ignore);
    let blocked = |part| each(part, Spec::block);
    let mut kinds = vec![];
    for (state, names) in [
        (Running, ["default", "caught", "ignored", "blocked", "blocked and caught", "blocked and ignored"]),
        (
            Stopped,
            [
                "stopped",
                "stopped, caught",
                "stopped, ignored",
                "stopped, blocked",
                "stopped, blocked and caught",
                "stopped, blocked and ignored",
            ],
        ),
        (
            Traced,
            [
                "traced",
                "traced, caught",
                "traced, ignored",
                "traced, blocked",
                "traced, blocked and caught",
                "traced, blocked and ignored",
            ],
        ),
    ] {
        kinds.extend([
            kind(names[0], state, |part| part),
            kind(names[1], state, caught),
            kind(names[2], state, ignored),
            kind(names[3], state, blocked),
            kind(names[4], state, move |part| blocked(caught(part))),
            kind(names[5], state, move |part| blocked(ignored(part))),
        ]);
    }
    kinds.extend([
        kind("zombie, caught", Zombie, caught),
        kind("blocked in the main thread", Running, move |part| blocked(part).main_sleeps(&[])),
        kind("that, and caught", Running, move |part| caught(blocked(part)).main_sleeps(&[])),
        kind("blocked in another thread", Running, |part| part.thread("other")),
        kind("blocked in both threads", Running, move |part| blocked(part).main_sleeps(&all())),
        kind("main thread ended", Running, |part| part.main_ends(&[])),
        kind("main thread ended, caught", Running, move |part| caught(part).main_ends(&[])),
        kind("main thread ended, blocked", Running, |part| part.main_ends(&all())),
        kind("blocked in ended main thread", Running, move |part| blocked(part).main_ends(&[])),
        kind("main thread ended, stopped", Stopped, |part| part.main_ends(&[])),
        kind("stopped, two threads", Stopped, |part| part.main_sleeps(&[])),
        kind("init", Running, Spec::init),
        kind("init, caught", Running, move |part| caught(part.init())),
        kind("init, ignored", Running, move |part| ignored(part.init())),
        kind("init, blocked", Running, move |part| blocked(part.init())),
        kind("init, stopped", Stopped, Spec::init),
        kind("init, stopped, caught", Stopped, move |part| caught(part.init())),
        kind("init, traced", Traced, Spec::init),
    ]);
    kinds
}

/// Those, and signals that dump core, or stop unless caught.
fn more_signals() -> Vec<(&'static str, i32)> {
    let more = [("QUIT", libc::SIGQUIT), ("TSTP", libc::SIGTSTP), ("USR1", libc::SIGUSR1)];
    signals().into_iter().chain(more).collect()
}

#[test]
fn what_a_signal_does() {
    namespace(|| {
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &dispositions(), &more_signals());
    });
}

#[test]
fn a_stop_signal_and_the_process_group() {
    use State::*;
    const SIGNALS: [(&str, i32); 4] =
        [("STOP", libc::SIGSTOP), ("TSTP", libc::SIGTSTP), ("TTIN", libc::SIGTTIN), ("TTOU", libc::SIGTTOU)];
    type Group = (fn(Spec) -> Spec, [&'static str; 4]);
    type Disposition = fn(Spec, i32) -> Spec;
    namespace(|| {
        // A session of the test: otherwise its group is that of a process outside of the namespace.
        rustix::process::setsid().expect("setsid");
        let mut kinds = vec![];
        // A session leader's group is orphaned, a new group in the session of the parent is not.
        let groups: [Group; 3] = [
            (Spec::session, ["orphaned", "orphaned, caught", "orphaned, ignored", "orphaned, blocked"]),
            (Spec::group, ["a job", "a job, caught", "a job, ignored", "a job, blocked"]),
            (|part| part, ["the parent's group", "that, caught", "that, ignored", "that, blocked"]),
        ];
        for (group, names) in groups {
            let dispositions: [Disposition; 4] = [|part, _| part, Spec::catch, Spec::ignore, Spec::block];
            for (name, disposition) in names.into_iter().zip(dispositions) {
                kinds.push(kind(name, Running, move |part| {
                    SIGNALS.iter().fold(group(part), |part, (_, number)| disposition(part, *number))
                }));
            }
            kinds.push(kind(names[0], Stopped, group));
            kinds.push(kind(names[0], Traced, group));
        }
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &kinds, &SIGNALS);
    });
}

#[test]
fn a_ptrace_stop_of_one_thread() {
    use State::*;
    namespace(|| {
        let stops = [libc::SIGSTOP, libc::SIGTSTP];
        let signals: Vec<_> =
            more_signals().into_iter().filter(|(_, number)| !stops.contains(number)).collect();
        let each = |how: fn(Spec, i32) -> Spec| {
            let numbers: Vec<i32> =
                signals.iter().map(|(_, number)| *number).filter(|number| *number != 0).collect();
            move |part: Spec| numbers.iter().fold(part, |part, number| how(part, *number))
        };
        let all: Vec<i32> = signals.iter().map(|(_, number)| *number).filter(|number| *number != 0).collect();
        let [caught, caught_too] = [(); 2].map(|()| each(Spec::catch));
        let [ignored, ignored_too] = [(); 2].map(|()| each(Spec::ignore));
        let [blocked, blocked_too, blocked_again] = [(); 3].map(|()| each(Spec::block));
        let kinds = [
            kind("main thread traced", MainTraced, |part| part.main_sleeps(&[])),
            kind("main thread traced, caught", MainTraced, move |part| caught(part).main_sleeps(&[])),
            kind("main thread traced, ignored", MainTraced, move |part| ignored(part).main_sleeps(&[])),
            kind("main thread traced, blocked by the other", Traced, move |part| part.main_sleeps(&all)),
            kind("blocked by main, other traced", OtherTraced, move |part| blocked(part).main_sleeps(&[])),
            kind("that, caught", OtherTraced, move |part| blocked_too(caught_too(part)).main_sleeps(&[])),
            kind("that, ignored", OtherTraced, move |part| blocked_again(ignored_too(part)).main_sleeps(&[])),
        ];
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &kinds, &signals);
    });
}

#[test]
fn a_kernel_thread_takes_no_signal() {
    if !need_kernel_threads() {
        return;
    }
    let output = Run::ours("pkill").args(["--dry-run", "--json", "-TERM", "-p", "2"]).run();
    let target = document(&output)["targets"][0].clone();
    assert_eq!(target["effect"], "none", "{target}");
    assert_eq!(target["arguments"], Value::Array(vec![]), "{target}");
}

#[test]
fn a_refusal_is_explained() {
    if !need_root() || !need("setpriv") {
        return;
    }
    let dir = Dir::new();
    let file = dir.executable(Run::ours("pkill").program());
    let as_user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let of_namespace = format!("{as_user} unshare --user --map-root-user");
    for (wrapper, file, uids, owner, you) in [
        (as_user, &file, [0, 0, 0], "root", "UID 65534 and lack CAP_KILL in its user namespace"),
        (
            &of_namespace,
            &file,
            [B, B, B],
            "OVERFLOW",
            "UID 0 and hold CAP_KILL, but not in its user namespace",
        ),
    ] {
        let victim = Victim::spec().uids(uids[0], uids[1], uids[2]).spawn();
        let pid = victim.pid().to_string();
        let run = |args: &[&str]| {
            let output = Run::ours("pkill")
                .file(file)
                .through(wrapper.split_whitespace())
                .args(["-p", &pid, "-x", victim.name()])
                .args(args);
            output.run()
        };
        let overflow = if has_name(65534) { "nobody" } else { "65534" };
        let why = format!("owned by {owner}; you are {you}").replace("OVERFLOW", overflow);
        let user = why["owned by ".len()..].split(';').next().expect("a user").to_owned();
        let row = [[&pid, &user, victim.name(), &format!("refused: {why}"), "name", victim.name()]
            .map(str::to_owned)
            .to_vec()];

        let verbose = run(&["--verbose"]);
        assert_eq!((verbose.rows(), verbose.status), (row.to_vec(), 1), "{wrapper}");
        let message = format!("pkill: killing pid {pid} failed: Operation not permitted ({why})\n");
        assert_eq!(verbose.err(), message, "{wrapper}");

        let json = run(&["--json"]);
        let target = document(&json)["targets"][0].clone();
        assert_eq!((&target["explanation"], &target["errno"]), (&why.clone().into(), &libc::EPERM.into()));
        assert_eq!((target["outcome"].as_str(), json.status), (Some("refused"), 1), "{wrapper}");

        let predicted = run(&["--dry-run"]);
        assert_eq!(predicted.rows(), row, "{wrapper}");
        assert_eq!((predicted.err(), predicted.status), (String::new(), 1), "{wrapper}");
        let target = document(&run(&["--dry-run", "--json"]))["targets"][0].clone();
        assert_eq!(target["explanation"], why, "{wrapper}");

        // Without --verbose: as in procps-ng.
        let plain = run(&[]);
        let message = format!("pkill: killing pid {pid} failed: Operation not permitted\n");
        assert_eq!((plain.out(), plain.err(), plain.status), (String::new(), message, 1), "{wrapper}");
        drop(victim);
    }
}

/// Whether a user has this UID.
fn has_name(uid: u32) -> bool {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    accounts.lines().any(|line| line.split(':').nth(2) == Some(&uid.to_string()))
}

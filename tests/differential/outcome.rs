//! A run of one program, and what came of it.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::MemfdFlags;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::line::Line;
use crate::scene::{PROGRAM, Scene};
use crate::support::{DEADLINE, pids, stat_field_of};

/// What came of a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status, or 128 + the signal that killed it.
    pub status: i32,
    pub out: String,
    /// What it says on standard error, without the usage and hints; none of them notes.
    pub messages: Vec<String>,
    /// Notes, which procps-ng has none of.
    pub notes: Vec<String>,
    /// The processes that pidwait has waited for.
    pub waited_for: Vec<u32>,
    /// What the signals did, for each process that got one.
    pub fates: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { status, out, messages, notes, waited_for, fates } = self;
        write!(f, "exit {status}, out {out:?}, messages {messages:?}")?;
        if !notes.is_empty() {
            write!(f, ", notes {notes:?}")?;
        }
        if !waited_for.is_empty() {
            write!(f, ", waited for {waited_for:?}")?;
        }
        if fates.is_empty() { Ok(()) } else { write!(f, ", {fates:?}") }
    }
}

/// Runs the line with the program of this path.
pub fn run(path: &Path, line: &Line, scene: &mut Scene) -> Outcome {
    if line.picks() {
        scene.sort_by_age();
    }
    if line.has("runstates") {
        scene.wait_until_idle();
    }
    let [mut out, mut err] = ["out", "err"].map(|name| {
        File::from(rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC).expect("a file in memory"))
    });
    let mut command = Command::new(path);
    command.arg0(line.program).args(line.words.iter().map(|word| scene.fill(word)));
    command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin");
    command.stdin(scene.stdin());
    command.stdout(out.try_clone().expect("a descriptor")).stderr(err.try_clone().expect("a descriptor"));
    pids::next_is(PROGRAM);
    let mut child = command.spawn().unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let waited_for = wait(&mut child, line, scene);
    let status = child.wait().expect("wait");
    let status = status.code().unwrap_or_else(|| 128 + status.signal().expect("a signal"));
    let [out, err] = [&mut out, &mut err].map(|file| {
        let mut bytes = vec![];
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("a file in memory");
        bytes
    });
    let (notes, mut messages) = messages(line.program, &String::from_utf8_lossy(&err));
    let mut fates = if line.acts() { scene.restore() } else { vec![] };
    if line.program == "pidwait" {
        fates.clear(); // ended by the test
    }
    if status == 2 {
        messages.truncate(1); // a hint follows
    }
    // Whether a process that was killed has begun to exit when its memory is to be released, is a matter of time.
    let is_killed = |message: &String| {
        let pid = message
            .strip_prefix("pid ")
            .and_then(|rest| rest.strip_suffix(" killed, but process_mrelease failed: Invalid argument"));
        pid.is_some_and(|pid| fates.iter().any(|fate| fate.starts_with(&format!("{pid} killed"))))
    };
    messages.retain(|message| !is_killed(message));
    // What a killed program has not written yet is lost.
    let out = if status == 128 + libc::SIGKILL { String::new() } else { output(&out) };
    Outcome { status, out, messages, notes, waited_for, fates }
}

/// Waits until it exits. When pidwait waits for processes, they are ended. Returns which ones.
fn wait(child: &mut Child, line: &Line, scene: &mut Scene) -> Vec<u32> {
    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).expect("a pidfd");
    let mut waited_for = vec![];
    let start = Instant::now();
    // pidwait is examined again and again until it waits.
    let pause =
        Timespec { tv_sec: 0, tv_nsec: if line.program == "pidwait" { 300_000 } else { 999_999_999 } };
    while !has_ended(&pidfd, &pause) {
        if start.elapsed() > DEADLINE {
            let _ = child.kill();
            panic!("it did not exit: {line}");
        }
        if line.program == "pidwait" && waited_for.is_empty() && waits(child.id()) {
            waited_for = epoll_targets(child.id());
            for pid in &waited_for {
                match scene.victim(*pid) {
                    Some(victim) => victim.send(rustix::process::Signal::KILL),
                    None => _ = child.kill(), // it waits for PID 1
                }
            }
        }
    }
    waited_for
}

fn has_ended(pidfd: &OwnedFd, timeout: &Timespec) -> bool {
    poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(timeout)).is_ok_and(|ready| ready == 1)
}

/// Whether it sleeps in epoll_wait(2) or a variant of it.
fn waits(pid: u32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    let calls = [libc::SYS_epoll_wait, libc::SYS_epoll_pwait, libc::SYS_epoll_pwait2];
    number.is_some_and(|number| calls.contains(&number))
        && stat_field_of(&pid.to_string(), 3).as_deref() == Some("S")
}

/// The running processes that it waits for with epoll, ascending.
fn epoll_targets(pid: u32) -> Vec<u32> {
    let info = |fd: &str| std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let Ok(fds) = std::fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return vec![] };
    let infos = fds.flatten().map(|entry| info(&entry.file_name().to_string_lossy()));
    let mut pids = vec![];
    for line in infos.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
        let fd = line.strip_prefix("tfd:").and_then(|rest| rest.split_whitespace().next());
        let pid = |line: &str| line.strip_prefix("Pid:\t")?.parse::<u32>().ok();
        pids.extend(fd.and_then(|fd| info(fd).lines().find_map(pid)));
    }
    pids.retain(|pid| stat_field_of(&pid.to_string(), 3).is_some_and(|state| state != "Z"));
    pids.sort_unstable();
    pids
}

/// What it prints; of help and version, only that it is that.
fn output(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).into_owned();
    match () {
        () if text.contains("Usage:") => "<help>".into(),
        () if text.contains(" from ") => "<version>".into(),
        () => text,
    }
}

/// Notes and messages, without the name of the program.
fn messages(program: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let prefix = format!("{program}: ");
    text.lines()
        .take_while(|line| *line != "Usage:")
        .filter(|line| !line.is_empty() && !line.starts_with("Try `"))
        .map(|line| line.strip_prefix(&prefix).unwrap_or(line))
        .map(|line| match line {
            // Why it is not, in addition.
            line if line.starts_with("pidfile not valid: ") => "pidfile not valid",
            line => line.split("; possibilities").next().unwrap_or(line),
        })
        .map(str::to_owned)
        .partition(|line| line.starts_with("note: "))
}

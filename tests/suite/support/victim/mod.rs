mod spec;

pub use spec::Spec;

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, WaitId, WaitIdOptions};

use super::actor::{READY, Record};
use super::{DEADLINE, eventually, stat_field, stat_field_of};

/// A signal that a victim caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub signal: i32,
    /// `si_code`: `SI_USER` for kill(2), `SI_QUEUE` for sigqueue(3).
    pub code: i32,
    /// `si_value` as an integer; only meaningful with `SI_QUEUE`.
    pub value: i32,
}

/// A process to be found, signalled and waited for. No other test uses it. It plays its part when [`Spec::spawn`]
/// returns, and is killed and reaped by handle when dropped.
pub struct Victim {
    name: Vec<u8>,
    child: Child,
    pidfd: OwnedFd,
    terminal: Option<(OwnedFd, String)>,
    /// Whether it is stopped: then it answers no question.
    stopped: bool,
    zombie: bool,
    /// A question was asked and is not answered yet.
    asked: bool,
}

/// The reaction of a victim to its signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It was killed by this signal.
    Ended(i32),
    /// It has stopped, or is still stopped.
    Stopped,
    /// It is still running, and has caught these.
    Caught(Vec<Received>),
}

impl Victim {
    /// A victim with a unique name of 11 lower-case letters and digits, none of which is part of another's.
    /// `argv[0]` is the name; the environment holds only the mark.
    pub fn spec() -> Spec {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self::named(format!("v{:06x}{count:04x}", std::process::id()))
    }

    /// A victim with this name (`comm`): up to 15 bytes, the kernel cuts the rest.
    pub fn named(name: impl AsRef<[u8]>) -> Spec {
        Spec::new(name.as_ref())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its name, up to 15 bytes of it.
    pub fn comm(&self) -> &[u8] {
        &self.name[..self.name.len().min(15)]
    }

    /// The name as text.
    pub fn name(&self) -> &str {
        std::str::from_utf8(self.comm()).expect("a name in UTF-8")
    }

    /// Its name in a message.
    fn label(&self) -> String {
        format!("the process {} (pid {})", self.name.escape_ascii(), self.pid())
    }

    /// The terminal's name as `-t` takes it: `pts/3`.
    pub fn terminal(&self) -> &str {
        self.terminal_name().expect("a victim with a terminal")
    }

    /// The same, if it has one.
    pub fn terminal_name(&self) -> Option<&str> {
        self.terminal.as_ref().map(|(_, name)| &**name)
    }

    /// The IDs of its threads, ascending.
    pub fn threads(&self) -> Vec<String> {
        let task = std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("threads").flatten();
        let mut ids: Vec<u32> =
            task.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap()).collect();
        ids.sort_unstable();
        ids.iter().map(u32::to_string).collect()
    }

    /// The handle.
    pub fn pidfd(&self) -> &OwnedFd {
        &self.pidfd
    }

    /// The signals that it caught since the last question, in order. A signal that was sent before this call is
    /// included: a process handles pending signals before it reads the question. `None` if the process has exited.
    pub fn received(&mut self) -> Option<Vec<Received>> {
        assert!(!self.stopped, "a stopped process does not answer");
        let mut received = Vec::new();
        // A process that was just killed cannot read; then the answer is the end of the pipe.
        let _ = self.child.stdin.as_mut().expect("pipe").write_all(b"?");
        loop {
            match self.read_record()? {
                READY => return Some(received),
                [signal, code, value] => received.push(Received { signal, code, value }),
            }
        }
    }

    /// Waits until the signals that were sent before this call have taken effect: it exits, stops, or
    /// answers a question, which it reads after it has handled the pending ones.
    pub fn react(&mut self) -> Reaction {
        if !self.asked {
            let _ = self.child.stdin.as_mut().expect("pipe").write_all(b"?");
            self.asked = true;
        }
        let mut received = Vec::new();
        let mut reaction = None;
        eventually(&format!("{} reacts", self.label()), || {
            let pipe = self.child.stderr.as_ref().expect("pipe");
            let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
            if poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready == 1) {
                match self.read_record() {
                    None => reaction = Some(Reaction::Ended(self.killed_by().expect("a signal"))),
                    Some(READY) => {
                        self.asked = false;
                        reaction = Some(Reaction::Caught(std::mem::take(&mut received)));
                    }
                    Some([signal, code, value]) => received.push(Received { signal, code, value }),
                }
            } else if self.state() == "T" {
                reaction = Some(Reaction::Stopped);
            }
            reaction.is_some()
        });
        reaction.expect("a reaction")
    }

    /// The state letter: that of the main thread, or of another thread if the main thread has exited.
    pub fn state(&self) -> String {
        let main = stat_field(self.pid(), 3);
        if main != "Z" {
            return main;
        }
        let others = self.threads().into_iter().filter(|id| *id != self.pid().to_string());
        let mut states = others.filter_map(|id| stat_field_of(&format!("{}/task/{id}", self.pid()), 3));
        states.find(|state| state != "Z" && state != "X").unwrap_or(main)
    }

    /// Stops it as a debugger does. The calling thread is the tracer.
    pub fn trace(&self) {
        let pid = nix::unistd::Pid::from_raw(self.pid() as i32);
        nix::sys::ptrace::seize(pid, nix::sys::ptrace::Options::empty()).expect("PTRACE_SEIZE");
        nix::sys::ptrace::interrupt(pid).expect("PTRACE_INTERRUPT");
        nix::sys::wait::waitpid(pid, None).expect("the stop");
    }

    /// Sends a signal through the handle.
    pub fn send(&self, signal: Signal) {
        rustix::process::pidfd_send_signal(&self.pidfd, signal).expect("send a signal");
    }

    /// Stops it and waits until it is stopped.
    pub fn stop(&mut self) {
        self.send(Signal::STOP);
        self.wait_stopped();
    }

    /// Waits until it is stopped.
    pub fn wait_stopped(&mut self) {
        eventually(&format!("{} is stopped", self.label()), || self.state() == "T");
        self.stopped = true;
    }

    /// Waits until it is continued.
    pub fn wait_continued(&mut self) {
        eventually(&format!("{} is continued", self.label()), || self.state() != "T");
        self.stopped = false;
    }

    /// Kills it but does not reap it: a zombie until dropped.
    pub fn make_zombie(&mut self) {
        self.send(Signal::KILL);
        let zombie = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), zombie).expect("waitid");
        self.zombie = true;
    }

    /// True after [`Victim::make_zombie`].
    pub fn is_zombie(&self) -> bool {
        self.zombie
    }

    /// True after [`Victim::stop`] or [`Victim::wait_stopped`].
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Makes it exit with status 0, by the end of its standard input.
    pub fn finish(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits until it exits, and reaps it.
    pub fn wait(&mut self) -> ExitStatus {
        assert!(readable(&self.pidfd), "{} did not exit", self.label());
        self.child.wait().expect("wait")
    }

    /// Waits until it exits, and returns the signal that killed it.
    pub fn killed_by(&mut self) -> Option<i32> {
        self.wait().signal()
    }

    /// Kills it, unless it has exited, and reaps it.
    pub fn end(&mut self) {
        // After a wait the pidfd returns ESRCH, and `wait` has the status.
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
        let _ = self.child.wait();
    }

    /// `None` at the end of the pipe.
    fn read_record(&mut self) -> Option<Record> {
        let pipe = self.child.stderr.as_mut().expect("pipe");
        assert!(readable(&*pipe), "{} does not answer", self.label());
        let mut bytes = [0; size_of::<Record>()];
        match pipe.read_exact(&mut bytes) {
            Ok(()) => Some([0, 4, 8].map(|at| i32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap()))),
            Err(_) => None,
        }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits until the descriptor is readable, or the process of the pidfd has exited; false at the deadline.
pub fn readable(fd: impl AsFd) -> bool {
    let timeout = DEADLINE.try_into().expect("a timeout");
    loop {
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => continue,
            ready => return ready.expect("poll") == 1,
        }
    }
}

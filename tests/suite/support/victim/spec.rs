#![allow(unsafe_code)] // work between fork and exec

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::pty::OpenptFlags;

use super::Victim;
use crate::support::actor::{MARK, READY};
use crate::support::{eventually, stat_field};

/// The part a victim plays.
#[must_use]
pub struct Spec {
    name: Vec<u8>,
    command: Command,
    part: Vec<String>,
    terminal: bool,
    init: bool,
    main_ends: bool,
}

fn command(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    command.env_clear().env(MARK, "1").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl Spec {
    pub(super) fn new(name: &[u8]) -> Self {
        let command = command(&std::env::current_exe().expect("our own executable"));
        let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let spec = Spec {
            command,
            part: vec![format!("comm {hex}")],
            terminal: false,
            init: false,
            main_ends: false,
            name: name.to_vec(),
        };
        spec.arg0(OsStr::from_bytes(name))
    }

    /// The name, before the victim is spawned.
    pub fn tag(&self) -> String {
        String::from_utf8(self.name.clone()).expect("UTF-8")
    }

    fn say(mut self, part: String) -> Self {
        self.part.push(part);
        self
    }

    /// Has this file or socket open too, by another descriptor.
    pub fn holds_also(mut self, file: impl Into<OwnedFd>) -> Self {
        let file = file.into();
        // SAFETY: one system call, between fork and exec.
        unsafe { self.command.pre_exec(move || Ok(fcntl_setfd(&file, FdFlags::empty())?)) };
        self
    }

    /// Has this file or socket open as descriptor 1. No other child of the test can inherit it.
    pub fn holds(mut self, file: impl Into<OwnedFd>) -> Self {
        self.command.stdout(file.into());
        self
    }

    /// Another path of the test's executable, a copy for example. Call it first.
    pub fn executable(mut self, path: &Path) -> Self {
        self.command = command(path);
        self
    }

    /// May have a stack of this size, and arguments of a quarter of it: execve(2). Call it after [`Spec::executable`].
    pub fn stack(mut self, size: u64) -> Self {
        let limit = Rlimit { current: Some(size), maximum: Some(size) };
        // SAFETY: one system call, between fork and exec.
        unsafe { self.command.pre_exec(move || Ok(setrlimit(Resource::Stack, limit)?)) };
        self
    }

    pub fn arg0(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg0(arg);
        self
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Its working directory. Call it after [`Spec::executable`].
    pub fn directory(mut self, path: &Path) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Records this signal when it arrives.
    pub fn catch(self, signal: i32) -> Self {
        self.say(format!("catch {signal}"))
    }

    pub fn ignore(self, signal: i32) -> Self {
        self.say(format!("ignore {signal}"))
    }

    pub fn block(self, signal: i32) -> Self {
        self.say(format!("block {signal}"))
    }

    /// Leads a session of its own (without a terminal).
    pub fn session(self) -> Self {
        self.say("session".into())
    }

    /// Leads a process group of its own.
    pub fn group(self) -> Self {
        self.say("group".into())
    }

    /// Makes its arguments empty.
    pub fn without_arguments(self) -> Self {
        self.say("no-arguments".into())
    }

    /// Overwrites its arguments with NULs.
    pub fn arguments_of_nul(self) -> Self {
        self.say("nul-arguments".into())
    }

    /// Leads a session with a new pseudo-terminal.
    pub fn terminal(mut self) -> Self {
        self.terminal = true;
        self.session()
    }

    /// Real, effective and saved group ID (root only). Call it before [`Spec::uids`].
    pub fn gids(self, real: u32, effective: u32, saved: u32) -> Self {
        self.say(format!("gids {real} {effective} {saved}"))
    }

    /// Supplementary groups (root only). Call it before [`Spec::uids`].
    pub fn groups(self, groups: &[u32]) -> Self {
        let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
        self.say(format!("groups {}", groups.join(" ")))
    }

    /// Real, effective and saved user ID (root only).
    pub fn uids(self, real: u32, effective: u32, saved: u32) -> Self {
        self.say(format!("uids {real} {effective} {saved}"))
    }

    /// In new namespaces of these kinds (`ipc`, `mnt`, `net`, `uts`; root only).
    pub fn unshare(self, kinds: &[&str]) -> Self {
        self.say(format!("unshare {}", kinds.join(" ")))
    }

    /// Owned by an ordinary user, as if that user had started it.
    pub fn owned_by(self, uid: u32) -> Self {
        self.gids(uid, uid, uid).uids(uid, uid, uid).dumpable()
    }

    /// Lets its user read its files again after [`Spec::uids`].
    pub fn dumpable(self) -> Self {
        self.say("dumpable".into())
    }

    /// Another thread continues the part, with only these signals blocked, and the main thread sleeps.
    pub fn main_sleeps(self, blocked_by_the_other: &[i32]) -> Self {
        self.hand_over("sleeps", blocked_by_the_other)
    }

    /// The same, and the main thread exits.
    pub fn main_ends(mut self, blocked_by_the_other: &[i32]) -> Self {
        self.main_ends = true;
        self.hand_over("ends", blocked_by_the_other)
    }

    fn hand_over(self, what: &str, blocked: &[i32]) -> Self {
        let blocked: Vec<String> = blocked.iter().map(i32::to_string).collect();
        self.say(format!("main {what} {}", blocked.join(" ")).trim_end().to_owned())
    }

    /// In a new user namespace that belongs to `owner` and has the same IDs (root only). Call it before
    /// [`Spec::uids`].
    pub fn user_namespace(self, owner: u32) -> Self {
        self.say(format!("userns {owner} 0"))
    }

    /// In a new user namespace in which this UID is root, and root is this UID (root only). Call it before
    /// [`Spec::uids`], which takes UIDs of that namespace.
    pub fn user_namespace_of_root(self, root: u32) -> Self {
        self.say(format!("userns 0 {root}"))
    }

    /// The first process of a new PID namespace (root only).
    pub fn init(mut self) -> Self {
        self.init = true;
        self
    }

    /// One more thread, with a name of its own.
    pub fn thread(self, name: &str) -> Self {
        let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.say(format!("thread {hex}"))
    }

    /// Starts it, and waits until it plays its part and sleeps.
    pub fn spawn(mut self) -> Victim {
        let terminal = self.terminal.then(|| {
            let master =
                rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
            rustix::pty::grantpt(&master).expect("grantpt");
            rustix::pty::unlockpt(&master).expect("unlockpt");
            let path =
                rustix::pty::ptsname(&master, Vec::new()).expect("ptsname").into_string().expect("ASCII");
            // After `session`, before any change of IDs.
            let session = self.part.iter().position(|part| part == "session").expect("a session");
            self.part.insert(session + 1, format!("terminal {path}"));
            (master, path.trim_start_matches("/dev/").to_owned())
        });
        let child = if self.init {
            use nix::sched::{CloneFlags, setns, unshare};
            let ours = std::fs::File::open("/proc/self/ns/pid").expect("our PID namespace");
            unshare(CloneFlags::CLONE_NEWPID).expect("a PID namespace");
            let child = self.command.spawn();
            setns(ours, CloneFlags::CLONE_NEWPID).expect("back to our PID namespace");
            child.expect("start an init")
        } else {
            self.command.spawn().expect("start a victim")
        };
        let pid = rustix::process::Pid::from_child(&child);
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).expect("a pidfd");
        let mut victim =
            Victim { name: self.name, child, pidfd, terminal, stopped: false, zombie: false, asked: false };
        let part = self.part.join("\n") + "\n\n";
        victim.child.stdin.as_mut().expect("pipe").write_all(part.as_bytes()).expect("hand out the part");
        if victim.read_record() != Some(READY) {
            let mut why = String::new();
            let _ = victim.child.stderr.take().expect("pipe").read_to_string(&mut why);
            panic!("the victim could not play its part:\n{part}…{why}");
        }
        let main = if self.main_ends { "Z" } else { "S" };
        eventually(&format!("{} sleeps", victim.label()), || stat_field(victim.pid(), 3) == main);
        victim
    }
}

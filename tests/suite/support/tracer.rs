//! A program under ptrace(2), stopped at each of its system calls, and changes to it before it starts: without
//! some system calls (by a seccomp filter), or with a controlling terminal.
#![allow(unsafe_code)] // code between fork and exec, a union of the kernel's, and seccomp(2)

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::process::{Resource, Rlimit};
use rustix::pty::OpenptFlags;

use super::executable;

/// A system call by its number, with its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub number: i64,
    pub args: [u64; 6],
}

/// The state of the program.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// At the entry of the call.
    Entry(Call),
    /// At the exit of the call, with this result (minus errno for a failure).
    Exit(Call, i64),
    /// It has exited with this status, or 128 + the signal that killed it.
    Ended(i32),
}

/// A program that runs from stop to stop. Killed and reaped when dropped.
pub struct Traced {
    child: Child,
    pid: Pid,
    memory: File,
    call: Option<Call>,
    free: bool,
    ended: bool,
    terminal: Option<File>,
}

impl Traced {
    /// Starts the command, which stops before its first instruction.
    pub fn start(mut command: Command) -> Self {
        // SAFETY: one system call, between fork and exec.
        unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
        let child = command.spawn().expect("start the traced program");
        let pid = Pid::from_raw(child.id() as i32);
        assert_eq!(waitpid(pid, None), Ok(WaitStatus::Stopped(pid, Signal::SIGTRAP)), "the stop at exec");
        let options = ptrace::Options::PTRACE_O_TRACESYSGOOD | ptrace::Options::PTRACE_O_EXITKILL;
        ptrace::setoptions(pid, options).expect("PTRACE_SETOPTIONS");
        let memory = File::options().read(true).write(true).open(format!("/proc/{pid}/mem"));
        let memory = memory.expect("a tracer may read and write memory");
        Traced { child, pid, memory, call: None, free: false, ended: false, terminal: None }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Keeps the master end of its terminal: when that is closed, the terminal hangs up.
    pub fn keep(&mut self, terminal: File) {
        self.terminal = Some(terminal);
    }

    /// The master end.
    pub fn terminal(&mut self) -> &mut File {
        self.terminal.as_mut().expect("a terminal was kept")
    }

    /// Whether this descriptor of the program is its terminal.
    pub fn is_terminal(&self, descriptor: u64) -> bool {
        let link = std::fs::read_link(format!("/proc/{}/fd/{descriptor}", self.pid));
        link.is_ok_and(|file| file == std::path::Path::new("/dev/tty"))
    }

    /// Detaches from it: it stops no more, and [`Traced::next`] returns its exit.
    pub fn run_free(&mut self) {
        ptrace::detach(self.pid, None).expect("PTRACE_DETACH");
        self.free = true;
    }

    /// Continues it until the next stop.
    pub fn next(&mut self) -> Stop {
        let mut signal = None;
        loop {
            if !self.free {
                ptrace::syscall(self.pid, signal).expect("PTRACE_SYSCALL");
            }
            match waitpid(self.pid, Some(WaitPidFlag::__WALL)).expect("waitpid") {
                WaitStatus::PtraceSyscall(_) => return self.stop(),
                WaitStatus::Stopped(_, received) => signal = Some(received),
                WaitStatus::Exited(_, status) => return self.end(status),
                WaitStatus::Signaled(_, signal, _) => return self.end(128 + signal as i32),
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    fn stop(&mut self) -> Stop {
        let info = ptrace::syscall_info(self.pid).expect("PTRACE_GET_SYSCALL_INFO, Linux 5.3");
        // SAFETY: `op` says which member of the union the kernel has filled in.
        unsafe {
            match info.op {
                libc::PTRACE_SYSCALL_INFO_ENTRY => {
                    let call = Call { number: info.u.entry.nr as i64, args: info.u.entry.args };
                    self.call = Some(call);
                    Stop::Entry(call)
                }
                _ => Stop::Exit(self.call.take().expect("an entry before each exit"), info.u.exit.sval),
            }
        }
    }

    fn end(&mut self, status: i32) -> Stop {
        self.ended = true;
        Stop::Ended(status)
    }

    /// Runs it until it exits, and interrupts it (SIGINT) when it has sent `number` signals. Returns the number of all
    /// signals that it sent, and its status.
    pub fn interrupted_after(&mut self, number: usize) -> (usize, i32) {
        let mut sent = 0;
        loop {
            match self.next() {
                Stop::Exit(call, _) if call.number == libc::SYS_pidfd_send_signal => {
                    sent += 1;
                    if sent == number {
                        kill(self.pid, Signal::SIGINT).expect("kill");
                    }
                }
                Stop::Ended(status) => return (sent, status),
                Stop::Entry(_) | Stop::Exit(..) => {}
            }
        }
    }

    /// The C string at this address of its memory; empty if it cannot be read.
    pub fn string(&self, address: u64) -> Vec<u8> {
        let mut bytes = vec![0; 256];
        let read = self.memory.read_at(&mut bytes, address).unwrap_or(0);
        bytes.truncate(read);
        bytes.truncate(bytes.iter().position(|&b| b == 0).unwrap_or(read));
        bytes
    }

    /// That many bytes at this address of its memory.
    pub fn bytes(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory.read_exact_at(&mut bytes, address).expect("its memory");
        bytes
    }

    /// Puts other bytes at this address of its memory.
    pub fn overwrite(&self, address: u64, bytes: &[u8]) {
        self.memory.write_all_at(bytes, address).expect("its memory");
    }

    /// From now on, it can have only one descriptor more than those that are open.
    pub fn leave_one_descriptor(&self) {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.pid)).expect("its descriptors").flatten();
        let open: Vec<u64> =
            open.map(|entry| entry.file_name().to_str().unwrap().parse().expect("a number")).collect();
        let free = (0..).find(|number| !open.contains(number)).expect("a free one");
        let limit = Rlimit { current: Some(free + 1), maximum: Some(free + 1) };
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::prlimit(Some(pid), Resource::Nofile, limit).expect("prlimit");
    }

    /// Its output after it has exited: standard output and standard error, which must fit into a pipe.
    pub fn written(&mut self) -> (String, String) {
        assert!(self.ended, "it is still running");
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
        self.child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
        (out, err)
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = waitpid(self.pid, Some(WaitPidFlag::__WALL));
        }
    }
}

/// A program of this crate, prepared like [`command`].
pub fn ours(name: &str) -> Command {
    command(executable(name))
}

/// A command with empty standard input and pipes for its output, in the tests' environment.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// These calls fail with their errno, by a seccomp filter, as in a container.
pub fn forbid(command: &mut Command, calls: &[(i64, i32)]) {
    let call = |&(number, errno)| {
        let fail = libc::SECCOMP_RET_ERRNO | errno as u32;
        [jump_unless(number as u32, 1), statement(libc::BPF_RET, fail)]
    };
    // The number is the first field of struct seccomp_data.
    let load = std::iter::once(statement(LOAD, 0));
    filter(command, load.chain(calls.iter().flat_map(call)).collect());
}

/// This signal cannot be sent through a pidfd: EPERM.
pub fn forbid_signal(command: &mut Command, signal: Signal) {
    // The lower half of the second argument, in struct seccomp_data.
    let argument = 24 + if cfg!(target_endian = "big") { 4 } else { 0 };
    let statements = vec![
        statement(LOAD, 0),
        jump_unless(libc::SYS_pidfd_send_signal as u32, 3),
        statement(LOAD, argument),
        jump_unless(signal as u32, 1),
        statement(libc::BPF_RET, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
    ];
    filter(command, statements);
}

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;

fn statement(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

/// Skip this number of statements unless what was loaded is the value.
fn jump_unless(value: u32, statements: u8) -> libc::sock_filter {
    libc::sock_filter { jf: statements, ..statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value) }
}

/// A seccomp filter; what it does not refuse is allowed.
fn filter(command: &mut Command, mut statements: Vec<libc::sock_filter>) {
    statements.push(statement(libc::BPF_RET, libc::SECCOMP_RET_ALLOW));
    let install = move || {
        let program =
            libc::sock_fprog { len: statements.len() as u16, filter: statements.as_ptr().cast_mut() };
        // SAFETY: the program points to the filter, which the kernel copies.
        let result = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &program)
        };
        if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: two system calls, between fork and exec.
    unsafe { command.pre_exec(install) };
}

/// A new pseudo-terminal: the master and the slave.
pub fn terminal() -> (OwnedFd, File) {
    let master: OwnedFd = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .expect("a pseudo-terminal");
    rustix::pty::grantpt(&master).expect("grantpt");
    rustix::pty::unlockpt(&master).expect("unlockpt");
    let path = rustix::pty::ptsname(&master, Vec::new()).expect("ptsname").into_string().expect("ASCII");
    let terminal = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path);
    (master, terminal.expect("the other end"))
}

/// A new pseudo-terminal as the command's controlling terminal. Returns the master.
pub fn on_terminal(command: &mut Command) -> File {
    let (master, terminal) = self::terminal();
    let take = move || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(&terminal)?;
        Ok(())
    };
    // SAFETY: two system calls, between fork and exec.
    unsafe { command.pre_exec(take) };
    File::from(master)
}

/// Runs it without a controlling terminal.
pub fn without_terminal(command: &mut Command) {
    // SAFETY: a system call, between fork and exec.
    unsafe { command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?)) };
}

//! Thousands of cheap processes: each is a clone(2) that shares the memory of the test and waits for ever.
//! fork(2) of a test executable takes 120 µs, this takes 20.
#![allow(unsafe_code)] // clone(2) with CLONE_VM has no safe wrapper

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use super::{DEADLINE, eventually};

/// A child uses some 200 bytes of its stack and never returns.
const STACK: usize = 1024;

/// One that starts others uses more.
const BRANCH_STACK: usize = 4096;

/// Processes with one name, children of the test. Only inside a PID namespace, which kills them at its end.
pub struct Crowd {
    /// In the order of their start.
    pub pids: Vec<u32>,
}

impl Crowd {
    /// Starts `count` processes with this name (up to 15 bytes). Their command line is that of the test.
    pub fn spawn(name: &CStr, count: usize) -> Self {
        Self::start(name, count, stand, |_| std::ptr::null_mut())
    }

    /// The same, but they block every signal, and count two: [`Counts`].
    pub fn counting(name: &CStr, count: usize) -> (Self, Counts) {
        let counts = || [const { AtomicU32::new(0) }; 2];
        let counts: Counts = Box::leak((0..count).map(|_| counts()).collect());
        // They inherit the blocked signals, and wait for them.
        let ours = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).expect("sigprocmask");
        let crowd =
            Self::start(name, count, count_signals, |index| (&raw const counts[index]).cast_mut().cast());
        ours.thread_set_mask().expect("sigprocmask");
        (crowd, counts)
    }

    fn start(
        name: &CStr,
        count: usize,
        part: extern "C" fn(*mut c_void) -> c_int,
        argument: impl Fn(usize) -> *mut c_void,
    ) -> Self {
        assert_eq!(std::process::id(), 1, "outside of a namespace nothing would kill them");
        take_turns();
        let ours = rustix::thread::name().expect("PR_GET_NAME");
        rustix::thread::set_name(name).expect("PR_SET_NAME"); // handed on to each child
        let stacks = Box::leak(vec![0_u8; (count + 1) * STACK].into_boxed_slice());
        let start = Instant::now();
        let pids = (1..=count).map(|index| {
            loop {
                // SAFETY: each child has a stack of its own, which is never freed; its part touches nothing of
                // the test's memory except its argument.
                let pid = unsafe {
                    let top = stacks.as_mut_ptr().add(index * STACK);
                    libc::clone(part, top.cast(), libc::CLONE_VM, argument(index - 1))
                };
                match pid {
                    1.. => return pid as u32,
                    // kernel.pid_max: another test run on this machine has a crowd too.
                    _ => assert!(start.elapsed() < DEADLINE, "{}", std::io::Error::last_os_error()),
                }
            }
        });
        let pids = pids.collect();
        rustix::thread::set_name(&ours).expect("PR_SET_NAME");
        Self { pids }
    }

    /// A forest: the process with the number N is a child of that with the number `parents[N]`, which is smaller, or of
    /// the test. `leads`: each leads a process group.
    pub fn forest(name: &CStr, parents: &[Option<usize>], leads: bool) -> Self {
        Self::grow(name, parents, leads, &[])
    }

    /// A chain of that many generations, the last of which executes this command, and has exited when this returns.
    pub fn above(count: usize, command: &[String]) -> Self {
        let crowd = Self::grow(c"generation", &chain(count), false, command);
        let last = *crowd.pids.last().expect("a command");
        // Without a deadline: a busy machine can take minutes.
        let pidfd = pidfd_open(RawPid::from_raw(last as i32).expect("a PID"), PidfdFlags::empty());
        let ended = poll(&mut [PollFd::new(&pidfd.expect("a pidfd"), PollFlags::IN)], None);
        assert_eq!(ended, Ok(1), "the command has exited");
        crowd
    }

    fn grow(name: &CStr, parents: &[Option<usize>], leads: bool, command: &[String]) -> Self {
        assert_eq!(std::process::id(), 1, "outside of a namespace nothing would kill them");
        take_turns();
        let stacks = Box::leak(vec![0_u8; (parents.len() + 1) * BRANCH_STACK].into_boxed_slice());
        let branches: Vec<*mut Branch> = (1..=parents.len())
            .map(|index| {
                // SAFETY: the end of the part of one process.
                let stack = unsafe { stacks.as_mut_ptr().add(index * BRANCH_STACK) };
                let branch = Branch {
                    stack: stack.cast(),
                    pid: AtomicU32::new(0),
                    below: vec![],
                    leads,
                    command: vec![],
                };
                Box::into_raw(Box::new(branch))
            })
            .collect();
        let words: Vec<CString> =
            command.iter().map(|word| CString::new(word.as_str()).expect("no NUL")).collect();
        let command = words.into_iter().map(|word| word.into_raw().cast_const()).collect::<Vec<_>>();
        let mut roots = vec![];
        // SAFETY: nothing else refers to them before the first process is started.
        unsafe {
            for (at, parent) in parents.iter().enumerate() {
                match parent.map(|parent| branches[parent].as_mut().expect("a record")) {
                    Some(parent) => parent.below.push(branches[at]),
                    None => roots.push(branches[at]),
                }
            }
            if let (Some(&last), false) = (branches.last(), command.is_empty()) {
                let last = &mut *last;
                last.command = command.into_iter().chain([std::ptr::null()]).collect();
            }
        }
        let ours = rustix::thread::name().expect("PR_GET_NAME");
        rustix::thread::set_name(name).expect("PR_SET_NAME");
        roots.into_iter().for_each(start);
        rustix::thread::set_name(&ours).expect("PR_SET_NAME");
        // SAFETY: it is never freed.
        let pid = |branch: &*mut Branch| unsafe { (**branch).pid.load(Ordering::Acquire) };
        eventually("all have started", || branches.iter().all(|branch| pid(branch) > 0));
        Self { pids: branches.iter().map(pid).collect() }
    }

    /// Kills all of them.
    pub fn end(&self) {
        for &pid in &self.pids {
            // SAFETY: no memory is involved, and the test reaps them below, parents first: the PIDs are theirs.
            unsafe { libc::kill(pid as i32, libc::SIGKILL) };
        }
        for &pid in &self.pids {
            // The children of one that was reaped are the test's.
            waitpid(Pid::from_raw(pid as i32), Some(WaitPidFlag::__WALL)).expect("a child that exits");
        }
    }

    /// Sends a signal to each process.
    pub fn send(&self, signal: c_int) {
        for &pid in &self.pids {
            // SAFETY: no memory is involved; they are children of this process and not reaped, so the PIDs are theirs.
            assert_eq!(unsafe { libc::kill(pid as i32, signal) }, 0);
        }
    }

    /// Waits until all have exited, reaps them, and returns the status of each.
    pub fn reap(&self) -> Vec<WaitStatus> {
        // A clone without an exit signal is waited for with __WCLONE, so no other wait of the test sees it. One by one:
        // a wait for any child walks over all children.
        let reap = |&pid| waitpid(Pid::from_raw(pid as i32), Some(WaitPidFlag::__WCLONE));
        self.pids.iter().map(reap).collect::<Result<_, _>>().expect("children that exit")
    }
}

/// How often each has got [`COUNTED`] and [`LAST`], in the order of their start.
pub type Counts = &'static [[AtomicU32; 2]];

/// A real-time signal: it is queued as often as it is sent (signal(7)).
pub const COUNTED: c_int = 36;

/// Delivered after all [`COUNTED`] that were sent before: of pending signals the lowest is delivered first.
pub const LAST: c_int = 37;

extern "C" fn count_signals(counts: *mut c_void) -> c_int {
    let every = u64::MAX;
    loop {
        // SAFETY: the set has the size of the kernel's, which is passed; no siginfo, no timeout.
        let signal = unsafe { libc::syscall(libc::SYS_rt_sigtimedwait, &raw const every, 0, 0, 8) } as c_int;
        if let COUNTED | LAST = signal {
            // SAFETY: the two counters, which are never freed.
            let counts = unsafe { &*counts.cast::<[AtomicU32; 2]>() };
            counts[(signal - COUNTED) as usize].fetch_add(1, Ordering::Release);
        }
    }
}

/// kernel.pid_max is 32,768 on small machines: room for one large crowd at a time, over all test runs.
fn take_turns() {
    static LOCK: OnceLock<File> = OnceLock::new();
    LOCK.get_or_init(|| {
        let lock = File::create(std::env::temp_dir().join("pkill-test-crowd")).expect("a lock file");
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("flock");
        lock
    });
}

/// Each process of a chain is a child of the one before.
pub fn chain(count: usize) -> Vec<Option<usize>> {
    (0..count).map(|number| number.checked_sub(1)).collect()
}

/// A process that starts others, or executes a command. Never freed.
struct Branch {
    stack: *mut c_void,
    pid: AtomicU32,
    below: Vec<*mut Branch>,
    leads: bool,
    command: Vec<*const c_char>,
}

fn start(branch: *mut Branch) {
    loop {
        // SAFETY: its stack and its record are its own, except for the PID, which is atomic.
        let pid = unsafe { libc::clone(grow, (*branch).stack, libc::CLONE_VM, branch.cast()) };
        // kernel.pid_max: another test run on this machine has a crowd too.
        if pid > 0 {
            // SAFETY: it is never freed.
            return unsafe { (*branch).pid.store(pid as u32, Ordering::Release) };
        }
    }
}

extern "C" fn grow(branch: *mut c_void) -> c_int {
    // SAFETY: it is never freed, and its parent, which has started it, changes the PID only.
    let branch = unsafe { &*branch.cast::<Branch>() };
    if branch.leads {
        // SAFETY: no memory is involved.
        unsafe { libc::setpgid(0, 0) };
    }
    branch.below.iter().copied().for_each(start);
    if let Some(&program) = branch.command.first() {
        // SAFETY: a path and arguments that end with a null pointer. It returns where the file does not exist.
        unsafe { libc::execvp(program, branch.command.as_ptr()) };
    }
    stand(std::ptr::null_mut())
}

extern "C" fn stand(_: *mut c_void) -> c_int {
    loop {
        // SAFETY: no descriptors, no timeout, no mask: it waits for a signal that kills it. The bare call,
        // because the C library's wrappers write to the parent's thread-local storage.
        unsafe { libc::syscall(libc::SYS_ppoll, 0, 0, 0, 0, 0) };
    }
}

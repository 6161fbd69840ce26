//! Thousands of cheap processes: each is a clone(2) that shares the memory of the test and waits for ever.
//! fork(2) of a test executable takes 120 µs, this takes 20.
#![allow(unsafe_code)] // clone(2) with CLONE_VM has no safe wrapper

use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::DEADLINE;

/// A child uses some 200 bytes of its stack and never returns.
const STACK: usize = 1024;

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

extern "C" fn stand(_: *mut c_void) -> c_int {
    loop {
        // SAFETY: no descriptors, no timeout, no mask: it waits for a signal that kills it. The bare call,
        // because the C library's wrappers write to the parent's thread-local storage.
        unsafe { libc::syscall(libc::SYS_ppoll, 0, 0, 0, 0, 0) };
    }
}

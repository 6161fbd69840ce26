//! Thousands of processes at the price of little: each is a clone(2) that shares our memory and waits for ever.
//! fork(2) of a test executable takes 120 µs, this takes 20.
#![allow(unsafe_code)] // clone(2) with CLONE_VM has no safe wrapper
#![allow(dead_code)] // each user needs its own part

use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::sync::OnceLock;
use std::time::Instant;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::support::DEADLINE;

/// A child uses some 200 bytes of its stack and never returns.
const STACK: usize = 1024;

/// Processes with one name, our children. Only inside a PID namespace, whose end is theirs.
pub struct Crowd {
    /// In the order of their start.
    pub pids: Vec<u32>,
}

impl Crowd {
    /// Starts `count` processes with this name (up to 15 bytes). Their command line is ours.
    pub fn spawn(name: &CStr, count: usize) -> Self {
        assert_eq!(std::process::id(), 1, "outside of a namespace nobody would end them");
        take_turns();
        let ours = rustix::thread::name().expect("PR_GET_NAME");
        rustix::thread::set_name(name).expect("PR_SET_NAME"); // handed on to each child
        let stacks = Box::leak(vec![0_u8; (count + 1) * STACK].into_boxed_slice());
        let start = Instant::now();
        let pids = (1..=count).map(|index| {
            loop {
                // SAFETY: each child has a stack of its own, which is never freed; it runs `stand`, which
                // touches nothing of ours.
                let pid = unsafe {
                    let top = stacks.as_mut_ptr().add(index * STACK);
                    libc::clone(stand, top.cast(), libc::CLONE_VM, std::ptr::null_mut())
                };
                match pid {
                    1.. => return pid as u32,
                    // kernel.pid_max: somebody else on this machine has a crowd too.
                    _ => assert!(start.elapsed() < DEADLINE, "{}", std::io::Error::last_os_error()),
                }
            }
        });
        let pids = pids.collect();
        rustix::thread::set_name(&ours).expect("PR_SET_NAME");
        Self { pids }
    }

    /// Reaps them all and returns how each ended, waiting for their end.
    pub fn reap(&self) -> Vec<WaitStatus> {
        // A clone without an exit signal is waited for with __WCLONE, so no other wait of ours sees it. One by one:
        // a wait for any child walks over all that live.
        let reap = |&pid| waitpid(Pid::from_raw(pid as i32), Some(WaitPidFlag::__WCLONE));
        self.pids.iter().map(reap).collect::<Result<_, _>>().expect("children that end")
    }
}

/// kernel.pid_max is 32,768 on small machines: room for one large crowd at a time, whichever test run it is in.
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

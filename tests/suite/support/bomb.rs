//! A fork bomb: processes that only fork, up to the limit of their user.
#![allow(unsafe_code)] // work between fork and exec, without an exec

use std::ffi::CStr;

use rustix::process::{Resource, Rlimit, setrlimit};

/// What each process of a bomb does between two forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Plain,
    /// It continues every process of its user: kill(-1, SIGCONT).
    Continues,
    /// It waits for this many milliseconds.
    Every(i32),
}

/// Starts it as this user, which must have no other processes. Only inside a PID namespace, which kills it at its end.
/// Zombies are reaped by a process that is not part of the bomb, so that their PIDs are free.
pub fn light(name: &'static CStr, uid: u32, processes: u64, kind: Kind) {
    assert_eq!(std::process::id(), 1, "outside of a namespace nothing would kill it");
    // SAFETY: the child of a process with threads makes only system calls.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork: {}", std::io::Error::last_os_error());
    if pid > 0 {
        return;
    }
    // SAFETY: system calls on numbers and on a string that lives for ever.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        if libc::fork() > 0 {
            loop {
                libc::pause();
            }
        }
        libc::prctl(libc::PR_SET_NAME, name.as_ptr());
        let limit = Rlimit { current: Some(processes), maximum: Some(processes) };
        let limited = setrlimit(Resource::Nproc, limit).is_ok();
        if !limited || libc::syscall(libc::SYS_setresuid, uid, uid, uid) != 0 {
            libc::_exit(1);
        }
        loop {
            match kind {
                Kind::Plain => {}
                Kind::Continues => drop(libc::kill(-1, libc::SIGCONT)),
                Kind::Every(milliseconds) => drop(libc::poll(std::ptr::null_mut(), 0, milliseconds)),
            }
            libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
        }
    }
}

/// How many processes have this name.
pub fn count(name: &CStr) -> usize {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten();
    let named = all.filter(|entry| {
        std::fs::read(entry.path().join("comm")).is_ok_and(|comm| comm.trim_ascii_end() == name.to_bytes())
    });
    named.count()
}

//! Continuing the processes that pkill has stopped when it dies without running destructors: when memory runs out, and
//! at a panic (release builds abort).
//!
//! Nothing here allocates or takes a lock, so all of it works where memory has run out, in a panic hook and in a signal
//! handler (signal-safety(7)).

use std::os::fd::RawFd;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Descriptor numbers are below this: the default of /proc/sys/fs/nr_open. Higher ones are not recorded.
const LIMIT: usize = 1 << 20;
const BITS: usize = usize::BITS as usize;

/// A bit for each descriptor of a stopped process. It is in .bss: pages that are not written to take no memory.
static STOPPED: [AtomicUsize; LIMIT / BITS] = [const { AtomicUsize::new(0) }; LIMIT / BITS];

/// The word and the bit of a descriptor.
fn slot(fd: RawFd) -> Option<(&'static AtomicUsize, usize)> {
    let fd = usize::try_from(fd).ok()?;
    Some((STOPPED.get(fd / BITS)?, 1 << (fd % BITS)))
}

/// Record that the process of this pidfd is about to be stopped, before SIGSTOP is sent to it.
pub(crate) fn mark(fd: RawFd) {
    if let Some((word, bit)) = slot(fd) {
        word.fetch_or(bit, Ordering::SeqCst);
    }
}

/// Record that the process of this pidfd was continued or must stay stopped. Must precede the close of the descriptor:
/// the next open(2) returns its number.
pub(crate) fn unmark(fd: RawFd) {
    if let Some((word, bit)) = slot(fd) {
        word.fetch_and(!bit, Ordering::SeqCst);
    }
}

/// Send SIGCONT to the process of every marked pidfd, and unmark it.
pub(crate) fn continue_all() {
    for (index, word) in STOPPED.iter().enumerate() {
        // Most words are 0: a read leaves their pages unwritten.
        let mut bits = word.load(Ordering::SeqCst);
        while bits != 0 {
            let bit = bits & bits.wrapping_neg();
            let fd = index * BITS + bit.trailing_zeros() as usize;
            bits &= !bit;
            // SAFETY: no memory is involved: the siginfo_t is null. An error cannot be reported here.
            unsafe {
                libc::syscall(
                    libc::SYS_pidfd_send_signal,
                    fd as RawFd,
                    libc::SIGCONT,
                    std::ptr::null::<libc::siginfo_t>(),
                    0u32,
                )
            };
            // Not before: memory may run out in another thread at the same time, which ends the program when it has
            // been through all that are marked.
            word.fetch_and(!bit, Ordering::SeqCst);
        }
    }
}

/// Install a panic hook that calls [`continue_all`] before the default hook.
pub(crate) fn on_panic() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            continue_all();
            default(info);
        }));
    });
}

/// The bitmap is one for the process: tests that depend on it run one at a time.
#[cfg(test)]
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) fn is_marked(fd: RawFd) -> bool {
    slot(fd).is_some_and(|(word, bit)| word.load(Ordering::SeqCst) & bit != 0)
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd as _, OwnedFd};
    use std::process::{Child, Command};

    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    use nix::unistd::Pid;
    use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    use super::*;

    /// A stopped child with its pidfd.
    struct Stopped {
        child: Child,
        pidfd: OwnedFd,
    }

    impl Stopped {
        fn spawn() -> Self {
            let child = Command::new("sleep").arg("1000").spawn().expect("sleep");
            let pid = rustix::process::Pid::from_child(&child);
            let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("a pidfd");
            let stopped = Stopped { child, pidfd };
            stopped.send(Signal::STOP);
            assert!(matches!(stopped.wait(WaitPidFlag::WSTOPPED), WaitStatus::Stopped(..)));
            stopped
        }

        fn send(&self, signal: Signal) {
            pidfd_send_signal(&self.pidfd, signal).expect("a signal to a child");
        }

        fn wait(&self, what: WaitPidFlag) -> WaitStatus {
            waitid(Id::Pid(Pid::from_raw(self.child.id() as i32)), what).expect("a child to wait for")
        }

        /// waitid(2) reports that it was continued, once.
        fn was_continued(&self) -> bool {
            let status = self.wait(WaitPidFlag::WCONTINUED | WaitPidFlag::WNOHANG);
            matches!(status, WaitStatus::Continued(_))
        }
    }

    impl Drop for Stopped {
        fn drop(&mut self) {
            unmark(self.pidfd.as_raw_fd());
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn only_marked_processes_are_continued_and_only_once() {
        let _alone = alone();
        let [marked, unmarked, unmarked_again] = [(); 3].map(|()| Stopped::spawn());
        mark(marked.pidfd.as_raw_fd());
        mark(unmarked_again.pidfd.as_raw_fd());
        unmark(unmarked_again.pidfd.as_raw_fd());
        continue_all();
        assert_eq!([&marked, &unmarked, &unmarked_again].map(Stopped::was_continued), [true, false, false]);

        marked.send(Signal::STOP);
        assert!(matches!(marked.wait(WaitPidFlag::WSTOPPED), WaitStatus::Stopped(..)));
        continue_all();
        assert!(!marked.was_continued(), "its mark was cleared");
    }

    #[test]
    fn a_panic_continues_them() {
        let _alone = alone();
        let stopped = Stopped::spawn();
        mark(stopped.pidfd.as_raw_fd());
        on_panic();
        on_panic();
        let panicked = std::panic::catch_unwind(|| panic!("on purpose: the hook under test runs"));
        assert!(panicked.is_err());
        assert!(stopped.was_continued());
    }

    #[test]
    fn every_descriptor_has_a_bit_of_its_own() {
        let bits = BITS as RawFd;
        let mut slots = vec![];
        for fd in [0, 1, bits - 1, bits, 2 * bits - 1, LIMIT as RawFd - 1] {
            let (word, bit) = slot(fd).expect("within the limit");
            slots.push((std::ptr::from_ref(word), bit));
        }
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), 6);
        for fd in [-1, RawFd::MIN, LIMIT as RawFd, RawFd::MAX] {
            assert!(slot(fd).is_none(), "{fd}");
            mark(fd);
            unmark(fd);
        }
    }
}

//! Signals to pkill itself that end its work in good order: they are blocked, and read from a descriptor.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as RawSignal, pthread_sigmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::error::{Error, errno_text};
use crate::proc::{ProcDir, Process, own_pid};

/// While targets are stopped, a signal that would terminate or stop pkill would leave them so. These are delivered
/// when all have been continued; every other one that terminates by default ends the work early.
const DELAYED: [RawSignal; 7] = [
    RawSignal::SIGTSTP,
    RawSignal::SIGTTIN,
    RawSignal::SIGTTOU,
    RawSignal::SIGCONT,
    RawSignal::SIGCHLD,
    RawSignal::SIGWINCH,
    RawSignal::SIGURG,
];

/// What is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caught {
    /// SIGINT and SIGTERM: the wait ends, and what has become of each process is reported.
    Interrupts,
    /// Every signal that can be blocked: targets are stopped. Only KILL and STOP get through (signal(7)).
    All,
}

/// The signals that are caught. Signals that were ignored when pkill started, as by nohup(1), remain ignored.
pub(super) struct Interrupts {
    ignored: u64,
    before: SigSet,
    caught: Caught,
    signals: SignalFd,
}

impl Interrupts {
    /// Catch these from now on.
    pub(super) fn catch(caught: Caught, proc: &ProcDir) -> Result<Self, Error> {
        let mut process = Process::new(proc);
        process.select(own_pid());
        let ignored = process.ignored_signals().unwrap_or_default();
        let before = SigSet::thread_get_mask().map_err(cannot_wait)?;
        let (blocked, read) = sets(caught, ignored, &before);
        blocked.thread_set_mask().map_err(cannot_wait)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&read, flags).map_err(|errno| {
            let _ = before.thread_set_mask();
            cannot_wait(errno)
        })?;
        Ok(Interrupts { ignored, before, caught, signals })
    }

    /// Catch these instead.
    pub(super) fn change(&mut self, caught: Caught) -> Result<(), Error> {
        if self.caught == caught {
            return Ok(());
        }
        let (blocked, read) = sets(caught, self.ignored, &self.before);
        // A signal that is read from the descriptor must be blocked at all times.
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&blocked), None).map_err(cannot_wait)?;
        self.signals.set_mask(&read).map_err(cannot_wait)?;
        self.caught = caught;
        blocked.thread_set_mask().map_err(cannot_wait)
    }

    /// Whether a signal may have come in.
    pub(super) fn is_pending(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(self, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// The signal that has come in, if one has.
    pub(super) fn take(&self) -> Option<i32> {
        while let Ok(Some(info)) = self.signals.read_signal() {
            let number = info.ssi_signo as i32;
            if self.ignored & (1 << (number - 1)) == 0 {
                return Some(number);
            }
        }
        None
    }

    /// The same; waits for a signal for at most `limit`.
    pub(super) fn wait(&self, limit: Duration) -> Result<Option<i32>, Error> {
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: limit.subsec_nanos().into() };
        match poll(&mut [PollFd::new(self, PollFlags::IN)], Some(&limit)) {
            Ok(_) | Err(Errno::INTR) => Ok(self.take()),
            Err(errno) => Err(Error::fatal(format!("cannot wait: {}", errno_text(errno)))),
        }
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

/// The signals to block, and those to read.
fn sets(caught: Caught, ignored: u64, before: &SigSet) -> (SigSet, SigSet) {
    let mut read = SigSet::empty();
    match caught {
        Caught::Interrupts => read.extend([RawSignal::SIGINT, RawSignal::SIGTERM]),
        Caught::All => {
            read = SigSet::all();
            DELAYED.into_iter().for_each(|signal| read.remove(signal));
        }
    }
    for signal in RawSignal::iterator().filter(|&signal| ignored & (1 << (signal as u64 - 1)) != 0) {
        read.remove(signal);
    }
    let blocked = match caught {
        Caught::Interrupts => before.iter().chain(&read).collect(),
        Caught::All => SigSet::all(),
    };
    (blocked, read)
}

fn cannot_wait(errno: nix::Error) -> Error {
    Error::fatal(format!("cannot wait: {}", errno_text(Errno::from_raw_os_error(errno as i32))))
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::raise;

    use super::*;

    fn is_blocked(signal: RawSignal) -> bool {
        SigSet::thread_get_mask().expect("a mask").contains(signal)
    }

    /// The signals are sent to this thread only, and what is not read remains blocked or has no effect.
    #[test]
    fn what_is_caught_is_blocked_and_read() {
        let thread = std::thread::spawn(|| {
            use RawSignal::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGURG};
            let send = |signal| raise(signal).expect("a signal to this thread");
            let all = [SIGINT, SIGTERM, SIGHUP, SIGURG];
            SigSet::from(SIGURG).thread_set_mask().expect("a mask");
            let proc = ProcDir::named().expect("/proc");
            let mut interrupts = Interrupts::catch(Caught::Interrupts, &proc).expect("a descriptor");
            assert_eq!(all.map(is_blocked), [true, true, false, true], "what was blocked remains so");
            assert_eq!((interrupts.is_pending(), interrupts.take()), (false, None));
            // Not SIGINT, which a test that runs in the background may ignore.
            send(SIGTERM);
            assert_eq!((interrupts.is_pending(), interrupts.take()), (true, Some(SIGTERM as i32)));
            assert!(!interrupts.is_pending(), "it was taken");
            send(SIGTERM);
            let never = Duration::from_secs(1000);
            assert_eq!(interrupts.wait(never).expect("poll"), Some(SIGTERM as i32));
            assert_eq!(interrupts.wait(Duration::ZERO).expect("poll"), None);

            interrupts.change(Caught::All).expect("a mask");
            assert_eq!(all.map(is_blocked), [true; 4]);
            send(SIGHUP);
            assert_eq!((interrupts.is_pending(), interrupts.take()), (true, Some(SIGHUP as i32)));
            send(SIGURG);
            assert_eq!((interrupts.is_pending(), interrupts.take()), (false, None), "it is delayed");
            send(SIGPIPE); // a Rust program ignores it
            assert_eq!((interrupts.is_pending(), interrupts.take()), (false, None), "it was ignored before");
            send(SIGPIPE);
            send(SIGTERM);
            assert_eq!(interrupts.take(), Some(SIGTERM as i32));

            interrupts.change(Caught::Interrupts).expect("a mask");
            assert_eq!(all.map(is_blocked), [true, true, false, true]);
            SigSet::from(SIGHUP).thread_block().expect("a mask");
            send(SIGHUP);
            assert!(!interrupts.is_pending(), "it is not read any more");
            interrupts.change(Caught::All).expect("a mask");
            assert_eq!(interrupts.take(), Some(SIGHUP as i32));
        });
        thread.join().expect("it passes");
    }
}

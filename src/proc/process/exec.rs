//! Files that are empty while a process executes another program: execve(2) replaces the memory first (`exec_mmap`,
//! fs/exec.c), and records where the arguments and the environment are when it has loaded the program
//! (`create_elf_tables`, fs/binfmt_elf.c). In between both are empty, which they hardly ever are otherwise.

use std::time::{Duration, Instant};

use rustix::thread::{Timespec, nanosleep, sched_yield};

/// How often an empty file is read again although no program is being loaded: one that executes programs without end
/// may have gone on to the next one between two reads. A process may also have emptied its arguments.
const READS: usize = 8;

/// How long loading a program may take, for a process that does not get the CPU or waits for a disk.
const LIMIT: Duration = Duration::from_millis(200);

/// How often the program has to be found still loading before the pauses get longer.
const YIELDS: usize = 4;

/// The pauses between two reads after that.
const PAUSE: Duration = Duration::from_micros(200);

/// How long a scan waits for all processes that are loading a program: one on a file system that does not respond
/// (FUSE) is loaded without end.
#[derive(Debug)]
pub(super) struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Patience(5 * LIMIT)
    }
}

impl Patience {
    /// Begin to read a file again.
    pub(super) fn rereads(&self) -> Rereads {
        Rereads { began: Instant::now(), limit: LIMIT.min(self.0), reads: 0, pauses: 0 }
    }

    /// The file is no longer read again.
    pub(super) fn spend(&mut self, rereads: &Rereads) {
        if rereads.pauses > 0 {
            self.0 = self.0.saturating_sub(rereads.began.elapsed());
        }
    }
}

/// The times that one empty file is read again.
#[derive(Debug)]
pub(super) struct Rereads {
    began: Instant,
    limit: Duration,
    reads: usize,
    pauses: usize,
}

impl Rereads {
    /// Whether to read it once more, after a pause if the process is still loading the program.
    pub(super) fn goes_on(&mut self, is_loading: bool) -> bool {
        if !is_loading {
            self.reads += 1;
            return self.reads <= READS;
        }
        if self.began.elapsed() >= self.limit {
            return false;
        }
        match self.pauses < YIELDS {
            true => sched_yield(),
            false => {
                let _ = nanosleep(&Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() });
            }
        }
        self.pauses += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rereading_ends() {
        let mut patience = Patience(Duration::from_millis(1));
        let mut rereads = patience.rereads();
        assert_eq!((0..20).filter(|_| rereads.goes_on(false)).count(), READS, "the arguments are empty");
        let mut rereads = patience.rereads();
        while rereads.goes_on(true) {}
        patience.spend(&rereads);
        assert_eq!(patience.0, Duration::ZERO);
        assert!(!patience.rereads().goes_on(true), "the time of the scan is spent");
        assert!(patience.rereads().goes_on(false), "it costs next to nothing");
    }
}

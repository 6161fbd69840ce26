//! Waiting for the end of processes, on the handles that they were pinned with.

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Audience, Handle, pin, target};
use crate::error::{Error, errno_text};
use crate::plan::Plan;
use crate::proc::{ProcDir, Process};
use crate::report::{Outcome, Target};
use crate::scan::Matches;

/// Wait until every match has ended. Where there are more of them than descriptors, they are waited for in
/// batches: a process that ends before its batch is reached has ended, which is all that was asked.
pub fn wait_for_all(
    plan: &Plan,
    matches: Matches,
    audience: &mut dyn Audience,
) -> Result<Vec<Target>, Error> {
    raise_descriptor_limit();
    let proc = ProcDir::named()?;
    let mut process = Process::new(&proc);
    let mut targets = Vec::with_capacity(matches.len());
    let mut waiting = Waiting::new()?;
    for mut found in matches {
        let mut pinned = pin(plan, &mut process, &mut found);
        while matches!(pinned, Err(Outcome::Failed(Errno::MFILE | Errno::NFILE)))
            && !waiting.handles.is_empty()
        {
            waiting.wait()?;
            pinned = pin(plan, &mut process, &mut found);
        }
        match pinned {
            Ok(handle) => {
                audience.will_wait(&found)?;
                waiting.add(handle)?;
                targets.push(target(found, Outcome::Ended));
            }
            Err(outcome) => targets.push(target(found, outcome)),
        }
    }
    waiting.wait()?;
    Ok(targets)
}

/// The processes that are waited for at the same time.
struct Waiting {
    epoll: std::os::fd::OwnedFd,
    handles: Vec<Handle>,
}

impl Waiting {
    fn new() -> Result<Self, Error> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(cannot_wait)?;
        Ok(Waiting { epoll, handles: vec![] })
    }

    fn add(&mut self, handle: Handle) -> Result<(), Error> {
        // A pidfd becomes readable when the last thread of the process has ended, reaped or not (pidfd_open(2)).
        let flags = EventFlags::IN | EventFlags::ONESHOT;
        epoll::add(&self.epoll, &handle, EventData::new_u64(0), flags).map_err(cannot_wait)?;
        self.handles.push(handle);
        Ok(())
    }

    /// Until all of them have ended.
    fn wait(&mut self) -> Result<(), Error> {
        let mut left = self.handles.len();
        let mut events = Vec::with_capacity(left.min(1024));
        while left > 0 {
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(ended) => left -= ended,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(cannot_wait(errno)),
            }
        }
        self.handles.clear();
        Ok(())
    }
}

/// As far as the hard limit, silently: where that is low, batches are smaller.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn cannot_wait(errno: Errno) -> Error {
    Error::fatal(format!("cannot wait: {}", errno_text(errno)))
}

//! How the files of a process are read: whole, but within a time and a size where the process decides both.

use std::os::fd::BorrowedFd;

use rustix::fs::{self, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{MEMORY_MAX, Process, Text};
use crate::proc::bounded::{ReadOf, Reads};
use crate::proc::stat::Stat;
use crate::proc::status::Status;
use crate::proc::{Lookup, LookupError};

impl Process<'_> {
    /// Read a whole file of the process into `buffer`.
    pub(super) fn read(&mut self, name: &str, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        let base = self.proc;
        read_file(base.base(), self.file(name), MEMORY_MAX, buffer)
    }

    /// The same for a file that the kernel reads from the memory of the process, within the limits of time and size.
    pub(super) fn read_memory(&mut self, name: &str, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        let result = self.read_memory_start(name, MEMORY_MAX, buffer);
        self.is_cut |= result.is_ok() && buffer.len() == MEMORY_MAX;
        result
    }

    /// The same, and at most `most` bytes of it.
    pub(super) fn read_memory_start(
        &mut self,
        name: &str,
        most: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Errno> {
        let mut bytes = std::mem::take(buffer);
        let read = move |base: BorrowedFd<'_>, path: &[u8]| {
            read_file(base, path, most, &mut bytes)?;
            Ok(bytes)
        };
        self.within_time(name, ReadOf::Memory, read).map(|bytes| *buffer = bytes)
    }

    /// Call `ask` with one of its files, which may access a file system, within the time limit.
    pub(crate) fn ask_file_system<T: Send + 'static>(
        &mut self,
        name: &str,
        ask: impl FnOnce(BorrowedFd<'_>, &[u8]) -> Result<T, Errno> + Send + 'static,
    ) -> Result<T, Errno> {
        self.within_time(name, ReadOf::File, ask)
    }

    fn within_time<T: Send + 'static>(
        &mut self,
        name: &str,
        what: ReadOf,
        read: impl FnOnce(BorrowedFd<'_>, &[u8]) -> Result<T, Errno> + Send + 'static,
    ) -> Result<T, Errno> {
        let (proc, pid) = (self.proc, self.thread_group);
        let result = match proc.reads() {
            Reads::Unbounded => read(proc.base(), self.file(name)),
            Reads::Worker(worker) => worker.attempt(pid, what, || read(proc.base(), self.file(name))),
            Reads::Delegated(delegate) => {
                let path = self.absolute(name);
                delegate.read(pid, what, move || read(CWD, &path))
            }
            Reads::Refused(timeout) if timeout.is_unanswered(pid) => Err(Errno::TIMEDOUT),
            // As of a thread that cannot be started.
            Reads::Refused(_) => Err(Errno::AGAIN),
        };
        self.note_failure(result)
    }

    fn note_failure<T>(&mut self, result: Result<T, Errno>) -> Result<T, Errno> {
        if let Err(errno) = result {
            let why = LookupError::from(errno);
            self.failure = self.failure.or(why.is_undecided().then_some(why));
        }
        result
    }

    /// The path of one of its files from the root.
    fn absolute(&mut self, name: &str) -> Vec<u8> {
        let prefix = if self.proc.prefix().is_empty() { &b"/proc/"[..] } else { b"" };
        [prefix, self.file(name)].concat()
    }

    /// [`Self::read_memory`], repeated while it is empty because the process is executing another program.
    pub(super) fn read_past_exec(&mut self, name: &str, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        self.read_memory(name, buffer)?;
        // Kernel threads and zombies have neither arguments nor an environment.
        let has_memory = |stat: Stat| !stat.is_kernel_thread() && !stat.thread_has_exited();
        if !buffer.is_empty() || !self.stat().is_ok_and(has_memory) {
            return Ok(());
        }
        let mut rereads = self.exec_patience.rereads();
        while buffer.is_empty() && rereads.goes_on(self.is_loading_program()) {
            self.read_memory(name, buffer)?;
        }
        self.exec_patience.spend(&rereads);
        Ok(())
    }

    /// Until its program is loaded, the size of the code is 0 (`text` in proc_pid_statm(5)).
    fn is_loading_program(&mut self) -> bool {
        self.pages(3) == Ok(0)
    }

    /// The name comes with it, which spares reading another file.
    pub(in crate::proc) fn stat(&mut self) -> Lookup<Stat> {
        if self.stat.is_none() {
            let mut name = std::mem::take(&mut self.name);
            let stat = self.parsed("stat", |text| {
                if let (false, Some(same)) = (name.known, Stat::name(text)) {
                    name.known = true;
                    name.bytes.clear();
                    name.bytes.extend_from_slice(same);
                    name.bytes.push(b'\n'); // as in the comm file
                }
                Stat::parse(text)
            });
            self.name = name;
            self.stat = Some(stat?);
        }
        self.stat.ok_or(LookupError::Gone)
    }

    pub(in crate::proc) fn status(&mut self) -> Lookup<&Status> {
        if self.status.is_none() {
            self.status = Some(self.parsed("status", Status::parse)?);
        }
        self.status.as_ref().ok_or(LookupError::Gone)
    }

    /// The parsed contents of a file. A file that cannot be parsed does not mean that the process has exited.
    pub(super) fn parsed<T>(&mut self, name: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Lookup<T> {
        let mut buffer = std::mem::take(&mut self.scratch);
        let result = self.read(name, &mut buffer).map(|()| parse(&buffer));
        self.scratch = buffer;
        result?.ok_or(LookupError::Unreadable(Errno::BADMSG))
    }

    /// Read a file into a text that is kept; a file that cannot be read means that the process is gone.
    pub(super) fn text(&mut self, name: &str, which: fn(&mut Self) -> &mut Text) -> Lookup<()> {
        if which(self).known {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut which(self).bytes);
        let result = self.read(name, &mut bytes);
        *which(self) = Text { known: result.is_ok(), bytes };
        Ok(result?)
    }
}

/// Read a file of /proc, at most `most` bytes of it.
fn read_file(base: BorrowedFd<'_>, path: &[u8], most: usize, buffer: &mut Vec<u8>) -> Result<(), Errno> {
    let file = fs::openat(base, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    buffer.clear();
    while buffer.len() < most {
        if buffer.len() == buffer.capacity() {
            let more = buffer.len().max(1024).min(most - buffer.len());
            buffer.reserve_exact(more);
        }
        let room = buffer.capacity() - buffer.len();
        match rustix::io::read(&file, rustix::buffer::spare_capacity(buffer)) {
            // A short read is the end: these files come whole, as long as there is room (fs/seq_file.c,
            // fs/proc/base.c).
            Ok(n) if n < room => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    buffer.truncate(most);
    Ok(())
}

//! The first bytes of what a process makes as long as it likes: its arguments and environment.

use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

use super::{Process, Text, not_empty};
use crate::proc::Lookup;

impl Process<'_> {
    /// Read the first bytes of the arguments only. What is asked later of the arguments of this process knows no more.
    /// Whether there are more: then the last argument may be incomplete.
    pub(crate) fn limit_arguments(&mut self, most: usize) -> Lookup<bool> {
        let mut bytes = std::mem::take(&mut self.arguments.bytes);
        let result = self.read_start("cmdline", most, &mut bytes);
        self.arguments = Text { known: result.is_ok(), bytes };
        result?;
        if self.arguments.bytes.is_empty() {
            let other = self.of_another_thread(|thread| {
                thread.limit_arguments(most)?;
                Ok(not_empty(&thread.arguments.bytes))
            })?;
            self.arguments.bytes = other.unwrap_or_default();
        }
        Ok(self.arguments.bytes.len() == most)
    }

    /// The first bytes of the environment. They may end within a variable.
    pub(crate) fn environment_start(&mut self, most: usize) -> Lookup<Vec<u8>> {
        let mut bytes = vec![];
        self.read_start("environ", most, &mut bytes)?;
        Ok(bytes)
    }

    fn read_start(&mut self, name: &str, most: usize, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        let base = self.proc;
        let path = self.file(name);
        let file = fs::openat(base.base(), path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        buffer.clear();
        let mut len = 0;
        while len < most {
            if len == buffer.len() {
                buffer.resize((2 * len).clamp(most.min(1024), most), 0);
            }
            let room = buffer.len() - len;
            match rustix::io::read(&file, &mut buffer[len..]) {
                Ok(n) => {
                    len += n;
                    if n < room {
                        break; // as in `read`
                    }
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        buffer.truncate(len);
        Ok(())
    }
}

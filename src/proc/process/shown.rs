//! What is shown of a process, and no test asks for.

use super::Process;
use crate::proc::Lookup;
use crate::request::Pid;

impl Process<'_> {
    /// How many threads it has.
    pub(crate) fn thread_count(&mut self) -> Lookup<u32> {
        Ok(self.stat()?.threads)
    }

    /// Its nice value (sched(7)).
    pub(crate) fn nice(&mut self) -> Lookup<i32> {
        Ok(self.stat()?.nice)
    }

    /// The process that the selected ID, which may be that of a thread, belongs to.
    pub(crate) fn process_of_thread(&mut self) -> Lookup<Pid> {
        Ok(self.status()?.thread_group)
    }
}

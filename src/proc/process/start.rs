//! The first bytes of the arguments and the environment, which can have any length.

use super::{Process, Text, not_empty};
use crate::proc::Lookup;

impl Process<'_> {
    /// Read only the first bytes of the arguments, also for all later facts about this process. Returns whether there
    /// are more: then the last argument may be incomplete.
    pub(crate) fn limit_arguments(&mut self, most: usize) -> Lookup<bool> {
        let mut bytes = std::mem::take(&mut self.arguments.bytes);
        let result = self.read_memory_start("cmdline", most, &mut bytes);
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
        self.read_memory_start("environ", most, &mut bytes)?;
        Ok(bytes)
    }
}

//! The difference between a scan and the known targets.

use super::quiesce::Observation;
use super::target::TargetIndex;
use crate::scan::Match;

/// What a scan has found, compared with the table of targets.
#[derive(Debug, Default)]
pub(super) struct Delta {
    /// Processes that are no targets yet.
    pub new: Vec<Match>,
    /// Targets that a signal may still end.
    pub remaining: usize,
    /// `--freeze`: those of them that should have stopped and still run.
    pub running: Vec<TargetIndex>,
    /// Whether a process exited before it could be examined.
    pub vanished: bool,
}

impl Delta {
    /// The observation that `--freeze` makes of the scan. `running`: targets that should have stopped.
    pub(super) fn observation(&self, new: usize, running: usize) -> Observation {
        Observation { new, running, vanished: self.vanished }
    }
}

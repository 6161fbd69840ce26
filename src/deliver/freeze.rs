//! Who is to be signalled is stopped first: whether all have stopped by now, and nobody has escaped.

use std::time::{Duration, Instant};

use super::News;
use super::vigil::Until;

/// So many looks are given to those that are to stop before they are signalled as they are, or for less than a second:
/// the init of a PID namespace never stops, nor does a kernel thread.
const PATIENCE: u32 = 20;

/// So long are those chased who are always gone before they can be stopped, since somebody was stopped last. On a busy
/// machine there are such who are no successors of anybody.
const CHASE: Duration = Duration::from_secs(1);

/// What the looks at those who are to stop have come to.
pub struct Freeze {
    /// So many in a row have found nobody new.
    quiet: u32,
    /// The last one has found nobody new, and everybody stopped.
    still: bool,
    /// During the last one somebody had gone before it could be looked at or stopped, perhaps not without a successor.
    elusive: bool,
    last_caught: Instant,
}

impl Freeze {
    /// Before the first look.
    pub fn new() -> Self {
        Freeze { quiet: 0, still: false, elusive: false, last_caught: Instant::now() }
    }

    /// Another look begins; its scan may have missed somebody already.
    pub fn begin_look(&mut self, missed: bool) {
        self.elusive = missed;
    }

    /// Somebody has been told to stop.
    pub fn caught(&mut self) {
        self.last_caught = Instant::now();
    }

    /// Somebody had gone before.
    pub fn missed(&mut self) {
        self.elusive = true;
    }

    /// Whether somebody may have got away.
    pub fn chases(&self) -> bool {
        self.elusive && self.last_caught.elapsed() < CHASE
    }

    /// A look is over. True if no other is needed: a fork that has begun when its process is told to stop is completed
    /// (since Linux 4.19), so it is the look that begins when all have stopped that must find nobody new.
    pub fn end_look(&mut self, news: News) -> bool {
        let any_new = news == News::New;
        let complete = !any_new && !self.chases() && (self.still || self.quiet >= PATIENCE);
        self.quiet = if any_new { 0 } else { self.quiet + 1 };
        self.still = news <= News::Left;
        complete
    }

    /// How long to wait before the next look: who is slow to stop gets time, where there is nothing else to be done.
    pub fn rest(&self) -> Until {
        if self.elusive || self.quiet < PATIENCE / 4 { Until::Now } else { Until::Pause }
    }
}

//! The line on a terminal that tells how a wait goes on.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::deliver::Progress;

/// What is over sooner needs no line.
const AFTER: Duration = Duration::from_millis(500);

/// A line on standard error that is written over and over.
pub struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// If standard error is a terminal whose user has nothing against it (`NO_COLOR`, `TERM=dumb`).
    pub fn on_terminal() -> Option<Self> {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if unwanted || !std::io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template("{msg}").expect("a template without mistakes"));
        Some(ProgressLine(bar))
    }

    /// How many are left, for how long it has been waited, and what comes next.
    pub fn show(&mut self, program: &str, progress: &Progress) {
        if progress.elapsed < AFTER {
            return;
        }
        let (left, of, elapsed) = (progress.left, progress.of, progress.elapsed.as_secs_f64());
        let mut line = format!("{program}: {left} of {of} left after {elapsed:.1} s");
        if let Some((signal, time)) = progress.next {
            line += &format!(", {signal} in {:.1} s", time.as_secs_f64());
        }
        self.0.set_message(line);
        self.0.tick();
    }

    /// Leave nothing behind.
    pub fn clear(&mut self) {
        self.0.finish_and_clear();
    }
}

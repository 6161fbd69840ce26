//! The progress of a wait, as a line on a terminal.

use std::time::Duration;

use crate::deliver::Progress;

/// A shorter wait gets no line.
const AFTER: Duration = Duration::from_millis(500);

/// To the start of the line, and erase it (ECMA-48, console_codes(4)).
const ERASE: &str = "\r\x1b[K";

/// A line on standard error that is written over and over.
#[derive(Default)]
pub(super) struct ProgressLine {
    is_shown: bool,
}

impl ProgressLine {
    /// None if standard error is no terminal, or one that cannot erase a line. `NO_COLOR` is about colours only.
    pub(super) fn on_terminal(is_terminal: impl FnOnce() -> bool) -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        (!is_dumb && is_terminal()).then(Self::default)
    }

    /// What to write: how many processes are still running, the time since the wait began, and the next signal.
    pub(super) fn show(&mut self, program: &str, progress: &Progress) -> String {
        if progress.elapsed < AFTER {
            return String::new();
        }
        self.is_shown = true;
        let (running, of, elapsed) = (progress.running, progress.of, progress.elapsed.as_secs_f64());
        let next = progress
            .next
            .map_or_else(String::new, |(signal, time)| format!(", {signal} in {:.1} s", time.as_secs_f64()));
        format!("{ERASE}{program}: {running} of {of} still running after {elapsed:.1} s{next}")
    }

    /// What to write to erase the line; empty if it is not shown.
    pub(super) fn clear(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_shown) { ERASE } else { "" }
    }
}

//! The line on a terminal that tells how a wait goes on.

use std::io::IsTerminal as _;
use std::time::Duration;

use crate::deliver::Progress;

/// What is over sooner needs no line.
const AFTER: Duration = Duration::from_millis(500);

/// To the start of the line, and erase it (ECMA-48, console_codes(4)).
const ERASE: &str = "\r\x1b[K";

/// A line on standard error that is written over and over.
#[derive(Default)]
pub(super) struct ProgressLine {
    is_shown: bool,
}

impl ProgressLine {
    /// If standard error is a terminal whose user has nothing against it (`NO_COLOR`, `TERM=dumb`).
    pub(super) fn on_terminal() -> Option<Self> {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        (!unwanted && std::io::stderr().is_terminal()).then(Self::default)
    }

    /// What to write: how many are left, for how long it has been waited, and what comes next.
    pub(super) fn show(&mut self, program: &str, progress: &Progress) -> String {
        if progress.elapsed < AFTER {
            return String::new();
        }
        self.is_shown = true;
        let (left, of, elapsed) = (progress.running, progress.of, progress.elapsed.as_secs_f64());
        let next = progress
            .next
            .map_or_else(String::new, |(signal, time)| format!(", {signal} in {:.1} s", time.as_secs_f64()));
        format!("{ERASE}{program}: {left} of {of} left after {elapsed:.1} s{next}")
    }

    /// What to write so that nothing of it is left; nothing where it is not shown.
    pub(super) fn clear(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_shown) { ERASE } else { "" }
    }
}

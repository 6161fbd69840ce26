//! The progress of a wait, as a line on a terminal.

use std::time::Duration;

use super::marked::Marked;
use super::printable::shown;
use super::screen::{Screen, is_dumb};
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
        (!is_dumb() && is_terminal()).then(Self::default)
    }

    /// What to write: how many processes are still running, which ones if they are few, the time since the wait began, and
    /// the next signal. It never takes more than a line, which is erased as a whole.
    pub(super) fn show(&mut self, program: &str, progress: &Progress) -> String {
        if progress.elapsed < AFTER {
            return String::new();
        }
        self.is_shown = true;
        let screen = Screen::of(&std::io::stderr());
        let line = Marked::from(line(program, progress));
        // A terminal that has written its last column may already be on the next line.
        let line = screen.width.map_or(line.clone(), |columns| line.fit(columns.saturating_sub(1), screen));
        format!("{ERASE}{}", line.text)
    }

    /// What to write to erase the line; empty if it is not shown.
    pub(super) fn clear(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_shown) { ERASE } else { "" }
    }
}

fn line(program: &str, progress: &Progress) -> String {
    let Progress { running, of, elapsed, .. } = progress;
    let next = progress
        .next
        .map_or_else(String::new, |(signal, time)| format!(", {signal} in {:.1} s", time.as_secs_f64()));
    let named = progress.named.iter().map(|one| format!("{} {}", one.pid, shown(&one.name)));
    let named = named.collect::<Vec<_>>().join(", ");
    let colon = if named.is_empty() { "" } else { ": " };
    format!(
        "{program}: {running} of {of} still running after {:.1} s{next}{colon}{named}",
        elapsed.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;
    use crate::view::Mention;

    #[test]
    fn the_last_ones_are_named() {
        let mut progress = Progress {
            running: 2,
            of: 5,
            named: [(7, "java"), (44, "a\x1bb")]
                .map(|(pid, name)| Mention { pid, name: name.into() })
                .to_vec(),
            elapsed: Duration::from_millis(3200),
            next: Some((Signal::KILL, Duration::from_secs(2))),
        };
        let expected = "pkill: 2 of 5 still running after 3.2 s, KILL in 2.0 s: 7 java, 44 a?b";
        assert_eq!(line("pkill", &progress), expected);
        progress.named.clear();
        progress.next = None;
        assert_eq!(line("pkill", &progress), "pkill: 2 of 5 still running after 3.2 s");
    }
}

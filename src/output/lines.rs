//! What is printed: the list of pgrep, a line for each process, or a document.

use super::json;
use super::signals;
use super::text::{self, cut, is_printable, printable, shown};
use super::writer::Output;
use crate::complete::Candidate;
use crate::error::Error;
use crate::report::{Report, Target};
use crate::request::{Action, Listing, Mode, Request, Sending, Separator, Style};
use crate::view::View;

/// Output is written when this much has been collected.
const FLUSH_THRESHOLD: usize = 64 * 1024;

/// Characters of a command line that describe a completion candidate, which has one line of the screen.
const DESCRIPTION_MAX: usize = 60;

impl Output {
    /// `--complete`: a line for each, with a tab before its description. A candidate that would not come to the shell as
    /// it is cannot be typed either.
    pub(crate) fn candidates(&mut self, candidates: &[Candidate]) {
        for Candidate { text, about } in candidates.iter().filter(|candidate| is_printable(&candidate.text)) {
            self.pending.extend_from_slice(text);
            self.pending.push(b'\t');
            let about = &about[..about.len().min(4 * DESCRIPTION_MAX)]; // UTF-8 takes up to 4 bytes
            self.pending.extend(cut(&shown(about), DESCRIPTION_MAX).bytes());
            self.pending.push(b'\n');
        }
    }

    /// `--list-signals`: a table, or with `--json` an array.
    pub(crate) fn signals(&mut self, style: Style) {
        self.pending.extend(if style == Style::Json { signals::array() } else { signals::table() });
    }

    /// What has become of every target.
    pub(crate) fn report(&mut self, request: &Request, report: &Report) -> Result<(), Error> {
        match request.style {
            Style::Quiet => {}
            Style::Json => {
                let document = json::document(request, report, &mut self.names);
                self.pending.extend(document);
            }
            Style::Plain | Style::Verbose => match &request.action {
                Action::Signal(sending) if sending.mode == Mode::DryRun => {
                    self.dry_run(sending, request.count, report);
                }
                action => self.lines(action, request, report)?,
            },
        }
        self.flush()?;
        self.messages(request, report);
        Ok(())
    }

    /// What a program prints.
    fn lines(&mut self, action: &Action, request: &Request, report: &Report) -> Result<(), Error> {
        if request.style == Style::Verbose {
            let lines = report.targets.iter().map(|target| self.names.line(target));
            self.pending.extend(text::aligned(lines.collect()));
        }
        match action {
            Action::Wait { .. } => {} // the count stands before the wait
            Action::List(_) if report.too_many => {}
            Action::List(_) | Action::Signal(_) if request.count => {
                self.print(&format!("{}\n", report.targets.len()));
            }
            Action::List(listing) if request.style == Style::Plain => self.list(listing, &report.targets)?,
            Action::List(_) | Action::Signal(_) => {}
        }
        Ok(())
    }

    fn list(&mut self, listing: &Listing, targets: &[Target]) -> Result<(), Error> {
        for (at, target) in targets.iter().enumerate() {
            self.print(&target.pid.to_string());
            if let View::Text(text) = &target.view {
                self.pending.push(b' ');
                match listing.separator {
                    Separator::Nul => self.pending.extend_from_slice(text),
                    Separator::Between(_) => self.pending.extend(printable(text)),
                }
            }
            let last = at + 1 == targets.len();
            self.pending.extend_from_slice(match &listing.separator {
                Separator::Nul => b"\0",
                Separator::Between(_) if last => b"\n",
                Separator::Between(delimiter) => delimiter,
            });
            if self.pending.len() > FLUSH_THRESHOLD {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// `--dry-run`.
    fn dry_run(&mut self, sending: &Sending, count: bool, report: &Report) {
        if report.too_many {
            return;
        }
        let heading = ["PID", "USER", "NAME", &format!("WHAT {} WOULD DO", sending.signal)].map(String::from);
        let lines = report.targets.iter().map(|target| self.names.line(target));
        let lines = [heading].into_iter().chain(lines).collect();
        self.pending.extend(text::aligned(lines));
        if count {
            self.print(&format!("{}\n", report.targets.len()));
        }
    }
}

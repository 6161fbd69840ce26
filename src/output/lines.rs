//! Standard output: the list of pgrep, a line for each process, or a document.

use std::io::IsTerminal as _;

use super::printable::{cut, is_printable, quoted, shown};
use super::screen::Screen;
use super::signals;
use super::summary::summary;
use super::text::identity;
use super::tree::{self, Branch};
use super::writer::Output;
use crate::complete::Candidate;
use crate::error::Error;
use crate::report::{Outcome, Report, Target};
use crate::request::{Action, JsonFormat, Listing, Mode, Request, Separator, Style, Subject};
use crate::view::View;

/// Characters of a command line that describe a completion candidate, which has one line of the screen.
const DESCRIPTION_MAX: usize = 60;

impl Output {
    /// `--complete`: a line for each, with a tab before its description. A candidate that would not come to the shell
    /// as it is cannot be typed either.
    pub(crate) fn candidates(&mut self, candidates: &[Candidate]) {
        for Candidate { text, about } in candidates.iter().filter(|candidate| is_printable(&candidate.text)) {
            self.pending.extend_from_slice(text);
            self.pending.push(b'\t');
            let about = &about[..about.len().min(4 * DESCRIPTION_MAX)]; // UTF-8 takes up to 4 bytes
            self.pending.extend(cut(&shown(about), DESCRIPTION_MAX).bytes());
            self.pending.push(b'\n');
        }
    }

    /// `--list-signals`: a table, or with `--json` an array or lines.
    pub(crate) fn signals(&mut self) -> Result<(), Error> {
        let format = self.json.take().map(|json| json.format);
        self.print_with(|output| match format {
            Some(JsonFormat::Document) => signals::write_array(output),
            Some(JsonFormat::Lines) => signals::write_lines(output),
            None => signals::write_table(output),
        })
    }

    /// The outcomes of all targets.
    pub(crate) fn report(&mut self, request: &Request, report: &Report) -> Result<(), Error> {
        match (self.json.take(), request.style) {
            (Some(json), _) => {
                let mut names = std::mem::take(&mut self.names);
                self.print_with(|output| json.write_report(output, request, report, &mut names))?;
                self.names = names;
            }
            (None, Style::Quiet) if !request.count => {}
            (None, Style::Summary) => self.print(&summary(request, report)),
            (None, _) => self.lines(&request.action, request, report)?,
        }
        self.flush()?;
        self.messages(request, report);
        Ok(())
    }

    /// The output of a program in its own style.
    fn lines(&mut self, action: &Action, request: &Request, report: &Report) -> Result<(), Error> {
        let is_dry_run = request.sending().is_some_and(|sending| sending.mode == Mode::DryRun);
        let has_table = request.style == Style::Verbose || is_dry_run && !report.too_many;
        if has_table {
            self.table(action, &report.targets)?;
        }
        match action {
            Action::Wait { .. } if !request.chooses => {} // the count was printed before the wait
            Action::List(_) if report.too_many => {}
            _ if request.count && !(is_dry_run && report.too_many) => {
                self.print(&format!("{}\n", counted(action, &report.targets)));
            }
            Action::List(listing) if !has_table => self.list(listing, &report.targets)?,
            Action::List(_) | Action::Signal(_) | Action::Wait { .. } => {}
        }
        Ok(())
    }

    fn list(&mut self, listing: &Listing, targets: &[Target]) -> Result<(), Error> {
        let targets: Vec<&Target> = targets.iter().filter(|target| is_listed(target)).collect();
        if let Some(columns) = &listing.columns {
            return self.columns(columns, &listing.separator, &targets);
        }
        let is_one_per_line =
            matches!(&listing.separator, Separator::Between(delimiter) if delimiter == b"\n");
        let is_tree = targets.iter().any(|target| target.parent.is_some());
        if is_tree && is_one_per_line && listing.label.is_some() && std::io::stdout().is_terminal() {
            return self.tree(&targets);
        }
        for (at, target) in targets.iter().enumerate() {
            self.print(&identity(target));
            if let View::Text(..) | View::Words(..) = target.view {
                self.print(" ");
                self.label(&target.view, listing.separator == Separator::Nul)?;
            }
            let last = at + 1 == targets.len();
            self.print_bytes(match &listing.separator {
                Separator::Nul => b"\0",
                Separator::Between(_) if last => b"\n",
                Separator::Between(delimiter) => delimiter,
            })?;
        }
        Ok(())
    }

    /// `--tree` on a terminal: each process below its parent.
    fn tree(&mut self, targets: &[&Target]) -> Result<(), Error> {
        let family: Vec<_> = targets.iter().map(|target| (target.pid, target.parent)).collect();
        let width = targets.iter().map(|target| identity(target).len()).max().unwrap_or_default();
        for Branch { at, drawn } in tree::draw(&family, Screen::of(&std::io::stdout())) {
            self.print(&format!("{:>width$} {drawn}", identity(targets[at])));
            self.label(&targets[at].view, false)?;
            self.print_bytes(b"\n")?;
        }
        Ok(())
    }

    /// The name or command line, as bytes for `--print0`.
    pub(super) fn label(&mut self, view: &View, as_bytes: bool) -> Result<(), Error> {
        let mut print = |subject: Subject, text: &[u8]| match as_bytes {
            true => self.print_bytes(text),
            false => self.print_shown(subject, text),
        };
        match view {
            View::Text(subject, text) => print(*subject, text),
            View::Words(subject, words) => quoted(words).try_for_each(|text| print(*subject, text)),
            View::Id | View::Full(_) | View::Row(_) => Ok(()),
        }
    }

    /// A row for each process.
    fn table(&mut self, action: &Action, targets: &[Target]) -> Result<(), Error> {
        let outcome = match action {
            Action::Signal(sending) if sending.mode == Mode::DryRun => {
                format!("EFFECT OF {}", sending.signal)
            }
            _ => "OUTCOME".to_owned(),
        };
        let rows: Vec<&Target> = targets.iter().collect();
        for line in self.rows(&rows, &outcome, Screen::of(&std::io::stdout())) {
            self.print_bytes(line.as_bytes())?;
            self.print_bytes(b"\n")?;
        }
        Ok(())
    }
}

/// Whether pgrep lists it: with `--choose`, it may have exited since it was chosen.
fn is_listed(target: &Target) -> bool {
    target.outcome == Outcome::Listed
}

fn counted(action: &Action, targets: &[Target]) -> usize {
    match action {
        Action::List(_) => targets.iter().filter(|target| is_listed(target)).count(),
        Action::Signal(_) | Action::Wait { .. } => targets.len(),
    }
}

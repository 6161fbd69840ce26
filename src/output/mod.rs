//! [`Report`] → bytes on standard output, messages on standard error. The only writer.

mod json;
mod notes;
mod progress;
mod signals;
mod terminal;
mod text;

use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::stdio;

use crate::complete::Candidate;
use crate::deliver::{self, Answer, Confirm, Observer};
use crate::error::{Error, ErrorKind, errno_text};
use crate::report::{ExitStatus, Report, Target};
use crate::request::{Action, Listing, Mode, Pid, Program, Request, Sending, Separator, Style};
use crate::scan::{Match, Matches};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;
use progress::ProgressLine;
use terminal::Terminal;
use text::{Names, printable};

/// Collects what is to be printed, and writes it in large pieces.
pub struct Output {
    program: Program,
    pending: Vec<u8>,
    names: Names,
    style: Style,
    terminal: Option<Terminal>,
    progress: Option<ProgressLine>,
    /// The reader has gone (EPIPE): what is left to be said interests nobody.
    unread: bool,
    /// Why something could not be written while a wait was still going on.
    failure: Option<Error>,
}

/// So much is collected before it is written.
const ENOUGH: usize = 64 * 1024;

/// So many characters of a command line stand in a question: it may be 2 MB long, and who is meant must stay in sight.
const COMMAND_LINE_MAX: usize = 200;

/// So many characters of a command line describe a candidate: it has one line of a screen.
const DESCRIPTION_MAX: usize = 60;

impl Output {
    /// Nothing is written yet.
    pub fn new(program: Program) -> Self {
        Output {
            program,
            pending: vec![],
            names: Names::default(),
            style: Style::Plain,
            terminal: None,
            progress: None,
            unread: false,
            failure: None,
        }
    }

    /// A text as it is.
    pub fn print(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }

    /// `--complete`: a line for each, with a tab before its description. A candidate that would not come to the shell as
    /// it is cannot be typed either.
    pub fn candidates(&mut self, candidates: &[Candidate]) {
        for Candidate { text, about } in candidates.iter().filter(|candidate| is_printable(&candidate.text)) {
            self.pending.extend_from_slice(text);
            self.pending.push(b'\t');
            let about = &about[..about.len().min(4 * DESCRIPTION_MAX)]; // UTF-8 takes up to 4 bytes
            self.pending.extend(cut(&shown(about), DESCRIPTION_MAX).bytes());
            self.pending.push(b'\n');
        }
    }

    /// `--list-signals`: a table, or with `--json` an array.
    pub fn signals(&mut self, style: Style) {
        self.pending.extend(if style == Style::Json { signals::array() } else { signals::table() });
    }

    /// Have at hand what the request needs: `--interactive` needs a terminal, and a wait may be followed on one.
    pub fn prepare(&mut self, request: &Request) -> Result<(), Error> {
        self.style = request.style;
        if request.wait().is_some() && request.style != Style::Quiet {
            self.progress = ProgressLine::on_terminal();
        }
        if matches!(request.action, Action::Signal(Sending { mode: Mode::Ask, .. })) {
            self.terminal = Some(Terminal::open()?);
        }
        Ok(())
    }

    /// pidwait: what is said before the wait, which may be long.
    pub fn before_waiting(&mut self, request: &Request, matches: &Matches) -> Result<(), Error> {
        let plain = matches!(request.style, Style::Plain | Style::Verbose);
        if request.count && plain && matches!(request.action, Action::Wait { .. }) {
            self.print(&format!("{}\n", matches.found.len()));
            self.flush()?;
        }
        Ok(())
    }

    /// What became of everybody.
    pub fn report(&mut self, request: &Request, report: &Report) -> Result<(), Error> {
        match request.style {
            Style::Quiet => {}
            Style::Json => {
                let document = json::document(request, report, &mut self.names);
                self.pending.extend(document);
            }
            Style::Plain | Style::Verbose => match &request.action {
                Action::Signal(delivery) if delivery.mode == Mode::DryRun => {
                    self.rehearsal(delivery, request.count, report);
                }
                action => self.lines(action, request, report)?,
            },
        }
        self.flush()?;
        self.complaints(request, report);
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
            if self.pending.len() > ENOUGH {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// `--dry-run`.
    fn rehearsal(&mut self, delivery: &Sending, count: bool, report: &Report) {
        if report.too_many {
            return;
        }
        let heading =
            ["PID", "USER", "NAME", &format!("WHAT {} WOULD DO", delivery.signal)].map(String::from);
        let lines = report.targets.iter().map(|target| self.names.line(target));
        let lines = [heading].into_iter().chain(lines).collect();
        self.pending.extend(text::aligned(lines));
        if count {
            self.print(&format!("{}\n", report.targets.len()));
        }
    }

    /// Write what is pending, and say why the run failed, if it did.
    pub fn finish(mut self, result: Result<ExitStatus, Error>) -> ExitStatus {
        let result = result.and_then(|status| self.flush().map(|()| status));
        let result = self.failure.take().map_or(result, Err);
        result.unwrap_or_else(|error| {
            self.complain(&error.message);
            if error.kind == ErrorKind::Usage {
                self.say(&format!("Try `{} --help' for more information.\n", self.program.name()));
            }
            ExitStatus::from(&error)
        })
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.clear_progress();
        let pending = std::mem::take(&mut self.pending);
        if self.unread {
            return Ok(());
        }
        match write_all(stdio::stdout(), &pending) {
            Err(Errno::PIPE) => self.unread = true,
            Err(errno) => return Err(Error::fatal(format!("write error: {}", errno_text(errno)))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// A line on standard error behind the program's name. If nobody can read it, there is nobody left to tell.
    fn complain(&mut self, message: &str) {
        self.clear_progress();
        self.say(&format!("{}: {message}\n", self.program.name()));
    }

    /// Whatever is written next may come to the same terminal.
    fn clear_progress(&mut self) {
        let clear = self.progress.as_mut().map(ProgressLine::clear);
        self.say(clear.unwrap_or_default());
    }

    fn say(&self, text: &str) {
        let _ = write_all(stdio::stderr(), text.as_bytes());
    }
}

impl Observer for Output {
    /// `-e`.
    fn on_signalled(&mut self, found: &Match) {
        if let View::Text(text) = &found.view {
            let waits = self.program == Program::Pidwait;
            self.print(if waits { "waiting for " } else { "" });
            self.pending.extend(printable(text));
            self.print(if waits { "" } else { " killed" });
            self.print(&format!(" (pid {})\n", found.pid));
        }
    }

    fn on_wait_start(&mut self, stopped: usize) {
        if stopped > 0 && self.style != Style::Quiet {
            let (are, they) =
                if stopped == 1 { ("process is", "it acts") } else { ("processes are", "they act") };
            self.complain(&format!(
                "note: {stopped} {are} stopped; {they} on the signal only when continued (--cont)"
            ));
        }
        // The wait goes on, and later signals are sent, whether or not anything can be printed.
        if let Err(error) = self.flush() {
            self.failure.get_or_insert(error);
        }
    }

    fn wants_progress(&self) -> bool {
        self.progress.is_some()
    }

    fn on_progress(&mut self, progress: &deliver::Progress) {
        let line = self.progress.as_mut().map(|line| line.show(self.program.name(), progress));
        self.say(&line.unwrap_or_default());
    }

    fn on_escalation_error(&mut self, pid: Pid, signal: Signal, errno: Errno) {
        self.complain(&format!("sending {signal} to pid {pid} failed: {}", errno_text(errno)));
    }
}

impl Confirm for Output {
    fn confirm(&mut self, found: &[&Match], signal: Signal) -> Result<Answer, Error> {
        // Of a group, a match: the others are there for its sake.
        let named = found.iter().min_by_key(|found| matches!(found.reason, Reason::GroupMember(_)));
        let named = named.expect("nobody is asked about nobody");
        let mut who = named.pid.to_string();
        if let View::Full(about) = &named.view {
            let line = about.arguments.split(|&b| b == 0).collect::<Vec<_>>().join(&b' ');
            let text = if line.is_empty() { &about.name } else { &line };
            who += &format!(
                " {} {}",
                self.names.user(about.effective_uid),
                cut(shown(text).trim_end(), COMMAND_LINE_MAX)
            );
        }
        let question = match (named.group, found.len()) {
            (Some(group), 2..) => {
                format!("send {signal} to process group {group}: {who}, and {} more?", found.len() - 1)
            }
            _ => format!("send {signal} to {who}?"),
        };
        self.terminal.as_mut().expect("the terminal was opened before the scan").ask(&question)
    }
}

/// Bytes that a process chose, as text.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&printable(bytes)).into_owned()
}

fn is_printable(bytes: &[u8]) -> bool {
    printable(bytes) == bytes
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_cut_between_characters() {
        for (text, shown) in [
            ("é".repeat(COMMAND_LINE_MAX), "é".repeat(COMMAND_LINE_MAX)),
            ("é".repeat(COMMAND_LINE_MAX + 1), "é".repeat(COMMAND_LINE_MAX) + "..."),
            (String::new(), String::new()),
        ] {
            assert_eq!(cut(&text, COMMAND_LINE_MAX), shown);
        }
    }
}

//! Messages and questions during a delivery.

use std::io::IsTerminal as _;

use rustix::io::Errno;

use super::printable::{cut, shown, shown_as};
use super::progress::ProgressLine;
use super::terminal::Terminal;
use super::writer::Output;
use crate::deliver::{Answer, Confirm, Observer, Progress};
use crate::error::{Error, errno_text};
use crate::proc::Description;
use crate::request::{Action, Mode, Pid, Program, Request, Sending, Style, Subject};
use crate::scan::{Match, Matches};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::{QUESTION_BYTES, View};

/// Characters of a command line that a question shows: it may be 6 MiB long, and the start of the question must stay
/// visible.
const COMMAND_LINE_MAX: usize = 200;

impl Output {
    /// Open the terminal for `--interactive`, and prepare the progress line of a wait.
    pub(crate) fn prepare(&mut self, request: &Request) -> Result<(), Error> {
        self.style = request.style;
        if request.wait().is_some() && request.style != Style::Quiet {
            self.progress = ProgressLine::on_terminal(|| self.is_watched());
        }
        if matches!(request.action, Action::Signal(Sending { mode: Mode::Ask, .. })) {
            self.terminal = Some(Terminal::open()?);
        }
        Ok(())
    }

    /// pidwait: the count is printed before the wait, which may be long.
    pub(crate) fn before_waiting(&mut self, request: &Request, matches: &Matches) -> Result<(), Error> {
        let is_text = request.style != Style::Json;
        if request.count && is_text && matches!(request.action, Action::Wait { .. }) {
            self.print(&format!("{}\n", matches.found.len()));
            self.flush()?;
        }
        Ok(())
    }
}

impl Output {
    /// Whether a user reads the messages while they are written.
    pub(super) fn is_watched(&self) -> bool {
        *self.watched.get_or_init(|| std::io::stderr().is_terminal())
    }

    /// Keep an error of the output until the end: signals are sent whether or not anything can be printed.
    fn keep_failure(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }
}

impl Observer for Output {
    /// `-e`.
    fn on_signalled(&mut self, found: &Match) {
        if let View::Text(..) | View::Words(..) = found.view {
            let waits = self.program == Program::Pidwait;
            self.print(if waits { "waiting for " } else { "" });
            let result = self.label(&found.view, false);
            self.keep_failure(result);
            self.print(if waits { "" } else { " killed" });
            self.print(&format!(" (pid {})\n", found.pid));
        }
    }

    fn on_wait_start(&mut self, stopped: usize) {
        if stopped > 0 && self.style != Style::Quiet {
            let (are, they) =
                if stopped == 1 { ("process is", "it acts") } else { ("processes are", "they act") };
            self.error(&format!(
                "note: {stopped} {are} stopped; {they} on the signal only when continued (--cont)"
            ));
        }
        let result = self.flush();
        self.keep_failure(result);
    }

    fn wants_progress(&self) -> bool {
        self.progress.is_some()
    }

    fn on_progress(&mut self, progress: &Progress) {
        let line = self.progress.as_mut().map(|line| line.show(self.program.name(), progress));
        self.write_stderr(&line.unwrap_or_default());
    }

    fn wants_reappeared(&self) -> bool {
        match self.style {
            Style::Quiet => false,
            Style::Plain => self.is_watched(),
            Style::Verbose | Style::Json => true,
        }
    }

    fn on_escalation_error(&mut self, pid: Pid, signal: Signal, errno: Errno) {
        self.error(&format!("sending {signal} to pid {pid} failed: {}", errno_text(errno)));
    }
}

impl Confirm for Output {
    fn confirm(&mut self, found: &[&Match], signal: Signal) -> Result<Answer, Error> {
        // Of a group, a match is named: the other members are selected because of it.
        let named = found.iter().min_by_key(|found| matches!(found.reason, Reason::GroupMember(_)));
        let (Some(named), Some(terminal)) = (named, &mut self.terminal) else { return Ok(Answer::No) };
        let mut process = named.pid.to_string();
        if let View::Full(about) = &named.view {
            let user = self.names.user(about.effective_uid);
            process += &format!(" {user} {}", cut(&name_or_start(about), COMMAND_LINE_MAX));
        }
        let question = match (named.group, found.len()) {
            (Some(group), 2..) => {
                format!("send {signal} to process group {group}: {process}, and {} more?", found.len() - 1)
            }
            _ => format!("send {signal} to {process}?"),
        };
        terminal.ask(&question)
    }
}

/// The start of the command line, or the name where that is empty.
fn name_or_start(about: &Description) -> String {
    let arguments = about.arguments.as_deref().unwrap_or_default();
    let is_whole = arguments.len() < QUESTION_BYTES;
    let start = &arguments[..arguments.len().min(QUESTION_BYTES)];
    let line: Vec<u8> = start.iter().map(|&b| if b == 0 { b' ' } else { b }).collect();
    let text = match line.is_empty() {
        true => shown(&about.name),
        false => shown_as(Subject::CommandLine, &line),
    };
    // Spaces at the end of a part may be followed by more.
    if is_whole { text.trim_end().to_owned() } else { text }
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

//! Messages and questions during a delivery.

use std::io::IsTerminal as _;

use rustix::io::Errno;

use super::chooser;
use super::marked::{Marked, width};
use super::preview;
use super::printable::shown;
use super::progress::ProgressLine;
use super::rows::targets;
use super::terminal::{CHOICE, Terminal};
use super::writer::Output;
use crate::deliver::{Answer, Confirm, Observer, Progress};
use crate::error::{Error, errno_text};
use crate::request::{Action, Mode, Pid, Program, Request, Sending, Style};
use crate::scan::{Match, Matches};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;

/// Columns of a command line that a question shows where the terminal has no width, and on a narrow one.
const COMMAND_LINE_MAX: usize = 200;
const COMMAND_LINE_MIN: usize = 24;

impl Output {
    /// Open the terminal for `--interactive` or `--choose`, and prepare the progress line of a wait.
    pub(crate) fn prepare(&mut self, request: &Request) -> Result<(), Error> {
        self.style = request.style;
        if request.wait().is_some() && request.shows_progress && request.style != Style::Quiet {
            self.progress = ProgressLine::on_terminal(|| self.is_watched());
        }
        if matches!(request.action, Action::Signal(Sending { mode: Mode::Ask, .. })) {
            self.terminal = Some(Terminal::open("--interactive")?);
        }
        if request.chooses && chooser::of_user().is_none() {
            self.terminal = Some(Terminal::open("--choose")?);
            self.explains = preview::command(request);
        }
        Ok(())
    }

    /// pidwait: the count is printed before the wait, which may be long, if it is known by then.
    pub(crate) fn before_waiting(&mut self, request: &Request, matches: &Matches) -> Result<(), Error> {
        let is_text = request.style != Style::Json;
        if request.count && is_text && !request.chooses && matches!(request.action, Action::Wait { .. }) {
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
        let label = match &found.view {
            View::Full(full) => full.label.as_ref(),
            view => Some(view),
        };
        if let Some(label @ (View::Text(..) | View::Words(..))) = label {
            let waits = self.program == Program::Pidwait;
            self.print(if waits { "waiting for " } else { "" });
            let result = self.label(label, false);
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
            Style::Verbose | Style::Json | Style::Summary => true,
        }
    }

    fn on_escalation_error(&mut self, pid: Pid, signal: Signal, errno: Errno) {
        self.error(&format!("sending {signal} to pid {pid} failed: {}", errno_text(errno)));
    }
}

impl Confirm for Output {
    fn before_questions(&mut self, found: &[&Match]) {
        let Some(screen) = self.terminal.as_ref().map(Terminal::screen) else { return };
        let lines = self.listed(&targets(found), screen);
        if let Some(terminal) = &mut self.terminal {
            terminal.show_lines(&lines);
        }
    }

    fn confirm(&mut self, found: &[&Match], signal: Signal) -> Result<Answer, Error> {
        // Of a group, a match is named: the other members are selected because of it.
        let named = found.iter().min_by_key(|found| matches!(found.reason, Reason::GroupMember(_)));
        let (Some(named), Some(screen)) = (named, self.terminal.as_ref().map(Terminal::screen)) else {
            return Ok(Answer::No);
        };
        self.remind(&named.view, named.pid, signal);
        let mut process = named.pid.to_string();
        let (mut command, mut why) = (Marked::default(), String::new());
        if let (View::Full(full), Some(describer)) = (&named.view, &self.describer) {
            let user = self.names.user(full.about.effective_uid);
            let described = describer.describe(full, named.reason);
            process += &format!(" {} {} ", shown(user.as_bytes()), described.age);
            command = described.command;
            if !described.why.is_empty() {
                why = format!(" ({})", described.why);
            }
        }
        let (before, after) = match (named.group, found.len()) {
            (Some(group), 2..) => (
                format!("send {signal} to process group {group}: {process}"),
                format!("{why}, and {} more?", found.len() - 1),
            ),
            _ => (format!("send {signal} to {process}"), format!("{why}?")),
        };
        let room = screen.width.map_or(COMMAND_LINE_MAX, |columns| {
            columns.saturating_sub(width(&before) + width(&after) + CHOICE.len() + 1)
        });
        let command = command.fit(room.max(COMMAND_LINE_MIN), screen).render(screen);
        let question = format!("{before}{command}{after}");
        self.terminal.as_mut().map_or(Ok(Answer::No), |terminal| terminal.ask(&question))
    }

    fn choose(&mut self, found: &[&Match], signal: Option<Signal>) -> Result<Vec<usize>, Error> {
        self.choose_among(found, signal)
    }

    fn choose_signal(&mut self, default: Signal) -> Result<Option<Signal>, Error> {
        self.choose_a_signal(default)
    }
}

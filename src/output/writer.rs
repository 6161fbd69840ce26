//! The buffered writer of standard output, and the messages on standard error.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::stdio;

use super::describe::Describer;
use super::json::Json;
use super::log::RunLog;
use super::printable::{pieces, printable, shown};
use super::progress::ProgressLine;
use super::terminal::Terminal;
use super::text::Names;
use crate::error::{Error, ErrorKind, errno_text, io_error_text};
use crate::proc::Run;
use crate::report::ExitStatus;
use crate::request::{JsonFormat, Program, Style, Subject};

/// Output is written when this much has been collected.
const FLUSH_THRESHOLD: usize = 64 * 1024;

/// Collects what is to be printed, and writes it in large pieces.
pub(crate) struct Output {
    pub(super) program: Program,
    pub(super) pending: Vec<u8>,
    pub(super) names: Names,
    /// What rows of a table need, once there is a plan.
    pub(super) describer: Option<Describer>,
    /// The reminders of supervisors that were given already.
    pub(super) reminded: BTreeSet<String>,
    pub(super) style: Style,
    /// `--json`, until it is printed: there is one document, or the lines of one.
    pub(super) json: Option<Json>,
    /// Until the last record is written.
    pub(super) log: Option<RunLog>,
    pub(super) terminal: Option<Terminal>,
    /// `--choose`: the shell command that explains a process on the list.
    pub(super) explains: Option<OsString>,
    pub(super) progress: Option<ProgressLine>,
    /// Whether standard error is a terminal, once that was asked.
    pub(super) watched: OnceCell<bool>,
    /// The reader has closed the pipe (EPIPE): nothing more can be delivered, which is no error.
    pub(super) pipe_closed: bool,
    /// Why something could not be written while a wait was still going on.
    pub(super) failure: Option<Error>,
}

impl Output {
    pub(crate) fn new(program: Program) -> Self {
        Output {
            program,
            pending: vec![],
            names: Names::default(),
            describer: None,
            reminded: BTreeSet::new(),
            style: Style::Plain,
            json: None,
            log: None,
            terminal: None,
            explains: None,
            progress: None,
            watched: OnceCell::new(),
            pipe_closed: false,
            failure: None,
        }
    }

    /// `--json`: the run is printed in this format, whether it succeeds or not.
    pub(crate) fn print_json(&mut self, format: JsonFormat, run: Run) {
        self.json = Some(Json { format, program: self.program, run });
    }

    /// Trusted text, unchanged.
    pub(crate) fn print(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }

    /// Bytes, unchanged.
    pub(super) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > FLUSH_THRESHOLD { self.flush() } else { Ok(()) }
    }

    /// Bytes that a process chose.
    pub(super) fn print_shown(&mut self, subject: Subject, text: &[u8]) -> Result<(), Error> {
        pieces(text).try_for_each(|piece| self.print_bytes(&printable(subject, piece)))
    }

    /// The output of `write`, which may be large.
    pub(super) fn print_with(
        &mut self,
        write: impl FnOnce(&mut Stream<'_>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut stream = Stream { output: self, failure: None };
        match (write(&mut stream), stream.failure) {
            (_, Some(failure)) => Err(failure),
            (Err(error), None) => Err(Error::fatal(format!("write error: {}", io_error_text(&error)))),
            (Ok(()), None) => Ok(()),
        }
    }

    /// Write what is pending, and report why the run failed, if it did.
    pub(crate) fn finish(mut self, result: Result<ExitStatus, Error>) -> ExitStatus {
        let result = result.and_then(|status| self.flush().map(|()| status));
        let result = self.failure.take().map_or(result, Err);
        result.unwrap_or_else(|error| {
            self.log_error(&error);
            let written = self.write_failure(&error);
            self.error(&error.message);
            if let Some(hint) = &error.hint {
                self.error(hint);
            }
            if error.kind == ErrorKind::Usage {
                self.write_stderr(&format!("Try `{} --help' for more information.\n", self.program.name()));
            }
            if let Err(error) = written {
                self.error(&error.message);
                return ExitStatus::from(&error);
            }
            ExitStatus::from(&error)
        })
    }

    /// With `--json`, the error instead of a report.
    fn write_failure(&mut self, error: &Error) -> Result<(), Error> {
        match self.json.take() {
            Some(json) => {
                self.print_with(|output| json.write_error(output, error))?;
                self.flush()
            }
            None => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.clear_progress();
        let pending = std::mem::take(&mut self.pending);
        if self.pipe_closed {
            return Ok(());
        }
        match write_all(stdio::stdout(), &pending) {
            Err(Errno::PIPE) => self.pipe_closed = true,
            Err(errno) => return Err(Error::fatal(format!("write error: {}", errno_text(errno)))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// A line on standard error after the program's name. It may quote a process, or the command line. That it cannot
    /// be written cannot be reported either.
    pub(super) fn error(&mut self, message: &str) {
        self.clear_progress();
        self.write_stderr(&format!("{}: {}\n", self.program.name(), shown(message.as_bytes())));
    }

    /// Erase the progress line: the next text may be written to the same terminal.
    pub(super) fn clear_progress(&mut self) {
        let clear = self.progress.as_mut().map(ProgressLine::clear);
        self.write_stderr(clear.unwrap_or_default());
    }

    pub(super) fn write_stderr(&self, text: &str) {
        let _ = write_all(stdio::stderr(), text.as_bytes());
    }
}

/// Standard output as a writer.
pub(super) struct Stream<'o> {
    output: &'o mut Output,
    /// Why it could not be written.
    failure: Option<Error>,
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.output.print_bytes(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failure = Some(error);
                Err(io::ErrorKind::WriteZero.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

//! `--log-to` and `PKILL_LOG`: records of what pkill is about to do, what became of each process, and of the run. They
//! are the lines of `--json=lines`, in a file, in the journal or with the system logger.

mod file;
mod journal;
mod open;
mod record;
mod socket;
mod syslog;

use rustix::io::Errno;
use serde_json::Value;

use super::json::{Json, Limit, Lines, Room, write_line};
use super::writer::Output;
use crate::error::{Error, errno_text};
use crate::proc::Run;
use crate::report::Report;
use crate::request::{JsonFormat, Log, LogTo, Mode, Request, Style};
use crate::signal::Signal;
use crate::sys;
use journal::Entry;
pub(super) use open::RunLog;
use open::{Place, name};
use record::Record;

/// The default of `--log-to`.
const VARIABLE: &str = "PKILL_LOG";

/// In bytes: of the arguments of a target.
const ARGUMENTS_MAX: usize = 4096;

/// In bytes, where a message has a limit: each may take six times as many as JSON.
const IN_SYSLOG: Room = Room { arguments: 512, argv: Some(512) };

impl Place {
    /// Write a record in the form of the log.
    fn write(&mut self, mut record: Record<impl serde::Serialize + Limit>) -> Result<(), Errno> {
        let room = match self {
            Place::Syslog(_) => IN_SYSLOG,
            Place::Journal(_) | Place::File(..) => Room { arguments: ARGUMENTS_MAX, argv: None },
        };
        record.line.value.limit(room);
        match self {
            Place::Journal(socket) => {
                let mut entry = Entry::default();
                for (name, value) in record.fields() {
                    entry.push(name, value.as_bytes());
                }
                if let Ok(Value::Object(line)) = serde_json::to_value(&record.line) {
                    entry.push_line(&line);
                }
                entry.send(socket)
            }
            Place::Syslog(socket) => syslog::send(socket, record.severity, &record.line),
            Place::File(_, file) => {
                let mut line = vec![];
                write_line(&mut line, &record.line).map_err(|_| Errno::INVAL)?;
                file.append(line)
            }
        }
    }
}

impl RunLog {
    fn write(&mut self, record: Record<impl serde::Serialize + Limit>) {
        self.records += 1;
        match &mut self.lost {
            Some((lost, _)) => *lost += 1,
            none => *none = self.place.write(record).err().map(|errno| (1, errno)),
        }
    }
}

/// Why a record could not be written.
fn failure(errno: Errno) -> String {
    match errno {
        Errno::TIMEDOUT => "the logger reads nothing".to_owned(),
        errno => errno_text(errno),
    }
}

impl Output {
    /// Open the log of the command line, or that of the environment.
    pub(crate) fn open_log(&mut self, request: &mut Request, run: impl FnOnce() -> Run) -> Result<(), Error> {
        if request.log.is_none() {
            request.log = self.log_of_environment(request);
        }
        let Some(Log { to, is_required }) = &request.log else { return Ok(()) };
        match Place::open(to) {
            Ok(place) => {
                // The same time in both is what they have in common.
                let run = self.json.as_ref().map_or_else(run, |json| json.run.clone());
                let json = Json { format: JsonFormat::Lines, program: self.program, run };
                self.log = Some(RunLog { json, place, is_required: *is_required, records: 0, lost: None });
            }
            Err(why) => {
                self.no_log(*is_required, &name(to), &why)?;
                request.log = None;
            }
        }
        Ok(())
    }

    /// What sends nothing is not logged unless that is asked for: a script may do it every second.
    fn log_of_environment(&mut self, request: &Request) -> Option<Log> {
        let sending = request.sending()?;
        let sends =
            sending.mode != Mode::DryRun && (sending.signal != Signal::NONE || sending.chooses_signal);
        let value = std::env::var_os(VARIABLE).filter(|value| sends && !value.is_empty())?;
        // As with secure_getenv(3).
        if sys::is_secure_execution() {
            return None;
        }
        let to = LogTo::parse(&value);
        if to.is_none() && request.style != Style::Quiet {
            let value = value.display();
            self.error(&format!(
                "note: {VARIABLE}: neither journal, syslog nor a path with a slash: {value}"
            ));
        }
        Some(Log { to: to?, is_required: false })
    }

    /// An error if the log is required, else a note.
    fn no_log(&mut self, is_required: bool, name: &str, why: &str) -> Result<(), Error> {
        let message = format!("cannot log to {name}: {why}");
        if is_required {
            return Err(Error::fatal(message));
        }
        if self.style != Style::Quiet {
            self.error(&format!("note: {VARIABLE}: {message}"));
        }
        Ok(())
    }

    /// The record that precedes the first signal, which shows that the log can be written. Where nothing matches,
    /// nothing is about to be done.
    pub(crate) fn log_start(&mut self, request: &Request, matched: usize) -> Result<(), Error> {
        if matched == 0 {
            return Ok(());
        }
        let Some(mut log) = self.log.take() else { return Ok(()) };
        let json = log.json.clone();
        log.write(Record::start(&Lines::new(&json, request), &mut self.names, matched));
        match log.lost {
            Some((_, errno)) => self.no_log(log.is_required, &log.name(), &failure(errno)),
            None => {
                self.log = Some(log);
                Ok(())
            }
        }
    }

    /// The records of all targets and of the run.
    pub(crate) fn log_report(&mut self, request: &Request, report: &Report) {
        let Some(mut log) = self.log.take() else { return };
        let json = log.json.clone();
        let lines = Lines::new(&json, request);
        for target in &report.targets {
            log.write(Record::target(&lines, &mut self.names, request, target));
        }
        log.write(Record::summary(&lines, request, report));
        self.log_failure(&log);
    }

    /// The record of a run without a report.
    pub(super) fn log_error(&mut self, error: &Error) {
        let Some(mut log) = self.log.take() else { return };
        let json = log.json.clone();
        log.write(Record::error(&json, error));
        self.log_failure(&log);
    }

    /// It changes neither what is done nor the exit status, which is about the processes.
    fn log_failure(&mut self, log: &RunLog) {
        if let Some((lost, errno)) = log.lost
            && (log.is_required || self.style != Style::Quiet)
        {
            let (all, name, why) = (log.records, log.name(), failure(errno));
            self.error(&format!("note: {lost} of {all} records could not be logged to {name}: {why}"));
        }
    }
}

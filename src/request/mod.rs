//! What the command line requests: plain data, before anything is looked up.

mod action;
mod criterion;
mod log;
mod process;
mod selection;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use crate::signal::Signal;

pub(crate) use action::{Action, Columns, Label, Listing, Mode, Sending, Separator, Step, Wait};
pub(crate) use criterion::{
    Account, Criterion, Namespace, PATTERN, Pidfile, PortRef, Ports, ProcessList, Protocol, is_service_name,
};
pub(crate) use log::{Log, LogTo};
pub(crate) use process::{Instance, Pid, ProcessRef, is_token_like};
pub use process::{ParseTokenError, Token};
pub(crate) use selection::{Pick, Reading, Selection, Subject};

/// One of the three programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Lists processes.
    Pgrep,
    /// Signals processes.
    Pkill,
    /// Waits for processes to exit.
    Pidwait,
}

impl Program {
    /// All programs.
    pub const ALL: [Program; 3] = [Program::Pgrep, Program::Pkill, Program::Pidwait];

    /// The name in messages and in the usage line.
    pub fn name(self) -> &'static str {
        match self {
            Program::Pgrep => "pgrep",
            Program::Pkill => "pkill",
            Program::Pidwait => "pidwait",
        }
    }

    /// The program that an executable acts as if it can be all three: the one that the last component of `argv[0]`
    /// names exactly, else pgrep, which only lists.
    pub fn called(argv0: &OsStr) -> Self {
        match Path::new(argv0).file_name().map(OsStr::as_bytes) {
            Some(b"pkill") => Program::Pkill,
            Some(b"pidwait") => Program::Pidwait,
            _ => Program::Pgrep,
        }
    }
}

/// How long a read may take that another process can hold up, unless `--read-timeout` says otherwise.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// The meaning of a command line.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub program: Program,
    /// The name that it was called by: the last component of `argv[0]`. Empty where it was not called by a command.
    pub invoked_as: Vec<u8>,
    pub selection: Selection,
    pub action: Action,
    /// The style of the output.
    pub style: Style,
    /// `-c`: print the number of matches.
    pub count: bool,
    /// Whether the progress of a wait is shown on a terminal (not with `--no-progress`).
    pub shows_progress: bool,
    /// `--choose`: the user marks some of the matches; nothing is done to the others.
    pub chooses: bool,
    /// `--max`: do nothing if there are more matches than this; with `--choose`, more chosen ones.
    pub at_most: Option<usize>,
    /// `--allow-none`: succeed if nothing matches.
    pub allow_none: bool,
    /// `--explain`: only explain whether these match.
    pub explain: Vec<ProcessRef>,
    /// `--strict`: fail if a match was not signalled, unless it had exited.
    pub strict: bool,
    /// `--log-to` or `PKILL_LOG`: where the run is logged.
    pub log: Option<Log>,
    /// `--read-timeout`: how long a read may take that another process can hold up. None: any time.
    pub read_timeout: Option<Duration>,
    /// The pattern and the options that select processes, by long name, with their values as given, in that order.
    pub raw_values: Vec<(&'static str, RawValue)>,
}

/// The value of an option as given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RawValue {
    /// The option takes no value.
    Flag,
    /// The value, or the last one if the option was repeated.
    Value(OsString),
    /// All values of an option that uses each of them.
    Each(Vec<OsString>),
}

/// The style of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// `--quiet`: nothing on standard output except a count, and no notes on standard error.
    Quiet,
    /// As procps-ng does.
    #[default]
    Plain,
    /// `--verbose`: a line per process.
    Verbose,
    /// `--json`: one JSON document, or a line for each process.
    Json,
    /// `--summary`: the number of processes with each outcome, in one line.
    Summary,
}

/// The values of `--json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JsonFormat {
    /// One document.
    #[default]
    Document,
    /// A line for each process, and one for the run.
    Lines,
}

impl JsonFormat {
    pub(crate) const ALL: [JsonFormat; 2] = [JsonFormat::Document, JsonFormat::Lines];

    pub(crate) fn name(self) -> &'static str {
        match self {
            JsonFormat::Document => "document",
            JsonFormat::Lines => "lines",
        }
    }
}

impl Request {
    /// Without the options that are neither the selection's nor the action's.
    pub(crate) fn new(program: Program, selection: Selection, action: Action) -> Self {
        Request {
            program,
            invoked_as: vec![],
            selection,
            action,
            style: Style::default(),
            count: false,
            shows_progress: false,
            chooses: false,
            at_most: None,
            allow_none: false,
            explain: vec![],
            strict: false,
            log: None,
            read_timeout: Some(READ_TIMEOUT),
            raw_values: vec![],
        }
    }

    /// The wait, if there is one.
    pub(crate) fn wait(&self) -> Option<Wait> {
        match &self.action {
            Action::List(_) => None,
            Action::Signal(delivery) => delivery.wait.filter(|_| delivery.mode != Mode::DryRun),
            Action::Wait { wait, .. } => Some(*wait),
        }
    }

    /// What pkill sends; None for the other programs.
    pub(crate) fn sending(&self) -> Option<&Sending> {
        match &self.action {
            Action::Signal(sending) => Some(sending),
            Action::List(_) | Action::Wait { .. } => None,
        }
    }

    /// The user has chosen this signal.
    pub(crate) fn set_signal(&mut self, signal: Signal) {
        if let Action::Signal(sending) = &mut self.action {
            sending.signal = signal;
        }
    }

    /// Whether the output has what identifies each process, and why a signal is refused.
    pub(crate) fn describes(&self) -> bool {
        matches!(self.style, Style::Verbose | Style::Json)
            || self.sending().is_some_and(|sending| sending.mode != Mode::Send)
    }

    /// Whether all are stopped before the first one is signalled.
    pub(crate) fn freezes(&self) -> bool {
        self.sending().is_some_and(Sending::freezes)
    }
}

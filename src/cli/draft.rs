//! What the options say, one by one and then together.

use std::path::PathBuf;
use std::time::Duration;

use super::kind::Kind;
use super::options::Setting;
use super::{Invocation, Question};
use crate::error::Error;
use crate::request::*;
use crate::signal::{DefaultAction, Signal};

/// A request while its options are read.
#[derive(Default)]
pub struct Draft {
    criteria: Vec<Criterion>,
    pick: Option<Pick>,
    and: Vec<Vec<u8>>,
    not: Vec<Vec<u8>>,
    reading: Reading,
    inverse: bool,
    skip_ancestors: bool,
    tree: bool,
    threads: bool,
    pidfile: Option<PathBuf>,
    pidfile_must_be_locked: bool,
    namespaces_of: Option<Pid>,
    namespace_kinds: Option<Vec<Namespace>>,
    catches_the_signal: bool,
    signal: Option<Signal>,
    value: Option<i32>,
    release_memory: bool,
    freeze: bool,
    whole_group: bool,
    echo: bool,
    count: bool,
    label: Option<Subject>,
    quoted: bool,
    delimiter: Option<Vec<u8>>,
    print_nul: bool,
    style: Style,
    mode: Mode,
    at_most: Option<usize>,
    wait: Option<Option<Duration>>,
    timeout: Option<Duration>,
    escalation: Vec<Step>,
    resume: bool,
    until_none: bool,
    any: bool,
    strict: bool,
    allow_none: bool,
    asked: Vec<(&'static str, Asked)>,
    complete: Option<Kind>,
}

impl Draft {
    /// With the options that select, as they were typed.
    pub fn new(asked: Vec<(&'static str, Asked)>) -> Self {
        Draft { asked, ..Draft::default() }
    }

    /// What one option says.
    pub fn take(&mut self, setting: Setting) {
        match setting {
            Setting::Criterion(criterion) => self.criteria.push(criterion),
            Setting::Pidfile(path) => self.pidfile = Some(path),
            Setting::PidfileMustBeLocked => self.pidfile_must_be_locked = true,
            Setting::NamespacesOf(pid) => self.namespaces_of = Some(pid),
            Setting::NamespaceKinds(kinds) => self.namespace_kinds = Some(kinds),
            Setting::CatchesTheSignal => self.catches_the_signal = true,
            Setting::MatchCommandLine => self.reading.subject = Subject::CommandLine,
            Setting::Whole => self.reading.whole = true,
            Setting::IgnoreCase => self.reading.ignore_case = true,
            Setting::Plain => self.reading.plain = true,
            Setting::And(pattern) => self.and.push(pattern),
            Setting::Not(pattern) => self.not.push(pattern),
            Setting::Pick(pick) => self.pick = Some(pick),
            Setting::Inverse => self.inverse = true,
            Setting::SkipAncestors => self.skip_ancestors = true,
            Setting::Tree => self.tree = true,
            Setting::Threads => self.threads = true,
            Setting::Signal(signal) => self.signal = Some(signal),
            Setting::Queue(value) => self.value = Some(value),
            Setting::ReleaseMemory => self.release_memory = true,
            Setting::Freeze => self.freeze = true,
            Setting::WholeGroup => self.whole_group = true,
            Setting::Echo => self.echo = true,
            Setting::Count => self.count = true,
            Setting::Label(subject) => {
                // -a says more than -l, so it wins in either order, as in the reference
                let full = subject == Subject::CommandLine || self.label == Some(Subject::CommandLine);
                self.label = Some(if full { Subject::CommandLine } else { Subject::Name });
            }
            Setting::ShellQuote => self.quoted = true,
            Setting::Delimiter(delimiter) => self.delimiter = Some(delimiter),
            Setting::PrintNul => self.print_nul = true,
            Setting::Style(style) => self.style = style,
            Setting::Mode(mode) => self.mode = mode,
            Setting::Wait(limit) => self.wait = Some(limit),
            Setting::Timeout(limit) => self.timeout = Some(limit),
            Setting::Escalation(steps) => self.escalation = steps,
            Setting::Resume => self.resume = true,
            Setting::UntilNone => self.until_none = true,
            Setting::AnyEnd => self.any = true,
            Setting::AtMost(number) => self.at_most = Some(number),
            Setting::Strict => self.strict = true,
            Setting::AllowNone => self.allow_none = true,
            Setting::Complete(kind) => self.complete = Some(kind),
            Setting::Help | Setting::ListSignals | Setting::Version => unreachable!("answered before"),
        }
    }

    /// What they come to, with the pattern.
    pub fn finish(self, program: Program, pattern: Option<Vec<u8>>) -> Result<Invocation, Error> {
        match self.complete {
            Some(kind) => {
                let (reading, word) = (self.reading, pattern.unwrap_or_default());
                Ok(Invocation::Complete(Question { kind, reading, word }))
            }
            None => Ok(Invocation::Run(Box::new(self.request(program, pattern)?))),
        }
    }

    /// Check what the options say together.
    fn request(mut self, program: Program, pattern: Option<Vec<u8>>) -> Result<Request, Error> {
        let signal = self.signal.unwrap_or(Signal::TERM);
        if self.threads && program != Program::Pgrep {
            let what = if program == Program::Pkill { "signals" } else { "waits for" };
            let why = format!("{} {what} whole processes, never single threads", program.name());
            return Err(Error::usage(format!("--lightweight makes no sense here: {why}")));
        }
        if matches!(self.wait, Some(Some(_))) && self.timeout.is_some() {
            return Err(Error::usage("--wait=DURATION and --timeout say the same: give one of them"));
        }
        self.add_criteria(signal)?;
        let names_nobody = self.criteria.iter().all(Criterion::only_excludes);
        if pattern.is_none() && self.and.is_empty() && names_nobody && self.pick.is_none() {
            return Err(Error::usage("no matching criteria specified"));
        }
        if self.freeze && cannot_be_frozen_for(signal) {
            let why = format!("--freeze makes no sense with {signal}: who is continued does not act on it");
            return Err(Error::usage(why));
        }
        let action = self.action(program, signal);
        Ok(Request {
            program,
            selection: Selection {
                pattern,
                and: self.and,
                not: self.not,
                reading: self.reading,
                criteria: self.criteria,
                pick: self.pick.unwrap_or_default(),
                inverse: self.inverse,
                skip_ancestors: self.skip_ancestors,
                tree: self.tree,
                threads: self.threads,
            },
            action,
            style: self.style,
            count: self.count,
            at_most: self.at_most,
            allow_none: self.allow_none,
            strict: self.strict,
            asked: self.asked,
        })
    }

    /// Criteria that several options make together.
    fn add_criteria(&mut self, signal: Signal) -> Result<(), Error> {
        match self.pidfile.take() {
            Some(path) => {
                let must_be_locked = self.pidfile_must_be_locked;
                self.criteria.push(Criterion::Pidfile(Pidfile { path, must_be_locked }));
            }
            None if self.pidfile_must_be_locked => return Err(Error::usage("-L without -F makes no sense")),
            None => {}
        }
        match (self.namespaces_of, self.namespace_kinds.take()) {
            (Some(0), _) => return Err(Error::usage("invalid process ID: 0")),
            (Some(of), kinds) => {
                let kinds = kinds.unwrap_or_else(|| Namespace::ALL.to_vec());
                self.criteria.push(Criterion::Namespaces { of, kinds });
            }
            // As in the reference, where it has no effect and counts as no criterion.
            (None, _) => {}
        }
        if self.catches_the_signal {
            if signal == Signal::NONE {
                return Err(Error::usage(
                    "--require-handler makes no sense with signal 0, which nobody can catch",
                ));
            }
            self.criteria.push(Criterion::Catches(signal));
        }
        Ok(())
    }

    fn action(&mut self, program: Program, signal: Signal) -> Action {
        let label = self.label.map(|subject| Label { subject, quoted: self.quoted });
        let name = Label { subject: Subject::Name, quoted: self.quoted };
        let limit = self.timeout.or(self.wait.flatten());
        let echo = self.echo.then(|| label.unwrap_or(name));
        match program {
            Program::Pgrep => {
                let separator = match self.delimiter.take() {
                    _ if self.print_nul => Separator::Nul,
                    delimiter => Separator::Between(delimiter.unwrap_or_else(|| b"\n".to_vec())),
                };
                Action::List(Listing { label, separator })
            }
            Program::Pkill => {
                let escalation = std::mem::take(&mut self.escalation);
                let waits =
                    self.wait.is_some() || limit.is_some() || !escalation.is_empty() || self.until_none;
                let wait = waits.then_some(Wait { limit, any: false });
                Action::Signal(Sending {
                    signal,
                    value: self.value,
                    release_memory: self.release_memory,
                    freeze: self.freeze,
                    whole_group: self.whole_group,
                    echo,
                    mode: self.mode,
                    wait,
                    escalation,
                    resume: self.resume,
                    until_none: self.until_none,
                })
            }
            Program::Pidwait => Action::Wait { echo, wait: Wait { limit, any: self.any } },
        }
    }
}

/// Signal 0 does nothing to anybody, and SIGCONT discards all stop signals that are pending but SIGSTOP, which is
/// what freezing sends (signal(7)).
fn cannot_be_frozen_for(signal: Signal) -> bool {
    signal == Signal::NONE || signal != Signal::STOP && signal.default_action() == DefaultAction::Stop
}

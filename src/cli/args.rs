//! The arguments that the options set, and the request that results.

use std::mem::discriminant;
use std::path::PathBuf;
use std::time::Duration;

use super::kind::Kind;
use crate::column::Column;
use crate::error::Error;
use crate::generate::Generated;
use crate::request::*;
use crate::signal::{DefaultAction, Signal};

/// The state that each option of the table modifies.
#[derive(Default)]
pub(crate) struct Args {
    /// Set by an option that ends the reading of the command line.
    pub exit: Option<Exit>,
    pub complete: Option<Kind>,
    /// At most one of each kind.
    criteria: Vec<Criterion>,
    overridden: Vec<Criterion>,
    pub pick: Option<Pick>,
    pub and: Vec<Vec<u8>>,
    pub not: Vec<Vec<u8>>,
    pub reading: Reading,
    pub inverse: bool,
    pub skip_ancestors: bool,
    pub exclude: Vec<ProcessRef>,
    pub tree: bool,
    pub threads: bool,
    pub pidfile: Option<PathBuf>,
    pub pidfile_must_be_locked: bool,
    pub namespaces_of: Option<ProcessRef>,
    pub namespace_kinds: Option<Vec<Namespace>>,
    pub require_handler: bool,
    /// pkill's `-HUP`; `--signal` overrides it, before or after it.
    pub signal_word: Option<Signal>,
    pub signal: Option<Signal>,
    pub value: Option<i32>,
    pub release_memory: bool,
    pub freeze: bool,
    pub whole_group: bool,
    pub echo: bool,
    pub count: bool,
    pub id: bool,
    pub label: Option<Subject>,
    pub quoted: bool,
    pub columns: Option<Vec<&'static Column>>,
    pub delimiter: Option<Vec<u8>>,
    pub print_nul: bool,
    pub style: Style,
    pub mode: Mode,
    pub choose: bool,
    pub choose_signal: bool,
    pub at_most: Option<usize>,
    pub explain: Vec<ProcessRef>,
    pub wait: Option<Option<Duration>>,
    pub timeout: Option<Duration>,
    pub escalation: Vec<Step>,
    pub resume: bool,
    pub until_none: bool,
    pub settle: Option<Duration>,
    pub any: bool,
    pub no_progress: bool,
    pub strict: bool,
    pub log: Option<Log>,
    pub read_timeout: Option<Duration>,
    pub allow_none: bool,
}

/// What is printed instead of doing the program's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Help,
    Version,
    Generate(Generated),
    ListSignals,
}

impl Args {
    /// Add a criterion, or replace that of the same kind: the last one is used, as in procps-ng.
    pub(crate) fn set(&mut self, criterion: Criterion) {
        match self.criteria.iter_mut().find(|other| discriminant(*other) == discriminant(&criterion)) {
            Some(other) => self.overridden.push(std::mem::replace(other, criterion)),
            None => self.criteria.push(criterion),
        }
    }

    /// The same for a criterion with a value, which may be invalid.
    pub(crate) fn try_set(&mut self, criterion: Result<Criterion, String>) -> Result<(), String> {
        self.set(criterion?);
        Ok(())
    }

    /// The request, if the options can be combined.
    pub(crate) fn into_request(
        mut self,
        program: Program,
        pattern: Option<Vec<u8>>,
        raw_values: Vec<(&'static str, RawValue)>,
    ) -> Result<Request, Error> {
        let signal = self.signal.or(self.signal_word).unwrap_or(Signal::TERM);
        if self.threads && program != Program::Pgrep {
            let what = if program == Program::Pkill { "signals" } else { "waits for" };
            let why = format!("{} {what} whole processes, not threads", program.name());
            return Err(Error::usage(format!("--lightweight is an option of pgrep only: {why}")));
        }
        if self.threads && self.id {
            return Err(Error::usage(
                "--id makes no sense with --lightweight: a thread has no identity token",
            ));
        }
        if matches!(self.wait, Some(Some(_))) && self.timeout.is_some() {
            return Err(Error::usage("--wait=DURATION and --timeout cannot be used together"));
        }
        self.add_criteria(signal)?;
        let selects_nothing = self.criteria.iter().all(Criterion::only_excludes);
        if pattern.is_none() && self.and.is_empty() && selects_nothing && self.pick.is_none() {
            if !self.choose || self.inverse {
                return Err(Error::usage("no matching criteria specified"));
            }
            self.set(Criterion::Own);
            self.set(Criterion::NoKernelThread);
            self.set(Criterion::NoZombie);
            self.skip_ancestors = true;
        }
        if self.freeze && cannot_be_frozen_for(signal) {
            let why =
                format!("--freeze cannot be used with {signal}: it has no effect on continued processes");
            return Err(Error::usage(why));
        }
        let action = self.action(program, signal);
        if self.settle.is_some() && !matches!(&action, Action::Signal(Sending { wait: Some(_), .. })) {
            return Err(Error::usage("--settle requires --until-none or another option that waits"));
        }
        Ok(Request {
            program,
            invoked_as: vec![],
            selection: Selection {
                pattern,
                and: self.and,
                not: self.not,
                reading: self.reading,
                criteria: self.criteria,
                overridden: self.overridden,
                pick: self.pick.unwrap_or_default(),
                inverse: self.inverse,
                skip_ancestors: self.skip_ancestors,
                exclude: self.exclude,
                tree: self.tree,
                threads: self.threads,
            },
            action,
            style: self.style,
            count: self.count,
            chooses: self.choose,
            at_most: self.at_most,
            explain: self.explain,
            allow_none: self.allow_none,
            strict: self.strict,
            log: self.log,
            shows_progress: !self.no_progress,
            read_timeout: Some(self.read_timeout.unwrap_or(READ_TIMEOUT)).filter(|limit| !limit.is_zero()),
            raw_values,
        })
    }

    /// Criteria that depend on more than one option.
    fn add_criteria(&mut self, signal: Signal) -> Result<(), Error> {
        match self.pidfile.take() {
            Some(path) => {
                let must_be_locked = self.pidfile_must_be_locked;
                self.criteria.push(Criterion::Pidfile(Pidfile { path, must_be_locked }));
            }
            None if self.pidfile_must_be_locked => return Err(Error::usage("-L without -F makes no sense")),
            None => {}
        }
        // As in procps-ng, --nslist alone has no effect and is not a criterion.
        if let Some(of) = self.namespaces_of {
            let kinds = self.namespace_kinds.take().unwrap_or_else(|| Namespace::ALL.to_vec());
            self.criteria.push(Criterion::Namespaces { of, kinds });
        }
        if self.require_handler {
            if signal == Signal::NONE {
                return Err(Error::usage(
                    "--require-handler cannot be used with signal 0: no process can catch it",
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
                let quoted = self.quoted;
                let columns = self.columns.take().map(|list| Columns { list, quoted });
                Action::List(Listing { id: self.id, label, columns, separator })
            }
            Program::Pkill => {
                let escalation = std::mem::take(&mut self.escalation);
                let waits =
                    self.wait.is_some() || limit.is_some() || !escalation.is_empty() || self.until_none;
                let wait = waits.then_some(Wait { limit, any: false });
                Action::Signal(Sending {
                    signal,
                    chooses_signal: self.choose_signal,
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
                    settle: self.settle,
                })
            }
            Program::Pidwait => Action::Wait { echo, wait: Wait { limit, any: self.any } },
        }
    }
}

/// Whether the signal would have no effect on a process that is stopped with SIGSTOP and then continued. Signal 0 has
/// no effect at all, and SIGCONT discards a pending SIGTSTP, SIGTTIN or SIGTTOU (signal(7)).
fn cannot_be_frozen_for(signal: Signal) -> bool {
    signal == Signal::NONE || signal != Signal::STOP && signal.default_action() == DefaultAction::Stop
}

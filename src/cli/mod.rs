//! argv → [`Request`]: what was typed becomes what is meant; nothing is looked up yet.

pub mod kind;
pub mod options;
mod values;
mod words;

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::error::Error;
use crate::request::*;
use crate::signal::{DefaultAction, Signal};
use kind::Kind;
use options::{EXCLUSIVE, NO_VALUE, OPTIONS, Opt, Origin, Read, Setting};

/// What the command line asks of a program.
pub enum Invocation {
    /// To do its work.
    Run(Box<Request>),
    /// To print this text and end.
    Print(String),
    /// To print the signals in this style and end.
    ListSignals(Style),
    /// To list what may be typed.
    Complete(Question),
}

/// `--complete`: what may stand in the place of a word.
#[derive(Clone, Debug)]
pub struct Question {
    /// What the word is.
    pub kind: Kind,
    /// How a pattern will be taken.
    pub reading: Reading,
    /// What is typed of it so far.
    pub word: Vec<u8>,
}

/// Understand the command line (without the program's name).
pub fn parse(program: Program, args: impl IntoIterator<Item = OsString>) -> Result<Invocation, Error> {
    let words = words::read(program, args).map_err(Error::usage)?;
    if let Some(opt) = words.used.iter().find(|opt| !makes_sense(program, opt)) {
        let others: Vec<_> = opt.documented.iter().map(|program| program.name()).collect();
        let why = format!("--{} makes no sense here: it is for {}", opt.long, others.join(" and "));
        return Err(Error::usage(why));
    }
    let matches = command(program, words.used.iter().copied())
        .no_binary_name(true)
        .try_get_matches_from(words.canonical)
        .map_err(complaint)?;
    check_exclusive(&words.used, program)?;
    let settings = words.used.iter().flat_map(|opt| settings(opt, &matches));
    let mut draft = Draft { asked: asked(&words.used, &matches), ..Draft::default() };
    for setting in settings {
        match setting {
            Setting::Help => {
                let help = command(program, documented(program)).render_help().to_string();
                return Ok(Invocation::Print(help));
            }
            Setting::ListSignals => {
                let json = words.used.iter().any(|opt| opt.long == "json");
                return Ok(Invocation::ListSignals(if json { Style::Json } else { Style::Plain }));
            }
            Setting::Version => return Ok(Invocation::Print(version(program))),
            setting => draft.take(setting)?,
        }
    }
    let pattern = matches.get_one::<OsString>("PATTERN").map(|p| p.as_encoded_bytes().to_vec());
    match draft.complete {
        Some(kind) => {
            let (reading, word) = (draft.reading, pattern.unwrap_or_default());
            Ok(Invocation::Complete(Question { kind, reading, word }))
        }
        None => draft.finish(program, pattern).map(|request| Invocation::Run(Box::new(request))),
    }
}

/// The options that stand in a program's `--help`.
pub fn documented(program: Program) -> impl Iterator<Item = &'static Opt> {
    OPTIONS.iter().filter(move |opt| opt.documented.contains(&program))
}

/// procps-ng's programs take each other's long options and ignore what is not for them. An option that only we have
/// would be asked for in vain.
fn makes_sense(program: Program, opt: &Opt) -> bool {
    opt.origin == Origin::Reference || opt.documented.contains(&program)
}

/// An option that has no effect in this program is in nobody's way.
fn check_exclusive(used: &[&Opt], program: Program) -> Result<(), Error> {
    let effective = |name| used.iter().any(|opt| opt.long == name && opt.documented.contains(&program));
    for group in EXCLUSIVE {
        let mut together = group.iter().filter(|name| effective(**name));
        match (together.next(), together.next()) {
            (Some(&"pid"), Some(&"pidfile")) => {
                return Err(Error::nothing_to_match("Cannot use pidfile and pid option together"));
            }
            (Some(one), Some(other)) => {
                return Err(Error::usage(format!("--{one} and --{other} cannot be used together")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn version(program: Program) -> String {
    format!("{} from {} {}\n", program.name(), env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// The parser for these rows of the table.
fn command(program: Program, rows: impl Iterator<Item = &'static Opt>) -> Command {
    let usage = match program {
        Program::Pgrep => "pgrep [options] <pattern>",
        Program::Pkill => "pkill [-signal] [options] <pattern>",
        Program::Pidwait => "pidwait [options] <pattern>",
    };
    let about = match program {
        Program::Pgrep => "List the processes that match a pattern and other criteria.",
        Program::Pkill => "Signal the processes that match a pattern and other criteria.",
        Program::Pidwait => "Wait for the end of the processes that match a pattern and other criteria.",
    };
    let pattern = Arg::new("PATTERN")
        .value_parser(ValueParser::os_string())
        .help("extended regular expression, held against the process name");
    Command::new(program.name())
        .about(about)
        .override_usage(usage)
        .after_help(format!("For more details see {}(1).", program.name()))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(pattern)
        .args(rows.map(|opt| argument(program, opt)))
}

/// A row of the table as clap has it. Where an option is repeated, the last one counts, as in the reference, unless each
/// does.
fn argument(program: Program, opt: &'static Opt) -> Arg {
    let arg = Arg::new(opt.long).long(opt.long).short(opt.letter(program)).help(opt.help);
    let arg = arg.help_heading(opt.group.title());
    let arg = if opt.repeats() { arg.action(ArgAction::Append) } else { arg.overrides_with(opt.long) };
    let optional = |arg: Arg| arg.num_args(0..=1).require_equals(true).default_missing_value(NO_VALUE);
    match opt.value_name() {
        None => arg.action(ArgAction::SetTrue),
        Some(name) => if opt.value_is_optional() { optional(arg) } else { arg }
            .value_name(name)
            .allow_hyphen_values(true)
            .value_parser(OsStringValueParser::new().try_map(|value| opt.setting(&value))),
    }
}

fn settings(opt: &'static Opt, matches: &ArgMatches) -> Vec<Setting> {
    match &opt.read {
        Read::Flag(setting) => matches.get_flag(opt.long).then(|| setting.clone()).into_iter().collect(),
        _ => matches.get_many(opt.long).into_iter().flatten().cloned().collect(),
    }
}

/// The options that select, as they were typed.
fn asked(used: &[&'static Opt], matches: &ArgMatches) -> Vec<(&'static str, Asked)> {
    let typed = |opt: &Opt| {
        let mut values = matches.get_raw(opt.long).into_iter().flatten().map(OsString::from);
        match opt.value() {
            None => Asked::Flag,
            Some(_) if opt.repeats() => Asked::Each(values.collect()),
            Some(_) => values.next_back().map_or(Asked::Flag, Asked::Value),
        }
    };
    let selecting = used.iter().filter(|opt| opt.group.selects());
    selecting.map(|opt| (opt.long, typed(opt))).collect()
}

/// The message of a value parser, without clap's words around it: scripts know it as it is.
fn complaint(error: clap::Error) -> Error {
    use std::error::Error as _;
    let message = error.source().map_or_else(|| error.to_string(), |source| source.to_string());
    Error::usage(message.trim_end())
}

/// A request while its options are read.
#[derive(Default)]
struct Draft {
    criteria: Vec<Criterion>,
    pick: Option<Pick>,
    and: Vec<Vec<u8>>,
    not: Vec<Vec<u8>>,
    reading: Reading,
    inverse: bool,
    skip_ancestors: bool,
    tree: bool,
    threads: bool,
    pidfile: Option<std::path::PathBuf>,
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
    fn take(&mut self, setting: Setting) -> Result<(), Error> {
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
        Ok(())
    }

    /// Check what the options say together.
    fn finish(mut self, program: Program, pattern: Option<Vec<u8>>) -> Result<Request, Error> {
        let signal = self.signal.unwrap_or(Signal::TERM);
        if self.threads && program != Program::Pgrep {
            let what = if program == Program::Pkill { "signals" } else { "waits for" };
            let why = format!("{} {what} whole processes, never single threads", program.name());
            return Err(Error::usage(format!("--lightweight makes no sense here: {why}")));
        }
        if matches!(self.wait, Some(Some(_))) && self.timeout.is_some() {
            return Err(Error::usage("--wait=DURATION and --timeout say the same: give one of them"));
        }
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
        let names_nobody = self.criteria.iter().all(Criterion::only_leaves_out);
        if pattern.is_none() && self.and.is_empty() && names_nobody && self.pick.is_none() {
            return Err(Error::usage("no matching criteria specified"));
        }
        if self.freeze && cannot_be_frozen_for(signal) {
            let why = format!("--freeze makes no sense with {signal}: who is continued does not act on it");
            return Err(Error::usage(why));
        }
        let label = self.label.map(|subject| Label { subject, quoted: self.quoted });
        let name = Label { subject: Subject::Name, quoted: self.quoted };
        let limit = self.timeout.or(self.wait.flatten());
        let echo = self.echo.then(|| label.unwrap_or(name));
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
            action: match program {
                Program::Pgrep => {
                    let between = || Separator::Between(self.delimiter.unwrap_or_else(|| b"\n".to_vec()));
                    let separator = if self.print_nul { Separator::Nul } else { between() };
                    Action::List(Listing { label, separator })
                }
                Program::Pkill => {
                    let (value, release_memory) = (self.value, self.release_memory);
                    let (mode, escalation) = (self.mode, self.escalation);
                    let (resume, until_none) = (self.resume, self.until_none);
                    let waits =
                        self.wait.is_some() || limit.is_some() || !escalation.is_empty() || until_none;
                    let wait = waits.then_some(Wait { limit, any: false });
                    Action::Signal(Delivery {
                        signal,
                        value,
                        release_memory,
                        freeze: self.freeze,
                        whole_group: self.whole_group,
                        echo,
                        mode,
                        wait,
                        escalation,
                        resume,
                        until_none,
                    })
                }
                Program::Pidwait => Action::Wait { echo, wait: Wait { limit, any: self.any } },
            },
            style: self.style,
            count: self.count,
            at_most: self.at_most,
            allow_none: self.allow_none,
            strict: self.strict,
            asked: self.asked,
        })
    }
}

/// Signal 0 does nothing to anybody, and SIGCONT discards all stop signals that are pending but SIGSTOP, which is
/// what freezing sends (signal(7)).
fn cannot_be_frozen_for(signal: Signal) -> bool {
    signal == Signal::NONE || signal != Signal::STOP && signal.default_action() == DefaultAction::Stop
}

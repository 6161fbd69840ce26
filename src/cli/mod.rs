//! argv → [`Request`]: what was typed becomes what is meant; nothing is looked up yet.

mod draft;
pub mod kind;
pub mod options;
mod values;
mod words;

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::error::Error;
use crate::request::*;
use draft::Draft;
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
    let mut draft = Draft::new(asked(&words.used, &matches));
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
            setting => draft.take(setting),
        }
    }
    let pattern = matches.get_one::<OsString>("PATTERN").map(|p| p.as_encoded_bytes().to_vec());
    draft.finish(program, pattern)
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

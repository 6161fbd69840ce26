//! argv → `Request`: the command line is read and checked. Nothing is looked up on the system.
//!
//! The grammar (`getopt`) yields options and operands in order; each option's row of the table ([`options`]) checks
//! its value and modifies the arguments (`args`), which make the request.

mod args;
mod exclusive;
mod getopt;
mod help;
mod hint;
pub mod kind;
pub mod opt;
pub mod options;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use crate::error::Error;
use crate::generate::Generated;
use crate::request::*;
use args::{Args, Exit};
use exclusive::EXCLUSIVE;
use getopt::{Getopt, Spelling, Word};
use kind::Kind;
use opt::Opt;

#[doc(hidden)]
pub use crate::column::{Alignment, COLUMNS, Column, Fact};
#[doc(hidden)]
pub use help::command;
pub use help::{help, short_help};
pub use options::documented;

/// What the program is to do.
pub(crate) enum Invocation {
    /// Carry out the request.
    Run(Box<Request>),
    /// Print [`help()`], or [`short_help()`].
    Help { is_short: bool },
    /// Print this text.
    Print(String),
    /// Print this file.
    Generate(Generated),
    /// Print the table of signals.
    ListSignals,
    /// Print completion candidates.
    Complete(CompletionRequest),
}

/// `--complete`: the word to complete.
#[derive(Clone, Debug)]
pub(crate) struct CompletionRequest {
    /// The kind of value that the word is.
    pub kind: Kind,
    /// How the completed pattern will be interpreted.
    pub reading: Reading,
    /// The part of the word that has been typed.
    pub word: Vec<u8>,
}

/// The options that were given, by long name, with their values.
type Given = BTreeMap<&'static str, (&'static Opt, RawValue)>;

/// Parse the command line: `argv[0]`, and the arguments after it.
pub(crate) fn parse(
    program: Program,
    argv0: &OsStr,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Invocation, Error> {
    let words = Getopt::new(program, args.into_iter());
    let mut args = Args::default();
    let mut given = Given::new();
    // The names of the options, and where the pattern is among them.
    let mut order = vec![];
    let mut operands = vec![];
    // Reported at the end: an option such as --help takes precedence.
    let mut invalid = None;
    let mut is_short = false;
    for word in words {
        match word? {
            Word::Operand(operand) => {
                order.push(PATTERN);
                operands.push(operand);
            }
            Word::Signal(signal) => args.signal_word = Some(signal),
            Word::Option(opt, value, spelling) => {
                is_short = spelling == Spelling::Short;
                let applied =
                    check_supported(program, opt).and_then(|()| opt.apply(&mut args, value.as_deref()));
                invalid = invalid.or(applied.err().map(|message| {
                    let hint = value.as_deref().and_then(|value| hint::value(opt, value));
                    Error::usage(message).with_hint(hint)
                }));
                order.push(opt.long);
                record(&mut given, opt, value);
            }
        }
        match args.exit {
            None => {}
            Some(Exit::Help) => return Ok(Invocation::Help { is_short }),
            Some(Exit::Version) => return Ok(Invocation::Print(help::version(program))),
            Some(Exit::Generate(file)) => return Ok(Invocation::Generate(file)),
            Some(Exit::ListSignals) => return Ok(Invocation::ListSignals),
        }
    }
    if operands.len() > 1 {
        let hint = hint::operands(&given, &operands);
        return Err(Error::usage("only one pattern can be provided").with_hint(hint));
    }
    if let Some(error) = invalid {
        return Err(error);
    }
    check_exclusive(program, &given)?;
    let pattern = operands.pop().map(OsString::into_encoded_bytes);
    if let Some(kind) = args.complete {
        let word = pattern.unwrap_or_default();
        return Ok(Invocation::Complete(CompletionRequest { kind, reading: args.reading, word }));
    }
    let typed = |name| match pattern.clone().filter(|_| name == PATTERN) {
        Some(pattern) => Some((name, RawValue::Value(OsString::from_vec(pattern)))),
        None => given.remove(name).filter(|(opt, _)| opt.group.selects()).map(|(_, value)| (name, value)),
    };
    let raw_values = order.into_iter().filter_map(typed).collect();
    let mut request = args.into_request(program, pattern, raw_values)?;
    request.invoked_as = last_component(argv0).unwrap_or(program.name().as_bytes()).to_vec();
    Ok(Invocation::Run(Box::new(request)))
}

/// The format of `--json`, if it is recognizable: also where the command line is wrong, as then the error is reported
/// in that format. After an error in the grammar, what is an option and what a value is not known, so only the exact
/// words are recognized.
pub(crate) fn json_format(program: Program, args: &[OsString]) -> Option<JsonFormat> {
    let format = |value: Option<&OsStr>| value.map_or(Ok(JsonFormat::default()), values::json_format).ok();
    let mut words = Getopt::new(program, args.iter().cloned());
    let mut last = None;
    while let Some(Ok(word)) = words.next() {
        if let Word::Option(Opt { long: "json", .. }, value, _) = word {
            last = format(value.as_deref()).or(last);
        }
    }
    for word in words.rest().take_while(|word| word != "--") {
        let value = match word.as_bytes() {
            b"--json" => None,
            [b'-', b'-', b'j', b's', b'o', b'n', b'=', value @ ..] => Some(OsStr::from_bytes(value)),
            _ => continue,
        };
        last = format(value).or(last);
    }
    last
}

fn last_component(argv0: &OsStr) -> Option<&[u8]> {
    Path::new(argv0).file_name().map(OsStr::as_encoded_bytes)
}

fn check_supported(program: Program, opt: &Opt) -> Result<(), String> {
    if opt.is_supported(program) {
        return Ok(());
    }
    let others: Vec<_> = opt.documented.iter().map(|program| program.name()).collect();
    Err(format!("--{} is an option of {} only", opt.long, others.join(" and ")))
}

/// An option that has no effect in this program excludes no other, except where procps-ng refuses it.
fn check_exclusive(program: Program, given: &Given) -> Result<(), Error> {
    for (long, short) in [("list-full", 'a'), ("list-name", 'l')] {
        if given.contains_key("quiet") && given.contains_key(long) {
            let why = format!("Cannot use --quiet and -{short},--{long} options together");
            return Err(Error::usage(why));
        }
    }
    let is_effective =
        |name: &&&str| given.get(**name).is_some_and(|(opt, _)| opt.documented.contains(&program));
    for group in EXCLUSIVE {
        let mut conflicting = group.iter().filter(is_effective);
        match (conflicting.next(), conflicting.next()) {
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

fn record(given: &mut Given, opt: &'static Opt, value: Option<OsString>) {
    let previous = given.remove(opt.long).map(|(_, value)| value);
    let value = match (value, previous) {
        (None, _) => RawValue::Flag,
        (Some(value), Some(RawValue::Each(mut values))) => {
            values.push(value);
            RawValue::Each(values)
        }
        (Some(value), _) if opt.repeats() => RawValue::Each(vec![value]),
        (Some(value), _) => RawValue::Value(value),
    };
    given.insert(opt.long, (opt, value));
}

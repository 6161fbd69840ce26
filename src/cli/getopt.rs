//! The grammar of getopt_long(3): the command line as a sequence of options, operands and pkill's signal word.
//!
//! Options and operands may be mixed (GNU permutation), short options may be bundled, long options may be abbreviated,
//! and `--` ends the options. A signal word (`-HUP`, `-9`) is recognized only where an option may stand: neither after
//! `--` nor as the value of another option.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::hint;
use super::opt::Opt;
use super::options::{self, OPTIONS};
use crate::error::Error;
use crate::request::Program;
use crate::signal::Signal;

/// One element of the command line.
pub(super) enum Word {
    /// An option with its value.
    Option(&'static Opt, Option<OsString>, Spelling),
    /// The first signal word.
    Signal(Signal),
    /// Neither an option nor the value of one.
    Operand(OsString),
}

/// How an option was typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `-h`
    Short,
    /// `--help`
    Long,
}

/// An iterator over the command line, in order. An error is getopt_long(3)'s message; the iteration should end there.
pub(super) struct Getopt<I> {
    program: Program,
    args: I,
    /// The letters of a bundle that are yet to be read.
    bundle: Vec<u8>,
    after_dashes: bool,
    has_signal: bool,
}

type Result<T> = std::result::Result<T, Error>;

impl<I: Iterator<Item = OsString>> Getopt<I> {
    /// The arguments do not include the program name.
    pub(super) fn new(program: Program, args: I) -> Self {
        Getopt { program, args, bundle: vec![], after_dashes: false, has_signal: false }
    }

    /// The arguments that have not been read.
    pub(super) fn rest(self) -> I {
        self.args
    }

    fn word(&mut self, arg: OsString) -> Result<Word> {
        match arg.as_bytes() {
            [b'-', b'-', name @ ..] => self.long(name),
            [b'-', word @ ..] if !word.is_empty() => match self.signal(word) {
                Some(signal) => Ok(Word::Signal(signal)),
                None => self
                    .short(word.to_vec())
                    .map_err(|error| error.with_hint(hint::option(self.program, &arg.to_string_lossy()))),
            },
            _ => Ok(Word::Operand(arg)),
        }
    }

    /// pkill's signal word; any further one is a bundle of options.
    fn signal(&mut self, word: &[u8]) -> Option<Signal> {
        if self.program != Program::Pkill || self.has_signal {
            return None;
        }
        let signal = std::str::from_utf8(word).ok().and_then(Signal::parse)?;
        self.has_signal = true;
        Some(signal)
    }

    /// `--name`, `--name=value`, `--name value`, `--abbreviation`.
    fn long(&mut self, text: &[u8]) -> Result<Word> {
        let (name, glued) = match text.iter().position(|&b| b == b'=') {
            Some(at) => (&text[..at], Some(OsStr::from_bytes(&text[at + 1..]).to_owned())),
            None => (text, None),
        };
        // Without a value it abbreviates --logpidfile, as in procps-ng, which takes none.
        let is_log = self.program == Program::Pkill && name == b"log" && glued.is_some();
        let opt = find_long(self.program, if is_log { b"log-to" } else { name }, text)?;
        let value =
            match glued {
                Some(_) if opt.value().is_none() => {
                    return Err(Error::usage(format!("option '--{}' doesn't allow an argument", opt.long)));
                }
                None if opt.value().is_some() && !opt.value_is_optional() => {
                    let next = self.args.next();
                    Some(next.ok_or_else(|| {
                        Error::usage(format!("option '--{}' requires an argument", opt.long))
                    })?)
                }
                glued => glued,
            };
        Ok(Word::Option(opt, value, Spelling::Long))
    }

    /// The first option of `-x`, `-xf`, `-xP 12`, `-xP12`; the rest of a bundle is kept for the next call.
    fn short(&mut self, mut letters: Vec<u8>) -> Result<Word> {
        let letter = String::from_utf8_lossy(&letters).chars().next().unwrap_or_default();
        let opt = OPTIONS.iter().find(|opt| opt.letter(self.program) == Some(letter));
        let opt = opt.ok_or_else(|| Error::usage(format!("invalid option -- '{letter}'")))?;
        letters.remove(0); // the letters in the table are ASCII
        if opt.value().is_none() {
            self.bundle = letters;
            return Ok(Word::Option(opt, None, Spelling::Short));
        }
        let value = match letters.is_empty() {
            false => Some(OsString::from_vec(letters)),
            true if opt.value_is_optional() => None,
            true => {
                let next = self.args.next();
                Some(next.ok_or_else(|| Error::usage(format!("option requires an argument -- '{letter}'")))?)
            }
        };
        Ok(Word::Option(opt, value, Spelling::Short))
    }
}

impl<I: Iterator<Item = OsString>> Iterator for Getopt<I> {
    type Item = Result<Word>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.bundle.is_empty() {
            let letters = std::mem::take(&mut self.bundle);
            return Some(self.short(letters));
        }
        let mut arg = self.args.next()?;
        if !self.after_dashes && arg == "--" {
            self.after_dashes = true;
            arg = self.args.next()?;
        }
        Some(if self.after_dashes { Ok(Word::Operand(arg)) } else { self.word(arg) })
    }
}

/// The option with this long name, or the only one that it abbreviates. procps-ng's names take precedence, and those of
/// older versions over newer ones, so that an abbreviation which is valid there does not become ambiguous. A message
/// shows the whole word.
fn find_long(program: Program, name: &[u8], word: &[u8]) -> Result<&'static Opt> {
    if let Some(opt) = options::find(name) {
        return Ok(opt);
    }
    let mut candidates: Vec<&Opt> =
        OPTIONS.iter().filter(|opt| opt.long.as_bytes().starts_with(name)).collect();
    if candidates.iter().any(|opt| opt.is_supported(program)) {
        candidates.retain(|opt| opt.is_supported(program));
    }
    let word = String::from_utf8_lossy(word);
    let Some(oldest) = candidates.iter().map(|opt| opt.origin).min() else {
        let error = Error::usage(format!("unrecognized option '--{word}'"));
        return Err(error.with_hint(hint::option(program, &format!("--{word}"))));
    };
    let mut of_oldest = candidates.iter().filter(|opt| opt.origin == oldest);
    match (of_oldest.next(), of_oldest.next()) {
        (Some(opt), None) => Ok(opt),
        _ => {
            let names: Vec<String> = candidates.iter().map(|opt| format!("'--{}'", opt.long)).collect();
            Err(Error::usage(format!("option '--{word}' is ambiguous; possibilities: {}", names.join(" "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Program::*;

    /// `--long` or `--long=value`, a signal with its dash, an operand in parentheses. An error replaces them all.
    fn read(program: Program, args: &[&str]) -> String {
        let args = args.iter().map(OsString::from);
        let words = Getopt::new(program, args).map(|word| {
            word.map(|word| match word {
                Word::Option(opt, None, _) => format!("--{}", opt.long),
                Word::Option(opt, Some(value), _) => format!("--{}={}", opt.long, value.display()),
                Word::Signal(signal) => format!("-{signal}"),
                Word::Operand(operand) => format!("({})", operand.display()),
            })
        });
        words.collect::<Result<Vec<_>>>().map_or_else(|error| error.message, |words| words.join(" "))
    }

    #[test]
    fn words() {
        for (program, args, expected) in [
            // Permutation and `--`.
            (Pgrep, &["a", "-x", "b", "--full"][..], "(a) --exact (b) --full"),
            (Pgrep, &["-x", "--", "-f", "--", "--full"], "--exact (-f) (--) (--full)"),
            (Pgrep, &["a", "--"], "(a)"),
            (Pgrep, &["-", "", "-x"], "(-) () --exact"),
            (Pgrep, &[], ""),
            // Bundles and glued values.
            (Pgrep, &["-xfl"], "--exact --full --list-name"),
            (Pgrep, &["-xP", "12", "a"], "--exact --parent=12 (a)"),
            (Pgrep, &["-xP12", "a"], "--exact --parent=12 (a)"),
            (Pgrep, &["-P=x"], "--parent==x"),
            (Pgrep, &["-d", ""], "--delimiter="),
            (Pgrep, &["-d", "-x"], "--delimiter=-x"),
            (Pgrep, &["-d", "--"], "--delimiter=--"),
            (Pgrep, &["-xy"], "invalid option -- 'y'"),
            (Pgrep, &["-é"], "invalid option -- 'é'"),
            (Pgrep, &["-P"], "option requires an argument -- 'P'"),
            // Short options differ between the programs.
            (Pgrep, &["-v"], "--inverse"),
            (Pkill, &["-v"], "invalid option -- 'v'"),
            (Pidwait, &["-e"], "--echo"),
            (Pgrep, &["-e"], "invalid option -- 'e'"),
            // Long options.
            (Pgrep, &["--parent", "12"], "--parent=12"),
            (Pgrep, &["--parent=12", "12"], "--parent=12 (12)"),
            (Pgrep, &["--parent="], "--parent="),
            (Pgrep, &["--delimiter==="], "--delimiter==="),
            (Pgrep, &["--parent", "--full"], "--parent=--full"),
            (Pgrep, &["--parent"], "option '--parent' requires an argument"),
            (Pgrep, &["--par"], "option '--parent' requires an argument"),
            (Pgrep, &["--full=x"], "option '--full' doesn't allow an argument"),
            (Pgrep, &["--full="], "option '--full' doesn't allow an argument"),
            (Pgrep, &["--exat"], "unrecognized option '--exat'"),
            (Pgrep, &["--exat=1"], "unrecognized option '--exat=1'"),
            (Pgrep, &["--Full"], "unrecognized option '--Full'"),
            // An optional value follows `=` only.
            (Pkill, &["--wait", "5"], "--wait (5)"),
            (Pkill, &["--wait=5"], "--wait=5"),
            (Pkill, &["--wait="], "--wait="),
            // Abbreviations: an exact name, then procps-ng's names, then all others.
            (Pgrep, &["--ns", "1"], "--ns=1"),
            (Pgrep, &["--ex", "a"], "--exact (a)"),
            (Pgrep, &["--exe", "a"], "--exe=a"),
            (Pgrep, &["--exe-"], "--exe-deleted"),
            (Pgrep, &["--par=1"], "--parent=1"),
            (Pgrep, &["--fi"], "--fixed-strings"),
            (Pgrep, &["--y", "5"], "--younger=5"),
            (
                Pgrep,
                &["--no"],
                "option '--no' is ambiguous; possibilities: '--not' '--no-zombies' '--no-kernel-threads'",
            ),
            (Pgrep, &["--co"], "--count"),           // not --complete or --cont
            (Pgrep, &["--re"], "--require-handler"), // not --read-timeout
            (Pgrep, &["--qu=1"], "--queue=1"),       // not --quiet, which is newer
            (Pgrep, &["--pi=x"], "--pidfile=x"),     // not --pid
            (Pgrep, &["--un=x"], "--unit=x"),        // --until-none is for pkill
            (Pkill, &["--un=x"], "option '--un=x' is ambiguous; possibilities: '--unit' '--until-none'"),
            (
                Pgrep,
                &["--inv", "--list-"],
                "option '--list-' is ambiguous; possibilities: '--list-name' '--list-full'",
            ),
            // The signal word: once, in pkill, where an option may stand.
            (Pkill, &["-HUP", "a"], "-HUP (a)"),
            (Pkill, &["a", "-9"], "(a) -KILL"),
            (Pkill, &["-sigrtmin+8", "a"], "-RTMIN+8 (a)"),
            (Pkill, &["-0"], "-0"),
            (Pkill, &["--", "-9"], "(-9)"),
            (Pkill, &["-P", "-9", "a"], "--parent=-9 (a)"),
            (Pkill, &["--parent", "-9"], "--parent=-9"),
            (Pkill, &["-KILL", "-HUP"], "-KILL --require-handler --uid=P"),
            (Pkill, &["-9x"], "invalid option -- '9'"),
            (Pkill, &["-NOSUCH"], "invalid option -- 'N'"),
            (Pgrep, &["-9"], "invalid option -- '9'"),
            (Pidwait, &["-INT"], "invalid option -- 'I'"),
        ] {
            assert_eq!(read(program, args), expected, "{} {args:?}", program.name());
        }
    }
}

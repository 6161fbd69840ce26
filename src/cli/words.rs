//! The words of the command line, as getopt_long(3) reads them, brought into the one form that the parser gets:
//! every option by its full long name with its value behind `=`, then `--`, then the operands.
//!
//! This is where short options are unbundled, long ones completed, and where pkill's signal word (`-HUP`, `-9`)
//! is found: only where an option may stand, so neither behind `--` nor as the value of another option.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::options::{OPTIONS, Opt, Origin};
use crate::request::Program;
use crate::signal::Signal;

/// The command line in its one form, and the rows of the table that it uses.
pub struct Words {
    /// For the parser, without the program's name.
    pub canonical: Vec<OsString>,
    /// The options that occur; the parser needs to know no others.
    pub used: Vec<&'static Opt>,
}

/// The message is getopt's.
pub fn read(program: Program, args: impl IntoIterator<Item = OsString>) -> Result<Words, String> {
    let mut options = vec![];
    let mut operands: Vec<OsString> = vec![];
    let mut signal_word = None;
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_bytes() {
            b"--" => operands.extend(args.by_ref()),
            [b'-', b'-', name @ ..] => options.push(long(name, &mut args)?),
            [b'-', word @ ..] if !word.is_empty() => {
                let signal = std::str::from_utf8(word).ok().and_then(Signal::parse);
                if program == Program::Pkill && signal_word.is_none() && signal.is_some() {
                    signal_word = Some(OsStr::from_bytes(word).to_owned());
                } else {
                    bundle(program, word, &mut args, &mut options)?;
                }
            }
            _ => operands.push(arg),
        }
        if options.iter().any(|(opt, _)| opt.ends_the_reading()) {
            // Nothing else matters but --json, which may stand on either side: it gives --list-signals its form.
            let json = OPTIONS.iter().find(|opt| opt.long == "json");
            let asked = options.iter().any(|(opt, _)| opt.long == "json") || args.any(|arg| arg == "--json");
            options.retain(|(opt, _)| opt.ends_the_reading());
            options.extend(json.filter(|_| asked).map(|json| (json, None)));
            break;
        }
    }
    if operands.len() > 1 {
        return Err("only one pattern can be provided".into());
    }
    if let Some(word) = signal_word {
        // First, so that --signal overrides it wherever that stands, as in the reference.
        let signal = OPTIONS.iter().find(|opt| opt.long == "signal").expect("the table has --signal");
        options.insert(0, (signal, Some(word)));
    }
    let canonical = options.iter().map(|(opt, value)| spell(opt, value.as_deref()));
    let canonical = canonical.chain([OsString::from("--")]).chain(operands).collect();
    let mut used: Vec<&Opt> = options.iter().map(|(opt, _)| *opt).collect();
    used.sort_by_key(|opt| opt.long);
    used.dedup_by_key(|opt| opt.long);
    Ok(Words { canonical, used })
}

type Occurrence = (&'static Opt, Option<OsString>);

/// `--name`, `--name=value`, `--name value`, `--abbreviation`.
fn long(text: &[u8], rest: &mut impl Iterator<Item = OsString>) -> Result<Occurrence, String> {
    let (name, glued) = match text.iter().position(|&b| b == b'=') {
        Some(at) => (&text[..at], Some(OsStr::from_bytes(&text[at + 1..]).to_owned())),
        None => (text, None),
    };
    let opt = complete(name, text)?;
    match (opt.value_name(), glued) {
        (None, Some(_)) => Err(format!("option '--{}' doesn't allow an argument", opt.long)),
        (None, None) => Ok((opt, None)),
        (Some(_), Some(value)) => Ok((opt, Some(value))),
        (Some(_), None) if opt.value_is_optional() => Ok((opt, None)),
        (Some(_), None) => {
            let value = rest.next().ok_or_else(|| format!("option '--{}' requires an argument", opt.long))?;
            Ok((opt, Some(value)))
        }
    }
}

/// The option with this name, or the only one that the name begins; the reference's names go first, so that an
/// abbreviation which works there never becomes ambiguous through an option that only we have. A message shows the
/// whole word.
fn complete(name: &[u8], word: &[u8]) -> Result<&'static Opt, String> {
    let shown = String::from_utf8_lossy(word);
    if let Some(opt) = OPTIONS.iter().find(|opt| opt.long.as_bytes() == name) {
        return Ok(opt);
    }
    let begun: Vec<&Opt> = OPTIONS.iter().filter(|opt| opt.long.as_bytes().starts_with(name)).collect();
    let reference: Vec<&Opt> = begun.iter().copied().filter(|opt| opt.origin == Origin::Reference).collect();
    match (&reference[..], &begun[..]) {
        ([opt], _) | ([], [opt]) => Ok(opt),
        ([], []) => Err(format!("unrecognized option '--{shown}'")),
        _ => {
            let names: Vec<String> = begun.iter().map(|opt| format!("'--{}'", opt.long)).collect();
            Err(format!("option '--{shown}' is ambiguous; possibilities: {}", names.join(" ")))
        }
    }
}

/// `-x`, `-xf`, `-xP 12`, `-xP12`.
fn bundle(
    program: Program,
    word: &[u8],
    rest: &mut impl Iterator<Item = OsString>,
    options: &mut Vec<Occurrence>,
) -> Result<(), String> {
    for (at, &letter) in word.iter().enumerate() {
        let known = |opt: &&Opt| opt.letter(program) == Some(letter as char);
        let shown = || String::from_utf8_lossy(&word[at..]).chars().next().unwrap_or(letter as char);
        let opt = OPTIONS.iter().find(known).ok_or_else(|| format!("invalid option -- '{}'", shown()))?;
        if opt.value_name().is_none() {
            options.push((opt, None));
            continue;
        }
        let glued = &word[at + 1..];
        let value = if glued.is_empty() { rest.next() } else { Some(OsStr::from_bytes(glued).to_owned()) };
        let value = value.ok_or_else(|| format!("option requires an argument -- '{}'", shown()))?;
        options.push((opt, Some(value)));
        break;
    }
    Ok(())
}

fn spell(opt: &Opt, value: Option<&OsStr>) -> OsString {
    let mut word = format!("--{}", opt.long).into_bytes();
    if let Some(value) = value {
        word.push(b'=');
        word.extend(value.as_bytes());
    }
    OsString::from_vec(word)
}

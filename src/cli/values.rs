//! Value parsers: from the text behind an option to a value, or to the message that says what is wrong with it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::request::{Account, Namespace, Pid};
use crate::signal::Signal;

/// The entries between commas. Empty ones are skipped: `-u "$a,$b"` with an unset variable must not mean user 0.
pub fn list<T>(value: &OsStr, entry: impl Fn(&OsStr) -> Result<T, String>) -> Result<Vec<T>, String> {
    let entries = value.as_bytes().split(|&b| b == b',').filter(|e| !e.is_empty());
    let entries: Vec<T> = entries.map(|e| entry(OsStr::from_bytes(e))).collect::<Result<_, _>>()?;
    if entries.is_empty() { Err("invalid empty list".into()) } else { Ok(entries) }
}

/// A list of words that mean themselves.
pub fn words(value: &OsStr) -> Result<Vec<OsString>, String> {
    list(value, |entry| Ok(entry.to_owned()))
}

/// A process, group or session ID.
pub fn pid(value: &OsStr, complaint: &str) -> Result<Pid, String> {
    number(value).and_then(|n| Pid::try_from(n).ok()).ok_or_else(|| complain(complaint, value))
}

/// A user or group: a number up to 2^32-2 (the last one means "no change" to chown(2) and setuid(2)), else a name.
pub fn account(value: &OsStr, kind: &str) -> Result<Account, String> {
    match number(value) {
        Some(n) if n < u64::from(u32::MAX) => Ok(Account::Id(n as u32)),
        Some(_) => Err(complain(&format!("invalid {kind} name"), value)),
        None if all_digits(value) => Err(complain(&format!("invalid {kind} name"), value)),
        None => Ok(Account::Name(value.to_owned())),
    }
}

/// A whole number of seconds.
pub fn seconds(value: &OsStr) -> Result<u64, String> {
    number(value).ok_or_else(|| complain("not a number", value))
}

/// The integer of sigqueue(3).
pub fn integer(value: &OsStr) -> Result<i32, String> {
    value.to_str().and_then(|v| v.parse().ok()).ok_or_else(|| complain("not a number", value))
}

/// How many.
pub fn count(value: &OsStr) -> Result<usize, String> {
    number(value).and_then(|n| n.try_into().ok()).ok_or_else(|| complain("not a number", value))
}

/// A signal by name or number.
pub fn signal(value: &OsStr) -> Result<Signal, String> {
    let text = value.to_string_lossy();
    Signal::parse(&text).ok_or_else(|| format!("Unknown signal \"{text}\"."))
}

/// State letters, with or without commas between them. The letters are those that Linux has shown in
/// /proc/PID/stat, in this version or an older one (proc_pid_stat(5)).
pub fn states(value: &OsStr) -> Result<Vec<u8>, String> {
    let letters: Vec<u8> = value.as_bytes().iter().copied().filter(|&b| b != b',').collect();
    match letters.iter().find(|letter| !b"RSDTtZXxKWPI".contains(letter)) {
        _ if letters.is_empty() => Err("invalid empty list".into()),
        Some(_) => Err(complain("invalid process state", value)),
        None => Ok(letters),
    }
}

/// Kinds of namespaces, each once.
pub fn namespaces(value: &OsStr) -> Result<Vec<Namespace>, String> {
    list(value, |entry| {
        let kind = Namespace::ALL.into_iter().find(|kind| kind.name() == entry);
        kind.ok_or_else(|| complain("invalid namespace", entry))
    })
}

/// Digits, with a plus sign before them if need be, as the reference reads them.
fn number(value: &OsStr) -> Option<u64> {
    let text = value.to_str()?;
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// A sign and digits: meant as a number, even where it is too big or negative to be one.
fn all_digits(value: &OsStr) -> bool {
    let text = value.as_bytes();
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn complain(complaint: &str, value: &OsStr) -> String {
    format!("{complaint}: {}", OsString::from_vec(value.as_bytes().to_vec()).to_string_lossy())
}

//! Value parsers: each turns the text of an option's value into the value, or into a message that says what is wrong.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::column::{self, Column};
use crate::generate::Generated;
use crate::request::{
    Account, JsonFormat, Log, LogTo, Namespace, Pid, PortRef, Ports, ProcessList, ProcessRef, Protocol, Step,
    is_service_name, is_token_like,
};
use crate::signal::Signal;

/// A comma-separated list. Empty entries are skipped: `-u "$a,$b"` with an unset variable must not select user 0.
pub(super) fn list<T>(value: &OsStr, entry: impl Fn(&OsStr) -> Result<T, String>) -> Result<Vec<T>, String> {
    let entries = value.as_bytes().split(|&b| b == b',').filter(|e| !e.is_empty());
    let entries: Vec<T> = entries.map(|e| entry(OsStr::from_bytes(e))).collect::<Result<_, _>>()?;
    if entries.is_empty() { Err("invalid empty list".into()) } else { Ok(entries) }
}

/// A list of words that are not parsed further.
pub(super) fn words(value: &OsStr) -> Result<Vec<OsString>, String> {
    list(value, |entry| Ok(entry.to_owned()))
}

/// Names of columns. The fields that are printed are those that were typed, so no entry is skipped.
pub(super) fn columns(value: &OsStr) -> Result<Vec<&'static Column>, String> {
    let mut columns: Vec<&Column> = vec![];
    for name in value.as_bytes().split(|&byte| byte == b',') {
        let invalid = || complain("invalid column", OsStr::from_bytes(name));
        let column = column::find(name).ok_or_else(invalid)?;
        if columns.contains(&column) {
            return Err(complain("column given twice", OsStr::from_bytes(name)));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// systemd unit names, or `user@UID/NAME` for a unit of that user's manager.
pub(super) fn units(value: &OsStr) -> Result<Vec<OsString>, String> {
    list(value, |entry| {
        let text = entry.as_bytes();
        let name = match text.iter().position(|&b| b == b'/') {
            Some(slash) if text.starts_with(b"user@") => &text[slash + 1..],
            _ => text,
        };
        unit(name, entry)
    })
}

/// Names of units of a user's manager.
pub(super) fn user_units(value: &OsStr) -> Result<Vec<OsString>, String> {
    list(value, |entry| unit(entry.as_bytes(), entry))
}

/// A path is no name: `systemd-escape --path` prints the unit name of a path.
fn unit(name: &[u8], entry: &OsStr) -> Result<OsString, String> {
    match name.is_empty() || name.contains(&b'/') {
        true => Err(complain("invalid unit name", entry)),
        false => Ok(entry.to_owned()),
    }
}

/// `[tcp:|udp:]PORT[-PORT]` or `[tcp:|udp:]SERVICE`.
pub(super) fn ports(value: &OsStr) -> Result<PortRef, String> {
    let parse = || {
        let text = value.to_str()?;
        let (protocol, numbers) = match text.split_once(':') {
            None => (None, text),
            Some(("tcp", numbers)) => (Some(Protocol::Tcp), numbers),
            Some(("udp", numbers)) => (Some(Protocol::Udp), numbers),
            Some(_) => return None,
        };
        if is_service_name(numbers) {
            return Some(PortRef::Service { name: numbers.to_owned(), protocol });
        }
        let port = |text| number(OsStr::new(text)).and_then(|n| u16::try_from(n).ok()).filter(|&n| n != 0);
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let (first, last) = (port(first)?, port(last)?);
        (first <= last).then_some(PortRef::Numbers(Ports { protocol, first, last }))
    };
    parse().ok_or_else(|| complain("invalid port", value))
}

/// A process, group or session ID.
pub(super) fn pid(value: &OsStr, complaint: &str) -> Result<Pid, String> {
    number(value).and_then(|n| Pid::try_from(n).ok()).ok_or_else(|| complain(complaint, value))
}

/// A process ID or an identity token.
pub(super) fn process(value: &OsStr, complaint: &str) -> Result<ProcessRef, String> {
    let text = value.to_string_lossy();
    ProcessRef::parse(&text).ok_or_else(|| match is_token_like(&text) {
        true => complain("invalid process token", value),
        false => complain(complaint, value),
    })
}

/// A list of those.
pub(super) fn processes(value: &OsStr) -> Result<Vec<ProcessRef>, String> {
    list(value, |entry| process(entry, "not a number"))
}

/// The same, or `-` for standard input.
pub(super) fn processes_or_stdin(value: &OsStr) -> Result<ProcessList, String> {
    if value == "-" {
        return Ok(ProcessList::Stdin);
    }
    if value.as_bytes().split(|&b| b == b',').any(|entry| entry == b"-") {
        return Err(complain("- (standard input) cannot be an entry of a list", value));
    }
    processes(value).map(ProcessList::Given)
}

/// One that may exist: 0 is no process.
pub(super) fn existing_process(value: &OsStr) -> Result<ProcessRef, String> {
    const COMPLAINT: &str = "invalid process ID";
    match process(value, COMPLAINT)? {
        ProcessRef::Pid(0) => Err(complain(COMPLAINT, value)),
        process => Ok(process),
    }
}

/// A user or group: a number up to 2^32-2 or a name. chown(2) and setreuid(2) reserve 2^32-1.
pub(super) fn account(value: &OsStr, kind: &str) -> Result<Account, String> {
    match number(value) {
        Some(n) if n < u64::from(u32::MAX) => Ok(Account::Id(n as u32)),
        Some(_) => Err(complain(&format!("invalid {kind} name"), value)),
        None if all_digits(value) => Err(complain(&format!("invalid {kind} name"), value)),
        None => Ok(Account::Name(value.to_owned())),
    }
}

/// An age: whole seconds, read as procps-ng reads them, or a duration.
pub(super) fn age(value: &OsStr) -> Result<Duration, String> {
    number(value).map(Duration::from_secs).map_or_else(|| duration(value), Ok)
}

/// A file name. An empty one is rejected: it is most likely an unset variable of a script.
pub(super) fn path(value: &OsStr) -> Result<OsString, String> {
    if value.is_empty() { Err("invalid empty path".into()) } else { Ok(value.to_owned()) }
}

/// A number of bytes: a number, which may have a fraction, and optionally K, M, G or T as in coreutils: `M` and `MiB`
/// are 1024², `MB` is 1000².
pub(super) fn size(value: &OsStr) -> Result<u64, String> {
    let parse = || {
        let text = value.to_str()?;
        let (number, unit) = text.split_at(text.find(|c: char| !is_decimal(c)).unwrap_or(text.len()));
        let mut letters = unit.chars();
        let exponent = match letters.next().map(|letter| letter.to_ascii_uppercase()) {
            None | Some('B') => 0,
            Some('K') => 1,
            Some('M') => 2,
            Some('G') => 3,
            Some('T') => 4,
            Some(_) => return None,
        };
        let base: f64 = match letters.as_str() {
            "" | "iB" | "ib" => 1024.0,
            "B" | "b" => 1000.0,
            _ => return None,
        };
        if exponent == 0 && unit.len() > 1 {
            return None;
        }
        let bytes = number.parse::<f64>().ok()? * base.powi(exponent);
        (bytes < u64::MAX as f64).then_some(bytes.ceil() as u64)
    };
    parse().ok_or_else(|| complain("invalid size", value))
}

fn is_decimal(c: char) -> bool {
    c.is_ascii_digit() || c == '.' // no sign, exponent, inf or nan
}

/// The integer of sigqueue(3).
pub(super) fn integer(value: &OsStr) -> Result<i32, String> {
    value.to_str().and_then(|v| v.parse().ok()).ok_or_else(|| complain("not a number", value))
}

/// A number of processes.
pub(super) fn count(value: &OsStr) -> Result<usize, String> {
    number(value).and_then(|n| n.try_into().ok()).ok_or_else(|| complain("not a number", value))
}

/// The seconds of a unit, in the spellings of systemd.time(7).
fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60.0 * 60.0,
        "d" | "day" | "days" => 24.0 * 60.0 * 60.0,
        "w" | "week" | "weeks" => 7.0 * 24.0 * 60.0 * 60.0,
        _ => return None,
    })
}

/// A duration as in timeout(1): a number, which may have a fraction, and optionally a unit; or several of those with
/// their units in descending order: `2h30m`.
pub(super) fn duration(value: &OsStr) -> Result<Duration, String> {
    let parse = || {
        let mut rest = value.to_str()?;
        if rest.chars().all(is_decimal) {
            return Duration::try_from_secs_f64(rest.parse().ok()?).ok();
        }
        let mut sum = Duration::ZERO;
        let mut last_unit = f64::INFINITY;
        while !rest.is_empty() {
            let (number, after) = rest.split_at(rest.find(|c| !is_decimal(c))?);
            let (unit, after) = after.split_at(after.find(is_decimal).unwrap_or(after.len()));
            let seconds = unit_seconds(unit)?;
            if seconds >= last_unit {
                return None;
            }
            let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
            (sum, last_unit, rest) = (sum.checked_add(part)?, seconds, after);
        }
        Some(sum)
    };
    parse().ok_or_else(|| complain("invalid duration", value))
}

/// A list of `DURATION:SIGNAL`.
pub(super) fn steps(value: &OsStr) -> Result<Vec<Step>, String> {
    list(value, |entry| {
        let text = entry.to_str().ok_or_else(|| complain("invalid escalation", entry))?;
        let (after, name) = text.split_once(':').ok_or_else(|| complain("invalid escalation", entry))?;
        Ok(Step { after: duration(OsStr::new(after))?, signal: signal(OsStr::new(name))? })
    })
}

/// A signal by name or number.
pub(super) fn signal(value: &OsStr) -> Result<Signal, String> {
    let text = value.to_string_lossy();
    Signal::parse(&text).ok_or_else(|| format!("Unknown signal \"{text}\"."))
}

/// State letters, optionally separated by commas. The letters are those that any version of Linux uses in
/// /proc/PID/stat (proc_pid_stat(5)).
pub(super) fn states(value: &OsStr) -> Result<Vec<u8>, String> {
    let letters: Vec<u8> = value.as_bytes().iter().copied().filter(|&b| b != b',').collect();
    match letters.iter().find(|letter| !b"RSDTtZXxKWPI".contains(letter)) {
        _ if letters.is_empty() => Err("invalid empty list".into()),
        Some(_) => Err(complain("invalid process state", value)),
        None => Ok(letters),
    }
}

/// Types of namespaces.
pub(super) fn namespaces(value: &OsStr) -> Result<Vec<Namespace>, String> {
    list(value, |entry| {
        let kind = Namespace::ALL.into_iter().find(|kind| kind.name() == entry);
        kind.ok_or_else(|| complain("invalid namespace", entry))
    })
}

/// A format of `--json`.
pub(super) fn json_format(value: &OsStr) -> Result<JsonFormat, String> {
    let format = JsonFormat::ALL.into_iter().find(|format| format.name() == value);
    format.ok_or_else(|| complain("invalid format", value))
}

/// The value of `--log-to`, which may be omitted.
pub(super) fn log(value: Option<&OsStr>) -> Result<Log, String> {
    let parse = |value| LogTo::parse(value).ok_or_else(|| complain("invalid log", value));
    Ok(Log { to: value.map_or(Ok(LogTo::System), parse)?, is_required: true })
}

/// The file that `--generate` names.
pub(super) fn generated(value: &OsStr) -> Result<Generated, String> {
    let file = Generated::ALL.into_iter().find(|file| file.name() == value);
    file.ok_or_else(|| complain("invalid argument for --generate", value))
}

/// Digits with an optional plus sign, as procps-ng reads them.
fn number(value: &OsStr) -> Option<u64> {
    let text = value.to_str()?;
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Whether the text is an optional sign and digits: a number, even if it is out of range.
fn all_digits(value: &OsStr) -> bool {
    let text = value.as_bytes();
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// A message that ends in the value.
pub(super) fn complain(complaint: &str, value: &OsStr) -> String {
    format!("{complaint}: {}", value.display()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let seconds = |n| Some(Duration::from_secs_f64(n));
        for (text, expected) in [
            ("5", seconds(5.0)),
            ("0", seconds(0.0)),
            ("0.5", seconds(0.5)),
            (".5", seconds(0.5)),
            ("10s", seconds(10.0)),
            ("2m", seconds(120.0)),
            ("1.5h", seconds(5400.0)),
            ("1d", seconds(86400.0)),
            ("2h30m", seconds(9000.0)),
            ("1d12h", seconds(129600.0)),
            ("1d1h1m1.5s", seconds(90061.5)),
            ("1.5h30m", seconds(7200.0)),
            ("5min", seconds(300.0)),
            ("30sec", seconds(30.0)),
            ("1w", seconds(604_800.0)),
            ("2hours30minutes1second", seconds(9001.0)),
            ("1week2days3hrs4mins5secs", seconds(788_645.0)),
            ("1day", seconds(86400.0)),
            ("1hr", seconds(3600.0)),
            ("5M", None), // no month
            ("5mi", None),
            ("1min1m", None),
            ("30m2h", None), // ambiguous: units must descend
            ("5m5m", None),
            ("2h30", None),
            ("2hm", None),
            ("2h 30m", None),
            ("h", None),
            ("2h-30m", None),
            ("1dé", None),
            ("", None),
            (".", None),
            ("s", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("inf", None),
            ("1x", None),
            ("1ms", None),
            ("1 s", None),
            ("99999999999999999999999999999999", None),
        ] {
            assert_eq!(duration(OsStr::new(text)).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn ages() {
        let whole = |n| Some(Duration::from_secs(n));
        for (text, expected) in [
            ("0", whole(0)),
            ("+5", whole(5)),
            ("007", whole(7)),
            ("18446744073709551615", whole(u64::MAX)),
            ("18446744073709551616", None),
            ("5m", whole(300)),
            ("1d", whole(86400)),
            ("0.5", Some(Duration::from_millis(500))),
            ("+5m", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(age(OsStr::new(text)).ok(), expected, "{text:?}");
        }
    }

    /// A number too large for any ID is no name either.
    #[test]
    fn users_and_groups() {
        for (text, expected) in [
            ("0", Some(Account::Id(0))),
            ("4294967294", Some(Account::Id(4_294_967_294))),
            ("4294967295", None),
            ("18446744073709551616", None),
            ("root", Some(Account::Name("root".into()))),
            ("7zip", Some(Account::Name("7zip".into()))),
        ] {
            let complaint = format!("invalid user name: {text}");
            assert_eq!(account(OsStr::new(text), "user"), expected.ok_or(complaint), "{text}");
        }
    }

    #[test]
    fn sizes() {
        const K: u64 = 1024;
        for (text, expected) in [
            ("0", Some(0)),
            ("4096", Some(4096)),
            ("4096K", Some(4096 * K)),
            ("4k", Some(4 * K)),
            ("500M", Some(500 * K * K)),
            ("1.5G", Some(3 * K * K * K / 2)),
            ("2T", Some(2 * K * K * K * K)),
            ("4KiB", Some(4 * K)),
            ("1MiB", Some(K * K)),
            (".5K", Some(512)),
            ("0.3", Some(1)), // rounded up
            ("", None),
            (".", None),
            ("M", None),
            ("iB", None),
            ("5iB", None),
            // As in coreutils.
            ("500MB", Some(500_000_000)),
            ("5kB", Some(5000)),
            ("1kb", Some(1000)),
            ("2GB", Some(2_000_000_000)),
            ("1TB", Some(1_000_000_000_000)),
            ("1TiB", Some(K * K * K * K)),
            ("1mib", Some(K * K)),
            ("100B", Some(100)),
            ("100b", Some(100)),
            ("5BB", None),
            ("5MBB", None),
            ("5MiBs", None),
            ("5P", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1 M", None),
            ("1.5.5M", None),
            ("99999999999T", None),
            ("16777215T", Some(16_777_215 * K * K * K * K)),
            ("16777216T", None), // 2^64
        ] {
            assert_eq!(size(OsStr::new(text)).ok(), expected, "{text:?}");
        }
    }
}

//! Candidates that do not depend on the system.

use std::collections::BTreeSet;

use super::candidate::Candidate;
use crate::cli::COLUMNS;
use crate::cli::options::OPTIONS;
use crate::generate::Generated;
use crate::request::{JsonFormat, LogTo, Namespace};
use crate::signal::Signal;

/// In seconds: a plain number is accepted by each option that takes a duration.
const DURATIONS: &[(&str, &str)] = &[
    ("1", "second"),
    ("5", "seconds"),
    ("10", "seconds"),
    ("30", "seconds"),
    ("60", "a minute"),
    ("300", "5 minutes"),
    ("3600", "an hour"),
    ("86400", "a day"),
];

/// Delays of the steps of an escalation.
const DELAYS: &[&str] = &["1s:", "5s:", "10s:", "30s:", "1m:"];

/// The state letters of proc_pid_stat(5) that current kernels use.
pub(super) fn states() -> Vec<Candidate> {
    let states = [
        ("R", "running or ready to run"),
        ("S", "sleeping"),
        ("D", "in uninterruptible sleep, usually for I/O"),
        ("T", "stopped by a signal"),
        ("t", "stopped by a debugger"),
        ("Z", "zombie: exited, not yet waited for by its parent"),
        ("I", "idle kernel thread"),
    ];
    states.map(|(letter, about)| Candidate::own(letter, about)).into()
}

pub(super) fn namespaces() -> Vec<Candidate> {
    let about = |kind| match kind {
        Namespace::Ipc => "System V IPC and POSIX message queues",
        Namespace::Mnt => "mount points",
        Namespace::Net => "network",
        Namespace::Pid => "process IDs",
        Namespace::User => "user and group IDs",
        Namespace::Uts => "host name",
    };
    Namespace::ALL.map(|kind| Candidate::own(kind.name(), about(kind))).into()
}

/// All signals with a name, in the form that is being typed: with or without `SIG`, in upper or lower case.
pub(super) fn signals(typed: &[u8]) -> Vec<Candidate> {
    let lower = typed.first().is_some_and(u8::is_ascii_lowercase);
    let upper = typed.to_ascii_uppercase();
    let prefix = if upper.starts_with(b"SI") { "SIG" } else { "" };
    let name = upper.strip_prefix(b"SIG").unwrap_or(&upper);
    // An alternative name is being typed, such as CLD or RTMAX-1.
    let other =
        |names: &[String]| names.iter().skip(1).find(|other| other.as_bytes().starts_with(name)).cloned();
    let candidate = |signal: Signal| {
        let names = signal.names();
        let first = &names[0];
        let usual = first.as_bytes().starts_with(name);
        let name = other(&names).filter(|_| !usual).unwrap_or_else(|| first.clone());
        let name = format!("{prefix}{name}");
        Candidate::own(if lower { name.to_ascii_lowercase() } else { name }, signal.meaning())
    };
    Signal::named().map(candidate).collect()
}

/// `DURATION:`, or the signal after the colon.
pub(super) fn steps(typed: &[u8]) -> Vec<Candidate> {
    let Some(colon) = memchr::memchr(b':', typed) else {
        let own = typed.first().is_some_and(u8::is_ascii_digit).then(|| [typed, b":"].concat());
        let usual = DELAYS.iter().map(|delay| delay.as_bytes().to_vec());
        let all: BTreeSet<Vec<u8>> = usual.chain(own).collect();
        return all.into_iter().map(|text| Candidate::own(text, "then the signal")).collect();
    };
    let (after, name) = typed.split_at(colon + 1);
    let candidate = |signal: Candidate| Candidate::own([after, &signal.text].concat(), signal.about);
    signals(name).into_iter().map(candidate).collect()
}

pub(super) fn durations() -> Vec<Candidate> {
    DURATIONS.iter().map(|(text, about)| Candidate::own(*text, *about)).collect()
}

pub(super) fn columns() -> Vec<Candidate> {
    COLUMNS.iter().map(|column| Candidate::own(column.name, column.about)).collect()
}

pub(super) fn formats() -> Vec<Candidate> {
    let about = |format| match format {
        JsonFormat::Document => "one document (the default)",
        JsonFormat::Lines => "a line for each process, and a last one for the run",
    };
    JsonFormat::ALL.map(|format| Candidate::own(format.name(), about(format))).into()
}

/// The logs that have a name; the shells complete file names.
pub(super) fn logs() -> Vec<Candidate> {
    let about = |log| match log {
        LogTo::System => "the journal, or syslog without one",
        LogTo::Journal => "the systemd journal",
        LogTo::Syslog => "the system logger, at /dev/log",
        LogTo::File(_) => "a file",
    };
    LogTo::NAMES.map(|(name, log)| Candidate::own(name, about(log))).into()
}

pub(super) fn generated() -> Vec<Candidate> {
    Generated::ALL.map(|file| Candidate::own(file.name(), file.about())).into()
}

/// The arguments of `--complete`.
pub(super) fn completion_kinds() -> Vec<Candidate> {
    let options = OPTIONS.iter().filter(|opt| opt.value().is_some());
    let options = options.map(|opt| Candidate::own(opt.long, format!("values of --{}", opt.long)));
    [Candidate::own("pattern", "patterns that match something")].into_iter().chain(options).collect()
}

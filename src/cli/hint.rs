//! The second line of a usage error: what was most likely intended, or what is valid.

use std::ffi::OsStr;

use super::Given;
use super::kind::Kind;
use super::opt::Opt;
use super::options::documented;
use super::values;
use crate::column::{self, COLUMNS};
use crate::generate::Generated;
use crate::request::{Program, RawValue};
use crate::signal::Signal;
use crate::similar::nearest;

/// The hint for an unknown option, with its dashes: an option or a signal of nearly that name.
pub(super) fn option(program: Program, word: &str) -> Option<String> {
    let similar = match word.strip_prefix("--") {
        Some(long) => {
            let name = long.split('=').next().unwrap_or(long);
            let names = documented(program).map(|opt| opt.long.to_owned());
            nearest(name, names).map(|name| format!("--{name}"))
        }
        None if program == Program::Pkill => signal_word(word.strip_prefix('-')?),
        None => None,
    };
    similar.map(did_you_mean)
}

/// The hint for an invalid value.
pub(super) fn value(opt: &Opt, value: &OsStr) -> Option<String> {
    let valid = match opt.value()? {
        Kind::Signal => match signal(value.to_str()?) {
            Some(name) => return Some(did_you_mean(name)),
            None => "for the names of all signals, see pkill --list-signals",
        },
        Kind::Pids | Kind::Parents | Kind::Pid => {
            "valid processes: PID, or PID:INODE or PID@START (pgrep --id)"
        }
        Kind::Duration => "valid durations: a number with s, m, h, d or w: 90, 1.5h, 5min, 2h30m",
        Kind::Size => "valid sizes: a number with K, M, G, T (1024) or KB, MB, GB, TB (1000)",
        Kind::Ports => "valid ports: 80, tcp:8000-8080, udp:53, or a service: tcp:https",
        Kind::States => "valid states: R, S, D, T, t, Z, I",
        Kind::Namespaces => "valid namespaces: ipc, mnt, net, pid, user, uts",
        Kind::Steps => "valid steps: DURATION:SIGNAL, as in 5s:INT,10s:KILL",
        Kind::Units | Kind::UserUnits => "for the unit of a path, see systemd-escape --path",
        Kind::Format => "valid formats: document, lines",
        Kind::Log => "valid logs: journal, syslog, or the path of a file with a slash",
        Kind::Generated => {
            let names = Generated::ALL.map(Generated::name);
            return Some(format!("valid arguments: {}", names.join(", ")));
        }
        Kind::Columns => return columns(value),
        _ => return None,
    };
    Some(valid.to_owned())
}

/// For the first that is no column: the one with nearly that name, or all of them.
fn columns(value: &OsStr) -> Option<String> {
    let names = || COLUMNS.iter().map(|column| column.name.to_owned());
    let text = value.to_string_lossy();
    let unknown = text.split(',').find(|name| column::find(name.as_bytes()).is_none())?;
    let all = || format!("valid columns: {}", names().collect::<Vec<_>>().join(", "));
    Some(nearest(unknown, names()).map_or_else(all, did_you_mean))
}

/// The hint for two or more operands.
pub(super) fn operands(given: &Given, operands: &[impl AsRef<OsStr>]) -> Option<String> {
    let is_duration = |text: &&str| values::duration(OsStr::new(text)).is_ok();
    let mut words = vec![];
    for operand in operands {
        words.push(operand.as_ref().to_str()?);
    }
    let waits_without_limit = matches!(given.get("wait"), Some((_, RawValue::Flag)));
    if let Some(limit) = words.iter().find(|word| waits_without_limit && is_duration(word)) {
        return Some(format!("to wait at most that long, use '--wait={limit}'"));
    }
    // Words that a shell has expanded or split are no alternatives.
    let is_plain = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let are_few_names = words.len() <= 4 && words.iter().all(is_plain);
    are_few_names.then(|| format!("to match any of them, use '{}'", words.join("|")))
}

/// `-9name` and `-SIGTRM`, without the dash. `-9` is a signal, and so never gets here.
fn signal_word(word: &str) -> Option<String> {
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (number, rest) = word.split_at(digits);
    match Signal::parse(number) {
        Some(_) => Some(format!("-{number} {rest}")),
        None => signal(word).map(|name| format!("-{name}")),
    }
}

/// The signal with nearly this name, with `SIG` if the name has it.
fn signal(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let (prefix, name) = upper.strip_prefix("SIG").map_or(("", &*upper), |rest| ("SIG", rest));
    // Real-time signals differ by a digit only, and short words resemble many names.
    let names = Signal::named().flat_map(Signal::names).filter(|name| !name.starts_with("RT"));
    let name = nearest(name, names.filter(|_| name.len() > 2))?;
    Some(format!("{prefix}{name}"))
}

fn did_you_mean(what: String) -> String {
    format!("did you mean '{what}'?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Program::{Pgrep, Pkill};

    #[test]
    fn what_is_nearly_an_option_or_a_signal() {
        for (program, word, expected) in [
            (Pkill, "--dry-rum", Some("--dry-run")),
            (Pkill, "--dryrun", Some("--dry-run")),
            (Pkill, "--kil-after=5", Some("--kill-after")),
            (Pkill, "--exat", Some("--exact")),
            (Pgrep, "--ignorecase", Some("--ignore-case")),
            (Pgrep, "--dry-run", None),
            (Pkill, "--force", None),
            (Pkill, "--xyzzy", None),
            (Pkill, "-SIGTRM", Some("-SIGTERM")),
            (Pkill, "-TREM", Some("-TERM")),
            (Pkill, "-KILLL", Some("-KILL")),
            (Pkill, "-sigkil", Some("-SIGKILL")),
            (Pkill, "-9firefox", Some("-9 firefox")),
            (Pkill, "-99firefox", None),
            (Pkill, "-NOSUCH", None),
            (Pkill, "-y", None),
            (Pkill, "-fy", None),
            (Pgrep, "-SIGTRM", None),
        ] {
            let expected = expected.map(|text| format!("did you mean '{text}'?"));
            assert_eq!(option(program, word), expected, "{word}");
        }
    }
}

//! Patterns that match running processes.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;

use super::candidate::Candidate;
use super::inert;
use super::processes::gather;
use crate::accounts;
use crate::error::Error;
use crate::proc::{Facts, Lookup, NAME_MAX, Process};
use crate::request::{Pid, Reading, Subject};
use crate::sys;

/// How much is read of the arguments of a process; a candidate is no longer.
const ARGUMENTS_MAX: usize = inert::MAX_LEN;

/// The processes that have the same name or command line.
struct Group {
    first: Pid,
    uid: u32,
    of_one_user: bool,
    count: usize,
}

/// A pattern for each name or command line, described by the processes that have it. What is `typed` may be the start
/// of a word within a command line; the pattern then starts there.
pub(super) fn patterns(reading: Reading, typed: &[u8]) -> Result<Vec<Candidate>, Error> {
    let typed = typed.to_vec();
    let found = gather(move |process| {
        let made = patterns_of(process, reading, &typed)?;
        Ok((made, process.pid(), process.effective_uid()?))
    })?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (made, pid, uid) in found {
        for pattern in made.into_iter().flatten() {
            let group = Group { first: pid, uid, of_one_user: true, count: 0 };
            let group = groups.entry(pattern).or_insert(group);
            group.count += 1;
            group.of_one_user &= group.uid == uid;
        }
    }
    let mut users = BTreeMap::new();
    let candidates = groups.into_iter().map(|(pattern, group)| {
        let mut about = match group.count {
            1 => format!("PID {}", group.first),
            count => format!("{count} processes"),
        }
        .into_bytes();
        if group.of_one_user {
            about.extend_from_slice(b", ");
            about.extend_from_slice(
                users.entry(group.uid).or_insert_with(|| accounts::user_name(group.uid)).as_bytes(),
            );
        }
        Candidate::own(pattern, about)
    });
    Ok(candidates.collect())
}

/// For one process: a pattern of its name, or of its command line and a part of that.
fn patterns_of(process: &mut Process<'_>, reading: Reading, typed: &[u8]) -> Lookup<[Option<String>; 2]> {
    match reading.subject {
        Subject::CommandLine => {
            let is_cut = process.limit_arguments(ARGUMENTS_MAX)?;
            let line = process.command_line()?;
            if is_cut && reading.whole {
                return Ok([None, None]);
            }
            let part = if reading.whole { None } else { from_typed(line, typed) };
            Ok([pattern(line, reading), part.and_then(|part| pattern(part, reading))])
        }
        Subject::Name => {
            // If the name was cut, the full one is in the first argument, if that is complete.
            let may_be_cut = process.name()?.len() == NAME_MAX;
            let is_complete =
                may_be_cut && (!process.limit_arguments(ARGUMENTS_MAX)? || process.arguments()?.contains(&0));
            let full = if is_complete { process.full_name()? } else { None };
            let full = full.and_then(|full| pattern(full, reading));
            // Shorter patterns are matched against the name that the kernel has cut.
            let full = full.filter(|full| minimum_len(full, reading) > NAME_MAX);
            Ok([if full.is_some() { full } else { pattern(process.name()?, reading) }, None])
        }
    }
}

fn pattern(text: &[u8], reading: Reading) -> Option<String> {
    let make = if reading.plain { inert::plain_text } else { inert::pattern };
    make(text, reading.whole, sys::locale_is_utf8())
}

/// The minimum length of a match in bytes: `[-]` and `.` are one.
fn minimum_len(pattern: &str, reading: Reading) -> usize {
    let brackets = if reading.plain { 0 } else { pattern.bytes().filter(|&b| b == b'[').count() };
    pattern.len() - 2 * brackets
}

/// The command line from the first word on that starts with what is typed, if it does not start with that itself: users
/// know `job.py`, and not the path of the interpreter before it.
fn from_typed<'l>(line: &'l [u8], typed: &[u8]) -> Option<&'l [u8]> {
    if typed.is_empty() || line.starts_with(typed) {
        return None;
    }
    let is_start = |&at: &usize| at > 0 && !line[at - 1].is_ascii_alphanumeric();
    memchr::memmem::find_iter(line, typed).find(is_start).map(|at| &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_found_by_a_word_in_it() {
        for (typed, part) in [
            ("job", Some("job.py --port=80")),
            ("/opt/j", Some("/opt/job.py --port=80")),
            ("port", Some("port=80")),
            ("80", Some("80")),
            ("python3", Some("python3 /opt/job.py --port=80")),
            ("ob", None),
            ("/usr", None),
            ("x", None),
            ("", None),
        ] {
            let line = b"/usr/bin/python3 /opt/job.py --port=80";
            assert_eq!(from_typed(line, typed.as_bytes()), part.map(str::as_bytes), "{typed}");
        }
    }

    /// `[-]` and `[+]` match one byte; as plain text they are three.
    #[test]
    fn the_shortest_match() {
        let plain = Reading { plain: true, ..Reading::default() };
        for (pattern, as_pattern, as_plain) in [("[-]a[+]", 3, 7), ("a.b", 3, 3)] {
            assert_eq!(minimum_len(pattern, Reading::default()), as_pattern);
            assert_eq!(minimum_len(pattern, plain), as_plain);
        }
    }
}

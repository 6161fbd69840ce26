//! Patterns that match a process that is there.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;

use super::Candidate;
use super::processes::gather;
use crate::accounts;
use crate::ere::is_special;
use crate::error::Error;
use crate::proc::Facts;
use crate::request::{Pid, Reading, Subject};
use crate::sys;

/// So many bytes of a command line are offered: one may be 2 MB long. What begins like it matches, too.
const LONGEST: usize = 1000;

/// The processes that a pattern stands for.
struct Bearers {
    first: Pid,
    uid: u32,
    of_one_user: bool,
    count: usize,
}

/// A pattern for each name, or each command line, described by who bears it.
pub fn patterns(reading: Reading) -> Result<Vec<Candidate>, Error> {
    let found = gather(|process| {
        let text = match reading.subject {
            Subject::CommandLine => process.command_line()?.to_vec(),
            Subject::Name => match process.full_name()? {
                Some(full) => full.to_vec(),
                None => process.name()?.to_vec(),
            },
        };
        Ok((text, process.pid(), process.effective_uid()?))
    })?;
    let mut bearers: BTreeMap<Vec<u8>, Bearers> = BTreeMap::new();
    for (text, pid, uid) in found {
        let Some(pattern) = pattern(&text, reading.plain) else { continue };
        let all = bearers.entry(pattern).or_insert(Bearers { first: pid, uid, of_one_user: true, count: 0 });
        all.count += 1;
        all.of_one_user &= all.uid == uid;
    }
    let mut users = BTreeMap::new();
    let candidates = bearers.into_iter().map(|(pattern, all)| {
        let mut about = match all.count {
            1 => format!("PID {}", all.first),
            count => format!("{count} processes"),
        }
        .into_bytes();
        if all.of_one_user {
            about.extend_from_slice(b", ");
            about.extend_from_slice(
                users.entry(all.uid).or_insert_with(|| accounts::user_name(all.uid)).as_bytes(),
            );
        }
        Candidate::new(pattern, about)
    });
    Ok(candidates.collect())
}

/// An extended regular expression, or a literal, that matches this text: made of characters that mean themselves or are
/// escaped. A control character, which nobody should have on a terminal, becomes any character; behind what is no
/// character there is nothing that a pattern could say. None if there is nothing before it, either.
fn pattern(text: &[u8], literal: bool) -> Option<Vec<u8>> {
    let text = &text[..text.len().min(LONGEST)];
    let valid = text.utf8_chunks().next()?.valid();
    let end = if sys::locale_is_utf8() { None } else { valid.find(|c: char| !c.is_ascii()) };
    let valid = end.map_or(valid, |end| &valid[..end]);
    let mut pattern = String::with_capacity(valid.len());
    for (at, c) in valid.char_indices() {
        match c {
            c if c.is_control() && literal => break,
            c if c.is_control() => pattern.push('.'),
            // It would be read as an option.
            '-' if at == 0 && literal => return None,
            '-' if at == 0 => pattern.push_str("[-]"),
            c if !literal && u8::try_from(c).is_ok_and(is_special) => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
    }
    (!pattern.is_empty()).then(|| pattern.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ere::{Flags, Pattern};

    #[test]
    fn a_pattern_matches_what_it_was_made_of() {
        for (text, expected, literal) in [
            ("sshd", Some("sshd"), Some("sshd")),
            ("python3.11", Some(r"python3\.11"), Some("python3.11")),
            ("g++", Some(r"g\+\+"), Some("g++")),
            ("a[b](c){2}|^$\\", Some(r"a\[b]\(c\)\{2}\|\^\$\\"), Some("a[b](c){2}|^$\\")),
            ("-bash", Some("[-]bash"), None),
            ("a-b", Some("a-b"), Some("a-b")),
            ("a\u{1b}[31m\nb", Some(r"a.\[31m.b"), Some("a")),
            ("\n", Some("."), None),
            ("$(reboot) `x`", Some(r"\$\(reboot\) `x`"), Some("$(reboot) `x`")),
            ("", None, None),
        ] {
            let made = pattern(text.as_bytes(), false);
            assert_eq!(made.as_deref(), expected.map(str::as_bytes), "{text:?}");
            assert_eq!(pattern(text.as_bytes(), true).as_deref(), literal.map(str::as_bytes), "{text:?}");
            let Some(made) = made else { continue };
            let whole = Flags { whole: true, ..Flags::default() };
            assert_eq!(Pattern::new(&made, whole).unwrap().is_match(text.as_bytes()), Ok(true), "{text:?}");
        }
        assert_eq!(pattern(b"a.b\xffc", false), Some(br"a\.b".to_vec()));
        assert_eq!(pattern(b"\xff", false), None);
    }
}

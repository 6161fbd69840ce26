//! Patterns that match running processes.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;

use super::candidate::Candidate;
use super::processes::gather;
use crate::accounts;
use crate::ere;
use crate::error::Error;
use crate::proc::Facts;
use crate::request::{Pid, Reading, Subject};
use crate::sys;

/// The longest prefix of a command line that is offered: a command line can be 2 MB long.
const MAX_LEN: usize = 1000;

/// The processes that have the same name or command line.
struct Group {
    first: Pid,
    uid: u32,
    of_one_user: bool,
    count: usize,
}

/// A pattern for each name or command line, described by the processes that have it.
pub(super) fn patterns(reading: Reading) -> Result<Vec<Candidate>, Error> {
    let found = gather(move |process| {
        let text = match reading.subject {
            Subject::CommandLine => process.command_line()?.to_vec(),
            Subject::Name => match process.full_name()? {
                Some(full) => full.to_vec(),
                None => process.name()?.to_vec(),
            },
        };
        Ok((text, process.pid(), process.effective_uid()?))
    })?;
    let mut groups: BTreeMap<Vec<u8>, Group> = BTreeMap::new();
    for (text, pid, uid) in found {
        let Some(pattern) = pattern(&text, reading.plain) else { continue };
        let group = groups.entry(pattern).or_insert(Group { first: pid, uid, of_one_user: true, count: 0 });
        group.count += 1;
        group.of_one_user &= group.uid == uid;
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
        Candidate::new(pattern, about)
    });
    Ok(candidates.collect())
}

/// An extended regular expression, or plain text, that matches this text. It ends at the first byte that is not valid
/// in the locale. A control character, which must not be printed on a terminal, is matched by `.`; plain text ends
/// there. None if nothing remains, or if plain text would be read as an option.
fn pattern(text: &[u8], plain: bool) -> Option<Vec<u8>> {
    let text = &text[..text.len().min(MAX_LEN)];
    let valid = text.utf8_chunks().next()?.valid();
    let end = if sys::locale_is_utf8() { None } else { valid.find(|c: char| !c.is_ascii()) };
    let valid = end.map_or(valid, |end| &valid[..end]);
    let pattern = if plain {
        let end = valid.find(char::is_control).unwrap_or(valid.len());
        Some(&valid[..end]).filter(|text| !text.starts_with('-'))?.to_owned()
    } else {
        let escaped = ere::escape(valid).replace(char::is_control, ".");
        match escaped.strip_prefix('-') {
            Some(rest) => format!("[-]{rest}"), // else it would be read as an option
            None => escaped,
        }
    };
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

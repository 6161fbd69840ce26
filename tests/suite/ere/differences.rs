//! Patterns with another meaning than in glibc: both results, so that a change on either side is found. The names
//! are those of `docs/COMPATIBILITY.md`.

use std::env;

use pkill::ere::{Charset, Flags, Pattern, PatternError};

use super::glibc::{self, Answer};
use crate::support::rerun::{must_pass, rerun, test_name};

/// A pattern, a subject, and the result of this crate.
struct Pair {
    pattern: &'static [u8],
    subject: &'static [u8],
    ours: Result<bool, PatternError>,
    glibc: Answer,
}

fn pair(pattern: &'static [u8], subject: &'static [u8], ours: bool) -> Pair {
    let glibc = if ours { Answer::Match } else { Answer::NoMatch };
    Pair { pattern, subject, ours: Ok(ours), glibc }
}

fn refused(pattern: &'static [u8], subject: &'static [u8], error: PatternError) -> Pair {
    Pair { pattern, subject, glibc: Answer::Error(error.to_string()), ours: Err(error) }
}

impl Pair {
    /// The row has the reason.
    fn differs(self, _row: &str, glibc: Answer) -> Pair {
        assert_ne!(self.glibc, glibc);
        Pair { glibc, ..self }
    }
}

#[test]
fn each_difference_is_as_documented() {
    const CHILD: &str = "PKILL_TEST_CHILD";
    if env::var_os(CHILD).is_none() {
        // In a process of its own: all threads share the locale, and it comes from the environment.
        let test = test_name(&each_difference_is_as_documented);
        must_pass(rerun(test).envs([(CHILD, "1"), ("LC_ALL", "C.UTF-8")]));
        return;
    }
    glibc::set_locale();
    let pairs = [
        pair(b".^", b"a\n", false).differs("anchor-at-newline", Answer::Match),
        pair(b"$.", b"\na", false).differs("anchor-at-newline", Answer::Match),
        pair(b"^b", b"a\nb", false),
        pair(b"(x|^b){2}", b"xb", false).differs("repeated-anchor", Answer::Match),
        pair(b"(x|b){2}", b"xb", true),
        pair(br"a\>", b"a\xff", true).differs("word-beyond-ascii", Answer::NoMatch),
        pair(br"a\>", "a\u{301}".as_bytes(), false).differs("word-beyond-ascii", Answer::Match),
        pair(br"a\>", "aé".as_bytes(), false),
        pair(br"^.\w", b"\xed\xa0\x80a", true).differs("surrogate", Answer::NoMatch),
        pair(br"^.a", b"\xed\xa0\x80a", true),
        pair(b"\xa9\\w", "éa".as_bytes(), true).differs("stray-byte", Answer::NoMatch),
        pair(b"\xa9a", "éa".as_bytes(), true),
        refused(b"[a\xf4\x90\x80\x80]", b"a", PatternError::CollatingElement)
            .differs("beyond-unicode", Answer::Match),
        refused(b"[b-a]", b"a", PatternError::RangeEnd),
    ];
    let flags = Flags { charset: Charset::Utf8, ..Flags::default() };
    for Pair { pattern, subject, ours, glibc } in pairs {
        let what = format!("{} on {}", pattern.escape_ascii(), subject.escape_ascii());
        let found = Pattern::new(pattern, flags).and_then(|pattern| pattern.is_match(subject));
        assert_eq!(found, ours, "{what}");
        assert_eq!(glibc::ask(pattern, false, &[subject.to_vec()]), [glibc], "glibc: {what}");
    }
}

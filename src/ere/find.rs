//! Where a pattern matches. A scan asks only whether it does ([`Pattern::is_match`](super::Pattern::is_match)), which
//! needs less; this is for the few texts that are displayed.

use std::ops::Range;

use regex_automata::{Anchored, Input, MatchKind, meta};
use regex_syntax::hir::Hir;

use super::automaton::compile_for_spans;
use super::error::Result;

/// The automata that find the part that matches: the leftmost one, and of these the longest (POSIX).
#[derive(Debug)]
pub(super) struct Spans {
    /// Finds where the leftmost match starts.
    start: meta::Regex,
    /// Finds how far the longest match goes that starts in a given place.
    longest: meta::Regex,
}

impl Spans {
    pub(super) fn compile(hir: &Hir) -> Result<Spans> {
        let compile = |kind| compile_for_spans(hir, kind);
        Ok(Spans { start: compile(MatchKind::LeftmostFirst)?, longest: compile(MatchKind::All)? })
    }

    pub(super) fn find(&self, subject: &[u8]) -> Option<Range<usize>> {
        let first = self.start.search(&Input::new(subject))?;
        let from_there = Input::new(subject).range(first.start()..).anchored(Anchored::Yes);
        let end = self.longest.search(&from_there).map_or(first.end(), |found| found.end());
        Some(first.start()..end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Charset, Flags, Pattern};

    #[test]
    fn the_leftmost_longest_part() {
        let plain = Flags { plain: true, ..Flags::default() };
        let whole = Flags { whole: true, ..Flags::default() };
        let utf8 = Flags { charset: Charset::Utf8, ..Flags::default() };
        let bytes = Flags { charset: Charset::Bytes, ..Flags::default() };
        let icase = Flags { ignore_case: true, ..utf8 };
        for (pattern, flags, subject, expected) in [
            ("sshd", bytes, "/usr/sbin/sshd -D", Some("sshd")),
            ("a|ab|abc", bytes, "xabcd", Some("abc")),
            ("(a|ab)(c|bcd)?", bytes, "abcd", Some("abcd")),
            ("b+", bytes, "abbbcbb", Some("bbb")),
            ("^a", bytes, "aa", Some("a")),
            ("a$", bytes, "aab", None),
            (r"\<b", bytes, "ab b", Some("b")),
            ("", bytes, "abc", Some("")),
            ("x*", bytes, "abc", Some("")),
            ("a|b", whole, "b", Some("b")),
            ("a|b", whole, "ab", None),
            ("a.c", plain, "abca.c", Some("a.c")),
            ("M.ller", utf8, "Karl Müller", Some("Müller")),
            ("M..ller", bytes, "Karl Müller", Some("Müller")),
            ("é", utf8, "café", Some("é")),
            ("SSHD", icase, "openſshd", Some("ſshd")),
            ("k.b", icase, "AKxB", Some("KxB")),
        ] {
            let compiled = Pattern::new(pattern.as_bytes(), flags).expect("valid");
            let found = compiled.find(subject.as_bytes()).expect("small");
            assert_eq!(found.map(|part| &subject[part]), expected, "{pattern} in {subject}");
        }
    }

    #[test]
    fn clones_share_what_is_compiled() {
        let compiled = Pattern::new(b"a|ab", Flags::default()).expect("valid");
        let spans = |pattern: &Pattern| std::ptr::from_ref(pattern.source.spans_for(b"ab").expect("small"));
        assert_eq!(spans(&compiled), spans(&compiled.clone()));
    }
}

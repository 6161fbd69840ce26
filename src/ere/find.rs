//! Where a pattern matches. A scan asks only whether it does ([`Pattern::is_match`](super::Pattern::is_match)), which
//! needs less; this is for the few texts that are displayed.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_automata::{Anchored, Input, MatchKind, meta};

use super::automaton::compile_for_spans;
use super::charset::Encoding;
use super::error::Result;
use super::source::Source;

/// Finds the part of a subject that a pattern matches: the leftmost one, and of these the longest (POSIX).
#[derive(Clone, Debug)]
pub struct Finder {
    source: Arc<Source>,
    for_bytes: OnceLock<Result<Spans>>,
    for_utf8: OnceLock<Result<Spans>>,
}

/// The automata for one encoding.
#[derive(Clone, Debug)]
struct Spans {
    /// Finds where the leftmost match starts.
    start: meta::Regex,
    /// Finds how far the longest match goes that starts in a given place.
    longest: meta::Regex,
}

impl Finder {
    pub(super) fn new(source: Arc<Source>) -> Finder {
        Finder { source, for_bytes: OnceLock::new(), for_utf8: OnceLock::new() }
    }

    /// The part that matches, in bytes. None if no part does.
    ///
    /// # Errors
    ///
    /// [`PatternError::TooBig`](super::PatternError::TooBig): finding takes bigger automata than matching.
    pub fn find(&self, subject: &[u8]) -> Result<Option<Range<usize>>> {
        let spans = match self.source.encoding_for(subject) {
            Encoding::Bytes => self.for_bytes.get_or_init(|| self.compile(Encoding::Bytes)),
            Encoding::Utf8 => self.for_utf8.get_or_init(|| self.compile(Encoding::Utf8)),
        };
        let Spans { start, longest } = spans.as_ref().map_err(Clone::clone)?;
        let Some(first) = start.search(&Input::new(subject)) else { return Ok(None) };
        let from_there = Input::new(subject).range(first.start()..).anchored(Anchored::Yes);
        let end = longest.search(&from_there).map_or(first.end(), |found| found.end());
        Ok(Some(first.start()..end))
    }

    fn compile(&self, encoding: Encoding) -> Result<Spans> {
        let hir = self.source.parse(encoding)?.hir;
        let compile = |kind| compile_for_spans(&hir, kind);
        Ok(Spans { start: compile(MatchKind::LeftmostFirst)?, longest: compile(MatchKind::All)? })
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
            let finder = Pattern::new(pattern.as_bytes(), flags).expect("valid").finder();
            let found = finder.find(subject.as_bytes()).expect("small");
            assert_eq!(found.map(|part| &subject[part]), expected, "{pattern} in {subject}");
        }
    }
}

//! A pattern and how it is interpreted.

use std::sync::OnceLock;

use super::charset::{Charset, Dialect, Encoding};
use super::error::Result;
use super::find::Spans;
use super::parser::{self, Parsed};

/// How a pattern is interpreted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Case makes no difference (`-i`).
    pub ignore_case: bool,
    /// The whole subject must match (`-x`): the pattern is read as `^(PATTERN)$`.
    pub whole: bool,
    /// No character is special (`--fixed-strings`).
    pub plain: bool,
    /// What a character is.
    pub charset: Charset,
}

/// What a pattern is compiled from.
#[derive(Debug)]
pub(super) struct Source {
    pub pattern: Vec<u8>,
    pub flags: Flags,
    /// Compiled when the first subject of each encoding needs them.
    spans_of_bytes: OnceLock<Result<Spans>>,
    spans_of_utf8: OnceLock<Result<Spans>>,
}

impl Source {
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Source {
        let pattern = pattern.to_vec();
        Source { pattern, flags, spans_of_bytes: OnceLock::new(), spans_of_utf8: OnceLock::new() }
    }

    /// What finds the part of the subject that matches.
    pub(super) fn spans_for(&self, subject: &[u8]) -> Result<&Spans> {
        let encoding = self.encoding_for(subject);
        let spans = match encoding {
            Encoding::Bytes => &self.spans_of_bytes,
            Encoding::Utf8 => &self.spans_of_utf8,
        };
        let compile = || Spans::compile(&self.parse(encoding)?.hir);
        spans.get_or_init(compile).as_ref().map_err(Clone::clone)
    }

    /// Where both are ASCII, a byte is a character in each charset.
    fn encoding_for(&self, subject: &[u8]) -> Encoding {
        let is_ascii = self.pattern.is_ascii() && subject.is_ascii();
        if is_ascii { Encoding::Bytes } else { self.flags.charset.encoding() }
    }

    /// The tree of the pattern.
    pub(super) fn parse(&self, encoding: Encoding) -> Result<Parsed> {
        let Source { pattern, flags, .. } = self;
        let dialect = Dialect { encoding, ignore_case: flags.ignore_case };
        match flags {
            Flags { plain: true, whole, .. } => Ok(parser::plain(pattern, *whole, dialect)),
            Flags { whole: true, .. } => parser::parse(&[b"^(", &pattern[..], b")$"].concat(), dialect),
            Flags { whole: false, .. } => parser::parse(pattern, dialect),
        }
    }
}

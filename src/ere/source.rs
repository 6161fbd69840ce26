//! A pattern and how it is interpreted.

use super::charset::{Charset, Dialect, Encoding};
use super::error::Result;
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
}

impl Source {
    /// Where both are ASCII, a byte is a character in each charset.
    pub(super) fn encoding_for(&self, subject: &[u8]) -> Encoding {
        let is_ascii = self.pattern.is_ascii() && subject.is_ascii();
        if is_ascii { Encoding::Bytes } else { self.flags.charset.encoding() }
    }

    /// The tree of the pattern.
    pub(super) fn parse(&self, encoding: Encoding) -> Result<Parsed> {
        let Source { pattern, flags } = self;
        let dialect = Dialect { encoding, ignore_case: flags.ignore_case };
        match flags {
            Flags { plain: true, whole, .. } => Ok(parser::plain(pattern, *whole, dialect)),
            Flags { whole: true, .. } => parser::parse(&[b"^(", &pattern[..], b")$"].concat(), dialect),
            Flags { whole: false, .. } => parser::parse(pattern, dialect),
        }
    }
}

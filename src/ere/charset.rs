//! What a character is: a byte, or a character of UTF-8.

use crate::sys;

/// Which bytes make a character, and so what `.`, `[^a]`, `[[:alpha:]]` and `-i` mean beyond ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// One byte is one character, and only ASCII has classes and case: the C locale.
    Bytes,
    /// UTF-8: the C.UTF-8 locale.
    Utf8,
    /// The encoding of the locale (`LC_CTYPE`). It is read only for a pattern and a subject that depend on it.
    #[default]
    Locale,
}

/// A [`Charset`] that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Bytes,
    Utf8,
}

impl Charset {
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Charset::Utf8 => Encoding::Utf8,
            Charset::Locale if sys::locale_is_utf8() => Encoding::Utf8,
            Charset::Bytes | Charset::Locale => Encoding::Bytes,
        }
    }
}

/// How the text of a pattern is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub encoding: Encoding,
    pub ignore_case: bool,
}

//! A position in the text of a pattern.

use super::charset::Encoding;
use super::utf8;

/// The text of a pattern and how far it is read.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    position: usize,
}

/// What the pattern has at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Character {
    /// A character. In [`Encoding::Bytes`] byte n stands for U+00n.
    Valid(char),
    /// A character of UTF-8 that Unicode does not have, with its length in bytes.
    BeyondUnicode(usize),
    /// A byte that is part of no UTF-8 character.
    Stray(u8),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Cursor { text, position: 0 }
    }

    /// All that is not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text[self.position..]
    }

    /// The next byte, which stays unread.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Reads a byte.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    /// Reads `byte` if it is the next one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.position += bytes;
    }

    /// Reads a character.
    pub(super) fn character(&mut self, encoding: Encoding) -> Option<Character> {
        let rest = self.rest();
        let &first = rest.first()?;
        let (character, len) = if encoding == Encoding::Bytes || first.is_ascii() {
            (Character::Valid(char::from(first)), 1)
        } else if let Some(c) = rest[..rest.len().min(4)].utf8_chunks().next()?.valid().chars().next() {
            (Character::Valid(c), c.len_utf8())
        } else if let Some(len) = utf8::beyond_unicode_len(rest) {
            (Character::BeyondUnicode(len), len)
        } else {
            (Character::Stray(first), 1)
        };
        self.skip(len);
        Some(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_a_byte_or_a_sequence_of_utf8() {
        let read = |text: &[u8], encoding| {
            let mut cursor = Cursor::new(text);
            (cursor.character(encoding), cursor.rest().len())
        };
        assert_eq!(read("éa".as_bytes(), Encoding::Utf8), (Some(Character::Valid('é')), 1));
        assert_eq!(read("éa".as_bytes(), Encoding::Bytes), (Some(Character::Valid('\u{c3}')), 2));
        assert_eq!(read(b"\xc3a", Encoding::Utf8), (Some(Character::Stray(0xc3)), 1));
        assert_eq!(read("😀".as_bytes(), Encoding::Utf8), (Some(Character::Valid('😀')), 0));
        assert_eq!(read(b"\xf0\x9f\x98", Encoding::Utf8), (Some(Character::Stray(0xf0)), 2));
        assert_eq!(read(b"\xf4\x90\x80\x80a", Encoding::Utf8), (Some(Character::BeyondUnicode(4)), 1));
        assert_eq!(read(b"", Encoding::Utf8), (None, 0));
    }
}

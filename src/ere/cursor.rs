//! A position in the text of a pattern.

use super::charset::Encoding;

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
    /// A byte that is part of no UTF-8 character.
    Stray(u8),
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Cursor { text, position: 0 }
    }

    /// All that is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.position..]
    }

    /// The next byte, which stays unread.
    pub fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Reads a byte.
    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    /// Reads `byte` if it is the next one.
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    pub fn skip(&mut self, bytes: usize) {
        self.position += bytes;
    }

    /// Reads a character.
    pub fn character(&mut self, encoding: Encoding) -> Option<Character> {
        let first = self.peek()?;
        let valid = match encoding {
            Encoding::Utf8 => {
                self.rest()[..self.rest().len().min(4)].utf8_chunks().next()?.valid().chars().next()
            }
            Encoding::Bytes => Some(char::from(first)),
        };
        self.position += match (valid, encoding) {
            (Some(c), Encoding::Utf8) => c.len_utf8(),
            _ => 1,
        };
        Some(valid.map_or(Character::Stray(first), Character::Valid))
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
        assert_eq!(read(b"", Encoding::Utf8), (None, 0));
    }
}

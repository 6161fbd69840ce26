//! Text that may reach a terminal ([`crate::display`]): also pkill's own arguments, which a script may have from
//! elsewhere, pass here.

use std::io::{self, Write};

use crate::display::{hide_unprintable, is_visible};
use crate::request::Subject;

/// At most this much is made printable in one piece.
const PIECE: usize = 16 * 1024;

/// The text as it is displayed.
pub(super) fn printable(subject: Subject, text: &[u8]) -> Vec<u8> {
    let mut displayed = text.to_vec();
    hide_unprintable(&mut displayed, subject);
    displayed
}

/// The same as a string.
pub(super) fn shown_as(subject: Subject, text: &[u8]) -> String {
    String::from_utf8_lossy(&printable(subject, text)).into_owned()
}

/// A name or a message as it is displayed: each control character is a `?`.
pub(super) fn shown(text: &[u8]) -> String {
    shown_as(Subject::Name, text)
}

/// Whether the bytes are displayed unchanged.
pub(super) fn is_printable(bytes: &[u8]) -> bool {
    printable(Subject::Name, bytes) == bytes
}

/// At most this many characters, and a sign that more follow.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Pieces of a text that can be made printable one by one: no character is divided.
pub(super) fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let is_start = |at: &usize| bytes[*at] & 0xc0 != 0x80; // no continuation byte
        let end = match bytes.len() {
            0 => return None,
            length if length <= PIECE => length,
            // A character has at most three bytes after its first.
            _ => (PIECE - 3..=PIECE).rev().find(is_start).unwrap_or(PIECE),
        };
        let (piece, rest) = bytes.split_at(end);
        bytes = rest;
        Some(piece)
    })
}

/// A writer of JSON that escapes the same characters. Outside of strings JSON is ASCII, and each string comes in pieces
/// of whole characters.
pub(super) struct Escaped<W>(pub(super) W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|&b| b >= 0x7f) {
            self.0.write_all(&rest[..at])?;
            let end = rest[at..].iter().position(|&b| b < 0x7f).map_or(rest.len(), |length| at + length);
            let text = std::str::from_utf8(&rest[at..end]).map_err(io::Error::other)?;
            for c in text.chars() {
                if is_visible(c) {
                    self.0.write_all(c.encode_utf8(&mut [0; 4]).as_bytes())?;
                } else {
                    c.encode_utf16(&mut [0; 2])
                        .iter()
                        .try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))?;
                }
            }
            rest = &rest[end..];
        }
        self.0.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The words as a POSIX shell reads them back, in pieces: quoted if they have characters that are special to a shell.
/// Each word ends with a NUL.
pub(super) fn quoted(words: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = words.strip_suffix(b"\0").unwrap_or(words).split(|&b| b == 0);
    words.enumerate().flat_map(|(at, word)| {
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"_@%+:,./-".contains(b);
        let quote: &[u8] = if !word.is_empty() && word.iter().all(is_plain) { b"" } else { b"'" };
        let space: &[u8] = if at == 0 { b"" } else { b" " };
        let parts = word.split(|&b| b == b'\'').enumerate();
        let parts = parts.flat_map(|(at, part)| [if at == 0 { &b""[..] } else { b"'\\''" }, part]);
        [space, quote].into_iter().chain(parts).chain([quote])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_escapes_what_is_not_displayed() {
        for c in (0..=0xffff)
            .chain(0xe_0000..=0xe_0fff)
            .chain(0x10_fff0..=0x10_ffff)
            .filter_map(char::from_u32)
            .filter(|&c| !is_visible(c))
        {
            let mut json = Escaped(vec![]);
            write!(json, "{}", serde_json::to_string(&c).unwrap()).unwrap();
            assert!(json.0.is_ascii() && !json.0.iter().any(u8::is_ascii_control), "{c:?}");
            assert_eq!(serde_json::from_slice::<char>(&json.0).unwrap(), c);
            assert_eq!(shown(format!("<{c}>").as_bytes()), format!("<{}>", "?".repeat(c.len_utf8())));
        }
    }

    #[test]
    fn json_is_the_same_where_nothing_has_to_be_escaped() {
        let text = "\"aé漢\\n\u{1f600}\"\n  1";
        let mut json = Escaped(vec![]);
        write!(json, "{text}").unwrap();
        assert_eq!(String::from_utf8(json.0).unwrap(), text);
    }

    #[test]
    fn pieces_divide_no_character() {
        let displayed = |text: &[u8]| printable(Subject::CommandLine, text);
        for text in ["a", "é", "漢", "\u{1f600}", "\u{200b}"] {
            for shift in 0..5 {
                let text = format!("{}{}", "x".repeat(shift), text.repeat(PIECE));
                let all: Vec<u8> = pieces(text.as_bytes()).flat_map(displayed).collect();
                assert_eq!(all, displayed(text.as_bytes()));
                assert!(pieces(text.as_bytes()).all(|piece| piece.len() <= PIECE));
            }
        }
        let invalid = vec![0x80; 3 * PIECE];
        assert_eq!(pieces(&invalid).flat_map(displayed).collect::<Vec<_>>(), displayed(&invalid));
        assert_eq!(pieces(b"").count(), 0);
    }

    #[test]
    fn quoted_words_are_read_back_by_a_shell() {
        for (words, line) in [
            ("sleep\x0010\0", "sleep 10"),
            ("a b\0\0", "'a b' ''"),
            ("a b\0", "'a b'"),
            ("a\0b", "a b"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("'", r"''\'''"),
            ("$HOME\0x=1\0/a_b@c%d+e:f,g.h-i", "'$HOME' 'x=1' /a_b@c%d+e:f,g.h-i"),
        ] {
            let line_read: Vec<u8> = quoted(words.as_bytes()).flatten().copied().collect();
            assert_eq!(String::from_utf8(line_read).unwrap(), line);
        }
    }
}

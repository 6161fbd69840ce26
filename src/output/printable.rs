//! What may reach a terminal: a process chooses its own name and arguments, so none of its bytes may come there
//! unchecked. Nor may those of pkill's own arguments, which a script may have from elsewhere.

use std::io::{self, Write};
use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use crate::sys;

/// Control and format characters (bidirectional controls, tags, zero-width ones), private use, unassigned ones, line and
/// paragraph separators, and what is invisible by default (Unicode, UAX #44).
const HIDDEN: &str = r"[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]";

/// At most this much is made printable in one piece.
const PIECE: usize = 16 * 1024;

/// Whether a terminal shows the character, and does nothing else.
fn is_visible(c: char) -> bool {
    static SET: OnceLock<ClassUnicode> = OnceLock::new();
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let set = SET.get_or_init(|| match regex_syntax::parse(HIDDEN).map(|hir| hir.into_kind()) {
        Ok(HirKind::Class(Class::Unicode(set))) => set,
        other => unreachable!("{HIDDEN} is a constant that is a set, not {other:?}"),
    });
    let place = set.ranges().partition_point(|range| range.end() < c);
    set.ranges().get(place).is_none_or(|range| c < range.start())
}

/// Invisible characters and what is no character in the user's locale become `?`, one for each byte or character.
pub(super) fn printable(bytes: &[u8]) -> Vec<u8> {
    let plain = |b: u8| if b.is_ascii_control() { b'?' } else { b };
    if bytes.is_ascii() {
        return bytes.iter().map(|&b| plain(b)).collect();
    }
    if !sys::locale_is_utf8() {
        return bytes.iter().map(|&b| if b.is_ascii() { plain(b) } else { b'?' }).collect();
    }
    let mut text = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let c = if is_visible(c) { c } else { '?' };
            text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        text.extend(chunk.invalid().iter().map(|_| b'?'));
    }
    text
}

/// The same as a string.
pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&printable(bytes)).into_owned()
}

/// Whether they are shown as they are.
pub(super) fn is_printable(bytes: &[u8]) -> bool {
    printable(bytes) == bytes
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

/// A writer of JSON that escapes the same characters. Outside of strings JSON is ASCII, and each string comes in pieces of
/// whole characters.
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
    fn what_is_invisible_is_replaced_and_all_else_is_kept() {
        // As `iconv -l` and most people have it: letters, marks, digits, signs, emoji, spaces.
        for c in "aé\u{301}ж漢ﷺ1²€—“ \u{a0}\u{3000}\u{2800}\u{1f600}\u{fffd}".chars() {
            assert!(is_visible(c), "{c:?}");
        }
        for range in [
            '\0'..='\x1f',              // C0
            '\x7f'..='\u{9f}',          // DEL and C1
            '\u{ad}'..='\u{ad}',        // soft hyphen
            '\u{34f}'..='\u{34f}',      // combining grapheme joiner
            '\u{378}'..='\u{379}',      // unassigned
            '\u{61c}'..='\u{61c}',      // bidirectional
            '\u{200b}'..='\u{200f}',    // zero-width, bidirectional
            '\u{2028}'..='\u{202e}',    // separators, bidirectional
            '\u{2060}'..='\u{206f}',    // word joiner, isolates
            '\u{3164}'..='\u{3164}',    // Hangul filler
            '\u{e000}'..='\u{f8ff}',    // private use
            '\u{fe00}'..='\u{fe0f}',    // variation selectors
            '\u{feff}'..='\u{feff}',    // byte order mark
            '\u{fff9}'..='\u{fffb}',    // interlinear annotation
            '\u{e0000}'..='\u{e0fff}',  // tags, more variation selectors
            '\u{f0000}'..='\u{10ffff}', // private use, noncharacters
        ] {
            for c in range {
                assert!(!is_visible(c), "{c:?}");
                assert_eq!(shown(format!("<{c}>").as_bytes()), "<?>", "{c:?}");
                let mut json = Escaped(vec![]);
                write!(json, "{}", serde_json::to_string(&c).unwrap()).unwrap();
                assert!(json.0.is_ascii() && !json.0.iter().any(u8::is_ascii_control), "{c:?}");
                assert_eq!(serde_json::from_slice::<char>(&json.0).unwrap(), c);
            }
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
        for text in ["a", "é", "漢", "\u{1f600}", "\u{200b}"] {
            for shift in 0..5 {
                let text = format!("{}{}", "x".repeat(shift), text.repeat(PIECE));
                let all: Vec<u8> = pieces(text.as_bytes()).flat_map(printable).collect();
                assert_eq!(all, printable(text.as_bytes()));
                assert!(pieces(text.as_bytes()).all(|piece| piece.len() <= PIECE));
            }
        }
        let invalid = vec![0x80; 3 * PIECE];
        assert_eq!(pieces(&invalid).flat_map(printable).collect::<Vec<_>>(), printable(&invalid));
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

//! Text of a process as it is displayed. A process chooses its own name and arguments, so none of their bytes may come
//! to a terminal unchecked. What is displayed is also matched: a pattern that was copied from a list finds the process.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use crate::request::Subject;
use crate::sys;

/// Control and format characters (bidirectional controls, tags, zero-width ones), private use, unassigned ones, line
/// and paragraph separators, and what is invisible by default (Unicode, UAX #44).
const HIDDEN: &str = r"[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]";

/// Whether a terminal shows the character, and does nothing else.
pub(crate) fn is_visible(c: char) -> bool {
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

/// Whether the text is displayed unchanged in every locale. False does not mean that it is changed.
pub(crate) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What replaces a byte that is not displayed.
pub(crate) const REPLACEMENTS: &[u8] = b"? ";

/// Turns the text into what is displayed: each byte of a control character, of an invisible character, and of what is
/// no character in the user's locale becomes `?`. A newline or tab in a command line becomes a space, as in procps-ng.
///
/// The length stays the same, also in procps-ng, so that a pattern finds both the same.
pub(crate) fn hide_unprintable(text: &mut [u8], subject: Subject) {
    let is_utf8 = !text.is_ascii() && sys::locale_is_utf8();
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        let (length, replacement) = match first {
            b' '..=b'~' => (1, None),
            b'\n' | b'\t' if subject == Subject::CommandLine => (1, Some(b' ')),
            0x80.. if is_utf8 => match first_character(&text[at..]) {
                Some(c) => (c.len_utf8(), (!is_visible(c)).then_some(b'?')),
                None => (1, Some(b'?')),
            },
            _ => (1, Some(b'?')),
        };
        if let Some(replacement) = replacement {
            text[at..at + length].fill(replacement);
        }
        at += length;
    }
}

/// The character at the start of the text, if one is there.
fn first_character(text: &[u8]) -> Option<char> {
    let longest = &text[..text.len().min(4)];
    longest.utf8_chunks().next()?.valid().chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_invisible_is_known() {
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
            }
        }
    }

    /// The test runs in whatever locale there is: in the C locale, letters beyond ASCII are no characters.
    #[test]
    fn each_byte_that_is_not_displayed_is_replaced() {
        let letter = if sys::locale_is_utf8() { "é" } else { "??" };
        for (text, name, line) in [
            (&b"sshd: a [b] ~"[..], "sshd: a [b] ~".to_owned(), "sshd: a [b] ~".to_owned()),
            (b"a\nb\tc\rd\x7f", "a?b?c?d?".into(), "a b c?d?".into()),
            (b"M\xfcller", "M?ller".into(), "M?ller".into()),
            ("é\u{200b}".as_bytes(), format!("{letter}???"), format!("{letter}???")),
            (b"\xc3\xa9\xc3", format!("{letter}?"), format!("{letter}?")),
            (b"\xed\xa0\x80\xc0\x80\xe2\x82", "???????".into(), "???????".into()),
            (b"", String::new(), String::new()),
        ] {
            for (subject, expected) in [(Subject::Name, name), (Subject::CommandLine, line)] {
                let mut displayed = text.to_vec();
                hide_unprintable(&mut displayed, subject);
                assert_eq!(String::from_utf8(displayed).unwrap(), expected, "{}", text.escape_ascii());
                assert!(!is_plain(text) || expected.as_bytes() == text);
            }
        }
    }
}

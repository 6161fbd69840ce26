//! UTF-8 as glibc has it: the sequences of up to six bytes that were in its first definition (RFC 2279)
//! are still characters, up to U+7FFFFFFF, although Unicode ends at U+10FFFF.
//!
//! No encoder writes them, but a process may have them in its arguments, and then `.` and `[^a]` match them. They have
//! neither classes nor case.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir};

/// The length of the character beyond Unicode at the start of `text`, if there is one.
pub(super) fn beyond_unicode_len(text: &[u8]) -> Option<usize> {
    let (len, lowest) = match text {
        [0xf4, ..] => (4, 0x90),
        [0xf5..=0xf7, ..] => (4, 0x80),
        [0xf8, ..] => (5, 0x88),
        [0xf9..=0xfb, ..] => (5, 0x80),
        [0xfc, ..] => (6, 0x84),
        [0xfd, ..] => (6, 0x80),
        _ => return None,
    };
    let rest = text.get(1..len)?;
    (rest[0] >= lowest && rest.iter().all(|byte| matches!(byte, 0x80..=0xbf))).then_some(len)
}

/// A character beyond Unicode.
pub(super) fn beyond_unicode() -> Hir {
    let four = [concat([byte(0xf4), bytes(0x90, 0xbf)]), concat([bytes(0xf5, 0xf7), tail()])];
    concat([either([either(four), five_or_six()]), tail(), tail()])
}

/// Any character, for `.`: glibc checks only the form of the byte sequence where it can, and so matches the
/// halves of surrogate pairs (U+D800 to U+DFFF) too, which are no characters for `[^a]`.
pub(super) fn any_by_shape() -> Hir {
    let three = [concat([byte(0xe0), bytes(0xa0, 0xbf)]), concat([bytes(0xe1, 0xef), tail()])];
    let four = [concat([byte(0xf0), bytes(0x90, 0xbf)]), concat([bytes(0xf1, 0xf7), tail()])];
    let longer = concat([either([either(four), five_or_six()]), tail()]);
    either([bytes(0, 0x7f), concat([either([bytes(0xc2, 0xdf), either(three), longer]), tail()])])
}

/// A character of five or six bytes, without its last two.
fn five_or_six() -> Hir {
    let five = [concat([byte(0xf8), bytes(0x88, 0xbf)]), concat([bytes(0xf9, 0xfb), tail()])];
    let six = [concat([byte(0xfc), bytes(0x84, 0xbf)]), concat([byte(0xfd), tail()])];
    concat([either([either(five), concat([either(six), tail()])]), tail()])
}

fn bytes(first: u8, last: u8) -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(first, last)])))
}

fn byte(byte: u8) -> Hir {
    bytes(byte, byte)
}

/// Any byte of a sequence but the first.
fn tail() -> Hir {
    bytes(0x80, 0xbf)
}

fn concat<const N: usize>(parts: [Hir; N]) -> Hir {
    Hir::concat(parts.to_vec())
}

fn either<const N: usize>(parts: [Hir; N]) -> Hir {
    Hir::alternation(parts.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ere::automaton;

    fn matches(hir: Hir, text: &[u8]) -> bool {
        let whole = [Hir::look(regex_syntax::hir::Look::Start), hir, Hir::look(regex_syntax::hir::Look::End)];
        automaton::compile(&concat(whole)).unwrap().is_match(text)
    }

    /// The sequences, from mbrtowc(3) of glibc 2.36 in C.UTF-8.
    #[test]
    fn characters_end_where_rfc_2279_ended() {
        for (text, beyond, any) in [
            (&b"a"[..], false, true),
            ("é".as_bytes(), false, true),
            ("€".as_bytes(), false, true),
            ("\u{10ffff}".as_bytes(), false, true),
            (b"\xf4\x90\x80\x80", true, true),
            (b"\xf7\xbf\xbf\xbf", true, true),
            (b"\xf8\x88\x80\x80\x80", true, true),
            (b"\xfb\x80\x80\x80\x80", true, true),
            (b"\xfc\x84\x80\x80\x80\x80", true, true),
            (b"\xfd\xbf\xbf\xbf\xbf\xbf", true, true),
            (b"\xed\xa0\x80", false, true), // a surrogate
            (b"\xc0\x80", false, false),    // overlong
            (b"\xe0\x80\x80", false, false),
            (b"\xf0\x80\x80\x80", false, false),
            (b"\xf8\x80\x80\x80\x80", false, false),
            (b"\xfc\x80\x80\x80\x80\x80", false, false),
            (b"\xf4\x90\x80", false, false), // cut off
            (b"\xf8\x88\x80\x80", false, false),
            (b"\xfe\x80\x80\x80\x80\x80", false, false),
            (b"\x80", false, false),
        ] {
            let name = text.escape_ascii();
            assert_eq!(beyond_unicode_len(text), beyond.then_some(text.len()), "{name}");
            assert_eq!(matches(beyond_unicode(), text), beyond, "{name}");
            assert_eq!(matches(any_by_shape(), text), any, "{name}");
        }
    }
}

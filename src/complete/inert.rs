//! The filter between the processes of a system and a user's command line.
//!
//! A process chooses its own name, arguments and paths, and any user can start one. A completion puts such text on the
//! command line of the user who presses TAB, often root. Quoting is left to the shell, and shells have failed at it:
//! zsh 5.9 turns U+E000 to U+E0FF into single bytes (`;` is U+E03B) after quoting; fish skips Unicode spaces
//! before a word; bash expands `!` within double quotes, where no quoting prevents it. So only characters that
//! are harmless in each of the three shells, unquoted, in '…' and in "…", are offered. All others become `.` in a
//! pattern, which matches any character; a value that is taken literally is not offered at all.

use std::ops::RangeInclusive;

/// The longest candidate, in bytes. Arguments can be 2 MB long.
pub(super) const MAX_LEN: usize = 512;

/// The longest description, in bytes; what is printed of it is shorter.
const DESCRIPTION_MAX: usize = 240;

/// Letters beyond ASCII: those of scripts that are written from left to right, one precomposed character each, in all
/// versions of Unicode that a C library may know. Not among them, although they are letters to Unicode: invisible ones
/// (the Hangul fillers), those that combine with their neighbours (Hangul Jamo) and those that change the direction.
const LETTERS: &[RangeInclusive<char>] = &[
    '\u{c0}'..='\u{233}',    // Latin
    '\u{388}'..='\u{3f3}',   // Greek
    '\u{400}'..='\u{4f9}',   // Cyrillic
    '\u{3041}'..='\u{3094}', // Hiragana
    '\u{30a1}'..='\u{30fc}', // Katakana
    '\u{4e00}'..='\u{9fa5}', // Han
    '\u{ac00}'..='\u{d7a3}', // Hangul syllables
];

/// An extended regular expression that matches this text (on its own, if `whole`). None if nothing harmless remains, or
/// so little that the pattern would match other processes by chance.
pub(super) fn pattern(text: &[u8], whole: bool, is_utf8: bool) -> Option<String> {
    let (made, is_cut) = filter(text, is_utf8, |c, before| match c {
        Some('-') if before.is_none() => Some("[-]"), // else it would be read as an option
        Some('+') if before.is_some() => Some("[+]"), // an operator of the pattern
        Some(c) if is_inert(c, before) => None,
        _ => Some("."),
    });
    let made = trim(made, is_cut, whole)?;
    let made = match made.strip_suffix(' ') {
        Some(rest) => format!("{rest}."), // a space there is not seen
        None => made,
    };
    let letters = made.chars().filter(|c| c.is_alphanumeric()).count();
    let unknown = made.bytes().filter(|&b| b == b'.').count();
    (letters > 0 && letters >= unknown).then_some(made)
}

/// The same as plain text. It ends at the first character that is not harmless.
pub(super) fn plain_text(text: &[u8], whole: bool, is_utf8: bool) -> Option<String> {
    const END: &str = "\0";
    let (made, is_cut) = filter(text, is_utf8, |c, before| match c {
        Some(c) if is_inert(c, before) => None,
        _ => Some(END),
    });
    let end = made.find(END).unwrap_or(made.len());
    let is_cut = is_cut || end < made.len() || made.ends_with(' ');
    trim(made[..end].to_owned(), is_cut, whole).filter(|made| made.contains(char::is_alphanumeric))
}

/// Whether a value that must stay as it is, such as a path, is harmless.
pub(super) fn is_inert_value(text: &[u8], is_utf8: bool) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let befores = std::iter::once(None).chain(text.chars().map(Some));
    (1..=MAX_LEN).contains(&text.len())
        && (is_utf8 || text.is_ascii())
        && !text.ends_with(' ')
        && text.chars().zip(befores).all(|(c, before)| is_inert(c, before))
}

/// What is shown beside a candidate. It is not typed, but a shell and a terminal show it.
pub(super) fn description(text: &[u8]) -> Vec<u8> {
    let mut safe = Vec::new();
    for chunk in text[..text.len().min(DESCRIPTION_MAX)].utf8_chunks() {
        for c in chunk.valid().chars() {
            let c = if c.is_ascii_graphic() || c == ' ' || is_letter(c) { c } else { '?' };
            safe.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        safe.extend(chunk.invalid().first().map(|_| b'?'));
    }
    safe
}

/// The text with each character replaced by what `replace` returns, and whether the text was cut: at [`MAX_LEN`], or
/// before a byte that is part of no character in UTF-8, which `.` need not match. `replace` gets the character, None
/// where the locale is another and a byte is a character; and what was added before, None at the start.
fn filter(
    text: &[u8],
    is_utf8: bool,
    replace: impl Fn(Option<char>, Option<char>) -> Option<&'static str>,
) -> (String, bool) {
    let mut made = String::new();
    let mut before = None;
    let mut add = |c: Option<char>| {
        let mut own = [0; 4];
        let piece = match (replace(c, before), c) {
            (None, Some(c)) => c.encode_utf8(&mut own),
            (piece, _) => piece.unwrap_or("."),
        };
        before = piece.chars().next_back();
        let fits = made.len() + piece.len() <= MAX_LEN;
        if fits {
            made.push_str(piece);
        }
        fits
    };
    let is_whole = if is_utf8 {
        let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        valid.chars().all(|c| add(Some(c))) && valid.len() == text.len()
    } else {
        text.iter().all(|&b| add(b.is_ascii().then_some(char::from(b))))
    };
    (made, !is_whole)
}

/// Text that was cut loses the spaces at its end, and cannot match as a whole.
fn trim(mut made: String, is_cut: bool, whole: bool) -> Option<String> {
    if is_cut {
        made.truncate(made.trim_end_matches(' ').len());
    }
    let is_offered = !made.is_empty() && (!is_cut || !whole);
    is_offered.then_some(made)
}

/// Whether the character is harmless in this place in each shell, however it is quoted. `before` is the one before it,
/// None at the start of the text, which may be the start of a word or follow the `=` of an option.
fn is_inert(c: char, before: Option<char>) -> bool {
    match c {
        '/' | '.' | '_' => true,
        // At the start of a word, `-` makes an option of it, and `@` a host name in bash. All shells quote a space.
        '-' | '+' | ',' | ':' | '@' | ' ' => before.is_some(),
        // zsh replaces `=COMMAND` by its path, also after another `=` (MAGIC_EQUAL_SUBST).
        '=' => before.is_some_and(char::is_alphanumeric),
        c => c.is_ascii_alphanumeric() || is_letter(c),
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && LETTERS.iter().any(|letters| letters.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ere::{Charset, Flags, Pattern};

    fn is_match(pattern: &str, text: &[u8], charset: Charset) -> bool {
        let flags = Flags { whole: true, charset, ..Flags::default() };
        Pattern::new(pattern.as_bytes(), flags).unwrap().is_match(text).unwrap()
    }

    /// A text, its pattern and its plain text.
    #[test]
    fn what_is_offered_of_a_text() {
        for (text, expected, plain) in [
            ("sshd", Some("sshd"), Some("sshd")),
            ("python3.11", Some("python3.11"), Some("python3.11")),
            ("g++", Some("g[+][+]"), Some("g++")),
            ("[kworker/0:1-events]", Some(".kworker/0:1-events."), None),
            ("user@1.service", Some("user@1.service"), Some("user@1.service")),
            ("java --a=/b c,d", Some("java --a=/b c,d"), Some("java --a=/b c,d")),
            ("(sd-pam)", Some(".sd-pam."), None),
            ("job[b]{2}|^$\\xyz3456", Some("job.b..2.....xyz3456"), Some("job")),
            ("-bash", Some("[-]bash"), None),
            ("--cwd=/x", Some("[-]-cwd=/x"), None),
            ("a-b", Some("a-b"), Some("a-b")),
            ("abc\u{1b}[31m\nb", Some("abc..31m.b"), Some("abc")),
            ("$(reboot) `x`", Some("..reboot. .x."), None),
            ("~root", Some(".root"), None),
            ("=ls", Some(".ls"), None),
            ("a==ls", Some("a=.ls"), Some("a=")),
            (" ab", Some(".ab"), None),
            ("ab ", Some("ab."), Some("ab")),
            ("it's \"hot\"!", Some("it.s .hot.."), Some("it")),
            ("größe", Some("größe"), Some("größe")),
            ("почта", Some("почта"), Some("почта")),
            ("日本語サーバ", Some("日本語サーバ"), Some("日本語サーバ")),
            ("zzz\u{e03b}touch\u{e020}canary", Some("zzz.touch.canary"), Some("zzz")),
            ("\u{3000}--cwd=/firefox/", Some(".--cwd=/firefox/"), None),
            ("abc\u{2028}\u{202e}\u{feff}", Some("abc..."), Some("abc")),
            ("\n", None, None),
            ("...", None, None),
            ("\u{1}\u{1}a", None, None),
            ("", None, None),
        ] {
            let made = pattern(text.as_bytes(), true, true);
            assert_eq!(made.as_deref(), expected, "{text:?}");
            assert_eq!(plain_text(text.as_bytes(), false, true).as_deref(), plain, "{text:?}");
            if let Some(made) = made {
                assert!(is_match(&made, text.as_bytes(), Charset::Utf8), "{text:?}");
            }
        }
    }

    /// A byte that is no character, in UTF-8 and where each byte is one; and a text that is too long.
    #[test]
    fn what_is_cut_does_not_match_as_a_whole() {
        for text in [&b"abc \xffdef"[..], b"abc\xe2\x82"] {
            assert_eq!(pattern(text, false, true).as_deref(), Some("abc"));
            assert_eq!(pattern(text, true, true), None);
            assert!(is_match(&pattern(text, true, false).unwrap(), text, Charset::Bytes));
            assert_eq!(plain_text(text, true, true), None);
        }
        let long = b"a".repeat(MAX_LEN + 1);
        assert_eq!(pattern(&long, false, true).as_deref().map(str::len), Some(MAX_LEN));
        assert_eq!(pattern(&long, true, true), None);
        assert_eq!(pattern(&long[1..], true, true).as_deref().map(str::len), Some(MAX_LEN));
    }

    #[test]
    fn values_are_offered_as_they_are_or_not() {
        for value in ["/", "/opt/My App/x-1+2", "user@1000.service", "PATH", "größe", "a:b,c"] {
            assert!(is_inert_value(value.as_bytes(), true), "{value}");
        }
        for value in ["", "-x", "~", "=ls", "a b ", " a", "/tmp/a'b", "/a!b", "/\u{2028}", "a\\x2db", "a\n"] {
            assert!(!is_inert_value(value.as_bytes(), true), "{value}");
        }
        assert!(!is_inert_value(b"/\xff", true) && !is_inert_value("größe".as_bytes(), false));
        assert!(!is_inert_value(&b"/".repeat(MAX_LEN + 1), true));
    }

    /// What the attacks are made of, over all of Unicode.
    #[test]
    fn every_other_character_is_replaced() {
        let kept: String = ('\0'..=char::MAX).filter(|&c| is_inert(c, Some('a'))).collect();
        let ascii: String = kept.chars().filter(char::is_ascii).collect();
        assert_eq!(ascii, " +,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
        assert!(!kept.contains(char::is_control));
        assert!(kept.chars().all(|c| c.is_ascii() || c.is_alphabetic()));
        // Private use, spaces, format characters, combining marks, fillers, right to left, presentation forms, tags.
        for odd in [
            0xe000..=0xf8ff,
            0x2000..=0x206f,
            0x300..=0x36f,
            0x1100..=0x11ff,
            0x590..=0x8ff,
            0xf900..=0x10_ffff,
        ] {
            assert!(kept.chars().all(|c| !odd.contains(&u32::from(c))), "{odd:x?}");
        }
        for odd in ['\u{a0}', '\u{ad}', '\u{3000}', '\u{3164}', '\u{1680}', '\u{d7}', '\u{3a2}'] {
            assert!(!kept.contains(odd), "{odd:?}");
        }
    }

    #[test]
    fn descriptions_are_shown_safely() {
        assert_eq!(description("a\u{1b}\u{e01b}\u{202e}ß\tb".as_bytes()), "a???ß?b".as_bytes());
        assert_eq!(description(&[b'x'; 2000]).len(), DESCRIPTION_MAX);
    }
}

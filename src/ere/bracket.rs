//! Bracket expressions (XBD 9.3.5): `[abc]`, `[^a-z]`, `[[:alpha:]_]`, `[[.-.]]`, `[[=a=]]`.
//!
//! Only `]`, `-`, `^`, and `[` before `.`, `=` or `:` are special here, and not in every place: `]` is a member
//! immediately after `[` or `[^`, `-` first or last, `^` anywhere except first. A `\` is a member: `[\d]` matches a
//! backslash or a `d`.

use super::case;
use super::charset::{Dialect, Encoding};
use super::class::Set;
use super::cursor::{Character, Cursor};
use super::error::{PatternError, Result};

/// The longest name that glibc reads in `[.name.]`, `[=name=]` and `[:name:]`
/// (`BRACKET_NAME_BUF_SIZE` of its regcomp.c, less one).
const LONGEST_NAME: usize = 31;

/// What may be between the brackets.
enum Element {
    Member(Character),
    /// `[.x.]`
    Symbol(Vec<u8>),
    /// `[=x=]`
    Equivalence(Vec<u8>),
    /// `[:x:]`
    Class(Vec<u8>),
}

/// Reads what follows a `[`, the closing `]` included.
pub(super) fn read(cursor: &mut Cursor<'_>, dialect: Dialect) -> Result<Set> {
    let mut set = Set::default();
    set.negated = cursor.eat(b'^');
    cursor.peek().ok_or(PatternError::Incomplete)?;
    let mut first = true;
    while first || !cursor.eat(b']') {
        let start = element(cursor, dialect, first)?;
        first = false;
        if is_range(cursor, &start)? {
            cursor.skip(1);
            let end = element(cursor, dialect, true)?;
            if matches!(end, Element::Class(_) | Element::Equivalence(_)) {
                return Err(PatternError::RangeEnd);
            }
            let (start, end) = (endpoint(&start, dialect)?, endpoint(&end, dialect)?);
            if start > end {
                return Err(PatternError::RangeEnd);
            }
            set.add(start, end);
        } else {
            match start {
                Element::Member(Character::Valid(c)) => set.add(c, c),
                Element::Member(Character::BeyondUnicode(_)) => return Err(PatternError::CollatingElement),
                Element::Member(Character::Stray(_)) => {} // never found, as only characters are tested
                Element::Symbol(text) | Element::Equivalence(text) => {
                    let c = collating_element(&text)?;
                    if c.is_ascii() || dialect.encoding == Encoding::Bytes {
                        set.add(c, c);
                    }
                }
                Element::Class(name) if set.add_class(&name, dialect) => {}
                Element::Class(_) => return Err(PatternError::ClassName),
            }
        }
        cursor.peek().ok_or(PatternError::UnmatchedBracket)?;
    }
    Ok(set)
}

/// Reads one element. A hyphen is one only at either end or as an end of a range: `hyphen_allowed`.
fn element(cursor: &mut Cursor<'_>, dialect: Dialect, hyphen_allowed: bool) -> Result<Element> {
    let rest = cursor.rest();
    let [b'[', delimiter @ (b'.' | b'=' | b':'), text @ ..] = rest else {
        if rest.starts_with(b"-") && !hyphen_allowed && rest.get(1) != Some(&b']') {
            return Err(PatternError::RangeEnd); // [a-c-e]
        }
        let character = match cursor.character(dialect.encoding).ok_or(PatternError::UnmatchedBracket)? {
            Character::Valid(c) if dialect.ignore_case => Character::Valid(case::upper(c, dialect.encoding)),
            character => character,
        };
        return Ok(Element::Member(character));
    };
    let length = text.windows(2).take(LONGEST_NAME + 1).position(|pair| pair == [*delimiter, b']']);
    let length = length.ok_or(PatternError::UnmatchedBracket)?;
    cursor.skip(length + 4);
    let name = text[..length].to_vec();
    Ok(match delimiter {
        b':' => Element::Class(name),
        b'.' => Element::Symbol(upper(name, dialect)),
        _ => Element::Equivalence(upper(name, dialect)),
    })
}

fn upper(text: Vec<u8>, dialect: Dialect) -> Vec<u8> {
    match str::from_utf8(&text) {
        Ok(valid) if dialect.ignore_case => {
            valid.chars().map(|c| case::upper(c, dialect.encoding)).collect::<String>().into_bytes()
        }
        _ => text,
    }
}

/// Whether the element just read starts a range. Classes cannot, so a hyphen after one is the
/// next element.
fn is_range(cursor: &Cursor<'_>, start: &Element) -> Result<bool> {
    if matches!(start, Element::Class(_) | Element::Equivalence(_)) {
        return Ok(false);
    }
    match cursor.rest() {
        [] | [b'-'] => Err(PatternError::UnmatchedBracket),
        [b'-', next, ..] => Ok(*next != b']'),
        _ => Ok(false),
    }
}

/// An end of a range: its order is that of the code points, and in C.UTF-8 only ASCII has one.
fn endpoint(element: &Element, dialect: Dialect) -> Result<char> {
    match element {
        Element::Member(Character::Valid(c)) if c.is_ascii() || dialect.encoding == Encoding::Bytes => Ok(*c),
        Element::Member(Character::Stray(byte)) => Ok(char::from(*byte)),
        Element::Symbol(text) => collating_element(text),
        _ => Err(PatternError::CollatingElement),
    }
}

/// The character that `[.x.]` or `[=x=]` names: itself. Locales without collation rules have neither
/// names as `[.space.]` nor elements of several characters as `[.ch.]`, and so only a single byte is one.
fn collating_element(text: &[u8]) -> Result<char> {
    match text {
        [byte] => Ok(char::from(*byte)),
        _ => Err(PatternError::CollatingElement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ere::{Charset, Flags, Pattern};
    use PatternError::*;

    fn takes(bracket: &str, subject: &str, charset: Charset, ignore_case: bool) -> Result<bool> {
        let flags = Flags { ignore_case, whole: true, plain: false, charset };
        Pattern::new(bracket.as_bytes(), flags)?.is_match(subject.as_bytes())
    }

    fn members(charset: Charset, table: &[(&str, &[&str], &[&str])]) {
        for &(bracket, inside, outside) in table {
            inside
                .iter()
                .for_each(|c| assert_eq!(takes(bracket, c, charset, false), Ok(true), "{bracket} {c}"));
            outside
                .iter()
                .for_each(|c| assert_eq!(takes(bracket, c, charset, false), Ok(false), "{bracket} {c}"));
        }
    }

    fn refused(table: &[(&str, PatternError)]) {
        for charset in [Charset::Bytes, Charset::Utf8] {
            for &(bracket, error) in table {
                let flags = Flags { charset, ..Flags::default() };
                assert_eq!(Pattern::new(bracket.as_bytes(), flags).err(), Some(error), "{bracket}");
            }
        }
    }

    /// XBD 9.3.5, items 1 to 3 and 7: `]`, `^` and `-` are members in certain places, `\` and `[` always.
    #[test]
    fn what_is_a_member() {
        for charset in [Charset::Bytes, Charset::Utf8] {
            members(
                charset,
                &[
                    ("[abc]", &["a", "b"], &["d", "ab"]),
                    ("[^abc]", &["d", "\n"], &["a", ""]),
                    ("[]a]", &["]", "a"], &["b"]),
                    ("[^]a]", &["b"], &["]", "a"]),
                    ("[a^]", &["a", "^"], &["b"]),
                    ("[a-]", &["a", "-"], &["b"]),
                    ("[-a]", &["a", "-"], &["b"]),
                    ("[--/]", &["-", ".", "/"], &[","]),
                    ("[!--]", &["!", "-", "+"], &["."]),
                    ("[a-c]", &["a", "b", "c"], &["d", "-"]),
                    ("[]-a]", &["]", "^", "a"], &["b", "-"]),
                    (r"[\d]", &[r"\", "d"], &["0"]),
                    (r"[\]]", &[r"\]"], &["]", r"\"]),
                    ("[[]", &["["], &["]"]),
                    ("[a&&b]", &["a", "&", "b"], &["c"]),
                    ("[a~~b]", &["a", "~", "b"], &["c"]),
                    ("[.*]", &[".", "*"], &["a"]),
                ],
            );
        }
    }

    /// XBD 9.3.5, items 4 to 6. No locale that this crate knows has names for characters.
    #[test]
    fn names_between_brackets() {
        for charset in [Charset::Bytes, Charset::Utf8] {
            members(
                charset,
                &[
                    ("[[.a.]]", &["a"], &["b", "."]),
                    ("[[.-.]-/]", &["-", "."], &[","]),
                    ("[+-[.-.]]", &["+", ",", "-"], &["."]),
                    ("[[.].]]", &["]"], &["."]),
                    ("[[...]]", &["."], &["a"]),
                    ("[[=a=]b]", &["a", "b"], &["="]),
                    ("[[:digit:]-]", &["1", "-"], &["a"]),
                    ("[[:digit:][:upper:]x]", &["1", "A", "x"], &["a"]),
                    ("[:a]", &[":", "a"], &["b"]),
                ],
            );
        }
        refused(&[
            ("[[.space.]]", CollatingElement),
            ("[[.hyphen.]]", CollatingElement),
            ("[[.ch.]]", CollatingElement),
            ("[[..]]", CollatingElement),
            ("[[=ab=]]", CollatingElement),
            ("[[.é.]]", CollatingElement),
            ("[[:Alpha:]]", ClassName),
            ("[[::]]", ClassName),
            ("[[:abcdefghijabcdefghijabcdefghija:]]", ClassName),
            ("[[:abcdefghijabcdefghijabcdefghijab:]]", UnmatchedBracket),
        ]);
    }

    /// XBD 9.3.5, item 7: what is no range.
    #[test]
    fn ranges() {
        refused(&[
            ("[b-a]", RangeEnd),
            ("[a-c-e]", RangeEnd),
            ("[a--b]", RangeEnd),
            ("[[:digit:]-z]", RangeEnd),
            ("[a-[:digit:]]", RangeEnd),
            ("[a-[=b=]]", RangeEnd),
            ("[[=a=]-z]", RangeEnd),
            ("[a-[.ch.]]", CollatingElement),
            ("[[.space.]-[:digit:]]", RangeEnd),
        ]);
        assert_eq!(takes("[a-é]", "b", Charset::Utf8, false), Err(CollatingElement));
        assert_eq!(takes("[é-ö]", "ö", Charset::Utf8, false), Err(CollatingElement));
        assert_eq!(takes("[é]", "é", Charset::Utf8, false), Ok(true));
        assert_eq!(takes("[é]", "é", Charset::Bytes, false), Ok(false), "two characters");
    }

    /// Upper case is made before ranges are read.
    #[test]
    fn ranges_without_case() {
        for charset in [Charset::Bytes, Charset::Utf8] {
            assert_eq!(takes("[Z-a]", "a", charset, true), Err(RangeEnd));
            assert_eq!(takes("[A-z]", "_", charset, true), Ok(false));
            assert_eq!(takes("[a-c]", "B", charset, true), Ok(true));
            assert_eq!(takes("[[.a.]]", "A", charset, true), Ok(true));
        }
        assert_eq!(takes("[[.ı.]]", "i", Charset::Utf8, true), Ok(true));
    }

    /// A byte that is part of no character has its place in a range, but is in no set.
    #[test]
    fn stray_bytes() {
        for (bracket, charset, byte, letter) in [
            (&b"[[.\xe9.]]"[..], Charset::Bytes, true, false),
            (b"[[.\xe9.]]", Charset::Utf8, false, false),
            (b"[\xe9]", Charset::Bytes, true, false),
            (b"[\xe9]", Charset::Utf8, false, false),
            (b"[a-\xe9]", Charset::Bytes, true, false),
            (b"[a-\xe9]", Charset::Utf8, false, true),
            (b"[^a]", Charset::Utf8, false, true),
        ] {
            let pattern = Pattern::new(bracket, Flags { charset, whole: true, ..Flags::default() }).unwrap();
            let takes = (pattern.is_match(b"\xe9").unwrap(), pattern.is_match("é".as_bytes()).unwrap());
            assert_eq!(takes, (byte, letter), "{} {charset:?}", bracket.escape_ascii());
        }
    }

    #[test]
    fn brackets_end() {
        refused(&[
            ("x|[a", UnmatchedBracket),
            ("[]", UnmatchedBracket),
            ("[^]", UnmatchedBracket),
            ("[[:alpha:", UnmatchedBracket),
            ("[[.a]", UnmatchedBracket),
            ("[a-", UnmatchedBracket),
        ]);
        for bracket in [&b"["[..], b"[^", b"a["] {
            assert_eq!(Pattern::new(bracket, Flags::default()).err(), Some(Incomplete));
        }
    }
}

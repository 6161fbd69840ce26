//! Case: which characters `-i` makes equal.
//!
//! POSIX (XBD 9.2) leaves undefined how case is ignored. glibc upper-cases the pattern before it reads it,
//! and the subject before it matches: `[Z-a]` is a range from `Z` to `A`, which is an error, and `[A-z]`
//! is `[A-Z]`, which no longer has the `_` between the two alphabets.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::charset::Encoding;

/// The upper case of a character as towupper(3) has it in C.UTF-8: Unicode's simple mapping, one
/// character for one character. In [`Encoding::Bytes`] only ASCII letters have one.
pub(super) fn upper(c: char, encoding: Encoding) -> char {
    if c.is_ascii() || encoding == Encoding::Bytes {
        return c.to_ascii_uppercase();
    }
    let mut full = c.to_uppercase();
    match (full.next(), full.next(), c) {
        (Some(upper), None, _) => upper,
        // Greek letters with iota subscript: the full mapping is two letters, the simple one is title case.
        (.., '\u{1f80}'..='\u{1faf}') => char::from_u32(u32::from(c) | 8).unwrap_or(c),
        (.., '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}') => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => c,
    }
}

/// Turns a set of upper-case characters into the set of all characters with an upper case in it.
pub(super) fn fold(set: &mut ClassUnicode, encoding: Encoding) {
    let blocks = match encoding {
        Encoding::Bytes => &ASCII[..1],
        Encoding::Utf8 if set.ranges().last().is_none_or(|range| range.end().is_ascii()) => ASCII,
        Encoding::Utf8 => ALL,
    };
    let changed = blocks.iter().flat_map(|&(first, last)| first..=last).filter(|&c| upper(c, encoding) != c);
    let (mut lower, mut members) = (vec![], vec![]);
    for c in changed {
        lower.push(ClassUnicodeRange::new(c, c));
        if contains(set, upper(c, encoding)) {
            members.push(ClassUnicodeRange::new(c, c));
        }
    }
    set.difference(&ClassUnicode::new(lower));
    set.union(&ClassUnicode::new(members));
}

fn contains(set: &ClassUnicode, c: char) -> bool {
    let after = set.ranges().partition_point(|range| range.start() <= c);
    after > 0 && c <= set.ranges()[after - 1].end()
}

/// The ranges of the characters that have another upper case in ASCII: its lower-case letters, the dotless i and the
/// long s.
const ASCII: &[(char, char)] = &[('a', 'z'), ('ı', 'ı'), ('ſ', 'ſ')];

/// The ranges of the characters that have another upper case.
const ALL: &[(char, char)] = &[
    ('a', 'z'),
    ('\u{b5}', '\u{587}'),
    ('\u{10d0}', '\u{10ff}'),
    ('\u{13f8}', '\u{13fd}'),
    ('\u{1c80}', '\u{1c8a}'),
    ('\u{1d79}', '\u{1d8e}'),
    ('\u{1e00}', '\u{1fff}'),
    ('\u{214e}', '\u{2184}'),
    ('\u{24d0}', '\u{24e9}'),
    ('\u{2c30}', '\u{2d2d}'),
    ('\u{a641}', '\u{abbf}'),
    ('\u{ff41}', '\u{ff5a}'),
    ('\u{10428}', '\u{105bc}'),
    ('\u{10cc0}', '\u{10d85}'),
    ('\u{118c0}', '\u{118df}'),
    ('\u{16e60}', '\u{16ed3}'),
    ('\u{1e922}', '\u{1e943}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_is_one_character_for_one() {
        for (c, utf8, bytes) in [
            ('a', 'A', 'A'),
            ('_', '_', '_'),
            ('é', 'É', 'é'),
            ('ß', 'ß', 'ß'), // SS in full
            ('ı', 'I', 'ı'),
            ('ſ', 'S', 'ſ'),
            ('ÿ', 'Ÿ', 'ÿ'),
            ('\u{1f80}', '\u{1f88}', '\u{1f80}'),
            ('\u{1fb3}', '\u{1fbc}', '\u{1fb3}'),
            ('\u{1f88}', '\u{1f88}', '\u{1f88}'),
            ('ǅ', 'Ǆ', 'ǅ'),
        ] {
            assert_eq!((upper(c, Encoding::Utf8), upper(c, Encoding::Bytes)), (utf8, bytes), "{c}");
        }
    }

    #[test]
    fn the_tables_have_every_character_with_an_upper_case() {
        for c in '\0'..=char::MAX {
            let upper = upper(c, Encoding::Utf8);
            if upper != c {
                let in_table = |table: &[(char, char)]| table.iter().any(|&(a, b)| (a..=b).contains(&c));
                assert!(in_table(ALL), "{c:?}");
                assert_eq!(in_table(ASCII), upper.is_ascii(), "{c:?}");
            }
        }
    }

    #[test]
    fn a_set_folds_to_all_that_has_its_upper_case() {
        for (members, encoding, inside, outside) in [
            ("AI", Encoding::Bytes, "AaIi", "bı"),
            ("AIS", Encoding::Utf8, "AaIiıSsſ", "b"),
            ("É_", Encoding::Utf8, "Éé_", "ea"),
            ("a", Encoding::Utf8, "", "aA"), // no upper case is a
        ] {
            let mut set = ClassUnicode::new(members.chars().map(|c| ClassUnicodeRange::new(c, c)));
            fold(&mut set, encoding);
            assert!(inside.chars().all(|c| contains(&set, c)), "{members}");
            assert!(!outside.chars().any(|c| contains(&set, c)), "{members}");
        }
    }
}

//! Sets of characters and the twelve named classes (XBD 9.3.5, item 6).

use regex_syntax::hir::{
    Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange as Range, Hir, HirKind,
};

use super::case;
use super::charset::{Dialect, Encoding};
use super::utf8;

/// A set of characters in a pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    /// The members: in upper case where case is ignored.
    ranges: Vec<Range>,
    /// The members are all other characters.
    pub negated: bool,
    /// The members beyond ASCII depend on the encoding.
    encoding_matters: bool,
}

impl Set {
    /// Every character.
    pub(super) fn any() -> Self {
        Set { negated: true, ..Set::default() }
    }

    pub(super) fn one(c: char) -> Self {
        let mut set = Set::default();
        set.add(c, c);
        set
    }

    /// What `\w` takes: `[_[:alnum:]]`, as in all GNU programs.
    pub(super) fn word(dialect: Dialect) -> Self {
        let mut set = Set::one('_');
        set.add_class(b"alnum", dialect);
        set
    }

    /// What `\s` takes: `[[:space:]]`.
    pub(super) fn space(dialect: Dialect) -> Self {
        let mut set = Set::default();
        set.add_class(b"space", dialect);
        set
    }

    pub(super) fn add(&mut self, first: char, last: char) {
        self.ranges.push(Range::new(first, last));
    }

    /// Adds the members of `[:name:]`; false if there is no such class.
    pub(super) fn add_class(&mut self, name: &[u8], dialect: Dialect) -> bool {
        let name = match name {
            b"upper" | b"lower" if dialect.ignore_case => b"alpha",
            name => name,
        };
        let Some(ascii) = ascii_class(name) else {
            return false;
        };
        self.ranges.extend(ascii.iter().map(|&(first, last)| Range::new(first, last)));
        if let Some(property) = beyond_ascii(name) {
            self.encoding_matters = true;
            if dialect.encoding == Encoding::Utf8 {
                self.ranges.extend_from_slice(unicode_set(property).ranges());
            }
        }
        true
    }

    /// Whether the set has other members in UTF-8 than in a charset of single bytes.
    pub(super) fn depends_on_encoding(&self, dialect: Dialect) -> bool {
        // The dotless i and the long s have upper cases in ASCII.
        let has = |c| self.ranges.iter().any(|range| range.start() <= c && c <= range.end());
        self.encoding_matters || self.negated || dialect.ignore_case && (has('I') || has('S'))
    }

    pub(super) fn into_hir(self, dialect: Dialect) -> Hir {
        let mut set = ClassUnicode::new(self.ranges);
        if dialect.ignore_case {
            case::fold(&mut set, dialect.encoding);
        }
        if self.negated {
            set.negate();
        }
        match dialect.encoding {
            Encoding::Utf8 if self.negated => {
                Hir::alternation(vec![Hir::class(Class::Unicode(set)), utf8::beyond_unicode()])
            }
            Encoding::Utf8 => Hir::class(Class::Unicode(set)),
            Encoding::Bytes => {
                set.intersect(&ClassUnicode::new([Range::new('\0', '\u{ff}')]));
                let bytes = |range: &Range| ClassBytesRange::new(range.start() as u8, range.end() as u8);
                Hir::class(Class::Bytes(ClassBytes::new(set.iter().map(bytes))))
            }
        }
    }
}

fn ascii_class(name: &[u8]) -> Option<&'static [(char, char)]> {
    Some(match name {
        b"alpha" => &[('A', 'Z'), ('a', 'z')],
        b"digit" => &[('0', '9')],
        b"alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        b"upper" => &[('A', 'Z')],
        b"lower" => &[('a', 'z')],
        b"space" => &[('\t', '\r'), (' ', ' ')],
        b"blank" => &[('\t', '\t'), (' ', ' ')],
        b"punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        b"print" => &[(' ', '~')],
        b"graph" => &[('!', '~')],
        b"cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        b"xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

/// The members above ASCII in UTF-8, as an expression of regex-syntax.
///
/// These are the classes of glibc's C.UTF-8 (`localedata/unicode-gen/utf8_gen.py` and `gen_unicode_ctype.py`
/// say how they come from Unicode's tables), so they differ where glibc has another version of Unicode.
fn beyond_ascii(name: &[u8]) -> Option<&'static str> {
    Some(match name {
        b"alpha" | b"alnum" => r"[[\p{Alphabetic}\p{Nd}]--\p{ASCII}]", // POSIX has no room for other digits
        b"upper" => r"[[\p{Uppercase}\p{Lt}]--\p{ASCII}]",
        b"lower" => r"[[\p{Lowercase}\u{1C5}\u{1C8}\u{1CB}\u{1F2}]--\p{ASCII}]",
        b"space" => r"[\p{White_Space}--[\p{ASCII}\u{85}\u{A0}\u{2007}\u{202F}]]", // but the no-break spaces
        b"blank" => r"[\p{Zs}--[\p{ASCII}\u{A0}\u{2007}\u{202F}]]",
        b"cntrl" => r"[\u{80}-\u{9F}\u{2028}\u{2029}]",
        b"print" => r"[^\p{ASCII}\p{Cc}\p{Cn}\p{Zl}\p{Zp}]",
        b"graph" => r"[^\p{ASCII}\p{Cc}\p{Cn}\p{Zl}\p{Zp}[\p{Zs}--[\u{A0}\u{2007}\u{202F}]]]",
        b"punct" => {
            r"[^\p{ASCII}\p{Cc}\p{Cn}\p{Zl}\p{Zp}[\p{Zs}--[\u{A0}\u{2007}\u{202F}]]\p{Alphabetic}\p{Nd}]"
        }
        _ => return None, // digit and xdigit
    })
}

fn unicode_set(expression: &str) -> ClassUnicode {
    match regex_syntax::parse(expression).map(Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(set))) => set,
        other => unreachable!("{expression} is a constant that is a set, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph", "cntrl",
        "xdigit",
    ];

    fn members(name: &str, encoding: Encoding, ignore_case: bool) -> ClassUnicode {
        let mut set = Set::default();
        assert!(set.add_class(name.as_bytes(), Dialect { encoding, ignore_case }), "{name}");
        ClassUnicode::new(set.ranges)
    }

    fn has(set: &ClassUnicode, c: char) -> bool {
        set.iter().any(|range| range.start() <= c && c <= range.end())
    }

    #[test]
    fn in_ascii_the_classes_are_those_of_the_c_locale() {
        let of_std: [fn(char) -> bool; 12] = [
            |c| c.is_ascii_alphabetic(),
            |c| c.is_ascii_digit(),
            |c| c.is_ascii_alphanumeric(),
            |c| c.is_ascii_uppercase(),
            |c| c.is_ascii_lowercase(),
            |c| c.is_ascii_whitespace() || c == '\x0b',
            |c| c == ' ' || c == '\t',
            |c| c.is_ascii_punctuation(),
            |c| c.is_ascii_graphic() || c == ' ',
            |c| c.is_ascii_graphic(),
            |c| c.is_ascii_control(),
            |c| c.is_ascii_hexdigit(),
        ];
        for (name, expected) in NAMES.iter().zip(of_std) {
            for encoding in [Encoding::Bytes, Encoding::Utf8] {
                let set = members(name, encoding, false);
                for c in '\0'..'\u{80}' {
                    assert_eq!(has(&set, c), expected(c), "{name} {c:?} {encoding:?}");
                }
            }
        }
    }

    #[test]
    fn beyond_ascii_only_utf8_has_classes() {
        for (c, classes) in [
            ('é', "alpha alnum lower print graph"),
            ('É', "alpha alnum upper print graph"),
            ('ǅ', "alpha alnum upper lower print graph"),
            ('٣', "alpha alnum print graph"), // a digit of Arabic is no [:digit:]
            ('\u{85}', "cntrl"),
            ('\u{a0}', "punct print graph"),
            ('\u{2003}', "space blank print"),
            ('€', "punct print graph"),
            ('\u{378}', ""), // unassigned
        ] {
            for name in NAMES {
                let expected = classes.split(' ').any(|class| class == name);
                assert_eq!(has(&members(name, Encoding::Utf8, false), c), expected, "{c:?} {name}");
                assert!(!has(&members(name, Encoding::Bytes, false), c), "{c:?} {name}");
            }
        }
    }

    #[test]
    fn ignoring_case_upper_and_lower_are_all_letters() {
        for name in ["upper", "lower"] {
            assert_eq!(members(name, Encoding::Utf8, true), members("alpha", Encoding::Utf8, true));
        }
    }
}

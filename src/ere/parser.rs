//! The grammar of XBD 9.5.3: branches between `|`, expressions one after the other, each with its
//! repetitions. The result is a tree that regex-automata can compile.

use regex_syntax::hir::{Hir, Look, Repetition};

use super::bracket;
use super::case;
use super::charset::{Dialect, Encoding};
use super::class::Set;
use super::cursor::{Character, Cursor};
use super::error::{PatternError, Result};
use super::interval::{self, Bounds};
use super::utf8;

/// How deep groups may nest, and how many intervals may repeat a repetition (`a+{2}`): either makes the tree
/// deeper, and walking the tree takes stack. Usual patterns are far below.
const DEEPEST: u32 = 250;

/// What a pattern means.
pub(super) struct Parsed {
    pub hir: Hir,
    /// Whether the pattern can match differently in UTF-8 and in a single-byte charset. Always true for non-ASCII
    /// patterns.
    pub encoding_matters: bool,
}

pub(super) fn parse(pattern: &[u8], dialect: Dialect) -> Result<Parsed> {
    let mut parser = Parser::new(pattern, dialect);
    let hir = parser.alternation()?;
    if parser.back_reference {
        return Err(PatternError::BackReference);
    }
    Ok(Parsed { hir, encoding_matters: parser.encoding_matters })
}

/// The same of a text in which each character stands for itself.
pub(super) fn plain(text: &[u8], whole: bool, dialect: Dialect) -> Parsed {
    let mut parser = Parser::new(text, dialect);
    let mut parts = vec![];
    while parser.cursor.peek().is_some() {
        parts.push(parser.literal());
    }
    if whole {
        parts.insert(0, Hir::look(Look::Start));
        parts.push(Hir::look(Look::End));
    }
    Parsed { hir: Hir::concat(parts), encoding_matters: parser.encoding_matters }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    dialect: Dialect,
    /// Groups open here.
    depth: u32,
    /// Repetitions of a repetition so far, except those that are one.
    stacked: u32,
    /// Groups opened so far: the number of the last.
    opened: u32,
    /// Bit n: group n (1 to 9) is complete, so that `\n` may refer to it.
    complete: u16,
    /// There is a valid back-reference.
    back_reference: bool,
    encoding_matters: bool,
}

impl<'a> Parser<'a> {
    fn new(pattern: &'a [u8], dialect: Dialect) -> Self {
        Parser {
            cursor: Cursor::new(pattern),
            dialect,
            depth: 0,
            stacked: 0,
            opened: 0,
            complete: 0,
            back_reference: false,
            encoding_matters: !pattern.is_ascii(),
        }
    }

    /// Branches between `|`. A branch may be empty: it matches every subject.
    fn alternation(&mut self) -> Result<Hir> {
        let before = self.complete;
        let mut branches = vec![self.branch()?];
        while self.cursor.eat(b'|') {
            // A branch cannot refer to a group of another branch.
            let others = std::mem::replace(&mut self.complete, before);
            branches.push(self.branch()?);
            self.complete |= others;
        }
        Ok(Hir::alternation(branches))
    }

    /// Expressions up to `|`, the `)` of the group or the end. Outside of groups a `)` is a character.
    fn branch(&mut self) -> Result<Hir> {
        let mut expressions = vec![];
        while let Some(byte) = self.cursor.peek() {
            if byte == b'|' || byte == b')' && self.depth > 0 {
                break;
            }
            expressions.push(self.expression()?);
        }
        Ok(Hir::concat(expressions))
    }

    /// One expression with its repetitions. An anchor has none: an operator after it has nothing to repeat, like one at
    /// the start of a branch (XBD 9.4.6 leaves both undefined).
    fn expression(&mut self) -> Result<Hir> {
        if let Some(look) = self.anchor() {
            return Ok(Hir::look(look));
        }
        let atom = match self.cursor.peek() {
            Some(b'*' | b'+' | b'?' | b'{') => return Err(PatternError::NothingToRepeat),
            Some(b'(') => self.group()?,
            Some(b'[') => {
                self.cursor.skip(1);
                let set = bracket::read(&mut self.cursor, self.dialect)?;
                self.set(set)
            }
            Some(b'.') => {
                self.cursor.skip(1);
                self.any()
            }
            Some(b'\\') => self.escape()?,
            _ => self.literal(),
        };
        self.repetitions(atom)
    }

    /// Reads an anchor: `^` and `$`, which are anchors everywhere in an ERE (XBD 9.4.9), or one of GNU's
    /// `` \` `` and `\'` (ends of the subject), `\b`, `\B`, `\<` and `\>` (ends of words). There are no lines:
    /// `$` does not match before a final newline.
    fn anchor(&mut self) -> Option<Look> {
        let utf8 = self.dialect.encoding == Encoding::Utf8;
        let (look, length) = match self.cursor.rest() {
            [b'^', ..] => (Look::Start, 1),
            [b'$', ..] => (Look::End, 1),
            [b'\\', b'`', ..] => (Look::Start, 2),
            [b'\\', b'\'', ..] => (Look::End, 2),
            [b'\\', b'b', ..] => (if utf8 { Look::WordUnicode } else { Look::WordAscii }, 2),
            [b'\\', b'B', ..] => (if utf8 { Look::WordUnicodeNegate } else { Look::WordAsciiNegate }, 2),
            [b'\\', b'<', ..] => (if utf8 { Look::WordStartUnicode } else { Look::WordStartAscii }, 2),
            [b'\\', b'>', ..] => (if utf8 { Look::WordEndUnicode } else { Look::WordEndAscii }, 2),
            _ => return None,
        };
        self.cursor.skip(length);
        self.encoding_matters |= !matches!(look, Look::Start | Look::End);
        Some(look)
    }

    fn group(&mut self) -> Result<Hir> {
        self.cursor.skip(1);
        self.opened += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(PatternError::TooBig);
        }
        let number = self.opened;
        let hir = self.alternation()?;
        if !self.cursor.eat(b')') {
            return Err(PatternError::UnmatchedParenthesis);
        }
        self.depth -= 1;
        if number <= 9 {
            self.complete |= 1 << number;
        }
        Ok(hir)
    }

    /// A `\` and the next character: `\w \W \s \S` are sets and `\1` to `\9` refer to groups, both from GNU; any other
    /// character is itself, so `\d` is `d` and `\n` is `n`.
    fn escape(&mut self) -> Result<Hir> {
        self.cursor.skip(1);
        let Dialect { encoding, ignore_case } = self.dialect;
        let mut behind = self.cursor.clone();
        let escaped = match behind.character(encoding).ok_or(PatternError::TrailingBackslash)? {
            // Upper case comes first, but not to ASCII letters here: an escaped long s is \S.
            Character::Valid(c) if ignore_case && !c.is_ascii() => case::upper(c, encoding),
            Character::Valid(c) => c,
            Character::BeyondUnicode(_) | Character::Stray(_) => char::REPLACEMENT_CHARACTER,
        };
        let mut set = match escaped {
            'w' | 'W' => Set::word(self.dialect),
            's' | 'S' => Set::space(self.dialect),
            '1'..='9' => {
                self.cursor = behind;
                if self.complete >> (escaped as u32 - '0' as u32) & 1 == 0 {
                    return Err(PatternError::UndefinedGroup);
                }
                self.back_reference = true;
                return Ok(Hir::empty());
            }
            'a'..='z' if ignore_case => {
                // glibc upper-cases the subject, but not an escaped letter, which therefore never matches.
                self.cursor = behind;
                return Ok(Hir::fail());
            }
            _ => return Ok(self.literal()),
        };
        self.cursor = behind;
        set.negated = escaped.is_ascii_uppercase();
        Ok(self.set(set))
    }

    /// A character that stands for itself.
    fn literal(&mut self) -> Hir {
        let Dialect { encoding, ignore_case } = self.dialect;
        let rest = self.cursor.rest();
        match self.cursor.character(encoding) {
            None => Hir::empty(),
            Some(Character::Valid(c)) if ignore_case => self.set(Set::one(case::upper(c, encoding))),
            Some(_) => Hir::literal(&rest[..rest.len() - self.cursor.rest().len()]),
        }
    }

    /// `.`: every character, a newline too.
    fn any(&mut self) -> Hir {
        if self.dialect.encoding == Encoding::Utf8 && !self.dialect.ignore_case {
            return utf8::any_by_shape();
        }
        self.set(Set::any())
    }

    fn set(&mut self, set: Set) -> Hir {
        self.encoding_matters |= set.depends_on_encoding(self.dialect);
        set.into_hir(self.dialect)
    }

    /// What follows an expression: any number of `*`, `+`, `?` and intervals, each of which repeats all before it. So
    /// `a+?` is `(a+)?`, which matches every subject; no operator is lazy.
    fn repetitions(&mut self, mut hir: Hir) -> Result<Hir> {
        let mut last: Option<Bounds> = None;
        while let Some(bounds) = self.operator()? {
            last = Some(match last {
                None => bounds,
                Some(inner) => match inner.repeated(bounds) {
                    Some(both) => both,
                    None => {
                        self.stacked += 1;
                        hir = repeat(hir, inner);
                        bounds
                    }
                },
            });
            if self.stacked > DEEPEST {
                return Err(PatternError::TooBig);
            }
        }
        Ok(match last {
            None => hir,
            Some(bounds) => repeat(hir, bounds),
        })
    }

    fn operator(&mut self) -> Result<Option<Bounds>> {
        let bounds = match self.cursor.peek() {
            Some(b'*') => Bounds { min: 0, max: None },
            Some(b'+') => Bounds { min: 1, max: None },
            Some(b'?') => Bounds { min: 0, max: Some(1) },
            Some(b'{') => {
                self.cursor.skip(1);
                return interval::read(&mut self.cursor).map(Some);
            }
            _ => return Ok(None),
        };
        self.cursor.skip(1);
        Ok(Some(bounds))
    }
}

fn repeat(hir: Hir, Bounds { min, max }: Bounds) -> Hir {
    Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(hir) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ere::{Charset, Flags, Pattern};
    use PatternError::*;

    fn matches(pattern: &str, subject: &str) -> Result<bool> {
        matches_in(pattern, subject, Flags { charset: Charset::Utf8, ..Flags::default() })
    }

    fn matches_in(pattern: &str, subject: &str, flags: Flags) -> Result<bool> {
        Pattern::new(pattern.as_bytes(), flags)?.is_match(subject.as_bytes())
    }

    fn check(table: &[(&str, &[&str], &[&str])]) {
        for &(pattern, yes, no) in table {
            yes.iter()
                .for_each(|subject| assert_eq!(matches(pattern, subject), Ok(true), "{pattern} {subject:?}"));
            no.iter().for_each(|subject| {
                assert_eq!(matches(pattern, subject), Ok(false), "{pattern} {subject:?}")
            });
        }
    }

    /// XBD 9.4.7: alternation; an empty branch is undefined there, and takes the empty string in glibc.
    #[test]
    fn alternation() {
        check(&[
            ("^(a|bc)$", &["a", "bc"], &["b", "abc"]),
            ("^ab|cd$", &["abx", "xcd"], &["xab", "cdx"]),
            ("a|", &["", "x"], &[]),
            ("^(|a)$", &["", "a"], &["b"]),
            ("^()$", &[""], &["a"]),
        ]);
    }

    /// XBD 9.4.6: repetition. In glibc each operator repeats all before it, and there is no lazy one.
    #[test]
    fn repetition() {
        check(&[
            ("^ab*$", &["a", "abb"], &["abab"]),
            ("^(ab)+$", &["ab", "abab"], &["", "aab"]),
            ("^ab?$", &["a", "ab"], &["abb"]),
            ("^a{2}{3}$", &["aaaaaa"], &["aaaaa"]),
            ("^(a{2}){1,2}$", &["aa", "aaaa"], &["a", "aaa"]),
            ("^a+?$", &["", "aa"], &["b"]),
            ("^a{0}$", &[""], &["a"]),
            ("(a*)+", &["", "b"], &[]),
        ]);
    }

    /// XBD 9.4.6 leaves a repetition of nothing undefined; glibc refuses it (RE_CONTEXT_INVALID_OPS).
    #[test]
    fn nothing_cannot_be_repeated() {
        for pattern in
            ["*", "a|*b", "(*a)", "(+)", "^*", "a$*", "?", "{1}", r"\<+", r"\b*", "(?:a)", "(?i)a", "a||*"]
        {
            assert_eq!(matches(pattern, ""), Err(NothingToRepeat), "{pattern}");
        }
    }

    /// XBD 9.4.3: `)` alone is a character, and so is `}` (RE_UNMATCHED_RIGHT_PAREN_ORD).
    #[test]
    fn groups_end() {
        check(&[("a)", &["a)"], &["a"]), ("}", &["}"], &["{"]), ("a)*", &["a", "a))"], &["b"])]);
        for pattern in ["(", "a(", "((a)", "(a|b", ")("] {
            assert_eq!(matches(pattern, ""), Err(UnmatchedParenthesis), "{pattern}");
        }
    }

    /// XBD 9.4.9: anchors; they are anchors anywhere. There are no lines without REG_NEWLINE.
    #[test]
    fn anchors() {
        check(&[
            ("^ab", &["abc"], &["xab", "x\nab"]),
            ("ab$", &["xab"], &["abx", "ab\n"]),
            ("a^b", &[], &["ab", "a^b"]),
            ("a$b", &[], &["ab", "a$b"]),
            ("(^a|b$)", &["ax", "xb"], &["xa", "bx"]),
            ("x*^a", &["a"], &["xa"]),
            (r"\`ab\'", &["ab"], &["xab", "ab\n"]),
        ]);
    }

    /// GNU: ends of words, which are letters, digits and `_`.
    #[test]
    fn words() {
        check(&[
            (r"\<b", &["a b", "b", "-b"], &["ab", "_b", "éb"]),
            (r"a\>", &["a b", "a-"], &["ab", "aé"]),
            (r"\bab\b", &["x ab-"], &["xab", "ab_"]),
            (r"a\Bb", &["ab"], &["a b"]),
            (r"\B", &["", "ab", "--"], &["a", "a-b"]),
            (r"^\w+$", &["aZ_0é"], &["a-"]),
            (r"^\W$", &["-", "€"], &["a", "é"]),
            (r"^\s\S$", &[" a", "\tx", "\u{2003}x"], &["ab", "  "]),
        ]);
    }

    /// XBD 9.4.4: a `\` makes a special character a plain one. In front of others it is undefined, and
    /// glibc takes them as they are.
    #[test]
    fn escapes() {
        check(&[
            (r"a\.b", &["a.b"], &["axb"]),
            (r"\d", &["d"], &["0"]),
            (r"^\n\t$", &["nt"], &["\n\t"]),
            (r"^\x41$", &["x41"], &["A"]),
            (r"a\{1}", &["a{1}"], &["a"]),
            (r"^\é*$", &["éé", ""], &["e"]),
            (r"(a\|b)", &["a|b"], &["a"]),
            (r"\0", &["0"], &[]),
        ]);
        assert_eq!(matches(r"a\", ""), Err(TrailingBackslash));
        assert_eq!(matches(r"(a|\)", ""), Err(UnmatchedParenthesis));
    }

    /// GNU: back-references. One to a group that is not complete, or in another branch, is an error.
    #[test]
    fn back_references() {
        for pattern in [r"(a)\1", r"(a)|b(c)\2", r"(a)(b|\1)", r"((a)|b)\2", r"(a){0}\1", r"(a)\10"] {
            assert_eq!(matches(pattern, "aa"), Err(BackReference), "{pattern}");
        }
        for pattern in [r"\1", r"(a\1)", r"(a)|\1", r"(a)\2", r"\9(a)", r"x|(a)|\1"] {
            assert_eq!(matches(pattern, "aa"), Err(UndefinedGroup), "{pattern}");
        }
        assert_eq!(matches(r"(a)\1(", "aa"), Err(UnmatchedParenthesis), "an error comes first");
    }

    /// XBD 9.4.5: a `.` takes any character; in UTF-8 a byte that is part of none is no character.
    #[test]
    fn any_character() {
        check(&[("^a.c$", &["abc", "aéc", "a\nc", "a😀c"], &["ac", "abbc"])]);
        for (charset, takes) in [(Charset::Utf8, false), (Charset::Bytes, true)] {
            let pattern = Pattern::new(b"^a.c$", Flags { charset, ..Flags::default() }).unwrap();
            assert_eq!(pattern.is_match(b"a\xffc"), Ok(takes));
            assert_eq!(pattern.is_match("aéc".as_bytes()), Ok(!takes));
        }
    }

    #[test]
    fn ignoring_case() {
        for (pattern, subject, expected) in [
            ("(sshd)", "SSHD", true),
            ("(É)", "é", true),
            ("(straße)", "STRASSE", false),
            ("(k)", "\u{212a}", false), // the Kelvin sign is upper case itself
            ("(s)", "ſ", true),
            (r"\a", "a", false), // glibc does not fold an escaped letter, but the subject
            (r"\a", "A", false),
            (r"\A", "a", true),
            (r"\ı", "i", true),
            (r"\ſ", "x", true),
            (r"\ſ", " ", false),
            ("[[:upper:]]", "a", true),
            ("[A-z]", "_", false),
            ("[^a]", "A", false),
        ] {
            let flags = Flags { ignore_case: true, charset: Charset::Utf8, ..Flags::default() };
            assert_eq!(matches_in(pattern, subject, flags), Ok(expected), "{pattern} {subject}");
        }
    }
}

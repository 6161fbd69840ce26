//! The grammar of XBD 9.5.3: branches between `|`, expressions one behind the other, each with its
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
/// deeper, and who walks a tree needs stack. No pattern that somebody wrote comes near.
const DEEPEST: u32 = 250;

/// What a pattern means.
pub(super) struct Parsed {
    pub hir: Hir,
    /// Whether the pattern takes the same subjects in UTF-8 as in a charset of single bytes. Only
    /// subjects beyond ASCII can differ; of a pattern beyond ASCII it is never said.
    pub encoding_matters: bool,
}

pub(super) fn parse(pattern: &[u8], dialect: Dialect) -> Result<Parsed> {
    let mut parser = Parser {
        cursor: Cursor::new(pattern),
        dialect,
        depth: 0,
        stacked: 0,
        opened: 0,
        complete: 0,
        back_reference: false,
        encoding_matters: !pattern.is_ascii(),
    };
    let hir = parser.alternation()?;
    if parser.back_reference {
        return Err(PatternError::BackReference);
    }
    Ok(Parsed { hir, encoding_matters: parser.encoding_matters })
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    dialect: Dialect,
    /// Groups open here.
    depth: u32,
    /// Repetitions of a repetition so far, but for those that are one.
    stacked: u32,
    /// Groups opened so far: the number of the last.
    opened: u32,
    /// Bit n: group n (1 to 9) is complete, so that `\n` may refer to it.
    complete: u16,
    /// There is a valid back-reference.
    back_reference: bool,
    encoding_matters: bool,
}

impl Parser<'_> {
    /// Branches between `|`. A branch may be empty, which takes every subject.
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

    /// One expression with its repetitions. An anchor takes none: it is complete, and an operator
    /// behind it has nothing to repeat, as one at the start of a branch (XBD 9.4.6 leaves both open).
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

    /// Reads an anchor: `^` and `$`, which are ones everywhere in an ERE (XBD 9.4.9), or one of GNU's
    /// `` \` `` and `\'` (ends of the subject), `\b`, `\B`, `\<` and `\>` (ends of words). There are no lines:
    /// `$` does not hold in front of a final newline.
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

    /// A `\` and what it makes of the next character: `\w \W \s \S` are sets and `\1` to `\9` refer to
    /// groups, both GNU's; before all else it means the character itself, so `\d` is `d` and `\n` is `n`.
    fn escape(&mut self) -> Result<Hir> {
        self.cursor.skip(1);
        let byte = self.cursor.peek().ok_or(PatternError::TrailingBackslash)?;
        let mut set = match byte {
            b'w' | b'W' => Set::word(self.dialect),
            b's' | b'S' => Set::space(self.dialect),
            b'1'..=b'9' => {
                self.cursor.skip(1);
                if self.complete >> (byte - b'0') & 1 == 0 {
                    return Err(PatternError::UndefinedGroup);
                }
                self.back_reference = true;
                return Ok(Hir::empty());
            }
            b'a'..=b'z' if self.dialect.ignore_case => {
                // glibc upper-cases the subject, but not an escaped letter, which so is never found.
                self.cursor.skip(1);
                return Ok(Hir::fail());
            }
            _ => return Ok(self.literal()),
        };
        self.cursor.skip(1);
        set.negated = byte.is_ascii_uppercase();
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

    /// What follows an expression: any number of `*`, `+`, `?` and intervals, each of which repeats all
    /// before it. So `a+?` is `(a+)?`, which takes every subject; nothing is ever lazy.
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

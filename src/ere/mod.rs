//! POSIX extended regular expressions (ERE), as glibc's `regcomp` and `regexec` read them.
//!
//! A pattern selects the processes that are signalled, so it must have the same meaning as in the pkill of
//! procps-ng, which uses `regcomp(…, REG_EXTENDED | REG_NOSUB)`, with `REG_ICASE` under `-i`. POSIX (XBD, chapter
//! 9.4) leaves parts of EREs undefined; glibc defines them, and this module does the same. Therefore it has a parser
//! of its own, and uses `regex_automata` for the search, in linear time.
//!
//! # Extended regular expressions
//!
//! | pattern | matches | module |
//! |---|---|---|
//! | `a` | itself: `a` | `literal` |
//! | `.` | any character, a newline too | `class` |
//! | `[a-z_]` `[^0-9]` `[[:alpha:]]` | a character of a set | `bracket`, `class` |
//! | `\.` `\w` `\W` `\s` `\S` | the character itself, or a GNU set | `parser` |
//! | `^` `$` `\<` `\>` `\b` `\B` | nothing, at a certain place | `parser` |
//! | `ab` | one expression after the other | `parser` |
//! | `a\|b` | one or the other | `parser` |
//! | `(ab)` | a group, which operators repeat as a whole | `parser` |
//! | `a*` `a+` `a?` `a{2,5}` | an expression some number of times | `parser`, `interval` |
//!
//! The locale determines what a character is (`charset`), and which characters `-i` makes equal (`case`).
//!
//! # How a pattern is tried
//!
//! A pattern that is equivalent to plain text between optional anchors is searched for as bytes (`literal`). All
//! others become an automaton (`parser`, `automaton`). The first one works on bytes: nearly all names are ASCII, where
//! a byte is a character in each charset. The one for Unicode is about a hundred times larger, and is built when the
//! first subject needs it.
//!
//! # Where it differs from glibc
//!
//! Back-references are refused, as are patterns too big for an automaton of 64 MiB, which glibc would try to build.
//! Otherwise, in some million random pairs, three of ten thousand differ, all for these reasons:
//!
//! - In glibc `^` matches after a newline that the pattern has matched, and `$` before one that it matches next, although
//!   `REG_NEWLINE` is not set: `.^` matches `"a\n"`, while `^b` does not match `"a\nb"`.
//! - The copies that it makes of a group for `{n}` and `+` lose anchors: `(x|^b){2}` matches `"xb"`.
//! - At the ends of words in UTF-8, it treats a byte that is part of no character as the Latin-1 letter, and a mark as
//!   no part of a word; here the byte is no part of a word, and the mark is.
//! - Halves of surrogate pairs, and stray bytes in a pattern, match there or not, depending on the rest of the
//!   pattern; here they match.
//! - A character beyond U+10FFFF may be in a set there; here the set is refused.
//! - Its classes are those of its version of Unicode.
//!
//! ```
//! use pkill::ere::{Flags, Pattern};
//!
//! let pattern = Pattern::new(b"^(foo|bar)[0-9]{1,2}$", Flags::default())?;
//! assert!(pattern.is_match(b"bar42")?);
//! assert!(!pattern.is_match(b"bar421")?);
//! # Ok::<(), pkill::ere::PatternError>(())
//! ```

mod automaton;
mod bracket;
mod case;
mod charset;
mod class;
mod cursor;
mod error;
mod find;
mod interval;
mod literal;
mod parser;
mod source;
mod taken;
mod utf8;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_automata::meta;

pub use charset::Charset;
use charset::Encoding;
pub use error::PatternError;
use error::Result;
use literal::Literal;
use parser::Parsed;
pub use source::Flags;
use source::Source;
use taken::Taken;

/// A compiled pattern.
///
/// Clones are cheap, and each thread should search with its own: clones share the automata, but not the memory that a
/// search needs, for which threads would have to wait.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Arc<Source>,
    search: Search,
    /// For subjects beyond ASCII, unless `search` is correct for them too.
    beyond_ascii: Option<BeyondAscii>,
    minimum_len: usize,
    taken: Taken,
}

#[derive(Clone, Debug)]
enum Search {
    Literal(Arc<Literal>),
    Automaton(meta::Regex),
}

/// The automaton for subjects beyond ASCII, where the locale may make a difference.
#[derive(Clone, Debug)]
struct BeyondAscii {
    shared: Arc<Unicode>,
    /// The clone's own handle of the shared automaton.
    own: OnceLock<Option<meta::Regex>>,
}

#[derive(Debug)]
struct Unicode {
    source: Arc<Source>,
    /// `None` if the charset is one of single bytes.
    automaton: OnceLock<Result<Option<meta::Regex>>>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Where glibc has one, with the same text. Valid back-references, and patterns that are too big or
    /// too deeply nested, are refused too.
    pub fn new(pattern: &[u8], flags: Flags) -> Result<Pattern> {
        let Flags { ignore_case, whole, plain, charset } = flags;
        let source = Arc::new(Source::new(pattern, flags));
        let literal = if plain { Literal::plain } else { Literal::parse };
        let (search, minimum_len, encoding_matters, taken) = match literal(pattern, ignore_case, whole) {
            Some(literal) => {
                let (len, encoding_matters) = (literal.len(), literal.encoding_matters());
                let taken = Taken::by_literal(literal.text());
                (Search::Literal(Arc::new(literal)), len, encoding_matters, taken)
            }
            None => {
                let ascii = pattern.is_ascii();
                let encoding = if ascii { Encoding::Bytes } else { charset.encoding() };
                let Parsed { hir, encoding_matters } = source.parse(encoding)?;
                let minimum_len = hir.properties().minimum_len().unwrap_or(0);
                let search = match Literal::of(&hir) {
                    Some(literal) => Search::Literal(Arc::new(literal)),
                    None => Search::Automaton(automaton::compile(&hir)?),
                };
                (search, minimum_len, ascii && encoding_matters, Taken::by(&hir))
            }
        };
        let beyond_ascii = (encoding_matters && charset != Charset::Bytes).then(|| BeyondAscii {
            shared: Arc::new(Unicode { source: Arc::clone(&source), automaton: OnceLock::new() }),
            own: OnceLock::new(),
        });
        Ok(Pattern { source, search, beyond_ascii, minimum_len, taken })
    }

    /// Whether the subject, or a part of it, matches.
    ///
    /// # Errors
    ///
    /// [`PatternError::TooBig`] where the subject is not ASCII and the automaton that knows Unicode, which
    /// is built when it is first needed, is too big.
    pub fn is_match(&self, subject: &[u8]) -> Result<bool> {
        if let Some(beyond_ascii) = &self.beyond_ascii
            && !subject.is_ascii()
            && let Some(automaton) = beyond_ascii.automaton()?
        {
            return Ok(automaton.is_match(subject));
        }
        Ok(match &self.search {
            Search::Literal(literal) => literal.is_match(subject),
            Search::Automaton(automaton) => automaton.is_match(subject),
        })
    }

    /// The part of a subject that matches, in bytes: the leftmost one, and of these the longest. None if no part does.
    /// Clones share the automata that find it, which are built when they are first needed.
    ///
    /// # Errors
    ///
    /// [`PatternError::TooBig`]: finding takes bigger automata than matching.
    pub fn find(&self, subject: &[u8]) -> Result<Option<Range<usize>>> {
        Ok(self.source.spans_for(subject)?.find(subject))
    }

    /// Whether a match may contain one of these characters, which are ASCII and no letters. If not, a subject with
    /// other characters in their place matches as well.
    pub fn may_take_any(&self, of: &[u8]) -> bool {
        self.taken.has_any(of)
    }

    /// The minimum length of a match in bytes: 0 if an empty subject may match, or if none does.
    pub fn minimum_len(&self) -> usize {
        self.minimum_len
    }
}

/// Whether the character means something other than itself in a pattern, outside of brackets; a backslash before it
/// takes that away.
pub fn is_special(byte: u8) -> bool {
    b".[\\()*+?{|^$".contains(&byte)
}

/// A pattern in which each character of the text stands for itself: the special ones are escaped with a backslash.
///
/// ```
/// use pkill::ere::{Flags, Pattern, escape};
///
/// assert_eq!(escape("g++ (x86)"), r"g\+\+ \(x86\)");
/// let whole = Flags { whole: true, ..Flags::default() };
/// let pattern = Pattern::new(escape("a.b").as_bytes(), whole)?;
/// assert!(pattern.is_match(b"a.b")?);
/// assert!(!pattern.is_match(b"aXb")?);
/// # Ok::<(), pkill::ere::PatternError>(())
/// ```
pub fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if u8::try_from(c).is_ok_and(is_special) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

impl BeyondAscii {
    fn automaton(&self) -> Result<Option<&meta::Regex>> {
        if let Some(own) = self.own.get() {
            return Ok(own.as_ref());
        }
        let shared = self.shared.automaton.get_or_init(|| self.shared.compile()).clone()?;
        Ok(self.own.get_or_init(|| shared).as_ref())
    }
}

impl Unicode {
    fn compile(&self) -> Result<Option<meta::Regex>> {
        if self.source.flags.charset.encoding() == Encoding::Bytes {
            return Ok(None);
        }
        automaton::compile(&self.source.parse(Encoding::Utf8)?.hir).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, flags: Flags) -> Pattern {
        Pattern::new(text.as_bytes(), flags).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn nothing_is_compiled_for_text() {
        for (text, flags) in [
            ("sshd", Flags::default()),
            ("sshd", Flags { ignore_case: true, ..Flags::default() }),
            ("sshd", Flags { whole: true, ..Flags::default() }),
            (r"^/usr/bin/node\.js$", Flags::default()),
            ("[v]llm serve", Flags::default()),
            ("(sshd)", Flags { whole: true, ..Flags::default() }),
            ("é", Flags { charset: Charset::Bytes, ..Flags::default() }),
            ("é", Flags { charset: Charset::Utf8, ..Flags::default() }),
        ] {
            assert!(matches!(pattern(text, flags).search, Search::Literal(_)), "{text}");
        }
        assert!(matches!(pattern("a|b", Flags::default()).search, Search::Automaton(_)));
    }

    #[test]
    fn unicode_is_compiled_once_and_only_when_it_matters() {
        for (text, ignore_case, matters) in [
            ("^(foo|bar)$", false, false),
            ("[a-z]+[0-9[:digit:]]{2}", false, false),
            ("(foo|bar)", true, false),
            ("foo", true, false),
            ("sshd", true, true), // the long s
            ("(x|i)", true, true),
            ("a.c", false, true),
            ("[^a]", false, true),
            ("[[:alpha:]]", false, true),
            (r"\w", false, true),
            (r"\<a", false, true),
        ] {
            let utf8 = pattern(text, Flags { ignore_case, charset: Charset::Utf8, ..Flags::default() });
            assert_eq!(utf8.beyond_ascii.is_some(), matters, "{text}");
            let bytes = pattern(text, Flags { ignore_case, charset: Charset::Bytes, ..Flags::default() });
            assert!(bytes.beyond_ascii.is_none(), "{text}");

            let compiled = |pattern: &Pattern| {
                pattern.beyond_ascii.as_ref().is_some_and(|late| late.shared.automaton.get().is_some())
            };
            let clone = utf8.clone();
            utf8.is_match(b"foo1").unwrap();
            assert!(!compiled(&utf8), "{text}");
            utf8.is_match("é".as_bytes()).unwrap();
            assert_eq!((compiled(&utf8), compiled(&clone)), (matters, matters), "{text}");
        }
    }

    #[test]
    fn the_whole_subject_is_the_text_between_anchors() {
        let whole = |text, subject: &str| {
            pattern(text, Flags { whole: true, ..Flags::default() }).is_match(subject.as_bytes()).unwrap()
        };
        assert!(whole("a|b", "b") && !whole("a|b", "ab"));
        assert!(whole("a)|(b", "ax") && whole("a)|(b", "xb") && !whole("a)|(b", "xa")); // ^(a)|(b)$
        assert!(whole("", "") && !whole("", "a"));
        let refused = |text: &[u8]| Pattern::new(text, Flags { whole: true, ..Flags::default() }).err();
        assert_eq!(refused(b"a("), Some(PatternError::UnmatchedParenthesis));
        assert_eq!(refused(b"*"), Some(PatternError::NothingToRepeat));
        assert_eq!(refused(br"a)\1"), Some(PatternError::BackReference)); // ^(a)\1)$
        assert_eq!(refused(br"(a)\1"), Some(PatternError::UndefinedGroup)); // the group is number 2
    }

    #[test]
    fn plain_text_is_what_it_is() {
        let flags = Flags { plain: true, charset: Charset::Utf8, ..Flags::default() };
        let icase = Flags { ignore_case: true, ..flags };
        let whole = Flags { whole: true, ..flags };
        let bytes = Flags { charset: Charset::Bytes, ..icase };
        for (text, flags, yes, no) in [
            ("a.c", flags, &["a.c", "xa.cx"][..], &["abc", "A.C"][..]),
            ("^a$", flags, &["^a$", "x^a$x"], &["a"]),
            ("(", flags, &["("], &[""]),
            (r"[[:alpha:]]\1{2", flags, &[r"[[:alpha:]]\1{2"], &["a"]),
            (r"\", flags, &[r"\"], &["a"]),
            ("é*", flags, &["é*", "aé*b"], &["éé", "É*"]),
            ("", flags, &["", "a"], &[]),
            ("a.c", icase, &["A.C", "xa.Cx"], &["ABC"]),
            ("é.s", icase, &["É.S", "é.ſ"], &["e.s", "éxs"]),
            ("s.", icase, &["S.", "ſ."], &["sx"]),
            ("s.", bytes, &["S."], &["ſ."]),
            ("a|b", whole, &["a|b"], &["a", "b", "xa|b"]),
            ("é)", Flags { whole: true, ..icase }, &["É)"], &["xé)", "é)x"]),
            ("", whole, &[""], &["a"]),
        ] {
            let pattern = pattern(text, flags);
            for (subjects, expected) in [(yes, true), (no, false)] {
                for subject in subjects {
                    assert_eq!(
                        pattern.is_match(subject.as_bytes()),
                        Ok(expected),
                        "{text} {flags:?} {subject}"
                    );
                }
            }
        }
        assert_eq!(Pattern::new(b"\xff.", flags).unwrap().is_match(b"a\xff.b"), Ok(true));
        assert_eq!(Pattern::new(b"\xff.", flags).unwrap().is_match(b"a\xffxb"), Ok(false));
        assert_eq!(pattern("a.very.long.name.é", flags).minimum_len(), 19);
    }

    #[test]
    fn characters_that_a_match_may_have_in_it() {
        let whole = Flags { whole: true, ..Flags::default() };
        let plain = Flags { plain: true, ..Flags::default() };
        for (text, flags, takes) in [
            ("sshd", Flags::default(), false),
            ("^sshd$", Flags { ignore_case: true, ..Flags::default() }, false),
            ("", whole, false),
            ("^v[0-9]+(foo|bar)*$", whole, false),
            ("[a-z]é{2}", Flags { charset: Charset::Utf8, ..Flags::default() }, false),
            ("a b", Flags::default(), true),
            (r"a\?", Flags::default(), true),
            ("a?", Flags::default(), false),
            ("a?", plain, true),
            ("a.", Flags::default(), true),
            ("(a|[^b])+", Flags::default(), true),
            ("[^a]", Flags { charset: Charset::Utf8, ..Flags::default() }, true),
            ("[[:punct:]]", Flags::default(), true),
            (r"\s|x", Flags::default(), true),
            (r"[a-z]\>", Flags::default(), true), // depends on what follows
        ] {
            assert_eq!(pattern(text, flags).may_take_any(b"? "), takes, "{text}");
        }
    }

    #[test]
    fn minimum_lengths() {
        for (text, flags, least) in [
            ("sshd", Flags::default(), 4),
            ("^sshd$", Flags::default(), 4),
            (r"a\.b", Flags::default(), 3),
            ("é", Flags::default(), 2),
            ("", Flags::default(), 0),
            ("a{16}", Flags::default(), 16),
            ("(foo|ba)x+", Flags::default(), 3),
            ("(foo|)", Flags::default(), 0),
            ("a*b?", Flags::default(), 0),
            ("[^a]..", Flags { charset: Charset::Utf8, ..Flags::default() }, 3),
            (r"\a", Flags { ignore_case: true, ..Flags::default() }, 0), // takes nothing at all
            ("(a|bc)d", Flags { whole: true, ..Flags::default() }, 2),
        ] {
            assert_eq!(pattern(text, flags).minimum_len(), least, "{text}");
        }
    }

    #[test]
    fn patterns_can_go_to_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<Pattern>();
    }
}

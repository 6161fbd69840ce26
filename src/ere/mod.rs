//! POSIX extended regular expressions (ERE), as glibc's `regcomp` and `regexec` read them.
//!
//! A pattern selects the processes that a signal goes to, so it must mean here what it means to the pkill
//! that people know, whose patterns are `regcomp(…, REG_EXTENDED | REG_NOSUB)`, with `REG_ICASE` under `-i`.
//! POSIX describes EREs in XBD chapter 9.4 and leaves a good deal undefined; glibc defines it, and this
//! module follows. So it reads the pattern itself, and leaves to `regex_automata` what that does best: the search,
//! in linear time.
//!
//! # Extended regular expressions
//!
//! | pattern | takes | where to read on |
//! |---|---|---|
//! | `a` | itself: `a` | `literal` |
//! | `.` | any character, a newline too | `class` |
//! | `[a-z_]` `[^0-9]` `[[:alpha:]]` | a character of a set | `bracket`, `class` |
//! | `\.` `\w` `\W` `\s` `\S` | the character itself, or a GNU set | `parser` |
//! | `^` `$` `\<` `\>` `\b` `\B` | nothing, at a certain place | `parser` |
//! | `ab` | one expression behind the other | `parser` |
//! | `a\|b` | one or the other | `parser` |
//! | `(ab)` | a group, which operators take as one | `parser` |
//! | `a*` `a+` `a?` `a{2,5}` | an expression some number of times | `parser`, `interval` |
//!
//! What a character is depends on the locale (`charset`), and what `-i` makes equal too (`case`).
//!
//! # How a pattern is tried
//!
//! A pattern that is plain text between optional anchors is searched for as bytes (`literal`). All others
//! become an automaton (`parser`, `automaton`): one that sees bytes first, as nearly all names are ASCII,
//! where a byte is a character in each charset. The one that knows Unicode is some hundred times bigger;
//! it is built when the first subject comes that needs it.
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
mod interval;
mod literal;
mod parser;
mod utf8;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use regex_automata::meta;

pub use charset::Charset;
use charset::{Dialect, Encoding};
pub use error::PatternError;
use error::Result;
use literal::Literal;
use parser::Parsed;

/// How a pattern is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Case makes no difference (`-i`).
    pub ignore_case: bool,
    /// The whole subject must match (`-x`): the pattern is read as `^(PATTERN)$`.
    pub whole: bool,
    /// What a character is.
    pub charset: Charset,
}

/// A compiled pattern.
///
/// Clones are cheap, and each thread should search with its own: they share the automata, but each has its
/// own memory to search with, which threads would wait for.
#[derive(Clone, Debug)]
pub struct Pattern {
    search: Search,
    /// What subjects beyond ASCII need, unless `search` is right for them too.
    beyond_ascii: Option<BeyondAscii>,
    minimum_len: usize,
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
    /// A clone's own handle on what is shared.
    own: OnceLock<Option<meta::Regex>>,
}

#[derive(Debug)]
struct Unicode {
    text: Vec<u8>,
    ignore_case: bool,
    charset: Charset,
    /// `None` where the charset turns out to be one of single bytes.
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
        let Flags { ignore_case, whole, charset } = flags;
        let text = if whole { Cow::Owned([b"^(", pattern, b")$"].concat()) } else { Cow::Borrowed(pattern) };
        let (search, minimum_len, encoding_matters) = match Literal::parse(pattern, ignore_case, whole) {
            Some(literal) => {
                let (len, encoding_matters) = (literal.len(), literal.encoding_matters());
                (Search::Literal(Arc::new(literal)), len, encoding_matters)
            }
            None => {
                let ascii = text.is_ascii();
                let encoding = if ascii { Encoding::Bytes } else { charset.encoding() };
                let Parsed { hir, encoding_matters } =
                    parser::parse(&text, Dialect { encoding, ignore_case })?;
                let minimum_len = hir.properties().minimum_len().unwrap_or(0);
                (Search::Automaton(automaton::compile(&hir)?), minimum_len, ascii && encoding_matters)
            }
        };
        let beyond_ascii = (encoding_matters && charset != Charset::Bytes).then(|| BeyondAscii {
            shared: Arc::new(Unicode {
                text: text.into_owned(),
                ignore_case,
                charset,
                automaton: OnceLock::new(),
            }),
            own: OnceLock::new(),
        });
        Ok(Pattern { search, beyond_ascii, minimum_len })
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

    /// A length in bytes that no shorter subject matches: 0 where an empty one may, or where nothing does.
    pub fn minimum_len(&self) -> usize {
        self.minimum_len
    }
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
        if self.charset.encoding() == Encoding::Bytes {
            return Ok(None);
        }
        let dialect = Dialect { encoding: Encoding::Utf8, ignore_case: self.ignore_case };
        automaton::compile(&parser::parse(&self.text, dialect)?.hir).map(Some)
    }
}

//! Why a pattern is refused, with the texts of glibc's `regerror`.

use std::fmt;

/// Why a pattern is refused. It is displayed as glibc's text for the same pattern, which scripts and users know;
/// only [`PatternError::BackReference`] has a text of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// `REG_BADPAT`: nothing follows `[` or `[^`.
    Incomplete,
    /// `REG_ECOLLATE`: `[.x.]` or `[=x=]` with more than one character, or a range that ends in one
    /// beyond ASCII.
    CollatingElement,
    /// `REG_ECTYPE`: `[:name:]` with a name that POSIX does not know.
    ClassName,
    /// `REG_EESCAPE`: the pattern ends in a lone `\`.
    TrailingBackslash,
    /// `REG_ESUBREG`: `\n` where group n is not complete yet.
    UndefinedGroup,
    /// `REG_EBRACK`: a bracket expression, or an element in it, does not end.
    UnmatchedBracket,
    /// `REG_EPAREN`: a group does not end.
    UnmatchedParenthesis,
    /// `REG_EBRACE`: an interval does not end.
    UnmatchedBrace,
    /// `REG_BADBR`: an interval that is none, as `{}`, `{x}` and `{2,1}`.
    IntervalContent,
    /// `REG_ERANGE`: a range with its ends in the wrong order, or in a place where no range is allowed.
    RangeEnd,
    /// `REG_ESIZE`: a count above 32767, or more nesting or memory than a pattern may take.
    TooBig,
    /// `REG_BADRPT`: a repetition of nothing.
    NothingToRepeat,
    /// A valid back-reference. No automaton can match one, and any other meaning would select the wrong processes.
    BackReference,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "Invalid regular expression",
            Self::CollatingElement => "Invalid collation character",
            Self::ClassName => "Invalid character class name",
            Self::TrailingBackslash => "Trailing backslash",
            Self::UndefinedGroup => "Invalid back reference",
            Self::UnmatchedBracket => "Unmatched [, [^, [:, [., or [=",
            Self::UnmatchedParenthesis => r"Unmatched ( or \(",
            Self::UnmatchedBrace => r"Unmatched \{",
            Self::IntervalContent => r"Invalid content of \{\}",
            Self::RangeEnd => "Invalid range end",
            Self::TooBig => "Regular expression too big",
            Self::NothingToRepeat => "Invalid preceding regular expression",
            Self::BackReference => r"back-references (\1 to \9) are not supported",
        })
    }
}

impl std::error::Error for PatternError {}

pub(super) type Result<T> = std::result::Result<T, PatternError>;

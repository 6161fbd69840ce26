//! A pattern as a test, and the message for an invalid one.

use crate::ere::{Flags, Pattern, PatternError};
use crate::error::Error;
use crate::proc::NAME_MAX;
use crate::request::{Reading, Subject};
use crate::select::Test;

/// The place of an error is searched only in shorter patterns: it takes a compilation for each character.
const LOCATED_MAX: usize = 200;

/// The test whether a pattern matches.
pub(super) fn matching(text: &[u8], reading: Reading) -> Result<Test, Error> {
    let Reading { subject, ignore_case, whole, plain } = reading;
    let flags = Flags { ignore_case, whole, plain, ..Default::default() };
    let pattern = Pattern::new(text, flags).map_err(|error| refusal(text, error))?;
    Ok(match subject {
        Subject::Name if pattern.minimum_len() > NAME_MAX => Test::FullName(pattern),
        Subject::Name => Test::Name(pattern),
        Subject::CommandLine => Test::CommandLine(pattern),
    })
}

/// The message for a pattern that is refused.
fn refusal(text: &[u8], error: PatternError) -> Error {
    let place = place(text, error).map_or_else(String::new, |place| format!("{place}; "));
    Error::usage(format!("regex error: {error}"))
        .with_hint(Some(format!("{place}for plain text, use --fixed-strings")))
}

/// The character at which the error occurs.
fn place(text: &[u8], error: PatternError) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.chars().count() <= LOCATED_MAX)?;
    let refused = |end: usize| Pattern::new(&text.as_bytes()[..end], Flags::default()).err();
    let ends = || text.char_indices().map(|(start, c)| (c, start + c.len_utf8())).enumerate();
    let (number, (character, _)) = match error {
        // A group or set that does not end: its first character follows the longest prefix that is valid.
        PatternError::UnmatchedBracket
        | PatternError::UnmatchedParenthesis
        | PatternError::UnmatchedBrace
        | PatternError::Incomplete
        | PatternError::TrailingBackslash => {
            let complete = ends().filter(|(_, (_, end))| refused(*end).is_none()).last();
            ends().nth(complete.map_or(0, |(number, _)| number + 1))?
        }
        PatternError::TooBig => return None,
        _ => ends().find(|(_, (_, end))| refused(*end) == Some(error))?,
    };
    Some(format!("at character {}, '{character}'", number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_error() {
        for (pattern, expected) in [
            ("a(b", Some((2, '('))),
            ("(a(b)", Some((1, '('))),
            ("a(b)(c", Some((5, '('))),
            ("*app", Some((1, '*'))),
            ("é|*", Some((3, '*'))),
            ("a|b(?:c)", Some((5, '?'))),
            ("app[0-", Some((4, '['))),
            ("app\\", Some((4, '\\'))),
            ("a{2,1}b", Some((6, '}'))),
            ("a{2", Some((2, '{'))),
            ("[z-a]x", Some((4, 'a'))),
            ("(a)\\1", Some((5, '1'))),
            ("((a{32767}){32767}){32767}", None),
        ] {
            let error = Pattern::new(pattern.as_bytes(), Flags::default()).expect_err(pattern);
            let expected =
                expected.map(|(number, character)| format!("at character {number}, '{character}'"));
            assert_eq!(place(pattern.as_bytes(), error), expected, "{pattern}: {error}");
        }
        let long = "a".repeat(LOCATED_MAX) + "(";
        assert_eq!(place(long.as_bytes(), PatternError::UnmatchedParenthesis), None);
    }
}

//! Intervals: `a{2}`, `a{2,}`, `a{,5}`, `a{2,5}` (XBD 9.4.6, item 5).
//!
//! glibc adds `{,n}` for `{0,n}` and `{,}` for `{0,}` to what POSIX has.

use super::cursor::Cursor;
use super::error::{PatternError, Result};

/// The largest count: `RE_DUP_MAX` of glibc's regex.h.
const MOST: u32 = 32767;

/// How often an expression may be repeated; without an upper bound if `max` is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub min: u32,
    pub max: Option<u32>,
}

impl Bounds {
    /// Both combined where the result is a single repetition: `a+?` is `a*`. So fifty thousand `*` are one.
    pub(super) fn repeated(self, outer: Bounds) -> Option<Bounds> {
        let simple = |bounds: Bounds| bounds.min <= 1 && bounds.max.is_none_or(|max| max == 1);
        let max = if self.max.is_some() && outer.max.is_some() { Some(1) } else { None };
        (simple(self) && simple(outer)).then_some(Bounds { min: self.min * outer.min, max })
    }
}

/// Reads what follows a `{`, the `}` included.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Bounds> {
    let (min, mut end) = number(cursor)?;
    let mut max = min;
    if end == b',' {
        (max, end) = number(cursor)?;
    } else if min.is_none() {
        return Err(PatternError::IntervalContent); // {}
    }
    let min = min.unwrap_or(0);
    if end != b'}' || max.is_some_and(|max| min > max) {
        return Err(PatternError::IntervalContent);
    }
    if max.unwrap_or(min) > MOST {
        return Err(PatternError::TooBig);
    }
    Ok(Bounds { min, max })
}

/// Reads optional digits, and the `,` or `}` that follows.
///
/// glibc reads tokens here, not bytes: `\,` is a comma and `\0` a digit, every other escape is wrong.
/// It reads to the end of the number before it reports an error: `{x` is unmatched, `{x}` is invalid.
fn number(cursor: &mut Cursor<'_>) -> Result<(Option<u32>, u8)> {
    let (mut value, mut valid) = (None, true);
    loop {
        let mut byte = cursor.next().ok_or(PatternError::UnmatchedBrace)?;
        let mut escaped = false;
        if byte == b'\\' {
            escaped = true;
            byte = cursor.next().ok_or(PatternError::UnmatchedBrace)?;
        }
        match byte {
            b',' if valid => return Ok((value, b',')),
            b'}' if valid && !escaped => return Ok((value, b'}')),
            b',' => return Err(PatternError::IntervalContent),
            b'}' if !escaped => return Err(PatternError::IntervalContent),
            b'0' => value = Some(value.unwrap_or(0) * 10),
            b'1'..=b'9' if !escaped => value = Some(value.unwrap_or(0) * 10 + u32::from(byte - b'0')),
            _ => valid = false,
        }
        value = value.map(|value| value.min(MOST + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PatternError::{IntervalContent, TooBig, UnmatchedBrace};

    #[test]
    fn a_repetition_of_a_repetition_may_be_one() {
        let read = |text: &str| read(&mut Cursor::new(text.as_bytes())).unwrap();
        let (star, plus, optional, once) = ("0,}", "1,}", "0,1}", "1}");
        for (inner, outer, both) in [
            (plus, optional, Some(star)),
            (optional, plus, Some(star)),
            (star, star, Some(star)),
            (plus, plus, Some(plus)),
            (optional, optional, Some(optional)),
            (once, plus, Some(plus)),
            ("2}", star, None), // an even number
            (star, "2}", None),
            ("0}", "0}", None),
        ] {
            assert_eq!(read(inner).repeated(read(outer)), both.map(read), "{inner} {outer}");
        }
    }

    #[test]
    fn intervals_as_glibc_reads_them() {
        let bounds = |min, max| Ok(Bounds { min, max });
        for (text, expected) in [
            ("2}", bounds(2, Some(2))),
            ("2,}", bounds(2, None)),
            ("2,5}", bounds(2, Some(5))),
            ("0}", bounds(0, Some(0))),
            ("007}", bounds(7, Some(7))),
            (",5}", bounds(0, Some(5))),
            (",}", bounds(0, None)),
            (r"1\,2}", bounds(1, Some(2))),
            (r"1\0}", bounds(10, Some(10))),
            ("32767}", bounds(32767, Some(32767))),
            ("32768}", Err(TooBig)),
            ("99999999999999999999}", Err(TooBig)),
            ("0,32768}", Err(TooBig)),
            ("5,2}", Err(IntervalContent)),
            ("}", Err(IntervalContent)),
            ("x}", Err(IntervalContent)),
            ("1,2,3}", Err(IntervalContent)),
            (" 1}", Err(IntervalContent)),
            (r"\1}", Err(IntervalContent)),
            (r"1\}}", Err(IntervalContent)),
            ("x,", Err(IntervalContent)),
            ("", Err(UnmatchedBrace)),
            ("1", Err(UnmatchedBrace)),
            ("1a", Err(UnmatchedBrace)),
            ("1,", Err(UnmatchedBrace)),
            (r"1\", Err(UnmatchedBrace)),
        ] {
            assert_eq!(read(&mut Cursor::new(text.as_bytes())), expected, "{{{text}");
        }
    }
}

//! A text on one line of a terminal: the part of it that matters stays visible.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

/// What stands for the text that was cut off.
const MORE: &str = "...";

/// A text, and where a part of it is marked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub text: String,
    /// The columns before the marked part, and of it.
    pub mark: Option<Range<usize>>,
}

impl Excerpt {
    /// At most `room` columns of the text; None: all of it. `part` is in bytes.
    pub(super) fn new(text: &str, part: Option<Range<usize>>, room: Option<usize>) -> Excerpt {
        let part = part
            .map(|part| columns(&text[..before(text, part.start)])..columns(&text[..after(text, part.end)]));
        let room = match room {
            Some(room) if columns(text) > room => room.max(3 * MORE.len()),
            _ => return Excerpt { text: text.to_owned(), mark: part },
        };
        // The part is shown from its start, after a quarter of the room at most.
        let start = part.as_ref().map_or(0, |part| match part.end + MORE.len() > room {
            true => part.start.saturating_sub(room / 4),
            false => 0,
        });
        let prefix = if start > 0 { MORE } else { "" };
        let rest = skip(text, start);
        let start = columns(text) - columns(rest);
        let fits = columns(rest) + prefix.len() <= room;
        let suffix = if fits { "" } else { MORE };
        let shown = take(rest, room - prefix.len() - suffix.len());
        let end = start + columns(shown);
        let place = |column: usize| column.clamp(start, end) - start + prefix.len();
        let mark = part.map(|part| place(part.start)..place(part.end));
        Excerpt { text: [prefix, shown, suffix].concat(), mark }
    }
}

/// The columns that a text takes. What is displayed has no control characters.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// What follows the first columns.
fn skip(text: &str, columns: usize) -> &str {
    let mut column = 0;
    let is_later = |c: char| {
        let later = column >= columns && c.width() != Some(0);
        column += c.width().unwrap_or(0);
        later
    };
    &text[text.find(is_later).unwrap_or(text.len())..]
}

/// The first columns.
fn take(text: &str, columns: usize) -> &str {
    let mut column = 0;
    let is_beyond = |c: char| {
        column += c.width().unwrap_or(0);
        column > columns
    };
    &text[..text.find(is_beyond).unwrap_or(text.len())]
}

/// The start of the character that this byte is in.
fn before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The end of the character that the byte before this one is in.
fn after(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_matters_is_visible() {
        for (text, part, room, expected, mark) in [
            ("java -jar server.jar", Some(10..16), None, "java -jar server.jar", Some(10..16)),
            ("java -jar server.jar", Some(10..16), Some(20), "java -jar server.jar", Some(10..16)),
            ("java -jar server.jar", Some(0..4), Some(12), "java -jar...", Some(0..4)),
            ("java -jar server.jar", Some(10..16), Some(12), "...ar ser...", Some(6..9)),
            ("java -jar server.jar", Some(17..20), Some(12), "...er.jar", Some(6..9)),
            ("java -jar server.jar", None, Some(12), "java -jar...", None),
            ("漢字漢字漢字 java", Some(19..23), Some(12), "...字 java", Some(6..10)),
            ("漢字漢字漢字", None, Some(10), "漢字漢...", None),
            ("é java", Some(3..7), None, "é java", Some(2..6)),
            // Within a character.
            ("漢", Some(1..2), None, "漢", Some(0..2)),
            ("", Some(0..0), Some(80), "", Some(0..0)),
        ] {
            let found = Excerpt::new(text, part, room);
            assert_eq!((found.text.as_str(), found.mark), (expected, mark), "{text} {room:?}");
        }
    }

    #[test]
    fn an_excerpt_fits() {
        let text = "漢a\u{301}字 server ".repeat(20);
        for room in 9..60 {
            for start in 0..text.len() - 6 {
                let found = Excerpt::new(&text, Some(start..start + 6), Some(room));
                assert!(columns(&found.text) <= room, "{room} {start}: {found:?}");
                let mark = found.mark.clone().expect("a mark");
                assert!(mark.start < columns(&found.text), "{room} {start}: {found:?} {mark:?}");
            }
        }
    }
}

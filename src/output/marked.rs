//! Text with the parts that a pattern has matched: they are highlighted, and not lost when the text is cut.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

use super::printable::shown_as;
use super::screen::Screen;
use crate::request::Subject;

/// SGR sequences (console_codes(4)), those of grep(1).
const HIGHLIGHT: &str = "\x1b[01;31m";
const NORMAL: &str = "\x1b[m";

/// Text as it is displayed, with parts that matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marked {
    pub text: String,
    /// In ascending order, not empty, and without overlaps.
    marks: Vec<Range<usize>>,
}

impl From<String> for Marked {
    fn from(text: String) -> Self {
        Marked { text, marks: vec![] }
    }
}

impl Marked {
    /// Text of a process; `marks` are in its bytes, of which what is displayed has the same number.
    pub(super) fn new(subject: Subject, raw: &[u8], marks: impl IntoIterator<Item = Range<usize>>) -> Marked {
        Marked::of(shown_as(subject, raw), marks)
    }

    /// Marks that overlap or divide characters are adapted.
    fn of(text: String, marks: impl IntoIterator<Item = Range<usize>>) -> Marked {
        let mut marks: Vec<_> = marks.into_iter().filter(|mark| !mark.is_empty()).collect();
        marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
        let mut end = 0;
        for mark in &mut marks {
            mark.start = floor(&text, mark.start.max(end));
            mark.end = ceil(&text, mark.end.max(mark.start));
            end = mark.end;
        }
        marks.retain(|mark| !mark.is_empty());
        Marked { text, marks }
    }

    /// With this before it.
    pub(super) fn after(self, prefix: &str) -> Marked {
        let shift = prefix.len();
        let marks = self.marks.into_iter().map(|mark| mark.start + shift..mark.end + shift).collect();
        Marked { text: format!("{prefix}{}", self.text), marks }
    }

    /// With this after it.
    pub(super) fn and(mut self, other: Marked) -> Marked {
        self.push(&other, 0..other.text.len());
        self
    }

    /// The start of it, in columns.
    pub(super) fn start(&self, columns: usize) -> Marked {
        let mut start = Marked::default();
        start.push(self, 0..self.end_of(0, columns));
        start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// In columns of a terminal.
    pub(super) fn width(&self) -> usize {
        width(&self.text)
    }

    /// The columns of the first part that matched.
    pub(super) fn first_mark(&self) -> Option<Range<usize>> {
        let mark = self.marks.first()?;
        Some(width(&self.text[..mark.start])..width(&self.text[..mark.end]))
    }

    /// Cut to this number of columns. What remains are the start, by which the text is recognized, and the first part
    /// that matched with what surrounds it.
    pub(super) fn fit(&self, columns: usize, screen: Screen) -> Marked {
        if self.width() <= columns {
            return self.clone();
        }
        let sign = if screen.is_utf8 { "…" } else { "..." };
        let sign = if width(sign) < columns { sign } else { "" };
        let mut fitted = Marked::default();
        let first = self.marks.first().cloned().unwrap_or_default();
        let room = columns - width(sign);
        // Also a part that is longer than the room and begins where the start of the text does.
        if width(&self.text[..first.end]) <= room || width(&self.text[..first.start]) <= room / 4 {
            fitted.push(self, 0..self.end_of(0, room));
            fitted.text += sign;
            return fitted;
        }
        let marked = width(&self.text[first.clone()]);
        let spare = room.saturating_sub(marked + width(sign));
        let head = self.end_of(0, spare.min(room / 4));
        fitted.push(self, 0..head);
        fitted.text += sign;
        let room = room - width(&self.text[..head]);
        let (sign, room) = match room.checked_sub(width(sign)) {
            Some(left) if left > 0 && first.end < self.text.len() => (sign, left),
            _ => ("", room),
        };
        // Of what remains besides the match, a half goes before it, or more where little follows it.
        let spare = room.saturating_sub(marked);
        let before = (spare - spare / 2).max(spare.saturating_sub(width(&self.text[first.end..])));
        let start = self.start_of(first.start, before).max(head);
        let end = self.end_of(start, room);
        fitted.push(self, start..end);
        if end < self.text.len() {
            fitted.text += sign;
        }
        fitted
    }

    /// The text, with colours where the screen has them.
    pub(super) fn render(&self, screen: Screen) -> String {
        if !screen.has_colour {
            return self.text.clone();
        }
        let mut rendered = String::with_capacity(self.text.len());
        let mut at = 0;
        for mark in &self.marks {
            rendered += &self.text[at..mark.start];
            rendered += HIGHLIGHT;
            rendered += &self.text[mark.clone()];
            rendered += NORMAL;
            at = mark.end;
        }
        rendered + &self.text[at..]
    }

    /// Append a part of another text, with its marks.
    fn push(&mut self, from: &Marked, part: Range<usize>) {
        for mark in &from.marks {
            let (start, end) = (mark.start.max(part.start), mark.end.min(part.end));
            if start < end {
                let to = |at: usize| at - part.start + self.text.len();
                self.marks.push(to(start)..to(end));
            }
        }
        self.text += &from.text[part];
    }

    /// Where the text ends that starts here and takes at most this number of columns. A character is not separated from the
    /// marks that are combined with it.
    fn end_of(&self, start: usize, columns: usize) -> usize {
        let mut taken = 0;
        for (at, c) in self.text[start..].char_indices() {
            taken += c.width().unwrap_or(0);
            if taken > columns {
                return start + at;
            }
        }
        self.text.len()
    }

    /// Where the text starts that ends here and takes at most this number of columns.
    fn start_of(&self, end: usize, columns: usize) -> usize {
        let mut start = end;
        let mut taken = 0;
        for (at, c) in self.text[..end].char_indices().rev() {
            taken += c.width().unwrap_or(0);
            if taken > columns {
                break;
            }
            if c.width() != Some(0) {
                start = at;
            }
        }
        start
    }
}

/// In columns of a terminal.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Lines of at most this number of columns, divided between words where that is possible.
pub(super) fn wrap(text: &str, columns: usize) -> impl Iterator<Item = String> {
    let mut words = text.split(' ').peekable();
    std::iter::from_fn(move || {
        let mut line = words.next()?.to_owned();
        while let Some(word) = words.next_if(|word| width(&line) + 1 + width(word) <= columns) {
            line += " ";
            line += word;
        }
        let plain = Screen { width: None, has_colour: false, is_utf8: false };
        Some(Marked::from(line).fit(columns, plain).text)
    })
}

/// The start of the character that this byte is part of.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The end of the character that the byte before this one is part of.
fn ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { width: None, has_colour: false, is_utf8: true };
    const ASCII: Screen = Screen { is_utf8: false, ..PLAIN };

    fn marked(text: &str, part: &str) -> Marked {
        Marked::of(text.to_owned(), text.find(part).map(|at| at..at + part.len()))
    }

    #[test]
    fn what_matched_is_highlighted() {
        let colour = Screen { has_colour: true, ..PLAIN };
        let text = Marked::new(Subject::CommandLine, b"run a\tb run\x1b", [8..11, 0..3, 1..3]);
        assert_eq!(text.render(colour), "\x1b[01;31mrun\x1b[m a b \x1b[01;31mrun\x1b[m?");
    }

    #[test]
    fn a_cut_keeps_what_matched() {
        let line = "java -Xmx4g -classpath /opt/a.jar:/opt/b.jar -jar server.jar --port 8080 --quiet";
        for columns in 8..=line.len() {
            for screen in [PLAIN, ASCII] {
                for part in ["java", "b.jar", "server.jar", "8080", "--quiet"] {
                    let fitted = marked(line, part).fit(columns, screen);
                    assert!(fitted.width() <= columns, "{columns}: {fitted:?}");
                    let shown: String = fitted.marks.iter().map(|mark| &fitted.text[mark.clone()]).collect();
                    assert!(part.starts_with(&shown) && !shown.is_empty(), "{columns}: {fitted:?}");
                    let mark = fitted.first_mark().expect("a mark");
                    assert!(mark.end <= columns && mark.len() == shown.len(), "{columns}: {fitted:?}");
                    if columns >= 24 {
                        assert_eq!(shown, part, "{columns}: {fitted:?}");
                        assert!(fitted.text.starts_with("java"), "{fitted:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_matched_can_be_longer_than_the_room() {
        for (text, part, expected) in [
            ("java -jar server.jar", "java -jar server.jar", "java -jar…"),
            ("java -jar server.jar", "va -jar server", "java -jar…"),
            ("java -jar server.jar", "jar server.jar", "…jar serve"),
        ] {
            assert_eq!(marked(text, part).fit(10, PLAIN).text, expected, "{part}");
        }
    }

    #[test]
    fn a_mark_has_whole_characters_and_is_measured_in_columns() {
        for (text, mark, expected) in [
            ("java -jar", 5..9, Some(5..9)),
            ("é java", 3..7, Some(2..6)),
            ("漢字 java", 7..11, Some(5..9)),
            ("漢", 1..2, Some(0..2)),
            ("e\u{301}a", 3..4, Some(1..2)),
            ("a", 1..1, None),
            ("a", 1..2, None),
        ] {
            let marked = Marked::of(text.to_owned(), Some(mark));
            assert_eq!(marked.first_mark(), expected, "{text}");
        }
    }

    #[test]
    fn wide_text_fits() {
        let text = "漢a\u{301}字 server ".repeat(20);
        for columns in 0..60 {
            for start in 0..text.len() - 6 {
                let marked = Marked::of(text.clone(), Some(start..start + 6));
                let fitted = marked.fit(columns, PLAIN);
                assert!(fitted.width() <= columns, "{columns} {start}: {fitted:?}");
                assert!(columns < 9 || fitted.first_mark().is_some(), "{columns} {start}: {fitted:?}");
            }
        }
    }

    #[test]
    fn wide_and_combining_characters_are_measured() {
        for (text, columns, expected) in [
            ("漢字漢字", 8, "漢字漢字"),
            ("漢字漢字", 7, "漢字漢…"),
            ("漢字漢字", 6, "漢字…"),
            ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"),
            ("e\u{301}e\u{301}e\u{301}e", 3, "e\u{301}e\u{301}…"),
            ("abc", 1, "a"),
            ("abc", 0, ""),
        ] {
            assert_eq!(marked(text, "").fit(columns, PLAIN).text, expected, "{text} {columns}");
        }
        assert_eq!(marked("abcdefgh", "").fit(6, ASCII).text, "abc...");
    }
}

//! The choice by number, on the terminal, where no program for it is installed.

use super::terminal::Terminal;
use super::writer::Output;
use crate::error::Error;
use crate::report::Target;

/// What may be answered.
const ANSWERS: &str = "(numbers and ranges as in 1 3-5, a: all, q: none)";

impl Output {
    /// Show the processes, and ask until the answer is valid: the places of rows. The end of the input means none.
    pub(super) fn choose_by_number(&mut self, targets: &[Target], what: &str) -> Result<Vec<usize>, Error> {
        let Some(screen) = self.terminal.as_ref().map(Terminal::screen) else { return Ok(vec![]) };
        let (lines, order) = self.arranged(targets, true, screen);
        let Some(terminal) = &mut self.terminal else { return Ok(vec![]) };
        terminal.show_lines(&lines);
        let question = format!("{what} which? {ANSWERS} ");
        loop {
            let Some(answer) = terminal.ask_line(&question)? else { return Ok(vec![]) };
            if let Some(places) = places(&String::from_utf8_lossy(&answer), order.len()) {
                return Ok(places);
            }
        }
    }
}

/// The places that an answer names, of rows that are numbered from 1 to `count`. None if it is invalid.
fn places(answer: &str, count: usize) -> Option<Vec<usize>> {
    let number = |text: &str| {
        let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        digits?.parse::<usize>().ok().filter(|number| (1..=count).contains(number))
    };
    let range = |word: &str| match word.split_once('-') {
        None => number(word).map(|one| one..=one),
        Some((first, last)) => Some(number(first)?..=number(last)?).filter(|range| !range.is_empty()),
    };
    match answer {
        "" | "q" | "quit" | "none" => return Some(vec![]),
        "a" | "all" => return Some((0..count).collect()),
        _ => {}
    }
    let words = answer.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let ranges: Vec<_> = words.map(range).collect::<Option<_>>()?;
    (!ranges.is_empty()).then(|| ranges.into_iter().flatten().map(|number| number - 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_numbers_and_ranges() {
        for (answer, expected) in [
            ("", Some(&[][..])),
            ("q", Some(&[])),
            ("a", Some(&[0, 1, 2, 3, 4])),
            ("1", Some(&[0])),
            ("5 1", Some(&[4, 0])),
            ("1 3-5", Some(&[0, 2, 3, 4])),
            ("1,3-3", Some(&[0, 2])),
            ("2-2, 2", Some(&[1, 1])),
            ("0", None),
            ("6", None),
            ("4-6", None),
            ("5-3", None),
            ("-3", None),
            ("3-", None),
            ("1-2-3", None),
            ("+1", None),
            ("1 x", None),
            ("y", None),
            (",", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(places(answer, 5).as_deref(), expected, "{answer:?}");
        }
    }
}

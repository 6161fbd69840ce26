//! `-p -`: the processes that standard input names.

use std::io::{self, BufRead, BufReader, Read};

use crate::error::{Error, io_error_text};
use crate::request::ProcessRef;

/// No more lines than Linux can have processes (`PID_MAX_LIMIT`, proc_sys_kernel(5)).
const LINES_MAX: u32 = 4_194_304;

/// No more bytes in all of them.
const BYTES_MAX: u64 = 1 << 30;

/// More than the longest token, `PID:INODE`.
const WORD_MAX: usize = 64;

/// Read it to its end.
pub(super) fn processes() -> Result<Vec<ProcessRef>, Error> {
    read(io::stdin().lock(), LINES_MAX, BYTES_MAX)
}

/// The process that the first word of each line names. Empty lines are skipped, and so is what follows a word.
fn read(input: impl Read, lines_max: u32, bytes_max: u64) -> Result<Vec<ProcessRef>, Error> {
    let mut input = BufReader::new(input.take(bytes_max + 1));
    let mut named = vec![];
    let mut number = 0;
    while let Some(line) = next_line(&mut input)? {
        number += 1;
        if number > lines_max {
            return Err(Error::usage(format!("standard input has more than {lines_max} lines")));
        }
        if input.get_ref().limit() == 0 {
            return Err(Error::usage(format!("standard input has more than {bytes_max} bytes")));
        }
        match line {
            Line::Empty => {}
            Line::Word(word) => named.push(process(&word).ok_or_else(|| invalid(number, &word))?),
            Line::Nul => {
                let why = "a NUL byte; separate the processes by newlines";
                return Err(Error::usage(format!("standard input, line {number}: {why}")));
            }
        }
    }
    Ok(named)
}

/// What is at the start of a line.
enum Line {
    Empty,
    /// The first word. What is longer than any token is cut.
    Word(Vec<u8>),
    /// The line has a NUL byte. Items that are separated by these may contain newlines, so that a process could put the ID
    /// of another one at the start of a line.
    Nul,
}

/// None at the end of the input. Of a line, only the first word is kept.
fn next_line(input: &mut impl BufRead) -> Result<Option<Line>, Error> {
    let mut word = vec![];
    let (mut is_start, mut is_word) = (true, true);
    loop {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes.map_err(|error| {
                Error::fatal(format!("cannot read standard input: {}", io_error_text(&error)))
            })?,
        };
        if bytes.is_empty() && is_start {
            return Ok(None);
        }
        is_start = false;
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        if memchr::memchr(0, part).is_some() {
            return Ok(Some(Line::Nul));
        }
        for byte in part {
            if word.len() == WORD_MAX {
                return Ok(Some(Line::Word(word))); // it names no process
            }
            match byte.is_ascii_whitespace() {
                _ if !is_word => break,
                true => is_word = word.is_empty(),
                false => word.push(*byte),
            }
        }
        let (is_end, used) = (end.is_some() || bytes.is_empty(), part.len() + usize::from(end.is_some()));
        input.consume(used);
        if is_end {
            return Ok(Some(if word.is_empty() { Line::Empty } else { Line::Word(word) }));
        }
    }
}

fn process(word: &[u8]) -> Option<ProcessRef> {
    ProcessRef::parse(std::str::from_utf8(word).ok()?)
}

fn invalid(line: u32, word: &[u8]) -> Error {
    let word = String::from_utf8_lossy(word);
    let hint = "valid at the start of each line: PID, or PID:INODE or PID@START (pgrep --id)";
    Error::usage(format!("standard input, line {line}: not a process: {word}"))
        .with_hint(Some(hint.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes, or what the message has.
    fn check(text: &[u8], expected: Result<&[&str], &str>) {
        // A small buffer splits words and lines.
        for size in [1, 3, 8192] {
            let input = BufReader::with_capacity(size, text);
            let found = read(input, 5, 99);
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                    assert_eq!(found, expected, "{}", text.escape_ascii());
                }
                (Err(found), Err(expected)) => {
                    assert!(found.message.contains(expected), "{}: {found}", text.escape_ascii());
                }
                (found, expected) => panic!("{}: {found:?}, not {expected:?}", text.escape_ascii()),
            }
        }
    }

    #[test]
    fn the_first_word_of_each_line() {
        let longest = [&b"1"[..], &[b' '; 98]].concat();
        for (text, expected) in [
            (&b""[..], &[][..]),
            (&longest, &["1"]),
            (b"\n \n\t\n", &[]),
            (b"12", &["12"]),
            (b"12\n", &["12"]),
            (b"12\n\n13", &["12", "13"]),
            (b"  12 sleep 9\n\t13:4\tx 5\n14@0\r\n", &["12", "13:4", "14@0"]),
            (b"12 \xff\x1b[2J\n", &["12"]),
            (b"12 a\x0b13\n", &["12"]),
            (b"12\n12\n", &["12", "12"]),
            (b"1\n2\n3\n4\n5\n", &["1", "2", "3", "4", "5"]),
        ] {
            check(text, Ok(expected));
        }
    }

    #[test]
    fn what_names_no_process_is_refused() {
        let digits = [b'1'; 98];
        let spaces = [b' '; 100];
        for (text, expected) in [
            (&b"PID TTY\n12 ?\n"[..], "line 1: not a process: PID"),
            (b"12\n13,14\n", "line 2: not a process: 13,14"),
            (b"12\n-1\n", "line 2: not a process: -1"),
            (b"12x\n", "line 1: not a process: 12x"),
            (b"12:\n", "line 1: not a process: 12:"),
            (b"2147483648\n", "line 1: not a process: 2147483648"),
            (b"\xff\n", "line 1: not a process: "),
            (b"12\x0013\n", "line 1: a NUL byte"),
            (b"12 x\n1\0", "line 2: a NUL byte"),
            (b"12 x\0\n", "line 1: a NUL byte"),
            (&digits, "line 1: not a process: 1111"),
            (&spaces, "more than 99 bytes"),
            (b"1\n2\n3\n4\n5\n6\n", "more than 5 lines"),
            (b"\n\n\n\n\n\n", "more than 5 lines"),
        ] {
            check(text, Err(expected));
        }
    }

    /// A signal to the program may interrupt read(2).
    #[test]
    fn an_interrupted_read_is_repeated() {
        struct Interrupted(bool);
        impl Read for Interrupted {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                match std::mem::replace(&mut self.0, true) {
                    false => Err(io::ErrorKind::Interrupted.into()),
                    true => Ok(0),
                }
            }
        }
        let found = read(Interrupted(false).chain(&b"12\n"[..]), 5, 99).expect("a process");
        assert_eq!(found, [ProcessRef::Pid(12)]);
    }
}

//! Random patterns by the grammar of EREs, some of them invalid, and subjects that are likely to match.

use crate::support::Random;

const PLAIN: &[&str] = &[
    "a", "a", "a", "b", "b", "b", "c", "A", "B", "Z", "z", "i", "I", "s", "S", "_", "0", "1", "9", " ", "-",
    ",", "/", ":", "=", "}", "]", "\n", "\t", "\x7f", "~", "@",
];
const WIDE: &[&str] = &[
    "é",
    "É",
    "ı",
    "İ",
    "ſ",
    "ß",
    "ÿ",
    "Ÿ",
    "ǅ",
    "ǆ",
    "σ",
    "ς",
    "Σ",
    "K",
    "\u{1f80}",
    "\u{1f88}",
    "٣",
    "€",
    "漢",
    "😀",
    "\u{a0}",
    "\u{2003}",
    "\u{85}",
    "\u{7f}",
    "\u{301}",
    "\u{203f}",
    "\u{aa}",
    "\u{2160}",
    "\u{10ffff}",
];
const STRAY: &[&[u8]] =
    &[b"\x80", b"\xff", b"\xc3", b"\xa9", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\x80", b"\xed\xa0\x80"];
/// Characters in glibc, but not in Unicode.
const BEYOND: &[&[u8]] = &[b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80"];
const SPECIAL: &[&str] = &[
    "\\", "^", "$", ".", "[", "|", "(", ")", "*", "+", "?", "{", "}", "]", "[^", "[:", ":]", "[.", ".]",
    "[=", "=]", "-", ",", "\\1", "{,", "(?", "()", "\\b", "\\}", "\\{",
];
const NAMES: &[&str] = &[
    "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph", "cntrl",
    "xdigit",
];
const NO_NAMES: &[&str] = &[
    "",
    "Alpha",
    "word",
    "alph",
    "alphaa",
    "ALPHA",
    "abcdefghijabcdefghijabcdefghija",
    "abcdefghijabcdefghijabcdefghijab",
];
const COLLATING: &[&str] =
    &["a", "b", "Z", "-", "]", ".", "=", "^", "[", "\\", "space", "hyphen", "ch", "", "é", "ı", "NUL", " "];
const ESCAPED: &[&str] = &[
    "w", "W", "s", "S", "b", "B", "<", ">", "`", "'", "d", "n", "t", "x41", ".", "*", "+", "{", "}", "(",
    ")", "[", "]", "|", "^", "$", "\\", "/", "-", "a", "A", "i", "I", "é", "ı", "0", "1", "2", " ", "\n",
    "%",
];

/// Any bytes, most of them with a meaning in a pattern.
pub fn any_bytes(random: &mut Random, longest: usize) -> Vec<u8> {
    let mut text = vec![];
    for _ in 0..random.below(longest + 1) {
        match random.below(4) {
            0 => text.push(random.below(256) as u8),
            1 => text.extend_from_slice(random.pick(STRAY)),
            _ => text.extend_from_slice(random.pick(SPECIAL).as_bytes()),
        }
    }
    text
}

/// Which characters to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    Ascii,
    Wide,
    Bytes,
    /// All characters: only for subjects, as a set with a character beyond Unicode is refused.
    Everything,
}

pub struct Generator<'a> {
    random: &'a mut Random,
    alphabet: Alphabet,
    text: Vec<u8>,
}

/// A pattern, sometimes an invalid one.
pub fn pattern(random: &mut Random, alphabet: Alphabet) -> Vec<u8> {
    let mut generator = Generator { random, alphabet, text: vec![] };
    generator.alternation(3);
    let mut text = generator.text;
    while random.one_in(4) {
        let at = random.below(text.len() + 1);
        match random.below(3) {
            0 if at < text.len() => drop(text.remove(at)),
            1 if at < text.len() => text.truncate(at),
            _ => drop(text.splice(at..at, random.pick(SPECIAL).bytes())),
        }
    }
    text
}

/// A subject made of the pattern's own characters and of others.
pub fn subject(random: &mut Random, alphabet: Alphabet, pattern: &[u8]) -> Vec<u8> {
    let own: Vec<Vec<u8>> = pattern
        .utf8_chunks()
        .flat_map(|chunk| {
            let valid = chunk.valid().chars().filter(|c| !r"\[](){}|*+?.^$".contains(*c));
            let mut own: Vec<_> = valid.map(|c| c.to_string().into_bytes()).collect();
            own.extend(Some(chunk.invalid().to_vec()).filter(|invalid| !invalid.is_empty()));
            own
        })
        .collect();
    let mut text = vec![];
    if random.one_in(8) {
        text.extend_from_slice(&own.concat());
    }
    let length = random.below(7);
    for _ in 0..length {
        if !own.is_empty() && !random.one_in(3) {
            let at = random.below(own.len());
            text.extend_from_slice(&own[at]);
        } else {
            let mut generator = Generator { random, alphabet, text: vec![] };
            generator.character();
            text.append(&mut generator.text);
        }
    }
    if random.one_in(6) {
        text = String::from_utf8_lossy(&text).to_uppercase().into_bytes();
    }
    text.retain(|&byte| byte != 0);
    text
}

impl Generator<'_> {
    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn character(&mut self) {
        let kind = self.random.below(10);
        match (self.alphabet, kind) {
            (Alphabet::Wide, 0..4) | (Alphabet::Bytes | Alphabet::Everything, 0..2) => self.push_one(WIDE),
            (Alphabet::Bytes | Alphabet::Everything, 2..5) => {
                let beyond = self.alphabet == Alphabet::Everything && self.random.one_in(6);
                let stray = self.random.pick(if beyond { BEYOND } else { STRAY });
                self.text.extend_from_slice(stray);
            }
            _ => self.push_one(PLAIN),
        }
    }

    fn push_one(&mut self, of: &[&str]) {
        let one = self.random.pick(of);
        self.push(one);
    }

    fn alternation(&mut self, depth: usize) {
        self.branch(depth);
        while self.random.one_in(4) {
            self.push("|");
            self.branch(depth);
        }
    }

    fn branch(&mut self, depth: usize) {
        if self.random.one_in(10) {
            self.push("^");
        }
        for _ in 0..self.random.below(5) {
            self.expression(depth);
        }
        if self.random.one_in(10) {
            self.push("$");
        }
    }

    fn expression(&mut self, depth: usize) {
        match self.random.below(20) {
            0..8 => self.character(),
            8..10 => self.push("."),
            10..13 => self.bracket(),
            13..17 if depth > 0 => {
                self.push("(");
                self.alternation(depth - 1);
                self.push(")");
            }
            17..19 => {
                self.push("\\");
                self.push_one(ESCAPED);
            }
            19 => return self.push_one(&["^", "$", r"\b", r"\<", r"\>", r"\B"]),
            _ => self.push("a"),
        }
        while self.random.one_in(4) {
            match self.random.below(6) {
                0 => self.push("*"),
                1 => self.push("+"),
                2 => self.push("?"),
                _ => self.interval(),
            }
        }
    }

    fn interval(&mut self) {
        self.push("{");
        if !self.random.one_in(5) {
            self.count();
        }
        if self.random.one_in(2) {
            self.push(",");
            if self.random.one_in(2) {
                self.count();
            }
        }
        if self.random.one_in(20) {
            self.push_one(&[" ", "a", "\\0", "\\,", ",", "32768", "-1"]);
        }
        self.push("}");
    }

    fn count(&mut self) {
        self.push_one(&["0", "1", "1", "2", "2", "3", "5", "02"]);
    }

    fn bracket(&mut self) {
        self.push("[");
        if self.random.one_in(3) {
            self.push("^");
        }
        if self.random.one_in(12) {
            self.push_one(&["]", "-", "]-a"]);
        }
        for _ in 0..=self.random.below(4) {
            match self.random.below(12) {
                0..5 => self.character(),
                5..7 => {
                    self.character();
                    self.push("-");
                    self.character();
                }
                7 => self.push_one(&["a-z", "A-Z", "0-9", "A-z", "Z-a", "!-~", "\x01-~"]),
                8 | 9 => {
                    let names = if self.random.one_in(10) { NO_NAMES } else { NAMES };
                    self.push("[:");
                    self.push_one(names);
                    self.push(":]");
                }
                10 => {
                    let (open, close) = self.random.pick(&[("[.", ".]"), ("[=", "=]")]);
                    self.push(open);
                    if self.random.one_in(4) {
                        self.character()
                    } else {
                        self.push_one(COLLATING)
                    }
                    self.push(close);
                    if self.random.one_in(4) {
                        self.push("-");
                    }
                }
                _ => self.push_one(&["\\", "[", "^", "&&", "--", "~~", "-", ".", "*"]),
            }
        }
        if self.random.one_in(12) {
            self.push("-");
        }
        self.push("]");
    }
}

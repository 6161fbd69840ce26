//! Random patterns and subjects, in this crate and in glibc, which is the reference.
//!
//! `ERE_PAIRS=1000000 cargo test --release --test suite differential -- --nocapture` runs more than the suite
//! does, `ERE_SEED=n` repeats a run.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::{env, fmt, io, thread};

use nix::sys::resource::{Resource, setrlimit};
use pkill::ere::{Charset, Flags, Pattern, PatternError};

use super::glibc::{self, Answer};
use super::patterns::{self, Alphabet};
use crate::support::Random;
use crate::support::rerun::{rerun, test_name};

/// A pattern and its subjects.
#[derive(Clone)]
struct Case {
    pattern: Vec<u8>,
    flags: Flags,
    subjects: Vec<Vec<u8>>,
}

const SUBJECTS: usize = 5;

fn case(random: &mut Random, charset: Charset) -> Case {
    let alphabet = match random.below(10) {
        0..5 => Alphabet::Ascii,
        5..8 => Alphabet::Wide,
        _ => Alphabet::Bytes,
    };
    let flags = Flags { ignore_case: random.one_in(3), whole: random.one_in(4), plain: false, charset };
    let pattern = patterns::pattern(random, alphabet);
    // A subject may have characters beyond ASCII even where the pattern has none.
    let alphabet = if random.one_in(3) { Alphabet::Everything } else { alphabet };
    let subjects = (0..SUBJECTS).map(|_| patterns::subject(random, alphabet, &pattern)).collect();
    Case { pattern, flags, subjects }
}

impl Case {
    fn ours(&self) -> Vec<Result<bool, PatternError>> {
        match Pattern::new(&self.pattern, self.flags) {
            Ok(pattern) => self.subjects.iter().map(|subject| pattern.is_match(subject)).collect(),
            Err(error) => vec![Err(error); self.subjects.len()],
        }
    }

    /// The text that glibc is to compile: `-x` is no flag of its own there.
    fn text(&self) -> Vec<u8> {
        if self.flags.whole { [b"^(", &self.pattern[..], b")$"].concat() } else { self.pattern.clone() }
    }
}

/// Asks glibc, in child processes of this program. `None` where it gave no answer: it crashed, or exceeded its
/// limit of memory or time.
fn glibc(cases: &[Case], charset: Charset) -> Vec<Vec<Option<Answer>>> {
    let mut answers = vec![];
    while answers.len() < cases.len() {
        let rest = cases[answers.len()..].to_vec();
        let mut child = rerun(test_name(&oracle))
            .env("LC_ALL", if charset == Charset::Utf8 { "C.UTF-8" } else { "C" })
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let writer = thread::spawn(move || {
            let mut lines = String::new();
            for case in &rest {
                lines.push_str(if case.flags.ignore_case { "i" } else { "-" });
                for field in [case.text()].iter().chain(&case.subjects) {
                    lines.push(' ');
                    field.iter().for_each(|byte| lines.push_str(&format!("{byte:02x}")));
                }
                lines.push('\n');
            }
            let _ = stdin.write_all(lines.as_bytes()); // a child that has exited reads nothing
        });
        for line in BufReader::new(stdout).lines() {
            if let Some(line) = line.unwrap().strip_prefix("= ") {
                answers.push(line.split('\t').map(|answer| Some(Answer::parse(answer))).collect());
            }
        }
        writer.join().unwrap();
        child.wait().unwrap();
        if answers.len() < cases.len() {
            answers.push(vec![None; SUBJECTS]); // the one that killed it
        }
    }
    answers
}

#[test]
#[ignore = "the child process of the tests below: it answers what it reads"]
fn oracle() {
    setrlimit(Resource::RLIMIT_AS, 1 << 30, 1 << 30).unwrap();
    setrlimit(Resource::RLIMIT_CPU, 3, 3).unwrap(); // most answers take microseconds
    setrlimit(Resource::RLIMIT_CORE, 0, 0).unwrap();
    glibc::set_locale();
    let bytes = |hex: &str| -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    println!();
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut fields = line.split(' ');
        let ignore_case = fields.next() == Some("i");
        let texts: Vec<Vec<u8>> = fields.map(bytes).collect();
        let answers = glibc::ask(&texts[0], ignore_case, &texts[1..]);
        println!("= {}", answers.iter().map(Answer::to_string).collect::<Vec<_>>().join("\t"));
    }
}

/// Reasons why this crate and glibc may differ. All are very rare; the numbers are asserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// glibc bug: without REG_NEWLINE an anchor matches at the ends of the subject only, but glibc's automaton
    /// lets `^` match after a newline that the pattern took, and `$` before one that it takes next:
    /// `.^` takes "a\n", while `^b` does not take "a\nb".
    AnchorAtNewline,
    /// glibc bug: the copies that it makes of a group for `{n}` and `+` lose anchors in it: `(x|^b){2}` takes "xb".
    RepeatedAnchor,
    /// In UTF-8, glibc reads a byte that is part of no character as Latin-1, so that 0xff is
    /// part of a word; regex-automata has it part of none, and `\B` false beside it. And regex-automata counts marks,
    /// joiners and connecting punctuation (`\w` of Unicode) where glibc counts letters, digits and `_`.
    WordBeyondAscii,
    /// glibc's `.` takes half a surrogate pair, unless the pattern has a part that needs whole characters.
    Surrogate,
    /// A pattern that is not UTF-8 itself: its stray bytes are found within characters, which they are in glibc
    /// only if no part of the pattern needs whole characters.
    StrayByte,
}

impl Cause {
    fn of(case: &Case, subject: &[u8]) -> Option<Cause> {
        let pattern = String::from_utf8_lossy(&case.pattern);
        let has = |any: &[&str]| any.iter().any(|part| pattern.contains(part));
        let anchored = has(&["^", "$"]);
        let utf8 = case.flags.charset == Charset::Utf8 && !subject.is_ascii();
        if anchored && subject.contains(&b'\n') {
            Some(Cause::AnchorAtNewline)
        } else if utf8 && has(&[r"\b", r"\B", r"\<", r"\>"]) {
            Some(Cause::WordBeyondAscii)
        } else if (anchored || has(&[r"\"])) && has(&["{", "+"]) && has(&["("]) {
            Some(Cause::RepeatedAnchor)
        } else if utf8 && pattern.contains('.') && subject.windows(2).any(|pair| pair == [0xed, 0xa0]) {
            Some(Cause::Surrogate)
        } else if utf8 && str::from_utf8(&case.pattern).is_err() {
            Some(Cause::StrayByte)
        } else {
            None
        }
    }
}

/// The results of a run.
#[derive(Default)]
struct Tally {
    pairs: usize,
    matches: usize,
    errors: usize,
    back_references: usize,
    unanswered: usize,
    explained: BTreeMap<Cause, Vec<String>>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(
        &mut self,
        case: &Case,
        subject: &[u8],
        ours: &Result<bool, PatternError>,
        theirs: Option<&Answer>,
    ) {
        self.pairs += 1;
        let agree = match (ours, theirs) {
            (_, None) => {
                self.unanswered += 1;
                true
            }
            (_, Some(Answer::Error(text))) if text == "Memory exhausted" || text.starts_with("regexec") => {
                self.unanswered += 1;
                true
            }
            (Err(PatternError::BackReference), Some(Answer::Match | Answer::NoMatch)) => {
                self.back_references += 1;
                true
            }
            (Ok(ours), Some(theirs)) => {
                self.matches += usize::from(*ours);
                *theirs == if *ours { Answer::Match } else { Answer::NoMatch }
            }
            (Err(ours), Some(theirs)) => {
                self.errors += 1;
                *theirs == Answer::Error(ours.to_string())
            }
        };
        if agree {
            return;
        }
        let line = format!(
            "{} {:?} on {}: we say {ours:?}, glibc says {theirs:?}",
            case.pattern.escape_ascii(),
            case.flags,
            subject.escape_ascii(),
        );
        match Cause::of(case, subject).filter(|_| ours.is_ok()) {
            Some(cause) => self.explained.entry(cause).or_default().push(line),
            None => self.wrong.push(line),
        }
    }

    fn explained(&self) -> usize {
        self.explained.values().map(Vec::len).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { pairs, matches, errors, back_references, unanswered, explained, wrong } = self;
        writeln!(
            f,
            "{pairs} pairs: {matches} match, {errors} errors, {back_references} with back-references, \
             {unanswered} without an answer; {} differ for a known cause, {} for none",
            self.explained(),
            wrong.len()
        )?;
        for (cause, lines) in explained {
            writeln!(f, "{cause:?}: {}", lines.len())?;
            lines.iter().take(3).try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        wrong.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

fn run(seed: u64, charset: Charset, cases: usize, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let cases: Vec<Case> = (0..cases).map(|_| case(&mut random, charset)).collect();
    for (case, theirs) in cases.iter().zip(glibc(&cases, charset)) {
        for ((subject, ours), theirs) in case.subjects.iter().zip(case.ours()).zip(theirs) {
            tally.add(case, subject, &ours, theirs.as_ref());
        }
    }
}

fn env_number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn fixed_seeds_agree_with_glibc() {
    let mut tally = Tally::default();
    let pairs = env_number("ERE_PAIRS").unwrap_or(20_000) as usize;
    let mut seed = env_number("ERE_SEED").unwrap_or(1);
    while tally.pairs < pairs {
        for charset in [Charset::Bytes, Charset::Utf8] {
            run(seed, charset, 1000, &mut tally);
        }
        seed += 1;
    }
    println!("{tally}");
    assert!(tally.wrong.is_empty(), "{tally}");
    assert!(
        tally.matches > tally.pairs / 10 && tally.unanswered < tally.pairs / 100,
        "the cases are poor: {tally}"
    );
}

/// The fuzz target in small: any bytes are a pattern or an error, and a match is never shorter
/// than it may be.
#[test]
fn any_bytes_are_a_pattern_or_an_error() {
    let mut random = Random::new(1);
    let (mut patterns, mut matches) = (0, 0);
    for _ in 0..20_000 {
        let text = patterns::any_bytes(&mut random, 12);
        let charset = if random.one_in(2) { Charset::Utf8 } else { Charset::Bytes };
        let flags = Flags { ignore_case: random.one_in(2), whole: random.one_in(2), plain: false, charset };
        let subject = patterns::any_bytes(&mut random, 20);
        if let Ok(pattern) = Pattern::new(&text, flags) {
            patterns += 1;
            if pattern.is_match(&subject).unwrap() {
                matches += 1;
                assert!(subject.len() >= pattern.minimum_len(), "{} {flags:?}", text.escape_ascii());
            }
        }
    }
    assert!(patterns > 1000 && matches > 100, "{patterns} patterns, {matches} matches");
}

//! What is displayed is matched. Random names and arguments with control characters, stray bytes and letters that are
//! cut, matched by our pgrep and by that of procps, which matches what it displays: ours matches wherever that does, and
//! what is there, too.
//!
//! `DISPLAYED_SUBJECTS=5000 cargo test --test suite displayed -- --nocapture` tries more than the suite does,
//! `DISPLAYED_SEED=n` others, and `PKILL_TEST_REFERENCE=DIR` compares with another pgrep than the installed one.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::{Output, Program, Random, Run, Victim, available, installed_version, own_pid};

/// Processes that are compared at a time: each pattern is tried on all of them.
const BATCH: usize = 30;

const PIECES: &[&[u8]] = &[
    b"a",
    b"b",
    b"x",
    b"Z",
    b"0",
    b"_",
    b"-",
    b".",
    b"?",
    b" ",
    b"\n",
    b"\t",
    b"\r",
    b"\x01",
    b"\x1b[31m",
    b"\x7f",
    b"\\",
    "é".as_bytes(),
    "ß".as_bytes(),
    "漢".as_bytes(),
    "\u{1f600}".as_bytes(),
    b"\xfc",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xa9",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xc2\x85",
    "\u{e000}".as_bytes(),
    "\u{200b}".as_bytes(),
];

fn text(random: &mut Random, pieces: usize) -> Vec<u8> {
    let plain = if random.one_in(3) { PIECES.len() } else { 10 };
    let piece = |random: &mut Random| {
        let limit = if random.one_in(3) { PIECES.len() } else { plain };
        PIECES[random.below(limit)]
    };
    (0..=random.below(pieces)).flat_map(|_| piece(random).iter().copied()).collect()
}

/// The characters of a text; bytes that are none are one each.
fn characters(text: &[u8]) -> Vec<&[u8]> {
    let mut rest = text;
    let mut all = vec![];
    for chunk in text.utf8_chunks() {
        let of_valid = chunk.valid().chars().map(char::len_utf8);
        for length in of_valid.chain(chunk.invalid().iter().map(|_| 1)) {
            let (first, others) = rest.split_at(length);
            all.push(first);
            rest = others;
        }
    }
    all
}

/// Options and a pattern that matches the text, or nearly does.
fn pattern(random: &mut Random, text: &[u8]) -> (Vec<&'static str>, Vec<u8>) {
    let characters = characters(text);
    let (mut start, mut end) = (random.below(characters.len() + 1), random.below(characters.len() + 1));
    match random.below(3) {
        0 => (start, end) = (0, characters.len()),
        _ => (start, end) = (start.min(end), start.max(end)),
    }
    let is_whole = end - start == characters.len();
    let mut options = vec![];
    let mut pattern = vec![];
    if is_whole && random.one_in(2) {
        options.push("-x");
    } else if start == 0 && random.one_in(2) {
        pattern.push(b'^');
    }
    for character in &characters[start..end] {
        match random.below(9) {
            0 | 1 => pattern.push(b'.'),
            2 => pattern.extend(b"[^q]"),
            3 => pattern.extend(if *character == b" " { &b"[[:space:]]"[..] } else { b"[^[:space:]]" }),
            4 if random.one_in(4) => pattern.extend(b".*"),
            _ if character.iter().all(|&byte| is_special(byte)) => {
                pattern.push(b'\\');
                pattern.extend(*character);
            }
            _ => pattern.extend(*character),
        }
    }
    if end == characters.len() && !options.contains(&"-x") && random.one_in(2) {
        pattern.push(b'$');
    }
    if random.one_in(5) {
        options.push("-i");
    }
    (options, pattern)
}

/// Runs a pgrep among the children of this process.
fn pgrep(program: Program, locale: &str, options: &[&str], pattern: &[u8]) -> Output {
    let own = own_pid();
    let run = Run::of(program, "pgrep")
        .args(["-P", &own])
        .args(options)
        .args([OsStr::new("--"), OsStr::from_bytes(pattern)]);
    let output = run.env("LC_ALL", locale).run();
    assert!(output.status < 2, "{options:?} {}: {output:?}", pattern.escape_ascii());
    output
}

/// What is displayed of these processes.
fn displayed(program: Program, locale: &str, option: &str, batch: &BTreeSet<u32>) -> BTreeMap<u32, Vec<u8>> {
    let output = pgrep(program, locale, &[option], b"");
    let lines = output.stdout.split(|&byte| byte == b'\n').filter_map(|line| {
        let space = line.iter().position(|&byte| byte == b' ')?;
        let pid = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
        batch.contains(&pid).then(|| (pid, line[space + 1..].to_vec()))
    });
    lines.collect()
}

#[derive(Default)]
struct Comparison {
    reference_matches: usize,
    /// Those that only our pgrep has: of texts as they are.
    only_ours: usize,
    /// Those that only the reference has, of texts that it displays in another way.
    displayed_differently: usize,
    unexplained: Vec<String>,
}

impl Comparison {
    fn compare(&mut self, random: &mut Random, victims: &[Victim]) {
        let batch: BTreeSet<u32> = victims.iter().map(Victim::pid).collect();
        for locale in ["C.UTF-8", "C"] {
            for (label, option) in [("-l", None), ("-a", Some("-f"))] {
                let ours = displayed(Program::Ours, locale, label, &batch);
                let theirs = displayed(Program::Installed, locale, label, &batch);
                assert_eq!([ours.len(), theirs.len()], [batch.len(); 2]);
                for pid in &batch {
                    let text = if random.one_in(4) { &ours[pid] } else { &theirs[pid] };
                    let (mut options, pattern) = pattern(random, text);
                    options.extend(option);
                    let found = |program| -> BTreeSet<u32> {
                        let output = pgrep(program, locale, &options, &pattern);
                        &output.pids().into_iter().collect() & &batch
                    };
                    let (by_ours, by_theirs) = (found(Program::Ours), found(Program::Installed));
                    self.reference_matches += by_theirs.len();
                    self.only_ours += by_ours.difference(&by_theirs).count();
                    for missed in by_theirs.difference(&by_ours) {
                        if ours[missed] != theirs[missed] {
                            self.displayed_differently += 1;
                            continue;
                        }
                        self.unexplained.push(format!(
                            "{locale} {options:?} {}: {}",
                            pattern.escape_ascii(),
                            theirs[missed].escape_ascii()
                        ));
                    }
                }
            }
        }
    }
}

/// The name as it is, as a pattern.
fn literal(name: &[u8]) -> Vec<u8> {
    let escaped = |&byte: &u8| if is_special(byte) { vec![b'\\', byte] } else { vec![byte] };
    name.iter().flat_map(escaped).collect()
}

/// Whether the byte has a meaning of its own in a pattern.
fn is_special(byte: u8) -> bool {
    b"\\.?*+[](){}^$|".contains(&byte)
}

/// docs/COMPATIBILITY.md, `raw-bytes` and `text-output`.
#[test]
fn we_match_wherever_the_reference_does() {
    if !available(installed_version().is_some(), "procps") {
        return;
    }
    let number = |name: &str, default| env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (subjects, seed) = (number("DISPLAYED_SUBJECTS", BATCH), number("DISPLAYED_SEED", 1));
    let mut random = Random::new(seed as u64);
    let mut comparison = Comparison::default();
    for _ in 0..subjects.div_ceil(BATCH) {
        let spawn = |_| {
            let name = text(&mut random, 12);
            let mut spec = Victim::named(&name).arg0("x");
            for _ in 0..random.below(3) {
                spec = spec.arg(OsStr::from_bytes(&text(&mut random, 12)));
            }
            spec.spawn()
        };
        let victims: Vec<Victim> = (0..BATCH).map(spawn).collect();
        comparison.compare(&mut random, &victims);
        for victim in &victims {
            let found = pgrep(Program::Ours, "C.UTF-8", &["-x"], &literal(victim.comm())).pids();
            assert!(found.contains(&victim.pid()), "not found as it is: {}", victim.comm().escape_ascii());
        }
    }
    let Comparison { reference_matches, only_ours, displayed_differently, unexplained } = comparison;
    println!(
        "{reference_matches} matches of the reference, {displayed_differently} of them of texts that it displays \
         differently; {only_ours} of ours only"
    );
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(reference_matches > 10 * subjects && displayed_differently < reference_matches / 10);
}

//! The texts of the project use the field's words: a process is a thing (`it`, `that`, `which`), and things have the
//! names that man-pages(7) and the kernel's documentation use. Checked in source, documents, man pages and completions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to avoid, and what to write instead. The parts of a phrase may be on two lines.
const AVOIDED: &[(&str, &[&str])] = &[
    ("it, that, which (a process is a thing)", &["who", "whom", "whoever", "whomever"]),
    ("a process, another process", &["somebody", "someone", "anybody", "anyone"]),
    ("each process, every user", &["everybody", "everyone"]),
    ("no process, none (or 'user nobody')", &["nobody"]),
    ("a process with", &["process whose", "processes whose"]),
    ("most expensive, expensive", &["dearest", "dearer"]),
    ("a space, spaces", &["blank", "blanks"]),
    ("a dry run", &["rehearse", "rehearsed", "rehearses", "rehearsal"]),
    ("except", &["but for"]),
    ("N, at least SIZE, at most DURATION", &["so many", "so much", "so long"]),
    ("reports, prints, shows; distinguished", &["told", "tells"]),
    ("is read, is examined", &["looked at", "looks at", "looking at", "look at"]),
    ("a scan, a recheck", &["look again", "looks again", "second look", "another look", "first look"]),
    ("excludes, skips; is skipped", &["leave out", "leaves out", "left out", "leaving out"]),
    ("is selected, matches", &["is meant", "are meant", "was meant", "were meant", "be meant"]),
    ("is matched against", &["held against"]),
    ("the PID is reused", &["pid passes", "pid passed", "pid has passed"]),
    ("after it, follows", &["stands behind", "stand behind"]),
    ("as in procps-ng", &["as ever"]),
    ("the timeout expires", &["time runs out", "time ran out"]),
    ("descendants, process tree", &["kin"]),
    ("wait set", &["vigil"]),
];

/// In texts that users see, the program has a name.
const PROGRAM: (&str, &[&str]) = ("pkill, the program", &["we", "us", "our", "ours", "ourselves"]);

/// Words before `who` that are people.
const PEOPLE: &[&str] = &["user", "users", "caller", "callers", "administrator", "people", "person"];

/// Words before `nobody` that make it the user of that name.
const NAMED: &[&str] = &["user", "owned by", "u", "reuid"];

/// Exceptions: a file, and a part of the line that has the word.
const PERMITTED: &[(&str, &str)] = &[
    // A function that changes to the user nobody.
    ("tests/hostile/attackers/fuse.c", "become_nobody("),
    // The character class.
    ("man/pages/pkill-patterns.mdoc", "alpha , blank , cntrl"),
    ("src/ere/class.rs", "\"space blank print\""),
];

/// Not checked, by the end of the path: this list, the text of the licence, data, and rendered output.
const SKIPPED: &[&str] = &["suite/words.rs", "debian/copyright", "ere/corpus.tsv", ".svg"];

/// What is checked: directories and files. The man pages are rendered from these.
const CHECKED: &[&str] = &[
    ".ci",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "benches",
    "completions",
    "docs",
    "examples",
    "fuzz/fuzz_targets",
    "integrations",
    "man/options",
    "man/pages",
    "man/sections",
    "packaging",
    "src",
    "tests",
];

/// A word in lower case, with its place.
#[derive(Debug)]
struct Word {
    line: usize,
    text: String,
    /// In capitals it is a constant or an environment variable.
    is_constant: bool,
    /// Part of a path, a list or a quotation: the character before it is no space.
    is_literal: bool,
    /// Only spaces, comment marks and underscores separate it from the word before it.
    continues: bool,
}

/// The words of a text, also those of identifiers. The code blocks of a Markdown document are commands and output.
fn words(text: &str, is_markdown: bool) -> Vec<Word> {
    let mut words = Vec::new();
    let mut is_code = false;
    let mut continues = false;
    for (number, line) in text.lines().enumerate() {
        is_code ^= is_markdown && line.starts_with("```");
        if is_code {
            continue;
        }
        let marks = line.len() - line.trim_start_matches(['/', '!', '*', '#', ' ', '\t']).len();
        let mut rest = &line[marks..];
        let mut before = ' ';
        while let Some(start) = rest.find(|char: char| char.is_ascii_alphabetic()) {
            let between = &rest[..start];
            continues &= between.chars().all(|char| char == ' ' || char == '_');
            before = between.chars().next_back().unwrap_or(before);
            let end = rest[start..].find(|char: char| !char.is_ascii_alphabetic());
            let end = end.map_or(rest.len(), |length| start + length);
            let text = &rest[start..end];
            words.push(Word {
                line: number + 1,
                text: text.to_ascii_lowercase(),
                is_constant: text.len() > 1 && text.chars().all(|char| char.is_ascii_uppercase()),
                is_literal: "\"'`/,-:=".contains(before),
                continues,
            });
            before = text.chars().next_back().unwrap_or(before);
            continues = true;
            rest = &rest[end..];
        }
        continues &= rest.trim().is_empty();
    }
    words
}

/// Whether the words from this one on are the phrase.
fn begins(words: &[Word], phrase: &str) -> bool {
    let mut parts = 0;
    let same = phrase.split(' ').zip(words).enumerate().all(|(at, (part, word))| {
        parts += 1;
        word.text == part && (at == 0 || word.continues)
    });
    same && parts == phrase.split(' ').count()
}

/// Whether the word is one of the cases in which it is the right one.
fn is_right(words: &[Word], at: usize) -> bool {
    let word = &words[at];
    let before = |count: usize| at.checked_sub(count).map_or("", |at| words[at].text.as_str());
    let previous = before(1);
    match word.text.as_str() {
        _ if word.is_constant => true,
        "who" | "whom" => PEOPLE.contains(&previous),
        "nobody" => {
            let both = format!("{} {previous}", before(2));
            word.is_literal || NAMED.iter().any(|named| [previous, both.as_str()].contains(named))
        }
        "blank" => word.is_literal,
        _ => false,
    }
}

/// By first word: the phrase, and what to write instead.
type Phrases = BTreeMap<&'static str, Vec<(&'static str, &'static str)>>;

fn phrases(is_user_visible: bool) -> Phrases {
    let mut all = Phrases::new();
    for (instead, phrases) in AVOIDED.iter().chain(is_user_visible.then_some(&PROGRAM)) {
        for phrase in *phrases {
            let first = phrase.split(' ').next().expect("a first word");
            all.entry(first).or_default().push((phrase, instead));
        }
    }
    all
}

/// The lines with a word to avoid: number, the word, what to write instead.
fn found(text: &str, is_markdown: bool, avoided: &Phrases) -> Vec<(usize, &'static str, &'static str)> {
    let words = words(text, is_markdown);
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for (phrase, instead) in avoided.get(word.text.as_str()).into_iter().flatten() {
            if begins(&words[at..], phrase) && !is_right(&words, at) {
                found.push((word.line, *phrase, *instead));
            }
        }
    }
    found
}

/// The files below a path, or the file itself.
fn files(path: PathBuf, all: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(&path).expect("a directory").flatten() {
            files(entry.path(), all);
        }
    } else {
        all.push(path);
    }
}

#[test]
fn texts_use_the_words_of_the_field() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    CHECKED.iter().for_each(|path| files(root.join(path), &mut all));
    all.sort_unstable();
    let mut wrong = Vec::new();
    let mut used = vec![false; PERMITTED.len()];
    let [of_source, of_documents] = [false, true].map(phrases);
    for path in all {
        let file = path.strip_prefix(root).expect("below the root").to_str().expect("UTF-8");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if SKIPPED.iter().any(|end| file.ends_with(end)) {
            continue;
        }
        let is_user_visible =
            ["man/", "completions/", "docs/", "CHANGELOG", "README"].iter().any(|at| file.starts_with(at));
        let avoided = if is_user_visible { &of_documents } else { &of_source };
        for (line, word, instead) in found(&text, file.ends_with(".md"), avoided) {
            let shown = text.lines().nth(line - 1).unwrap_or_default();
            let permitted = PERMITTED.iter().position(|(of, part)| *of == file && shown.contains(part));
            match permitted {
                Some(at) => used[at] = true,
                None => wrong.push(format!("{file}:{line}: '{word}': write {instead}: {}", shown.trim())),
            }
        }
    }
    assert!(wrong.is_empty(), "{} to reword:\n{}", wrong.len(), wrong.join("\n"));
    for (at, entry) in PERMITTED.iter().enumerate() {
        assert!(used[at], "{entry:?} is not needed any more");
    }
}

#[test]
fn the_finder_of_words_finds_them() {
    let avoided = phrases(true);
    let count = |text: &str| found(text, false, &avoided).len();
    for text in [
        "/// Who is stopped",
        "fn who_is_stopped() {",
        "// a process that is left\n    // out by -A",
        "// It is looked\n/// at",
        "It goes to nobody, signalled by root.",
        "signalled by nobody",
        "(or to nobody)",
        "/// A blank line",
        "our own group",
    ] {
        assert_eq!(count(text), 1, "{text}");
    }
    for text in [
        "the user who runs it; users, who",
        "NOBODY, -u nobody, user nobody, owned by nobody, \"0,nobody\" and of-nobody",
        "[[:blank:]]",
        "a process is left. Out of memory",
        "whole, whose and focus",
        "so. Many",
    ] {
        assert_eq!(count(text), 0, "{text}");
    }
    assert_eq!(found("```\nwho\n```\nwho\n", true, &avoided).len(), 1);
}

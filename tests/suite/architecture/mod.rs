//! The rules of docs/ARCHITECTURE.md, checked against the source text.

mod circles;
mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::imports::IMPORTS;

/// What reads /proc: output may not use it, because what it prints comes with the matches and the report.
const READERS: &[&str] = &["ProcDir", "Process", "Sockets", "Terminals", "Facts", "walk"];

/// Where process data is bytes only.
const BYTES_ONLY: &[&str] = &["complete", "proc", "select", "view", "scan", "deliver"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a directory, with their text.
pub fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).expect("a source directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty(), "no source in {dir}");
    files
}

/// The text without comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.find("//").map_or(line, |at| &line[..at]));
    lines.collect::<Vec<_>>().join("\n")
}

/// `src/plan/mod.rs` and `src/plan.rs` are `plan`; `src/lib.rs` and `src/main.rs` are not a stage.
fn module(path: &Path) -> Option<String> {
    let path = path.strip_prefix(root().join("src")).expect("below src").with_extension("");
    let first = path.iter().next()?.to_str()?.to_owned();
    (!["lib", "main"].contains(&first.as_str())).then_some(first)
}

/// The words of the code, in order.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|char: char| !(char.is_alphanumeric() || char == '_')).filter(|word| !word.is_empty())
}

#[test]
fn unsafe_stands_in_sys_only() {
    for (path, text) in sources("src") {
        let in_sys = module(&path).is_some_and(|module| module == "sys");
        assert!(in_sys || !words(&code(&text)).any(|word| word == "unsafe"), "unsafe in {}", path.display());
    }
}

#[test]
fn output_reads_no_proc() {
    for (path, text) in sources("src/output") {
        let code = code(&text);
        let reader = words(&code).find(|word| READERS.contains(word));
        assert_eq!(reader, None, "{}", path.display());
        assert!(!code.contains("\"/proc"), "{}", path.display());
    }
}

/// A name or a command line is no text until it is shown.
#[test]
fn process_data_is_bytes() {
    for (path, text) in sources("src") {
        if module(&path).is_none_or(|module| !BYTES_ONLY.contains(&module.as_str())) {
            continue;
        }
        let text = code(&text);
        let text = text.split("#[cfg(test)]").next().expect("the part before the tests");
        assert!(!text.contains("to_string_lossy"), "lossy text in {}", path.display());
        assert!(!text.contains("from_utf8_lossy"), "lossy text in {}", path.display());
        assert!(!text.contains("String::from_utf8"), "text in {}", path.display());
    }
}

/// A test waits for a state, never for a time.
#[test]
fn no_test_sleeps() {
    let forbidden = [concat!("thread::", "sleep"), concat!("use std::thread::{", "sleep"), "sleep_ms"];
    for (path, text) in sources("tests").into_iter().chain(sources("src")) {
        let found = forbidden.iter().find(|word| code(&text).contains(**word));
        assert!(found.is_none() || path.ends_with("architecture/mod.rs"), "{}: {found:?}", path.display());
    }
}

/// Paths of this project that a document names between backticks. In a table of modules, a directory ends with `/`.
fn named_paths(document: &str) -> BTreeSet<&str> {
    const TOP: &[&str] =
        &["benches", "completions", "docs", "examples", "fuzz", "man", "packaging", "src", "tests"];
    let spans = document.split('`').skip(1).step_by(2);
    spans.filter(|span| span.split_once('/').is_some_and(|(top, _)| TOP.contains(&top))).collect()
}

#[test]
fn the_map_names_what_exists() {
    let document = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the document");
    let paths = named_paths(&document);
    assert!(paths.len() > 40, "{paths:?}");
    for path in &paths {
        let is_right = if path.ends_with('/') { Path::is_dir } else { Path::is_file };
        assert!(is_right(&root().join(path)), "docs/ARCHITECTURE.md names {path}");
    }
    // And the other way round: every module has its place on the map.
    for (module, _) in IMPORTS {
        let is_named = [format!("src/{module}.rs"), format!("src/{module}/")]
            .iter()
            .any(|path| paths.contains(path.as_str()));
        assert!(is_named, "docs/ARCHITECTURE.md does not name {module}");
    }
}

/// What a reader cannot find: documents that are not in the tree, and decisions by number.
#[test]
fn no_reference_leads_nowhere() {
    let words = [
        concat!("Decision", " "),
        concat!("DESIGN", ".md"),
        concat!("REVIEW", ".md"),
        concat!("COMPAT", ".md"),
    ];
    for dir in ["src", "tests", "benches", "fuzz/fuzz_targets", "examples"] {
        for (path, text) in sources(dir) {
            let found = words.iter().find(|word| text.contains(**word));
            assert!(found.is_none(), "{}: {found:?}", path.display());
        }
    }
}

//! The rules of the house, as DESIGN.md has them, held against the source text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Module -> what it may import. Data first, then the stages in the order of the pipeline:
///
/// argv ─cli→ Request ─plan→ Plan ─scan→ Matches ─deliver→ Report ─output→ bytes, exit status
///
/// A module may name only what stands above it, so there is no way back.
const IMPORTS: &[(&str, &[&str])] = &[
    // Plain data.
    ("signal", &[]),
    ("request", &["signal"]),
    ("error", &[]),
    // The system, for everybody.
    ("sys", &[]),
    ("accounts", &[]),
    // What a process is, and questions about it.
    ("ere", &["sys"]),
    ("proc", &["error", "request", "sys"]),
    ("view", &["proc", "request"]),
    ("select", &["ere", "proc", "request"]),
    ("permission", &["proc", "request", "signal"]),
    // What a run comes to.
    ("report", &["error", "permission", "request", "select", "signal", "view"]),
    // The stages.
    ("cli", &["error", "request", "signal"]),
    // Beside them: what may be typed.
    ("complete", &["accounts", "cli", "ere", "error", "proc", "request", "select", "signal", "sys"]),
    ("plan", &["accounts", "ere", "error", "proc", "request", "select", "view"]),
    ("scan", &["error", "plan", "proc", "request", "select", "view"]),
    (
        "deliver",
        &[
            "error",
            "permission",
            "plan",
            "proc",
            "report",
            "request",
            "scan",
            "select",
            "signal",
            "sys",
            "view",
        ],
    ),
    (
        "output",
        &[
            "accounts", "complete", "deliver", "error", "plan", "proc", "report", "request", "scan",
            "select", "signal", "sys", "view",
        ],
    ),
];

/// Where process data is bytes and nothing else.
const BYTES_ONLY: &[&str] = &["complete", "proc", "select", "view", "scan", "deliver"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a directory, with their text.
fn sources(dir: &str) -> Vec<(PathBuf, String)> {
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

/// `src/plan/mod.rs` and `src/plan.rs` are `plan`; `src/lib.rs` and the programs are not a stage.
fn module(path: &Path) -> Option<String> {
    let path = path.strip_prefix(root().join("src")).expect("below src").with_extension("");
    let first = path.iter().next()?.to_str()?.to_owned();
    (!["lib", "bin"].contains(&first.as_str())).then_some(first)
}

/// The modules named behind `crate::`, also in a list: `crate::{plan::Plan, scan}`.
fn named(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (at, char) in list.char_indices() {
            match char {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    names.insert(name(&list[start..at]));
                    start = at + 1;
                }
                '}' => depth -= 1,
                _ => {}
            }
            if char == '}' && depth == 0 && start == at + 1 {
                break;
            }
        }
    }
    names
}

#[test]
fn imports_follow_the_arrow() {
    let order: Vec<&str> = IMPORTS.iter().map(|(module, _)| *module).collect();
    for (at, (module, imports)) in IMPORTS.iter().enumerate() {
        for import in *imports {
            assert!(order[..at].contains(import), "the table lets {module} look forward to {import}");
        }
    }
    let mut used = BTreeSet::new();
    for (path, text) in sources("src") {
        let Some(module) = module(&path) else { continue };
        let allowed = IMPORTS.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} has no row in the table"));
        for import in named(&code(&text)) {
            if import == module || !order.contains(&import.as_str()) {
                continue; // itself, or an item of lib.rs
            }
            assert!(allowed.contains(&import.as_str()), "{} imports {import}", path.display());
            used.insert((module.clone(), import));
        }
    }
    for (module, imports) in IMPORTS {
        for import in *imports {
            let pair = (module.to_string(), import.to_string());
            assert!(used.contains(&pair), "{module} may import {import} but does not: narrow the table");
        }
    }
}

#[test]
fn the_reader_of_imports_reads_them() {
    let text =
        "use crate::plan::Plan;\nuse crate::{scan::{Match, Matches}, select};\nlet x = crate::proc::walk();";
    let expected = ["plan", "proc", "scan", "select"].map(str::to_owned);
    assert_eq!(named(&code(text)), BTreeSet::from(expected));
    assert_eq!(named(&code("// see crate::plan\n/// [`crate::scan`]")), BTreeSet::new());
}

#[test]
fn unsafe_stands_in_sys_only() {
    let word = |text: &str| {
        let words = text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
        words.filter(|word| *word == "unsafe").count()
    };
    for (path, text) in sources("src") {
        let in_sys = module(&path).is_some_and(|module| module == "sys");
        assert!(in_sys || word(&code(&text)) == 0, "unsafe in {}", path.display());
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
        assert!(found.is_none() || path.ends_with("architecture.rs"), "{}: {found:?}", path.display());
    }
}

//! The stages import each other in one direction.

use std::collections::BTreeSet;

use super::{code, module, sources};

/// Module -> what it may import. Data first, then the stages in the order of the pipeline:
///
/// argv ─cli→ Request ─plan→ Plan ─scan→ Matches ─deliver→ Report ─output→ bytes, exit status
///
/// A module may import only what is above it, so no later stage is called by an earlier one.
pub(super) const IMPORTS: &[(&str, &[&str])] = &[
    // Plain data.
    ("signal", &[]),
    ("column", &[]),
    ("request", &["column", "signal"]),
    ("error", &[]),
    ("similar", &[]),
    // The system, for every module.
    ("sys", &[]),
    ("accounts", &[]),
    ("services", &["request", "sys"]),
    // What a process is, and tests on it.
    ("display", &["request", "sys"]),
    ("ere", &["sys"]),
    ("proc", &["display", "error", "request", "sys"]),
    ("select", &["display", "ere", "proc", "request"]),
    ("permission", &["proc", "request", "signal"]),
    // What started a process.
    ("origin", &["proc", "request", "select"]),
    // What is shown of it.
    ("row", &["column", "origin", "proc", "request", "select"]),
    ("view", &["origin", "proc", "request", "row", "select"]),
    // The result of a run.
    ("report", &["error", "origin", "permission", "proc", "request", "select", "signal", "view"]),
    // What --generate prints.
    ("generate", &["request"]),
    // The stages.
    ("cli", &["column", "error", "generate", "request", "signal", "similar"]),
    // Beside them: completion.
    (
        "complete",
        &[
            "accounts", "cli", "ere", "error", "generate", "proc", "request", "select", "services", "signal",
            "sys",
        ],
    ),
    ("plan", &["accounts", "column", "ere", "error", "proc", "request", "row", "select", "services", "view"]),
    ("scan", &["error", "plan", "proc", "request", "select", "view"]),
    // `--explain`, instead of what follows.
    (
        "explain",
        &["column", "ere", "error", "plan", "proc", "request", "row", "scan", "select", "signal", "view"],
    ),
    (
        "deliver",
        &[
            "error",
            "origin",
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
            "accounts", "column", "complete", "deliver", "display", "ere", "error", "explain", "origin",
            "plan", "proc", "report", "request", "row", "scan", "select", "signal", "sys", "view",
        ],
    ),
    // The library for other programs, which takes the stages up to `scan` and the parts of `deliver`.
    // What to try where nothing matched.
    ("advice", &["accounts", "cli", "complete", "plan", "request", "scan", "similar", "view"]),
    ("api", &["accounts", "deliver", "error", "plan", "proc", "report", "request", "scan", "signal", "view"]),
];

/// The modules named after `crate::`, also in a list: `crate::{plan::Plan, scan}`.
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

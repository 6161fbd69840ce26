//! The rules of docs/ARCHITECTURE.md, checked against the source text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Module -> what it may import. Data first, then the stages in the order of the pipeline:
///
/// argv ─cli→ Request ─plan→ Plan ─scan→ Matches ─deliver→ Report ─output→ bytes, exit status
///
/// A module may import only what is above it, so no later stage is called by an earlier one.
const IMPORTS: &[(&str, &[&str])] = &[
    // Plain data.
    ("signal", &[]),
    ("column", &[]),
    ("request", &["column", "signal"]),
    ("error", &[]),
    ("similar", &[]),
    // The system, for every module.
    ("sys", &[]),
    ("accounts", &[]),
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
    // The stages.
    ("cli", &["column", "error", "request", "signal", "similar"]),
    // Beside them: completion.
    ("complete", &["accounts", "cli", "ere", "error", "proc", "request", "select", "signal", "sys"]),
    ("plan", &["accounts", "column", "ere", "error", "proc", "request", "row", "select", "view"]),
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

/// Stages in which files may still import each other in a circle.
const MAY_HAVE_CIRCLES: &[&str] = &[];

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

/// `src/plan/mod.rs` and `src/plan.rs` are `plan`; `src/lib.rs` and the programs are not a stage.
fn module(path: &Path) -> Option<String> {
    let path = path.strip_prefix(root().join("src")).expect("below src").with_extension("");
    let first = path.iter().next()?.to_str()?.to_owned();
    (!["lib", "bin"].contains(&first.as_str())).then_some(first)
}

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

/// A file of a stage: its path below `src` as module names, `["plan"]` for `plan/mod.rs`.
type File = Vec<String>;

/// The paths that begin at the start of the text: `a::{b, c::d}` is `a::b` and `a::c::d`. A name after `as` is dropped.
fn paths(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(list) = text.strip_prefix('{') {
        let (mut depth, mut start, mut all) = (0, 0, vec![]);
        for (at, char) in list.char_indices() {
            match char {
                ',' | '}' if depth == 0 => {
                    all.extend(paths(&list[start..at]).into_iter().filter(|path| !path.is_empty()));
                    start = at + 1;
                    if char == '}' {
                        break;
                    }
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        return all;
    }
    let end = text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return vec![vec![]];
    }
    let rest = rest.strip_prefix("::").map_or(vec![vec![]], paths);
    rest.into_iter().map(|path| [vec![name.to_owned()], path].concat()).collect()
}

/// The files of all stages, and what each imports of its own stage.
struct Imports {
    /// By file, the code without comments and unit tests.
    files: BTreeMap<File, String>,
}

impl Imports {
    fn new(sources: impl IntoIterator<Item = (File, String)>) -> Self {
        let code = |text: String| code(&text).split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        Imports { files: sources.into_iter().map(|(file, text)| (file, code(text))).collect() }
    }

    /// The statements `use …;` of a file, without the word: whether they are public, and the paths from the crate's
    /// root.
    fn uses(&self, file: &File) -> Vec<(bool, Vec<File>)> {
        let mut uses = vec![];
        for statement in self.files[file].split(';') {
            for (at, _) in statement.match_indices("use ") {
                let before = &statement[..at];
                let line = before.rsplit('\n').next().unwrap_or_default().trim();
                if line.is_empty() || line.starts_with("pub") && !line.contains(' ') {
                    let paths = paths(&statement[at + 4..]).into_iter();
                    let absolute = paths.filter_map(|path| self.absolute(file, &path)).collect();
                    uses.push((line.starts_with("pub"), absolute));
                }
            }
        }
        uses
    }

    /// The path from the crate's root; None if it leads to another crate.
    fn absolute(&self, file: &File, path: &[String]) -> Option<File> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([file, &path[1..]].concat()),
            "super" => {
                let parent = file.split_last()?.1.to_vec();
                match path.get(1).map(String::as_str) {
                    Some("super") => self.absolute(&parent, &path[1..]),
                    _ => Some([&parent, &path[1..]].concat()),
                }
            }
            child => {
                let child = [&file[..], &[child.to_owned()]].concat();
                self.files.contains_key(&child).then(|| [file, path].concat())
            }
        }
    }

    /// The file that defines what the path names. Names that a parent re-exports are defined by its child.
    fn definition(&self, path: &[String]) -> Option<File> {
        let file =
            (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|at| self.files.contains_key(at))?;
        let Some(name) = path.get(file.len()) else { return Some(file) };
        let reexports = self.uses(&file).into_iter().filter(|(public, _)| *public);
        let reexport = reexports.flat_map(|(_, paths)| paths).find(|path| path.last() == Some(name));
        reexport.map_or(Some(file), |path| self.definition(&path))
    }

    /// The other files of its stage that a file depends on.
    fn of(&self, file: &File) -> BTreeSet<File> {
        let code = &self.files[file];
        let mut named: Vec<File> = vec![];
        for (public, paths) in self.uses(file) {
            // A re-export is used where its name occurs once more.
            let used = |path: &File| {
                words(code).filter(|word| Some(*word) == path.last().map(String::as_str)).count() > 1
            };
            named.extend(paths.into_iter().filter(|path| !public || used(path)));
        }
        let children =
            self.files.keys().filter(|other| other.len() == file.len() + 1 && other.starts_with(file));
        let children = children.map(|child| format!("{}::", child[child.len() - 1]));
        for start in ["super::".to_owned(), "crate::".to_owned()].into_iter().chain(children) {
            for (at, _) in code.match_indices(&start) {
                let line = code[..at].rsplit('\n').next().unwrap_or_default();
                let begins =
                    !code[..at].ends_with(|char: char| char.is_alphanumeric() || "_:".contains(char));
                if begins && !line.contains("use ") {
                    named.extend(paths(&code[at..]).iter().filter_map(|path| self.absolute(file, path)));
                }
            }
        }
        let files = named.iter().filter_map(|path| self.definition(path));
        files.filter(|other| other != file && other[0] == file[0]).collect()
    }

    /// A circle of files, if there is one among those that these lead to.
    fn circle(&self, chain: &mut Vec<File>, done: &mut BTreeSet<File>) -> Option<String> {
        let last = chain.last().expect("a start").clone();
        for next in self.of(&last) {
            if let Some(at) = chain.iter().position(|file| *file == next) {
                let circle = chain[at..].iter().chain([&next]).map(|file| file.join("/"));
                return Some(circle.collect::<Vec<_>>().join(" -> "));
            }
            if !done.contains(&next) {
                chain.push(next);
                let circle = self.circle(chain, done);
                chain.pop();
                if circle.is_some() {
                    return circle;
                }
            }
        }
        done.insert(last);
        None
    }

    /// One circle a stage.
    fn circles(&self) -> BTreeMap<String, String> {
        let mut circles = BTreeMap::new();
        let mut done = BTreeSet::new();
        for file in self.files.keys() {
            if let Some(circle) = self.circle(&mut vec![file.clone()], &mut done) {
                circles.entry(file[0].clone()).or_insert(circle);
            }
        }
        circles
    }
}

#[test]
fn files_of_a_stage_import_each_other_in_no_circle() {
    let file = |path: &Path| -> Option<File> {
        let below = path.strip_prefix(root().join("src")).expect("below src").with_extension("");
        let names = below.iter().map(|name| name.to_str().expect("UTF-8").to_owned());
        module(path).map(|_| names.filter(|name| name != "mod").collect())
    };
    let sources = sources("src");
    let imports = Imports::new(sources.into_iter().filter_map(|(path, text)| Some((file(&path)?, text))));
    let mut circles = imports.circles();
    for stage in MAY_HAVE_CIRCLES {
        assert!(circles.remove(*stage).is_some(), "{stage} has no circle any more: take it off the list");
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_finder_of_circles_finds_them() {
    let circle = |files: &[(&str, &str)]| {
        let file = |name: &str| name.split('/').map(str::to_owned).collect::<File>();
        let imports = Imports::new(files.iter().map(|(name, text)| (file(name), (*text).to_owned())));
        imports.circles().into_values().next().unwrap_or_default()
    };
    const NONE: bool = false;
    const CIRCLE: bool = true;
    let root = ("s", "mod a;\nmod b;\npub use a::A;\npub use b::{B, b};\n");
    for (files, expected) in [
        (&[root, ("s/a", "use super::B;"), ("s/b", "")][..], NONE),
        (&[root, ("s/a", "use super::B;"), ("s/b", "use super::{B, A};")], CIRCLE),
        (&[root, ("s/a", "use super::b;"), ("s/b", "fn f() { crate::s::a::g() }")], CIRCLE),
        (&[root, ("s/a", "use crate::{s::{b::B}, t};"), ("s/b", "use super::a::A;")], CIRCLE),
        (
            &[root, ("s/a", "// super::b"), ("s/b", "use super::a;\n#[cfg(test)]\nmod t { use super::b; }")],
            NONE,
        ),
        (&[("s", "mod a;\nuse a::A;\nfn f() {}"), ("s/a", "use super::f;")], CIRCLE),
        (&[("s", "mod a;\nfn f() { a::g() }"), ("s/a", "use super::f;")], CIRCLE),
        (&[("s", "mod a;\npub use a::A;\nfn f(a: A) {}"), ("s/a", "use super::f;")], CIRCLE),
        (&[("s", "mod a;\npub use a::A;\nfn f() {}"), ("s/a", "use super::f;")], NONE),
    ] {
        assert_eq!(!circle(files).is_empty(), expected, "{files:?}");
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

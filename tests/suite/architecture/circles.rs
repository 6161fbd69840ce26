//! Within a stage, files import each other in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code, module, root, sources, words};

/// Stages in which files may still import each other in a circle.
const MAY_HAVE_CIRCLES: &[&str] = &[];

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

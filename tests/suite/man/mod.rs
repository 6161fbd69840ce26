//! The man pages: the committed files are rendered from the option table and the parts in `man/`, `mandoc` and `groff`
//! print no warning, and the examples work. `RENDER_WRITE=1 cargo test --test suite man` renders the pages.

mod examples;
mod render;
mod search;

use std::collections::BTreeSet;
use std::process::Command;

use examples::examples;
use pkill::Program;
use pkill::cli::options::OPTIONS;

use crate::support::{Dir, Run, check_rendered, namespace, need};

#[test]
fn the_pages_are_what_they_are_rendered_from() {
    for (name, page) in render::pages() {
        check_rendered(&format!("man/{name}"), &page, "man");
    }
}

#[test]
fn the_formatters_have_nothing_to_say() {
    let mandoc = ("mandoc", &["-Tlint", "-W", "warning"][..]);
    let groff = ("groff", &["-mdoc", "-ww", "-z", "-Tutf8", "-Kutf8"][..]);
    for (formatter, args) in [mandoc, groff].into_iter().filter(|(formatter, _)| need(formatter)) {
        for (name, page) in render::pages() {
            let dir = Dir::new();
            let page = dir.file(&name, page);
            let output = Command::new(formatter).args(args).arg(page).output().expect("start a formatter");
            let said = [output.stdout, output.stderr].concat();
            assert_eq!(String::from_utf8_lossy(&said), "", "{formatter}");
        }
    }
}

/// The words that begin with `-x` or `--long`.
fn options_in<'t>(words: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    let name = |word: &'t str| word.split(['=', '[', ',']).next().expect("a first part");
    words.filter(|word| word.len() > 1 && word.starts_with('-') && *word != "--").map(name).collect()
}

/// The arguments of `Fl` in a line of mdoc(7): `x` is -x, `-long` is --long.
fn flags(line: &str) -> Vec<String> {
    let is_macro = |word: &str| word.len() == 2 && word.starts_with(|c: char| c.is_ascii_uppercase());
    let mut in_flags = false;
    let mut flags = vec![];
    for word in line.trim_start_matches('.').split(' ') {
        if is_macro(word) {
            in_flags = word == "Fl";
        } else if in_flags && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-') {
            flags.push(format!("-{word}"));
        }
    }
    flags
}

#[test]
fn each_option_of_the_help_is_in_the_page_and_the_reverse() {
    for program in Program::ALL {
        let help = Run::ours(program.name()).args(["--help"]).run().out();
        // A description that is wrapped is indented further.
        let listed = help.lines().filter(|line| line.starts_with("  -") || line.starts_with("      --"));
        let listed = listed.map(str::trim_start);
        let in_help =
            options_in(listed.filter_map(|line| line.split("  ").next()).flat_map(|names| names.split(' ')));
        let page = render::page(program);
        let items: Vec<String> =
            page.lines().filter(|line| line.starts_with(".It Fl")).flat_map(flags).collect();
        let items: BTreeSet<&str> = items.iter().map(String::as_str).collect();
        assert_eq!(items, in_help, "{}", program.name());
        for named in page.lines().filter(|line| line.starts_with('.')).flat_map(flags) {
            assert!(items.contains(named.as_str()), "{}.1 names {named}", program.name());
        }
    }
}

#[test]
fn each_file_of_prose_has_its_option() {
    for entry in std::fs::read_dir(render::directory().join("options")).expect("prose").flatten() {
        let path = entry.path();
        let option = OPTIONS.iter().find(|opt| path.file_stem().is_some_and(|stem| stem == opt.long));
        assert!(option.is_some_and(|opt| !opt.documented.is_empty()), "{}: no such option", path.display());
    }
}

/// The lines of a page's examples that are commands: after a prompt, or in a file with one of the programs in it.
fn commands(page: &str) -> Vec<String> {
    let heading = [".Sh COMMON TASKS\n", ".Sh EXAMPLES\n"];
    let (_, rest) = heading.iter().find_map(|heading| page.split_once(heading)).expect("examples");
    let (examples, _) = rest.split_once("\n.Sh ").expect("another section");
    let mut literal = false;
    let mut commands = vec![];
    for line in examples.lines() {
        if line.starts_with(".Bd") || line.starts_with(".Ed") {
            literal = line.starts_with(".Bd");
        } else if let Some(text) = line.strip_prefix(".Dl ").or(literal.then_some(line)) {
            let text = text.trim().replace("\\(dq", "\"").replace("\\e", "\\");
            let text = render::TYPED.iter().fold(text, |text, (plain, typed)| text.replace(typed, plain));
            let ours = text.split([' ', '=']).any(|word| Program::ALL.iter().any(|one| one.name() == word));
            match text.strip_prefix("$ ") {
                Some(command) => commands.push(command.to_owned()),
                None if ours => commands.push(text),
                None => {}
            }
        }
    }
    commands
}

#[test]
fn each_example_has_its_row_and_the_reverse() {
    let in_pages: BTreeSet<String> = render::pages().iter().flat_map(|(_, page)| commands(page)).collect();
    let rows: BTreeSet<String> = examples().iter().map(|example| example.line.to_owned()).collect();
    assert!(in_pages.len() > 30, "the examples were found");
    assert_eq!(in_pages, rows, "tests/suite/man/examples.rs");
}

#[test]
fn the_examples_work() {
    namespace(|| {
        if !["mount", "jq", "column", "top", "renice", "setpriv", "unshare"].into_iter().all(need) {
            return;
        }
        // The pidfiles of the examples, in a mount namespace of their own.
        let mounted = Command::new("mount").args(["-t", "tmpfs", "none", "/run"]).status();
        assert!(mounted.expect("start mount").success());
        examples().into_iter().for_each(examples::Example::run);
    });
}

/// The table of replacements in the README: each command in it is an example of a page, so it is run.
#[test]
fn each_replacement_in_the_readme_is_an_example() {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| instead of | write | because |\n").expect("the table");
    let rows: Vec<_> = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 10, "{rows:?}");
    let examples: BTreeSet<_> = examples().iter().map(|example| example.line).collect();
    for row in rows {
        let command = row.rsplit(" | ").nth(1).expect("the middle column").trim_matches('`');
        let command = command.replace("\\|", "|"); // as in a table of GitHub's Markdown
        assert!(examples.contains(command.as_str()), "{command} is no example");
    }
}

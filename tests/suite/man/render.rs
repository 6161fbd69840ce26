//! A man page (mdoc(7)) from its template in `man/pages`, the sections that it includes from `man/sections`, the option
//! table, and the prose of each option in `man/options`.
//!
//! Templates, sections and prose have six directives, each at the start of a line:
//!
//! - `@include NAME`: the section `man/sections/NAME.mdoc`;
//! - `@options`: all options of the program, under the headings of `--help`;
//! - `@new`: a list of those that procps-ng lacks;
//! - `@columns`: a list of the columns of `--columns`;
//! - `@only PROGRAM...`: the lines up to `@end` are for these programs only;
//! - `@version`: the end of a line, the version of the package.

use std::path::{Path, PathBuf};

use pkill::Program;
use pkill::cli::opt::{Opt, Origin};
use pkill::cli::{COLUMNS, Column, documented};

/// Characters that roff(7) replaces by typographic ones are escaped, so that they can be copied to a terminal.
pub const TYPED: [(&str, &str); 5] =
    [("-", "\\-"), ("'", "\\(aq"), ("^", "\\(ha"), ("`", "\\(ga"), ("~", "\\(ti")];

/// Where pages and their parts are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// The pages of section 7, for all programs.
pub const GENERAL: [&str; 2] = ["pkill-patterns", "pkill-report"];

/// The page of a program.
pub fn page(program: Program) -> String {
    finish(&elsewhere(&part(Some(program), &format!("pages/{}.mdoc", program.name()))))
}

/// A page of section 7.
pub fn general(name: &str) -> String {
    finish(&part(None, &format!("pages/{name}.mdoc")))
}

/// All pages: the file below `man/`, and its text.
pub fn pages() -> Vec<(String, String)> {
    let programs = Program::ALL.into_iter().map(|program| (format!("{}.1", program.name()), page(program)));
    let general = GENERAL.into_iter().map(|name| (format!("{name}.7"), general(name)));
    programs.chain(general).collect()
}

/// A reference to a section that the page lacks is one to pkill(1).
fn elsewhere(page: &str) -> String {
    let titles: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".Sh ")).collect();
    let mut text = String::new();
    for line in page.lines() {
        let (before, reference) = line.split_once("Sx ").unwrap_or((line, ""));
        let end = reference.find(" .").or(reference.find(" ,")).unwrap_or(reference.len());
        let (title, punctuation) = reference.split_at(end);
        text += &match before.starts_with('.') && !title.is_empty() && !titles.contains(&title) {
            true => format!("{before}Sx {title}\nin\n.Xr pkill 1{punctuation}\n"),
            false => format!("{line}\n"),
        };
    }
    text
}

fn finish(page: &str) -> String {
    let head = ".\\\" Rendered from src/cli/options.rs and the parts in man/. Do not edit: change those, and run\n\
        .\\\" RENDER_WRITE=1 cargo test --test suite man\n";
    format!("{head}{}", copyable(page))
}

/// Displays and literal words, so that they can be copied.
fn copyable(page: &str) -> String {
    let literal_macros = [".Dl ", ".Ql ", ".Li ", ".It Li ", ".Ic "];
    let mut in_display = false;
    let mut copyable = String::new();
    for line in page.lines() {
        let mut line = line.to_owned();
        if line.starts_with(".Bd") || line.starts_with(".Ed") {
            in_display = line.starts_with(".Bd");
        } else if in_display || literal_macros.iter().any(|one| line.starts_with(one)) {
            line = TYPED.iter().fold(line, |line, (plain, typed)| line.replace(plain, typed));
        }
        copyable += &format!("{line}\n");
    }
    copyable
}

/// Without a program, the directives that depend on one are errors.
fn part(program: Option<Program>, path: &str) -> String {
    let file = directory().join(path);
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("man/{path} is missing: {error}"));
    let mut page = String::new();
    let mut ours = true;
    for line in text.lines() {
        match (line.split_once(' ').unwrap_or((line, "")), program) {
            (("@only", programs), Some(program)) => {
                ours = programs.split(' ').any(|one| one == program.name());
            }
            (("@end", _), _) => ours = true,
            _ if !ours => {}
            (("@include", name), _) => page += &part(program, &format!("sections/{name}.mdoc")),
            (("@options", _), Some(program)) => page += &options(program),
            (("@columns", _), _) => page += &columns(),
            (("@new", _), Some(program)) => page += &new(program),
            ((word, _), _) if word.starts_with('@') => panic!("man/{path}: {word}"),
            _ => page += &format!("{}\n", line.replace("@version", env!("CARGO_PKG_VERSION"))),
        }
    }
    assert!(ours, "man/{path}: @only without @end");
    page
}

fn options(program: Program) -> String {
    let mut page = String::new();
    let mut group = None;
    for opt in documented(program) {
        if group.replace(opt.group) != Some(opt.group) {
            let end = if page.is_empty() { "" } else { ".El\n" };
            page += &format!("{end}.Ss {}\n.Bl -tag -width Ds\n", opt.group.title());
        }
        page += &format!(".It {}\n{}.\n", names(program, opt), sentence(opt.help));
        page += &part(Some(program), &format!("options/{}.mdoc", opt.long));
        page += &excluded(program, opt);
    }
    page + ".El\n"
}

fn new(program: Program) -> String {
    let new = documented(program).filter(|opt| opt.origin != Origin::Reference);
    let new: Vec<String> = new.map(|opt| format!(".Fl -{}", opt.long)).collect();
    format!("{} .\n", new.join(" ,\n"))
}

fn columns() -> String {
    let item = |column: &Column| format!(".It Cm {}\n{}.\n", column.name, sentence(column.about));
    let items: String = COLUMNS.iter().map(item).collect();
    format!(".Bl -tag -width container -compact\n{items}.El\n")
}

/// `-x VALUE, --long=VALUE`.
fn names(program: Program, opt: &Opt) -> String {
    let (short_value, long_value) = match opt.value_name() {
        None => (String::new(), String::new()),
        Some(value) if opt.value_is_optional() => (String::new(), format!(" Ns Oo = Ns Ar {value} Oc")),
        Some(value) => (format!(" Ar {value}"), format!(" Ns = Ns Ar {value}")),
    };
    let short = opt.letter(program).map_or_else(String::new, |letter| format!("Fl {letter}{short_value} , "));
    format!("{short}Fl -{}{long_value}", opt.long)
}

/// The text of `--help` as a sentence of roff(7), where a hyphen is no minus sign.
fn sentence(help: &str) -> String {
    let (first, rest) = help.split_at(1);
    let help = format!("{}{rest}", first.to_uppercase()).replace('\\', "\\e");
    help.replace(" -", " \\-").replace("(-", "(\\-")
}

/// The options that cannot be combined with it.
fn excluded(program: Program, opt: &Opt) -> String {
    let others = documented(program).filter(|other| opt.excludes(other));
    let others: Vec<String> = others.map(|other| format!("Fl -{}", other.long)).collect();
    match others.split_last() {
        None => String::new(),
        Some((last, [])) => format!("Not with\n.{last} .\n"),
        Some((last, others)) => format!("Not with\n.{}\nor\n.{last} .\n", others.join(" , ")),
    }
}

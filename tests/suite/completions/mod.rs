//! The completions for bash, zsh and fish: rendered from the option table into `completions/`, and tried in the shells.
//!
//! `RENDER_WRITE=1 cargo test --test suite completions` writes the files.

mod bash;
mod fish;
mod hostile;
mod shells;
mod zsh;

use pkill::Signal;
use pkill::cli::kind::Kind;
use pkill::cli::opt::Opt;
use pkill::cli::options::OPTIONS;

use crate::support;

/// Whether `pgrep --complete` has candidates for the value.
fn is_live(kind: Kind) -> bool {
    !matches!(kind, Kind::File | Kind::Size | Kind::Count | Kind::Integer | Kind::Text)
}

/// The shell's own completion for the value, besides what processes have.
fn helper(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Users => Some("users"),
        Kind::Groups => Some("groups"),
        Kind::File | Kind::Executable | Kind::Log => Some("files"),
        Kind::Directory => Some("directories"),
        _ => None,
    }
}

/// The options that are of no use together with this one: itself, if the last one wins, and those that exclude it.
fn alternatives(opt: &Opt) -> Vec<&'static Opt> {
    let is_one = |other: &&Opt| opt.excludes(other) || other.long == opt.long && !opt.repeats();
    OPTIONS.iter().filter(is_one).collect()
}

/// The options, as arguments of `pgrep --complete pattern`, that determine how a pattern is matched.
fn taken_as() -> impl Iterator<Item = &'static Opt> {
    OPTIONS.iter().filter(|opt| ["full", "exact", "fixed-strings"].contains(&opt.long))
}

/// An extended regular expression that matches the words that pkill takes as a signal, in capitals.
fn signal_words() -> String {
    let names = [Signal::NONE].into_iter().chain(Signal::named()).flat_map(Signal::names);
    let names: Vec<_> = names.filter(|name| !name.starts_with("RTM") && name != "0").collect();
    format!(r"^-([0-9]+|(SIG)?({}|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$", names.join("|"))
}

/// A template in which each line `@NAME@` is replaced by that part.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut text = template.to_owned();
    for (name, part) in parts {
        let line = format!("@{name}@\n");
        assert!(text.contains(&line), "the template has no {line}");
        text = text.replace(&line, part);
    }
    text
}

#[test]
fn the_files_are_what_the_table_renders() {
    let mut rendered = vec![("pkill.bash", bash::render()), ("_pkill", zsh::render())];
    rendered.extend(fish::render());
    for (name, text) in rendered {
        support::check_rendered(&format!("completions/{name}"), &text, "completions");
    }
}

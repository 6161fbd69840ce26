//! zsh: `_arguments` handles options, bundles and exclusions from their specifications.

use pkill::Program;
use pkill::cli::documented;

use super::{Opt, alternatives, fill, helper, is_live, signal_words, taken_as};

pub fn render() -> String {
    let template = include_str!("_pkill.in");
    let parts = [("OPTIONS", Program::ALL.map(options).concat()), ("PATTERN", pattern())];
    fill(template, &parts).replace("@SIGNALS@", &signal_words())
}

fn options(program: Program) -> String {
    let lines: String = documented(program).map(|opt| specs(opt, program)).collect();
    format!("        {})\n            options=(\n{lines}            )\n            ;;\n", program.name())
}

/// One line for the letter, and one for the name.
fn specs(opt: &Opt, program: Program) -> String {
    let others = alternatives(opt).into_iter().flat_map(|other| {
        let letter = other.letter(program).map(|letter| format!("-{letter}"));
        let long = other.documented.contains(&program).then(|| format!("--{}", other.long));
        letter.into_iter().chain(long)
    });
    let others = others.collect::<Vec<_>>().join(" ");
    let others = if others.is_empty() { others } else { format!("({others})") };
    let about = escape(opt.help, &['[', ']', '\\']);
    let value = opt.value().map_or(String::new(), |kind| {
        let colon = if opt.value_is_optional() { "::" } else { ":" };
        let action = match (is_live(kind), helper(kind)) {
            (false, None) => format!("_pkill_unknown {}", kind.name()),
            (live, helper) => {
                let what = if live { opt.long } else { "''" };
                let comma = if kind.is_list() { "," } else { "''" };
                format!("_pkill_values {what} {comma} {}", helper.unwrap_or_default()).trim_end().to_owned()
            }
        };
        // A space before the action: then it gets these arguments only.
        format!("{colon}{}: {}", escape(kind.name(), &[':']), action)
    });
    let again = if opt.repeats() { "*" } else { "" };
    let spec = |name: String| quoted(&format!("{others}{again}{name}[{about}]{value}"));
    let line = |name: String| format!("                {}\n", spec(name));
    let (short_ends, long_ends) = match opt.value() {
        None => ("", ""),
        Some(_) if opt.value_is_optional() => ("-", "=-"),
        Some(_) => ("+", "="),
    };
    let short = opt.letter(program).map(|letter| line(format!("-{letter}{short_ends}")));
    format!("{}{}", short.unwrap_or_default(), line(format!("--{}{long_ends}", opt.long)))
}

fn pattern() -> String {
    let line = |opt: &Opt| {
        let letter = opt.short.map_or(String::new(), |(letter, _)| format!(" || $+opt_args[-{letter}]"));
        format!("    (( $+opt_args[--{0}]{letter} )) && how+=(--{0})\n", opt.long)
    };
    taken_as().map(line).collect()
}

fn escape(text: &str, special: &[char]) -> String {
    text.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

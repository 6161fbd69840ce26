//! bash: no descriptions, and it leaves it to us to find out where in the command line we are.

use pkill::Program;

use super::{
    OPTIONS, Opt, PROGRAMS, Source, alternatives, documented, fill, letter, signal_words, source, taken_as,
};

pub fn render() -> String {
    let template = include_str!("pkill.bash.in");
    let parts = [("TABLE", table()), ("OPTIONS", options()), ("PATTERN", pattern())];
    fill(template, &parts).replace("@SIGNALS@", &signal_words())
}

/// One line an option, whichever program it is for: no letter means two things.
fn table() -> String {
    OPTIONS.iter().map(row).collect()
}

fn row(opt: &'static Opt) -> String {
    let letter = opt.short.map_or(String::new(), |(letter, _)| format!("-{letter} | "));
    let value = match opt.value().map(source) {
        None => "none",
        Some(Source::Us) => opt.long,
        Some(Source::Files) => "files",
        Some(Source::Nobody) => "unknown",
    };
    let optional = if opt.value_is_optional() { " optional=1" } else { "" };
    let alternatives: Vec<_> = alternatives(opt).iter().map(|other| other.long).collect();
    let alternatives = alternatives.join(" ");
    format!("        {letter}--{}) value={value}{optional} alternatives='{alternatives}' ;;\n", opt.long)
}

/// One line a program.
fn options() -> String {
    let line = |program: Program| {
        let names = documented(program).map(|opt| {
            let letter = letter(opt, program).map_or(String::new(), |letter| format!("-{letter}"));
            format!("{letter}:--{}", opt.long)
        });
        format!("        {}) options='{}' ;;\n", program.name(), names.collect::<Vec<_>>().join(" "))
    };
    PROGRAMS.map(line).concat()
}

fn pattern() -> String {
    let line = |opt: &Opt| format!("                [[ $given == *' {0} '* ]] && how+=(--{0})\n", opt.long);
    taken_as().map(line).collect()
}

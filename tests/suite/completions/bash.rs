//! bash: no descriptions; the script itself finds the place of the cursor in the command line.

use pkill::Program;
use pkill::cli::documented;

use super::{OPTIONS, Opt, alternatives, fill, helper, is_live, signal_words, taken_as};

pub fn render() -> String {
    let template = include_str!("pkill.bash.in");
    let parts = [("TABLE", table()), ("OPTIONS", options()), ("PATTERN", pattern())];
    fill(template, &parts).replace("@SIGNALS@", &signal_words())
}

/// One line for each option of any program: no letter has two meanings.
fn table() -> String {
    OPTIONS.iter().map(row).collect()
}

fn row(opt: &'static Opt) -> String {
    let letter = opt.short.map_or(String::new(), |(letter, _)| format!("-{letter} | "));
    let alternatives: Vec<_> = alternatives(opt).iter().map(|other| other.long).collect();
    let mut about = format!("alternatives='{}'", alternatives.join(" "));
    if let Some(kind) = opt.value() {
        about += if opt.value_is_optional() { " value=optional" } else { " value=needed" };
        if is_live(kind) {
            about += &format!(" what={}", opt.long);
        }
        about += &helper(kind).map(|helper| format!(" helper={helper}")).unwrap_or_default();
    }
    format!("        {letter}--{0}) name={0} {about} ;;\n", opt.long)
}

/// One line for each program.
fn options() -> String {
    let line = |program: Program| {
        let names = documented(program).map(|opt| {
            let letter = opt.letter(program).map_or(String::new(), |letter| format!("-{letter}"));
            format!("{letter}:--{}", opt.long)
        });
        format!("        {}) options='{}' ;;\n", program.name(), names.collect::<Vec<_>>().join(" "))
    };
    Program::ALL.map(line).concat()
}

fn pattern() -> String {
    let line = |opt: &Opt| {
        format!(
            "    [[ $given != *' {0} '* ]] || how+=(--{0})
",
            opt.long
        )
    };
    taken_as().map(line).collect()
}

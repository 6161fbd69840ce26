//! fish: one file for each program, as it loads completions by the command's name.

use pkill::Program;
use pkill::cli::documented;

use super::{Opt, alternatives, fill, helper, is_live, signal_words, taken_as};

pub fn render() -> Vec<(&'static str, String)> {
    let template = include_str!("program.fish.in");
    let render = |program: Program| {
        let options = documented(program).map(|opt| option(opt, program)).collect();
        let valued = documented(program).filter(|opt| opt.value().is_some() && !opt.value_is_optional());
        let names: Vec<_> = valued.flat_map(|opt| spellings(opt, program)).collect();
        let signals = if program == Program::Pkill { SIGNALS } else { "" };
        let text = fill(
            template,
            &[("OPTIONS", options), ("PATTERN", pattern(program)), ("SIGNALS", signals.into())],
        );
        let text = text.replace("@valued@", &names.join(" ")).replace("@signal_words@", &signal_words());
        let name = match program {
            Program::Pgrep => "pgrep.fish",
            Program::Pkill => "pkill.fish",
            Program::Pidwait => "pidwait.fish",
        };
        (name, text.replace("@program@", program.name()))
    };
    Program::ALL.map(render).into()
}

const SIGNALS: &str = r#"
# Signal words such as -HUP.
function __pkill_signals
    __pkill_candidates signal (string sub -s 2 -- (commandline -ct)) | string replace -r '^' -
end
function __pkill_may_be_signal
    string match -qr '^-([[:upper:]]|$)' -- (commandline -ct); and __pkill_has_not - --; and not set -q __pkill_pending[1]
end
complete -c pkill -n __pkill_may_be_signal -a '(__pkill_signals)'

"#;

/// `u`, `euid`.
fn spellings(opt: &Opt, program: Program) -> Vec<String> {
    let letter = opt.letter(program).map(String::from);
    letter.into_iter().chain([opt.long.to_owned()]).collect()
}

fn option(opt: &Opt, program: Program) -> String {
    let name = program.name();
    let mut line = format!("complete -c {name}");
    if let Some(letter) = opt.letter(program) {
        line += &format!(" -s {letter}");
    }
    line += &format!(" -l {}", opt.long);
    if let Some(kind) = opt.value() {
        let spellings = spellings(opt, program).join(" ");
        let files = helper(kind).is_some_and(|helper| helper == "files");
        line += if files {
            " -r -F"
        } else if opt.value_is_optional() {
            " -f"
        } else {
            " -x"
        };
        if is_live(kind) {
            let helper = helper(kind).unwrap_or("none");
            line += &format!(" -a '(__{name}_values {} {helper} {spellings})'", opt.long);
        }
    }
    let others = alternatives(opt).into_iter().filter(|other| other.documented.contains(&program));
    let others: Vec<_> =
        others.flat_map(|other| spellings(other, program)).chain(["--".to_owned()]).collect();
    let about = opt.help.replace('\\', r"\\").replace('\'', r"\'");
    format!("{line} -n '__{name}_has_not {}' -d '{about}'\n", others.join(" "))
}

fn pattern(program: Program) -> String {
    let line = |opt: &Opt| {
        let names = spellings(opt, program).join(" ");
        format!("    __{}_has_not {names}; or set -a how --{}\n", program.name(), opt.long)
    };
    taken_as().map(line).collect()
}

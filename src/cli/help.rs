//! `--help` and `--version`. clap lays out the help: it is given the option table and parses nothing.

use std::io::IsTerminal as _;

use clap::{Arg, ArgAction, Command};

use super::options::{Opt, documented};
use crate::request::Program;

/// The widest line where standard output is a terminal; it is narrower if the terminal is.
const TERMINAL_WIDTH: usize = 100;

/// The widest line elsewhere.
const WIDTH: usize = 80;

/// The text of `--help`.
pub fn help(program: Program) -> String {
    let width = if std::io::stdout().is_terminal() { TERMINAL_WIDTH } else { WIDTH };
    command(program).max_term_width(width).render_help().to_string()
}

/// The text of `--version`.
pub(super) fn version(program: Program) -> String {
    format!("{} from {} {}\n", program.name(), env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// The documented options as a clap command, for whatever is generated from one. It does not parse a command line as
/// the program does.
pub fn command(program: Program) -> Command {
    let usage = match program {
        Program::Pgrep => "pgrep [options] <pattern>",
        Program::Pkill => "pkill [-signal] [options] <pattern>",
        Program::Pidwait => "pidwait [options] <pattern>",
    };
    let about = match program {
        Program::Pgrep => "List the processes that match a pattern and other criteria.",
        Program::Pkill => "Signal the processes that match a pattern and other criteria.",
        Program::Pidwait => "Wait for the end of the processes that match a pattern and other criteria.",
    };
    let pattern = Arg::new("PATTERN").help("extended regular expression, held against the process name");
    Command::new(program.name())
        .about(about)
        .override_usage(usage)
        .after_help(format!("For more details see {}(1).", program.name()))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(pattern)
        .args(documented(program).map(|opt| arg(program, opt)))
}

fn arg(program: Program, opt: &'static Opt) -> Arg {
    let arg = Arg::new(opt.long)
        .long(opt.long)
        .short(opt.letter(program))
        .help(opt.help)
        .help_heading(opt.group.title());
    let Some(name) = opt.value_name() else { return arg.action(ArgAction::SetTrue) };
    let arg = arg.value_name(name).action(if opt.repeats() { ArgAction::Append } else { ArgAction::Set });
    if opt.value_is_optional() { arg.num_args(0..=1).require_equals(true) } else { arg }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and description of each option, wrapped where they do not fit on one line.
    #[test]
    fn the_help_fits_80_columns() {
        for program in Program::ALL {
            let help = command(program).term_width(WIDTH).render_help().to_string();
            for opt in documented(program) {
                assert!(help.contains(&format!("--{}", opt.long)), "{}: --{}", program.name(), opt.long);
            }
            for line in help.lines() {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", program.name());
            }
        }
    }
}

//! `-h`, `--help` and `--version`. clap lays out the help: it is given the option table and parses nothing.

use std::io::IsTerminal as _;

use clap::{Arg, ArgAction, Command};

use super::opt::Opt;
use super::options::documented;
use crate::request::Program;

/// The widest line where standard output is a terminal; it is narrower if the terminal is.
const TERMINAL_WIDTH: usize = 100;

/// The widest line elsewhere.
const WIDTH: usize = 80;

/// The options that `-h` lists, as far as a program has them.
const COMMON: &[&str] = &[
    "full",
    "exact",
    "ignore-case",
    "pidfile",
    "parent",
    "euid",
    "older",
    "unit",
    "port",
    "newest",
    "oldest",
    "tree",
    "signal",
    "wait",
    "timeout",
    "kill-after",
    "any",
    "dry-run",
    "interactive",
    "choose",
    "count",
    "list-name",
    "list-full",
    "delimiter",
    "echo",
    "json",
    "help",
    "version",
];

/// The text of `--help`: all options, examples and exit statuses.
pub fn help(program: Program) -> String {
    render(command(program))
}

/// The text of `-h`: the options that are used most.
pub fn short_help(program: Program) -> String {
    let options = documented(program).filter(|opt| COMMON.contains(&opt.long));
    let more = format!("All options, examples and exit statuses: {0} --help, {0}(1).", program.name());
    render(bare(program).args(options.map(|opt| arg(program, opt))).after_help(more))
}

fn render(command: Command) -> String {
    let width = if std::io::stdout().is_terminal() { TERMINAL_WIDTH } else { WIDTH };
    command.max_term_width(width).render_help().to_string()
}

/// The text of `--version`.
pub(super) fn version(program: Program) -> String {
    format!("{} from {} {}\n", program.name(), env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// The documented options as a clap command, for generators of other formats. It does not parse a command line as the
/// program does.
pub fn command(program: Program) -> Command {
    let options = documented(program).map(|opt| arg(program, opt));
    let (examples, statuses) = closing(program);
    let see = program.name();
    bare(program).args(options).after_help(format!(
        "Examples:\n{examples}\nExit status: {statuses}.\n\nFor more details see {see}(1)."
    ))
}

/// A command without options.
fn bare(program: Program) -> Command {
    let (usage, about) = match program {
        Program::Pgrep => {
            ("pgrep [options] <pattern>", "List the processes that match a pattern and other criteria.")
        }
        Program::Pkill => (
            "pkill [-signal] [options] <pattern>",
            "Signal the processes that match a pattern and other criteria (default: TERM).",
        ),
        Program::Pidwait => (
            "pidwait [options] <pattern>",
            "Wait until the processes that match a pattern and other criteria have exited.",
        ),
    };
    Command::new(program.name())
        .about(about)
        .override_usage(usage)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(Arg::new("PATTERN").help("extended regular expression, matched against the process name"))
}

/// The examples and the exit statuses.
fn closing(program: Program) -> (&'static str, &'static str) {
    match program {
        Program::Pgrep => (
            "  pgrep -l ssh                         list processes with ssh in their name
  pgrep -af 'job.py --queue=mail'      match the command line, and print it
  pgrep -u alice,bob -c .              count the processes of two users
  pgrep -l --port tcp:8080             list processes that hold a local port
  pgrep -d, -x nginx                   separate PIDs by commas, as for top -p
",
            "0 matched, 1 nothing matched, 2 usage error, 3 fatal error,\n4 more matches than --max",
        ),
        Program::Pkill => (
            "  pkill -HUP -x rsyslogd               have a daemon reload its configuration
  pkill --dry-run -f 'job.py --queue'  show what would be signalled
  pkill --kill-after 5 -x app-server   send TERM, then KILL after 5 seconds
  pkill --tree --freeze -p 4711        terminate a process and its descendants
  pkill --port tcp:8080                terminate the holders of a local port
  pkill -u alice --older 2h30m .       terminate old processes of a user
",
            "0 signalled (and exited, if waited for), 1 nothing matched or was\nsignalled, 2 usage error, 3 fatal error, 4 --max or --strict, 5 timeout,\n128+N waiting ended by signal N",
        ),
        Program::Pidwait => (
            "  pidwait -x rsync && echo done        wait until all have exited
  pidwait --timeout 1m -F app.pid      wait for at most one minute
  pidwait --any -P $$                  wait until one child of the shell exits
  pidwait -e -f 'make -j8'             print the processes waited for, and wait
",
            "0 all have exited, 1 nothing matched, 2 usage error,\n3 fatal error, 4 more matches than --max, 5 timeout, 128+N ended by signal N",
        ),
    }
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

    /// Each option has one line, which is not wrapped.
    #[test]
    fn the_help_fits_80_columns() {
        for program in Program::ALL {
            let help = command(program).term_width(WIDTH).render_help().to_string();
            for opt in documented(program) {
                assert!(help.contains(&format!("--{}", opt.long)), "{}: --{}", program.name(), opt.long);
            }
            for line in help.lines() {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", program.name());
                assert!(!line.starts_with("        "), "{}: {line}", program.name());
            }
        }
    }
}

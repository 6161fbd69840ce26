//! `--choose`: the program that the user chooses with reads a line for each process, and prints those that were chosen.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use super::printable::cut;
use super::rows::targets;
use super::screen::{Screen, is_dumb};
use super::text::identity;
use super::writer::Output;
use crate::error::{Error, io_error_text};
use crate::request::Program;
use crate::scan::Match;
use crate::signal::Signal;
use crate::sys;

/// The variable that names it.
const VARIABLE: &str = "PKILL_CHOOSER";

/// What is used otherwise, if it is installed.
const FINDERS: [&str; 2] = ["fzf", "sk"];

/// The exit statuses of fzf(1) where nothing was chosen: nothing matches, and cancelled by the user.
const NOTHING_CHOSEN: [i32; 2] = [1, 130];

/// Characters of its output that a message quotes.
const QUOTED_MAX: usize = 40;

/// The shell command of the environment.
pub(super) fn of_user() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|command| !command.is_empty())
}

impl Output {
    /// The indices of those that the user chooses, in ascending order.
    pub(super) fn choose_among(
        &mut self,
        found: &[&Match],
        signal: Option<Signal>,
    ) -> Result<Vec<usize>, Error> {
        let what = match (self.program, signal) {
            (_, Some(signal)) => format!("send {signal} to"),
            (Program::Pidwait, None) => "wait for".to_owned(),
            (_, None) => "print".to_owned(),
        };
        let mut chosen = match self.choose_by_program(found, &what)? {
            Some(chosen) => chosen,
            None => self.choose_by_number(found, &what)?,
        };
        chosen.sort_unstable();
        chosen.dedup();
        Ok(chosen)
    }

    /// None if there is no such program.
    fn choose_by_program(&mut self, found: &[&Match], what: &str) -> Result<Option<Vec<usize>>, Error> {
        let targets = targets(found);
        let screen = Screen { width: None, has_colour: false, is_utf8: sys::locale_is_utf8() };
        let lines = self.listed(&targets, screen);
        let choose = |name: &str, command: Command, lines: &[String]| {
            let input = lines.iter().flat_map(|line| [line, "\n"]).collect();
            let (status, output) = match run(command, input) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => {
                    return Err(Error::fatal(format!("cannot run {name}: {}", io_error_text(&error))));
                }
                Ok(result) => result,
            };
            if !has_chosen(name, status)? {
                return Ok(Some(vec![]));
            }
            let places = targets.iter().map(identity).zip(0..).collect();
            chosen(name, &output, &places).map(Some)
        };
        if let Some(of_user) = of_user() {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(of_user);
            let chosen = choose("$PKILL_CHOOSER", shell, lines.get(1..).unwrap_or_default())?;
            return chosen
                .map(Some)
                .ok_or_else(|| Error::fatal("cannot run /bin/sh: No such file or directory"));
        }
        for name in FINDERS.into_iter().filter(|_| !is_dumb()) {
            let mut finder = Command::new(name);
            finder.args(["--multi", "--header-lines=1", "--layout=reverse", "--preview="]);
            finder.arg(format!("--prompt={what}: "));
            if let Some(chosen) = choose(name, finder, &lines)? {
                return Ok(Some(chosen));
            }
        }
        Ok(None)
    }
}

/// Its exit status, and what it printed. It may exit before it has read all lines.
fn run(mut command: Command, input: String) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    // The interrupt key is for the child, whose exit status reports it.
    let _ignored = sys::ignore_interrupts();
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    })?;
    Ok((output.status, output.stdout))
}

/// Whether anything was chosen.
fn has_chosen(name: &str, status: ExitStatus) -> Result<bool, Error> {
    match status.code() {
        Some(0) => Ok(true),
        Some(code) if NOTHING_CHOSEN.contains(&code) => Ok(false),
        None if status.signal() == Some(libc::SIGINT) => Ok(false),
        _ => Err(Error::fatal(format!("{name} failed ({status}), so nothing was done"))),
    }
}

/// The processes that it printed a line of, by the first field of each.
fn chosen(name: &str, output: &[u8], places: &HashMap<String, usize>) -> Result<Vec<usize>, Error> {
    let output = String::from_utf8_lossy(output);
    let fields = output.lines().filter_map(|line| line.split_whitespace().next());
    let places = fields.map(|field| {
        let unknown = || {
            let field = cut(field, QUOTED_MAX);
            Error::fatal(format!("{name} printed '{field}', which is not on the list, so nothing was done"))
        };
        places.get(field).copied().ok_or_else(unknown)
    });
    places.collect()
}

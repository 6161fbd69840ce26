//! `--choose`: the program that the user chooses with reads a line for each process, and prints those that were chosen.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use super::preview::{self, PREVIEW};
use super::printable::cut;
use super::rows::targets;
use super::screen::{ANYWHERE, Screen, is_dumb};
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

/// The variable that says what the list is of.
const CHOICE: &str = "PKILL_CHOICE";

/// Options of a finder without a preview. What its variables set otherwise is for other lists.
const NO_PREVIEW: &[&str] = &["--preview=", "--preview-window=hidden"];

/// Options of a finder with a preview.
const WITH_PREVIEW: &[&str] = &[PREVIEW, "--preview-window=down:40%:wrap"];

/// Characters of its output that a message quotes.
const QUOTED_MAX: usize = 40;

/// The shell command of the environment.
pub(super) fn of_user() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|command| !command.is_empty())
}

/// What is offered to a program.
pub(super) struct Offer<'o> {
    /// The value of [`CHOICE`].
    pub kind: &'static str,
    pub prompt: &'o str,
    /// A heading, and a row for each.
    pub lines: Vec<String>,
    /// What identifies each row. A finder gets it as a field of its own, which it does not display.
    pub keys: Vec<String>,
    /// An option of a finder.
    pub option: &'static str,
    /// The command that explains a row.
    pub explains: Option<OsString>,
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
            (Program::Pkill, None) => "send a signal to".to_owned(),
            (Program::Pidwait, None) => "wait for".to_owned(),
            (Program::Pgrep, None) => "print".to_owned(),
        };
        let targets = targets(found);
        let screen = Screen { is_utf8: sys::locale_is_utf8(), ..ANYWHERE };
        let (lines, order) = self.arranged(&targets, false, screen);
        let offer = Offer {
            kind: "processes",
            prompt: &what,
            lines,
            keys: order.iter().map(|&at| key(found[at])).collect(),
            option: "--multi",
            explains: self.explains.take(),
        };
        let places = match offer.to_program()? {
            Some(places) => places,
            None => self.choose_by_number(&targets, &what)?,
        };
        let mut chosen: Vec<usize> = places.into_iter().map(|place| order[place]).collect();
        chosen.sort_unstable();
        chosen.dedup();
        Ok(chosen)
    }
}

/// No later process has the same.
fn key(found: &Match) -> String {
    found.token.map_or_else(|| found.pid.to_string(), |token| token.to_string())
}

impl Offer<'_> {
    /// The places of the rows that are chosen. None if there is no program to choose with.
    pub(super) fn to_program(&self) -> Result<Option<Vec<usize>>, Error> {
        if let Some(of_user) = of_user() {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(of_user).env(CHOICE, self.kind);
            let rows = self.lines.iter().skip(1).flat_map(|line| [line, "\n"]).collect();
            let chosen = self.to_command("$PKILL_CHOOSER", shell, rows)?;
            return chosen
                .map(Some)
                .ok_or_else(|| Error::fatal("cannot run /bin/sh: No such file or directory"));
        }
        for name in FINDERS.into_iter().filter(|_| !is_dumb()) {
            let mut finder = Command::new(name);
            finder.args(["--header-lines=1", "--layout=reverse", "--delimiter=\t", "--with-nth=2.."]);
            finder.args(if self.explains.is_some() { WITH_PREVIEW } else { NO_PREVIEW });
            finder.args([self.option, &format!("--prompt={}: ", self.prompt)]);
            finder.envs(self.explains.iter().map(|command| (preview::VARIABLE, command)));
            let keys = std::iter::once("ID").chain(self.keys.iter().map(String::as_str));
            let lines = keys.zip(&self.lines).map(|(key, line)| format!("{key}\t{line}\n")).collect();
            if let Some(chosen) = self.to_command(name, finder, lines)? {
                return Ok(Some(chosen));
            }
        }
        Ok(None)
    }

    /// None if there is no such program.
    fn to_command(&self, name: &str, command: Command, input: String) -> Result<Option<Vec<usize>>, Error> {
        match run(command, input) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::fatal(format!("cannot run {name}: {}", io_error_text(&error)))),
            Ok((status, _)) if !has_chosen(name, status)? => Ok(Some(vec![])),
            Ok((_, output)) => self.chosen(name, &output).map(Some),
        }
    }

    /// The rows that it printed, by the first field of each: the key, or the first field that is displayed.
    fn chosen(&self, name: &str, output: &[u8]) -> Result<Vec<usize>, Error> {
        let first = |line| str::split_whitespace(line).next().unwrap_or_default();
        let shown = self.lines.iter().skip(1).map(|line| first(line));
        let keys = self.keys.iter().map(String::as_str);
        let places: HashMap<&str, usize> = keys.zip(0..).chain(shown.zip(0..)).collect();
        let output = String::from_utf8_lossy(output);
        let fields = output.lines().map(first).filter(|field| !field.is_empty());
        let places = fields.map(|field| {
            let unknown = || {
                let field = cut(field, QUOTED_MAX);
                Error::fatal(format!(
                    "{name} printed '{field}', which is not on the list, so nothing was done"
                ))
            };
            places.get(field).copied().ok_or_else(unknown)
        });
        places.collect()
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

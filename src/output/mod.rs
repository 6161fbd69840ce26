//! [`Report`] → bytes on standard output, messages on standard error. The only writer.

mod text;

use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::stdio;

use crate::error::{Error, ErrorKind, errno_text};
use crate::plan::Plan;
use crate::proc::{Facts as _, ProcDir, Process};
use crate::report::{ExitStatus, Outcome, Report, Target};
use crate::request::{Action, Listing, Program, Request};
use crate::scan::Match;
use text::printable;

/// Collects what is to be printed, and writes it in large pieces.
pub struct Output {
    program: Program,
    pending: Vec<u8>,
    /// The reader has gone (EPIPE): what is left to be said interests nobody.
    unread: bool,
}

/// So much is collected before it is written.
const ENOUGH: usize = 64 * 1024;

impl Output {
    /// Nothing is written yet.
    pub fn new(program: Program) -> Self {
        Output { program, pending: vec![], unread: false }
    }

    /// A text as it is.
    pub fn print(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }

    /// What should be known before anything is sent: with `-f`, that an ancestor of ours is among the matches. It is
    /// the commonest accident: the shell, sudo, ssh or cron job that carries the pattern in its own arguments.
    pub fn notes(&mut self, plan: &Plan, matches: &[Match]) -> Result<(), Error> {
        for found in matches.iter().filter(|found| plan.surprising.contains(&found.pid)) {
            let proc = ProcDir::named()?;
            let mut process = Process::new(&proc);
            process.look_at(found.pid);
            let name = process.name().map(printable).unwrap_or_default();
            let name = String::from_utf8_lossy(&name).into_owned();
            self.complain(&format!(
                "note: the pattern also matches our ancestor {name} (pid {}); -A leaves ancestors out",
                found.pid
            ));
        }
        Ok(())
    }

    /// pidwait: what is said before the wait, which may be long.
    pub fn before_waiting(&mut self, request: &Request, matches: &[Match]) -> Result<(), Error> {
        if request.count && !request.quiet && matches!(request.action, Action::Wait { .. }) {
            self.print(&format!("{}\n", matches.len()));
            self.flush()?;
        }
        Ok(())
    }

    /// pidwait `-e`.
    pub fn announce(&mut self, found: &Match) -> Result<(), Error> {
        if let Some(shown) = &found.shown {
            self.pending.extend_from_slice(b"waiting for ");
            self.pending.extend(printable(shown));
            self.print(&format!(" (pid {})\n", found.pid));
            self.flush()?;
        }
        Ok(())
    }

    /// What became of everybody.
    pub fn report(&mut self, request: &Request, report: &Report) -> Result<(), Error> {
        match &request.action {
            _ if request.quiet => {}
            Action::List(_) if request.count => self.print(&format!("{}\n", report.targets.len())),
            Action::List(listing) => self.list(listing, &report.targets)?,
            Action::Signal(_) => {
                for target in &report.targets {
                    self.echo(target);
                }
                if request.count {
                    self.print(&format!("{}\n", report.targets.len()));
                }
            }
            Action::Wait { .. } => {}
        }
        self.flush()?;
        for target in &report.targets {
            self.explain(target);
        }
        if report.pattern_too_long && !request.quiet {
            self.complain("pattern that searches for process name longer than 15 characters will result in zero matches");
            self.say(&format!(
                "Try `{} -f' option to match against the complete command line.\n",
                self.program.name()
            ));
        }
        Ok(())
    }

    fn list(&mut self, listing: &Listing, targets: &[Target]) -> Result<(), Error> {
        for (at, target) in targets.iter().enumerate() {
            self.print(&target.pid.to_string());
            if let Some(shown) = &target.shown {
                self.pending.push(b' ');
                self.pending.extend(printable(shown));
            }
            let last = at + 1 == targets.len();
            self.pending.extend_from_slice(if last { b"\n" } else { &listing.delimiter });
            if self.pending.len() > ENOUGH {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn echo(&mut self, target: &Target) {
        if let (Outcome::Signalled { .. }, Some(shown)) = (target.outcome, &target.shown) {
            self.pending.extend(printable(shown));
            self.print(&format!(" killed (pid {})\n", target.pid));
        }
    }

    /// Who was not signalled, and why. That a process had gone is no failure.
    fn explain(&mut self, target: &Target) {
        let pid = target.pid;
        let signalling = self.program == Program::Pkill;
        match target.outcome {
            Outcome::Refused if signalling => self.failed("killing", pid, Errno::PERM),
            Outcome::Failed(errno) if signalling => self.failed("killing", pid, errno),
            Outcome::Refused => self.failed("opening", pid, Errno::PERM),
            Outcome::Failed(errno) => self.failed("opening", pid, errno),
            Outcome::Signalled { release: Some(errno) } => {
                let why = errno_text(errno);
                self.complain(&format!("pid {pid} killed, but process_mrelease failed: {why}"));
            }
            Outcome::Listed
            | Outcome::Signalled { .. }
            | Outcome::Ended
            | Outcome::Gone
            | Outcome::Changed => {}
        }
    }

    fn failed(&mut self, what: &str, pid: i32, errno: Errno) {
        self.complain(&format!("{what} pid {pid} failed: {}", errno_text(errno)));
    }

    /// Write what is pending, and say why the run failed, if it did.
    pub fn finish(mut self, result: Result<ExitStatus, Error>) -> ExitStatus {
        let result = result.and_then(|status| self.flush().map(|()| status));
        result.unwrap_or_else(|error| {
            self.complain(&error.message);
            if error.kind == ErrorKind::Usage {
                self.say(&format!("Try `{} --help' for more information.\n", self.program.name()));
            }
            ExitStatus::from(&error)
        })
    }

    fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        if self.unread {
            return Ok(());
        }
        match write_all(stdio::stdout(), &pending) {
            Err(Errno::PIPE) => self.unread = true,
            Err(errno) => return Err(Error::fatal(format!("write error: {}", errno_text(errno)))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// A line on standard error behind the program's name. If nobody can read it, there is nobody left to tell.
    fn complain(&self, message: &str) {
        self.say(&format!("{}: {message}\n", self.program.name()));
    }

    fn say(&self, text: &str) {
        let _ = write_all(stdio::stderr(), text.as_bytes());
    }
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

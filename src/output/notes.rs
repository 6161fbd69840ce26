//! What is said on standard error: about the matches before anything is done, and about what was not done.

use rustix::io::Errno;

use super::{Output, shown};
use crate::error::{Error, errno_text};
use crate::plan::Plan;
use crate::proc::{Facts as _, ProcDir, Process};
use crate::report::{End, Outcome, Report, Target};
use crate::request::{Pid, Program, Request, Style};
use crate::scan::Matches;
use crate::view::View;

/// So many of too many matches are named.
const A_FEW: usize = 5;

/// So many of those that are still there after a wait are named.
const MANY: usize = 100;

impl Output {
    /// What should be known before anything is sent: that some could not be looked into; and with `-f`, that an
    /// ancestor of ours is among the matches. It is the commonest accident: the shell, sudo, ssh or cron job that
    /// carries the pattern in its own arguments.
    pub fn notes(&mut self, plan: &Plan, matches: &Matches) -> Result<(), Error> {
        if self.style != Style::Quiet {
            self.incomplete(plan, matches)?;
        }
        let inverse = plan.predicate.is_inverse();
        let also = if inverse { "what is selected includes" } else { "the pattern also matches" };
        for found in matches.found.iter().filter(|found| plan.self_match_candidates.contains(&found.pid)) {
            let (name, pid) = (name(&ProcDir::named()?, found.pid), found.pid);
            self.complain(&format!("note: {also} our ancestor {name} (pid {pid}); -A leaves ancestors out"));
        }
        Ok(())
    }

    /// That some could not be looked into. Where ports are asked for, that matters if one of them is not accounted for:
    /// an ordinary user may not look into most processes, and few of those have to do with it.
    fn incomplete(&mut self, plan: &Plan, matches: &Matches) -> Result<(), Error> {
        match plan.sockets() {
            Some(sockets) if !plan.predicate.is_inverse() => {
                let likely: Vec<Pid> = matches.found.iter().map(|found| found.pid).collect();
                let unseen = sockets.without_holder(&likely)?;
                let mut ports: Vec<_> = unseen.iter().map(|one| (one.protocol.name(), one.port)).collect();
                ports.sort_unstable();
                ports.dedup();
                self.unseen_holders(&ports);
            }
            _ if matches.undecided > 0 => {
                let number = matches.undecided;
                let processes = if number == 1 { "process" } else { "processes" };
                self.complain(&format!(
                    "note: {number} {processes} could not be examined, so the answer may be incomplete"
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn unseen_holders(&mut self, ports: &[(&str, u16)]) {
        if ports.is_empty() {
            return;
        }
        let named = first(A_FEW, ports.iter().map(|(protocol, port)| format!("{protocol}:{port}")));
        let hint = if rustix::process::geteuid().is_root() { "" } else { "; root may see more" };
        self.complain(&format!(
            "note: nobody whom we may look at holds {named}, so the answer may be incomplete{hint}"
        ));
    }

    /// What became of everybody, as far as somebody has to be told.
    pub(super) fn complaints(&mut self, request: &Request, report: &Report) -> Result<(), Error> {
        report.targets.iter().for_each(|target| self.explain(target));
        self.still_there(report)?;
        if report.too_many {
            self.too_many(request, report);
        }
        if report.pattern_too_long && request.style != Style::Quiet {
            self.complain(
                "pattern that searches for process name longer than 15 characters will result in zero matches",
            );
            let name = self.program.name();
            self.say(&format!("Try `{name} -f' option to match against the complete command line.\n"));
        }
        Ok(())
    }

    /// Who was not signalled, and why. That a process had gone is no failure.
    fn explain(&mut self, target: &Target) {
        let pid = target.pid;
        let what = if self.program == Program::Pkill { "killing" } else { "opening" };
        match target.outcome {
            Outcome::Refused { why } => {
                let mut message = format!("{what} pid {pid} failed: {}", errno_text(Errno::PERM));
                if let Some(why) = why {
                    message += &format!(" ({})", why.explain(&self.names.user(why.target[1])));
                }
                self.complain(&message);
            }
            Outcome::Failed(errno) => {
                self.complain(&format!("{what} pid {pid} failed: {}", errno_text(errno)));
            }
            Outcome::Signalled { release: Some(errno), .. } => {
                let why = errno_text(errno);
                self.complain(&format!("pid {pid} killed, but process_mrelease failed: {why}"));
            }
            Outcome::Listed
            | Outcome::Signalled { .. }
            | Outcome::Predicted(_)
            | Outcome::Awaited
            | Outcome::Gone
            | Outcome::Changed
            | Outcome::Untouched => {}
        }
    }

    /// Who had not ended when the wait was over.
    fn still_there(&mut self, report: &Report) -> Result<(), Error> {
        let left = report.targets.iter().filter(|target| matches!(target.end, Some(End::StillThere { .. })));
        let left: Vec<_> = left.collect();
        if !left.is_empty() {
            let proc = ProcDir::named()?;
            let named = |target: &&Target| match &target.view {
                View::Full(about) => format!("{} {}", target.pid, shown(&about.name)),
                View::Id | View::Text(_) => format!("{} {}", target.pid, name(&proc, target.pid)),
            };
            let names = first(MANY, left.iter().map(named));
            let are = if left.len() == 1 { "is" } else { "are" };
            self.complain(&format!("{} {are} still there: {names}", left.len()));
        }
        Ok(())
    }

    /// `--max`: how many there are, and the first few.
    fn too_many(&mut self, request: &Request, report: &Report) {
        let (found, most) = (report.targets.len(), request.at_most.unwrap_or_default());
        let named = report.targets.iter().map(|target| match &target.view {
            View::Id => target.pid.to_string(),
            View::Text(text) => format!("{} {}", target.pid, shown(text)),
            View::Full(about) => format!("{} {}", target.pid, shown(&about.name)),
        });
        let named = first(A_FEW, named);
        let processes_match = if found == 1 { "process matches" } else { "processes match" };
        self.complain(&format!(
            "{found} {processes_match}, more than --max {most}, so nothing was done: {named}"
        ));
    }
}

/// As many of them as that, and a sign that there are more.
fn first(number: usize, all: impl ExactSizeIterator<Item = String>) -> String {
    let more = if all.len() > number { ", ..." } else { "" };
    all.take(number).collect::<Vec<_>>().join(", ") + more
}

/// The name of the process that has this ID now; empty if there is none.
fn name(proc: &ProcDir, pid: Pid) -> String {
    let mut process = Process::new(proc);
    process.select(pid);
    process.name().map(shown).unwrap_or_default()
}

//! Messages on standard error: notes about the matches before the first signal, and failures after the last.

use std::io::IsTerminal as _;

use rustix::io::Errno;

use super::describe::Describer;
use super::printable::{cut, quoted, shown, shown_as};
use super::screen::{Screen, is_dumb};
use super::text::failure;
use super::writer::Output;
use crate::error::errno_text;
use crate::plan::Plan;
use crate::proc::{Failure, MEMORY_MAX, ReadOf, Socket, Unread, UnreadBecause};
use crate::report::{End, Outcome, Report, StillRunning, Target};
use crate::request::{Pid, Program, Protocol, Request, Style, Subject};
use crate::scan::{MatchedAncestor, Matches};
use crate::view::View;

/// How many matches the message of `--max` names.
const NAMED_MAX: usize = 5;

/// How many of the processes that could not be read are named.
const UNREAD_MAX: usize = 10;

/// How many of the tokens that no process has are named.
const STALE_MAX: usize = 100;

/// Characters of a command line that a message shows.
const LABEL_MAX: usize = 200;

/// How many of the processes that are still running after a wait are named.
const RUNNING_MAX: usize = 100;

impl Output {
    /// Notes that precede the first signal: that processes could not be examined, and which matches are ancestors of
    /// this program.
    pub(crate) fn notes(&mut self, plan: &Plan, matches: &Matches) {
        self.describer = Some(Describer::new(plan));
        if self.style != Style::Quiet {
            self.distrusted_pidfile(plan);
            self.stale(plan);
            self.incomplete(plan, matches);
            self.foreign_sockets(&matches.notes.foreign_sockets);
            self.ancestors(plan, matches);
            self.spared_callers(plan, matches);
        }
    }

    /// Ancestors that are selected, which is the most common accident: the shell, sudo, ssh or cron job carries the
    /// pattern in its own arguments.
    fn ancestors(&mut self, plan: &Plan, matches: &Matches) {
        let names_all = plan.ancestors.as_ref().is_some_and(|ancestors| ancestors.names_all);
        if self.program == Program::Pgrep && !names_all {
            return;
        }
        let is_selected = |pid: Pid| matches.found.iter().any(|found| found.pid == pid);
        let ancestors = matches.notes.ancestors.iter().filter(|ancestor| is_selected(ancestor.process.pid));
        let ancestors: Vec<_> = ancestors.collect();
        if ancestors.is_empty() {
            return;
        }
        let what = if plan.predicate.is_inverse() { "the selection includes" } else { "the pattern matches" };
        let named = first(
            NAMED_MAX,
            ancestors.iter().map(|MatchedAncestor { process, is_caller }| {
                let spared = if *is_caller { ", which pkill spares" } else { "" };
                format!("{} (pid {}{spared})", shown(&process.name), process.pid)
            }),
        );
        let kind = if ancestors.len() == 1 { "an ancestor" } else { "ancestors" };
        let program = self.program.name();
        self.error(&format!("note: {what} {kind} of {program}: {named}; -A excludes ancestors"));
    }

    /// Ancestors that are not selected, as they match because of the command that started this program.
    fn spared_callers(&mut self, plan: &Plan, matches: &Matches) {
        let spared = &matches.notes.spared;
        let names_all = plan.ancestors.as_ref().is_some_and(|ancestors| ancestors.names_all);
        if spared.is_empty() || !names_all && !matches.found.is_empty() {
            return;
        }
        let named = first(
            NAMED_MAX,
            spared.iter().map(|process| format!("{} (pid {})", shown(&process.name), process.pid)),
        );
        let (ancestor, is, their) = match spared.len() {
            1 => ("ancestor", "is", "its"),
            _ => ("ancestors", "are", "their"),
        };
        let nothing_else = if matches.found.is_empty() { "; nothing else matches" } else { "" };
        let why = format!("{their} arguments contain this command");
        self.error(&format!("note: {ancestor} {named} {is} spared, as {why}{nothing_else}"));
    }

    /// Whether advice is wanted where nothing matches: by a user at a terminal, not by a script that asks.
    pub(crate) fn advises(&self, request: &Request) -> bool {
        let is_for_people = matches!(request.style, Style::Plain | Style::Verbose) && !request.allow_none;
        is_for_people && !is_dumb() && std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Prints what would match.
    pub(crate) fn advice(&mut self, advice: Option<String>) {
        if let Some(advice) = advice {
            self.error(&advice);
        }
    }

    /// The note that other users may decide what is in the pidfile.
    fn distrusted_pidfile(&mut self, plan: &Plan) {
        if let Some((path, why)) = &plan.distrusted_pidfile {
            self.error(&format!("note: pidfile {} is not trusted: {why}", path.display()));
        }
    }

    /// With `--verbose`, the tokens that no process has.
    fn stale(&mut self, plan: &Plan) {
        if self.style != Style::Verbose {
            return;
        }
        for (token, why) in plan.stale.iter().take(STALE_MAX) {
            self.error(&format!("note: process {token} does not exist: {}", why.text()));
        }
        if plan.stale.len() > STALE_MAX {
            self.error(&format!("note: {} more do not exist", plan.stale.len() - STALE_MAX));
        }
    }

    /// The note that processes could not be examined. With `--port`, it matters only if a port has no visible owner: an
    /// ordinary user may not read the descriptors of most processes, and few of them have to do with the port.
    fn incomplete(&mut self, plan: &Plan, matches: &Matches) {
        let named = self.unread(matches.unread.iter());
        let others = matches.undecided.saturating_sub(named);
        if plan.notes_unowned_ports {
            self.unowned_ports(&matches.notes.unowned_ports);
        } else if others > 0 {
            let other = if named > 0 { "other " } else { "" };
            let processes = if others == 1 { "process" } else { "processes" };
            self.error(&format!(
                "note: {others} {other}{processes} could not be examined, so the result may be incomplete"
            ));
        }
    }

    /// A line for each of the first few processes that could not be read completely; returns how many of them may
    /// match.
    fn unread<'u>(&mut self, all: impl Iterator<Item = &'u Unread>) -> usize {
        let mut undecided = 0;
        for unread in all.take(UNREAD_MAX) {
            let what = match unread.why {
                UnreadBecause::Undecided(failure) => {
                    format!("could not be examined: {}", reason(failure))
                }
                UnreadBecause::Unseen(failure) => {
                    format!("is shown without its arguments: {}", reason(failure))
                }
                UnreadBecause::Cut => format!(
                    "has more arguments or a larger environment than execve(2) accepts; only the first {} MiB are \
                     examined",
                    MEMORY_MAX >> 20
                ),
            };
            undecided += usize::from(unread.is_undecided());
            self.error(&format!("note: pid {} {what}", unread.pid));
        }
        undecided
    }

    fn unowned_ports(&mut self, ports: &[(Protocol, u16)]) {
        if ports.is_empty() {
            return;
        }
        let named =
            first(NAMED_MAX, ports.iter().map(|(protocol, port)| format!("{}:{port}", protocol.name())));
        let hint = if rustix::process::geteuid().is_root() { "" } else { "; run as root to see more" };
        self.error(&format!(
            "note: no readable process holds {named}, so the result may be incomplete{hint}"
        ));
    }

    /// The processes that hold a port through a socket of another user, which can pass on any number of sockets.
    fn foreign_sockets(&mut self, held: &[(Pid, Socket)]) {
        for (pid, Socket { protocol, port, creator, .. }) in held.iter().take(NAMED_MAX) {
            self.error(&format!(
                "note: pid {pid} holds {}:{port}, created by UID {creator}, so it is not selected; use -p {pid} to select it",
                protocol.name()
            ));
        }
        if held.len() > NAMED_MAX {
            let more = held.len() - NAMED_MAX;
            self.error(&format!(
                "note: {more} more hold ports through sockets of other users, so they are not selected"
            ));
        }
    }

    /// What failed, and what is still running.
    pub(super) fn messages(&mut self, request: &Request, report: &Report) {
        report.targets.iter().for_each(|target| self.explain(target, request));
        if report.none_chosen {
            self.error("nothing was chosen");
        }
        if request.style != Style::Quiet {
            self.unread(report.unread_later.iter());
        }
        self.still_running(report);
        self.reappeared(request, report);
        self.supervised(request, report);
        if report.too_many {
            self.too_many(request, report);
        }
        if report.pattern_too_long {
            self.error(
                "pattern that searches for process name longer than 15 characters will result in zero matches",
            );
            let name = self.program.name();
            self.write_stderr(&format!(
                "Try `{name} -f' option to match against the complete command line.\n"
            ));
        }
    }

    /// Why the process was not signalled, or is left stopped. A process that exited before is no failure, but is mentioned
    /// if it was chosen.
    fn explain(&mut self, target: &Target, request: &Request) {
        let pid = target.pid;
        let what = if self.program == Program::Pkill { "killing" } else { "opening" };
        match target.outcome {
            Outcome::Refused { errno, .. } => {
                let mut message = format!("{what} pid {pid} failed: {}", errno_text(errno));
                // For a log, the reason is known where it is not printed.
                let is_printed = errno == Errno::ACCESS || request.describes() || request.chooses;
                if let Some(why) = self.names.refusal(&target.outcome).filter(|_| is_printed) {
                    message += &format!(" ({why})");
                }
                self.error(&message);
            }
            Outcome::Failed(errno) => {
                self.error(&format!("{what} pid {pid} failed: {}", failure(errno)));
            }
            Outcome::Signalled { release: Some(errno), .. } => {
                let why = errno_text(errno);
                self.error(&format!("pid {pid} killed, but process_mrelease failed: {why}"));
            }
            Outcome::Gone if request.chooses => self.error(&format!("pid {pid} has exited in the meantime")),
            Outcome::Changed if request.chooses => {
                self.error(&format!("pid {pid} no longer matches what was listed"))
            }
            Outcome::Listed
            | Outcome::Signalled { .. }
            | Outcome::Predicted(_)
            | Outcome::Awaited
            | Outcome::Gone
            | Outcome::Changed
            | Outcome::Untouched => {}
        }
        if let Some(errno) = target.left_stopped {
            self.error(&format!("pid {pid} could not be continued: {}", errno_text(errno)));
        }
    }

    /// The processes that are still running when the wait ends.
    fn still_running(&mut self, report: &Report) {
        let left = report.targets.iter().filter(|target| matches!(target.end, Some(End::StillRunning(_))));
        let left: Vec<_> = left.collect();
        if !left.is_empty() {
            let named = |target: &&Target| match &target.end {
                Some(End::StillRunning(still)) => {
                    format!("{} {}", target.pid, shown(&still.name)) + hint(still)
                }
                _ => target.pid.to_string(),
            };
            let names = first(RUNNING_MAX, left.iter().map(named));
            let processes_are = if left.len() == 1 { "process is" } else { "processes are" };
            self.error(&format!("{} {processes_are} still running: {names}", left.len()));
        }
    }

    /// `--max`: how many there are, and the first of them.
    fn too_many(&mut self, request: &Request, report: &Report) {
        let (found, most) = (report.targets.len(), request.at_most.unwrap_or_default());
        let processes_match = match (request.chooses, found) {
            (true, 1) => "process was chosen",
            (true, _) => "processes were chosen",
            (false, 1) => "process matches",
            (false, _) => "processes match",
        };
        let is_signalled = |target: &&Target| matches!(target.outcome, Outcome::Signalled { .. });
        let consequence = match report.targets.iter().any(|target| is_signalled(&target)) {
            true => "so no other is signalled",
            false => "so nothing was done",
        };
        let message = format!("{found} {processes_match}, more than --max {most}, {consequence}");
        // What was read for a log only has no row.
        let has_row =
            |target: &Target| matches!(&target.view, View::Full(full) if !full.command_line.is_empty());
        let is_described = |target: &&Target| has_row(target) && !is_signalled(target);
        let described: Vec<&Target> = report.targets.iter().filter(is_described).collect();
        if request.style != Style::Plain || described.is_empty() {
            let named = first(NAMED_MAX, report.targets.iter().map(named));
            return self.error(&format!("{message}: {named}"));
        }
        let unsignalled = report.targets.iter().filter(|target| !is_signalled(target)).count();
        let which = match described.len() {
            all if all == unsignalled => String::new(),
            some if unsignalled == found => format!("; {some} of them"),
            some => format!("; {some} of the others"),
        };
        self.error(&format!("{message}{which}:"));
        for line in self.rows(&described, "OUTCOME", Screen::of(&std::io::stderr())) {
            self.write_stderr(&format!("{line}\n"));
        }
    }
}

/// A process in a list of names.
fn named(target: &Target) -> String {
    let pid = target.pid;
    match &target.view {
        View::Id | View::Row(_) => pid.to_string(),
        View::Text(subject, text) => format!("{pid} {}", label(*subject, text.iter())),
        View::Words(subject, words) => format!("{pid} {}", label(*subject, quoted(words).flatten())),
        View::Full(full) => format!("{pid} {}", shown(&full.about.name)),
    }
}

/// Why a process could not be read.
fn reason(failure: Failure) -> String {
    let unanswered = match failure {
        Failure::Errno(number) => return errno_text(Errno::from_raw_os_error(number)),
        Failure::TimedOut(None) => return "it could not be read in time".to_owned(),
        Failure::TimedOut(Some(unanswered)) => unanswered,
    };
    let what = match unanswered.what {
        ReadOf::Memory => "its memory map is locked",
        ReadOf::File => "the file system of its executable or working directory does not respond",
    };
    match unanswered.state {
        Some(state) => format!("{what} (state {})", char::from(state)),
        None => what.to_owned(),
    }
}

/// The start of a label.
fn label<'l>(subject: Subject, bytes: impl Iterator<Item = &'l u8>) -> String {
    let start: Vec<u8> = bytes.take(4 * (LABEL_MAX + 1)).copied().collect(); // UTF-8 takes up to 4 bytes
    cut(&shown_as(subject, &start), LABEL_MAX)
}

/// Why it is still running, where its state explains that.
fn hint(still: &StillRunning) -> &'static str {
    match still.state {
        _ if still.is_exiting => " (exiting)",
        b'D' => " (in uninterruptible sleep)",
        b'T' | b't' => " (stopped)",
        _ => "",
    }
}

/// Those with the same key together, in the order in which the keys come first.
pub(super) fn grouped<K: PartialEq, T>(all: impl Iterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = vec![];
    for (key, one) in all {
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(one),
            None => groups.push((key, vec![one])),
        }
    }
    groups
}

/// The first `number` of them, with an ellipsis if there are more.
pub(super) fn first(number: usize, all: impl ExactSizeIterator<Item = String>) -> String {
    let more = if all.len() > number { ", ..." } else { "" };
    all.take(number).collect::<Vec<_>>().join(", ") + more
}

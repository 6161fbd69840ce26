//! How a match is treated that is an ancestor of this program.

use std::io::IsTerminal as _;

use crate::request::{Action, Mode, Request, Style, Subject};
use crate::select::TypedCommand;

/// How matches are treated that are ancestors of this program. They need not be distinguished where a pattern is not
/// matched against command lines: no process gets its name from the pattern by accident.
#[derive(Clone, Debug)]
pub(crate) struct AncestorMatches {
    /// The command that callers of this program have in their arguments. None: no caller is recognized. Under
    /// `--inverse`, an ancestor is not selected because of its arguments, but although it may have the pattern there.
    pub command: Option<TypedCommand>,
    /// Whether callers are spared.
    pub spares_callers: bool,
    /// Whether all are named in a note. If not, callers that are spared are named only where nothing else matches.
    pub names_all: bool,
}

impl AncestorMatches {
    /// None: an ancestor is a match like others.
    pub(super) fn new(request: &Request) -> Option<Self> {
        let selection = &request.selection;
        let matches_command_lines = selection.reading.subject == Subject::CommandLine
            && (selection.pattern.is_some() || !selection.and.is_empty());
        if !matches_command_lines || selection.skip_ancestors || request.invoked_as.is_empty() {
            return None;
        }
        let command = match selection.inverse {
            false => TypedCommand::new(&request.invoked_as, selection.pattern.as_deref(), &selection.and),
            true => None,
        };
        let acts = !matches!(request.action, Action::List(_));
        let is_noted = request.style != Style::Quiet && (acts || is_watched(request));
        let spares_callers = acts && command.is_some();
        let names_all = is_noted && is_watched(request);
        (spares_callers || is_noted).then_some(AncestorMatches { command, spares_callers, names_all })
    }
}

/// Whether a user reads the notes. A job of cron(8) gets no other notes than from procps-ng.
fn is_watched(request: &Request) -> bool {
    let is_dry_run = request.sending().is_some_and(|sending| sending.mode == Mode::DryRun);
    request.style == Style::Verbose || is_dry_run || std::io::stderr().is_terminal()
}

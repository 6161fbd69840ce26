//! The reminder that a supervisor may start again what is ended.

use super::notes::{first, grouped};
use super::printable::shown;
use super::reappeared::advice;
use super::writer::Output;
use crate::origin::{Origin, Supervisor};
use crate::report::{Outcome, Report, Target};
use crate::request::{Request, Style};
use crate::signal::Signal;
use crate::view::View;

/// The signals by which a process is asked to exit, or is made to: others are usually meant otherwise.
const ENDING: &[Signal] = &[Signal::TERM, Signal::KILL, Signal::INT, Signal::QUIT];

/// How many notes there are at most, and how many processes each names.
const NAMED_MAX: usize = 5;

impl Output {
    /// A line for each supervisor. After a wait, what has started meanwhile is reported instead.
    pub(super) fn supervised(&mut self, request: &Request, report: &Report) {
        let Some(sending) = request.sending() else { return };
        let is_read = matches!(request.style, Style::Plain | Style::Verbose);
        if !is_read || request.wait().is_some() || !ENDING.contains(&sending.signal) {
            return;
        }
        let hit = report.targets.iter().filter(|target| is_hit(target.outcome));
        let advice = |target| restarts(target).filter(|advice| !self.reminded.contains(advice));
        let supervised = grouped(hit.filter_map(|target| Some((advice(target)?, target))));
        for (advice, targets) in supervised.into_iter().take(NAMED_MAX) {
            let named = first(NAMED_MAX, targets.iter().map(|target| named(&target.view, target.pid)));
            self.error(&format!("note: {named}: {advice}"));
        }
    }

    /// The same before a question, once for each supervisor.
    pub(super) fn remind(&mut self, view: &View, pid: i32, signal: Signal) {
        if let View::Full(full) = view
            && ENDING.contains(&signal)
            && let Some(advice) = full.origin.as_ref().and_then(by_supervisor)
            && self.reminded.insert(advice.clone())
        {
            self.error(&format!("note: {}: {advice}", named(view, pid)));
        }
    }
}

fn named(view: &View, pid: i32) -> String {
    match view {
        View::Full(full) => format!("{} (pid {pid})", shown(&full.about.name)),
        View::Id | View::Text(..) | View::Words(..) | View::Row(_) => format!("pid {pid}"),
    }
}

fn is_hit(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Predicted(prediction) => prediction.refusal.is_none(),
        outcome => matches!(outcome, Outcome::Signalled { .. }),
    }
}

fn restarts(target: &Target) -> Option<String> {
    match &target.view {
        View::Full(full) => full.origin.as_ref().and_then(by_supervisor),
        View::Id | View::Text(..) | View::Words(..) | View::Row(_) => None,
    }
}

/// Every process has a parent, and few parents restart their children: only a service and a container are mentioned.
fn by_supervisor(origin: &Origin) -> Option<String> {
    matches!(origin.supervisor, Supervisor::Unit | Supervisor::Container).then(|| advice(origin)).flatten()
}

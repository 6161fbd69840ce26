//! `--summary`: the number of processes with each outcome, in one line that is the same on all hosts with the same
//! outcomes. It has no process IDs, names and times.

use std::collections::BTreeMap;

use nix::errno::Errno as Named;
use rustix::io::Errno;

use super::text::word;
use crate::report::{Outcome, Report, Target};
use crate::request::{Action, Mode, Request};

/// The words of the outcomes (see `word`), in the order of the line.
const ORDER: &[&str] = &[
    "would be signalled",
    "would be refused",
    "listed",
    "signalled",
    "exited",
    "still running",
    "waited for",
    "refused",
    "gone",
    "no longer matches",
    "skipped",
    "failed",
];

/// The line, with its newline.
pub(super) fn summary(request: &Request, report: &Report) -> String {
    let key = |word, detail| (ORDER.iter().position(|other| *other == word), word, detail);
    let outcomes = report.targets.iter().map(|target| (key(word(target), detail(target)), 1));
    let is_missing = |outcome: &&&str| report.targets.iter().all(|target| word(target) != **outcome);
    let missing = requested(request).iter().filter(is_missing).map(|word| (key(word, String::new()), 0));
    let mut numbers = BTreeMap::new();
    for (key, number) in outcomes.chain(missing) {
        *numbers.entry(key).or_insert(0) += number;
    }
    let parts = numbers.into_iter().map(|((_, word, detail), number)| format!("{number} {word}{detail}"));
    let mut parts: Vec<String> = parts.collect();
    let left_stopped = report.targets.iter().filter(|target| target.left_stopped.is_some()).count();
    let others = [
        (left_stopped, "left stopped"),
        (report.reappeared.len(), "reappeared"),
        (report.spared.len(), "spared"),
        (report.undecided, "undecided"),
    ];
    let others = others.into_iter().filter(|(number, _)| *number > 0);
    parts.extend(others.map(|(number, what)| format!("{number} {what}")));
    parts.join(", ") + "\n"
}

/// The outcomes that the run is about: their numbers are also printed where they are 0.
fn requested(request: &Request) -> &'static [&'static str] {
    match &request.action {
        Action::List(_) => &["listed"],
        Action::Signal(sending) if sending.mode == Mode::DryRun => &["would be signalled"],
        Action::Signal(sending) if sending.wait.is_none() => &["signalled"],
        Action::Signal(_) | Action::Wait { .. } => &["exited", "still running"],
    }
}

/// The error by its name (errno(3)), which does not depend on the locale.
fn detail(target: &Target) -> String {
    let name = |errno: Errno| format!("{:?}", Named::from_raw(errno.raw_os_error()));
    match target.outcome {
        Outcome::Refused { errno, .. } | Outcome::Failed(errno) => format!(" ({})", name(errno)),
        Outcome::Signalled { release: Some(errno), .. } => format!(" (process_mrelease: {})", name(errno)),
        _ => String::new(),
    }
}

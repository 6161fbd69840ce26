//! What is said of a process besides the outcome: its age, its name and command line with the parts that matched, and
//! why it was selected.

use super::columns::age;
use super::marked::Marked;
use super::printable::shown;
use crate::ere::Pattern;
use crate::plan::Plan;
use crate::proc::{CLOCK_TICKS, ProcessText, Socket};
use crate::request::Subject;
use crate::select::{Reason, Test, part};
use crate::view::Full;

/// What is the same for all rows.
pub(super) struct Describer {
    patterns: Vec<(ProcessText, Pattern)>,
    /// Whether units were asked for.
    names_units: bool,
    /// In clock ticks since boot.
    now: u64,
}

/// What is said of one process: cells of its row.
#[derive(Default)]
pub(super) struct RowCells {
    pub age: String,
    pub name: Marked,
    pub why: String,
    pub command: Marked,
}

impl Describer {
    pub(super) fn new(plan: &Plan) -> Describer {
        let patterns = plan.predicate.patterns().map(|(text, pattern)| (text, pattern.clone())).collect();
        let names_units = plan.predicate.tests().iter().any(|test| matches!(test, Test::Unit(_)));
        Describer { patterns, names_units, now: plan.snapshot_time }
    }

    pub(super) fn describe(&self, full: &Full, reason: Reason) -> RowCells {
        let name = full.full_name.as_deref().unwrap_or(&full.about.name);
        let command = &full.command_line[..];
        let (mut in_name, mut in_command, mut why) = (vec![], vec![], vec![]);
        if reason == Reason::Matched {
            for (text, pattern) in &self.patterns {
                let (kind, part) = match text {
                    ProcessText::CommandLine => {
                        let part = part(pattern, Subject::CommandLine, command);
                        in_command.extend(part.clone());
                        ("command line", part)
                    }
                    ProcessText::Name | ProcessText::FullName => {
                        let cut = part(pattern, Subject::Name, &full.about.name);
                        let kind = if cut.is_some() { "name" } else { "full name" };
                        let part = cut.or_else(|| part(pattern, Subject::Name, name));
                        in_name.extend(part.clone());
                        (kind, part)
                    }
                };
                if part.is_some() && !why.iter().any(|one| one == kind) {
                    why.push(kind.to_owned());
                }
            }
        }
        why.extend(full.sockets.iter().map(|(descriptor, Socket { protocol, port, .. })| {
            format!("{}:{port} (fd {descriptor})", protocol.name())
        }));
        if let Some(unit) = full.origin.as_ref().and_then(|origin| origin.unit.as_ref())
            && self.names_units
        {
            why.push(format!("unit {}", shown(unit.name.as_bytes())));
        }
        match reason {
            Reason::Matched => {}
            Reason::Descendant(pid) => why.push(format!("descendant of {pid}")),
            Reason::GroupMember(group) => why.push(format!("in process group {group}")),
        }
        RowCells {
            age: age(self.now.saturating_sub(full.about.start_time) / CLOCK_TICKS),
            name: Marked::new(Subject::Name, name, in_name),
            why: why.join(", "),
            command: Marked::new(Subject::CommandLine, command, in_command),
        }
    }
}

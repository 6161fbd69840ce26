//! `--explain`: why a process is selected or not. Each test is asked, also where one that fails decides already; whether
//! the process is selected is the answer of an ordinary scan.

mod found;

pub(crate) use found::{Found, Part};

use std::sync::Arc;

use crate::column::Fact;
use crate::error::Error;
use crate::plan::Plan;
use crate::proc::{Facts, Lookup, LookupError, NamedProcess, ProcDir, Process, Socket, own_pid, unreadable};
use crate::request::{PATTERN, Pick, Pid, RawValue, Request};
use crate::row::Tables;
use crate::scan::{self, Match, Matches};
use crate::select::{MatchError, Reason, Test};
use found::{fact_of_table, found};

/// Why a process is selected or not.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The process ID, or the thread ID under `-w`.
    pub pid: Pid,
    /// None: there is no such process.
    pub process: Option<Explained>,
}

/// A process that exists.
#[derive(Debug)]
pub(crate) struct Explained {
    pub name: Vec<u8>,
    pub is_selected: bool,
    /// In the order of the command line.
    pub conditions: Vec<Condition>,
    /// What decides besides.
    pub circumstances: Vec<Circumstance>,
}

/// A condition of the command line.
#[derive(Debug)]
pub(crate) struct Condition {
    /// The long name of the option; `pattern` is the operand.
    pub option: &'static str,
    /// The value as typed.
    pub value: Option<Vec<u8>>,
    /// None: not known.
    pub is_met: Option<bool>,
    /// What the process has, or why that is not known.
    pub found: Lookup<Found>,
    /// A socket of the process that another user created, which decides nothing.
    pub foreign_socket: Option<Socket>,
}

/// What decides whether a process is selected, besides the conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Circumstance {
    /// It is this program.
    Itself,
    /// It is an ancestor of this program, which `-A` excludes.
    Ancestor,
    /// `--exclude`.
    Excluded,
    /// It carries the command that started this program in its arguments.
    Caller,
    /// It is a thread of this process, and processes are examined.
    ThreadOf(Pid),
    /// What decides cannot be read.
    Undecided,
    /// `-n` or `-o` picks another one.
    NotPicked(Pick, Pid),
    /// `--inverse`.
    Inverse,
    /// `--inverse --tree`: it descends from a process that meets all conditions.
    BelowMatch,
    /// It descends from this match.
    Descendant(Pid),
    /// It is in this process group, as a match is.
    GroupMember(Pid),
}

/// Explain what the request asks for.
pub(crate) fn explain(request: &Request, plan: &Arc<Plan>) -> Result<Vec<Explanation>, Error> {
    let proc = ProcDir::named()?.with_timeout(plan.read_timeout.as_ref());
    let facts: Vec<Fact> = plan.asked.iter().filter_map(|(_, test)| fact_of_table(test)).collect();
    let tables = Tables::new(&facts, plan.snapshot_time);
    let mut process = Process::new(&proc);
    let start_times: Vec<Lookup<u64>> = plan
        .explained
        .iter()
        .map(|named| {
            process.select(named.pid());
            process.start_time()
        })
        .collect();
    let matches = scan::scan(plan)?;
    let explainer = Explainer { request, plan, matches: &matches, tables: &tables };
    let explanation = |(named, start_time): (&NamedProcess, Lookup<u64>)| {
        let pid = named.pid();
        let explained = start_time.and_then(|start_time| {
            process.select(pid);
            let explained = explainer.explain(&mut process, start_time)?;
            if named.has_its_id()? { Ok(explained) } else { Err(LookupError::Gone) }
        });
        match explained {
            Ok(explained) => Ok(Explanation { pid, process: Some(explained) }),
            Err(LookupError::Gone) => Ok(Explanation { pid, process: None }),
            Err(why) => Err(unreadable(pid, why.errno())),
        }
    };
    plan.explained.iter().zip(start_times).map(explanation).collect()
}

struct Explainer<'e> {
    request: &'e Request,
    plan: &'e Plan,
    matches: &'e Matches,
    tables: &'e Tables,
}

impl Explainer<'_> {
    /// `start_time`: that of the process before the scan. With another one, its ID was reused.
    fn explain(&self, process: &mut Process<'_>, start_time: u64) -> Lookup<Explained> {
        let pid = process.pid();
        let thread_group = process.process_of_thread()?;
        let examines_threads = self.request.selection.threads;
        if examines_threads {
            process.select_thread(thread_group, pid);
        }
        let name = process.name()?.to_vec();
        let conditions = self.conditions(process);
        let selected = self.matches.found.iter().find(|found| found.pid == pid);
        let circumstances = match thread_group == pid || examines_threads {
            true => self.circumstances(process, &conditions, selected),
            false => vec![Circumstance::ThreadOf(thread_group)],
        };
        process.select(pid);
        match process.start_time()? == start_time {
            true => Ok(Explained { name, is_selected: selected.is_some(), conditions, circumstances }),
            false => Err(LookupError::Gone),
        }
    }

    fn conditions(&self, process: &mut Process<'_>) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = vec![];
        for (option, test) in &self.plan.asked {
            let earlier = conditions.iter().filter(|condition| condition.option == *option).count();
            let value = self.typed(option, earlier);
            conditions.push(condition(option, value, test, self.tables, process));
        }
        conditions
    }

    /// The value of an option as typed, or that of its occurrence with this number.
    fn typed(&self, option: &str, number: usize) -> Option<Vec<u8>> {
        let value = match &self.request.raw_values.iter().find(|(name, _)| *name == option)?.1 {
            RawValue::Flag => return None,
            RawValue::Value(value) => value,
            RawValue::Each(values) => values.get(number)?,
        };
        Some(value.as_encoded_bytes().to_vec())
    }

    fn circumstances(
        &self,
        process: &mut Process<'_>,
        conditions: &[Condition],
        selected: Option<&Match>,
    ) -> Vec<Circumstance> {
        let (predicate, group) = (&self.plan.predicate, process.thread_group());
        let selection = &self.request.selection;
        let mut all = vec![];
        if group == own_pid() {
            all.push(Circumstance::Itself);
        } else if predicate.is_own(group) {
            all.push(Circumstance::Ancestor);
        } else if predicate.excludes(group) == Ok(true) {
            all.push(Circumstance::Excluded);
        } else if self.matches.notes.spared.iter().any(|spared| spared.pid == group) {
            all.push(Circumstance::Caller);
        } else if let Some(found) = selected {
            match found.reason {
                Reason::Matched => {}
                Reason::Descendant(pid) => all.push(Circumstance::Descendant(pid)),
                Reason::GroupMember(group) => all.push(Circumstance::GroupMember(group)),
            }
        } else {
            let is_picked = |found: &&Match| found.reason == Reason::Matched;
            let picked = self.matches.found.iter().find(is_picked);
            let fails = conditions.iter().any(|condition| condition.is_met == Some(false));
            match (predicate.matches(process), picked) {
                (Ok(true), Some(other)) if selection.pick != Pick::All => {
                    all.push(Circumstance::NotPicked(selection.pick, other.pid));
                }
                (Ok(false), _) if selection.inverse && selection.tree && fails => {
                    all.push(Circumstance::BelowMatch);
                }
                (Err(_), _) => all.push(Circumstance::Undecided),
                (Ok(_), _) => {}
            }
        }
        if selection.inverse {
            all.push(Circumstance::Inverse);
        }
        all
    }
}

fn condition(
    option: &'static str,
    value: Option<Vec<u8>>,
    test: &Test,
    tables: &Tables,
    process: &mut Process<'_>,
) -> Condition {
    let passes = test.passes(process);
    let found = found(test, tables, process);
    let (found, foreign_socket) = match &passes {
        Err(MatchError::Lookup(why)) => (Err(*why), None),
        Err(MatchError::ForeignSocket(socket)) => (found, Some(*socket)),
        Ok(_) | Err(MatchError::Pattern(_)) => (found, None),
    };
    Condition { option, value, is_met: passes.ok(), found, foreign_socket }
}

impl Condition {
    /// Whether it is the operand.
    pub(crate) fn is_operand(&self) -> bool {
        self.option == PATTERN
    }
}

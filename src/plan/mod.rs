//! [`Request`] → [`Plan`]: names resolved, the pattern compiled, the tests in order of cost. The only stage that
//! looks up users, groups, pidfiles, namespaces and ports.

mod accounts;
mod ancestors;
mod files;
mod held;
mod pattern;
mod pidfile;
mod ports;
mod resolve;
mod stdin;
mod trust;

pub(crate) use ancestors::AncestorMatches;
pub(crate) use held::HeldProcesses;
pub(crate) use trust::{Distrust, distrust_log, distrust_log_directory};

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use nix::time::{ClockId, clock_gettime};

use crate::column::Fact;
use crate::error::Error;
use crate::proc::{self, CLOCK_TICKS, Described, NamedProcess, ProcDir, ReadTimeout, Stale};
use crate::request::{
    Action, Criterion, Listing, Mode, PATTERN, Pick, Pid, Request, Selection, Sending, Style, Token,
};
use crate::row::RowReader;
use crate::select::{Excluded, Predicate, Test};
use crate::view::{Context, Detail, View};
use pattern::matching;
use resolve::Resolver;

/// How the processes are found.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Where the scan begins.
    pub candidates: Candidates,
    /// Which of them match.
    pub predicate: Predicate,
    /// `--explain`: the tests in the order of the command line, each with the long name of its option. Otherwise empty.
    pub asked: Vec<(&'static str, Test)>,
    /// The processes of `--explain`.
    pub explained: Vec<NamedProcess>,
    /// Which of the matches are selected.
    pub pick: Pick,
    /// What else is selected because of them.
    pub expansion: Option<Expansion>,
    /// What is read of each, to be shown.
    pub detail: Detail,
    /// When the identity token of each is read, to be shown.
    pub tokens: Tokens,
    /// `--columns`: what is read instead.
    pub columns: Option<Arc<RowReader>>,
    /// How long a read may take that another process can hold up. None: such a read may take any time, or there is
    /// none.
    pub read_timeout: Option<Arc<ReadTimeout>>,
    /// Whether the start time is compared before the signal: where it picked the process; where the process was
    /// named by its ID, which is all that a successor would have to share with it; and where it is held for longer
    /// than a moment: waited for, or pinned with others.
    pub verify_start_time: bool,
    /// Whether process IDs were named: a process that gets one of them later does not match.
    pub selected_by_pid: bool,
    /// The processes of `-p` and `-F`, opened before they were examined; only where something is done to them.
    pub held: HeldProcesses,
    /// When the plan was made, in clock ticks since boot.
    pub snapshot_time: u64,
    /// When the last scan began, by the same clock.
    pub scanned_at: u64,
    /// Whether no name is long enough for the pattern, so that a miss deserves a hint.
    pub pattern_too_long: bool,
    /// How matches among our ancestors are treated. None: as others.
    pub ancestors: Option<AncestorMatches>,
    /// Whether a port of `--port` without a visible owner deserves a note.
    pub notes_unowned_ports: bool,
    /// The pidfile, and why it is not trusted, if that deserves a note.
    pub distrusted_pidfile: Option<(PathBuf, Distrust)>,
    /// The tokens that no process has.
    pub stale: Vec<(Token, Stale)>,
}

/// When identity tokens are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// Not at all.
    Unread,
    /// By the scan, which opens a pidfd for it.
    AtScan,
    /// From the pidfd that the process is signalled or waited for with.
    AtDelivery,
}

/// What is selected because of a match.
#[derive(Clone)]
pub(crate) struct Expansion {
    /// `--tree`: its descendants.
    pub tree: bool,
    /// `--whole-group`: the members of its process group.
    pub whole_group: bool,
    /// Never these: pkill itself and its ancestors, which would take it along.
    pub protected: BTreeSet<Pid>,
    /// Whether parents come before their children, and not all by process ID.
    pub top_down: bool,
}

/// The processes to examine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// All that /proc lists.
    All,
    /// All threads that /proc lists.
    Threads,
    /// Only these, in ascending order.
    Listed(Vec<Pid>),
}

impl Plan {
    /// Whether a scan shows nothing of a process but its ID.
    pub(crate) fn shows_only_ids(&self) -> bool {
        self.columns.is_none() && self.detail == Detail::Id && self.tokens != Tokens::AtScan
    }

    /// Look up what the request names.
    pub(crate) fn new(request: &Request) -> Result<Plan, Error> {
        let selection = &request.selection;
        let now = ticks_since_boot();
        let acts = request.chooses || !matches!(request.action, Action::List(_));
        let mut resolver = Resolver::new(selection, acts, now)?;
        let criteria = selection.criteria.iter();
        let mut tests = criteria.map(|criterion| resolver.test(criterion)).collect::<Result<Vec<_>, _>>()?;
        selection.overridden.iter().try_for_each(resolve::check)?;
        let distrusted_pidfile = resolver.take_distrusted_pidfile();
        if let Some((path, why)) = distrusted_pidfile.as_ref().filter(|_| request.strict) {
            let path = path.display();
            return Err(Error::forbidden(format!("pidfile {path} refused by --strict: {why}")));
        }
        let mut pattern_too_long = false;
        for text in selection.pattern.iter().chain(&selection.and) {
            let test = matching(text, selection.reading)?;
            pattern_too_long |= matches!(test, Test::FullName(_));
            tests.push(test);
        }
        for text in &selection.not {
            tests.push(Test::Not(Box::new(matching(text, selection.reading)?)));
        }
        let asked = asked(request, &tests);
        let mut own = BTreeSet::from([proc::own_pid()]);
        if selection.skip_ancestors {
            own.extend(ancestors()?);
        }
        let excluded = Excluded { own, named: resolver.processes(&selection.exclude)? };
        let mut explained = vec![];
        for process in &request.explain {
            explained.extend(resolver.processes(std::slice::from_ref(process))?.iter().cloned());
        }
        let expansion = expansion(request)?;
        let inverts_trees = selection.tree && selection.inverse;
        let by_id = tests.iter().any(|test| matches!(test, Test::Pid(_)));
        let candidates = candidates(selection, &tests, expansion.is_some());
        let asks_for_ports = tests.iter().any(|test| matches!(test, Test::Sockets(_)));
        let columns = columns(request, now);
        let detail = if columns.is_some() { Detail::Id } else { detail(request) };
        let can_be_held_up = request.chooses
            || detail.reads_memory()
            || columns.as_ref().is_some_and(|columns| columns.is_of_program())
            || tests.iter().any(Test::can_be_held_up);
        let read_timeout = request.read_timeout.filter(|_| can_be_held_up).map(ReadTimeout::new);
        let predicate = Predicate::new(tests, selection.inverse, excluded);
        let snapshot_time = ticks_since_boot();
        Ok(Plan {
            candidates,
            predicate: if inverts_trees { predicate.with_descendants() } else { predicate },
            asked,
            explained,
            pick: selection.pick,
            verify_start_time: selection.pick != Pick::All
                || (by_id && acts)
                || request.wait().is_some()
                || request.chooses
                || expansion.is_some()
                || request.freezes(),
            expansion,
            tokens: tokens(request)?,
            stale: resolver.take_stale(),
            selected_by_pid: by_id && !selection.inverse,
            held: resolver.into_held(),
            detail,
            columns,
            read_timeout,
            snapshot_time,
            scanned_at: snapshot_time,
            pattern_too_long,
            ancestors: AncestorMatches::new(request),
            notes_unowned_ports: asks_for_ports && !selection.inverse && request.style != Style::Quiet,
            distrusted_pidfile,
        })
    }

    /// Look up again what may have changed since the last scan.
    pub(crate) fn renew(&mut self) -> Result<(), Error> {
        self.scanned_at = ticks_since_boot();
        for test in self.predicate.tests_mut() {
            if let Test::Sockets(sockets) = test {
                *sockets = Arc::new(sockets.renewed()?);
            }
        }
        Ok(())
    }

    /// What is shown of a process, with its identity token if a column shows that.
    pub(crate) fn with_token(&self, view: View, token: Option<Token>) -> View {
        match (&self.columns, token, view) {
            (Some(columns), Some(token), View::Row(row)) => View::Row(columns.with_token(&row, token)),
            (_, _, view) => view,
        }
    }
}

fn tokens(request: &Request) -> Result<Tokens, Error> {
    let wants = match &request.action {
        Action::List(Listing { columns: Some(columns), .. }) => {
            columns.has(Fact::Id) && !request.selection.threads
        }
        _ if request.style == Style::Json || request.log.is_some() => !request.selection.threads,
        Action::List(listing) => listing.id && !request.count,
        Action::Signal(_) | Action::Wait { .. } => false,
    };
    match &request.action {
        _ if !wants => Ok(Tokens::Unread),
        Action::Signal(_) | Action::Wait { .. } => Ok(Tokens::AtDelivery),
        Action::List(_) if request.chooses => Ok(Tokens::AtDelivery),
        Action::List(_) if ProcDir::named()?.is_of_same_pid_namespace()? => Ok(Tokens::AtScan),
        Action::List(Listing { id: true, .. }) => {
            Err(Error::fatal("--id has no answer: /proc is that of another PID namespace"))
        }
        Action::List(_) => Ok(Tokens::Unread),
    }
}

/// The tests are those of the criteria, the pattern, `--and` and `--not`.
fn asked(request: &Request, tests: &[Test]) -> Vec<(&'static str, Test)> {
    if request.explain.is_empty() {
        return vec![];
    }
    let Selection { criteria, pattern, and, not, .. } = &request.selection;
    let options = criteria.iter().map(Criterion::option).chain(pattern.iter().map(|_| PATTERN));
    let options = options.chain(and.iter().map(|_| "and")).chain(not.iter().map(|_| "not"));
    let mut asked: Vec<_> = options.zip(tests.iter().cloned()).collect();
    asked.sort_by_key(|(option, _)| request.raw_values.iter().position(|(name, _)| name == option));
    asked
}

fn ancestors() -> Result<Vec<Pid>, Error> {
    proc::ancestors(&ProcDir::named()?)
}

fn expansion(request: &Request) -> Result<Option<Expansion>, Error> {
    // Inverted, it is a condition like others: processes outside of all trees match.
    let tree = request.selection.tree && !request.selection.inverse;
    let whole_group = matches!(&request.action, Action::Signal(delivery) if delivery.whole_group);
    if !tree && !whole_group {
        return Ok(None);
    }
    let protected = ancestors()?.into_iter().chain([proc::own_pid()]).collect();
    let top_down = request.chooses || !matches!(request.action, Action::List(_));
    Ok(Some(Expansion { tree, whole_group, protected, top_down }))
}

/// Where process IDs are listed, no other process needs to be examined, unless the matches are expanded.
fn candidates(selection: &Selection, tests: &[Test], expands: bool) -> Candidates {
    let listed = tests.iter().find_map(|test| match test {
        Test::Pid(processes) => Some(processes.iter().map(NamedProcess::pid).collect::<Vec<_>>()),
        _ => None,
    });
    match listed {
        // Standard input that names no process selects none, inverted or not.
        Some(ids) if ids.is_empty() => Candidates::Listed(ids),
        _ if selection.threads => Candidates::Threads,
        Some(mut ids) if !selection.inverse && !expands => {
            ids.sort_unstable();
            ids.dedup();
            Candidates::Listed(ids)
        }
        _ => Candidates::All,
    }
}

/// `--columns`, unless only the number of matches is printed.
fn columns(request: &Request, now: u64) -> Option<Arc<RowReader>> {
    let Action::List(Listing { columns: Some(columns), .. }) = &request.action else { return None };
    let is_json = request.style == Style::Json;
    let words = is_json || columns.quoted;
    (is_json || !request.count).then(|| Arc::new(RowReader::new(&columns.list, words, now)))
}

/// Only what will be printed is read.
fn detail(request: &Request) -> Detail {
    let mode = request.sending().map_or(Mode::Send, |sending| sending.mode);
    let full = || {
        let is_text = !matches!(request.style, Style::Json | Style::Summary);
        let arguments = request.style == Style::Json || request.log.is_some();
        let described = Described { arguments, all_threads: mode == Mode::DryRun };
        // Where processes are chased, nothing may take time that is not needed; after a wait, what has started
        // meanwhile is reported.
        let reminds = |sending: &Sending| match mode {
            Mode::Send => !sending.freezes() && !sending.until_none && request.wait().is_none(),
            Mode::Ask | Mode::DryRun => true,
        };
        let origin = is_text && request.sending().is_some_and(reminds);
        Detail::Full(described, Context { row: is_text || mode == Mode::Ask, origin, label: None })
    };
    let label = match &request.action {
        _ if request.describes() => return full(),
        _ if matches!(request.style, Style::Quiet | Style::Summary) => None,
        Action::List(_) if request.count => None,
        Action::List(listing) => listing.label,
        Action::Signal(delivery) => delivery.echo,
        Action::Wait { echo, .. } => *echo,
    };
    if request.log.is_some() {
        let described = Described { arguments: true, all_threads: false };
        return Detail::Full(described, Context { label, ..Context::default() });
    }
    label.map_or(Detail::Id, Detail::Label)
}

/// By the clock of start times, which runs while the system is suspended and does not jump when the date is set.
fn ticks_since_boot() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).expect("a clock of Linux since 2.6.39");
    now.tv_sec() as u64 * CLOCK_TICKS + now.tv_nsec() as u64 / (1_000_000_000 / CLOCK_TICKS)
}

#[cfg(test)]
mod tests;

//! Pure: whether the facts about a process pass the tests.

mod cgroup;
mod expansion;
mod file;
mod glob;
mod part;
mod typed_command;
mod unit;
mod unit_path;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::display::REPLACEMENTS;
use crate::ere::{Pattern, PatternError};
use crate::proc::{
    Facts, HeldNamespace, Lookup, LookupError, NamedGroup, NamedProcess, NamedProcesses, ProcessText, Socket,
    Sockets,
};
use crate::request::{Pick, Pid, Subject};
use cgroup::is_in_cgroup;
use unit::is_in_unit;

pub(crate) use cgroup::Cgroup;
pub(crate) use file::{FileName, normal};
pub(crate) use part::part;
pub(crate) use typed_command::TypedCommand;
pub(crate) use unit::{Unit, units_of, user_units_of};
pub(crate) use unit_path::{Manager, UnitName};

pub(crate) use expansion::{Reason, Selected, expand};

/// One condition on a process.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Its process ID is listed.
    Pid(NamedProcesses),
    /// Its session ID is listed.
    Session(BTreeMap<Pid, NamedGroup>),
    /// Its process group ID is listed.
    ProcessGroup(BTreeMap<Pid, NamedGroup>),
    /// Its effective UID is listed.
    EffectiveUser(BTreeSet<u32>),
    /// Its name matches.
    Name(Pattern),
    /// Its name before the kernel cut it matches; for patterns too long for any name.
    FullName(Pattern),
    /// Its command line matches.
    CommandLine(Pattern),
    /// Its parent is listed.
    Parent(NamedProcesses),
    /// An ancestor is listed; 0 is the ancestor of all processes.
    Ancestor(NamedProcesses),
    /// The device number of its controlling terminal is listed; 0 is none.
    Terminal(BTreeSet<u32>),
    /// Its state letter is listed.
    State(BTreeSet<u8>),
    /// It has at least this age, by start time; both in clock ticks since boot.
    Age {
        /// When the plan was made.
        now: u64,
        /// The minimum age.
        least: u64,
    },
    /// The test inside fails.
    Not(Box<Test>),
    /// It has exited and has not been reaped.
    Zombie,
    /// It is a thread of the kernel.
    KernelThread,
    /// It has used at least this CPU time, in clock ticks.
    CpuTime(u64),
    /// At least this many bytes of it are in memory.
    ResidentMemory(u64),
    /// It executes this file.
    Executable(FileName),
    /// The file that it executes was deleted or replaced since.
    ExecutableDeleted,
    /// Its working directory is this one or below.
    WorkingDirectory(Vec<u8>),
    /// It is an interpreter that runs this.
    Script(FileName),
    /// Its real UID is listed.
    RealUser(BTreeSet<u32>),
    /// Its real GID is listed.
    RealGroup(BTreeSet<u32>),
    /// It has a handler for one of these signals (a mask).
    Catches(u64),
    /// It is in one of these control groups.
    Cgroup(Vec<Cgroup>),
    /// It is in one of these systemd units.
    Unit(Vec<Unit>),
    /// It is in our own PID namespace.
    Local,
    /// One of these is in its environment, by name or by name and value.
    Environment(Vec<Vec<u8>>),
    /// It is in these namespaces.
    Namespaces(Vec<HeldNamespace>),
    /// It holds one of these sockets, and the socket is its own.
    Sockets(Arc<Sockets>),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MatchError {
    /// The process no longer exists, or cannot be read.
    Lookup(LookupError),
    /// The pattern cannot be matched against this text.
    Pattern(PatternError),
    /// It holds this socket, which another user created: the user may have passed it on for the process to be taken for
    /// the owner of the port. Neither that it holds a port nor that it holds none is a reason to signal it.
    ForeignSocket(Socket),
}

impl MatchError {
    /// Whether the process exists and may match.
    fn is_undecided(&self) -> bool {
        match self {
            MatchError::Lookup(why) => why.is_undecided(),
            MatchError::ForeignSocket(_) => true,
            MatchError::Pattern(_) => false,
        }
    }
}

impl From<LookupError> for MatchError {
    fn from(why: LookupError) -> Self {
        MatchError::Lookup(why)
    }
}

impl From<PatternError> for MatchError {
    fn from(error: PatternError) -> Self {
        MatchError::Pattern(error)
    }
}

impl Test {
    /// The rank of the test by the cost of the fact that it reads, cheapest first: system calls before files, small
    /// files before large ones.
    pub(crate) fn cost(&self) -> u8 {
        match self {
            Test::Pid(_) => 0,
            Test::Session(_) | Test::ProcessGroup(_) => 1,
            Test::EffectiveUser(_) => 2,
            Test::Name(_) => 3,
            Test::Not(test) => test.cost(),
            // A link costs as little as a name, but where it is denied, more of the process must be read.
            Test::WorkingDirectory(_) | Test::ExecutableDeleted | Test::ResidentMemory(_) => 4,
            Test::Executable(_) => 4,
            // As cheap as the name with `PIDFD_GET_INFO`, and much more expensive without.
            Test::Parent(_) | Test::RealUser(_) | Test::RealGroup(_) => 4,
            // An ancestor costs as much as a parent for each generation that is not known yet.
            Test::FullName(_) | Test::Ancestor(_) => 5,
            Test::CommandLine(_) | Test::Script(_) => 6,
            Test::Terminal(_) | Test::State(_) | Test::Age { .. } => 7,
            Test::Zombie | Test::KernelThread | Test::CpuTime(_) => 7,
            Test::Cgroup(_) | Test::Unit(_) => 8,
            Test::Catches(_) | Test::Local => 9,
            Test::Environment(_) => 10,
            Test::Namespaces(_) => 11,
            // Every descriptor is read.
            Test::Sockets(_) => 12,
        }
    }

    /// Whether another process can hold up what is read for the answer: the memory of the process, and the files that
    /// its links lead to.
    pub(crate) fn can_be_held_up(&self) -> bool {
        match self {
            Test::Not(test) => test.can_be_held_up(),
            Test::FullName(_) | Test::CommandLine(_) | Test::Script(_) | Test::Environment(_) => true,
            Test::Executable(_) | Test::ExecutableDeleted | Test::WorkingDirectory(_) => true,
            _ => false,
        }
    }

    /// Whether the answer depends on the parent or other ancestors of a process.
    fn is_about_ancestors(&self) -> bool {
        matches!(self, Test::Parent(_) | Test::Ancestor(_))
    }

    /// Whether the process meets the condition.
    pub(crate) fn passes(&self, process: &mut impl Facts) -> Result<bool, MatchError> {
        Ok(match self {
            Test::Pid(processes) => processes.any(process.thread_group(), NamedProcess::has_its_id)?,
            Test::Session(sessions) => is_group_among(process.session()?, sessions)?,
            Test::ProcessGroup(groups) => is_group_among(process.process_group()?, groups)?,
            Test::EffectiveUser(ids) => ids.contains(&process.effective_uid()?),
            Test::Name(pattern) => has_match(process, ProcessText::Name, pattern)?,
            Test::FullName(pattern) => {
                // The names of kernel workers can be long.
                has_match(process, ProcessText::Name, pattern)?
                    || has_match(process, ProcessText::FullName, pattern)?
            }
            Test::CommandLine(pattern) => has_match(process, ProcessText::CommandLine, pattern)?,
            Test::Parent(parents) => parents.any(process.parent()?, NamedProcess::is_alive)?,
            Test::Ancestor(ancestors) => descends_from(process, ancestors)?,
            Test::Terminal(numbers) => numbers.contains(&process.terminal()?),
            Test::State(letters) => letters.contains(&process.state()?),
            Test::Age { now, least } => now.saturating_sub(process.start_time()?) >= *least,
            Test::Not(test) => !test.passes(process)?,
            Test::Zombie => process.has_ended()?,
            Test::KernelThread => process.is_kernel_thread()?,
            Test::CpuTime(least) => process.cpu_time()? >= *least,
            Test::ResidentMemory(least) => process.resident_memory()? >= *least,
            Test::Executable(file) => file::executes(process, file)?,
            Test::ExecutableDeleted => process.executable()?.is_some_and(|link| link.deleted),
            Test::WorkingDirectory(directory) => file::works_in(process, directory)?,
            Test::Script(file) => file::interprets(process, file)?,
            Test::RealUser(ids) => ids.contains(&process.real_uid()?),
            Test::RealGroup(ids) => ids.contains(&process.real_gid()?),
            Test::Catches(mask) => process.caught_signals()? & mask != 0,
            Test::Cgroup(groups) => is_in_cgroup(process.cgroups()?, groups),
            Test::Unit(units) => is_in_unit(process.cgroups()?, units),
            Test::Local => process.is_local()?,
            Test::Environment(wanted) => process.environment()?.is_some_and(|env| has_variable(env, wanted)),
            Test::Namespaces(wanted) => is_in_namespaces(process, wanted)?,
            Test::Sockets(wanted) => !wanted.is_empty() && holds_own(process, wanted)?,
        })
    }
}

/// Whether the text matches as it is, or as it is displayed: a process cannot evade a pattern with bytes that are no
/// characters, and what a user copies from a list matches.
fn has_match(process: &mut impl Facts, text: ProcessText, pattern: &Pattern) -> Result<bool, MatchError> {
    let raw = match text {
        ProcessText::Name => Some(process.name()?),
        ProcessText::FullName => process.full_name()?,
        ProcessText::CommandLine => Some(process.command_line()?),
    };
    let Some(raw) = raw else { return Ok(false) };
    let is_match = pattern.is_match(raw)?;
    if is_match || !pattern.may_take_any(REPLACEMENTS) {
        return Ok(is_match); // the displayed text would not match either
    }
    Ok(process.displayed(text)?.map_or(Ok(false), |displayed| pattern.is_match(displayed))?)
}

/// Whether it holds one of these sockets that is its own.
fn holds_own(process: &mut impl Facts, wanted: &Sockets) -> Result<bool, MatchError> {
    let held = wanted.among(process.sockets()?);
    for (_, socket) in &held {
        if process.owns_sockets_of(socket.creator)? {
            return Ok(true);
        }
    }
    held.first().map_or(Ok(false), |&(_, socket)| Err(MatchError::ForeignSocket(socket)))
}

fn has_variable(environment: &[u8], wanted: &[Vec<u8>]) -> bool {
    let name = |variable: &[u8]| memchr::memchr(b'=', variable).unwrap_or(variable.len());
    environment.split(|&b| b == 0).any(|variable| {
        wanted
            .iter()
            .any(|w| if w.contains(&b'=') { w == variable } else { *w == variable[..name(variable)] })
    })
}

fn is_in_namespaces(process: &mut impl Facts, wanted: &[HeldNamespace]) -> Lookup<bool> {
    for namespace in wanted {
        if process.namespace(namespace.kind)? != Some(namespace.id) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the ID, which was read just now, is that of one of these groups.
fn is_group_among(id: Pid, named: &BTreeMap<Pid, NamedGroup>) -> Lookup<bool> {
    named.get(&id).map_or(Ok(false), NamedGroup::is_unchanged)
}

/// Whether one of these is an ancestor. Where the nearest has exited, another process has its ID, and one of the others
/// may be above that.
fn descends_from(process: &mut impl Facts, named: &NamedProcesses) -> Lookup<bool> {
    let mut wanted = Arc::clone(named.pids());
    while let Some(ancestor) = process.ancestor_among(&wanted)? {
        if named.any(ancestor, NamedProcess::is_alive)? {
            return Ok(true);
        }
        wanted = wanted.iter().copied().filter(|&pid| pid != ancestor).collect();
    }
    Ok(false)
}

/// All tests together.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    tests: Vec<Test>,
    trees: bool,
    inverse: bool,
    excluded: Excluded,
}

/// The processes that never match, inverted or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Excluded {
    /// This process, and with `-A` its ancestors. Inverted, they are the roots of no trees.
    pub own: BTreeSet<Pid>,
    /// Those of `--exclude`. What they are the roots of is excluded, as without the option.
    pub named: NamedProcesses,
}

impl Predicate {
    /// All tests must pass, or with `inverse` one must fail.
    pub(crate) fn new(mut tests: Vec<Test>, inverse: bool, excluded: Excluded) -> Self {
        tests.sort_by_key(Test::cost);
        Predicate { tests, trees: false, inverse, excluded }
    }

    /// The same for whole trees: a process that descends from one that passes all tests passes too.
    pub(crate) fn with_descendants(self) -> Self {
        Predicate { trees: true, ..self }
    }

    /// Whether the process matches. The first test that fails decides. Where the kernel does not report what a test
    /// asks for ([`LookupError::is_undecided`]), or it holds a socket that is not its own, another may still decide; if
    /// none does, there is no answer, inverted or not.
    pub(crate) fn matches(&self, process: &mut impl Facts) -> Result<bool, MatchError> {
        let pid = process.thread_group();
        if self.excluded.own.contains(&pid) || self.excludes(pid)? {
            return Ok(false);
        }
        let passes = self.passes(process)?
            || self.trees && process.has_ancestor(|ancestor| self.is_tree_root(ancestor))?;
        Ok(passes != self.inverse)
    }

    /// The same for a process that was verified before, as far as it can change the answer itself, such as by
    /// execve(2): its ancestors may have exited since. Inverted, all is asked, as one failed condition is enough.
    pub(crate) fn still_matches(&self, process: &mut impl Facts) -> Result<bool, MatchError> {
        if self.inverse {
            return self.matches(process);
        }
        self.all_pass(self.tests.iter().filter(|test| !test.is_about_ancestors()), process)
    }

    fn passes(&self, process: &mut impl Facts) -> Result<bool, MatchError> {
        self.all_pass(self.tests.iter(), process)
    }

    fn all_pass<'t>(
        &self,
        tests: impl Iterator<Item = &'t Test>,
        process: &mut impl Facts,
    ) -> Result<bool, MatchError> {
        let mut undecided = None;
        for test in tests {
            match test.passes(process) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                // An error of the process is reported rather than a denied read.
                Err(MatchError::Lookup(LookupError::Denied)) if undecided.is_some() => {}
                Err(why) if why.is_undecided() => undecided = Some(why),
                Err(why) => return Err(why),
            }
        }
        undecided.map_or(Ok(true), Err)
    }

    fn is_tree_root(&self, ancestor: &mut impl Facts) -> Result<bool, MatchError> {
        if self.excluded.own.contains(&ancestor.thread_group()) {
            return Ok(false);
        }
        match self.passes(ancestor) {
            // Its children have another parent by now.
            Err(MatchError::Lookup(LookupError::Gone)) => Ok(false),
            // With --inverse, its descendants are not selected.
            Err(MatchError::ForeignSocket(_)) => Ok(true),
            passes => passes,
        }
    }

    /// Whether this is the ID of this program, or with `-A` of an ancestor: it never matches.
    pub(crate) fn is_own(&self, pid: Pid) -> bool {
        self.excluded.own.contains(&pid)
    }

    /// Whether this is the ID of a process of `--exclude`.
    pub(crate) fn excludes(&self, pid: Pid) -> Lookup<bool> {
        self.excluded.named.any(pid, NamedProcess::has_its_id)
    }

    /// The IDs that the processes of `--exclude` have or had.
    pub(crate) fn excluded_pids(&self) -> impl Iterator<Item = Pid> {
        self.excluded.named.iter().map(NamedProcess::pid)
    }

    /// The tests, cheapest first.
    pub(crate) fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// The same, to bring them up to date.
    pub(crate) fn tests_mut(&mut self) -> &mut [Test] {
        &mut self.tests
    }

    /// The patterns that a match fits, and the text that each is matched against. None if inverted.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (ProcessText, &Pattern)> {
        let tests = if self.inverse { &[][..] } else { &self.tests[..] };
        tests.iter().filter_map(|test| match test {
            Test::Name(pattern) => Some((ProcessText::Name, pattern)),
            Test::FullName(pattern) => Some((ProcessText::FullName, pattern)),
            Test::CommandLine(pattern) => Some((ProcessText::CommandLine, pattern)),
            _ => None,
        })
    }

    /// The part of this text of a match that the first pattern for such texts matches: as it is, or as it is displayed.
    pub(crate) fn part_of(&self, text: ProcessText, bytes: &[u8]) -> Option<Range<usize>> {
        let (_, pattern) = self.patterns().find(|(of, _)| *of == text)?;
        let subject = if text == ProcessText::CommandLine { Subject::CommandLine } else { Subject::Name };
        part(pattern, subject, bytes)
    }

    /// The sockets of `--port`.
    pub(crate) fn sockets(&self) -> Option<&Sockets> {
        self.tests.iter().find_map(|test| match test {
            Test::Sockets(sockets) => Some(&**sockets),
            _ => None,
        })
    }

    /// Whether the processes that do not pass all tests match.
    pub(crate) fn is_inverse(&self) -> bool {
        self.inverse
    }
}

/// Of the candidates, given with their start times, those that `-n` or `-o` picks: of equal start times the
/// newest has the highest process ID and the oldest the lowest.
pub(crate) fn pick<T>(pick: Pick, candidates: Vec<T>, key: impl Fn(&T) -> (u64, Pid)) -> Vec<T> {
    match pick {
        Pick::All => candidates,
        Pick::Newest => candidates.into_iter().max_by_key(key).into_iter().collect(),
        Pick::Oldest => candidates.into_iter().min_by_key(key).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;

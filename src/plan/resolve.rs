//! Criteria → tests: what a criterion names is looked up.

use std::collections::BTreeMap;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd;

use super::held::HeldProcesses;
use super::trust::Distrust;
use super::{accounts, files, pidfile, ports, stdin};
use crate::error::{Error, errno_text};
use crate::proc::{
    CLOCK_TICKS, HeldNamespace, Holder, LookupError, NamedGroup, NamedProcess, NamedProcesses, ProcDir,
    Sockets, Stale, Terminals, namespaces, unreadable,
};
use crate::request::{Criterion, Namespace, Pid, ProcessList, ProcessRef, Selection, Token};
use crate::select::{Cgroup, Test, Unit};

/// Turns criteria into tests, and opens what they name by ID.
pub(super) struct Resolver {
    /// In clock ticks since boot.
    now: u64,
    /// Whether the processes of plain IDs are held. If not, the numbers are compared. Those of tokens are held always.
    holds_ids: bool,
    /// None until something is to be held.
    holder: Option<Holder>,
    /// Whether the processes of `-p` and `-F` are the matches, and so may be held for the delivery.
    names_matches: bool,
    held: HeldProcesses,
    stale: Vec<(Token, Stale)>,
    distrusted_pidfile: Option<(PathBuf, Distrust)>,
}

impl Resolver {
    /// `acts`: whether something will be done to the matches. Else nothing is held, and nothing either where /proc is that
    /// of another PID namespace: no process can be signalled or waited for there.
    pub(super) fn new(selection: &Selection, acts: bool, now: u64) -> Result<Self, Error> {
        let names_processes = |criterion: &Criterion| {
            matches!(
                criterion,
                Criterion::Pids(_)
                    | Criterion::Pidfile(_)
                    | Criterion::Parents(_)
                    | Criterion::Ancestors(_)
                    | Criterion::ProcessGroups(_)
                    | Criterion::Sessions(_)
            )
        };
        let names = !selection.exclude.is_empty() || selection.criteria.iter().any(names_processes);
        let holds_ids = acts && names && ProcDir::named()?.same_pid_namespace();
        Ok(Resolver {
            now,
            holds_ids,
            holder: holds_ids.then(Holder::default),
            names_matches: !selection.inverse,
            held: HeldProcesses::default(),
            stale: vec![],
            distrusted_pidfile: None,
        })
    }

    /// What was held of the processes of `-p` and `-F`.
    pub(super) fn into_held(self) -> HeldProcesses {
        self.held
    }

    /// The tokens that no process has.
    pub(super) fn take_stale(&mut self) -> Vec<(Token, Stale)> {
        std::mem::take(&mut self.stale)
    }

    /// The pidfile of `-F`, if others may decide what is in it.
    pub(super) fn take_distrusted_pidfile(&mut self) -> Option<(PathBuf, Distrust)> {
        self.distrusted_pidfile.take()
    }

    /// The test for a criterion.
    pub(super) fn test(&mut self, criterion: &Criterion) -> Result<Test, Error> {
        let bytes = |list: &[std::ffi::OsString]| list.iter().map(|word| word.clone().into_vec()).collect();
        Ok(match criterion {
            Criterion::Pids(ProcessList::Given(processes)) => self.pids(processes)?,
            Criterion::Pids(ProcessList::Stdin) => self.pids(&stdin::processes()?)?,
            Criterion::Pidfile(file) => {
                let pidfile::Content { process, distrust } = pidfile::read(file)?;
                self.distrusted_pidfile = distrust.map(|why| (file.path.clone(), why));
                self.pids(&[process])?
            }
            Criterion::Parents(ids) => Test::Parent(self.processes(ids)?),
            Criterion::Ancestors(ids) => Test::Ancestor(self.processes(ids)?),
            Criterion::ProcessGroups(ids) => Test::ProcessGroup(self.groups(ids, unistd::getpgrp())?),
            Criterion::Sessions(ids) => {
                // 0 where the session leader is outside of our PID namespace, for its members too.
                let own = unistd::getsid(None).unwrap_or(unistd::Pid::from_raw(0));
                Test::Session(self.groups(ids, own)?)
            }
            Criterion::EffectiveUsers(users) => Test::EffectiveUser(accounts::users(users)?),
            Criterion::RealUsers(users) => Test::RealUser(accounts::users(users)?),
            Criterion::Own => Test::RealUser([unistd::getuid().as_raw()].into()),
            Criterion::RealGroups(groups) => Test::RealGroup(accounts::groups(groups)?),
            Criterion::Terminals(names) => {
                let terminals = Terminals::read();
                Test::Terminal(names.iter().filter_map(|name| terminals.number(name)).collect())
            }
            Criterion::Executable(name) => Test::Executable(files::file(name)?),
            Criterion::ExecutableDeleted => Test::ExecutableDeleted,
            Criterion::Script(name) => Test::Script(files::file(name)?),
            Criterion::WorkingDirectory(path) => {
                Test::WorkingDirectory(files::resolved(path).into_os_string().into_vec())
            }
            Criterion::OlderThan(age) => Test::Age { now: self.now, least: ticks(*age) },
            Criterion::YoungerThan(age) => {
                Test::Not(Box::new(Test::Age { now: self.now, least: ticks(*age) }))
            }
            Criterion::ResidentMemory(bytes) => Test::ResidentMemory(*bytes),
            Criterion::CpuTime(time) => Test::CpuTime(ticks(*time)),
            Criterion::NoZombie => Test::Not(Box::new(Test::Zombie)),
            Criterion::NoKernelThread => Test::Not(Box::new(Test::KernelThread)),
            Criterion::States(letters) => Test::State(letters.iter().copied().collect()),
            Criterion::Cgroups(groups) => {
                Test::Cgroup(groups.iter().map(|group| Cgroup::new(group.as_bytes())).collect())
            }
            Criterion::Units(units) => {
                Test::Unit(units.iter().map(|unit| Unit::new(unit.as_bytes())).collect())
            }
            Criterion::UserUnits(units) => {
                let uid = crate::accounts::user_of_units();
                Test::Unit(units.iter().map(|unit| Unit::of_user(unit.as_bytes(), uid)).collect())
            }
            Criterion::Local => local()?,
            Criterion::Ports(named) => Test::Sockets(Arc::new(Sockets::new(&ports::numbers(named)?)?)),
            Criterion::Environment(variables) => Test::Environment(bytes(variables)),
            Criterion::Namespaces { of, kinds } => Test::Namespaces(self.namespaces_of(*of, kinds)?),
            Criterion::Catches(signal) => Test::Catches(signal.mask()),
        })
    }

    fn pids(&mut self, named: &[ProcessRef]) -> Result<Test, Error> {
        let holds_ids = self.holds_ids && self.names_matches;
        let processes = self.held(named, holds_ids)?;
        if holds_ids {
            self.held.extend(&processes);
        }
        Ok(Test::Pid(processes))
    }

    /// Processes that are named for another reason than to match.
    pub(super) fn processes(&mut self, named: &[ProcessRef]) -> Result<NamedProcesses, Error> {
        self.held(named, self.holds_ids)
    }

    fn held(&mut self, named: &[ProcessRef], holds_ids: bool) -> Result<NamedProcesses, Error> {
        let mut process = |&process: &ProcessRef| match process {
            ProcessRef::Pid(pid) if !holds_ids => Ok(NamedProcess::number(pid)),
            ProcessRef::Pid(pid) => {
                NamedProcess::hold(pid, self.holder()?).map_err(|why| cannot_hold(pid, why))
            }
            ProcessRef::Token(token) => Ok(self.with_token(token)?.unwrap_or_else(|why| {
                self.stale.push((token, why));
                NamedProcess::missing(token.pid)
            })),
        };
        named.iter().map(&mut process).collect()
    }

    fn with_token(&mut self, token: Token) -> Result<Result<NamedProcess, Stale>, Error> {
        NamedProcess::with_token(token, self.holder()?).map_err(|why| {
            Error::fatal(format!("cannot verify process {token}: {}", errno_text(why.errno())))
        })
    }

    fn holder(&mut self) -> Result<&mut Holder, Error> {
        if self.holder.is_none() && !ProcDir::named()?.is_of_same_pid_namespace()? {
            let why = "process tokens cannot be verified: /proc is that of another PID namespace";
            return Err(Error::fatal(why));
        }
        Ok(self.holder.get_or_insert_default())
    }

    /// 0 is our own.
    fn groups(&mut self, ids: &[Pid], own: unistd::Pid) -> Result<BTreeMap<Pid, NamedGroup>, Error> {
        let mut group = |&id: &Pid| {
            let id = if id == 0 { own.as_raw() } else { id };
            let group = match self.holds_ids {
                true => NamedGroup::hold(id, self.holder()?).map_err(|why| cannot_hold(id, why))?,
                false => NamedGroup::number(id),
            };
            Ok((id, group))
        };
        ids.iter().map(&mut group).collect()
    }

    /// `--ns`: those that the process is in now.
    fn namespaces_of(&mut self, of: ProcessRef, kinds: &[Namespace]) -> Result<Vec<HeldNamespace>, Error> {
        let unknown =
            |why: &str| Error::nothing_to_match(format!("cannot read the namespaces of pid {of}: {why}"));
        let held = match of {
            ProcessRef::Pid(pid) => NamedProcess::number(pid),
            ProcessRef::Token(token) => self.with_token(token)?.map_err(|why| unknown(why.text()))?,
        };
        let read = namespaces(&ProcDir::named()?, of.pid(), kinds);
        let read = read.map_err(|errno| unknown(&errno_text(errno)))?;
        match held.is_alive().map_err(|why| cannot_hold(of.pid(), why))? {
            true => Ok(read),
            false => Err(unknown(Stale::Exited.text())),
        }
    }
}

/// Check a criterion that is not used: a name that does not exist is an error wherever it was typed.
pub(super) fn check(overridden: &Criterion) -> Result<(), Error> {
    match overridden {
        Criterion::EffectiveUsers(users) | Criterion::RealUsers(users) => accounts::users(users).map(drop),
        Criterion::RealGroups(groups) => accounts::groups(groups).map(drop),
        Criterion::Ports(named) => ports::numbers(named).map(drop),
        _ => Ok(()),
    }
}

fn cannot_hold(pid: Pid, why: LookupError) -> Error {
    unreadable(pid, why.errno())
}

/// `--local`: by the PID namespaces that /proc reports for a process.
fn local() -> Result<Test, Error> {
    let why = "--local is not possible: /proc belongs to another PID namespace";
    match ProcDir::named()?.is_of_same_pid_namespace()? {
        true => Ok(Test::Local),
        false => Err(Error::fatal(why)),
    }
}

/// In clock ticks, rounded up: a process that is that many ticks old is that old.
fn ticks(time: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(u128::from(1_000_000_000 / CLOCK_TICKS));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that is named is held where something is done to the matches. Inverted, those are others, and a process
    /// that gets the ID later is as little one of them.
    #[test]
    fn what_is_named_is_held_until_something_is_done() {
        let own = ProcessRef::Pid(crate::proc::own_pid());
        let pids = || Criterion::Pids(ProcessList::Given(vec![own]));
        let by = |criteria| Selection { criteria, ..Selection::default() };
        for (index, (selection, names)) in [
            (by(vec![pids()]), true),
            (by(vec![Criterion::NoZombie, Criterion::Sessions(vec![0])]), true),
            (Selection { exclude: vec![own], ..by(vec![]) }, true),
            (by(vec![Criterion::NoZombie]), false),
            (by(vec![]), false),
        ]
        .into_iter()
        .enumerate()
        {
            for (acts, inverse) in [(false, false), (false, true), (true, false), (true, true)] {
                let selection = Selection { inverse, ..selection.clone() };
                let mut resolver = Resolver::new(&selection, acts, 0).expect("/proc");
                assert_eq!(resolver.holds_ids, acts && names, "row {index} {acts}");
                let Ok(Test::Pid(named)) = resolver.test(&pids()) else { panic!("it is named") };
                let is_held = named.iter().all(|process| process.pidfd().is_some());
                let is_kept = resolver.into_held().pidfd(own.pid()).is_some();
                let expected = acts && names && !inverse;
                assert_eq!((is_held, is_kept), (expected, expected), "row {index} {acts} {inverse}");
            }
        }
    }

    #[test]
    fn ticks_are_rounded_up() {
        for (time, expected) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_millis(10), 1),
            (Duration::from_micros(10_001), 2),
            (Duration::from_secs(3), 300),
        ] {
            assert_eq!(ticks(time), expected, "{time:?}");
        }
    }
}

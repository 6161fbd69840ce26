//! Criteria → tests: what a criterion names is looked up.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd;

use super::held::HeldProcesses;
use super::trust::Distrust;
use super::{accounts, files, pidfile};
use crate::error::{Error, errno_text};
use crate::proc::{
    CLOCK_TICKS, HeldNamespace, Holder, LookupError, NamedGroup, NamedProcess, ProcDir, Sockets, Terminals,
    namespaces, unreadable,
};
use crate::request::{Criterion, Namespace, Pid, Selection};
use crate::select::{Cgroup, Test, Unit};

/// Turns criteria into tests, and opens what they name by ID.
pub(super) struct Resolver {
    /// In clock ticks since boot.
    now: u64,
    /// None where IDs are compared as numbers.
    holder: Option<Holder>,
    /// Whether the processes of `-p` and `-F` are the matches, and so may be held for the delivery.
    names_matches: bool,
    held: HeldProcesses,
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
        let holds =
            acts && selection.criteria.iter().any(names_processes) && ProcDir::named()?.same_pid_namespace();
        let holder = holds.then(Holder::default);
        Ok(Resolver {
            now,
            holder,
            names_matches: !selection.inverse,
            held: HeldProcesses::default(),
            distrusted_pidfile: None,
        })
    }

    /// What was held of the processes of `-p` and `-F`.
    pub(super) fn into_held(self) -> HeldProcesses {
        self.held
    }

    /// The pidfile of `-F`, if others may decide what is in it.
    pub(super) fn take_distrusted_pidfile(&mut self) -> Option<(PathBuf, Distrust)> {
        self.distrusted_pidfile.take()
    }

    /// The test for a criterion.
    pub(super) fn test(&mut self, criterion: &Criterion) -> Result<Test, Error> {
        let bytes = |list: &[std::ffi::OsString]| list.iter().map(|word| word.clone().into_vec()).collect();
        Ok(match criterion {
            Criterion::Pids(ids) => self.pids(ids.clone())?,
            Criterion::Pidfile(file) => {
                let pidfile::Content { pid, distrust } = pidfile::read(file)?;
                self.distrusted_pidfile = distrust.map(|why| (file.path.clone(), why));
                self.pids(vec![pid])?
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
            Criterion::States(letters) => Test::State(letters.clone()),
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
            Criterion::Ports(ports) => Test::Sockets(Arc::new(Sockets::new(ports)?)),
            Criterion::Environment(variables) => Test::Environment(bytes(variables)),
            Criterion::Namespaces { of, kinds } => Test::Namespaces(namespaces_of(*of, kinds)?),
            Criterion::Catches(signal) => Test::Catches(signal.mask()),
        })
    }

    fn pids(&mut self, pids: Vec<Pid>) -> Result<Test, Error> {
        if !self.names_matches {
            return Ok(Test::Pid(pids.into_iter().map(NamedProcess::number).collect()));
        }
        let processes = self.processes(&pids)?;
        self.held.extend(&processes);
        Ok(Test::Pid(processes))
    }

    fn processes(&mut self, pids: &[Pid]) -> Result<Vec<NamedProcess>, Error> {
        let mut process = |&pid: &Pid| match &mut self.holder {
            Some(holder) => NamedProcess::hold(pid, holder).map_err(|why| cannot_hold(pid, why)),
            None => Ok(NamedProcess::number(pid)),
        };
        pids.iter().map(&mut process).collect()
    }

    /// 0 is our own.
    fn groups(&mut self, ids: &[Pid], own: unistd::Pid) -> Result<Vec<NamedGroup>, Error> {
        let mut group = |&id: &Pid| {
            let id = if id == 0 { own.as_raw() } else { id };
            match &mut self.holder {
                Some(holder) => NamedGroup::hold(id, holder).map_err(|why| cannot_hold(id, why)),
                None => Ok(NamedGroup::number(id)),
            }
        };
        ids.iter().map(&mut group).collect()
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

fn namespaces_of(pid: Pid, kinds: &[Namespace]) -> Result<Vec<HeldNamespace>, Error> {
    namespaces(&ProcDir::named()?, pid, kinds).map_err(|errno| {
        let why = errno_text(errno);
        Error::nothing_to_match(format!("cannot read the namespaces of pid {pid}: {why}"))
    })
}

/// In clock ticks, rounded up: a process that is that many ticks old is that old.
fn ticks(time: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(u128::from(1_000_000_000 / CLOCK_TICKS));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! The names of criteria.

use super::Criterion;

/// The operand, where it has a name as the options have.
pub(crate) const PATTERN: &str = "pattern";

impl Criterion {
    /// The long name of the option.
    pub(crate) fn option(&self) -> &'static str {
        match self {
            Criterion::Pids(_) => "pid",
            Criterion::Pidfile(_) => "pidfile",
            Criterion::Parents(_) => "parent",
            Criterion::Ancestors(_) => "ancestor",
            Criterion::ProcessGroups(_) => "pgroup",
            Criterion::Sessions(_) => "session",
            Criterion::EffectiveUsers(_) => "euid",
            Criterion::RealUsers(_) => "uid",
            Criterion::Own => "choose",
            Criterion::RealGroups(_) => "group",
            Criterion::Terminals(_) => "terminal",
            Criterion::Executable(_) => "exe",
            Criterion::ExecutableDeleted => "exe-deleted",
            Criterion::Script(_) => "script",
            Criterion::WorkingDirectory(_) => "cwd",
            Criterion::OlderThan(_) => "older",
            Criterion::YoungerThan(_) => "younger",
            Criterion::ResidentMemory(_) => "rss",
            Criterion::CpuTime(_) => "cpu-time",
            Criterion::NoZombie => "no-zombies",
            Criterion::NoKernelThread => "no-kernel-threads",
            Criterion::States(_) => "runstates",
            Criterion::Cgroups(_) => "cgroup",
            Criterion::Units(_) => "unit",
            Criterion::UserUnits(_) => "user-unit",
            Criterion::Local => "local",
            Criterion::Ports(_) => "port",
            Criterion::Environment(_) => "env",
            Criterion::Namespaces { .. } => "ns",
            Criterion::Catches(_) => "require-handler",
        }
    }
}

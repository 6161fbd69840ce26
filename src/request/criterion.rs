//! Conditions on processes, and the names of the options that set them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Pid, ProcessRef};
use crate::signal::Signal;

/// The operand, where it has a name as the options have.
pub(crate) const PATTERN: &str = "pattern";

/// A condition on processes. A list matches if any of its entries does.
#[derive(Clone, Debug)]
pub(crate) enum Criterion {
    /// `-p`: the process.
    Pids(ProcessList),
    /// `-F`: the process ID in a file.
    Pidfile(Pidfile),
    /// `-P`: the parent.
    Parents(Vec<ProcessRef>),
    /// `--ancestor`: the parent, its parent, and so on. 0 is an ancestor of every process.
    Ancestors(Vec<ProcessRef>),
    /// `-g`: the process group; 0 is the program's own.
    ProcessGroups(Vec<Pid>),
    /// `-s`: the session; 0 is the program's own.
    Sessions(Vec<Pid>),
    /// `-u`: the effective user.
    EffectiveUsers(Vec<Account>),
    /// `-U`: the real user.
    RealUsers(Vec<Account>),
    /// `--choose` without any other criterion: the caller's real user.
    Own,
    /// `-G`: the real group.
    RealGroups(Vec<Account>),
    /// `-t`: the controlling terminal, by name relative to /dev.
    Terminals(Vec<OsString>),
    /// `--exe`: the executable; by path if the value contains a slash, else by base name.
    Executable(OsString),
    /// `--exe-deleted`: the executable was deleted or replaced.
    ExecutableDeleted,
    /// `--script`: the script, module or class that an interpreter runs; by path or base name.
    Script(OsString),
    /// `--cwd`: the working directory is this directory or below it.
    WorkingDirectory(PathBuf),
    /// `-O`: running for at least this long.
    OlderThan(Duration),
    /// `--younger`: running for less than this.
    YoungerThan(Duration),
    /// `--rss`: a resident set of at least this many bytes.
    ResidentMemory(u64),
    /// `--cpu-time`: at least this much CPU time used.
    CpuTime(Duration),
    /// `--no-zombies`: not a zombie.
    NoZombie,
    /// `--no-kernel-threads`: not a kernel thread.
    NoKernelThread,
    /// `-r`: the state, as its letter in /proc/PID/stat.
    States(Vec<u8>),
    /// `--cgroup`: `/PATH` in the v2 hierarchy or `CONTROLLER:/PATH` in a v1 hierarchy; the path may be a pattern.
    Cgroups(Vec<OsString>),
    /// `--unit`: a systemd unit of the system.
    Units(Vec<OsString>),
    /// `--user-unit`: a systemd unit of a user's manager.
    UserUnits(Vec<OsString>),
    /// `--local`: in the program's own PID namespace.
    Local,
    /// `--port`: has a socket that is bound to one of these.
    Ports(Vec<PortRef>),
    /// `--env`: `NAME` or `NAME=VALUE`.
    Environment(Vec<OsString>),
    /// `--ns`, `--nslist`: in the same namespaces as that process.
    Namespaces {
        /// The process to compare with.
        of: ProcessRef,
        /// The types of namespaces to compare.
        kinds: Vec<Namespace>,
    },
    /// `-H`: catches this signal.
    Catches(Signal),
}

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

    /// Whether the criterion only excludes processes: alone it would select nearly everything.
    pub(crate) fn only_excludes(&self) -> bool {
        matches!(self, Criterion::NoZombie | Criterion::NoKernelThread)
    }
}

/// The value of `-p`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProcessList {
    /// These.
    Given(Vec<ProcessRef>),
    /// `-`: those that standard input names, one a line.
    Stdin,
}

/// A user or group as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    Id(u32),
    Name(OsString),
}

/// Local ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    /// The protocol; None matches all.
    pub protocol: Option<Protocol>,
    /// The first of the range.
    pub first: u16,
    /// The last of the range, inclusive.
    pub last: u16,
}

/// An entry of `--port`, as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortRef {
    Numbers(Ports),
    /// The name of a service; without a protocol, that of each protocol.
    Service {
        name: String,
        protocol: Option<Protocol>,
    },
}

/// Whether a text can be the name of a service, and is no number.
pub(crate) fn is_service_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.contains(|char: char| char.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
}

/// A protocol that has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    /// Matches listening sockets.
    Tcp,
    /// Matches bound sockets.
    Udp,
}

impl Protocol {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }
}

/// `-F` and `-L`.
#[derive(Clone, Debug)]
pub(crate) struct Pidfile {
    /// `-` is standard input.
    pub path: PathBuf,
    /// `-L`: another process must hold a lock on the file.
    pub must_be_locked: bool,
}

impl Pidfile {
    /// Whether it is standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }
}

/// The types of namespaces that `--nslist` accepts (namespaces(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// System V IPC, POSIX message queues.
    Ipc,
    /// Mount points.
    Mnt,
    /// Network devices, stacks, ports.
    Net,
    /// Process IDs.
    Pid,
    /// User and group IDs.
    User,
    /// Host name.
    Uts,
}

impl Namespace {
    /// In the order of procps-ng's documentation.
    pub(crate) const ALL: [Namespace; 6] =
        [Namespace::Ipc, Namespace::Mnt, Namespace::Net, Namespace::Pid, Namespace::User, Namespace::Uts];

    /// The name of its file in /proc/PID/ns.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Namespace::Ipc => "ipc",
            Namespace::Mnt => "mnt",
            Namespace::Net => "net",
            Namespace::Pid => "pid",
            Namespace::User => "user",
            Namespace::Uts => "uts",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_no_name() {
        for (text, expected) in [
            ("http", true),
            ("ms-sql-s", true),
            ("3com-tsmux", true),
            ("z39.50", true),
            ("80", false),
            ("80-90", false),
            ("+80", false),
            (" 80", false),
            ("-x", false),
            ("", false),
            ("a b", false),
            ("a/tcp", false),
            ("tcp:http", false),
            ("caf\u{e9}", false),
        ] {
            assert_eq!(is_service_name(text), expected, "{text}");
        }
    }
}

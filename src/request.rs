//! What was asked: plain data, as the command line says it, with nothing looked up yet.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::signal::Signal;

/// A process, thread, process group or session ID: the kernel's `pid_t`, never negative here.
pub type Pid = i32;

/// Which of the three programs runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Lists the processes.
    Pgrep,
    /// Signals them.
    Pkill,
    /// Waits for their end.
    Pidwait,
}

impl Program {
    /// All three.
    pub const ALL: [Program; 3] = [Program::Pgrep, Program::Pkill, Program::Pidwait];

    /// The name in messages and in the usage line.
    pub fn name(self) -> &'static str {
        match self {
            Program::Pgrep => "pgrep",
            Program::Pkill => "pkill",
            Program::Pidwait => "pidwait",
        }
    }

    /// The program that a file which can be all three is when it is called so: the last component of `argv[0]`,
    /// exactly. Under any other name it only lists.
    pub fn called(argv0: &OsStr) -> Self {
        match Path::new(argv0).file_name().map(OsStr::as_bytes) {
            Some(b"pkill") => Program::Pkill,
            Some(b"pidwait") => Program::Pidwait,
            _ => Program::Pgrep,
        }
    }
}

/// The whole command line, understood.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub program: Program,
    /// Which processes.
    pub selection: Selection,
    /// What to do with them.
    pub action: Action,
    /// How much is said about it.
    pub style: Style,
    /// `-c`: the number of matches is printed.
    pub count: bool,
    /// `--max`: with more matches than this, nothing is done.
    pub at_most: Option<usize>,
    /// `--allow-none`: that nothing matched is no failure.
    pub allow_none: bool,
    /// `--strict`: a match that was not signalled is a failure, unless it had gone.
    pub strict: bool,
    /// The options that select processes, by long name, with their values as given.
    pub raw_values: Vec<(&'static str, RawValue)>,
}

/// The value of an option as given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawValue {
    /// The option takes no value.
    Flag,
    /// The value, or the last one if the option was repeated.
    Value(OsString),
    /// All values of an option that uses each of them.
    Each(Vec<OsString>),
}

/// How much is said about each process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `--quiet`: nothing on standard output, no notes on standard error.
    Quiet,
    /// As procps-ng does.
    #[default]
    Plain,
    /// `--verbose`: a line for each.
    Verbose,
    /// `--json`: a document.
    Json,
}

/// Which processes: those that meet the pattern and every criterion.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The operand, if there is one.
    pub pattern: Option<Vec<u8>>,
    /// `--and`: these patterns must match too.
    pub and: Vec<Vec<u8>>,
    /// `--not`: these must not.
    pub not: Vec<Vec<u8>>,
    /// How all of them are read.
    pub reading: Reading,
    /// All other conditions, joined by AND.
    pub criteria: Vec<Criterion>,
    /// `-n`, `-o`: one of those that meet all of it.
    pub pick: Pick,
    /// `--inverse`: the processes that do not meet all of it.
    pub inverse: bool,
    /// `-A`: our ancestors are left out, inverted or not.
    pub skip_ancestors: bool,
    /// `--tree`: with each match, its descendants.
    pub tree: bool,
    /// `-w`: threads are looked at, not processes.
    pub threads: bool,
}

/// How patterns are read, and what they are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What they are matched against.
    pub subject: Subject,
    /// `-i`.
    pub ignore_case: bool,
    /// `-x`: they must match from the first byte to the last.
    pub whole: bool,
    /// `--fixed-strings`: plain text, not extended regular expressions.
    pub plain: bool,
}

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// The process name (`comm`).
    #[default]
    Name,
    /// `-f`: the command line.
    CommandLine,
}

/// Which of the processes that match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// Every one.
    #[default]
    All,
    /// `-n`: the one that started last.
    Newest,
    /// `-o`: the one that started first.
    Oldest,
}

/// One condition; a list is met by any of its entries.
#[derive(Clone, Debug)]
pub enum Criterion {
    /// `-p`: the process ID.
    Pids(Vec<Pid>),
    /// `-F`: the process ID in a file.
    Pidfile(Pidfile),
    /// `-P`: the parent.
    Parents(Vec<Pid>),
    /// `--ancestor`: the parent, its parent, and so on; 0 stands above all.
    Ancestors(Vec<Pid>),
    /// `-g`: the process group; 0 is our own.
    ProcessGroups(Vec<Pid>),
    /// `-s`: the session; 0 is our own.
    Sessions(Vec<Pid>),
    /// `-u`: the effective user.
    EffectiveUsers(Vec<Account>),
    /// `-U`: the real user.
    RealUsers(Vec<Account>),
    /// `-G`: the real group.
    RealGroups(Vec<Account>),
    /// `-t`: the controlling terminal, by its name below /dev.
    Terminals(Vec<OsString>),
    /// `--exe`: the file that it executes; by path if there is a slash in it, else by base name.
    Executable(OsString),
    /// `--exe-deleted`: that file was deleted or replaced since.
    ExecutableDeleted,
    /// `--script`: the script that it interprets, or module or class that it runs; by path or base name.
    Script(OsString),
    /// `--cwd`: the working directory is this one or one below.
    WorkingDirectory(PathBuf),
    /// `-O`: so long since the start, at least.
    OlderThan(Duration),
    /// `--younger`: less than that.
    YoungerThan(Duration),
    /// `--rss`: so many bytes of it are in memory, at least.
    ResidentMemory(u64),
    /// `--cpu-time`: it has used the CPUs for so long, at least.
    CpuTime(Duration),
    /// `--no-zombies`: it has not ended.
    NoZombie,
    /// `--no-kernel-threads`.
    NoKernelThread,
    /// `-r`: the state, as the letter that /proc/PID/stat shows.
    States(Vec<u8>),
    /// `--cgroup`: `/PATH` in the v2 hierarchy or `CONTROLLER:/PATH` in one of v1; the path may be a pattern.
    Cgroups(Vec<OsString>),
    /// `--unit`: a systemd unit.
    Units(Vec<OsString>),
    /// `--local`: in our own PID namespace.
    Local,
    /// `--port`: holds a socket that is bound to one of these.
    Ports(Vec<Ports>),
    /// `--env`: `NAME` or `NAME=VALUE`.
    Environment(Vec<OsString>),
    /// `--ns`, `--nslist`: in the same namespaces as that process.
    Namespaces {
        /// The process to compare with.
        of: Pid,
        /// Which of its namespaces count.
        kinds: Vec<Namespace>,
    },
    /// `-H`: catches this signal.
    Catches(Signal),
}

impl Criterion {
    /// Whether it names nobody, but only leaves some out: alone it would ask for nearly everything.
    pub fn only_excludes(&self) -> bool {
        matches!(self, Criterion::NoZombie | Criterion::NoKernelThread)
    }
}

/// A user or a group as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// By number.
    Id(u32),
    /// By name.
    Name(OsString),
}

/// Local ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Of this protocol; without one, of each.
    pub protocol: Option<Protocol>,
    /// The lowest one.
    pub first: u16,
    /// The highest one.
    pub last: u16,
}

/// A protocol that has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A socket counts if it listens.
    Tcp,
    /// A socket counts if it is bound.
    Udp,
}

impl Protocol {
    /// The name that it is asked for with.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }
}

/// `-F` and `-L`.
#[derive(Clone, Debug)]
pub struct Pidfile {
    /// `-` is standard input.
    pub path: PathBuf,
    /// `-L`: somebody must hold a lock on the file.
    pub must_be_locked: bool,
}

/// The kinds of namespaces that `--nslist` names (namespaces(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
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
    /// In the order of the reference's documentation.
    pub const ALL: [Namespace; 6] =
        [Namespace::Ipc, Namespace::Mnt, Namespace::Net, Namespace::Pid, Namespace::User, Namespace::Uts];

    /// The name of its file in /proc/PID/ns.
    pub fn name(self) -> &'static str {
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

/// What to do with the processes that were selected.
#[derive(Clone, Debug)]
pub enum Action {
    /// pgrep.
    List(Listing),
    /// pkill.
    Signal(Sending),
    /// pidwait.
    Wait {
        /// `-e`: say for whom, before waiting.
        echo: Option<Label>,
        /// How long.
        wait: Wait,
    },
}

/// Until when the end of processes is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// No longer than this.
    pub limit: Option<Duration>,
    /// `--any`: the first end is enough.
    pub any: bool,
}

/// Another signal for whoever is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// So long after the signal before it.
    pub after: Duration,
    /// What is sent then.
    pub signal: Signal,
}

/// How pgrep prints what it found.
#[derive(Clone, Debug)]
pub struct Listing {
    /// `-l`, `-a`: what follows the PID.
    pub label: Option<Label>,
    /// What keeps the items apart.
    pub separator: Separator,
}

/// What keeps the items of a list apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `-d`: this between two items, and a newline behind the last.
    Between(Vec<u8>),
    /// `--print0`: a NUL behind each item, whose text is exact.
    Nul,
}

/// How a process is shown to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name, or with `-a` its command line.
    pub subject: Subject,
    /// `-Q`: so that a shell reads it back as it is.
    pub quoted: bool,
}

/// What pkill sends, and what it says about it.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The signal.
    pub signal: Signal,
    /// `-q`: the integer that goes with it (sigqueue(3)).
    pub value: Option<i32>,
    /// `-m`: process_mrelease(2) after the signal.
    pub release_memory: bool,
    /// `--freeze`: all are stopped before the first one is signalled, and then continued.
    pub freeze: bool,
    /// `--whole-group`: with each match, its process group, which is signalled as one.
    pub whole_group: bool,
    /// `-e`: say who was signalled.
    pub echo: Option<Label>,
    /// Whether it is sent at once.
    pub mode: Mode,
    /// `--wait` and what implies it.
    pub wait: Option<Wait>,
    /// `--kill-after`, `--escalate`.
    pub escalation: Vec<Step>,
    /// `--cont`: who is stopped is continued, so that it can act on the signal.
    pub resume: bool,
    /// `--until-none`: the scan is repeated until it finds nobody.
    pub until_none: bool,
}

impl Request {
    /// Until when it is to be waited, if it is.
    pub fn wait(&self) -> Option<Wait> {
        match &self.action {
            Action::List(_) => None,
            Action::Signal(delivery) => delivery.wait.filter(|_| delivery.mode != Mode::DryRun),
            Action::Wait { wait, .. } => Some(*wait),
        }
    }

    /// Whether all are stopped before the first one is signalled.
    pub fn freezes(&self) -> bool {
        matches!(&self.action, Action::Signal(delivery) if delivery.freezes())
    }
}

impl Sending {
    /// Whether all are stopped before the first one is signalled. Who is killed one by one while others fork is
    /// replaced as fast, so it is done wherever it takes several looks to find them all and nothing else is lost.
    pub fn freezes(&self) -> bool {
        self.mode == Mode::Send && (self.freeze || self.until_none && self.signal == Signal::KILL)
    }
}

/// Whether a signal is sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    #[default]
    Send,
    /// `--interactive`: the user is asked about each process.
    Ask,
    /// `--dry-run`: it is not; what would happen is told.
    DryRun,
}

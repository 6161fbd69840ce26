//! What the command line requests: plain data, before anything is looked up.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::column::{Column, Fact};
use crate::signal::Signal;

mod criterion;
mod process;

pub(crate) use process::{Instance, Pid, ProcessRef, is_token_like};
pub use process::{ParseTokenError, Token};

pub(crate) use criterion::PATTERN;

/// One of the three programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Lists processes.
    Pgrep,
    /// Signals processes.
    Pkill,
    /// Waits for processes to exit.
    Pidwait,
}

impl Program {
    /// All programs.
    pub const ALL: [Program; 3] = [Program::Pgrep, Program::Pkill, Program::Pidwait];

    /// The name in messages and in the usage line.
    pub fn name(self) -> &'static str {
        match self {
            Program::Pgrep => "pgrep",
            Program::Pkill => "pkill",
            Program::Pidwait => "pidwait",
        }
    }

    /// The program that an executable acts as if it can be all three: the one that the last component of `argv[0]`
    /// names exactly, else pgrep, which only lists.
    pub fn called(argv0: &OsStr) -> Self {
        match Path::new(argv0).file_name().map(OsStr::as_bytes) {
            Some(b"pkill") => Program::Pkill,
            Some(b"pidwait") => Program::Pidwait,
            _ => Program::Pgrep,
        }
    }
}

/// The default of `--settle`: systemd restarts a service 100 ms after its exit (`RestartSec=`,
/// systemd.service(5)), or up to 250 ms later, the accuracy of its timers (sd_event_add_time(3)).
const SETTLE: Duration = Duration::from_millis(500);

/// How long a read may take that another process can hold up, unless `--read-timeout` says otherwise.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// The meaning of a command line.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub program: Program,
    /// The name that it was called by: the last component of `argv[0]`. Empty where it was not called by a command.
    pub invoked_as: Vec<u8>,
    pub selection: Selection,
    pub action: Action,
    /// The style of the output.
    pub style: Style,
    /// `-c`: print the number of matches.
    pub count: bool,
    /// Whether the progress of a wait is shown on a terminal (not with `--no-progress`).
    pub shows_progress: bool,
    /// `--choose`: the user marks some of the matches; nothing is done to the others.
    pub chooses: bool,
    /// `--max`: do nothing if there are more matches than this; with `--choose`, more chosen ones.
    pub at_most: Option<usize>,
    /// `--allow-none`: succeed if nothing matches.
    pub allow_none: bool,
    /// `--explain`: only explain whether these match.
    pub explain: Vec<ProcessRef>,
    /// `--strict`: fail if a match was not signalled, unless it had exited.
    pub strict: bool,
    /// `--read-timeout`: how long a read may take that another process can hold up. None: any time.
    pub read_timeout: Option<Duration>,
    /// The pattern and the options that select processes, by long name, with their values as given, in that order.
    pub raw_values: Vec<(&'static str, RawValue)>,
}

/// The value of an option as given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RawValue {
    /// The option takes no value.
    Flag,
    /// The value, or the last one if the option was repeated.
    Value(OsString),
    /// All values of an option that uses each of them.
    Each(Vec<OsString>),
}

/// The style of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// `--quiet`: nothing on standard output except a count, and no notes on standard error.
    Quiet,
    /// As procps-ng does.
    #[default]
    Plain,
    /// `--verbose`: a line per process.
    Verbose,
    /// `--json`: one JSON document.
    Json,
}

/// Which processes are selected: those that match the pattern and all criteria.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The operand, if any.
    pub pattern: Option<Vec<u8>>,
    /// `--and`: these patterns must match too.
    pub and: Vec<Vec<u8>>,
    /// `--not`: these must not.
    pub not: Vec<Vec<u8>>,
    /// How all patterns are interpreted.
    pub reading: Reading,
    /// All other conditions, joined by AND.
    pub criteria: Vec<Criterion>,
    /// Criteria that a later option has replaced. What they name must exist nevertheless.
    pub overridden: Vec<Criterion>,
    /// `-n`, `-o`: only one of the matches.
    pub pick: Pick,
    /// `--inverse`: the processes that do not match.
    pub inverse: bool,
    /// `-A`: exclude the program's ancestors, inverted or not.
    pub skip_ancestors: bool,
    /// `--exclude`: never these, inverted or not.
    pub exclude: Vec<ProcessRef>,
    /// `--tree`: add the descendants of each match.
    pub tree: bool,
    /// `-w`: examine threads instead of processes.
    pub threads: bool,
}

impl Selection {
    /// Whether standard input names processes. It can be read once.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.criteria.iter().any(|criterion| match criterion {
            Criterion::Pids(list) => *list == ProcessList::Stdin,
            Criterion::Pidfile(pidfile) => pidfile.is_stdin(),
            _ => false,
        })
    }
}

/// How patterns are interpreted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// What they are matched against.
    pub subject: Subject,
    /// `-i`.
    pub ignore_case: bool,
    /// `-x`: the whole subject must match.
    pub whole: bool,
    /// `--fixed-strings`: patterns are plain text, not extended regular expressions.
    pub plain: bool,
}

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The process name (`comm`).
    #[default]
    Name,
    /// `-f`: the command line.
    CommandLine,
}

/// Which of the matches are selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pick {
    #[default]
    All,
    /// `-n`: the one that started last.
    Newest,
    /// `-o`: the one that started first.
    Oldest,
}

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
    Ports(Vec<Ports>),
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

/// A protocol that has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What to do with the processes that were selected.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// pgrep.
    List(Listing),
    /// pkill.
    Signal(Sending),
    /// pidwait.
    Wait {
        /// `-e`: print each process before waiting.
        echo: Option<Label>,
        wait: Wait,
    },
}

/// How to wait for processes to exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wait {
    /// The timeout.
    pub limit: Option<Duration>,
    /// `--any`: return when the first process exits.
    pub any: bool,
}

/// A step of an escalation: another signal for the processes that are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The delay after the previous signal.
    pub after: Duration,
    pub signal: Signal,
}

/// How pgrep prints the matches.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// `--id`: a token instead of the PID.
    pub id: bool,
    /// `-l`, `-a`: what follows the PID.
    pub label: Option<Label>,
    /// `--columns`: what is printed instead of the PID.
    pub columns: Option<Columns>,
    /// The separator between the items.
    pub separator: Separator,
}

/// `--columns`: what is printed of each process.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// In this order.
    pub list: Vec<&'static Column>,
    /// `-Q`: texts are quoted for a shell.
    pub quoted: bool,
}

impl Columns {
    /// Whether a column shows this.
    pub(crate) fn has(&self, fact: Fact) -> bool {
        self.list.iter().any(|column| column.fact == fact)
    }
}

/// The separator between the items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// `-d`: this text between two items, and a newline after the last.
    Between(Vec<u8>),
    /// `--print0`: a NUL after each item. The text of an item is exact.
    Nul,
}

/// How a process is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The name, or with `-a` the command line.
    pub subject: Subject,
    /// `-Q`: quoted for a shell.
    pub quoted: bool,
}

/// What pkill sends, and how.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub signal: Signal,
    /// `-q`: the integer that accompanies it (sigqueue(3)).
    pub value: Option<i32>,
    /// `-m`: call process_mrelease(2) after the signal.
    pub release_memory: bool,
    /// `--freeze`: stop all processes before signalling the first one, then continue them.
    pub freeze: bool,
    /// `--whole-group`: signal the process group of each match, in one call.
    pub whole_group: bool,
    /// `-e`: print each process that was signalled.
    pub echo: Option<Label>,
    /// Whether the signal is sent, and whether the user is asked.
    pub mode: Mode,
    /// `--wait`, or an option that implies it.
    pub wait: Option<Wait>,
    /// `--kill-after`, `--escalate`.
    pub escalation: Vec<Step>,
    /// `--cont`: continue stopped processes, so that they can handle the signal.
    pub resume: bool,
    /// `--until-none`: repeat the scan until nothing matches.
    pub until_none: bool,
    /// `--settle`: for how long nothing may match, or how long after a wait to scan again. None: the default.
    pub settle: Option<Duration>,
}

impl Request {
    /// The wait, if there is one.
    pub(crate) fn wait(&self) -> Option<Wait> {
        match &self.action {
            Action::List(_) => None,
            Action::Signal(delivery) => delivery.wait.filter(|_| delivery.mode != Mode::DryRun),
            Action::Wait { wait, .. } => Some(*wait),
        }
    }

    /// What pkill sends; None for the other programs.
    pub(crate) fn sending(&self) -> Option<&Sending> {
        match &self.action {
            Action::Signal(sending) => Some(sending),
            Action::List(_) | Action::Wait { .. } => None,
        }
    }

    /// Whether all are stopped before the first one is signalled.
    pub(crate) fn freezes(&self) -> bool {
        self.sending().is_some_and(Sending::freezes)
    }
}

impl Sending {
    /// The time within which a supervisor is expected to restart a process. By default, at most half of the timeout.
    pub(crate) fn settling_time(&self) -> Duration {
        let limit = self.wait.and_then(|wait| wait.limit);
        self.settle.unwrap_or_else(|| limit.map_or(SETTLE, |limit| SETTLE.min(limit / 2)))
    }

    /// Whether all are stopped before the first one is signalled. Processes that fork replace those that are killed one
    /// by one, so this is also done with `--until-none` and SIGKILL, where a stop makes no difference to them.
    pub(crate) fn freezes(&self) -> bool {
        self.mode == Mode::Send && (self.freeze || self.until_none && self.signal == Signal::KILL)
    }
}

/// Whether the signal is sent, and whether the user is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Send,
    /// `--interactive`: ask the user about each process.
    Ask,
    /// `--dry-run`: report what would happen, and send nothing.
    DryRun,
}

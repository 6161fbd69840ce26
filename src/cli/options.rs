//! The option table: one row an option. The parser, `--help`, the man pages and the completions come from it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use super::kind::Kind;
use super::values;
use crate::request::{
    Account, Criterion, Mode, Namespace, Pick, Pid, Program, Program::*, Step, Style, Subject,
};
use crate::signal::Signal;

/// One option.
pub struct Opt {
    /// The long name, without the dashes.
    pub long: &'static str,
    /// The short name, and the programs that know it.
    pub short: Option<(char, &'static [Program])>,
    /// The programs in whose `--help` it stands. Every program accepts every long name.
    pub documented: &'static [Program],
    /// Whether the name is procps-ng's: those are tried first when a long name is abbreviated.
    pub origin: Origin,
    /// The heading in `--help`.
    pub group: Group,
    /// One line.
    pub help: &'static str,
    /// What the option says, and how its value is read.
    pub read: Read,
}

/// Where an option's name comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// procps-ng has it too.
    Reference,
    /// Ours, or too new in procps-ng to take an abbreviation away from an older one.
    New,
}

/// The headings of `--help`, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What the pattern is held against.
    Matching,
    /// Conditions besides the pattern.
    Criteria,
    /// Choosing among the matches.
    Choosing,
    /// What is sent.
    Signal,
    /// Waiting for the end.
    Ending,
    /// What must not happen.
    Safety,
    /// What is printed.
    Output,
    /// Help and version.
    Other,
}

impl Group {
    /// Whether its options say which processes are meant.
    pub fn selects(self) -> bool {
        matches!(self, Group::Matching | Group::Criteria | Group::Choosing)
    }

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Matching => "Pattern",
            Group::Criteria => "Criteria (a list is met by any of its entries, all options together)",
            Group::Choosing => "Choice",
            Group::Signal => "Signal",
            Group::Ending => "The end",
            Group::Safety => "Safety",
            Group::Output => "Output",
            Group::Other => "Other",
        }
    }
}

/// What an option says.
pub enum Read {
    /// It takes no value.
    Flag(Setting),
    /// It takes a value of this kind.
    Value(Kind, fn(&OsStr) -> Result<Setting, String>),
    /// It takes a value or none; a value stands behind `=`.
    Optional(Kind, fn(Option<&OsStr>) -> Result<Setting, String>),
    /// It takes a value and may be repeated: each one counts.
    Each(Kind, fn(&OsStr) -> Setting),
    /// The same as a value, which is a condition on processes.
    Condition(Kind, fn(&OsStr) -> Result<Criterion, String>),
}

impl Opt {
    /// The letter by which the program knows it.
    pub fn letter(&self, program: Program) -> Option<char> {
        self.short.filter(|(_, programs)| programs.contains(&program)).map(|(letter, _)| letter)
    }

    /// Whether a command line has one of the two at most.
    pub fn excludes(&self, other: &Opt) -> bool {
        let both = |group: &&&[&str]| group.contains(&self.long) && group.contains(&other.long);
        self.long != other.long && EXCLUSIVE.iter().any(|group| both(&group))
    }

    /// What the value is; None if the option takes none.
    pub fn value(&self) -> Option<Kind> {
        match self.read {
            Read::Flag(_) => None,
            Read::Value(kind, _) | Read::Optional(kind, _) | Read::Condition(kind, _) => Some(kind),
            Read::Each(kind, _) => Some(kind),
        }
    }

    /// What the value is called in `--help`.
    pub fn value_name(&self) -> Option<&'static str> {
        self.value().map(Kind::name)
    }

    /// Whether the option may stand without its value.
    pub fn value_is_optional(&self) -> bool {
        matches!(self.read, Read::Optional(..))
    }

    /// Whether each value counts where the option is repeated, and not only the last.
    pub fn repeats(&self) -> bool {
        matches!(self.read, Read::Each(..))
    }

    /// Whether nothing else matters: `--help`, `--version` and `--list-signals` answer at once.
    pub fn ends_the_reading(&self) -> bool {
        matches!(self.read, Read::Flag(Setting::Help | Setting::ListSignals | Setting::Version))
    }

    /// What the option says with this value, or what is wrong with it.
    pub fn setting(&self, value: &OsStr) -> Result<Setting, String> {
        match &self.read {
            Read::Flag(setting) => Ok(setting.clone()),
            Read::Value(_, parse) => parse(value),
            Read::Optional(_, parse) => parse(Some(value).filter(|value| *value != NO_VALUE)),
            Read::Each(_, setting) => Ok(setting(value)),
            Read::Condition(_, parse) => parse(value).map(Setting::Criterion),
        }
    }
}

/// Stands for a value that was left out. No argument can hold a NUL, so an empty value remains one: `--wait=$unset`
/// must not wait for ever.
pub const NO_VALUE: &str = "\0";

/// What an option says about the request.
#[derive(Clone, Debug)]
pub enum Setting {
    /// One more condition.
    Criterion(Criterion),
    /// `-F`.
    Pidfile(PathBuf),
    /// `-L`.
    PidfileMustBeLocked,
    /// `--ns`.
    NamespacesOf(Pid),
    /// `--nslist`.
    NamespaceKinds(Vec<Namespace>),
    /// `-H`: the condition needs the signal, which another option names.
    CatchesTheSignal,
    /// `-f`.
    MatchCommandLine,
    /// `-x`.
    Whole,
    /// `-i`.
    IgnoreCase,
    /// `--fixed-strings`.
    Plain,
    /// `--and`.
    And(Vec<u8>),
    /// `--not`.
    Not(Vec<u8>),
    /// `-n`, `-o`.
    Pick(Pick),
    /// `--inverse`.
    Inverse,
    /// `-A`.
    SkipAncestors,
    /// `--tree`.
    Tree,
    /// `-w`.
    Threads,
    /// `--signal`.
    Signal(Signal),
    /// `-q`.
    Queue(i32),
    /// `-m`.
    ReleaseMemory,
    /// `--freeze`.
    Freeze,
    /// `--whole-group`.
    WholeGroup,
    /// `-e`.
    Echo,
    /// `-c`.
    Count,
    /// `-l`, `-a`.
    Label(Subject),
    /// `-Q`.
    ShellQuote,
    /// `-d`.
    Delimiter(Vec<u8>),
    /// `--quiet`, `--verbose`, `--json`.
    Style(Style),
    /// `--print0`.
    PrintNul,
    /// `--interactive`, `--dry-run`.
    Mode(Mode),
    /// `--wait`, without or with a limit.
    Wait(Option<Duration>),
    /// `--timeout`.
    Timeout(Duration),
    /// `--kill-after`, `--escalate`.
    Escalation(Vec<Step>),
    /// `--cont`.
    Resume,
    /// `--until-none`.
    UntilNone,
    /// `--any`.
    AnyEnd,
    /// `--max`.
    AtMost(usize),
    /// `--strict`.
    Strict,
    /// `--allow-none`.
    AllowNone,
    /// `--complete`.
    Complete(Kind),
    /// `--list-signals`.
    ListSignals,
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

const ALL: &[Program] = &Program::ALL;
const SENDS: &[Program] = &[Pkill];
const LISTS: &[Program] = &[Pgrep];
const ACTS: &[Program] = &[Pkill, Pidwait];

/// A row whose name is procps-ng's.
const fn opt(
    long: &'static str,
    short: Option<(char, &'static [Program])>,
    documented: &'static [Program],
    group: Group,
    read: Read,
    help: &'static str,
) -> Opt {
    Opt { long, short, documented, origin: Origin::Reference, group, read, help }
}

/// A row whose name is new.
const fn new(
    long: &'static str,
    short: Option<(char, &'static [Program])>,
    documented: &'static [Program],
    group: Group,
    read: Read,
    help: &'static str,
) -> Opt {
    let mut row = opt(long, short, documented, group, read, help);
    row.origin = Origin::New;
    row
}

use Group::*;
use Read::{Condition, Each, Flag, Optional, Value};

/// Every option of the three programs, in the order of `--help`.
#[rustfmt::skip]
pub static OPTIONS: &[Opt] = &[
    opt("full", Some(('f', ALL)), ALL, Matching, Flag(Setting::MatchCommandLine),
        "match against the whole command line, not the process name"),
    opt("exact", Some(('x', ALL)), ALL, Matching, Flag(Setting::Whole),
        "the pattern must match the whole name (with -f, the whole command line)"),
    opt("ignore-case", Some(('i', ALL)), ALL, Matching, Flag(Setting::IgnoreCase),
        "match without regard to upper and lower case"),
    new("fixed-strings", None, ALL, Matching, Flag(Setting::Plain),
        "patterns are plain text, not regular expressions"),
    new("and", None, ALL, Matching, Each(Kind::Pattern, |v| Setting::And(v.as_encoded_bytes().to_vec())),
        "this pattern must match too; may be repeated"),
    new("not", None, ALL, Matching, Each(Kind::Pattern, |v| Setting::Not(v.as_encoded_bytes().to_vec())),
        "this pattern must not match; may be repeated"),
    opt("inverse", Some(('v', LISTS)), ALL, Matching, Flag(Setting::Inverse),
        "select what does not meet all criteria together"),
    new("pid", Some(('p', ALL)), ALL, Criteria, Condition(Kind::Pids, |v| pids(v, "not a number").map(Criterion::Pids)),
        "process IDs"),
    opt("pidfile", Some(('F', ALL)), ALL, Criteria, Value(Kind::File, |v| Ok(Setting::Pidfile(v.into()))),
        "the process whose ID is in FILE; - is standard input"),
    opt("logpidfile", Some(('L', ALL)), ALL, Criteria, Flag(Setting::PidfileMustBeLocked),
        "with -F: fail unless somebody holds a lock on the file"),
    opt("parent", Some(('P', ALL)), ALL, Criteria, Condition(Kind::Parents, |v| pids(v, "not a number").map(Criterion::Parents)),
        "children of these processes"),
    new("ancestor", None, ALL, Criteria, Condition(Kind::Pids, |v| pids(v, "not a number").map(Criterion::Ancestors)),
        "descendants of these processes"),
    opt("pgroup", Some(('g', ALL)), ALL, Criteria, Condition(Kind::ProcessGroups, |v| pids(v, "invalid process group").map(Criterion::ProcessGroups)),
        "process group IDs; 0 is our own"),
    opt("session", Some(('s', ALL)), ALL, Criteria, Condition(Kind::Sessions, |v| pids(v, "invalid session id").map(Criterion::Sessions)),
        "session IDs; 0 is our own"),
    opt("terminal", Some(('t', ALL)), ALL, Criteria, Condition(Kind::Terminals, |v| values::words(v).map(Criterion::Terminals)),
        "controlling terminals, without /dev/; ? is none"),
    opt("euid", Some(('u', ALL)), ALL, Criteria, Condition(Kind::Users, |v| accounts(v, "user").map(Criterion::EffectiveUsers)),
        "effective users, by name or number"),
    opt("uid", Some(('U', ALL)), ALL, Criteria, Condition(Kind::Users, |v| accounts(v, "user").map(Criterion::RealUsers)),
        "real users, by name or number"),
    opt("group", Some(('G', ALL)), ALL, Criteria, Condition(Kind::Groups, |v| accounts(v, "group").map(Criterion::RealGroups)),
        "real groups, by name or number"),
    opt("older", Some(('O', ALL)), ALL, Criteria, Condition(Kind::Duration, |v| values::age(v).map(Criterion::OlderThan)),
        "started at least so long ago: seconds, or as in 2h30m"),
    new("younger", None, ALL, Criteria, Condition(Kind::Duration, |v| values::age(v).map(Criterion::YoungerThan)),
        "started less than so long ago"),
    opt("runstates", Some(('r', ALL)), ALL, Criteria, Condition(Kind::States, |v| values::states(v).map(Criterion::States)),
        "in any of these states, as ps shows them"),
    new("no-zombies", None, ALL, Criteria, Flag(Setting::Criterion(Criterion::NoZombie)),
        "leave out who has ended but was not reaped"),
    new("no-kernel-threads", None, ALL, Criteria, Flag(Setting::Criterion(Criterion::NoKernelThread)),
        "leave out the threads of the kernel"),
    new("exe", None, ALL, Criteria, Condition(Kind::Executable, |v| values::path(v).map(Criterion::Executable)),
        "running this executable, by path or base name"),
    new("exe-deleted", None, ALL, Criteria, Flag(Setting::Criterion(Criterion::ExecutableDeleted)),
        "running an executable that was deleted or replaced since"),
    new("script", None, ALL, Criteria, Condition(Kind::Script, |v| values::path(v).map(Criterion::Script)),
        "running this script in an interpreter, by path or base name"),
    new("cwd", None, ALL, Criteria, Condition(Kind::Directory, |v| values::path(v).map(|dir| Criterion::WorkingDirectory(dir.into()))),
        "with this working directory, or one below it"),
    new("rss", None, ALL, Criteria, Condition(Kind::Size, |v| values::size(v).map(Criterion::ResidentMemory)),
        "with at least so much in memory: bytes, or as in 500M"),
    new("cpu-time", None, ALL, Criteria, Condition(Kind::Duration, |v| values::duration(v).map(Criterion::CpuTime)),
        "with at least so much CPU time used"),
    opt("cgroup", None, ALL, Criteria, Condition(Kind::Cgroups, |v| values::words(v).map(Criterion::Cgroups)),
        "in this cgroup; PATH/ is all of it and below, NAME:PATH is in v1"),
    new("unit", None, ALL, Criteria, Condition(Kind::Units, |v| values::units(v).map(Criterion::Units)),
        "in these systemd units; without a suffix, services"),
    new("local", None, ALL, Criteria, Flag(Setting::Criterion(Criterion::Local)),
        "in our own PID namespace: nothing that runs in a container of ours"),
    new("port", None, ALL, Criteria, Condition(Kind::Ports, |v| values::list(v, values::ports).map(Criterion::Ports)),
        "holding these local ports; tcp:PORT, udp:PORT, PORT-PORT"),
    opt("env", None, ALL, Criteria, Condition(Kind::Variables, |v| values::words(v).map(Criterion::Environment)),
        "with these environment variables"),
    opt("ns", None, ALL, Criteria, Value(Kind::Pid, |v| values::pid(v, "invalid process ID").map(Setting::NamespacesOf)),
        "in the same namespaces as process PID"),
    opt("nslist", None, ALL, Criteria, Value(Kind::Namespaces, |v| values::namespaces(v).map(Setting::NamespaceKinds)),
        "with --ns: only these count (ipc, mnt, net, pid, user, uts)"),
    new("require-handler", Some(('H', ALL)), ALL, Criteria, Flag(Setting::CatchesTheSignal),
        "only processes that catch the signal to be sent"),
    opt("ignore-ancestors", Some(('A', ALL)), ALL, Criteria, Flag(Setting::SkipAncestors),
        "leave out our own ancestors"),
    opt("lightweight", Some(('w', LISTS)), LISTS, Criteria, Flag(Setting::Threads),
        "look at threads instead of processes"),
    opt("newest", Some(('n', ALL)), ALL, Choosing, Flag(Setting::Pick(Pick::Newest)),
        "only the most recently started"),
    opt("oldest", Some(('o', ALL)), ALL, Choosing, Flag(Setting::Pick(Pick::Oldest)),
        "only the least recently started"),
    new("tree", None, ALL, Choosing, Flag(Setting::Tree),
        "with each match, its descendants too"),
    opt("signal", None, ALL, Signal, Value(Kind::Signal, |v| values::signal(v).map(Setting::Signal)),
        "the signal, by name or number (with -H also in pgrep and pidwait)"),
    opt("queue", Some(('q', SENDS)), SENDS, Signal, Value(Kind::Integer, |v| values::integer(v).map(Setting::Queue)),
        "send this integer with the signal"),
    opt("mrelease", Some(('m', SENDS)), SENDS, Signal, Flag(Setting::ReleaseMemory),
        "free the memory of who was killed at once"),
    new("freeze", None, SENDS, Signal, Flag(Setting::Freeze),
        "stop all of them first, so that none can fork away, then send the signal"),
    new("whole-group", None, SENDS, Signal, Flag(Setting::WholeGroup),
        "signal the whole process group of each match, once"),
    new("wait", None, SENDS, Ending, Optional(Kind::Duration, |v| v.map(values::duration).transpose().map(Setting::Wait)),
        "wait for the end of all who were signalled, or for DURATION"),
    new("timeout", None, ACTS, Ending, Value(Kind::Duration, |v| values::duration(v).map(Setting::Timeout)),
        "wait no longer than DURATION in all (pkill: implies --wait)"),
    new("kill-after", None, SENDS, Ending, Value(Kind::Duration, |v| values::duration(v).map(values::kill_after).map(Setting::Escalation)),
        "wait, and send KILL to who is left after DURATION"),
    new("escalate", None, SENDS, Ending, Value(Kind::Steps, |v| values::steps(v).map(Setting::Escalation)),
        "wait, and send more signals, each so long after the last"),
    new("cont", None, SENDS, Ending, Flag(Setting::Resume),
        "continue who is stopped, so that it can act on the signal"),
    new("until-none", None, SENDS, Ending, Flag(Setting::UntilNone),
        "wait, and look again until nobody matches any more"),
    new("any", None, &[Pidwait], Ending, Flag(Setting::AnyEnd),
        "return when the first one has ended"),
    new("dry-run", None, SENDS, Safety, Flag(Setting::Mode(Mode::DryRun)),
        "send nothing; tell what would happen to whom, and why"),
    new("interactive", Some(('I', SENDS)), SENDS, Safety, Flag(Setting::Mode(Mode::Ask)),
        "ask about each process on the terminal: y, n, a (all), q (quit)"),
    new("max", None, ALL, Safety, Value(Kind::Count, |v| values::count(v).map(Setting::AtMost)),
        "if more than N processes match, do nothing and exit with 4"),
    new("strict", None, SENDS, Safety, Flag(Setting::Strict),
        "exit with 4 if a match was not signalled, unless it had gone"),
    new("allow-none", None, ALL, Safety, Flag(Setting::AllowNone),
        "exit with 0 if nothing matched"),
    opt("count", Some(('c', ALL)), ALL, Output, Flag(Setting::Count),
        "the number of matches"),
    opt("list-name", Some(('l', LISTS)), LISTS, Output, Flag(Setting::Label(Subject::Name)),
        "PID and process name"),
    opt("list-full", Some(('a', LISTS)), LISTS, Output, Flag(Setting::Label(Subject::CommandLine)),
        "PID and command line"),
    opt("shell-quote", Some(('Q', &[Pgrep, Pkill])), LISTS, Output, Flag(Setting::ShellQuote),
        "quote what -l and -a print for a shell"),
    opt("delimiter", Some(('d', LISTS)), LISTS, Output, Value(Kind::Text, |v| Ok(Setting::Delimiter(v.as_encoded_bytes().to_vec()))),
        "what stands between two items instead of a newline"),
    opt("echo", Some(('e', ACTS)), ACTS, Output, Flag(Setting::Echo),
        "say who is signalled or waited for"),
    new("print0", None, LISTS, Output, Flag(Setting::PrintNul),
        "end each item with a NUL and print its text exactly"),
    new("quiet", None, ALL, Output, Flag(Setting::Style(Style::Quiet)),
        "print nothing"),
    new("verbose", None, ALL, Output, Flag(Setting::Style(Style::Verbose)),
        "a line for each process: PID, user, name, and what became of it"),
    new("json", None, ALL, Output, Flag(Setting::Style(Style::Json)),
        "one JSON document about all of it"),
    new("complete", None, ALL, Other, Value(Kind::Candidates, |v| wanted(v).map(Setting::Complete)),
        "list what may stand as WHAT (an option's value, pattern) and exit"),
    new("list-signals", None, SENDS, Other, Flag(Setting::ListSignals),
        "show all signals, what they do and what they mean, and exit"),
    opt("help", Some(('h', ALL)), ALL, Other, Flag(Setting::Help),
        "show this help and exit"),
    opt("version", Some(('V', ALL)), ALL, Other, Flag(Setting::Version),
        "show the version and exit"),
];

/// What candidates are wanted for: the value of any option that takes one, or the pattern.
fn wanted(value: &OsStr) -> Result<Kind, String> {
    if value == "pattern" {
        return Ok(Kind::Pattern);
    }
    let opt = OPTIONS.iter().find(|opt| opt.long == value);
    opt.and_then(Opt::value).ok_or_else(|| values::complain("no such value", value))
}

/// Options of which a command line has one at most.
pub static EXCLUSIVE: &[&[&str]] = &[
    &["pid", "pidfile"],
    &["newest", "oldest", "inverse"],
    &["quiet", "verbose", "json"],
    &["quiet", "list-name"],
    &["quiet", "list-full"],
    &["quiet", "dry-run"],
    &["dry-run", "interactive"],
    &["print0", "delimiter"],
    &["print0", "count"],
    &["print0", "verbose", "json"],
    &["kill-after", "escalate"],
    &["until-none", "mrelease"],
    &["tree", "lightweight"],
    &["freeze", "interactive"],
];

fn pids(value: &OsStr, complaint: &str) -> Result<Vec<Pid>, String> {
    values::list(value, |entry| values::pid(entry, complaint))
}

fn accounts(value: &OsStr, kind: &str) -> Result<Vec<Account>, String> {
    values::list(value, |entry| values::account(entry, kind))
}

//! The option table: one row per option. The parser, `--help`, the man pages and the completions are built from it.

use std::ffi::OsStr;

use super::args::{Args, Exit};
use super::kind::Kind;
use super::values;
use crate::request::{Account, Criterion, Mode, Pick, Pid, Program, Program::*, Step, Style, Subject};
use crate::signal::Signal;

/// One option.
pub struct Opt {
    /// The long name, without the dashes.
    pub long: &'static str,
    /// The short name, and the programs that accept it.
    pub short: Option<(char, &'static [Program])>,
    /// The programs that list the option in `--help`. Each program accepts all long names that procps-ng has.
    pub documented: &'static [Program],
    /// Whether procps-ng has the option: its names take precedence when a long name is abbreviated.
    pub origin: Origin,
    /// The heading in `--help`.
    pub group: Group,
    /// The description in `--help`: one line.
    pub help: &'static str,
    /// Whether the option takes a value, and what it does to the arguments.
    pub value: ValueSpec,
}

/// Where an option comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// procps-ng.
    Reference,
    /// This project, or a procps-ng so recent that the name must not shadow an abbreviation of an older one.
    New,
}

/// The headings of `--help`, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How the pattern is matched.
    Matching,
    /// Conditions other than the pattern.
    Criteria,
    /// Selection among the matches.
    Choosing,
    /// The signal and how it is sent.
    Signal,
    /// Waiting and escalation.
    Ending,
    /// Limits and confirmation.
    Safety,
    /// Output format.
    Output,
    /// Help and version.
    Other,
}

impl Group {
    /// Whether the options of this group determine which processes are selected.
    pub fn selects(self) -> bool {
        matches!(self, Group::Matching | Group::Criteria | Group::Choosing)
    }

    /// The text of the heading.
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

/// Whether an option takes a value, and what it does to the arguments.
pub enum ValueSpec {
    /// No value.
    Flag(fn(&mut Args)),
    /// A required value. If the option is repeated, the last value is used.
    Value(Kind, fn(&mut Args, &OsStr) -> Result<(), String>),
    /// An optional value, which must follow `=`.
    Optional(Kind, fn(&mut Args, Option<&OsStr>) -> Result<(), String>),
    /// A required value. If the option is repeated, all values are used.
    Each(Kind, fn(&mut Args, &OsStr)),
}

impl Opt {
    /// The short name in this program.
    pub fn letter(&self, program: Program) -> Option<char> {
        self.short.filter(|(_, programs)| programs.contains(&program)).map(|(letter, _)| letter)
    }

    /// Whether the two options are mutually exclusive.
    pub fn excludes(&self, other: &Opt) -> bool {
        let both = |group: &&&[&str]| group.contains(&self.long) && group.contains(&other.long);
        self.long != other.long && EXCLUSIVE.iter().any(|group| both(&group))
    }

    /// The kind of value that the option takes, if any.
    pub fn value(&self) -> Option<Kind> {
        match self.value {
            Flag(_) => None,
            Value(kind, _) | Optional(kind, _) | Each(kind, _) => Some(kind),
        }
    }

    /// The name of the value in `--help`.
    pub fn value_name(&self) -> Option<&'static str> {
        self.value().map(Kind::name)
    }

    /// Whether the value may be omitted.
    pub fn value_is_optional(&self) -> bool {
        matches!(self.value, Optional(..))
    }

    /// Whether all values are used if the option is repeated, and not only the last one.
    pub fn repeats(&self) -> bool {
        matches!(self.value, Each(..))
    }

    /// Whether the program accepts the option. procps-ng's programs accept each other's long options and ignore those
    /// that do not apply; an option that only this project has is accepted only where it has an effect.
    pub fn is_supported(&self, program: Program) -> bool {
        self.origin == Origin::Reference || self.documented.contains(&program)
    }

    /// Apply the option to the arguments. Err describes what is wrong with the value.
    pub(super) fn apply(&self, args: &mut Args, value: Option<&OsStr>) -> Result<(), String> {
        match self.value {
            Flag(apply) => apply(args),
            Value(_, apply) => apply(args, value.unwrap_or_default())?,
            Optional(_, apply) => apply(args, value)?,
            Each(_, apply) => apply(args, value.unwrap_or_default()),
        }
        Ok(())
    }
}

const ALL: &[Program] = &Program::ALL;
const SENDS: &[Program] = &[Pkill];
const LISTS: &[Program] = &[Pgrep];
const ACTS: &[Program] = &[Pkill, Pidwait];

/// A row for an option that procps-ng has too.
const fn opt(
    long: &'static str,
    short: Option<(char, &'static [Program])>,
    documented: &'static [Program],
    group: Group,
    value: ValueSpec,
    help: &'static str,
) -> Opt {
    Opt { long, short, documented, origin: Origin::Reference, group, value, help }
}

/// A row for an option that procps-ng lacks.
const fn new(
    long: &'static str,
    short: Option<(char, &'static [Program])>,
    documented: &'static [Program],
    group: Group,
    value: ValueSpec,
    help: &'static str,
) -> Opt {
    let mut row = opt(long, short, documented, group, value, help);
    row.origin = Origin::New;
    row
}

use Group::*;
use ValueSpec::{Each, Flag, Optional, Value};

/// Every option of the three programs, in the order of `--help`.
#[rustfmt::skip]
pub static OPTIONS: &[Opt] = &[
    opt("full", Some(('f', ALL)), ALL, Matching, Flag(|a| a.reading.subject = Subject::CommandLine),
        "match against the whole command line, not the process name"),
    opt("exact", Some(('x', ALL)), ALL, Matching, Flag(|a| a.reading.whole = true),
        "the pattern must match the whole name (with -f, the whole command line)"),
    opt("ignore-case", Some(('i', ALL)), ALL, Matching, Flag(|a| a.reading.ignore_case = true),
        "match without regard to upper and lower case"),
    new("fixed-strings", None, ALL, Matching, Flag(|a| a.reading.plain = true),
        "patterns are plain text, not regular expressions"),
    new("and", None, ALL, Matching, Each(Kind::Pattern, |a, v| a.and.push(v.as_encoded_bytes().to_vec())),
        "this pattern must match too; may be repeated"),
    new("not", None, ALL, Matching, Each(Kind::Pattern, |a, v| a.not.push(v.as_encoded_bytes().to_vec())),
        "this pattern must not match; may be repeated"),
    opt("inverse", Some(('v', LISTS)), ALL, Matching, Flag(|a| a.inverse = true),
        "select what does not meet all criteria together"),
    new("pid", Some(('p', ALL)), ALL, Criteria, Value(Kind::Pids, |a, v| a.try_set(pids(v, "not a number").map(Criterion::Pids))),
        "process IDs"),
    opt("pidfile", Some(('F', ALL)), ALL, Criteria, Value(Kind::File, |a, v| { a.pidfile = Some(v.into()); Ok(()) }),
        "the process whose ID is in FILE; - is standard input"),
    opt("logpidfile", Some(('L', ALL)), ALL, Criteria, Flag(|a| a.pidfile_must_be_locked = true),
        "with -F: fail unless somebody holds a lock on the file"),
    opt("parent", Some(('P', ALL)), ALL, Criteria, Value(Kind::Parents, |a, v| a.try_set(pids(v, "not a number").map(Criterion::Parents))),
        "children of these processes"),
    new("ancestor", None, ALL, Criteria, Value(Kind::Pids, |a, v| a.try_set(pids(v, "not a number").map(Criterion::Ancestors))),
        "descendants of these processes"),
    opt("pgroup", Some(('g', ALL)), ALL, Criteria, Value(Kind::ProcessGroups, |a, v| a.try_set(pids(v, "invalid process group").map(Criterion::ProcessGroups))),
        "process group IDs; 0 is our own"),
    opt("session", Some(('s', ALL)), ALL, Criteria, Value(Kind::Sessions, |a, v| a.try_set(pids(v, "invalid session id").map(Criterion::Sessions))),
        "session IDs; 0 is our own"),
    opt("terminal", Some(('t', ALL)), ALL, Criteria, Value(Kind::Terminals, |a, v| a.try_set(values::words(v).map(Criterion::Terminals))),
        "controlling terminals, without /dev/; ? is none"),
    opt("euid", Some(('u', ALL)), ALL, Criteria, Value(Kind::Users, |a, v| a.try_set(accounts(v, "user").map(Criterion::EffectiveUsers))),
        "effective users, by name or number"),
    opt("uid", Some(('U', ALL)), ALL, Criteria, Value(Kind::Users, |a, v| a.try_set(accounts(v, "user").map(Criterion::RealUsers))),
        "real users, by name or number"),
    opt("group", Some(('G', ALL)), ALL, Criteria, Value(Kind::Groups, |a, v| a.try_set(accounts(v, "group").map(Criterion::RealGroups))),
        "real groups, by name or number"),
    opt("older", Some(('O', ALL)), ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::age(v).map(Criterion::OlderThan))),
        "started at least so long ago: seconds, or as in 2h30m"),
    new("younger", None, ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::age(v).map(Criterion::YoungerThan))),
        "started less than so long ago"),
    opt("runstates", Some(('r', ALL)), ALL, Criteria, Value(Kind::States, |a, v| a.try_set(values::states(v).map(Criterion::States))),
        "in any of these states, as ps shows them"),
    new("no-zombies", None, ALL, Criteria, Flag(|a| a.set(Criterion::NoZombie)),
        "leave out who has ended but was not reaped"),
    new("no-kernel-threads", None, ALL, Criteria, Flag(|a| a.set(Criterion::NoKernelThread)),
        "leave out the threads of the kernel"),
    new("exe", None, ALL, Criteria, Value(Kind::Executable, |a, v| a.try_set(values::path(v).map(Criterion::Executable))),
        "running this executable, by path or base name"),
    new("exe-deleted", None, ALL, Criteria, Flag(|a| a.set(Criterion::ExecutableDeleted)),
        "running an executable that was deleted or replaced since"),
    new("script", None, ALL, Criteria, Value(Kind::Script, |a, v| a.try_set(values::path(v).map(Criterion::Script))),
        "running this script in an interpreter, by path or base name"),
    new("cwd", None, ALL, Criteria, Value(Kind::Directory, |a, v| a.try_set(values::path(v).map(|dir| Criterion::WorkingDirectory(dir.into())))),
        "with this working directory, or one below it"),
    new("rss", None, ALL, Criteria, Value(Kind::Size, |a, v| a.try_set(values::size(v).map(Criterion::ResidentMemory))),
        "with at least so much in memory: bytes, or as in 500M"),
    new("cpu-time", None, ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::duration(v).map(Criterion::CpuTime))),
        "with at least so much CPU time used"),
    opt("cgroup", None, ALL, Criteria, Value(Kind::Cgroups, |a, v| a.try_set(values::words(v).map(Criterion::Cgroups))),
        "in this cgroup; PATH/ is all of it and below, NAME:PATH is in v1"),
    new("unit", None, ALL, Criteria, Value(Kind::Units, |a, v| a.try_set(values::units(v).map(Criterion::Units))),
        "in these systemd units; without a suffix, services"),
    new("local", None, ALL, Criteria, Flag(|a| a.set(Criterion::Local)),
        "in our own PID namespace: nothing that runs in a container of ours"),
    new("port", None, ALL, Criteria, Value(Kind::Ports, |a, v| a.try_set(values::list(v, values::ports).map(Criterion::Ports))),
        "holding these local ports; tcp:PORT, udp:PORT, PORT-PORT"),
    opt("env", None, ALL, Criteria, Value(Kind::Variables, |a, v| a.try_set(values::words(v).map(Criterion::Environment))),
        "with these environment variables"),
    opt("ns", None, ALL, Criteria, Value(Kind::Pid, |a, v| values::pid(v, "invalid process ID").map(|pid| a.namespaces_of = Some(pid))),
        "in the same namespaces as process PID"),
    opt("nslist", None, ALL, Criteria, Value(Kind::Namespaces, |a, v| values::namespaces(v).map(|kinds| a.namespace_kinds = Some(kinds))),
        "with --ns: only these count (ipc, mnt, net, pid, user, uts)"),
    new("require-handler", Some(('H', ALL)), ALL, Criteria, Flag(|a| a.require_handler = true),
        "only processes that catch the signal to be sent"),
    opt("ignore-ancestors", Some(('A', ALL)), ALL, Criteria, Flag(|a| a.skip_ancestors = true),
        "leave out our own ancestors"),
    opt("lightweight", Some(('w', LISTS)), LISTS, Criteria, Flag(|a| a.threads = true),
        "look at threads instead of processes"),
    opt("newest", Some(('n', ALL)), ALL, Choosing, Flag(|a| a.pick = Some(Pick::Newest)),
        "only the most recently started"),
    opt("oldest", Some(('o', ALL)), ALL, Choosing, Flag(|a| a.pick = Some(Pick::Oldest)),
        "only the least recently started"),
    new("tree", None, ALL, Choosing, Flag(|a| a.tree = true),
        "with each match, its descendants too"),
    opt("signal", None, ALL, Signal, Value(Kind::Signal, |a, v| values::signal(v).map(|signal| a.signal = Some(signal))),
        "the signal, by name or number (with -H also in pgrep and pidwait)"),
    opt("queue", Some(('q', SENDS)), SENDS, Signal, Value(Kind::Integer, |a, v| values::integer(v).map(|value| a.value = Some(value))),
        "send this integer with the signal"),
    opt("mrelease", Some(('m', SENDS)), SENDS, Signal, Flag(|a| a.release_memory = true),
        "free the memory of who was killed at once"),
    new("freeze", None, SENDS, Signal, Flag(|a| a.freeze = true),
        "stop all of them first, so that none can fork away, then send the signal"),
    new("whole-group", None, SENDS, Signal, Flag(|a| a.whole_group = true),
        "signal the whole process group of each match, once"),
    new("wait", None, SENDS, Ending, Optional(Kind::Duration, |a, v| v.map(values::duration).transpose().map(|limit| a.wait = Some(limit))),
        "wait for the end of all who were signalled, or for DURATION"),
    new("timeout", None, ACTS, Ending, Value(Kind::Duration, |a, v| values::duration(v).map(|limit| a.timeout = Some(limit))),
        "wait no longer than DURATION in all (pkill: implies --wait)"),
    new("kill-after", None, SENDS, Ending, Value(Kind::Duration, |a, v| values::duration(v).map(|after| a.escalation = vec![Step { after, signal: Signal::KILL }])),
        "wait, and send KILL to who is left after DURATION"),
    new("escalate", None, SENDS, Ending, Value(Kind::Steps, |a, v| values::steps(v).map(|steps| a.escalation = steps)),
        "wait, and send more signals, each so long after the last"),
    new("cont", None, SENDS, Ending, Flag(|a| a.resume = true),
        "continue who is stopped, so that it can act on the signal"),
    new("until-none", None, SENDS, Ending, Flag(|a| a.until_none = true),
        "wait, and look again until nobody matches any more"),
    new("any", None, &[Pidwait], Ending, Flag(|a| a.any = true),
        "return when the first one has ended"),
    new("dry-run", None, SENDS, Safety, Flag(|a| a.mode = Mode::DryRun),
        "send nothing; tell what would happen to whom, and why"),
    new("interactive", Some(('I', SENDS)), SENDS, Safety, Flag(|a| a.mode = Mode::Ask),
        "ask about each process on the terminal: y, n, a (all), q (quit)"),
    new("max", None, ALL, Safety, Value(Kind::Count, |a, v| values::count(v).map(|n| a.at_most = Some(n))),
        "if more than N processes match, do nothing and exit with 4"),
    new("strict", None, SENDS, Safety, Flag(|a| a.strict = true),
        "exit with 4 if a match was not signalled, unless it had gone"),
    new("read-timeout", None, ALL, Safety, Value(Kind::Duration, |a, v| values::duration(v).map(|limit| a.read_timeout = Some(limit))),
        "give up reading a process that does not answer (default 1s; 0: never)"),
    new("allow-none", None, ALL, Safety, Flag(|a| a.allow_none = true),
        "exit with 0 if nothing matched"),
    opt("count", Some(('c', ALL)), ALL, Output, Flag(|a| a.count = true),
        "the number of matches"),
    opt("list-name", Some(('l', LISTS)), LISTS, Output, Flag(|a| _ = a.label.get_or_insert(Subject::Name)),
        "PID and process name"),
    opt("list-full", Some(('a', LISTS)), LISTS, Output, Flag(|a| a.label = Some(Subject::CommandLine)),
        "PID and command line"),
    opt("shell-quote", Some(('Q', &[Pgrep, Pkill])), LISTS, Output, Flag(|a| a.quoted = true),
        "quote what -l and -a print for a shell"),
    opt("delimiter", Some(('d', LISTS)), LISTS, Output, Value(Kind::Text, |a, v| { a.delimiter = Some(v.as_encoded_bytes().to_vec()); Ok(()) }),
        "what stands between two items instead of a newline"),
    opt("echo", Some(('e', ACTS)), ACTS, Output, Flag(|a| a.echo = true),
        "say who is signalled or waited for"),
    new("print0", None, LISTS, Output, Flag(|a| a.print_nul = true),
        "end each item with a NUL and print its text exactly"),
    new("quiet", None, ALL, Output, Flag(|a| a.style = Style::Quiet),
        "print nothing"),
    new("verbose", None, ALL, Output, Flag(|a| a.style = Style::Verbose),
        "a line for each process: PID, user, name, and what became of it"),
    new("json", None, ALL, Output, Flag(|a| a.style = Style::Json),
        "one JSON document about all of it"),
    new("complete", None, ALL, Other, Value(Kind::Candidates, |a, v| completion_kind(v).map(|kind| a.complete = Some(kind))),
        "list what may stand as WHAT (an option's value, pattern) and exit"),
    new("list-signals", None, SENDS, Other, Flag(|a| a.exit = Some(Exit::ListSignals)),
        "show all signals, what they do and what they mean, and exit"),
    opt("help", Some(('h', ALL)), ALL, Other, Flag(|a| a.exit = Some(Exit::Help)),
        "show this help and exit"),
    opt("version", Some(('V', ALL)), ALL, Other, Flag(|a| a.exit = Some(Exit::Version)),
        "show the version and exit"),
];

/// The options that a program lists in `--help`.
pub fn documented(program: Program) -> impl Iterator<Item = &'static Opt> {
    OPTIONS.iter().filter(move |opt| opt.documented.contains(&program))
}

/// The option with exactly this long name.
pub fn find(long: &[u8]) -> Option<&'static Opt> {
    OPTIONS.iter().find(|opt| opt.long.as_bytes() == long)
}

/// The argument of `--complete`: the long name of an option that takes a value, or `pattern`.
fn completion_kind(value: &OsStr) -> Result<Kind, String> {
    if value == "pattern" {
        return Ok(Kind::Pattern);
    }
    find(value.as_encoded_bytes())
        .and_then(Opt::value)
        .ok_or_else(|| values::complain("no such value", value))
}

/// Options that are mutually exclusive.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_unique() {
        let long: BTreeSet<&str> = OPTIONS.iter().map(|opt| opt.long).collect();
        assert_eq!(long.len(), OPTIONS.len());
        for program in Program::ALL {
            let letters: Vec<char> = OPTIONS.iter().filter_map(|opt| opt.letter(program)).collect();
            let unique: BTreeSet<char> = letters.iter().copied().collect();
            assert_eq!(unique.len(), letters.len(), "{}: {letters:?}", program.name());
        }
    }

    #[test]
    fn names_can_be_typed_and_completed() {
        for opt in OPTIONS {
            assert!(opt.long.len() > 1 && !opt.long.starts_with('-'), "--{}", opt.long);
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(opt.long.chars().all(is_name), "--{}", opt.long);
            assert!(opt.short.is_none_or(|(letter, _)| letter.is_ascii_alphabetic()), "--{}", opt.long);
        }
    }

    #[test]
    fn rows_are_complete() {
        for opt in OPTIONS {
            assert!(!opt.documented.is_empty(), "--{}", opt.long);
            // A program that lists the option knows its letter.
            let knows = |program: &&Program| opt.short.is_none() || opt.letter(**program).is_some();
            let is_inverse = opt.long == "inverse"; // -v is pgrep's only: a typo must not signal all others
            assert!(is_inverse || opt.documented.iter().all(|program| knows(&program)), "--{}", opt.long);
            assert!(!opt.help.is_empty() && !opt.help.contains('\n'), "--{}", opt.long);
            assert!(!opt.help.ends_with('.'), "--{}", opt.long);
            let is_named = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
            assert!(opt.value_name().is_none_or(is_named), "--{}", opt.long);
        }
    }

    #[test]
    fn the_options_of_a_group_are_adjacent() {
        let mut titles: Vec<&str> = OPTIONS.iter().map(|opt| opt.group.title()).collect();
        titles.dedup();
        let unique: BTreeSet<&str> = titles.iter().copied().collect();
        assert_eq!(unique.len(), titles.len(), "{titles:?}");
    }

    #[test]
    fn exclusive_options_exist() {
        for group in EXCLUSIVE {
            let unique: BTreeSet<_> = group.iter().collect();
            assert!(unique.len() == group.len() && group.len() > 1, "{group:?}");
            for name in *group {
                assert!(find(name.as_bytes()).is_some(), "--{name}");
            }
        }
    }

    /// Whether the text contains the name of an option, and not just the beginning of another one.
    fn has_name(text: &str, name: &str) -> bool {
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        text.match_indices(name).any(|(at, _)| is_end(&text[at + name.len()..]))
    }

    fn read(dir: &Path, texts: &mut String) {
        for entry in std::fs::read_dir(dir).expect("a directory of tests").flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(&path, texts);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push_str(&std::fs::read_to_string(path).expect("UTF-8"));
            }
        }
    }

    #[test]
    fn every_option_occurs_in_a_test() {
        let mut texts = String::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut texts);
        for opt in OPTIONS {
            let long = has_name(&texts, &format!("--{}", opt.long));
            let short = opt.short.is_some_and(|(letter, _)| has_name(&texts, &format!(" -{letter}")));
            assert!(long || short, "no file below tests/ has --{}", opt.long);
        }
    }
}

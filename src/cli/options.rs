//! The option table: one row per option. The parser, `--help`, the man pages and the completions are built from it.

use std::ffi::OsStr;

use super::args::Exit;
use super::kind::Kind;
use super::opt::{Group, Opt, Origin, ValueSpec};
use super::values;
use crate::request::{Account, Criterion, Mode, Pick, Pid, Program, Program::*, Step, Style, Subject};
use crate::signal::Signal;

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
        "match against the whole command line"),
    opt("exact", Some(('x', ALL)), ALL, Matching, Flag(|a| a.reading.whole = true),
        "require PATTERN to match the whole name or command line"),
    opt("ignore-case", Some(('i', ALL)), ALL, Matching, Flag(|a| a.reading.ignore_case = true),
        "ignore case"),
    new("fixed-strings", None, ALL, Matching, Flag(|a| a.reading.plain = true),
        "take patterns as plain text, not as regular expressions"),
    new("and", None, ALL, Matching, Each(Kind::Pattern, |a, v| { a.and.push(v.as_encoded_bytes().to_vec()); Ok(()) }),
        "also require this pattern to match (repeatable)"),
    new("not", None, ALL, Matching, Each(Kind::Pattern, |a, v| { a.not.push(v.as_encoded_bytes().to_vec()); Ok(()) }),
        "exclude what this pattern matches (repeatable)"),
    opt("inverse", Some(('v', LISTS)), ALL, Matching, Flag(|a| a.inverse = true),
        "select the processes that do not match"),
    opt("pid", Some(('p', ALL)), ALL, Criteria, Value(Kind::Pids, |a, v| a.try_set(values::processes_or_stdin(v).map(Criterion::Pids))),
        "select by process ID or token (-: from stdin)").newer(),
    opt("pidfile", Some(('F', ALL)), ALL, Criteria, Value(Kind::File, |a, v| { a.pidfile = Some(v.into()); Ok(()) }),
        "select the process ID that FILE contains"),
    opt("logpidfile", Some(('L', ALL)), ALL, Criteria, Flag(|a| a.pidfile_must_be_locked = true),
        "fail unless the file is locked (with -F)"),
    opt("parent", Some(('P', ALL)), ALL, Criteria, Value(Kind::Parents, |a, v| a.try_set(values::processes(v).map(Criterion::Parents))),
        "select children of these processes"),
    new("ancestor", None, ALL, Criteria, Value(Kind::Pids, |a, v| a.try_set(values::processes(v).map(Criterion::Ancestors))),
        "select descendants of these processes"),
    opt("pgroup", Some(('g', ALL)), ALL, Criteria, Value(Kind::ProcessGroups, |a, v| a.try_set(ids(v, "invalid process group").map(Criterion::ProcessGroups))),
        "select by process group (0: the program's own)"),
    opt("session", Some(('s', ALL)), ALL, Criteria, Value(Kind::Sessions, |a, v| a.try_set(ids(v, "invalid session id").map(Criterion::Sessions))),
        "select by session (0: the program's own)"),
    opt("terminal", Some(('t', ALL)), ALL, Criteria, Value(Kind::Terminals, |a, v| a.try_set(values::words(v).map(Criterion::Terminals))),
        "select by terminal, such as pts/3 (?: none)"),
    opt("euid", Some(('u', ALL)), ALL, Criteria, Value(Kind::Users, |a, v| a.try_set(accounts(v, "user").map(Criterion::EffectiveUsers))),
        "select by effective user, name or ID"),
    opt("uid", Some(('U', ALL)), ALL, Criteria, Value(Kind::Users, |a, v| a.try_set(accounts(v, "user").map(Criterion::RealUsers))),
        "select by real user, name or ID"),
    opt("group", Some(('G', ALL)), ALL, Criteria, Value(Kind::Groups, |a, v| a.try_set(accounts(v, "group").map(Criterion::RealGroups))),
        "select by real group, name or ID"),
    opt("older", Some(('O', ALL)), ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::age(v).map(Criterion::OlderThan))),
        "select processes at least DURATION old (2h30m)"),
    new("younger", None, ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::age(v).map(Criterion::YoungerThan))),
        "select processes less than DURATION old"),
    opt("runstates", Some(('r', ALL)), ALL, Criteria, Value(Kind::States, |a, v| a.try_set(values::states(v).map(Criterion::States))),
        "select by state, as ps shows it (R, S, D, T, Z)"),
    new("no-zombies", None, ALL, Criteria, Flag(|a| a.set(Criterion::NoZombie)),
        "exclude zombie processes"),
    new("no-kernel-threads", None, ALL, Criteria, Flag(|a| a.set(Criterion::NoKernelThread)),
        "exclude kernel threads"),
    new("exe", None, ALL, Criteria, Value(Kind::Executable, |a, v| a.try_set(values::path(v).map(Criterion::Executable))),
        "select by executable, path or base name"),
    new("exe-deleted", None, ALL, Criteria, Flag(|a| a.set(Criterion::ExecutableDeleted)),
        "select processes with a deleted executable"),
    new("script", None, ALL, Criteria, Value(Kind::Script, |a, v| a.try_set(values::path(v).map(Criterion::Script))),
        "select interpreters by the script that they run"),
    new("cwd", None, ALL, Criteria, Value(Kind::Directory, |a, v| a.try_set(values::path(v).map(|dir| Criterion::WorkingDirectory(dir.into())))),
        "select by working directory, DIR or below"),
    new("rss", None, ALL, Criteria, Value(Kind::Size, |a, v| a.try_set(values::size(v).map(Criterion::ResidentMemory))),
        "select by resident memory, at least SIZE (500M)"),
    new("cpu-time", None, ALL, Criteria, Value(Kind::Duration, |a, v| a.try_set(values::duration(v).map(Criterion::CpuTime))),
        "select by CPU time used, at least DURATION"),
    opt("cgroup", None, ALL, Criteria, Value(Kind::Cgroups, |a, v| a.try_set(values::words(v).map(Criterion::Cgroups))),
        "select by cgroup (PATH/: and those below it)"),
    new("unit", None, ALL, Criteria, Value(Kind::Units, |a, v| a.try_set(values::units(v).map(Criterion::Units))),
        "select by unit of the system (default: .service)"),
    new("user-unit", None, ALL, Criteria, Value(Kind::UserUnits, |a, v| a.try_set(values::user_units(v).map(Criterion::UserUnits))),
        "select by unit of a user's service manager"),
    new("local", None, ALL, Criteria, Flag(|a| a.set(Criterion::Local)),
        "exclude containers (other PID namespaces)"),
    new("port", None, ALL, Criteria, Value(Kind::Ports, |a, v| a.try_set(values::list(v, values::ports).map(Criterion::Ports))),
        "select by local port (443, tcp:80-89, udp:ntp)"),
    opt("env", None, ALL, Criteria, Value(Kind::Variables, |a, v| a.try_set(values::words(v).map(Criterion::Environment))),
        "select by environment variable"),
    opt("ns", None, ALL, Criteria, Value(Kind::Pid, |a, v| values::existing_process(v).map(|process| a.namespaces_of = Some(process))),
        "select processes in the namespaces of PID"),
    opt("nslist", None, ALL, Criteria, Value(Kind::Namespaces, |a, v| values::namespaces(v).map(|kinds| a.namespace_kinds = Some(kinds))),
        "compare only these namespaces (net, pid, ...)"),
    opt("require-handler", Some(('H', ALL)), ALL, Criteria, Flag(|a| a.require_handler = true),
        "select only processes that catch the signal").newer(),
    opt("ignore-ancestors", Some(('A', ALL)), ALL, Criteria, Flag(|a| a.skip_ancestors = true),
        "exclude the program's own ancestors"),
    new("exclude", None, ALL, Criteria, Each(Kind::Pids, |a, v| values::processes(v).map(|processes| a.exclude.extend(processes))),
        "exclude these processes (repeatable)"),
    opt("lightweight", Some(('w', LISTS)), LISTS, Criteria, Flag(|a| a.threads = true),
        "list threads instead of processes"),
    opt("newest", Some(('n', ALL)), ALL, Choosing, Flag(|a| a.pick = Some(Pick::Newest)),
        "select only the newest match (started last)"),
    opt("oldest", Some(('o', ALL)), ALL, Choosing, Flag(|a| a.pick = Some(Pick::Oldest)),
        "select only the oldest match (started first)"),
    new("tree", None, ALL, Choosing, Flag(|a| a.tree = true),
        "add the descendants of each match"),
    opt("signal", None, ALL, Signal, Value(Kind::Signal, |a, v| values::signal(v).map(|signal| a.signal = Some(signal))),
        "use this signal, name or number (default: TERM)"),
    opt("queue", Some(('q', SENDS)), SENDS, Signal, Value(Kind::Integer, |a, v| values::integer(v).map(|value| a.value = Some(value))),
        "send this integer with the signal (sigqueue)"),
    opt("mrelease", Some(('m', SENDS)), SENDS, Signal, Flag(|a| a.release_memory = true),
        "free the memory of killed processes immediately"),
    new("freeze", None, SENDS, Signal, Flag(|a| a.freeze = true),
        "stop all matches first, so that none can fork away"),
    new("whole-group", None, SENDS, Signal, Flag(|a| a.whole_group = true),
        "signal the process group of each match"),
    new("wait", None, SENDS, Ending, Optional(Kind::Duration, |a, v| v.map(values::duration).transpose().map(|limit| a.wait = Some(limit))),
        "wait until the signalled processes have exited"),
    new("timeout", None, ACTS, Ending, Value(Kind::Duration, |a, v| values::duration(v).map(|limit| a.timeout = Some(limit))),
        "stop waiting after DURATION"),
    new("kill-after", None, SENDS, Ending, Value(Kind::Duration, |a, v| values::duration(v).map(|after| a.escalation = vec![Step { after, signal: Signal::KILL }])),
        "send KILL to those still running after DURATION"),
    new("escalate", None, SENDS, Ending, Value(Kind::Steps, |a, v| values::steps(v).map(|steps| a.escalation = steps)),
        "send more signals later, each as DURATION:SIGNAL"),
    new("cont", None, SENDS, Ending, Flag(|a| a.resume = true),
        "continue stopped processes, so that they can act"),
    new("until-none", None, SENDS, Ending, Flag(|a| a.until_none = true),
        "repeat until no process matches"),
    new("settle", None, SENDS, Ending, Value(Kind::Duration, |a, v| values::duration(v).map(|time| a.settle = Some(time))),
        "wait DURATION for restarted processes (0.5s)"),
    new("no-progress", None, ACTS, Ending, Flag(|a| a.no_progress = true),
        "show no progress of a wait on the terminal"),
    new("any", None, &[Pidwait], Ending, Flag(|a| a.any = true),
        "return when the first process has exited"),
    new("dry-run", None, SENDS, Safety, Flag(|a| a.mode = Mode::DryRun),
        "send nothing; show what would be done and why"),
    new("interactive", Some(('I', SENDS)), SENDS, Safety, Flag(|a| a.mode = Mode::Ask),
        "ask before each signal: y, n, a (all), q (quit)"),
    new("choose", None, ALL, Safety, Flag(|a| a.choose = true),
        "choose among the matches on a list"),
    new("choose-signal", None, SENDS, Safety, Flag(|a| (a.choose, a.choose_signal) = (true, true)),
        "also choose the signal (implies --choose)"),
    new("max", None, ALL, Safety, Value(Kind::Count, |a, v| values::count(v).map(|n| a.at_most = Some(n))),
        "do nothing if more than N processes match"),
    new("strict", None, SENDS, Safety, Flag(|a| a.strict = true),
        "exit with 4 if a match was not signalled"),
    new("read-timeout", None, ALL, Safety, Value(Kind::Duration, |a, v| values::duration(v).map(|limit| a.read_timeout = Some(limit))),
        "give up reading a process after DURATION (1s)"),
    new("allow-none", None, ALL, Safety, Flag(|a| a.allow_none = true),
        "exit with 0 if nothing matches"),
    opt("count", Some(('c', ALL)), ALL, Output, Flag(|a| a.count = true),
        "print the number of matches"),
    opt("list-name", Some(('l', LISTS)), LISTS, Output, Flag(|a| _ = a.label.get_or_insert(Subject::Name)),
        "print PID and process name"),
    opt("list-full", Some(('a', LISTS)), LISTS, Output, Flag(|a| a.label = Some(Subject::CommandLine)),
        "print PID and command line"),
    new("id", None, LISTS, Output, Flag(|a| a.id = true),
        "print identity tokens (PID:INODE) instead of PIDs"),
    opt("shell-quote", Some(('Q', &[Pgrep, Pkill])), LISTS, Output, Flag(|a| a.quoted = true),
        "quote the names and command lines for a shell"),
    new("columns", None, LISTS, Output, Value(Kind::Columns, |a, v| values::columns(v).map(|list| a.columns = Some(list))),
        "print these columns (such as pid,user,age,args)"),
    opt("delimiter", Some(('d', LISTS)), LISTS, Output, Value(Kind::Text, |a, v| { a.delimiter = Some(v.as_encoded_bytes().to_vec()); Ok(()) }),
        "separate items by STRING (default: newline)"),
    opt("echo", Some(('e', ACTS)), ACTS, Output, Flag(|a| a.echo = true),
        "print the processes signalled or waited for"),
    new("print0", None, LISTS, Output, Flag(|a| a.print_nul = true),
        "end each item with NUL, its text unmodified"),
    opt("quiet", None, ALL, Output, Flag(|a| a.style = Style::Quiet),
        "print nothing except the count of -c").newer(),
    new("verbose", None, ALL, Output, Flag(|a| a.style = Style::Verbose),
        "print a line for each process, and its outcome"),
    new("json", None, ALL, Output, Optional(Kind::Format, |a, v| v.map(values::json_format).transpose().map(|_| a.style = Style::Json)),
        "print one JSON document (=lines: lines of JSON)"),
    new("summary", None, ALL, Output, Flag(|a| a.style = Style::Summary),
        "print one line: the number of each outcome"),
    new("log-to", None, SENDS, Output, Optional(Kind::Log, |a, v| values::log(v).map(|log| a.log = Some(log))),
        "log the run (journal, syslog or a file)"),
    new("explain", None, ALL, Output, Value(Kind::Pids, |a, v| values::processes(v).map(|processes| a.explain = processes)),
        "only show why PID matches, or why not"),
    new("complete", None, ALL, Other, Value(Kind::Candidates, |a, v| completion_kind(v).map(|kind| a.complete = Some(kind))),
        "print completion candidates for WHAT"),
    new("generate", None, ALL, Other, Value(Kind::Generated, |a, v| values::generated(v).map(|file| a.exit = Some(Exit::Generate(file)))),
        "print a man page, completion or installation script"),
    new("list-signals", None, SENDS, Other, Flag(|a| a.exit = Some(Exit::ListSignals)),
        "print all signals and their default actions"),
    opt("help", Some(('h', ALL)), ALL, Other, Flag(|a| a.exit = Some(Exit::Help)),
        "print this help (-h: the short form)"),
    opt("version", Some(('V', ALL)), ALL, Other, Flag(|a| a.exit = Some(Exit::Version)),
        "print the version"),
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
        .ok_or_else(|| values::complain("invalid argument for --complete", value))
}

fn ids(value: &OsStr, complaint: &str) -> Result<Vec<Pid>, String> {
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

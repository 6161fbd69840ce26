//! What a process has that a test asks for.

use std::ops::Range;

use crate::column::Fact;
use crate::ere::Pattern;
use crate::proc::{
    Facts, HeldNamespace, Lookup, LookupError, Membership, Process, ProcessText, ancestors_of, memberships,
};
use crate::request::Subject;
use crate::row::{Tables, Value, cgroup_name, value};
use crate::select::{Test, part};
use crate::signal::Signal;
use crate::view::Mention;

/// What was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// A value, as a column shows it.
    Value(Option<Value>),
    /// What a pattern is matched against.
    Text(Part),
    /// Several, or none.
    Words(Vec<Vec<u8>>),
    /// The parent, its parent, and so on.
    Ancestors(Vec<Mention>),
}

/// A text, and the part of it that a pattern matches.
#[derive(Debug)]
pub(crate) struct Part {
    pub subject: Subject,
    pub text: Vec<u8>,
    pub range: Option<Range<usize>>,
}

/// The fact that needs a table to be read.
pub(super) fn fact_of_table(test: &Test) -> Option<Fact> {
    match test {
        Test::Not(test) => fact_of_table(test),
        Test::Terminal(_) => Some(Fact::Terminal),
        Test::Sockets(_) => Some(Fact::Ports),
        _ => None,
    }
}

/// Read it.
pub(super) fn found(test: &Test, tables: &Tables, process: &mut Process<'_>) -> Lookup<Found> {
    let fact = match test {
        Test::Not(test) => return found(test, tables, process),
        Test::Session(_) => Fact::Session,
        Test::ProcessGroup(_) => Fact::ProcessGroup,
        Test::EffectiveUser(_) => Fact::User,
        Test::Parent(_) => Fact::Parent,
        Test::Terminal(_) => Fact::Terminal,
        Test::State(_) | Test::Zombie => Fact::State,
        Test::Age { .. } => Fact::Age,
        Test::CpuTime(_) => Fact::CpuTime,
        Test::ResidentMemory(_) => Fact::ResidentMemory,
        Test::Executable(_) | Test::ExecutableDeleted => Fact::Executable,
        Test::WorkingDirectory(_) => Fact::WorkingDirectory,
        Test::Script(_) => Fact::Script,
        Test::RealGroup(_) => Fact::Group,
        Test::Sockets(_) => Fact::Ports,
        Test::RealUser(_) => return Ok(Found::Value(Some(Value::User(process.real_uid()?)))),
        Test::Pid(_) => return Ok(Found::Value(Some(Value::Number(process.thread_group().into())))),
        Test::Name(pattern) => return text(process, ProcessText::Name, pattern),
        Test::CommandLine(pattern) => return text(process, ProcessText::CommandLine, pattern),
        Test::FullName(pattern) => {
            let is_read = process.full_name()?.is_some();
            let which = if is_read { ProcessText::FullName } else { ProcessText::Name };
            return text(process, which, pattern);
        }
        Test::Ancestor(_) => return Ok(Found::Ancestors(ancestors(process))),
        Test::Cgroup(_) => return groups(process, |_| true),
        Test::Unit(_) => return groups(process, |group| group.is_v2() || group.is_v1(b"name=systemd")),
        Test::Catches(_) => return Ok(Found::Words(signals(process.caught_signals()?))),
        Test::KernelThread => {
            return Ok(word(if process.is_kernel_thread()? { "kernel thread" } else { "no kernel thread" }));
        }
        Test::Local => {
            return Ok(word(if process.is_local()? {
                "same PID namespace"
            } else {
                "another PID namespace"
            }));
        }
        Test::Environment(wanted) => return Ok(Found::Words(variables(process, wanted)?)),
        Test::Namespaces(wanted) => return namespaces(process, wanted),
    };
    Ok(Found::Value(value(fact, false, tables, process)?))
}

fn groups(process: &mut Process<'_>, is_wanted: impl Fn(&Membership<'_>) -> bool) -> Lookup<Found> {
    let groups = memberships(process.cgroups()?).filter(is_wanted);
    Ok(Found::Words(groups.map(|group| cgroup_name(&group)).collect()))
}

fn namespaces(process: &mut Process<'_>, wanted: &[HeldNamespace]) -> Lookup<Found> {
    let mut words = vec![];
    for namespace in wanted {
        let own = process.namespace(namespace.kind)?.ok_or(LookupError::Denied)?;
        let which = if own == namespace.id { "same" } else { "another" };
        words.push(format!("{which} {}", namespace.kind.name()).into_bytes());
    }
    Ok(Found::Words(words))
}

fn word(word: &str) -> Found {
    Found::Words(vec![word.into()])
}

fn text(process: &mut Process<'_>, text: ProcessText, pattern: &Pattern) -> Lookup<Found> {
    let (subject, text) = match text {
        ProcessText::Name => (Subject::Name, process.name()?.to_vec()),
        ProcessText::FullName => (Subject::Name, process.full_name()?.unwrap_or_default().to_vec()),
        ProcessText::CommandLine => (Subject::CommandLine, process.command_line()?.to_vec()),
    };
    Ok(Found::Text(Part { subject, range: part(pattern, subject, &text), text }))
}

/// As far as they can be read.
fn ancestors(process: &Process<'_>) -> Vec<Mention> {
    let mut ancestor = Process::new(process.dir());
    let mention = |pid| {
        ancestor.select(pid);
        Mention { pid, name: ancestor.name().map(<[u8]>::to_vec).unwrap_or_default() }
    };
    ancestors_of(process.dir(), process.thread_group()).unwrap_or_default().into_iter().map(mention).collect()
}

fn signals(mask: u64) -> Vec<Vec<u8>> {
    let caught = (1..=64).filter(|number| mask >> (number - 1) & 1 == 1);
    caught.filter_map(Signal::from_number).map(|signal| signal.to_string().into_bytes()).collect()
}

/// The variables with the names that are wanted, with their values.
fn variables(process: &mut Process<'_>, wanted: &[Vec<u8>]) -> Lookup<Vec<Vec<u8>>> {
    let name = |variable: &[u8]| variable.split(|&byte| byte == b'=').next().unwrap_or_default().to_vec();
    let environment = process.environment()?.ok_or(LookupError::Denied)?;
    let is_wanted =
        |variable: &&[u8]| !variable.is_empty() && wanted.iter().any(|wanted| name(wanted) == name(variable));
    Ok(environment.split(|&byte| byte == 0).filter(is_wanted).map(<[u8]>::to_vec).collect())
}

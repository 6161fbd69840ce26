//! What `--columns` shows of a process: a value for each column. Only what a column shows is read.

use std::sync::Arc;

use crate::column::{Column, Fact};
use crate::origin::Container;
use crate::proc::{Facts, Link, Lookup, LookupError, Membership, Process, Sockets, Terminals, memberships};
use crate::request::{Pid, Ports, Protocol, Subject, Token};
use crate::select::{Manager, UnitName};

/// The value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A number.
    Number(i64),
    /// A UID.
    User(u32),
    /// A GID.
    Group(u32),
    /// A start time, in clock ticks since boot.
    Start(u64),
    /// A duration that is shown with units, in clock ticks.
    Age(u64),
    /// A duration in seconds, in clock ticks.
    Seconds(u64),
    /// A number of bytes.
    Size(u64),
    /// The ID or name of a container.
    Container(String),
    /// Bytes of a process.
    Text(Subject, Vec<u8>),
    /// Arguments, each ended by a NUL.
    Words(Vec<u8>),
    /// Local ports, in order.
    Ports(Vec<(Protocol, u16)>),
}

/// The values of one process, in the order of the columns. None: it has none, or it cannot be read.
pub(crate) type Row = Arc<[Option<Value>]>;

/// Reads the values of one process after the other.
#[derive(Debug)]
pub(crate) struct RowReader {
    columns: Vec<&'static Column>,
    tables: Tables,
    /// Whether the arguments are kept apart, and not joined to a line.
    words: bool,
}

/// What the facts of a process are looked up in.
#[derive(Debug)]
pub(crate) struct Tables {
    /// In clock ticks since boot.
    now: u64,
    /// None: not needed, or not readable.
    sockets: Option<Sockets>,
    terminals: Option<Terminals>,
}

impl Tables {
    /// Reads what these facts need.
    pub(crate) fn new(facts: &[Fact], now: u64) -> Tables {
        let all = Ports { protocol: None, first: 1, last: u16::MAX };
        Tables {
            now,
            sockets: facts.contains(&Fact::Ports).then(|| Sockets::new(&[all]).ok()).flatten(),
            terminals: facts.contains(&Fact::Terminal).then(Terminals::read),
        }
    }
}

impl RowReader {
    /// `now`: clock ticks since boot.
    pub(crate) fn new(columns: &[&'static Column], words: bool, now: u64) -> RowReader {
        let facts: Vec<Fact> = columns.iter().map(|column| column.fact).collect();
        RowReader { columns: columns.to_vec(), tables: Tables::new(&facts, now), words }
    }

    /// Whether another process can hold up what is read, and execve(2) changes it.
    pub(crate) fn is_of_program(&self) -> bool {
        self.columns.iter().any(|column| column.fact.is_of_program())
    }

    /// The same values with the identity token.
    pub(crate) fn with_token(&self, row: &Row, token: Token) -> Row {
        let id = || Some(Value::Text(Subject::Name, token.to_string().into()));
        let values = self.columns.iter().zip(row.iter());
        values.map(|(column, value)| if column.fact == Fact::Id { id() } else { value.clone() }).collect()
    }

    /// That a value cannot be read is no reason to skip the process; that it has exited is.
    pub(crate) fn read(&self, process: &mut Process<'_>) -> Lookup<Row> {
        let mut may_be_gone = false;
        let mut row = vec![];
        for column in &self.columns {
            row.push(match value(column.fact, self.words, &self.tables, process) {
                Err(LookupError::Gone) => {
                    may_be_gone = true;
                    None
                }
                Err(why) if why.is_undecided() => None,
                value => value?,
            });
        }
        // A file may be missing of a process that exists.
        match may_be_gone && !process.exists()? {
            true => Err(LookupError::Gone),
            false => Ok(row.into()),
        }
    }
}

/// None: the process has no such value.
pub(crate) fn value(
    fact: Fact,
    words: bool,
    tables: &Tables,
    process: &mut Process<'_>,
) -> Lookup<Option<Value>> {
    Ok(Some(match fact {
        Fact::Pid => id(process.pid()),
        // The scan reads it, and holds the process meanwhile.
        Fact::Id => return Ok(None),
        Fact::Parent => id(process.parent()?),
        Fact::ProcessGroup => id(process.process_group()?),
        Fact::Session => id(process.session()?),
        Fact::User => Value::User(process.effective_uid()?),
        Fact::RealUser => Value::Number(process.real_uid()?.into()),
        Fact::Group => Value::Group(process.real_gid()?),
        Fact::Terminal => return terminal(tables, process),
        Fact::State => name(vec![process.state()?]),
        Fact::Start => Value::Start(process.start_time()?),
        Fact::Age => Value::Age(tables.now.saturating_sub(process.start_time()?)),
        Fact::CpuTime => Value::Seconds(process.cpu_time()?),
        Fact::ResidentMemory => Value::Size(process.resident_memory()?),
        Fact::Threads => Value::Number(process.thread_count()?.into()),
        Fact::Nice => Value::Number(process.nice()?.into()),
        Fact::Name => name(process.name()?.to_vec()),
        Fact::FullName => match process.full_name()? {
            Some(full) => name(full.to_vec()),
            None => name(process.name()?.to_vec()),
        },
        Fact::Executable => return Ok(process.executable()?.cloned().map(path)),
        Fact::WorkingDirectory => return Ok(process.working_directory()?.map(path)),
        Fact::Script => return Ok(process.scripts()?.into_iter().next().map(name)),
        Fact::Unit => return Ok(UnitName::of(process.cgroups()?).map(unit)),
        Fact::Cgroup => return Ok(cgroup(process.cgroups()?)),
        Fact::Container => return Ok(Container::of(process.cgroups()?).map(|one| Value::Container(one.id))),
        Fact::Ports => return ports(tables, process),
        Fact::CommandLine if words && !process.arguments()?.is_empty() => {
            Value::Words(process.arguments()?.to_vec())
        }
        Fact::CommandLine => Value::Text(Subject::CommandLine, process.command_line()?.to_vec()),
    }))
}

fn id(id: Pid) -> Value {
    Value::Number(id.into())
}

fn name(bytes: Vec<u8>) -> Value {
    Value::Text(Subject::Name, bytes)
}

/// As the kernel has it.
fn path(link: Link) -> Value {
    let mut path = link.path;
    if link.deleted {
        path.extend_from_slice(b" (deleted)");
    }
    name(path)
}

fn terminal(tables: &Tables, process: &mut Process<'_>) -> Lookup<Option<Value>> {
    let number = process.terminal()?;
    let found = tables.terminals.as_ref().and_then(|terminals| terminals.name(number));
    Ok(found.map(|text| name(text.into())))
}

/// As `--unit` takes it.
fn unit(unit: UnitName) -> Value {
    let manager = match unit.manager {
        Manager::System => String::new(),
        Manager::User(uid) => format!("user@{uid}/"),
    };
    name((manager + &unit.name).into())
}

/// The group of the v2 hierarchy; where there is none, that of the first v1 hierarchy.
fn cgroup(lines: &[u8]) -> Option<Value> {
    let group = memberships(lines).find(Membership::is_v2).or_else(|| memberships(lines).next())?;
    Some(name(cgroup_name(&group)))
}

/// As `--cgroup` takes it.
pub(crate) fn cgroup_name(group: &Membership<'_>) -> Vec<u8> {
    let controllers = group.controllers.split(|&byte| byte == b',').next().unwrap_or_default();
    let separator: &[u8] = if group.is_v2() { b"" } else { b":" };
    [controllers, separator, group.path].concat()
}

fn ports(tables: &Tables, process: &mut Process<'_>) -> Lookup<Option<Value>> {
    let Some(sockets) = &tables.sockets else { return Ok(None) };
    let held = sockets.among(process.sockets()?);
    let mut ports: Vec<_> = held.iter().map(|(_, socket)| (socket.protocol, socket.port)).collect();
    ports.sort_unstable_by_key(|&(protocol, port)| (protocol.name(), port));
    ports.dedup();
    Ok(Some(Value::Ports(ports)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::COLUMNS;
    use crate::proc::{ProcDir, own_pid};

    /// Each fact can be read of this process, and none of one that does not exist, which has no row.
    #[test]
    fn a_process_has_a_row_while_it_exists() {
        let columns: Vec<&Column> = COLUMNS.iter().collect();
        let reader = RowReader::new(&columns, false, 0);
        let proc = ProcDir::named().expect("/proc");
        let mut process = Process::new(&proc);
        process.select(own_pid());
        let row = reader.read(&mut process).expect("it exists");
        assert_eq!(row.len(), columns.len());
        process.select(Pid::MAX); // beyond every pid_max
        assert_eq!(reader.read(&mut process), Err(LookupError::Gone));
    }

    #[test]
    fn groups_are_named_as_the_option_takes_them() {
        for (lines, expected) in [
            ("4:cpu,cpuacct:/a\n0::/system.slice/b.service\n", Some("/system.slice/b.service")),
            ("0::/\n", Some("/")),
            ("4:cpu,cpuacct:/a\n1:name=systemd:/c\n", Some("cpu:/a")),
            ("1:name=systemd:/c:d\n", Some("name=systemd:/c:d")),
            ("", None),
        ] {
            assert_eq!(cgroup(lines.as_bytes()), expected.map(|text| name(text.into())), "{lines}");
        }
    }
}

//! The columns of `pgrep --columns`: one row per column. The parser, the completions, the man page and the output are
//! built from it.

/// One column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// The name on the command line and in JSON; in capitals, the heading.
    pub name: &'static str,
    /// What it shows of a process.
    pub fact: Fact,
    /// How it is aligned on a terminal.
    pub alignment: Alignment,
    /// What it shows: a phrase for the man page and the completions.
    pub about: &'static str,
}

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// What can be shown of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The process ID, or the thread ID.
    Pid,
    /// The identity token.
    Id,
    /// The parent.
    Parent,
    /// The process group.
    ProcessGroup,
    /// The session.
    Session,
    /// The effective user.
    User,
    /// The real user.
    RealUser,
    /// The real group.
    Group,
    /// The controlling terminal.
    Terminal,
    /// The state letter.
    State,
    /// When it started.
    Start,
    /// How long ago it started.
    Age,
    /// The CPU time.
    CpuTime,
    /// The resident memory.
    ResidentMemory,
    /// The number of threads.
    Threads,
    /// The nice value.
    Nice,
    /// The name.
    Name,
    /// The name before the kernel truncated it.
    FullName,
    /// The executable.
    Executable,
    /// The working directory.
    WorkingDirectory,
    /// What an interpreter runs.
    Script,
    /// The systemd unit.
    Unit,
    /// The control group.
    Cgroup,
    /// The container.
    Container,
    /// The local ports.
    Ports,
    /// The command line.
    CommandLine,
}

impl Fact {
    /// Whether it comes from the memory of the process or from a file that a link of it leads to: another process can hold
    /// up the read, and execve(2) changes it.
    pub fn is_of_program(self) -> bool {
        use Fact::{CommandLine, Executable, FullName, Script, WorkingDirectory};
        matches!(self, FullName | Executable | WorkingDirectory | Script | CommandLine)
    }
}

const fn left(name: &'static str, fact: Fact, about: &'static str) -> Column {
    Column { name, fact, alignment: Alignment::Left, about }
}

const fn right(name: &'static str, fact: Fact, about: &'static str) -> Column {
    Column { name, fact, alignment: Alignment::Right, about }
}

/// Every column, in the order of the man page.
#[rustfmt::skip]
pub static COLUMNS: &[Column] = &[
    right("pid", Fact::Pid, "process ID, or thread ID with -w"),
    left("id", Fact::Id, "identity token, as --id prints it"),
    right("ppid", Fact::Parent, "process ID of the parent, as for -P"),
    right("pgid", Fact::ProcessGroup, "process group ID, as for -g"),
    right("sid", Fact::Session, "session ID, as for -s"),
    left("user", Fact::User, "effective user, as for -u"),
    right("ruid", Fact::RealUser, "real user ID, as for -U"),
    left("group", Fact::Group, "real group, as for -G"),
    left("tty", Fact::Terminal, "controlling terminal, as for -t"),
    left("state", Fact::State, "state letter, as for -r"),
    left("start", Fact::Start, "start time (RFC 3339, UTC)"),
    right("age", Fact::Age, "time since the start, as for -O: 2h30m"),
    right("cpu", Fact::CpuTime, "CPU time used in seconds, as for --cpu-time"),
    right("rss", Fact::ResidentMemory, "resident memory, as for --rss: 12M"),
    right("threads", Fact::Threads, "number of threads"),
    right("nice", Fact::Nice, "nice value, from -20 (favoured) to 19"),
    left("name", Fact::Name, "process name, at most 15 bytes"),
    left("fullname", Fact::FullName, "process name before it was truncated"),
    left("exe", Fact::Executable, "path of the executable, as for --exe"),
    left("cwd", Fact::WorkingDirectory, "working directory, as for --cwd"),
    left("script", Fact::Script, "what an interpreter runs, as for --script"),
    left("unit", Fact::Unit, "service or scope of systemd, as for --unit"),
    left("cgroup", Fact::Cgroup, "control group, as for --cgroup"),
    left("container", Fact::Container, "ID or name of the container"),
    left("ports", Fact::Ports, "local ports it holds, as for --port: tcp:80,udp:53"),
    left("args", Fact::CommandLine, "command line, as -a prints it"),
];

/// The column with this name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.name.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_has_one_column_and_each_name_is_a_word() {
        for (at, column) in COLUMNS.iter().enumerate() {
            assert_eq!(find(column.name.as_bytes()), Some(column), "{}", column.name);
            assert!(COLUMNS[..at].iter().all(|other| other.fact != column.fact), "{}", column.name);
            assert!(column.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", column.name);
            assert!(!column.about.is_empty() && !column.about.ends_with('.'), "{}", column.name);
        }
        assert_eq!(find(b""), None);
    }
}

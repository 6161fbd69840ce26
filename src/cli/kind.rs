//! The kinds of option values, as `--help`, the man pages and the completions distinguish them.

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pids,
    Pid,
    /// IDs of parent processes.
    Parents,
    ProcessGroups,
    Sessions,
    /// Terminals, by name relative to /dev.
    Terminals,
    /// Users, by name or number.
    Users,
    /// Groups, by name or number.
    Groups,
    /// Process states, by letter.
    States,
    /// Control groups, by path in their hierarchy.
    Cgroups,
    /// systemd units, by name.
    Units,
    /// systemd units of users' managers, by name.
    UserUnits,
    Ports,
    /// Environment variables, with or without a value.
    Variables,
    /// Types of namespaces.
    Namespaces,
    /// A signal, by name or number.
    Signal,
    /// Steps of an escalation: a signal after a duration each.
    Steps,
    Duration,
    File,
    Directory,
    /// An executable, by path or base name.
    Executable,
    /// A script, by path or base name.
    Script,
    /// A pattern, like the operand.
    Pattern,
    /// A number of bytes.
    Size,
    Count,
    Integer,
    /// Columns of `--columns`, by name.
    Columns,
    /// Formats of `--json`, by name.
    Format,
    /// Logs of `--log-to`, by name or path.
    Log,
    /// Files of `--generate`, by name.
    Generated,
    /// Arbitrary text.
    Text,
    /// What to complete: the name of an option, or `pattern`.
    Candidates,
}

impl Kind {
    /// The name of the value in `--help`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Pids => "PID,...",
            Kind::Pid => "PID",
            Kind::Parents => "PPID,...",
            Kind::ProcessGroups => "PGID,...",
            Kind::Sessions => "SID,...",
            Kind::Terminals => "TTY,...",
            Kind::Users => "USER,...",
            Kind::Groups => "GROUP,...",
            Kind::States => "STATE,...",
            Kind::Cgroups => "PATH,...",
            Kind::Units | Kind::UserUnits => "UNIT,...",
            Kind::Ports => "PORT,...",
            Kind::Variables => "NAME[=VALUE],...",
            Kind::Namespaces => "NS,...",
            Kind::Signal => "SIGNAL",
            Kind::Steps => "STEP,...",
            Kind::Duration => "DURATION",
            Kind::File => "FILE",
            Kind::Directory => "DIR",
            Kind::Executable => "PATH",
            Kind::Script => "NAME",
            Kind::Pattern => "PATTERN",
            Kind::Size => "SIZE",
            Kind::Count => "N",
            Kind::Integer => "VALUE",
            Kind::Columns => "COLUMN,...",
            Kind::Format => "FORMAT",
            Kind::Log => "LOG",
            Kind::Text => "STRING",
            Kind::Candidates | Kind::Generated => "WHAT",
        }
    }

    /// Whether the value is a comma-separated list.
    pub fn is_list(self) -> bool {
        self.name().ends_with(",...")
    }
}

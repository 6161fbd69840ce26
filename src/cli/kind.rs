//! What the value of an option is: `--help`, the man pages and the completions ask.

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Processes, by ID.
    Pids,
    /// A process, by ID.
    Pid,
    /// Processes that have children, by ID.
    Parents,
    /// Process groups, by ID.
    ProcessGroups,
    /// Sessions, by ID.
    Sessions,
    /// Terminals, by name below /dev.
    Terminals,
    /// Users, by name or number.
    Users,
    /// Groups, by name or number.
    Groups,
    /// State letters.
    States,
    /// Cgroups, by path in their hierarchy.
    Cgroups,
    /// systemd units, by name.
    Units,
    /// Local ports.
    Ports,
    /// Environment variables, with or without a value.
    Variables,
    /// Kinds of namespaces.
    Namespaces,
    /// A signal, by name or number.
    Signal,
    /// Signals, each after a duration.
    Steps,
    /// A duration.
    Duration,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// An executable, by path or base name.
    Executable,
    /// A script, by path or base name.
    Script,
    /// A pattern like the operand.
    Pattern,
    /// A number of bytes.
    Size,
    /// A number of processes.
    Count,
    /// An integer.
    Integer,
    /// Text that means nothing but itself.
    Text,
    /// What candidates are wanted for.
    Candidates,
}

impl Kind {
    /// What the value is called in `--help`.
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
            Kind::Units => "UNIT,...",
            Kind::Ports => "PORT,...",
            Kind::Variables => "NAME[=VALUE],...",
            Kind::Namespaces => "NS,...",
            Kind::Signal => "SIGNAL",
            Kind::Steps => "DURATION:SIGNAL,...",
            Kind::Duration => "DURATION",
            Kind::File => "FILE",
            Kind::Directory => "DIR",
            Kind::Executable => "PATH",
            Kind::Script => "NAME",
            Kind::Pattern => "PATTERN",
            Kind::Size => "SIZE",
            Kind::Count => "N",
            Kind::Integer => "VALUE",
            Kind::Text => "STRING",
            Kind::Candidates => "WHAT",
        }
    }

    /// Whether it is a list with commas between its entries.
    pub fn is_list(self) -> bool {
        self.name().ends_with(",...")
    }
}

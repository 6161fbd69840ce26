//! The run itself, as `--json` reports it: on which host, when, and by which process it was started.

use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use rustix::process::{getppid, getuid};

use super::{Facts as _, ProcDir, Process, Terminals, own_pid};
use crate::request::Pid;

/// The audit subsystem's value for a process without a login session (proc_pid_loginuid(5)).
const UNSET: u32 = u32::MAX;

/// A run of one of the programs.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The node name (uname(2)).
    pub host: Vec<u8>,
    /// The ID of the boot (random(4)); None where /proc has none.
    pub boot_id: Option<String>,
    pub started: SystemTime,
    pub invoker: Invoker,
    /// The command line, from `argv[0]` on.
    pub argv: Vec<OsString>,
}

/// What started the program. A fact is None where it does not exist or cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Invoker {
    pub real_uid: u32,
    /// The user that has logged in, also after su(1) or sudo(8).
    pub login_uid: Option<u32>,
    /// The process ID of the program.
    pub pid: Pid,
    /// The controlling terminal, below /dev.
    pub terminal: Option<String>,
    /// None: the parent is outside of the PID namespace.
    pub parent: Option<Pid>,
    pub parent_name: Option<Vec<u8>>,
}

impl Run {
    /// This run, which has started just now.
    pub(crate) fn new(argv0: &OsStr, args: &[OsString]) -> Self {
        Run {
            host: rustix::system::uname().nodename().to_bytes().to_vec(),
            boot_id: procfs::sys::kernel::random::boot_id().ok(),
            started: SystemTime::now(),
            invoker: Invoker::new(),
            argv: [argv0.to_owned()].iter().chain(args).cloned().collect(),
        }
    }
}

impl Invoker {
    fn new() -> Self {
        let pid = own_pid();
        let parent_pid = || getppid().map(|parent| parent.as_raw_nonzero().get());
        let parent = parent_pid();
        // In the /proc of another PID namespace, these numbers are those of other processes.
        let proc = ProcDir::named().ok().filter(ProcDir::same_pid_namespace);
        let mut process = proc.as_ref().map(Process::new);
        let terminal = process.as_mut().and_then(|process| {
            process.select(pid);
            process.terminal().ok().filter(|number| *number != 0)
        });
        let parent_name = process.as_mut().zip(parent).and_then(|(process, parent)| {
            process.select(parent);
            process.name().ok().map(<[u8]>::to_vec)
        });
        Invoker {
            real_uid: getuid().as_raw(),
            login_uid: login_uid(),
            pid,
            terminal: terminal.and_then(|number| Terminals::read().name(number)),
            parent,
            // If the parent has exited meanwhile, its PID may have been reused.
            parent_name: parent_name.filter(|_| parent_pid() == parent),
        }
    }
}

fn login_uid() -> Option<u32> {
    let uid = procfs::process::Process::myself().and_then(|process| process.loginuid());
    uid.ok().filter(|uid| *uid != UNSET)
}

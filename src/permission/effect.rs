//! What a signal would do to a process, in the order in which the kernel decides it (signal(7), kernel/signal.c).

use std::fmt;

use crate::proc::Description;
use crate::signal::{DefaultAction, Signal};

/// What a signal would do to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Signal 0 is not delivered.
    OnlyChecks,
    /// The process has exited and waits for its parent.
    Zombie,
    /// Kernel threads take no signals.
    KernelThread,
    /// The init process of a PID namespace gets only signals that it has handlers for; KILL and STOP do reach it
    /// from outside (pid_namespaces(7)).
    Init,
    /// The default action.
    Default(DefaultAction),
    /// SIGCONT, and there is nothing to continue.
    NotStopped,
    /// It is stopped, and SIGCONT discards what would stop it again (signal(7)).
    AlreadyStopped,
    /// Its process group is orphaned, and the signal is TSTP, TTIN or TTOU (`get_signal`, kernel/signal.c).
    OrphanedGroup,
    /// The handler runs.
    Handled,
    /// The process ignores the signal.
    Ignored,
    /// The signal is pending until the process unblocks it, or fetches it with sigwaitinfo(2) or signalfd(2).
    Blocked,
    /// The process is stopped, and the signal is pending until it is continued.
    UntilContinued,
    /// All threads that could take the signal are in a ptrace stop.
    UntilTraced,
}

impl Effect {
    /// What the signal would do, by the process's kind, state and masks, in the order of the kernel's checks.
    ///
    /// `orphaned` answers whether its process group is orphaned; it is called only where that decides.
    pub(crate) fn of(signal: Signal, target: &Description, orphaned: impl FnOnce() -> bool) -> Effect {
        let mask = signal.mask();
        let [caught, ignored, blocked, blocked_by_main, undeliverable] =
            [target.caught, target.ignored, target.blocked, target.blocked_by_main, target.undeliverable]
                .map(|set| set & mask != 0);
        let is_traced = target.state == b't';
        let default = signal.default_action();
        let ignored_by_default = matches!(default, DefaultAction::Ignore | DefaultAction::Continue);
        let dropped = ignored || !caught && (ignored_by_default || is_init(target));
        match target.state {
            _ if signal == Signal::NONE => Effect::OnlyChecks,
            b'Z' | b'X' | b'x' => Effect::Zombie,
            _ if target.is_kernel_thread => Effect::KernelThread,
            // prepare_signal: SIGCONT continues, also where it is blocked, ignored or caught.
            b'T' if signal == Signal::CONT => Effect::Default(default),
            b'T' if default == DefaultAction::Stop => Effect::AlreadyStopped,
            // sig_ignored: a signal that the main thread blocks is kept even if it is ignored, and so is every signal
            // but KILL where a debugger has attached to the main thread.
            _ if blocked && (blocked_by_main || !dropped) => Effect::Blocked,
            _ if signal == Signal::KILL && is_init(target) && !is_below(target) => Effect::Init,
            _ if signal == Signal::KILL => Effect::Default(default),
            b'T' if undeliverable && blocked_by_main => Effect::UntilContinued,
            _ if undeliverable && (blocked_by_main || is_traced) => Effect::UntilTraced,
            _ if is_init(target) && !caught && !(signal == Signal::STOP && is_below(target)) => Effect::Init,
            // An ignored signal is dropped when it is sent, also if the process is stopped.
            _ if ignored => Effect::Ignored,
            _ if signal == Signal::CONT && !caught => Effect::NotStopped,
            _ if default == DefaultAction::Ignore && !caught => Effect::Default(default),
            b'T' => Effect::UntilContinued,
            _ if undeliverable => Effect::UntilTraced,
            _ if caught => Effect::Handled,
            _ if default == DefaultAction::Stop && signal != Signal::STOP && orphaned() => {
                Effect::OrphanedGroup
            }
            _ => Effect::Default(default),
        }
    }
}

/// The first process of a PID namespace (`SIGNAL_UNKILLABLE`).
fn is_init(target: &Description) -> bool {
    target.namespace_pids.last().copied().unwrap_or(target.pid) == 1
}

/// Whether it is in a PID namespace below that of pkill, so that KILL and STOP come from outside.
fn is_below(target: &Description) -> bool {
    target.namespace_pids.len() > 1
}

impl Effect {
    /// One word, for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Effect::Default(DefaultAction::Terminate) => "terminate",
            Effect::Default(DefaultAction::Core) => "core",
            Effect::Default(DefaultAction::Stop) => "stop",
            Effect::Default(DefaultAction::Continue) => "continue",
            Effect::Handled => "handled",
            Effect::Ignored | Effect::Default(DefaultAction::Ignore) => "ignored",
            Effect::Blocked => "blocked",
            Effect::UntilContinued | Effect::UntilTraced => "pending",
            Effect::OnlyChecks
            | Effect::Zombie
            | Effect::KernelThread
            | Effect::Init
            | Effect::NotStopped
            | Effect::AlreadyStopped
            | Effect::OrphanedGroup => "none",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::OnlyChecks => "nothing: signal 0 only checks",
            Effect::Zombie => "nothing: it is a zombie",
            Effect::KernelThread => "nothing: it is a kernel thread",
            Effect::Init => "nothing: it is the init of a PID namespace and has no handler",
            Effect::Default(DefaultAction::Terminate) => "terminate",
            Effect::Default(DefaultAction::Core) => "terminate with a core dump",
            Effect::Default(DefaultAction::Stop) => "stop",
            Effect::Default(DefaultAction::Continue) => "continue",
            Effect::Default(DefaultAction::Ignore) => "nothing: ignored by default",
            Effect::NotStopped => "nothing: it is not stopped",
            Effect::AlreadyStopped => "nothing: it is stopped already",
            Effect::OrphanedGroup => "nothing: its process group is orphaned",
            Effect::Handled => "its handler runs",
            Effect::Ignored => "nothing: it ignores the signal",
            Effect::Blocked => "stays pending until the process unblocks or accepts it",
            Effect::UntilContinued => "stays pending until the process is continued",
            Effect::UntilTraced => "stays pending until the debugger resumes the process",
        })
    }
}
